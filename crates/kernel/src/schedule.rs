//! The learning rate η_t, as the schedule sets it from step to step.

use crate::spec::{Schedule, Sgd};

/// The learning rate of every step of a run.
#[derive(Clone, Debug)]
pub(crate) struct LearningRate {
    spec: Sgd,
    /// The step from which on η is the base learning rate.
    constant_from: u64,
    steps_per_epoch: u64,
}

impl LearningRate {
    pub(crate) fn new(spec: &Sgd, n_train: usize) -> Self {
        Self {
            spec: spec.clone(),
            constant_from: match spec.schedule {
                Schedule::Constant => spec.warmup_steps,
                _ => u64::MAX,
            },
            steps_per_epoch: spec.steps_per_epoch(n_train),
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
            return self.spec.learning_rate;
        }
        self.varying(step)
    }

    #[inline(never)]
    fn varying(&self, step: u64) -> f64 {
        let spec = &self.spec;
        let (t, base) = (step as f64, spec.learning_rate);
        // `libm` and not the standard library, whose functions round differently by platform.
        let eta = match spec.schedule {
            Schedule::Constant => base,
            Schedule::InverseScaling => base * libm::pow(t + 1.0, -spec.schedule_power),
            Schedule::Step => {
                let drops = step / self.steps_per_epoch / spec.schedule_every;
                base * libm::pow(spec.schedule_factor, drops as f64)
            }
            Schedule::Cosine => {
                let total = self.steps_per_epoch * spec.epochs;
                let phase = std::f64::consts::PI * (t / total as f64);
                0.5 * base * (1.0 + libm::cos(phase))
            }
        };
        if step < spec.warmup_steps {
            eta * ((t + 1.0) / spec.warmup_steps as f64)
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
