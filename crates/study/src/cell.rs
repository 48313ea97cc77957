//! The summary of a cell: the outcomes of its runs in a few numbers.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use sparsegrok_kernel::Figure;
use sparsegrok_run::{Anomalies, Anomaly, Status};
use sparsegrok_statistics::{CONFIDENCE, Distribution, IntervalTime, Proportion, wilson};
use toml::Value;

use crate::components::{Spread, SpreadOf, SpreadSoFar};
use crate::curves::Distributions;
use crate::grid::GridCell;
use crate::prediction::CellPrediction;
use crate::records::RecordRow;
use crate::study::Study;
use crate::times::{Timed, Times, TimesSoFar};

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
    fn add(&mut self, anomaly: Anomaly, of_run: &Anomalies) {
        if let Some(size) = of_run.size(anomaly) {
            self.n += 1;
            self.most = Some(self.most.map_or(size, |most| most.max(size)));
        }
        self.runs += usize::from(of_run.has(anomaly));
    }
}

/// A cell's runs as its summary needs them, gathered one by one: 64 bytes a run, 32 more of a run that another
/// program trained, up to 48 more of a crossed design.
pub(crate) struct CellSoFar<'s> {
    /// Number of the cell.
    pub(crate) number: usize,
    cell: GridCell,
    figures: &'s [Figure],
    runs: u64,
    status: [(Status, u64); Status::ALL.len()],
    times: [TimesSoFar; Timed::ALL.len()],
    anomalies: [(Anomaly, AnomalySummary); Anomaly::ALL.len()],
    spreads: Vec<SpreadSoFar>,
}

impl<'s> CellSoFar<'s> {
    /// A cell of a study, without runs yet.
    pub(crate) fn new(study: &'s Study, number: usize) -> Self {
        let cell = study.cell(number);
        let spreads = cell.config.study.design().map(|_| SpreadOf::ALL);
        Self {
            number,
            figures: &study.spec().figures,
            runs: 0,
            status: Status::ALL.map(|status| (status, 0)),
            times: Timed::ALL.map(|timed| match cell.config.is_foreign {
                true => TimesSoFar::with_brackets(timed),
                false => TimesSoFar::new(timed),
            }),
            anomalies: Anomaly::ALL.map(|anomaly| (anomaly, AnomalySummary::default())),
            spreads: spreads
                .into_iter()
                .flatten()
                .map(SpreadSoFar::new)
                .collect(),
            cell,
        }
    }

    /// Adds a run.
    pub(crate) fn push(&mut self, row: &RecordRow) {
        self.runs += 1;
        for (status, count) in &mut self.status {
            *count += u64::from(*status == row.milestones.status);
        }
        self.times.iter_mut().for_each(|times| times.push(row));
        for (anomaly, summary) in &mut self.anomalies {
            summary.add(*anomaly, &row.anomalies);
        }
        if let Some(design) = self.cell.config.study.design() {
            let spreads = self.spreads.iter_mut();
            spreads.for_each(|spread| spread.push(&design, row, self.figures));
        }
    }

    /// The brackets of T_gen, of runs that another program trained.
    pub(crate) fn t_gen_brackets(&self) -> Option<Vec<IntervalTime>> {
        let [_, t_gen, ..] = &self.times;
        t_gen.brackets.clone()
    }

    /// Sums up the runs, whose figures at their end are distributed like this. `Time: O(runs log runs)`
    pub(crate) fn summary(self, finals: Distributions) -> CellSummary {
        let Self {
            cell, runs, status, ..
        } = self;
        let grokked = status.iter().find(|(status, _)| *status == Status::Grokked);
        let [t_mem, t_gen, delay_ratio, transition_width] = self.times.map(TimesSoFar::times);
        let names = self.figures.iter().map(|figure| figure.name().to_owned());
        let design = cell.config.study.design();
        let spread = |spread: &SpreadSoFar| Some((spread.name(), spread.spread(design.as_ref()?)));
        CellSummary {
            cell: self.number,
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
            anomalies: self
                .anomalies
                .map(|(anomaly, summary)| (anomaly.name().to_owned(), summary))
                .into(),
            prediction: CellPrediction::of(&cell.config),
            r#final: names.zip(finals).collect(),
            spread: self.spreads.iter().filter_map(spread).collect(),
            varied: cell.varied.into_iter().collect(),
        }
    }
}

impl CellSummary {
    /// Sums up the cells of a study's records, which come cell by cell.
    pub(crate) fn of_each(study: &Study, records: &[RecordRow]) -> Vec<Self> {
        let cells = records.chunk_by(|one, other| one.cell == other.cell);
        let cells = cells.map(|rows| {
            let mut cell = CellSoFar::new(study, rows[0].cell);
            rows.iter().for_each(|row| cell.push(row));
            let finals = (0..study.spec().figures.len()).map(|place| {
                let finals = rows.iter().filter_map(|row| row.finals[place]);
                Distribution::of(&mut finals.collect())
            });
            cell.summary(finals.collect())
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
