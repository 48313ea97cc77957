//! Training rows laid out for the kernel: each on cache lines of its own, its memorization
//! weight inside.

use sparsegrok_data::{AlignedBlock, Dataset};

/// Doubles in a cache line; every row starts on one.
const LINE: usize = 8;

/// A copy of the dense part of a dataset's rows.
///
/// Row i is `[x̃_0 … x̃_{d−1}, p, y]`, padded to whole cache lines. x̃ is the signal row, times its
/// label where the loss folds signs. p is the part of the margin that the row's memorization
/// weight contributes, in units of the scale: y α m_i / scale (α m_i / scale where the loss folds
/// no sign). For d ≤ 6 a row with its weight and target is one 64-byte line.
#[derive(Clone, Debug)]
pub(crate) struct PackedRows {
    data: AlignedBlock,
    signal_width: usize,
    stride: usize,
}

impl PackedRows {
    /// Copies a dataset's signal block. `Time: O(n·d)`
    pub(crate) fn new(data: &Dataset, folds_sign: bool) -> Self {
        let d = data.features().signal_width();
        let stride = (d + 2).next_multiple_of(LINE);
        let mut block = AlignedBlock::zeroed(data.len() * stride);
        for (i, packed) in block.as_mut_slice().chunks_exact_mut(stride).enumerate() {
            let row = data.row(i);
            let sign = if folds_sign { row.target } else { 1.0 };
            for (to, x) in packed.iter_mut().zip(row.signal) {
                *to = sign * x;
            }
            packed[d + 1] = row.target;
        }
        Self {
            data: block,
            signal_width: d,
            stride,
        }
    }

    /// Doubles from one row to the next.
    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    /// All rows.
    pub(crate) fn as_mut_slice(&mut self) -> &mut [f64] {
        self.data.as_mut_slice()
    }

    /// Each row's memorization part p, in row order.
    pub(crate) fn memorization(&self) -> impl Iterator<Item = f64> + '_ {
        let d = self.signal_width;
        self.data
            .as_slice()
            .chunks_exact(self.stride)
            .map(move |row| row[d])
    }

    /// Multiplies every memorization part. `Time: O(n)`
    pub(crate) fn rescale(&mut self, factor: f64) {
        let (d, stride) = (self.signal_width, self.stride);
        for row in self.data.as_mut_slice().chunks_exact_mut(stride) {
            row[d] *= factor;
        }
    }
}
