//! Many seeds at once: eight in lanes, on one thread, each with its own data and visiting order.
//!
//! `cargo bench --bench multi_seed`. Throughput is in seed-steps. First the lanes are compared, at
//! every level the machine has, with the textbook sparse loop, the two taking turns; then lanes and
//! scalar on rows with a sparse tail; and two threads of one process with two processes.

mod textbook;
mod toy;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group};
use sparsegrok::data::{AlignedBlock, Csr, Dataset, Features, Problem, TargetKind};
use sparsegrok::kernel::{KernelChoice, SimdChoice};

const LEVELS: [SimdChoice; 3] = [SimdChoice::Avx512, SimdChoice::Avx2, SimdChoice::Portable];

fn multi_seed(c: &mut Criterion) {
    let quick = std::env::args().any(|arg| arg == "--test");
    let mut group = c.benchmark_group("multi_seed");
    let n = 512;
    for d in [5, 16, 64] {
        let problems = toy::problems(8, n, d);
        for simd in LEVELS.into_iter().filter(|simd| simd.level().is_ok()) {
            let level = format!("{simd:?}").to_lowercase();
            let epochs = if simd == SimdChoice::Portable { 4 } else { 60 };
            let lanes =
                |epochs| toy::train(black_box(&problems), KernelChoice::Lanes, simd, epochs);
            let alone = toy::train(&problems[3..4], KernelChoice::Scalar, simd, 60);
            toy::assert_agreement(&problems[3], &lanes(60)[3], &alone[0]);
            if !quick && simd != SimdChoice::Portable {
                let steps = 200 * n as u64;
                toy::compare(
                    &format!("lanes ({level}) against textbook, d {d}"),
                    25,
                    (steps, || drop(toy::train_textbook(&problems[0], 200))),
                    (8 * steps, || drop(lanes(200))),
                );
            }
            group.throughput(Throughput::Elements(8 * epochs * n as u64));
            group.bench_function(BenchmarkId::new(level, format!("d{d}")), |b| {
                b.iter(|| lanes(epochs));
            });
        }
    }
    group.finish();
}

/// Lanes against scalar on rows of a sparse tail: what the choice between them rests on.
fn tails(_: &mut Criterion) {
    if std::env::args().any(|arg| arg == "--test") {
        return;
    }
    for per_row in [4, 8, 16, 32, 64] {
        let problems = vec![with_tail(2048, 1000, per_row); 8];
        let steps = 8 * 20 * 2048;
        let train = |kernel| drop(toy::train(&problems, kernel, SimdChoice::Auto, 20));
        toy::compare(
            &format!("lanes against scalar, {per_row} non-zeros a row"),
            15,
            (steps, || train(KernelChoice::Scalar)),
            (steps, || train(KernelChoice::Lanes)),
        );
    }
}

/// `rows` rows of `per_row` ones in `columns` columns, and a memorization column each.
fn with_tail(rows: usize, columns: usize, per_row: usize) -> Problem {
    let spacing = columns / per_row;
    let starts = (0..=rows).map(|row| row * per_row).collect();
    let indices = (0..rows * per_row)
        .map(|k| (k % per_row * spacing + k / per_row * 7 % spacing) as u32)
        .collect();
    let tail = Csr::new(columns, starts, indices, vec![1.0; rows * per_row]).expect("sorted rows");
    let features = Features::new(rows, 0, AlignedBlock::zeroed(0), Some(tail));
    let targets = (0..rows).map(|row| if row % 3 == 0 { 1.0 } else { -1.0 });
    let data = features.and_then(|features| {
        Dataset::new(features, targets.collect(), TargetKind::Sign, Some(1.0))
    });
    Problem::new(data.expect("rows that fit"), None, None).expect("a problem")
}

/// The name under which this program runs as one of two processes.
const WORKER: &str = "SPARSEGROK_BENCH_WORKER";

/// Two threads of one process against two processes, each training eight seeds.
fn threads(_: &mut Criterion) {
    if std::env::args().any(|arg| arg == "--test") {
        return;
    }
    let program = std::env::current_exe().expect("this program");
    let process = || {
        let mut command = std::process::Command::new(&program);
        command.env(WORKER, "1").spawn().expect("a process")
    };
    let steps = 2 * 8 * WORK * 512;
    toy::compare(
        "two threads against two processes",
        15,
        (steps, || {
            let processes = [process(), process()];
            for mut process in processes {
                assert!(process.wait().expect("an ended process").success());
            }
        }),
        (steps, || {
            std::thread::scope(|scope| {
                scope.spawn(work);
                scope.spawn(work);
            });
        }),
    );
}

/// Epochs of [`work`]: half a second.
const WORK: u64 = 20_000;

fn work() {
    toy::train(
        &toy::problems(8, 512, 5),
        KernelChoice::Lanes,
        SimdChoice::Auto,
        WORK,
    );
}

criterion_group!(benches, multi_seed, tails, threads);

fn main() {
    if std::env::var_os(WORKER).is_some() {
        return work();
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
}
