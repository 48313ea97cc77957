//! Single-row steps over a few signal columns: [`update::chain`]'s form.

use sparsegrok_lanes::{LANES, Lanes, Rows, Scalar, Simd, Task};

use super::{Group, squared_scale};
use crate::loss::Slope;
use crate::training::Diverged;
use crate::update::{self, Chain, Stop};

/// One epoch in [`update::chain`]'s form, compiled for the level's instructions.
pub(super) struct ChainEpoch<'g, 'a, L, const W: usize, const D: usize>(
    pub(super) &'g mut Group<'a, W>,
    pub(super) L,
);

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

impl<const W: usize> Group<'_, W> {
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
        let (epoch, _) = visits.as_chunks::<W>();
        for block in self.rows.blocks() {
            self.rows.pack(&self.data, block);
            let mut visits = &epoch[..self.rows.packed.len()];
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
                                row: self.rows.visited(visits[0][lane]),
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
        }
        chain.finish(a, &mut columns);
        for (lane, signal) in self.signal.as_mut_slice().chunks_exact_mut(D).enumerate() {
            for (column, weight) in columns.iter().zip(signal) {
                *weight = column[lane];
            }
        }
    }
}
