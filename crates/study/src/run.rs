//! One run: training a problem's model, evaluated on the way.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use sparsegrok_config::Config;
use sparsegrok_data::Problem;
use sparsegrok_kernel::{self as kernel, Evaluation, TrainError, TrainSpec, Weights};

use crate::checkpoint::{CheckpointError, Unfinished};
use crate::detect::Milestones;
use crate::trace::Trace;
use crate::tracer::{Fault, train_traced};

/// What a run leaves behind.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its evaluations: at least one.
    pub trace: Trace,
    /// When it memorized and generalized, and what that makes it.
    pub milestones: Milestones,
    /// Its last weights.
    pub weights: Weights,
}

impl Run {
    /// The last evaluation.
    ///
    /// # Panics
    /// When the trace was emptied: a run always evaluates its last epoch.
    pub fn last(&self) -> Evaluation {
        self.trace.last().expect("a run evaluates its last epoch")
    }
}

/// Looks on while a run trains.
pub trait Watch {
    /// Called after every epoch, counted from 1; must be cheap.
    fn epoch(&mut self, _epoch: u64) {}

    /// Called with every evaluation; may end the run.
    fn evaluation(&mut self, _evaluation: &Evaluation) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Nobody looks on.
impl Watch for () {}

/// Why a run that is kept did not end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// It could not be trained.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// It could not be kept, or gone on with.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

/// Trains a configuration's model on a problem. `Time: O(epochs · nnz)`
///
/// # Errors
/// As [`sparsegrok_kernel::train`], and where `config` is not valid.
pub fn run(config: &Config, problem: &Problem, watch: &mut dyn Watch) -> Result<Run, TrainError> {
    config.validate()?;
    run_as(&config.train, config, problem, watch)
}

/// As [`run`], kept in a folder of unfinished work from time to time, or gone on from there: `watch`
/// is then told of the earlier evaluations first. Setting `stop`, from anywhere, ends it at an
/// epoch's end, when it is kept; there is no [`Run`] then.
///
/// The result is the same to the bit however often it was interrupted.
///
/// # Errors
/// As [`run`]; when it cannot be kept, or what was kept is of another run.
pub fn run_kept(
    config: &Config,
    problem: &Problem,
    unfinished: &Unfinished,
    stop: &AtomicBool,
    watch: &mut dyn Watch,
) -> Result<Option<Run>, RunError> {
    config.validate().map_err(TrainError::from)?;
    let halt = || stop.load(Ordering::Relaxed);
    trained(
        &config.train,
        config,
        problem,
        Some(unfinished),
        &halt,
        watch,
    )
}

/// As [`run`], under other training settings than the configuration's.
pub(crate) fn run_as(
    spec: &TrainSpec,
    config: &Config,
    problem: &Problem,
    watch: &mut dyn Watch,
) -> Result<Run, TrainError> {
    match trained(spec, config, problem, None, &|| false, watch) {
        Ok(Some(run)) => Ok(run),
        Ok(None) => unreachable!("nobody stops it"),
        Err(RunError::Train(error)) => Err(error),
        Err(RunError::Checkpoint(error)) => unreachable!("it is not kept: {error}"),
    }
}

fn trained(
    spec: &TrainSpec,
    config: &Config,
    problem: &Problem,
    unfinished: Option<&Unfinished>,
    halt: &dyn Fn() -> bool,
    watch: &mut dyn Watch,
) -> Result<Option<Run>, RunError> {
    let runs = [kernel::Job {
        problem,
        order_seed: spec.order_seed,
        init_seed: spec.init_seed,
        start: None,
    }];
    let kept_in = unfinished.map(|unfinished| (unfinished, 0));
    let traced = train_traced(spec, config, &runs, kept_in, halt, watch);
    let traced = traced.map_err(|fault| match fault {
        Fault::Setting(setting) => RunError::Train(setting.into()),
        Fault::Checkpoint(error) => RunError::Checkpoint(error),
    })?;
    let Some(traced) = traced.and_then(|mut traced| traced.pop()) else {
        return Ok(None);
    };
    if let Some(diverged) = traced.diverged {
        return Err(TrainError::from(diverged).into());
    }
    Ok(traced.weights.map(|weights| Run {
        milestones: Milestones::from_brackets(&traced.brackets, &config.evaluate),
        trace: traced.trace,
        weights,
    }))
}
