//! The dense reference: the textbook O(d) update over explicitly stored columns.
//!
//! Every row is stored with all its columns, memorization included; every step decays and updates
//! every weight. It shares nothing with the sparse kernels but the configuration, the schedule and
//! the visiting order, and is what they are held against, and compared with in the benches.

use std::borrow::Cow;

use sparsegrok_data::Dataset;
use sparsegrok_lanes::Level;

use crate::blocks::Threads;
use crate::init::Seed;
use crate::look::TrainQuestion;
use crate::loss::Loss;
use crate::schedule::LearningRate;
use crate::shape::Shape;
use crate::spec::{DecayOrder, Sgd};
use crate::state::{LinearState, State};
use crate::trainer::Trainer;
use crate::training::Diverged;
use crate::visits::{self, Visits};
use crate::weights::Weights;

/// A dense training run in progress.
pub(crate) struct DenseTrainer<'a> {
    data: &'a Dataset,
    spec: &'a Sgd,
    level: Level,
    learning_rate: LearningRate,
    epoch: u64,
    step: u64,
    visits: Visits<1>,
    columns: usize,
    /// n × columns, row-major.
    matrix: Vec<f64>,
    weights: Vec<f64>,
    bias: f64,
    diverged: Option<Diverged>,
}

impl<'a> DenseTrainer<'a> {
    /// Bytes of the explicit matrix of a training set.
    pub(crate) fn matrix_bytes(shape: Shape) -> usize {
        let numbers = shape.rows.saturating_mul(shape.columns());
        numbers.saturating_mul(size_of::<f64>())
    }

    /// Bytes of a run in progress, the dataset aside.
    pub(crate) fn bytes(spec: &Sgd, shape: Shape) -> usize {
        Self::matrix_bytes(shape)
            .saturating_add(visits::bytes(spec.visiting_order(shape), shape.rows))
    }

    pub(crate) fn new(level: Level, seed: Seed<'a, '_>) -> Self {
        let Seed {
            spec,
            data,
            order_seed,
            initial_signal,
            start,
        } = seed;
        let n = data.len();
        let columns = data.columns();
        let signal_width = initial_signal.len();
        // Every column in its place, zeros and memorization included: the point of the reference is that
        // nothing of the sparse kernels' layout is in it.
        let mut matrix = vec![0.0; n * columns];
        for (i, dense) in matrix.chunks_exact_mut(columns.max(1)).enumerate() {
            let row = data.row(i);
            dense[..signal_width].copy_from_slice(row.signal);
            for (column, value) in row.tail.indices.iter().zip(row.tail.values) {
                dense[signal_width + column] = *value;
            }
            if let Some(slot) = row.memorization {
                dense[slot.column] = slot.value;
            }
        }
        let mut weights = initial_signal;
        weights.resize(columns, 0.0);
        let mut trainer = Self {
            data,
            spec,
            level,
            learning_rate: LearningRate::new(spec, n),
            epoch: 0,
            step: 0,
            visits: Visits::new(spec, spec.visiting_order(Shape::of(data)), [order_seed], n),
            diverged: None,
            columns,
            matrix,
            weights,
            bias: 0.0,
        };
        if let Some(state) = start {
            trainer.resume(state);
        }
        trainer
    }

    /// Continues a run from its state.
    fn resume(&mut self, state: &LinearState) {
        self.epoch = state.epoch;
        self.step = state.step;
        if state.epoch > 0 {
            self.visits.resume(state.epoch, [state.generator]);
        }
        self.weights = [&state.signal[..], &state.tail, &state.memorization].concat();
        self.bias = state.bias;
    }

    #[inline(always)]
    fn train_epoch(&mut self) {
        self.epoch += 1;
        let (spec, columns) = (self.spec, self.columns);
        let batch = spec.batch_size.rows(self.data.len());
        let mut slopes = Vec::with_capacity(batch);
        let (visits, _) = self.visits.next_epoch();
        for batch in visits.chunks(batch) {
            let eta = self.learning_rate.at(self.step);
            self.step += 1;
            let decay = 1.0 - eta * spec.weight_decay;
            // The decay itself is carried out, on every weight, in every step.
            if spec.decay_order == DecayOrder::Before {
                scale(&mut self.weights, decay);
            }
            // All slopes of a batch are taken before any weight moves.
            slopes.clear();
            for &visit in batch {
                let x = &self.matrix[visit as usize * columns..][..columns];
                let z = dot(&self.weights, x) + self.bias;
                if !z.is_finite() {
                    self.diverged = Some(Diverged {
                        epoch: self.epoch,
                        step: self.step,
                        row: visit,
                    });
                    return;
                }
                slopes.push(derivative(
                    spec.loss,
                    z,
                    self.data.targets()[visit as usize],
                ));
            }
            if spec.decay_order == DecayOrder::After {
                scale(&mut self.weights, decay);
            }
            let row_weights = self.data.row_weights();
            for (&visit, slope) in batch.iter().zip(&slopes) {
                let x = &self.matrix[visit as usize * columns..][..columns];
                let weight = row_weights.map_or(1.0, |weights| weights[visit as usize]);
                let step = eta * weight * slope / batch.len() as f64;
                subtract_scaled(&mut self.weights, step, x);
                if spec.bias {
                    self.bias -= step;
                }
            }
        }
    }
}

#[inline(always)]
pub(crate) fn dot(w: &[f64], x: &[f64]) -> f64 {
    // In order and without fma, as the reference program's compiler must add: that is as fast as C++.
    w.iter().zip(x).fold(0.0, |sum, (w, x)| sum + w * x)
}

#[inline(always)]
fn scale(w: &mut [f64], factor: f64) {
    w.iter_mut().for_each(|w| *w *= factor);
}

#[inline(always)]
fn subtract_scaled(w: &mut [f64], step: f64, x: &[f64]) {
    for (w, x) in w.iter_mut().zip(x) {
        *w -= step * x;
    }
}

/// ∂ℓ/∂z.
fn derivative(loss: Loss, z: f64, y: f64) -> f64 {
    match loss {
        // Another exponential than the kernels': an error in theirs must not be in both.
        Loss::Logistic => -y / (1.0 + libm::exp(y * z)),
        Loss::Squared => z - y,
        Loss::Hinge if y * z < 1.0 => -y,
        Loss::Hinge => 0.0,
    }
}

impl Trainer for DenseTrainer<'_> {
    fn epoch(&mut self, _threads: &Threads) {
        self.level.vectorize(
            #[inline(always)]
            || self.train_epoch(),
        );
    }

    fn weights(&self, _lane: usize) -> Weights {
        let (signal_width, tail_width) = (
            self.data.features().signal_width(),
            self.data.features().tail_width(),
        );
        let (signal, rest) = self.weights.split_at(signal_width);
        let (tail, memorization) = rest.split_at(tail_width);
        Weights {
            signal: signal.to_vec(),
            tail: tail.to_vec(),
            memorization: memorization.to_vec(),
            bias: self.bias,
        }
    }

    fn scaled_signal(&self, _lane: usize) -> (Cow<'_, [f64]>, f64) {
        let width = self.data.features().signal_width();
        (self.weights[..width].into(), 1.0)
    }

    fn bias(&self, _lane: usize) -> f64 {
        self.bias
    }

    fn train_reaches(&self, lane: usize, question: TrainQuestion<'_>) -> bool {
        question.answer(&self.weights(lane))
    }

    fn state(&self, lane: usize) -> State {
        let Weights {
            signal,
            tail,
            memorization,
            bias,
        } = self.weights(lane);
        State::from(LinearState {
            epoch: self.epoch,
            step: self.step,
            scale: 1.0,
            signal,
            tail,
            memorization,
            bias,
            generator: self.visits.generator(lane),
        })
    }

    fn diverged(&self, _lane: usize) -> Option<Diverged> {
        self.diverged
    }

    fn position(&self, lane: usize) -> Diverged {
        Diverged {
            epoch: self.epoch,
            step: self.step,
            row: self.visits.last(lane),
        }
    }
}
