//! The theory's account of a configuration: the reasons for which it will or will not grok.

use sparsegrok_config::{Config, GenFigure, MemFigure, NumberFormat};
use sparsegrok_study::prediction::{NotCovered, theory_setting};
use sparsegrok_theory::{Condition, Prediction};

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
    /// The epoch by which most of the fall of population loss is over, the share [`FALLEN`]; `None` where it has none.
    pub t_loss: Option<f64>,
    /// The verdict on its runs.
    pub verdict: Verdict,
    /// The reason in plain words; if it will not grok, also what to change.
    pub because: String,
}

/// The verdict on the runs of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They memorize at chance, and generalize within their epochs, as late as `delay_ratio` asks.
    Groks,
    /// They generalize as late, and will be called grokked, but are above chance when they have memorized.
    GroksAboveChance,
    /// They will not be called grokked.
    DoesNot,
}

impl Verdict {
    /// Tells if runs will be called grokked.
    pub fn groks(self) -> bool {
        self != Self::DoesNot
    }
}

/// The share of its fall after which population loss has all but fallen.
pub const FALLEN: f64 = 0.95;

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
    let t_loss = prediction.t_loss(FALLEN);
    let (verdict, because) = judge(config, &prediction, &conditions, [t_mem, t_gen, t_loss]);
    Ok(Explanation {
        conditions,
        t_mem: (evaluate.mem_threshold, t_mem),
        t_gen: (evaluate.gen_threshold, t_gen),
        t_loss,
        verdict,
        because,
        prediction,
    })
}

/// Judges if the configuration groks, and gives the reason. Of the conditions the first three say that memorizing happens
/// at chance and early; without the others rows are not memorized, or generalizing never comes.
fn judge(
    config: &Config,
    prediction: &Prediction,
    conditions: &[Condition; 6],
    [t_mem, t_gen, t_loss]: [Option<f64>; 3],
) -> (Verdict, String) {
    let remedies = |conditions: &[Condition]| {
        let failing = conditions.iter().filter(|condition| !condition.holds());
        let failing: Vec<&str> = failing.map(|condition| condition.otherwise).collect();
        failing.join("; besides, ")
    };
    let does_not = |because: String| (Verdict::DoesNot, because);
    let scales = prediction.scales();
    if scales.lambda == 0.0 {
        return does_not(from_zero(prediction, conditions));
    }
    let (at_chance, at_all) = conditions.split_at(3);
    if !at_all.iter().all(Condition::holds) {
        return does_not(remedies(conditions));
    }
    let above_chance = remedies(at_chance);
    let t_mem = t_mem.unwrap_or(f64::INFINITY);
    // Never, or later than numbers go.
    let t_gen = t_gen.unwrap_or(f64::INFINITY);
    let (epochs, ratio) = (config.train.epochs, config.evaluate.delay_ratio);
    let then = match above_chance.is_empty() {
        true => "while the initial signal weights still hide what they teach".to_owned(),
        false => format!(
            "when population accuracy is {:.2} already",
            prediction.accuracy(t_mem)
        ),
    };
    let story = format!(
        "rows are memorized by epoch {}, {then}; population accuracy {} {}",
        epoch_text(t_mem),
        number(config.evaluate.gen_threshold),
        match t_gen.is_finite() {
            true => format!("comes at epoch {}", epoch_text(t_gen)),
            false => "never comes".to_owned(),
        }
    );
    let span = config.evaluate.persistence.span(epochs);
    if t_gen <= epochs as f64 && t_gen + span as f64 > epochs as f64 {
        return does_not(format!(
            "{story}, too late in the {epochs} trained to be seen to last for the {span} epochs \
             that `persistence` asks for; more epochs would show it"
        ));
    }
    if t_gen > epochs as f64 {
        let remedy = if scales.decay_per_epoch == 0.0 {
            "without decay those weights never fade, and what hides behind them grows as the \
             logarithm of time or not at all: weight_decay above 0 lets it appear"
        } else if prediction.setting().course.is_constant() || t_gen.is_finite() {
            "more epochs, or a larger weight_decay, would show it"
        } else {
            "the schedule takes the learning rate away before decay has taken the initial weights; \
             a slower one, or a larger weight_decay, would show it"
        };
        let beyond = match t_gen.is_finite() {
            true => format!(", beyond the {epochs} trained"),
            false => String::new(),
        };
        return does_not(format!("{story}{beyond}; {remedy}"));
    }
    let delay = t_gen / t_mem;
    if delay < ratio {
        let (delay, ratio) = (times_text(delay), number(ratio));
        let remedy = match above_chance.as_str() {
            "" => "a smaller weight_decay or a larger init_norm delays it more",
            failing => failing,
        };
        return does_not(format!(
            "{story}, only {delay} times as late, where delay_ratio asks for {ratio}; {remedy}"
        ));
    }
    let delay = times_text(delay);
    let loss = t_loss.filter(|&epoch| epoch > t_mem).map(|epoch| {
        format!(
            "; {:.0} % of the fall of its loss is over by epoch {}, so that the rise of accuracy alone is late and sharp",
            100.0 * FALLEN,
            epoch_text(epoch)
        )
    });
    let loss = loss.unwrap_or_default();
    match above_chance.as_str() {
        "" => (
            Verdict::Groks,
            format!("{story}, when decay has taken them away, {delay} times as late{loss}"),
        ),
        failing => (
            Verdict::GroksAboveChance,
            format!("{story}, {delay} times as late{loss}. It does not start at chance: {failing}"),
        ),
    }
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
        let lambda = 20.0 * scales.kappa * scales.teaching * margin;
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

    /// The reason, to complete "as …", for which T_mem is outside the range that it was checked in, if it is.
    pub fn t_mem_out_of_range(&self) -> Option<&'static str> {
        self.prediction.t_mem_out_of_range(self.t_mem.0)
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
            assert_eq!(found.verdict, Verdict::Groks, "{preset}: {found}");
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
            (
                "grok-a",
                vec![("init_norm", "1e4"), ("weight_decay", "4e-4")],
                "a smaller weight_decay or init_norm",
            ),
            (
                "grok-a",
                vec![("schedule", "step"), ("schedule_every", "300")],
                "a slower one",
            ),
            (
                "grok-a",
                vec![("gen_threshold", "0.98")],
                "a larger n_train",
            ),
        ] {
            let found = explained(preset, &flags);
            assert_eq!(found.verdict, Verdict::DoesNot, "{preset}: {found}");
            assert!(found.because.contains(why), "{preset}: {found}");
        }
    }

    #[test]
    fn what_is_late_but_above_chance_is_said_to_be_called_grokked() {
        let found = explained("grok-a", &[("init_norm", "10")]);
        assert_eq!(found.verdict, Verdict::GroksAboveChance);
        let text = found.to_string();
        for part in [
            "This will be called grokked: rows are memorized by epoch 1.7",
            "population accuracy is 0.71",
            "338 times as late",
            "a larger init_norm",
        ] {
            let text = text.replace('\n', " ");
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn a_memorization_time_outside_the_range_checked_is_said_to_be() {
        let text = explained("grok-a", &[("init_norm", "30")]).to_string();
        let text = text.replace('\n', " ");
        assert!(
            text.contains("T_mem is outside the range that it was checked in, as Λ is below 4"),
            "{text}"
        );
        let text = explained("grok-a", &[]).to_string();
        assert!(!text.contains("outside the range"), "{text}");
    }

    #[test]
    fn following_the_advice_for_zero_weights_groks() {
        let advice = [("init", "orthogonal"), ("init_norm", "153")];
        assert_eq!(
            explained("no-grok-zero-init", &advice).verdict,
            Verdict::Groks
        );
    }

    #[test]
    fn thresholds_out_of_reach_are_not_covered() {
        let settings = Settings::layered(Some("grok-a"), None, &[("gen_threshold", "1")]).unwrap();
        let error = explain(&settings.config().unwrap()).unwrap_err();
        assert!(error.reason.contains("gen_threshold"), "{error}");
    }
}
