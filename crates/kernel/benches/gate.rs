//! The hot paths one by one, each a fixed piece of work of about a millisecond: what
//! `cargo xtask bench-gate` times in two versions in turn, and `cargo xtask instructions` counts.
//!
//! - `cargo bench --bench gate` prints each path's best time of fifty.
//! - `gate --worker` first prints the paths' names on one line; then it reads names, one a line,
//!   and answers each with ns per unit of work. It stays alive between, so that the two versions
//!   can take turns every millisecond.
//! - `gate --count NAME` does a path's work once, inside [`counted`], at the AVX2 level, and prints
//!   how many units of work it was.
//! - `gate --test` does each path's work once.
//!
//! It belongs to the kernel's package so that a version to compare with is built without the
//! command, its reports and pictures.

use std::hint::black_box;
use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use std::time::Instant;

use sparsegrok_data::svmlight::{self, Options};
use sparsegrok_data::{Problem, SyntheticSpec, TargetKind, generate};
use sparsegrok_kernel::{
    BatchSize, Job, KernelChoice, Order, RunGroup, Sgd, SimdChoice, Threads, Training, Weights,
    evaluate, start,
};

/// Work ready to be done, any number of times.
struct Path {
    /// Steps or rows in the work: what its time is divided by.
    units: u64,
    work: Box<dyn FnMut()>,
}

/// Prepares a path's work, for an instruction-set level.
type Prepare = fn(SimdChoice) -> Path;

/// Training: per seed-step. Generation and evaluation: per row.
const PATHS: [(&str, Prepare); 11] = [
    ("scalar-d5", |simd| {
        training(toys(1, 512, 5), KernelChoice::Scalar, simd, 100)
    }),
    ("lanes-d5", |simd| {
        training(toys(8, 512, 5), KernelChoice::Lanes, simd, 50)
    }),
    ("lanes-d16", |simd| {
        training(toys(8, 512, 16), KernelChoice::Lanes, simd, 25)
    }),
    ("one-order-d5", |simd| one_order(toys(8, 512, 5), simd, 80)),
    ("shared-d5", |simd| grid(toy(0, 512, 5), simd, 60)),
    ("full-batch", |simd| full_batch(toy(0, 60_000, 5), simd, 2)),
    ("sparse-rows", |simd| {
        training(vec![heart_scale()], KernelChoice::Scalar, simd, 75)
    }),
    ("shared-rows", |simd| {
        training_in(
            Order::Sequential,
            vec![heart_scale(); 8],
            KernelChoice::Lanes,
            simd,
            25,
        )
    }),
    ("dense", |simd| {
        training(toys(1, 128, 5), KernelChoice::Dense, simd, 45)
    }),
    ("generate", |_| generation(2048, 6)),
    ("evaluate", |_| evaluation(2048, 25)),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["--worker"] => return serve(),
        ["--count", name] => {
            let Some(prepare) = find(name) else {
                return unknown(name);
            };
            let mut path = prepare(SimdChoice::Avx2);
            counted(&mut path);
            println!("{}", path.units);
        }
        _ if arguments.contains(&"--test") => {
            for (_, prepare) in PATHS {
                prepare(SimdChoice::Auto).time();
            }
        }
        _ => {
            for (name, prepare) in PATHS {
                let mut path = prepare(SimdChoice::Auto);
                let best = (0..50).map(|_| path.time()).fold(f64::INFINITY, f64::min);
                println!("{name:<12} {best:8.2} ns");
            }
        }
    }
    ExitCode::SUCCESS
}

/// Answers names of paths with their times until standard input ends.
fn serve() -> ExitCode {
    println!("{}", PATHS.map(|(name, _)| name).join(" "));
    let mut prepared: Vec<(String, Path)> = Vec::new();
    for name in io::stdin().lock().lines().map_while(Result::ok) {
        let known = prepared.iter().position(|(known, _)| *known == name);
        let place = known.unwrap_or(prepared.len());
        if place == prepared.len() {
            let Some(prepare) = find(&name) else {
                return unknown(&name);
            };
            let mut path = prepare(SimdChoice::Auto);
            // The first time warms caches and the allocator up.
            path.time();
            prepared.push((name, path));
        }
        println!("{}", prepared[place].1.time());
        if io::stdout().flush().is_err() {
            break;
        }
    }
    ExitCode::SUCCESS
}

fn find(name: &str) -> Option<Prepare> {
    let found = PATHS.into_iter().find(|(known, _)| *known == name);
    found.map(|(_, prepare)| prepare)
}

fn unknown(name: &str) -> ExitCode {
    eprintln!("error: no path is called `{name}`");
    ExitCode::from(2)
}

impl Path {
    /// Does the work and returns its ns per unit.
    fn time(&mut self) -> f64 {
        let start = Instant::now();
        (self.work)();
        start.elapsed().as_secs_f64() * 1e9 / self.units as f64
    }
}

/// Does the work; an instruction counter is on while this function runs.
#[inline(never)]
fn counted(path: &mut Path) {
    (path.work)();
}

/// Training of up to eight problems, from laying out their rows to their last weights.
fn training(problems: Vec<Problem>, kernel: KernelChoice, simd: SimdChoice, epochs: u64) -> Path {
    training_in(Order::Shuffle, problems, kernel, simd, epochs)
}

/// As [`training`], with rows visited in an order.
fn training_in(
    order: Order,
    problems: Vec<Problem>,
    kernel: KernelChoice,
    simd: SimdChoice,
    epochs: u64,
) -> Path {
    let spec = Sgd {
        epochs,
        order,
        ..Sgd::default()
    };
    let runs = (0..).zip(problems).map(|(seed, problem)| Run {
        problem,
        spec: Sgd {
            order_seed: seed,
            ..spec.clone()
        },
    });
    trained(runs.collect(), kernel, simd)
}

/// Training of eight problems in one order.
fn one_order(problems: Vec<Problem>, simd: SimdChoice, epochs: u64) -> Path {
    let spec = Sgd {
        epochs,
        ..Sgd::default()
    };
    let runs = problems.into_iter().map(|problem| Run {
        problem,
        spec: spec.clone(),
    });
    trained(runs.collect(), KernelChoice::Lanes, simd)
}

/// Training of as many runs as go side by side on one problem, in one order: cells of a grid of weight decays.
fn grid(problem: Problem, simd: SimdChoice, epochs: u64) -> Path {
    let runs = (0..RunGroup::MOST).map(|cell| Run {
        problem: problem.clone(),
        spec: Sgd {
            epochs,
            weight_decay: 1e-4 * cell as f64,
            ..Sgd::default()
        },
    });
    trained(runs.collect(), KernelChoice::Lanes, simd)
}

/// Training of one problem by batches of all rows, on one thread.
fn full_batch(problem: Problem, simd: SimdChoice, epochs: u64) -> Path {
    let spec = Sgd {
        epochs,
        batch_size: BatchSize::Full,
        ..Sgd::default()
    };
    trained(vec![Run { problem, spec }], KernelChoice::Scalar, simd)
}

/// A run to be trained.
struct Run {
    problem: Problem,
    spec: Sgd,
}

fn trained(runs: Vec<Run>, kernel: KernelChoice, simd: SimdChoice) -> Path {
    let units = |run: &Run| run.spec.epochs * run.problem.train.len() as u64;
    Path {
        units: runs.iter().map(units).sum(),
        work: Box::new(move || drop(black_box(train(&runs, kernel, simd)))),
    }
}

fn train(runs: &[Run], kernel: KernelChoice, simd: SimdChoice) -> Vec<Weights> {
    let jobs = runs
        .iter()
        .map(|Run { problem, spec }| Job::new(problem, spec));
    let jobs: Vec<Job<'_>> = jobs.collect();
    let mut trained = Vec::new();
    while trained.len() < jobs.len() {
        let rest = &jobs[trained.len()..];
        let mut training = start(rest, kernel, simd).expect("valid settings");
        for _ in 0..rest[0].spec.epochs {
            training.advance();
        }
        let lanes = 0..training.lanes();
        trained.extend(lanes.map(|lane| training.model(lane).expect("a stable run")));
    }
    trained
}

/// Drawing `times` problems of `rows` rows, 5 signal columns.
fn generation(rows: usize, times: u64) -> Path {
    Path {
        units: times * rows as u64,
        work: Box::new(move || {
            for seed in 0..times {
                black_box(toy(seed, rows, 5));
            }
        }),
    }
}

/// Evaluating weights on `rows` rows, `times` times.
fn evaluation(rows: usize, times: u64) -> Path {
    let spec = Sgd {
        epochs: 1,
        ..Sgd::default()
    };
    let runs = [Run {
        problem: toy(0, rows, 5),
        spec: spec.clone(),
    }];
    let weights = train(&runs, KernelChoice::Scalar, SimdChoice::Auto).remove(0);
    let [Run { problem, .. }] = runs;
    Path {
        units: times * rows as u64,
        work: Box::new(move || {
            for epoch in 0..times {
                black_box(evaluate(
                    epoch,
                    black_box(&weights),
                    &problem,
                    &spec,
                    None,
                    &Threads::One,
                ));
            }
        }),
    }
}

fn toys(seeds: u64, rows: usize, d_signal: usize) -> Vec<Problem> {
    (0..seeds).map(|seed| toy(seed, rows, d_signal)).collect()
}

/// The toy's rows, without a test set.
fn toy(data_seed: u64, n_train: usize, d_signal: usize) -> Problem {
    generate(&SyntheticSpec {
        n_train,
        n_test: 0,
        d_signal,
        data_seed,
        ..SyntheticSpec::default()
    })
    .expect("a valid specification")
}

/// Real rows of up to 13 non-zeros.
fn heart_scale() -> Problem {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/data/heart_scale.svm"
    );
    let options = Options {
        targets: TargetKind::Sign,
        ..Options::default()
    };
    let parsed = svmlight::read(file.as_ref(), &options).expect("a readable file");
    Problem::from_svmlight(parsed, None, None).expect("a problem")
}
