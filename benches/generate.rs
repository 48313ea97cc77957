//! Drawing synthetic data, by random family.
//!
//! `cargo bench --bench generate`. Throughput is in rows of five signal columns.

mod shared;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sparsegrok::data::{Dataset, RandomFamily, SyntheticSpec, generate};

fn draw(c: &mut Criterion) {
    let mut group = c.benchmark_group("generate");
    for (rng, name) in [
        (RandomFamily::Xoshiro256pp, "xoshiro256pp"),
        (RandomFamily::Libstdcxx, "libstdcxx"),
    ] {
        for rows in [512, 100_000] {
            let spec = SyntheticSpec {
                n_train: rows,
                n_test: 0,
                rng,
                ..SyntheticSpec::default()
            };
            let draw = || generate(black_box(&spec)).expect("a valid specification");
            let problem = draw();
            let teacher = problem.teacher.expect("synthetic data has a teacher");
            assert_labelled(&problem.train, |signal| teacher.score(signal));
            assert_standard_normal(problem.train.features().signal_block());
            group.throughput(Throughput::Elements(rows as u64));
            group.bench_function(BenchmarkId::new(name, rows), |b| b.iter(draw));
        }
    }
    group.finish();
}

/// Panics unless every target is the sign of its row's score.
fn assert_labelled(data: &Dataset, score: impl Fn(&[f64]) -> f64) {
    for (i, target) in data.targets().iter().enumerate() {
        let positive = score(data.features().signal_row(i)) >= 0.0;
        assert_eq!(*target, if positive { 1.0 } else { -1.0 }, "row {i}");
    }
}

/// Panics unless mean and mean square are within five standard errors of 0 and 1.
fn assert_standard_normal(numbers: &[f64]) {
    let n = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / n;
    let square = numbers.iter().map(|x| x * x).sum::<f64>() / n;
    assert!(mean.abs() < 5.0 / n.sqrt(), "mean {mean}");
    assert!(
        (square - 1.0).abs() < 5.0 * (2.0 / n).sqrt(),
        "mean square {square}"
    );
}

criterion_group! {
    name = benches;
    config = shared::short();
    targets = draw
}
criterion_main!(benches);
