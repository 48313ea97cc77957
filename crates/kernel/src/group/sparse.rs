//! Single-row steps of one seed over sparse rows without signal columns.
//!
//! The steps of [`plain`](super::plain), operation for operation, without what such rows do not
//! have: they wait for the sigmoid and for the last step's weights, and for little else. Where all
//! non-zeros are 1, as in one-hot features, a third of a row is all there is to read.

use sparsegrok_lanes::{Scalar, Simd, Task};

use super::plain::TAILS_AHEAD;
use super::{Group, squared_scale};
use crate::loss::Slope;
use crate::training::Diverged;
use crate::update;

/// One epoch over sparse rows, compiled for the level's instructions.
pub(super) struct SparseEpoch<'g, 'a, L, const W: usize>(
    pub(super) &'g mut Group<'a, W>,
    pub(super) L,
);

impl<L: Slope, const W: usize> Task for SparseEpoch<'_, '_, L, W> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _simd: S) {
        assert_eq!(W, 1, "lanes take the plain form");
        for block in self.0.rows.blocks() {
            self.0.rows.pack(&self.0.data, block);
            match self.0.unit_tail {
                true => self.0.sparse_block::<L, true>(self.1),
                false => self.0.sparse_block::<L, false>(self.1),
            }
            if self.0.diverged[0].is_some() {
                return;
            }
        }
    }
}

impl<const W: usize> Group<'_, W> {
    /// # Formula
    /// With s = y where the loss folds signs, else 1:
    /// margin = (u·x + s p)(s scale) + s bias; c = slope(margin); u += s c x; p += c α².
    #[inline(always)]
    fn sparse_block<L: Slope, const ONES: bool>(&mut self, slope: L) {
        let first = self.rows.packed.start;
        let square = squared_scale(self.data[0]);
        let features = self.data[0].features();
        let targets = self.data[0].targets();
        let stride = self.rows.layout.stride;
        let (visits, mut ahead) = self.visits.next_epoch();
        let visits = &visits[..self.rows.packed.len()];
        let mut upcoming = visits.iter().skip(TAILS_AHEAD);
        for &visit in visits {
            let i = first + visit as usize;
            let place = visit as usize * stride;
            if let Some(&visit) = upcoming.next() {
                let row = features.tail_row(first + visit as usize);
                update::prefetch_sparse::<ONES>(row.indices, row.values);
            }
            let factors = self.pace.next();
            self.pace.take(factors);
            let target = targets[i];
            let sign = if L::FOLDS_SIGN { target } else { 1.0 };
            let p = self.rows.data.as_slice()[place];
            let row = features.tail_row(i);
            let score = update::sparse_dot::<ONES>(&self.tail, row.indices, row.values);
            let mut margin = (score + sign * p) * (sign * (factors.margin * L::UNIT));
            if self.bias_trained {
                margin += sign * (self.bias[0] * L::UNIT);
            }
            if !update::tame::<_, L>(Scalar(()), &mut margin) {
                self.diverged[0] = Some(Diverged {
                    epoch: self.epoch,
                    step: self.pace.step(),
                    row: self.rows.visited(visit),
                });
                self.rows.silence(0);
                self.tail.fill(0.0);
                self.bias[0] = 0.0;
                return;
            }
            let c = slope.weight(Scalar(()), sign * factors.rate, margin, target);
            ahead.step();
            update::sparse_add_scaled::<ONES>(&mut self.tail, c, row.indices, row.values);
            self.rows.data.as_mut_slice()[place] = (sign * c).mul_add(square, p);
            if self.bias_trained {
                self.bias[0] = c.mul_add(factors.scale, self.bias[0]);
            }
            if self.pace.folds() {
                let factor = self.pace.fold();
                self.tail.iter_mut().for_each(|u| *u *= factor);
                self.rows.rescale(factor);
            }
        }
    }
}
