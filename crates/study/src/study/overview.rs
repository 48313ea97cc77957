//! The summary of a study: the outcomes of each cell's runs in a few numbers.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use sparsegrok_config::{Config, GenFigure, MemFigure};
use sparsegrok_kernel::Figure;
use sparsegrok_statistics::{CONFIDENCE, Distribution, Proportion, wilson};
use sparsegrok_theory::Prediction;
use toml::Value;

use crate::detect::Status;
use crate::goal::TRANSITION;
use crate::shard::Shard;
use crate::study::Study;
use crate::study::grid::GridCell;
use crate::study::records::RecordRow;
use crate::study::scaling::{self, Collapse, Scaling};
use crate::study::times::{Timed, Times};
use crate::theory::theory_setting;

/// A study's summary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Each cell's, of the cells begun.
    pub cells: Vec<CellSummary>,
    /// The dependence of the median T_gen on each numeric axis of three values or more.
    pub scaling: Vec<Scaling>,
    /// The agreement of the cells' median T_gen in the theory's unit of time, if several have one.
    pub collapse: Option<Collapse>,
    /// The part of the study that this summarizes; `None` if it summarizes all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
}

/// A part of a study.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Runs there are.
    pub runs: u64,
    /// Runs of the whole study.
    pub of: u64,
    /// The shard that they are, if they are of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
}

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
    /// The theory's prediction, if it covers the cell's configuration.
    pub prediction: Option<CellPrediction>,
    /// Figures at the last evaluation, by name, over the runs that did not diverge.
    pub r#final: IndexMap<String, Option<Distribution>>,
}

/// The theory's times for a cell, at its own thresholds, in epochs; `None` for what does not come.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellPrediction {
    /// T_mem.
    pub t_mem: Option<f64>,
    /// T_gen.
    pub t_gen: Option<f64>,
    /// Epochs from accuracy .6 to .9.
    pub transition_width: Option<f64>,
}

impl CellPrediction {
    /// The theory's times for a configuration; `None` where it does not cover it.
    pub fn of(config: &Config) -> Option<Self> {
        let theory = Prediction::of(&theory_setting(config).ok()?);
        let spec = &config.evaluate;
        let [low, high] = TRANSITION;
        Some(Self {
            t_mem: match spec.mem_figure {
                MemFigure::TrainAcc => theory.t_mem(spec.mem_threshold),
                MemFigure::TrainLoss => None,
            },
            t_gen: match spec.gen_figure {
                GenFigure::TestLoss => None,
                _ => theory.t_gen(spec.gen_threshold),
            },
            transition_width: theory.transition_width(low, high),
        })
    }
}

impl Part {
    /// The part of a study that some of its runs are; `None` where they are all.
    pub(super) fn of(study: &Study, runs: u64) -> Option<Self> {
        let of = study.all_runs();
        (runs < of).then_some(Self {
            runs,
            of,
            shard: study.shard(),
        })
    }
}

impl CellSummary {
    /// One of its times.
    pub fn times(&self, timed: Timed) -> &Times {
        match timed {
            Timed::Memorizing => &self.t_mem,
            Timed::Generalizing => &self.t_gen,
            Timed::DelayRatio => &self.delay_ratio,
            Timed::TransitionWidth => &self.transition_width,
        }
    }

    /// Number of runs of a status.
    pub fn count(&self, status: Status) -> u64 {
        self.status.get(status.name()).copied().unwrap_or(0)
    }
}

impl Summary {
    /// Sums up cells.
    pub(super) fn of(study: &Study, part: Option<Part>, cells: Vec<CellSummary>) -> Self {
        Self {
            part,
            scaling: scaling::laws(study, &cells),
            collapse: scaling::collapse(study, &cells),
            cells,
        }
    }
}

/// Gathers a cell's summary from its records.
pub(super) struct Tally {
    runs: u64,
    status: [u64; Status::ALL.len()],
    rows: Vec<RecordRow>,
    finals: Vec<(Figure, Vec<f64>)>,
}

impl Tally {
    pub(super) fn new(figures: &[Figure]) -> Self {
        Self {
            runs: 0,
            status: [0; Status::ALL.len()],
            rows: Vec::new(),
            finals: figures.iter().map(|&figure| (figure, Vec::new())).collect(),
        }
    }

    pub(super) fn push(&mut self, row: &RecordRow) {
        self.runs += 1;
        for (count, status) in self.status.iter_mut().zip(Status::ALL) {
            *count += u64::from(status == row.milestones.status);
        }
        self.rows.push(RecordRow {
            finals: Vec::new(),
            ..*row
        });
        for ((_, finals), last) in self.finals.iter_mut().zip(&row.finals) {
            finals.extend(last);
        }
    }

    pub(super) fn finish(mut self, number: usize, cell: &GridCell) -> CellSummary {
        let varied = cell.varied.iter();
        let status = || Status::ALL.into_iter().zip(self.status);
        let grokked = status().find(|(status, _)| *status == Status::Grokked);
        let finals = self.finals.iter_mut();
        let [t_mem, t_gen, delay_ratio, transition_width] =
            Timed::ALL.map(|timed| Times::of(timed, &self.rows));
        CellSummary {
            cell: number,
            varied: varied
                .map(|(key, value)| ((*key).to_owned(), value.clone()))
                .collect(),
            runs: self.runs,
            phase: phase(status(), self.runs).to_owned(),
            status: status()
                .map(|(status, count)| (status.name().to_owned(), count))
                .collect(),
            grok_rate: wilson(grokked.map_or(0, |(_, count)| count), self.runs, CONFIDENCE),
            t_mem,
            t_gen,
            delay_ratio,
            transition_width,
            prediction: CellPrediction::of(&cell.config),
            r#final: finals
                .map(|(column, finals)| (column.name().to_owned(), Distribution::of(finals)))
                .collect(),
        }
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
