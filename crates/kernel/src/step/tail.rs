//! Sparse tails: one row's dot product and update, for one seed.
//!
//! If all non-zeros of a tail are known to be 1 (`ONES`), as in one-hot features, values are not read:
//! that leaves a third of a row of 32-bit columns to read, and the sums are the same.
//!
//! Each function asks once for the width of a row's indices and goes on with a slice of that type.

use sparsegrok_data::{Csr, Indices, SpIndex, SparseRow};
use sparsegrok_lanes::prefetch;

use crate::layout::{LINE, PREFETCH_FROM};

/// Partial sums of [`dot`]: enough to keep the fma units busy, few enough that the rest of a short
/// row is not most of it.
pub(super) const SUMS: usize = 4;

/// Cache lines asked for of each of a row's two arrays: the processor sees by itself how a longer
/// row goes on.
const LINES_ASKED_FOR: usize = 4;

/// The rows of a sparse tail, whose columns are of one width, as a loop over many of them reads them.
#[derive(Clone, Copy)]
pub(crate) struct TailRows<'w, I> {
    starts: Indices<'w>,
    columns: &'w [I],
    values: &'w [f64],
}

impl<'w, I: SpIndex> TailRows<'w, I> {
    /// The rows of a matrix with these columns, its own.
    pub(crate) fn new(tail: &'w Csr, columns: &'w [I]) -> Self {
        Self {
            starts: tail.row_starts(),
            columns,
            values: tail.values(),
        }
    }

    /// The columns and values of a row.
    #[inline(always)]
    pub(super) fn row(&self, row: usize) -> (&'w [I], &'w [f64]) {
        let range = match self.starts {
            Indices::U32(starts) => starts[row] as usize..starts[row + 1] as usize,
            Indices::Usize(starts) => starts[row]..starts[row + 1],
        };
        (&self.columns[range.clone()], &self.values[range])
    }

    /// True where rows are to be asked for ahead of their visits.
    pub(super) fn asks_ahead(&self) -> bool {
        asks_ahead(self.values.len())
    }

    /// Asks for a row ahead of its visit. `ONES`: without its values.
    #[inline(always)]
    pub(super) fn prefetch<const ONES: bool>(&self, row: usize) {
        let (columns, values) = self.row(row);
        ask_for(columns);
        if !ONES {
            ask_for(values);
        }
    }

    /// Asks for the place that tells where a row begins, ahead of [`prefetch`](Self::prefetch).
    #[inline(always)]
    pub(super) fn prefetch_start(&self, row: usize) {
        match self.starts {
            Indices::U32(starts) => prefetch(&starts[row]),
            Indices::Usize(starts) => prefetch(&starts[row]),
        }
    }
}

/// Σ u[column]·value over a row: four partial sums by position within the row modulo four, added
/// pairwise.
#[inline(always)]
pub(super) fn dot(u: &[f64], row: SparseRow<'_>) -> f64 {
    match row.indices {
        Indices::U32(columns) => dot_of::<false, _>(u, columns, row.values),
        Indices::Usize(columns) => dot_of::<false, _>(u, columns, row.values),
    }
}

#[inline(always)]
pub(super) fn dot_of<const ONES: bool, I: SpIndex>(
    u: &[f64],
    columns: &[I],
    values: &[f64],
) -> f64 {
    // One sum would wait for each fma in turn; four are in flight together. Their number, and the pairs
    // they are added in, are part of the result.
    let (column_blocks, column_rest) = columns.as_chunks::<SUMS>();
    let (value_blocks, value_rest) = values.as_chunks::<SUMS>();
    let mut sums = [0.0; SUMS];
    for (column, value) in column_blocks.iter().zip(value_blocks) {
        for k in 0..SUMS {
            let value = if ONES { 1.0 } else { value[k] };
            sums[k] = u[column[k].index()].mul_add(value, sums[k]);
        }
    }
    // Unrolled over the sums: indexing `sums` with a run-time index would spill it to the stack.
    for k in 0..SUMS {
        let (Some(&column), Some(value)) = (column_rest.get(k), value_rest.get(k)) else {
            break;
        };
        let value = if ONES { 1.0 } else { *value };
        sums[k] = u[column.index()].mul_add(value, sums[k]);
    }
    (sums[0] + sums[2]) + (sums[1] + sums[3])
}

/// u[column] += c·value over a row.
#[inline(always)]
pub(super) fn add_scaled(u: &mut [f64], c: f64, row: SparseRow<'_>) {
    match row.indices {
        Indices::U32(columns) => add_scaled_of::<false, _>(u, c, columns, row.values),
        Indices::Usize(columns) => add_scaled_of::<false, _>(u, c, columns, row.values),
    }
}

#[inline(always)]
pub(super) fn add_scaled_of<const ONES: bool, I: SpIndex>(
    u: &mut [f64],
    c: f64,
    columns: &[I],
    values: &[f64],
) {
    for (column, value) in columns.iter().zip(values) {
        let u = &mut u[column.index()];
        let value = if ONES { 1.0 } else { *value };
        *u = c.mul_add(value, *u);
    }
}

/// True where so many non-zeros do not lie in a core's cache anyway.
pub(super) fn asks_ahead(nonzeros: usize) -> bool {
    nonzeros * (size_of::<u32>() + size_of::<f64>()) >= PREFETCH_FROM
}

/// Asks for the first lines of a slice, which may begin anywhere in a line, and for its last.
#[inline(always)]
fn ask_for<T>(slice: &[T]) {
    let of_line = LINE * size_of::<f64>() / size_of::<T>();
    let lines = slice.iter().step_by(of_line).take(LINES_ASKED_FOR);
    lines.chain(slice.last()).for_each(prefetch);
}

/// Asks for a row ahead of its visit.
#[inline(always)]
pub(super) fn prefetch_row(row: SparseRow<'_>) {
    match row.indices {
        Indices::U32(columns) => ask_for(columns),
        Indices::Usize(columns) => ask_for(columns),
    }
    ask_for(row.values);
}
