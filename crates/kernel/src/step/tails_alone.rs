//! Steps of one seed over sparse rows without signal columns.
//!
//! They are the steps of [`General`](super::General), operation for operation, without what such
//! rows do not have: they wait for the sigmoid and for the last step's weights, and for little else.

use sparsegrok_data::SpIndex;
use sparsegrok_lanes::{Rows, prefetch};

use super::form::{Form, Score};
use super::tail::{self, TailRows};
use crate::layout::Window;
use crate::loss::Slope;
use crate::pace::StepFactors;

/// Steps over sparse tails alone; `ONES`: all their non-zeros are 1.
pub(crate) struct TailsAlone<'w, I, const ONES: bool> {
    pub(crate) rows: TailRows<'w, I>,
    pub(crate) targets: &'w [f64],
    /// The rows' weights, if they have any.
    pub(crate) row_weights: Option<&'w [f64]>,
    /// Unscaled tail weights.
    pub(crate) tail: &'w mut [f64],
    pub(crate) bias: &'w mut f64,
    pub(crate) bias_trained: bool,
    /// α².
    pub(crate) square: f64,
}

/// The visited row.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    number: usize,
    start: usize,
    p: f64,
    target: f64,
    /// The target where the loss folds signs, else 1.
    sign: f64,
    /// The row's weight; 1 where rows have none.
    weight: f64,
}

impl<I: SpIndex, const ONES: bool> Form<1> for TailsAlone<'_, I, ONES> {
    type Registers<A: Rows> = ();

    type Row<A: Rows> = Row;

    #[inline(always)]
    fn begin<A: Rows>(&self, _a: A) {}

    #[inline(always)]
    fn read<A: Rows, L: Slope>(
        &self,
        _a: A,
        _registers: &(),
        rows: &Window<'_>,
        [visit]: &[u32; 1],
    ) -> Row {
        let number = rows.row(*visit);
        let [start, ..] = rows.starts(&[*visit]);
        // From the dataset, whose targets lie side by side, rather than from the packed row.
        let target = self.targets[number];
        Row {
            number,
            start,
            // Nothing is packed of rows that have no memorization column.
            p: if self.square != 0.0 {
                rows.memory()[start]
            } else {
                0.0
            },
            target,
            sign: if L::FOLDS_SIGN { target } else { 1.0 },
            weight: self.row_weights.map_or(1.0, |weights| weights[number]),
        }
    }

    /// # Formula
    /// With sign = y where the loss folds signs, else 1:
    /// t = (u·x + sign p)(sign scale) + sign bias. Signs change no rounding, and here they are ready
    /// before the tail is summed, off the path that the next step waits for.
    #[inline(always)]
    fn score<A: Rows, L: Slope>(
        &self,
        a: A,
        _registers: &(),
        _rows: &Window<'_>,
        row: &Row,
        factors: StepFactors<A::Real>,
    ) -> Score<A> {
        let (columns, values) = self.rows.row(row.number);
        let score = tail::dot_of::<ONES, _>(self.tail, columns, values);
        let scale = row.sign * (number(a, factors.margin) * L::UNIT);
        let mut margin = (score + row.sign * row.p) * scale;
        if self.bias_trained {
            margin += row.sign * (*self.bias * L::UNIT);
        }
        Score {
            margin: a.splat(margin),
            rate: a.splat(row.sign * (number(a, factors.rate) * row.weight)),
            target: a.splat(row.target),
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
        row: &Row,
        coefficient: A::Real,
        factors: StepFactors<A::Real>,
    ) {
        let c = number(a, coefficient);
        // The rate had the label's sign, and so has c: the tail, which is not stored folded, takes it as it
        // is, and only the memorization part is folded back.
        let (columns, values) = self.rows.row(row.number);
        tail::add_scaled_of::<ONES, _>(self.tail, c, columns, values);
        if self.square != 0.0 {
            rows.memory_mut()[row.start] = (row.sign * c).mul_add(self.square, row.p);
        }
        if self.bias_trained {
            *self.bias = c.mul_add(number(a, factors.scale), *self.bias);
        }
    }

    #[inline(always)]
    fn asks_ahead(&self) -> bool {
        self.rows.asks_ahead()
    }

    #[inline(always)]
    fn prefetch(&self, rows: &Window<'_>, [visit]: &[u32; 1]) {
        self.rows.prefetch::<ONES>(rows.row(*visit));
    }

    #[inline(always)]
    fn prefetch_places(&self, rows: &Window<'_>, [visit]: &[u32; 1]) {
        let row = rows.row(*visit);
        self.rows.prefetch_start(row);
        prefetch(&self.targets[row]);
    }

    #[inline(always)]
    fn rescale<A: Rows>(&mut self, _a: A, _registers: &mut (), factors: &[f64]) {
        self.tail.iter_mut().for_each(|u| *u *= factors[0]);
    }

    #[inline(always)]
    fn zero_lane<A: Rows>(&mut self, _a: A, _registers: &mut (), _lane: usize) {
        self.tail.fill(0.0);
        *self.bias = 0.0;
    }
}

/// The one number of a lane; a move between registers.
#[inline(always)]
fn number<A: Rows>(a: A, of: A::Real) -> f64 {
    let mut number = [0.0];
    a.store(of, &mut number);
    number[0]
}
