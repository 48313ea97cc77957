//! A study: many seeds of each cell of a grid of configurations.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sparsegrok_config::{Config, ConfigError, Source, StudySpec, value_text};
use sparsegrok_log::{DataFile, ForeignRuns, Header, Shard};
use sparsegrok_run::models::{AnyData, AnyFamily, Family, family_of};
use sparsegrok_run::{LoadError, RunSeeds, SavedModel};
use toml::Value;

use crate::grid::{Grid, GridCell};
use crate::group::{GROUP, Record};
use crate::shared_data::SharedData;

/// A checked study: the cells of its grid, each to be run with every seed.
///
/// Runs are numbered cell by cell, and within a cell by seed; that is the order of tables, whatever was trained
/// first.
#[derive(Clone, Debug)]
pub struct Study {
    config: Config,
    grid: Grid,
    family: Arc<dyn AnyFamily>,
    /// The names of its runs, if another program trained them.
    foreign: Option<Arc<ForeignRuns>>,
    /// The part of it that is trained here; all of it without one.
    shard: Option<Shard>,
    /// Bytes of memory that it may take.
    pub(crate) most_memory: u64,
    /// The data read so far, which clones share: a file is read once, and a pipe cannot be read again.
    data: Arc<Mutex<SharedData>>,
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
            family: family_of(&config),
            config,
            grid,
            foreign: None,
            shard: None,
            most_memory: u64::MAX,
            data: Arc::default(),
        })
    }

    /// The study of runs that another program trained, judged by a configuration.
    ///
    /// # Errors
    /// When the configuration is not valid.
    pub(crate) fn of_foreign(config: Config, foreign: ForeignRuns) -> Result<Self, ConfigError> {
        let mut study = Self::new(Config {
            is_foreign: true,
            ..config
        })?;
        study.grid = Grid::of_foreign(&foreign);
        // Groups are numbered as if every cell had as many runs as the fullest.
        study.config.study.seeds = (0..foreign.most_runs()).into();
        study.foreign = Some(Arc::new(foreign));
        Ok(study)
    }

    /// The study of a log with this header, under a configuration that may differ from the header's.
    ///
    /// # Errors
    /// As [`Study::new`].
    pub(crate) fn logged(config: Config, header: &Header) -> Result<Self, ConfigError> {
        let study = match &header.foreign {
            None => Self::new(config)?,
            Some(foreign) => Self::of_foreign(config, foreign.clone())?,
        };
        Ok(study.of_shard(header.shard))
    }

    /// The same study, of which one shard alone is trained.
    pub fn of_shard(self, shard: Option<Shard>) -> Self {
        Self { shard, ..self }
    }

    /// The shard of it that is trained; `None` if all of it is.
    pub fn shard(&self) -> Option<Shard> {
        self.shard
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
            data: Arc::default(),
            ..self
        }
    }

    /// The same study of more seeds, or fewer, up to `end`.
    ///
    /// # Errors
    /// When a seed is out of range.
    pub fn of_seeds_to(&self, end: u64) -> Result<Self, ConfigError> {
        let mut config = self.config.clone();
        config.study.seeds.end = end;
        Ok(Self {
            config: config.clone(),
            grid: Grid::of(&config)?,
            ..self.clone()
        })
    }

    /// The same study, with the seeds that an earlier process had come to under the configuration `kept`, if it is one
    /// that adds seeds.
    ///
    /// # Errors
    /// When a seed is out of range.
    pub fn with_seeds_added(self, kept: &Config) -> Result<Self, ConfigError> {
        match self.spec().until {
            Some(_) => self.of_seeds_to(kept.study.seeds.end),
            None => Ok(self),
        }
    }

    /// The same study, which shares the data that another one of the same family reads.
    pub fn with_data_of(self, other: &Self) -> Self {
        Self {
            data: Arc::clone(&other.data),
            ..self
        }
    }

    /// Bytes of memory that it may take.
    pub(crate) fn most_memory(&self) -> u64 {
        self.most_memory
    }

    /// The data that all runs of a cell share, `None` where each has its own.
    pub(crate) fn shared_data(&self, config: &Config) -> Result<Option<Arc<AnyData>>, LoadError> {
        self.data().of(self.family(), config, self.most_memory)
    }

    /// Files read so far whose labels were 0 and 1, read as −1 and 1.
    pub(crate) fn zero_one_files(&self) -> Vec<PathBuf> {
        self.data().zero_one.clone()
    }

    /// The model that all runs begin with, if they do with one.
    pub(crate) fn model(&self) -> Result<Option<Arc<SavedModel>>, LoadError> {
        self.data().model(&self.config)
    }

    /// The files that its runs learn from or begin with, as they were read.
    pub(crate) fn data_files(&self) -> Result<Vec<DataFile>, LoadError> {
        self.model()?;
        if self.config.files.train.is_some() {
            self.shared_data(&self.cell(0).config)?;
        }
        Ok(self.data().files.clone())
    }

    fn data(&self) -> MutexGuard<'_, SharedData> {
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The family of its models.
    pub(crate) fn family(&self) -> &dyn AnyFamily {
        &*self.family
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
        let varied = varied.map(|(key, value)| (key.to_owned(), value.clone()));
        GridCell {
            varied: varied.collect(),
            config,
        }
    }

    /// The keys that vary from cell to cell, each with its values.
    pub fn axes(&self) -> impl Iterator<Item = (&str, &[Value])> {
        self.grid.axes()
    }

    /// The keys that vary from cell to cell, with the values of one cell.
    ///
    /// # Panics
    /// When there is no such cell.
    pub fn varied(&self, cell: usize) -> impl Iterator<Item = (&str, &Value)> {
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

    /// The names of the columns that tell a cell in tables: its number, then the varied keys.
    pub(crate) fn cell_columns(&self) -> Vec<String> {
        let keys = self.axes().map(|(key, _)| key);
        std::iter::once("cell")
            .chain(keys)
            .map(str::to_owned)
            .collect()
    }

    /// The text of these columns for one cell, such as `2,0.0001`.
    pub(crate) fn cell_text(&self, cell: usize) -> String {
        let values = self.varied(cell).map(|(_, value)| value_text(value));
        let columns = std::iter::once(cell.to_string()).chain(values);
        columns.collect::<Vec<_>>().join(",")
    }

    /// The settings of the study: the runs to make of each cell, and the results to keep of them.
    pub fn spec(&self) -> &StudySpec {
        &self.config.study
    }

    /// Number of runs, of those of its shard.
    pub fn runs(&self) -> u64 {
        match self.shard {
            None => self.all_runs(),
            Some(_) => self.groups().map(|group| self.seeds_of(group)).sum(),
        }
    }

    /// Number of runs of the whole study.
    pub fn all_runs(&self) -> u64 {
        match &self.foreign {
            None => (self.grid.len() as u64).saturating_mul(self.spec().seeds.len()),
            Some(foreign) => foreign
                .cells
                .iter()
                .map(|cell| cell.runs.len() as u64)
                .sum(),
        }
    }

    /// The name of a run that another program trained; `None` for a run that is known by its seed.
    pub fn run_name(&self, cell: usize, seed: u64) -> Option<&str> {
        let runs = &self.foreign.as_ref()?.cells.get(cell)?.runs;
        runs.get(usize::try_from(seed).ok()?).map(String::as_str)
    }

    /// The sources of randomness of which its runs' seeds are told.
    pub(crate) fn seed_sources(&self) -> impl Iterator<Item = Source> {
        RunSeeds::sources(&self.config)
    }

    /// The command that judged its runs, if another program trained them.
    pub fn judged_by(&self) -> Option<&str> {
        Some(&self.foreign.as_ref()?.command)
    }

    /// Tells if its runs were trained by another program.
    pub fn is_foreign(&self) -> bool {
        self.foreign.is_some()
    }

    /// The seeds of a cell's runs.
    pub(crate) fn seeds_of_cell(&self, cell: usize) -> Range<u64> {
        match &self.foreign {
            None => self.spec().seeds.start..self.spec().seeds.end,
            Some(foreign) => 0..foreign.cells[cell].runs.len() as u64,
        }
    }

    /// The epochs at which runs of a cell are evaluated, ascending.
    pub(crate) fn evaluated(&self, cell: usize) -> Vec<u64> {
        if let Some(foreign) = &self.foreign {
            return foreign.cells[cell].times.clone();
        }
        let config = self.cell(cell).config;
        config.evaluate.plan(config.train.epochs).epochs().to_vec()
    }

    /// The groups of the whole study: the seeds of each cell by eights.
    pub(crate) fn all_groups(&self) -> u64 {
        (self.grid.len() as u64).saturating_mul(self.groups_of_a_cell())
    }

    /// The numbers of the groups of its shard.
    pub(crate) fn groups(&self) -> impl Iterator<Item = u64> + '_ {
        (0..self.all_groups()).filter(|&group| self.has_group(group))
    }

    /// Tells if there is a group of this number in its shard. Foreign cells may have fewer runs than the fullest.
    pub(crate) fn has_group(&self, number: u64) -> bool {
        number < self.all_groups()
            && self.shard.is_none_or(|shard| shard.contains(number))
            && (self.foreign.is_none() || self.seeds_of(number) > 0)
    }

    /// The cell and the seeds of a group.
    pub(crate) fn group(&self, number: u64) -> (usize, Range<u64>) {
        let of_a_cell = self.groups_of_a_cell();
        let cell = (number / of_a_cell) as usize;
        let seeds = self.seeds_of_cell(cell);
        let start = seeds.start + number % of_a_cell * GROUP;
        let end = seeds.end.min(start.saturating_add(GROUP)).max(start);
        (cell, start..end)
    }

    /// The number of the group of these seeds of a cell; `None` if they are no group of it.
    pub(crate) fn number_of(&self, cell: usize, seeds: &Range<u64>) -> Option<u64> {
        let place = seeds.start.checked_sub(self.spec().seeds.start)?;
        let number = self.number(cell, place / GROUP);
        (self.group(number) == (cell, seeds.clone())).then_some(number)
    }

    /// The number of the group that a run belongs to.
    pub(crate) fn group_of(&self, record: &Record) -> u64 {
        let place = record.seeds.seed - self.spec().seeds.start;
        self.number(record.cell, place / GROUP)
    }

    pub(crate) fn groups_of_a_cell(&self) -> u64 {
        self.spec().seeds.len().div_ceil(GROUP)
    }

    /// The number of the group of so many eights of seeds into a cell.
    pub(crate) fn number(&self, cell: usize, eight: u64) -> u64 {
        cell as u64 * self.groups_of_a_cell() + eight
    }

    pub(crate) fn seeds_of(&self, group: u64) -> u64 {
        let (_, seeds) = self.group(group);
        seeds.end - seeds.start
    }

    /// Tells if a run's whole trace is kept in the table of traces.
    pub(crate) fn keeps_trace(&self, record: &Record) -> bool {
        let place = record.seeds.seed - self.spec().seeds.start;
        self.spec().traces.keep(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sparsegrok_config::Settings;

    #[test]
    fn groups_cover_every_seed_of_every_cell_once() {
        let flags = [("seeds", "3..20"), ("vary", "epochs=1,2")];
        let settings = Settings::layered(None, None, &flags).unwrap();
        let study = Study::new(settings.config().unwrap()).unwrap();
        let groups: Vec<_> = study.groups().map(|number| study.group(number)).collect();
        let of_a_cell = [3..11, 11..19, 19..20];
        let expected = [0, 1].map(|cell| of_a_cell.clone().map(|seeds| (cell, seeds)));
        assert_eq!(groups, expected.concat());
        let shards = (0..3).map(|index| {
            let shard = Some(Shard { index, of: 3 });
            study.clone().of_shard(shard).runs()
        });
        assert_eq!(shards.collect::<Vec<_>>(), [16, 16, 2]);
        assert_eq!(study.runs(), 34);
    }

    #[test]
    fn seeds_that_were_added_are_taken_over_only_where_seeds_are_added() {
        let study = |flags: &[(&str, &str)]| {
            let settings = Settings::layered(None, None, flags).unwrap();
            Study::new(settings.config().unwrap()).unwrap()
        };
        let kept = study(&[("seeds", "3..64")]);
        let seeds = |study: Study| {
            let seeds = study.with_seeds_added(kept.config()).unwrap().spec().seeds;
            seeds.start..seeds.end
        };
        assert_eq!(seeds(study(&[("seeds", "3..20")])), 3..20);
        let flags = [("seeds", "3..20"), ("until", "t_gen:5%")];
        assert_eq!(seeds(study(&flags)), 3..64);
    }
}
