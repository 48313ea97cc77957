//! The interface between what is trained and whoever trains it.

use crate::question::TrainQuestion;
use crate::state::State;
use crate::weights::Weights;

/// Training met a margin that is not finite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "training diverged in epoch {epoch}, step {step}, at row {row}: the margin there is not \
     finite; a smaller learning_rate or smaller features are needed"
)]
pub struct Diverged {
    /// Epoch, counted from 1.
    pub epoch: u64,
    /// Update, counted from 1 at the start of the run.
    pub step: u64,
    /// Training row, counted from 0.
    pub row: u32,
}

/// Up to eight runs of one configuration, in training side by side.
///
/// Each run has a lane of its own, numbered from 0 in the order in which the runs were given.
pub trait Training {
    /// Trains one more epoch in every lane.
    fn epoch(&mut self);

    /// The weights of a lane as they stand. `Time: O(weights)`
    fn weights(&self, lane: usize) -> Weights;

    /// The signal weights of a lane as they are stored, and the factor that makes them the weights.
    fn scaled_signal(&self, lane: usize) -> (&[f64], f64);

    /// Answers a question on a lane's training rows, with the weights of [`weights`](Self::weights)
    /// but without copying them. `Time: O(nnz)` at most
    fn train_reaches(&self, lane: usize, question: TrainQuestion<'_>) -> bool;

    /// The state of a lane, from which its run can go on. `Time: O(weights)`
    fn state(&self, lane: usize) -> State;

    /// The place where a lane left the finite numbers, if it did. From then on its weights mean
    /// nothing; the other lanes are not disturbed.
    fn diverged(&self, lane: usize) -> Option<Diverged>;

    /// The epoch, step and row of a lane's last update.
    fn position(&self, lane: usize) -> Diverged;
}
