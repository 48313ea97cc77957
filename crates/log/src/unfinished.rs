//! The folder of unfinished work: its lock, the log of its finished groups, and files of the groups
//! under way.

use std::collections::HashMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sparsegrok_config::Config;
use sparsegrok_data::shown;

use crate::data_file::DataFile;
use crate::error::{CheckpointError, Damage};
use crate::files::{Temporary, folder_of, remove_folder, sync_folder};
use crate::header::Header;
use crate::log::{LOG, Log, Opened};
use crate::outputs::{self, OUTPUTS, Outputs};
use crate::shard::Shard;
use crate::under_way;
use crate::work::Work;

/// File that the writing process holds locked; the system releases the lock however the process ends.
const LOCK: &str = "lock";

/// A folder of work that can be interrupted, held by this process alone.
///
/// If it is dropped while there is nothing in it to resume, the folder is removed.
#[derive(Debug)]
pub struct Unfinished {
    path: PathBuf,
    header: Header,
    outputs: Outputs,
    /// CRC-32 of the header: it ties the files of groups under way to this log.
    fingerprint: u32,
    log: Mutex<Log>,
    begun: Mutex<HashMap<u64, Vec<u8>>>,
    /// True once some group under way has been kept.
    keeps: AtomicBool,
    notices: Vec<String>,
    /// Time spent on the finished groups before this process took over.
    earlier: Duration,
    since: Instant,
    /// The folder, if this process created it, until it is worth keeping.
    new: Option<Temporary>,
    /// Set once a group is being trained.
    under_way: Arc<AtomicBool>,
    _lock: File,
}

impl Unfinished {
    /// Begins a folder for the work of a configuration on data files that have been read; the folder appears when
    /// it can be resumed.
    ///
    /// # Errors
    /// When the folder exists already, or files cannot be written.
    pub fn begin(
        path: &Path,
        work: Work,
        config: &Config,
        files: &[DataFile],
        shard: Option<Shard>,
        outputs: Outputs,
    ) -> Result<Self, CheckpointError> {
        let header = Header::of(work, config, files, shard, path)?;
        // A removal that was interrupted leaves an empty shell, in the way of the rename below.
        clear_remains(path);
        let io = CheckpointError::io(path);
        let begin = || -> io::Result<Self> {
            // Prepared beside its final place and renamed, so that no other process ever sees a
            // folder without a lock or a log.
            let part = Temporary::folder_beside(path)?;
            let lock = File::create(part.path().join(LOCK))?;
            lock.try_lock()?;
            let (end, fingerprint) = Log::create(part.path(), &header)?;
            if !outputs.is_empty() {
                outputs::write(part.path(), &outputs)?;
            }
            sync_folder(part.path())?;
            part.rename(path)?;
            let new = Temporary::of(path.to_owned(), remove_folder);
            sync_folder(folder_of(path))?;
            Ok(Self {
                path: path.to_owned(),
                header: header.clone(),
                outputs: outputs.clone(),
                fingerprint,
                log: Mutex::new(Log::new(path, end)?),
                begun: Mutex::default(),
                keeps: AtomicBool::new(false),
                notices: Vec::new(),
                earlier: Duration::ZERO,
                since: Instant::now(),
                new: Some(new),
                under_way: Arc::default(),
                _lock: lock,
            })
        };
        begin().map_err(|error| match error.kind() {
            // Another process put its folder there first.
            ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists => {
                Self::refuse_other(path).err().unwrap_or_else(|| io(error))
            }
            _ => io(error),
        })
    }

    /// Takes over a folder, with the work kept in it.
    ///
    /// # Errors
    /// When there is nothing to resume, another process holds the folder, or files cannot be read or are
    /// not as they were written. Damage to single groups is no error: a damaged checkpoint is replaced by
    /// the one before it, and a damaged group is trained again, as [`Unfinished::notices`] tell.
    pub fn open(path: &Path, work: Work) -> Result<Self, CheckpointError> {
        // Locked before anything is read: a process that still writes would change it meanwhile.
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
                shown(&name)
            )
        });
        let mut notices: Vec<String> = notice.into_iter().collect();
        // A group may have been logged without its checkpoints being removed; the log counts.
        let is_finished = |number| log.contains(number);
        let begun = under_way::read_all(path, fingerprint, is_finished, &mut notices);
        let begun = begun.map_err(CheckpointError::io(path))?;
        Ok(Self {
            path: path.to_owned(),
            header,
            outputs: outputs::read(path)?,
            fingerprint,
            log: Mutex::new(log),
            keeps: AtomicBool::new(!begun.is_empty()),
            begun: Mutex::new(begun),
            notices,
            earlier: Duration::try_from_secs_f64(seconds).unwrap_or_default(),
            since: Instant::now(),
            new: None,
            under_way: Arc::default(),
            _lock: lock,
        })
    }

    /// Tells if a folder holds work to resume.
    pub fn is_there(path: &Path) -> bool {
        path.join(LOG).is_file()
    }

    /// Refuses a path for new work where other work is kept already.
    ///
    /// # Errors
    /// When it is.
    pub fn refuse_other(path: &Path) -> Result<(), CheckpointError> {
        let is_there = Self::is_there(path);
        let is_busy = Self::is_busy(path);
        let path = path.to_owned();
        match (is_there, is_busy) {
            (false, _) => Ok(()),
            (true, true) => Err(CheckpointError::Busy { path }),
            (true, false) => Err(CheckpointError::Exists { path }),
        }
    }

    /// Takes a folder over and removes it, whatever it holds.
    ///
    /// # Errors
    /// When another process holds it, or it cannot be removed.
    pub fn discard(path: &Path) -> Result<(), CheckpointError> {
        let _lock = lock(path)?;
        remove(path).map_err(CheckpointError::io(path))
    }

    /// Tells if another process holds the lock of a folder.
    pub fn is_busy(path: &Path) -> bool {
        // Trying the lock takes it for a moment where nobody has it; dropping the file frees it again.
        let lock = File::open(path.join(LOCK));
        lock.is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)))
    }

    /// Sentences for the user: which files were damaged, and how that was dealt with.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// The configuration the work was begun with.
    ///
    /// # Errors
    /// When this version does not know the configuration kept.
    pub fn config(&self) -> Result<Config, CheckpointError> {
        self.header.config(&self.path.join(LOG))
    }

    /// The files and folders that the results are to go to, as they were asked for last.
    pub fn outputs(&self) -> &Outputs {
        &self.outputs
    }

    /// Keeps other outputs from now on.
    ///
    /// # Errors
    /// When their file cannot be written.
    pub fn set_outputs(&mut self, outputs: Outputs) -> Result<(), CheckpointError> {
        if outputs != self.outputs {
            outputs::write(&self.path, &outputs).map_err(CheckpointError::io(&self.path))?;
            self.outputs = outputs;
        }
        Ok(())
    }

    /// A flag that is set once a group is being trained: until then, an interrupt finds nothing to keep.
    pub fn under_way(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.under_way)
    }

    /// The shard of a study, if the work is one.
    pub fn shard(&self) -> Option<Shard> {
        self.header.shard
    }

    /// Checks that `config` gives the same results as the configuration the work was begun with.
    ///
    /// # Errors
    /// If the results could differ; the error names the key. Data files are compared as they were read, and
    /// the version of this program counts too.
    pub fn check(&self, config: &Config, files: &[DataFile]) -> Result<(), CheckpointError> {
        self.header.check(config, files, &self.path)
    }

    /// Number of groups finished, and of groups that had been begun when the folder was opened and
    /// have not been taken up again.
    pub fn counts(&self) -> (usize, usize) {
        let begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        (self.log().len(), begun.len())
    }

    /// Makes the work that of another configuration on the same data, with the finished groups that it has in
    /// common: `number` tells the new number of each, `None` for one that is to be trained again. No group may be
    /// under way. `Time: O(log)`
    ///
    /// # Errors
    /// When the new log cannot be written; the work then stays as it was.
    pub fn renew(
        &mut self,
        config: &Config,
        number: impl Fn(u64) -> Option<u64>,
    ) -> Result<(), CheckpointError> {
        let (_, spent) = self.times();
        let path = self.path.clone();
        let io = CheckpointError::io(&path);
        let header = self.header.with_config(config).map_err(&io)?;
        let name = path.join(LOG);
        // It is complete before it takes the place of the other: at any moment there is one whole log.
        let part = Temporary::folder_beside(&name).map_err(&io)?;
        let (end, fingerprint) = Log::create(part.path(), &header).map_err(&io)?;
        let mut log = Log::new(part.path(), end).map_err(&io)?;
        {
            let old = self.log();
            for group in old.numbers() {
                if let (Some(number), Some(bytes)) = (number(group), old.get(group)?) {
                    log.add(number, spent, &bytes)?;
                }
            }
        }
        log.sync().map_err(&io)?;
        log.rename(name)
            .and_then(|()| sync_folder(&path))
            .map_err(&io)?;
        (self.header, self.fingerprint, self.log) = (header, fingerprint, Mutex::new(log));
        Ok(())
    }

    /// Removes the folder, once all is done.
    ///
    /// # Errors
    /// When the folder cannot be removed.
    pub fn remove(&self) -> Result<(), CheckpointError> {
        self.stays();
        remove(&self.path).map_err(CheckpointError::io(&self.path))
    }

    /// Forces the log to the disk.
    ///
    /// # Errors
    /// Those of the system.
    pub fn sync(&self) -> Result<(), CheckpointError> {
        let log = self.log();
        log.sync().map_err(CheckpointError::io(log.name()))
    }

    /// The time the work was begun, in seconds since 1970, and the time spent on it.
    pub fn times(&self) -> (u64, Duration) {
        let spent = self.earlier.saturating_add(self.since.elapsed());
        (self.header.started_unix_seconds, spent)
    }

    /// Tells if there is anything to resume.
    pub fn is_worth_keeping(&self) -> bool {
        self.keeps.load(Ordering::Relaxed) || !self.log().is_empty()
    }

    /// Adds a finished group, as bytes.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add(&self, number: u64, group: &[u8]) -> Result<(), CheckpointError> {
        let (_, spent) = self.times();
        self.log().add(number, spent, group)?;
        self.stays();
        // Only now: until the log has the group, its progress is all there is to resume.
        under_way::remove(&self.path, number);
        Ok(())
    }

    /// Takes out the progress that a group had made when the work was interrupted, as bytes.
    pub fn begun(&self, number: u64) -> Option<Vec<u8>> {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.remove(&number)
    }

    /// Keeps the progress of a group, as bytes; the progress kept before becomes the previous one.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&self, number: u64, progress: &[u8]) -> Result<(), CheckpointError> {
        under_way::write(&self.path, self.fingerprint, number, progress)
            .map_err(CheckpointError::io(&under_way::file_of(&self.path, number)))?;
        self.keeps.store(true, Ordering::Relaxed);
        self.stays();
        Ok(())
    }

    /// Notes that a group is being trained.
    pub fn set_under_way(&self) {
        self.under_way.store(true, Ordering::Relaxed);
    }

    /// Leaves the folder to its owner, who removes it if need be.
    fn stays(&self) {
        self.new.iter().for_each(Temporary::keep);
    }

    /// The error that the kept progress of a group does not belong to this work.
    pub fn unfit(&self, number: u64) -> CheckpointError {
        CheckpointError::Damaged {
            path: under_way::file_of(&self.path, number),
            damage: Damage::Unfit,
        }
    }

    /// The log of the finished groups.
    pub fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // A folder that was taken over stays: another process made it, and its user expects it.
        match self.new.is_some() && !self.is_worth_keeping() && Self::is_there(&self.path) {
            true => drop(self.remove()),
            false => self.stays(),
        }
    }
}

/// Takes the lock of a folder. It is an empty file, which copies of a folder may lack: where there is
/// work to resume, it is made again.
fn lock(path: &Path) -> Result<File, CheckpointError> {
    let mut options = File::options();
    let options = match Unfinished::is_there(path) {
        true => options.append(true).create(true),
        false => options.read(true),
    };
    let lock = options.open(path.join(LOCK));
    let lock = lock.map_err(|error| nothing_or(path, error))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(CheckpointError::Busy {
            path: path.to_owned(),
        }),
        Err(TryLockError::Error(error)) => Err(CheckpointError::io(path)(error)),
    }
}

/// The error for a folder that could not be opened: it holds no unfinished work, or cannot be read.
fn nothing_or(path: &Path, error: io::Error) -> CheckpointError {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => CheckpointError::Nothing {
            path: path.to_owned(),
        },
        _ => CheckpointError::io(path)(error),
    }
}

/// Removes a folder of unfinished work. By the log it is recognized, so that an interrupted removal can be
/// repeated: the log goes when nothing but what is needed to resume is there, and the rest of that after it.
fn remove(path: &Path) -> io::Result<()> {
    let mut strange = false;
    let last = [LOG, OUTPUTS, LOCK];
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            strange = true;
        } else if last.iter().all(|&name| entry.file_name() != name) {
            fs::remove_file(entry.path())?;
        }
    }
    fs::remove_file(path.join(LOG))?;
    remove_remains(path, strange)
}

/// Removes what is left of a folder without its log. A folder that somebody put there is theirs: it stays, and
/// the folder around it.
fn remove_remains(path: &Path, strange: bool) -> io::Result<()> {
    match fs::remove_file(path.join(OUTPUTS)) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => fs::remove_file(path.join(LOCK))?,
    }
    match strange {
        true => Ok(()),
        false => fs::remove_dir(path),
    }
}

/// Removes the remains of a folder whose removal was interrupted.
fn clear_remains(path: &Path) {
    // A folder with any other file is not such remains.
    let is_last = |entry: fs::DirEntry| {
        [OUTPUTS, LOCK]
            .iter()
            .any(|&name| entry.file_name() == name)
    };
    let is_remains = fs::read_dir(path).is_ok_and(|entries| entries.flatten().all(is_last));
    if is_remains && !Unfinished::is_busy(path) {
        let _ = remove_remains(path, false);
        // The lock may have gone before the folder.
        let _ = fs::remove_dir(path);
    }
}
