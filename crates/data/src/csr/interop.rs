//! The way to and from `sprs` matrices.

use sprs::{CsMatI, CsMatViewI};

use super::{Csr, CsrError};

impl Csr {
    /// A `sprs` view of the same storage, not copied. `Time: O(rows + nnz)`, as `sprs` checks what
    /// it is given.
    pub fn as_sprs(&self) -> CsMatViewI<'_, f64, u32, usize> {
        CsMatViewI::new(
            (self.rows(), self.columns),
            &self.indptr,
            &self.indices,
            &self.values,
        )
    }
}

/// Takes over the storage of a row-major `sprs` matrix without copying it; the checks are those of
/// [`Csr::new`]. `Time: O(rows + nnz)`
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

/// Hands the storage to `sprs`, without copying it unless a clone or a mapped file has it too.
/// `Time: O(rows + nnz)`, as `sprs` checks what it is given.
impl From<Csr> for CsMatI<f64, u32, usize> {
    fn from(csr: Csr) -> Self {
        let shape = (csr.rows(), csr.columns);
        let Csr {
            indptr,
            indices,
            values,
            ..
        } = csr;
        CsMatI::new(
            shape,
            indptr.into_vec(),
            indices.into_vec(),
            values.into_vec(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csr::tests::rows;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sprs_round_trips_without_a_copy((columns, indptr, indices, values) in rows()) {
            let csr = Csr::new(columns, indptr, indices, values).unwrap();
            let view = csr.as_sprs();
            prop_assert_eq!(view.data().as_ptr(), csr.values.as_ptr());
            prop_assert_eq!(Csr::try_from(view.to_owned()), Ok(csr.clone()));

            let copy = Csr::try_from(view.to_owned()).unwrap();
            let storage = copy.values.as_ptr();
            let matrix = CsMatI::from(copy);
            prop_assert_eq!(matrix.data().as_ptr(), storage);
            prop_assert_eq!(matrix.shape(), (csr.rows(), csr.columns()));
            for (i, row) in matrix.outer_iterator().enumerate() {
                prop_assert_eq!(row.indices(), csr.row(i).indices);
                prop_assert_eq!(row.data(), csr.row(i).values);
            }
            let back = Csr::try_from(matrix).unwrap();
            prop_assert_eq!(back.values.as_ptr(), storage);
            prop_assert_eq!(back, csr);
        }
    }

    #[test]
    fn columns_first_is_refused() {
        let matrix = CsMatI::new_csc((2, 1), vec![0, 1], vec![1], vec![1.0]);
        assert_eq!(Csr::try_from(matrix), Err(CsrError::ByColumns));
    }

    #[test]
    fn the_widest_matrix_reaches_sprs() {
        let widest = u32::MAX as usize;
        let csr = Csr::new(1, vec![0, 1], vec![0], vec![1.0]).unwrap();
        let csr = csr.widened(widest).unwrap();
        assert_eq!(csr.as_sprs().cols(), widest);
        assert_eq!(csr.clone().widened(3), Ok(csr.clone()));
        let columns = widest + 1;
        assert_eq!(csr.widened(columns), Err(CsrError::TooWide { columns }));
    }
}
