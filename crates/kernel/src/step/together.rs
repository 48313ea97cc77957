//! Steps of lanes that visit the same rows in the same order, of any kind.
//!
//! A row is read once for all lanes, and the weights that lanes have for a column lie side by side: a
//! non-zero costs one place, one value and one whole line of weights, where lanes with rows of their own
//! read each of the three for every lane. What lanes may have for themselves is targets, row weights and
//! memorization.

use sparsegrok_data::SpIndex;
use sparsegrok_lanes::Rows;

use super::form::{Form, Score, Summing, Sums, add_sums};
use super::tail::{SUMS, TailRows};
use crate::layout::{LINE, Window};
use crate::loss::Slope;
use crate::pace::StepFactors;

/// Steps over rows in common.
pub(crate) struct Together<'w, I, const W: usize> {
    /// The rows' sparse tails, if they have any.
    pub(crate) tails: Option<TailRows<'w, I>>,
    /// The weights of each lane's rows, if they have any.
    pub(crate) row_weights: [Option<&'w [f64]>; W],
    /// Unscaled signal weights, by column, then lane.
    pub(crate) signal: &'w mut [f64],
    /// Unscaled tail weights, by column, then lane.
    pub(crate) tail: &'w mut [f64],
    pub(crate) bias: &'w mut [f64; W],
    pub(crate) bias_trained: bool,
    /// True where a lane memorizes.
    pub(crate) memorizes: bool,
    /// α² of each lane.
    pub(crate) square: [f64; W],
}

/// The visited row, with what each lane has of it.
#[derive(Clone, Copy)]
pub(crate) struct Row<R> {
    number: usize,
    start: usize,
    p: R,
    target: R,
    /// The targets where the loss folds signs, else 1.
    sign: R,
    /// The row's weights; 1 where rows have none.
    weight: R,
}

impl<const W: usize, I: SpIndex> Form<1> for Together<'_, I, W> {
    type Registers<A: Rows> = ();

    type Row<A: Rows> = Row<A::Real>;

    #[inline(always)]
    fn begin<A: Rows>(&self, _a: A) {}

    #[inline(always)]
    fn read<A: Rows, L: Slope>(
        &self,
        a: A,
        _registers: &(),
        rows: &Window<'_>,
        [visit]: &[u32; 1],
    ) -> Row<A::Real> {
        let number = rows.row(*visit);
        let start = rows.start(*visit);
        let own = &rows.memory()[start + rows.width()..];
        let target = a.load(own);
        let mut p = a.splat(0.0);
        if self.memorizes {
            p = a.load(&own[W..]);
        }
        let mut weight = a.splat(1.0);
        if self.row_weights[0].is_some() {
            let of_lane = |lane: usize| self.row_weights[lane].map_or(1.0, |all| all[number]);
            let weights: [f64; W] = std::array::from_fn(of_lane);
            weight = a.load(&weights);
        }
        let sign = if L::FOLDS_SIGN { target } else { a.splat(1.0) };
        Row {
            number,
            start,
            p,
            target,
            sign,
            weight,
        }
    }

    /// # Formula
    /// With sign = y where the loss folds signs, else 1, a lane each:
    /// t = (u·x + sign p)(sign scale) + sign bias, u·x with the tail.
    #[inline(always)]
    fn score<A: Rows, L: Slope>(
        &self,
        a: A,
        _registers: &(),
        rows: &Window<'_>,
        row: &Row<A::Real>,
        factors: StepFactors<A::Real>,
    ) -> Score<A> {
        let columns = &rows.memory()[row.start..][..rows.width()];
        let mut score = signal_dots(a, self.signal, columns);
        if let Some(tails) = &self.tails {
            let (columns, values) = tails.row(row.number);
            score = a.add(score, tail_dots(a, self.tail, columns, values));
        }
        let scale = a.mul(row.sign, a.mul(factors.margin, a.splat(L::UNIT)));
        let mut margin = a.mul(a.add(score, a.mul(row.sign, row.p)), scale);
        if self.bias_trained {
            let bias = a.mul(a.load(self.bias), a.splat(L::UNIT));
            margin = a.add(margin, a.mul(row.sign, bias));
        }
        let rate = a.mul(factors.rate, row.weight);
        Score {
            margin,
            rate: a.mul(row.sign, rate),
            target: row.target,
        }
    }

    /// # Formula
    /// c comes with the sign that its rate had: u += c x; p += sign c α².
    #[inline(always)]
    fn apply<A: Rows, L: Slope>(
        &mut self,
        a: A,
        _registers: &mut (),
        rows: &mut Window<'_>,
        row: &Row<A::Real>,
        coefficient: A::Real,
        factors: StepFactors<A::Real>,
    ) {
        let to = (&mut *self.signal, &mut *self.tail);
        add_row(a, to, &self.tails, rows, row, coefficient);
        if self.bias_trained {
            let bias = a.mul_add(coefficient, factors.scale, a.load(self.bias));
            a.store(bias, self.bias);
        }
        self.memorize::<A, L>(a, rows, row, coefficient);
    }

    #[inline(always)]
    fn asks_ahead(&self) -> bool {
        self.tails.as_ref().is_some_and(TailRows::asks_ahead)
    }

    #[inline(always)]
    fn prefetch(&self, rows: &Window<'_>, [visit]: &[u32; 1]) {
        if let Some(tails) = &self.tails {
            tails.prefetch::<false>(rows.row(*visit));
        }
    }

    #[inline(always)]
    fn prefetch_places(&self, rows: &Window<'_>, [visit]: &[u32; 1]) {
        if let Some(tails) = &self.tails {
            tails.prefetch_start(rows.row(*visit));
        }
    }

    #[inline(always)]
    fn rescale<A: Rows>(&mut self, _a: A, _registers: &mut (), factors: &[f64]) {
        let columns = [&mut *self.signal, &mut *self.tail];
        for weights in columns.into_iter().flat_map(|all| all.chunks_exact_mut(W)) {
            let pairs = weights.iter_mut().zip(factors);
            pairs.for_each(|(u, factor)| *u *= factor);
        }
    }

    #[inline(always)]
    fn zero_lane<A: Rows>(&mut self, _a: A, _registers: &mut (), lane: usize) {
        let columns = [&mut *self.signal, &mut *self.tail];
        for weights in columns.into_iter().flat_map(|all| all.chunks_exact_mut(W)) {
            weights[lane] = 0.0;
        }
        self.bias[lane] = 0.0;
    }
}

impl<const W: usize, I: SpIndex> Summing<1> for Together<'_, I, W> {
    fn zero_sums(&self) -> Sums {
        Sums::zeros(self.signal.len(), self.tail.len(), W)
    }

    #[inline(always)]
    fn sum<A: Rows, L: Slope>(
        &self,
        a: A,
        sums: &mut Sums,
        rows: &Window<'_>,
        row: &Row<A::Real>,
        coefficient: A::Real,
    ) {
        let to = (&mut sums.signal[..], &mut sums.tail[..]);
        add_row(a, to, &self.tails, rows, row, coefficient);
        if self.bias_trained {
            let sum = a.add(a.load(&sums.bias), coefficient);
            a.store(sum, &mut sums.bias);
        }
    }

    #[inline(always)]
    fn memorizes(&self) -> bool {
        self.memorizes
    }

    #[inline(always)]
    fn memorize<A: Rows, L: Slope>(
        &self,
        a: A,
        rows: &mut Window<'_>,
        row: &Row<A::Real>,
        coefficient: A::Real,
    ) {
        if self.memorizes {
            let folded = a.mul(row.sign, coefficient);
            let p = a.mul_add(folded, a.load(&self.square), row.p);
            let place = row.start + rows.width() + W;
            a.store(p, &mut rows.memory_mut()[place..]);
        }
    }

    fn add_sums<A: Rows>(&mut self, a: A, sums: &Sums, factors: StepFactors<A::Real>) {
        add_sums(a, (self.signal, self.tail, self.bias), sums, factors.scale);
    }
}

/// Adds `c` times a row to numbers for signal and tail columns, which lie like the weights.
#[inline(always)]
fn add_row<A: Rows, I: SpIndex>(
    a: A,
    (signal, tail): (&mut [f64], &mut [f64]),
    tails: &Option<TailRows<'_, I>>,
    rows: &Window<'_>,
    row: &Row<A::Real>,
    c: A::Real,
) {
    let columns = &rows.memory()[row.start..][..rows.width()];
    for (numbers, x) in signal.chunks_exact_mut(A::WIDTH).zip(columns) {
        let stepped = a.mul_add(c, a.splat(*x), a.load(numbers));
        a.store(stepped, numbers);
    }
    if let Some(tails) = tails {
        let (columns, values) = tails.row(row.number);
        add_scaled(a, tail, c, columns, values);
    }
}

/// The dot products of signal columns, in whole eights, with each lane's weights, summed as
/// [`Rows::dots`] sums.
#[inline(always)]
fn signal_dots<A: Rows>(a: A, u: &[f64], columns: &[f64]) -> A::Real {
    let mut s = [a.splat(0.0); LINE];
    for (block, weights) in columns
        .as_chunks::<LINE>()
        .0
        .iter()
        .zip(u.chunks_exact(LINE * A::WIDTH))
    {
        for k in 0..LINE {
            s[k] = add_product(a, s[k], weights, k, block[k]);
        }
    }
    let pair = |i: usize| a.add(s[i], s[i + 4]);
    a.add(a.add(pair(0), pair(2)), a.add(pair(1), pair(3)))
}

/// The dot products of a tail with each lane's weights, summed as `tail::dot` sums.
#[inline(always)]
fn tail_dots<A: Rows, I: SpIndex>(a: A, u: &[f64], columns: &[I], values: &[f64]) -> A::Real {
    let (column_blocks, column_rest) = columns.as_chunks::<SUMS>();
    let (value_blocks, value_rest) = values.as_chunks::<SUMS>();
    let mut sums = [a.splat(0.0); SUMS];
    for (column, value) in column_blocks.iter().zip(value_blocks) {
        for k in 0..SUMS {
            sums[k] = add_product(a, sums[k], u, column[k].index(), value[k]);
        }
    }
    for k in 0..SUMS {
        let (Some(&column), Some(&value)) = (column_rest.get(k), value_rest.get(k)) else {
            break;
        };
        sums[k] = add_product(a, sums[k], u, column.index(), value);
    }
    a.add(a.add(sums[0], sums[2]), a.add(sums[1], sums[3]))
}

/// sum + u[column]·value.
#[inline(always)]
fn add_product<A: Rows>(a: A, sum: A::Real, u: &[f64], column: usize, value: f64) -> A::Real {
    a.mul_add(a.load(&u[column * A::WIDTH..]), a.splat(value), sum)
}

/// u[column] += c·value over a row.
#[inline(always)]
fn add_scaled<A: Rows, I: SpIndex>(a: A, u: &mut [f64], c: A::Real, columns: &[I], values: &[f64]) {
    for (column, &value) in columns.iter().zip(values) {
        let weights = &mut u[column.index() * A::WIDTH..];
        let stepped = a.mul_add(c, a.splat(value), a.load(weights));
        a.store(stepped, weights);
    }
}
