//! The workload the benches share: the toy's rows, and the ways to train on them.

use std::time::{Duration, Instant};

use sparsegrok::data::{Problem, SyntheticSpec, generate};
use sparsegrok::kernel::{
    BatchSize, Figure, Job, KernelChoice, Order, Sgd, SimdChoice, Threads, Training, Weights,
    evaluate, start,
};

use super::textbook::Textbook;

/// One problem per seed, of the toy's kind. Signals wider than 64 columns are scaled to the norm of
/// 64, beyond which this learning rate is unstable.
pub(crate) fn problems(seeds: u64, n: usize, d_signal: usize) -> Vec<Problem> {
    (0..seeds)
        .map(|data_seed| {
            generate(&SyntheticSpec {
                n_train: n,
                n_test: 0,
                d_signal,
                signal_scale: (64.0 / d_signal as f64).sqrt().min(1.0),
                data_seed,
                ..SyntheticSpec::default()
            })
            .expect("a valid specification")
        })
        .collect()
}

/// Runs that are trained in turn or side by side, by the part of their visits that they have in common.
#[derive(Clone, Copy)]
pub(crate) enum Runs<'p> {
    /// A run a problem, each with an order of its own.
    Own(&'p [Problem]),
    /// A run a problem, all in one order.
    OneOrder(&'p [Problem]),
    /// So many runs on one problem, in one order: cells of a grid of learning rates and weight decays.
    Grid(&'p Problem, usize),
}

impl Runs<'_> {
    /// Steps of an epoch of all.
    pub(crate) fn steps(self) -> usize {
        match self {
            Self::Own(problems) | Self::OneOrder(problems) => {
                problems.iter().map(|problem| problem.train.len()).sum()
            }
            Self::Grid(problem, runs) => runs * problem.train.len(),
        }
    }

    /// Trains them by a configuration that each may depart from; returns also when each epoch of the last of
    /// them ended.
    fn train(
        self,
        spec: &Sgd,
        first_seed: u64,
        kernel: KernelChoice,
        simd: SimdChoice,
    ) -> (Vec<Weights>, Vec<Instant>) {
        let of_cell = |cell: usize| Sgd {
            learning_rate: spec.learning_rate / (1.0 + cell as f64 / 16.0),
            weight_decay: spec.weight_decay * (cell + 1) as f64 / 16.0,
            ..spec.clone()
        };
        let job = |(order_seed, problem)| Job {
            order_seed,
            init_seed: order_seed,
            ..Job::new(problem, spec)
        };
        let cells: Vec<Sgd> = match self {
            Self::Grid(_, runs) => (0..runs).map(of_cell).collect(),
            _ => Vec::new(),
        };
        let runs: Vec<Job<'_>> = match self {
            Self::Own(problems) => (first_seed..).zip(problems).map(job).collect(),
            Self::OneOrder(problems) => problems.iter().map(|p| job((first_seed, p))).collect(),
            Self::Grid(problem, _) => cells.iter().map(|cell| Job::new(problem, cell)).collect(),
        };
        let (mut trained, mut ends) = (Vec::new(), Vec::new());
        while trained.len() < runs.len() {
            let rest = &runs[trained.len()..];
            let mut training = start(rest, kernel, simd).expect("valid settings");
            ends.clear();
            for _ in 0..spec.epochs {
                training.advance();
                ends.push(Instant::now());
            }
            let lanes = 0..training.lanes();
            trained.extend(lanes.map(|lane| training.model(lane).expect("a stable run")));
        }
        (trained, ends)
    }

    /// Their weights after so many epochs.
    pub(crate) fn weights(
        self,
        kernel: KernelChoice,
        simd: SimdChoice,
        epochs: u64,
    ) -> Vec<Weights> {
        let spec = Sgd {
            epochs,
            ..Sgd::default()
        };
        self.train(&spec, 0, kernel, simd).0
    }

    /// The time that each of so many epochs takes. One epoch before them pays for laying out the rows, and
    /// one after them for handing out the weights. All runs must be trained side by side.
    pub(crate) fn epoch_times(
        self,
        kernel: KernelChoice,
        simd: SimdChoice,
        order: Order,
        epochs: u64,
    ) -> Vec<Duration> {
        let spec = Sgd {
            epochs: epochs + 2,
            order,
            ..Sgd::default()
        };
        let ends = self.train(&spec, 0, kernel, simd).1;
        let measured = ends.windows(2).take(epochs as usize);
        measured.map(|pair| pair[1] - pair[0]).collect()
    }

    /// Nanoseconds a step and run over so many epochs, of runs as in [`epoch_times`](Self::epoch_times).
    pub(crate) fn step_time(self, kernel: KernelChoice, simd: SimdChoice, epochs: u64) -> f64 {
        let times = self.epoch_times(kernel, simd, Order::Shuffle, epochs);
        nanoseconds(&times) / self.steps() as f64
    }

    /// As [`step_time`](Self::step_time) by the kernel that suits, with rows visited in an order.
    pub(crate) fn step_time_in(self, order: Order, epochs: u64) -> f64 {
        let times = self.epoch_times(KernelChoice::Auto, SimdChoice::Auto, order, epochs);
        nanoseconds(&times) / self.steps() as f64
    }
}

/// Nanoseconds a row over so many full batches of a problem, divided among threads.
pub(crate) fn full_batch_time(problem: &Problem, threads: &Threads, epochs: u64) -> f64 {
    let spec = Sgd {
        epochs: epochs + 2,
        batch_size: BatchSize::Full,
        ..Sgd::default()
    };
    let run = [Job::new(problem, &spec)];
    let mut training = start(&run, KernelChoice::Auto, SimdChoice::Auto).expect("valid settings");
    training.set_threads(threads);
    training.advance();
    let begun = Instant::now();
    (0..epochs).for_each(|_| training.advance());
    nanoseconds(&[begun.elapsed()]) / (epochs as usize * problem.train.len()) as f64
}

/// Trains every problem, eight at a time where the kernel is `Lanes`.
pub(crate) fn train(
    problems: &[Problem],
    kernel: KernelChoice,
    simd: SimdChoice,
    epochs: u64,
) -> Vec<Weights> {
    train_in_batches(problems, kernel, simd, BatchSize::Rows(1), epochs)
}

/// Trains up to eight problems by the kernel that suits, with visiting orders of this seed and on.
pub(crate) fn train_from(first_seed: u64, problems: &[Problem], epochs: u64) -> Vec<Weights> {
    let spec = Sgd {
        epochs,
        ..Sgd::default()
    };
    let runs = Runs::Own(problems);
    runs.train(&spec, first_seed, KernelChoice::Auto, SimdChoice::Auto)
        .0
}

/// As [`train`], by updates of several rows.
pub(crate) fn train_in_batches(
    problems: &[Problem],
    kernel: KernelChoice,
    simd: SimdChoice,
    batch_size: BatchSize,
    epochs: u64,
) -> Vec<Weights> {
    let spec = Sgd {
        epochs,
        batch_size,
        ..Sgd::default()
    };
    let groups = (0..).step_by(8).zip(problems.chunks(8));
    groups
        .flat_map(|(first_seed, group)| Runs::Own(group).train(&spec, first_seed, kernel, simd).0)
        .collect()
}

/// The time that each of so many epochs takes on one problem, or on up to eight in lanes. One epoch
/// before them pays for laying out the rows, and one after them for handing out the weights.
pub(crate) fn epoch_times(
    problems: &[Problem],
    kernel: KernelChoice,
    simd: SimdChoice,
    epochs: u64,
) -> Vec<Duration> {
    Runs::Own(problems).epoch_times(kernel, simd, Order::Shuffle, epochs)
}

/// Nanoseconds a step and seed over so many epochs, of problems as in [`epoch_times`].
pub(crate) fn step_time(
    problems: &[Problem],
    kernel: KernelChoice,
    simd: SimdChoice,
    epochs: u64,
) -> f64 {
    Runs::Own(problems).step_time(kernel, simd, epochs)
}

/// Nanoseconds a step of the textbook loop over so many epochs.
pub(crate) fn textbook_step_time(problem: &Problem, epochs: u64) -> f64 {
    nanoseconds(&textbook_epoch_times(problem, epochs)) / problem.train.len() as f64
}

/// The mean of some times.
fn nanoseconds(times: &[Duration]) -> f64 {
    times.iter().sum::<Duration>().as_secs_f64() * 1e9 / times.len() as f64
}

/// The textbook loop on one problem.
pub(crate) fn train_textbook(problem: &Problem, epochs: u64) -> Weights {
    let spec = Sgd::default();
    let mut textbook = Textbook::new(&problem.train, spec.learning_rate, spec.weight_decay, 1);
    textbook.train(epochs);
    textbook.weights()
}

/// The time that each of so many epochs of the textbook loop takes; one before them touches the weights'
/// pages.
pub(crate) fn textbook_epoch_times(problem: &Problem, epochs: u64) -> Vec<Duration> {
    let spec = Sgd::default();
    let mut textbook = Textbook::new(&problem.train, spec.learning_rate, spec.weight_decay, 1);
    textbook.train(1);
    let mut epoch = || {
        let start = Instant::now();
        textbook.train(1);
        start.elapsed()
    };
    (0..epochs).map(|_| epoch()).collect()
}

/// Panics unless two models of one problem are the same up to the noise of their visiting orders.
pub(crate) fn assert_agreement(problem: &Problem, found: &Weights, expected: &Weights) {
    let spec = Sgd::default();
    let evaluate = |w| evaluate(1, w, problem, &spec, None, &Threads::One);
    let [found, expected] = [found, expected].map(evaluate);
    let ratio = found[Figure::WeightNorm] / expected[Figure::WeightNorm];
    assert!((ratio - 1.0).abs() < 0.03, "weight norms differ by {ratio}");
    let gap = found[Figure::TrainLoss] - expected[Figure::TrainLoss];
    assert!(gap.abs() < 0.03, "training losses differ by {gap}");
}

/// Panics unless two models of the same visits are the same up to rounding.
pub(crate) fn assert_rounding_apart(found: &Weights, expected: &Weights) {
    let parts = |w: &Weights| [&*w.signal, &*w.tail, &*w.memorization].map(<[f64]>::to_vec);
    let [found, expected] = [found, expected].map(|w| parts(w).concat());
    assert_eq!(found.len(), expected.len());
    let norm = |w: &mut dyn Iterator<Item = f64>| w.map(|w| w * w).sum::<f64>().sqrt();
    let apart = norm(&mut found.iter().zip(&expected).map(|(a, b)| a - b));
    let relative = apart / norm(&mut expected.iter().copied());
    assert!(
        relative < 1e-9,
        "weights differ by {relative} of their norm"
    );
}
