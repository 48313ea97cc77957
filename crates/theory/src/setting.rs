//! The arguments of the closed forms.

use crate::Course;

/// A training setting in plain numbers.
///
/// The [crate's page](crate) lists the further assumptions of the theory.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// Training rows n.
    pub n: usize,
    /// Signal features d.
    pub d: usize,
    /// Signal scale ε.
    pub signal_scale: f64,
    /// Memorization scale α > 0.
    pub memorization_scale: f64,
    /// Probability p < ½ that a training label is flipped.
    pub label_noise: f64,
    /// Loss that is minimised.
    pub loss: Loss,
    /// Base learning rate η, of which the course takes parts.
    pub learning_rate: f64,
    /// Course of the learning rate.
    pub course: Course,
    /// Rows b that a step averages: n over the steps of an epoch.
    pub rows_per_step: f64,
    /// Order in which rows are visited.
    pub order: Order,
    /// Weight decay λ, 0 for none.
    pub weight_decay: f64,
    /// Norm R of the initial signal weights, 0 for zero weights.
    pub init_norm: f64,
    /// Direction of the initial signal weights relative to the teacher.
    pub init_direction: Direction,
}

/// The loss of a training row, of its margin z with its label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// ln(1 + e^−z).
    Logistic,
    /// ½(1 − z)².
    Squared,
    /// max(0, 1 − z).
    Hinge,
}

impl Loss {
    /// The loss of a margin.
    pub(crate) fn at(self, margin: f64) -> f64 {
        match self {
            Self::Logistic if margin < 0.0 => libm::log1p(libm::exp(margin)) - margin,
            Self::Logistic => libm::log1p(libm::exp(-margin)),
            Self::Squared => 0.5 * (1.0 - margin) * (1.0 - margin),
            Self::Hinge => (1.0 - margin).max(0.0),
        }
    }
}

/// The order in which rows are visited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Each row once an epoch.
    Once,
    /// A row drawn anew for every visit, n visits an epoch.
    WithReplacement,
}

/// The direction of the initial signal weights v₀ relative to the teacher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Orthogonal to the teacher, of norm R.
    Orthogonal,
    /// A random direction: independent N(0, R²/d) each.
    Gaussian,
}
