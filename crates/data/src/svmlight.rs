//! svmlight text, also called libsvm format: one row a line.
//!
//! ```text
//! # a comment, up to the end of its line
//! +1 1:0.5 3:-2 7:1e-3
//! -1 qid:4 2:1          # the query is ignored
//! ```
//!
//! A line is a target, then `index:value` pairs of ascending indices, separated by blanks. Indices
//! count from 1, or from 0 where [`Options::zero_based`] says so. Labels are −1 and 1, or 0 and 1,
//! which are read as −1 and 1, or the two that [`Options::labels`] names; or any whole numbers, each the label
//! of a class, where [`Options::targets`] says so. A byte-order mark at the file's
//! beginning and blank lines are skipped, a line has at most [`LONGEST_LINE`] bytes, and a carriage return at a line's end is a
//! blank. All columns become the sparse tail of a [`Dataset`]; a written zero is kept as a stored
//! zero, so that what is read and written again is the same. Gzip is recognised by its first byte; other
//! compressed files and UTF-16 are refused by name.
//!
//! ```
//! use sparsegrok_data::{Problem, TargetKind, svmlight};
//!
//! let options = svmlight::Options { targets: TargetKind::Sign, ..Default::default() };
//! let train = svmlight::parse("train", &b"1 1:0.5 3:2\n0 2:1\n"[..], &options)?;
//! let test = svmlight::parse("test", &b"1 4:1\n"[..], &options)?;
//! assert_eq!(train.labels, svmlight::Labels::ZeroOne);
//!
//! let problem = Problem::from_svmlight(train, Some(test), Some(1.0))?;
//! assert_eq!(problem.train.targets(), [1.0, -1.0]);
//! assert_eq!(problem.train.features().tail_width(), 4);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # References
//! T. Joachims, SVM-light (<https://www.cs.cornell.edu/people/tj/svm_light>); C.-C. Chang,
//! C.-J. Lin, LIBSVM (<https://www.csie.ntu.edu.tw/~cjlin/libsvm>).

mod error;
mod gunzip;
mod labels;
mod line;
mod read;
mod rows;
#[cfg(test)]
pub(crate) mod tests;
mod write;

pub use error::{Fault, SvmlightError};
pub use labels::{LabelPair, Labels, LabelsAsked, ParseLabelsError};
pub use read::{LONGEST_LINE, parse, read};
pub use write::{OneHot, write};

use crate::aligned::AlignedBlock;
use crate::csr::Csr;
use crate::dataset::{Dataset, DatasetError, Features, TargetKind};
use crate::problem::Problem;

/// Options of reading a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// True if indices count from 0 instead of 1.
    pub zero_based: bool,
    /// Labels −1 and 1, labels of classes, or real numbers.
    pub targets: TargetKind,
    /// The two labels, where they are others than −1 and 1 or 0 and 1.
    pub labels: Option<LabelPair>,
    /// Bytes that the rows may take; a file that holds more is refused.
    pub most_memory: u64,
}

/// Labels −1 and 1 or 0 and 1, indices from 1, and as many rows as there are.
impl Default for Options {
    fn default() -> Self {
        Self {
            zero_based: false,
            targets: TargetKind::Sign,
            labels: None,
            most_memory: u64::MAX,
        }
    }
}

/// The rows of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// Columns, numbered from 0, as wide as the file's largest index asks for.
    pub features: Csr,
    /// Targets, one a row.
    pub targets: Vec<f64>,
    /// The form of the targets.
    pub labels: Labels,
}

impl Parsed {
    /// The rows as a dataset of at least `columns` tail columns and no signal columns;
    /// `memorization` is α, and 0 means none. `Time: O(rows)`
    ///
    /// # Errors
    /// When `memorization` is not finite, or there are 2³² − 1 rows or more, or 2³² columns.
    pub fn into_dataset(
        self,
        columns: usize,
        memorization: Option<f64>,
    ) -> Result<Dataset, DatasetError> {
        let kind = self.labels.target_kind();
        let tail = self.features.widened(columns)?;
        let features = Features::new(tail.rows(), 0, AlignedBlock::zeroed(0), Some(tail))?;
        Dataset::new(features, self.targets, kind, memorization)
    }
}

impl Problem {
    /// Joins files: training and test rows get the width of the wider file, and training rows a
    /// memorization column each of value `memorization`, unless that is `None` or 0.
    ///
    /// # Errors
    /// As [`Parsed::into_dataset`] and [`Problem::from_rows`].
    pub fn from_svmlight(
        train: Parsed,
        test: Option<Parsed>,
        memorization: Option<f64>,
    ) -> Result<Self, DatasetError> {
        let rows = |parsed: Parsed| parsed.into_dataset(0, None);
        Self::from_rows(rows(train)?, test.map(rows).transpose()?, memorization)
    }
}
