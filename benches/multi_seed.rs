//! Many runs at once: seeds with data and visiting orders of their own, seeds in one order, cells of a grid.
//!
//! `cargo bench --bench multi_seed`. Throughput is in seed-steps. First the lanes are compared, at
//! every level the machine has, with the textbook sparse loop, the two taking turns; then lanes and
//! scalar on rows with a sparse tail; and two threads of one process with two processes. Criterion
//! measures eight seeds at each level, and 1 to 1,024 of them on one thread and on two.

mod shared;

use std::hint::black_box;
use std::sync::Mutex;

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group};
use shared::pairs::{Ratio, take_turns, timed};
use shared::toy::Runs;
use shared::{rows, toy, workers};
use sparsegrok::data::Problem;
use sparsegrok::kernel::{KernelChoice, RunGroup, SimdChoice, Weights};

const ROWS: usize = 512;

const LEVELS: [SimdChoice; 3] = [SimdChoice::Avx512, SimdChoice::Avx2, SimdChoice::Portable];

fn levels(c: &mut Criterion) {
    let mut group = c.benchmark_group("multi_seed");
    for d in [5, 16, 64] {
        let problems = toy::problems(8, ROWS, d);
        for simd in LEVELS.into_iter().filter(|simd| simd.level().is_ok()) {
            let level = format!("{simd:?}").to_lowercase();
            let epochs = if simd == SimdChoice::Portable { 4 } else { 60 };
            let lanes =
                |epochs| toy::train(black_box(&problems), KernelChoice::Lanes, simd, epochs);
            let alone = toy::train(&problems[..1], KernelChoice::Scalar, simd, 20);
            assert!(
                lanes(20)[0] == alone[0],
                "lanes and scalar agree to the bit"
            );
            if !shared::tried() && simd != SimdChoice::Portable {
                let of = |runs: Runs<'_>| runs.step_time(KernelChoice::Lanes, simd, 50);
                let [textbook, own, one_order, grid] = take_turns(
                    25,
                    [
                        Box::new(|| toy::textbook_step_time(&problems[0], 50)),
                        Box::new(|| of(Runs::Own(&problems))),
                        Box::new(|| of(Runs::OneOrder(&problems))),
                        Box::new(|| of(Runs::Grid(&problems[0], RunGroup::MOST))),
                    ],
                );
                for (name, times) in [
                    ("rows and orders of their own", own),
                    ("rows of their own in one order", one_order),
                    ("rows and order in common", grid),
                ] {
                    let ratio = Ratio::of(&textbook, &times);
                    println!("d {d}: textbook over lanes ({level}), {name}: {ratio}");
                }
            }
            group.throughput(Throughput::Elements(8 * epochs * ROWS as u64));
            group.bench_function(BenchmarkId::new(level, format!("d{d}")), |b| {
                b.iter(|| lanes(epochs));
            });
        }
    }
    group.finish();
}

fn seeds(c: &mut Criterion) {
    let mut group = c.benchmark_group("seeds");
    group.sampling_mode(SamplingMode::Flat);
    let epochs = if shared::tried() { 2 } else { 30 };
    let problems = toy::problems(1024, ROWS, 5);
    for count in [1, 2, 4, 8, 16, 64, 256, 1024] {
        let problems = &problems[..count];
        let expected = toy::train(problems, KernelChoice::Auto, SimdChoice::Auto, 2);
        for threads in [1, 2] {
            let found = on_threads(threads, problems, 2);
            assert!(found == expected, "threads change nothing");
            group.throughput(Throughput::Elements(epochs * (count * ROWS) as u64));
            let id = BenchmarkId::new(format!("threads-{threads}"), count);
            group.bench_function(id, |b| b.iter(|| on_threads(threads, problems, epochs)));
        }
    }
    group.finish();
}

/// Trains every problem; each thread takes the next eight.
fn on_threads(threads: usize, problems: &[Problem], epochs: u64) -> Vec<Weights> {
    let groups = Mutex::new((0..).step_by(8).zip(problems.chunks(8)));
    let next = || groups.lock().expect("no thread panicked").next();
    let mut trained = std::thread::scope(|scope| {
        let worker = || {
            std::iter::from_fn(next)
                .map(|(seed, group)| (seed, toy::train_from(seed, group, epochs)))
                .collect::<Vec<_>>()
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        let ended = workers
            .into_iter()
            .map(|worker| worker.join().expect("trained"));
        ended.flatten().collect::<Vec<_>>()
    });
    trained.sort_by_key(|(seed, _)| *seed);
    trained
        .into_iter()
        .flat_map(|(_, weights)| weights)
        .collect()
}

/// Lanes against scalar on rows of a sparse tail: what the choice between them rests on.
fn tails(_: &mut Criterion) {
    if shared::tried() {
        return;
    }
    for per_row in [4, 8, 16, 32, 64] {
        let problems = vec![rows::with_tail(2048, 1000, per_row); 8];
        let grid = Runs::Grid(&problems[0], 8);
        let train = |kernel| drop(toy::train(&problems, kernel, SimdChoice::Auto, 20));
        let steps = 8 * 20 * 2048;
        let [scalar, lanes, shared] = take_turns(
            15,
            [
                timed(steps, || train(KernelChoice::Scalar)),
                timed(steps, || train(KernelChoice::Lanes)),
                Box::new(|| grid.step_time(KernelChoice::Lanes, SimdChoice::Auto, 20)),
            ],
        );
        for (name, times) in [("", lanes), (" that share rows and order", shared)] {
            let ratio = Ratio::of(&scalar, &times);
            println!("{per_row} non-zeros a row: scalar over lanes{name} {ratio}");
        }
    }
}

/// Two threads of one process against two processes, each training eight seeds.
fn threads(_: &mut Criterion) {
    if shared::tried() {
        return;
    }
    let ratio = workers::processes_over_threads(15);
    println!("two processes over two threads {ratio}");
}

criterion_group! {
    name = benches;
    config = shared::short();
    targets = levels, tails, threads, seeds
}

fn main() {
    if workers::worked() {
        return;
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
}
