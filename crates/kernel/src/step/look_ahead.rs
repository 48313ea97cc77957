//! Steps that look ahead: single rows over a few signal columns.
//!
//! The next row's score is computed *before* the current step's coefficient c is known,
//! u′·x′ = u·x′ + c (x·x′), so that the dot products leave the chain of dependent operations: from
//! one coefficient to the next there are only an fma and the slope. This changes the rounding, so
//! that scalar and lanes both do it.

use std::marker::PhantomData;

use sparsegrok_lanes::Rows;

use super::arranged::Arranged;
use super::form::{Form, Score};
use crate::layout::Window;
use crate::loss::Slope;
use crate::pace::StepFactors;

/// Look-ahead steps over `D` columns of rows in an arrangement.
pub(crate) struct LookAhead<'w, R, const W: usize, const D: usize> {
    /// The arrangement of rows.
    pub(crate) arrangement: PhantomData<R>,
    /// Unscaled signal weights, by lane, then column.
    pub(crate) signal: &'w mut [f64],
    /// α² of each lane.
    pub(crate) square: [f64; W],
}

/// The weights between steps, which still lack the last step.
#[derive(Clone, Copy)]
pub(crate) struct Registers<A: Rows, const D: usize> {
    columns: [Column<A::Real>; D],
    last_coefficient: A::Real,
}

/// One signal column. Weights and last row stand column by column: as arrays of their own, the
/// compiler would also carry each as one vector through the scalar steps, for want of registers.
#[derive(Clone, Copy)]
struct Column<R> {
    weight: R,
    /// The last step's row.
    last: R,
}

/// The visited row of each lane.
#[derive(Clone, Copy)]
pub(crate) struct Row<A: Rows, P: Copy, const D: usize> {
    start: P,
    x: [A::Real; D],
    p: A::Real,
    target: A::Real,
}

impl<R, const W: usize, const V: usize, const D: usize> Form<V> for LookAhead<'_, R, W, D>
where
    R: Arranged<V>,
{
    type Registers<A: Rows> = Registers<A, D>;

    type Row<A: Rows> = Row<A, R::Start, D>;

    #[inline(always)]
    fn begin<A: Rows>(&self, a: A) -> Registers<A, D> {
        let zero = a.splat(0.0);
        let mut registers = Registers {
            columns: [Column {
                weight: zero,
                last: zero,
            }; D],
            last_coefficient: zero,
        };
        // Weights lie lane by lane in memory, as a state keeps them; a register holds one column of all lanes.
        let mut columns = [[0.0; W]; D];
        for (lane, signal) in self.signal.chunks_exact(D).enumerate() {
            for (column, weight) in columns.iter_mut().zip(signal) {
                column[lane] = *weight;
            }
        }
        for j in 0..D {
            registers.columns[j].weight = a.load(&columns[j]);
        }
        registers
    }

    #[inline(always)]
    fn read<A: Rows, L: Slope>(
        &self,
        a: A,
        _registers: &Registers<A, D>,
        rows: &Window<'_>,
        visit: &[u32; V],
    ) -> Row<A, R::Start, D> {
        let start = R::start(rows, visit);
        let x = R::columns::<A, D>(a, rows, &start);
        // Known when compiled: a loss that folds signs does not read the target.
        let [p, target] = if L::FOLDS_SIGN {
            R::part_and_target::<A, D, false>(a, rows, &start)
        } else {
            R::part_and_target::<A, D, true>(a, rows, &start)
        };
        Row {
            start,
            x,
            p,
            target,
        }
    }

    /// # Formula
    /// t = c·(scale x·x̃) + scale (u·x̃ + p), c and x of the step before.
    #[inline(always)]
    fn score<A: Rows, L: Slope>(
        &self,
        a: A,
        registers: &Registers<A, D>,
        _rows: &Window<'_>,
        row: &Row<A, R::Start, D>,
        factors: StepFactors<A::Real>,
    ) -> Score<A> {
        // Two chains side by side, one of the weights and one of the overlap of this row with the last:
        // neither needs the last coefficient, so that both run while its slope is still computed. The
        // order of the columns fixes the rounding, in scalar and in lanes alike.
        let Registers { columns, .. } = registers;
        let mut score = a.mul(columns[0].weight, row.x[0]);
        let mut overlap = a.mul(columns[0].last, row.x[0]);
        for j in 1..D {
            score = a.mul_add(columns[j].weight, row.x[j], score);
            overlap = a.mul_add(columns[j].last, row.x[j], overlap);
        }
        let scale = a.mul(factors.margin, a.splat(L::UNIT));
        Score {
            // Only this fma waits for the last coefficient.
            margin: a.mul_add(
                registers.last_coefficient,
                a.mul(overlap, scale),
                a.mul(a.add(score, row.p), scale),
            ),
            rate: factors.rate,
            target: row.target,
        }
    }

    /// # Formula
    /// u += c x of the step before.
    #[inline(always)]
    fn prepare<A: Rows>(&self, a: A, registers: &mut Registers<A, D>) {
        let last = registers.last_coefficient;
        for j in 0..D {
            let Column { weight, last: x } = registers.columns[j];
            registers.columns[j].weight = a.mul_add(last, x, weight);
        }
    }

    /// # Formula
    /// p += c α².
    #[inline(always)]
    fn apply<A: Rows, L: Slope>(
        &mut self,
        a: A,
        registers: &mut Registers<A, D>,
        rows: &mut Window<'_>,
        row: &Row<A, R::Start, D>,
        coefficient: A::Real,
        _factors: StepFactors<A::Real>,
    ) {
        // The signal weights are not touched yet: the step is remembered as a coefficient and a row, and
        // the next step's `prepare` adds it. The row's own memorization part cannot wait, as the next
        // visit may be to the same row.
        for j in 0..D {
            registers.columns[j].last = row.x[j];
        }
        registers.last_coefficient = coefficient;
        let p = a.mul_add(coefficient, a.load(&self.square), row.p);
        R::set_part::<A, D>(a, p, rows, &row.start);
    }

    #[inline(always)]
    fn rescale<A: Rows>(&mut self, a: A, registers: &mut Registers<A, D>, factors: &[f64]) {
        registers.rescale(a, a.load(factors));
    }

    #[inline(always)]
    fn zero_lane<A: Rows>(&mut self, a: A, registers: &mut Registers<A, D>, lane: usize) {
        registers.zero_lane::<W>(a, lane);
    }

    #[inline(always)]
    fn finish<A: Rows>(&mut self, a: A, mut registers: Registers<A, D>) {
        // Between epochs weights are whole: the last step, which still stands apart, is added.
        Form::<V>::prepare(self, a, &mut registers);
        let mut columns = [[0.0; W]; D];
        for j in 0..D {
            a.store(registers.columns[j].weight, &mut columns[j]);
        }
        for (lane, signal) in self.signal.chunks_exact_mut(D).enumerate() {
            for (column, weight) in columns.iter().zip(signal) {
                *weight = column[lane];
            }
        }
    }
}

// The only code on weights that is not inlined: the compiler would otherwise carry them in vectors
// from here into the hot loop of the scalar kernel, which then takes 16.1 ns a step instead of 13.8.
impl<A: Rows, const D: usize> Registers<A, D> {
    /// Multiplies all weights by a factor a lane, the last step's contribution included.
    #[cold]
    #[inline(never)]
    fn rescale(&mut self, a: A, factor: A::Real) {
        for column in &mut self.columns {
            column.weight = a.mul(column.weight, factor);
        }
        // The step that is not yet added is in the same units as the weights.
        self.last_coefficient = a.mul(self.last_coefficient, factor);
    }

    /// Sets one lane's weights to zero, the last step's contribution included.
    #[cold]
    #[inline(never)]
    fn zero_lane<const W: usize>(&mut self, a: A, lane: usize) {
        let zeroed = |value: A::Real| {
            let mut lanes = [0.0; W];
            a.store(value, &mut lanes);
            lanes[lane] = 0.0;
            a.load(&lanes)
        };
        for column in &mut self.columns {
            column.weight = zeroed(column.weight);
            column.last = zeroed(column.last);
        }
        self.last_coefficient = zeroed(self.last_coefficient);
    }
}
