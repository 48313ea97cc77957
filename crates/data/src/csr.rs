//! The sparse tail: an `sprs` matrix over shared storage, checked once.
//!
//! `sprs` owns the format: layout, the check of its structure, views, conversions. Kept here is only
//! what it lacks: faults that name their row and column, the check for finite values, rows as plain
//! slices, a matrix that is widened, and one type over the three widths of integers that matrices
//! come in from elsewhere, so that none need be copied.

mod check;
mod error;
mod interop;
mod row;
#[cfg(test)]
mod tests;

pub use error::CsrError;
pub use row::{Indices, SparseRow};

use sprs::{CsMatBase, SpIndex};

use crate::dataset::first_not_finite;
use crate::shared::SharedSlice;

/// Rows compressed, with columns of type `I` and positions of type `P`, over shared storage.
type Matrix<I, P> = CsMatBase<f64, I, SharedSlice<P>, SharedSlice<I>, SharedSlice<f64>, P>;

/// A matrix with the integers it came in.
#[derive(Clone, Debug)]
enum Layout {
    /// What is made here and what stores hold: no column needs more, and any number of values fits.
    Own(Matrix<u32, usize>),
    /// 32 bits throughout, as SciPy has where they suffice.
    Narrow(Matrix<u32, u32>),
    /// A pointer's width throughout, as `sprs` has by default and SciPy where 32 bits do not suffice.
    Wide(Matrix<usize, usize>),
}

/// A sparse matrix in compressed-sparse-row form: an `sprs` matrix over shared storage.
///
/// Row i holds the column indices `indices[indptr[i]..indptr[i + 1]]`, strictly ascending, and as
/// many finite values. Checked at construction, relied on everywhere.
///
/// Indices and positions may be `u32` and `usize`, both `u32` or both `usize`; a matrix of any of these
/// is used where it lies and gives the same results. SciPy's come in with [`of_i32`](Self::of_i32) and
/// [`of_i64`](Self::of_i64). Any row-major `sprs` matrix of doubles does with `Csr::try_from`, which
/// copies only what is of other types; [`as_sprs`](Self::as_sprs) lends the matrix out, and
/// `CsMatI::from` gives it away.
///
/// Matrices are equal if their shapes and rows are, whatever the width of their integers.
///
/// # Storage
/// As [`new`](Self::new) makes it, 12 bytes a stored value (a `u32` column and an `f64`) and 8 bytes a
/// row; clones share them.
#[derive(Clone, Debug)]
pub struct Csr {
    layout: Layout,
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
        let matrix = checked(columns, indptr.into(), indices.into(), values.into())?;
        Self::of_finite(Layout::Own(matrix))
    }

    /// Reads a matrix of 32-bit integers where it lies, as SciPy has them, checked as in
    /// [`new`](Self::new). `Time: O(rows + nnz)`; nothing is copied.
    ///
    /// # Errors
    /// The first [`CsrError`] met, in row order; values are looked at last.
    pub fn of_i32(
        columns: usize,
        indptr: SharedSlice<i32>,
        indices: SharedSlice<i32>,
        values: SharedSlice<f64>,
    ) -> Result<Self, CsrError> {
        check::width(columns)?;
        // Taken for unsigned, negative numbers are 2^31 and more: out of range in a matrix that is no wider
        // than `i32` can number, but columns in a wider one.
        let numbered = columns.min(1 << 31);
        let matrix = checked(numbered, indptr.cast(), indices.cast(), values)
            .map_err(|error| check::signed(error, |column| i64::from(column as i32)))?;
        Self::of_finite(Layout::Narrow(matrix))?.widened(columns)
    }

    /// Reads a matrix of 64-bit integers where it lies, as SciPy has them, checked as in
    /// [`new`](Self::new). `Time: O(rows + nnz)`; nothing is copied.
    ///
    /// # Errors
    /// The first [`CsrError`] met, in row order; values are looked at last.
    #[cfg(target_pointer_width = "64")]
    pub fn of_i64(
        columns: usize,
        indptr: SharedSlice<i64>,
        indices: SharedSlice<i64>,
        values: SharedSlice<f64>,
    ) -> Result<Self, CsrError> {
        // Taken for unsigned, negative numbers are out of every range.
        let matrix = checked(columns, indptr.cast(), indices.cast(), values)
            .map_err(|error| check::signed(error, |column| column as i64))?;
        Self::of_finite(Layout::Wide(matrix))
    }

    /// Builds a matrix as [`new`](Self::new) does, over storage of any kind and without looking at
    /// the values. `Time: O(rows + nnz)`, about half a nanosecond a stored value.
    pub(crate) fn from_parts(
        columns: usize,
        indptr: SharedSlice<usize>,
        indices: SharedSlice<u32>,
        values: SharedSlice<f64>,
    ) -> Result<Self, CsrError> {
        let layout = Layout::Own(checked(columns, indptr, indices, values)?);
        Ok(Self { layout })
    }

    /// A matrix whose values are looked at last.
    fn of_finite(layout: Layout) -> Result<Self, CsrError> {
        let csr = Self { layout };
        csr.check_values()?;
        Ok(csr)
    }

    /// Refuses values that are NaN or infinite. `Time: O(nnz)` over the threads of the current rayon
    /// pool.
    pub(crate) fn check_values(&self) -> Result<(), CsrError> {
        let values = self.values();
        match first_not_finite(values) {
            None => Ok(()),
            Some(k) => {
                let started = self.row_starts().iter().take_while(|&start| start <= k);
                let mut columns = self.indices().iter().skip(k);
                Err(CsrError::Value {
                    row: started.count() - 1,
                    column: columns.next().expect("an index a value"),
                    value: values[k],
                })
            }
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.shape().0
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.shape().1
    }

    /// Number of stored values.
    pub fn nnz(&self) -> usize {
        self.values().len()
    }

    fn shape(&self) -> (usize, usize) {
        match &self.layout {
            Layout::Own(matrix) => matrix.shape(),
            Layout::Narrow(matrix) => matrix.shape(),
            Layout::Wide(matrix) => matrix.shape(),
        }
    }

    /// The position of each row's first stored value, and the number of all.
    pub fn row_starts(&self) -> Indices<'_> {
        match &self.layout {
            Layout::Own(matrix) => Indices::Usize(starts(matrix)),
            Layout::Narrow(matrix) => Indices::U32(starts(matrix)),
            Layout::Wide(matrix) => Indices::Usize(starts(matrix)),
        }
    }

    /// Column indices, row by row.
    pub fn indices(&self) -> Indices<'_> {
        match &self.layout {
            Layout::Own(matrix) => Indices::U32(matrix.indices()),
            Layout::Narrow(matrix) => Indices::U32(matrix.indices()),
            Layout::Wide(matrix) => Indices::Usize(matrix.indices()),
        }
    }

    /// Stored values, row by row.
    pub fn values(&self) -> &[f64] {
        match &self.layout {
            Layout::Own(matrix) => matrix.data(),
            Layout::Narrow(matrix) => matrix.data(),
            Layout::Wide(matrix) => matrix.data(),
        }
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
        match &self.layout {
            Layout::Own(matrix) => row(matrix, i),
            Layout::Narrow(matrix) => row(matrix, i),
            Layout::Wide(matrix) => row(matrix, i),
        }
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
        let layout = match self.layout {
            Layout::Own(matrix) => Layout::Own(widened(matrix, columns)?),
            Layout::Narrow(matrix) => Layout::Narrow(widened(matrix, columns)?),
            Layout::Wide(matrix) => Layout::Wide(widened(matrix, columns)?),
        };
        Ok(Self { layout })
    }
}

impl PartialEq for Csr {
    fn eq(&self, other: &Self) -> bool {
        self.columns() == other.columns()
            && self.row_starts() == other.row_starts()
            && self.indices() == other.indices()
            && self.values() == other.values()
    }
}

/// The position of each row's first stored value, and the number of all.
#[inline(always)]
fn starts<I: SpIndex, P: SpIndex>(matrix: &Matrix<I, P>) -> &[P] {
    // Their first is 0: checked at construction.
    matrix.indptr().into_raw_storage()
}

#[inline(always)]
fn row<I: SpIndex, P: SpIndex>(matrix: &Matrix<I, P>, i: usize) -> SparseRow<'_>
where
    for<'i> Indices<'i>: From<&'i [I]>,
{
    let starts = starts(matrix);
    let range = starts[i].index()..starts[i + 1].index();
    SparseRow {
        indices: matrix.indices()[range.clone()].into(),
        values: &matrix.data()[range],
    }
}

fn widened<I: SpIndex, P: SpIndex>(
    matrix: Matrix<I, P>,
    columns: usize,
) -> Result<Matrix<I, P>, CsrError> {
    let (indptr, indices, values) = matrix.into_raw_storage();
    checked(columns, indptr, indices, values)
}

/// Makes a matrix, all checked but its values.
fn checked<I: SpIndex, P: SpIndex>(
    columns: usize,
    indptr: SharedSlice<P>,
    indices: SharedSlice<I>,
    values: SharedSlice<f64>,
) -> Result<Matrix<I, P>, CsrError> {
    check::width(columns)?;
    check::length(&indptr, indices.len(), values.len())?;
    let shape = (indptr.len() - 1, columns);
    // `sprs` does not say which row it refuses.
    Matrix::try_new(shape, indptr, indices, values)
        .map_err(|(indptr, indices, ..)| check::first_fault(columns, &indptr, &indices))
}
