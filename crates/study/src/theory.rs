//! Configurations the theory covers, and why it does not cover the others.

use sparsegrok_data::Target;
use sparsegrok_kernel::{Init, Loss, Order, Schedule};
use sparsegrok_theory::{Direction, Setting};

use crate::config::Config;

/// A configuration outside the theory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the theory does not cover this, because {reason}")]
pub struct NotCovered {
    /// Why not, to complete "because …".
    pub reason: &'static str,
}

/// The theory's setting of a configuration.
///
/// Decay before or after the gradient, and shuffled or sequential order, differ only in what the
/// theory leaves out.
///
/// # Errors
/// The first thing found in the configuration that the theory is not about.
pub fn theory_setting(config: &Config) -> Result<Setting, NotCovered> {
    let Config {
        synthetic, train, ..
    } = config;
    let rows = train.batch_size.rows(synthetic.n_train);
    let outside = [
        (
            config.files.train.is_some(),
            "the data come from a file: it is about Gaussian rows that a teacher labels",
        ),
        (
            train.loss != Loss::Logistic || synthetic.target != Target::Sign,
            "it is about logistic loss on labels, and other losses balance decay differently",
        ),
        (
            synthetic.memorization_scale == 0.0,
            "rows have no column of their own (memorization_scale is 0), so nothing can be \
             memorized apart from the signal",
        ),
        (
            synthetic.label_noise > 0.0,
            "labels are noisy: flipped rows teach the signal weights the wrong way",
        ),
        (
            synthetic.d_signal < 2,
            "one signal column (d_signal is 1) leaves no direction but the teacher's",
        ),
        (
            matches!(train.init, Init::Teacher | Init::AntiTeacher) && train.init_norm > 0.0,
            "the signal weights begin along the teacher's direction: there is nothing left to \
             find, or a wrong direction to unlearn",
        ),
        (
            rows > 1,
            "updates average several rows, and it is about steps of one row",
        ),
        (
            train.order == Order::WithReplacement,
            "rows are drawn with replacement, so that some wait several epochs for their turn",
        ),
        (
            train.schedule != Schedule::Constant || train.warmup_steps > 0,
            "the learning rate changes in time",
        ),
        (
            train.bias,
            "an intercept is trained, which population accuracy does not allow for",
        ),
    ];
    if let Some((_, reason)) = outside.into_iter().find(|(outside, _)| *outside) {
        return Err(NotCovered { reason });
    }
    Ok(Setting {
        n: synthetic.n_train,
        d: synthetic.d_signal,
        signal_scale: synthetic.signal_scale,
        memorization_scale: synthetic.memorization_scale,
        learning_rate: train.learning_rate,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;

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
            learning_rate: 0.05,
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
            ("loss", "hinge", "logistic"),
            ("memorization_scale", "0", "memorization_scale"),
            ("label_noise", "0.1", "noisy"),
            ("init", "teacher", "teacher"),
            ("batch_size", "full", "average"),
            ("order", "with-replacement", "replacement"),
            ("schedule", "cosine", "learning rate"),
            ("warmup_steps", "9", "learning rate"),
            ("bias", "true", "intercept"),
        ] {
            let error = setting("grok-a", &[(key, value)]).unwrap_err();
            assert!(error.reason.contains(word), "{key}: {error}");
        }
        // One row is a batch of all rows.
        assert!(setting("grok-a", &[("batch_size", "full"), ("n_train", "1")]).is_ok());
    }
}
