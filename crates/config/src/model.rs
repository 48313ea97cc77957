//! The family of models that is trained, the settings that only one family has, and a model to begin with.

use std::path::PathBuf;

/// The family of models, its own settings, and the model that runs begin with.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelSpec {
    /// The family.
    pub family: ModelFamily,
    /// Initial u and v of every column of a diagonal network, α > 0; of a network on one-hot inputs, the factor s > 0 of
    /// the deviation of its Gaussian initial weights, s/(2N)^⅓.
    pub init_scale: f64,
    /// The file of a saved linear model whose signal and tail weights and bias runs begin with, in place of those that
    /// [`Sgd::init`](sparsegrok_kernel::Sgd::init) describes; the weights of rows' own columns begin at 0, as the model's
    /// are of the rows it was trained on.
    pub continue_from: Option<PathBuf>,
}

/// A family of models.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ModelFamily {
    /// Linear models, rows of which may own a memorization column each.
    #[default]
    Linear,
    /// Diagonal networks: z = (u∘u − v∘v)·x, by gradient descent on u and v.
    Diagonal,
    /// Two-layer networks on one-hot inputs, which learn modular arithmetic.
    Network,
}

impl ModelFamily {
    /// Every family.
    pub const ALL: [Self; 3] = [Self::Linear, Self::Diagonal, Self::Network];
}

impl Default for ModelSpec {
    fn default() -> Self {
        Self {
            family: ModelFamily::Linear,
            init_scale: 1.0,
            continue_from: None,
        }
    }
}
