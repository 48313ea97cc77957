//! The names of runs that another program trained, as the header of their log holds them.

use serde::{Deserialize, Serialize};
use toml::Value;

/// Runs that another program trained, in groups. Like a grid, the groups are every combination of the values of
/// some axes; the last axis changes fastest. Unlike a grid's cells, they may have different numbers of runs,
/// and none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ForeignRuns {
    /// The command that judged them.
    pub command: String,
    /// The axes: the columns by which the runs are grouped.
    pub axes: Vec<ForeignAxis>,
    /// The runs of each combination of their values.
    pub cells: Vec<ForeignCell>,
}

/// A column by which runs are grouped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForeignAxis {
    /// Its name.
    pub name: String,
    /// Its values, each once.
    pub values: Vec<Value>,
}

/// The runs of one combination of values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ForeignCell {
    /// Their names, in the order in which they are numbered.
    pub runs: Vec<String>,
    /// The times at which any of them was evaluated, ascending.
    pub times: Vec<u64>,
}

impl ForeignRuns {
    /// The most runs of a cell.
    pub fn most_runs(&self) -> u64 {
        let runs = self.cells.iter().map(|cell| cell.runs.len() as u64);
        runs.max().unwrap_or(0)
    }

    /// Tells if there is a cell for each combination, and a run at all. A header that was written by hand may
    /// say anything.
    pub(crate) fn is_sound(&self) -> bool {
        let sizes = self.axes.iter().map(|axis| axis.values.len());
        let cells = sizes.fold(1, usize::saturating_mul);
        let ascend = |cell: &ForeignCell| cell.times.is_sorted_by(|a, b| a < b);
        cells == self.cells.len() && self.most_runs() > 0 && self.cells.iter().all(ascend)
    }
}
