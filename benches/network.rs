//! An epoch of a network of modular addition, on half of all rows.
//!
//! `cargo bench --bench network`. Throughput is in multiply–adds: 3·rows·neurons·p an epoch.

mod shared;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use shared::network::{spec, started};
use sparsegrok::kernel::{Optimizer, Sgd, Training};
use sparsegrok::network::{NetworkSpec, Table};

fn measure(c: &mut Criterion) {
    let mut group = c.benchmark_group("network");
    for (modulus, width) in [(59, 256), (97, 500)] {
        let network = NetworkSpec {
            modulus,
            width,
            ..NetworkSpec::default()
        };
        let table = Table::draw(&network, 0.0, 0, 0).expect("a valid network");
        let products = 3 * table.train.len() * width * modulus;
        group.throughput(Throughput::Elements(products as u64));
        for (name, optimizer) in [("sgd", Optimizer::Sgd), ("adamw", Optimizer::AdamW)] {
            let spec = Sgd {
                optimizer,
                // Small enough for either to stay finite however many epochs are measured.
                learning_rate: 1e-3,
                ..spec()
            };
            let mut training = started(&network, &spec, &table);
            group.bench_function(BenchmarkId::new(name, modulus), |b| {
                b.iter(|| training.advance())
            });
            assert!(training.diverged(0).is_none(), "{name}, p = {modulus}");
        }
    }
    group.finish();
}

criterion_group!(benches, measure);
criterion_main!(benches);
