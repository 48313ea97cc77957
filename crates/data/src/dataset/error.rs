//! Errors of making datasets.

use crate::csr::CsrError;

use super::TargetKind;

/// A fault of the parts of a dataset.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// Two parts describe different numbers of rows.
    #[error("{what}: found {found} entries, expected {expected}")]
    Length {
        /// The part.
        what: &'static str,
        /// The length found.
        found: usize,
        /// The length that agrees with the other parts.
        expected: usize,
    },
    /// A number is NaN or infinite.
    #[error("{what} {index} is {value}, expected a finite number")]
    NotFinite {
        /// The part.
        what: &'static str,
        /// Position in it, from 0.
        index: usize,
        /// The number.
        value: f64,
    },
    /// The memorization scale is NaN or infinite.
    #[error("the memorization scale is {value}, expected a finite number")]
    Memorization {
        /// The scale.
        value: f64,
    },
    /// The weight of a row is negative, NaN or infinite.
    #[error("the weight of row {row} is {value}, expected a finite number of at least 0")]
    RowWeight {
        /// Row, from 0.
        row: usize,
        /// The weight.
        value: f64,
    },
    /// A sign target is not ±1.
    #[error("target {index} is {value}, expected 1 or -1")]
    Sign {
        /// Row, from 0.
        index: usize,
        /// The target.
        value: f64,
    },
    /// The target of a class is no label.
    #[error(
        "target {index} is {value}, expected a whole number from {} to {}",
        i32::MIN,
        i32::MAX
    )]
    Class {
        /// Row, from 0.
        index: usize,
        /// The target.
        value: f64,
    },
    /// There are no two classes to be told apart.
    #[error("the labels of the training rows are {labels:?}, expected two or more")]
    FewClasses {
        /// All labels that there are.
        labels: Vec<i32>,
    },
    /// A label that is weighted is none of the training rows'.
    #[error("no training row has label {label}, expected labels of theirs in `class_weight`")]
    NoSuchClass {
        /// The label.
        label: i32,
    },
    /// There are more rows than a visiting order can index.
    #[error("{rows} rows, expected fewer than 2^32 - 1")]
    TooManyRows {
        /// The number of rows.
        rows: usize,
    },
    /// Training and test rows have different columns.
    #[error("test rows have {found} {what} columns, expected {expected} as in training")]
    Width {
        /// The kind of columns.
        what: &'static str,
        /// The number of such columns in the test rows.
        found: usize,
        /// The number of such columns in the training rows.
        expected: usize,
    },
    /// Training and test rows have different kinds of target.
    #[error("test targets are {found:?}, expected {expected:?} as in training")]
    Kind {
        /// The kind of the test rows.
        found: TargetKind,
        /// The kind of the training rows.
        expected: TargetKind,
    },
    /// Test rows carry memorization columns.
    #[error("test rows cannot memorize: memorization columns belong to training rows")]
    TestMemorizes,
    /// The sparse columns are no matrix.
    #[error(transparent)]
    Csr(#[from] CsrError),
}
