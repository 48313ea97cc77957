//! The reasons why curves could not be read.

use std::fmt;
use std::io;
use std::path::PathBuf;

use sparsegrok_data::shown;

/// The place of a row in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A line, counted from 1.
    Line(u64),
    /// An entry of a list, counted from 1.
    Entry(u64),
    /// A row of a table in memory, counted from 0.
    Row(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Entry(entry) => write!(f, "entry {entry}"),
            Self::Row(row) => write!(f, "row {row}"),
        }
    }
}

/// The reason why curves could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CurvesError {
    /// A file could not be read.
    #[error("{}: cannot be read: {error}", shown(path))]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// A file is not what it should be, at no place in particular.
    #[error("{}: {found}, expected {expected}", shown(path))]
    File {
        /// The file.
        path: PathBuf,
        /// What is there.
        found: String,
        /// What should be there.
        expected: String,
    },
    /// A line is not what it should be.
    #[error("{}: line {line}: {found}, expected {expected}", shown(path))]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// What is there.
        found: String,
        /// What should be there.
        expected: String,
    },
    /// A value is not what it should be.
    #[error(
        "{}: {place}: column `{column}`: found `{found}`, expected {expected}",
        shown(path)
    )]
    Value {
        /// The file.
        path: PathBuf,
        /// The place of its row.
        place: Place,
        /// The column's name.
        column: String,
        /// The value.
        found: String,
        /// What should be there.
        expected: &'static str,
    },
    /// Two files count time in different units.
    #[error(
        "{} counts time in `{first_column}` and {} in `{column}`: expected one unit in all files, or `--time-column NAME`",
        shown(first),
        shown(path)
    )]
    Units {
        /// The first file.
        first: PathBuf,
        /// Its column of time.
        first_column: String,
        /// The file that differs.
        path: PathBuf,
        /// Its column of time.
        column: String,
    },
    /// A column that was asked for is in no file.
    #[error("`{flag}`: no file has a column `{column}`: found {found}")]
    Unmapped {
        /// The flag that names it.
        flag: String,
        /// The column.
        column: String,
        /// The columns there are.
        found: String,
    },
    /// The columns by which runs are grouped have more combinations of values than groups make sense of.
    #[error("the values of {columns} make {count} groups: expected at most {most}")]
    Groups {
        /// The columns.
        columns: String,
        /// Combinations of their values.
        count: usize,
        /// Groups that there may be.
        most: usize,
    },
    /// A column has another number of values than the others.
    #[error("column `{column}`: {found} values, expected {expected}, as in the others")]
    Lengths {
        /// The column.
        column: String,
        /// Its values.
        found: usize,
        /// Values of the first column.
        expected: usize,
    },
}

impl CurvesError {
    /// Tells if the machine failed, rather than the content of a file.
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Io { .. })
    }
}

/// Names in a sentence: `` `a`, `b` ``, the first twelve of them.
pub(crate) fn names<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const MOST: usize = 12;
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.len() > MOST {
        true => format!(
            "{} and {} more",
            names[..MOST].join(", "),
            names.len() - MOST
        ),
        false => names.join(", "),
    }
}
