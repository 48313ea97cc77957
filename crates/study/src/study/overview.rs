//! The summary of a study: what became of each cell's runs, in a few numbers.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use toml::Value;

use crate::detect::Status;
use crate::statistics::Distribution;
use crate::study::grid::GridCell;
use crate::study::records::RecordRow;
use crate::trace::Column;

/// A study's summary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Each cell's, of the cells begun.
    pub cells: Vec<CellSummary>,
}

/// A cell's summary. Times are in epochs, over the runs that have them: the others are censored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellSummary {
    /// Number of the cell.
    pub cell: usize,
    /// The keys that vary from cell to cell, with this cell's values.
    pub varied: IndexMap<String, Value>,
    /// Runs.
    pub runs: u64,
    /// Of them, how many have each status, by its name.
    pub status: IndexMap<String, u64>,
    /// Times at which runs memorized.
    pub t_mem: Option<Distribution>,
    /// Times at which runs generalized.
    pub t_gen: Option<Distribution>,
    /// Figures at the last epoch, by name, over the runs that did not diverge.
    pub r#final: IndexMap<String, Option<Distribution>>,
}

/// Gathers a cell's summary from its records.
pub(super) struct Tally {
    runs: u64,
    status: [u64; Status::ALL.len()],
    t_mem: Vec<f64>,
    t_gen: Vec<f64>,
    finals: Vec<(Column, Vec<f64>)>,
}

impl Tally {
    pub(super) fn new(figures: &[Column]) -> Self {
        Self {
            runs: 0,
            status: [0; Status::ALL.len()],
            t_mem: Vec::new(),
            t_gen: Vec::new(),
            finals: figures.iter().map(|&figure| (figure, Vec::new())).collect(),
        }
    }

    pub(super) fn push(&mut self, row: &RecordRow) {
        let milestones = &row.milestones;
        self.runs += 1;
        self.t_mem.extend(milestones.t_mem);
        self.t_gen.extend(milestones.t_gen);
        for (count, status) in self.status.iter_mut().zip(Status::ALL) {
            *count += u64::from(status == milestones.status);
        }
        for ((_, finals), last) in self.finals.iter_mut().zip(&row.finals) {
            finals.extend(last);
        }
    }

    pub(super) fn finish(mut self, number: usize, cell: &GridCell) -> CellSummary {
        let varied = cell.varied.iter();
        let status = Status::ALL.into_iter().zip(self.status);
        let finals = self.finals.iter_mut();
        CellSummary {
            cell: number,
            varied: varied
                .map(|(key, value)| ((*key).to_owned(), value.clone()))
                .collect(),
            runs: self.runs,
            status: status
                .map(|(status, count)| (status.name().to_owned(), count))
                .collect(),
            t_mem: Distribution::of(&mut self.t_mem),
            t_gen: Distribution::of(&mut self.t_gen),
            r#final: finals
                .map(|(column, finals)| (column.name().to_owned(), Distribution::of(finals)))
                .collect(),
        }
    }
}
