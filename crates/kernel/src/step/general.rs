//! Steps of any kind: batches, an intercept, wide rows, sparse tails beside signal columns.

use sparsegrok_data::{Csr, Dataset, SparseRow};
use sparsegrok_lanes::Rows;

use super::form::{Form, Score, Summing, Sums, add_sums};
use super::tail;
use crate::layout::Window;
use crate::loss::Slope;
use crate::pace::StepFactors;

/// Steps of any kind.
pub(crate) struct General<'w, const W: usize> {
    pub(crate) data: [&'w Dataset; W],
    /// The weights of each lane's rows, if they have any.
    pub(crate) row_weights: [Option<&'w [f64]>; W],
    /// Unscaled signal weights, by lane, then column, as wide as the packed rows.
    pub(crate) signal: &'w mut [f64],
    /// Unscaled tail weights, by lane, then column.
    pub(crate) tail: &'w mut [f64],
    pub(crate) tail_width: usize,
    pub(crate) bias: &'w mut [f64; W],
    pub(crate) bias_trained: bool,
    /// α² of each lane.
    pub(crate) square: [f64; W],
}

/// The visited row of each lane.
#[derive(Clone, Copy)]
pub(crate) struct Row<R, const W: usize> {
    visit: [u32; W],
    starts: [usize; W],
    p: R,
    /// The target, where it is [needed](General::needs_target).
    target: R,
    /// The row's weight; 1 where rows have none.
    weight: R,
}

impl<const W: usize> Form<W> for General<'_, W> {
    type Registers<A: Rows> = ();

    type Row<A: Rows> = Row<A::Real, W>;

    #[inline(always)]
    fn begin<A: Rows>(&self, _a: A) {}

    #[inline(always)]
    fn read<A: Rows, L: Slope>(
        &self,
        a: A,
        _registers: &(),
        rows: &Window<'_>,
        visit: &[u32; W],
    ) -> Row<A::Real, W> {
        let starts = rows.starts(visit);
        // A load a lane, which most steps can do without.
        let mut target = a.splat(0.0);
        if self.needs_target::<L>() {
            target = a.column(rows.memory(), &starts, rows.width() + 1);
        }
        let mut weight = a.splat(1.0);
        if self.row_weights[0].is_some() {
            let of_lane =
                |lane: usize| self.row_weights[lane].map(|all| all[rows.row(visit[lane])]);
            let weights: [f64; W] = std::array::from_fn(|lane| of_lane(lane).unwrap_or(1.0));
            weight = a.load(&weights);
        }
        Row {
            visit: *visit,
            starts,
            p: a.column(rows.memory(), &starts, rows.width()),
            target,
            weight,
        }
    }

    /// # Formula
    /// With y = 1 where the loss folds no sign:
    /// t = (u·x̃ + y u_tail·x_tail + p) scale + y bias.
    #[inline(always)]
    fn score<A: Rows, L: Slope>(
        &self,
        a: A,
        _registers: &(),
        rows: &Window<'_>,
        row: &Row<A::Real, W>,
        factors: StepFactors<A::Real>,
    ) -> Score<A> {
        let mut score = a.dots(self.signal, rows.memory(), &row.starts, rows.width());
        // The same in every step of a run: branches that are always predicted.
        if self.tail_width > 0 {
            // Lane by lane: each has columns of its own, which no vector load could fetch.
            let mut tails = [0.0; W];
            for lane in 0..W {
                let weights = &self.tail[lane * self.tail_width..][..self.tail_width];
                tails[lane] = tail::dot(weights, self.tails().row(rows, &row.visit, lane));
            }
            score = a.add(score, fold_sign::<A, L>(a, row.target, a.load(&tails)));
        }
        // One factor for the scale and the loss's unit: p and the columns are unscaled alike, so that one
        // multiplication, and one rounding, serves them all.
        let scale = a.mul(factors.margin, a.splat(L::UNIT));
        let mut margin = a.mul(a.add(score, row.p), scale);
        if self.bias_trained {
            let bias = a.mul(a.load(self.bias), a.splat(L::UNIT));
            margin = a.add(margin, fold_sign::<A, L>(a, row.target, bias));
        }
        Score {
            margin,
            // By 1 where rows have no weights, which rounds nothing.
            rate: a.mul(factors.rate, row.weight),
            target: row.target,
        }
    }

    #[inline(always)]
    fn apply<A: Rows, L: Slope>(
        &mut self,
        a: A,
        _registers: &mut (),
        rows: &mut Window<'_>,
        row: &Row<A::Real, W>,
        coefficient: A::Real,
        factors: StepFactors<A::Real>,
    ) {
        let tails = self.tails();
        let bias = self.bias_trained.then_some(&mut *self.bias);
        let to = (&mut *self.signal, &mut *self.tail);
        let signed = tails.add::<A, L>(a, to, rows, row, coefficient);
        if let Some(bias) = bias {
            // The bias is not stored unscaled, as it does not decay: c, which is, is scaled back.
            let stepped = a.mul_add(signed, factors.scale, a.load(bias));
            a.store(stepped, bias);
        }
        self.memorize::<A, L>(a, rows, row, coefficient);
    }

    #[inline(always)]
    fn asks_ahead(&self) -> bool {
        let tails = self.data.iter().filter_map(|data| data.features().tail());
        tail::asks_ahead(tails.map(Csr::nnz).sum())
    }

    #[inline(always)]
    fn prefetch(&self, rows: &Window<'_>, visit: &[u32; W]) {
        for lane in 0..W {
            tail::prefetch_row(self.tails().row(rows, visit, lane));
        }
    }

    #[inline(always)]
    fn rescale<A: Rows>(&mut self, _a: A, _registers: &mut (), factors: &[f64]) {
        for weights in [&mut *self.signal, &mut *self.tail] {
            let width = weights.len() / W;
            for (lane, factor) in factors.iter().enumerate() {
                let of_lane = &mut weights[lane * width..][..width];
                of_lane.iter_mut().for_each(|u| *u *= factor);
            }
        }
    }

    #[inline(always)]
    fn zero_lane<A: Rows>(&mut self, _a: A, _registers: &mut (), lane: usize) {
        let width = self.signal.len() / W;
        self.signal[lane * width..][..width].fill(0.0);
        self.tail[lane * self.tail_width..][..self.tail_width].fill(0.0);
        self.bias[lane] = 0.0;
    }
}

impl<const W: usize> Summing<W> for General<'_, W> {
    fn zero_sums(&self) -> Sums {
        Sums::zeros(self.signal.len(), self.tail.len(), W)
    }

    #[inline(always)]
    fn sum<A: Rows, L: Slope>(
        &self,
        a: A,
        sums: &mut Sums,
        rows: &Window<'_>,
        row: &Row<A::Real, W>,
        coefficient: A::Real,
    ) {
        let to = (&mut sums.signal[..], &mut sums.tail[..]);
        let signed = self.tails().add::<A, L>(a, to, rows, row, coefficient);
        if self.bias_trained {
            let sum = a.add(a.load(&sums.bias), signed);
            a.store(sum, &mut sums.bias);
        }
    }

    #[inline(always)]
    fn memorizes(&self) -> bool {
        self.square.iter().any(|&square| square != 0.0)
    }

    #[inline(always)]
    fn memorize<A: Rows, L: Slope>(
        &self,
        a: A,
        rows: &mut Window<'_>,
        row: &Row<A::Real, W>,
        coefficient: A::Real,
    ) {
        let p = a.mul_add(coefficient, a.load(&self.square), row.p);
        let width = rows.width();
        a.scatter(p, rows.memory_mut(), &row.starts, width);
    }

    fn add_sums<A: Rows>(&mut self, a: A, sums: &Sums, factors: StepFactors<A::Real>) {
        add_sums(a, (self.signal, self.tail, self.bias), sums, factors.scale);
    }
}

/// The tails of the lanes' rows.
#[derive(Clone, Copy)]
struct Tails<'w, const W: usize> {
    data: [&'w Dataset; W],
    width: usize,
}

impl<'w, const W: usize> Tails<'w, W> {
    /// Adds `coefficient` times each visited row to numbers for signal and tail columns, which lie like the
    /// weights; returns the coefficient for columns without their label.
    #[inline(always)]
    fn add<A: Rows, L: Slope>(
        &self,
        a: A,
        (signal, tail): (&mut [f64], &mut [f64]),
        rows: &Window<'_>,
        row: &Row<A::Real, W>,
        coefficient: A::Real,
    ) -> A::Real {
        // The packed columns carry their label, so that c is added as it is.
        let width = rows.width();
        a.add_scaled(coefficient, signal, rows.memory(), &row.starts, width);
        // Packed rows have their label folded in; weights outside of them need the coefficient's sign.
        let signed = fold_sign::<A, L>(a, row.target, coefficient);
        if self.width > 0 {
            let mut steps = [0.0; W];
            a.store(signed, &mut steps);
            for lane in 0..W {
                let sparse = self.row(rows, &row.visit, lane);
                let numbers = &mut tail[lane * self.width..][..self.width];
                tail::add_scaled(numbers, steps[lane], sparse);
            }
        }
        signed
    }

    /// The sparse tail of a lane's visited row.
    #[inline(always)]
    fn row(&self, rows: &Window<'_>, visit: &[u32; W], lane: usize) -> SparseRow<'w> {
        self.data[lane].features().tail_row(rows.row(visit[lane]))
    }
}

impl<'w, const W: usize> General<'w, W> {
    /// True where a step needs its rows' targets. Where signs are folded into the packed columns,
    /// only the other parts need the label.
    #[inline(always)]
    fn needs_target<L: Slope>(&self) -> bool {
        !L::FOLDS_SIGN || self.tail_width > 0 || self.bias_trained
    }

    /// The tails of the lanes' rows.
    #[inline(always)]
    fn tails(&self) -> Tails<'w, W> {
        Tails {
            data: self.data,
            width: self.tail_width,
        }
    }
}

/// y·x where the loss folds signs, else x.
#[inline(always)]
fn fold_sign<A: Rows, L: Slope>(a: A, target: A::Real, x: A::Real) -> A::Real {
    if L::FOLDS_SIGN { a.mul(target, x) } else { x }
}
