//! The edge of separability: how often rows are separable from the origin, and what training comes to on both sides.

use std::sync::atomic::{AtomicBool, Ordering};

use sparsegrok_config::Config;
use sparsegrok_data::{Dataset, Problem, SyntheticSpec, Target, TargetKind, generate};
use sparsegrok_kernel::{
    BatchSize, Figure, Job, KernelChoice, Order, Sgd, SimdChoice, Training, Weights, start,
};
use sparsegrok_run::Trace;
use sparsegrok_statistics::{CONFIDENCE, quantile, wilson};
use sparsegrok_theory::{Edge, NearestPoint, Rates, TwoPoints, normal_cdf, normal_quantile};

use crate::validate::check::{Check, Scope, Tolerance, ValidateError, Witness};
use crate::validate::runs::{Runs, curve, reaches, value_at};

/// Accuracy that tells generalization.
const LEVEL: f64 = 0.9;

pub(super) fn edge(
    scope: Scope,
    stop: &AtomicBool,
    witness: &mut dyn Witness,
) -> Result<(), ValidateError> {
    separability(stop, witness)?;
    times(scope, stop, witness)?;
    growth(stop, witness)?;
    if scope == Scope::Whole {
        final_accuracies(stop, witness)?;
    }
    Ok(())
}

/// The theory's setting of a configuration of the preset.
fn theory(config: &Config) -> Edge {
    Edge {
        n: config.synthetic.n_train,
        d: config.synthetic.d_signal,
        signal_scale: config.synthetic.signal_scale,
        learning_rate: config.train.learning_rate,
    }
}

/// The nearest point of a draw's rows.
fn nearest_point(spec: &SyntheticSpec) -> NearestPoint {
    let problem = generate(spec).expect("settings of a preset");
    NearestPoint::of(problem.train.features().signal_block(), spec.d_signal)
}

/// The share of draws that are separable from the origin, against Wendel's.
fn separability(stop: &AtomicBool, witness: &mut dyn Witness) -> Result<(), ValidateError> {
    const ROWS: usize = 100;
    const DRAWS: u64 = 800;
    witness.begin("draws of rows, separable or not");
    for columns in [40, 45, 50, 55, 60] {
        let separable = (0..DRAWS).filter(|&data_seed| {
            let spec = SyntheticSpec {
                n_train: ROWS,
                n_test: 0,
                d_signal: columns,
                memorization_scale: 0.0,
                target: Target::Constant,
                data_seed,
                ..SyntheticSpec::default()
            };
            !stop.load(Ordering::Relaxed) && nearest_point(&spec).margin().is_some()
        });
        let separable = separable.count() as u64;
        if stop.load(Ordering::Relaxed) {
            return Err(ValidateError::Stopped);
        }
        let share = wilson(separable, DRAWS, CONFIDENCE).expect("draws");
        let expected = Edge {
            n: ROWS,
            d: columns,
            signal_scale: 1.0,
            learning_rate: 1.0,
        };
        witness.check(Check {
            quantity: format!("{columns} columns, {ROWS} rows: share of separable draws"),
            expected: expected.separable_probability(),
            measured: Some(share.estimate),
            tolerance: Tolerance::Interval(share.low, share.high),
            note: format!("{DRAWS} seeds, Wendel's law"),
        });
    }
    Ok(())
}

/// The median time of population accuracy below the edge, where a run without it counts as later than all.
fn times(scope: Scope, stop: &AtomicBool, witness: &mut dyn Witness) -> Result<(), ValidateError> {
    for (n, d, epochs, seeds, is_quick) in [
        ("400", "120", "2000", 64, true),
        ("400", "160", "4000", 64, true),
        ("1000", "440", "8000", 32, false),
    ] {
        if !is_quick && scope == Scope::Quick {
            continue;
        }
        let what = format!("edge, d/N = {d}/{n}");
        witness.begin(&what);
        let flags = [
            ("n_train", n),
            ("d_signal", d),
            ("epochs", epochs),
            ("n_test", "0"),
            ("eval_points", "600"),
        ];
        let runs = Runs::of("edge", &flags, seeds, stop)?;
        let time = |trace: &Trace| reaches(&curve(trace, Figure::PopulationAcc), LEVEL);
        let times = runs
            .traces
            .iter()
            .map(|trace| time(trace).unwrap_or(f64::INFINITY));
        let mut times: Vec<f64> = times.collect();
        times.sort_unstable_by(f64::total_cmp);
        let theory = theory(&runs.config);
        witness.check(Check {
            quantity: format!("{what}: median epoch of population accuracy {LEVEL}"),
            expected: theory.t_gen(LEVEL).unwrap_or(f64::NAN),
            measured: quantile(&times, 0.5).filter(|median| median.is_finite()),
            tolerance: Tolerance::Relative(0.15),
            note: format!("{seeds} seeds"),
        });
    }
    Ok(())
}

/// The growth of the time between 1 − 2λ = 0.1 and 0.01 in the model of two points, as an exponent of 1/(1 − 2λ).
fn growth(stop: &AtomicBool, witness: &mut dyn Witness) -> Result<(), ValidateError> {
    witness.begin("two points");
    let model = |apart: f64| TwoPoints {
        ratio: 0.5 * (1.0 - apart),
        signal_scale: 30.0,
        learning_rate: 0.004,
    };
    let [far, near] = [0.1, 0.01].map(model);
    let exponent = |far: Option<f64>, near: Option<f64>| {
        far.zip(near).map(|(far, near)| libm::log10(near / far))
    };
    let [measured_far, measured_near] = [two_points(&far, stop)?, two_points(&near, stop)?];
    let published = normal_quantile(LEVEL) / (2.0 * (1.0 - near.ratio));
    witness.check(Check {
        quantity: "two points: exponent of T_gen in 1/(1 − 2λ), 0.1 to 0.01".to_owned(),
        expected: exponent(far.t_gen(LEVEL), near.t_gen(LEVEL)).unwrap_or(f64::NAN),
        measured: exponent(measured_far, measured_near),
        tolerance: Tolerance::Relative(0.03),
        note: format!("no seeds; in the limit {published:.2}"),
    });
    Ok(())
}

/// The epoch at which the two rows' model has the level on the population N(0, σ²), by training it.
fn two_points(model: &TwoPoints, stop: &AtomicBool) -> Result<Option<f64>, ValidateError> {
    const MOST: u64 = 1_000_000;
    let rows = [1.0, 2.0 * model.ratio - 1.0].map(|x| x * model.signal_scale);
    let train = Dataset::dense(&rows, 1, &[1.0, 1.0], TargetKind::Sign).expect("two rows");
    let problem = Problem::new(train, None, None).expect("rows without classes");
    let spec = Sgd {
        bias: true,
        learning_rate: model.learning_rate,
        weight_decay: 0.0,
        batch_size: BatchSize::Full,
        order: Order::Sequential,
        epochs: MOST,
        ..Sgd::default()
    };
    let jobs = [Job::new(&problem, &spec)];
    let mut training = start(&jobs, KernelChoice::Auto, SimdChoice::Auto).expect("one run");
    let wanted = normal_quantile(LEVEL) * model.signal_scale;
    for epoch in 1..=MOST {
        training.advance();
        let weights = Weights::of(&training.weights(0)).expect("a linear model");
        if weights.bias >= wanted * weights.signal[0].abs() {
            return Ok(Some(epoch as f64));
        }
        if stop.load(Ordering::Relaxed) {
            return Err(ValidateError::Stopped);
        }
    }
    Ok(None)
}

/// Population accuracy in the end beyond the edge: by the margin of each draw's rows, and by the growth of its weights.
///
/// Accuracy itself comes near its limit as 1/ln T. The growth of b and of ‖v‖ from epoch T/10 to T, of which it is the limit,
/// does so sooner.
fn final_accuracies(stop: &AtomicBool, witness: &mut dyn Witness) -> Result<(), ValidateError> {
    const SEEDS: u64 = 16;
    // The nearer to the edge, the slower the growth settles.
    for (columns, tolerance) in [("240", 0.01), ("280", 0.003)] {
        let what = format!("edge, d/N = {columns}/400");
        witness.begin(&what);
        let flags = [
            ("d_signal", columns),
            ("learning_rate", "0.2"),
            ("epochs", "10000"),
            ("n_test", "0"),
            ("eval_points", "600"),
        ];
        let runs = Runs::of("edge", &flags, SEEDS, stop)?;
        let scale = runs.config.synthetic.signal_scale;
        let limits = (0..SEEDS).filter_map(|seed| {
            let mut spec = runs.config.synthetic.clone();
            spec.data_seed += seed;
            let margin = nearest_point(&spec).margin()?;
            Some(Rates::at(Some(margin)).final_accuracy(scale))
        });
        let limits: Vec<f64> = limits.collect();
        let mean = runs.mean(|trace| {
            let weights = |epoch: f64| {
                let accuracy = value_at(&curve(trace, Figure::PopulationAcc), epoch)?;
                let spread = scale * value_at(&curve(trace, Figure::SignalNorm), epoch)?;
                Some((normal_quantile(accuracy) * spread, spread))
            };
            let last = runs.config.train.epochs as f64;
            let ((b, spread), (later_b, later)) = (weights(last / 10.0)?, weights(last)?);
            Some(normal_cdf((later_b - b) / (later - spread)))
        });
        witness.check(Check {
            quantity: format!("{what}: population accuracy in the end"),
            expected: limits.iter().sum::<f64>() / limits.len() as f64,
            measured: mean.value,
            tolerance: Tolerance::Absolute(tolerance),
            note: mean.note,
        });
    }
    Ok(())
}
