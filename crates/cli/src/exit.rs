//! Exit codes, and words on standard error.

use std::error::Error;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use sparsegrok_analysis::validate::ValidateError;
use sparsegrok_config::ConfigError;
use sparsegrok_curves::CurvesError;
use sparsegrok_data::{StoreError, SvmlightError};
use sparsegrok_kernel::TrainError;
use sparsegrok_log::CheckpointError;
use sparsegrok_plot::PngError;
use sparsegrok_run::{LoadError, RunError, SavedModelError};
use sparsegrok_study::merge::MergeError;
use sparsegrok_study::{DirectoryError, ResultsError, StudyError};

/// Failed: input or output, or training that diverged.
const FAILED: u8 = 1;
/// Usage, configuration or malformed input.
const REFUSED: u8 = 2;

/// Says what went wrong, if anything, and turns it into an exit code.
pub(crate) fn code(done: anyhow::Result<()>) -> ExitCode {
    let Err(error) = done else {
        return ExitCode::SUCCESS;
    };
    if is_broken_pipe(&error) {
        // Whoever read our output has seen enough.
        return ExitCode::SUCCESS;
    }
    say(format_args!("error: {error:#}"));
    ExitCode::from(if has_failed(&error) { FAILED } else { REFUSED })
}

/// Prints what the reader of flags has to say: help, the version, or a mistake.
pub(crate) fn code_of_usage(other: &clap::Error) -> ExitCode {
    let printed = other.print().and_then(|()| io::stdout().flush());
    match other.use_stderr() {
        true => ExitCode::from(REFUSED),
        false => code(printed.map_err(anyhow::Error::from)),
    }
}

/// Writes a line to standard error. That it may be closed is no reason to stop.
pub(crate) fn say(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// A path as a word that a shell takes for it.
pub(crate) fn shell_word(path: &Path) -> String {
    sparsegrok_report::shell_word(&path.to_string_lossy())
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

/// Tells if an error is a failure of the machine or of training, not a fault in what was asked.
fn has_failed(error: &anyhow::Error) -> bool {
    fn of<E: Error + Send + Sync + 'static>(
        error: &anyhow::Error,
        is_failure: fn(&E) -> bool,
    ) -> bool {
        error.downcast_ref().is_some_and(is_failure)
    }
    of(error, |error| matches!(error, ConfigError::Read { .. }))
        || of(error, |error| matches!(error, SvmlightError::Io { .. }))
        || of(error, |error| matches!(error, StoreError::Io { .. }))
        || of(error, SavedModelError::is_failure)
        || of(error, |error| matches!(error, TrainError::Diverged(_)))
        || of(error, LoadError::is_failure)
        || of(error, CurvesError::is_failure)
        || of(error, CheckpointError::is_failure)
        || of(error, RunError::is_failure)
        || of(error, StudyError::is_failure)
        || of(error, DirectoryError::is_failure)
        || of(error, ResultsError::is_failure)
        || of(error, MergeError::is_failure)
        || error.is::<PngError>()
        || error.is::<ValidateError>()
        || error.is::<io::Error>()
}
