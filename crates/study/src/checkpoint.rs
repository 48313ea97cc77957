//! Work that can be interrupted at any moment: what is finished of it, and where the rest stands.
//!
//! A folder ([`Unfinished`]) holds a file of finished groups, which only grows, and a file for each
//! group under way, replaced from time to time ([`CheckpointEvery`]). All are of one format: frames,
//! each with its length and checksum (`frames`), around little-endian numbers (`codec`).

mod codec;
mod every;
mod folder;
mod frames;
mod header;
mod keeper;
mod log;
mod under_way;

use std::io;
use std::path::{Path, PathBuf};

use sparsegrok_kernel::{Diverged, State};

use crate::bracket::Bracket;
use crate::detect::{Brackets, GOALS};
use crate::error::ConfigError;
use crate::trace::Trace;

pub use every::{CheckpointEvery, NoInterval};
pub use folder::Unfinished;
pub use header::Work;
pub(crate) use header::{Difference, Header};
pub(crate) use keeper::Keeper;
pub(crate) use log::{LOG, Log, Opened};

/// How far a run of a group under way has come.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RunSoFar {
    /// Its evaluations.
    pub(crate) trace: Trace,
    /// The evidence of its times.
    pub(crate) brackets: Brackets,
    /// Where it stands after them.
    pub(crate) stage: Stage,
}

/// Where a run of a group stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Stage {
    /// It has not begun.
    Waiting,
    /// It goes on from here.
    Going(State),
    /// It came to its end, or diverged.
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

/// Why unfinished work cannot be kept or gone on with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// Another process is at it.
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
        /// What is there.
        found: Work,
        /// What should be.
        expected: Work,
    },
    /// A file is not what was written.
    #[error("{}: {damage}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        damage: Damage,
    },
    /// Another configuration is asked for than the one the work was begun with.
    #[error("{}: `{key}` is {asked}, expected {kept}, with which this was begun", path.display())]
    Differs {
        /// The folder.
        path: PathBuf,
        /// The first key that differs.
        key: String,
        /// What it was begun with.
        kept: String,
        /// What is asked for.
        asked: String,
    },
    /// What it was begun with is no configuration of this version.
    #[error(transparent)]
    Config(#[from] Box<ConfigError>),
    /// A file could not be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
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

/// What is wrong with a file of unfinished work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// It does not begin as one.
    #[error("not a checkpoint: expected it to begin with `sparsegrok checkpoint`")]
    Foreign,
    /// It has another version.
    #[error("a checkpoint of format {found}, expected {expected}")]
    Version {
        /// Its format.
        found: u32,
        /// The one that can be read.
        expected: u32,
    },
    /// It ends too early.
    #[error("damaged: it ends in the middle of what it holds")]
    Truncated,
    /// Its checksum is not that of its content.
    #[error("damaged: its checksum does not fit its content")]
    Checksum,
    /// Its content, though as it was written, makes no sense.
    #[error("no checkpoint of this work: its content does not fit the configuration")]
    Unfit,
}
