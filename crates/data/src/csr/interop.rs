//! The way to and from `sprs` matrices of any index types.

use std::any::Any;

use sprs::{CsMatI, CsMatViewI, SpIndex};

use super::{Csr, CsrError, check_width};

impl Csr {
    /// Lends the matrix out as an `sprs` view, not copied. `Time: O(1)`
    pub fn as_sprs(&self) -> CsMatViewI<'_, f64, u32, usize> {
        self.matrix.view()
    }
}

/// Takes over the storage of a row-major `sprs` matrix; indices that are not `u32`, and positions
/// that are not `usize`, are copied, and nothing else. The checks are those of [`Csr::new`].
/// `Time: O(rows + nnz)`
impl<I, Iptr> TryFrom<CsMatI<f64, I, Iptr>> for Csr
where
    I: SpIndex + 'static,
    Iptr: SpIndex + 'static,
{
    type Error = CsrError;

    fn try_from(matrix: CsMatI<f64, I, Iptr>) -> Result<Self, CsrError> {
        if !matrix.is_csr() {
            return Err(CsrError::ByColumns);
        }
        let columns = matrix.cols();
        check_width(columns)?;
        let (indptr, indices, values) = matrix.into_raw_storage();
        let mut starts: Vec<usize> = converted(indptr, SpIndex::index);
        // A copy of a slice of rows counts from where the slice began.
        let first = starts[0];
        if first > 0 {
            starts.iter_mut().for_each(|start| *start -= first);
        }
        // Indices are below the width, which fits.
        let indices = converted(indices, |column: I| column.index() as u32);
        Self::new(columns, starts, indices, values)
    }
}

/// The numbers converted one by one; the vector itself if their type is the wanted one already.
fn converted<T: 'static, U: 'static>(numbers: Vec<T>, convert: impl Fn(T) -> U) -> Vec<U> {
    let mut numbers = Some(numbers);
    let any: &mut dyn Any = &mut numbers;
    if let Some(same) = any.downcast_mut::<Option<Vec<U>>>() {
        return same.take().unwrap_or_default();
    }
    let numbers = numbers.unwrap_or_default();
    numbers.into_iter().map(convert).collect()
}

/// Gives the storage to `sprs`, without copying it unless a clone or a mapped file has it too.
/// `Time: O(rows + nnz)`, as `sprs` checks what it is given.
impl From<Csr> for CsMatI<f64, u32, usize> {
    fn from(csr: Csr) -> Self {
        let shape = csr.matrix.shape();
        let (indptr, indices, values) = csr.matrix.into_raw_storage();
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
            prop_assert_eq!(view.data().as_ptr(), csr.values().as_ptr());
            prop_assert_eq!(Csr::try_from(view.to_owned()), Ok(csr.clone()));

            let copy = Csr::try_from(view.to_owned()).unwrap();
            let storage = copy.values().as_ptr();
            let matrix = CsMatI::from(copy);
            prop_assert_eq!(matrix.data().as_ptr(), storage);
            prop_assert_eq!(matrix.shape(), (csr.rows(), csr.columns()));
            for (i, row) in matrix.outer_iterator().enumerate() {
                prop_assert_eq!(row.indices(), csr.row(i).indices);
                prop_assert_eq!(row.data(), csr.row(i).values);
            }
            let back = Csr::try_from(matrix).unwrap();
            prop_assert_eq!(back.values().as_ptr(), storage);
            prop_assert_eq!(back, csr);
        }
    }

    /// Values keep their place whatever the indices are, and indices where they are of our types.
    #[test]
    fn only_numbers_of_other_types_are_copied() {
        fn is_kept<I: SpIndex + 'static, Iptr: SpIndex + 'static>() -> [bool; 3] {
            let ours =
                CsMatI::<f64, u32, usize>::new((2, 9), vec![0, 1, 3], vec![8, 0, 4], vec![1.0; 3]);
            let theirs: CsMatI<f64, I, Iptr> = ours.to_other_types();
            let at = |csr: &Csr| {
                let parts = (
                    csr.row_starts().as_ptr(),
                    csr.indices().as_ptr(),
                    csr.values().as_ptr(),
                );
                [parts.0 as usize, parts.1 as usize, parts.2 as usize]
            };
            let view = theirs.view();
            let before = [
                view.indptr().raw_storage().as_ptr() as usize,
                view.indices().as_ptr() as usize,
                view.data().as_ptr() as usize,
            ];
            let csr = Csr::try_from(theirs).unwrap();
            assert_eq!(csr.as_sprs(), ours.view());
            let after = at(&csr);
            [0, 1, 2].map(|part| before[part] == after[part])
        }
        assert_eq!(is_kept::<u32, usize>(), [true, true, true]);
        assert_eq!(is_kept::<usize, usize>(), [true, false, true]);
        assert_eq!(is_kept::<u32, u32>(), [false, true, true]);
        assert_eq!(is_kept::<i64, u16>(), [false, false, true]);
    }

    #[test]
    fn a_copy_of_some_rows_counts_anew() {
        let whole = CsMatI::<f64, usize>::new(
            (3, 2),
            vec![0, 1, 2, 4],
            vec![0, 1, 0, 1],
            vec![1.0, 2.0, 3.0, 4.0],
        );
        let some = whole.slice_outer(1..3).to_owned();
        let csr = Csr::try_from(some).unwrap();
        assert_eq!(
            csr,
            Csr::new(2, vec![0, 1, 3], vec![1, 0, 1], vec![2.0, 3.0, 4.0]).unwrap()
        );
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
