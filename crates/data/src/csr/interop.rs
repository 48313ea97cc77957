//! The way to and from `sprs` matrices of any index types.

use std::any::{Any, TypeId};

use bytemuck::Pod;
use sprs::{CsMatBase, CsMatI, CsMatViewI, SpIndex};

use super::{Csr, CsrError, Layout, Matrix, check, checked};

impl Csr {
    /// Lends the matrix out as an `sprs` view, not copied; `None` where its columns and positions are of
    /// other types. They are `u32` and `usize` in what [`new`](Self::new), svmlight files and stores
    /// make, both `u32` or both `usize` in what came in so. `Time: O(1)`
    pub fn as_sprs<I, Iptr>(&self) -> Option<CsMatViewI<'_, f64, I, Iptr>>
    where
        I: SpIndex + 'static,
        Iptr: SpIndex + 'static,
    {
        let matrix: &dyn Any = match &self.layout {
            Layout::Own(matrix) => matrix,
            Layout::Narrow(matrix) => matrix,
            Layout::Wide(matrix) => matrix,
        };
        let matrix: Option<&Matrix<I, Iptr>> = matrix.downcast_ref();
        matrix.map(CsMatBase::view)
    }
}

/// Takes over the storage of a row-major `sprs` matrix. Indices and positions stay what they are if they
/// are both `u32` or both `usize`; else indices that are not `u32`, and positions that are not `usize`,
/// are copied. The checks are those of [`Csr::new`]. `Time: O(rows + nnz)`
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
        // Indices are below the width, which fits their type from here on.
        check::width(columns)?;
        let (mut indptr, indices, values) = matrix.into_raw_storage();
        // A copy of a slice of rows counts from where the slice began.
        let first = indptr[0];
        if first > Iptr::zero() {
            indptr.iter_mut().for_each(|start| *start = *start - first);
        }
        let types = TypeId::of::<(I, Iptr)>();
        Self::of_finite(if types == TypeId::of::<(u32, u32)>() {
            Layout::Narrow(taken(columns, indptr, indices, values)?)
        } else if types == TypeId::of::<(usize, usize)>() {
            Layout::Wide(taken(columns, indptr, indices, values)?)
        } else {
            Layout::Own(taken(columns, indptr, indices, values)?)
        })
    }
}

/// Makes a matrix of arrays, those copied that are not of its types.
fn taken<I, Iptr, J, Jptr>(
    columns: usize,
    indptr: Vec<Iptr>,
    indices: Vec<I>,
    values: Vec<f64>,
) -> Result<Matrix<J, Jptr>, CsrError>
where
    I: SpIndex + 'static,
    Iptr: SpIndex + 'static,
    J: SpIndex + 'static,
    Jptr: SpIndex + 'static,
{
    let indptr: Vec<Jptr> = converted(indptr);
    let indices: Vec<J> = converted(indices);
    checked(columns, indptr.into(), indices.into(), values.into())
}

/// The numbers as another type, which holds them; the vector itself if they are of it already.
fn converted<I: SpIndex + 'static, J: SpIndex + 'static>(numbers: Vec<I>) -> Vec<J> {
    let mut numbers = Some(numbers);
    let any: &mut dyn Any = &mut numbers;
    if let Some(same) = any.downcast_mut::<Option<Vec<J>>>() {
        return same.take().unwrap_or_default();
    }
    let numbers = numbers.unwrap_or_default().into_iter();
    numbers
        .map(|number| J::from_usize(number.index()))
        .collect()
}

/// Gives the storage to `sprs`, without copying it unless it is of other types or is not a vector's of
/// this matrix alone. `Time: O(rows + nnz)`, as `sprs` checks what it is given.
impl From<Csr> for CsMatI<f64, u32, usize> {
    fn from(csr: Csr) -> Self {
        match csr.layout {
            Layout::Own(matrix) => given(matrix),
            Layout::Narrow(matrix) => given(matrix),
            Layout::Wide(matrix) => given(matrix),
        }
    }
}

fn given<I, Iptr>(matrix: Matrix<I, Iptr>) -> CsMatI<f64, u32, usize>
where
    I: SpIndex + Pod,
    Iptr: SpIndex + Pod,
{
    let shape = matrix.shape();
    let (indptr, indices, values) = matrix.into_raw_storage();
    CsMatI::new(
        shape,
        converted(indptr.into_vec()),
        converted(indices.into_vec()),
        values.into_vec(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csr::Indices;
    use crate::csr::tests::rows;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sprs_round_trips_without_a_copy((columns, indptr, indices, values) in rows()) {
            let csr = Csr::new(columns, indptr, indices, values).unwrap();
            let view = csr.as_sprs::<u32, usize>().unwrap();
            prop_assert_eq!(view.data().as_ptr(), csr.values().as_ptr());
            prop_assert_eq!(Csr::try_from(view.to_owned()), Ok(csr.clone()));

            let copy = Csr::try_from(view.to_owned()).unwrap();
            let storage = copy.values().as_ptr();
            let matrix = CsMatI::from(copy);
            prop_assert_eq!(matrix.data().as_ptr(), storage);
            prop_assert_eq!(matrix.shape(), (csr.rows(), csr.columns()));
            for (i, row) in matrix.outer_iterator().enumerate() {
                prop_assert_eq!(Indices::U32(row.indices()), csr.row(i).indices);
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
        fn starts_at<T>(numbers: &[T]) -> usize {
            numbers.as_ptr() as usize
        }
        fn places(numbers: Indices<'_>) -> usize {
            match numbers {
                Indices::U32(numbers) => starts_at(numbers),
                Indices::Usize(numbers) => starts_at(numbers),
            }
        }
        fn is_kept<I: SpIndex + 'static, Iptr: SpIndex + 'static>() -> [bool; 3] {
            let ours =
                CsMatI::<f64, u32, usize>::new((2, 9), vec![0, 1, 3], vec![8, 0, 4], vec![1.0; 3]);
            let theirs: CsMatI<f64, I, Iptr> = ours.to_other_types();
            let view = theirs.view();
            let before = [
                starts_at(view.indptr().raw_storage()),
                starts_at(view.indices()),
                starts_at(view.data()),
            ];
            let csr = Csr::try_from(theirs).unwrap();
            let after = [
                places(csr.row_starts()),
                places(csr.indices()),
                starts_at(csr.values()),
            ];
            assert_eq!(CsMatI::from(csr), ours);
            [0, 1, 2].map(|part| before[part] == after[part])
        }
        assert_eq!(is_kept::<u32, usize>(), [true, true, true]);
        assert_eq!(is_kept::<usize, usize>(), [true, true, true]);
        assert_eq!(is_kept::<u32, u32>(), [true, true, true]);
        assert_eq!(is_kept::<usize, u32>(), [false, false, true]);
        assert_eq!(is_kept::<u32, i32>(), [false, true, true]);
        assert_eq!(is_kept::<i64, usize>(), [true, false, true]);
        assert_eq!(is_kept::<i64, u16>(), [false, false, true]);
    }

    #[test]
    fn a_matrix_is_lent_as_what_it_is() {
        let matrix = CsMatI::<f64, u32, u32>::new((1, 3), vec![0, 1], vec![2], vec![0.5]);
        let csr = Csr::try_from(matrix.clone()).unwrap();
        assert_eq!(csr.as_sprs::<u32, u32>(), Some(matrix.view()));
        assert_eq!(csr.as_sprs::<u32, usize>(), None);
        assert_eq!(csr.as_sprs::<usize, usize>(), None);
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
        assert_eq!(csr.as_sprs::<u32, usize>().unwrap().cols(), widest);
        assert_eq!(csr.clone().widened(3), Ok(csr.clone()));
        let columns = widest + 1;
        assert_eq!(csr.widened(columns), Err(CsrError::TooWide { columns }));
    }
}
