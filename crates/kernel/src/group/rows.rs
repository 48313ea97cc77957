//! The dense part of the rows, as the kernel lays them out.

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
    rows: usize,
    pub(super) width: usize,
    pub(super) layout: Layout,
}

impl PackedRows {
    /// Bytes of one seed's rows of `width` columns.
    pub(crate) fn bytes(rows: usize, width: usize) -> usize {
        rows.saturating_mul(stride(width) * size_of::<f64>())
    }

    pub(super) fn new(data: &[&Dataset], width: usize, folds_sign: bool) -> Self {
        let stride = stride(width);
        let lane_stride = data[0].len() * stride + LANE_GAP * LINE;
        let mut block = AlignedBlock::zeroed(data.len() * lane_stride);
        let lanes = block.as_mut_slice().chunks_exact_mut(lane_stride);
        for (data, lane) in data.iter().zip(lanes) {
            for (i, packed) in lane.chunks_exact_mut(stride).take(data.len()).enumerate() {
                let row = data.row(i);
                let sign = if folds_sign { row.target } else { 1.0 };
                for (to, x) in packed.iter_mut().zip(row.signal) {
                    *to = sign * x;
                }
                packed[width + 1] = row.target;
            }
        }
        Self {
            data: block,
            rows: data[0].len(),
            width,
            layout: Layout {
                stride,
                lane_stride,
            },
        }
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

    /// The memorization parts p of a lane, in row order.
    pub(super) fn memorization(&self, lane: usize) -> impl Iterator<Item = f64> + '_ {
        let rows = self.lane(lane).chunks_exact(self.layout.stride);
        rows.take(self.rows).map(|row| row[self.width])
    }

    /// Sets the memorization parts p of a lane, in row order.
    pub(super) fn set_memorization(&mut self, lane: usize, parts: &[f64]) {
        let Layout {
            stride,
            lane_stride,
        } = self.layout;
        let rows = &mut self.data.as_mut_slice()[lane * lane_stride..][..lane_stride];
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
    }

    /// Makes a lane's rows zero, so that nothing in it can ever leave the finite numbers.
    pub(super) fn silence(&mut self, lane: usize) {
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
