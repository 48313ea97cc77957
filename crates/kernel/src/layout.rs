//! The layout of packed rows in memory.
//!
//! A packed row has signal columns x̃_0 … x̃_{d−1}, p and y. d is the signal width, rounded up by columns of
//! zeros, which change no sum. x̃ is the signal row, in forms of one row at a time times its label where the loss folds signs. p is what
//! the row's memorization weight adds to the margin, in units of the scale: y α m_i / scale
//! (without y where the loss folds no sign). Rows of several lanes are [arranged](Arrangement) in one of three ways:
//!
//! | arrangement | a row | |
//! |---|---|---|
//! | apart | `[x̃_0 … x̃_{d−1}, p, y]`, a block of rows a lane | lanes visit rows in orders of their own |
//! | interleaved | `[x̃_0 of all lanes, …, p of all, y of all]` | lanes have rows of their own, visited in one order |
//! | common | `[x̃_0 … x̃_{d−1}, y, p of all lanes]` | lanes visit the same rows in one order |
//!
//! Apart, a row of d ≤ 5 is one cache line of 64 bytes.
//!
//! Rows without signal columns are read where they lie. Only their p and y are packed: for one seed
//! side by side, and nothing at all if nothing is memorized; for lanes that visit the same rows
//! as all y and then all p.
//!
//! [`Layout`] says where each row lies and how much memory all of them take, before any is
//! allocated; [`PackedRows`] owns that memory; a [`Window`] is what a step sees of it. Nobody else
//! computes an address, but for the [places within a row](crate::step::Arranged).

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
pub(crate) const PREFETCH_DISTANCE: usize = 16;

/// The way in which the rows of several lanes lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrangement {
    /// Each lane's rows lie together, far from those of others.
    Apart,
    /// What all lanes have of a row's number lies together, column by column.
    Interleaved,
    /// Lanes have their rows' columns in common, and what is their own of a row lies behind.
    Common,
}

/// The places of a number of a row, lane by lane.
#[derive(Clone, Copy, Debug, Default)]
struct Places {
    /// Doubles from the beginning of the row to the first lane's.
    first: usize,
    /// Doubles from one lane's to the next lane's.
    lane_stride: usize,
}

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
    /// True where columns are multiplied by their labels, if the loss folds signs.
    folds_labels: bool,
    /// Doubles from one row to the next; 0 where nothing is packed.
    stride: usize,
    /// Doubles from one column to the next.
    column_stride: usize,
    column: Places,
    part: Places,
    target: Places,
    /// Doubles of all packed rows.
    doubles: usize,
    memorization: bool,
    /// True where packed rows have a p, as those of most forms do even where nothing is memorized.
    has_parts: bool,
}

impl Layout {
    /// The layout of the rows of `lanes` training sets, as steps of a form read them.
    pub(crate) fn new(spec: &Sgd, shape: Shape, form: Choice, lanes: usize) -> Self {
        let all = Self::with_blocks(shape, form, lanes, shape.rows.max(1));
        let bytes = all.doubles / shape.rows.max(1) * size_of::<f64>();
        let block = block_rows(spec, shape.rows, bytes.max(1));
        Self::with_blocks(shape, form, lanes, block)
    }

    /// As [`new`](Self::new), with `block` rows packed at a time.
    pub(crate) fn with_blocks(shape: Shape, form: Choice, lanes: usize, block: usize) -> Self {
        let width = form.row_width(shape.signal);
        let side_by_side = |first| Places {
            first,
            lane_stride: 1,
        };
        let nothing = Self {
            lanes,
            rows: shape.rows,
            block,
            width,
            folds_labels: true,
            stride: 0,
            column_stride: 1,
            column: Places::default(),
            part: Places::default(),
            target: Places::default(),
            doubles: 0,
            memorization: shape.memorization,
            has_parts: true,
        };
        // Saturating, as memory is estimated from sizes that nobody could allocate.
        let of_block = |stride: usize| block.saturating_mul(stride);
        match form {
            // Targets are read from the dataset.
            Choice::TailsAlone if !shape.memorization => Self {
                has_parts: false,
                ..nothing
            },
            Choice::LookAhead(_, Arrangement::Interleaved) => {
                let stride = (width + 2) * lanes;
                Self {
                    stride,
                    column_stride: lanes,
                    column: side_by_side(0),
                    part: side_by_side(width * lanes),
                    target: side_by_side((width + 1) * lanes),
                    doubles: of_block(stride),
                    ..nothing
                }
            }
            Choice::LookAhead(_, Arrangement::Common) => {
                let part = common_part(width);
                let stride = part + lanes;
                Self {
                    stride,
                    part: side_by_side(part),
                    target: Places {
                        first: width,
                        lane_stride: 0,
                    },
                    doubles: of_block(stride),
                    ..nothing
                }
            }
            // Lanes may have labels of their own, which then cannot be in columns that they share.
            Choice::Together => {
                let stride = width + lanes * (1 + usize::from(shape.memorization));
                Self {
                    folds_labels: false,
                    stride,
                    target: side_by_side(width),
                    part: side_by_side(width + lanes),
                    doubles: of_block(stride),
                    has_parts: shape.memorization,
                    ..nothing
                }
            }
            // Rows of one lane are neighbours, lanes are far apart: a lane's rows are those that one seed
            // alone would have, and eight rows are brought into lanes as they are read.
            Choice::LookAhead(_, Arrangement::Apart) | Choice::TailsAlone | Choice::General => {
                let stride = stride(width);
                let lane_stride = of_block(stride).saturating_add(LANE_GAP * LINE);
                let of_lane = |first| Places { first, lane_stride };
                Self {
                    stride,
                    column: of_lane(0),
                    part: of_lane(width),
                    target: of_lane(width + 1),
                    doubles: lane_stride.saturating_mul(lanes),
                    ..nothing
                }
            }
        }
    }

    /// The place of a lane's number of a row, counted within the block.
    #[inline(always)]
    fn place(&self, of: Places, lane: usize, row: usize) -> usize {
        row * self.stride + of.first + lane * of.lane_stride
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
        let doubles = self.doubles.saturating_add(self.kept_doubles());
        doubles.saturating_mul(size_of::<f64>())
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

/// Doubles from the beginning of a row whose columns are common to lanes to their parts p: whole cache lines,
/// so that the parts are in as few as they can be. y follows the columns.
pub(crate) const fn common_part(width: usize) -> usize {
    (width + 1).next_multiple_of(LINE)
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

impl<'r> Window<'r> {
    /// Parts of it, each of up to `length` rows of a range, for rows that do not lie apart by lane. Visits in
    /// each count from its first row.
    pub(crate) fn split(
        self,
        range: Range<usize>,
        length: usize,
    ) -> impl Iterator<Item = Window<'r>> {
        let Self {
            memory,
            stride,
            lane_stride,
            width,
            first,
        } = self;
        let rows = &mut memory[range.start * stride..range.end * stride];
        let parts = rows.chunks_mut(length * stride);
        let starts = (first + range.start..).step_by(length);
        parts.zip(starts).map(move |(memory, first)| Window {
            memory,
            stride,
            lane_stride,
            width,
            first,
        })
    }
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

    /// The place of a row that all lanes visit.
    #[inline(always)]
    pub(crate) fn start(&self, visit: u32) -> usize {
        visit as usize * self.stride
    }

    /// Signal columns of a packed row: of rows that lie apart, p stands behind them, and y behind p.
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
