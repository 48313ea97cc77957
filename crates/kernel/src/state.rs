//! The state of a run at the end of an epoch, as a checkpoint stores it.

use sparsegrok_data::{Problem, RandomFamily};

use crate::spec::{Order, TrainSpec};

/// The state of a run at the end of an epoch: all it takes to go on to the same bits.
///
/// It holds the weights as the kernel does, unscaled: the weights themselves are rounded. It is the
/// same for every kernel but the dense one, at every level and in any company, and so is what comes
/// of it.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Epochs trained: at least one.
    pub epoch: u64,
    /// Updates made.
    pub step: u64,
    /// The factor between the stored weights and the weights.
    pub scale: f64,
    /// Stored signal weights, one per signal column.
    pub signal: Vec<f64>,
    /// Stored tail weights, one per tail column.
    pub tail: Vec<f64>,
    /// Memorization parts, one per training row: the row's margin that comes of its memorization
    /// weight, before the scale. In the dense reference, the memorization weights themselves. Empty
    /// where nothing is memorized.
    pub memorization: Vec<f64>,
    /// Intercept; 0 where none is trained.
    pub bias: f64,
    /// The state from which the generator of visiting orders makes the next epoch's: that of native
    /// shuffles. Zeros where there is none, as orders are then drawn anew.
    pub generator: [u64; 4],
}

impl State {
    /// Checks that it can be the state of a run of `spec` on `problem` before its last epoch.
    pub fn fits(&self, spec: &TrainSpec, problem: &Problem) -> bool {
        let data = &problem.train;
        let rows = data.len();
        let steps_per_epoch = rows.div_ceil(spec.batch_size.rows(rows)) as u64;
        let memorized = data.memorization().map_or(0, |_| rows);
        // Only native shuffles keep a generator: every other order is drawn anew from its seed.
        let shuffles = spec.order == Order::Shuffle && spec.rng == RandomFamily::Xoshiro256pp;
        (1..spec.epochs).contains(&self.epoch)
            && self.epoch.checked_mul(steps_per_epoch) == Some(self.step)
            && self.scale > 0.0
            && self.signal.len() == data.features().signal_width()
            && self.tail.len() == data.features().tail_width()
            && self.memorization.len() == memorized
            && shuffles == (self.generator != [0; 4])
    }
}
