//! The theory's times for a configuration, or the reason why the theory does not cover it.

use serde::{Deserialize, Serialize};
use sparsegrok_config::{Config, GenFigure, MemFigure, SETTINGS, Section};
use sparsegrok_kernel::{self as kernel, Init, Schedule, Sgd};
use sparsegrok_run::thresholds::TRANSITION;
use sparsegrok_theory::{Course, Direction, Loss, Order, Prediction, Setting};

/// A configuration outside the theory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the theory does not cover this, because {reason}")]
pub struct NotCovered {
    /// The reason, worded to complete "because …".
    pub reason: &'static str,
}

/// The theory's setting of a configuration.
///
/// # Errors
/// The first setting whose value the theory does not cover, of training before data.
pub fn theory_setting(config: &Config) -> Result<Setting, NotCovered> {
    if config.is_foreign {
        return Err(NotCovered {
            reason: "its runs were trained by another program",
        });
    }
    let Config {
        synthetic, train, ..
    } = config;
    // Training first: a loss that is not covered is not covered on any data.
    let of_training = |setting: &&sparsegrok_config::Setting| setting.section == Section::Train;
    let settings = SETTINGS.iter().filter(of_training);
    let settings = settings.chain(SETTINGS.iter().filter(|setting| !of_training(setting)));
    let mut reasons = settings.filter_map(|setting| setting.outside_theory(config));
    if let Some(reason) = reasons.next() {
        return Err(NotCovered { reason });
    }
    Ok(Setting {
        n: synthetic.n_train,
        d: synthetic.d_signal,
        signal_scale: synthetic.signal_scale,
        memorization_scale: synthetic.memorization_scale,
        label_noise: synthetic.label_noise,
        loss: match train.loss {
            kernel::Loss::Logistic => Loss::Logistic,
            kernel::Loss::Squared => Loss::Squared,
            kernel::Loss::Hinge => Loss::Hinge,
        },
        learning_rate: train.learning_rate,
        course: course(train, synthetic.n_train),
        rows_per_step: synthetic.n_train as f64 / train.steps_per_epoch(synthetic.n_train) as f64,
        order: match train.order {
            kernel::Order::Shuffle | kernel::Order::Sequential => Order::Once,
            kernel::Order::WithReplacement => Order::WithReplacement,
        },
        weight_decay: train.weight_decay,
        init_norm: match train.init {
            Init::Zero => 0.0,
            _ => train.init_norm,
        },
        init_direction: match train.init {
            Init::Gaussian => Direction::Gaussian,
            _ => Direction::Orthogonal,
        },
    })
}

/// Spans into which a course of the learning rate is cut, at most.
const SPANS: u64 = 4096;

/// The course of the learning rate: its means over epochs, or over several where there are many. It ends with the
/// epochs, but for a constant rate, which goes on after its warm-up.
fn course(train: &Sgd, n_train: usize) -> Course {
    let goes_on = train.schedule == Schedule::Constant;
    if goes_on && train.warmup_steps == 0 {
        return Course::default();
    }
    let epochs_of_span = train.epochs.div_ceil(SPANS);
    let spans = train.epochs.div_ceil(epochs_of_span);
    let steps = epochs_of_span * train.steps_per_epoch(n_train);
    let parts = (0..spans).map(|span| {
        let steps = span * steps..(span + 1) * steps;
        train.mean_learning_rate(n_train, steps)
    });
    Course::new(parts, epochs_of_span as f64, f64::from(u8::from(goes_on)))
}

/// The theory's times for a cell, at its own thresholds, in epochs; `None` for what does not come.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellPrediction {
    /// T_mem.
    pub t_mem: Option<f64>,
    /// T_gen.
    pub t_gen: Option<f64>,
    /// Epochs from accuracy .6 to .9.
    pub transition_width: Option<f64>,
}

impl CellPrediction {
    /// The theory's times for a configuration; `None` where it does not cover it.
    pub fn of(config: &Config) -> Option<Self> {
        let theory = Prediction::of(&theory_setting(config).ok()?);
        let spec = &config.evaluate;
        let [low, high] = TRANSITION;
        Some(Self {
            t_mem: match spec.mem_figure {
                MemFigure::TrainAcc => theory.t_mem(spec.mem_threshold),
                MemFigure::TrainLoss => None,
            },
            t_gen: match spec.gen_figure {
                GenFigure::TestLoss => None,
                _ => theory.t_gen(spec.gen_threshold),
            },
            transition_width: theory.transition_width(low, high),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::*;
    use sparsegrok_config::Settings;

    fn setting(preset: &str, flags: &[(&str, &str)]) -> Result<Setting, NotCovered> {
        let settings = Settings::layered(Some(preset), None, flags).unwrap();
        theory_setting(&settings.config().unwrap())
    }

    #[test]
    fn covered_configurations_keep_their_numbers() {
        let found = setting("grok-a", &[("init", "gaussian"), ("d_signal", "7")]).unwrap();
        let expected = Setting {
            n: 512,
            d: 7,
            signal_scale: 0.1,
            memorization_scale: 5.0,
            label_noise: 0.0,
            loss: Loss::Logistic,
            learning_rate: 0.05,
            course: Course::default(),
            rows_per_step: 1.0,
            order: Order::Once,
            weight_decay: 1e-4,
            init_norm: 100.0,
            init_direction: Direction::Gaussian,
        };
        assert_eq!(found, expected);
        let zero = setting("grok-a", &[("init", "zero")]).unwrap();
        assert_eq!(zero.init_norm, 0.0);
    }

    #[test]
    fn each_departure_is_named() {
        for (key, value, word) in [
            ("memorization_scale", "0", "memorization_scale"),
            ("label_noise", "0.5", "half the labels"),
            ("init", "teacher", "teacher"),
            ("bias", "true", "intercept"),
        ] {
            let error = setting("grok-a", &[(key, value)]).unwrap_err();
            assert!(error.reason.contains(word), "{key}: {error}");
        }
        let linear = [("loss", "squared"), ("target", "linear")];
        let error = setting("grok-a", &linear).unwrap_err();
        assert!(error.reason.contains("real numbers"), "{error}");
    }

    #[test]
    fn steps_and_courses_are_those_of_training() {
        let of = |flags: &[(&str, &str)]| setting("grok-a", flags).unwrap();
        // 512 rows by 100 are six steps.
        assert_eq!(of(&[("batch_size", "100")]).rows_per_step, 512.0 / 6.0);
        assert_eq!(of(&[("batch_size", "full")]).rows_per_step, 512.0);
        let cosine = of(&[("schedule", "cosine"), ("epochs", "4000")]).course;
        // Half of all by symmetry, and at a quarter of the epochs ¼ + 1/2π of all.
        for (epoch, time) in [(4000.0, 2000.0), (2000.0, 2000.0 * (0.5 + 1.0 / PI))] {
            assert!((cosine.time_at(epoch) / time - 1.0).abs() < 1e-6);
        }
        assert_eq!(cosine.epoch_at(2001.0), None);
        // Longer than there are spans, and it goes on: two epochs of a half on average, then whole ones.
        let warm = [("warmup_steps", "1024"), ("epochs", "10000")];
        let warm = of(&warm).course;
        assert!((warm.time_at(9000.0) - 8999.0).abs() < 0.1);
        assert!((warm.epoch_at(19_999.0).unwrap() - 20_000.0).abs() < 0.1);
    }
}
