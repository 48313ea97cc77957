//! Evaluating a model on training rows, each with its memorization column, and on test rows.
//!
//! `cargo bench --bench evaluate`. Throughput is in rows of five signal columns.

mod shared;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use shared::toy;
use sparsegrok::data::{Dataset, Problem, SyntheticSpec, generate};
use sparsegrok::kernel::{Figure, KernelChoice, Sgd, SimdChoice, Threads, Weights, evaluate};

fn measure(c: &mut Criterion) {
    let mut group = c.benchmark_group("evaluate");
    let spec = Sgd::default();
    for rows in [512, 100_000] {
        // One row on the side that is not measured: neither can be left out.
        for (name, n_train, n_test) in [("train", rows, 1), ("test", 1, rows)] {
            let problem = generate(&SyntheticSpec {
                n_train,
                n_test,
                ..SyntheticSpec::default()
            });
            let problem = [problem.expect("a valid specification")];
            let weights = toy::train(&problem, KernelChoice::Scalar, SimdChoice::Auto, 2);
            let [problem] = problem;
            assert_evaluated(&problem, &weights[0], &spec);
            group.throughput(Throughput::Elements(rows as u64));
            group.bench_function(BenchmarkId::new(name, rows), |b| {
                b.iter(|| {
                    evaluate(
                        1,
                        black_box(&weights[0]),
                        &problem,
                        &spec,
                        None,
                        &Threads::One,
                    )
                });
            });
        }
    }
    group.finish();
}

/// Panics unless losses and accuracies are those of a loop in plain terms.
fn assert_evaluated(problem: &Problem, weights: &Weights, spec: &Sgd) {
    let plain = |data: &Dataset| {
        let n = data.len() as f64;
        let (mut loss, mut right) = (0.0, 0.0);
        for (i, y) in data.targets().iter().enumerate() {
            let signal = data.features().signal_row(i).iter().zip(&weights.signal);
            let mut z: f64 = signal.map(|(s, w)| s * w).sum();
            if let Some(scale) = data.memorization() {
                z += scale * weights.memorization[i];
            }
            loss += (-y * z).exp().ln_1p() / n;
            right += f64::from(u8::from((z >= 0.0) == (*y > 0.0))) / n;
        }
        [loss, right]
    };
    let found = evaluate(1, weights, problem, spec, None, &Threads::One);
    let test = problem.test.as_ref().expect("test rows");
    for (found, expected) in [
        (
            [found[Figure::TrainLoss], found[Figure::TrainAcc]],
            plain(&problem.train),
        ),
        (
            [found[Figure::TestLoss], found[Figure::TestAcc]],
            plain(test),
        ),
    ] {
        for (found, expected) in found.into_iter().zip(expected) {
            assert!(
                (found - expected).abs() < 1e-9,
                "{found}, expected {expected}"
            );
        }
    }
}

criterion_group! {
    name = benches;
    config = shared::short();
    targets = measure
}
criterion_main!(benches);
