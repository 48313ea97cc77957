//! The registry of families of models: a line for each.

use std::sync::Arc;

use sparsegrok_config::Config;

use crate::family::AnyFamily;
use crate::foreign::Foreign;
use crate::linear::Linear;

/// The family of models that a configuration trains.
pub fn family_of(config: &Config) -> Arc<dyn AnyFamily> {
    match config.is_foreign {
        true => Arc::new(Foreign),
        false => Arc::new(Linear),
    }
}
