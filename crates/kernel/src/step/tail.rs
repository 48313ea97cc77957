//! Sparse tails: one row's dot product and update, for one seed.
//!
//! If all non-zeros of a tail are known to be 1 (`ONES`), as in one-hot features, values are not read:
//! that leaves a third of the row to read, and the sums are the same.

use sparsegrok_data::SparseRow;
use sparsegrok_lanes::prefetch;

use crate::layout::LINE;

/// Partial sums of [`dot`]: enough to keep the fma units busy, few enough that the rest of a short
/// row is not most of it.
pub(super) const SUMS: usize = 4;

/// Cache lines asked for of each of a row's two arrays: the processor sees by itself how a longer
/// row goes on.
const LINES_ASKED_FOR: usize = 4;

/// Σ u[column]·value over a row: four partial sums by position within the row modulo four, added
/// pairwise.
#[inline(always)]
pub(super) fn dot<const ONES: bool>(u: &[f64], row: SparseRow<'_>) -> f64 {
    // One sum would wait for each fma in turn; four are in flight together. Their number, and the pairs
    // they are added in, are part of the result.
    let (column_blocks, column_rest) = row.indices.as_chunks::<SUMS>();
    let (value_blocks, value_rest) = row.values.as_chunks::<SUMS>();
    let mut sums = [0.0; SUMS];
    for (column, value) in column_blocks.iter().zip(value_blocks) {
        for k in 0..SUMS {
            let value = if ONES { 1.0 } else { value[k] };
            sums[k] = u[column[k] as usize].mul_add(value, sums[k]);
        }
    }
    // Unrolled over the sums: indexing `sums` with a run-time index would spill it to the stack.
    for k in 0..SUMS {
        let (Some(&column), Some(value)) = (column_rest.get(k), value_rest.get(k)) else {
            break;
        };
        let value = if ONES { 1.0 } else { *value };
        sums[k] = u[column as usize].mul_add(value, sums[k]);
    }
    (sums[0] + sums[2]) + (sums[1] + sums[3])
}

/// u[column] += c·value over a row.
#[inline(always)]
pub(super) fn add_scaled<const ONES: bool>(u: &mut [f64], c: f64, row: SparseRow<'_>) {
    for (&column, value) in row.indices.iter().zip(row.values) {
        let u = &mut u[column as usize];
        let value = if ONES { 1.0 } else { *value };
        *u = c.mul_add(value, *u);
    }
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
pub(super) fn prefetch_row<const ONES: bool>(row: SparseRow<'_>) {
    // A column index is half as long as a value, so that a line holds twice as many.
    ask_for(row.indices);
    if !ONES {
        ask_for(row.values);
    }
}
