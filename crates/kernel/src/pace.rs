//! The pace of training: each lane's learning rate and decay from step to step, and its scale.
//!
//! Weights w are stored as u, w = scale · u. Decaying all of them is then one multiplication of the
//! scale, and a step touches only the weights of its own row. What a step adds to w it adds to u
//! divided by the scale.

use sparsegrok_lanes::Arithmetic;

use crate::schedule::LearningRate;
use crate::spec::{DecayOrder, Sgd};

/// Scale below which the weights are rescaled, 2⁻²⁰⁰.
///
/// Rescaling multiplies by a power of two and so is exact: when it happens changes no result. The
/// limit lies far above the subnormal numbers, which would round, and far enough below 1 that
/// rescaling, O(weights), is rare.
const FOLD_BELOW: f64 = f64::from_bits((1023 - 200) << 52);

/// Factor applied to the scale by a rescaling, 1 / [`FOLD_BELOW`].
const FOLD: f64 = f64::from_bits((1023 + 200) << 52);

/// The factors of one step, a lane each, which follow from η, λ and the scale.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StepFactors<R> {
    /// Turns u·x into the margin at which the gradient is taken: the scale of that moment.
    pub(crate) margin: R,
    /// η_t ÷ the scale after this step's decay: the step of the unscaled weights for a unit slope.
    pub(crate) rate: R,
    /// The scale after this step's decay.
    pub(crate) scale: R,
}

/// The pace of W runs side by side, each with settings of its own.
#[derive(Clone, Debug)]
pub(crate) struct Pace<const W: usize> {
    /// The factor between the stored weights u and the weights w.
    scale: [f64; W],
    learning_rates: [LearningRate; W],
    /// True where all learning rates change alike.
    has_one_course: bool,
    /// The part of each η that does not change.
    amplitude: [f64; W],
    weight_decay: [f64; W],
    /// The weight decay that comes before the gradient is taken: all of it, or none.
    decay_before_gradient: [f64; W],
    /// The step from which on the factors below stay as they are.
    constant_from: u64,
    /// η of the step.
    eta: [f64; W],
    /// 1 − ηλ, by which the step decays the weights.
    decay: [f64; W],
    /// The part of that which comes before the gradient is taken.
    decay_before: [f64; W],
}

impl<const W: usize> Pace<W> {
    /// The pace of runs of these settings before their first step.
    pub(crate) fn new(specs: [&Sgd; W], n_train: usize) -> Self {
        let learning_rates = specs.map(|spec| LearningRate::new(spec, n_train));
        let mut rest = learning_rates.iter();
        let has_one_course = rest.all(|rate| rate.has_course_of(&learning_rates[0]));
        let constant_from = learning_rates.iter().map(LearningRate::constant_from);
        let mut pace = Self {
            scale: [1.0; W],
            has_one_course,
            amplitude: learning_rates.each_ref().map(LearningRate::amplitude),
            weight_decay: specs.map(|spec| spec.weight_decay),
            decay_before_gradient: specs.map(|spec| match spec.decay_order {
                DecayOrder::Before => spec.weight_decay,
                DecayOrder::After => 0.0,
            }),
            constant_from: constant_from.max().unwrap_or(0),
            learning_rates,
            eta: [0.0; W],
            decay: [1.0; W],
            decay_before: [1.0; W],
        };
        pace.vary(pace.constant_from);
        pace
    }

    /// Sets the scales to where earlier steps have left them.
    pub(crate) fn set_scale(&mut self, scale: [f64; W]) {
        self.scale = scale;
    }

    /// The factor between the stored weights u of a lane and its weights w.
    #[inline(always)]
    pub(crate) fn scale(&self, lane: usize) -> f64 {
        self.scale[lane]
    }

    /// The scales of all lanes, for the steps of a hot loop.
    #[inline(always)]
    pub(crate) fn load<A: Arithmetic>(&self, a: A) -> A::Real {
        a.load(&self.scale)
    }

    /// Writes the scales back after a hot loop.
    #[inline(always)]
    pub(crate) fn store<A: Arithmetic>(&mut self, a: A, scale: A::Real) {
        a.store(scale, &mut self.scale);
    }

    /// Prepares the factors of a step, counted from 0, well before they are asked for: numbers that were
    /// written one by one cannot be read as a vector at once.
    #[inline(always)]
    pub(crate) fn prepare(&mut self, step: u64) {
        // The usual schedule stays in the step's own code; the others are a call, so that their
        // powers and cosines do not swell the loop that every run goes through.
        if step <= self.constant_from {
            self.vary(step);
        }
    }

    /// The factors of the step that was prepared last, from the scales before it.
    #[inline(always)]
    pub(crate) fn factors<A: Arithmetic>(&self, a: A, scale: A::Real) -> StepFactors<A::Real> {
        // The order of these roundings is part of the result, as is a division by the rounded scale: the
        // weights are scaled by that very number later, so that the error does not build up.
        let decayed = a.mul(scale, a.load(&self.decay));
        StepFactors {
            // The decay is part of the gradient's weights only where it comes first.
            margin: a.mul(scale, a.load(&self.decay_before)),
            rate: a.div(a.load(&self.eta), decayed),
            scale: decayed,
        }
    }

    /// The factors of the step that was prepared last, as they are in [`factors`](Self::factors).
    pub(crate) fn factors_by_lane(&self) -> StepFactors<[f64; W]> {
        let mut factors = StepFactors {
            margin: [0.0; W],
            rate: [0.0; W],
            scale: [0.0; W],
        };
        for lane in 0..W {
            factors.margin[lane] = self.scale[lane] * self.decay_before[lane];
            factors.scale[lane] = self.scale[lane] * self.decay[lane];
            factors.rate[lane] = self.eta[lane] / factors.scale[lane];
        }
        factors
    }

    /// Sets the factors that do not depend on the scale to those of a step.
    #[inline(never)]
    fn vary(&mut self, step: u64) {
        // Lanes of one course, as most are, share its powers and cosines.
        if self.has_one_course {
            let course = self.learning_rates[0].course(step);
            self.set(|_| course);
        } else {
            let courses = self.learning_rates.each_ref().map(|rate| rate.course(step));
            self.set(|lane| courses[lane]);
        }
    }

    #[inline(always)]
    fn set(&mut self, course: impl Fn(usize) -> (f64, f64)) {
        // Without a branch, so that the compiler takes lanes together. A factor of 1 and a decay of 0 round
        // nothing.
        for lane in 0..W {
            let (shape, warmth) = course(lane);
            let eta = self.amplitude[lane] * shape * warmth;
            self.eta[lane] = eta;
            self.decay[lane] = 1.0 - eta * self.weight_decay[lane];
            self.decay_before[lane] = 1.0 - eta * self.decay_before_gradient[lane];
        }
    }

    /// True when a scale has become so small that its lane's weights must be rescaled.
    #[inline(always)]
    pub(crate) fn needs_folding<A: Arithmetic>(a: A, scale: A::Real) -> bool {
        a.any_below(scale, FOLD_BELOW)
    }

    /// True when [`needs_folding`](Self::needs_folding) is, before a step.
    pub(crate) fn is_to_be_folded(&self) -> bool {
        self.scale.iter().any(|&scale| scale < FOLD_BELOW)
    }

    /// Moves a power of two from each scale that needs it to the weights: returns the factors by which
    /// every stored weight must be multiplied, 1 where a lane's scale is large enough.
    pub(crate) fn fold(&mut self) -> [f64; W] {
        let mut factors = [1.0; W];
        for (scale, factor) in self.scale.iter_mut().zip(&mut factors) {
            // The two factors are each other's inverses, and both are powers of two: the product of scale and
            // weight keeps its bits.
            if *scale < FOLD_BELOW {
                *scale *= FOLD;
                *factor = FOLD_BELOW;
            }
        }
        factors
    }

    /// Lets a lane take no step any more: weights that are zero stay so.
    pub(crate) fn stop(&mut self, lane: usize) {
        self.amplitude[lane] = 0.0;
        self.vary(self.constant_from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sparsegrok_lanes::Scalar;

    #[test]
    fn folding_is_exact() {
        let spec = Sgd {
            weight_decay: 0.5,
            learning_rate: 0.4,
            ..Sgd::default()
        };
        let mut folding = Pace::new([&spec], 1);
        let mut plain = Pace::new([&spec], 1);
        let (mut weight, mut folds) = (1.0, 0);
        // Until the scale that never folds leaves the normal numbers.
        while plain.scale(0) > 1e-300 {
            for pace in [&mut folding, &mut plain] {
                let factors = pace.factors(Scalar(()), pace.scale(0));
                pace.set_scale([factors.scale]);
            }
            if Pace::<1>::needs_folding(Scalar(()), folding.scale(0)) {
                weight *= folding.fold()[0];
                folds += 1;
            }
            let true_scale = folding.scale(0) * weight;
            assert_eq!(true_scale.to_bits(), plain.scale(0).to_bits());
        }
        assert!(folds >= 4);
    }
}
