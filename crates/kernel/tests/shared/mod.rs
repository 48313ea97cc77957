//! Configurations and problems that several tests train, the ways in which they do, and comparisons.

// Each test compiles this for itself and uses a part of it.
#![allow(dead_code)]

pub(crate) mod draw;
pub(crate) mod formulas;
pub(crate) mod looks;
pub(crate) mod naive;
pub(crate) mod threads;

use sparsegrok_data::{Problem, RandomFamily, SyntheticSpec, generate};
use sparsegrok_kernel::{
    BatchSize, DecayOrder, Init, Job, KernelChoice, Loss, Order, Schedule, Sgd, SimdChoice, Weights,
};

/// A spread of configurations: every branch of the kernel. One has a decay so strong that the scale is
/// folded, several times if there are epochs enough.
pub(crate) fn specs(epochs: u64, strong_decay: f64) -> Vec<Sgd> {
    let base = Sgd {
        learning_rate: 0.1,
        epochs,
        init: Init::Gaussian,
        ..Sgd::default()
    };
    vec![
        base.clone(),
        Sgd {
            decay_order: DecayOrder::Before,
            weight_decay: strong_decay,
            ..base.clone()
        },
        Sgd {
            order: Order::WithReplacement,
            schedule: Schedule::Cosine,
            warmup_steps: 50,
            ..base.clone()
        },
        Sgd {
            rng: RandomFamily::Libstdcxx,
            loss: Loss::Hinge,
            ..base.clone()
        },
        Sgd {
            batch_size: BatchSize::Rows(7),
            bias: true,
            ..base.clone()
        },
        Sgd {
            batch_size: BatchSize::Full,
            loss: Loss::Squared,
            learning_rate: 0.01,
            order: Order::Sequential,
            ..base
        },
    ]
}

/// Eight problems of dense rows that are their own.
pub(crate) fn problems(n: usize, d: usize) -> Vec<Problem> {
    (0..8)
        .map(|seed| {
            generate(&SyntheticSpec {
                n_train: n,
                n_test: 0,
                d_signal: d,
                data_seed: seed,
                memorization_scale: 0.7,
                ..SyntheticSpec::default()
            })
            .unwrap()
        })
        .collect()
}

/// A run of seeds of its own on each problem.
pub(crate) fn runs<'a>(problems: &'a [Problem], spec: &'a Sgd) -> Vec<Job<'a>> {
    let numbered = (0..).zip(problems);
    numbered
        .map(|(seed, problem)| Job {
            order_seed: 100 + seed,
            init_seed: 7 * seed,
            ..Job::new(problem, spec)
        })
        .collect()
}

/// The instruction-set levels that this machine has.
pub(crate) fn levels() -> impl Iterator<Item = SimdChoice> {
    let levels = [SimdChoice::Portable, SimdChoice::Avx2, SimdChoice::Avx512];
    levels.into_iter().filter(|simd| simd.level().is_ok())
}

/// Every kernel that has the same bits, at some level.
pub(crate) fn ways() -> Vec<(KernelChoice, SimdChoice)> {
    levels()
        .flat_map(|simd| [(KernelChoice::Lanes, simd), (KernelChoice::Scalar, simd)])
        .collect()
}

/// All weights of a model.
pub(crate) fn values(w: &Weights) -> impl Iterator<Item = f64> {
    let weights = w.signal.iter().chain(&w.tail).chain(&w.memorization);
    weights.chain([&w.bias]).copied()
}

/// The bits of all weights of a model.
pub(crate) fn bits(w: &Weights) -> Vec<u64> {
    values(w).map(f64::to_bits).collect()
}
