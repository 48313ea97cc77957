//! The summary of a study: its cells, the laws they follow, and the part of the study that they are.

use serde::{Deserialize, Serialize};
use sparsegrok_log::Shard;
use sparsegrok_statistics::GroupTest;

use crate::cell::CellSummary;
use crate::scaling::{self, Collapse, Scaling};
use crate::study::Study;

/// A study's summary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Each cell's, of the cells begun.
    pub cells: Vec<CellSummary>,
    /// The dependence of the median T_gen on each numeric axis of three values or more.
    pub scaling: Vec<Scaling>,
    /// The agreement of the cells' median T_gen in the theory's unit of time, if several have one.
    pub collapse: Option<Collapse>,
    /// The log-rank test of T_gen between the cells, by its brackets, of runs that another program trained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_rank: Option<GroupTest>,
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

impl Part {
    /// The part of a study that some of its runs are; `None` where they are all.
    pub(crate) fn of(study: &Study, runs: u64) -> Option<Self> {
        let of = study.all_runs();
        (runs < of).then_some(Self {
            runs,
            of,
            shard: study.shard(),
        })
    }
}

impl Summary {
    /// Sums up cells.
    pub(crate) fn of(
        study: &Study,
        part: Option<Part>,
        cells: Vec<CellSummary>,
        log_rank: Option<GroupTest>,
    ) -> Self {
        Self {
            part,
            log_rank,
            scaling: scaling::laws(study, &cells),
            collapse: scaling::collapse(study, &cells),
            cells,
        }
    }
}
