//! Rows that Python holds, as the features of a dataset.

use numpy::{PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use sparsegrok_data::{Csr, Features, SharedSlice};

use crate::errors::OrRaise;
use crate::held::held;

/// Rows as they come: a dense array, or row starts, columns, values and number of columns of compressed sparse rows.
#[derive(FromPyObject)]
pub(crate) enum Rows<'py> {
    /// Rows by columns, in the order of C.
    Dense(PyReadonlyArray2<'py, f64>),
    /// Integers of 32 bits.
    Narrow(
        PyReadonlyArray1<'py, i32>,
        PyReadonlyArray1<'py, i32>,
        PyReadonlyArray1<'py, f64>,
        usize,
    ),
    /// Integers of 64 bits.
    Wide(
        PyReadonlyArray1<'py, i64>,
        PyReadonlyArray1<'py, i64>,
        PyReadonlyArray1<'py, f64>,
        usize,
    ),
}

/// The same rows as memory that any thread may read.
pub(crate) enum Lent {
    /// Rows, columns, and the numbers row by row.
    Dense(usize, usize, SharedSlice<f64>),
    /// Columns; row starts, columns and values of rows.
    Narrow(usize, SharedSlice<i32>, SharedSlice<i32>, SharedSlice<f64>),
    /// As `Narrow`.
    Wide(usize, SharedSlice<i64>, SharedSlice<i64>, SharedSlice<f64>),
}

impl Rows<'_> {
    /// Lends the rows where they lie. `Time: O(1)`
    pub(crate) fn lent(&self) -> PyResult<Lent> {
        Ok(match self {
            Self::Dense(rows) => {
                let (count, width) = rows.as_array().dim();
                Lent::Dense(count, width, held(rows)?)
            }
            Self::Narrow(starts, columns, values, width) => {
                Lent::Narrow(*width, held(starts)?, held(columns)?, held(values)?)
            }
            Self::Wide(starts, columns, values, width) => {
                Lent::Wide(*width, held(starts)?, held(columns)?, held(values)?)
            }
        })
    }
}

impl Lent {
    /// The features that these rows are, which are checked. `Time: O(nnz)`, over the threads of the current pool
    pub(crate) fn features(self) -> PyResult<Features> {
        let csr = match self {
            Self::Dense(count, width, numbers) => {
                return Features::new(count, width, numbers, None).or_raise();
            }
            Self::Narrow(width, starts, columns, values) => {
                Csr::of_i32(width, starts, columns, values)
            }
            Self::Wide(width, starts, columns, values) => {
                Csr::of_i64(width, starts, columns, values)
            }
        };
        let csr = csr.or_raise()?;
        Features::new(csr.rows(), 0, Vec::new(), Some(csr)).or_raise()
    }
}
