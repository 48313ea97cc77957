//! Rows that Python holds, as the features of a dataset.

use numpy::{PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use sparsegrok_data::{Csr, Features};

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

impl Rows<'_> {
    /// The features that these rows are, where they lie. `Time: O(nnz)`, to check them.
    pub(crate) fn features(&self) -> PyResult<Features> {
        let csr = match self {
            Self::Dense(rows) => {
                let (count, width) = rows.as_array().dim();
                return Features::new(count, width, held(rows)?, None).or_raise();
            }
            Self::Narrow(starts, columns, values, width) => {
                Csr::of_i32(*width, held(starts)?, held(columns)?, held(values)?)
            }
            Self::Wide(starts, columns, values, width) => {
                Csr::of_i64(*width, held(starts)?, held(columns)?, held(values)?)
            }
        };
        let csr = csr.or_raise()?;
        Features::new(csr.rows(), 0, Vec::new(), Some(csr)).or_raise()
    }
}
