//! Errors of reading svmlight files.

use std::io;

use super::{LONGEST_LINE, LabelPair};
use crate::dataset::is_class_label;

/// An error of reading an svmlight file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SvmlightError {
    /// The file could not be read at all.
    #[error("{file}: the rows cannot be read: {error}")]
    Io {
        /// The file's name.
        file: String,
        /// The system's error.
        error: io::Error,
    },
    /// The file begins as gzip does but does not decompress.
    #[error("{file}: {error}, expected an intact gzip file")]
    Gzip {
        /// The file's name.
        file: String,
        /// The decoder's error.
        error: io::Error,
    },
    /// The file is in a format that is not read.
    #[error("{file}: {found}, expected text, gzip or a store; `{command} {file}` makes text of it")]
    Format {
        /// The file's name.
        file: String,
        /// The format.
        found: &'static str,
        /// The beginning of a command that makes text of it.
        command: &'static str,
    },
    /// The rows do not fit the memory there is.
    #[error(
        "{file}: the first {rows} rows take {:.2} GiB, more memory than there is: expected fewer rows",
        *bytes as f64 / f64::from(1 << 30)
    )]
    Memory {
        /// The file's name.
        file: String,
        /// Rows read so far.
        rows: usize,
        /// Bytes that they take.
        bytes: u64,
    },
    /// There is no row.
    #[error("{file}: found no rows, expected at least one line `target index:value ...`")]
    Empty {
        /// The file's name.
        file: String,
    },
    /// A line is malformed.
    #[error("{file}: line {line}, column {column}: {fault}")]
    Line {
        /// The file's name.
        file: String,
        /// Line, counted from 1.
        line: u64,
        /// First byte of the faulty text, counted from 1.
        column: usize,
        /// The fault there.
        fault: Fault,
    },
}

/// The way to train on a file that has more labels than two.
fn or_all(label: f64) -> &'static str {
    match is_class_label(label) {
        true => "; `--labels all` trains a model for each label",
        false => "",
    }
}

/// A fault of a line.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// A line is longer than any row has a use for.
    #[error("more than {} MiB without a line break, expected one row a line", LONGEST_LINE >> 20)]
    LongLine,
    /// A target or value is not a number.
    #[error("found `{found}`, expected a number")]
    NotNumber {
        /// The text there, abridged.
        found: String,
    },
    /// A target or value is NaN, infinite or too large for a double.
    #[error("found `{found}`, expected a finite number")]
    NotFinite {
        /// The text there, abridged.
        found: String,
    },
    /// A sign target is no label.
    #[error("label {found}, expected -1 or 1, or 0 or 1, or the two that `labels` names{}", or_all(*found))]
    NotLabel {
        /// The label.
        found: f64,
    },
    /// A label is neither of the two that were named.
    #[error("label {found}, expected {} or {}{}", labels.negative(), labels.positive(), or_all(*found))]
    OtherLabel {
        /// The label.
        found: f64,
        /// The labels named.
        labels: LabelPair,
    },
    /// −1 and 0 occur in one file.
    #[error("third label {found}, expected {other} or 1 as in the lines before{}", or_all(*found))]
    ThirdLabel {
        /// The label.
        found: f64,
        /// The label other than 1 met before.
        other: f64,
    },
    /// The label of a class is no whole number.
    #[error(
        "label {found}, expected a whole number from {} to {}",
        i32::MIN,
        i32::MAX
    )]
    NotClass {
        /// The label.
        found: f64,
    },
    /// A pair has no colon.
    #[error("found `{found}`, expected index:value")]
    NotPair {
        /// The text there, abridged.
        found: String,
    },
    /// An index is not a whole number.
    #[error("index `{found}`, expected a whole number")]
    NotIndex {
        /// The text there, abridged.
        found: String,
    },
    /// An index is 0 in a file whose indices count from 1.
    #[error("index 0, expected at least 1 unless indices are zero-based")]
    IndexZero,
    /// An index does not exceed the one before it.
    #[error("index {found} after {previous}, expected ascending indices")]
    IndexOrder {
        /// The index.
        found: u64,
        /// The index before it.
        previous: u64,
    },
    /// An index is larger than a column number can be.
    #[error("index `{found}`, expected at most {largest}")]
    IndexRange {
        /// The index, abridged.
        found: String,
        /// The largest index allowed.
        largest: u64,
    },
}
