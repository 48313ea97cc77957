//! A group of linear models in training: one seed, or eight in lanes, O(nnz) per step and seed.

mod steps;

use std::borrow::Cow;

use sparsegrok_data::{AlignedBlock, Csr};
use sparsegrok_lanes::Level;

use crate::batch::Batch;
use crate::blocks::Threads;
use crate::epoch::Driver;
use crate::init::Seed;
use crate::layout::Layout;
use crate::look::TrainQuestion;
use crate::loss::{HingeSlope, LogisticSlope, Loss, SquaredSlope};
use crate::shape::Shape;
use crate::sharing::Sharing;
use crate::spec::Sgd;
use crate::state::{LinearState, State};
use crate::step::Choice;
use crate::trainer::Trainer;
use crate::training::Diverged;
use crate::visits;
use crate::weights::{WeightSource, Weights};

use self::steps::Steps;

/// The memory of a group: what [`Linear::new`] allocates, and what is said of it beforehand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) form: Choice,
    lanes: usize,
    layout: Layout,
    /// Doubles of the signal weights of all lanes, as wide as the packed rows.
    signal: usize,
    /// Doubles of the tail weights of all lanes.
    tail: usize,
    /// Bytes of visiting orders, and of a batch's coefficients and sums.
    steps: usize,
}

impl Plan {
    /// The memory of `lanes` lanes, each of a training set of this shape.
    pub(crate) fn new(spec: &Sgd, shape: Shape, lanes: usize, sharing: Sharing) -> Self {
        let form = Choice::new(spec, shape, lanes, sharing);
        let layout = Layout::new(spec, shape, form, lanes);
        Self::with_layout(spec, shape, lanes, form, layout)
    }

    fn with_layout(spec: &Sgd, shape: Shape, lanes: usize, form: Choice, layout: Layout) -> Self {
        // Saturating throughout: the plan also answers for sizes that nobody could allocate.
        let batch = Batch::of(spec, shape);
        let (signal, tail) = (
            layout.width().saturating_mul(lanes),
            shape.tail.saturating_mul(lanes),
        );
        let coefficients = batch.kept().saturating_mul(lanes);
        let sums = batch
            .sums_held()
            .saturating_mul(signal.saturating_add(tail));
        let kept = coefficients.saturating_add(sums);
        let orders = if form.has_one_order() { 1 } else { lanes };
        let orders =
            visits::bytes(spec.visiting_order(shape), layout.block()).saturating_mul(orders);
        Self {
            form,
            lanes,
            layout,
            signal,
            tail,
            steps: orders.saturating_add(kept.saturating_mul(size_of::<f64>())),
        }
    }

    /// Lanes.
    pub(crate) fn lanes(&self) -> usize {
        self.lanes
    }

    /// Bytes, the datasets aside; the largest `usize` where they are more.
    pub(crate) fn bytes(&self) -> usize {
        let weights = self.signal.saturating_add(self.tail);
        let weights = weights.saturating_mul(size_of::<f64>());
        let rows = self.layout.bytes();
        rows.saturating_add(weights).saturating_add(self.steps)
    }
}

/// Unscaled weights of all lanes: by lane, then column; by column, then lane, where lanes share their rows.
struct LaneWeights<const W: usize> {
    weights: AlignedBlock,
    columns: usize,
    by_column: bool,
}

impl<const W: usize> LaneWeights<W> {
    fn new(columns: usize, by_column: bool) -> Self {
        Self {
            weights: AlignedBlock::zeroed(columns * W),
            columns,
            by_column,
        }
    }

    #[inline(always)]
    fn place(&self, lane: usize, column: usize) -> usize {
        match self.by_column {
            true => column * W + lane,
            false => lane * self.columns + column,
        }
    }

    /// One weight of a lane.
    #[inline(always)]
    fn at(&self, lane: usize, column: usize) -> f64 {
        self.weights.as_slice()[self.place(lane, column)]
    }

    /// The first weights of a lane, by column.
    fn of(&self, lane: usize, columns: usize) -> Cow<'_, [f64]> {
        match self.by_column {
            true => (0..columns).map(|column| self.at(lane, column)).collect(),
            false => self.weights.as_slice()[lane * self.columns..][..columns].into(),
        }
    }

    /// Sets the first weights of a lane, by column.
    fn set(&mut self, lane: usize, weights: &[f64]) {
        for (column, weight) in weights.iter().enumerate() {
            let place = self.place(lane, column);
            self.weights.as_mut_slice()[place] = *weight;
        }
    }

    fn as_mut_slice(&mut self) -> &mut [f64] {
        self.weights.as_mut_slice()
    }
}

/// W runs in progress, one in each lane, with an order of visits each, V = W, or
/// one for all, V = 1.
pub(crate) struct Linear<'a, const W: usize, const V: usize> {
    driver: Driver<'a, W, V>,
    /// The settings that are common to all: the loss, for one.
    spec: &'a Sgd,
    level: Level,
    form: Choice,
    /// Signal columns, without those that rows are padded by.
    signal_width: usize,
    tail_width: usize,
    /// True where all non-zeros of the tail are known to be 1.
    unit_tail: bool,
    /// True where a lane memorizes.
    memorizes: bool,
    /// α² of each lane, the square of the memorization scale; 0 for none.
    square: [f64; W],
    /// Signal weights, as wide as the packed rows.
    signal: LaneWeights<W>,
    tail: LaneWeights<W>,
    bias: [f64; W],
}

impl<'a, const W: usize, const V: usize> Linear<'a, W, V> {
    /// Starts a run per seed, as planned. All datasets must have the same shape, and all runs have come
    /// equally far; their settings may differ in what is a lane's own, such as the learning rate. If they have
    /// one order for all, their order seed must be the same.
    pub(crate) fn new(level: Level, seeds: [Seed<'a, '_>; W], plan: Plan) -> Self {
        let specs = seeds.each_ref().map(|seed| seed.spec);
        let data = seeds.each_ref().map(|seed| seed.data);
        let order_seeds = std::array::from_fn(|order| seeds[order].order_seed);
        let features = data[0].features();
        let signal_width = features.signal_width();
        let by_column = plan.form == Choice::Together;
        let mut signal = LaneWeights::new(plan.layout.width(), by_column);
        // Columns that rows are padded by stay zero: their rows are zero, and so is what a step adds.
        for (lane, seed) in seeds.iter().enumerate() {
            signal.set(lane, &seed.initial_signal);
        }
        let mut group = Self {
            driver: Driver::new(specs, plan.layout, data, order_seeds),
            spec: specs[0],
            level,
            form: plan.form,
            signal_width,
            tail_width: features.tail_width(),
            unit_tail: features.tail().is_some_and(Csr::is_of_ones),
            memorizes: data.iter().any(|data| data.memorization().is_some()),
            square: data.map(|data| data.memorization().map_or(0.0, |alpha| alpha * alpha)),
            signal,
            tail: LaneWeights::new(features.tail_width(), by_column),
            bias: [0.0; W],
        };
        let starts = seeds.each_ref().map(|seed| seed.start);
        // Lanes that only repeat the first run have no state of their own.
        if let Some(first) = starts[0] {
            group.resume(starts.map(|start| start.unwrap_or(first)));
        }
        group
    }

    /// Goes on from where each lane's run stood. All must have come equally far.
    fn resume(&mut self, states: [&LinearState; W]) {
        let LinearState { epoch, step, .. } = *states[0];
        let scale = states.map(|state| state.scale);
        let generators = std::array::from_fn(|order| states[order].generator);
        self.driver.resume(epoch, step, scale, generators);
        for (lane, state) in states.into_iter().enumerate() {
            self.signal.set(lane, &state.signal);
            self.tail.set(lane, &state.tail);
            let rows = &mut self.driver.rows;
            rows.set_memorization(lane, &state.memorization);
            self.bias[lane] = state.bias;
        }
    }

    /// The memorization weight of a row of one lane: m = p·scale/(yα), without y where the loss folds
    /// no sign; y = ±1 is its own inverse.
    #[inline(always)]
    fn memorization_weight(&self, lane: usize, row: usize, alpha: f64) -> f64 {
        let sign = if self.spec.loss.needs_signs() {
            self.driver.data[lane].targets()[row]
        } else {
            1.0
        };
        // The order of these operations is part of the result: a look and an evaluation share it.
        sign * self.driver.rows.memorization_part(lane, row) * self.driver.progress.pace.scale(lane)
            / alpha
    }

    /// A number for each row of a lane and α; none where nothing is memorized.
    fn by_row(&self, lane: usize, number: impl Fn(usize, f64) -> f64) -> Vec<f64> {
        let data = self.driver.data[lane];
        let of_scale = |alpha| (0..data.len()).map(|row| number(row, alpha)).collect();
        data.memorization().map_or_else(Vec::new, of_scale)
    }

    /// The stored signal weights of a lane.
    fn stored_signal(&self, lane: usize) -> Cow<'_, [f64]> {
        self.signal.of(lane, self.signal_width)
    }

    /// The stored tail weights of a lane.
    fn stored_tail(&self, lane: usize) -> Cow<'_, [f64]> {
        self.tail.of(lane, self.tail_width)
    }
}

impl<const W: usize, const V: usize> Trainer for Linear<'_, W, V>
where
    Self: Steps,
{
    fn epoch(&mut self, threads: &Threads) {
        // Here the loss becomes a type, once an epoch, so that no step asks which it is.
        match self.spec.loss {
            Loss::Logistic => self.steps::<LogisticSlope>(threads),
            Loss::Squared => self.steps::<SquaredSlope>(threads),
            Loss::Hinge => self.steps::<HingeSlope>(threads),
        }
    }

    fn weights(&self, lane: usize) -> Weights {
        let scale = self.driver.progress.pace.scale(lane);
        let scaled = |weights: &[f64]| weights.iter().map(|u| u * scale).collect();
        Weights {
            signal: scaled(&self.stored_signal(lane)),
            tail: scaled(&self.stored_tail(lane)),
            memorization: self.by_row(lane, |row, alpha| {
                self.memorization_weight(lane, row, alpha)
            }),
            bias: self.bias[lane],
        }
    }

    fn scaled_signal(&self, lane: usize) -> (Cow<'_, [f64]>, f64) {
        (
            self.stored_signal(lane),
            self.driver.progress.pace.scale(lane),
        )
    }

    fn bias(&self, lane: usize) -> f64 {
        self.bias[lane]
    }

    fn train_reaches(&self, lane: usize, question: TrainQuestion<'_>) -> bool {
        let (stored, scale) = self.scaled_signal(lane);
        question.answer(&OneLane {
            group: self,
            lane,
            signal: stored.iter().map(|u| u * scale).collect(),
        })
    }

    fn state(&self, lane: usize) -> State {
        let driver = &self.driver;
        // Stored weights and the scale apart: their product is rounded, and a run that went on from it
        // would come to other bits.
        State::from(LinearState {
            epoch: driver.progress.epoch,
            step: driver.progress.step,
            scale: driver.progress.pace.scale(lane),
            signal: self.stored_signal(lane).into_owned(),
            tail: self.stored_tail(lane).into_owned(),
            memorization: self.by_row(lane, |row, _| driver.rows.memorization_part(lane, row)),
            bias: self.bias[lane],
            generator: driver.generator(lane),
        })
    }

    fn diverged(&self, lane: usize) -> Option<Diverged> {
        self.driver.diverged[lane]
    }

    fn position(&self, lane: usize) -> Diverged {
        self.driver.position(lane)
    }
}

/// One lane's weights where they lie; the few signal weights are copied.
struct OneLane<'g, 'a, const W: usize, const V: usize> {
    group: &'g Linear<'a, W, V>,
    lane: usize,
    signal: Vec<f64>,
}

impl<const W: usize, const V: usize> WeightSource for OneLane<'_, '_, W, V> {
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
        let stored = self.group.tail.at(self.lane, column);
        Some(stored * self.group.driver.progress.pace.scale(self.lane))
    }

    #[inline(always)]
    fn memorization(&self, row: usize) -> Option<f64> {
        let alpha = self.group.driver.data[self.lane].memorization()?;
        Some(self.group.memorization_weight(self.lane, row, alpha))
    }

    #[inline(always)]
    fn memorization_begins(&self) -> usize {
        self.signal.len() + self.group.tail_width
    }
}

#[cfg(test)]
mod tests;
