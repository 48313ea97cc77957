//! The kinds of work that can be interrupted.

use serde::{Deserialize, Serialize};

/// The kind of unfinished work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Work {
    /// A single run.
    Run,
    /// A study.
    Study,
}

impl Work {
    /// The kind of work in words.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Study => "study",
        }
    }
}
