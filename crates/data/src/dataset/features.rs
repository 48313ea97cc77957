//! The columns of a dataset's rows: a dense block beside a sparse tail.

use rayon::prelude::*;

use super::DatasetError;
use crate::csr::{Csr, SparseRow};
use crate::shared::SharedSlice;

/// The columns shared by training and test rows: a dense signal block beside a sparse tail.
///
/// Signal values are stored as the model sees them, already multiplied by the signal scale.
///
/// # Storage
/// 8·`signal_width` bytes a row in one row-major block, plus the tail's; clones share them.
#[derive(Clone, Debug)]
pub struct Features {
    rows: usize,
    signal_width: usize,
    signal: SharedSlice<f64>,
    tail: Option<Csr>,
}

impl Features {
    /// `rows` rows of `signal_width` dense columns (row-major in `signal`) and a sparse tail. `signal` is
    /// a vector, an [`AlignedBlock`](crate::AlignedBlock) or a [`SharedSlice`] of anybody's memory: it is
    /// kept, not copied. `Time: O(signal)`, to look for numbers that are not finite.
    ///
    /// # Errors
    /// When lengths disagree or a number is not finite.
    pub fn new(
        rows: usize,
        signal_width: usize,
        signal: impl Into<SharedSlice<f64>>,
        tail: Option<Csr>,
    ) -> Result<Self, DatasetError> {
        let signal = signal.into();
        if rows >= u32::MAX as usize {
            return Err(DatasetError::TooManyRows { rows });
        }
        let block = rows.saturating_mul(signal_width);
        check_length("signal block", signal.len(), block)?;
        if let Some(tail) = &tail {
            check_length("tail", tail.rows(), rows)?;
        }
        all_finite("signal value", &signal)?;
        Ok(Self {
            rows,
            signal_width,
            signal,
            tail,
        })
    }

    /// Parts known to have lengths that agree.
    pub(crate) fn from_parts(
        rows: usize,
        signal_width: usize,
        signal: SharedSlice<f64>,
        tail: Option<Csr>,
    ) -> Self {
        Self {
            rows,
            signal_width,
            signal,
            tail,
        }
    }

    /// The same rows with a tail, if there is one, at least `columns` wide. `Time: O(1)`
    pub(crate) fn widened(self, columns: usize) -> Result<Self, DatasetError> {
        let tail = self.tail.map(|tail| tail.widened(columns)).transpose()?;
        Ok(Self { tail, ..self })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of dense signal columns.
    pub fn signal_width(&self) -> usize {
        self.signal_width
    }

    /// Number of sparse tail columns; 0 without a tail.
    pub fn tail_width(&self) -> usize {
        self.tail.as_ref().map_or(0, Csr::columns)
    }

    /// The whole signal block, row-major.
    #[inline(always)]
    pub fn signal_block(&self) -> &[f64] {
        &self.signal
    }

    /// Signal columns of row `i`.
    ///
    /// # Panics
    /// When `i` is not a row.
    pub fn signal_row(&self, i: usize) -> &[f64] {
        &self.signal_block()[i * self.signal_width..][..self.signal_width]
    }

    /// The tail, if there is one.
    pub fn tail(&self) -> Option<&Csr> {
        self.tail.as_ref()
    }

    /// Tail entries of row `i`; none without a tail.
    ///
    /// # Panics
    /// When there is a tail and `i` is not a row of it.
    #[inline(always)]
    pub fn tail_row(&self, i: usize) -> SparseRow<'_> {
        self.tail
            .as_ref()
            .map_or_else(SparseRow::default, |tail| tail.row(i))
    }

    /// Returns true if these are the very rows of other features: clones, or rows of one store. `Time: O(1)`
    pub fn shares_rows(&self, other: &Self) -> bool {
        let tail = |features: &Self| features.tail.as_ref().map(|tail| tail.values().as_ptr());
        self.rows == other.rows
            && self.signal_width == other.signal_width
            && self.signal.as_ptr() == other.signal.as_ptr()
            && tail(self) == tail(other)
    }

    /// Stored numbers: all signal values and the tail's non-zeros.
    pub fn nnz(&self) -> usize {
        self.rows * self.signal_width + self.tail.as_ref().map_or(0, Csr::nnz)
    }
}

/// Refuses a part of another length than the other parts.
pub(super) fn check_length(
    what: &'static str,
    found: usize,
    expected: usize,
) -> Result<(), DatasetError> {
    if found == expected {
        return Ok(());
    }
    Err(DatasetError::Length {
        what,
        found,
        expected,
    })
}

/// Numbers looked at together: enough that their order costs nothing.
const CHUNK: usize = 1 << 14;

/// The place of the first number that is NaN or infinite. `Time: O(n)` over the threads of the current
/// rayon pool, at the speed of memory
pub(crate) fn first_not_finite(numbers: &[f64]) -> Option<usize> {
    // Looked at all together and not one by one until the first, which takes twenty times as long.
    let is_bad = |chunk: &[f64]| !chunk.iter().fold(true, |good, x| good & x.is_finite());
    let chunk = numbers.par_chunks(CHUNK).position_first(is_bad)?;
    let rest = &numbers[chunk * CHUNK..];
    rest.iter()
        .position(|x| !x.is_finite())
        .map(|place| chunk * CHUNK + place)
}

/// Refuses numbers that are NaN or infinite; errors call them `what`.
pub(crate) fn all_finite(what: &'static str, numbers: &[f64]) -> Result<(), DatasetError> {
    match first_not_finite(numbers) {
        None => Ok(()),
        Some(index) => Err(DatasetError::NotFinite {
            what,
            index,
            value: numbers[index],
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_number_that_is_not_finite_is_found() {
        let mut numbers = vec![1.0; 3 * CHUNK];
        assert_eq!(first_not_finite(&numbers), None);
        for place in [3 * CHUNK - 1, 2 * CHUNK, CHUNK + 1, CHUNK - 1, 0] {
            numbers[place] = f64::NAN;
            assert_eq!(first_not_finite(&numbers), Some(place));
        }
        assert_eq!(first_not_finite(&[]), None);
    }

    #[test]
    fn features_that_do_not_fit_together_are_named() {
        let message = |rows, width, signal: &[f64], tail| {
            let built = Features::new(rows, width, signal.to_vec(), tail);
            built.unwrap_err().to_string()
        };
        let tail = Csr::new(1, vec![0], vec![], vec![]).unwrap();
        assert_eq!(
            message(2, 1, &[0.0; 3], None),
            "signal block: found 3 entries, expected 2"
        );
        assert!(message(2, usize::MAX, &[0.0; 3], None).contains("found 3 entries"));
        assert_eq!(
            message(1, 1, &[0.0], Some(tail)),
            "tail: found 0 entries, expected 1"
        );
        assert_eq!(
            message(1, 2, &[0.0, f64::NEG_INFINITY], None),
            "signal value 1 is -inf, expected a finite number"
        );
        assert_eq!(
            message(u32::MAX as usize, 0, &[], None),
            "4294967295 rows, expected fewer than 2^32 - 1"
        );
    }
}
