//! Errors as Python's: `ValueError` for what was asked or read, `OSError` where the machine failed.

use std::fmt::Display;

use pyo3::create_exception;
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use sparsegrok_config::ConfigError;
use sparsegrok_log::CheckpointError;
use sparsegrok_study::merge::MergeError;
use sparsegrok_study::{DirectoryError, ResultsError, StudyError};

create_exception!(
    _native,
    Diverged,
    PyRuntimeError,
    "Training left the range of numbers: a smaller learning rate, or smaller features, keep it there."
);

/// The exception for an error that is, or is not, a failure of the machine.
fn raised(error: &impl Display, is_failure: bool) -> PyErr {
    let said = said(&error.to_string());
    match is_failure {
        true => PyOSError::new_err(said),
        false => PyValueError::new_err(said),
    }
}

/// An error's words, for readers who have no command line.
fn said(words: &str) -> String {
    words
        .strip_prefix("command line: ")
        .unwrap_or(words)
        .to_owned()
}

/// An error that has an exception.
pub(crate) trait Raised {
    /// The exception.
    fn raised(self) -> PyErr;
}

impl Raised for ConfigError {
    fn raised(self) -> PyErr {
        raised(&self, matches!(self, Self::Read { .. }))
    }
}

impl Raised for std::io::Error {
    fn raised(self) -> PyErr {
        raised(&self, true)
    }
}

/// Errors that tell themselves if the machine failed.
macro_rules! telling {
    ($($error:ty),*) => {$(
        impl Raised for $error {
            fn raised(self) -> PyErr {
                raised(&self, self.is_failure())
            }
        }
    )*};
}

telling!(
    CheckpointError,
    DirectoryError,
    MergeError,
    ResultsError,
    StudyError
);

/// Turns errors into exceptions.
pub(crate) trait OrRaise<T> {
    /// The result, or its exception.
    fn or_raise(self) -> PyResult<T>;
}

impl<T, E: Raised> OrRaise<T> for Result<T, E> {
    fn or_raise(self) -> PyResult<T> {
        self.map_err(Raised::raised)
    }
}
