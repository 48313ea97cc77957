//! Networks: analytic weights, what decay makes of noise, and the time to generalize by the share of rows trained on.

use std::sync::atomic::AtomicBool;

use sparsegrok_kernel::Figure;
use sparsegrok_network::{NetworkSpec, analytic_accuracy};
use sparsegrok_theory::normal_cdf;

use crate::validate::check::{Check, Scope, Tolerance, ValidateError, Witness};
use crate::validate::runs::{Mean, Runs, curve, reaches};

/// Seeds of noisy runs, of which each takes a minute or less.
const NOISY_SEEDS: u64 = 8;
/// Seeds of small runs.
const SMALL_SEEDS: u64 = 32;
/// Draws of analytic weights.
const DRAWS: u64 = 24;

/// All of networks: analytic weights, and for the whole scope trained ones.
pub(super) fn networks(
    scope: Scope,
    stop: &AtomicBool,
    witness: &mut dyn Witness,
) -> Result<(), ValidateError> {
    analytic(witness);
    if scope == Scope::Whole {
        small(stop, witness)?;
        noisy(stop, witness)?;
    }
    Ok(())
}

/// Analytic weights: the accuracy on the whole table by the number of neurons.
fn analytic(witness: &mut dyn Witness) {
    for width in [80, 120, 500] {
        witness.begin(&format!("networks, analytic weights of {width} neurons"));
        let spec = NetworkSpec {
            width,
            ..NetworkSpec::default()
        };
        let accuracies = (0..DRAWS).map(|seed| analytic_accuracy(&spec, seed));
        let accuracies: Result<Vec<f64>, _> = accuracies.collect();
        let mean = |found: Vec<f64>| found.iter().sum::<f64>() / DRAWS as f64;
        witness.check(Check {
            quantity: format!("network: accuracy of analytic weights of {width} neurons"),
            expected: analytic_expected(spec.modulus as f64, width as f64),
            measured: accuracies.ok().map(mean),
            tolerance: Tolerance::Absolute(0.01),
            note: format!("{DRAWS} draws"),
        });
    }
}

/// The accuracy of analytic weights in the limit of many neurons, as docs/science.md derives it.
///
/// # Formula
/// ∫∫ Φ(R/√(Q/2))^{p−1} φ(x) φ(y) dx dy, R = N/2 + √(17N/16)·x, Q = 9N/4 + √N·(3.456x + 1.461y).
fn analytic_expected(p: f64, width: f64) -> f64 {
    let (of_right, of_squares, of_both) = (17.0 / 16.0, 901.0 / 64.0, 57.0 / 16.0);
    let along = of_both / f64::sqrt(of_right);
    let across = f64::sqrt(of_squares - along * along);
    // Midpoints of cells of width 1/10, to six deviations.
    let points = (0..120).map(|i| (f64::from(i) - 59.5) / 10.0);
    let weighted = points.map(|x| (x, libm::exp(-0.5 * x * x)));
    let weighted: Vec<(f64, f64)> = weighted.collect();
    let (mut sum, mut weight) = (0.0, 0.0);
    for (x, of_x) in &weighted {
        for (y, of_y) in &weighted {
            let right = 0.5 * width + f64::sqrt(of_right * width) * x;
            let squares = 2.25 * width + f64::sqrt(width) * (along * x + across * y);
            let deviation = f64::sqrt(squares.max(f64::MIN_POSITIVE) / 2.0);
            sum += of_x * of_y * libm::pow(normal_cdf(right / deviation), p - 1.0);
            weight += of_x * of_y;
        }
    }
    sum / weight
}

/// The accuracies in the end, by decay: published as coexistence, partial and full inversion (arXiv 2310.13061, section 3).
fn noisy(stop: &AtomicBool, witness: &mut dyn Witness) -> Result<(), ValidateError> {
    for (decay, of_train, of_test) in [
        // Of one seed of an independent program in NumPy, as no theory has it: 0.9815 and 0.979.
        ("0", (0.9815, 0.005), (0.979, 0.01)),
        ("5", (0.775, 0.075), (1.0, 0.01)),
        // Of labels drawn at random one in 97 is right by chance.
        ("15", (1.0 - 0.35 * (1.0 - 1.0 / 97.0), 0.005), (1.0, 0.01)),
    ] {
        witness.begin(&format!("unlearn, decay {decay}"));
        let flags = [("weight_decay", decay), ("eval_every", "2000")];
        let runs = Runs::of("unlearn", &flags, NOISY_SEEDS, stop)?;
        for (figure, (expected, tolerance)) in
            [(Figure::TrainAcc, of_train), (Figure::TestAcc, of_test)]
        {
            let Mean { value, note } = runs.mean(|trace| Some(trace.last()?[figure]));
            witness.check(Check {
                quantity: format!("unlearn, decay {decay}: {} in the end", figure.name()),
                expected,
                measured: value,
                tolerance: Tolerance::Absolute(tolerance),
                note,
            });
        }
    }
    Ok(())
}

/// The mean time to test accuracy 0.9 by the share of rows, as an independent program in NumPy measured it over 24 seeds:
/// 56.0 ± 0.4, 90.9 ± 1.6, 178 ± 5.
fn small(stop: &AtomicBool, witness: &mut dyn Witness) -> Result<(), ValidateError> {
    for (fraction, expected, tolerance) in [
        ("0.5", 56.0, 0.05),
        ("0.42", 91.0, 0.08),
        ("0.38", 178.0, 0.12),
    ] {
        witness.begin(&format!("modular-small, fraction {fraction}"));
        let flags = [
            ("data_fraction", fraction),
            ("epochs", "1000"),
            ("eval_every", "5"),
        ];
        let runs = Runs::of("modular-small", &flags, SMALL_SEEDS, stop)?;
        let Mean { value, note } = runs.mean(|trace| reaches(&curve(trace, Figure::TestAcc), 0.9));
        witness.check(Check {
            quantity: format!("modular-small: T_gen(0.9) at fraction {fraction}"),
            expected,
            measured: value,
            tolerance: Tolerance::Relative(tolerance),
            note,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accuracy_of_analytic_weights_rises_to_1() {
        // As integrated by Gauss–Hermite quadrature in another program.
        for (width, expected) in [(30.0, 0.5503), (60.0, 0.9194), (120.0, 0.9987)] {
            assert!((analytic_expected(97.0, width) - expected).abs() < 2e-4);
        }
    }
}
