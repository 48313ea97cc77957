//! The format of all files of unfinished work: a name and a version, then frames.
//!
//! A frame is a mark, the length of its content, the content, and the CRC-32 of length and content. The
//! mark lets a reader find the next frame: a damaged frame costs itself alone, and a file that was cut
//! off while a frame was being added costs that frame.

use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};

use crate::error::Damage;

/// First bytes of a file; its version follows.
const NAME: &[u8; 21] = b"sparsegrok checkpoint";

/// The version of the format, of everything in the file.
const VERSION: u32 = 3;

/// First bytes of a frame.
const MARK: &[u8; 8] = b"\xf1frame\r\n";

/// Bytes of a frame beside its content: mark, length and checksum.
const AROUND: u64 = 8 + 8 + 4;

/// Number of damaged frames after which the rest of a file is given up.
const MOST_DAMAGED: usize = 64;

/// Tells if a file that begins with these bytes is a log or another of the files of work: they suffice from 21 on.
pub fn begin_a_log(bytes: &[u8]) -> bool {
    bytes.starts_with(NAME)
}

/// The beginning of a file.
pub(crate) fn preamble() -> Vec<u8> {
    let mut bytes = NAME.to_vec();
    bytes.extend(VERSION.to_le_bytes());
    bytes
}

/// Writes a frame, whose content is `head` and then `body`; returns the frame's length. A body may be large,
/// so it is written from where it lies: a copy of it would take as much memory again.
pub(crate) fn write(to: &mut impl Write, head: &[u8], body: &[u8]) -> io::Result<u64> {
    let size = (head.len() + body.len()) as u64;
    let length = size.to_le_bytes();
    to.write_all(&[MARK, &length, head].concat())?;
    to.write_all(body)?;
    to.write_all(&checksum(&[&length, head, body]).to_le_bytes())?;
    Ok(AROUND + size)
}

fn checksum(parts: &[&[u8]]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize()
}

/// Reader of a file's frames, from the first to the last.
pub(crate) struct Frames<R> {
    from: BufReader<R>,
    at: u64,
    length: u64,
    damaged: usize,
}

/// The content of a frame, and the frame's offset in the file.
pub(crate) struct Frame {
    pub(crate) at: u64,
    pub(crate) content: Vec<u8>,
}

impl<R: Read + Seek> Frames<R> {
    /// Reads the name and the version.
    pub(crate) fn open(from: R) -> io::Result<Result<Self, Damage>> {
        let mut from = BufReader::new(from);
        let length = from.seek(SeekFrom::End(0))?;
        from.rewind()?;
        let mut name = [0; NAME.len()];
        let mut version = [0; 4];
        if let Err(damage) = read(&mut from, &mut name)? {
            return Ok(Err(damage));
        }
        if name != *NAME {
            return Ok(Err(Damage::Foreign));
        }
        if let Err(damage) = read(&mut from, &mut version)? {
            return Ok(Err(damage));
        }
        Ok(match u32::from_le_bytes(version) {
            VERSION => Ok(Self {
                from,
                at: (name.len() + version.len()) as u64,
                length,
                damaged: 0,
            }),
            found => Err(Damage::Version {
                found,
                expected: VERSION,
            }),
        })
    }

    /// Reads the next frame; `None` at the end of the file. After a damaged frame, reading goes on at
    /// the next mark.
    pub(crate) fn next(&mut self) -> io::Result<Option<Result<Frame, Damage>>> {
        // A file of nothing but damage would be searched from each of its marks, in quadratic time.
        if self.at >= self.length || self.damaged >= MOST_DAMAGED {
            return Ok(None);
        }
        let at = self.at;
        self.from.seek(SeekFrom::Start(at))?;
        let content = self.content()?;
        // The length in a damaged frame cannot be trusted, so the next frame is searched by its mark.
        match &content {
            Ok(content) => self.at += AROUND + content.len() as u64,
            Err(_) => {
                self.damaged += 1;
                self.at = self.mark_after(at)?;
            }
        }
        Ok(Some(content.map(|content| Frame { at, content })))
    }

    /// The offset at which the next frame is looked for: after a whole frame, its end.
    pub(crate) fn at(&self) -> u64 {
        self.at
    }

    /// Reads the frame at offset `at`, which was found there before.
    pub(crate) fn frame_at(&mut self, at: u64) -> io::Result<Result<Vec<u8>, Damage>> {
        // The file may have grown since it was opened.
        self.length = self.from.seek(SeekFrom::End(0))?;
        self.from.seek(SeekFrom::Start(at))?;
        self.at = at;
        self.content()
    }

    /// Reads the content of the frame that begins at the present offset.
    fn content(&mut self) -> io::Result<Result<Vec<u8>, Damage>> {
        let mut mark = [0; MARK.len()];
        let mut length = [0; 8];
        let mut sum = [0; 4];
        // A file that was cut off may not even have room for what is around a content.
        let room = (self.length - self.at).checked_sub(AROUND);
        let Some(room) = room else {
            return Ok(Err(Damage::Truncated));
        };
        self.from.read_exact(&mut mark)?;
        self.from.read_exact(&mut length)?;
        if mark != *MARK {
            return Ok(Err(Damage::Checksum));
        }
        let size = u64::from_le_bytes(length);
        // A damaged length must not make us allocate more than the file holds.
        if size > room {
            return Ok(Err(Damage::Truncated));
        }
        let mut content = vec![0; size as usize];
        self.from.read_exact(&mut content)?;
        self.from.read_exact(&mut sum)?;
        if checksum(&[&length, &content]) != u32::from_le_bytes(sum) {
            return Ok(Err(Damage::Checksum));
        }
        Ok(Ok(content))
    }

    /// The offset of the first mark after the one at `at`; the end of the file if there is none.
    fn mark_after(&mut self, at: u64) -> io::Result<u64> {
        // From the byte after `at`: a damaged frame may itself contain the mark of a whole one.
        self.from.seek(SeekFrom::Start(at + 1))?;
        let mut window = [0; MARK.len()];
        for (behind, byte) in (at + 2..).zip(self.from.by_ref().bytes()) {
            window.rotate_left(1);
            window[MARK.len() - 1] = byte?;
            if window == *MARK {
                return Ok(behind - MARK.len() as u64);
            }
        }
        Ok(self.length)
    }
}

/// Fills `bytes`. A file that ends too early is damage of the file, not a failure to read it.
fn read(from: &mut impl Read, bytes: &mut [u8]) -> io::Result<Result<(), Damage>> {
    match from.read_exact(bytes) {
        Ok(()) => Ok(Ok(())),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(Err(Damage::Truncated)),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn file() -> Vec<u8> {
        let mut bytes = preamble();
        for (head, body) in [(&b"o"[..], &b"ne"[..]), (b"", b""), (b"", &[7; 300])] {
            let begun = bytes.len();
            let written = write(&mut bytes, head, body).unwrap();
            assert_eq!(written, (bytes.len() - begun) as u64);
        }
        bytes
    }

    /// The contents that can be read, and true if anything is damaged.
    fn contents(bytes: &[u8]) -> Result<(Vec<Vec<u8>>, bool), Damage> {
        let mut frames = Frames::open(Cursor::new(bytes)).unwrap()?;
        let (mut found, mut damaged) = (Vec::new(), false);
        while let Some(frame) = frames.next().unwrap() {
            match frame {
                Ok(frame) => found.push(frame.content),
                Err(_) => damaged = true,
            }
        }
        Ok((found, damaged))
    }

    #[test]
    fn frames_are_read_as_they_were_written() {
        let (found, damaged) = contents(&file()).unwrap();
        assert_eq!(found, [b"one".to_vec(), Vec::new(), vec![7; 300]]);
        assert!(!damaged);
    }

    #[test]
    fn whatever_bit_flips_other_frames_are_there() {
        let (good, _) = contents(&file()).unwrap();
        let preamble = preamble().len();
        for bit in 0..8 * file().len() {
            let mut bytes = file();
            bytes[bit / 8] ^= 1 << (bit % 8);
            match contents(&bytes) {
                Err(damage) => {
                    let named = matches!(damage, Damage::Foreign | Damage::Version { .. });
                    assert!(named && bit / 8 < preamble, "bit {bit}: {damage:?}");
                }
                Ok((found, damaged)) => {
                    assert!(damaged, "bit {bit}");
                    assert_eq!(found.len(), 2, "bit {bit}");
                    assert!(found.iter().all(|content| good.contains(content)));
                }
            }
        }
    }

    #[test]
    fn wherever_a_file_is_cut_whole_frames_are_there() {
        let bytes = file();
        for end in 0..bytes.len() {
            match contents(&bytes[..end]) {
                Err(damage) => assert_eq!(damage, Damage::Truncated),
                Ok((found, damaged)) => {
                    let whole = [45, 45 + 23, 45 + 23 + 20].map(|at| at - 20);
                    assert_eq!(damaged, !whole.contains(&end), "{end}");
                    assert_eq!(
                        found.len(),
                        whole.iter().skip(1).filter(|&&w| w <= end).count()
                    );
                }
            }
        }
    }

    #[test]
    fn a_length_beyond_the_file_is_not_allocated() {
        let mut bytes = preamble();
        bytes.extend(MARK);
        bytes.extend(u64::MAX.to_le_bytes());
        bytes.extend([0; 100]);
        assert_eq!(contents(&bytes), Ok((Vec::new(), true)));
        // Many such frames end the search.
        let frames = bytes[preamble().len()..].repeat(100_000);
        bytes.extend(frames);
        assert_eq!(contents(&bytes), Ok((Vec::new(), true)));
    }
}
