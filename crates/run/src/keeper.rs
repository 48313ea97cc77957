//! Decides when a group under way is kept.

use std::time::{Duration, Instant};

use sparsegrok_config::CheckpointEvery;
use sparsegrok_log::{CheckpointError, Unfinished};

use crate::codec;
use crate::progress::RunSoFar;

/// Least time between two checkpoints, as a multiple of the time that writing one takes.
const SHARE: u32 = 100;

/// Steps of each run between two looks at the clock: so many that a look costs nothing beside them, and so
/// few that an interrupt is heard at once.
const STEPS_BETWEEN_LOOKS: u64 = 1 << 14;

/// Keeper of one group under way: it writes the group's checkpoints to a folder of unfinished work.
pub(crate) struct Keeper<'k> {
    unfinished: &'k Unfinished,
    number: u64,
    every: CheckpointEvery,
    /// Epochs since the group was last kept.
    epochs: u64,
    /// Epochs between two looks at the clock.
    stride: u64,
    kept: Instant,
    /// Time the last write of the group's progress took.
    cost: Duration,
}

impl<'k> Keeper<'k> {
    /// A keeper of group `number`, an epoch of which has `steps_per_epoch` steps.
    pub(crate) fn new(
        unfinished: &'k Unfinished,
        number: u64,
        every: CheckpointEvery,
        steps_per_epoch: u64,
    ) -> Self {
        unfinished.set_under_way();
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
                // After a slow write the next comes later, so that a slow disk cannot hold up training.
                let between = Duration::from_secs(seconds).max(self.cost * SHARE);
                self.epochs.is_multiple_of(self.stride) && self.kept.elapsed() >= between
            }
        }
    }

    /// Writes a checkpoint of the group.
    pub(crate) fn keep(&mut self, runs: &Vec<RunSoFar>) -> Result<(), CheckpointError> {
        let begun = Instant::now();
        self.unfinished.keep(self.number, &codec::to_bytes(runs))?;
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
    ///
    /// # Errors
    /// When it is not as any version of this program writes it, checksum or not.
    pub(crate) fn begun(&self) -> Result<Option<Vec<RunSoFar>>, CheckpointError> {
        let begun = self.unfinished.begun(self.number);
        let runs = begun.map(|bytes| codec::from_bytes(&bytes).ok_or_else(|| self.unfit()));
        runs.transpose()
    }
}
