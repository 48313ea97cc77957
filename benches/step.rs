//! One training step on the toy's rows: dense reference, textbook sparse loop, scalar kernel.
//!
//! `cargo bench --bench step`. Throughput is in steps: 1e9 / (elements per second) is ns per step.

mod textbook;

use std::hint::black_box;
use std::ops::ControlFlow;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sparsegrok::data::{Problem, SyntheticSpec, generate};
use sparsegrok::kernel::{
    EvaluationPlan, KernelChoice, SimdChoice, TrainSpec, Weights, evaluate, train,
};
use textbook::Textbook;

fn problem(n: usize, d_signal: usize) -> Problem {
    generate(&SyntheticSpec {
        n_train: n,
        n_test: n,
        d_signal,
        ..SyntheticSpec::default()
    })
    .expect("a valid specification")
}

fn run(problem: &Problem, kernel: KernelChoice, epochs: u64) -> Weights {
    let spec = TrainSpec {
        epochs,
        ..TrainSpec::default()
    };
    let plan = EvaluationPlan::every(epochs, epochs);
    let mut observer = |_: u64, _: &Weights| ControlFlow::Continue(());
    train(problem, &spec, kernel, SimdChoice::Auto, &plan, &mut observer).expect("a stable run")
}

fn textbook(problem: &Problem, epochs: u64) -> Weights {
    let spec = TrainSpec::default();
    let mut textbook = Textbook::new(&problem.train, spec.learning_rate, spec.weight_decay, 1);
    textbook.train(epochs);
    let mut signal: Vec<f64> = textbook.weights().collect();
    let memorization = signal.split_off(problem.train.features().signal_width());
    Weights {
        signal,
        memorization,
        ..Weights::default()
    }
}

/// All three must have learnt the same model, up to the noise of their visiting orders.
fn assert_agreement(problem: &Problem, models: &[Weights]) {
    let spec = TrainSpec::default();
    let [reference, others @ ..] = models else {
        panic!("nothing to compare")
    };
    let expected = evaluate(1, reference, problem, &spec, None);
    for weights in others {
        let found = evaluate(1, weights, problem, &spec, None);
        let ratio = found.weight_norm / expected.weight_norm;
        assert!((ratio - 1.0).abs() < 0.02, "norms differ by {ratio}");
        assert!((found.train_loss - expected.train_loss).abs() < 0.02);
    }
}

fn step(c: &mut Criterion) {
    let mut group = c.benchmark_group("step");
    for (n, d) in [(512, 5)] {
        let problem = problem(n, d);
        let epochs = 40;
        assert_agreement(
            &problem,
            &[
                run(&problem, KernelChoice::Dense, epochs),
                run(&problem, KernelChoice::Scalar, epochs),
                textbook(&problem, epochs),
            ],
        );
        let name = |kernel| BenchmarkId::new(kernel, format!("n{n}-d{d}"));
        let steps = |epochs: u64| Throughput::Elements(epochs * n as u64);

        group.throughput(steps(2));
        group.bench_function(name("dense"), |b| {
            b.iter(|| run(black_box(&problem), KernelChoice::Dense, 2));
        });
        group.throughput(steps(epochs));
        group.bench_function(name("textbook"), |b| {
            b.iter(|| textbook(black_box(&problem), epochs));
        });
        group.bench_function(name("scalar"), |b| {
            b.iter(|| run(black_box(&problem), KernelChoice::Scalar, epochs));
        });
    }
    group.finish();
}

criterion_group!(benches, step);
criterion_main!(benches);
