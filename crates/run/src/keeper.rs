//! Decides when groups under way are kept.

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

/// Keeper of groups under way that are trained together: it writes their checkpoints to a folder of unfinished work.
pub(crate) struct Keeper<'k> {
    unfinished: &'k Unfinished,
    every: CheckpointEvery,
    /// Epochs since the groups were last kept.
    epochs: u64,
    /// Epochs between two looks at the clock.
    stride: u64,
    kept: Instant,
    /// Time the last write of the groups' progress took.
    cost: Duration,
}

impl<'k> Keeper<'k> {
    /// A keeper of groups of which an epoch of a run has `steps_per_epoch` steps.
    pub(crate) fn new(
        unfinished: &'k Unfinished,
        every: CheckpointEvery,
        steps_per_epoch: u64,
    ) -> Self {
        unfinished.set_under_way();
        Self {
            unfinished,
            every,
            epochs: 0,
            stride: (STEPS_BETWEEN_LOOKS / steps_per_epoch.max(1)).max(1),
            kept: Instant::now(),
            cost: Duration::ZERO,
        }
    }

    /// Tells if the groups are to be kept after this epoch.
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

    /// Writes a checkpoint of each group: its number, and its runs.
    pub(crate) fn keep<'r>(
        &mut self,
        groups: impl Iterator<Item = (u64, Vec<&'r RunSoFar>)>,
    ) -> Result<(), CheckpointError> {
        let begun = Instant::now();
        for (number, runs) in groups {
            self.unfinished
                .keep(number, &codec::group_to_bytes(&runs))?;
        }
        self.cost = begun.elapsed();
        self.kept = Instant::now();
        self.epochs = 0;
        Ok(())
    }

    /// The error that the kept progress of a group does not belong to this work.
    pub(crate) fn unfit(&self, number: u64) -> CheckpointError {
        self.unfinished.unfit(number)
    }

    /// Takes out the progress that a group had made when the work was last interrupted.
    ///
    /// # Errors
    /// When it is not as any version of this program writes it, checksum or not.
    pub(crate) fn begun(&self, number: u64) -> Result<Option<Vec<RunSoFar>>, CheckpointError> {
        let begun = self.unfinished.begun(number);
        let runs = begun.map(|bytes| codec::from_bytes(&bytes).ok_or_else(|| self.unfit(number)));
        runs.transpose()
    }
}
