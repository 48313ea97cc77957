//! Studies: many seeds of many configurations, their log and their tables.
//!
//! A [`Study`] is the grid of a configuration's settings times its seeds. It is trained on all cores, runs side by side in
//! lanes, and written in groups of eight seeds to a [`Directory`]; [`StudyResults`] reads it back. The log is the one
//! complete record: the [`summary`], the curves and all tables are functions of it, for one machine as for
//! merged shards ([`merge`]). [`Study::preset`] drafts a study to be run in memory.

mod brackets;
mod cell;
mod codec;
mod columns;
mod components;
mod curves;
mod directory;
mod draft;
mod driver;
mod error;
mod estimate;
mod foreign;
mod grid;
mod group;
mod logged;
mod manifest;
mod memory;
pub mod merge;
mod overview;
mod plan;
mod precision;
pub mod prediction;
mod records;
mod results;
mod scaling;
mod shared_data;
mod study;
mod tables;
mod team;
mod times;
mod traces;

pub use curves::{CurvePoint, Curves};
pub use directory::{Directory, DirectoryError};
pub use draft::{Draft, DraftError, Outcome};
pub use driver::Ran;
pub use error::StudyError;
pub use estimate::{Estimate, estimate};
pub use foreign::{ForeignStudy, Untold};
pub use grid::{GridCell, setting_of_axis};
pub use group::{Group, Record};
pub use manifest::{Forms, Kernels, Manifest};
pub use records::RecordRow;
pub use results::{KeptTrace, ResultsError, StudyResults};
pub use study::Study;

/// Summaries: of cells, of the times of their runs, and of the laws that cells follow.
pub mod summary {
    pub use crate::brackets::BracketMedian;
    pub use crate::cell::{AnomalySummary, CellSummary};
    pub use crate::components::{INTERACTIONS, Spread, SpreadOf};
    pub use crate::overview::{Part, Summary};
    pub use crate::precision::Precision;
    pub use crate::scaling::{Collapse, Law, Scaling};
    pub use crate::times::{Timed, Times};
}
