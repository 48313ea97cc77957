//! Training of one run from its first epoch to its last.

use sparsegrok_data::{InvalidSetting, Problem};

use crate::engine::{Job, KernelChoice, SimdChoice, start};
use crate::spec::Sgd;
use crate::training::{Diverged, Training};
use crate::weights::Weights;

/// The reason that a run did not end.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A setting is out of range, or does not fit the data.
    #[error(transparent)]
    Setting(#[from] InvalidSetting),
    /// The weights left the finite numbers.
    #[error(transparent)]
    Diverged(#[from] Diverged),
}

/// Trains one run and returns its last weights.
///
/// The result is a function of `problem` and `spec` alone: the same bits for every level. Who wants to
/// look on [starts](start) the run instead, and trains it epoch by epoch.
/// `Time: O(epochs · nnz)`
///
/// # Errors
/// [`TrainError::Setting`] when `spec` is out of range or does not fit the data,
/// [`TrainError::Diverged`] when a margin or weight leaves the finite numbers.
pub fn train(
    problem: &Problem,
    spec: &Sgd,
    kernel: KernelChoice,
    simd: SimdChoice,
) -> Result<Weights, TrainError> {
    let mut training = start(spec, &[Job::new(problem, spec)], kernel, simd, None)?;
    for _ in 0..spec.epochs {
        training.advance();
        if let Some(diverged) = training.diverged(0) {
            return Err(diverged.into());
        }
    }
    Ok(training.model(0)?)
}
