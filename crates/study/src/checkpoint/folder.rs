//! The folder of unfinished work: its lock, the log of its finished groups, and those under way.

use std::collections::HashMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::header::{Header, Work};
use super::log::{LOG, Log, Opened};
use super::{CheckpointError, Damage, RunSoFar, under_way};
use crate::config::Config;
use crate::files::folder_beside;
use crate::shard::Shard;
use crate::study::Group;

/// Held by the process that writes; the system lets go of it however that ends.
const LOCK: &str = "lock";

/// A folder of work that can be interrupted, held by this process alone.
///
/// Dropped before anything in it is worth going on from, it is gone.
pub struct Unfinished {
    path: PathBuf,
    header: Header,
    /// CRC-32 of the header: what ties files to each other.
    fingerprint: u32,
    log: Mutex<Log>,
    begun: Mutex<HashMap<u64, Vec<RunSoFar>>>,
    /// Whether any group under way is kept.
    keeps: AtomicBool,
    notices: Vec<String>,
    /// Time spent on what is finished before this process took over.
    earlier: Duration,
    since: Instant,
    /// Whether this process began it.
    new: bool,
    _lock: File,
}

impl Unfinished {
    /// Begins a folder for the work of a configuration; it appears when it can be resumed.
    ///
    /// # Errors
    /// When there is one already, or files cannot be written or read.
    pub fn begin(path: &Path, work: Work, config: &Config) -> Result<Self, CheckpointError> {
        Self::begin_shard(path, work, config, None)
    }

    /// As [`Unfinished::begin`], for one shard of a study.
    pub(crate) fn begin_shard(
        path: &Path,
        work: Work,
        config: &Config,
        shard: Option<Shard>,
    ) -> Result<Self, CheckpointError> {
        let header = Header::of(work, config, shard, path)?;
        clear_remains(path);
        let io = CheckpointError::io(path);
        let begin = || -> io::Result<Self> {
            let part = folder_beside(path)?;
            let lock = File::create(part.path().join(LOCK))?;
            lock.try_lock()?;
            let (end, fingerprint) = Log::create(part.path(), &header)?;
            fs::rename(part.path(), path)?;
            let _ = part.keep();
            Ok(Self {
                path: path.to_owned(),
                header: header.clone(),
                fingerprint,
                log: Mutex::new(Log::new(path, end)?),
                begun: Mutex::default(),
                keeps: AtomicBool::new(false),
                notices: Vec::new(),
                earlier: Duration::ZERO,
                since: Instant::now(),
                new: true,
                _lock: lock,
            })
        };
        begin().map_err(|error| match error.kind() {
            // Somebody else's, who was faster.
            ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists => {
                let path = path.to_owned();
                match (Self::is_there(&path), Self::is_busy(&path)) {
                    (true, true) => CheckpointError::Busy { path },
                    (true, false) => CheckpointError::Exists { path },
                    (false, _) => io(error),
                }
            }
            _ => io(error),
        })
    }

    /// Takes over a folder, with what is kept in it.
    ///
    /// # Errors
    /// When there is nothing to resume, another process is at it, or files cannot be read or are not
    /// what was written. Of a damaged checkpoint the one before it is taken, and of a damaged group
    /// nothing, which [`Unfinished::notices`] tell.
    pub fn open(path: &Path, work: Work) -> Result<Self, CheckpointError> {
        let lock = lock(path)?;
        let Opened {
            log,
            header,
            fingerprint,
            seconds,
            damage,
        } = Log::open(path)?;
        if header.work != work {
            return Err(CheckpointError::Other {
                path: path.to_owned(),
                found: header.work,
                expected: work,
            });
        }
        let name = path.join(LOG);
        let notice = damage.map(|damage| {
            format!(
                "{}: {damage}; what is missing is trained again",
                name.display()
            )
        });
        let mut notices: Vec<String> = notice.into_iter().collect();
        let is_finished = |number| log.contains(number);
        let begun = under_way::read_all(path, fingerprint, is_finished, &mut notices);
        let begun = begun.map_err(CheckpointError::io(path))?;
        Ok(Self {
            path: path.to_owned(),
            header,
            fingerprint,
            log: Mutex::new(log),
            keeps: AtomicBool::new(!begun.is_empty()),
            begun: Mutex::new(begun),
            notices,
            earlier: Duration::try_from_secs_f64(seconds).unwrap_or_default(),
            since: Instant::now(),
            new: false,
            _lock: lock,
        })
    }

    /// Whether a folder holds work to resume.
    pub fn is_there(path: &Path) -> bool {
        path.join(LOG).is_file()
    }

    /// Takes a folder over and away, whatever is in it.
    pub(crate) fn discard(path: &Path) -> Result<(), CheckpointError> {
        let _lock = lock(path)?;
        remove(path).map_err(CheckpointError::io(path))
    }

    /// Whether another process is at a folder.
    pub(crate) fn is_busy(path: &Path) -> bool {
        let lock = File::open(path.join(LOCK));
        lock.is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)))
    }

    /// What a user should be told: files that were damaged, and what was done about it.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// The configuration it was begun with.
    ///
    /// # Errors
    /// When there is none in it that this version knows.
    pub fn config(&self) -> Result<Config, CheckpointError> {
        self.header.config(&self.path.join(LOG))
    }

    /// The shard of a study that it is, if it is one.
    pub fn shard(&self) -> Option<Shard> {
        self.header.shard
    }

    /// Checks that results of `config` are those that were begun.
    ///
    /// # Errors
    /// Where they need not be, with the key that differs: data files count by what is in them, and
    /// so does the version of this program.
    pub fn check(&self, config: &Config) -> Result<(), CheckpointError> {
        let asked = Header::of(self.header.work, config, self.header.shard, &self.path)?;
        match self.header.difference(&asked) {
            None => Ok(()),
            Some(differs) => Err(CheckpointError::Differs {
                path: self.path.clone(),
                key: differs.key,
                kept: differs.kept,
                asked: differs.asked,
            }),
        }
    }

    /// Groups that are finished, and groups that had been begun.
    pub fn counts(&self) -> (usize, usize) {
        let begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        (self.log().len(), begun.len())
    }

    /// Removes the folder: all is done.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove(&self) -> Result<(), CheckpointError> {
        remove(&self.path).map_err(CheckpointError::io(&self.path))
    }

    /// Forces the log to the disk.
    pub(crate) fn sync(&self) -> Result<(), CheckpointError> {
        let log = self.log();
        log.sync().map_err(CheckpointError::io(log.name()))
    }

    /// When it was begun, in seconds since 1970, and how long was worked on it.
    pub(crate) fn times(&self) -> (u64, Duration) {
        let spent = self.earlier.saturating_add(self.since.elapsed());
        (self.header.started_unix_seconds, spent)
    }

    /// Whether there is anything to go on from.
    pub(crate) fn is_worth_keeping(&self) -> bool {
        self.keeps.load(Ordering::Relaxed) || self.log().len() > 0
    }

    /// A group, if it is finished; its milestones are still to be found.
    pub(crate) fn finished(&self, number: u64) -> Result<Option<Group>, CheckpointError> {
        self.log().get(number)
    }

    /// That a finished group is not of this work.
    pub(crate) fn unfit_finished(&self) -> CheckpointError {
        self.log().damaged(Damage::Unfit)
    }

    /// Adds a group that is finished.
    pub(crate) fn add(&self, number: u64, group: &Group) -> Result<(), CheckpointError> {
        let (_, spent) = self.times();
        self.log().add(number, spent, group)?;
        under_way::remove(&self.path, number);
        Ok(())
    }

    /// How far a group had come when the work was interrupted.
    pub(super) fn begun(&self, number: u64) -> Option<Vec<RunSoFar>> {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.remove(&number)
    }

    /// Keeps how far a group has come; what was kept before becomes the previous one.
    pub(super) fn keep(&self, number: u64, runs: &[RunSoFar]) -> Result<(), CheckpointError> {
        under_way::write(&self.path, self.fingerprint, number, runs)
            .map_err(CheckpointError::io(&under_way::file_of(&self.path, number)))?;
        self.keeps.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// That what is kept of a group under way is not of this work.
    pub(super) fn unfit(&self, number: u64) -> CheckpointError {
        CheckpointError::Damaged {
            path: under_way::file_of(&self.path, number),
            damage: Damage::Unfit,
        }
    }

    /// The log of what is finished.
    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if self.new && !self.is_worth_keeping() && Self::is_there(&self.path) {
            let _ = self.remove();
        }
    }
}

/// Takes the lock of a folder.
fn lock(path: &Path) -> Result<File, CheckpointError> {
    let lock = File::open(path.join(LOCK)).map_err(|error| nothing_or(path, error))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(CheckpointError::Busy {
            path: path.to_owned(),
        }),
        Err(TryLockError::Error(error)) => Err(CheckpointError::io(path)(error)),
    }
}

/// That a folder is none of unfinished work, or that it cannot be read.
fn nothing_or(path: &Path, error: io::Error) -> CheckpointError {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => CheckpointError::Nothing {
            path: path.to_owned(),
        },
        _ => CheckpointError::io(path)(error),
    }
}

/// Removes a folder: last what makes it one of unfinished work, so that it is one until nothing of
/// it is missed.
fn remove(path: &Path) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_name() != LOG && entry.file_name() != LOCK {
            fs::remove_file(entry.path())?;
        }
    }
    fs::remove_file(path.join(LOG))?;
    fs::remove_file(path.join(LOCK))?;
    fs::remove_dir(path)
}

/// Removes what an interrupted removal left of a folder.
fn clear_remains(path: &Path) {
    let is_lock = |entry: fs::DirEntry| entry.file_name() == LOCK;
    let is_remains = fs::read_dir(path).is_ok_and(|entries| entries.flatten().all(is_lock));
    if is_remains && !Unfinished::is_busy(path) {
        let _ = fs::remove_file(path.join(LOCK));
        let _ = fs::remove_dir(path);
    }
}
