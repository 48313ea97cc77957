//! The folder of unfinished work: its lock, its finished groups, and those under way.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::codec::{Decoder, Encoder};
use super::frames::{self, Frames};
use super::header::{Header, Work};
use super::{CheckpointError, Fault, RunSoFar};
use crate::config::Config;
use crate::layers::Settings;
use crate::study::Group;

/// Held by the process that writes; the system lets go of it however that ends.
const LOCK: &str = "lock";

/// What the work was begun with, and every group that is finished.
const FINISHED: &str = "finished";

/// A group under way, by its number.
const GROUP: &str = "group-";

/// Ends the name of the checkpoint before the last one.
const PREVIOUS: &str = ".previous";

/// Ends the name of a file that is still being written.
const PART: &str = ".part";

/// What the content of a frame begins with.
const HEADER: u8 = b'h';
const GROUP_FINISHED: u8 = b'g';
const GROUP_UNDER_WAY: u8 = b'u';

/// Least time from one forced write of finished groups to the disk to the next. That a process
/// ends costs nothing that was written; that the power fails may cost what was not forced.
const BETWEEN_SYNCS: Duration = Duration::from_secs(1);

/// A folder of work that can be interrupted, held by this process alone.
///
/// Dropped before anything in it is worth going on from, it is gone.
pub struct Unfinished {
    path: PathBuf,
    header: Header,
    /// CRC-32 of the header: what ties files to each other.
    fingerprint: u32,
    finished: Mutex<Finished>,
    begun: Mutex<HashMap<u64, Vec<RunSoFar>>>,
    notices: Vec<String>,
    /// Time spent on what is finished before this process took over.
    earlier: Duration,
    since: Instant,
    /// Whether this process began it.
    new: bool,
    _lock: File,
}

/// The file of finished groups.
struct Finished {
    file: File,
    end: u64,
    /// Where the frame of each begins.
    places: HashMap<u64, u64>,
    /// Whether any group under way was kept.
    under_way: bool,
    synced: Instant,
}

impl Unfinished {
    /// Begins a folder for the work of a configuration; it appears when it can be resumed.
    ///
    /// # Errors
    /// When there is one already, or files cannot be written or read.
    pub fn begin(path: &Path, work: Work, config: &Config) -> Result<Self, CheckpointError> {
        let header = Header::of(work, config, path)?;
        clear_remains(path);
        let io = CheckpointError::io(path);
        let begin = || -> io::Result<Self> {
            let part = crate::files::folder_beside(path)?;
            let lock = File::create(part.path().join(LOCK))?;
            lock.try_lock()?;
            let text = toml::to_string(&header).map_err(io::Error::other)?;
            let content = [&[HEADER], text.as_bytes()].concat();
            let mut bytes = frames::preamble();
            // Twice: whatever bit flips, one of them is whole.
            frames::add(&mut bytes, &content);
            frames::add(&mut bytes, &content);
            let mut file = File::create_new(part.path().join(FINISHED))?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(part.path(), path)?;
            let _ = part.keep();
            Ok(Self {
                path: path.to_owned(),
                fingerprint: crc32fast::hash(&content),
                header: header.clone(),
                finished: Mutex::new(Finished {
                    // For reading too.
                    file: OpenOptions::new()
                        .read(true)
                        .write(true)
                        .open(path.join(FINISHED))?,
                    end: bytes.len() as u64,
                    places: HashMap::new(),
                    under_way: false,
                    synced: Instant::now(),
                }),
                begun: Mutex::default(),
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
        let io = CheckpointError::io;
        let lock = lock(path)?;
        let name = path.join(FINISHED);
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).open(&name);
        let file = file.map_err(|error| nothing_or(path, error))?;
        let Read {
            header,
            fingerprint,
            places,
            end,
            seconds,
            damaged,
        } = read_finished(&name, &file)?;
        if header.work != work {
            return Err(CheckpointError::Other {
                path: path.to_owned(),
                found: header.work,
                expected: work,
            });
        }
        // What is left of a group that was being added.
        file.set_len(end).map_err(io(&name))?;
        let mut notices: Vec<String> = damaged
            .map(|fault| {
                format!(
                    "{}: {fault}; what is missing is trained again",
                    name.display()
                )
            })
            .into_iter()
            .collect();
        let begun = read_under_way(path, fingerprint, &places, &mut notices).map_err(io(path))?;
        Ok(Self {
            path: path.to_owned(),
            header,
            fingerprint,
            finished: Mutex::new(Finished {
                file,
                end,
                places,
                under_way: !begun.is_empty(),
                synced: Instant::now(),
            }),
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
        path.join(FINISHED).is_file()
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
        let name = self.path.join(FINISHED);
        let text = toml::to_string(&self.header.config).map_err(io::Error::other);
        let settings = Settings::from_toml(&text.map_err(CheckpointError::io(&name))?, &name);
        let config = settings.and_then(|settings| settings.config());
        config.map_err(|error| CheckpointError::Config(Box::new(error)))
    }

    /// Checks that results of `config` are those that were begun.
    ///
    /// # Errors
    /// Where they need not be, with the key that differs: data files count by what is in them, and
    /// so does the version of this program.
    pub fn check(&self, config: &Config) -> Result<(), CheckpointError> {
        let asked = Header::of(self.header.work, config, &self.path)?;
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
        (self.lock_finished().places.len(), begun.len())
    }

    /// Removes the folder: all is done.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove(&self) -> Result<(), CheckpointError> {
        remove(&self.path).map_err(CheckpointError::io(&self.path))
    }

    /// When it was begun, in seconds since 1970, and how long was worked on it.
    pub(crate) fn times(&self) -> (u64, Duration) {
        let spent = self.earlier.saturating_add(self.since.elapsed());
        (self.header.started_unix_seconds, spent)
    }

    /// Whether there is anything to go on from.
    pub(crate) fn is_worth_keeping(&self) -> bool {
        let finished = self.lock_finished();
        finished.under_way || !finished.places.is_empty()
    }

    /// A group, if it is finished; its milestones are still to be found.
    pub(crate) fn finished(&self, number: u64) -> Result<Option<Group>, CheckpointError> {
        let name = self.path.join(FINISHED);
        let finished = self.lock_finished();
        let Some(&at) = finished.places.get(&number) else {
            return Ok(None);
        };
        let content = match Frames::open(&finished.file) {
            Ok(Ok(mut frames)) => frames.frame_at(at),
            Ok(Err(fault)) => Ok(Err(fault)),
            Err(error) => Err(error),
        };
        let content = content.map_err(CheckpointError::io(&name))?;
        let group = content.and_then(|content| {
            let group = FinishedFrame::read(&content).and_then(|frame| frame.group.group());
            group.ok_or(Fault::Unfit)
        });
        match group {
            Ok(group) => Ok(Some(group)),
            Err(fault) => Err(CheckpointError::Damaged { path: name, fault }),
        }
    }

    /// Adds a group that is finished.
    pub(crate) fn add(&self, number: u64, group: &Group) -> Result<(), CheckpointError> {
        let mut content = Encoder(vec![GROUP_FINISHED]);
        content.u64(number);
        content.f64(self.times().1.as_secs_f64());
        content.group(group);
        let mut frame = Vec::new();
        frames::add(&mut frame, &content.0);
        let mut finished = self.lock_finished();
        let added = finished.add(number, &frame);
        drop(finished);
        added.map_err(CheckpointError::io(&self.path.join(FINISHED)))?;
        // Where it stood is of no use any more. If it stays, nothing is lost but room.
        for end in ["", PREVIOUS] {
            let _ = fs::remove_file(self.group_file(number, end));
        }
        Ok(())
    }

    /// How far a group had come when the work was interrupted.
    pub(crate) fn begun(&self, number: u64) -> Option<Vec<RunSoFar>> {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.remove(&number)
    }

    /// Keeps how far a group has come; what was kept before becomes the previous one.
    pub(super) fn keep(&self, number: u64, runs: &[RunSoFar]) -> Result<(), CheckpointError> {
        let mut content = Encoder(vec![GROUP_UNDER_WAY]);
        content.u32(self.fingerprint);
        content.u64(number);
        content.runs(runs);
        let mut bytes = frames::preamble();
        frames::add(&mut bytes, &content.0);
        let [name, previous, part] = ["", PREVIOUS, PART].map(|end| self.group_file(number, end));
        let write = || -> io::Result<()> {
            let mut file = File::create(&part)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            match fs::rename(&name, &previous) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => fs::rename(&part, &name)?,
            }
            crate::files::sync_folder(&self.path)
        };
        write().map_err(|error| {
            let _ = fs::remove_file(&part);
            CheckpointError::io(&name)(error)
        })?;
        self.lock_finished().under_way = true;
        Ok(())
    }

    /// That what is kept of a group is not of this work.
    pub(crate) fn unfit(&self, number: u64) -> CheckpointError {
        CheckpointError::Damaged {
            path: self.group_file(number, ""),
            fault: Fault::Unfit,
        }
    }

    fn group_file(&self, number: u64, end: &str) -> PathBuf {
        self.path.join(format!("{GROUP}{number}{end}"))
    }

    fn lock_finished(&self) -> MutexGuard<'_, Finished> {
        self.finished.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if self.new && !self.is_worth_keeping() && Self::is_there(&self.path) {
            let _ = self.remove();
        }
    }
}

impl Finished {
    fn add(&mut self, number: u64, frame: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.end))?;
        if let Err(error) = self.file.write_all(frame) {
            // Half a frame is none.
            let _ = self.file.set_len(self.end);
            return Err(error);
        }
        self.places.insert(number, self.end);
        self.end += frame.len() as u64;
        if self.synced.elapsed() >= BETWEEN_SYNCS {
            self.file.sync_data()?;
            self.synced = Instant::now();
        }
        Ok(())
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
        if entry.file_name() != FINISHED && entry.file_name() != LOCK {
            fs::remove_file(entry.path())?;
        }
    }
    fs::remove_file(path.join(FINISHED))?;
    fs::remove_file(path.join(LOCK))?;
    fs::remove_dir(path)
}

/// Removes what an interrupted removal left of a folder.
fn clear_remains(path: &Path) {
    if !Unfinished::is_there(path) && !Unfinished::is_busy(path) {
        let _ = fs::remove_file(path.join(LOCK));
        // What holds anything else stays.
        let _ = fs::remove_dir(path);
    }
}

/// What a file of finished groups holds.
struct Read {
    header: Header,
    fingerprint: u32,
    places: HashMap<u64, u64>,
    /// Where the last whole frame ends.
    end: u64,
    /// Time spent until the last group.
    seconds: f64,
    /// What is wrong with frames that are not whole.
    damaged: Option<Fault>,
}

/// The content of a finished group's frame.
struct FinishedFrame<'c> {
    number: u64,
    seconds: f64,
    group: Decoder<'c>,
}

impl<'c> FinishedFrame<'c> {
    fn read(content: &'c [u8]) -> Option<Self> {
        let (&GROUP_FINISHED, rest) = content.split_first()? else {
            return None;
        };
        let mut group = Decoder(rest);
        Some(Self {
            number: group.u64()?,
            seconds: group.f64()?,
            group,
        })
    }
}

/// Reads which groups are finished. `Time: O(file)`
fn read_finished(name: &Path, file: &File) -> Result<Read, CheckpointError> {
    let damaged = |fault| CheckpointError::Damaged {
        path: name.to_owned(),
        fault,
    };
    let io = CheckpointError::io(name);
    let mut frames = Frames::open(file).map_err(&io)?.map_err(damaged)?;
    let mut header = None;
    let mut places = HashMap::new();
    let (mut end, mut seconds, mut damage) = (0, 0.0_f64, None);
    while let Some(frame) = frames.next().map_err(&io)? {
        let frame = match frame {
            Ok(frame) => frame,
            Err(fault) => {
                damage.get_or_insert(fault);
                continue;
            }
        };
        end = frames.at();
        if let Some(group) = FinishedFrame::read(&frame.content) {
            places.insert(group.number, frame.at);
            seconds = group.seconds.max(seconds);
        } else if let Some((&HEADER, text)) = frame.content.split_first() {
            let text = std::str::from_utf8(text).ok();
            let parsed = text.and_then(|text| toml::from_str::<Header>(text).ok());
            header = parsed.map(|header| (header, crc32fast::hash(&frame.content)));
        } else {
            return Err(damaged(Fault::Unfit));
        }
    }
    let Some((header, fingerprint)) = header else {
        return Err(damaged(damage.unwrap_or(Fault::Unfit)));
    };
    Ok(Read {
        header,
        fingerprint,
        places,
        end,
        seconds,
        damaged: damage,
    })
}

/// Reads how far groups have come that are not finished, and clears away what is of no use.
fn read_under_way(
    folder: &Path,
    fingerprint: u32,
    finished: &HashMap<u64, u64>,
    notices: &mut Vec<String>,
) -> io::Result<HashMap<u64, Vec<RunSoFar>>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let Some(name) = name.to_str().and_then(|name| name.strip_prefix(GROUP)) else {
            continue;
        };
        let number = name.strip_suffix(PREVIOUS).unwrap_or(name).parse();
        match number {
            Ok(number) if !finished.contains_key(&number) => numbers.push(number),
            _ => fs::remove_file(folder.join(format!("{GROUP}{name}")))?,
        }
    }
    numbers.sort_unstable();
    numbers.dedup();
    let mut begun = HashMap::new();
    for number in numbers {
        for (end, instead) in [
            ("", "the checkpoint before it is used"),
            (PREVIOUS, "its group is trained from the beginning"),
        ] {
            let name = folder.join(format!("{GROUP}{number}{end}"));
            let read = match File::open(&name) {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                file => read_group(file?, fingerprint, number)?,
            };
            match read {
                Ok(runs) => {
                    begun.insert(number, runs);
                    break;
                }
                Err(fault) => notices.push(format!("{}: {fault}; {instead}", name.display())),
            }
        }
    }
    Ok(begun)
}

/// Reads how far a group has come.
fn read_group(
    file: File,
    fingerprint: u32,
    number: u64,
) -> io::Result<Result<Vec<RunSoFar>, Fault>> {
    let mut frames = match Frames::open(file)? {
        Ok(frames) => frames,
        Err(fault) => return Ok(Err(fault)),
    };
    let content = match frames.next()? {
        Some(Ok(frame)) => frame.content,
        Some(Err(fault)) => return Ok(Err(fault)),
        None => return Ok(Err(Fault::Truncated)),
    };
    let decode = || {
        let (&GROUP_UNDER_WAY, rest) = content.split_first()? else {
            return None;
        };
        let mut rest = Decoder(rest);
        let of = (rest.u32()?, rest.u64()?);
        (of == (fingerprint, number)).then_some(rest.runs()?)
    };
    Ok(decode().ok_or(Fault::Unfit))
}
