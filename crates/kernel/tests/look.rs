//! Looks at runs in training against whole evaluations of the same epochs: the same answers, however
//! close the threshold.

mod shared;

use proptest::prelude::*;
use sparsegrok_data::{Problem, SyntheticSpec, Target, generate};
use sparsegrok_kernel::{Init, Job, KernelChoice, Loss, Sgd, SimdChoice, Training, start};

fn compare(problems: &[Problem], spec: &Sgd, tolerance: Option<f64>, kernel: KernelChoice) {
    let runs: Vec<Job<'_>> = problems
        .iter()
        .zip(0..)
        .map(|(problem, seed)| Job {
            order_seed: seed,
            init_seed: seed,
            accuracy_tolerance: tolerance,
            ..Job::new(problem, spec)
        })
        .collect();
    let mut rest = &runs[..];
    while !rest.is_empty() {
        let simd = SimdChoice::Auto;
        let mut training = start(rest, kernel, simd).unwrap();
        for _ in 0..spec.epochs {
            training.advance();
            for lane in 0..training.lanes() {
                let figures = training.evaluate(lane).unwrap();
                shared::looks::compare_looks(&mut training, lane, &figures);
            }
        }
        rest = &rest[training.lanes()..];
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_look_sees_what_an_evaluation_sees(
        n in 1_usize..80,
        d in 0_usize..9,
        alpha in prop::sample::select(vec![0.0, 0.5, 5.0]),
        target in prop::sample::select(vec![Target::Sign, Target::Linear, Target::Constant]),
        bias in any::<bool>(),
        spec in 0_usize..6,
        kernel in prop::sample::select(vec![
            KernelChoice::Scalar, KernelChoice::Lanes, KernelChoice::Dense,
        ]),
        data_seed in 0_u64..1000,
    ) {
        let mut train = shared::specs(12, 1.5)[spec].clone();
        let linear = target == Target::Linear;
        train.bias = bias;
        if target == Target::Constant {
            train.init = Init::Gaussian;
        }
        if linear {
            train.loss = Loss::Squared;
            train.learning_rate = 0.01;
        }
        let problems: Vec<Problem> = (0..3)
            .map(|k| generate(&SyntheticSpec {
                n_train: n,
                n_test: 3,
                d_signal: d.max(1),
                memorization_scale: alpha,
                target,
                data_seed: data_seed + k,
                rng: train.rng,
                ..SyntheticSpec::default()
            }).unwrap())
            .collect();
        let tolerance = linear.then_some(0.1);
        compare(&problems, &train, tolerance, kernel);
    }
}
