//! The arguments of the closed forms.

/// A training setting in plain numbers.
///
/// The [crate's page](crate) lists the further assumptions of the theory.
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
    /// Direction of the initial signal weights relative to the teacher.
    pub init_direction: Direction,
}

/// The direction of the initial signal weights v₀ relative to the teacher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Orthogonal to the teacher, of norm R.
    Orthogonal,
    /// A random direction: independent N(0, R²/d) each.
    Gaussian,
}
