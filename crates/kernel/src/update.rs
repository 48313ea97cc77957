//! One update, written once: the order of every rounding in a step.
//!
//! Two forms exist, and the configuration alone decides between them ([`chains`]):
//!
//! - [`chain`], for single-row steps over few signal columns: the score of the next row is
//!   computed *before* the current step's coefficient c is known,
//!   z′ = u·x′ + c (x·x′), so that the dot product leaves the chain of dependent operations.
//! - [`Rows::dots`] and [`Rows::add_scaled`], with [`sparse_dot`] and [`sparse_add_scaled`] for a
//!   tail, for everything else.
//!
//! Both work on unscaled weights u = w / scale, with the decay in the scale ([`Pace`]).

use sparsegrok_lanes::{Arithmetic, Rows, prefetch};

use crate::loss::Slope;
use crate::pace::Pace;
use crate::spec::{BatchSize, TrainSpec};
use crate::visits::Ahead;

/// Signal widths that [`chain`] is compiled for: its weights stay in registers.
pub(crate) const CHAIN_WIDTHS: [usize; 3] = [5, 8, 16];

/// Doubles in a cache line; every packed row starts on one.
pub(crate) const LINE: usize = 8;

/// Partial sums of [`sparse_dot`].
const SUMS: usize = 4;

/// The width at which a run's steps take the form of [`chain`], if they do: rows are padded to it
/// by columns of zeros, which change no sum.
pub(crate) fn chains(spec: &TrainSpec, signal_width: usize, tail_width: usize) -> Option<usize> {
    let plain = spec.batch_size != BatchSize::Rows(1) || spec.bias || tail_width > 0;
    let fits = |width: &usize| (1..=*width).contains(&signal_width);
    CHAIN_WIDTHS.into_iter().find(fits).filter(|_| !plain)
}

/// The state of [`chain`] between steps: weights that still lack the last step.
#[derive(Clone, Copy)]
pub(crate) struct Chain<A: Arithmetic, const D: usize> {
    weights: [A::Real; D],
    last_row: [A::Real; D],
    last_coefficient: A::Real,
}

impl<A: Arithmetic, const D: usize> Chain<A, D> {
    /// Starts from weights given by column, then lane.
    #[inline(always)]
    pub(crate) fn start<const W: usize>(a: A, weights: &[[f64; W]; D]) -> Self {
        let zero = a.splat(0.0);
        let mut chain = Self {
            weights: [zero; D],
            last_row: [zero; D],
            last_coefficient: zero,
        };
        for j in 0..D {
            chain.weights[j] = a.load(&weights[j]);
        }
        chain
    }

    /// Multiplies all weights, the last step's contribution included.
    #[inline(always)]
    pub(crate) fn rescale(&mut self, a: A, factor: f64) {
        let factor = a.splat(factor);
        for j in 0..D {
            self.weights[j] = a.mul(self.weights[j], factor);
        }
        self.last_coefficient = a.mul(self.last_coefficient, factor);
    }

    /// Sets one lane's weights to zero.
    #[inline(always)]
    pub(crate) fn silence<const W: usize>(&mut self, a: A, lane: usize) {
        let last = std::slice::from_mut(&mut self.last_coefficient);
        for value in self
            .weights
            .iter_mut()
            .chain(&mut self.last_row)
            .chain(last)
        {
            let mut lanes = [0.0; W];
            a.store(*value, &mut lanes);
            lanes[lane] = 0.0;
            *value = a.load(&lanes);
        }
    }

    /// The weights by column, then lane, the last step applied.
    #[inline(always)]
    pub(crate) fn finish<const W: usize>(&mut self, a: A, weights: &mut [[f64; W]; D]) {
        for j in 0..D {
            self.weights[j] = a.mul_add(self.last_coefficient, self.last_row[j], self.weights[j]);
            a.store(self.weights[j], &mut weights[j]);
        }
        self.last_coefficient = a.splat(0.0);
    }
}

/// Where the rows of a group lie: seed ℓ's row i at ℓ·`lane_stride` + i·`stride`.
#[derive(Clone, Copy)]
pub(crate) struct Layout {
    pub(crate) stride: usize,
    pub(crate) lane_stride: usize,
}

impl Layout {
    /// Where each seed's visited row starts.
    #[inline(always)]
    pub(crate) fn starts<const W: usize>(self, visit: &[u32; W]) -> [usize; W] {
        let mut starts = [0; W];
        for lane in 0..W {
            starts[lane] = lane * self.lane_stride + visit[lane] as usize * self.stride;
        }
        starts
    }

    /// Asks for each seed's row of a coming visit.
    #[inline(always)]
    pub(crate) fn prefetch<const W: usize>(self, rows: &[f64], visit: &[u32; W]) {
        for start in self.starts(visit) {
            for line in rows[start..][..self.stride].iter().step_by(LINE) {
                prefetch(line);
            }
        }
    }
}

/// Why [`chain`] stopped before its last visit.
pub(crate) enum Stop<A: Arithmetic> {
    /// The weights are due to be rescaled.
    Fold,
    /// The margins of the coming step are not all finite; the step was not taken.
    NotFinite(A::Real),
}

/// Steps through `visits`, one row a seed a step, until a reason to stop; p is updated in place.
/// Rows of `upcoming`, one visit a step as far as it goes, are asked for ahead. `square` is α².
/// Returns the steps taken, and why it stopped early.
///
/// # Formula
/// margin = c·(scale x·x̃) + scale (u·x̃ + p); u += c x; c = slope(margin); p += c α².
#[inline(always)]
#[allow(clippy::too_many_arguments)]
pub(crate) fn chain<A: Rows, L: Slope, const W: usize, const D: usize>(
    a: A,
    slope: L,
    chain: &mut Chain<A, D>,
    rows: &mut [f64],
    layout: Layout,
    visits: &[[u32; W]],
    upcoming: &[[u32; W]],
    pace: &mut Pace,
    square: f64,
    ahead: &mut Ahead<'_, W>,
) -> (usize, Option<Stop<A>>) {
    let square = a.splat(square);
    let mut state = *chain;
    let mut stop = None;
    let mut steps = 0;
    for visit in visits {
        if let Some(visit) = upcoming.get(steps) {
            layout.prefetch(rows, visit);
        }
        if pace.folds() {
            stop = Some(Stop::Fold);
            break;
        }
        let factors = pace.next();
        let starts = layout.starts(visit);
        let x = a.gather::<D>(rows, &starts, 0);
        // What shares the signal columns' last line comes with their transposition.
        let [p, target] = if !D.is_multiple_of(LINE) {
            a.gather::<2>(rows, &starts, D)
        } else if L::FOLDS_SIGN {
            [a.column(rows, &starts, D), square]
        } else {
            [a.column(rows, &starts, D), a.column(rows, &starts, D + 1)]
        };
        let mut score = a.mul(state.weights[0], x[0]);
        let mut overlap = a.mul(state.last_row[0], x[0]);
        for j in 1..D {
            score = a.mul_add(state.weights[j], x[j], score);
            overlap = a.mul_add(state.last_row[j], x[j], overlap);
        }
        let scale = a.splat(factors.margin * L::UNIT);
        let mut margin = a.mul_add(
            state.last_coefficient,
            a.mul(overlap, scale),
            a.mul(a.add(score, p), scale),
        );
        if !tame::<A, L>(a, &mut margin) {
            stop = Some(Stop::NotFinite(margin));
            break;
        }
        pace.take(factors);
        steps += 1;
        for j in 0..D {
            state.weights[j] =
                a.mul_add(state.last_coefficient, state.last_row[j], state.weights[j]);
        }
        state.last_row = x;
        state.last_coefficient = slope.weight(a, a.splat(factors.rate), margin, target);
        ahead.step();
        let p = a.mul_add(state.last_coefficient, square, p);
        a.scatter(p, rows, &starts, D);
    }
    *chain = state;
    (steps, stop)
}

/// Brings margins beyond the slope's range back to it; false where one is not finite.
///
/// Ordinary margins only pass a well-predicted test: the minimum and maximum that bring others back
/// stay out of the chain of operations each step waits for.
#[inline(always)]
pub(crate) fn tame<A: Arithmetic, L: Slope>(a: A, margin: &mut A::Real) -> bool {
    if a.all_within(*margin, L::MARGIN_LIMIT) {
        return true;
    }
    if !a.all_within(*margin, f64::MAX) {
        return false;
    }
    *margin = a.clamp(*margin, L::MARGIN_LIMIT);
    true
}

/// Σ u[column]·value over a sparse row: four partial sums by position within the row modulo four,
/// added pairwise. Where all values are known to be `ONES` they are not read; the sum is the same.
#[inline(always)]
pub(crate) fn sparse_dot<const ONES: bool>(u: &[f64], columns: &[u32], values: &[f64]) -> f64 {
    let (column_blocks, column_rest) = columns.as_chunks::<SUMS>();
    let (value_blocks, value_rest) = values.as_chunks::<SUMS>();
    let mut sums = [0.0; SUMS];
    for (column, value) in column_blocks.iter().zip(value_blocks) {
        for k in 0..SUMS {
            let value = if ONES { 1.0 } else { value[k] };
            sums[k] = u[column[k] as usize].mul_add(value, sums[k]);
        }
    }
    // Not a loop over the rest: partial sums numbered at run time would live in memory.
    for k in 0..SUMS {
        let (Some(&column), Some(value)) = (column_rest.get(k), value_rest.get(k)) else {
            break;
        };
        let value = if ONES { 1.0 } else { *value };
        sums[k] = u[column as usize].mul_add(value, sums[k]);
    }
    (sums[0] + sums[2]) + (sums[1] + sums[3])
}

/// Cache lines asked for of each of a row's two arrays: the processor sees by itself how a longer
/// row goes on.
const LINES_ASKED_FOR: usize = 4;

/// Asks for a sparse row ahead of its visit; not for its values where all are `ONES`.
#[inline(always)]
pub(crate) fn prefetch_sparse<const ONES: bool>(columns: &[u32], values: &[f64]) {
    let lines = columns.iter().step_by(2 * LINE).take(LINES_ASKED_FOR);
    lines.for_each(prefetch);
    if ONES {
        return;
    }
    let lines = values.iter().step_by(LINE).take(LINES_ASKED_FOR);
    lines.for_each(prefetch);
}

/// u[column] += c·value over a sparse row; values that are `ONES` are not read.
#[inline(always)]
pub(crate) fn sparse_add_scaled<const ONES: bool>(
    u: &mut [f64],
    c: f64,
    columns: &[u32],
    values: &[f64],
) {
    for (&column, value) in columns.iter().zip(values) {
        let u = &mut u[column as usize];
        let value = if ONES { 1.0 } else { *value };
        *u = c.mul_add(value, *u);
    }
}
