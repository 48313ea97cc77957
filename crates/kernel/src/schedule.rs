//! The learning rate η_t, as the schedule sets it from step to step.

use crate::spec::{Schedule, Sgd};

/// The learning rate of every step of a run.
#[derive(Clone, Debug)]
pub struct LearningRate {
    spec: Sgd,
    /// The step from which on η is the base learning rate.
    constant_from: u64,
    steps_per_epoch: u64,
}

impl LearningRate {
    /// The learning rates of a run on `n_train` rows.
    pub fn new(spec: &Sgd, n_train: usize) -> Self {
        Self {
            spec: spec.clone(),
            constant_from: match spec.schedule {
                Schedule::Constant => spec.warmup_steps,
                _ => u64::MAX,
            },
            steps_per_epoch: spec.steps_per_epoch(n_train),
        }
    }

    /// The step from which on η is the base learning rate.
    pub(crate) fn constant_from(&self) -> u64 {
        self.constant_from
    }

    /// η at step t, counted from 0.
    ///
    /// # Formula
    /// [`Schedule`] states each; warm-up multiplies by min(1, (t+1)/W).
    pub fn at(&self, step: u64) -> f64 {
        let (shape, warmth) = self.course(step);
        self.amplitude() * shape * warmth
    }

    /// The part of η that does not change.
    pub(crate) fn amplitude(&self) -> f64 {
        match self.spec.schedule {
            Schedule::Cosine => 0.5 * self.spec.learning_rate,
            _ => self.spec.learning_rate,
        }
    }

    /// The parts of η that change from step to step: by the schedule, and by warm-up.
    pub(crate) fn course(&self, step: u64) -> (f64, f64) {
        let spec = &self.spec;
        let t = step as f64;
        // `libm` and not the standard library, whose functions round differently by platform.
        let shape = match spec.schedule {
            Schedule::Constant => 1.0,
            Schedule::InverseScaling => libm::pow(t + 1.0, -spec.schedule_power),
            Schedule::Step => {
                let drops = step / self.steps_per_epoch / spec.schedule_every;
                libm::pow(spec.schedule_factor, drops as f64)
            }
            Schedule::Cosine => {
                let total = self.steps_per_epoch * spec.epochs;
                let phase = std::f64::consts::PI * (t / total as f64);
                1.0 + libm::cos(phase)
            }
        };
        if step < spec.warmup_steps {
            (shape, (t + 1.0) / spec.warmup_steps as f64)
        } else {
            (shape, 1.0)
        }
    }

    /// Tells if its [course](Self::course) is that of another.
    pub(crate) fn has_course_of(&self, other: &Self) -> bool {
        let settings = |of: &Self| {
            let Sgd {
                schedule,
                schedule_power,
                schedule_factor,
                schedule_every,
                warmup_steps,
                epochs,
                ..
            } = of.spec;
            let shape = (schedule, schedule_power, schedule_factor, schedule_every);
            (shape, warmup_steps, epochs, of.steps_per_epoch)
        };
        settings(self) == settings(other)
    }
}

/// Steps at which a mean of learning rates is taken, at most.
const SAMPLES: u64 = 64;

impl Sgd {
    /// The mean of η over these steps on `n_train` rows, as a part of the base learning rate: of all of them up to 64,
    /// and beyond of so many at even distances.
    ///
    /// # Panics
    /// When there is no step.
    pub fn mean_learning_rate(&self, n_train: usize, steps: std::ops::Range<u64>) -> f64 {
        assert!(!steps.is_empty(), "a mean of no steps");
        let rate = LearningRate::new(self, n_train);
        let count = steps.end - steps.start;
        let samples = count.min(SAMPLES);
        // The middle of each of `samples` equal parts.
        let step = |part: u64| {
            let share = (part as f64 + 0.5) / samples as f64;
            steps.start + (share * count as f64) as u64
        };
        let parts = (0..samples).map(|part| {
            let (shape, warmth) = rate.course(step(part));
            rate.amplitude() / self.learning_rate * shape * warmth
        });
        parts.sum::<f64>() / samples as f64
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

    #[test]
    fn means_are_those_of_the_steps() {
        for schedule in [
            Schedule::Constant,
            Schedule::InverseScaling,
            Schedule::Step,
            Schedule::Cosine,
        ] {
            let spec = Sgd {
                warmup_steps: 5,
                ..spec(schedule)
            };
            let rate = LearningRate::new(&spec, 4);
            let sum: f64 = (8..28).map(|step| rate.at(step)).sum();
            let mean = spec.mean_learning_rate(4, 8..28);
            assert!((mean * 0.4 - sum / 20.0).abs() < 1e-15, "{schedule:?}");
            // A thousand rows an epoch: a mean of 64 of the steps of half the epochs.
            let steps = 0..5_000;
            let rate = LearningRate::new(&spec, 1000);
            let sum: f64 = steps.clone().map(|step| rate.at(step)).sum();
            let mean = spec.mean_learning_rate(1000, steps);
            assert!(
                (mean * 0.4 * 5e3 / sum - 1.0).abs() < 0.05,
                "{schedule:?}: {mean}"
            );
        }
    }
}
