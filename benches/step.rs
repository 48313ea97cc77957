//! One training step on the toy's rows: dense reference, textbook sparse loop, scalar kernel, and
//! eight seeds in lanes, by signal columns and rows an update.
//!
//! `cargo bench --bench step`. Throughput is in seed-steps (rows visited): 1e9 / (elements per
//! second) is ns per step. The textbook loop takes one row at a time, as is its way.

mod shared;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use shared::pairs::{Ratio, take_turns};
use shared::toy;
use sparsegrok::kernel::{BatchSize, KernelChoice, SimdChoice};

const ROWS: usize = 512;

fn step(c: &mut Criterion) {
    let mut group = c.benchmark_group("step");
    for d in [1, 2, 5, 16, 64, 256] {
        let problems = toy::problems(8, ROWS, d);
        let one = &problems[..1];
        for (batch, name) in [
            (BatchSize::Rows(1), "1"),
            (BatchSize::Rows(32), "32"),
            (BatchSize::Full, "full"),
        ] {
            let train = |problems, kernel, epochs| {
                toy::train_in_batches(black_box(problems), kernel, SimdChoice::Auto, batch, epochs)
            };
            let alone = &train(one, KernelChoice::Scalar, 20)[0];
            toy::assert_rounding_apart(alone, &train(one, KernelChoice::Dense, 20)[0]);
            let together = train(&problems, KernelChoice::Lanes, 20);
            assert!(together[0] == *alone, "lanes and scalar agree to the bit");

            for (kernel, label, problems, epochs) in [
                (KernelChoice::Dense, "dense", one, 2),
                (KernelChoice::Scalar, "scalar", one, 50),
                (KernelChoice::Lanes, "lanes", &*problems, 50),
            ] {
                let steps = epochs * (problems.len() * ROWS) as u64;
                group.throughput(Throughput::Elements(steps));
                let id = BenchmarkId::new(label, format!("d{d}-batch-{name}"));
                group.bench_function(id, |b| b.iter(|| train(problems, kernel, epochs)));
            }
        }
        let problem = &problems[0];
        let textbook = toy::train_textbook(problem, 60);
        let scalar = toy::train(one, KernelChoice::Scalar, SimdChoice::Auto, 60);
        toy::assert_agreement(problem, &scalar[0], &textbook);
        group.throughput(Throughput::Elements(50 * ROWS as u64));
        group.bench_function(BenchmarkId::new("textbook", format!("d{d}-batch-1")), |b| {
            b.iter(|| toy::train_textbook(black_box(problem), 50));
        });
    }
    group.finish();
}

/// Measures the gain of the scalar kernel at each width.
fn ratios(_: &mut Criterion) {
    if shared::tried() {
        return;
    }
    for d in [1, 2, 5, 16, 64, 256] {
        let one = &toy::problems(1, ROWS, d);
        let time = |kernel, epochs| toy::step_time(one, kernel, SimdChoice::Auto, epochs);
        let [textbook, dense, scalar] = take_turns(
            25,
            [
                Box::new(|| toy::textbook_step_time(&one[0], 50)),
                Box::new(|| time(KernelChoice::Dense, 4)),
                Box::new(|| time(KernelChoice::Scalar, 50)),
            ],
        );
        println!(
            "d {d}: textbook over scalar {}",
            Ratio::of(&textbook, &scalar)
        );
        println!("d {d}: dense over scalar {}", Ratio::of(&dense, &scalar));
    }
}

criterion_group! {
    name = benches;
    config = shared::short();
    targets = ratios, step
}
criterion_main!(benches);
