//! Two published settings under squared loss, against figures from exact linear algebra.

use std::sync::atomic::AtomicBool;

use sparsegrok_kernel::Figure;
use sparsegrok_theory::MEAN_ABSOLUTE_NORMAL;

use crate::validate::check::{Check, Scope, Tolerance, ValidateError, Witness};
use crate::validate::runs::{Runs, curve, reaches};

/// One row of the ridge table: what differs from the preset, what t₂ must be, and how often it is
/// looked for.
struct RidgeRow {
    what: &'static str,
    flags: &'static [(&'static str, &'static str)],
    t2: f64,
    every: &'static str,
    epochs: &'static str,
}

/// Gradient descent on (1/2n)Σ(θᵀx − θ*ᵀx)² + ½λ‖θ‖², x ~ N(0, I/m), ‖θ*‖ = 1, θ₀ ~ N(0, ν²I):
/// arXiv 2601.19791, theorem 4.2, n = 100, m = 1000, ν = 1, η = 1, λ = 1e-4 unless said otherwise.
/// t₁ is the last step with train loss ≥ 0.01, t₂ the first with ‖θ − θ*‖²/m ≤ 0.01.
///
/// The expected times are means of exact solutions, in the eigenvectors of XᵀX, of random draws.
const RIDGE: [RidgeRow; 5] = [
    RidgeRow {
        what: "ridge",
        flags: &[],
        t2: 22_933.0,
        every: "200",
        epochs: "24600",
    },
    RidgeRow {
        what: "ridge, ν² = 10",
        flags: &[("init_norm", "100")],
        t2: 34_460.0,
        every: "200",
        epochs: "36400",
    },
    RidgeRow {
        what: "ridge, n = 200",
        flags: &[("n_train", "200")],
        t2: 22_215.0,
        every: "200",
        epochs: "24000",
    },
    RidgeRow {
        what: "ridge, m = 4000",
        flags: &[
            ("d_signal", "4000"),
            ("signal_scale", "0.015811388300841896"),
            ("init_norm", "63.24555320336759"),
        ],
        t2: 22_990.0,
        every: "200",
        epochs: "24400",
    },
    RidgeRow {
        what: "ridge, λ = 1e-5",
        flags: &[("weight_decay", "1e-5")],
        t2: 229_400.0,
        every: "2000",
        epochs: "246000",
    },
];

/// Two groups of eight: one a core.
const RIDGE_SEEDS: u64 = 16;

pub(super) fn ridge(
    scope: Scope,
    stop: &AtomicBool,
    witness: &mut dyn Witness,
) -> Result<(), ValidateError> {
    witness.begin("ridge, its first steps");
    let flags = [("epochs", "320"), ("eval_every", "1"), ("n_test", "0")];
    let runs = Runs::of("ridge", &flags, 64, stop)?;
    let mean = runs.mean(|trace| {
        let losses = trace.figure(Figure::TrainLoss);
        let above = losses.iter().rposition(|loss| *loss >= 0.01)?;
        // A run still above at the end has not shown its last.
        (above + 1 < trace.len()).then_some(trace.epochs()[above] as f64)
    });
    witness.check(Check {
        quantity: "ridge: t₁, last epoch of train loss ≥ 0.01".to_owned(),
        expected: 210.0,
        measured: mean.value,
        tolerance: Tolerance::Relative(0.04),
        note: mean.note,
    });
    let rows = match scope {
        Scope::Quick => &RIDGE[..1],
        Scope::Whole => &RIDGE[..],
    };
    for row in rows {
        witness.begin(row.what);
        let mut flags = row.flags.to_vec();
        flags.extend([
            ("epochs", row.epochs),
            ("eval_every", row.every),
            ("n_test", "0"),
        ]);
        let runs = Runs::of("ridge", &flags, RIDGE_SEEDS, stop)?;
        let mean = runs.mean(|trace| {
            let mut nearness = curve(trace, Figure::TeacherDistance);
            nearness
                .iter_mut()
                .for_each(|(_, distance)| *distance *= -1.0);
            reaches(&nearness, -0.01)
        });
        witness.check(Check {
            quantity: format!("{}: t₂, first epoch of ‖v − v*‖²/d ≤ 0.01", row.what),
            expected: row.t2,
            measured: mean.value,
            tolerance: Tolerance::Relative(0.03),
            note: mean.note,
        });
    }
    Ok(())
}

/// Double descent: test loss of least squares, the shortest solution where there are several (Hastie, Montanari, Rosset
/// and Tibshirani, 2022, arXiv 1903.08560, theorem 1, in its form for finite n and d). A label sign(v*·s) is c·v*·s and
/// uncorrelated noise of variance σ² = 1 − c²: the excess risk is σ²d/(n − d − 1) for d < n − 1, and
/// c²(1 − n/d) + σ²n/(d − n − 1) for d > n + 1; the loss is half of it and σ².
pub(super) fn double_descent(
    stop: &AtomicBool,
    witness: &mut dyn Witness,
) -> Result<(), ValidateError> {
    const ROWS: f64 = 100.0;
    let explained = MEAN_ABSOLUTE_NORMAL * MEAN_ABSOLUTE_NORMAL;
    let noise = 1.0 - explained;
    for columns in [40.0, 200.0, 400.0] {
        let what = format!("double-descent, d = {columns}");
        witness.begin(&what);
        let flags = [("d_signal", &*columns.to_string()), ("eval_points", "2")];
        let runs = Runs::of("double-descent", &flags, 64, stop)?;
        let mean = runs.mean(|trace| trace.figure(Figure::TestLoss).last().copied());
        let excess = if columns < ROWS {
            noise * columns / (ROWS - columns - 1.0)
        } else {
            explained * (1.0 - ROWS / columns) + noise * ROWS / (columns - ROWS - 1.0)
        };
        witness.check(Check {
            quantity: format!("{what}: test loss in the end"),
            expected: 0.5 * (excess + noise),
            measured: mean.value,
            tolerance: Tolerance::Relative(0.05),
            note: mean.note,
        });
    }
    Ok(())
}

/// Gradient descent of a linear student on a linear teacher, d = 1000, from zero, without decay: a
/// row counts as right when (z − y)² < 1e-3. arXiv 2310.16441; its learning rate 0.01 is 0.02 here,
/// as its loss lacks the ½. The expected times are integrals over the Marchenko–Pastur law.
pub(super) fn teacher_student(
    stop: &AtomicBool,
    witness: &mut dyn Witness,
) -> Result<(), ValidateError> {
    const SEEDS: u64 = 8;
    for (what, rows, epochs, every, t_train, t_test) in [
        (
            "teacher-student, d/N = 0.1",
            "10000",
            "330",
            "3",
            273.0,
            296.0,
        ),
        (
            "teacher-student, d/N = 0.5",
            "2000",
            "1500",
            "10",
            725.0,
            1156.0,
        ),
    ] {
        witness.begin(what);
        let flags = [("n_train", rows), ("epochs", epochs), ("eval_every", every)];
        let runs = Runs::of("teacher-student", &flags, SEEDS, stop)?;
        let train = runs.mean(|trace| reaches(&curve(trace, Figure::TrainAcc), 0.95));
        let test = runs.mean(|trace| reaches(&curve(trace, Figure::TestAcc), 0.95));
        for (which, expected, mean) in [("train", t_train, train), ("test", t_test, test)] {
            witness.check(Check {
                quantity: format!("{what}: epoch of {which} accuracy 0.95"),
                expected,
                measured: mean.value,
                tolerance: Tolerance::Relative(0.05),
                note: mean.note,
            });
        }
    }
    Ok(())
}
