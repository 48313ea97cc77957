//! Why a configuration will or will not grok, by the theory.

mod measured;

use std::fmt;

use sparsegrok_theory::{Condition, Limit, MEAN_ABSOLUTE_NORMAL, Prediction};

use crate::config::Config;
use crate::number::NumberFormat;
use crate::theory::{NotCovered, theory_setting};

pub use measured::{MeasuredBeside, measured_beside};

/// Population accuracies whose times are told beside that of `gen_threshold`.
const LEVELS: [f64; 3] = [0.75, 0.9, 0.95];

/// Columns of a line of prose.
const WIDTH: usize = 100;

/// What the theory says of a configuration. Displays as tables and a sentence.
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
    /// Whether it will truly grok: memorize at chance, and generalize within its epochs, as late
    /// as `delay_ratio` asks.
    pub groks: bool,
    /// Why, or why not and what to change, in plain words.
    pub because: String,
}

/// Explains a configuration.
///
/// # Errors
/// Where the theory is not about such configurations, or such thresholds.
pub fn explain(config: &Config) -> Result<Explanation, NotCovered> {
    let prediction = Prediction::of(&theory_setting(config)?);
    let evaluate = &config.evaluate;
    for threshold in [evaluate.mem_threshold, evaluate.gen_threshold] {
        if !(threshold > 0.5 && threshold < 1.0) {
            let reason = "mem_threshold and gen_threshold must lie between 0.5, where accuracy \
                          begins, and 1, which it comes near";
            return Err(NotCovered { reason });
        }
    }
    let conditions = prediction.conditions(evaluate.gen_threshold);
    let times = Times {
        t_mem: prediction.t_mem(evaluate.mem_threshold),
        t_gen: prediction.t_gen(evaluate.gen_threshold),
    };
    let (groks, because) = judge(config, &prediction, &conditions, times);
    Ok(Explanation {
        prediction,
        conditions,
        t_mem: (evaluate.mem_threshold, times.t_mem),
        t_gen: (evaluate.gen_threshold, times.t_gen),
        groks,
        because,
    })
}

#[derive(Clone, Copy)]
struct Times {
    t_mem: Option<f64>,
    t_gen: Option<f64>,
}

/// Whether it groks, and why.
fn judge(
    config: &Config,
    prediction: &Prediction,
    conditions: &[Condition; 6],
    times: Times,
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
    let (Some(t_mem), Some(t_gen)) = (times.t_mem, times.t_gen) else {
        // Unreachable while the fifth condition is that the time exists.
        return (false, "such accuracy is never reached".to_owned());
    };
    let (epochs, ratio) = (config.train.epochs, config.evaluate.delay_ratio);
    let story = format!(
        "rows are memorized by epoch {}, while the initial signal weights still hide what they \
         teach; population accuracy {} comes at epoch {}",
        epoch_text(t_mem),
        number(config.evaluate.gen_threshold),
        epoch_text(t_gen)
    );
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

/// Why zero signal weights do not grok, and what norm would hide the signal.
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

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_scales(f)?;
        self.write_conditions(f)?;
        self.write_times(f)?;
        let answer = if self.groks {
            "This will grok"
        } else {
            "This will not truly grok"
        };
        let sentence = format!("{answer}: {}.", self.because);
        writeln!(
            f,
            "
{}",
            textwrap::fill(&sentence, WIDTH)
        )
    }
}

impl Explanation {
    /// The conditions that fail.
    pub fn failing(&self) -> impl Iterator<Item = &Condition> {
        self.conditions
            .iter()
            .filter(|condition| !condition.holds())
    }

    fn write_scales(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scales = self.prediction.scales();
        let margin = scales.margin.map_or("none".to_owned(), number);
        writeln!(f, "{:<20}{:>10}  meaning", "scale", "value")?;
        for (formula, value, meaning) in [
            (
                "κ = nε²/α²",
                number(scales.kappa),
                "signal columns against the rows' own",
            ),
            (
                "Λ = εR",
                number(scales.lambda),
                "spread of the first margins",
            ),
            (
                "β = nλ/α²",
                number(scales.beta),
                "decay against a row's own gradient",
            ),
            ("L = W(1/β)", margin, "margin at which the two balance"),
            (
                "f² = (d−1)π/2n",
                number(scales.noise),
                "noise that n rows leave",
            ),
            (
                "nηλ",
                number(scales.decay_per_epoch),
                "share of a weight an epoch takes",
            ),
        ] {
            writeln!(f, "{formula:<20}{value:>10}  {meaning}")?;
        }
        Ok(())
    }

    fn write_conditions(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n{:<40}{:<34}{:>10}  {:<11}verdict",
            "condition", "quantity", "value", "limit"
        )?;
        for condition in &self.conditions {
            let limit = match condition.limit {
                Limit::AtMost(limit) => format!("≤ {}", number(limit)),
                Limit::AtLeast(limit) => format!("≥ {}", number(limit)),
            };
            let verdict = if condition.holds() { "holds" } else { "fails" };
            let Condition { name, formula, .. } = condition;
            let value = number(condition.value);
            writeln!(
                f,
                "{name:<40}{formula:<34}{value:>10}  {limit:<11}{verdict}"
            )?;
        }
        Ok(())
    }

    fn write_times(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let never = match self.prediction.scales().lambda {
            0.0 => "at once",
            _ => "never",
        };
        let time = |time: Option<f64>| time.map_or(never.to_owned(), epoch_text);
        let holding = self.failing().next().is_none();
        let caution = if holding {
            ""
        } else {
            ", were the conditions met"
        };
        writeln!(f, "\n{:<44}epoch{caution}", "predicted")?;
        let (threshold, t_mem) = self.t_mem;
        let mut lines = vec![(
            format!("T_mem, train accuracy {}", number(threshold)),
            time(t_mem),
        )];
        let mut levels = LEVELS.to_vec();
        if !levels.contains(&self.t_gen.0) {
            levels.push(self.t_gen.0);
            levels.sort_unstable_by(f64::total_cmp);
        }
        lines.extend(levels.into_iter().map(|level| {
            let what = format!("T_gen, population accuracy {}", number(level));
            (what, time(self.prediction.t_gen(level)))
        }));
        let width = self.prediction.transition_width(0.6, 0.9);
        lines.push((
            "width, population accuracy 0.6 to 0.9".to_owned(),
            time(width),
        ));
        for (what, when) in lines {
            writeln!(f, "{what:<44}{when}")?;
        }
        Ok(())
    }
}

/// Four digits.
fn number(x: f64) -> String {
    let digits = format!("{x:.3e}");
    digits
        .parse()
        .map_or(digits, |rounded: f64| NumberFormat::G6.text(rounded))
}

/// How many times as late: whole from 10 on.
fn times_text(ratio: f64) -> String {
    match ratio {
        10.0.. => format!("{ratio:.0}"),
        _ => format!("{ratio:.1}"),
    }
}

/// An epoch: whole from 100 on, with one decimal below.
fn epoch_text(epoch: f64) -> String {
    match epoch {
        _ if epoch >= 1e9 => format!("{epoch:.1e}"),
        _ if epoch >= 100.0 => format!("{epoch:.0}"),
        _ => format!("{epoch:.1}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;

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
