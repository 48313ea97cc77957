//! Training sets in blocks: what lets one larger than memory be trained in sequential order.
//!
//! Sequential order visits rows as they lie, so that only a block of them need be packed at a time: the
//! next block is packed from the dataset, in memory or in a mapped file, when the last one is done
//! with. What outlives a block are the memorization parts of its rows, *parked* meanwhile. Results
//! are those of one block of all rows, to the bit: a step neither knows nor changes more than its row.

use std::ops::Range;

use sparsegrok_data::Dataset;

use super::rows::PackedRows;
use crate::spec::{Order, TrainSpec};

/// Bytes of rows up to which all are packed at once: a fifth faster, as a step's wait then hides the
/// memory's.
const ALL_AT_ONCE: usize = 256 << 20;

/// Bytes of a block, all lanes together: well within what a core has of second-level cache.
const BLOCK: usize = 1 << 18;

/// Rows in a block: all of them unless they are many and visited in order; else whole batches, one
/// at least.
pub(crate) fn block_rows(spec: &TrainSpec, rows: usize, width: usize, lanes: usize) -> usize {
    let bytes = PackedRows::bytes(rows, width).saturating_mul(lanes);
    if spec.order != Order::Sequential || bytes <= ALL_AT_ONCE {
        return rows.max(1);
    }
    let batch = spec.batch_size.rows(rows);
    let fit = BLOCK / PackedRows::bytes(lanes, width);
    (fit / batch)
        .max(1)
        .saturating_mul(batch)
        .clamp(1, rows.max(1))
}

impl PackedRows {
    /// The blocks of an epoch, in the order of their visits.
    pub(super) fn blocks(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let (rows, block) = (self.rows, self.block);
        let starts = (0..rows).step_by(block);
        starts.map(move |start| start..rows.min(start + block))
    }

    /// The row that a visit within the block is to.
    pub(super) fn visited(&self, visit: u32) -> u32 {
        (self.packed.start + visit as usize).min(self.packed.end - 1) as u32
    }

    /// Packs a block of rows, one dataset a lane, and parks what the last block's have memorized.
    /// Nothing to do where they are packed. `Time: O(rows of the block)`
    pub(super) fn pack(&mut self, data: &[&Dataset], block: Range<usize>) {
        if self.packed == block {
            return;
        }
        self.park();
        let (stride, width) = (self.layout.stride, self.width);
        let lanes = self.data.as_mut_slice();
        let lanes = lanes.chunks_exact_mut(self.layout.lane_stride);
        for (lane, (rows, data)) in lanes.zip(data).enumerate() {
            if self.silenced[lane] {
                continue;
            }
            let (features, targets) = (data.features(), data.targets());
            let parked = self.parked.chunks_exact(self.rows.max(1)).nth(lane);
            for (i, packed) in block.clone().zip(rows.chunks_exact_mut(stride)) {
                let target = targets[i];
                let sign = if self.folds_sign { target } else { 1.0 };
                for (to, x) in packed.iter_mut().zip(features.signal_row(i)) {
                    *to = sign * x;
                }
                packed[width] = parked.map_or(0.0, |parked| parked[i]);
                packed[width + 1] = target;
            }
        }
        self.packed = block;
    }

    /// Keeps what the packed rows have memorized, where others will take their place.
    pub(super) fn park(&mut self) {
        let lanes = self.data.as_slice().chunks_exact(self.layout.lane_stride);
        let parked = self.parked.chunks_exact_mut(self.rows.max(1));
        for (lane, parked) in lanes.zip(parked) {
            let rows = lane.chunks_exact(self.layout.stride);
            for (parked, row) in parked[self.packed.clone()].iter_mut().zip(rows) {
                *parked = row[self.width];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use sparsegrok_data::{AlignedBlock, Csr, Features, TargetKind};
    use sparsegrok_lanes::{LANES, Level};

    use super::*;
    use crate::group::{Group, Seed};
    use crate::loss::Loss;
    use crate::spec::BatchSize;
    use crate::state::LinearState;
    use crate::trainer::Trainer;

    const ROWS: usize = 100;
    const WIDTH: usize = 3;

    /// Rows of small whole numbers that look random, with a tail of two columns a row or none.
    fn data(width: usize, tail: bool, memorization: Option<f64>) -> Dataset {
        let mut state = 1_u64;
        let mut draw = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 60) as f64 - 7.5
        };
        let mut signal = AlignedBlock::zeroed(ROWS * width);
        signal.as_mut_slice().fill_with(&mut draw);
        let targets = (0..ROWS).map(|_| draw().signum()).collect();
        let tail = tail.then(|| {
            let starts = (0..=ROWS).map(|row| 2 * row).collect();
            let columns = (0..ROWS as u32).flat_map(|row| [row % 5, 5 + row % 3]);
            let values = (0..2 * ROWS).map(|_| draw()).collect();
            Csr::new(8, starts, columns.collect(), values).unwrap()
        });
        let features = Features::new(ROWS, width, signal, tail).unwrap();
        Dataset::new(features, targets, TargetKind::Sign, memorization).unwrap()
    }

    /// A group in blocks, from the beginning or from states.
    fn group<'a, const W: usize>(
        spec: &TrainSpec,
        data: &'a Dataset,
        block: usize,
        starts: &'a [LinearState],
    ) -> Group<'a, W> {
        let seeds = std::array::from_fn(|lane| Seed {
            data,
            order_seed: 0,
            initial_signal: vec![lane as f64; data.features().signal_width()],
            start: starts.get(lane),
        });
        Group::with_blocks(spec, Level::detect(), seeds, block)
    }

    /// Bits of every lane's weights after three epochs, or where it diverged.
    fn trained<const W: usize>(spec: &TrainSpec, data: &Dataset, block: usize) -> Vec<Vec<u64>> {
        let mut group = group::<W>(spec, data, block, &[]);
        (0..3).for_each(|_| group.epoch());
        outcome(&group)
    }

    /// As [`trained`], kept after two epochs and gone on from there.
    fn resumed<const W: usize>(spec: &TrainSpec, data: &Dataset, block: usize) -> Vec<Vec<u64>> {
        let mut begun = group::<W>(spec, data, block, &[]);
        (0..2).for_each(|_| begun.epoch());
        let states: Vec<LinearState> = (0..W).map(|lane| begun.state(lane)).collect();
        let mut group = group::<W>(spec, data, block, &states);
        group.epoch();
        outcome(&group)
    }

    fn outcome<const W: usize>(group: &Group<'_, W>) -> Vec<Vec<u64>> {
        let lane = |lane| match group.diverged(lane) {
            Some(diverged) => vec![diverged.epoch, diverged.step, diverged.row.into()],
            None => {
                let weights = group.weights(lane);
                let parts = [weights.signal, weights.tail, weights.memorization].concat();
                parts.into_iter().map(f64::to_bits).collect()
            }
        };
        (0..W).map(lane).collect()
    }

    #[test]
    fn blocks_change_no_bit() {
        for (width, tail, memorization, batch) in [
            (WIDTH, false, Some(2.0), 1),
            (WIDTH, false, None, 1),
            (WIDTH, true, Some(0.5), 1),
            (WIDTH, true, None, 4),
            (WIDTH, false, Some(2.0), 7),
            (0, true, Some(0.5), 1),
            (0, true, None, 1),
            (0, true, Some(0.5), 6),
        ] {
            let data = data(width, tail, memorization);
            let spec = TrainSpec {
                order: Order::Sequential,
                batch_size: BatchSize::Rows(batch),
                // The scale falls below its least within an epoch.
                learning_rate: 0.5,
                weight_decay: 1.9,
                ..TrainSpec::default()
            };
            let one = trained::<1>(&spec, &data, ROWS);
            let eight = trained::<LANES>(&spec, &data, ROWS);
            for block in [1, 3, 14].map(|batches| batches * batch as usize) {
                assert_eq!(trained::<1>(&spec, &data, block), one);
                assert_eq!(trained::<LANES>(&spec, &data, block), eight);
                assert_eq!(resumed::<1>(&spec, &data, block), one);
                assert_eq!(resumed::<LANES>(&spec, &data, block), eight);
            }
        }
    }

    #[test]
    fn blocks_diverge_where_one_does() {
        for (width, tail, batch) in [(WIDTH, false, 1), (WIDTH, true, 1), (0, true, 1)] {
            let data = data(width, tail, Some(1.0));
            let spec = TrainSpec {
                order: Order::Sequential,
                batch_size: BatchSize::Rows(batch),
                loss: Loss::Squared,
                learning_rate: 400.0,
                ..TrainSpec::default()
            };
            let whole = trained::<LANES>(&spec, &data, ROWS);
            assert!(
                whole.iter().any(|lane| lane.len() == 3 && lane[2] >= 3),
                "{whole:?}"
            );
            assert_eq!(trained::<LANES>(&spec, &data, 3), whole);
            assert_eq!(
                trained::<1>(&spec, &data, 3),
                trained::<1>(&spec, &data, ROWS)
            );
        }
    }

    #[test]
    fn blocks_are_whole_batches_and_all_rows_where_order_is_random() {
        let block = |order, batch, rows| {
            let batch_size = BatchSize::Rows(batch);
            let spec = TrainSpec {
                order,
                batch_size,
                ..TrainSpec::default()
            };
            block_rows(&spec, rows, 5, 1)
        };
        assert_eq!(block(Order::Shuffle, 1, 10_000_000), 10_000_000);
        assert_eq!(block(Order::Sequential, 1, 10_000_000), BLOCK / 64);
        assert_eq!(block(Order::Sequential, 1000, 10_000_000), 4000);
        assert_eq!(block(Order::Sequential, 5000, 10_000_000), 5000);
        assert_eq!(block(Order::Sequential, 1, 1_000_000), 1_000_000);
    }
}
