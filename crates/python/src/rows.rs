//! Rows that Python holds, as the features of a dataset.

use numpy::{PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use sparsegrok_data::{AlignedBlock, Csr, Features};

use crate::errors::{OrRaise, refused};

/// Rows as they come: a dense array in the order of C, or the parts of compressed sparse rows.
#[derive(FromPyObject)]
pub(crate) enum Rows<'py> {
    /// Rows by columns.
    Dense(PyReadonlyArray2<'py, f64>),
    /// Row starts, columns, values, and the number of columns.
    Sparse(
        Numbers<'py>,
        Numbers<'py>,
        PyReadonlyArray1<'py, f64>,
        usize,
    ),
}

/// Whole numbers of either width that SciPy has.
#[derive(FromPyObject)]
pub(crate) enum Numbers<'py> {
    /// Of 32 bits.
    Narrow(PyReadonlyArray1<'py, i32>),
    /// Of 64 bits.
    Wide(PyReadonlyArray1<'py, i64>),
}

impl Numbers<'_> {
    /// The numbers as another type; `what` they are called where one does not fit it.
    fn to<T: TryFrom<i64>>(&self, what: &str) -> PyResult<Vec<T>> {
        let convert = |number: i64| {
            let fits = T::try_from(number).ok();
            fits.ok_or_else(|| {
                refused(format_args!(
                    "{what} {number}: expected one of at least 0, below 2^32"
                ))
            })
        };
        match self {
            Self::Narrow(numbers) => numbers
                .as_array()
                .iter()
                .map(|&x| convert(x.into()))
                .collect(),
            Self::Wide(numbers) => numbers.as_array().iter().map(|&x| convert(x)).collect(),
        }
    }
}

impl Rows<'_> {
    /// The features that these rows are. `Time: O(nnz)`, as they are copied.
    pub(crate) fn features(&self) -> PyResult<Features> {
        match self {
            Self::Dense(rows) => {
                let (count, width) = rows.as_array().dim();
                let block = AlignedBlock::from(rows.as_slice()?);
                Features::new(count, width, block, None).or_raise()
            }
            Self::Sparse(starts, columns, values, width) => {
                let values = values.as_slice()?.to_vec();
                let csr = Csr::new(
                    *width,
                    starts.to("row start")?,
                    columns.to("column")?,
                    values,
                );
                let csr = csr.or_raise()?;
                Features::new(csr.rows(), 0, AlignedBlock::zeroed(0), Some(csr)).or_raise()
            }
        }
    }
}
