//! The progress of runs under way, as it is kept.

use sparsegrok_kernel::{Diverged, State};

use crate::bracket::Bracket;
use crate::detect::Brackets;
use crate::goal::GOALS;
use crate::trace::Trace;

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
    /// A run that has not begun. Its trace takes room as it grows: runs that wait for others have none.
    pub(crate) fn waiting() -> Self {
        Self {
            trace: Trace::new(),
            brackets: [Bracket::NONE; GOALS],
            stage: Stage::Waiting,
        }
    }

    /// The state it goes on from, if it has begun and not ended.
    pub(crate) fn state(&self) -> Option<State> {
        match &self.stage {
            Stage::Going(state) => Some(state.clone()),
            Stage::Waiting | Stage::Ended(_) => None,
        }
    }
}
