//! One step, and the order of its roundings.
//!
//! A step visits a row a lane, or a batch of them. With unscaled weights u (w = scale · u), rows x̃
//! (times their label where the loss folds signs) and p of a row's memorization weight, it is
//!
//! 1. score: s = u·x̃ + p, the sparse tail's part included;
//! 2. margin: t = s · scale, in units of the loss; plus the bias, which is not scaled;
//! 3. coefficient: c = rate · (−∂ℓ/∂z) at t, brought into the loss's range by [`clamp_margin`]; the
//!    rate is multiplied by the row's weight, where rows have weights;
//! 4. update: u += c x̃, p += c α², bias += c · scale.
//!
//! The [driver](crate::epoch) does the third part, and decides what happens between steps. A
//! [`Form`] does the others: it computes margins and applies coefficients, and nothing else. There
//! are four, as one would be slower (`docs/performance.md` has the figures), and the configuration
//! decides between them ([`Choice`]):
//!
//! | form | steps | what it saves |
//! |---|---|---|
//! | [`LookAhead`] | single rows of few signal columns | the dot product on the path from step to step |
//! | [`TailsAlone`] | single rows of one seed, sparse columns only | all that dense columns need |
//! | [`Together`] | lanes that visit the same rows in one order | reading a row for each lane |
//! | [`General`] | any | |
//!
//! [`LookAhead`] rounds in its own way, so that the configuration alone decides on it; the others round alike.
//! Each is written once for scalar and lanes.

mod arranged;
mod form;
mod general;
mod look_ahead;
mod tail;
mod tails_alone;
mod together;

use crate::layout::{Arrangement, LINE};
use sparsegrok_lanes::{LANES, WIDE};

use crate::shape::Shape;
use crate::sharing::Sharing;
use crate::spec::{BatchSize, Sgd};

pub(crate) use self::arranged::{Apart, Arranged, Common, Interleaved};
pub(crate) use self::form::{Form, Summing, Sums, clamp_margin};
pub(crate) use self::general::General;
pub(crate) use self::look_ahead::LookAhead;
pub(crate) use self::tail::TailRows;
pub(crate) use self::tails_alone::TailsAlone;
pub(crate) use self::together::Together;

/// Signal widths that [`LookAhead`] is compiled for. Narrower rows are padded to the next of them
/// by columns of zeros, which change no sum: compiling every width, for each loss, group size and
/// instruction set, took minutes.
pub(crate) const LOOK_AHEAD_WIDTHS: [usize; 3] = [5, 8, 16];

/// Visits between asking for a row's sparse tail and using it. A tail's step is long, so that fewer of
/// them than of packed rows' hide the memory's latency.
pub(crate) const TAILS_AHEAD: usize = 8;

/// The form that a run's steps take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// [`LookAhead`] over this many columns, one of [`LOOK_AHEAD_WIDTHS`], of rows so arranged.
    LookAhead(usize, Arrangement),
    /// [`TailsAlone`].
    TailsAlone,
    /// [`Together`].
    Together,
    /// [`General`].
    General,
}

impl Choice {
    /// The form for a configuration, training sets of a shape and a number of lanes.
    pub(crate) fn new(spec: &Sgd, shape: Shape, lanes: usize, sharing: Sharing) -> Self {
        let single = spec.batch_size == BatchSize::Rows(1);
        let fits = |width: &usize| (1..=*width).contains(&shape.signal);
        // A batch takes all margins at the same weights, and a bias or a tail would need an overlap of its
        // own: none of them can look ahead. Rows of a weight each are too rare for a loop of their own.
        let width = LOOK_AHEAD_WIDTHS.into_iter().find(fits);
        let arrangement = match sharing {
            _ if lanes == 1 => Arrangement::Apart,
            Sharing::Nothing => Arrangement::Apart,
            // Labels are folded into columns, which can be common only if labels are.
            Sharing::Order | Sharing::Columns => Arrangement::Interleaved,
            Sharing::Rows => Arrangement::Common,
        };
        match width {
            Some(width) if single && !spec.bias && shape.tail == 0 && !shape.weighted => {
                Self::LookAhead(width, arrangement)
            }
            _ if lanes > 1 && sharing >= Sharing::Columns => Self::Together,
            // In lanes each seed's tail is summed on its own anyway: the general form will do.
            None if single && lanes == 1 && shape.signal == 0 && shape.tail > 0 => Self::TailsAlone,
            _ => Self::General,
        }
    }

    /// Most lanes that it is compiled for.
    pub(crate) fn most_lanes(self) -> usize {
        match self {
            // More numbers than these would not fit the registers.
            Self::LookAhead(..=5, Arrangement::Common) => WIDE,
            _ => LANES,
        }
    }

    /// True where lanes have one visiting order.
    pub(crate) fn has_one_order(self) -> bool {
        match self {
            Self::LookAhead(_, arrangement) => arrangement != Arrangement::Apart,
            Self::Together => true,
            Self::TailsAlone | Self::General => false,
        }
    }

    /// Signal columns of a packed row, for a training set of `signal` columns.
    pub(crate) fn row_width(self, signal: usize) -> usize {
        match self {
            Self::LookAhead(width, _) => width,
            Self::TailsAlone | Self::Together | Self::General => signal.next_multiple_of(LINE),
        }
    }
}
