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
pub(crate) mod seeds;
mod table;
mod times;
mod traces;

use sparsegrok_config::{Config, ConfigError, StudySpec, value_text};
use toml::Value;

use self::grid::Grid;

pub use curves::{CurvePoint, Curves};
pub use directory::{Directory, DirectoryError};
pub use driver::{Ran, StudyError};
pub use estimate::{Estimate, estimate};
pub use grid::GridCell;
pub use group::{Group, Record};
pub use manifest::{Kernels, Manifest};
pub use overview::{CellPrediction, CellSummary, Summary};
pub use records::RecordRow;
pub use results::{ResultsError, StudyResults};
pub use scaling::{Collapse, Law, Scaling};
pub use seeds::RunSeeds;
pub use times::{Timed, Times};
pub use traces::{KeptTrace, TracePoint};

/// A checked study: the cells of its grid, each to be run with every seed.
///
/// Runs are numbered cell by cell, and within a cell by seed; that is the order in which results
/// come, whatever the number of threads.
#[derive(Clone, Debug)]
pub struct Study {
    config: Config,
    grid: Grid,
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
        let grid = Grid::of(&config)?;
        Ok(Self {
            config,
            grid,
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

    /// The configuration the grid varies.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The cells of the grid: the first axis changes slowest. Each is made when it comes.
    pub fn cells(&self) -> impl ExactSizeIterator<Item = GridCell> {
        (0..self.grid.len()).map(|cell| self.cell(cell))
    }

    /// One cell of the grid. `Time: O(settings)`
    ///
    /// # Panics
    /// When there is no such cell.
    pub fn cell(&self, cell: usize) -> GridCell {
        let mut config = self.config.clone();
        self.grid.set(cell, &mut config);
        let varied = self.varied(cell);
        GridCell {
            varied: varied.map(|(key, value)| (key, value.clone())).collect(),
            config,
        }
    }

    /// The keys that vary from cell to cell, each with its values.
    pub fn axes(&self) -> impl Iterator<Item = (&'static str, &[Value])> {
        self.grid.axes()
    }

    /// The keys that vary from cell to cell, with the values of one cell.
    ///
    /// # Panics
    /// When there is no such cell.
    pub fn varied(&self, cell: usize) -> impl Iterator<Item = (&'static str, &Value)> {
        let keys = self.grid.axes().map(|(key, _)| key);
        keys.zip(self.grid.values(cell))
    }

    /// A cell by its varied keys, such as `weight_decay=0.0001, init_norm=100`; empty where nothing
    /// varies.
    ///
    /// # Panics
    /// When there is no such cell.
    pub fn cell_name(&self, cell: usize) -> String {
        let pairs = self.varied(cell);
        let pairs = pairs.map(|(key, value)| format!("{key}={}", value_text(value)));
        pairs.collect::<Vec<_>>().join(", ")
    }

    /// What is run with each cell, and what is kept.
    pub fn spec(&self) -> &StudySpec {
        &self.config.study
    }

    /// Number of runs.
    pub fn runs(&self) -> u64 {
        (self.grid.len() as u64).saturating_mul(self.spec().seeds.len())
    }
}
