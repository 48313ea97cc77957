//! The common factor of all weights, which carries their decay.
//!
//! Weights w are stored as u, w = scale · u. Decaying all of them is then one multiplication of the
//! scale, and a step touches only the weights of its own row. What a step adds to w it adds to u
//! divided by the scale.

use crate::spec::{DecayOrder, Sgd};

/// Scale below which the weights are rescaled, 2⁻²⁰⁰.
///
/// Rescaling multiplies by a power of two and so is exact: when it happens changes no result. The
/// limit lies far above the subnormal numbers, which would round, and far enough below 1 that
/// rescaling, O(weights), is rare.
const FOLD_BELOW: f64 = f64::from_bits((1023 - 200) << 52);

/// Factor applied to the scale by a rescaling, 1 / [`FOLD_BELOW`].
const FOLD: f64 = f64::from_bits((1023 + 200) << 52);

/// The factors of one step, which follow from η, λ and the scale.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StepFactors {
    /// Turns u·x into the margin at which the gradient is taken: the scale of that moment.
    pub(crate) margin: f64,
    /// η_t ÷ the scale after this step's decay: the step of the unscaled weights for a unit slope.
    pub(crate) rate: f64,
    /// The scale after this step's decay.
    pub(crate) scale: f64,
}

/// The scale of a run's weights.
#[derive(Clone, Debug)]
pub(crate) struct Scale {
    value: f64,
    weight_decay: f64,
    decay_order: DecayOrder,
}

impl Scale {
    /// The scale before the first step, 1.
    pub(crate) fn new(spec: &Sgd) -> Self {
        Self {
            value: 1.0,
            weight_decay: spec.weight_decay,
            decay_order: spec.decay_order,
        }
    }

    /// Sets the scale to where earlier steps have left it.
    pub(crate) fn set(&mut self, value: f64) {
        self.value = value;
    }

    /// The factor between the stored weights u and the weights w.
    pub(crate) fn value(&self) -> f64 {
        self.value
    }

    /// The factors of the next step, at learning rate `eta`.
    #[inline(always)]
    pub(crate) fn factors(&self, eta: f64) -> StepFactors {
        // The order of these roundings is part of the result, as is a division by the rounded scale: the
        // weights are scaled by that very number later, so that the error does not build up.
        let scale = self.value * (1.0 - eta * self.weight_decay);
        StepFactors {
            // The decay is part of the gradient's weights only where it comes first.
            margin: match self.decay_order {
                DecayOrder::Before => scale,
                DecayOrder::After => self.value,
            },
            rate: eta / scale,
            scale,
        }
    }

    /// Decays all weights as the step of these factors does.
    #[inline(always)]
    pub(crate) fn decay(&mut self, factors: StepFactors) {
        self.value = factors.scale;
    }

    /// True when the scale has become so small that the weights must be rescaled.
    #[inline(always)]
    pub(crate) fn needs_folding(&self) -> bool {
        self.value < FOLD_BELOW
    }

    /// Moves a power of two from the scale to the weights: returns the factor by which every stored
    /// weight must be multiplied.
    pub(crate) fn fold(&mut self) -> f64 {
        // The two factors are each other's inverses, and both are powers of two: the product of scale and
        // weight keeps its bits.
        self.value *= FOLD;
        FOLD_BELOW
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_is_exact() {
        let spec = Sgd {
            weight_decay: 0.5,
            ..Sgd::default()
        };
        let mut folding = Scale::new(&spec);
        let mut plain = Scale::new(&spec);
        let (mut weight, mut folds) = (1.0, 0);
        // Until the scale that never folds leaves the normal numbers.
        while plain.value() > 1e-300 {
            for scale in [&mut folding, &mut plain] {
                let factors = scale.factors(0.4);
                scale.decay(factors);
            }
            if folding.needs_folding() {
                weight *= folding.fold();
                folds += 1;
            }
            let true_scale = folding.value() * weight;
            assert_eq!(true_scale.to_bits(), plain.value().to_bits());
        }
        assert!(folds >= 4);
    }
}
