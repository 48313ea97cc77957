//! The sparse kernel: one seed, or a group of eight in lanes, O(nnz) per step and seed.

use sparsegrok_data::{AlignedBlock, Dataset, SparseRow};
use sparsegrok_lanes::{LANES, Lanes, Level, Rows, Scalar, Simd, Task};

use crate::loss::{HingeSlope, LogisticSlope, Loss, Slope, SquaredSlope};
use crate::pace::Pace;
use crate::spec::TrainSpec;
use crate::train::{Diverged, Trainer};
use crate::update::{self, CHAIN_WIDTHS, Chain, LINE, Layout, Stop};
use crate::visits::Visits;
use crate::weights::Weights;

/// Cache lines between the rows of two lanes. Without a gap, lanes of 2^k rows would lie a multiple
/// of 4 KiB apart: a store to one lane's row then looks like a store to the others'.
const LANE_GAP: usize = 7;

/// Bytes of rows from which on they are asked for ahead of their visits: what a core has of
/// second-level cache, about.
const PREFETCH_FROM: usize = 1 << 20;

/// Visits between asking for a row and using it.
const PREFETCH_DISTANCE: usize = 16;

/// What sets one seed of a group apart from the others.
#[derive(Clone)]
pub(crate) struct Seed<'a> {
    pub(crate) data: &'a Dataset,
    pub(crate) order_seed: u64,
    pub(crate) initial_signal: Vec<f64>,
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
    /// Unscaled signal weights, by lane, then column, padded to the rows' width.
    signal: AlignedBlock,
    /// Unscaled tail weights, by lane, then column.
    tail: Vec<f64>,
    bias: [f64; W],
    diverged: [Option<Diverged>; W],
    /// Coefficients of a batch, by row, then lane.
    coefficients: Vec<f64>,
}

/// The dense part of the rows, each on cache lines of its own, its memorization weight inside.
///
/// A row is `[x̃_0 … x̃_{d−1}, p, y]`, d the signal width rounded up to the chain's or to a multiple
/// of eight by columns of zeros, which change no sum. x̃ is the signal row, times its label where the loss folds
/// signs. p is what the row's memorization weight adds to the margin, in units of the scale:
/// y α m_i / scale (without y where the loss folds no sign). For d ≤ 5 it is one 64-byte line.
pub(crate) struct PackedRows {
    data: AlignedBlock,
    rows: usize,
    width: usize,
    layout: Layout,
}

impl PackedRows {
    /// Bytes of one seed's rows of `width` columns.
    pub(crate) fn bytes(rows: usize, width: usize) -> usize {
        let stride = (width + 2).next_multiple_of(LINE);
        rows.saturating_mul(stride * size_of::<f64>())
    }

    fn new(data: &[&Dataset], width: usize, folds_sign: bool) -> Self {
        let stride = (width + 2).next_multiple_of(LINE);
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
    fn upcoming<'v, const W: usize>(&self, visits: &'v [[u32; W]]) -> &'v [[u32; W]] {
        if size_of_val(self.data.as_slice()) < PREFETCH_FROM {
            return &[];
        }
        visits.get(PREFETCH_DISTANCE..).unwrap_or_default()
    }

    /// A lane's rows.
    fn lane(&self, lane: usize) -> &[f64] {
        &self.data.as_slice()[lane * self.layout.lane_stride..][..self.layout.lane_stride]
    }

    /// The memorization parts p of a lane, in row order.
    fn memorization(&self, lane: usize) -> impl Iterator<Item = f64> + '_ {
        let rows = self.lane(lane).chunks_exact(self.layout.stride);
        rows.take(self.rows).map(|row| row[self.width])
    }

    /// Multiplies every memorization part. `Time: O(n)`
    fn rescale(&mut self, factor: f64) {
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
    fn silence(&mut self, lane: usize) {
        let lane_stride = self.layout.lane_stride;
        self.data.as_mut_slice()[lane * lane_stride..][..lane_stride].fill(0.0);
    }
}

impl<'a, const W: usize> Group<'a, W> {
    /// Starts a run per seed. All datasets must have the same shape.
    pub(crate) fn new(spec: &TrainSpec, level: Level, seeds: [Seed<'a>; W]) -> Self {
        let data = seeds.each_ref().map(|seed| seed.data);
        let n = data[0].len();
        let width = data[0].features().signal_width();
        let tail_width = data[0].features().tail_width();
        let batch = spec.batch_size.rows(n);
        let chain_width = update::chains(spec, width, tail_width);
        let rows_width = chain_width.unwrap_or(width.next_multiple_of(LINE));
        let rows = PackedRows::new(&data, rows_width, spec.loss.needs_signs());
        let mut signal = AlignedBlock::zeroed(rows_width * W);
        let lanes = signal.as_mut_slice().chunks_exact_mut(rows_width.max(1));
        for (lane, seed) in lanes.zip(&seeds) {
            lane[..width].copy_from_slice(&seed.initial_signal);
        }
        Self {
            data,
            loss: spec.loss,
            level,
            batch,
            bias_trained: spec.bias,
            chain_width,
            epoch: 0,
            pace: Pace::new(spec, n),
            visits: Visits::new(spec, seeds.each_ref().map(|seed| seed.order_seed), n),
            rows,
            signal_width: width,
            tail_width,
            signal,
            tail: vec![0.0; tail_width * W],
            bias: [0.0; W],
            diverged: [None; W],
            coefficients: vec![0.0; batch * W],
        }
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
            None => level.run(PlainEpoch(self, slope)),
            Some(NARROW) => level.run(ChainEpoch::<L, W, NARROW>(self, slope)),
            Some(MIDDLE) => level.run(ChainEpoch::<L, W, MIDDLE>(self, slope)),
            Some(_) => level.run(ChainEpoch::<L, W, WIDE>(self, slope)),
        }
    }

    #[inline(always)]
    fn chain_epoch<A: Rows, L: Slope, const D: usize>(&mut self, a: A, slope: L) {
        let square = squared_scale(self.data[0]);
        let mut columns = [[0.0; W]; D];
        for (lane, signal) in self.signal.as_slice().chunks_exact(D).enumerate() {
            for (column, weight) in columns.iter_mut().zip(signal) {
                column[lane] = *weight;
            }
        }
        let mut chain = Chain::<A, D>::start(a, &columns);
        let (visits, mut ahead) = self.visits.next_epoch();
        let (mut visits, _) = visits.as_chunks::<W>();
        let mut upcoming = self.rows.upcoming(visits);
        loop {
            let (steps, stop) = update::chain(
                a,
                slope,
                &mut chain,
                self.rows.data.as_mut_slice(),
                self.rows.layout,
                visits,
                upcoming,
                &mut self.pace,
                square,
                &mut ahead,
            );
            visits = &visits[steps..];
            upcoming = upcoming.get(steps..).unwrap_or_default();
            match stop {
                None => break,
                Some(Stop::Fold) => {
                    let factor = self.pace.fold();
                    chain.rescale(a, factor);
                    self.rows.rescale(factor);
                }
                Some(Stop::NotFinite(margin)) => {
                    let mut margins = [0.0; W];
                    a.store(margin, &mut margins);
                    for lane in (0..W).filter(|&lane| !margins[lane].is_finite()) {
                        self.diverged[lane] = Some(Diverged {
                            epoch: self.epoch,
                            step: self.pace.step() + 1,
                            row: visits[0][lane],
                        });
                        self.rows.silence(lane);
                        chain.silence::<W>(a, lane);
                    }
                    if self.diverged.iter().all(Option::is_some) {
                        return;
                    }
                }
            }
        }
        chain.finish(a, &mut columns);
        for (lane, signal) in self.signal.as_mut_slice().chunks_exact_mut(D).enumerate() {
            for (column, weight) in columns.iter().zip(signal) {
                *weight = column[lane];
            }
        }
    }

    #[inline(always)]
    fn plain_epoch<A: Rows, L: Slope>(&mut self, a: A, slope: L) {
        let square = a.splat(squared_scale(self.data[0]));
        let width = self.rows.width;
        let (visits, mut ahead) = self.visits.next_epoch();
        let (visits, _) = visits.as_chunks::<W>();
        let mut upcoming = self.rows.upcoming(visits).iter();
        // Where signs are folded into the dense columns, only the other parts need the label.
        let needs_target = !L::FOLDS_SIGN || self.tail_width > 0 || self.bias_trained;
        for batch in visits.chunks(self.batch) {
            let factors = self.pace.next();
            self.pace.take(factors);
            let rate = a.splat(factors.rate / batch.len() as f64);
            let scale = a.splat(factors.margin * L::UNIT);
            for (visit, coefficients) in batch.iter().zip(self.coefficients.chunks_exact_mut(W)) {
                let starts = self.rows.layout.starts(visit);
                let rows = self.rows.data.as_slice();
                if let Some(visit) = upcoming.next() {
                    self.rows.layout.prefetch(rows, visit);
                }
                let mut score = a.dots(self.signal.as_slice(), rows, &starts, width);
                let p = a.column(rows, &starts, width);
                let mut target = a.splat(0.0);
                if needs_target {
                    target = a.column(rows, &starts, width + 1);
                }
                if self.tail_width > 0 {
                    let mut tails = [0.0; W];
                    for lane in 0..W {
                        let tail = &self.tail[lane * self.tail_width..][..self.tail_width];
                        let SparseRow { indices, values } =
                            self.data[lane].features().tail_row(visit[lane] as usize);
                        tails[lane] = update::sparse_dot(tail, indices, values);
                    }
                    let tails = a.load(&tails);
                    score = a.add(
                        score,
                        if L::FOLDS_SIGN {
                            a.mul(target, tails)
                        } else {
                            tails
                        },
                    );
                }
                let mut margin = a.mul(a.add(score, p), scale);
                if self.bias_trained {
                    let bias = a.mul(a.load(&self.bias), a.splat(L::UNIT));
                    margin = a.add(
                        margin,
                        if L::FOLDS_SIGN {
                            a.mul(target, bias)
                        } else {
                            bias
                        },
                    );
                }
                if !update::tame::<A, L>(a, &mut margin) {
                    let mut margins = [0.0; W];
                    a.store(margin, &mut margins);
                    for lane in 0..W {
                        if margins[lane].is_finite() {
                            continue;
                        }
                        let step = self.pace.step();
                        self.diverged[lane].get_or_insert(Diverged {
                            epoch: self.epoch,
                            step,
                            row: visit[lane],
                        });
                        self.rows.silence(lane);
                        self.signal.as_mut_slice()[lane * width..][..width].fill(0.0);
                        self.tail[lane * self.tail_width..][..self.tail_width].fill(0.0);
                        self.bias[lane] = 0.0;
                        margins[lane] = 0.0;
                    }
                    margin = a.load(&margins);
                    if self.diverged.iter().all(Option::is_some) {
                        return;
                    }
                }
                let coefficient = slope.weight(a, rate, margin, target);
                a.store(coefficient, coefficients);
                ahead.step();
            }
            for (visit, coefficients) in batch.iter().zip(self.coefficients.chunks_exact(W)) {
                let starts = self.rows.layout.starts(visit);
                let rows = self.rows.data.as_mut_slice();
                let c = a.load(coefficients);
                a.add_scaled(c, self.signal.as_mut_slice(), rows, &starts, width);
                let p = a.column(rows, &starts, width);
                a.scatter(a.mul_add(c, square, p), rows, &starts, width);
                let mut signed = c;
                if L::FOLDS_SIGN && needs_target {
                    signed = a.mul(c, a.column(rows, &starts, width + 1));
                }
                if self.tail_width > 0 {
                    let mut steps = [0.0; W];
                    a.store(signed, &mut steps);
                    for lane in (0..W).filter(|&lane| self.diverged[lane].is_none()) {
                        let tail = &mut self.tail[lane * self.tail_width..][..self.tail_width];
                        let SparseRow { indices, values } =
                            self.data[lane].features().tail_row(visit[lane] as usize);
                        update::sparse_add_scaled(tail, steps[lane], indices, values);
                    }
                }
                if self.bias_trained {
                    let bias = a.mul_add(signed, a.splat(factors.scale), a.load(&self.bias));
                    a.store(bias, &mut self.bias);
                }
            }
            if self.pace.folds() {
                let factor = self.pace.fold();
                let weights = self.signal.as_mut_slice().iter_mut().chain(&mut self.tail);
                weights.for_each(|u| *u *= factor);
                self.rows.rescale(factor);
            }
        }
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
        let data = self.data[lane];
        let memorization = match data.memorization() {
            None => Vec::new(),
            Some(alpha) => self
                .rows
                .memorization(lane)
                .zip(data.targets())
                .map(|(p, y)| {
                    let sign = if self.loss.needs_signs() { *y } else { 1.0 };
                    sign * p * scale / alpha
                })
                .collect(),
        };
        Weights {
            signal: scaled(&self.signal.as_slice()[lane * self.rows.width..][..self.signal_width]),
            tail: scaled(&self.tail[lane * self.tail_width..][..self.tail_width]),
            memorization,
            bias: self.bias[lane],
        }
    }

    fn diverged(&self, lane: usize) -> Option<Diverged> {
        self.diverged[lane]
    }

    fn position(&self, lane: usize) -> Diverged {
        Diverged {
            epoch: self.epoch,
            step: self.pace.step(),
            row: self.visits.last(lane),
        }
    }
}

/// One epoch in [`update::chain`]'s form, compiled for the level's instructions.
struct ChainEpoch<'g, 'a, L, const W: usize, const D: usize>(&'g mut Group<'a, W>, L);

impl<L: Slope, const W: usize, const D: usize> Task for ChainEpoch<'_, '_, L, W, D> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        match W {
            1 => self.0.chain_epoch::<_, L, D>(Scalar(simd), self.1),
            LANES => self.0.chain_epoch::<_, L, D>(Lanes(simd), self.1),
            _ => unreachable!("groups have one seed or {LANES}"),
        }
    }
}

/// One epoch in the plain form, compiled for the level's instructions.
struct PlainEpoch<'g, 'a, L, const W: usize>(&'g mut Group<'a, W>, L);

impl<L: Slope, const W: usize> Task for PlainEpoch<'_, '_, L, W> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        match W {
            1 => self.0.plain_epoch(Scalar(simd), self.1),
            LANES => self.0.plain_epoch(Lanes(simd), self.1),
            _ => unreachable!("groups have one seed or {LANES}"),
        }
    }
}

/// α², the square of the memorization scale; 0 for none.
fn squared_scale(data: &Dataset) -> f64 {
    data.memorization().map_or(0.0, |alpha| alpha * alpha)
}
