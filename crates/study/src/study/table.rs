//! Reads a CSV file of a study, cell by cell in the order in which its writer wrote them.

use std::fmt::Display;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord};

use crate::study::results::ResultsError;

/// A CSV file under a header known beforehand.
pub(super) struct Table {
    path: PathBuf,
    header: Vec<String>,
    reader: Reader<File>,
    row: StringRecord,
    line: u64,
}

impl Table {
    /// Opens a file, which must have just these columns.
    pub(super) fn open(path: &Path, header: Vec<String>) -> Result<Self, ResultsError> {
        let io = |error| ResultsError::Io {
            path: path.to_owned(),
            error,
        };
        let file = File::open(path).map_err(io)?;
        let mut table = Self {
            path: path.to_owned(),
            header: Vec::new(),
            // The number of cells is checked here, for an error of our own.
            reader: ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .from_reader(file),
            row: StringRecord::new(),
            line: 1,
        };
        let found = if table.advance()? {
            std::mem::take(&mut table.row)
        } else {
            StringRecord::new()
        };
        table.header = header;
        for (at, name) in table.header.iter().enumerate() {
            let found = found.get(at).unwrap_or_default();
            if found != name {
                return Err(table.malformed(at, found, format!("`{name}`")));
            }
        }
        if found.len() > table.header.len() {
            return Err(table.uneven(found.len()));
        }
        Ok(table)
    }

    /// The next row, `None` after the last.
    pub(super) fn next(&mut self) -> Result<Option<Row<'_>>, ResultsError> {
        if !self.advance()? {
            return Ok(None);
        }
        if self.row.len() != self.header.len() {
            return Err(self.uneven(self.row.len()));
        }
        Ok(Some(Row { table: self, at: 0 }))
    }

    fn advance(&mut self) -> Result<bool, ResultsError> {
        let there = self.reader.read_record(&mut self.row);
        let start = self.row.position().map(csv::Position::line);
        self.line = start.unwrap_or(self.line);
        there.map_err(|error| {
            let position = error.position().map(csv::Position::line);
            let error = match error.into_kind() {
                ErrorKind::Io(error) => error,
                _ => {
                    let line = position.unwrap_or(self.line);
                    io::Error::new(
                        io::ErrorKind::InvalidData,
                        format!("line {line}: not UTF-8 text"),
                    )
                }
            };
            ResultsError::Io {
                path: self.path.clone(),
                error,
            }
        })
    }

    fn uneven(&self, found: usize) -> ResultsError {
        ResultsError::Cells {
            path: self.path.clone(),
            line: self.line,
            found,
            expected: self.header.len(),
        }
    }

    fn malformed(&self, at: usize, found: &str, expected: String) -> ResultsError {
        ResultsError::Cell {
            path: self.path.clone(),
            line: self.line,
            column: at + 1,
            name: self.header[at].clone(),
            found: found.to_owned(),
            expected,
        }
    }
}

/// A row, read from left to right.
pub(super) struct Row<'t> {
    table: &'t Table,
    at: usize,
}

impl<'t> Row<'t> {
    /// The next cell's text.
    pub(super) fn text(&mut self) -> &'t str {
        let text = self.table.row.get(self.at).unwrap_or_default();
        self.at += 1;
        text
    }

    /// The next cell, which must read as a T.
    pub(super) fn read<T: FromStr>(&mut self, expected: &str) -> Result<T, ResultsError> {
        self.text().parse().map_err(|_| self.refuse(expected))
    }

    /// The next cell, `None` an empty one.
    pub(super) fn maybe<T: FromStr>(&mut self, expected: &str) -> Result<Option<T>, ResultsError> {
        match self.text() {
            "" => Ok(None),
            text => match text.parse() {
                Ok(value) => Ok(Some(value)),
                Err(_) => Err(self.refuse(&format!("{expected}, or nothing"))),
            },
        }
    }

    /// The next cell, of which the content is known.
    pub(super) fn expect(&mut self, content: impl Display) -> Result<(), ResultsError> {
        let content = content.to_string();
        if self.text() == content {
            return Ok(());
        }
        Err(self.refuse(&format!("`{content}`")))
    }

    /// That the cell read last is not as it should be.
    pub(super) fn refuse(&self, expected: &str) -> ResultsError {
        let at = self.at - 1;
        let found = self.table.row.get(at).unwrap_or_default();
        self.table.malformed(at, found, expected.to_owned())
    }
}
