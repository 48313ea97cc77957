//! The steps of an epoch: the form of the plan, compiled for the group that takes it.

use sparsegrok_data::{Csr, Dataset, Indices, SpIndex};
use sparsegrok_lanes::LANES;

use super::Linear;
use crate::loss::Slope;
use crate::spec::BatchSize;
use crate::step::{
    Choice, General, LOOK_AHEAD_WIDTHS, LookAhead, SharedTails, TailRows, TailsAlone,
};

/// A group that has forms of steps. Each kind of group has its own: what none takes is not compiled.
pub(super) trait Steps {
    /// Trains an epoch of a loss in the form that the plan has chosen.
    fn steps<L: Slope>(&mut self);
}

impl Steps for Linear<'_, 1, 1> {
    fn steps<L: Slope>(&mut self) {
        match self.form {
            Choice::TailsAlone => match self.tail() {
                (tail, Indices::U32(columns)) if self.unit_tail => {
                    self.tails_alone::<L, _, true>(TailRows::new(tail, columns));
                }
                (tail, Indices::U32(columns)) => {
                    self.tails_alone::<L, _, false>(TailRows::new(tail, columns));
                }
                // Wide columns are rare: their ones are read like other values.
                (tail, Indices::Usize(columns)) => {
                    self.tails_alone::<L, _, false>(TailRows::new(tail, columns));
                }
            },
            _ => self.rows_apart::<L>(),
        }
    }
}

impl Steps for Linear<'_, LANES, LANES> {
    fn steps<L: Slope>(&mut self) {
        self.rows_apart::<L>();
    }
}

impl Steps for Linear<'_, LANES, 1> {
    fn steps<L: Slope>(&mut self) {
        let is_single = self.spec.batch_size == BatchSize::Rows(1);
        match self.tail() {
            (tail, Indices::U32(columns)) if is_single => {
                self.shared_tails::<L, _, true>(TailRows::new(tail, columns));
            }
            (tail, Indices::U32(columns)) => {
                self.shared_tails::<L, _, false>(TailRows::new(tail, columns));
            }
            // Wide columns are rare: a single row is a batch of one.
            (tail, Indices::Usize(columns)) => {
                self.shared_tails::<L, _, false>(TailRows::new(tail, columns));
            }
        }
    }
}

impl<'a, const W: usize, const V: usize> Linear<'a, W, V> {
    /// The sparse tail of the first lane, and its columns: they become a slice of one width here, once an
    /// epoch, so that no step asks which it is.
    fn tail(&self) -> (&'a Csr, Indices<'a>) {
        let tail = self.driver.data[0].features().tail();
        let tail = tail.expect("a form for sparse tails has one");
        (tail, tail.indices())
    }
}

impl<const W: usize> Linear<'_, W, W> {
    /// Steps of lanes that have a row each.
    fn rows_apart<L: Slope>(&mut self) {
        // The width becomes a constant of the compiled loop, which then keeps all columns in registers;
        // patterns must be constants.
        const NARROW: usize = LOOK_AHEAD_WIDTHS[0];
        const MIDDLE: usize = LOOK_AHEAD_WIDTHS[1];
        const WIDE: usize = LOOK_AHEAD_WIDTHS[2];
        match self.form {
            Choice::LookAhead(NARROW) => self.look_ahead::<L, NARROW>(),
            Choice::LookAhead(MIDDLE) => self.look_ahead::<L, MIDDLE>(),
            Choice::LookAhead(_) => self.look_ahead::<L, WIDE>(),
            _ => self.general::<L>(),
        }
    }

    fn look_ahead<L: Slope, const D: usize>(&mut self) {
        let form = LookAhead::<W, D> {
            signal: self.signal.as_mut_slice(),
            square: self.square,
        };
        self.driver.epoch::<L, _>(self.level, form);
    }

    fn general<L: Slope>(&mut self) {
        let form = General {
            data: self.driver.data,
            row_weights: self.driver.data.map(Dataset::row_weights),
            signal: self.signal.as_mut_slice(),
            tail: self.tail.weights.as_mut_slice(),
            tail_width: self.tail_width,
            bias: &mut self.bias,
            bias_trained: self.spec.bias,
            square: self.square,
        };
        self.driver.epoch::<L, _>(self.level, form);
    }
}

impl Linear<'_, 1, 1> {
    fn tails_alone<L: Slope, I: SpIndex, const ONES: bool>(&mut self, rows: TailRows<'_, I>) {
        let form = TailsAlone::<I, ONES> {
            rows,
            targets: self.driver.data[0].targets(),
            row_weights: self.driver.data[0].row_weights(),
            tail: self.tail.weights.as_mut_slice(),
            bias: &mut self.bias[0],
            bias_trained: self.spec.bias,
            square: self.square[0],
        };
        self.driver.epoch::<L, _>(self.level, form);
    }
}

impl<const W: usize> Linear<'_, W, 1> {
    fn shared_tails<L: Slope, I: SpIndex, const SINGLE: bool>(&mut self, rows: TailRows<'_, I>) {
        let form = SharedTails::<I, W, SINGLE> {
            rows,
            row_weights: self.driver.data.map(Dataset::row_weights),
            tail: self.tail.weights.as_mut_slice(),
            bias: &mut self.bias,
            bias_trained: self.spec.bias,
            memorizes: self.memorizes,
            square: self.square,
        };
        self.driver.epoch::<L, _>(self.level, form);
    }
}
