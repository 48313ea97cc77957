//! Losses: their value, and the slope that drives an update.

use sparsegrok_lanes::{Arithmetic, LOG2_E, SIGMOID_MAX, Scalar, softplus_in, weighted_sigmoid};

/// Loss of one row, of its score z and target y.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// log(1 + e^(−yz)), y = ±1.
    Logistic,
    /// ½(z − y)², y real.
    Squared,
    /// max(0, 1 − yz), y = ±1.
    Hinge,
}

impl Loss {
    /// Loss of score `z` for target `y`.
    #[inline(always)]
    pub fn value(self, z: f64, y: f64) -> f64 {
        self.values(Scalar(()), z, y)
    }

    /// As [`value`](Self::value), of one score or of eight.
    #[inline(always)]
    pub(crate) fn values<A: Arithmetic>(self, a: A, z: A::Real, y: A::Real) -> A::Real {
        match self {
            Self::Logistic => softplus_in(a, a.mul(y, z)),
            Self::Squared => {
                let off = a.sub(z, y);
                a.mul(a.mul(a.splat(0.5), off), off)
            }
            Self::Hinge => a.max(a.sub(a.splat(1.0), a.mul(y, z)), a.splat(0.0)),
        }
    }

    /// True when targets must be ±1.
    pub fn needs_signs(self) -> bool {
        self != Self::Squared
    }
}

/// The slope of a loss, in the form the update uses.
///
/// Rows of a sign-folding loss are stored multiplied by their label, x̃ = yx; then the loss is a
/// function of the margin u·x̃ alone and the update adds a multiple of x̃ itself.
pub(crate) trait Slope {
    /// True when rows are stored multiplied by their label.
    const FOLDS_SIGN: bool;
    /// Factor by which margins are multiplied before the slope sees them. For the logistic loss it is
    /// log₂ e, which makes e^m a power of two; the factor rides on the scale and costs nothing.
    const UNIT: f64;

    /// Largest |margin × [`Slope::UNIT`]| the slope takes; beyond, it is the slope there.
    const MARGIN_LIMIT: f64;

    /// `rate` × (−∂ℓ/∂z), at the margin (sign folded) or score `margin` × [`Slope::UNIT`].
    fn weight<A: Arithmetic>(a: A, rate: A::Real, margin: A::Real, target: A::Real) -> A::Real;
}

/// −∂/∂m log(1 + e^(−m)) = 1/(1 + eᵐ), m in units of ln 2.
pub(crate) enum LogisticSlope {}

impl Slope for LogisticSlope {
    const FOLDS_SIGN: bool = true;
    const UNIT: f64 = LOG2_E;
    const MARGIN_LIMIT: f64 = SIGMOID_MAX;

    #[inline(always)]
    fn weight<A: Arithmetic>(a: A, rate: A::Real, margin: A::Real, _target: A::Real) -> A::Real {
        // The rate goes into the quotient's numerator: a multiplication less on the path of a step.
        weighted_sigmoid(a, rate, margin)
    }
}

/// −∂/∂z ½(z − y)² = y − z.
pub(crate) enum SquaredSlope {}

impl Slope for SquaredSlope {
    const FOLDS_SIGN: bool = false;
    const UNIT: f64 = 1.0;
    const MARGIN_LIMIT: f64 = f64::MAX;

    #[inline(always)]
    fn weight<A: Arithmetic>(a: A, rate: A::Real, score: A::Real, target: A::Real) -> A::Real {
        a.mul(rate, a.sub(target, score))
    }
}

/// −∂/∂m max(0, 1 − m) = 1 for m < 1, else 0.
pub(crate) enum HingeSlope {}

impl Slope for HingeSlope {
    const FOLDS_SIGN: bool = true;
    const UNIT: f64 = 1.0;
    const MARGIN_LIMIT: f64 = f64::MAX;

    #[inline(always)]
    fn weight<A: Arithmetic>(a: A, rate: A::Real, margin: A::Real, _target: A::Real) -> A::Real {
        // Selected, not branched on: in lanes some rows are inside the margin and some are not.
        a.select_less(margin, a.splat(1.0), rate, a.splat(0.0))
    }
}
