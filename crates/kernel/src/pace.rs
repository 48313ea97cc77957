//! How fast weights move and decay: η_t of the schedule and the running scale of all weights.

use crate::spec::{DecayOrder, Schedule, TrainSpec};

/// Scale below which the weights are rescaled, 2⁻²⁰⁰.
///
/// Rescaling multiplies by a power of two and so is exact: when it happens changes no result.
const FOLD_BELOW: f64 = f64::from_bits((1023 - 200) << 52);

/// Factor applied to the scale by a rescaling, 1 / [`FOLD_BELOW`].
const FOLD: f64 = f64::from_bits((1023 + 200) << 52);

/// What one update needs to know of η, λ and the scale.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StepFactors {
    /// Turns u·x into the margin at which the gradient is taken: the scale of that moment.
    pub(crate) margin: f64,
    /// η_t ÷ the scale after this step's decay: what a unit slope adds to the unscaled weights.
    pub(crate) rate: f64,
    /// The scale after this step's decay.
    pub(crate) scale: f64,
}

/// Steps through a schedule, decaying all weights w = scale · u at once by their scale.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    learning_rate: LearningRate,
    weight_decay: f64,
    decay_order: DecayOrder,
    step: u64,
    scale: f64,
}

impl Pace {
    pub(crate) fn new(spec: &TrainSpec, n_train: usize) -> Self {
        Self {
            learning_rate: LearningRate::new(spec, n_train),
            weight_decay: spec.weight_decay,
            decay_order: spec.decay_order,
            step: 0,
            scale: 1.0,
        }
    }

    /// Goes to where `step` steps have been taken, which left the scale as it is given.
    pub(crate) fn resume(&mut self, step: u64, scale: f64) {
        self.step = step;
        self.scale = scale;
    }

    /// Steps taken so far.
    pub(crate) fn step(&self) -> u64 {
        self.step
    }

    /// The factor between the stored weights u and the weights w.
    pub(crate) fn scale(&self) -> f64 {
        self.scale
    }

    /// The next update's factors, not yet taken.
    #[inline(always)]
    pub(crate) fn next(&self) -> StepFactors {
        let eta = self.learning_rate.at(self.step);
        let scale = self.scale * (1.0 - eta * self.weight_decay);
        StepFactors {
            margin: match self.decay_order {
                DecayOrder::Before => scale,
                DecayOrder::After => self.scale,
            },
            rate: eta / scale,
            scale,
        }
    }

    /// Takes the step whose factors [`next`](Self::next) gave.
    #[inline(always)]
    pub(crate) fn take(&mut self, factors: StepFactors) {
        self.scale = factors.scale;
        self.step += 1;
    }

    /// Whether the scale has become so small that the weights are due to be rescaled.
    #[inline(always)]
    pub(crate) fn folds(&self) -> bool {
        self.scale < FOLD_BELOW
    }

    /// Rescales: the factor to multiply every stored weight by.
    pub(crate) fn fold(&mut self) -> f64 {
        self.scale *= FOLD;
        FOLD_BELOW
    }
}

/// η_t of a schedule.
#[derive(Clone, Debug)]
pub(crate) struct LearningRate {
    base: f64,
    schedule: Schedule,
    power: f64,
    factor: f64,
    every: u64,
    warmup: u64,
    steps_per_epoch: u64,
    total: u64,
}

impl LearningRate {
    pub(crate) fn new(spec: &TrainSpec, n_train: usize) -> Self {
        let steps_per_epoch = n_train.div_ceil(spec.batch_size.rows(n_train)) as u64;
        Self {
            base: spec.learning_rate,
            schedule: spec.schedule,
            power: spec.schedule_power,
            factor: spec.schedule_factor,
            every: spec.schedule_every,
            warmup: spec.warmup_steps,
            steps_per_epoch,
            total: steps_per_epoch * spec.epochs,
        }
    }

    /// η at step t, counted from 0.
    ///
    /// # Formula
    /// [`Schedule`] states each; warm-up multiplies by min(1, (t+1)/W).
    #[inline(always)]
    pub(crate) fn at(&self, step: u64) -> f64 {
        if self.schedule == Schedule::Constant && step >= self.warmup {
            return self.base;
        }
        self.varying(step)
    }

    #[inline(never)]
    fn varying(&self, step: u64) -> f64 {
        let t = step as f64;
        let eta = match self.schedule {
            Schedule::Constant => self.base,
            Schedule::InverseScaling => self.base * libm::pow(t + 1.0, -self.power),
            Schedule::Step => {
                let drops = step / self.steps_per_epoch / self.every;
                self.base * libm::pow(self.factor, drops as f64)
            }
            Schedule::Cosine => {
                let phase = std::f64::consts::PI * (t / self.total as f64);
                0.5 * self.base * (1.0 + libm::cos(phase))
            }
        };
        if step < self.warmup {
            eta * ((t + 1.0) / self.warmup as f64)
        } else {
            eta
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(schedule: Schedule) -> TrainSpec {
        TrainSpec {
            schedule,
            learning_rate: 0.4,
            weight_decay: 0.5,
            epochs: 10,
            schedule_power: 0.5,
            schedule_factor: 0.1,
            schedule_every: 3,
            ..TrainSpec::default()
        }
    }

    #[test]
    fn schedules_follow_their_formulas() {
        let at = |schedule, step| LearningRate::new(&spec(schedule), 4).at(step);
        assert_eq!(at(Schedule::Constant, 39), 0.4);
        assert_eq!(at(Schedule::InverseScaling, 3), 0.2);
        assert_eq!(at(Schedule::Step, 11), 0.4);
        assert!((at(Schedule::Step, 12) - 0.04).abs() < 1e-16);
        assert!((at(Schedule::Step, 24) - 0.004).abs() < 1e-17);
        assert_eq!(at(Schedule::Cosine, 0), 0.4);
        assert!((at(Schedule::Cosine, 20) - 0.2).abs() < 1e-15);
        let warm = LearningRate::new(
            &TrainSpec {
                warmup_steps: 4,
                ..spec(Schedule::Constant)
            },
            4,
        );
        assert_eq!([0, 1, 3, 4].map(|t| warm.at(t)), [0.1, 0.2, 0.4, 0.4]);
    }

    #[test]
    fn folding_is_exact() {
        let spec = spec(Schedule::Constant);
        let mut folding = Pace::new(&spec, 4);
        let mut plain = Pace::new(&spec, 4);
        let (mut weight, mut folds) = (1.0, 0);
        // Until the scale that never folds leaves the normal numbers.
        while plain.scale() > 1e-300 {
            for pace in [&mut folding, &mut plain] {
                let factors = pace.next();
                pace.take(factors);
            }
            if folding.folds() {
                weight *= folding.fold();
                folds += 1;
            }
            let true_scale = folding.scale() * weight;
            assert_eq!(true_scale.to_bits(), plain.scale().to_bits());
        }
        assert!(folds >= 4);
        assert_eq!(folding.step(), plain.step());
    }
}
