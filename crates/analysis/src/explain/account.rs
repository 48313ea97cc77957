//! The theory's account of a configuration: the reasons for which it will or will not grok.

use sparsegrok_config::{Config, GenFigure, MemFigure, NumberFormat};
use sparsegrok_study::prediction::{NotCovered, theory_setting};
use sparsegrok_theory::{Condition, MEAN_ABSOLUTE_NORMAL, Prediction};

use crate::explain::numbers::{epoch_text, number, times_text};

/// The theory's account of a configuration. Displays as tables and a sentence.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The prediction it is drawn from.
    pub prediction: Prediction,
    /// The six conditions, for the configuration's `gen_threshold`.
    pub conditions: [Condition; 6],
    /// The configuration's `mem_threshold` and the epoch at which train accuracy reaches it.
    pub t_mem: (f64, Option<f64>),
    /// The configuration's `gen_threshold` and the epoch at which population accuracy reaches it.
    pub t_gen: (f64, Option<f64>),
    /// True if it will truly grok: memorize at chance, and generalize within its epochs, as late as
    /// `delay_ratio` asks.
    pub groks: bool,
    /// The reason in plain words; if it will not grok, also what to change.
    pub because: String,
}

/// Explains a configuration.
///
/// # Errors
/// If the theory does not cover such a configuration, or such thresholds.
pub fn explain(config: &Config) -> Result<Explanation, NotCovered> {
    let prediction = Prediction::of(&theory_setting(config)?);
    let evaluate = &config.evaluate;
    if evaluate.mem_figure != MemFigure::TrainAcc || evaluate.gen_figure == GenFigure::TestLoss {
        let reason = "thresholds are on losses, and it is about accuracies";
        return Err(NotCovered { reason });
    }
    for threshold in [evaluate.mem_threshold, evaluate.gen_threshold] {
        if !(threshold > 0.5 && threshold < 1.0) {
            let reason = "mem_threshold and gen_threshold must lie between 0.5, where accuracy \
                          begins, and 1, which it comes near";
            return Err(NotCovered { reason });
        }
    }
    let conditions = prediction.conditions(evaluate.gen_threshold);
    let t_mem = prediction.t_mem(evaluate.mem_threshold);
    let t_gen = prediction.t_gen(evaluate.gen_threshold);
    let (groks, because) = judge(config, &prediction, &conditions, t_mem, t_gen);
    Ok(Explanation {
        prediction,
        conditions,
        t_mem: (evaluate.mem_threshold, t_mem),
        t_gen: (evaluate.gen_threshold, t_gen),
        groks,
        because,
    })
}

/// Judges if the configuration groks, and gives the reason.
fn judge(
    config: &Config,
    prediction: &Prediction,
    conditions: &[Condition; 6],
    t_mem: Option<f64>,
    t_gen: Option<f64>,
) -> (bool, String) {
    let failing: Vec<&str> = conditions
        .iter()
        .filter(|condition| !condition.holds())
        .map(|condition| condition.otherwise)
        .collect();
    if prediction.scales().lambda == 0.0 {
        return (false, from_zero(prediction, conditions));
    }
    if !failing.is_empty() {
        return (false, failing.join("; besides, "));
    }
    let t_mem = t_mem.unwrap_or(f64::INFINITY);
    // Never, or later than numbers go.
    let t_gen = t_gen.unwrap_or(f64::INFINITY);
    let (epochs, ratio) = (config.train.epochs, config.evaluate.delay_ratio);
    let story = format!(
        "rows are memorized by epoch {}, while the initial signal weights still hide what they \
         teach; population accuracy {} comes at epoch {}",
        epoch_text(t_mem),
        number(config.evaluate.gen_threshold),
        epoch_text(t_gen)
    );
    let span = config.evaluate.persistence.span(epochs);
    if t_gen <= epochs as f64 && t_gen + span as f64 > epochs as f64 {
        return (
            false,
            format!(
                "{story}, too late in the {epochs} trained to be seen to last for the {span} epochs \
                 that `persistence` asks for; more epochs would show it"
            ),
        );
    }
    if t_gen > epochs as f64 {
        let remedy = if prediction.scales().margin.is_none() {
            "without decay those weights never fade, and what hides behind them grows as the \
             logarithm of time: weight_decay above 0 lets it appear"
        } else {
            "more epochs, or a larger weight_decay, would show it"
        };
        return (
            false,
            format!("{story}, beyond the {epochs} trained; {remedy}"),
        );
    }
    let delay = t_gen / t_mem;
    if delay < ratio {
        let (delay, ratio) = (times_text(delay), number(ratio));
        let remedy = "a smaller weight_decay or a larger init_norm delays it more";
        return (
            false,
            format!(
                "{story}, only {delay} times as late, where delay_ratio asks for {ratio}; {remedy}"
            ),
        );
    }
    (
        true,
        format!(
            "{story}, when decay has taken them away, {} times as late",
            times_text(delay)
        ),
    )
}

/// Explains why zero signal weights do not grok, and which norm would hide the signal.
fn from_zero(prediction: &Prediction, conditions: &[Condition; 6]) -> String {
    let setting = prediction.setting();
    let mut because = "the initial signal weights are zero: every update adds a positive multiple \
                       of y·s, so that their direction is right from the first epoch on and \
                       nothing is hidden that could appear late"
        .to_owned();
    let scales = prediction.scales();
    if conditions[0].holds() {
        // Twice the least norm; without decay the margin grows with the norm itself.
        let margin = scales.margin.unwrap_or(5.0);
        let lambda = 20.0 * scales.kappa * MEAN_ABSOLUTE_NORMAL * margin;
        because += &format!(
            "; init = \"orthogonal\" with init_norm = {} would hide it",
            NumberFormat::G6.text(libm::ceil(lambda / setting.signal_scale))
        );
    } else {
        because += &format!(
            "; init = \"orthogonal\" with a large init_norm would hide it, but {}",
            conditions[0].otherwise
        );
    }
    because
}

impl Explanation {
    /// The conditions that fail.
    pub fn failing(&self) -> impl Iterator<Item = &Condition> {
        self.conditions
            .iter()
            .filter(|condition| !condition.holds())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sparsegrok_config::Settings;

    fn explained(preset: &str, flags: &[(&str, &str)]) -> Explanation {
        let settings = Settings::layered(Some(preset), None, flags).unwrap();
        explain(&settings.config().unwrap()).unwrap()
    }

    #[test]
    fn truly_grokking_presets_are_said_to_grok() {
        for preset in ["grok-a", "grok-b", "grok-c"] {
            let found = explained(preset, &[]);
            assert!(found.groks, "{preset}: {found}");
        }
        let text = explained("grok-a", &[]).to_string();
        assert!(
            text.contains("This will grok: rows are memorized by epoch 16.5"),
            "{text}"
        );
        assert!(
            text.contains("T_gen, population accuracy 0.9              1470"),
            "{text}"
        );
    }

    #[test]
    fn others_are_told_why_not() {
        for (preset, flags, why) in [
            (
                "reference-toy",
                vec![],
                "the initial signal weights are zero",
            ),
            ("no-grok-zero-init", vec![], "init_norm = 153 would hide it"),
            ("no-grok-no-decay", vec![], "weight_decay above 0"),
            ("grok-a", vec![("epochs", "1000")], "more epochs"),
            (
                "grok-a",
                vec![("delay_ratio", "100")],
                "only 89 times as late",
            ),
            ("grok-a", vec![("init_norm", "10")], "a larger init_norm"),
            (
                "grok-a",
                vec![("gen_threshold", "0.98")],
                "a larger n_train",
            ),
        ] {
            let found = explained(preset, &flags);
            assert!(!found.groks, "{preset}: {found}");
            assert!(found.because.contains(why), "{preset}: {found}");
        }
    }

    #[test]
    fn following_the_advice_for_zero_weights_groks() {
        let advice = [("init", "orthogonal"), ("init_norm", "153")];
        assert!(explained("no-grok-zero-init", &advice).groks);
    }

    #[test]
    fn thresholds_out_of_reach_are_not_covered() {
        let settings = Settings::layered(Some("grok-a"), None, &[("gen_threshold", "1")]).unwrap();
        let error = explain(&settings.config().unwrap()).unwrap_err();
        assert!(error.reason.contains("gen_threshold"), "{error}");
    }
}
