//! Training with an optimizer that remembers gradients: one run at a time, row by row.
//!
//! A [`Rule`] holds the weights and what the optimizer remembers of each; the trainer here visits rows, computes slopes
//! and hands gradients on. It is written to be read: plain SGD has the fast kernels.

mod adamw;
mod coasting;
mod momentum;

use std::borrow::Cow;
use std::ops::Range;

use sparsegrok_data::{Dataset, InvalidSetting, Problem, Row};
use sparsegrok_lanes::{LOG2_E, Level, SIGMOID_MAX, Scalar, weighted_sigmoid};

use self::adamw::AdamW;
use self::momentum::Momentum;
use crate::blocks::Threads;
use crate::init::{Job, initial_signal};
use crate::look::TrainQuestion;
use crate::loss::Loss;
use crate::schedule::LearningRate;
use crate::shape::Shape;
use crate::spec::{BatchSize, DecayOrder, Optimizer, Schedule, Sgd};
use crate::state::{Arrays, State, has_come_to};
use crate::trainer::Trainer;
use crate::training::Diverged;
use crate::visits::{self, Visits};
use crate::weights::{WeightSource, Weights};

/// The weights of a run, and an optimizer's rule by which steps change them.
///
/// Signal columns, which every row has, are apart from the sparse ones of tail and memorization, which are counted from 0,
/// and from the bias, which is not decayed.
trait Rule: Sized {
    /// Bytes held for each column.
    const BYTES: usize;

    /// A run that begins with these signal weights, and so many sparse columns of weight 0.
    fn new(spec: &Sgd, signal: Vec<f64>, sparse: usize) -> Self;

    /// A run that goes on from what [`arrays`](Self::arrays) gave after so many steps; `None` where these cannot be
    /// of so many signal and sparse columns.
    fn of(spec: &Sgd, columns: [usize; 2], step: u64, arrays: &Arrays) -> Option<Self>;

    /// Everything that a run goes on from.
    fn arrays(&self) -> Arrays;

    /// Begins step t, counted from 0, of this learning rate.
    fn begin(&mut self, step: u64, eta: f64);

    /// The signal weights before the step that has begun.
    fn signal(&self) -> &[f64];

    /// A sparse column's weight before the step that has begun.
    fn read(&mut self, column: usize) -> f64;

    /// The bias before the step that has begun.
    fn bias(&self) -> f64;

    /// Ends the reading of weights: gradients follow.
    fn turn(&mut self);

    /// Adds a row's part, slope · x, to the gradient of the signal columns.
    fn add_to_signal(&mut self, slope: f64, x: &[f64]);

    /// Adds a row's part to a sparse column's gradient.
    fn add(&mut self, column: usize, gradient: f64);

    /// Adds a row's part to the bias's gradient.
    fn add_to_bias(&mut self, gradient: f64);

    /// Ends the step.
    fn finish(&mut self);

    /// A sparse column's weight after `step` steps, all that were taken. It changes nothing, so that no result depends on
    /// when it is asked for.
    fn weight(&self, step: u64, column: usize) -> f64;
}

impl Sgd {
    /// The reason, to complete "expected …", for which linear models cannot be trained with its optimizer; `None` where
    /// they can.
    pub fn lacks_steps(&self) -> Option<&'static str> {
        let is_full = self.batch_size == BatchSize::Full;
        let has_one_rate = self.schedule == Schedule::Constant && self.warmup_steps == 0;
        match self.optimizer {
            Optimizer::Momentum if !is_full && !has_one_rate => Some(
                "`sgd`, or a `batch_size` of full, or a constant `schedule` without warm-up: the steps that a column has \
                 missed are made up for by a formula that holds for one learning rate",
            ),
            Optimizer::AdamW if !is_full => Some(
                "`sgd` or `momentum`, or a `batch_size` of full: AdamW divides by another number in each step, so that no \
                 formula makes up for the steps that a column has missed",
            ),
            Optimizer::Sgd | Optimizer::Momentum | Optimizer::AdamW => None,
        }
    }
}

/// Starts a run whose optimizer remembers gradients.
///
/// # Errors
/// When initial weights do not fit the data.
///
/// # Panics
/// When the state does not [fit](fits).
pub(crate) fn start<'a>(
    level: Level,
    run: &Job<'a>,
    state: Option<&State>,
) -> Result<Box<dyn Trainer + 'a>, InvalidSetting> {
    Ok(match run.spec.optimizer {
        Optimizer::AdamW => Box::new(Optimized::<AdamW>::new(level, run, state)?),
        Optimizer::Sgd | Optimizer::Momentum => {
            Box::new(Optimized::<Momentum>::new(level, run, state)?)
        }
    })
}

/// Tells if a state can be that of a run of `spec` on `problem` before its last epoch.
pub(crate) fn fits(spec: &Sgd, problem: &Problem, state: &State) -> bool {
    let data = &problem.train;
    let (columns, arrays) = (columns(data), &state.arrays);
    let has_arrays = || match spec.optimizer {
        Optimizer::AdamW => AdamW::of(spec, columns, state.step, arrays).is_some(),
        Optimizer::Sgd | Optimizer::Momentum => {
            Momentum::of(spec, columns, state.step, arrays).is_some()
        }
    };
    state.epoch > 0 && has_come_to(spec, data, state.epoch, state.step, state.words) && has_arrays()
}

/// The numbers of signal and of sparse columns.
fn columns(data: &Dataset) -> [usize; 2] {
    let signal = data.features().signal_width();
    [signal, data.columns() - signal]
}

/// Bytes of a run in progress, the dataset aside.
pub(crate) fn bytes(spec: &Sgd, shape: Shape) -> usize {
    let of_column = match spec.optimizer {
        Optimizer::AdamW => AdamW::BYTES,
        Optimizer::Sgd | Optimizer::Momentum => Momentum::BYTES,
    };
    let order = visits::bytes(spec.visiting_order(shape), shape.rows);
    let slopes = (spec.batch_size.rows(shape.rows)).saturating_mul(size_of::<f64>());
    let columns = shape.columns().saturating_mul(of_column);
    columns.saturating_add(order).saturating_add(slopes)
}

/// A run in progress.
struct Optimized<'a, R> {
    data: &'a Dataset,
    spec: &'a Sgd,
    level: Level,
    learning_rate: LearningRate,
    visits: Visits<1>,
    epoch: u64,
    step: u64,
    rule: R,
    /// Slopes of the losses of a batch's rows.
    slopes: Vec<f64>,
    diverged: Option<Diverged>,
}

impl<'a, R: Rule> Optimized<'a, R> {
    fn new(level: Level, run: &Job<'a>, state: Option<&State>) -> Result<Self, InvalidSetting> {
        let (spec, data) = (run.spec, &run.problem.train);
        let order = spec.visiting_order(Shape::of(data));
        let mut visits = Visits::new(spec, order, [run.order_seed], data.len());
        let rule = match state {
            Some(state) => {
                visits.resume(state.epoch, [state.words]);
                let rule = R::of(spec, columns(data), state.step, &state.arrays);
                rule.expect("a state of this run")
            }
            None => {
                let [signal, sparse] = columns(data);
                let teacher = run.problem.teacher.as_ref();
                let signal = initial_signal(spec, run.init_seed, signal, teacher)?;
                R::new(spec, signal, sparse)
            }
        };
        Ok(Self {
            data,
            spec,
            level,
            learning_rate: LearningRate::new(spec, data.len()),
            visits,
            epoch: state.map_or(0, |state| state.epoch),
            step: state.map_or(0, |state| state.step),
            rule,
            slopes: Vec::with_capacity(spec.batch_size.rows(data.len())),
            diverged: None,
        })
    }

    #[inline(always)]
    fn train_epoch(&mut self) {
        let Self {
            data, spec, rule, ..
        } = self;
        self.epoch += 1;
        let (visits, _) = self.visits.next_epoch();
        for batch in visits.chunks(spec.batch_size.rows(data.len())) {
            let eta = self.learning_rate.at(self.step);
            let decay_before = match spec.decay_order {
                DecayOrder::Before => 1.0 - eta * spec.weight_decay,
                DecayOrder::After => 1.0,
            };
            rule.begin(self.step, eta);
            self.step += 1;
            let share = 1.0 / batch.len() as f64;
            // All slopes of a batch are taken before any weight moves.
            self.slopes.clear();
            for &visit in batch {
                let row = data.row(visit as usize);
                let signal = row.signal.iter().zip(rule.signal());
                let mut score = signal.fold(0.0, |sum, (x, w)| sum + x * w);
                each_sparse(&row, |column, x| score += x * rule.read(column));
                let z = decay_before * score + rule.bias();
                if !z.is_finite() {
                    self.diverged = Some(Diverged {
                        epoch: self.epoch,
                        step: self.step,
                        row: visit,
                    });
                    return;
                }
                let weights = data.row_weights();
                let weight = weights.map_or(1.0, |weights| weights[visit as usize]);
                let slope = slope(spec.loss, z, row.target);
                self.slopes.push(share * weight * slope);
            }
            rule.turn();
            for (&visit, &slope) in batch.iter().zip(&self.slopes) {
                let row = data.row(visit as usize);
                rule.add_to_signal(slope, row.signal);
                each_sparse(&row, |column, x| rule.add(column, slope * x));
                if spec.bias {
                    rule.add_to_bias(slope);
                }
            }
            rule.finish();
        }
    }

    /// The weights as they stand.
    fn view(&self) -> View<'_, R> {
        View {
            rule: &self.rule,
            step: self.step,
            tail: self.data.features().tail_width(),
            sparse: columns(self.data)[1],
        }
    }
}

/// Calls a function with each sparse column of a row and its value.
#[inline(always)]
fn each_sparse(row: &Row<'_>, mut call: impl FnMut(usize, f64)) {
    for (column, x) in row.tail.indices.iter().zip(row.tail.values) {
        call(column, *x);
    }
    if let Some(slot) = row.memorization {
        call(slot.column - row.signal.len(), slot.value);
    }
}

/// ∂ℓ/∂z.
#[inline(always)]
fn slope(loss: Loss, z: f64, y: f64) -> f64 {
    let a = Scalar(());
    match loss {
        Loss::Logistic => {
            -y * weighted_sigmoid(a, 1.0, (y * z * LOG2_E).clamp(-SIGMOID_MAX, SIGMOID_MAX))
        }
        Loss::Squared => z - y,
        Loss::Hinge if y * z < 1.0 => -y,
        Loss::Hinge => 0.0,
    }
}

impl<R: Rule> Trainer for Optimized<'_, R> {
    fn epoch(&mut self, _threads: &Threads) {
        if self.diverged.is_none() {
            let level = self.level;
            level.vectorize(
                #[inline(always)]
                || self.train_epoch(),
            );
        }
    }

    fn weights(&self, _lane: usize) -> Weights {
        self.view().weights()
    }

    fn scaled_signal(&self, _lane: usize) -> (Cow<'_, [f64]>, f64) {
        (self.rule.signal().into(), 1.0)
    }

    fn bias(&self, _lane: usize) -> f64 {
        self.rule.bias()
    }

    fn train_reaches(&self, _lane: usize, question: TrainQuestion<'_>) -> bool {
        question.answer(&self.view())
    }

    fn state(&self, lane: usize) -> State {
        State {
            epoch: self.epoch,
            step: self.step,
            words: self.visits.generator(lane),
            arrays: self.rule.arrays(),
        }
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

/// A run's weights where they lie.
struct View<'r, R> {
    rule: &'r R,
    step: u64,
    /// Columns of the tail.
    tail: usize,
    /// Columns of tail and memorization.
    sparse: usize,
}

impl<R: Rule> View<'_, R> {
    fn weights(&self) -> Weights {
        let weights = |columns: Range<usize>| {
            let weight = |column| self.rule.weight(self.step, column);
            columns.map(weight).collect()
        };
        Weights {
            signal: self.signal().to_vec(),
            tail: weights(0..self.tail),
            memorization: weights(self.tail..self.sparse),
            bias: self.bias(),
        }
    }
}

impl<R: Rule> WeightSource for View<'_, R> {
    fn signal(&self) -> &[f64] {
        self.rule.signal()
    }

    fn bias(&self) -> f64 {
        self.rule.bias()
    }

    fn tail(&self, column: usize) -> Option<f64> {
        let is_there = column < self.tail;
        is_there.then(|| self.rule.weight(self.step, column))
    }

    fn memorization(&self, row: usize) -> Option<f64> {
        let column = self.tail + row;
        (column < self.sparse).then(|| self.rule.weight(self.step, column))
    }

    fn memorization_begins(&self) -> usize {
        self.signal().len() + self.tail
    }
}
