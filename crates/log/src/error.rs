//! The reasons why unfinished work cannot be kept or resumed.

use std::io;
use std::path::{Path, PathBuf};

use sparsegrok_config::ConfigError;
use sparsegrok_data::shown;

use crate::work::Work;

/// The reason why unfinished work cannot be kept or resumed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// Another process holds the folder.
    #[error(
        "{}: another process is writing there; wait for it to end, or end it",
        shown(path)
    )]
    Busy {
        /// The folder.
        path: PathBuf,
    },
    /// Unfinished work is there already.
    #[error(
        "{}: holds unfinished work already: expected to be resumed, or deleted",
        shown(path)
    )]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// There is no unfinished work.
    #[error(
        "{}: nothing to resume: expected a folder of unfinished work",
        shown(path)
    )]
    Nothing {
        /// The folder.
        path: PathBuf,
    },
    /// Other work than expected is there.
    #[error("{}: holds an unfinished {}, expected an unfinished {}", shown(path), found.name(), expected.name())]
    Other {
        /// The folder.
        path: PathBuf,
        /// The kind of work that the folder holds.
        found: Work,
        /// The kind of work that was to be resumed.
        expected: Work,
    },
    /// A file is not as it was written.
    #[error("{}: {damage}", shown(path))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The damage found.
        damage: Damage,
    },
    /// The configuration asked for differs from the one the work was begun with.
    #[error(
        "{}: `{key}` is {asked}, expected {kept}, with which this was begun",
        shown(path)
    )]
    Differs {
        /// The folder.
        path: PathBuf,
        /// The first key that differs.
        key: String,
        /// The value the work was begun with.
        kept: String,
        /// The value asked for.
        asked: String,
    },
    /// The kept configuration is not valid in this version.
    #[error(transparent)]
    Config(#[from] Box<ConfigError>),
    /// A file could not be read or written.
    #[error("{}: {error}", shown(path))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
}

impl CheckpointError {
    /// Tells if the machine failed, rather than what was asked for or the content of a file.
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Io { .. })
    }
}

impl CheckpointError {
    pub(crate) fn io(path: &Path) -> impl Fn(io::Error) -> Self + '_ {
        move |error| Self::Io {
            path: path.to_owned(),
            error,
        }
    }
}

/// Damage to a file of unfinished work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// The file does not begin as a checkpoint does.
    #[error("not a checkpoint: expected it to begin with `sparsegrok checkpoint`")]
    Foreign,
    /// The file is of another version of the format.
    #[error("a checkpoint of format {found}, expected {expected}")]
    Version {
        /// The file's format.
        found: u32,
        /// The format that this version reads.
        expected: u32,
    },
    /// The file ends too early.
    #[error("damaged: it ends in the middle of what it holds")]
    Truncated,
    /// The checksum does not match the content.
    #[error("damaged: its checksum does not fit its content")]
    Checksum,
    /// The content is as it was written but does not fit the configuration.
    #[error("no checkpoint of this work: its content does not fit the configuration")]
    Unfit,
}
