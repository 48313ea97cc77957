//! Files of row weights: text of a number a line, a line for each training row.

use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use crate::input::Input;

/// Most bytes of a line: what is longer is no number.
const LONGEST: u64 = 1 << 10;

/// Characters of a line that an error quotes.
const QUOTED: usize = 40;

/// The weights of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct RowWeights {
    /// The weights, one a row.
    pub weights: Vec<f64>,
    /// CRC-32 of the file's bytes.
    pub sum: u32,
    /// True for a file that can be read again.
    pub is_regular: bool,
}

/// An error of reading a file of row weights.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RowWeightsError {
    /// The file could not be read at all.
    #[error("{file}: the weights cannot be read: {error}")]
    Io {
        /// The file's name.
        file: String,
        /// The system's error.
        error: io::Error,
    },
    /// A line is no weight.
    #[error("{file}: line {line}: found `{found}`, expected a finite number of at least 0")]
    Line {
        /// The file's name.
        file: String,
        /// Line, counted from 1.
        line: usize,
        /// The text there, abridged.
        found: String,
    },
    /// There are not as many weights as rows.
    #[error(
        "{file}: line {line}: found {found}, expected {rows} lines, a weight for each training row"
    )]
    Count {
        /// The file's name.
        file: String,
        /// The first line too many, or the one after the last; counted from 1.
        line: usize,
        /// Another weight, or the end of the file.
        found: &'static str,
        /// Training rows.
        rows: usize,
    },
}

impl RowWeights {
    /// Reads the weights of so many rows, from standard input where the path is `-`. `Time: O(rows)`
    ///
    /// Empty lines at the end are skipped.
    ///
    /// # Errors
    /// The first line that is no finite number of at least 0, or a number of lines that is not that of the rows.
    pub fn read(path: &Path, rows: usize) -> Result<Self, RowWeightsError> {
        let file = Input::name_of(path);
        let io = |error| RowWeightsError::Io {
            file: file.clone(),
            error,
        };
        let input = Input::open(path).map_err(io)?;
        let is_regular = input.is_regular();
        let mut text = BufReader::new(input);
        let mut weights = Vec::new();
        let mut bytes = Vec::new();
        // The first of the empty lines met last.
        let mut empty = None;
        for line in 1.. {
            bytes.clear();
            let mut bounded = text.by_ref().take(LONGEST);
            if bounded.read_until(b'\n', &mut bytes).map_err(io)? == 0 {
                break;
            }
            let found = bytes.trim_ascii();
            if found.is_empty() {
                empty = empty.or(Some(line));
                continue;
            }
            let weight = std::str::from_utf8(found)
                .ok()
                .and_then(|text| text.parse().ok());
            let weight = weight.filter(|weight: &f64| weight.is_finite() && *weight >= 0.0);
            match (empty, weight) {
                (None, Some(_)) if weights.len() == rows => {
                    let found = "another weight";
                    return Err(RowWeightsError::Count {
                        file,
                        line,
                        found,
                        rows,
                    });
                }
                (None, Some(weight)) => weights.push(weight),
                (Some(line), _) => {
                    let found = String::new();
                    return Err(RowWeightsError::Line { file, line, found });
                }
                (None, None) => {
                    let found = abridged(found);
                    return Err(RowWeightsError::Line { file, line, found });
                }
            }
        }
        if weights.len() < rows {
            let (line, found) = (weights.len() + 1, "the end of the file");
            return Err(RowWeightsError::Count {
                file,
                line,
                found,
                rows,
            });
        }
        Ok(Self {
            weights,
            sum: text.get_ref().sum(),
            is_regular,
        })
    }
}

/// Text fit for a message: cut to a length, on one line.
fn abridged(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let start: String = text.chars().take(QUOTED).collect();
    let ellipsis = if start.len() < text.len() { "…" } else { "" };
    format!("{}{ellipsis}", start.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8], rows: usize) -> Result<RowWeights, RowWeightsError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.txt");
        std::fs::write(&path, text).unwrap();
        RowWeights::read(&path, rows)
    }

    #[test]
    fn weights_are_a_number_a_line() {
        let text = b"1\n0.25 \r\n 3e2\n\n \n";
        let read = read(text, 3).unwrap();
        assert_eq!(read.weights, [1.0, 0.25, 300.0]);
        assert_eq!((read.sum, read.is_regular), (crc32fast::hash(text), true));
    }

    #[test]
    fn faults_are_named_by_line() {
        let number = "expected a finite number of at least 0";
        let count = "expected 2 lines, a weight for each training row";
        let long = "x".repeat(2000);
        for (text, said) in [
            (&b"1\n-2\n"[..], format!("line 2: found `-2`, {number}")),
            (b"nan\n2\n", format!("line 1: found `nan`, {number}")),
            (b"1e999\n2\n", format!("line 1: found `1e999`, {number}")),
            (b"1 2\n2\n", format!("line 1: found `1 2`, {number}")),
            (b"\xff\n2\n", format!("line 1: found `\u{fffd}`, {number}")),
            (b"1\n\n2\n", format!("line 2: found ``, {number}")),
            (
                b"1\n",
                format!("line 2: found the end of the file, {count}"),
            ),
            (b"", format!("line 1: found the end of the file, {count}")),
            (
                b"1\n2\n3\n",
                format!("line 3: found another weight, {count}"),
            ),
            (
                long.as_bytes(),
                format!("line 1: found `{}…`, {number}", &long[..40]),
            ),
        ] {
            let error = read(text, 2).unwrap_err().to_string();
            assert!(error.ends_with(&format!("w.txt: {said}")), "{error}");
        }
    }
}
