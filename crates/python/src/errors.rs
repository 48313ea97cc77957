//! Errors as Python's: `ValueError` for what was asked or read, `OSError` where the machine failed.

use std::fmt::Display;

use pyo3::create_exception;
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use sparsegrok_config::ConfigError;
use sparsegrok_curves::CurvesError;
use sparsegrok_data::{CsrError, DatasetError, InvalidSetting};
use sparsegrok_log::CheckpointError;
use sparsegrok_study::merge::MergeError;
use sparsegrok_study::{DirectoryError, ResultsError, StudyError};

create_exception!(
    _native,
    Diverged,
    PyRuntimeError,
    "Training left the range of numbers: a smaller learning rate, or smaller features, keep it there."
);

/// Words of the libraries' errors and notes that name the command, and what Python has instead.
const WORDS: [(&str, &str); 16] = [
    ("command line: ", ""),
    ("data: line 1: ", "data: "),
    ("`--partial`", "`partial=True`"),
    ("`--force` it", "`force=True`"),
    ("`--time-column NAME`", "`time=`"),
    ("`--time-column`", "`time=`"),
    ("`--run-column`", "`run=`"),
    ("`--group-columns`", "`groups=`"),
    ("`--map ", "`"),
    (
        "`--mem-figure train_loss --mem-threshold LEVEL`",
        "`mem_figure=\"train_loss\", mem_threshold=LEVEL`",
    ),
    (
        "`--gen-figure test_loss --gen-threshold LEVEL`",
        "`gen_figure=\"test_loss\", gen_threshold=LEVEL`",
    ),
    ("--init-norm", "init_norm"),
    ("--label-noise", "label_noise"),
    ("`--init gaussian`", "`init` gaussian"),
    ("`sparsegrok run --print-config`", "`sparsegrok.settings()`"),
    ("`sparsegrok presets`", "`sparsegrok.presets()`"),
];

/// The words of an error or a note, for readers who have no command line.
pub(crate) fn said(words: &impl Display) -> String {
    let words = words.to_string();
    WORDS.iter().fold(words, |words, (of_command, of_python)| {
        words.replace(of_command, of_python)
    })
}

/// The exception for an error that is, or is not, a failure of the machine.
fn raised(error: &impl Display, is_failure: bool) -> PyErr {
    match is_failure {
        true => PyOSError::new_err(said(error)),
        false => PyValueError::new_err(said(error)),
    }
}

/// The exception for what was asked.
pub(crate) fn refused(words: impl Display) -> PyErr {
    raised(&words, false)
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

impl Raised for sparsegrok_kernel::Diverged {
    fn raised(self) -> PyErr {
        Diverged::new_err(said(&self))
    }
}

/// Errors of what was asked, and of nothing else.
macro_rules! refusing {
    ($($error:ty),*) => {$(
        impl Raised for $error {
            fn raised(self) -> PyErr {
                refused(self)
            }
        }
    )*};
}

refusing!(CsrError, DatasetError, InvalidSetting);

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
    CurvesError,
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
