//! The scalar kernel: one seed, O(nnz) per step.

use sparsegrok_data::{Dataset, SparseRow};
use sparsegrok_lanes::{Level, Scalar, Simd, Task};

use crate::loss::{HingeSlope, LogisticSlope, Loss, Slope, SquaredSlope};
use crate::pace::{Pace, StepFactors};
use crate::rows::PackedRows;
use crate::spec::TrainSpec;
use crate::train::{Diverged, Trainer};
use crate::update::{self, CHAIN_MAX_WIDTH, Chain};
use crate::visits::Visits;
use crate::weights::Weights;

/// Steps whose factors are computed ahead of the rows.
const BLOCK: usize = 128;

/// A training run in progress.
pub(crate) struct ScalarTrainer<'a> {
    data: &'a Dataset,
    loss: Loss,
    level: Level,
    batch: usize,
    bias_trained: bool,
    chains: bool,
    epoch: u64,
    pace: Pace,
    visits: Visits,
    rows: PackedRows,
    /// Unscaled signal weights.
    signal: Vec<f64>,
    /// Unscaled tail weights.
    tail: Vec<f64>,
    bias: f64,
    factors: Vec<StepFactors>,
    coefficients: Vec<f64>,
}

impl<'a> ScalarTrainer<'a> {
    pub(crate) fn new(
        data: &'a Dataset,
        spec: &TrainSpec,
        level: Level,
        initial_signal: Vec<f64>,
    ) -> Self {
        let n = data.len();
        let tail_width = data.features().tail_width();
        let batch = spec.batch_size.rows(n);
        Self {
            data,
            loss: spec.loss,
            level,
            batch,
            bias_trained: spec.bias,
            chains: update::chains(spec, initial_signal.len(), tail_width),
            epoch: 0,
            pace: Pace::new(spec, n),
            visits: Visits::new(spec, n),
            rows: PackedRows::new(data, spec.loss.needs_signs()),
            signal: initial_signal,
            tail: vec![0.0; tail_width],
            bias: 0.0,
            factors: vec![StepFactors::default(); BLOCK],
            coefficients: Vec::with_capacity(batch),
        }
    }

    #[inline(always)]
    fn epoch_with<L: Slope>(&mut self, slope: L) -> Result<(), Diverged> {
        self.epoch += 1;
        if self.chains {
            match self.signal.len() {
                1 => self.chain_epoch::<L, 1>(slope),
                2 => self.chain_epoch::<L, 2>(slope),
                3 => self.chain_epoch::<L, 3>(slope),
                4 => self.chain_epoch::<L, 4>(slope),
                5 => self.chain_epoch::<L, 5>(slope),
                6 => self.chain_epoch::<L, 6>(slope),
                7 => self.chain_epoch::<L, 7>(slope),
                _ => self.chain_epoch::<L, CHAIN_MAX_WIDTH>(slope),
            }
        } else {
            self.plain_epoch(slope)
        }
    }

    #[inline(always)]
    fn chain_epoch<L: Slope, const D: usize>(&mut self, slope: L) -> Result<(), Diverged> {
        let square = self.data.memorization().map_or(0.0, |alpha| alpha * alpha);
        let stride = self.rows.stride();
        let mut chain = Chain::<Scalar, D>::start(Scalar, &self.signal);
        let (mut visits, mut ahead) = self.visits.next_epoch();
        while !visits.is_empty() {
            let wanted = visits.len().min(BLOCK);
            let first_step = self.pace.step();
            let filled = self.pace.advance_block(&mut self.factors[..wanted]);
            let (block, rest) = visits.split_at(filled);
            let stopped = update::chain(
                Scalar,
                slope,
                &mut chain,
                self.rows.as_mut_slice(),
                stride,
                block,
                &self.factors[..filled],
                square,
                &mut ahead,
            );
            if let Some(at) = stopped {
                return Err(Diverged {
                    epoch: self.epoch,
                    step: first_step + at as u64 + 1,
                    row: block[at],
                });
            }
            visits = rest;
            if let Some(factor) = self.pace.fold() {
                chain.rescale(Scalar, factor);
                self.rows.rescale(factor);
            }
        }
        chain.finish(Scalar, &mut self.signal);
        Ok(())
    }

    #[inline(always)]
    fn plain_epoch<L: Slope>(&mut self, slope: L) -> Result<(), Diverged> {
        let d = self.signal.len();
        let stride = self.rows.stride();
        let square = self.data.memorization().map_or(0.0, |alpha| alpha * alpha);
        let (signal, tail) = (&mut self.signal, &mut self.tail);
        let (visits, _) = self.visits.next_epoch();
        for batch in visits.chunks(self.batch) {
            let factors = self.pace.advance();
            let rate = factors.rate / batch.len() as f64;
            let scale = factors.margin * L::UNIT;
            let rows = self.rows.as_mut_slice();
            self.coefficients.clear();
            for &visit in batch {
                let row = &rows[visit as usize * stride..][..d + 2];
                let (p, target) = (row[d], row[d + 1]);
                let sign = if L::FOLDS_SIGN { target } else { 1.0 };
                let mut score = update::dot(signal, &row[..d]);
                if !tail.is_empty() {
                    let SparseRow { indices, values } =
                        self.data.features().tail_row(visit as usize);
                    score += sign * update::sparse_dot(tail, indices, values);
                }
                let margin = (score + p).mul_add(scale, sign * self.bias * L::UNIT);
                if !margin.is_finite() {
                    return Err(Diverged {
                        epoch: self.epoch,
                        step: self.pace.step(),
                        row: visit,
                    });
                }
                self.coefficients
                    .push(slope.weight(Scalar, rate, margin, target));
            }
            for (&visit, &c) in batch.iter().zip(&self.coefficients) {
                let row = &mut rows[visit as usize * stride..][..d + 2];
                let target = row[d + 1];
                let signed = if L::FOLDS_SIGN { c * target } else { c };
                update::add_scaled(signal, c, &row[..d]);
                if !tail.is_empty() {
                    let SparseRow { indices, values } =
                        self.data.features().tail_row(visit as usize);
                    update::sparse_add_scaled(tail, signed, indices, values);
                }
                row[d] = c.mul_add(square, row[d]);
                if self.bias_trained {
                    self.bias = signed.mul_add(factors.scale, self.bias);
                }
            }
            if let Some(factor) = self.pace.fold() {
                signal
                    .iter_mut()
                    .chain(&mut *tail)
                    .for_each(|u| *u *= factor);
                self.rows.rescale(factor);
            }
        }
        Ok(())
    }
}

impl Trainer for ScalarTrainer<'_> {
    fn epoch(&mut self) -> Result<(), Diverged> {
        self.level.run(Epoch(self))
    }

    fn weights(&self) -> Weights {
        let scale = self.pace.scale();
        let scaled = |weights: &[f64]| weights.iter().map(|u| u * scale).collect();
        let memorization = match self.data.memorization() {
            None => Vec::new(),
            Some(alpha) => self
                .rows
                .memorization()
                .zip(self.data.targets())
                .map(|(p, y)| {
                    let sign = if self.loss.needs_signs() { *y } else { 1.0 };
                    sign * p * scale / alpha
                })
                .collect(),
        };
        Weights {
            signal: scaled(&self.signal),
            tail: scaled(&self.tail),
            memorization,
            bias: self.bias,
        }
    }
}

/// One epoch, compiled for the level's instructions.
struct Epoch<'t, 'a>(&'t mut ScalarTrainer<'a>);

impl Task for Epoch<'_, '_> {
    type Output = Result<(), Diverged>;

    #[inline(always)]
    fn run<S: Simd>(self, _simd: S) -> Self::Output {
        match self.0.loss {
            Loss::Logistic => self.0.epoch_with(LogisticSlope),
            Loss::Squared => self.0.epoch_with(SquaredSlope),
            Loss::Hinge => self.0.epoch_with(HingeSlope),
        }
    }
}
