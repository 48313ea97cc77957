//! Reading svmlight text.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::{Fault, Labels, Options, Parsed, SvmlightError};
use crate::csr::Csr;
use crate::dataset::TargetKind;
use crate::number::parse_number;

/// First byte of a gzip file. No line of text begins with it.
const GZIP: u8 = 0x1f;

/// Bytes read at a time.
const BUFFER: usize = 1 << 16;

/// Bytes of the input that an error quotes.
const QUOTED: usize = 40;

/// Reads a file, plain or gzip. `Time: O(bytes)`; what is kept is 12 bytes a pair and 16 a row.
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
    let start = reader.fill_buf().map_err(|error| unreadable(name, error))?;
    if start.first() != Some(&GZIP) {
        return parse_text(name, reader, options);
    }
    let decoder = BufReader::with_capacity(BUFFER, MultiGzDecoder::new(reader));
    parse_text(name, decoder, options).map_err(|error| match error {
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

/// Whether a decoder's error is about what it read, not about reading.
fn is_malformed(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::InvalidInput | ErrorKind::InvalidData | ErrorKind::UnexpectedEof
    )
}

fn parse_text(
    name: &str,
    mut reader: impl BufRead,
    options: &Options,
) -> Result<Parsed, SvmlightError> {
    let file = || name.to_owned();
    let mut rows = Rows::new(options);
    let mut text = Vec::new();
    for line in 1.. {
        text.clear();
        let length = reader.read_until(b'\n', &mut text);
        if length.map_err(|error| unreadable(name, error))? == 0 {
            break;
        }
        rows.add(&text)
            .map_err(|(start, fault)| SvmlightError::Line {
                file: file(),
                line,
                column: start + 1,
                fault,
            })?;
    }
    if rows.targets.is_empty() {
        return Err(SvmlightError::Empty { file: file() });
    }
    Ok(rows.finish())
}

/// A fault, and the position of its first byte in the line.
type Located = (usize, Fault);

/// The rows read so far.
struct Rows {
    targets: Vec<f64>,
    kind: TargetKind,
    /// The label other than 1 met so far: −1 or 0.
    low: Option<f64>,
    indptr: Vec<usize>,
    indices: Vec<u32>,
    values: Vec<f64>,
    columns: usize,
    /// The first column's index: 0 or 1.
    base: u64,
}

impl Rows {
    fn new(options: &Options) -> Self {
        Self {
            targets: Vec::new(),
            kind: options.targets,
            low: None,
            indptr: vec![0],
            indices: Vec::new(),
            values: Vec::new(),
            columns: 0,
            base: u64::from(!options.zero_based),
        }
    }

    /// Adds the row that a line holds, if it holds one.
    fn add(&mut self, line: &[u8]) -> Result<(), Located> {
        let comment = line.iter().position(|&byte| byte == b'#');
        let mut tokens = Tokens {
            line: &line[..comment.unwrap_or(line.len())],
            at: 0,
        }
        .peekable();
        let Some(target) = tokens.next() else {
            return Ok(());
        };
        self.add_target(target)?;
        tokens.next_if(|token| token.text.starts_with(b"qid:"));
        let first = self.indices.len();
        for token in tokens {
            self.add_pair(token, first)?;
        }
        if let Some(&last) = self.indices[first..].last() {
            self.columns = self.columns.max(last as usize + 1);
        }
        self.indptr.push(self.indices.len());
        Ok(())
    }

    fn add_target(&mut self, token: Token<'_>) -> Result<(), Located> {
        let found = number(token)?;
        if self.kind == TargetKind::Real {
            self.targets.push(found);
            return Ok(());
        }
        if found != 1.0 {
            if found != -1.0 && found != 0.0 {
                return Err(token.fault(Fault::NotLabel { found }));
            }
            let other = *self.low.get_or_insert(found);
            if other != found {
                return Err(token.fault(Fault::ThirdLabel { found, other }));
            }
        }
        self.targets.push(if found == 1.0 { 1.0 } else { -1.0 });
        Ok(())
    }

    /// Adds a pair to the row whose pairs start at `first`.
    fn add_pair(&mut self, token: Token<'_>, first: usize) -> Result<(), Located> {
        let Some(colon) = token.text.iter().position(|&byte| byte == b':') else {
            let found = token.quoted();
            return Err(token.fault(Fault::NotPair { found }));
        };
        let (index, value) = token.split(colon);
        let column = self.column(index)?;
        if let Some(&previous) = self.indices[first..].last().filter(|&&last| last >= column) {
            return Err(index.fault(Fault::IndexOrder {
                found: u64::from(column) + self.base,
                previous: u64::from(previous) + self.base,
            }));
        }
        self.indices.push(column);
        self.values.push(number(value)?);
        Ok(())
    }

    /// The column, from 0, of an index.
    fn column(&self, token: Token<'_>) -> Result<u32, Located> {
        if token.text.is_empty() || !token.text.iter().all(u8::is_ascii_digit) {
            let found = token.quoted();
            return Err(token.fault(Fault::NotIndex { found }));
        }
        let index = token.text.iter().fold(0_u64, |index, digit| {
            index
                .saturating_mul(10)
                .saturating_add(u64::from(digit - b'0'))
        });
        let Some(column) = index.checked_sub(self.base) else {
            return Err(token.fault(Fault::IndexZero));
        };
        u32::try_from(column)
            .ok()
            .filter(|&column| column < u32::MAX)
            .ok_or_else(|| {
                token.fault(Fault::IndexRange {
                    found: token.quoted(),
                    largest: u64::from(u32::MAX - 1) + self.base,
                })
            })
    }

    fn finish(self) -> Parsed {
        let labels = match (self.kind, self.low) {
            (TargetKind::Real, _) => Labels::Real,
            (TargetKind::Sign, Some(0.0)) => Labels::ZeroOne,
            (TargetKind::Sign, _) => Labels::Sign,
        };
        Parsed {
            features: Csr::new(self.columns, self.indptr, self.indices, self.values)
                .expect("every pair was checked when it was added"),
            targets: self.targets,
            labels,
        }
    }
}

fn number(token: Token<'_>) -> Result<f64, Located> {
    match parse_number(token.text) {
        Some(number) if number.is_finite() => Ok(number),
        Some(_) => Err(token.fault(Fault::NotFinite {
            found: token.quoted(),
        })),
        None => Err(token.fault(Fault::NotNumber {
            found: token.quoted(),
        })),
    }
}

/// A part of a line, and where it starts.
#[derive(Clone, Copy)]
struct Token<'a> {
    start: usize,
    text: &'a [u8],
}

impl<'a> Token<'a> {
    /// What stands before and after the byte at `at`.
    fn split(self, at: usize) -> (Self, Self) {
        let part = |from, to| Self {
            start: self.start + from,
            text: &self.text[from..to],
        };
        (part(0, at), part(at + 1, self.text.len()))
    }

    fn fault(self, fault: Fault) -> Located {
        (self.start, fault)
    }

    /// The text, fit for a message: abridged, on one line.
    fn quoted(self) -> String {
        let (text, rest) = self.text.split_at(self.text.len().min(QUOTED));
        let ellipsis = if rest.is_empty() { "" } else { "…" };
        format!("{}{ellipsis}", String::from_utf8_lossy(text).escape_debug())
    }
}

/// The parts of a line between blanks.
struct Tokens<'a> {
    line: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let blanks = self.line[self.at..]
            .iter()
            .position(|byte| !byte.is_ascii_whitespace())?;
        let start = self.at + blanks;
        let rest = &self.line[start..];
        let end = rest
            .iter()
            .position(u8::is_ascii_whitespace)
            .unwrap_or(rest.len());
        self.at = start + end;
        Some(Token {
            start,
            text: &rest[..end],
        })
    }
}
