//! Reading svmlight text: files in batches, batches in chunks of whole lines, chunks on all cores.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use memchr::{memchr, memrchr};
use rayon::prelude::*;

use super::rows::{BadLine, Rows};
use super::{Options, Parsed, SvmlightError};

/// First byte of a gzip file. No line of text begins with it.
const GZIP: u8 = 0x1f;

/// Bytes read at a time.
const BUFFER: usize = 1 << 16;

/// Bytes of text parsed by one thread at a time, to the end of a line: what fits its cache.
const CHUNK: usize = 1 << 18;

/// Chunks read at a time for each thread, so that an uneven one holds up no other.
const CHUNKS_PER_THREAD: usize = 4;

/// Reads a file, plain or gzip. `Time: O(bytes)` over the threads of the current rayon pool; what is
/// kept is 12 bytes a pair and 16 a row, beside a megabyte of text a thread.
///
/// # Errors
/// The first [`SvmlightError`] met.
pub fn read(path: &Path, options: &Options) -> Result<Parsed, SvmlightError> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|error| unreadable(&name, error))?;
    parse(&name, BufReader::with_capacity(BUFFER, file), options)
}

/// Reads text, plain or gzip; errors call it `name`.
///
/// # Errors
/// The first [`SvmlightError`] met.
pub fn parse(
    name: &str,
    mut reader: impl BufRead,
    options: &Options,
) -> Result<Parsed, SvmlightError> {
    let batch = CHUNK * CHUNKS_PER_THREAD * rayon::current_num_threads();
    let start = reader.fill_buf().map_err(|error| unreadable(name, error))?;
    if start.first() != Some(&GZIP) {
        return parse_text(name, reader, options, batch, CHUNK);
    }
    let decoder = BufReader::with_capacity(BUFFER, MultiGzDecoder::new(reader));
    parse_text(name, decoder, options, batch, CHUNK).map_err(|error| match error {
        SvmlightError::Io { file, error } if is_malformed(&error) => {
            SvmlightError::Gzip { file, error }
        }
        other => other,
    })
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
    loop {
        // `text` already holds the start of a line that the last batch cut off.
        let begun = text.len();
        let read = reader.by_ref().take(batch as u64).read_to_end(&mut text);
        let at_end = matches!(read, Ok(length) if length < batch);
        let whole_lines = if at_end {
            text.len()
        } else {
            memrchr(b'\n', &text[begun..]).map_or(0, |newline| begun + newline + 1)
        };
        let lines = chunks(&text[..whole_lines], chunk);
        parts.resize_with(lines.len().max(parts.len()), || Rows::new(options));
        add_lines(&mut rows, &mut parts, &lines).map_err(|bad| SvmlightError::Line {
            file: name.to_owned(),
            line: bad.line,
            column: bad.start + 1,
            fault: bad.fault,
        })?;
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

/// Adds the rows of chunks of whole lines: parsed side by side, each into a part of its own, where
/// there are threads.
fn add_lines(rows: &mut Rows, parts: &mut [Rows], chunks: &[&[u8]]) -> Result<(), BadLine> {
    if rayon::current_num_threads() == 1 {
        return chunks.iter().try_for_each(|lines| rows.add_lines(lines));
    }
    let results: Vec<_> = parts
        .par_iter_mut()
        .zip(chunks)
        .map(|(part, lines)| {
            part.clear();
            part.add_lines(lines)
        })
        .collect();
    for ((part, lines), result) in parts.iter().zip(chunks).zip(results) {
        rows.append(lines, part, result)?;
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
