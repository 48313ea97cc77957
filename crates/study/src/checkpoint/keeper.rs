//! Decides when a group under way is kept.

use std::time::{Duration, Instant};

use sparsegrok_config::CheckpointEvery;

use super::{CheckpointError, RunSoFar, Unfinished};

/// Time between two checkpoints that writing one takes at most a share of.
const SHARE: u32 = 100;

/// Steps of each run between two looks at the clock: many against the cost of a look, few against
/// the patience of someone who waits for an interrupt to be heard.
const STEPS_BETWEEN_LOOKS: u64 = 1 << 14;

/// Keeps one group under way in a folder of unfinished work.
pub(crate) struct Keeper<'k> {
    unfinished: &'k Unfinished,
    number: u64,
    every: CheckpointEvery,
    /// Epochs since it was last kept.
    epochs: u64,
    /// Epochs between two looks at the clock.
    stride: u64,
    kept: Instant,
    /// Time the last write of the group's progress took.
    cost: Duration,
}

impl<'k> Keeper<'k> {
    /// Keeps the progress of group `number`, an epoch of which has so many steps.
    pub(crate) fn new(
        unfinished: &'k Unfinished,
        number: u64,
        every: CheckpointEvery,
        steps_per_epoch: u64,
    ) -> Self {
        Self {
            unfinished,
            number,
            every,
            epochs: 0,
            stride: (STEPS_BETWEEN_LOOKS / steps_per_epoch.max(1)).max(1),
            kept: Instant::now(),
            cost: Duration::ZERO,
        }
    }

    /// Tells if the group is to be kept after this epoch.
    pub(crate) fn is_due(&mut self) -> bool {
        self.epochs += 1;
        match self.every {
            CheckpointEvery::Never => false,
            CheckpointEvery::Epochs(epochs) => self.epochs >= epochs,
            CheckpointEvery::Seconds(seconds) => {
                let between = Duration::from_secs(seconds).max(self.cost * SHARE);
                self.epochs.is_multiple_of(self.stride) && self.kept.elapsed() >= between
            }
        }
    }

    /// Keeps it.
    pub(crate) fn keep(&mut self, runs: &[RunSoFar]) -> Result<(), CheckpointError> {
        let begun = Instant::now();
        self.unfinished.keep(self.number, runs)?;
        self.cost = begun.elapsed();
        self.kept = Instant::now();
        self.epochs = 0;
        Ok(())
    }

    /// The error that the kept progress does not belong to this work.
    pub(crate) fn unfit(&self) -> CheckpointError {
        self.unfinished.unfit(self.number)
    }

    /// Takes out the progress that the group had made when the work was last interrupted.
    pub(crate) fn begun(&self) -> Option<Vec<RunSoFar>> {
        self.unfinished.begun(self.number)
    }
}
