//! Variants of `grok-a` that the theory covers: batches, orders, noise, losses, courses of the learning rate, starts.

use std::sync::atomic::{AtomicBool, Ordering};

use sparsegrok_kernel::Figure;

use crate::explain::FALLEN;
use crate::validate::check::{Check, Tolerance, ValidateError, Witness};
use crate::validate::grokking::{
    POINTS, POPULATION, SEEDS, last_accuracy, prediction, t_gen, t_mem,
};
use crate::validate::runs::{Runs, continued, curve, reaches, value_at};

/// Settings, as keys and values.
type Flags = &'static [(&'static str, &'static str)];

/// A variant of `grok-a`.
struct Variant {
    /// Settings over it.
    settings: Flags,
    epochs: &'static str,
    /// The tolerance of the time to accuracy 0.9.
    tolerance: f64,
    /// The tolerance of the time of memorizing, where that is another than the preset's.
    memorizing: Option<f64>,
}

impl Variant {
    const fn of(settings: Flags, epochs: &'static str, tolerance: f64) -> Self {
        Self {
            settings,
            epochs,
            tolerance,
            memorizing: None,
        }
    }
}

const VARIANTS: [Variant; 9] = [
    Variant::of(
        &[("batch_size", "8"), ("learning_rate", "0.4")],
        "3000",
        0.03,
    ),
    Variant::of(
        &[("batch_size", "full"), ("learning_rate", "25.6")],
        "3000",
        0.03,
    ),
    Variant {
        memorizing: Some(0.05),
        ..Variant::of(&[("order", "with-replacement")], "3000", 0.03)
    },
    Variant::of(&[("label_noise", "0.1")], "4000", 0.03),
    // So noisy that f² nears ρ²: some seeds never get there, and the mean is of the others.
    Variant::of(&[("label_noise", "0.3")], "4000", 0.1),
    Variant::of(
        &[("loss", "squared"), ("learning_rate", "0.02")],
        "8000",
        0.03,
    ),
    Variant::of(&[("loss", "hinge")], "3000", 0.03),
    Variant::of(&[("schedule", "cosine")], "4000", 0.03),
    Variant::of(&[("warmup_steps", "256000")], "3000", 0.03),
];

/// The name of `grok-a` with some settings over it.
fn named(settings: Flags) -> String {
    let words = settings
        .iter()
        .map(|(key, value)| format!(", {key} {value}"));
    format!("grok-a{}", words.collect::<String>())
}

pub(super) fn variants(stop: &AtomicBool, witness: &mut dyn Witness) -> Result<(), ValidateError> {
    for variant in VARIANTS {
        let what = named(variant.settings);
        witness.begin(&what);
        let flags = [&[POINTS, ("epochs", variant.epochs)], variant.settings].concat();
        let runs = Runs::of("grok-a", &flags, SEEDS, stop)?;
        witness.check(t_gen(&what, &runs, 0.75, 0.03));
        witness.check(t_gen(&what, &runs, 0.9, variant.tolerance));
        if let Some(tolerance) = variant.memorizing {
            witness.check(t_mem(&what, &runs, tolerance));
        }
    }
    ending_schedule(stop, witness)?;
    gaussian_starts(stop, witness)?;
    fall_of_loss(stop, witness)?;
    norm_laws(stop, witness)?;
    critical_size(stop, witness)?;
    ungrokking(stop, witness)
}

/// A schedule whose learning rates sum up to less than it takes.
fn ending_schedule(stop: &AtomicBool, witness: &mut dyn Witness) -> Result<(), ValidateError> {
    let what = "grok-a, learning rate halved every 700 epochs";
    witness.begin(what);
    let flags = [
        POINTS,
        ("epochs", "4000"),
        ("schedule", "step"),
        ("schedule_every", "700"),
    ];
    let runs = Runs::of("grok-a", &flags, SEEDS, stop)?;
    witness.check(t_gen(what, &runs, 0.75, 0.03));
    let reached = runs
        .traces
        .iter()
        .filter_map(|trace| reaches(&curve(trace, POPULATION), 0.9));
    witness.check(Check {
        quantity: format!("{what}: share of seeds that reach population accuracy 0.9"),
        expected: f64::from(u8::from(prediction(&runs).t_gen(0.9).is_some())),
        measured: Some(reached.count() as f64 / SEEDS as f64),
        tolerance: Tolerance::Absolute(0.1),
        note: format!("{SEEDS} seeds"),
    });
    Ok(())
}

/// Gaussian weights in few columns: some begin along the teacher and some against it.
fn gaussian_starts(stop: &AtomicBool, witness: &mut dyn Witness) -> Result<(), ValidateError> {
    for (columns, tolerance) in [("2", 0.1), ("3", 0.07), ("4", 0.06)] {
        let what = format!("grok-a, Gaussian weights in {columns} columns");
        witness.begin(&what);
        let flags = [POINTS, ("init", "gaussian"), ("d_signal", columns)];
        let runs = Runs::of("grok-a", &flags, 4 * SEEDS, stop)?;
        witness.check(t_gen(&what, &runs, 0.9, tolerance));
        witness.check(t_mem(&what, &runs, tolerance));
    }
    Ok(())
}

/// The time by which test loss has all but fallen, long before accuracy rises.
fn fall_of_loss(stop: &AtomicBool, witness: &mut dyn Witness) -> Result<(), ValidateError> {
    let what = "grok-a";
    witness.begin("grok-a, test loss");
    let flags = [POINTS, ("n_test", "2000"), ("columns", "test_loss")];
    let runs = Runs::of("grok-a", &flags, SEEDS, stop)?;
    let losses = runs.mean_curve(Figure::TestLoss);
    let (first, last) = (losses[0].1, losses[losses.len() - 1].1);
    let fallen = losses
        .iter()
        .map(|&(epoch, loss)| (epoch, (first - loss) / (first - last)));
    let fallen: Vec<_> = fallen.collect();
    witness.check(Check {
        quantity: format!("{what}: epoch at which {FALLEN} of the fall of test loss is over"),
        expected: prediction(&runs).t_loss(FALLEN).unwrap_or(f64::NAN),
        measured: reaches(&fallen, FALLEN),
        tolerance: Tolerance::Relative(0.05),
        note: format!("mean of {SEEDS} seeds"),
    });
    Ok(())
}

/// Settings over `grok-a` whose delays are held against norms: κ, Λ and β over a factor of ten or more each.
const NORM_LAWS: [Flags; 20] = [
    &[],
    &[("init_norm", "60")],
    &[("init_norm", "150")],
    &[("init_norm", "300")],
    &[("init_norm", "600")],
    &[("init_norm", "1000")],
    &[("weight_decay", "2.5e-5"), ("epochs", "12000")],
    &[("weight_decay", "5e-5"), ("epochs", "6000")],
    &[("weight_decay", "2e-4")],
    &[("weight_decay", "4e-4")],
    &[("signal_scale", "0.05")],
    &[("signal_scale", "0.07")],
    &[("signal_scale", "0.12")],
    &[("memorization_scale", "4")],
    &[("memorization_scale", "7")],
    &[
        ("memorization_scale", "10"),
        ("learning_rate", "0.02"),
        ("init_norm", "200"),
        ("epochs", "6000"),
    ],
    &[("d_signal", "2")],
    &[("d_signal", "10")],
    &[("n_train", "256"), ("epochs", "6000")],
    &[("n_train", "1024"), ("signal_scale", "0.07")],
];

/// The ratio of delay and norms that norm laws hold to be constant.
fn norm_laws(stop: &AtomicBool, witness: &mut dyn Witness) -> Result<(), ValidateError> {
    for settings in NORM_LAWS {
        let what = named(settings);
        witness.begin(&what);
        let flags = [
            &[POINTS, ("epochs", "4000"), ("columns", "weight_norm")],
            settings,
        ]
        .concat();
        let runs = Runs::of("grok-a", &flags, 16, stop)?;
        let prediction = prediction(&runs);
        let mean = runs.mean(|trace| {
            let at = |figure, level| reaches(&curve(trace, figure), level);
            let (t_mem, t_gen) = (at(Figure::TrainAcc, 0.99)?, at(POPULATION, 0.9)?);
            let norms = curve(trace, Figure::WeightNorm);
            let fall = value_at(&norms, t_mem)? / value_at(&norms, t_gen)?;
            Some(prediction.scales().decay_per_epoch * (t_gen - t_mem) / (2.0 * libm::log(fall)))
        });
        witness.check(Check {
            quantity: format!("{what}: nηλ·delay/ln(‖w_mem‖²/‖w_gen‖²)"),
            expected: prediction.norm_law(0.9).unwrap_or(f64::NAN),
            measured: mean.value,
            tolerance: Tolerance::Relative(0.04),
            note: mean.note,
        });
    }
    Ok(())
}

/// Accuracy in the end at half, once and twice the least number of rows that accuracy 0.9 takes, (d − 1)/(c²ρ²) = 59.5,
/// with two decays: it does not depend on the decay, as Varma et al. (arXiv 2309.02390) predict of their critical size.
fn critical_size(stop: &AtomicBool, witness: &mut dyn Witness) -> Result<(), ValidateError> {
    for rows in [30.0, 60.0, 120.0] {
        for (stronger, epochs) in [(1.0, "6000"), (4.0, "1500")] {
            // β as in `grok-a`, or four times it.
            let decay = (1e-4 * 512.0 / rows * stronger).to_string();
            let what = format!("grok-a, n_train {rows}, decay of {stronger}β");
            witness.begin(&what);
            let rows = rows.to_string();
            let flags = [
                ("n_train", &*rows),
                ("weight_decay", &decay),
                ("epochs", epochs),
                ("eval_points", "2"),
            ];
            let runs = Runs::of("grok-a", &flags, 2 * SEEDS, stop)?;
            witness.check(last_accuracy(&what, &runs));
        }
    }
    Ok(())
}

/// Models that generalized on all rows, trained on with the first 60 of them, and then again with all: Varma et al. (arXiv
/// 2309.02390) call the first ungrokking. The end is that of so many rows, wherever training began.
fn ungrokking(stop: &AtomicBool, witness: &mut dyn Witness) -> Result<(), ValidateError> {
    let what = "grok-a, trained on with 60 of its rows";
    witness.begin(what);
    // β as in `grok-a`.
    let decay = (1e-4 * 512.0 / 60.0).to_string();
    let points = ("eval_points", "2");
    let few = [
        ("n_train", "60"),
        ("weight_decay", &decay),
        ("epochs", "6000"),
        points,
    ];
    let few = Runs::of("grok-a", &few, SEEDS, stop)?;
    let all = Runs::of("grok-a", &[points], SEEDS, stop)?;
    let (mut forgotten, mut again) = (Vec::new(), Vec::new());
    for seed in 0..SEEDS {
        if stop.load(Ordering::Relaxed) {
            return Err(ValidateError::Stopped);
        }
        let (_, grokked) = continued(&all.config, seed, None)?;
        let (accuracy, forgetful) = continued(&few.config, seed, Some(grokked))?;
        forgotten.push(accuracy);
        again.push(continued(&all.config, seed, Some(forgetful))?.0);
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let note = || format!("{SEEDS} seeds");
    let own = few
        .traces
        .iter()
        .filter_map(|trace| trace.figure(POPULATION).last());
    let apart = own.zip(&forgotten).map(|(own, begun)| (own - begun).abs());
    witness.check(Check {
        measured: Some(mean(&forgotten)),
        ..last_accuracy(what, &few)
    });
    witness.check(Check {
        quantity: format!("{what}: most that runs and those of another start are apart"),
        expected: 0.0,
        measured: Some(apart.fold(0.0, f64::max)),
        tolerance: Tolerance::Absolute(1e-3),
        note: note(),
    });
    let what = "grok-a, trained on with 60 of its rows, then with all";
    witness.check(Check {
        measured: Some(mean(&again)),
        ..last_accuracy(what, &all)
    });
    Ok(())
}
