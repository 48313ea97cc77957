//! The packed rows of a block, and the memorization parts that outlive it.

use std::ops::Range;

use sparsegrok_data::{AlignedBlock, Dataset};

use super::{Layout, PREFETCH_DISTANCE, PREFETCH_FROM, Window};

/// The packed rows of one training set a lane.
///
/// If they are too many to be packed at once, blocks of them are packed from the dataset, in memory or in
/// a mapped file, one when the block before is done with. Only the memorization parts of its rows outlive a
/// block: they are *written back* to an array of all rows. Results are those of one block of all rows, to
/// the bit: a step reads and changes its own row alone.
pub(crate) struct PackedRows {
    layout: Layout,
    memory: AlignedBlock,
    /// The rows that are packed.
    packed: Range<usize>,
    /// The memorization parts p of all rows, by lane, then row, where a block is not all of them:
    /// those of packed rows as last written back.
    kept: Vec<f64>,
    folds_sign: bool,
}

impl PackedRows {
    /// The rows of a dataset a lane, the first block of them packed. `folds_sign`: multiplied by
    /// their labels, if the layout has it so.
    pub(crate) fn new(layout: Layout, data: &[&Dataset], folds_sign: bool) -> Self {
        let mut packed = Self {
            layout,
            memory: AlignedBlock::zeroed(layout.doubles),
            packed: 0..0,
            kept: vec![0.0; layout.kept_doubles()],
            folds_sign: folds_sign && layout.folds_labels,
        };
        packed.pack(data, 0..layout.block.min(layout.rows));
        packed
    }

    /// The blocks of an epoch, in the order of their visits.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        self.layout.blocks()
    }

    /// The packed rows, for the steps over them.
    #[inline(always)]
    pub(crate) fn window(&mut self) -> Window<'_> {
        Window {
            stride: self.layout.stride,
            lane_stride: self.layout.column.lane_stride,
            width: self.layout.width,
            first: self.packed.start,
            memory: self.memory.as_mut_slice(),
        }
    }

    /// The visits whose rows are to be asked for, one at each of `visits`.
    pub(crate) fn upcoming<'v, const W: usize>(&self, visits: &'v [[u32; W]]) -> &'v [[u32; W]] {
        // Counted on all lanes, as they share one core's cache. Rows that fit the second-level cache are there anyway: asking would only cost.
        if size_of_val(self.memory.as_slice()) < PREFETCH_FROM {
            return &[];
        }
        visits.get(PREFETCH_DISTANCE..).unwrap_or_default()
    }

    /// The number in the training set of the row that a visit within the block is to.
    pub(crate) fn visited(&self, visit: u32) -> u32 {
        (self.packed.start + visit as usize).min(self.packed.end - 1) as u32
    }

    /// Packs a block of rows, one dataset a lane, in place of the last block, whose memorization
    /// parts are written back. Does nothing where the block is packed already.
    /// `Time: O(rows of the block)`
    pub(crate) fn pack(&mut self, data: &[&Dataset], block: Range<usize>) {
        if self.packed == block {
            return;
        }
        self.write_back();
        let layout = self.layout;
        let memory = self.memory.as_mut_slice();
        for (lane, data) in data.iter().enumerate() {
            if layout.stride == 0 {
                continue;
            }
            let (features, targets) = (data.features(), data.targets());
            let kept = self.kept.chunks_exact(layout.rows.max(1)).nth(lane);
            for (at, i) in block.clone().enumerate() {
                let target = targets[i];
                // ±1: multiplying by the label rounds nothing.
                let sign = if self.folds_sign { target } else { 1.0 };
                // Where lanes have columns in common, the first lane's are those of all.
                if lane == 0 || layout.column.lane_stride > 0 {
                    let columns = &mut memory[layout.place(layout.column, lane, at)..];
                    let columns = columns.iter_mut().step_by(layout.column_stride);
                    for (to, x) in columns.zip(features.signal_row(i)) {
                        *to = sign * x;
                    }
                }
                memory[layout.place(layout.target, lane, at)] = target;
                if layout.memorization {
                    let part = kept.map_or(0.0, |kept| kept[i]);
                    memory[layout.place(layout.part, lane, at)] = part;
                }
            }
        }
        self.packed = block;
    }

    /// Writes the packed rows' memorization parts back to where all rows' are kept; does nothing
    /// where the packed rows are all there are.
    pub(crate) fn write_back(&mut self) {
        let layout = self.layout;
        let kept = self.kept.chunks_exact_mut(layout.rows.max(1));
        for (lane, kept) in kept.enumerate() {
            for (at, kept) in kept[self.packed.clone()].iter_mut().enumerate() {
                *kept = self.memory.as_slice()[layout.place(layout.part, lane, at)];
            }
        }
    }

    /// The memorization part p of one of a lane's rows; of rows in blocks, as last written back.
    #[inline(always)]
    pub(crate) fn memorization_part(&self, lane: usize, row: usize) -> f64 {
        // Where rows are packed all at once nothing is kept beside them, and the row itself has it.
        match self.kept.get(lane * self.layout.rows + row) {
            Some(part) => *part,
            None => self.memory.as_slice()[self.layout.place(self.layout.part, lane, row)],
        }
    }

    /// Sets the memorization parts p of a lane, in row order.
    pub(crate) fn set_memorization(&mut self, lane: usize, parts: &[f64]) {
        if parts.is_empty() {
            return;
        }
        let layout = self.layout;
        if let Some(kept) = self.kept.chunks_exact_mut(layout.rows).nth(lane) {
            kept.copy_from_slice(parts);
        }
        for (at, part) in parts[self.packed.clone()].iter().enumerate() {
            self.memory.as_mut_slice()[layout.place(layout.part, lane, at)] = *part;
        }
    }

    /// Multiplies every memorization part by its lane's factor. `Time: O(n)`
    pub(crate) fn rescale(&mut self, factors: &[f64]) {
        // All of them are zero where nothing is memorized.
        if !self.layout.memorization {
            return;
        }
        for (lane, factor) in factors.iter().enumerate() {
            self.change_parts(lane, |part| part * factor);
        }
    }

    /// Makes a lane's memorization parts zero. `Time: O(n)`
    pub(crate) fn zero_lane(&mut self, lane: usize) {
        // Even where nothing is memorized: a coefficient that overflowed, times an α² of 0, has made them NaN.
        self.change_parts(lane, |_| 0.0);
    }

    fn change_parts(&mut self, lane: usize, change: impl Fn(f64) -> f64) {
        let layout = self.layout;
        if layout.has_parts {
            for row in 0..self.packed.len() {
                let part = &mut self.memory.as_mut_slice()[layout.place(layout.part, lane, row)];
                *part = change(*part);
            }
        }
        // Those of packed rows too, though stale: they are written over before anybody reads them.
        if let Some(kept) = self.kept.chunks_exact_mut(layout.rows.max(1)).nth(lane) {
            kept.iter_mut().for_each(|part| *part = change(*part));
        }
    }
}
