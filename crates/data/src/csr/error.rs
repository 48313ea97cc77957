//! Errors of making sparse matrices.

/// A fault of arrays that should be compressed sparse rows.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CsrError {
    /// `indptr` is empty or does not start at 0.
    #[error("indptr must start with 0, found {found:?}")]
    Start {
        /// The first entry of `indptr`, if any.
        found: Option<usize>,
    },
    /// `indptr` does not end at the number of stored values.
    #[error("indptr ends at {end}, but there are {indices} indices and {values} values")]
    Length {
        /// The last entry of `indptr`.
        end: usize,
        /// Number of indices.
        indices: usize,
        /// Number of values.
        values: usize,
    },
    /// `indptr` descends.
    #[error("indptr descends at row {row}, expected a monotone sequence")]
    Descending {
        /// Row, from 0.
        row: usize,
    },
    /// A column index does not exceed the one before it.
    #[error("row {row} has column {column} after {previous}, expected strictly ascending columns")]
    Order {
        /// Row, from 0.
        row: usize,
        /// Offending column, from 0.
        column: usize,
        /// The column before it.
        previous: usize,
    },
    /// A column index lies outside the matrix.
    #[error("row {row} has column {column}, expected one below {columns}")]
    Range {
        /// Row, from 0.
        row: usize,
        /// Offending column, from 0.
        column: usize,
        /// Width of the matrix.
        columns: usize,
    },
    /// A signed column index is negative.
    #[error("row {row} has column {column}, expected none below 0")]
    Negative {
        /// Row, from 0.
        row: usize,
        /// Offending column.
        column: i64,
    },
    /// A value is NaN or infinite.
    #[error("row {row}, column {column} is {value}, expected a finite number")]
    Value {
        /// Row, from 0.
        row: usize,
        /// Column, from 0.
        column: usize,
        /// The value.
        value: f64,
    },
    /// There are more columns than indices can number.
    #[error("{columns} columns, expected at most 2^32 - 1")]
    TooWide {
        /// Width of the matrix.
        columns: usize,
    },
    /// There are more rows than 32-bit positions can number.
    #[error("{rows} rows, expected fewer than 2^32 - 1 with indptr of 32 bits")]
    TooLong {
        /// Number of rows.
        rows: usize,
    },
    /// A matrix is stored by columns.
    #[error("the matrix is stored by columns, expected rows: convert it with `to_csr` first")]
    ByColumns,
}
