//! One update, written once: the order of every rounding in a step.
//!
//! Two forms exist, and the configuration alone decides between them ([`chains`]):
//!
//! - [`chain`], for single-row steps over few signal columns: the score of the next row is
//!   computed *before* the current step's coefficient c is known,
//!   z′ = u·x′ + c (x·x′), so that the dot product leaves the chain of dependent operations.
//! - [`dot`] and [`add_scaled`], the plain form, for everything else.
//!
//! Both work on unscaled weights u = w / scale, with the decay in the scale ([`Pace`]).
//!
//! [`Pace`]: crate::pace::Pace

use sparsegrok_lanes::Arithmetic;

use crate::loss::Slope;
use crate::pace::StepFactors;
use crate::spec::{BatchSize, TrainSpec};
use crate::visits::Ahead;

/// Widest signal block that [`chain`] serves: its weights stay in registers.
pub(crate) const CHAIN_MAX_WIDTH: usize = 8;

/// Partial sums of [`dot`] and [`sparse_dot`].
const SUMS: usize = 8;

/// Whether a run's steps take the form of [`chain`].
pub(crate) fn chains(spec: &TrainSpec, signal_width: usize, tail_width: usize) -> bool {
    spec.batch_size == BatchSize::Rows(1)
        && !spec.bias
        && tail_width == 0
        && (1..=CHAIN_MAX_WIDTH).contains(&signal_width)
}

/// The state of [`chain`] between steps: weights that still lack the last step.
#[derive(Clone, Copy)]
pub(crate) struct Chain<A: Arithmetic, const D: usize> {
    weights: [A::Real; D],
    last_row: [A::Real; D],
    last_coefficient: A::Real,
}

impl<A: Arithmetic, const D: usize> Chain<A, D> {
    /// Starts from weights given as `[column][lane]`.
    #[inline(always)]
    pub(crate) fn start(a: A, weights: &[f64]) -> Self {
        let zero = a.splat(0.0);
        let mut chain = Self {
            weights: [zero; D],
            last_row: [zero; D],
            last_coefficient: zero,
        };
        for j in 0..D {
            chain.weights[j] = a.load(&weights[j * A::WIDTH..]);
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

    /// Applies the last step and writes the weights back.
    #[inline(always)]
    pub(crate) fn finish(self, a: A, weights: &mut [f64]) {
        for j in 0..D {
            let w = a.mul_add(self.last_coefficient, self.last_row[j], self.weights[j]);
            a.store(w, &mut weights[j * A::WIDTH..]);
        }
    }
}

/// Steps through `visits`, one row and one entry of `factors` a step.
///
/// A row of `rows` is `[x̃_0 … x̃_{D−1}, p, y]`, each entry [`Arithmetic::WIDTH`] numbers wide, and
/// starts at a multiple of `stride` such entries; its p is updated in place. `square` is α².
/// Returns the first step whose margin is not finite, having stopped there.
///
/// # Formula
/// margin = c·(scale x·x̃) + scale (u·x̃ + p); u += c x; c = slope(margin); p += c α².
#[inline(always)]
#[allow(clippy::needless_range_loop)] // Plain indexed loops are what reliably inlines here.
pub(crate) fn chain<A: Arithmetic, L: Slope, const D: usize>(
    a: A,
    slope: L,
    chain: &mut Chain<A, D>,
    rows: &mut [f64],
    stride: usize,
    visits: &[u32],
    factors: &[StepFactors],
    square: f64,
    ahead: &mut Ahead<'_>,
) -> Option<usize> {
    let width = A::WIDTH;
    let square = a.splat(square);
    let mut state = *chain;
    let mut stopped = None;
    for (step, (&visit, factor)) in visits.iter().zip(factors).enumerate() {
        let start = visit as usize * stride * width;
        let row = &mut rows[start..][..(D + 2) * width];
        let mut x = state.last_row;
        for j in 0..D {
            x[j] = a.load(&row[j * width..]);
        }
        let p = a.load(&row[D * width..]);
        let target = a.load(&row[(D + 1) * width..]);

        let mut score = a.mul(state.weights[0], x[0]);
        let mut overlap = a.mul(state.last_row[0], x[0]);
        for j in 1..D {
            score = a.mul_add(state.weights[j], x[j], score);
            overlap = a.mul_add(state.last_row[j], x[j], overlap);
        }
        let scale = a.splat(factor.margin * L::UNIT);
        let margin = a.mul_add(
            state.last_coefficient,
            a.mul(overlap, scale),
            a.mul(a.add(score, p), scale),
        );
        if !a.all_finite(margin) {
            stopped = Some(step);
            break;
        }
        for j in 0..D {
            state.weights[j] =
                a.mul_add(state.last_coefficient, state.last_row[j], state.weights[j]);
        }
        state.last_row = x;
        state.last_coefficient = slope.weight(a, a.splat(factor.rate), margin, target);
        ahead.step();
        let p = a.mul_add(state.last_coefficient, square, p);
        a.store(p, &mut row[D * width..]);
    }
    *chain = state;
    stopped
}

/// u·x: a chain of fma below eight columns; else eight partial sums by column modulo eight, added
/// pairwise, with the columns beyond the last whole eight in a chain of their own.
#[inline(always)]
#[allow(clippy::needless_range_loop)]
pub(crate) fn dot(u: &[f64], x: &[f64]) -> f64 {
    let (u_blocks, u_rest) = u.as_chunks::<SUMS>();
    let (x_blocks, x_rest) = x.as_chunks::<SUMS>();
    let mut rest = 0.0;
    for (u, x) in u_rest.iter().zip(x_rest) {
        rest = u.mul_add(*x, rest);
    }
    if u_blocks.is_empty() {
        return rest;
    }
    let mut sums = [0.0; SUMS];
    for (u, x) in u_blocks.iter().zip(x_blocks) {
        for k in 0..SUMS {
            sums[k] = u[k].mul_add(x[k], sums[k]);
        }
    }
    pairwise(sums) + rest
}

/// Σ u[column]·value over a sparse row, summed as in [`dot`] by position within the row.
#[inline(always)]
#[allow(clippy::needless_range_loop)]
pub(crate) fn sparse_dot(u: &[f64], columns: &[u32], values: &[f64]) -> f64 {
    let (column_blocks, column_rest) = columns.as_chunks::<SUMS>();
    let (value_blocks, value_rest) = values.as_chunks::<SUMS>();
    let mut rest = 0.0;
    for (&column, value) in column_rest.iter().zip(value_rest) {
        rest = u[column as usize].mul_add(*value, rest);
    }
    if column_blocks.is_empty() {
        return rest;
    }
    let mut sums = [0.0; SUMS];
    for (column, value) in column_blocks.iter().zip(value_blocks) {
        for k in 0..SUMS {
            sums[k] = u[column[k] as usize].mul_add(value[k], sums[k]);
        }
    }
    pairwise(sums) + rest
}

#[inline(always)]
fn pairwise(s: [f64; SUMS]) -> f64 {
    ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}

/// u += c·x.
#[inline(always)]
pub(crate) fn add_scaled(u: &mut [f64], c: f64, x: &[f64]) {
    for (u, x) in u.iter_mut().zip(x) {
        *u = c.mul_add(*x, *u);
    }
}

/// u[column] += c·value over a sparse row.
#[inline(always)]
pub(crate) fn sparse_add_scaled(u: &mut [f64], c: f64, columns: &[u32], values: &[f64]) {
    for (&column, value) in columns.iter().zip(values) {
        let u = &mut u[column as usize];
        *u = c.mul_add(*value, *u);
    }
}
