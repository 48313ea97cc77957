//! Scaling laws: the dependence of the cells' median T_gen on the varied keys, beside the theory's.

use serde::{Deserialize, Serialize};
use sparsegrok_config::Config;
use sparsegrok_statistics::{CONFIDENCE, common_slope};
use toml::Value;

use crate::cell::CellSummary;
use crate::study::Study;

/// Fewest values of an axis, and fewest cells, that a law is fitted to.
const FEWEST: usize = 3;

/// The law that is fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Law {
    /// T_gen ∝ key^slope: ln T_gen against ln key.
    Power,
    /// nηλ · T_gen = slope · ln key + …: the dependence on the norm R of the initial weights.
    Logarithmic,
}

/// The law of one key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scaling {
    /// The key.
    pub key: String,
    /// The law that is fitted.
    pub law: Law,
    /// Number of cells it is fitted to: those with a median T_gen.
    pub cells: usize,
    /// Fitted slope, common to all values of the other keys.
    pub slope: f64,
    /// Lower limit of the slope, 95 % confidence.
    pub low: f64,
    /// Upper limit.
    pub high: f64,
    /// The slope of the theory's T_gen in the same cells, where it covers them all.
    pub theory: Option<f64>,
    /// The slope's limit for large R, where the theory gives a plain one: −1 for `weight_decay`,
    /// `learning_rate` and `n_train`; 1 for `init_norm`.
    pub limit: Option<f64>,
}

/// The agreement of the cells' median T_gen, in epochs and in the theory's unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Collapse {
    /// Cells with a median T_gen.
    pub cells: usize,
    /// Standard deviation of ln T_gen over them.
    pub spread_epochs: f64,
    /// Standard deviation of ln(nηλ T_gen): 0 were the collapse complete.
    pub spread_scaled: f64,
}

/// The laws of every numeric axis of three values or more.
pub(crate) fn laws(study: &Study, cells: &[CellSummary]) -> Vec<Scaling> {
    let axes = study.axes().enumerate();
    axes.filter_map(|(axis, (key, _))| law(study, cells, axis, key))
        .collect()
}

fn law(study: &Study, cells: &[CellSummary], axis: usize, key: &str) -> Option<Scaling> {
    let law = if key == "init_norm" {
        Law::Logarithmic
    } else {
        Law::Power
    };
    let (_, values) = study.axes().nth(axis)?;
    let mut values: Vec<f64> = values.iter().map(number).collect::<Option<_>>()?;
    values.sort_unstable_by(f64::total_cmp);
    values.dedup();
    // A power law is fitted to logarithms, which zero and negative values do not have.
    values.retain(|value| *value > 0.0);
    if values.len() < FEWEST {
        return None;
    }
    // The measured and the predicted points of the cells that have a median, by the other keys.
    let mut groups: Vec<(Vec<Value>, Points, Option<Points>)> = Vec::new();
    for summary in cells {
        let config = &study.cell(summary.cell).config;
        let point = |time: f64| {
            let y = match law {
                Law::Power => libm::log(time),
                Law::Logarithmic => time / unit_of_time(config)?,
            };
            let x = libm::log(number(study.varied(summary.cell).nth(axis)?.1)?);
            (x.is_finite() && y.is_finite()).then_some((x, y))
        };
        let Some(measured) = summary.t_gen.median.and_then(point) else {
            continue;
        };
        let predicted = summary.prediction.and_then(|p| point(p.t_gen?));
        let mut others: Vec<Value> = study
            .varied(summary.cell)
            .map(|(_, value)| value.clone())
            .collect();
        others.remove(axis);
        let place = groups.iter().position(|(known, ..)| *known == others);
        let place = place.unwrap_or_else(|| {
            groups.push((others, Vec::new(), Some(Vec::new())));
            groups.len() - 1
        });
        let (_, points, theory) = &mut groups[place];
        points.push(measured);
        *theory = theory.take().zip(predicted).map(|(mut points, point)| {
            points.push(point);
            points
        });
    }
    let measured: Vec<Points> = groups.iter().map(|(_, points, _)| points.clone()).collect();
    let predicted: Option<Vec<Points>> = groups.into_iter().map(|(.., theory)| theory).collect();
    let slope = common_slope(&measured, CONFIDENCE)?;
    let theory = predicted.and_then(|points| common_slope(&points, CONFIDENCE));
    Some(Scaling {
        key: key.to_owned(),
        law,
        cells: slope.n,
        slope: slope.estimate,
        low: slope.low,
        high: slope.high,
        theory: theory.map(|slope| slope.estimate),
        limit: match key {
            "weight_decay" | "learning_rate" | "n_train" => Some(-1.0),
            "init_norm" => Some(1.0),
            _ => None,
        },
    })
}

type Points = Vec<(f64, f64)>;

/// Compares the spread of the cells' T_gen in epochs with that in the theory's unit of time.
pub(crate) fn collapse(study: &Study, cells: &[CellSummary]) -> Option<Collapse> {
    let times: Vec<(f64, f64)> = cells
        .iter()
        .filter_map(|summary| {
            let unit = unit_of_time(&study.cell(summary.cell).config)?;
            let time = summary.t_gen.median.filter(|time| *time > 0.0)?;
            Some((libm::log(time), libm::log(time / unit)))
        })
        .collect();
    if times.len() < FEWEST {
        return None;
    }
    Some(Collapse {
        cells: times.len(),
        spread_epochs: deviation(times.iter().map(|(epochs, _)| *epochs)),
        spread_scaled: deviation(times.iter().map(|(_, scaled)| *scaled)),
    })
}

/// The theory's unit of time 1/(nηλ), in epochs; `None` without decay, for steps of several rows,
/// and for data from files, whose rows are not known here.
fn unit_of_time(config: &Config) -> Option<f64> {
    let (train, n) = (&config.train, config.synthetic.n_train);
    let rate = n as f64 * train.learning_rate * train.weight_decay;
    let counts = !config.is_foreign
        && config.files.train.is_none()
        && train.batch_size.rows(n) == 1
        && rate > 0.0;
    counts.then(|| 1.0 / rate)
}

/// Standard deviation of a sample of two or more.
fn deviation(sample: impl Iterator<Item = f64> + Clone) -> f64 {
    let n = sample.clone().count() as f64;
    let mean = sample.clone().sum::<f64>() / n;
    (sample.map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0)).sqrt()
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(n) => Some(*n as f64),
        Value::Float(x) => Some(*x),
        _ => None,
    }
}
