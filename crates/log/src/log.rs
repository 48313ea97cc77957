//! The log: the header a study was begun with, then each group of its runs in the order of finishing.
//!
//! It is the one complete record of a study, and only grows; records, curves, traces and the summary
//! are functions of it. A group's frame holds its number, the time spent so far and the group as bytes.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::bytes::{Decoder, Encoder};
use crate::error::{CheckpointError, Damage};
use crate::frames::{self, Frames};
use crate::header::Header;

/// The name of a study's log.
pub const LOG: &str = "runs.log";

/// First byte of a frame's content: a header or a group.
const HEADER: u8 = b'h';
const GROUP: u8 = b'g';

/// Least time from one forced write to the disk to the next. A process that ends loses nothing it
/// has written; a power failure can lose what was not forced.
const BETWEEN_SYNCS: Duration = Duration::from_secs(1);

/// A log that is open to be read, or added to.
#[derive(Debug)]
pub struct Log {
    name: PathBuf,
    file: File,
    end: u64,
    /// The offset at which the frame of each group begins.
    places: BTreeMap<u64, u64>,
    synced: Instant,
}

/// An opened log, with what it holds beside its groups.
#[derive(Debug)]
pub struct Opened {
    /// The log itself.
    pub log: Log,
    /// The header of the work.
    pub header: Header,
    /// CRC-32 of the header: it ties the files of groups under way to this log.
    pub(crate) fingerprint: u32,
    /// Time spent until the last group was added, in seconds.
    pub seconds: f64,
    /// The damage of frames that are not whole.
    pub damage: Option<Damage>,
}

impl Log {
    /// Writes a log without groups into a folder; returns its length and the header's CRC-32.
    pub(crate) fn create(folder: &Path, header: &Header) -> io::Result<(u64, u32)> {
        let text = toml::to_string(header).map_err(io::Error::other)?;
        let content = [&[HEADER], text.as_bytes()].concat();
        let mut bytes = frames::preamble();
        // The header is written twice: if a bit flips in one copy, the other is whole.
        frames::write(&mut bytes, &content, &[])?;
        frames::write(&mut bytes, &content, &[])?;
        let mut file = File::create_new(folder.join(LOG))?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        Ok((bytes.len() as u64, crc32fast::hash(&content)))
    }

    /// Begins a log in a folder, to add groups to.
    ///
    /// # Errors
    /// When its file exists already or cannot be written.
    pub fn begin(folder: &Path, header: &Header) -> io::Result<Self> {
        let (end, _) = Self::create(folder, header)?;
        Self::new(folder, end)
    }

    /// Opens the log just created, of this length.
    pub(crate) fn new(folder: &Path, end: u64) -> io::Result<Self> {
        let name = folder.join(LOG);
        let file = OpenOptions::new().read(true).write(true).open(&name)?;
        Ok(Self::of_file(name, file, end))
    }

    fn of_file(name: PathBuf, file: File, end: u64) -> Self {
        Self {
            name,
            file,
            end,
            places: BTreeMap::new(),
            synced: Instant::now(),
        }
    }

    /// Opens a log to add to it, and cuts off a group that was partly written at the end.
    /// `Time: O(file)`
    pub(crate) fn open(folder: &Path) -> Result<Opened, CheckpointError> {
        let log = Self::new(folder, 0).map_err(|error| match error.kind() {
            ErrorKind::NotFound => CheckpointError::Nothing {
                path: folder.to_owned(),
            },
            _ => CheckpointError::io(&folder.join(LOG))(error),
        })?;
        let opened = log.read()?;
        let Log {
            file, end, name, ..
        } = &opened.log;
        // The next group is written at the end, and half a frame before it would be damage for ever.
        file.set_len(*end).map_err(CheckpointError::io(name))?;
        Ok(opened)
    }

    /// Opens a log that is only read. `Time: O(file)`
    ///
    /// # Errors
    /// When the file cannot be read, or neither copy of its header is whole.
    pub fn open_to_read(path: &Path) -> Result<Opened, CheckpointError> {
        let file = File::open(path).map_err(CheckpointError::io(path))?;
        Self::of_file(path.to_owned(), file, 0).read()
    }

    fn read(mut self) -> Result<Opened, CheckpointError> {
        let name = self.name.clone();
        let io = CheckpointError::io(&name);
        let mut frames = Frames::open(&self.file)
            .map_err(&io)?
            .map_err(|damage| self.damaged(damage))?;
        let (mut header, mut seconds, mut damage) = (None, 0.0_f64, None);
        while let Some(frame) = frames.next().map_err(&io)? {
            let frame = match frame {
                Ok(frame) => frame,
                // A damaged frame costs its own group alone, which is trained again.
                Err(found) => {
                    damage.get_or_insert(found);
                    continue;
                }
            };
            // New groups are added after the last whole frame.
            self.end = frames.at();
            if let Some(group) = Frame::read(&frame.content) {
                self.places.insert(group.number, frame.at);
                // Each group carries the time spent so far, so the latest one tells the total.
                seconds = group.seconds.max(seconds);
            } else if let Some((&HEADER, text)) = frame.content.split_first() {
                let text = std::str::from_utf8(text).ok();
                let parsed = text.and_then(|text| toml::from_str::<Header>(text).ok());
                header = parsed.map(|header| (header, crc32fast::hash(&frame.content)));
            } else {
                return Err(self.damaged(Damage::Unfit));
            }
        }
        // The frames borrow the file, which moves into the result.
        drop(frames);
        let Some((header, fingerprint)) = header else {
            return Err(self.damaged(damage.unwrap_or(Damage::Unfit)));
        };
        Ok(Opened {
            log: self,
            header,
            fingerprint,
            seconds,
            damage,
        })
    }

    /// Path of the log's file.
    pub fn name(&self) -> &Path {
        &self.name
    }

    /// Number of groups in the log.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Tells if it holds no group.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The numbers of the groups, ascending.
    pub fn numbers(&self) -> impl Iterator<Item = u64> + '_ {
        self.places.keys().copied()
    }

    /// Tells if it holds a group.
    pub fn contains(&self, number: u64) -> bool {
        self.places.contains_key(&number)
    }

    /// Reads the bytes of a group, `None` if it is not there.
    ///
    /// # Errors
    /// When the file cannot be read, or changed since it was opened.
    pub fn get(&self, number: u64) -> Result<Option<Vec<u8>>, CheckpointError> {
        let Some(&at) = self.places.get(&number) else {
            return Ok(None);
        };
        // A reader of its own: a study may be adding groups to the file all the while.
        let content = match Frames::open(&self.file) {
            Ok(Ok(mut frames)) => frames.frame_at(at),
            Ok(Err(damage)) => Ok(Err(damage)),
            Err(error) => Err(error),
        };
        let content = content.map_err(CheckpointError::io(&self.name))?;
        let group = content.and_then(|mut content| {
            let group = Frame::read(&content).ok_or(Damage::Unfit)?.group.len();
            content.drain(..content.len() - group);
            Ok(content)
        });
        group.map(Some).map_err(|damage| self.damaged(damage))
    }

    /// Adds a finished group; `spent` is the time spent on the whole work so far.
    ///
    /// # Errors
    /// When the file cannot be written. A group that was partly written is cut off again.
    pub fn add(
        &mut self,
        number: u64,
        spent: Duration,
        group: &[u8],
    ) -> Result<(), CheckpointError> {
        let mut head = Encoder(vec![GROUP]);
        head.u64(number);
        head.f64(spent.as_secs_f64());
        let mut write = || -> io::Result<u64> {
            self.file.seek(SeekFrom::Start(self.end))?;
            let length = frames::write(&mut self.file, &head.0, group).inspect_err(|_| {
                // Truncate a partially written frame.
                let _ = self.file.set_len(self.end);
            })?;
            // Forcing every group of a study with short runs would take longer than training them.
            if self.synced.elapsed() >= BETWEEN_SYNCS {
                self.file.sync_data()?;
                self.synced = Instant::now();
            }
            Ok(length)
        };
        let length = write().map_err(CheckpointError::io(&self.name))?;
        self.places.insert(number, self.end);
        self.end += length;
        Ok(())
    }

    /// Gives its file another name, in place of a file that has it.
    pub(crate) fn rename(&mut self, name: PathBuf) -> io::Result<()> {
        fs::rename(&self.name, &name)?;
        self.name = name;
        Ok(())
    }

    /// Forces all added groups to the disk.
    ///
    /// # Errors
    /// Those of the system.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    /// The error that the log is not as it was written.
    pub fn damaged(&self, damage: Damage) -> CheckpointError {
        CheckpointError::Damaged {
            path: self.name.clone(),
            damage,
        }
    }
}

/// The content of a group's frame.
struct Frame<'c> {
    number: u64,
    seconds: f64,
    group: &'c [u8],
}

impl<'c> Frame<'c> {
    fn read(content: &'c [u8]) -> Option<Self> {
        let (&GROUP, rest) = content.split_first()? else {
            return None;
        };
        let mut rest = Decoder(rest);
        Some(Self {
            number: rest.u64()?,
            seconds: rest.f64()?,
            group: rest.0,
        })
    }
}
