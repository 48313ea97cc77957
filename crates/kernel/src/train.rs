//! The epoch loop: one run from its first epoch to its last, with an observer looking on.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};
use sparsegrok_data::{InvalidSetting, Problem, TargetKind};
use sparsegrok_lanes::Level;

use crate::dense::DenseTrainer;
use crate::init::initial_signal;
use crate::plan::EvaluationPlan;
use crate::scalar::ScalarTrainer;
use crate::spec::TrainSpec;
use crate::weights::Weights;

/// Largest explicit matrix the dense reference accepts, 8 GiB.
const DENSE_MAX_BYTES: u128 = 8 << 30;

/// Which implementation of the update runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KernelChoice {
    /// The fastest for the task.
    #[default]
    Auto,
    /// The sparse kernel, O(nnz) per step.
    Scalar,
    /// The dense reference, O(columns) per step.
    Dense,
}

/// Which instruction-set level runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SimdChoice {
    /// The best this machine has.
    #[default]
    Auto,
    /// AVX-512.
    Avx512,
    /// AVX2 and FMA.
    Avx2,
    /// The target's baseline.
    Portable,
}

impl SimdChoice {
    /// The level to run at.
    ///
    /// # Errors
    /// When a level is asked for by name that this machine lacks: results would be the same, but
    /// what was asked for would silently not be what ran.
    pub fn level(self) -> Result<Level, InvalidSetting> {
        let level = match self {
            Self::Auto => return Ok(Level::detect()),
            Self::Avx512 => Level::Avx512,
            Self::Avx2 => Level::Avx2,
            Self::Portable => Level::Portable,
        };
        if Level::available().contains(&level) {
            return Ok(level);
        }
        Err(InvalidSetting {
            key: "simd",
            value: level.to_string(),
            expected: "a level this machine has, or `auto`",
        })
    }
}

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

/// Why a run did not end.
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

/// Looks on while a run trains.
pub trait Observer {
    /// Called after every epoch, counted from 1; must be cheap.
    fn epoch(&mut self, _epoch: u64) {}

    /// Called after every epoch of the evaluation plan with the weights at its end; may end the
    /// run.
    fn evaluate(&mut self, epoch: u64, weights: &Weights) -> ControlFlow<()>;
}

/// An observer that is a function of the epoch and its weights.
impl<F: FnMut(u64, &Weights) -> ControlFlow<()>> Observer for F {
    fn evaluate(&mut self, epoch: u64, weights: &Weights) -> ControlFlow<()> {
        self(epoch, weights)
    }
}

/// A run in progress, one epoch at a time.
pub(crate) trait Trainer {
    /// Trains one epoch.
    fn epoch(&mut self) -> Result<(), Diverged>;
    /// The weights as they stand. `Time: O(weights)`
    fn weights(&self) -> Weights;
}

/// Trains one run and returns its last weights.
///
/// The result is a function of `problem` and `spec` alone: the same bits for every level.
/// `Time: O(epochs · nnz)`, plus O(weights) per observed epoch.
///
/// # Errors
/// [`TrainError::Setting`] when `spec` is out of range or does not fit the data,
/// [`TrainError::Diverged`] when a margin leaves the finite numbers.
pub fn train(
    problem: &Problem,
    spec: &TrainSpec,
    kernel: KernelChoice,
    simd: SimdChoice,
    plan: &EvaluationPlan,
    observer: &mut dyn Observer,
) -> Result<Weights, TrainError> {
    spec.validate()?;
    check_fit(problem, spec, kernel)?;
    let level = simd.level()?;
    let data = &problem.train;
    let width = data.features().signal_width();
    let initial = initial_signal(spec, width, problem.teacher.as_ref())?;
    let mut trainer: Box<dyn Trainer + '_> = match kernel {
        KernelChoice::Auto | KernelChoice::Scalar => {
            Box::new(ScalarTrainer::new(data, spec, level, initial))
        }
        KernelChoice::Dense => Box::new(DenseTrainer::new(data, spec, level, initial)),
    };
    for epoch in 1..=spec.epochs {
        trainer.epoch()?;
        observer.epoch(epoch);
        if plan.contains(epoch) && observer.evaluate(epoch, &trainer.weights()).is_break() {
            break;
        }
    }
    Ok(trainer.weights())
}

fn check_fit(
    problem: &Problem,
    spec: &TrainSpec,
    kernel: KernelChoice,
) -> Result<(), InvalidSetting> {
    let data = &problem.train;
    if spec.loss.needs_signs() && data.target_kind() == TargetKind::Real {
        return Err(InvalidSetting {
            key: "loss",
            value: format!("{:?}", spec.loss).to_lowercase(),
            expected: "`squared`, as the targets are real numbers",
        });
    }
    if kernel == KernelChoice::Dense && DenseTrainer::bytes(data) > DENSE_MAX_BYTES {
        return Err(InvalidSetting {
            key: "kernel",
            value: "dense".to_owned(),
            expected: "`scalar`, as the explicit matrix would take more than 8 GiB",
        });
    }
    Ok(())
}
