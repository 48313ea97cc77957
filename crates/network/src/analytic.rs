//! Weights that solve addition and subtraction without training.

use sparsegrok_data::{InvalidSetting, Purpose, RandomFamily, Stream, check};
use sparsegrok_kernel::{Level, Loss};

use crate::layers::{Layers, Size};
use crate::spec::{Activation, NetworkSpec, Operation};
use crate::table::Table;
use crate::training::score;

/// The accuracy of the analytic weights on the whole table of an operation: each neuron has a frequency and phases that
/// are drawn. `Time: O(p³N)`
///
/// # Formula
/// Of neuron k, with σ uniform in 1..=⌊(p−1)/2⌋ and φ₁, φ₂ uniform:
/// U_ka = cos(2πσa/p + φ₁), V_kb = cos(±2πσb/p + φ₂), W_ck = cos(2πσc/p + φ₁ + φ₂), the sign being that of b. Squares of
/// sums have cos(2πσ(a ± b)/p + φ₁ + φ₂) in them, whose product with W adds up over neurons where c = a ± b; all
/// else is of random phase, and falls as 1/√N beside it.
///
/// # Errors
/// When a setting is out of range, or for an operation that is no sum or difference, or neurons that are not squares.
///
/// # References
/// A. Gromov, "Grokking modular arithmetic", 2023, arXiv 2301.02679, section 3.
pub fn analytic_accuracy(spec: &NetworkSpec, seed: u64) -> Result<f64, InvalidSetting> {
    check(
        spec.operation.sign_of_second().is_some(),
        "operation",
        format_args!("{:?}", spec.operation),
        "a sum or a difference, of which there are analytic weights",
    )?;
    check(
        spec.activation == Activation::Quadratic,
        "activation",
        format_args!("{:?}", spec.activation),
        "`quadratic`, whose weights they are",
    )?;
    let size = Size {
        classes: spec.modulus,
        neurons: spec.width,
    };
    let layers = analytic_layers(size, spec.operation, seed);
    let table = Table::draw(spec, 0.0, 0, 0)?;
    let rows = [table.train, table.test].concat();
    let model = crate::block::Model {
        layers: &layers,
        activation: spec.activation,
        loss: Loss::Squared,
    };
    let score = score(Level::detect(), model, &rows);
    Ok(score.right() as f64 / rows.len() as f64)
}

/// The analytic weights of drawn frequencies and phases.
pub(crate) fn analytic_layers(size: Size, operation: Operation, seed: u64) -> Layers {
    let sign = operation.sign_of_second().unwrap_or(1.0);
    let p = size.classes;
    let mut stream = Stream::new(RandomFamily::Xoshiro256pp, seed, Purpose::Init);
    let turn = 2.0 * std::f64::consts::PI;
    let waves = (0..size.neurons).map(|_| {
        let frequency = 1 + stream.below(((p - 1) / 2).max(1) as u32);
        let phases = [turn * stream.uniform(), turn * stream.uniform()];
        (f64::from(frequency), phases)
    });
    let waves: Vec<(f64, [f64; 2])> = waves.collect();
    let wave = |frequency: f64, class: usize, phase: f64| {
        libm::cos(turn * frequency * class as f64 / p as f64 + phase)
    };
    let of_u = (0..p).flat_map(|a| waves.iter().map(move |(f, [one, _])| wave(*f, a, *one)));
    let of_v = (0..p).flat_map(|b| {
        waves
            .iter()
            .map(move |(f, [_, two])| wave(sign * f, b, *two))
    });
    let of_w = waves
        .iter()
        .flat_map(|(f, [one, two])| (0..p).map(move |c| wave(*f, c, one + two)));
    let single = |x: f64| f64::from(x as f32);
    let [u, v, w]: [Vec<f64>; 3] = [
        of_u.map(single).collect(),
        of_v.map(single).collect(),
        of_w.map(single).collect(),
    ];
    Layers::of_arrays(size, [&u, &v, &w]).expect("finite weights of this size")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_neurons_solve_sums_and_differences_and_few_do_not() {
        let accuracy = |operation, width| {
            let spec = NetworkSpec {
                modulus: 31,
                operation,
                width,
                ..NetworkSpec::default()
            };
            analytic_accuracy(&spec, 1).unwrap()
        };
        for operation in [Operation::Add, Operation::Subtract] {
            assert_eq!(accuracy(operation, 1000), 1.0);
            assert!(accuracy(operation, 20) < 0.7);
        }
        let spec = NetworkSpec {
            operation: Operation::Multiply,
            ..NetworkSpec::default()
        };
        assert_eq!(analytic_accuracy(&spec, 1).unwrap_err().key, "operation");
    }
}
