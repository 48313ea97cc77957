//! An explanation as tables and a sentence.

use std::fmt;

use sparsegrok_theory::{Condition, Limit};

use crate::explain::account::{Explanation, FALLEN, Verdict};
use crate::explain::numbers::{epoch_text, later, number};

/// Population accuracies whose times are told beside that of `gen_threshold`.
pub(super) const LEVELS: [f64; 3] = [0.75, 0.9, 0.95];

/// Columns of a line of prose.
pub(super) const WIDTH: usize = 100;

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_scales(f)?;
        self.write_conditions(f)?;
        self.write_times(f)?;
        let answer = match self.verdict {
            Verdict::Groks => "This will grok",
            Verdict::GroksAboveChance => "This will be called grokked",
            Verdict::DoesNot => "This will not grok",
        };
        let sentence = format!("{answer}: {}.", self.because);
        writeln!(f, "\n{}", textwrap::fill(&sentence, WIDTH))
    }
}

impl Explanation {
    /// The word for a predicted time that is not [`later`] than the start.
    pub(super) fn without_time(&self, time: Option<f64>) -> &'static str {
        // Signal weights that begin at zero hide nothing.
        match self.prediction.scales().lambda == 0.0 || time.is_some() {
            true => "at once",
            false => "never",
        }
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
            ("L", margin, "mean margin of memorized rows"),
            (
                "f² = (d−1)/c′²n",
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
        let time = |time: Option<f64>| {
            let without = || self.without_time(time).to_owned();
            later(time).map_or_else(without, epoch_text)
        };
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
        let fallen = format!("T_loss, {} % of the fall of its loss", 100.0 * FALLEN);
        if self.t_loss.is_some() {
            lines.push((fallen, time(self.t_loss)));
        }
        for (what, when) in lines {
            writeln!(f, "{what:<44}{when}")?;
        }
        let doubt = self.t_mem_out_of_range().map(|reason| {
            format!("T_mem is outside the range that it was checked in, as {reason}: runs memorize later, by up to a half or an epoch.")
        });
        doubt.map_or(Ok(()), |doubt| {
            writeln!(f, "{}", textwrap::fill(&doubt, WIDTH))
        })
    }
}
