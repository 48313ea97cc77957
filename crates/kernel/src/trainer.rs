//! The interface that the linear family's kernels have in common.

use std::borrow::Cow;

use crate::blocks::Threads;
use crate::look::TrainQuestion;
use crate::state::State;
use crate::training::Diverged;
use crate::weights::Weights;

/// Runs in progress, one epoch at a time.
pub(crate) trait Trainer {
    /// Trains one epoch; one run's work may be divided among threads.
    fn epoch(&mut self, threads: &Threads);
    /// A run's weights as they stand. `Time: O(weights)`
    fn weights(&self, lane: usize) -> Weights;
    /// A run's signal weights as they are stored, and the factor that makes them the weights.
    fn scaled_signal(&self, lane: usize) -> (Cow<'_, [f64]>, f64);
    /// A run's intercept; 0 where none is trained.
    fn bias(&self, lane: usize) -> f64;
    /// Answers a question on a run's training rows, with the weights of [`weights`](Self::weights).
    fn train_reaches(&self, lane: usize, question: TrainQuestion<'_>) -> bool;
    /// A run's state. `Time: O(weights)`
    fn state(&self, lane: usize) -> State;
    /// The place where a run left the finite numbers, if it did.
    fn diverged(&self, lane: usize) -> Option<Diverged>;
    /// Epoch, step and row of a run's last update.
    fn position(&self, lane: usize) -> Diverged;
}
