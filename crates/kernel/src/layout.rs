//! The layout of packed rows in memory.
//!
//! A packed row is `[x̃_0 … x̃_{d−1}, p, y]`. d is the signal width, rounded up by columns of zeros,
//! which change no sum. x̃ is the signal row, times its label where the loss folds signs. p is what
//! the row's memorization weight adds to the margin, in units of the scale: y α m_i / scale
//! (without y where the loss folds no sign). For d ≤ 5 a row is one cache line of 64 bytes.
//!
//! Rows without signal columns are read where they lie. Only their p and y are packed: for one seed
//! side by side, and nothing at all if nothing is memorized; for lanes that visit the same rows
//! as eight y and then eight p.
//!
//! [`Layout`] says where each row lies and how much memory all of them take, before any is
//! allocated; [`PackedRows`] owns that memory; a [`Window`] is what a step sees of it. Nobody else
//! computes an address.

mod packed;

use std::ops::Range;

use sparsegrok_lanes::prefetch;

use crate::shape::Shape;
use crate::spec::{Order, Sgd};
use crate::step::Choice;

pub(crate) use self::packed::PackedRows;

/// Doubles in a cache line; every packed row starts on one.
pub(crate) const LINE: usize = 8;

/// Cache lines between the rows of two lanes. Without a gap, lanes of 2^k rows would lie a multiple
/// of 4 KiB apart: a store to one lane's row then looks like a store to the others'.
const LANE_GAP: usize = 7;

/// Bytes of rows up to which all are packed at once: a fifth faster, as a step's wait then hides the
/// memory's.
const ALL_AT_ONCE: usize = 256 << 20;

/// Bytes of a block, all lanes together: well within what a core has of second-level cache.
const BLOCK: usize = 1 << 18;

/// Bytes of rows from which on they are asked for ahead of their visits: what a core has of
/// second-level cache, about.
pub(crate) const PREFETCH_FROM: usize = 1 << 20;

/// Visits between asking for a packed row and using it: a step takes some ten nanoseconds and memory
/// about a hundred, and a hint that comes too early is pushed out of the cache again.
const PREFETCH_DISTANCE: usize = 16;

/// The places of the packed rows of a training set a lane.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    lanes: usize,
    /// Rows of each training set.
    rows: usize,
    /// Most rows packed at a time.
    block: usize,
    /// Signal columns of a packed row.
    width: usize,
    /// Doubles from one row to the next; 0 where nothing is packed.
    stride: usize,
    /// Doubles from one lane's first row to the next lane's.
    lane_stride: usize,
    /// Doubles from the beginning of a row to p.
    part: usize,
    /// Doubles from the beginning of a row to y.
    target: usize,
    memorization: bool,
}

impl Layout {
    /// The layout of the rows of `lanes` training sets, as steps of a form read them.
    pub(crate) fn new(spec: &Sgd, shape: Shape, form: Choice, lanes: usize) -> Self {
        let all = Self::with_blocks(shape, form, lanes, shape.rows.max(1));
        let block = block_rows(spec, shape.rows, all.row_bytes());
        Self::with_blocks(shape, form, lanes, block)
    }

    /// As [`new`](Self::new), with `block` rows packed at a time.
    pub(crate) fn with_blocks(shape: Shape, form: Choice, lanes: usize, block: usize) -> Self {
        let width = form.row_width(shape.signal);
        // Rows of one lane are neighbours, lanes are far apart: a lane's rows are those that one seed alone
        // would have, and eight rows are brought into lanes as they are read.
        let apart = Self {
            lanes,
            rows: shape.rows,
            block,
            width,
            stride: stride(width),
            // Saturating, as memory is estimated from sizes that nobody could allocate.
            lane_stride: block
                .saturating_mul(stride(width))
                .saturating_add(LANE_GAP * LINE),
            part: width,
            target: width + 1,
            memorization: shape.memorization,
        };
        match form {
            // Targets are read from the dataset.
            Choice::TailsAlone if !shape.memorization => Self {
                stride: 0,
                lane_stride: 0,
                ..apart
            },
            // All lanes visit the same row: what is theirs of it lies together.
            Choice::SharedTails => Self {
                stride: lanes * (1 + usize::from(shape.memorization)),
                lane_stride: 1,
                part: lanes,
                target: 0,
                ..apart
            },
            _ => apart,
        }
    }

    /// Bytes of a packed row of all lanes.
    fn row_bytes(&self) -> usize {
        let lanes = if self.is_interleaved() { 1 } else { self.lanes };
        self.stride * lanes * size_of::<f64>()
    }

    /// True where the lanes of a row lie together.
    fn is_interleaved(&self) -> bool {
        self.lane_stride == 1
    }

    /// The place of a lane's row, counted within the block.
    #[inline(always)]
    fn place(&self, lane: usize, row: usize) -> usize {
        lane * self.lane_stride + row * self.stride
    }

    /// Rows packed at a time.
    pub(crate) fn block(&self) -> usize {
        self.block
    }

    /// Signal columns of a packed row.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Bytes that [`PackedRows`] of this layout takes.
    pub(crate) fn bytes(&self) -> usize {
        let doubles = self.packed_doubles().saturating_add(self.kept_doubles());
        doubles.saturating_mul(size_of::<f64>())
    }

    /// Doubles of the packed rows of all lanes.
    fn packed_doubles(&self) -> usize {
        match self.is_interleaved() {
            true => self.stride.saturating_mul(self.block),
            false => self.lane_stride.saturating_mul(self.lanes),
        }
    }

    /// Doubles of the memorization parts that are kept beside the packed rows: all, where a block
    /// takes the place of another; else none, as the rows themselves keep them.
    fn kept_doubles(&self) -> usize {
        if self.memorization && self.block < self.rows {
            self.rows.saturating_mul(self.lanes)
        } else {
            0
        }
    }

    /// The blocks of an epoch, in the order of their visits.
    fn blocks(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let (rows, block) = (self.rows, self.block);
        let starts = (0..rows).step_by(block);
        starts.map(move |start| start..rows.min(start + block))
    }
}

/// Bytes of one training set's packed rows of `width` columns, when all are packed at once.
pub(crate) fn packed_bytes(rows: usize, width: usize) -> usize {
    rows.saturating_mul(stride(width) * size_of::<f64>())
}

/// Doubles from one row to the next: whole cache lines, or only p and y where there are no columns.
fn stride(width: usize) -> usize {
    match width {
        // Sparse rows alone: whole lines would waste three quarters of the memory read.
        0 => 2,
        // p and y follow the columns, in the same line where it has room: a visit then reads and writes
        // no other memory.
        width => (width + 2).next_multiple_of(LINE),
    }
}

/// Rows in a block: all of them unless they are many and visited in order; else whole batches, one
/// at least.
///
/// A sequential order visits rows as they lie, so that a training set larger than memory can be
/// packed block by block from a mapped file. Any other order needs all rows at any time.
fn block_rows(spec: &Sgd, rows: usize, row_bytes: usize) -> usize {
    if spec.order != Order::Sequential || rows.saturating_mul(row_bytes) <= ALL_AT_ONCE {
        return rows.max(1);
    }
    // A batch that crossed from one block to the next would need both of them packed.
    let batch = spec.batch_size.rows(rows);
    let fit = BLOCK / row_bytes;
    (fit / batch)
        .max(1)
        .saturating_mul(batch)
        .clamp(1, rows.max(1))
}

/// The packed rows of one block, as the steps of an epoch read and write them.
///
/// It borrows the memory once for many steps, so that the address and the strides stay in registers.
pub(crate) struct Window<'r> {
    memory: &'r mut [f64],
    stride: usize,
    lane_stride: usize,
    width: usize,
    first: usize,
}

impl Window<'_> {
    /// The memory that [`starts`](Self::starts) are places in.
    #[inline(always)]
    pub(crate) fn memory(&self) -> &[f64] {
        self.memory
    }

    /// The memory that [`starts`](Self::starts) are places in, to be written.
    #[inline(always)]
    pub(crate) fn memory_mut(&mut self) -> &mut [f64] {
        self.memory
    }

    /// The place of a row that all lanes visit, where their targets lie, and its parts p behind them.
    #[inline(always)]
    pub(crate) fn shared_start(&self, visit: u32) -> usize {
        visit as usize * self.stride
    }

    /// Signal columns of a packed row: p stands behind them, and y behind p.
    #[inline(always)]
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// The place of each lane's visited row.
    #[inline(always)]
    pub(crate) fn starts<const W: usize>(&self, visit: &[u32; W]) -> [usize; W] {
        let mut starts = [0; W];
        for lane in 0..W {
            starts[lane] = lane * self.lane_stride + visit[lane] as usize * self.stride;
        }
        starts
    }

    /// The number that a lane's visited row has in the training set.
    #[inline(always)]
    pub(crate) fn row(&self, visit: u32) -> usize {
        self.first + visit as usize
    }

    /// Asks for each lane's row of a coming visit.
    #[inline(always)]
    pub(crate) fn prefetch<const W: usize>(&self, visit: &[u32; W]) {
        // Rows begin on lines, so that each line is asked for once.
        for start in self.starts(visit) {
            for line in self.memory[start..][..self.stride].iter().step_by(LINE) {
                prefetch(line);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::BatchSize;

    #[test]
    fn blocks_are_whole_batches_and_all_rows_where_order_is_random() {
        let block = |order, batch, rows| {
            let batch_size = BatchSize::Rows(batch);
            let spec = Sgd {
                order,
                batch_size,
                ..Sgd::default()
            };
            block_rows(&spec, rows, 64)
        };
        assert_eq!(block(Order::Shuffle, 1, 10_000_000), 10_000_000);
        assert_eq!(block(Order::Sequential, 1, 10_000_000), BLOCK / 64);
        assert_eq!(block(Order::Sequential, 1000, 10_000_000), 4000);
        assert_eq!(block(Order::Sequential, 5000, 10_000_000), 5000);
        assert_eq!(block(Order::Sequential, 1, 1_000_000), 1_000_000);
    }
}
