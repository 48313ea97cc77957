//! Reading svmlight text: files in batches, batches in chunks of whole lines, chunks on all cores.

use std::collections::TryReserveError;
use std::io::{self, BufRead, BufReader, Cursor, ErrorKind, Read};
use std::path::Path;

use memchr::{memchr, memrchr};
use rayon::prelude::*;

use super::gunzip::Gunzip;
use super::rows::{BadLine, Rows};
use super::{Fault, Options, Parsed, SvmlightError};
use crate::input::Input;

/// Most bytes of a line: more than five million pairs. What is longer is no text of rows.
pub const LONGEST_LINE: usize = 1 << 26;

/// First byte of a gzip file. No line of text begins with it.
const GZIP: u8 = 0x1f;

/// The mark that some editors put at the beginning of text in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// First bytes of files that are not read, their formats, and a command that makes text of such a file.
const FOREIGN: [(&[u8], &str, &str); 8] = [
    (b"BZh", "bzip2", "bzip2 -dc"),
    (b"\xfd7zXZ\0", "xz", "xz -dc"),
    (b"\x28\xb5\x2f\xfd", "zstd", "zstd -dc"),
    (b"\x04\x22\x4d\x18", "lz4", "lz4 -dc"),
    (b"PK\x03\x04", "a zip archive", "unzip -p"),
    (b"\x1f\x9d", "compress", "gzip -dc"),
    (b"\xff\xfe", "UTF-16", "iconv -f UTF-16 -t UTF-8"),
    (b"\xfe\xff", "UTF-16", "iconv -f UTF-16 -t UTF-8"),
];

/// Bytes that tell a format.
const START: u64 = 8;

/// Bytes read at a time.
const BUFFER: usize = 1 << 16;

/// Bytes of text parsed by one thread at a time, to the end of a line: what fits its cache.
pub(super) const CHUNK: usize = 1 << 18;

/// Chunks read at a time for each thread, so that an uneven one holds up no other.
const CHUNKS_PER_THREAD: usize = 4;

/// Reads a file, plain or gzip. `Time: O(bytes)` over the threads of the current rayon pool; what is
/// kept is 12 bytes a pair and 16 a row, beside a megabyte of text a thread.
///
/// # Errors
/// The first [`SvmlightError`] met.
pub fn read(path: &Path, options: &Options) -> Result<Parsed, SvmlightError> {
    let input = Input::open(path).map_err(|error| unreadable(&Input::name_of(path), error))?;
    let name = input.name().to_owned();
    parse(&name, BufReader::with_capacity(BUFFER, input), options)
}

/// Reads text, plain or gzip; errors call it `name`.
///
/// # Errors
/// The first [`SvmlightError`] met.
pub fn parse(name: &str, reader: impl BufRead, options: &Options) -> Result<Parsed, SvmlightError> {
    let (start, reader) = with_start(reader).map_err(|error| unreadable(name, error))?;
    if start.first() != Some(&GZIP) || start.get(1) == Some(&0x9d) {
        return parse_plain(name, &start, reader, options);
    }
    let decoder = BufReader::with_capacity(BUFFER, Gunzip::new(reader));
    let parsed = match with_start(decoder) {
        Ok((start, text)) => parse_plain(name, &start, text, options),
        Err(error) => Err(unreadable(name, error)),
    };
    parsed.map_err(|error| match error {
        SvmlightError::Io { file, error } if is_malformed(&error) => {
            SvmlightError::Gzip { file, error }
        }
        other => other,
    })
}

/// The first bytes that a reader has, and a reader of all of them.
fn with_start(mut reader: impl BufRead) -> io::Result<(Vec<u8>, impl BufRead)> {
    let mut start = Vec::new();
    reader.by_ref().take(START).read_to_end(&mut start)?;
    Ok((start.clone(), Cursor::new(start).chain(reader)))
}

/// Reads what is not compressed, and begins with `start`.
fn parse_plain(
    name: &str,
    start: &[u8],
    mut reader: impl BufRead,
    options: &Options,
) -> Result<Parsed, SvmlightError> {
    if let Some((_, found, command)) = FOREIGN.iter().find(|(mark, ..)| start.starts_with(mark)) {
        return Err(SvmlightError::Format {
            file: name.to_owned(),
            found,
            command,
        });
    }
    if start.starts_with(BYTE_ORDER_MARK) {
        reader.consume(BYTE_ORDER_MARK.len());
    }
    let batch = CHUNK * CHUNKS_PER_THREAD * rayon::current_num_threads();
    parse_text(name, reader, options, batch.min(LONGEST_LINE), CHUNK)
}

fn unreadable(name: &str, error: io::Error) -> SvmlightError {
    SvmlightError::Io {
        file: name.to_owned(),
        error,
    }
}

/// Returns true if a decoder's error is about the bytes it read, not about reading them.
fn is_malformed(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::InvalidInput | ErrorKind::InvalidData | ErrorKind::UnexpectedEof
    )
}

/// Reads text in batches of about `batch` bytes, parsed in chunks of about `chunk`.
pub(super) fn parse_text(
    name: &str,
    mut reader: impl BufRead,
    options: &Options,
    batch: usize,
    chunk: usize,
) -> Result<Parsed, SvmlightError> {
    let mut rows = Rows::new(options);
    let mut parts = Vec::new();
    let mut text = Vec::new();
    let bad_line = |bad: BadLine| SvmlightError::Line {
        file: name.to_owned(),
        line: bad.line,
        column: bad.start + 1,
        fault: bad.fault,
    };
    let too_many = |rows: &Rows| SvmlightError::Memory {
        file: name.to_owned(),
        rows: rows.len(),
        bytes: rows.bytes(),
    };
    loop {
        // `text` already holds the start of a line that the last batch cut off.
        let begun = text.len();
        let read = reader.by_ref().take(batch as u64).read_to_end(&mut text);
        let at_end = matches!(read, Ok(length) if length < batch);
        // Lines that lie within a batch are no longer than it.
        let first_line = memchr(b'\n', &text[begun..]).map_or(text.len(), |end| begun + end);
        if first_line > LONGEST_LINE {
            return Err(bad_line(BadLine {
                line: rows.lines() + 1,
                start: 0,
                fault: Fault::LongLine,
            }));
        }
        let whole_lines = if at_end {
            text.len()
        } else {
            memrchr(b'\n', &text[begun..]).map_or(0, |newline| begun + newline + 1)
        };
        let lines = chunks(&text[..whole_lines], chunk);
        parts.resize_with(lines.len().max(parts.len()), || Rows::new(options));
        add_lines(&mut rows, &mut parts, &lines).map_err(|halt| match halt {
            Halt::Bad(bad) => bad_line(bad),
            Halt::NoMemory => too_many(&rows),
        })?;
        if rows.bytes() > options.most_memory {
            return Err(too_many(&rows));
        }
        // Faults in the lines before a failure to read come first.
        read.map_err(|error| unreadable(name, error))?;
        if at_end {
            break;
        }
        text.drain(..whole_lines);
    }
    rows.finish().ok_or_else(|| SvmlightError::Empty {
        file: name.to_owned(),
    })
}

/// The reason why no more lines are added.
enum Halt {
    Bad(BadLine),
    NoMemory,
}

impl From<BadLine> for Halt {
    fn from(bad: BadLine) -> Self {
        Self::Bad(bad)
    }
}

impl From<TryReserveError> for Halt {
    fn from(_: TryReserveError) -> Self {
        Self::NoMemory
    }
}

/// Adds the rows of chunks of whole lines: parsed side by side, each into a part of its own, where
/// there are threads.
fn add_lines(rows: &mut Rows, parts: &mut [Rows], chunks: &[&[u8]]) -> Result<(), Halt> {
    if rayon::current_num_threads() == 1 {
        return chunks.iter().try_for_each(|lines| {
            rows.reserve_for(lines)?;
            Ok(rows.add_lines(lines)?)
        });
    }
    let results: Vec<Result<_, TryReserveError>> = parts
        .par_iter_mut()
        .zip(chunks)
        .map(|(part, lines)| {
            part.clear();
            part.reserve_for(lines)?;
            Ok(part.add_lines(lines))
        })
        .collect();
    for ((part, lines), result) in parts.iter().zip(chunks).zip(results) {
        rows.reserve_for_part(part)?;
        rows.append(lines, part, result?)?;
    }
    Ok(())
}

/// Splits text at line ends into chunks of `size` bytes or, for the line's sake, more.
fn chunks(mut text: &[u8], size: usize) -> Vec<&[u8]> {
    let mut chunks = Vec::with_capacity(text.len() / size + 1);
    while text.len() > size {
        let Some(newline) = memchr(b'\n', &text[size..]) else {
            break;
        };
        let (chunk, rest) = text.split_at(size + newline + 1);
        chunks.push(chunk);
        text = rest;
    }
    chunks.push(text);
    chunks
}
