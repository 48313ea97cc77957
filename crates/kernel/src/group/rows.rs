//! The dense part of the rows, as the kernel lays them out.

use std::ops::Range;

use sparsegrok_data::{AlignedBlock, Dataset};

use crate::update::{LINE, Layout};

/// Cache lines between the rows of two lanes. Without a gap, lanes of 2^k rows would lie a multiple
/// of 4 KiB apart: a store to one lane's row then looks like a store to the others'.
const LANE_GAP: usize = 7;

/// Bytes of rows from which on they are asked for ahead of their visits: what a core has of
/// second-level cache, about.
const PREFETCH_FROM: usize = 1 << 20;

/// Visits between asking for a row and using it.
const PREFETCH_DISTANCE: usize = 16;

/// The dense part of the rows, each on cache lines of its own, its memorization weight inside.
///
/// A row is `[x̃_0 … x̃_{d−1}, p, y]`, d the signal width rounded up to the chain's or to a multiple
/// of eight by columns of zeros, which change no sum. x̃ is the signal row, times its label where the loss folds
/// signs. p is what the row's memorization weight adds to the margin, in units of the scale:
/// y α m_i / scale (without y where the loss folds no sign). For d ≤ 5 it is one 64-byte line.
pub(crate) struct PackedRows {
    pub(super) data: AlignedBlock,
    /// Rows of the training set.
    pub(super) rows: usize,
    /// Most rows packed at a time.
    pub(super) block: usize,
    /// The rows that are packed.
    pub(super) packed: Range<usize>,
    /// Where a block is not all, p by lane, then row, if rows memorize: of those that are not packed.
    pub(super) parked: Vec<f64>,
    pub(super) folds_sign: bool,
    pub(super) silenced: Vec<bool>,
    pub(super) width: usize,
    pub(super) layout: Layout,
}

impl PackedRows {
    /// Bytes of one seed's rows of `width` columns.
    pub(crate) fn bytes(rows: usize, width: usize) -> usize {
        rows.saturating_mul(stride(width) * size_of::<f64>())
    }

    /// The rows of a dataset a lane, the first `block` of them packed.
    pub(super) fn new(data: &[&Dataset], block: usize, width: usize, folds_sign: bool) -> Self {
        let rows = data[0].len();
        let stride = stride(width);
        let lane_stride = block * stride + LANE_GAP * LINE;
        let parks = block < rows && data[0].memorization().is_some();
        let mut packed = Self {
            data: AlignedBlock::zeroed(data.len() * lane_stride),
            rows,
            block,
            packed: 0..0,
            parked: vec![0.0; if parks { data.len() * rows } else { 0 }],
            folds_sign,
            silenced: vec![false; data.len()],
            width,
            layout: Layout {
                stride,
                lane_stride,
            },
        };
        packed.pack(data, 0..block.min(rows));
        packed
    }

    /// The visits whose rows are to be asked for, one at each of `visits`.
    pub(super) fn upcoming<'v, const W: usize>(&self, visits: &'v [[u32; W]]) -> &'v [[u32; W]] {
        if size_of_val(self.data.as_slice()) < PREFETCH_FROM {
            return &[];
        }
        visits.get(PREFETCH_DISTANCE..).unwrap_or_default()
    }

    /// A lane's rows.
    pub(super) fn lane(&self, lane: usize) -> &[f64] {
        &self.data.as_slice()[lane * self.layout.lane_stride..][..self.layout.lane_stride]
    }

    /// The memorization parts p of a lane, in row order; of rows in blocks, as last parked.
    pub(super) fn memorization(&self, lane: usize) -> impl Iterator<Item = f64> + '_ {
        let parked = self.parked.chunks_exact(self.rows.max(1)).nth(lane);
        let packed = if parked.is_none() { self.rows } else { 0 };
        let rows = self.lane(lane).chunks_exact(self.layout.stride);
        let packed = rows.take(packed).map(|row| row[self.width]);
        packed.chain(parked.unwrap_or_default().iter().copied())
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.rows
    }

    /// The memorization part p of one of a lane's rows, as [`memorization`](Self::memorization) has it.
    #[inline(always)]
    pub(super) fn memorization_part(&self, lane: usize, row: usize) -> f64 {
        match self.parked.get(lane * self.rows + row) {
            Some(part) => *part,
            None => {
                let Layout {
                    stride,
                    lane_stride,
                } = self.layout;
                self.data.as_slice()[lane * lane_stride + row * stride + self.width]
            }
        }
    }

    /// Sets the memorization parts p of a lane, in row order.
    pub(super) fn set_memorization(&mut self, lane: usize, parts: &[f64]) {
        if parts.is_empty() {
            return;
        }
        if let Some(parked) = self.parked.chunks_exact_mut(self.rows).nth(lane) {
            parked.copy_from_slice(parts);
        }
        let Layout {
            stride,
            lane_stride,
        } = self.layout;
        let rows = &mut self.data.as_mut_slice()[lane * lane_stride..][..lane_stride];
        let parts = &parts[self.packed.clone()];
        for (row, part) in rows.chunks_exact_mut(stride).zip(parts) {
            row[self.width] = *part;
        }
    }

    /// Multiplies every memorization part. `Time: O(n)`
    pub(super) fn rescale(&mut self, factor: f64) {
        let Layout {
            stride,
            lane_stride,
        } = self.layout;
        for lane in self.data.as_mut_slice().chunks_exact_mut(lane_stride) {
            for row in lane.chunks_exact_mut(stride) {
                row[self.width] *= factor;
            }
        }
        self.parked.iter_mut().for_each(|p| *p *= factor);
    }

    /// Makes a lane's rows zero, so that nothing in it can ever leave the finite numbers.
    pub(super) fn silence(&mut self, lane: usize) {
        self.silenced[lane] = true;
        let lane_stride = self.layout.lane_stride;
        self.data.as_mut_slice()[lane * lane_stride..][..lane_stride].fill(0.0);
    }
}

/// Doubles from one row to the next: whole cache lines, or only p and y where there are no columns.
fn stride(width: usize) -> usize {
    match width {
        0 => 2,
        width => (width + 2).next_multiple_of(LINE),
    }
}
