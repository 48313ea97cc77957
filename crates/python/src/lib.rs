//! The native half of the Python package `sparsegrok`.
//!
//! It has functions on directories of studies and one class that reads them; columns go to Python as NumPy arrays,
//! without text between. Words, defaults and optional packages are the Python half's (`python/sparsegrok`).

mod columns;
mod early_stopping;
mod errors;
mod estimator;
mod held;
mod judge;
mod numbers;
mod results;
mod rows;
mod settings;
mod study;
mod watch;

use pyo3::prelude::*;

/// The module `sparsegrok._native`.
#[pymodule]
mod _native {
    #[pymodule_export]
    use crate::errors::Diverged;
    #[pymodule_export]
    use crate::estimator::fit;
    #[pymodule_export]
    use crate::judge::{figures, judge};
    #[pymodule_export]
    use crate::numbers::{interval, number};
    #[pymodule_export]
    use crate::results::Results;
    #[pymodule_export]
    use crate::settings::{explain, presets, settings};
    #[pymodule_export]
    use crate::study::{merge, study, tables};

    use super::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
