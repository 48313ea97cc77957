//! The seam between models that are trained and studies of them.
//!
//! A study knows of a model only that it trains by epochs, has [figures](Figure) that can be
//! evaluated, and has a [`State`] between two epochs. The study calls, and is never called back
//! while a model trains.

use crate::blocks::Threads;
use crate::figure::{Evaluation, Figure};
use crate::state::{Arrays, State};

/// Runs in training side by side, each in a lane of its own.
///
/// Runs do not disturb each other: the result of each is the same in any company. A run that diverged,
/// or that nobody asks for any more, stays in its lane without effect until the others are done.
pub trait Training {
    /// The number of runs.
    fn lanes(&self) -> usize;

    /// Lets the work of each run be divided among threads, in place of the calling one alone, with the same results.
    /// Models that divide none of it may ignore this.
    fn set_threads(&mut self, _threads: &Threads) {}

    /// Trains every run for one epoch.
    fn advance(&mut self);

    /// The place where a run left the finite numbers, if it is known that it did. `Time: O(1)`
    fn diverged(&self, lane: usize) -> Option<Diverged>;

    /// Evaluates a run as it stands. `Time: O(data)`
    ///
    /// # Errors
    /// When a weight or a figure turns out not to be finite.
    fn evaluate(&self, lane: usize) -> Result<Evaluation, Diverged>;

    /// Looks if a figure of a run is at a threshold yet: a loss at most, any other figure at least.
    ///
    /// The answer is the one that [`evaluate`](Self::evaluate) would give, to the last bit. It is
    /// asked for after every epoch and must be cheap; `None` where it is not, or where the figure does
    /// not exist.
    fn reaches(&mut self, _lane: usize, _figure: Figure, _threshold: f64) -> Option<bool> {
        None
    }

    /// The state of a run, from which training continues to the same bits. `Time: O(weights)`
    fn state(&self, lane: usize) -> State;

    /// The weights of a run: those of its model. `Time: O(weights)`
    fn weights(&self, lane: usize) -> Arrays;
}

/// Training left the finite numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "training diverged in epoch {epoch}, step {step}, at row {row}: a margin, weight or \
     figure is not finite; a smaller learning_rate or smaller features are needed"
)]
pub struct Diverged {
    /// Epoch, counted from 1.
    pub epoch: u64,
    /// Update, counted from 1 at the start of the run.
    pub step: u64,
    /// Training row, counted from 0.
    pub row: u32,
}
