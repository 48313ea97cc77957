//! Training in one call, for those who only want the model.

use sparsegrok_data::{Dataset, InvalidSetting, Problem};

use crate::engine::{KernelChoice, SimdChoice, start};
use crate::init::Job;
use crate::spec::Sgd;
use crate::training::{Diverged, Training};
use crate::weights::Weights;

/// The reason for which a run did not end.
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
/// The result is a function of `problem` and `spec` alone: the same bits for every level. To look at a
/// run on the way, [start] it instead, and train it epoch by epoch.
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
    let mut training = start(&[Job::new(problem, spec)], kernel, simd)?;
    for _ in 0..spec.epochs {
        training.advance();
        if let Some(diverged) = training.diverged(0) {
            return Err(diverged.into());
        }
    }
    Ok(training.model(0)?)
}

impl Sgd {
    /// Trains on a dataset and returns the last weights. `Time: O(epochs · nnz)`
    ///
    /// ```
    /// use sparsegrok_data::{Dataset, TargetKind};
    /// use sparsegrok_kernel::Sgd;
    ///
    /// let rows = Dataset::dense(&[1.0, 2.0, -1.0, 0.5], 2, &[1.0, -1.0], TargetKind::Sign)?;
    /// let sgd = Sgd { learning_rate: 0.1, epochs: 50, ..Sgd::default() };
    /// let model = sgd.fit(&rows)?;
    /// assert!(model.score(&[1.0, 2.0]) > 0.0 && model.score(&[-1.0, 0.5]) < 0.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`train`].
    pub fn fit(&self, rows: &Dataset) -> Result<Weights, TrainError> {
        let problem = Problem {
            train: rows.clone(),
            test: None,
            teacher: None,
            population: None,
            classes: None,
        };
        train(&problem, self, KernelChoice::Auto, SimdChoice::Auto)
    }
}
