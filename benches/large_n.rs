//! From a thousand rows to ten million: the textbook loop, the scalar kernel, lanes with data and
//! visiting orders of their own, and lanes that share rows and order; and full batches on one thread and on all.
//!
//! `cargo bench --bench large_n`. Throughput is in seed-steps. First the three take turns; the first
//! epoch, which pays for laying out the rows, does not count.

mod shared;

use std::hint::black_box;
use std::time::Instant;

use criterion::{
    BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
};
use shared::pairs::{Ratio, take_turns};
use shared::toy::{self, Runs};
use sparsegrok::data::Problem;
use sparsegrok::kernel::{KernelChoice, RunGroup, SimdChoice, Threads};

/// Rounds in which the three take turns.
const ROUNDS: usize = 15;

/// Most rows of eight problems at once: 5 GiB.
const LANES_UP_TO: usize = 1_000_000;

fn large_n(c: &mut Criterion) {
    let tried = shared::tried();
    let mut group = c.benchmark_group("large_n");
    group.sampling_mode(SamplingMode::Flat);
    if !tried {
        println!(
            "copying 256 MiB: {:.1} GB/s read and written",
            copy_bandwidth()
        );
    }
    // The largest comes first, so that the process's peak of memory is its own.
    for n in [10_000_000, 1000, 10_000, 100_000, 1_000_000] {
        if tried && n > 10_000 {
            continue;
        }
        let problems = toy::problems(if n > LANES_UP_TO { 1 } else { 8 }, n, 5);
        let one = &problems[..1];
        if n <= 10_000 {
            let dozen = |kernel| toy::train(one, kernel, SimdChoice::Auto, 12);
            let expected = toy::train_textbook(&problems[0], 12);
            toy::assert_agreement(&problems[0], &dozen(KernelChoice::Scalar)[0], &expected);
        }
        if !tried {
            compare(n, &problems);
        }
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(BenchmarkId::new("textbook", n), |b| {
            b.iter_custom(|epochs| toy::textbook_epoch_times(&problems[0], epochs).iter().sum());
        });
        group.bench_function(BenchmarkId::new("scalar", n), |b| {
            b.iter_custom(|epochs| {
                toy::epoch_times(one, KernelChoice::Scalar, SimdChoice::Auto, epochs)
                    .iter()
                    .sum()
            });
        });
        if problems.len() > 1 {
            group.throughput(Throughput::Elements(8 * n as u64));
            group.bench_function(BenchmarkId::new("lanes", n), |b| {
                b.iter_custom(|epochs| {
                    toy::epoch_times(&problems, KernelChoice::Lanes, SimdChoice::Auto, epochs)
                        .iter()
                        .sum()
                });
            });
        }
    }
    group.finish();
}

/// Prints what the three take a step and seed, and the textbook's time over the others'.
fn compare(n: usize, problems: &[Problem]) {
    let epochs = (100_000 / n as u64).max(1);
    let rounds = if n > LANES_UP_TO { 6 } else { ROUNDS };
    let time = |problems, kernel| toy::step_time(problems, kernel, SimdChoice::Auto, epochs);
    let grid = Runs::Grid(&problems[0], RunGroup::MOST);
    let full_batch = |threads| toy::full_batch_time(&problems[0], threads, epochs);
    let [textbook, scalar, lanes, shared, one_thread, all_threads] = take_turns(
        rounds,
        [
            Box::new(|| toy::textbook_step_time(&problems[0], epochs)),
            Box::new(|| time(&problems[..1], KernelChoice::Scalar)),
            Box::new(|| match problems {
                [_] => f64::NAN,
                _ => time(problems, KernelChoice::Lanes),
            }),
            Box::new(|| grid.step_time(KernelChoice::Lanes, SimdChoice::Auto, epochs)),
            Box::new(|| full_batch(&Threads::One)),
            Box::new(|| full_batch(&Threads::Current)),
        ],
    );
    println!(
        "n {n}: textbook over scalar {}",
        Ratio::of(&textbook, &scalar)
    );
    if problems.len() > 1 {
        println!(
            "n {n}: textbook over lanes {}",
            Ratio::of(&textbook, &lanes)
        );
    }
    println!(
        "n {n}: textbook over lanes that share rows and order {}",
        Ratio::of(&textbook, &shared)
    );
    println!(
        "n {n}: full batches, one thread over all {}",
        Ratio::of(&one_thread, &all_threads)
    );
    if let Some(peak) = peak_memory() {
        println!("n {n}: peak of memory so far {peak}");
    }
}

/// Bytes a second that one core reads and writes by copying, counted once each, in GB/s.
fn copy_bandwidth() -> f64 {
    let from = vec![1_u64; 32 << 20];
    let mut to = vec![0_u64; from.len()];
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        to.copy_from_slice(black_box(&from));
        black_box(&mut to);
        best = best.min(start.elapsed().as_secs_f64());
    }
    2.0 * size_of_val(&*from) as f64 / best * 1e-9
}

/// The most memory this process has held, where the system tells.
fn peak_memory() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().to_owned())
}

criterion_group! {
    name = benches;
    config = shared::short();
    targets = large_n
}
criterion_main!(benches);
