//! The sparse kernel: one seed, or a group of eight in lanes, O(nnz) per step and seed.

mod blocks;
mod chain;
mod plain;
mod resume;
mod rows;
mod sparse;

use sparsegrok_data::{AlignedBlock, Csr, Dataset};
use sparsegrok_lanes::Level;

pub(crate) use self::blocks::block_rows;
use self::chain::ChainEpoch;
use self::plain::PlainEpoch;
pub(crate) use self::rows::PackedRows;
use self::sparse::SparseEpoch;

use crate::look::TrainQuestion;
use crate::loss::{HingeSlope, LogisticSlope, Loss, Slope, SquaredSlope};
use crate::pace::Pace;
use crate::spec::TrainSpec;
use crate::state::LinearState;
use crate::trainer::Trainer;
use crate::training::Diverged;
use crate::update::{self, CHAIN_WIDTHS, LINE};
use crate::visits::Visits;
use crate::weights::{WeightSource, Weights};

/// What sets one seed of a group apart from the others.
#[derive(Clone)]
pub(crate) struct Seed<'a, 's> {
    pub(crate) data: &'a Dataset,
    pub(crate) order_seed: u64,
    pub(crate) initial_signal: Vec<f64>,
    /// Where it goes on from, if it does not begin.
    pub(crate) start: Option<&'s LinearState>,
}

/// W runs of one configuration in progress, one in each lane.
///
/// All lanes take the same steps at the same time: learning rate, decay and so the scale are common
/// to them; rows, visiting orders and weights are their own.
pub(crate) struct Group<'a, const W: usize> {
    data: [&'a Dataset; W],
    loss: Loss,
    level: Level,
    batch: usize,
    bias_trained: bool,
    /// Width of [`update::chain`], where the steps take that form.
    chain_width: Option<usize>,
    epoch: u64,
    pace: Pace,
    visits: Visits<W>,
    rows: PackedRows,
    signal_width: usize,
    tail_width: usize,
    /// Whether all non-zeros of the tail are known to be 1.
    unit_tail: bool,
    /// Unscaled signal weights, by lane, then column, padded to the rows' width.
    signal: AlignedBlock,
    /// Unscaled tail weights, by lane, then column.
    tail: Vec<f64>,
    bias: [f64; W],
    diverged: [Option<Diverged>; W],
    /// Coefficients of a batch, by row, then lane.
    coefficients: Vec<f64>,
}

impl<'a, const W: usize> Group<'a, W> {
    /// Starts a run per seed. All datasets must have the same shape, and all runs have come equally
    /// far.
    pub(crate) fn new(spec: &TrainSpec, level: Level, seeds: [Seed<'a, '_>; W]) -> Self {
        let data = seeds[0].data.features();
        let rows_width = rows_width(spec, data.signal_width(), data.tail_width());
        let block = block_rows(spec, seeds[0].data.len(), rows_width, W);
        Self::with_blocks(spec, level, seeds, block)
    }

    /// As [`new`](Self::new), with `block` rows packed at a time.
    fn with_blocks(spec: &TrainSpec, level: Level, seeds: [Seed<'a, '_>; W], block: usize) -> Self {
        let data = seeds.each_ref().map(|seed| seed.data);
        let n = data[0].len();
        let width = data[0].features().signal_width();
        let tail_width = data[0].features().tail_width();
        let batch = spec.batch_size.rows(n);
        let rows_width = rows_width(spec, width, tail_width);
        let rows = PackedRows::new(&data, block, rows_width, spec.loss.needs_signs());
        let mut signal = AlignedBlock::zeroed(rows_width * W);
        let lanes = signal.as_mut_slice().chunks_exact_mut(rows_width.max(1));
        for (lane, seed) in lanes.zip(&seeds) {
            lane[..width].copy_from_slice(&seed.initial_signal);
        }
        let starts = seeds.each_ref().map(|seed| seed.start);
        let mut group = Self {
            data,
            loss: spec.loss,
            level,
            batch,
            bias_trained: spec.bias,
            chain_width: update::chains(spec, width, tail_width),
            epoch: 0,
            pace: Pace::new(spec, n),
            visits: Visits::new(spec, seeds.each_ref().map(|seed| seed.order_seed), block),
            rows,
            signal_width: width,
            tail_width,
            unit_tail: W == 1 && data[0].features().tail().is_some_and(Csr::is_of_ones),
            signal,
            tail: vec![0.0; tail_width * W],
            bias: [0.0; W],
            diverged: [None; W],
            coefficients: vec![0.0; batch * W],
        };
        if let Some(first) = starts[0] {
            group.resume(starts.map(|start| start.unwrap_or(first)));
        }
        group
    }

    /// Whether steps can take the form of [`SparseEpoch`].
    fn tails_alone(&self) -> bool {
        W == 1 && self.batch == 1 && self.signal_width == 0 && self.tail_width > 0
    }

    /// Trains an epoch. Each loss and chain width is compiled as a function of its own: one that
    /// held them all would be too large to be optimised well.
    fn epoch_with<L: Slope>(&mut self, slope: L) {
        const NARROW: usize = CHAIN_WIDTHS[0];
        const MIDDLE: usize = CHAIN_WIDTHS[1];
        const WIDE: usize = CHAIN_WIDTHS[2];
        self.epoch += 1;
        let level = self.level;
        match self.chain_width {
            None if self.tails_alone() => level.run(SparseEpoch(self, slope)),
            None => level.run(PlainEpoch(self, slope)),
            Some(NARROW) => level.run(ChainEpoch::<L, W, NARROW>(self, slope)),
            Some(MIDDLE) => level.run(ChainEpoch::<L, W, MIDDLE>(self, slope)),
            Some(_) => level.run(ChainEpoch::<L, W, WIDE>(self, slope)),
        }
        self.rows.park();
    }
}

impl<const W: usize> Trainer for Group<'_, W> {
    fn epoch(&mut self) {
        match self.loss {
            Loss::Logistic => self.epoch_with(LogisticSlope),
            Loss::Squared => self.epoch_with(SquaredSlope),
            Loss::Hinge => self.epoch_with(HingeSlope),
        }
    }

    fn weights(&self, lane: usize) -> Weights {
        let scale = self.pace.scale();
        let scaled = |weights: &[f64]| weights.iter().map(|u| u * scale).collect();
        let memorization = match self.data[lane].memorization() {
            None => Vec::new(),
            Some(alpha) => (0..self.rows.len())
                .map(|row| self.memorization_weight(lane, row, alpha))
                .collect(),
        };
        Weights {
            signal: scaled(&self.signal.as_slice()[lane * self.rows.width..][..self.signal_width]),
            tail: scaled(&self.tail[lane * self.tail_width..][..self.tail_width]),
            memorization,
            bias: self.bias[lane],
        }
    }

    fn scaled_signal(&self, lane: usize) -> (&[f64], f64) {
        let signal = &self.signal.as_slice()[lane * self.rows.width..][..self.signal_width];
        (signal, self.pace.scale())
    }

    fn train_reaches(&self, lane: usize, question: TrainQuestion<'_>) -> bool {
        let (unscaled, scale) = self.scaled_signal(lane);
        question.answer(&LaneWeights {
            group: self,
            lane,
            signal: unscaled.iter().map(|u| u * scale).collect(),
        })
    }

    fn state(&self, lane: usize) -> LinearState {
        self.state_of(lane)
    }

    fn diverged(&self, lane: usize) -> Option<Diverged> {
        self.diverged[lane]
    }

    fn position(&self, lane: usize) -> Diverged {
        Diverged {
            epoch: self.epoch,
            step: self.pace.step(),
            row: self.rows.visited(self.visits.last(lane)),
        }
    }
}

impl<const W: usize> Group<'_, W> {
    /// The memorization weight of a row of one lane: m = p·scale/(yα), with y = ±1.
    #[inline(always)]
    fn memorization_weight(&self, lane: usize, row: usize, alpha: f64) -> f64 {
        let sign = if self.loss.needs_signs() {
            self.data[lane].targets()[row]
        } else {
            1.0
        };
        sign * self.rows.memorization_part(lane, row) * self.pace.scale() / alpha
    }
}

/// One lane's weights where they lie; the few signal weights are copied.
struct LaneWeights<'g, 'a, const W: usize> {
    group: &'g Group<'a, W>,
    lane: usize,
    signal: Vec<f64>,
}

impl<const W: usize> WeightSource for LaneWeights<'_, '_, W> {
    #[inline(always)]
    fn signal(&self) -> &[f64] {
        &self.signal
    }

    #[inline(always)]
    fn bias(&self) -> f64 {
        self.group.bias[self.lane]
    }

    #[inline(always)]
    fn tail(&self, column: usize) -> Option<f64> {
        let stored = self.group.tail[self.lane * self.group.tail_width + column];
        Some(stored * self.group.pace.scale())
    }

    #[inline(always)]
    fn memorization(&self, row: usize) -> Option<f64> {
        let alpha = self.group.data[self.lane].memorization()?;
        Some(self.group.memorization_weight(self.lane, row, alpha))
    }

    #[inline(always)]
    fn memorization_begins(&self) -> usize {
        self.signal.len() + self.group.tail_width
    }
}

/// Columns that a dataset's signal rows are padded to.
pub(crate) fn rows_width(spec: &TrainSpec, width: usize, tail_width: usize) -> usize {
    update::chains(spec, width, tail_width).unwrap_or(width.next_multiple_of(LINE))
}

/// α², the square of the memorization scale; 0 for none.
fn squared_scale(data: &Dataset) -> f64 {
    data.memorization().map_or(0.0, |alpha| alpha * alpha)
}
