//! Many seeds at once: eight in lanes, on one thread, each with its own data and visiting order.
//!
//! `cargo bench --bench multi_seed`. Throughput is in seed-steps. First the lanes are compared, at
//! every level the machine has, with the textbook sparse loop, the two taking turns.

mod textbook;
mod toy;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
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

criterion_group!(benches, multi_seed);
criterion_main!(benches);
