//! A study's directory: configuration, records, curves, traces, summary and manifest.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use sparsegrok_data::shown;
use sparsegrok_log::files::{TEMPORARY, Temporary, folder_of, resolved, sync_folder};
use sparsegrok_log::{CheckpointError, LOG, Log, Opened, Outputs, Shard, Unfinished, Work};
use sparsegrok_run::LoadError;
use sparsegrok_run::codec::to_bytes;

use crate::cell::CellSoFar;
use crate::driver::Ran;
use crate::error::StudyError;
use crate::group::Group;
use crate::logged::{logged_group, logged_groups};
use crate::manifest::{Made, Manifest};
use crate::overview::Summary;
use crate::precision::Precision;
use crate::records::RecordRow;
use crate::study::Study;
use crate::tables::{CURVES, RECORDS, SUMMARY, TRACES, Tables, write, write_json};

/// The file a study's directory is known by.
pub(crate) const CONFIGURATION: &str = "study.toml";
/// File name of the manifest: the circumstances in which the study was run.
pub(crate) const MANIFEST: &str = "manifest.json";

/// Folder in the directory that holds the unfinished work.
pub(crate) const UNFINISHED: &str = "unfinished";
/// Folder in the directory that may hold a report on the study.
const REPORT: &str = "report";

/// The reason why a study's directory could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// The directory exists already.
    #[error("{}: exists already, and is replaced only by force", shown(path))]
    Exists {
        /// The directory.
        path: PathBuf,
    },
    /// The directory holds a study that was interrupted.
    #[error(
        "{}: holds an unfinished study: expected to be resumed, or replaced by force",
        shown(path)
    )]
    Unfinished {
        /// The directory.
        path: PathBuf,
    },
    /// The directory to be replaced is not a study's.
    #[error(
        "{}: not replaced, as it holds no study: expected a directory with `{CONFIGURATION}`, or an empty one",
        shown(path)
    )]
    NoStudy {
        /// The path that was to be replaced.
        path: PathBuf,
    },
    /// The directory to be resumed is not a study's.
    #[error(
        "{}: nothing to resume: expected the directory of a study",
        shown(path)
    )]
    Nothing {
        /// The path that was to be resumed.
        path: PathBuf,
    },
    /// Unfinished work could not be kept or resumed.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The data could not be had.
    #[error(transparent)]
    Data(#[from] LoadError),
    /// A file could not be written.
    #[error("{}: cannot be written: {error}", shown(path))]
    Io {
        /// The directory.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
}

impl DirectoryError {
    /// Tells if the machine failed, rather than what was asked for or the content of a file.
    pub fn is_failure(&self) -> bool {
        match self {
            Self::Io { .. } => true,
            Self::Checkpoint(error) => error.is_failure(),
            Self::Data(error) => error.is_failure(),
            _ => false,
        }
    }
}

/// A study's directory while it is written.
///
/// Finished groups are in the log of its folder of [unfinished work](Unfinished), and the progress of
/// groups under way lies beside the log. [`Directory::finish`] makes the tables, which are functions of the
/// log, in that folder too, and then moves everything to its final name. `study.toml`, by which a study is
/// recognized, is the first file to lose its name and the last to get it, so that no mixture is ever read
/// as a study. Until then the results of an earlier study stay.
///
/// The page `docs/formats.md` describes its files.
pub struct Directory<'s> {
    study: &'s Study,
    path: PathBuf,
    /// The directory, if it was not there before; it is removed if it stays empty.
    new: Option<Temporary>,
    unfinished: Arc<Unfinished>,
}

impl<'s> Directory<'s> {
    /// Begins a study in the directory `path`. With `replace`, an earlier study there is replaced when
    /// this one finishes.
    ///
    /// # Errors
    /// When the directory holds something that is not to be replaced, another process is writing there,
    /// or files cannot be written.
    pub fn create(path: &Path, replace: bool, study: &'s Study) -> Result<Self, DirectoryError> {
        Self::create_with(path, replace, study, Outputs::new())
    }

    /// As [`Directory::create`]; the unfinished study keeps which further outputs were asked for.
    ///
    /// # Errors
    /// As [`Directory::create`].
    pub fn create_with(
        path: &Path,
        replace: bool,
        study: &'s Study,
        outputs: Outputs,
    ) -> Result<Self, DirectoryError> {
        // A symbolic link stays a link: the directory it points to is the one replaced.
        let target = resolved(path);
        let folder = target.join(UNFINISHED);
        if Unfinished::is_there(&folder) {
            if Unfinished::is_busy(&folder) {
                return Err(CheckpointError::Busy { path: target }.into());
            }
            if !replace {
                return Err(DirectoryError::Unfinished { path: target });
            }
            Unfinished::discard(&folder)?;
        }
        check_place(path, &target, replace)?;
        let io = |error| DirectoryError::Io {
            path: path.to_owned(),
            error,
        };
        // What is kept is the sum of what was read, not of a file that may have been replaced meanwhile.
        let files = study.data_files()?;
        let new = match fs::create_dir(&target) {
            // Removing it fails, rightly, if another process has begun a study there meanwhile.
            Ok(()) => Some(Temporary::of(target.clone(), |path| fs::remove_dir(path))),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => None,
            Err(error) => return Err(io(error)),
        };
        let (config, shard) = (study.config(), study.shard());
        let unfinished = Unfinished::begin(&folder, Work::Study, config, &files, shard, outputs)?;
        // From here on no other process can begin a study here; one may have begun and finished since the
        // first check.
        check_place(path, &target, replace)?;
        sync_folder(folder_of(&target)).map_err(io)?;
        Ok(Self {
            study,
            path: target,
            new,
            unfinished: Arc::new(unfinished),
        })
    }

    /// Tells if a process is at work in a directory.
    pub(crate) fn is_busy(path: &Path) -> bool {
        Unfinished::is_busy(&path.join(UNFINISHED))
    }

    /// Tells if a directory holds an unfinished study.
    pub fn is_unfinished(path: &Path) -> bool {
        Unfinished::is_there(&path.join(UNFINISHED))
    }

    /// Opens the unfinished work in the directory of a study; `None` if the study is complete.
    ///
    /// # Errors
    /// When the directory holds no study, another process is writing there, or the work cannot be read.
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

    /// Checks that the complete study in a directory is the same as another one.
    ///
    /// # Errors
    /// When the directory holds no study with a log, or one that would have other results; the error names the key.
    pub fn check_complete(path: &Path, study: &Study) -> Result<(), DirectoryError> {
        let Opened { header, .. } = Log::open_to_read(&path.join(LOG))?;
        header.check(study.config(), &study.data_files()?, path)?;
        let shard = |shard: Option<Shard>| match shard {
            Some(shard) => shard.to_string(),
            None => "not set".to_owned(),
        };
        match header.shard == study.shard() {
            true => Ok(()),
            false => Err(CheckpointError::Differs {
                path: path.to_owned(),
                key: "shard".to_owned(),
                kept: shard(header.shard),
                asked: shard(study.shard()),
            }
            .into()),
        }
    }

    /// Resumes the unfinished work of a directory.
    ///
    /// # Errors
    /// When `study` would give other results than the one that was begun (only settings of how it runs
    /// may differ), or files cannot be written.
    pub fn resume(
        path: &Path,
        unfinished: Unfinished,
        study: &'s Study,
    ) -> Result<Self, DirectoryError> {
        unfinished.check(study.config(), &study.data_files()?)?;
        Ok(Self {
            study,
            path: resolved(path),
            new: None,
            unfinished: Arc::new(unfinished),
        })
    }

    /// Trains the study's runs and shows each group to `watch`: those that were finished before, then the others in the
    /// order of [`Study::run`]. Each group is logged as soon as its team is finished, whatever the state of the others,
    /// and its progress is kept from time to time while it is under way.
    ///
    /// Setting `stop`, from any thread, ends the teams in progress at the end of an epoch, and keeps
    /// their progress.
    ///
    /// # Errors
    /// As [`Study::run`]; also when progress cannot be kept or a group cannot be written.
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

    /// The number of seeds, one past the last, that the study needs to be as precise as it is to be
    /// ([`StudySpec::until`](sparsegrok_config::StudySpec)); `None` if it is. All its runs must be there.
    /// `Time: O(log)`
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn seeds_wanting(&self) -> Result<Option<u64>, DirectoryError> {
        if self.study.spec().until.is_none() {
            return Ok(None);
        }
        let figures = &self.study.spec().figures;
        let log = self.unfinished.log();
        let mut cells: Vec<CellSoFar<'_>> = Vec::new();
        for number in logged_groups(self.study, &log) {
            let group = logged_group(self.study, &log, number)?;
            if cells.last().is_none_or(|cell| cell.number != group.cell) {
                cells.push(CellSoFar::new(self.study, group.cell));
            }
            if let Some(cell) = cells.last_mut() {
                let rows = group.records.iter().map(|r| RecordRow::of(r, figures));
                rows.for_each(|row| cell.push(&row));
            }
        }
        // Figures at the end of runs tell nothing of precision.
        let cells = cells.into_iter().map(|cell| cell.summary(Vec::new()));
        let cells: Vec<_> = cells.collect();
        Ok(Precision::of(self.study, &cells).and_then(|precision| precision.wanting))
    }

    /// Goes on with the same study of more seeds, with what is finished.
    ///
    /// # Errors
    /// When the log cannot be written anew.
    pub fn extended(mut self, to: &Study) -> Result<Directory<'_>, DirectoryError> {
        let study = self.study;
        let number = |number| {
            let (cell, seeds) = study.group(number);
            to.number_of(cell, &seeds)
        };
        if let Some(unfinished) = Arc::get_mut(&mut self.unfinished) {
            unfinished.renew(to.config(), number)?;
        }
        Ok(Directory {
            study: to,
            path: self.path.clone(),
            new: self.new.take(),
            unfinished: Arc::clone(&self.unfinished),
        })
    }

    /// The number of runs that are finished, of those of its shard.
    pub fn runs(&self) -> u64 {
        let groups = logged_groups(self.study, &self.unfinished.log());
        groups
            .into_iter()
            .map(|group| self.study.seeds_of(group))
            .sum()
    }

    /// The unfinished work in the directory.
    pub fn work(&self) -> &Unfinished {
        &self.unfinished
    }

    /// Logs a group that was trained elsewhere.
    ///
    /// # Errors
    /// When the group cannot be written.
    pub fn add(&mut self, group: &Group) -> Result<(), DirectoryError> {
        if let Some(first) = group.records.first() {
            let bytes = to_bytes(group);
            self.unfinished.add(self.study.group_of(first), &bytes)?;
        }
        Ok(())
    }

    /// Makes the tables of the logged groups, gives the files their names and returns the summary. The
    /// tables of an interrupted study cover the runs that are finished, and its unfinished work
    /// stays. If no run is finished, the earlier content of the directory stays as it is.
    ///
    /// # Errors
    /// When a file cannot be written, or cannot get its name.
    pub fn finish(self, ran: &Ran) -> Result<Summary, DirectoryError> {
        self.finish_with(ran, || Ok(()))
    }

    /// As [`Directory::finish`]; `further` makes what is to be there beside the tables, such as a report,
    /// before the unfinished work goes: until then, resuming it makes all of it again.
    ///
    /// # Errors
    /// As [`Directory::finish`], and those of `further`.
    pub fn finish_with<E: From<DirectoryError>>(
        self,
        ran: &Ran,
        further: impl FnOnce() -> Result<(), E>,
    ) -> Result<Summary, E> {
        let (made, summary) = self.make_tables(ran)?;
        further()?;
        if made.runs == self.study.runs() {
            self.unfinished.remove().map_err(DirectoryError::from)?;
        }
        Ok(summary)
    }

    /// Makes the tables of the logged groups and gives the files their names.
    fn make_tables(&self, ran: &Ran) -> Result<(Made, Summary), DirectoryError> {
        // The log must be on the disk before tables that are made of it replace others.
        self.unfinished.sync()?;
        let folder = self.path.join(UNFINISHED);
        let (made, summary) = {
            let log = self.unfinished.log();
            let groups = logged_groups(self.study, &log);
            tables(self.study, &log, &groups, &folder)?
        };
        let fault = |error| self.fault(error);
        let manifest = Manifest::new(
            self.study,
            &made,
            (ran.threads, &ran.forms),
            self.unfinished.times(),
        );
        write_json(&folder.join(MANIFEST), &manifest).map_err(fault)?;
        let toml = self.study.config().to_toml().map_err(io::Error::other);
        let toml = toml.map_err(fault)?;
        write(&folder.join(CONFIGURATION), toml.as_bytes()).map_err(fault)?;
        if made.runs > 0 {
            self.put_in_place().map_err(fault)?;
        }
        Ok((made, summary))
    }

    fn fault(&self, error: io::Error) -> DirectoryError {
        DirectoryError::Io {
            path: self.path.clone(),
            error,
        }
    }

    /// Gives the files their names. Whenever this is interrupted, the directory holds one whole study or
    /// none.
    fn put_in_place(&self) -> io::Result<()> {
        // A directory without this file is not read as a study, so no mixture of two ever is. Nor after a
        // power failure: its name is off the disk before others change, and back after them.
        unless_missing(fs::remove_file(self.path.join(CONFIGURATION)))?;
        sync_folder(&self.path)?;
        // A report on the earlier study would be wrong for this one.
        unless_missing(fs::remove_dir_all(self.path.join(REPORT)))?;
        let folder = self.path.join(UNFINISHED);
        unless_missing(fs::remove_file(self.path.join(LOG)))?;
        // The log keeps its first name too, because an interrupted study goes on writing to it. File
        // systems without hard links get a copy.
        let log = (folder.join(LOG), self.path.join(LOG));
        if fs::hard_link(&log.0, &log.1).is_err() {
            fs::copy(&log.0, &log.1)?;
            File::open(&log.1)?.sync_all()?;
        }
        // The configuration comes last: by it the directory becomes a study again.
        for names in [
            &[RECORDS, CURVES, TRACES, SUMMARY, MANIFEST][..],
            &[CONFIGURATION],
        ] {
            for name in names {
                fs::rename(folder.join(name), self.path.join(name))?;
            }
            sync_folder(&self.path)?;
        }
        // Temporary folders of processes that were killed while they began a study here.
        for entry in fs::read_dir(&self.path)?.filter_map(Result::ok) {
            if is_temporary(&entry) {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }
}

/// Removes the unfinished work when there is nothing in it to resume.
impl Drop for Directory<'_> {
    fn drop(&mut self) {
        // What is empty then goes with `new`; results stay.
        if self.new.is_some() && !self.unfinished.is_worth_keeping() {
            let _ = self.unfinished.remove();
        }
    }
}

/// Makes the tables of the given groups of a study in a folder, one group in memory at a time.
/// `Time: O(log)`
pub(crate) fn tables(
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

impl DirectoryError {
    /// The same error, said of `path`: what it happened to has a temporary name.
    pub(super) fn of(self, path: &Path) -> Self {
        match self {
            Self::Io { error, .. } | Self::Checkpoint(CheckpointError::Io { error, .. }) => {
                let path = path.to_owned();
                Self::Io { path, error }
            }
            other => other,
        }
    }
}

/// Refuses a place that something has which is not to be replaced.
fn check_place(path: &Path, target: &Path, replace: bool) -> Result<(), DirectoryError> {
    if fs::symlink_metadata(path).is_err() || is_free(target) {
        return Ok(());
    }
    let path = path.to_owned();
    if !replace {
        return Err(DirectoryError::Exists { path });
    }
    // Nothing but a study may be replaced, so that a mistyped name costs no other files.
    match target.join(CONFIGURATION).is_file() {
        true => Ok(()),
        false => Err(DirectoryError::NoStudy { path }),
    }
}

/// Tells if a directory has nothing in it but unfinished work, and temporary files that an interruption left.
fn is_free(path: &Path) -> bool {
    let is_own = |entry: fs::DirEntry| is_temporary(&entry) || entry.file_name() == UNFINISHED;
    fs::read_dir(path).is_ok_and(|entries| entries.flatten().all(is_own))
}

/// Tells if a directory is empty but for temporary files that an interruption left.
pub(super) fn is_empty(path: &Path) -> bool {
    fs::read_dir(path).is_ok_and(|entries| entries.flatten().all(|entry| is_temporary(&entry)))
}

fn is_temporary(entry: &fs::DirEntry) -> bool {
    let name = entry.file_name();
    name.to_string_lossy().starts_with(TEMPORARY)
}
