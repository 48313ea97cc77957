//! The family of models that is trained, and the settings that only one family has.

/// The family of models, and its own settings.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelSpec {
    /// The family.
    pub family: ModelFamily,
    /// Initial u and v of every column of a diagonal network, α > 0.
    pub init_scale: f64,
}

/// A family of models.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ModelFamily {
    /// Linear models, rows of which may own a memorization column each.
    #[default]
    Linear,
    /// Diagonal networks: z = (u∘u − v∘v)·x, by gradient descent on u and v.
    Diagonal,
}

impl Default for ModelSpec {
    fn default() -> Self {
        Self {
            family: ModelFamily::Linear,
            init_scale: 1.0,
        }
    }
}
