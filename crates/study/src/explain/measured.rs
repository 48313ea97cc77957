//! The theory's times beside those a study measured, cell by cell.

use std::fmt;

use crate::explain::{epoch_text, explain};
use crate::study::{RecordRow, StudyResults, quantile};

/// Predicted and measured times of every cell of a study. Displays as a table.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredBeside {
    cells: Vec<CellBeside>,
}

/// One cell.
#[derive(Clone, Debug, PartialEq)]
struct CellBeside {
    /// What varies, `key = value`.
    varied: String,
    /// Its times, or why the theory has none.
    times: Result<[TimeBeside; 2], String>,
    /// How many of its runs grokked, and which conditions are not met.
    verdict: String,
}

/// One time of one cell.
#[derive(Clone, Debug, PartialEq)]
struct TimeBeside {
    name: &'static str,
    predicted: Option<f64>,
    /// Median over runs, one that never got there counting as later than all; `None` where half did
    /// not.
    measured: Option<f64>,
    reached: usize,
    runs: usize,
}

/// Sets the theory's T_mem and T_gen beside the medians of a study's cells. `Time: O(records)`
pub fn measured_beside(results: &StudyResults) -> MeasuredBeside {
    let cells = results.cells().map(|(number, cell)| {
        let records = results.records_of(number);
        let varied = cell.varied.iter();
        let varied: Vec<_> = varied
            .map(|(key, value)| format!("{key} = {value}"))
            .collect();
        let explained = explain(&cell.config);
        let grokked = records
            .iter()
            .filter(|row| row.milestones.status == crate::Status::Grokked)
            .count();
        let conditions = match &explained {
            Err(_) => String::new(),
            Ok(explained) => {
                let failing: Vec<_> = explained.failing().map(|failing| failing.name).collect();
                match failing.as_slice() {
                    [] => "; the conditions hold".to_owned(),
                    _ => format!("; not met: {}", failing.join(", ")),
                }
            }
        };
        CellBeside {
            varied: match varied.as_slice() {
                [] => format!("cell {number}"),
                _ => format!("cell {number}: {}", varied.join(", ")),
            },
            times: match explained {
                Ok(explained) => Ok([
                    TimeBeside::of("T_mem", explained.t_mem.1, records, |r| r.milestones.t_mem),
                    TimeBeside::of("T_gen", explained.t_gen.1, records, |r| r.milestones.t_gen),
                ]),
                Err(not_covered) => Err(not_covered.to_string()),
            },
            verdict: format!("{grokked} of {} runs grokked{conditions}", records.len()),
        }
    });
    MeasuredBeside {
        cells: cells.collect(),
    }
}

impl TimeBeside {
    fn of(
        name: &'static str,
        predicted: Option<f64>,
        records: &[RecordRow],
        time: impl Fn(&RecordRow) -> Option<f64>,
    ) -> Self {
        let mut times: Vec<f64> = records
            .iter()
            .map(|row| time(row).unwrap_or(f64::INFINITY))
            .collect();
        times.sort_unstable_by(f64::total_cmp);
        let median = quantile(&times, 0.5);
        Self {
            name,
            predicted,
            measured: median.filter(|median| median.is_finite()),
            reached: times.iter().filter(|time| time.is_finite()).count(),
            runs: records.len(),
        }
    }
}

impl fmt::Display for MeasuredBeside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |time: Option<f64>, without: &str| time.map_or(without.to_owned(), epoch_text);
        writeln!(
            f,
            "{:<8}{:>10}{:>10}{:>8}  runs that got there",
            "time", "predicted", "median", "ratio"
        )?;
        for cell in &self.cells {
            writeln!(f, "{}: {}", cell.varied, cell.verdict)?;
            match &cell.times {
                Err(not_covered) => writeln!(f, "  {not_covered}")?,
                Ok(times) => {
                    for time in times {
                        let ratio = time.measured.zip(time.predicted).map(|(m, p)| m / p);
                        writeln!(
                            f,
                            "  {:<6}{:>10}{:>10}{:>8}  {} of {}",
                            time.name,
                            text(time.predicted, "never"),
                            text(time.measured, "censored"),
                            ratio.map_or(String::new(), |ratio| format!("{ratio:.3}")),
                            time.reached,
                            time.runs,
                        )?;
                    }
                }
            }
        }
        Ok(())
    }
}
