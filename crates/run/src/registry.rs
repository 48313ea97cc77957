//! The registry of families of models: a line for each.

use std::sync::Arc;

use sparsegrok_config::{Config, ModelFamily};

use crate::diagonal::DiagonalNetworks;
use crate::family::AnyFamily;
use crate::foreign::Foreign;
use crate::linear::Linear;
use crate::network::Networks;

/// The family of models that a configuration trains.
pub fn family_of(config: &Config) -> Arc<dyn AnyFamily> {
    if config.is_foreign {
        return Arc::new(Foreign);
    }
    match config.model.family {
        ModelFamily::Linear => Arc::new(Linear),
        ModelFamily::Diagonal => Arc::new(DiagonalNetworks),
        ModelFamily::Network => Arc::new(Networks),
    }
}
