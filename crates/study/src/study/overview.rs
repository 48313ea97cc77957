//! The summary of a study: what became of each cell's runs, in a few numbers.

use serde::{Serialize, Serializer};
use toml::Value;

use crate::detect::Status;
use crate::study::curves::Distribution;
use crate::study::grid::GridCell;
use crate::study::group::Record;
use crate::trace::{Cell, Column};

/// Named values, serialised as a map in their own order.
#[derive(Clone, Debug)]
pub(super) struct Named<T>(Vec<(&'static str, T)>);

impl<T: Serialize> Serialize for Named<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// A study's summary, as it is written.
#[derive(Serialize)]
pub(super) struct Overview {
    pub(super) cells: Vec<CellOverview>,
}

/// A cell's summary. Times are in epochs, over the runs that have them: the others are censored.
#[derive(Serialize)]
pub(super) struct CellOverview {
    cell: usize,
    varied: Named<Value>,
    runs: u64,
    status: Named<u64>,
    t_mem: Option<Distribution>,
    t_gen: Option<Distribution>,
    /// Figures at the last epoch, over the runs that did not diverge.
    r#final: Named<Option<Distribution>>,
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

    pub(super) fn push(&mut self, record: &Record) {
        let milestones = &record.milestones;
        self.runs += 1;
        self.t_mem.extend(milestones.t_mem);
        self.t_gen.extend(milestones.t_gen);
        for (count, status) in self.status.iter_mut().zip(Status::ALL) {
            *count += u64::from(status == milestones.status);
        }
        for (column, finals) in &mut self.finals {
            if let Some(Cell::Figure(Some(x))) = record.last().map(|last| column.of(last)) {
                finals.push(x);
            }
        }
    }

    pub(super) fn finish(mut self, number: usize, cell: &GridCell) -> CellOverview {
        let status = Status::ALL.map(Status::name).into_iter().zip(self.status);
        let finals = self.finals.iter_mut();
        CellOverview {
            cell: number,
            varied: Named(cell.varied.clone()),
            runs: self.runs,
            status: Named(status.collect()),
            t_mem: Distribution::of(&mut self.t_mem),
            t_gen: Distribution::of(&mut self.t_gen),
            r#final: Named(
                finals
                    .map(|(column, finals)| (column.name(), Distribution::of(finals)))
                    .collect(),
            ),
        }
    }
}
