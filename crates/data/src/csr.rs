//! Compressed sparse rows, validated once.

use sprs::{CsMatI, CsMatViewI};

/// A sparse matrix in compressed-sparse-row form.
///
/// Row i holds the column indices `indices[indptr[i]..indptr[i + 1]]`, strictly ascending, and as
/// many finite values. Checked at construction, relied on everywhere.
///
/// # Storage
/// 12 bytes a stored value (a `u32` column and an `f64`), 8 bytes a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Csr {
    columns: usize,
    indptr: Vec<usize>,
    indices: Vec<u32>,
    values: Vec<f64>,
}

/// The stored entries of one row: columns ascending, one value each.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SparseRow<'a> {
    /// Column indices, strictly ascending.
    pub indices: &'a [u32],
    /// Values, finite, as many as indices.
    pub values: &'a [f64],
}

/// Why arrays are no compressed sparse rows.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CsrError {
    /// `indptr` is empty or does not start at 0.
    #[error("indptr must start with 0, found {found:?}")]
    Start {
        /// Its first entry, if any.
        found: Option<usize>,
    },
    /// `indptr` does not end at the number of stored values.
    #[error("indptr ends at {end}, but there are {indices} indices and {values} values")]
    Length {
        /// Its last entry.
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
        column: u32,
        /// The column before it.
        previous: u32,
    },
    /// A column index lies outside the matrix.
    #[error("row {row} has column {column}, expected one below {columns}")]
    Range {
        /// Row, from 0.
        row: usize,
        /// Offending column, from 0.
        column: u32,
        /// Width of the matrix.
        columns: usize,
    },
    /// A value is NaN or infinite.
    #[error("row {row}, column {column} is {value}, expected a finite number")]
    Value {
        /// Row, from 0.
        row: usize,
        /// Column, from 0.
        column: u32,
        /// The value.
        value: f64,
    },
    /// A matrix is stored by columns.
    #[error("the matrix is stored by columns, expected rows: convert it with `to_csr` first")]
    ByColumns,
}

impl Csr {
    /// Builds a matrix of `indptr.len() − 1` rows and `columns` columns.
    ///
    /// `Time: O(rows + nnz)`; the arrays are kept, not copied.
    ///
    /// # Errors
    /// The first [`CsrError`] met, in row order.
    pub fn new(
        columns: usize,
        indptr: Vec<usize>,
        indices: Vec<u32>,
        values: Vec<f64>,
    ) -> Result<Self, CsrError> {
        if indptr.first() != Some(&0) {
            return Err(CsrError::Start {
                found: indptr.first().copied(),
            });
        }
        let end = indptr[indptr.len() - 1];
        if end != indices.len() || end != values.len() {
            return Err(CsrError::Length {
                end,
                indices: indices.len(),
                values: values.len(),
            });
        }
        for (row, ends) in indptr.windows(2).enumerate() {
            if ends[0] > ends[1] || ends[1] > end {
                return Err(CsrError::Descending { row });
            }
            check_row(
                row,
                columns,
                &indices[ends[0]..ends[1]],
                &values[ends[0]..ends[1]],
            )?;
        }
        Ok(Self {
            columns,
            indptr,
            indices,
            values,
        })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.indptr.len() - 1
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Number of stored values.
    pub fn nnz(&self) -> usize {
        self.values.len()
    }

    /// Row `i`. `Time: O(1)`
    ///
    /// # Panics
    /// When `i` is not a row.
    #[inline(always)]
    pub fn row(&self, i: usize) -> SparseRow<'_> {
        let range = self.indptr[i]..self.indptr[i + 1];
        SparseRow {
            indices: &self.indices[range.clone()],
            values: &self.values[range],
        }
    }

    /// The same rows in a matrix at least `columns` wide: what makes train and test files agree.
    /// `Time: O(1)`
    pub fn widened(mut self, columns: usize) -> Self {
        self.columns = self.columns.max(columns);
        self
    }

    /// A `sprs` view of the same storage. `Time: O(rows)`, the check `sprs` makes of `indptr`
    pub fn as_sprs(&self) -> CsMatViewI<'_, f64, u32, usize> {
        CsMatViewI::new(
            (self.rows(), self.columns),
            &self.indptr,
            &self.indices,
            &self.values,
        )
    }
}

fn check_row(row: usize, columns: usize, indices: &[u32], values: &[f64]) -> Result<(), CsrError> {
    let mut previous = None;
    for (&column, &value) in indices.iter().zip(values) {
        if let Some(previous) = previous.filter(|&previous| previous >= column) {
            return Err(CsrError::Order {
                row,
                column,
                previous,
            });
        }
        if column as usize >= columns {
            return Err(CsrError::Range {
                row,
                column,
                columns,
            });
        }
        if !value.is_finite() {
            return Err(CsrError::Value { row, column, value });
        }
        previous = Some(column);
    }
    Ok(())
}

/// Takes over the storage of a row-major `sprs` matrix without copying it.
impl TryFrom<CsMatI<f64, u32, usize>> for Csr {
    type Error = CsrError;

    fn try_from(matrix: CsMatI<f64, u32, usize>) -> Result<Self, CsrError> {
        if !matrix.is_csr() {
            return Err(CsrError::ByColumns);
        }
        let columns = matrix.cols();
        let (indptr, indices, values) = matrix.into_raw_storage();
        Self::new(columns, indptr, indices, values)
    }
}

/// Hands the storage to `sprs` without copying it.
impl From<Csr> for CsMatI<f64, u32, usize> {
    fn from(csr: Csr) -> Self {
        let shape = (csr.rows(), csr.columns);
        CsMatI::new(shape, csr.indptr, csr.indices, csr.values)
    }
}
