//! One training step on the toy's rows: dense reference, textbook sparse loop, scalar kernel.
//!
//! `cargo bench --bench step`. Throughput is in steps: 1e9 / (elements per second) is ns per step.

mod textbook;
mod toy;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sparsegrok::kernel::{KernelChoice, SimdChoice};

fn step(c: &mut Criterion) {
    let mut group = c.benchmark_group("step");
    let n = 512;
    for d in [5, 16, 64] {
        let problems = toy::problems(1, n, d);
        let scalar = |epochs| {
            toy::train(
                black_box(&problems),
                KernelChoice::Scalar,
                SimdChoice::Auto,
                epochs,
            )
        };
        let dense = |epochs| {
            toy::train(
                black_box(&problems),
                KernelChoice::Dense,
                SimdChoice::Auto,
                epochs,
            )
        };
        let textbook = |epochs| toy::train_textbook(black_box(&problems[0]), epochs);
        let expected = &dense(60)[0];
        toy::assert_agreement(&problems[0], &scalar(60)[0], expected);
        toy::assert_agreement(&problems[0], &textbook(60), expected);

        let name = |kernel: &str| BenchmarkId::new(kernel, format!("n{n}-d{d}"));
        let steps = |epochs: u64| Throughput::Elements(epochs * n as u64);
        group.throughput(steps(2));
        group.bench_function(name("dense"), |b| b.iter(|| dense(2)));
        group.throughput(steps(100));
        group.bench_function(name("textbook"), |b| b.iter(|| textbook(100)));
        group.bench_function(name("scalar"), |b| b.iter(|| scalar(100)));

        if d == 5 && !std::env::args().any(|arg| arg == "--test") {
            toy::compare(
                "scalar against textbook, d 5",
                25,
                (200 * n as u64, || drop(textbook(200))),
                (200 * n as u64, || drop(scalar(200))),
            );
            toy::compare(
                "scalar against dense, d 5",
                15,
                (10 * n as u64, || drop(dense(10))),
                (200 * n as u64, || drop(scalar(200))),
            );
        }
    }
    group.finish();
}

criterion_group!(benches, step);
criterion_main!(benches);
