//! The workload the benches share: the toy's rows, and the ways to train on them.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use sparsegrok::data::{Problem, SyntheticSpec, generate};
use sparsegrok::kernel::{
    EvaluationPlan, GroupObserver, KernelChoice, Run, SimdChoice, TrainSpec, Weights, evaluate,
    train_group,
};

use crate::textbook::Textbook;

/// One problem per seed, of the toy's kind.
#[allow(dead_code, reason = "not every bench draws problems")]
pub(crate) fn problems(seeds: u64, n: usize, d_signal: usize) -> Vec<Problem> {
    (0..seeds)
        .map(|data_seed| {
            generate(&SyntheticSpec {
                n_train: n,
                n_test: 0,
                d_signal,
                data_seed,
                ..SyntheticSpec::default()
            })
            .expect("a valid specification")
        })
        .collect()
}

/// Notes when each epoch ends.
#[derive(Default)]
struct Clock(Vec<Instant>);

impl GroupObserver for Clock {
    fn epoch(&mut self, _epoch: u64) {
        self.0.push(Instant::now());
    }

    fn evaluate(&mut self, _run: usize, _epoch: u64, _weights: &Weights) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Trains every problem, eight at a time where the kernel is `Lanes`.
pub(crate) fn train(
    problems: &[Problem],
    kernel: KernelChoice,
    simd: SimdChoice,
    epochs: u64,
) -> Vec<Weights> {
    let groups = problems.chunks(8);
    let trained = groups.map(|group| train_watched(group, kernel, simd, epochs).0);
    trained.flatten().collect()
}

/// What each epoch but the first of up to eight problems takes: the first pays for laying out the
/// rows.
#[allow(dead_code, reason = "not every bench looks at epochs")]
pub(crate) fn epoch_times(
    problems: &[Problem],
    kernel: KernelChoice,
    epochs: u64,
) -> Vec<Duration> {
    let Clock(ends) = train_watched(problems, kernel, SimdChoice::Auto, epochs + 1).1;
    ends.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

fn train_watched(
    problems: &[Problem],
    kernel: KernelChoice,
    simd: SimdChoice,
    epochs: u64,
) -> (Vec<Weights>, Clock) {
    let spec = TrainSpec {
        epochs,
        ..TrainSpec::default()
    };
    let runs: Vec<Run<'_>> = (0..)
        .zip(problems)
        .map(|(seed, problem)| Run {
            problem,
            order_seed: seed,
            init_seed: seed,
        })
        .collect();
    let plan = EvaluationPlan::every(epochs, epochs);
    let mut clock = Clock::default();
    let ended = train_group(&spec, &runs, kernel, simd, &plan, &mut clock).expect("valid settings");
    let trained = ended.into_iter().map(|run| run.expect("a stable run"));
    (trained.collect(), clock)
}

/// The textbook loop on one problem.
pub(crate) fn train_textbook(problem: &Problem, epochs: u64) -> Weights {
    let spec = TrainSpec::default();
    let mut textbook = Textbook::new(&problem.train, spec.learning_rate, spec.weight_decay, 1);
    textbook.train(epochs);
    textbook.weights()
}

/// What each epoch of the textbook loop takes.
#[allow(dead_code, reason = "not every bench looks at epochs")]
pub(crate) fn textbook_epoch_times(problem: &Problem, epochs: u64) -> Vec<Duration> {
    let spec = TrainSpec::default();
    let mut textbook = Textbook::new(&problem.train, spec.learning_rate, spec.weight_decay, 1);
    let mut epoch = || {
        let start = Instant::now();
        textbook.train(1);
        start.elapsed()
    };
    (0..epochs).map(|_| epoch()).collect()
}

/// Panics unless two models of one problem are the same up to the noise of their visiting orders.
pub(crate) fn assert_agreement(problem: &Problem, found: &Weights, expected: &Weights) {
    let spec = TrainSpec::default();
    let [found, expected] = [found, expected].map(|w| evaluate(1, w, problem, &spec, None));
    let ratio = found.weight_norm / expected.weight_norm;
    assert!((ratio - 1.0).abs() < 0.03, "weight norms differ by {ratio}");
    let gap = found.train_loss - expected.train_loss;
    assert!(gap.abs() < 0.03, "training losses differ by {gap}");
}

/// Times two pieces of work in turn, `repetitions` times each, and prints their best times per
/// step, the ratio of the bests, and the median of the pairs' ratios.
///
/// On a shared machine both meet the same slow moments, and the best times the fewest.
#[allow(dead_code, reason = "not every bench compares")]
pub(crate) fn compare(
    name: &str,
    repetitions: usize,
    (base_steps, mut base): (u64, impl FnMut()),
    (steps, mut work): (u64, impl FnMut()),
) {
    let time = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    let per_step = |time: Duration, steps: u64| time.as_secs_f64() * 1e9 / steps as f64;
    let pairs: Vec<[f64; 2]> = (0..repetitions)
        .map(|_| {
            let base = per_step(time(&mut base), base_steps);
            [base, per_step(time(&mut work), steps)]
        })
        .collect();
    let best = |k: usize| pairs.iter().map(|p| p[k]).fold(f64::INFINITY, f64::min);
    let mut ratios: Vec<f64> = pairs.iter().map(|[base, work]| base / work).collect();
    ratios.sort_by(f64::total_cmp);
    println!(
        "{name}: {:.2} ns per step against {:.2}, ratio of bests {:.2}, median ratio {:.2} \
         ({repetitions} interleaved repetitions)",
        best(1),
        best(0),
        best(0) / best(1),
        ratios[repetitions / 2],
    );
}
