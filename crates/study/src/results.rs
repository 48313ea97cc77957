//! Reads a study's directory back: its configuration, the outcome of each run, and the curves, all from
//! its log.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};
use std::{fs, io};

use serde::de::DeserializeOwned;
use sparsegrok_config::ConfigError;
use sparsegrok_data::shown;
use sparsegrok_kernel::Figure;
use sparsegrok_log::{CheckpointError, Damage, LOG, Log, Opened};
use sparsegrok_run::{Trace, threads};

use crate::brackets::log_rank;
use crate::cell::CellSummary;
use crate::columns::Room;
use crate::curves::{Curves, Series};
use crate::directory::{CONFIGURATION, Directory, MANIFEST, UNFINISHED};
use crate::grid::GridCell;
use crate::group::Group;
use crate::logged::{logged_group, logged_groups};
use crate::manifest::{Forms, Made, Manifest};
use crate::overview::{Part, Summary};
use crate::records::RecordRow;
use crate::study::Study;

/// The reason why a study's directory could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResultsError {
    /// The path is not a study's directory.
    #[error(
        "{}: holds no study: expected a directory with `{CONFIGURATION}`",
        shown(path)
    )]
    NoStudy {
        /// The path that was to be read.
        path: PathBuf,
    },
    /// The study was interrupted before there were results.
    #[error(
        "{}: holds an unfinished study, which has no results yet: expected it to be resumed first",
        shown(path)
    )]
    Unfinished {
        /// The directory.
        path: PathBuf,
    },
    /// The directory was written by a version that kept no log.
    #[error(
        "{}: holds no `{LOG}`, which studies of earlier versions did not keep: expected the study to be run \
         again, by `sparsegrok study --config {}/{CONFIGURATION} --out NEW`",
        shown(path),
        shown(path)
    )]
    NoLog {
        /// The directory.
        path: PathBuf,
    },
    /// The log could not be read.
    #[error(transparent)]
    Log(#[from] CheckpointError),
    /// The log holds fewer runs than the manifest counts.
    #[error(
        "{}: {found} runs, expected {expected}, as `{MANIFEST}` counts",
        shown(path)
    )]
    Runs {
        /// The log.
        path: PathBuf,
        /// Runs in it.
        found: u64,
        /// Runs in the manifest.
        expected: u64,
    },
    /// The kept configuration or its grid is not valid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file could not be read.
    #[error("{}: {error}", shown(path))]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// A JSON file does not have the expected content.
    #[error("{}: line {line}, column {column}: {message}", shown(path))]
    Json {
        /// The file.
        path: PathBuf,
        /// Line, counted from 1.
        line: usize,
        /// Column, counted from 1.
        column: usize,
        /// The fault found there.
        message: String,
    },
}

impl ResultsError {
    /// Tells if the machine failed, rather than what was asked for or the content of a file.
    pub fn is_failure(&self) -> bool {
        match self {
            Self::Io { .. } => true,
            Self::Log(error) => error.is_failure(),
            _ => false,
        }
    }
}

/// The trace of one run, whose whole trace a study keeps in its tables.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptTrace {
    /// Number of its cell.
    pub cell: usize,
    /// The study's seed.
    pub seed: u64,
    /// The run's evaluations.
    pub trace: Trace,
}

/// A study as its directory holds it, whole or as far as it came when it was interrupted.
///
/// ```no_run
/// use std::path::Path;
/// use sparsegrok_kernel::Figure;
/// use sparsegrok_study::StudyResults;
///
/// let results = StudyResults::read(Path::new("decay"))?;
/// let accuracy = results.place_of(Figure::TestAcc).expect("kept by default");
/// for (number, cell) in results.study.cells().enumerate() {
///     let grokked = results.records_of(number).iter();
///     println!("{:?}: {} runs", cell.varied, grokked.len());
/// }
/// for curves in results.read_curves()? {
///     let last = curves.points.last().and_then(|point| point.figures[accuracy]);
///     println!("{}: {:?}", curves.cell, last.map(|accuracy| accuracy.mean));
/// }
/// # Ok::<(), sparsegrok_study::ResultsError>(())
/// ```
#[derive(Clone, Debug)]
pub struct StudyResults {
    /// The directory.
    pub path: PathBuf,
    /// The study: its configuration and its cells.
    pub study: Study,
    /// The outcome of each run: cell by cell, and within a cell by seed. A study that was interrupted
    /// has those that were finished.
    pub records: Vec<RecordRow>,
    /// The runs of each cell begun, summarized in a few numbers.
    pub summary: Summary,
    /// The circumstances in which the study was run.
    pub manifest: Manifest,
    log: Arc<Log>,
    /// The numbers of the groups that these results come from.
    groups: Vec<u64>,
    stamp: Option<Stamp>,
}

/// The identity of the file by which a directory is known as a study: it is a new one for each study that is put
/// in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: SystemTime,
    length: u64,
    #[cfg(unix)]
    inode: u64,
}

impl Stamp {
    /// The stamp of a directory; `None` where it holds no study.
    fn of(path: &Path) -> Option<Self> {
        let file = fs::metadata(path.join(CONFIGURATION)).ok()?;
        Some(Self {
            modified: file.modified().ok()?,
            length: file.len(),
            #[cfg(unix)]
            inode: std::os::unix::fs::MetadataExt::ino(&file),
        })
    }
}

/// Attempts to read a study that others replace meanwhile.
const ATTEMPTS: usize = 50;

/// Time between two attempts, where there is nothing to read.
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(10);

impl StudyResults {
    /// Reads a directory's log and manifest; curves and traces are read by methods of their own.
    /// `Time: O(log)`
    ///
    /// Data files that the configuration names are not opened.
    ///
    /// # Errors
    /// When `path` is no study's directory, a file of it cannot be read, or does not hold what
    /// [`Directory`](crate::Directory) writes.
    pub fn read(path: &Path) -> Result<Self, ResultsError> {
        // Another process may put a new study in the place of this one at any moment. Files of two studies
        // would not fit each other, so what was read counts only if the same study is there afterwards.
        for _ in 0..ATTEMPTS {
            let before = Stamp::of(path);
            if before.is_none() && Directory::is_busy(path) {
                // A study that is being put in place has no configuration for a moment.
                thread::sleep(BETWEEN_ATTEMPTS);
                continue;
            }
            let read = Self::read_once(path, before);
            if before == Stamp::of(path) {
                return read;
            }
        }
        Self::read_once(path, Stamp::of(path))
    }

    /// Reads the runs that a study under way has logged until now, all of them, whatever their order; `None`
    /// where nothing in the directory is unfinished. It reads without a lock and leaves the study alone.
    /// `Time: O(log)`
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn read_under_way(path: &Path) -> Result<Option<Self>, ResultsError> {
        let name = path.join(UNFINISHED).join(LOG);
        if !name.is_file() {
            return Ok(None);
        }
        match Self::of_log(path, &name) {
            // It was finished while it was read.
            Err(_) if !name.is_file() => Ok(None),
            read => read.map(Some),
        }
    }

    fn of_log(path: &Path, name: &Path) -> Result<Self, ResultsError> {
        let Opened {
            log,
            header,
            seconds,
            ..
        } = Log::open_to_read(name)?;
        let study = Study::logged(header.config(name)?, &header)?;
        let times = (
            header.started_unix_seconds,
            Duration::try_from_secs_f64(seconds).unwrap_or_default(),
        );
        let threads = threads::wanted(study.config().engine.threads);
        let means = (threads, &Forms::new());
        let mut made = Made::default();
        let mut results = Self {
            path: path.to_owned(),
            manifest: Manifest::new(&study, &made, means, times),
            records: Vec::new(),
            summary: Summary::of(&study, None, Vec::new(), None),
            study,
            groups: log.numbers().collect(),
            log: Arc::new(log),
            stamp: None,
        };
        results.each_group(|group| {
            made.count(group);
            Ok(())
        })?;
        results.manifest = Manifest::new(&results.study, &made, means, times);
        results.sum_up()?;
        Ok(results)
    }

    /// Tells if its directory still holds this study, and not another one that has replaced it.
    pub fn is_current(&self) -> bool {
        self.stamp == Stamp::of(&self.path)
    }

    fn read_once(path: &Path, stamp: Option<Stamp>) -> Result<Self, ResultsError> {
        if !path.join(CONFIGURATION).is_file() {
            let path = path.to_owned();
            return Err(match Directory::is_unfinished(&path) {
                true => ResultsError::Unfinished { path },
                false => ResultsError::NoStudy { path },
            });
        }
        let name = path.join(LOG);
        if !name.is_file() {
            let path = path.to_owned();
            return Err(ResultsError::NoLog { path });
        }
        let Opened {
            log,
            header,
            damage,
            ..
        } = Log::open_to_read(&name)?;
        let study = Study::logged(header.config(&name)?, &header)?;
        let groups = logged_groups(&study, &log);
        let mut results = Self {
            path: path.to_owned(),
            manifest: read_json(&path.join(MANIFEST))?,
            records: Vec::new(),
            summary: Summary::of(&study, None, Vec::new(), None),
            study,
            log: Arc::new(log),
            groups,
            stamp,
        };
        results.sum_up()?;
        let (found, expected) = (results.records.len() as u64, results.manifest.runs);
        // Damage that cost no run is none: of the header there are two copies, and a study that goes
        // on may be writing its next group at this moment.
        if let Some(damage) =
            damage.filter(|damage| found < expected && *damage != Damage::Truncated)
        {
            return Err(results.log.damaged(damage).into());
        }
        if found < expected {
            return Err(ResultsError::Runs {
                path: name,
                found,
                expected,
            });
        }
        Ok(results)
    }

    /// Finds the records and the summary in the log.
    fn sum_up(&mut self) -> Result<(), ResultsError> {
        let figures = self.figures().to_vec();
        let mut records = Vec::new();
        self.each_group(|group| {
            records.extend(
                group
                    .records
                    .iter()
                    .map(|record| RecordRow::of(record, &figures)),
            );
            Ok(())
        })?;
        let part = Part::of(&self.study, records.len() as u64);
        let cells = CellSummary::of_each(&self.study, &records);
        let log_rank = log_rank(&self.study, &records);
        self.summary = Summary::of(&self.study, part, cells, log_rank);
        self.records = records;
        Ok(())
    }

    /// Reads every group, in the order of their numbers.
    fn each_group(
        &self,
        mut see: impl FnMut(&Group) -> Result<(), ResultsError>,
    ) -> Result<(), ResultsError> {
        for &number in &self.groups {
            see(&logged_group(&self.study, &self.log, number)?)?;
        }
        Ok(())
    }

    /// The records of a cell, in the order of their seeds; fewer than the study's seeds, or none,
    /// where they are not all there.
    pub fn records_of(&self, cell: usize) -> &[RecordRow] {
        let start = self.records.partition_point(|record| record.cell < cell);
        let end = self.records.partition_point(|record| record.cell <= cell);
        &self.records[start..end]
    }

    /// The summary of a cell, if there are runs of it.
    pub fn summary_of(&self, cell: usize) -> Option<&CellSummary> {
        let cells = &self.summary.cells;
        let place = cells.binary_search_by_key(&cell, |summary| summary.cell);
        place.ok().map(|place| &cells[place])
    }

    /// The cells of which there is at least one run, with their numbers.
    pub fn cells(&self) -> impl Iterator<Item = (usize, GridCell)> {
        let cells = self.summary.cells.iter().map(|summary| summary.cell);
        cells.map(|cell| (cell, self.study.cell(cell)))
    }

    /// The figures kept of every evaluation, in the order in which rows hold them.
    pub fn figures(&self) -> &[Figure] {
        &self.study.spec().figures
    }

    /// The index of a figure in each row; `None` if the study did not keep it.
    pub fn place_of(&self, figure: Figure) -> Option<usize> {
        self.figures().iter().position(|&kept| kept == figure)
    }

    /// Makes the curves, cell by cell. `Time: O(log)`
    ///
    /// # Errors
    /// When the log cannot be read, or a cell's figures find no room in memory.
    pub fn read_curves(&self) -> Result<Vec<Curves>, ResultsError> {
        let io = |error| ResultsError::Io {
            path: self.log.name().to_owned(),
            error,
        };
        let mut curves: Vec<Curves> = Vec::new();
        let mut so_far: Option<(usize, Series)> = None;
        let mut finish = |cell: Option<(usize, Series)>| -> io::Result<()> {
            if let Some((cell, series)) = cell {
                let points = series.described()?.1.collect::<io::Result<_>>()?;
                curves.push(Curves { cell, points });
            }
            Ok(())
        };
        self.each_group(|group| {
            if so_far.as_ref().is_none_or(|(cell, _)| *cell != group.cell) {
                let series = Series::of_cell(&self.study, group.cell, Room::Memory).map_err(io)?;
                finish(so_far.replace((group.cell, series))).map_err(io)?;
            }
            if let Some((_, series)) = &mut so_far {
                let mut records = group.records.iter();
                records.try_for_each(|r| series.push(r)).map_err(io)?;
            }
            Ok(())
        })?;
        finish(so_far).map_err(io)?;
        Ok(curves)
    }

    /// Reads the whole traces that the tables keep, cell by cell and by seed. `Time: O(log)`
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn read_traces(&self) -> Result<Vec<KeptTrace>, ResultsError> {
        let mut traces = Vec::new();
        self.each_group(|group| {
            let kept = group.records.iter().filter(|r| self.study.keeps_trace(r));
            traces.extend(kept.map(|record| KeptTrace {
                cell: record.cell,
                seed: record.seeds.seed,
                trace: record.trace.clone(),
            }));
            Ok(())
        })?;
        Ok(traces)
    }
}

pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, ResultsError> {
    let text = fs::read(path).map_err(|error| ResultsError::Io {
        path: path.to_owned(),
        error,
    })?;
    serde_json::from_slice(&text).map_err(|error| {
        let message = error.to_string();
        // The place is told in our own words.
        let end = message.rfind(" at line ").unwrap_or(message.len());
        ResultsError::Json {
            path: path.to_owned(),
            line: error.line(),
            column: error.column(),
            message: message[..end].to_owned(),
        }
    })
}
