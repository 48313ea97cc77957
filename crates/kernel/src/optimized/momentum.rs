//! Heavy-ball momentum in O(nnz) a step.

use super::Rule;
use super::coasting::{Coast, Coasting};
use crate::spec::{BatchSize, Sgd};
use crate::state::Arrays;

/// A sparse column: its weight w, its velocity u, and the steps that both have been through.
#[derive(Clone, Copy, Debug)]
struct Column {
    weight: f64,
    velocity: f64,
    step: u64,
}

/// Momentum.
///
/// A step is linear in the gradient: it is the step without one, and then a push for each row. So a sparse column that no
/// row of a batch has is left alone, and takes all the steps that it has missed at once when it is next read.
#[derive(Clone, Debug)]
pub(super) struct Momentum {
    /// Signal weights and their velocities, which take every step.
    signal: Vec<f64>,
    velocities: Vec<f64>,
    sparse: Vec<Column>,
    /// The bias and its velocity.
    bias: [f64; 2],
    momentum: f64,
    weight_decay: f64,
    /// The steps that sparse columns miss; `None` where they miss none, as a batch has all rows.
    missed: Option<Coasting>,
    step: u64,
    eta: f64,
}

impl Momentum {
    fn with(spec: &Sgd, signal: [Vec<f64>; 2], sparse: Vec<Column>, bias: [f64; 2]) -> Self {
        let Sgd {
            momentum,
            weight_decay,
            learning_rate: eta,
            ..
        } = *spec;
        let is_full = spec.batch_size == BatchSize::Full;
        let missed = || Coasting::new(Coast::step(1.0 - eta * weight_decay, eta, momentum));
        let [signal, velocities] = signal;
        Self {
            signal,
            velocities,
            sparse,
            bias,
            momentum,
            weight_decay,
            missed: (!is_full).then(missed),
            step: 0,
            eta,
        }
    }

    /// A column that has been through `step` steps.
    #[inline(always)]
    fn brought_to(&self, step: u64, mut column: Column) -> Column {
        if let Some(missed) = &self.missed
            && column.step < step
        {
            let coast = missed.steps(step - column.step);
            (column.weight, column.velocity) = coast.of(column.weight, column.velocity);
            column.step = step;
        }
        column
    }
}

impl Rule for Momentum {
    const BYTES: usize = size_of::<Column>();

    fn new(spec: &Sgd, signal: Vec<f64>, sparse: usize) -> Self {
        let velocities = vec![0.0; signal.len()];
        let column = Column {
            weight: 0.0,
            velocity: 0.0,
            step: 0,
        };
        Self::with(spec, [signal, velocities], vec![column; sparse], [0.0; 2])
    }

    fn of(spec: &Sgd, [signal, sparse]: [usize; 2], step: u64, arrays: &Arrays) -> Option<Self> {
        let all = signal + sparse + 1;
        let [weights, velocities, steps] =
            arrays.all([("weights", all), ("velocities", all), ("steps", sparse)])?;
        // Numbers of steps are whole, and below 2^53 where training has the time to come.
        let is_past = |&at: &f64| at >= 0.0 && at.fract() == 0.0 && at <= step as f64;
        if !steps.iter().all(is_past) {
            return None;
        }
        let column = |(at, &step): (usize, &f64)| Column {
            weight: weights[signal + at],
            velocity: velocities[signal + at],
            step: step as u64,
        };
        let sparse = steps.iter().enumerate().map(column).collect();
        let of_both = [weights, velocities];
        let bias = of_both.map(|numbers| numbers[all - 1]);
        let signal = of_both.map(|numbers| numbers[..signal].to_vec());
        Some(Self::with(spec, signal, sparse, bias))
    }

    fn arrays(&self) -> Arrays {
        // Not brought up to the last step: the roundings of two parts of a wait are not those of the whole.
        let sparse =
            |number: fn(&Column) -> f64| self.sparse.iter().map(number).collect::<Vec<_>>();
        let [bias, of_bias] = self.bias;
        let weights = [&self.signal[..], &sparse(|column| column.weight), &[bias]];
        let velocities = [
            &self.velocities[..],
            &sparse(|column| column.velocity),
            &[of_bias],
        ];
        Arrays::new()
            .with("weights", weights.concat())
            .with("velocities", velocities.concat())
            .with("steps", sparse(|column| column.step as f64))
    }

    #[inline(always)]
    fn begin(&mut self, step: u64, eta: f64) {
        (self.step, self.eta) = (step, eta);
    }

    #[inline(always)]
    fn signal(&self) -> &[f64] {
        &self.signal
    }

    #[inline(always)]
    fn read(&mut self, column: usize) -> f64 {
        let read = self.brought_to(self.step, self.sparse[column]);
        self.sparse[column] = read;
        read.weight
    }

    #[inline(always)]
    fn bias(&self) -> f64 {
        self.bias[0]
    }

    #[inline(always)]
    fn turn(&mut self) {
        let step = |keep| Coast::step(keep, self.eta, self.momentum);
        // The learning rate may change from step to step, where all columns take every step.
        let decayed = step(1.0 - self.eta * self.weight_decay);
        for (w, u) in self.signal.iter_mut().zip(&mut self.velocities) {
            (*w, *u) = decayed.of(*w, *u);
        }
        self.bias = step(1.0).of(self.bias[0], self.bias[1]).into();
        if self.missed.is_none() {
            for Column {
                weight, velocity, ..
            } in &mut self.sparse
            {
                (*weight, *velocity) = decayed.of(*weight, *velocity);
            }
        }
    }

    #[inline(always)]
    fn add_to_signal(&mut self, slope: f64, x: &[f64]) {
        let signal = self.signal.iter_mut().zip(&mut self.velocities);
        for ((w, u), x) in signal.zip(x) {
            push(self.eta, slope * x, w, u);
        }
    }

    #[inline(always)]
    fn add(&mut self, column: usize, gradient: f64) {
        let mut pushed = self.brought_to(self.step + 1, self.sparse[column]);
        push(self.eta, gradient, &mut pushed.weight, &mut pushed.velocity);
        self.sparse[column] = pushed;
    }

    #[inline(always)]
    fn add_to_bias(&mut self, gradient: f64) {
        let [w, u] = &mut self.bias;
        push(self.eta, gradient, w, u);
    }

    #[inline(always)]
    fn finish(&mut self) {}

    fn weight(&self, step: u64, column: usize) -> f64 {
        self.brought_to(step, self.sparse[column]).weight
    }
}

/// Adds the share of a gradient to the step that was taken last without it: u ← u + g, w ← w − ηg.
#[inline(always)]
fn push(eta: f64, gradient: f64, weight: &mut f64, velocity: &mut f64) {
    *velocity += gradient;
    *weight -= eta * gradient;
}
