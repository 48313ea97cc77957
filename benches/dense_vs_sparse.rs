//! One epoch, dense and sparse, as rows double: each memorization column a row brings makes every
//! dense step longer, and no sparse one.
//!
//! `cargo bench --bench dense_vs_sparse`. Throughput is in steps. First sizes take turns, and the
//! exponents are printed by which an epoch's time grows in n: 2 for dense, 1 for sparse. The dense
//! matrix of the largest takes 537 MB.

mod shared;

use criterion::{
    BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
};
use shared::{growth, toy};
use sparsegrok::kernel::{KernelChoice, SimdChoice};

const KERNELS: [(KernelChoice, &str); 2] = [
    (KernelChoice::Dense, "dense"),
    (KernelChoice::Scalar, "scalar"),
];

fn exponents(_: &mut Criterion) {
    if shared::tried() {
        return;
    }
    for (kernel, name) in KERNELS {
        let slope = growth::of_bests(&growth::epochs(15, kernel));
        println!(
            "{name}: an epoch's time grows as n^{:.3}, standard error {:.3}; best of 15 rounds at \
             n = {:?}",
            slope.estimate,
            slope.standard_error,
            growth::sizes(),
        );
    }
}

fn dense_vs_sparse(c: &mut Criterion) {
    let mut group = c.benchmark_group("dense_vs_sparse");
    group.sampling_mode(SamplingMode::Flat);
    for n in growth::sizes() {
        let problems = toy::problems(1, n, 5);
        let models =
            KERNELS.map(|(kernel, _)| toy::train(&problems, kernel, SimdChoice::Auto, 2).remove(0));
        toy::assert_rounding_apart(&models[1], &models[0]);
        for (kernel, name) in KERNELS {
            group.throughput(Throughput::Elements(n as u64));
            group.bench_function(BenchmarkId::new(name, n), |b| {
                b.iter_custom(|epochs| {
                    toy::epoch_times(&problems, kernel, SimdChoice::Auto, epochs)
                        .iter()
                        .sum()
                });
            });
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = shared::short();
    targets = exponents, dense_vs_sparse
}
criterion_main!(benches);
