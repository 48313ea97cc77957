//! The length of a model's description: bits at the precision that keeps its train loss.

use sparsegrok_data::Dataset;

use crate::blocks::{Blocks, Threads};
use crate::evaluate::Scores;
use crate::spec::Sgd;
use crate::weights::Weights;

/// The share of itself by which rounding may raise the train loss.
const MOST_RISE: f64 = 0.01;

/// Precisions that are tried, from the one at which every weight is rounded to 0.
const PRECISIONS: i32 = 64;

/// The bits that describe some models, whose rows these are, at the coarsest precision that keeps their train loss;
/// `None` where none of 64 keeps it, as where a loss has vanished beside its rounding. Several models, one a class, have
/// one loss, the sum of theirs, and one precision.
///
/// # Formula
/// With the step 2^−k, each weight, the bias too where it is trained, becomes q·2^−k, q = w·2^k rounded to the nearest
/// whole number, to an even one of two. k is the least for which the train loss of these weights, without the penalty, is
/// at most 1.01 times that of the model. The bits are those of a code that can be read back when the numbers of weights
/// are known: Σ γ(q) + γ(k), γ(q) = 2⌊log₂ ζ⌋ + 1, ζ = 2q for q > 0 and 1 − 2q for q ≤ 0, which is the length of Elias'
/// code γ of ζ (P. Elias, 1975). A weight that is rounded to 0 takes one bit.
/// `Time: O(nnz)` a precision.
pub(super) fn bits(
    models: &[Weights],
    data: &[&Dataset],
    spec: &Sgd,
    threads: &Threads,
) -> Option<f64> {
    let loss = |models: &[Weights]| {
        let losses = models.iter().zip(data).map(|(model, rows)| {
            let blocks = Blocks::of(rows.len());
            Scores::of(rows, model, spec, None, blocks, threads).weighted_loss
        });
        losses.fold(0.0, |sum, loss| sum + loss)
    };
    let most = (1.0 + MOST_RISE) * loss(models);
    let greatest = models.iter().flat_map(|model| weights(model, spec));
    let greatest = greatest.map(f64::abs).fold(0.0, f64::max);
    // Two powers of two above the greatest weight's own, so that it is less than half a step, as far as there are any.
    let coarsest = match greatest {
        0.0 => 0,
        _ => -(libm::ilogb(greatest.max(f64::MIN_POSITIVE)) + 2).min(1023),
    };
    let mut rounded = models.to_vec();
    for precision in coarsest..coarsest + PRECISIONS {
        let step = libm::ldexp(1.0, -precision);
        if step == 0.0 {
            return None;
        }
        for (rounded, model) in rounded.iter_mut().zip(models) {
            *rounded = round(model, step);
        }
        if loss(&rounded) <= most {
            let weights = models.iter().flat_map(|model| weights(model, spec));
            let bits = weights.map(|w| gamma((w / step).round_ties_even() as i64));
            return Some((bits.sum::<u64>() + gamma(precision.into())) as f64);
        }
    }
    None
}

/// The weights of a model, and its bias where one is trained.
fn weights<'m>(model: &'m Weights, spec: &Sgd) -> impl Iterator<Item = f64> + use<'m> {
    let bias = spec.bias.then_some(model.bias);
    model.parts().into_iter().flatten().copied().chain(bias)
}

/// A model with weights that are multiples of a step.
fn round(model: &Weights, step: f64) -> Weights {
    let nearest = |w: &f64| (w / step).round_ties_even() * step;
    let all = |weights: &[f64]| weights.iter().map(nearest).collect();
    let [signal, tail, memorization] = model.parts().map(all);
    Weights {
        signal,
        tail,
        memorization,
        bias: nearest(&model.bias),
    }
}

/// The bits of a whole number in Elias' code γ: 0, 1, −1, 2, −2, … are the first, second, third, …
fn gamma(q: i64) -> u64 {
    let place = match q {
        1.. => 2 * q.unsigned_abs(),
        _ => 2 * q.unsigned_abs() + 1,
    };
    2 * u64::from(place.ilog2()) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bit string for each place, as Elias has it: zeros, as many as digits after the first, then the digits.
    #[test]
    fn codes_are_as_long_as_written_out() {
        let in_order = (1..500).flat_map(|q| [q, -q]);
        for (q, place) in std::iter::once(0).chain(in_order).zip(1_u64..) {
            let digits = format!("{place:b}");
            let code = format!("{}{digits}", "0".repeat(digits.len() - 1));
            assert_eq!(gamma(q), code.len() as u64, "{q}");
        }
        assert_eq!([0, 1, -1, 2].map(gamma), [1, 3, 3, 5]);
        assert_eq!(gamma(1 << 61), 125);
    }
}
