//! Extreme but valid settings: finite results stay right, and others are reported.

use sparsegrok_data::{Problem, SyntheticSpec, generate};
use sparsegrok_kernel::{
    Init, KernelChoice, Loss, Order, Sgd, SimdChoice, TrainError, Weights, initial_signal, train,
};

fn run(problem: &Problem, spec: &Sgd, kernel: KernelChoice) -> Result<Weights, TrainError> {
    train(problem, spec, kernel, SimdChoice::Auto)
}

fn all(w: &Weights) -> impl Iterator<Item = f64> + '_ {
    w.signal.iter().chain(&w.memorization).copied()
}

/// v_T = D v₀ + (1/α) Σ m_i x_i: the largest difference, over the largest weight.
fn identity_error(problem: &Problem, spec: &Sgd, w: &Weights, decayed: f64) -> f64 {
    let alpha = problem.train.memorization().unwrap();
    let mut expected = initial_signal(
        spec,
        spec.init_seed,
        w.signal.len(),
        problem.teacher.as_ref(),
    )
    .unwrap();
    expected.iter_mut().for_each(|v| *v *= decayed);
    for (i, m) in w.memorization.iter().enumerate() {
        for (v, x) in expected.iter_mut().zip(problem.train.row(i).signal) {
            *v += m / alpha * x;
        }
    }
    let largest = all(w).fold(0.0_f64, |largest, w| largest.max(w.abs()));
    let pairs = w.signal.iter().zip(&expected);
    pairs.fold(0.0_f64, |error, (v, e)| error.max((v - e).abs())) / largest
}

/// Margins of 1e12 and back: each step overshoots as far as the loss lets it.
#[test]
fn steps_far_beyond_stability_stay_finite_and_right() {
    for (signal_scale, learning_rate) in [(1e6, 1.0), (1e3, 1e3), (1.0, 1e6)] {
        let problem = generate(&SyntheticSpec {
            n_train: 64,
            n_test: 0,
            signal_scale,
            ..SyntheticSpec::default()
        })
        .unwrap();
        for loss in [Loss::Logistic, Loss::Hinge] {
            let spec = Sgd {
                loss,
                learning_rate,
                weight_decay: 0.01 / learning_rate,
                epochs: 30,
                ..Sgd::default()
            };
            let weights = run(&problem, &spec, KernelChoice::Scalar).unwrap();
            assert!(all(&weights).all(f64::is_finite));
            let decayed = 0.99_f64.powi(30 * 64);
            let error = identity_error(&problem, &spec, &weights, decayed);
            assert!(
                error < 1e-11,
                "{loss:?}, {signal_scale}, {learning_rate}: {error:e}"
            );
        }
    }
}

/// The squared loss has no such bound: it leaves the finite numbers, and every kernel says where.
#[test]
fn divergence_is_reported_at_the_same_step_by_every_kernel() {
    let problem = generate(&SyntheticSpec {
        n_train: 16,
        n_test: 0,
        ..SyntheticSpec::default()
    })
    .unwrap();
    let spec = Sgd {
        loss: Loss::Squared,
        learning_rate: 1e3,
        weight_decay: 0.0,
        epochs: 50,
        ..Sgd::default()
    };
    let found = [
        KernelChoice::Scalar,
        KernelChoice::Lanes,
        KernelChoice::Dense,
    ]
    .map(|kernel| match run(&problem, &spec, kernel) {
        Err(TrainError::Diverged(diverged)) => diverged,
        other => panic!("{kernel:?}: {other:?}"),
    });
    assert_eq!(found[0], found[1]);
    assert_eq!(found[0], found[2]);
}

/// Decay so small that 1 − ηλ rounds to 1, and as large as it may be.
#[test]
fn the_smallest_and_largest_decay_train() {
    let problem = generate(&SyntheticSpec {
        n_train: 32,
        n_test: 0,
        ..SyntheticSpec::default()
    })
    .unwrap();
    let spec = |learning_rate, weight_decay| Sgd {
        learning_rate,
        weight_decay,
        epochs: 200,
        ..Sgd::default()
    };
    let none = run(&problem, &spec(0.1, 0.0), KernelChoice::Scalar).unwrap();
    let tiny = run(&problem, &spec(0.1, 1e-300), KernelChoice::Scalar).unwrap();
    assert!(
        all(&none)
            .zip(all(&tiny))
            .all(|(a, b)| a.to_bits() == b.to_bits())
    );

    // Every step forgets all but 1e-6 of what was before: the scale folds at almost every step.
    let most = spec(0.999_999, 1.0);
    let scalar = run(&problem, &most, KernelChoice::Scalar).unwrap();
    let dense = run(&problem, &most, KernelChoice::Dense).unwrap();
    let largest = all(&dense).fold(0.0_f64, |largest, w| largest.max(w.abs()));
    for (a, b) in all(&scalar).zip(all(&dense)) {
        assert!((a - b).abs() <= 1e-10 * largest, "{a:e}, {b:e}");
    }
}

#[test]
fn the_smallest_problems_train() {
    for (n_train, d_signal, memorization_scale) in
        [(1, 1, 1.0), (1, 1, 0.0), (2, 1, 1e-6), (1, 40, 1e6)]
    {
        let problem = generate(&SyntheticSpec {
            n_train,
            d_signal,
            memorization_scale,
            n_test: 0,
            ..SyntheticSpec::default()
        })
        .unwrap();
        let spec = Sgd {
            epochs: 100,
            ..Sgd::default()
        };
        let scalar = run(&problem, &spec, KernelChoice::Scalar).unwrap();
        let dense = run(&problem, &spec, KernelChoice::Dense).unwrap();
        let largest = all(&dense).fold(0.0_f64, |largest, w| largest.max(w.abs()));
        assert!(largest > 0.0);
        for (a, b) in all(&scalar).zip(all(&dense)) {
            assert!((a - b).abs() <= 1e-10 * largest, "{a:e}, {b:e}");
        }
    }
}

/// The identity over `steps` steps with a decay that folds the scale many times.
fn identity_after(epochs: u64) {
    let problem = generate(&SyntheticSpec {
        n_train: 100,
        n_test: 0,
        ..SyntheticSpec::default()
    })
    .unwrap();
    let spec = Sgd {
        learning_rate: 0.05,
        weight_decay: 2e-3,
        init: Init::Gaussian,
        init_norm: 1e3,
        order: Order::Shuffle,
        epochs,
        ..Sgd::default()
    };
    for kernel in [KernelChoice::Scalar, KernelChoice::Lanes] {
        let weights = run(&problem, &spec, kernel).unwrap();
        let decayed = (-(epochs as f64) * 100.0 * 1e-4).exp();
        let error = identity_error(&problem, &spec, &weights, decayed);
        assert!(error < 1e-9, "{kernel:?}: {error:e}");
        println!("{kernel:?}: {error:e} after {epochs} epochs of 100 steps");
    }
}

#[test]
fn the_identity_holds_after_a_million_steps() {
    identity_after(10_000);
}

/// `cargo test --locked --test extremes -- --ignored --nocapture`
#[test]
#[ignore = "several seconds; run with --ignored"]
fn the_identity_holds_after_a_hundred_million_steps() {
    identity_after(1_000_000);
}
