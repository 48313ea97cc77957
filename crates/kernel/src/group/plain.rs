//! Steps of any kind: batches, an intercept, wide rows, sparse tails beside signal columns.

use sparsegrok_data::SparseRow;
use sparsegrok_lanes::{LANES, Lanes, Rows, Scalar, Simd, Task};

use super::{Group, squared_scale};
use crate::loss::Slope;
use crate::training::Diverged;
use crate::update;

/// Visits between asking for a sparse row and using it.
pub(super) const TAILS_AHEAD: usize = 4;

/// One epoch in the plain form, compiled for the level's instructions.
pub(super) struct PlainEpoch<'g, 'a, L, const W: usize>(
    pub(super) &'g mut Group<'a, W>,
    pub(super) L,
);

impl<L: Slope, const W: usize> Task for PlainEpoch<'_, '_, L, W> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for block in self.0.rows.blocks() {
            self.0.rows.pack(&self.0.data, block);
            match W {
                1 => self.0.plain_block(Scalar(simd), self.1),
                LANES => self.0.plain_block(Lanes(simd), self.1),
                _ => unreachable!("groups have one seed or {LANES}"),
            }
            if self.0.diverged.iter().all(Option::is_some) {
                return;
            }
        }
    }
}

impl<const W: usize> Group<'_, W> {
    #[inline(always)]
    fn plain_block<A: Rows, L: Slope>(&mut self, a: A, slope: L) {
        let first = self.rows.packed.start;
        let square = a.splat(squared_scale(self.data[0]));
        let width = self.rows.width;
        let (visits, mut ahead) = self.visits.next_epoch();
        let (visits, _) = visits.as_chunks::<W>();
        let visits = &visits[..self.rows.packed.len()];
        let mut upcoming = self.rows.upcoming(visits).iter();
        let mut upcoming_tails = visits.iter().skip(TAILS_AHEAD);
        // Where signs are folded into the dense columns, only the other parts need the label.
        let needs_target = !L::FOLDS_SIGN || self.tail_width > 0 || self.bias_trained;
        for batch in visits.chunks(self.batch) {
            let factors = self.pace.next();
            self.pace.take(factors);
            let rate = match batch.len() {
                1 => factors.rate,
                rows => factors.rate / rows as f64,
            };
            let rate = a.splat(rate);
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
                    if let Some(visit) = upcoming_tails.next() {
                        for lane in 0..W {
                            let features = self.data[lane].features();
                            let row = features.tail_row(first + visit[lane] as usize);
                            update::prefetch_sparse::<false>(row.indices, row.values);
                        }
                    }
                    let mut tails = [0.0; W];
                    for lane in 0..W {
                        let tail = &self.tail[lane * self.tail_width..][..self.tail_width];
                        let SparseRow { indices, values } = self.data[lane]
                            .features()
                            .tail_row(first + visit[lane] as usize);
                        tails[lane] = update::sparse_dot::<false>(tail, indices, values);
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
                            row: self.rows.visited(visit[lane]),
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
                        let SparseRow { indices, values } = self.data[lane]
                            .features()
                            .tail_row(first + visit[lane] as usize);
                        update::sparse_add_scaled::<false>(tail, steps[lane], indices, values);
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
