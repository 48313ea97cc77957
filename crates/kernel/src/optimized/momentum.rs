//! Heavy-ball momentum in O(nnz) a step.

use super::Rule;
use super::coasting::{Coast, Coasting};
use crate::spec::{BatchSize, Sgd};
use crate::state::Arrays;

/// A weight w, its velocity u, and the steps that both have been through.
#[derive(Clone, Copy, Debug)]
struct Column {
    weight: f64,
    velocity: f64,
    step: u64,
}

impl Column {
    fn new(weight: f64) -> Self {
        Self {
            weight,
            velocity: 0.0,
            step: 0,
        }
    }

    /// Takes some steps without a gradient.
    #[inline(always)]
    fn coast(&mut self, coast: Coast) {
        (self.weight, self.velocity) = coast.of(self.weight, self.velocity);
    }

    /// Adds the share of a gradient to the step that was taken last without it: u ← u + g, w ← w − ηg.
    #[inline(always)]
    fn push(&mut self, eta: f64, gradient: f64) {
        self.velocity += gradient;
        self.weight -= eta * gradient;
    }
}

/// Momentum.
///
/// A step is linear in the gradient: it is the step without one, and then a push for each row. So a column that no row of
/// a batch has is left alone, and takes all the steps that it has missed at once when it is next read.
#[derive(Clone, Debug)]
pub(super) struct Momentum {
    columns: Vec<Column>,
    bias: Column,
    momentum: f64,
    weight_decay: f64,
    /// The steps that columns miss; `None` where they miss none, as a batch has all rows.
    missed: Option<Coasting>,
    step: u64,
    eta: f64,
}

impl Momentum {
    fn with(spec: &Sgd, columns: Vec<Column>, bias: Column) -> Self {
        let Sgd {
            momentum,
            weight_decay,
            learning_rate: eta,
            ..
        } = *spec;
        let is_full = spec.batch_size == BatchSize::Full;
        let missed = || Coasting::new(Coast::step(1.0 - eta * weight_decay, eta, momentum));
        Self {
            columns,
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
        if let Some(missed) = self.missed.as_ref().filter(|_| column.step < step) {
            column.coast(missed.steps(step - column.step));
            column.step = step;
        }
        column
    }
}

impl Rule for Momentum {
    const BYTES: usize = size_of::<Column>();

    fn new(spec: &Sgd, weights: Vec<f64>) -> Self {
        let columns = weights.into_iter().map(Column::new).collect();
        Self::with(spec, columns, Column::new(0.0))
    }

    fn of(spec: &Sgd, columns: usize, step: u64, arrays: &Arrays) -> Option<Self> {
        let arrays = arrays.all(["weights", "velocities", "steps"], columns + 1)?;
        let [weights, velocities, steps] = arrays;
        // Numbers of steps are whole, and below 2^53 where training has the time to come.
        let is_past = |&at: &f64| at >= 0.0 && at.fract() == 0.0 && at <= step as f64;
        if !steps.iter().all(is_past) {
            return None;
        }
        let column = |at: usize| Column {
            weight: weights[at],
            velocity: velocities[at],
            step: steps[at] as u64,
        };
        let all = (0..columns).map(column).collect();
        Some(Self::with(spec, all, column(columns)))
    }

    fn arrays(&self) -> Arrays {
        // Not brought up to the last step: the roundings of two parts of a wait are not those of the whole.
        let of = |number: fn(&Column) -> f64| {
            let columns = self.columns.iter().chain([&self.bias]);
            columns.map(number).collect()
        };
        Arrays::new()
            .with("weights", of(|column| column.weight))
            .with("velocities", of(|column| column.velocity))
            .with("steps", of(|column| column.step as f64))
    }

    #[inline(always)]
    fn begin(&mut self, step: u64, eta: f64) {
        (self.step, self.eta) = (step, eta);
    }

    #[inline(always)]
    fn read(&mut self, column: usize) -> f64 {
        let read = self.brought_to(self.step, self.columns[column]);
        self.columns[column] = read;
        read.weight
    }

    #[inline(always)]
    fn bias(&self) -> f64 {
        self.bias.weight
    }

    #[inline(always)]
    fn turn(&mut self) {
        let step = |keep| Coast::step(keep, self.eta, self.momentum);
        self.bias.coast(step(1.0));
        if self.missed.is_none() {
            // Here the learning rate may change from step to step.
            let decayed = step(1.0 - self.eta * self.weight_decay);
            self.columns
                .iter_mut()
                .for_each(|column| column.coast(decayed));
        }
    }

    #[inline(always)]
    fn add(&mut self, column: usize, gradient: f64) {
        let mut pushed = self.brought_to(self.step + 1, self.columns[column]);
        pushed.push(self.eta, gradient);
        self.columns[column] = pushed;
    }

    #[inline(always)]
    fn add_to_bias(&mut self, gradient: f64) {
        self.bias.push(self.eta, gradient);
    }

    #[inline(always)]
    fn finish(&mut self) {}

    fn weight(&self, step: u64, column: usize) -> f64 {
        self.brought_to(step, self.columns[column]).weight
    }
}
