//! The file of finished groups: what the work was begun with, then each group as it was finished.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::codec::{Decoder, Encoder};
use super::frames::{self, Frames};
use super::header::Header;
use super::{CheckpointError, Damage};
use crate::study::Group;

/// Its name.
pub(super) const FINISHED: &str = "finished";

/// What the content of a frame begins with.
const HEADER: u8 = b'h';
const GROUP: u8 = b'g';

/// Least time from one forced write to the disk to the next. That a process ends costs nothing that
/// was written; that the power fails may cost what was not forced.
const BETWEEN_SYNCS: Duration = Duration::from_secs(1);

/// An open file of finished groups, to which groups are added.
pub(super) struct Finished {
    name: PathBuf,
    file: File,
    end: u64,
    /// Where the frame of each begins.
    places: HashMap<u64, u64>,
    synced: Instant,
}

/// What a file of finished groups holds beside them.
pub(super) struct Opened {
    pub(super) finished: Finished,
    pub(super) header: Header,
    pub(super) fingerprint: u32,
    /// Time spent until the last group was added.
    pub(super) seconds: f64,
    /// What is wrong with frames that are not whole.
    pub(super) damage: Option<Damage>,
}

impl Finished {
    /// Writes a file without groups into a folder that will have its name; returns its length and
    /// the header's CRC-32.
    pub(super) fn create(folder: &Path, header: &Header) -> io::Result<(u64, u32)> {
        let text = toml::to_string(header).map_err(io::Error::other)?;
        let content = [&[HEADER], text.as_bytes()].concat();
        let mut bytes = frames::preamble();
        // Twice: whatever bit flips, one of them is whole.
        frames::add(&mut bytes, &content);
        frames::add(&mut bytes, &content);
        let mut file = File::create_new(folder.join(FINISHED))?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        Ok((bytes.len() as u64, crc32fast::hash(&content)))
    }

    /// The file just created, of this length.
    pub(super) fn new(folder: &Path, end: u64) -> io::Result<Self> {
        let name = folder.join(FINISHED);
        Ok(Self {
            file: OpenOptions::new().read(true).write(true).open(&name)?,
            name,
            end,
            places: HashMap::new(),
            synced: Instant::now(),
        })
    }

    /// Opens a file, and cuts off what is left of a group that was being added. `Time: O(file)`
    pub(super) fn open(folder: &Path) -> Result<Opened, CheckpointError> {
        let mut finished = Self::new(folder, 0).map_err(|error| match error.kind() {
            ErrorKind::NotFound => CheckpointError::Nothing {
                path: folder.to_owned(),
            },
            _ => CheckpointError::io(&folder.join(FINISHED))(error),
        })?;
        let name = finished.name.clone();
        let io = CheckpointError::io(&name);
        let damaged = |damage| CheckpointError::Damaged {
            path: name.clone(),
            damage,
        };
        let mut frames = Frames::open(&finished.file)
            .map_err(&io)?
            .map_err(damaged)?;
        let (mut header, mut seconds, mut damage) = (None, 0.0_f64, None);
        while let Some(frame) = frames.next().map_err(&io)? {
            let frame = match frame {
                Ok(frame) => frame,
                Err(found) => {
                    damage.get_or_insert(found);
                    continue;
                }
            };
            finished.end = frames.at();
            if let Some(group) = Frame::read(&frame.content) {
                finished.places.insert(group.number, frame.at);
                seconds = group.seconds.max(seconds);
            } else if let Some((&HEADER, text)) = frame.content.split_first() {
                let text = std::str::from_utf8(text).ok();
                let parsed = text.and_then(|text| toml::from_str::<Header>(text).ok());
                header = parsed.map(|header| (header, crc32fast::hash(&frame.content)));
            } else {
                return Err(damaged(Damage::Unfit));
            }
        }
        let Some((header, fingerprint)) = header else {
            return Err(damaged(damage.unwrap_or(Damage::Unfit)));
        };
        drop(frames);
        finished.file.set_len(finished.end).map_err(&io)?;
        Ok(Opened {
            finished,
            header,
            fingerprint,
            seconds,
            damage,
        })
    }

    /// How many groups it holds.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether it holds a group.
    pub(super) fn contains(&self, number: u64) -> bool {
        self.places.contains_key(&number)
    }

    /// A group, if it is there; its milestones are still to be found.
    pub(super) fn get(&self, number: u64) -> Result<Option<Group>, CheckpointError> {
        let Some(&at) = self.places.get(&number) else {
            return Ok(None);
        };
        let content = match Frames::open(&self.file) {
            Ok(Ok(mut frames)) => frames.frame_at(at),
            Ok(Err(damage)) => Ok(Err(damage)),
            Err(error) => Err(error),
        };
        let content = content.map_err(CheckpointError::io(&self.name))?;
        let group = content.and_then(|content| {
            let group = Frame::read(&content).and_then(|frame| frame.group.group());
            group.ok_or(Damage::Unfit)
        });
        group.map(Some).map_err(|damage| self.damaged(damage))
    }

    /// Adds a group that was finished after so much time spent on all.
    pub(super) fn add(
        &mut self,
        number: u64,
        spent: Duration,
        group: &Group,
    ) -> Result<(), CheckpointError> {
        let mut content = Encoder(vec![GROUP]);
        content.u64(number);
        content.f64(spent.as_secs_f64());
        content.group(group);
        let mut frame = Vec::new();
        frames::add(&mut frame, &content.0);
        let mut write = || -> io::Result<()> {
            self.file.seek(SeekFrom::Start(self.end))?;
            self.file.write_all(&frame).inspect_err(|_| {
                // Half a frame is none.
                let _ = self.file.set_len(self.end);
            })?;
            if self.synced.elapsed() >= BETWEEN_SYNCS {
                self.file.sync_data()?;
                self.synced = Instant::now();
            }
            Ok(())
        };
        write().map_err(CheckpointError::io(&self.name))?;
        self.places.insert(number, self.end);
        self.end += frame.len() as u64;
        Ok(())
    }

    /// That the file is not what was written.
    pub(super) fn damaged(&self, damage: Damage) -> CheckpointError {
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
    group: Decoder<'c>,
}

impl<'c> Frame<'c> {
    fn read(content: &'c [u8]) -> Option<Self> {
        let (&GROUP, rest) = content.split_first()? else {
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
