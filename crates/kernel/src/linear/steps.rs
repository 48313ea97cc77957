//! The steps of an epoch: the form of the plan, compiled for the group that takes it.

use std::marker::PhantomData;

use sparsegrok_data::{Csr, Dataset, Indices, SpIndex};
use sparsegrok_lanes::{LANES, WIDE};

use super::Linear;
use crate::blocks::Threads;
use crate::layout::Arrangement;
use crate::loss::Slope;
use crate::step::{
    Apart, Arranged, Choice, Common, General, Interleaved, LOOK_AHEAD_WIDTHS, LookAhead, TailRows,
    TailsAlone, Together,
};

// The width becomes a constant of the compiled loop, which then keeps all columns in registers;
// patterns must be constants.
const NARROW: usize = LOOK_AHEAD_WIDTHS[0];
const MIDDLE: usize = LOOK_AHEAD_WIDTHS[1];
const BROAD: usize = LOOK_AHEAD_WIDTHS[2];

/// A group that has forms of steps. Each kind of group has its own: what none takes is not compiled.
pub(super) trait Steps {
    /// Trains an epoch of a loss in the form that the plan has chosen; one run's large batches are divided among
    /// threads.
    fn steps<L: Slope>(&mut self, threads: &Threads);
}

impl Steps for Linear<'_, 1, 1> {
    fn steps<L: Slope>(&mut self, threads: &Threads) {
        match self.form {
            Choice::TailsAlone => match self.tail() {
                Some((tail, Indices::U32(columns))) if self.unit_tail => {
                    self.tails_alone::<L, _, true>(TailRows::new(tail, columns));
                }
                Some((tail, Indices::U32(columns))) => {
                    self.tails_alone::<L, _, false>(TailRows::new(tail, columns));
                }
                // Wide columns are rare: their ones are read like other values.
                Some((tail, Indices::Usize(columns))) => {
                    self.tails_alone::<L, _, false>(TailRows::new(tail, columns));
                }
                None => unreachable!("a form for sparse tails has one"),
            },
            _ => self.rows_apart::<L>(threads),
        }
    }
}

impl Steps for Linear<'_, LANES, LANES> {
    fn steps<L: Slope>(&mut self, threads: &Threads) {
        self.rows_apart::<L>(threads);
    }
}

impl Steps for Linear<'_, LANES, 1> {
    fn steps<L: Slope>(&mut self, threads: &Threads) {
        match self.form {
            Choice::LookAhead(width, Arrangement::Interleaved) => {
                self.look_ahead_over::<L, Interleaved>(width);
            }
            Choice::LookAhead(width, _) => self.look_ahead_over::<L, Common>(width),
            _ => self.together_over::<L>(threads),
        }
    }
}

impl Steps for Linear<'_, WIDE, 1> {
    fn steps<L: Slope>(&mut self, _threads: &Threads) {
        match self.form {
            Choice::LookAhead(NARROW, _) => self.look_ahead::<L, Common, NARROW>(),
            _ => unreachable!("other forms have {LANES} lanes"),
        }
    }
}

impl<const W: usize> Linear<'_, W, W> {
    /// Steps of lanes that have a row each.
    fn rows_apart<L: Slope>(&mut self, threads: &Threads)
    where
        Apart: Arranged<W>,
    {
        match self.form {
            Choice::LookAhead(width, _) => self.look_ahead_over::<L, Apart>(width),
            _ => self.general::<L>(threads),
        }
    }

    fn general<L: Slope>(&mut self, threads: &Threads) {
        let form = General {
            data: self.driver.data,
            row_weights: self.driver.data.map(Dataset::row_weights),
            signal: self.signal.as_mut_slice(),
            tail: self.tail.as_mut_slice(),
            tail_width: self.tail_width,
            bias: &mut self.bias,
            bias_trained: self.spec.bias,
            square: self.square,
        };
        match self.driver.batch.block {
            Some(block) => {
                let driver = &mut self.driver;
                driver.epoch_of_large_batches::<L, _>(self.level, form, block, threads);
            }
            None => self.driver.epoch::<L, _, false>(self.level, form),
        }
    }
}

impl<'a, const W: usize, const V: usize> Linear<'a, W, V> {
    /// The sparse tail of the first lane, and its columns: they become a slice of one width here, once an
    /// epoch, so that no step asks which it is.
    fn tail(&self) -> Option<(&'a Csr, Indices<'a>)> {
        let tail = self.driver.data[0].features().tail()?;
        Some((tail, tail.indices()))
    }

    /// Steps that look ahead over rows in an arrangement.
    fn look_ahead_over<L: Slope, R: Arranged<V>>(&mut self, width: usize) {
        match width {
            NARROW => self.look_ahead::<L, R, NARROW>(),
            MIDDLE => self.look_ahead::<L, R, MIDDLE>(),
            _ => self.look_ahead::<L, R, BROAD>(),
        }
    }

    fn look_ahead<L: Slope, R: Arranged<V>, const D: usize>(&mut self) {
        let form = LookAhead::<R, W, D> {
            arrangement: PhantomData,
            signal: self.signal.as_mut_slice(),
            square: self.square,
        };
        self.driver.epoch::<L, _, true>(self.level, form);
    }
}

impl Linear<'_, 1, 1> {
    fn tails_alone<L: Slope, I: SpIndex, const ONES: bool>(&mut self, rows: TailRows<'_, I>) {
        let form = TailsAlone::<I, ONES> {
            rows,
            targets: self.driver.data[0].targets(),
            row_weights: self.driver.data[0].row_weights(),
            tail: self.tail.as_mut_slice(),
            bias: &mut self.bias[0],
            bias_trained: self.spec.bias,
            square: self.square[0],
        };
        self.driver.epoch::<L, _, true>(self.level, form);
    }
}

impl<const W: usize> Linear<'_, W, 1> {
    fn together_over<L: Slope>(&mut self, threads: &Threads) {
        match self.tail() {
            Some((tail, Indices::U32(columns))) => {
                self.together::<L, _>(Some(TailRows::new(tail, columns)), threads);
            }
            Some((tail, Indices::Usize(columns))) => {
                self.together::<L, _>(Some(TailRows::new(tail, columns)), threads);
            }
            None => self.together::<L, u32>(None, threads),
        }
    }

    fn together<L: Slope, I: SpIndex>(
        &mut self,
        tails: Option<TailRows<'_, I>>,
        threads: &Threads,
    ) {
        let form = Together::<I, W> {
            tails,
            row_weights: self.driver.data.map(Dataset::row_weights),
            signal: self.signal.as_mut_slice(),
            tail: self.tail.as_mut_slice(),
            bias: &mut self.bias,
            bias_trained: self.spec.bias,
            memorizes: self.memorizes,
            square: self.square,
        };
        let driver = &mut self.driver;
        match (driver.batch.block, driver.batch.rows) {
            (Some(block), _) => {
                driver.epoch_of_large_batches::<L, _>(self.level, form, block, threads);
            }
            (None, 1) => driver.epoch::<L, _, true>(self.level, form),
            (None, _) => driver.epoch::<L, _, false>(self.level, form),
        }
    }
}
