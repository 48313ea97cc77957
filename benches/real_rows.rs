//! Sparse rows: a real file's, and synthetic ones whose columns follow a power law.
//!
//! `cargo bench --bench real_rows`. Throughput is in non-zeros: 1e9 / (elements per second) is ns per
//! non-zero. Files larger than the one shipped are read from the folder that
//! `SPARSEGROK_TEST_DATA` names, where it is set.

mod shared;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use shared::pairs::{Ratio, take_turns};
use shared::{rows, toy};
use sparsegrok::kernel::{KernelChoice, SimdChoice};

fn real_rows(c: &mut Criterion) {
    let mut group = c.benchmark_group("real_rows");
    let mut problems = vec![
        ("heart_scale", rows::heart_scale()),
        ("power law", rows::power_law(20_000, 100_000, 50)),
    ];
    problems.extend(rows::agaricus().map(|problem| ("agaricus", problem)));
    for (name, problem) in problems {
        let nonzeros = problem.train.features().nnz() as u64;
        let epochs = (10_000_000 / nonzeros).max(1);
        let one = &[problem][..];
        let scalar = |epochs| toy::train(one, KernelChoice::Scalar, SimdChoice::Auto, epochs);
        let textbook = |epochs| toy::train_textbook(&one[0], epochs);
        toy::assert_agreement(&one[0], &scalar(20)[0], &textbook(20));
        if !shared::tried() {
            let per_nonzero = one[0].train.len() as f64 / nonzeros as f64;
            let [textbook, scalar] = take_turns(
                15,
                [
                    Box::new(|| per_nonzero * toy::textbook_step_time(&one[0], epochs)),
                    Box::new(|| {
                        let (kernel, simd) = (KernelChoice::Scalar, SimdChoice::Auto);
                        per_nonzero * toy::step_time(one, kernel, simd, epochs)
                    }),
                ],
            );
            let ratio = Ratio::of(&textbook, &scalar);
            println!("{name}, per non-zero: textbook over scalar {ratio}");
        }
        group.throughput(Throughput::Elements(epochs * nonzeros));
        group.bench_function(BenchmarkId::new("textbook", name), |b| {
            b.iter(|| textbook(epochs))
        });
        group.bench_function(BenchmarkId::new("scalar", name), |b| {
            b.iter(|| scalar(epochs))
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = shared::short();
    targets = real_rows
}
criterion_main!(benches);
