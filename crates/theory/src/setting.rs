//! The quantities that the closed forms are functions of.

/// A training setting in plain numbers.
///
/// Everything the theory takes for granted beyond them is said on the [crate's page](crate).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setting {
    /// Training rows n.
    pub n: usize,
    /// Signal features d.
    pub d: usize,
    /// Signal scale ε.
    pub signal_scale: f64,
    /// Memorization scale α > 0.
    pub memorization_scale: f64,
    /// Learning rate η.
    pub learning_rate: f64,
    /// Weight decay λ, 0 for none.
    pub weight_decay: f64,
    /// Norm R of the initial signal weights, 0 for zero weights.
    pub init_norm: f64,
    /// The direction of these weights relative to the teacher.
    pub init_direction: Direction,
}

/// The direction of the initial signal weights v₀ relative to the teacher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// At right angles, of norm R.
    Orthogonal,
    /// Anyhow: independent N(0, R²/d) each.
    Gaussian,
}
