//! A study's directory: configuration, records, curves, traces, summary and manifest.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde::Serialize;

use crate::checkpoint::{CheckpointError, Unfinished, Work};
use crate::files::{TEMPORARY, sync_folder};
use crate::study::Study;
use crate::study::curves::{self, Series};
use crate::study::driver::{Ran, StudyError};
use crate::study::group::Group;
use crate::study::manifest::{Kernels, Manifest};
use crate::study::overview::{CellSummary, Summary, Tally};
use crate::study::records::{self, RecordRow};
use crate::study::traces;

/// The file a study's directory is known by.
pub(super) const CONFIGURATION: &str = "study.toml";
/// A row a run.
pub(super) const RECORDS: &str = "records.csv";
/// A row an evaluated epoch of a cell.
pub(super) const CURVES: &str = "curves.csv";
/// A row an evaluated epoch of a run.
pub(super) const TRACES: &str = "traces.csv";
/// What became of each cell.
pub(super) const SUMMARY: &str = "summary.json";
/// How it was run.
pub(super) const MANIFEST: &str = "manifest.json";

/// The folder in it that holds its unfinished work.
pub(super) const UNFINISHED: &str = "unfinished";
/// The folder in it that may hold a report on it.
const REPORT: &str = "report";

/// Why a study's directory could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// The directory is there already.
    #[error("{}: exists already, and is replaced only by force", path.display())]
    Exists {
        /// The directory.
        path: PathBuf,
    },
    /// The directory holds a study that was interrupted.
    #[error("{}: holds an unfinished study: expected to be resumed, or replaced by force", path.display())]
    Unfinished {
        /// The directory.
        path: PathBuf,
    },
    /// What is to be replaced is not a study's directory.
    #[error("{}: not replaced, as it holds no study: expected a directory with `{CONFIGURATION}`, or an empty one", path.display())]
    NoStudy {
        /// What is there.
        path: PathBuf,
    },
    /// What is to be resumed is not a study's directory.
    #[error("{}: nothing to resume: expected the directory of a study", path.display())]
    Nothing {
        /// What is there.
        path: PathBuf,
    },
    /// Unfinished work could not be kept, or gone on with.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A file could not be written.
    #[error("{}: cannot be written: {error}", path.display())]
    Io {
        /// The directory.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
}

/// A study's directory while it is written.
///
/// All that is finished and under way is in its folder of [unfinished work](Unfinished), and so are
/// the files of results while they are written. [`Directory::finish`] gives them their names: `study.toml`,
/// which a study is known by, first loses its name and is the last to get it, so that no
/// mixture is ever read as a study. Until then results of an earlier study stay.
///
/// The page `docs/formats.md` describes its files.
pub struct Directory<'s> {
    study: &'s Study,
    path: PathBuf,
    /// Whether it was not there before.
    new: bool,
    unfinished: Arc<Unfinished>,
    records: BufWriter<File>,
    curves: BufWriter<File>,
    traces: BufWriter<File>,
    cell: Option<CellSoFar>,
    done: Vec<CellSummary>,
    kernels: Kernels,
    runs: u64,
    seed_steps: u64,
}

/// What is gathered of a cell until its last run.
struct CellSoFar {
    number: usize,
    series: Series,
    tally: Tally,
    runs: u64,
}

impl<'s> Directory<'s> {
    /// Begins a study in the directory `path`; a study that is there is replaced, in the end, only
    /// where `replace`.
    ///
    /// # Errors
    /// When something is there that is not to be replaced, another process is writing there, or
    /// files cannot be written.
    pub fn create(path: &Path, replace: bool, study: &'s Study) -> Result<Self, DirectoryError> {
        // A symbolic link stays: what it points to is replaced.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let folder = target.join(UNFINISHED);
        if Unfinished::is_there(&folder) {
            if Unfinished::is_busy(&folder) {
                return Err(CheckpointError::Busy { path: target }.into());
            }
            if !replace {
                return Err(DirectoryError::Unfinished { path: target });
            }
            Unfinished::discard(&folder)?;
        } else if fs::symlink_metadata(path).is_ok() && !is_empty(&target) {
            let path = path.to_owned();
            if !replace {
                return Err(DirectoryError::Exists { path });
            }
            if !target.join(CONFIGURATION).is_file() {
                return Err(DirectoryError::NoStudy { path });
            }
        }
        let io = |error| DirectoryError::Io {
            path: path.to_owned(),
            error,
        };
        let new = match fs::create_dir(&target) {
            Ok(()) => true,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => false,
            Err(error) => return Err(io(error)),
        };
        let begun = Unfinished::begin(&folder, Work::Study, study.config());
        let begun = begun.map_err(DirectoryError::from);
        begun
            .and_then(|unfinished| Self::with(target.clone(), new, unfinished, study).map_err(io))
            .inspect_err(|_| {
                if new {
                    // Another process may have begun there.
                    let _ = fs::remove_dir(&target);
                }
            })
    }

    /// Whether a directory holds an unfinished study.
    pub fn is_unfinished(path: &Path) -> bool {
        Unfinished::is_there(&path.join(UNFINISHED))
    }

    /// The unfinished work in the directory of a study; `None` where the study is complete.
    ///
    /// # Errors
    /// When no study is there, another process is writing there, or the work cannot be read.
    pub fn unfinished(path: &Path) -> Result<Option<Unfinished>, DirectoryError> {
        let folder = path.join(UNFINISHED);
        if Unfinished::is_there(&folder) {
            return Ok(Some(Unfinished::open(&folder, Work::Study)?));
        }
        if path.join(CONFIGURATION).is_file() {
            return Ok(None);
        }
        Err(DirectoryError::Nothing {
            path: path.to_owned(),
        })
    }

    /// Goes on with the unfinished work of a directory.
    ///
    /// # Errors
    /// When it is of another study, which may only run otherwise, or files cannot be written.
    pub fn resume(
        path: &Path,
        unfinished: Unfinished,
        study: &'s Study,
    ) -> Result<Self, DirectoryError> {
        unfinished.check(study.config())?;
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        Self::with(target, false, unfinished, study).map_err(|error| DirectoryError::Io {
            path: path.to_owned(),
            error,
        })
    }

    fn with(
        path: PathBuf,
        new: bool,
        unfinished: Unfinished,
        study: &'s Study,
    ) -> io::Result<Self> {
        let folder = path.join(UNFINISHED);
        let open = |name| File::create(folder.join(name)).map(BufWriter::new);
        let mut directory = Self {
            study,
            new,
            unfinished: Arc::new(unfinished),
            records: open(RECORDS)?,
            curves: open(CURVES)?,
            traces: open(TRACES)?,
            cell: None,
            done: Vec::new(),
            kernels: Kernels::default(),
            runs: 0,
            seed_steps: 0,
            path,
        };
        directory.write_headers()?;
        Ok(directory)
    }

    /// Trains the study's runs and adds them, in its order; `watch` looks on. Each group is kept when
    /// it is finished, whatever others do, and while it is under way from time to time.
    ///
    /// Setting `stop`, from anywhere, ends groups in progress at the end of an epoch, when they are
    /// kept; what was added is then the beginning of the study, without a gap.
    ///
    /// # Errors
    /// As [`Study::run`]; when something cannot be kept or written.
    pub fn run(
        &mut self,
        stop: &AtomicBool,
        mut watch: impl FnMut(&Group),
    ) -> Result<Ran, StudyError> {
        let (study, unfinished) = (self.study, Arc::clone(&self.unfinished));
        let mut added = Ok(());
        let ran = study.run_kept(Some(&unfinished), stop, |group| {
            added = self.add(&group);
            watch(&group);
            match added {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        })?;
        added?;
        Ok(ran)
    }

    /// Adds a group, the next in a study's order.
    ///
    /// # Errors
    /// When its lines cannot be written, or a cell's figures find no room in memory.
    pub fn add(&mut self, group: &Group) -> Result<(), DirectoryError> {
        self.try_add(group).map_err(|error| self.fault(error))
    }

    /// Completes the files with what was added, gives them their names and returns the summary.
    /// Unfinished work goes when it is all done. Without any run, what was there stays.
    ///
    /// # Errors
    /// When a file cannot be written, or cannot get its name.
    pub fn finish(mut self, ran: &Ran) -> Result<Summary, DirectoryError> {
        let finished = self.complete(ran).and_then(|summary| {
            if self.runs > 0 {
                self.put_in_place()?;
            }
            Ok(summary)
        });
        let summary = finished.map_err(|error| self.fault(error))?;
        if self.runs == self.study.runs() {
            self.unfinished.remove()?;
        }
        Ok(summary)
    }

    fn fault(&self, error: io::Error) -> DirectoryError {
        DirectoryError::Io {
            path: self.path.clone(),
            error,
        }
    }

    fn write_headers(&mut self) -> io::Result<()> {
        records::write_header(self.study, &mut self.records)?;
        curves::write_header(self.study, &mut self.curves)?;
        traces::write_header(self.study, &mut self.traces)
    }

    fn try_add(&mut self, group: &Group) -> io::Result<()> {
        if self
            .cell
            .as_ref()
            .is_none_or(|cell| cell.number != group.cell)
        {
            self.finish_cell()?;
            self.cell = Some(CellSoFar::new(self.study, group.cell)?);
        }
        self.kernels.count(group);
        self.seed_steps += group.seed_steps;
        self.runs += group.records.len() as u64;
        let spec = self.study.spec();
        for record in &group.records {
            let row = RecordRow::of(record, &spec.figures);
            records::write(&row, self.study, &mut self.records)?;
            if let Some(cell) = &mut self.cell {
                if spec.traces.keep(cell.runs) {
                    traces::write(record, &spec.figures, &mut self.traces)?;
                }
                cell.series.push(record);
                cell.tally.push(&row);
                cell.runs += 1;
            }
        }
        let seeds = spec.seeds.len();
        if self.cell.as_ref().is_some_and(|cell| cell.runs == seeds) {
            self.finish_cell()?;
        }
        Ok(())
    }

    /// Writes what there is of the cell in progress, and frees it.
    fn finish_cell(&mut self) -> io::Result<()> {
        if let Some(cell) = self.cell.take() {
            cell.series.write(cell.number, &mut self.curves)?;
            let summary = cell
                .tally
                .finish(cell.number, &self.study.cells()[cell.number]);
            self.done.push(summary);
        }
        Ok(())
    }

    fn complete(&mut self, ran: &Ran) -> io::Result<Summary> {
        self.finish_cell()?;
        for file in [&mut self.records, &mut self.curves, &mut self.traces] {
            file.flush()?;
            file.get_ref().sync_all()?;
        }
        let folder = self.path.join(UNFINISHED);
        let toml = self.study.config().to_toml().map_err(io::Error::other)?;
        write(&folder.join(CONFIGURATION), toml.as_bytes())?;
        let summary = Summary::of(self.study, std::mem::take(&mut self.done));
        write_json(&folder.join(SUMMARY), &summary)?;
        let manifest = Manifest::new(
            self.study,
            self.kernels,
            ran.threads,
            self.runs,
            self.seed_steps,
            self.unfinished.times(),
        );
        write_json(&folder.join(MANIFEST), &manifest)?;
        Ok(summary)
    }

    /// Gives the files their names. Whenever this is interrupted, there is a study or there is none.
    fn put_in_place(&self) -> io::Result<()> {
        unless_missing(fs::remove_file(self.path.join(CONFIGURATION)))?;
        // A report on what was there before says nothing of what comes.
        unless_missing(fs::remove_dir_all(self.path.join(REPORT)))?;
        let folder = self.path.join(UNFINISHED);
        for name in [RECORDS, CURVES, TRACES, SUMMARY, MANIFEST, CONFIGURATION] {
            fs::rename(folder.join(name), self.path.join(name))?;
        }
        // What processes left that were killed while they began.
        for entry in fs::read_dir(&self.path)?.filter_map(Result::ok) {
            if is_temporary(&entry) {
                fs::remove_dir_all(entry.path())?;
            }
        }
        sync_folder(&self.path)
    }
}

/// Where nothing is worth going on from, nothing stays.
impl Drop for Directory<'_> {
    fn drop(&mut self) {
        if self.new && !self.unfinished.is_worth_keeping() {
            let _ = self.unfinished.remove();
            // Results stay, if there are any.
            let _ = fs::remove_dir(&self.path);
        }
    }
}

impl CellSoFar {
    fn new(study: &Study, number: usize) -> io::Result<Self> {
        let config = &study.cells()[number].config;
        let plan = config.evaluate.plan(config.train.epochs);
        let spec = study.spec();
        let too_many = io::ErrorKind::OutOfMemory;
        let runs = usize::try_from(spec.seeds.len()).map_err(|_| too_many)?;
        Ok(Self {
            number,
            series: Series::new(plan.epochs(), &spec.figures, runs).map_err(|_| too_many)?,
            tally: Tally::new(&spec.figures),
            runs: 0,
        })
    }
}

fn write_json(path: &Path, value: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    write(path, &text)
}

/// Writes a file, all the way to the disk.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn unless_missing(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Whether a directory holds nothing, but for what was being written when it was interrupted.
fn is_empty(path: &Path) -> bool {
    fs::read_dir(path).is_ok_and(|entries| entries.flatten().all(|entry| is_temporary(&entry)))
}

fn is_temporary(entry: &fs::DirEntry) -> bool {
    let name = entry.file_name();
    name.to_string_lossy().starts_with(TEMPORARY)
}
