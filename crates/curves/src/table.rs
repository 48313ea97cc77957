//! Tables of text: CSV with any usual delimiter, and JSON.

use std::path::{Path, PathBuf};
use std::{fs, mem};

use crate::error::{CurvesError, Place};
use crate::json;
use crate::note::Note;

/// A file as rows of text under named columns.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) path: PathBuf,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Row>,
    /// What was decided while it was read.
    pub(crate) notes: Vec<Note>,
}

/// A row: as many fields as there are columns.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) place: Place,
    pub(crate) fields: Vec<String>,
}

impl Table {
    /// Reads a file whose form is told by its first line.
    pub(crate) fn read(path: &Path) -> Result<Self, CurvesError> {
        let bytes = fs::read(path).map_err(|error| CurvesError::Io {
            path: path.to_owned(),
            error,
        })?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = 1 + valid.iter().filter(|&&byte| byte == b'\n').count() as u64;
            fault(path, line, "bytes that are no text", "UTF-8")
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let Some(first) = text.lines().find(|line| !line.trim().is_empty()) else {
            return Err(CurvesError::File {
                path: path.to_owned(),
                found: "an empty file".to_owned(),
                expected: "a line of column names and a row for each evaluation".to_owned(),
            });
        };
        let table = match first.trim_start().starts_with(['{', '[']) {
            true => json::read(path, text)?,
            false => Self::of_csv(path, text, delimiter(first))?,
        };
        if table.rows.is_empty() {
            return Err(fault(
                path,
                1,
                "column names alone",
                "a row for each evaluation",
            ));
        }
        Ok(table)
    }

    fn of_csv(path: &Path, text: &str, delimiter: u8) -> Result<Self, CurvesError> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let mut columns: Vec<String> = Vec::new();
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|error| {
                let line = error.position().map_or(1, csv::Position::line);
                fault(
                    path,
                    line,
                    "a row that is no CSV",
                    "fields with a delimiter between them",
                )
            })?;
            let line = record.position().map_or(1, csv::Position::line);
            let fields: Vec<String> = record.iter().map(str::to_owned).collect();
            if columns.is_empty() {
                columns = fields;
                continue;
            }
            // A run that is restarted may write its column names again.
            if fields == columns {
                continue;
            }
            if fields.len() != columns.len() {
                let found = format!("{} fields", fields.len());
                let expected = format!("{}, as the columns have names", columns.len());
                return Err(fault(path, line, &found, &expected));
            }
            rows.push(Row {
                place: Place::Line(line),
                fields,
            });
        }
        Ok(Self {
            path: path.to_owned(),
            columns,
            rows,
            notes: Vec::new(),
        })
    }

    /// A table in memory.
    pub(crate) fn of_columns(
        name: &str,
        columns: Vec<(String, Vec<String>)>,
    ) -> Result<Self, CurvesError> {
        let (columns, mut values): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        let expected = values.first().map_or(0, Vec::len);
        let mut lengths = columns.iter().zip(&values);
        if let Some((column, values)) = lengths.find(|(_, values)| values.len() != expected) {
            return Err(CurvesError::Lengths {
                column: column.clone(),
                found: values.len(),
                expected,
            });
        }
        if expected == 0 {
            return Err(CurvesError::File {
                path: name.into(),
                found: "an empty table".to_owned(),
                expected: "a row for each evaluation".to_owned(),
            });
        }
        let rows = (0..expected).map(|row| Row {
            place: Place::Row(row as u64),
            fields: values
                .iter_mut()
                .map(|values| mem::take(&mut values[row]))
                .collect(),
        });
        Ok(Self {
            path: name.into(),
            rows: rows.collect(),
            columns,
            notes: Vec::new(),
        })
    }

    /// The file's name without its extension.
    pub(crate) fn stem(&self) -> String {
        let stem = self.path.file_stem().unwrap_or_default();
        stem.to_string_lossy().into_owned()
    }

    /// The error that a value is not what it should be.
    pub(crate) fn value_fault(
        &self,
        row: &Row,
        column: usize,
        expected: &'static str,
    ) -> CurvesError {
        CurvesError::Value {
            path: self.path.clone(),
            place: row.place,
            column: self.columns[column].clone(),
            found: row.fields[column].clone(),
            expected,
        }
    }
}

pub(crate) fn fault(path: &Path, line: u64, found: &str, expected: &str) -> CurvesError {
    CurvesError::Line {
        path: path.to_owned(),
        line,
        found: found.to_owned(),
        expected: expected.to_owned(),
    }
}

/// The delimiter of a header: a tab or a semicolon where there is one and no comma would be.
fn delimiter(header: &str) -> u8 {
    match () {
        () if header.contains('\t') => b'\t',
        () if header.contains(';') && !header.contains(',') => b';',
        () => b',',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delimiter_is_found_in_the_header() {
        assert_eq!(["a,b", "a\tb", "a;b"].map(delimiter), [b',', b'\t', b';']);
    }
}
