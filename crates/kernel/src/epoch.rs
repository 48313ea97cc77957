//! The epoch driver: the work between steps, written once for all forms of steps.
//!
//! An epoch is a walk over blocks of packed rows, and a block a walk over visits. Between two
//! interruptions the walk is one hot loop over a [`Stretch`] of visits, which holds everything in
//! registers. Two things interrupt it, both rare: the scale has become so small that all weights
//! must be rescaled, and a margin is not finite, so that a lane has diverged. The hot loop only
//! notices them and returns; they are dealt with outside, so that nothing of theirs is in its way.

mod large_batches;

use std::marker::PhantomData;

use sparsegrok_data::Dataset;
use sparsegrok_lanes::{
    Arithmetic, LANES, Lanes, Level, Rows, Scalar, Simd, Task, WIDE, WideLanes,
};

use crate::batch::Batch;
use crate::layout::{Layout, PackedRows, Window};
use crate::loss::Slope;
use crate::pace::Pace;
use crate::shape::Shape;
use crate::spec::Sgd;
use crate::step::{Form, TAILS_AHEAD, clamp_margin};
use crate::training::Diverged;
use crate::visits::{Ahead, Visits};

/// Runs in progress, one in each of W lanes: all but their weights.
///
/// All lanes take a step at the same time, each at its own [pace](Pace). Visiting orders are their own,
/// V = W, or one and the same, V = 1.
pub(crate) struct Driver<'a, const W: usize, const V: usize> {
    /// The dataset of each lane.
    pub(crate) data: [&'a Dataset; W],
    pub(crate) rows: PackedRows,
    pub(crate) progress: Progress<W>,
    visits: Visits<V>,
    /// Rows of a batch.
    pub(crate) batch: Batch,
    /// Coefficients of a batch, by row, then lane.
    coefficients: Vec<f64>,
    /// The place where each lane left the finite numbers, if it did.
    pub(crate) diverged: [Option<Diverged>; W],
}

impl<'a, const W: usize, const V: usize> Driver<'a, W, V> {
    /// Packs a dataset a lane, before the first epoch.
    ///
    /// What follows from one configuration for all lanes, as batches do, follows from the first.
    pub(crate) fn new(
        specs: [&Sgd; W],
        layout: Layout,
        data: [&'a Dataset; W],
        order_seeds: [u64; V],
    ) -> Self {
        let (spec, n) = (specs[0], data[0].len());
        let shape = Shape::of(data[0]);
        let (batch, order) = (Batch::of(spec, shape), spec.visiting_order(shape));
        Self {
            data,
            rows: PackedRows::new(layout, &data, spec.loss.needs_signs()),
            visits: Visits::new(spec, order, order_seeds, layout.block()),
            progress: Progress {
                epoch: 0,
                step: 0,
                pace: Pace::new(specs, n),
            },
            batch,
            coefficients: vec![0.0; batch.kept() * W],
            diverged: [None; W],
        }
    }

    /// Goes to where `epoch` epochs and `step` steps have been done, which left each scale and each
    /// generator of visiting orders as they are given.
    pub(crate) fn resume(
        &mut self,
        epoch: u64,
        step: u64,
        scale: [f64; W],
        generators: [[u64; 4]; V],
    ) {
        self.progress.epoch = epoch;
        self.progress.step = step;
        // Scales are not recomputed from the steps: each of their products was rounded.
        self.progress.pace.set_scale(scale);
        // A run that begins with given weights has the orders of its seed.
        if epoch > 0 {
            self.visits.resume(epoch, generators);
        }
    }

    /// Trains an epoch with steps of a form; `SINGLE`: one row at a time, else by batches.
    ///
    /// Each loss and form is compiled as a function of its own: one that held them all would be too
    /// large to be optimised well.
    pub(crate) fn epoch<L: Slope, F: Form<V>, const SINGLE: bool>(
        &mut self,
        level: Level,
        form: F,
    ) {
        self.progress.epoch += 1;
        level.run(Epoch::<_, _, W, V, SINGLE> {
            driver: self,
            form,
            loss: PhantomData::<L>,
        });
        self.rows.write_back();
    }

    /// The walk over blocks and stretches.
    #[inline(always)]
    fn walk<A: Rows, L: Slope, F: Form<V>, const SINGLE: bool>(&mut self, a: A, mut form: F) {
        let Self {
            data,
            rows,
            visits,
            progress,
            batch,
            coefficients,
            diverged,
        } = self;
        let mut registers = form.begin(a);
        let (visits, mut ahead) = visits.next_epoch();
        // No rest: orders hold V visits a step.
        let (visits, _) = visits.as_chunks::<V>();
        for block in rows.blocks() {
            // In blocks the order is sequential and counts from the block's first row: the visits of one
            // block are those of every other.
            let mut visits = &visits[..block.len()];
            rows.pack(&data[..], block);
            loop {
                let mut stretch = Stretch {
                    upcoming: rows.upcoming(visits),
                    tails: if form.asks_ahead() { visits } else { &[] },
                    rows: rows.window(),
                    visits,
                    progress: &mut *progress,
                    ahead: &mut ahead,
                };
                let (done, interruption) = if SINGLE {
                    stretch.single_rows::<A, L, F>(a, &mut form, &mut registers)
                } else {
                    stretch.batches::<A, L, F>(
                        a,
                        &mut form,
                        &mut registers,
                        batch.rows,
                        coefficients,
                    )
                };
                match interruption {
                    None => break,
                    // Every number that a scale multiplies is rescaled: the form's weights, and the
                    // memorization parts in the rows. Exact, as factors are powers of two: no result depends on when it happens.
                    Some(Interruption::Fold) => {
                        let factors = progress.pace.fold();
                        form.rescale(a, &mut registers, &factors);
                        rows.rescale(&factors);
                    }
                    Some(Interruption::NotFinite { at, margin }) => {
                        let mut margins = [0.0; W];
                        a.store(margin, &mut margins);
                        // The weights of a lane that has diverged are made zero and it goes on without a step: the
                        // others, whose steps are the same as without it, need not be told apart from it in the hot loop.
                        for lane in (0..W).filter(|&lane| !margins[lane].is_finite()) {
                            // Only the first divergence of a lane counts.
                            diverged[lane].get_or_insert(Diverged {
                                epoch: progress.epoch,
                                step: progress.step + 1,
                                row: rows.visited(visits[at][Self::order(lane)]),
                            });
                            progress.pace.stop(lane);
                            rows.zero_lane(lane);
                            form.zero_lane(a, &mut registers, lane);
                        }
                        // Steps of zeros would be wasted, if nobody is left.
                        if diverged.iter().all(Option::is_some) {
                            return;
                        }
                    }
                }
                // The step that was interrupted has changed nothing, and is taken now.
                visits = &visits[done..];
            }
        }
        form.finish(a, registers);
    }

    /// The visiting order that is a lane's.
    #[inline(always)]
    fn order(lane: usize) -> usize {
        lane.min(V - 1)
    }

    /// The state from which a lane's generator makes the visiting order of the next epoch.
    pub(crate) fn generator(&self, lane: usize) -> [u64; 4] {
        self.visits.generator(Self::order(lane))
    }

    /// The epoch, step and row of a lane's last update.
    pub(crate) fn position(&self, lane: usize) -> Diverged {
        Diverged {
            epoch: self.progress.epoch,
            step: self.progress.step,
            row: self.rows.visited(self.visits.last(Self::order(lane))),
        }
    }
}

/// One epoch, to be compiled for the level's instructions.
struct Epoch<'d, 'a, L, F, const W: usize, const V: usize, const SINGLE: bool> {
    driver: &'d mut Driver<'a, W, V>,
    form: F,
    loss: PhantomData<L>,
}

impl<L: Slope, F: Form<V>, const W: usize, const V: usize, const SINGLE: bool> Task
    for Epoch<'_, '_, L, F, W, V, SINGLE>
{
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        // W is known when compiled, so that only one arm is.
        match W {
            1 => self.driver.walk::<_, L, F, SINGLE>(Scalar(simd), self.form),
            LANES => self.driver.walk::<_, L, F, SINGLE>(Lanes(simd), self.form),
            WIDE => self
                .driver
                .walk::<_, L, F, SINGLE>(WideLanes(simd), self.form),
            _ => unreachable!("1, {LANES} or {WIDE} lanes"),
        }
    }
}

/// The progress of training, and the speed at which it goes on.
pub(crate) struct Progress<const W: usize> {
    /// Epochs trained.
    pub(crate) epoch: u64,
    /// Updates made.
    pub(crate) step: u64,
    pub(crate) pace: Pace<W>,
}

/// The reason why a stretch ended before its last visit.
enum Interruption<A: Arithmetic> {
    /// The weights are due to be rescaled.
    Fold,
    /// The margins of the coming step are not all finite, those of its visit number `at`.
    NotFinite { at: usize, margin: A::Real },
}

/// Visits of one block from one interruption to the next.
struct Stretch<'s, 'o, const W: usize, const V: usize> {
    rows: Window<'s>,
    visits: &'s [[u32; V]],
    /// Visits whose rows are to be asked for, one at each of `visits` as far as they go.
    upcoming: &'s [[u32; V]],
    /// Visits of whose rows the form asks for parts: all of `visits`, or none.
    tails: &'s [[u32; V]],
    progress: &'s mut Progress<W>,
    ahead: &'s mut Ahead<'o, V>,
}

impl<const W: usize, const V: usize> Stretch<'_, '_, W, V> {
    /// Takes steps over single rows until there are no more, or something interrupts. Returns the
    /// visits of the steps taken.
    #[inline(always)]
    fn single_rows<A: Rows, L: Slope, F: Form<V>>(
        &mut self,
        a: A,
        form: &mut F,
        registers: &mut F::Registers<A>,
    ) -> (usize, Option<Interruption<A>>) {
        // Copies whose address nobody knows: the compiler may keep all of them in registers.
        let mut hot = *registers;
        let mut scale = self.progress.pace.load(a);
        let first = self.progress.step;
        self.progress.pace.prepare(first);
        let mut done = 0;
        let mut interruption = None;
        for visit in self.visits {
            self.prefetch(form, done);
            // Tested before the step, and on the scale alone: scalar and lanes fold at the same step.
            if Pace::<W>::needs_folding(a, scale) {
                interruption = Some(Interruption::Fold);
                break;
            }
            let factors = self.progress.pace.factors(a, scale);
            let row = form.read::<A, L>(a, &hot, &self.rows, visit);
            let mut score = form.score::<A, L>(a, &hot, &self.rows, &row, factors);
            if !clamp_margin::<A, L>(a, &mut score.margin) {
                let margin = score.margin;
                interruption = Some(Interruption::NotFinite { at: done, margin });
                break;
            }
            // From here on the step is sure. Until here nothing has changed, so that an interrupted
            // step can simply be taken again.
            scale = factors.scale;
            done += 1;
            form.prepare(a, &mut hot);
            let c = score.coefficient::<L>(a);
            // The next epoch's order, an element a step: done while the division above is waited for.
            self.ahead.step();
            form.apply::<A, L>(a, &mut hot, &mut self.rows, &row, c, factors);
            self.progress.pace.prepare(first + done as u64);
        }
        *registers = hot;
        self.progress.pace.store(a, scale);
        self.progress.step += done as u64;
        (done, interruption)
    }

    /// As [`single_rows`](Self::single_rows), over batches: all margins first, at the same weights,
    /// then the updates.
    #[inline(always)]
    fn batches<A: Rows, L: Slope, F: Form<V>>(
        &mut self,
        a: A,
        form: &mut F,
        registers: &mut F::Registers<A>,
        size: usize,
        coefficients: &mut [f64],
    ) -> (usize, Option<Interruption<A>>) {
        let mut done = 0;
        for batch in self.visits.chunks(size) {
            let Progress { pace, step, .. } = &mut *self.progress;
            let scale = pace.load(a);
            if Pace::<W>::needs_folding(a, scale) {
                return (done, Some(Interruption::Fold));
            }
            pace.prepare(*step);
            let factors = pace.factors(a, scale);
            let mut mean = factors;
            // A short last batch averages over its own size. A division by one is left out: it
            // would be on the path that the next step waits for.
            if batch.len() > 1 {
                mean.rate = a.div(mean.rate, a.splat(batch.len() as f64));
            }
            for (k, visit) in batch.iter().enumerate() {
                self.prefetch(form, done + k);
                let row = form.read::<A, L>(a, registers, &self.rows, visit);
                let mut score = form.score::<A, L>(a, registers, &self.rows, &row, mean);
                if !clamp_margin::<A, L>(a, &mut score.margin) {
                    // No weight has changed yet: once the lane is zero, the batch begins anew.
                    let (at, margin) = (done + k, score.margin);
                    return (done, Some(Interruption::NotFinite { at, margin }));
                }
                a.store(score.coefficient::<L>(a), &mut coefficients[k * A::WIDTH..]);
            }
            self.progress.pace.store(a, factors.scale);
            self.progress.step += 1;
            form.prepare(a, registers);
            for (visit, c) in batch.iter().zip(coefficients.chunks_exact(A::WIDTH)) {
                self.ahead.step();
                // Read anew: a row drawn twice has the first draw's memorization part by now.
                let row = form.read::<A, L>(a, registers, &self.rows, visit);
                form.apply::<A, L>(a, registers, &mut self.rows, &row, a.load(c), factors);
            }
            done += batch.len();
        }
        (done, None)
    }

    /// Asks for what the visits after number `at` will read.
    #[inline(always)]
    fn prefetch<F: Form<V>>(&self, form: &F, at: usize) {
        if let Some(visit) = self.upcoming.get(at) {
            self.rows.prefetch(visit);
        }
        if let Some(visit) = self.tails.get(at + TAILS_AHEAD) {
            form.prefetch(&self.rows, visit);
        }
        if let Some(visit) = self.tails.get(at + 2 * TAILS_AHEAD) {
            form.prefetch_places(&self.rows, visit);
        }
    }
}
