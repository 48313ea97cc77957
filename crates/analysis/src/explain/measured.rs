//! The theory's times and curve beside those a study measured, cell by cell.

use std::fmt;

use sparsegrok_kernel::Figure;
use sparsegrok_run::Status;
use sparsegrok_statistics::quantile;
use sparsegrok_study::{CurvePoint, Curves, RecordRow, ResultsError, StudyResults};

use crate::cautions;
use crate::explain::account::{Explanation, explain};
use crate::explain::numbers::{epoch_text, later};

/// Population accuracies at whose predicted times the mean curve is looked at.
const LEVELS: [f64; 6] = [0.55, 0.65, 0.75, 0.85, 0.9, 0.95];

/// Predicted and measured figures of every cell of a study. Displays as a table, and the cautions on what was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredBeside {
    cells: Vec<CellBeside>,
    cautions: Vec<String>,
}

/// One cell.
#[derive(Clone, Debug, PartialEq)]
struct CellBeside {
    /// The varied settings, the number of runs that grokked, the conditions that are not met, and a T_mem out of range.
    heading: String,
    /// The figures, or the reason why the theory has none.
    lines: Result<Vec<Line>, String>,
}

/// A figure, predicted and measured.
#[derive(Clone, Debug, PartialEq)]
struct Line {
    quantity: String,
    predicted: Option<f64>,
    measured: Option<f64>,
    /// For a time, in epochs: the word shown if none is predicted. `None` for an accuracy.
    time: Option<&'static str>,
    runs: String,
}

/// Sets the theory beside a study: T_mem and T_gen beside their medians over runs, where one that
/// never got there counts as later than all; and the curve of population accuracy, where the study
/// kept that figure, beside its mean, at the evaluated epochs nearest to some predicted times.
/// `Time: O(records + curves)`
///
/// # Errors
/// When the study's curves cannot be read.
pub fn measured_beside(results: &StudyResults) -> Result<MeasuredBeside, ResultsError> {
    let curves = results.read_curves()?;
    let population = results.place_of(Figure::PopulationAcc);
    let cells = results.cells().map(|(number, cell)| {
        let records = results.records_of(number);
        let explained = explain(&cell.config);
        let mut heading = format!("cell {number}");
        for (key, value) in &cell.varied {
            heading += &format!(", {key} = {value}");
        }
        let grokked = records
            .iter()
            .filter(|row| row.milestones.status == Status::Grokked)
            .count();
        heading += &format!(": {grokked} of {} runs grokked", records.len());
        if let Ok(explained) = &explained {
            heading += &conditions(explained);
        }
        let lines = match explained {
            Err(not_covered) => Err(not_covered.to_string()),
            Ok(explained) => {
                let mut lines = vec![
                    time("T_mem", &explained, explained.t_mem.1, records, |r| {
                        r.milestones.t_mem.at
                    }),
                    time("T_gen", &explained, explained.t_gen.1, records, |r| {
                        r.milestones.t_gen.at
                    }),
                ];
                if let (Some(place), Some(curves)) = (population, curves.get(number)) {
                    lines.extend(curve(&explained, curves, place));
                }
                Ok(lines)
            }
        };
        CellBeside { heading, lines }
    });
    Ok(MeasuredBeside {
        cells: cells.collect(),
        cautions: cautions(&results.study, &results.summary),
    })
}

fn conditions(explained: &Explanation) -> String {
    let failing: Vec<_> = explained.failing().map(|failing| failing.name).collect();
    let met = match failing.as_slice() {
        [] => "; the conditions hold".to_owned(),
        _ => format!("; not met: {}", failing.join(", ")),
    };
    let doubt = explained.t_mem_out_of_range();
    met + &doubt.map_or_else(String::new, |reason| {
        format!("; T_mem out of range, as {reason}")
    })
}

fn time(
    name: &str,
    explained: &Explanation,
    predicted: Option<f64>,
    records: &[RecordRow],
    time: impl Fn(&RecordRow) -> Option<f64>,
) -> Line {
    let times = records.iter().map(|row| time(row).unwrap_or(f64::INFINITY));
    let mut times: Vec<f64> = times.collect();
    times.sort_unstable_by(f64::total_cmp);
    let reached = times.iter().filter(|time| time.is_finite()).count();
    Line {
        quantity: format!("{name}, median"),
        predicted: later(predicted),
        measured: quantile(&times, 0.5).filter(|median| median.is_finite()),
        time: Some(explained.without_time(predicted)),
        runs: format!("{reached} of {}", records.len()),
    }
}

/// Population accuracy where the theory puts some of its levels.
fn curve(explained: &Explanation, curves: &Curves, place: usize) -> Vec<Line> {
    let mut points: Vec<&CurvePoint> = Vec::new();
    for level in LEVELS {
        let Some(epoch) = explained.prediction.t_gen(level) else {
            continue;
        };
        // The curve is predicted from T_mem on.
        if explained.t_mem.1.is_none_or(|t_mem| epoch < t_mem) {
            continue;
        }
        let distance = |point: &&CurvePoint| (point.epoch as f64 - epoch).abs();
        let nearest = curves
            .points
            .iter()
            .min_by(|a, b| distance(a).total_cmp(&distance(b)));
        // Of an epoch that was not trained to, or looked at already, there is nothing to say.
        let last = curves.points.last().map_or(0.0, |point| point.epoch as f64);
        points.extend(nearest.filter(|_| epoch <= last));
    }
    points.dedup_by_key(|point| point.epoch);
    let lines = points.into_iter().map(|point| Line {
        quantity: format!("population accuracy at epoch {}, mean", point.epoch),
        predicted: Some(explained.prediction.accuracy(point.epoch as f64)),
        measured: point.figures[place].map(|distribution| distribution.mean),
        time: None,
        runs: point.n.to_string(),
    });
    lines.collect()
}

impl fmt::Display for MeasuredBeside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (predicted, measured) = ("predicted", "measured");
        writeln!(
            f,
            "{:<46}{predicted:>10}{measured:>10}{:>8}  runs",
            "quantity", "ratio"
        )?;
        for cell in &self.cells {
            writeln!(f, "{}", cell.heading)?;
            match &cell.lines {
                Err(not_covered) => writeln!(f, "  {not_covered}")?,
                Ok(lines) => lines.iter().try_for_each(|line| line.write(f))?,
            }
        }
        let mut cautions = self.cautions.iter();
        cautions.try_for_each(|caution| writeln!(f, "caution: {caution}"))
    }
}

impl Line {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |x: Option<f64>, without: &str| match x {
            None => without.to_owned(),
            Some(epoch) if self.time.is_some() => epoch_text(epoch),
            Some(accuracy) => format!("{accuracy:.4}"),
        };
        let ratio = self.measured.zip(self.predicted).map(|(m, p)| m / p);
        writeln!(
            f,
            "  {:<44}{:>10}{:>10}{:>8}  {}",
            self.quantity,
            text(self.predicted, self.time.unwrap_or("—")),
            text(self.measured, "censored"),
            ratio.map_or("—".to_owned(), |ratio| format!("{ratio:.3}")),
            self.runs,
        )
    }
}
