//! One step, and the order of its roundings.
//!
//! A step visits a row a lane, or a batch of them. With unscaled weights u (w = scale · u), rows x̃
//! (times their label where the loss folds signs) and p of a row's memorization weight, it is
//!
//! 1. score: s = u·x̃ + p, the sparse tail's part included;
//! 2. margin: t = s · scale, in units of the loss; plus the bias, which is not scaled;
//! 3. coefficient: c = rate · (−∂ℓ/∂z) at t, brought into the loss's range by [`clamp_margin`];
//! 4. update: u += c x̃, p += c α², bias += c · scale.
//!
//! The [driver](crate::epoch) does the third part, and decides what happens between steps. A
//! [`Form`] does the others: it computes margins and applies coefficients, and nothing else. There
//! are three, as one would be slower (`docs/performance.md` has the figures), and the configuration
//! alone decides between them ([`Choice`]), since their sums round differently:
//!
//! | form | steps | what it saves |
//! |---|---|---|
//! | [`LookAhead`] | single rows of few signal columns | the dot product on the path from step to step |
//! | [`TailsAlone`] | single rows of one seed, sparse columns only | all that dense columns need |
//! | [`General`] | any | |
//!
//! [`TailsAlone`] rounds as [`General`] does. Each is written once for scalar and lanes.

mod general;
mod look_ahead;
mod tail;
mod tails_alone;

use sparsegrok_lanes::{Arithmetic, Rows};

use crate::layout::{LINE, Window};
use crate::loss::Slope;
use crate::scale::StepFactors;
use crate::shape::Shape;
use crate::spec::{BatchSize, TrainSpec};

pub(crate) use self::general::General;
pub(crate) use self::look_ahead::LookAhead;
pub(crate) use self::tails_alone::TailsAlone;

/// Signal widths that [`LookAhead`] is compiled for. Narrower rows are padded to the next of them
/// by columns of zeros, which change no sum: compiling every width, for each loss, group size and
/// instruction set, took minutes.
pub(crate) const LOOK_AHEAD_WIDTHS: [usize; 3] = [5, 8, 16];

/// Visits between asking for a row's sparse tail and using it.
pub(crate) const TAILS_AHEAD: usize = 4;

/// The form that a run's steps take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// [`LookAhead`] over this many columns, one of [`LOOK_AHEAD_WIDTHS`].
    LookAhead(usize),
    /// [`TailsAlone`].
    TailsAlone,
    /// [`General`].
    General,
}

impl Choice {
    /// The form for a configuration, a training set and a number of lanes.
    pub(crate) fn new(spec: &TrainSpec, shape: Shape, lanes: usize) -> Self {
        let single = spec.batch_size == BatchSize::Rows(1);
        let fits = |width: &usize| (1..=*width).contains(&shape.signal);
        let width = LOOK_AHEAD_WIDTHS.into_iter().find(fits);
        match width {
            Some(width) if single && !spec.bias && shape.tail == 0 => Self::LookAhead(width),
            // In lanes each seed's tail is summed on its own anyway: the general form will do.
            None if single && lanes == 1 && shape.signal == 0 && shape.tail > 0 => Self::TailsAlone,
            _ => Self::General,
        }
    }

    /// Signal columns of a packed row, for a training set of `signal` columns.
    pub(crate) fn row_width(self, signal: usize) -> usize {
        match self {
            Self::LookAhead(width) => width,
            Self::TailsAlone | Self::General => signal.next_multiple_of(LINE),
        }
    }
}

/// A form of steps: how margins are computed and coefficients applied.
///
/// Methods that take [`Registers`](Form::Registers) or rows must be `#[inline(always)]`, as all
/// code on the way of a step.
pub(crate) trait Form<const W: usize> {
    /// True where each step is over a single row a lane.
    const SINGLE_ROW: bool;

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
        visit: &[u32; W],
    ) -> Self::Row<A>;

    /// Computes the margins of visited rows, from the weights before the step.
    fn score<A: Rows, L: Slope>(
        &self,
        a: A,
        registers: &Self::Registers<A>,
        rows: &Window<'_>,
        row: &Self::Row<A>,
        factors: StepFactors,
    ) -> Score<A>;

    /// Does what of a step does not need its coefficient, once the step is sure to be taken: the
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
        factors: StepFactors,
    );

    /// Asks for what of the rows of a coming visit is not packed.
    #[inline(always)]
    fn prefetch(&self, _rows: &Window<'_>, _visit: &[u32; W]) {}

    /// Multiplies all weights but those in packed rows.
    fn rescale<A: Rows>(&mut self, a: A, registers: &mut Self::Registers<A>, factor: f64);

    /// Sets all weights of a lane but those in packed rows to zero.
    fn zero_lane<A: Rows>(&mut self, a: A, registers: &mut Self::Registers<A>, lane: usize);

    /// Ends an epoch: writes the registers back.
    #[inline(always)]
    fn finish<A: Rows>(&mut self, _a: A, _registers: Self::Registers<A>) {}
}

/// The quantities that the slope of the loss is computed from.
pub(crate) struct Score<A: Arithmetic> {
    /// The margin, or the score where the loss folds no sign, in units of the loss.
    pub(crate) margin: A::Real,
    /// The multiple of the row that a unit slope adds to the unscaled weights.
    pub(crate) rate: A::Real,
    /// The target, where the loss needs it.
    pub(crate) target: A::Real,
}

impl<A: Arithmetic> Score<A> {
    /// The multiple of its row that a step adds to the weights. The margin must be within the
    /// loss's range: [`clamp_margin`] sees to that.
    #[inline(always)]
    pub(crate) fn coefficient<L: Slope>(self, a: A, slope: L) -> A::Real {
        slope.weight(a, self.rate, self.margin, self.target)
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
    if !a.all_within(*margin, f64::MAX) {
        return false;
    }
    *margin = a.clamp(*margin, L::MARGIN_LIMIT);
    true
}
