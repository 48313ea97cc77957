//! The theory's account of rows of equal labels, at the edge of separability.

use std::fmt;

use sparsegrok_config::{Config, GenFigure};
use sparsegrok_data::Target;
use sparsegrok_kernel::{Init, Loss, Schedule};
use sparsegrok_study::prediction::NotCovered;
use sparsegrok_theory::{Edge, Rates, TwoPoints};

use crate::explain::numbers::{epoch_text, number};
use crate::explain::table::{LEVELS, WIDTH};

/// The theory's account of a configuration with `target = "constant"`. Displays as tables and a sentence.
#[derive(Clone, Debug, PartialEq)]
pub struct EdgeExplanation {
    /// The theory of many rows.
    pub edge: Edge,
    /// The model of two rows at the same λ.
    pub two_points: TwoPoints,
    /// Levels of population accuracy, the configuration's among them, and the epochs at which they are reached.
    pub times: Vec<(f64, Option<f64>)>,
    /// The reason for which accuracy comes late, or stays away, in plain words.
    pub because: String,
}

/// Explains a configuration with `target = "constant"`.
///
/// # Errors
/// If the theory does not cover such a configuration.
pub fn explain_edge(config: &Config) -> Result<EdgeExplanation, NotCovered> {
    if let Some(reason) = uncovered(config) {
        return Err(NotCovered { reason });
    }
    let edge = Edge {
        n: config.synthetic.n_train,
        d: config.synthetic.d_signal,
        signal_scale: config.synthetic.signal_scale,
        learning_rate: config.train.learning_rate,
    };
    let threshold = config.evaluate.gen_threshold;
    let mut levels = LEVELS.to_vec();
    if !levels.contains(&threshold) {
        levels.push(threshold);
        levels.sort_unstable_by(f64::total_cmp);
    }
    let times: Vec<_> = levels
        .into_iter()
        .map(|level| (level, edge.t_gen(level)))
        .collect();
    let reached = times.iter().find(|(level, _)| *level == threshold);
    let because = because(config, &edge, reached.and_then(|(_, time)| *time));
    Ok(EdgeExplanation {
        edge,
        two_points: TwoPoints {
            ratio: edge.ratio(),
            signal_scale: edge.signal_scale,
            learning_rate: edge.learning_rate,
        },
        times,
        because,
    })
}

/// The first reason for which the theory of the edge does not cover a configuration.
fn uncovered(config: &Config) -> Option<&'static str> {
    let train = &config.train;
    let threshold = config.evaluate.gen_threshold;
    [
        (
            config.target() != Target::Constant,
            "it is about rows that are all labelled alike",
        ),
        (train.loss != Loss::Logistic, "it is about logistic loss"),
        (
            !train.bias,
            "it is about an intercept (bias), which alone can tell that all labels are alike",
        ),
        (
            train.batch_size.rows(config.synthetic.n_train) < config.synthetic.n_train,
            "updates see some of the rows, and it is about gradient descent (batch_size full)",
        ),
        (
            train.weight_decay > 0.0,
            "weights decay, and it is about weights that grow without bound",
        ),
        (
            config.synthetic.memorization_scale > 0.0,
            "rows have columns of their own (memorization_scale above 0), which separate any rows",
        ),
        (
            train.init != Init::Zero && train.init_norm > 0.0,
            "it is about signal weights that begin at zero",
        ),
        (
            config.model.continue_from.is_some(),
            "training begins with a model (continue_from), and it is about signal weights that begin at zero",
        ),
        (
            train.schedule != Schedule::Constant || train.warmup_steps > 0,
            "the learning rate changes in time",
        ),
        (
            config.evaluate.gen_figure == GenFigure::TestLoss,
            "the threshold is on a loss, and it is about accuracy",
        ),
        (
            !(threshold > 0.5 && threshold < 1.0),
            "gen_threshold must lie between 0.5, where accuracy begins, and 1, which it comes near",
        ),
    ]
    .into_iter()
    .find_map(|(fails, reason)| fails.then_some(reason))
}

/// The verdict of a typical draw, with the share of others.
fn because(config: &Config, edge: &Edge, t_gen: Option<f64>) -> String {
    let separable = 100.0 * edge.separable_probability();
    let threshold = number(config.evaluate.gen_threshold);
    if edge.ratio() >= Edge::CRITICAL {
        let last = number(edge.final_accuracy());
        return format!(
            "with d/N from 0.5 on, a direction of the signal columns separates most draws of the rows from the origin \
             ({separable:.3} % of them): signal weights grow along it for ever, and population accuracy stays below 1, \
             near {last} in the end; more rows or fewer columns let the intercept win"
        );
    }
    let draws = format!(
        "where no direction of the signal columns separates the rows from the origin, as in all but {separable:.3} % of \
         draws, signal weights come to rest while the intercept grows as ln T"
    );
    match t_gen {
        Some(time) if time <= config.train.epochs as f64 => format!(
            "{draws}: population accuracy {threshold} comes at about epoch {}",
            epoch_text(time)
        ),
        Some(time) => format!(
            "{draws}: population accuracy {threshold} comes at about epoch {}, beyond the {} trained; more epochs, more \
             rows or fewer columns would show it",
            epoch_text(time),
            config.train.epochs
        ),
        None => format!(
            "{draws}, so near to d/N = 0.5 at lengths that put population accuracy {threshold} beyond any number of epochs"
        ),
    }
}

impl fmt::Display for EdgeExplanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            edge, two_points, ..
        } = self;
        let or_none = |x: Option<f64>| x.map_or("none".to_owned(), number);
        let at_rest = |norm: Option<f64>| or_none(norm.map(|norm| norm * edge.signal_scale));
        writeln!(
            f,
            "{:<34}{:>10}{:>12}  meaning",
            "quantity", "many rows", "two points"
        )?;
        let Rates { bias, signal } = edge.rates();
        let two = two_points.rates();
        for (formula, many, two, meaning) in [
            (
                "λ = d/N",
                number(edge.ratio()),
                number(two_points.ratio),
                "rows are mostly separable from λ_c = 0.5 on",
            ),
            (
                "2^(1−N) Σ_{k<d} C(N−1, k)",
                number(edge.separable_probability()),
                or_none(None),
                "share of draws that are separable from the origin",
            ),
            (
                "M",
                or_none(edge.margin()),
                or_none(two_points.margin()),
                "margin that separates them",
            ),
            (
                "½[1 + erf(1/(σM√2))]",
                number(edge.final_accuracy()),
                number(two.final_accuracy(two_points.signal_scale)),
                "population accuracy in the end",
            ),
            (
                "σ‖v‖",
                at_rest(edge.final_norm()),
                at_rest(two_points.final_norm()),
                "spread of new rows' scores, weights at rest",
            ),
            (
                "db/d ln T = 1/(1+M²)",
                number(bias),
                number(two.bias),
                "growth of the intercept in the end",
            ),
            (
                "d‖v‖/d ln T = M/(1+M²)",
                number(signal),
                number(two.signal),
                "growth of the signal weights in the end",
            ),
        ] {
            writeln!(f, "{formula:<34}{many:>10}{two:>12}  {meaning}")?;
        }
        writeln!(f, "\n{:<44}epoch", "predicted, for a typical draw")?;
        for (level, time) in &self.times {
            let what = format!("T_gen, population accuracy {}", number(*level));
            let when = time.map_or("never".to_owned(), epoch_text);
            writeln!(f, "{what:<44}{when}")?;
        }
        let generalizes = self.edge.ratio() < Edge::CRITICAL;
        let answer = if generalizes {
            "This generalizes late"
        } else {
            "This will not generalize"
        };
        let sentence = format!("{answer}: {}.", self.because);
        writeln!(f, "\n{}", textwrap::fill(&sentence, WIDTH))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sparsegrok_config::Settings;

    fn explained(flags: &[(&str, &str)]) -> Result<EdgeExplanation, NotCovered> {
        let settings = Settings::layered(Some("edge"), None, flags).unwrap();
        explain_edge(&settings.config().unwrap())
    }

    #[test]
    fn both_sides_are_told_what_comes() {
        let text = explained(&[("d_signal", "160")]).unwrap().to_string();
        assert!(
            text.contains("T_gen, population accuracy 0.9              554\n"),
            "{text}"
        );
        assert!(text.contains("This generalizes late"), "{text}");
        let text = explained(&[("d_signal", "240")]).unwrap().to_string();
        for part in ["0.6343", "never", "This will not generalize"] {
            assert!(text.contains(part), "{text}");
        }
        let text = explained(&[("d_signal", "196")]).unwrap().to_string();
        assert!(text.contains("beyond the"), "{text}");
    }

    #[test]
    fn departures_are_named() {
        for (key, value, word) in [
            ("bias", "false", "intercept"),
            ("loss", "hinge", "logistic"),
            ("batch_size", "7", "descent"),
            ("weight_decay", "1e-3", "decay"),
            ("memorization_scale", "1", "columns"),
            ("schedule", "cosine", "rate"),
            ("continue_from", "a.model", "zero"),
            ("target", "sign", "alike"),
            ("gen_threshold", "1", "gen_threshold"),
        ] {
            let error = explained(&[(key, value)]).unwrap_err();
            assert!(error.reason.contains(word), "{key}: {error}");
        }
    }
}
