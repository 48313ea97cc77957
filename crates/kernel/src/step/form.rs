//! The interface of all forms of steps: margins out, coefficients in.

use sparsegrok_lanes::{Arithmetic, Rows};

use crate::layout::Window;
use crate::loss::Slope;
use crate::pace::StepFactors;

/// A form of steps: how margins are computed and coefficients applied. A step visits V rows: one a lane,
/// or one that all lanes share.
///
/// Methods that take [`Registers`](Form::Registers) or rows must be `#[inline(always)]`, as all
/// code on the way of a step.
pub(crate) trait Form<const V: usize> {
    /// Values that live in registers from step to step. The hot loop works on a copy of its own, so
    /// that nothing done to them between its runs can keep them in memory.
    type Registers<A: Rows>: Copy;

    /// Values read of the visited rows, kept from their margins to their updates.
    type Row<A: Rows>: Copy;

    /// Begins an epoch: loads the registers.
    fn begin<A: Rows>(&self, a: A) -> Self::Registers<A>;

    /// Reads the visited rows.
    fn read<A: Rows, L: Slope>(
        &self,
        a: A,
        registers: &Self::Registers<A>,
        rows: &Window<'_>,
        visit: &[u32; V],
    ) -> Self::Row<A>;

    /// Computes the margins of visited rows, from the weights before the step.
    fn score<A: Rows, L: Slope>(
        &self,
        a: A,
        registers: &Self::Registers<A>,
        rows: &Window<'_>,
        row: &Self::Row<A>,
        factors: StepFactors<A::Real>,
    ) -> Score<A>;

    /// Does the part of a step that does not need its coefficient, once the step is sure to be taken: the
    /// processor does it while it waits for the slope.
    #[inline(always)]
    fn prepare<A: Rows>(&self, _a: A, _registers: &mut Self::Registers<A>) {}

    /// Adds `coefficient` times each visited row to the weights, memorization and bias included.
    fn apply<A: Rows, L: Slope>(
        &mut self,
        a: A,
        registers: &mut Self::Registers<A>,
        rows: &mut Window<'_>,
        row: &Self::Row<A>,
        coefficient: A::Real,
        factors: StepFactors<A::Real>,
    );

    /// True where rows have parts that are not packed, and too large to lie in a core's cache anyway.
    #[inline(always)]
    fn asks_ahead(&self) -> bool {
        false
    }

    /// Prefetches those parts of the rows of a coming visit that are not packed.
    #[inline(always)]
    fn prefetch(&self, _rows: &Window<'_>, _visit: &[u32; V]) {}

    /// Prefetches, earlier still, the places at which [`prefetch`](Self::prefetch) will find those
    /// parts: it would itself wait for them otherwise.
    #[inline(always)]
    fn prefetch_places(&self, _rows: &Window<'_>, _visit: &[u32; V]) {}

    /// Multiplies all weights but those in packed rows by a factor a lane.
    fn rescale<A: Rows>(&mut self, a: A, registers: &mut Self::Registers<A>, factors: &[f64]);

    /// Sets all weights of a lane but those in packed rows to zero.
    fn zero_lane<A: Rows>(&mut self, a: A, registers: &mut Self::Registers<A>, lane: usize);

    /// Ends an epoch: writes the registers back.
    #[inline(always)]
    fn finish<A: Rows>(&mut self, _a: A, _registers: Self::Registers<A>) {}
}

/// Sums of coefficients times rows, a number for each weight, as the weights lie in their form.
#[derive(Clone, Debug)]
pub(crate) struct Sums {
    pub(crate) signal: Vec<f64>,
    pub(crate) tail: Vec<f64>,
    /// By lane.
    pub(crate) bias: Vec<f64>,
}

impl Sums {
    /// Sums of nothing, of so many signal and tail weights and lanes.
    pub(crate) fn zeros(signal: usize, tail: usize, lanes: usize) -> Self {
        Self {
            signal: vec![0.0; signal],
            tail: vec![0.0; tail],
            bias: vec![0.0; lanes],
        }
    }

    /// Adds other sums, number by number.
    pub(crate) fn add(&mut self, other: &Self) {
        let parts = [
            (&mut self.signal, &other.signal),
            (&mut self.tail, &other.tail),
            (&mut self.bias, &other.bias),
        ];
        for (sums, others) in parts {
            sums.iter_mut()
                .zip(others)
                .for_each(|(sum, other)| *sum += other);
        }
    }
}

/// A form whose steps can be taken in two parts: sums over the rows of a batch, and their addition to the
/// weights.
pub(crate) trait Summing<const V: usize>: Form<V> {
    /// Sums of nothing.
    fn zero_sums(&self) -> Sums;

    /// Adds `coefficient` times each visited row to sums. The memorization parts are left as they are.
    fn sum<A: Rows, L: Slope>(
        &self,
        a: A,
        sums: &mut Sums,
        rows: &Window<'_>,
        row: &Self::Row<A>,
        coefficient: A::Real,
    );

    /// True where a lane memorizes.
    fn memorizes(&self) -> bool;

    /// Adds `coefficient` times each visited row's memorization column to its weight.
    fn memorize<A: Rows, L: Slope>(
        &self,
        a: A,
        rows: &mut Window<'_>,
        row: &Self::Row<A>,
        coefficient: A::Real,
    );

    /// Adds sums to the weights.
    fn add_sums<A: Rows>(&mut self, a: A, sums: &Sums, factors: StepFactors<A::Real>);
}

/// The numbers that the slope of the loss is taken at.
pub(crate) struct Score<A: Arithmetic> {
    /// The margin, or the score where the loss folds no sign, in units of the loss.
    pub(crate) margin: A::Real,
    /// The step of the unscaled weights for a unit slope.
    pub(crate) rate: A::Real,
    /// The target, where the loss needs it.
    pub(crate) target: A::Real,
}

impl<A: Arithmetic> Score<A> {
    /// The multiple of its row that a step adds to the weights. The margin must be within the
    /// loss's range: [`clamp_margin`] sees to that.
    #[inline(always)]
    pub(crate) fn coefficient<L: Slope>(self, a: A) -> A::Real {
        L::weight(a, self.rate, self.margin, self.target)
    }
}

/// Brings margins beyond the slope's range back to it; false where one is not finite.
///
/// Ordinary margins only pass a well-predicted test: the minimum and maximum that bring others back
/// stay out of the chain of operations each step waits for.
#[inline(always)]
pub(crate) fn clamp_margin<A: Arithmetic, L: Slope>(a: A, margin: &mut A::Real) -> bool {
    if a.all_within(*margin, L::MARGIN_LIMIT) {
        return true;
    }
    // Beyond the largest number, or not a number: the comparison is false for NaN.
    if !a.all_within(*margin, f64::MAX) {
        return false;
    }
    *margin = a.clamp(*margin, L::MARGIN_LIMIT);
    true
}

/// Adds sums to the weights of signal and tail columns and of the bias, which is scaled.
pub(super) fn add_sums<A: Arithmetic>(
    a: A,
    (signal, tail, bias): (&mut [f64], &mut [f64], &mut [f64]),
    sums: &Sums,
    scale: A::Real,
) {
    for (weights, sums) in [(signal, &sums.signal), (tail, &sums.tail)] {
        let pairs = weights.iter_mut().zip(sums);
        pairs.for_each(|(weight, sum)| *weight += sum);
    }
    let stepped = a.mul_add(a.load(&sums.bias), scale, a.load(bias));
    a.store(stepped, bias);
}
