//! A study's directory: configuration, records, curves, traces, summary and manifest.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::checkpoint::{CheckpointError, Damage, LOG, Log, Unfinished, Work};
use crate::files::{TEMPORARY, sync_folder};
use crate::study::Study;
use crate::study::driver::{Ran, StudyError};
use crate::study::group::Group;
use crate::study::manifest::Manifest;
use crate::study::overview::Summary;
use crate::study::tables::{Made, Tables, write, write_json};

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
/// What is finished is in the log of its folder of [unfinished work](Unfinished), and what is under
/// way beside it. [`Directory::finish`] makes the tables, functions of the log, in that folder too and gives
/// all of it its names: `study.toml`, which a study is known by, first loses its name and is the
/// last to get it, so that no mixture is ever read as a study. Until then results of an earlier
/// study stay.
///
/// The page `docs/formats.md` describes its files.
pub struct Directory<'s> {
    study: &'s Study,
    path: PathBuf,
    /// Tells if it was not there before.
    new: bool,
    unfinished: Arc<Unfinished>,
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
        let begun = Unfinished::begin_shard(&folder, Work::Study, study.config(), study.shard());
        let unfinished = begun.inspect_err(|_| {
            if new {
                // Another process may have begun there.
                let _ = fs::remove_dir(&target);
            }
        })?;
        Ok(Self {
            study,
            path: target,
            new,
            unfinished: Arc::new(unfinished),
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
        Ok(Self {
            study,
            path: fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()),
            new: false,
            unfinished: Arc::new(unfinished),
        })
    }

    /// Trains the study's runs; `watch` looks on, in its order. Each group is logged when it is finished,
    /// whatever others do, and kept while it is under way from time to time.
    ///
    /// Setting `stop`, from anywhere, ends groups in progress at the end of an epoch, when they are
    /// kept.
    ///
    /// # Errors
    /// As [`Study::run`]; when something cannot be kept or written.
    pub fn run(
        &mut self,
        stop: &AtomicBool,
        mut watch: impl FnMut(&Group),
    ) -> Result<Ran, StudyError> {
        let unfinished = Arc::clone(&self.unfinished);
        self.study.run_kept(Some(&unfinished), stop, |group| {
            watch(&group);
            ControlFlow::Continue(())
        })
    }

    /// Logs a group that was trained elsewhere.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add(&mut self, group: &Group) -> Result<(), DirectoryError> {
        if let Some(first) = group.records.first() {
            self.unfinished.add(self.study.group_of(first), group)?;
        }
        Ok(())
    }

    /// Makes the tables of what is logged, gives the files their names and returns the summary. An
    /// interrupted study has those of its first runs, without a gap; what is unfinished stays then. Without any run,
    /// what was there stays.
    ///
    /// # Errors
    /// When a file cannot be written, or cannot get its name.
    pub fn finish(self, ran: &Ran) -> Result<Summary, DirectoryError> {
        self.unfinished.sync()?;
        let folder = self.path.join(UNFINISHED);
        let (made, summary) = {
            let log = self.unfinished.log();
            let groups = first_groups(self.study, &log);
            tables(self.study, &log, &groups, &folder)?
        };
        let fault = |error| self.fault(error);
        let manifest = Manifest::new(self.study, &made, ran.threads, self.unfinished.times());
        write_json(&folder.join(MANIFEST), &manifest).map_err(fault)?;
        let toml = self.study.config().to_toml().map_err(io::Error::other);
        let toml = toml.map_err(fault)?;
        write(&folder.join(CONFIGURATION), toml.as_bytes()).map_err(fault)?;
        if made.runs > 0 {
            self.put_in_place().map_err(fault)?;
        }
        if made.runs == self.study.runs() {
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

    /// Gives the files their names. Whenever this is interrupted, there is a study or there is none.
    fn put_in_place(&self) -> io::Result<()> {
        unless_missing(fs::remove_file(self.path.join(CONFIGURATION)))?;
        // A report on what was there before says nothing of what comes.
        unless_missing(fs::remove_dir_all(self.path.join(REPORT)))?;
        let folder = self.path.join(UNFINISHED);
        unless_missing(fs::remove_file(self.path.join(LOG)))?;
        // A second name, as the work that is unfinished goes on in the same log.
        let log = (folder.join(LOG), self.path.join(LOG));
        if fs::hard_link(&log.0, &log.1).is_err() {
            fs::copy(&log.0, &log.1)?;
            File::open(&log.1)?.sync_all()?;
        }
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

/// The groups of a study that are logged, up to the first that is not.
pub(super) fn first_groups(study: &Study, log: &Log) -> Vec<u64> {
    study.groups().take_while(|&n| log.contains(n)).collect()
}

/// A group of a study's log, with its milestones.
pub(super) fn logged_group(
    study: &Study,
    log: &Log,
    number: u64,
) -> Result<Group, CheckpointError> {
    let unfit = || log.damaged(Damage::Unfit);
    if number >= study.all_groups() {
        return Err(unfit());
    }
    let (cell, seeds) = study.group(number);
    let config = &study.cells()[cell].config;
    let mut group = log.get(number)?.ok_or_else(unfit)?;
    if !group.fits(cell, config, seeds) {
        return Err(unfit());
    }
    for record in &mut group.records {
        record.find_milestones(&config.evaluate);
    }
    Ok(group)
}

/// Makes the tables of some of a study's groups in a folder. `Time: O(log)`
pub(super) fn tables(
    study: &Study,
    log: &Log,
    groups: &[u64],
    folder: &Path,
) -> Result<(Made, Summary), DirectoryError> {
    let io = |error| DirectoryError::Io {
        path: folder.to_owned(),
        error,
    };
    let mut tables = Tables::create(study, folder).map_err(io)?;
    for &number in groups {
        let group = logged_group(study, log, number)?;
        tables.add(&group).map_err(io)?;
    }
    tables.finish(folder).map_err(io)
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
