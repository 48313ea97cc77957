//! A study: many seeds of each cell of a grid of configurations.

mod curves;
mod directory;
pub(crate) mod driver;
mod estimate;
mod grid;
pub(crate) mod group;
mod manifest;
mod overview;
mod records;
mod results;
mod scaling;
mod seeds;
mod table;
mod times;
mod traces;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sparsegrok_data::{InvalidSetting, check};

use crate::config::Config;
use crate::error::ConfigError;
use crate::family::{self, AnyFamily, Family};
use sparsegrok_kernel::Figure;

pub use curves::{CurvePoint, Curves};
pub use directory::{Directory, DirectoryError};
pub use driver::{Ran, StudyError};
pub use estimate::{Estimate, estimate};
pub use grid::GridCell;
pub(crate) use grid::value_text;
pub use group::{Group, Record};
pub use manifest::{Kernels, Manifest};
pub use overview::{CellPrediction, CellSummary, Summary};
pub use records::RecordRow;
pub use results::{ResultsError, StudyResults};
pub use scaling::{Collapse, Law, Scaling};
pub use seeds::{RunSeeds, SeedWhat, Seeds, Traces};
pub use times::{Timed, Times};
pub use traces::{KeptTrace, TracePoint};

/// What a study runs, and what it keeps of each run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StudySpec {
    /// Seeds of every cell.
    pub seeds: Seeds,
    /// Which of a configuration's seeds they are added to.
    pub seed_what: SeedWhat,
    /// Axes of the grid, each `KEY=A,B,…` or `KEY=log:LOW:HIGH:COUNT`; the first changes slowest.
    pub vary: Vec<String>,
    /// Figures kept of every evaluation.
    pub figures: Vec<Figure>,
    /// Of which seeds whole traces are kept.
    pub traces: Traces,
}

impl Default for StudySpec {
    fn default() -> Self {
        Self {
            seeds: Seeds::from(0..8),
            seed_what: SeedWhat::All,
            vary: Vec::new(),
            figures: vec![
                Figure::TrainAcc,
                Figure::TestAcc,
                Figure::PopulationAcc,
                Figure::TrainLoss,
                Figure::TestLoss,
                Figure::GapLoss,
                Figure::WeightNorm,
                Figure::SignalNorm,
                Figure::MemorizationNorm,
                Figure::MarginMin,
                Figure::MarginMean,
                Figure::TeacherCosine,
            ],
            traces: Traces::First(8),
        }
    }
}

impl StudySpec {
    /// Whether a key is an axis of the grid.
    pub(crate) fn varies(&self, key: &str) -> bool {
        let keys = self.vary.iter().filter_map(|axis| axis.split_once('='));
        keys.map(|(of, _)| of.trim().replace('-', "_"))
            .any(|of| of == key)
    }

    /// Checks every setting's range; the axes are read by [`Study::new`].
    ///
    /// # Errors
    /// The first setting found out of range, with its value and what was expected.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        check(
            !self.seeds.is_empty(),
            "seeds",
            self.seeds,
            "a range `A..B` with A below B, which leaves out B",
        )?;
        check(
            !self.figures.is_empty(),
            "figures",
            "empty",
            "at least one figure",
        )?;
        let repeated = |i: usize| self.figures[..i].contains(&self.figures[i]);
        let unfit = (0..self.figures.len())
            .find(|&i| repeated(i))
            .map(|i| self.figures[i].name());
        check(
            unfit.is_none(),
            "figures",
            unfit.unwrap_or_default(),
            "figures, each once",
        )
    }
}

/// A checked study: the cells of its grid, each to be run with every seed.
///
/// Runs are numbered cell by cell, and within a cell by seed; that is the order in which results
/// come, whatever the number of threads.
#[derive(Clone, Debug)]
pub struct Study {
    config: Config,
    cells: Vec<GridCell>,
    family: Arc<dyn AnyFamily>,
    /// Bytes of memory that it may take.
    most_memory: u64,
}

impl Study {
    /// The study a configuration describes: the grid of [`StudySpec::vary`] over its settings.
    ///
    /// # Errors
    /// When the configuration, an axis or any cell of the grid is not valid, or a seed of it is
    /// out of range.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        let cells = grid::cells(&config)?;
        Ok(Self {
            family: family::of(&config),
            config,
            cells,
            most_memory: u64::MAX,
        })
    }

    /// The same study, which is refused before it begins if it needs more memory than `bytes`.
    pub fn within_memory(self, bytes: u64) -> Self {
        Self {
            most_memory: bytes,
            ..self
        }
    }

    /// The same study of another family of models.
    pub fn of_family(self, family: impl Family) -> Self {
        Self {
            family: Arc::new(family),
            ..self
        }
    }

    /// The family of its models.
    pub(crate) fn family(&self) -> &dyn AnyFamily {
        &*self.family
    }

    /// The configuration the grid varies.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The cells of the grid: the first axis changes slowest.
    pub fn cells(&self) -> &[GridCell] {
        &self.cells
    }

    /// A cell by its varied keys, such as `weight_decay=0.0001, init_norm=100`; empty where nothing
    /// varies.
    ///
    /// # Panics
    /// When there is no such cell.
    pub fn cell_name(&self, cell: usize) -> String {
        let varied = self.cells[cell].varied.iter();
        let pairs = varied.map(|(key, value)| format!("{key}={}", grid::value_text(value)));
        pairs.collect::<Vec<_>>().join(", ")
    }

    /// What is run with each cell, and what is kept.
    pub fn spec(&self) -> &StudySpec {
        &self.config.study
    }

    /// Number of runs.
    pub fn runs(&self) -> u64 {
        (self.cells.len() as u64).saturating_mul(self.spec().seeds.len())
    }
}
