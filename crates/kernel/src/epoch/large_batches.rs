//! Epochs of large batches: each row is read once, and blocks of rows are summed side by side.
//!
//! A batch that exceeds the caches would be read twice from memory, for its margins and for its steps. Here
//! its steps go into sums of their own as soon as a margin is known, and the sums into the weights when all
//! are. Rows are cut into [blocks](crate::batch::Batch::block) by nothing but their number and shape. Each
//! block is summed from zero, by whichever thread, and the sums of blocks are added in the order of blocks:
//! the same bits for any number of threads.

use std::marker::PhantomData;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use sparsegrok_lanes::{LANES, Lanes, Level, Rows, Scalar, Simd, Task};

use super::Driver;
use crate::batch::BLOCKS_HELD;
use crate::blocks::{Blocks, Threads};
use crate::layout::{PREFETCH_DISTANCE, Window};
use crate::loss::Slope;
use crate::pace::StepFactors;
use crate::step::{Summing, Sums, TAILS_AHEAD, clamp_margin};
use crate::training::Diverged;

impl<const W: usize, const V: usize> Driver<'_, W, V> {
    /// Trains an epoch of large batches with steps of a form, blocks of `block` rows divided among threads.
    pub(crate) fn epoch_of_large_batches<L: Slope, F: Summing<V> + Sync>(
        &mut self,
        level: Level,
        mut form: F,
        block: usize,
        threads: &Threads,
    ) {
        // Lanes with rows of their own have other runs beside them, and so have the threads.
        let threads = if V == 1 { threads } else { &Threads::One };
        let Self {
            data,
            rows,
            visits,
            progress,
            batch: size,
            diverged,
            ..
        } = self;
        progress.epoch += 1;
        let is_in_order = visits.are_in_order();
        let (visits, _) = visits.next_epoch();
        let (visits, _) = visits.as_chunks::<V>();
        for packed in rows.blocks() {
            let visits = &visits[..packed.len()];
            rows.pack(&data[..], packed);
            for (number, batch) in visits.chunks(size.rows).enumerate() {
                let pace = &mut progress.pace;
                if pace.is_to_be_folded() {
                    let factors = pace.fold();
                    level.run(Rescale::<F, W, V>(&mut form, &factors));
                    rows.rescale(&factors);
                }
                pace.prepare(progress.step);
                let factors = pace.factors_by_lane();
                let mut mean = factors;
                for rate in &mut mean.rate {
                    *rate /= batch.len() as f64;
                }
                let access = match (is_in_order, threads) {
                    (true, _) if V == 1 => {
                        let first = number * size.rows;
                        let windows = rows.window().split(first..first + batch.len(), block);
                        Access::Pieces(windows.map(Mutex::new).collect())
                    }
                    (_, Threads::One) if !size.is_drawn => Access::Whole(Mutex::new(rows.window())),
                    _ => Access::Read(rows.window()),
                };
                let pass = Pass {
                    form: &form,
                    level,
                    factors: &mean,
                    visits: batch,
                    in_order: visits,
                    block,
                    memorizes: form.memorizes(),
                    asks_ahead: form.asks_ahead(),
                };
                let summed = pass.sum::<L>(&access, threads);
                drop(access);
                level.run(Finish::<L, F, W, V> {
                    form: &mut form,
                    rows: &mut rows.window(),
                    visits: batch,
                    summed: &summed,
                    factors: &factors,
                    loss: PhantomData,
                });
                progress.pace.set_scale(factors.scale);
                progress.step += 1;
                for (lane, row) in summed.not_finite {
                    // Only the first divergence of a lane counts.
                    diverged[lane].get_or_insert(Diverged {
                        epoch: progress.epoch,
                        step: progress.step,
                        row,
                    });
                    progress.pace.stop(lane);
                    rows.zero_lane(lane);
                    level.run(Zero::<F, W, V>(&mut form, lane));
                }
                if diverged.iter().all(Option::is_some) {
                    return;
                }
            }
        }
        rows.write_back();
    }
}

/// The packed rows of a batch, as blocks of it may use them.
enum Access<'r> {
    /// Blocks write the memorization parts of their rows, which lie together: each has a window of its own.
    Pieces(Vec<Mutex<Window<'r>>>),
    /// Blocks write the memorization parts of their rows, which lie anywhere, one block after another.
    Whole(Mutex<Window<'r>>),
    /// Blocks only read, as their rows lie anywhere.
    Read(Window<'r>),
}

/// Rows summed.
struct Summed {
    sums: Sums,
    /// Coefficients by visit, then lane, where memorization takes them later.
    coefficients: Vec<f64>,
    /// The lanes whose margin was not finite, each with the row of that margin, in the order of visits.
    not_finite: Vec<(usize, u32)>,
}

/// The sums of one batch.
struct Pass<'p, F, const W: usize, const V: usize> {
    form: &'p F,
    level: Level,
    factors: &'p StepFactors<[f64; W]>,
    visits: &'p [[u32; V]],
    /// The visits of a window of rows in order.
    in_order: &'p [[u32; V]],
    block: usize,
    /// True where a lane memorizes.
    memorizes: bool,
    /// True where parts of rows that are not packed are asked for ahead of their visits.
    asks_ahead: bool,
}

impl<F: Summing<V> + Sync, const W: usize, const V: usize> Pass<'_, F, W, V> {
    /// Sums the batch.
    fn sum<L: Slope>(&self, access: &Access<'_>, threads: &Threads) -> Summed {
        let mut all = Summed {
            sums: self.form.zero_sums(),
            coefficients: Vec::new(),
            not_finite: Vec::new(),
        };
        let held = self.block * BLOCKS_HELD;
        for start in (0..self.visits.len()).step_by(held) {
            let rows = held.min(self.visits.len() - start);
            let blocks = Blocks::with_length(rows, self.block).map(threads, |range| {
                self.sum_block::<L>(access, start + range.start..start + range.end)
            });
            for block in blocks {
                all.sums.add(&block.sums);
                all.coefficients.extend(block.coefficients);
                all.not_finite.extend(block.not_finite);
            }
        }
        all
    }

    /// Sums the visits of a block.
    fn sum_block<L: Slope>(&self, access: &Access<'_>, range: Range<usize>) -> Summed {
        let summed = Summed {
            sums: self.form.zero_sums(),
            coefficients: Vec::new(),
            not_finite: Vec::new(),
        };
        let with = |rows: BlockRows<'_, '_>, visits: &[[u32; V]]| {
            self.level.run(Block::<L, F, W, V> {
                pass: self,
                rows,
                visits,
                summed,
                loss: PhantomData,
            })
        };
        let (window, visits) = match access {
            Access::Read(window) => {
                return with(BlockRows::Read(window), &self.visits[range]);
            }
            Access::Whole(window) => (window, &self.visits[range]),
            Access::Pieces(windows) => {
                let number = range.start / self.block;
                (&windows[number], &self.in_order[..range.len()])
            }
        };
        let mut window = window.lock().unwrap_or_else(PoisonError::into_inner);
        with(BlockRows::Write(&mut window), visits)
    }
}

/// The rows of a block, to be read or to be written too.
enum BlockRows<'b, 'r> {
    Read(&'b Window<'r>),
    Write(&'b mut Window<'r>),
}

/// The sums of one block, to be compiled for the level's instructions.
struct Block<'b, 'r, L, F, const W: usize, const V: usize> {
    pass: &'b Pass<'b, F, W, V>,
    rows: BlockRows<'b, 'r>,
    visits: &'b [[u32; V]],
    summed: Summed,
    loss: PhantomData<L>,
}

impl<L: Slope, F: Summing<V>, const W: usize, const V: usize> Block<'_, '_, L, F, W, V> {
    /// Sums the visits, K at a time and then the rest one by one: `b` is the arithmetic of the numbers of K
    /// visits, `a` that of one visit.
    #[inline(always)]
    fn sum<A: Rows, B: Rows, const K: usize>(mut self, a: A, b: B) -> Summed {
        let (chunks, rest) = self.visits.as_chunks::<K>();
        for (chunk, visits) in chunks.iter().enumerate() {
            self.sum_visits(a, b, chunk * K, visits);
        }
        for (at, visit) in (chunks.len() * K..).zip(rest) {
            self.sum_visits(a, a, at, &[*visit]);
        }
        self.summed
    }

    /// Sums K visits, from number `at` on. Their slopes are computed together, so that none waits for another's.
    #[inline(always)]
    fn sum_visits<A: Rows, B: Rows, const K: usize>(
        &mut self,
        a: A,
        b: B,
        at: usize,
        visits: &[[u32; V]; K],
    ) {
        let Self {
            pass, rows, summed, ..
        } = self;
        let form = pass.form;
        let registers = form.begin(a);
        let factors = load(a, pass.factors);
        let window = rows.window();
        for k in 0..K {
            if let Some(visit) = self.visits.get(at + k + PREFETCH_DISTANCE) {
                window.prefetch(visit);
            }
            if pass.asks_ahead
                && let Some(visit) = self.visits.get(at + k + TAILS_AHEAD)
            {
                form.prefetch(window, visit);
            }
        }
        let read: [F::Row<A>; K] =
            std::array::from_fn(|k| form.read::<A, L>(a, &registers, window, &visits[k]));
        let [mut margins, mut rates, mut targets] = [[[0.0; W]; K]; 3];
        for k in 0..K {
            let score = form.score::<A, L>(a, &registers, window, &read[k], factors);
            a.store(score.margin, &mut margins[k]);
            a.store(score.rate, &mut rates[k]);
            a.store(score.target, &mut targets[k]);
        }
        let mut margin = b.load(margins.as_flattened());
        if !clamp_margin::<B, L>(b, &mut margin) {
            for (visit, margins) in visits.iter().zip(&mut margins) {
                summed.leave_out(margins, |lane| window.row(visit[lane.min(V - 1)]) as u32);
            }
            margin = b.clamp(b.load(margins.as_flattened()), L::MARGIN_LIMIT);
        }
        let [rate, target] = [&rates, &targets].map(|numbers| b.load(numbers.as_flattened()));
        let mut coefficients = [[0.0; W]; K];
        b.store(
            L::weight(b, rate, margin, target),
            coefficients.as_flattened_mut(),
        );
        for (row, c) in read.iter().zip(&coefficients) {
            form.sum::<A, L>(a, &mut summed.sums, rows.window(), row, a.load(c));
            match rows {
                _ if !pass.memorizes => {}
                BlockRows::Write(window) => form.memorize::<A, L>(a, window, row, a.load(c)),
                BlockRows::Read(_) => summed.coefficients.extend(c),
            }
        }
    }
}

impl<'r> BlockRows<'_, 'r> {
    #[inline(always)]
    fn window(&self) -> &Window<'r> {
        match self {
            Self::Read(window) => window,
            Self::Write(window) => window,
        }
    }
}

impl Summed {
    /// Notes lanes whose margin of a row is not finite, and makes it zero: whatever these lanes come to is
    /// zeroed after the batch.
    #[cold]
    fn leave_out<const W: usize>(&mut self, margins: &mut [f64; W], row: impl Fn(usize) -> u32) {
        for lane in (0..W).filter(|&lane| !margins[lane].is_finite()) {
            // Only the first row of each lane counts.
            if self.not_finite.iter().all(|&(known, _)| known != lane) {
                self.not_finite.push((lane, row(lane)));
            }
        }
        for margin in margins.iter_mut().filter(|margin| !margin.is_finite()) {
            *margin = 0.0;
        }
    }
}

/// The end of a batch: sums are added to the weights, and memorization parts that wait for it are changed.
struct Finish<'f, 'r, L, F, const W: usize, const V: usize> {
    form: &'f mut F,
    rows: &'f mut Window<'r>,
    visits: &'f [[u32; V]],
    summed: &'f Summed,
    factors: &'f StepFactors<[f64; W]>,
    loss: PhantomData<L>,
}

impl<L: Slope, F: Summing<V>, const W: usize, const V: usize> Finish<'_, '_, L, F, W, V> {
    #[inline(always)]
    fn finish<A: Rows>(self, a: A) {
        let registers = self.form.begin(a);
        let coefficients = self.summed.coefficients.chunks_exact(W);
        for (at, (visit, c)) in self.visits.iter().zip(coefficients).enumerate() {
            if let Some(visit) = self.visits.get(at + PREFETCH_DISTANCE) {
                self.rows.prefetch(visit);
            }
            // Read anew: a row drawn twice has the first draw's memorization part by now.
            let row = self.form.read::<A, L>(a, &registers, self.rows, visit);
            self.form.memorize::<A, L>(a, self.rows, &row, a.load(c));
        }
        let factors = load(a, self.factors);
        self.form.add_sums(a, &self.summed.sums, factors);
    }
}

/// Factors of all lanes, as numbers of the level.
#[inline(always)]
fn load<A: Rows, const W: usize>(a: A, factors: &StepFactors<[f64; W]>) -> StepFactors<A::Real> {
    StepFactors {
        margin: a.load(&factors.margin),
        rate: a.load(&factors.rate),
        scale: a.load(&factors.scale),
    }
}

/// Weights multiplied by a factor a lane.
struct Rescale<'f, F, const W: usize, const V: usize>(&'f mut F, &'f [f64; W]);

impl<F: Summing<V>, const W: usize, const V: usize> Rescale<'_, F, W, V> {
    #[inline(always)]
    fn rescale<A: Rows>(self, a: A) {
        let mut registers = self.0.begin(a);
        self.0.rescale(a, &mut registers, self.1);
    }
}

/// One lane's weights set to zero.
struct Zero<'f, F, const W: usize, const V: usize>(&'f mut F, usize);

impl<F: Summing<V>, const W: usize, const V: usize> Zero<'_, F, W, V> {
    #[inline(always)]
    fn zero<A: Rows>(self, a: A) {
        let mut registers = self.0.begin(a);
        self.0.zero_lane(a, &mut registers, self.1);
    }
}

impl<L: Slope, F: Summing<V>, const W: usize, const V: usize> Task for Block<'_, '_, L, F, W, V> {
    type Output = Summed;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> Summed {
        match W {
            1 => self.sum::<_, _, LANES>(Scalar(simd), Lanes(simd)),
            LANES => self.sum::<_, _, 1>(Lanes(simd), Lanes(simd)),
            _ => unreachable!("1 or {LANES} lanes"),
        }
    }
}

/// Makes a task of each of these, for one lane or eight. W is known when compiled, so that only one arm is.
macro_rules! tasks {
    ($($task:ident<$($lifetime:lifetime),* $(, $loss:ident)?>::$run:ident,)*) => {$(
        impl<$($loss: Slope,)? F: Summing<V>, const W: usize, const V: usize> Task
            for $task<$($lifetime,)* $($loss,)? F, W, V>
        {
            type Output = ();

            #[inline(always)]
            fn run<S: Simd>(self, simd: S) {
                match W {
                    1 => self.$run(Scalar(simd)),
                    LANES => self.$run(Lanes(simd)),
                    _ => unreachable!("1 or {LANES} lanes"),
                }
            }
        }
    )*};
}

tasks! {
    Finish<'_, '_, L>::finish,
    Rescale<'_>::rescale,
    Zero<'_>::zero,
}
