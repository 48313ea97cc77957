//! Arrays of NumPy's whose numbers are read where they lie, without the interpreter's lock.
//!
//! This is the package's only `unsafe` code: a slice is kept beside the array that owns its memory.

use std::ptr::NonNull;

use numpy::ndarray::Dimension;
use numpy::{Element, PyReadonlyArray, PyUntypedArrayMethods};
use pyo3::prelude::*;
use sparsegrok_data::SharedSlice;

use crate::errors::refused;

/// A slice of an array's memory, and the array, which lives as long.
struct Held<T> {
    numbers: NonNull<[T]>,
    _array: Py<PyAny>,
}

impl<T> AsRef<[T]> for Held<T> {
    fn as_ref(&self) -> &[T] {
        // SAFETY: `numbers` was borrowed of the array's memory, aligned and of this length, and NumPy frees or
        // moves that of no array that is referred to. The numbers are to stay as they are meanwhile: nothing here
        // writes to them, and that no other thread of Python's does is asked of all who call, as by NumPy's own
        // functions, which release the lock too.
        #[allow(unsafe_code)]
        unsafe {
            self.numbers.as_ref()
        }
    }
}

// SAFETY: a reference to numbers that are only read, and one to an array that nothing but the interpreter touches.
#[allow(unsafe_code)]
unsafe impl<T: Sync> Send for Held<T> {}

// SAFETY: as above.
#[allow(unsafe_code)]
unsafe impl<T: Sync> Sync for Held<T> {}

/// The numbers of an array where they lie, row by row. `Time: O(1)`
///
/// # Errors
/// When they do not lie side by side in that order.
pub(crate) fn held<T, D>(array: &PyReadonlyArray<'_, T, D>) -> PyResult<SharedSlice<T>>
where
    T: Element + Sync + 'static,
    D: Dimension,
{
    if !array.is_c_contiguous() {
        return Err(refused(
            "an array that is not contiguous: expected one in the order of C",
        ));
    }
    let numbers = NonNull::from(array.as_slice()?);
    let _array = array.as_any().clone().unbind();
    Ok(SharedSlice::of_owner(Held { numbers, _array }))
}
