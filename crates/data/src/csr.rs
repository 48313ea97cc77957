//! The sparse tail: an `sprs` matrix over shared storage, checked once.
//!
//! `sprs` owns the format: layout, the check of its structure, views, conversions. Kept here is only
//! what it lacks: faults that name their row and column, the check for finite values, rows as plain
//! slices, and a matrix that is widened.

mod interop;

use rayon::prelude::*;
use sparsegrok_lanes::prefetch;
use sprs::CsMatBase;

use crate::shared::Shared;

/// Rows compressed, 32-bit columns, over storage that clones and mapped files share.
type Matrix = CsMatBase<f64, u32, Shared<usize>, Shared<u32>, Shared<f64>, usize>;

/// A sparse matrix in compressed-sparse-row form: an `sprs` matrix over shared storage.
///
/// Row i holds the column indices `indices[indptr[i]..indptr[i + 1]]`, strictly ascending, and as
/// many finite values. Checked at construction, relied on everywhere.
///
/// Any row-major `sprs` matrix of doubles comes in with `Csr::try_from`, which copies only what is
/// not of the types here (`u32` indices, `usize` positions); [`as_sprs`](Self::as_sprs) lends the
/// matrix out, and `CsMatI::from` gives it away.
///
/// # Storage
/// 12 bytes a stored value (a `u32` column and an `f64`), 8 bytes a row; clones share them.
#[derive(Clone, Debug, PartialEq)]
pub struct Csr {
    matrix: Matrix,
}

/// The stored entries of one row: columns ascending, one value each.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SparseRow<'a> {
    /// Column indices, strictly ascending.
    pub indices: &'a [u32],
    /// Values, finite, as many as indices.
    pub values: &'a [f64],
}

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
    /// There are more columns than indices can number.
    #[error("{columns} columns, expected at most 2^32 - 1")]
    TooWide {
        /// Width of the matrix.
        columns: usize,
    },
    /// A matrix is stored by columns.
    #[error("the matrix is stored by columns, expected rows: convert it with `to_csr` first")]
    ByColumns,
}

impl Csr {
    /// Builds a matrix of `indptr.len() − 1` rows and `columns` columns, at most 2³² − 1.
    ///
    /// `Time: O(rows + nnz)`; the arrays are kept, not copied.
    ///
    /// # Errors
    /// The first [`CsrError`] met, in row order; values are looked at last.
    pub fn new(
        columns: usize,
        indptr: Vec<usize>,
        indices: Vec<u32>,
        values: Vec<f64>,
    ) -> Result<Self, CsrError> {
        let csr = Self::from_parts(columns, indptr.into(), indices.into(), values.into())?;
        csr.check_values()?;
        Ok(csr)
    }

    /// Builds a matrix as [`new`](Self::new) does, over storage of any kind and without looking at
    /// the values. `Time: O(rows + nnz)`, about half a nanosecond a stored value.
    pub(crate) fn from_parts(
        columns: usize,
        indptr: Shared<usize>,
        indices: Shared<u32>,
        values: Shared<f64>,
    ) -> Result<Self, CsrError> {
        check_width(columns)?;
        check_length(&indptr, indices.len(), values.len())?;
        let shape = (indptr.len() - 1, columns);
        match Matrix::try_new(shape, indptr, indices, values) {
            Ok(matrix) => Ok(Self { matrix }),
            // `sprs` does not say which row it refuses.
            Err((indptr, indices, _, _)) => Err(first_fault(columns, &indptr, &indices)),
        }
    }

    /// Refuses values that are NaN or infinite. `Time: O(nnz)` over the threads of the current rayon
    /// pool.
    pub(crate) fn check_values(&self) -> Result<(), CsrError> {
        let values = self.values();
        match values.par_iter().position_first(|value| !value.is_finite()) {
            None => Ok(()),
            Some(k) => Err(CsrError::Value {
                row: self.row_starts().partition_point(|&start| start <= k) - 1,
                column: self.indices()[k],
                value: values[k],
            }),
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.matrix.rows()
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.matrix.cols()
    }

    /// Number of stored values.
    pub fn nnz(&self) -> usize {
        self.values().len()
    }

    /// The position of each row's first stored value, and the number of all.
    #[inline(always)]
    pub(crate) fn row_starts(&self) -> &[usize] {
        // Their first is 0: checked at construction.
        self.matrix.indptr().into_raw_storage()
    }

    /// Column indices, row by row.
    #[inline(always)]
    pub(crate) fn indices(&self) -> &[u32] {
        self.matrix.indices()
    }

    /// Stored values, row by row.
    #[inline(always)]
    pub(crate) fn values(&self) -> &[f64] {
        self.matrix.data()
    }

    /// Returns true if every stored value is 1. `Time: O(nnz)`, up to the first that is not.
    pub fn is_of_ones(&self) -> bool {
        self.values().iter().all(|&value| value == 1.0)
    }

    /// Row `i`. `Time: O(1)`
    ///
    /// # Panics
    /// When `i` is not a row.
    #[inline(always)]
    pub fn row(&self, i: usize) -> SparseRow<'_> {
        let starts = self.row_starts();
        let range = starts[i]..starts[i + 1];
        SparseRow {
            indices: &self.indices()[range.clone()],
            values: &self.values()[range],
        }
    }

    /// Asks for the place that tells where row `i` begins, ahead of a call to [`row`](Self::row).
    ///
    /// # Panics
    /// When `i` is not a row.
    #[inline(always)]
    pub fn prefetch_start(&self, i: usize) {
        prefetch(&self.row_starts()[i]);
    }

    /// The same rows in a matrix at least `columns` wide, as test rows need that lack the last
    /// columns of the training rows. `Time: O(1)` if they are so wide, else `O(rows + nnz)`, as
    /// `sprs` checks the structure again.
    ///
    /// # Errors
    /// [`CsrError::TooWide`] above 2³² − 1.
    pub fn widened(self, columns: usize) -> Result<Self, CsrError> {
        if columns <= self.columns() {
            return Ok(self);
        }
        let (indptr, indices, values) = self.matrix.into_raw_storage();
        Self::from_parts(columns, indptr, indices, values)
    }
}

/// Refuses more columns than `u32` indices can number.
fn check_width(columns: usize) -> Result<(), CsrError> {
    match u32::try_from(columns) {
        Ok(_) => Ok(()),
        Err(_) => Err(CsrError::TooWide { columns }),
    }
}

/// Refuses row starts that do not run from 0 to the number of indices and values.
fn check_length(indptr: &[usize], indices: usize, values: usize) -> Result<(), CsrError> {
    match *indptr {
        [0, ..] => {}
        _ => {
            let found = indptr.first().copied();
            return Err(CsrError::Start { found });
        }
    }
    let end = indptr[indptr.len() - 1];
    if end != indices || end != values {
        return Err(CsrError::Length {
            end,
            indices,
            values,
        });
    }
    Ok(())
}

/// The fault of the first row that has one. There is one.
#[cold]
fn first_fault(columns: usize, indptr: &[usize], indices: &[u32]) -> CsrError {
    let mut rows = indptr.windows(2).enumerate();
    let fault = rows.find_map(|(row, ends)| match indices.get(ends[0]..ends[1]) {
        None => Some(CsrError::Descending { row }),
        Some(indices) => row_fault(row, columns, indices),
    });
    fault.expect("a row that is refused has a fault")
}

/// The first fault of a row, if it has one.
fn row_fault(row: usize, columns: usize, indices: &[u32]) -> Option<CsrError> {
    for (k, &column) in indices.iter().enumerate() {
        match indices[..k].last() {
            Some(&previous) if previous >= column => {
                return Some(CsrError::Order {
                    row,
                    column,
                    previous,
                });
            }
            _ if column as usize >= columns => {
                return Some(CsrError::Range {
                    row,
                    column,
                    columns,
                });
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::Index;

    /// Columns, indptr, indices, values.
    type Arrays = (usize, Vec<usize>, Vec<u32>, Vec<f64>);

    /// The definition, read off naively.
    fn is_csr(columns: usize, indptr: &[usize], indices: &[u32], values: &[f64]) -> bool {
        let rows = |i: usize| indices.get(indptr[i]..indptr[i + 1]);
        indptr.first() == Some(&0)
            && indptr.last() == Some(&indices.len())
            && indices.len() == values.len()
            && (0..indptr.len() - 1).all(|i| {
                rows(i).is_some_and(|row| {
                    (1..row.len()).all(|k| row[k - 1] < row[k])
                        && row.iter().all(|&column| (column as usize) < columns)
                })
            })
            && values
                .iter()
                .all(|value| !value.is_nan() && !value.is_infinite())
    }

    /// Rows with at most one number out of place, which may break them or not.
    fn nearly_rows() -> impl Strategy<Value = Arrays> {
        let bad = prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(-0.0)];
        (rows(), 0..6, any::<Index>(), 0..60_u32, bad).prop_map(
            |(mut arrays, what, at, to, bad)| {
                let (columns, indptr, indices, values) = &mut arrays;
                match what {
                    0 => *columns = to as usize,
                    1 => *at.get_mut(indptr) = to as usize % 8,
                    2 => drop(indptr.remove(at.index(indptr.len()))),
                    3 => drop(values.pop()),
                    4 if !indices.is_empty() => *at.get_mut(indices) = to,
                    5 if !values.is_empty() => *at.get_mut(values) = bad,
                    _ => {}
                }
                arrays
            },
        )
    }

    /// Rows, each a sorted set of columns, as arrays.
    pub(super) fn rows() -> impl Strategy<Value = Arrays> {
        let row = proptest::collection::btree_map(0..50_u32, -1e3..1e3, 0..8);
        (50..60_usize, vec(row, 0..8)).prop_map(|(columns, rows)| {
            let (mut indptr, mut indices, mut values) = (vec![0], vec![], vec![]);
            for row in rows {
                indices.extend(row.keys());
                values.extend(row.values());
                indptr.push(indices.len());
            }
            (columns, indptr, indices, values)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn arrays_are_refused_or_valid((columns, indptr, indices, values) in nearly_rows()) {
            let valid = is_csr(columns, &indptr, &indices, &values);
            let built = Csr::new(columns, indptr, indices, values);
            prop_assert_eq!(built.is_ok(), valid, "{:?}", built);
        }
    }

    proptest! {
        #[test]
        fn rows_come_out_as_they_went_in((columns, indptr, indices, values) in rows()) {
            let csr = Csr::new(columns, indptr.clone(), indices.clone(), values.clone()).unwrap();
            prop_assert_eq!((csr.rows(), csr.columns()), (indptr.len() - 1, columns));
            prop_assert_eq!(csr.nnz(), values.len());
            for i in 0..csr.rows() {
                let range = indptr[i]..indptr[i + 1];
                prop_assert_eq!(csr.row(i).indices, &indices[range.clone()]);
                prop_assert_eq!(csr.row(i).values, &values[range]);
            }
        }
    }

    #[test]
    fn faults_are_named() {
        fn message(columns: usize, indptr: &[usize], indices: &[u32], values: &[f64]) -> String {
            let built = Csr::new(columns, indptr.into(), indices.into(), values.into());
            built.unwrap_err().to_string()
        }
        assert_eq!(
            message(2, &[], &[], &[]),
            "indptr must start with 0, found None"
        );
        assert_eq!(
            message(2, &[1], &[], &[]),
            "indptr must start with 0, found Some(1)"
        );
        assert_eq!(
            message(2, &[0, 2], &[0], &[1.0]),
            "indptr ends at 2, but there are 1 indices and 1 values"
        );
        assert_eq!(
            message(2, &[0, 2, 1], &[0], &[1.0]),
            "indptr descends at row 0, expected a monotone sequence"
        );
        assert_eq!(
            message(2, &[0, 1, 0, 1], &[0], &[1.0]),
            "indptr descends at row 1, expected a monotone sequence"
        );
        assert_eq!(
            message(9, &[0, 0, 2], &[4, 4], &[1.0, 1.0]),
            "row 1 has column 4 after 4, expected strictly ascending columns"
        );
        assert_eq!(
            message(2, &[0, 1], &[2], &[1.0]),
            "row 0 has column 2, expected one below 2"
        );
        assert_eq!(
            message(2, &[0, 1], &[1], &[f64::NAN]),
            "row 0, column 1 is NaN, expected a finite number"
        );
        assert_eq!(
            message(1 << 32, &[0], &[], &[]),
            "4294967296 columns, expected at most 2^32 - 1"
        );
    }
}
