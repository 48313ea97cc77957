//! The learning rate η_t, as the schedule sets it from step to step.

use crate::spec::{Schedule, Sgd};

/// The learning rate of every step of a run.
#[derive(Clone, Debug)]
pub(crate) struct LearningRate {
    base: f64,
    schedule: Schedule,
    power: f64,
    factor: f64,
    every: u64,
    warmup: u64,
    /// The step from which on η is `base`.
    constant_from: u64,
    steps_per_epoch: u64,
    total: u64,
}

impl LearningRate {
    pub(crate) fn new(spec: &Sgd, n_train: usize) -> Self {
        let steps_per_epoch = n_train.div_ceil(spec.batch_size.rows(n_train)) as u64;
        Self {
            base: spec.learning_rate,
            schedule: spec.schedule,
            power: spec.schedule_power,
            factor: spec.schedule_factor,
            every: spec.schedule_every,
            warmup: spec.warmup_steps,
            constant_from: match spec.schedule {
                Schedule::Constant => spec.warmup_steps,
                _ => u64::MAX,
            },
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
        // The usual schedule stays in the step's own code; the others are a call, so that their
        // powers and cosines do not swell the loop that every run goes through.
        if step >= self.constant_from {
            return self.base;
        }
        self.varying(step)
    }

    #[inline(never)]
    fn varying(&self, step: u64) -> f64 {
        let t = step as f64;
        // `libm` and not the standard library, whose functions round differently by platform.
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

    fn spec(schedule: Schedule) -> Sgd {
        Sgd {
            schedule,
            learning_rate: 0.4,
            weight_decay: 0.5,
            epochs: 10,
            schedule_power: 0.5,
            schedule_factor: 0.1,
            schedule_every: 3,
            ..Sgd::default()
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
            &Sgd {
                warmup_steps: 4,
                ..spec(Schedule::Constant)
            },
            4,
        );
        assert_eq!([0, 1, 3, 4].map(|t| warm.at(t)), [0.1, 0.2, 0.4, 0.4]);
    }
}
