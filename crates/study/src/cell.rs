//! The summary of a cell: the outcomes of its runs in a few numbers.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use sparsegrok_kernel::Figure;
use sparsegrok_run::{Anomaly, Status};
use sparsegrok_statistics::{CONFIDENCE, Distribution, Proportion, wilson};
use toml::Value;

use crate::components::{self, Spread};
use crate::grid::GridCell;
use crate::prediction::CellPrediction;
use crate::records::RecordRow;
use crate::study::Study;
use crate::times::{Timed, Times};

/// A cell's summary. Intervals are of 95 % confidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellSummary {
    /// Number of the cell.
    pub cell: usize,
    /// The keys that vary from cell to cell, with this cell's values.
    pub varied: IndexMap<String, Value>,
    /// Runs.
    pub runs: u64,
    /// The status that more than half of the runs have, or `mixed`.
    pub phase: String,
    /// Number of runs of each status, by its name.
    pub status: IndexMap<String, u64>,
    /// Share of the runs that grokked, with Wilson's interval.
    pub grok_rate: Option<Proportion>,
    /// T_mem of the runs that did not diverge, in epochs; likewise the others.
    pub t_mem: Times,
    /// T_gen, in epochs.
    pub t_gen: Times,
    /// T_gen / T_mem, of the runs that memorized.
    pub delay_ratio: Times,
    /// Epochs from accuracy .6 to .9, of the runs that reached the first.
    pub transition_width: Times,
    /// The anomalies of the runs that did not diverge, by name; of summaries of earlier versions, none.
    #[serde(default)]
    pub anomalies: IndexMap<String, AnomalySummary>,
    /// The theory's prediction, if it covers the cell's configuration.
    pub prediction: Option<CellPrediction>,
    /// Figures at the last evaluation, by name, over the runs that did not diverge.
    pub r#final: IndexMap<String, Option<Distribution>>,
    /// How the spread of each outcome divides among the sources of randomness, if they were crossed.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub spread: IndexMap<String, Spread>,
}

/// An anomaly of some runs, in brief.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AnomalySummary {
    /// Runs that have the figures to tell.
    pub n: usize,
    /// Runs that have it.
    pub runs: usize,
    /// Its largest size in any run.
    pub most: Option<f64>,
}

impl AnomalySummary {
    fn of(anomaly: Anomaly, rows: &[RecordRow]) -> Self {
        let sizes = || rows.iter().filter_map(|row| row.anomalies.size(anomaly));
        Self {
            n: sizes().count(),
            runs: rows.iter().filter(|row| row.anomalies.has(anomaly)).count(),
            most: sizes().reduce(f64::max),
        }
    }
}

impl CellSummary {
    /// Sums up a cell's runs, whose rows hold these figures. `Time: O(runs log runs)`
    pub(crate) fn of(
        number: usize,
        cell: &GridCell,
        rows: &[RecordRow],
        figures: &[Figure],
    ) -> Self {
        let count = |status| {
            let alike = rows.iter().filter(|row| row.milestones.status == status);
            (status, alike.count() as u64)
        };
        let status = Status::ALL.map(count);
        let grokked = status.iter().find(|(status, _)| *status == Status::Grokked);
        let runs = rows.len() as u64;
        let [t_mem, t_gen, delay_ratio, transition_width] = Timed::ALL.map(|timed| {
            let times = Times::of(timed, rows);
            match cell.config.is_foreign {
                true => times.with_brackets(timed, rows),
                false => times,
            }
        });
        let finals = figures.iter().enumerate().map(|(place, figure)| {
            let finals = rows.iter().filter_map(|row| row.finals[place]);
            (
                figure.name().to_owned(),
                Distribution::of(&mut finals.collect::<Vec<_>>()),
            )
        });
        Self {
            cell: number,
            varied: cell
                .varied
                .iter()
                .map(|(key, value)| ((*key).to_owned(), value.clone()))
                .collect(),
            runs,
            phase: phase(status, runs).to_owned(),
            status: status
                .map(|(status, count)| (status.name().to_owned(), count))
                .into(),
            grok_rate: wilson(grokked.map_or(0, |(_, count)| *count), runs, CONFIDENCE),
            t_mem,
            t_gen,
            delay_ratio,
            transition_width,
            anomalies: Anomaly::ALL
                .map(|anomaly| (anomaly.name().to_owned(), AnomalySummary::of(anomaly, rows)))
                .into(),
            prediction: CellPrediction::of(&cell.config),
            r#final: finals.collect(),
            spread: components::spreads(&cell.config.study, rows, figures),
        }
    }

    /// Sums up the cells of a study's records, which come cell by cell.
    pub(crate) fn of_each(study: &Study, records: &[RecordRow]) -> Vec<Self> {
        let cells = records.chunk_by(|one, other| one.cell == other.cell);
        let cells = cells.map(|rows| {
            let number = rows[0].cell;
            Self::of(number, &study.cell(number), rows, &study.spec().figures)
        });
        cells.collect()
    }

    /// One of its times.
    pub fn times(&self, timed: Timed) -> &Times {
        match timed {
            Timed::Memorizing => &self.t_mem,
            Timed::Generalizing => &self.t_gen,
            Timed::DelayRatio => &self.delay_ratio,
            Timed::TransitionWidth => &self.transition_width,
        }
    }

    /// An anomaly of its runs.
    pub fn anomaly(&self, anomaly: Anomaly) -> AnomalySummary {
        self.anomalies
            .get(anomaly.name())
            .copied()
            .unwrap_or_default()
    }

    /// Number of runs of a status.
    pub fn count(&self, status: Status) -> u64 {
        self.status.get(status.name()).copied().unwrap_or(0)
    }
}

/// The status of more than half of the runs: a tie is no majority.
fn phase(counts: impl IntoIterator<Item = (Status, u64)>, runs: u64) -> &'static str {
    let mut counts = counts.into_iter();
    let majority = counts.find(|(_, count)| 2 * count > runs);
    majority.map_or("mixed", |(status, _)| status.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tie_is_no_majority() {
        let phase = |grokked, memorized| {
            let counts = [
                (Status::Grokked, grokked),
                (Status::MemorizedOnly, memorized),
            ];
            phase(counts, 8)
        };
        assert_eq!(phase(5, 3), "grokked");
        assert_eq!(phase(2, 6), "memorized only");
        assert_eq!(phase(4, 4), "mixed");
        assert_eq!(phase(4, 2), "mixed", "nor is most of less than half");
    }
}
