//! Work that can be interrupted at any moment: its finished groups, and the progress of the others.
//!
//! A folder ([`Unfinished`]) holds a file of finished groups, which only grows, and a file for each
//! group under way, replaced from time to time ([`CheckpointEvery`](sparsegrok_config::CheckpointEvery)). All are of one format: frames,
//! each with its length and checksum (`frames`), around little-endian numbers (`codec`).

mod codec;
mod folder;
mod frames;
mod header;
mod keeper;
mod log;
mod outputs;
mod under_way;

use std::io;
use std::path::{Path, PathBuf};

use sparsegrok_config::ConfigError;
use sparsegrok_kernel::{Diverged, State};

use crate::bracket::Bracket;
use crate::detect::Brackets;
use crate::goal::GOALS;
use crate::trace::Trace;

pub use folder::Unfinished;
pub use header::Work;
pub(crate) use header::{Difference, Header};
pub(crate) use keeper::Keeper;
pub(crate) use log::{LOG, Log, Opened};
pub use outputs::Outputs;

/// The progress of one run of a group under way.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RunSoFar {
    /// The run's evaluations so far.
    pub(crate) trace: Trace,
    /// The evidence for each of its times: the bracket of epochs it lies in.
    pub(crate) brackets: Brackets,
    /// The run's state after those evaluations.
    pub(crate) stage: Stage,
}

/// The state of one run of a group under way.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Stage {
    /// The run has not begun.
    Waiting,
    /// The run continues from this training state.
    Going(State),
    /// The run came to its end, or diverged.
    Ended(Option<Diverged>),
}

impl RunSoFar {
    /// A run that has not begun, with room for its evaluations.
    pub(crate) fn waiting(evaluations: usize) -> Self {
        Self {
            trace: Trace::with_capacity(evaluations),
            brackets: [Bracket::NONE; GOALS],
            stage: Stage::Waiting,
        }
    }

    /// Where it goes on from, if it has begun and not ended.
    pub(crate) fn state(&self) -> Option<State> {
        match &self.stage {
            Stage::Going(state) => Some(state.clone()),
            Stage::Waiting | Stage::Ended(_) => None,
        }
    }
}

/// The reason why unfinished work cannot be kept or resumed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// Another process holds the folder.
    #[error("{}: another process is writing there; wait for it to end, or end it", path.display())]
    Busy {
        /// The folder.
        path: PathBuf,
    },
    /// Unfinished work is there already.
    #[error("{}: holds unfinished work already: expected to be resumed, or deleted", path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// There is no unfinished work.
    #[error("{}: nothing to resume: expected a folder of unfinished work", path.display())]
    Nothing {
        /// The folder.
        path: PathBuf,
    },
    /// Other work than expected is there.
    #[error("{}: holds an unfinished {}, expected an unfinished {}", path.display(), found.name(), expected.name())]
    Other {
        /// The folder.
        path: PathBuf,
        /// The kind of work that the folder holds.
        found: Work,
        /// The kind of work that was to be resumed.
        expected: Work,
    },
    /// A file is not as it was written.
    #[error("{}: {damage}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The damage found.
        damage: Damage,
    },
    /// The configuration asked for differs from the one the work was begun with.
    #[error("{}: `{key}` is {asked}, expected {kept}, with which this was begun", path.display())]
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
    #[error("{}: {error}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
}

impl CheckpointError {
    fn io(path: &Path) -> impl Fn(io::Error) -> Self + '_ {
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
