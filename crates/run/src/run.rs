//! One run: training a model on its data, evaluated on the way.

use std::convert::Infallible;
use std::ops::ControlFlow;

use sparsegrok_config::Config;
use sparsegrok_kernel::{Arrays, Evaluation, State, TrainError};
use sparsegrok_log::{CheckpointError, Unfinished};

use crate::detect::Milestones;
use crate::family::{AnyData, AnyFamily, Start};
use crate::load::LoadError;
use crate::registry::family_of;
use crate::saved_model::Beginning;
use crate::seeds::RunSeeds;
use crate::threads;
use crate::trace::Trace;
use crate::train::{Event, Fault, KeptIn, Watch, train};

/// The results of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its evaluations: at least one.
    pub trace: Trace,
    /// When it memorized and generalized, and what that makes it.
    pub milestones: Milestones,
    /// Its last weights, as its family names them.
    pub weights: Arrays,
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

/// The reason why a run did not end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The model that it was to begin with could not be had.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// It could not be trained.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// It could not be kept, or gone on with.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

impl RunError {
    /// Tells if the machine failed or training diverged, rather than what was asked for or the content of a file.
    pub fn is_failure(&self) -> bool {
        match self {
            Self::Load(error) => error.is_failure(),
            Self::Train(error) => matches!(error, TrainError::Diverged(_)),
            Self::Checkpoint(error) => error.is_failure(),
        }
    }
}

impl From<Fault> for RunError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Setting(error) => Self::Train(error.into()),
            Fault::Checkpoint(error) => Self::Checkpoint(error),
        }
    }
}

/// Trains a configuration's model on data, such as a [`Problem`](sparsegrok_data::Problem), and evaluates many rows on
/// as many threads as it allows: by default those of rayon's current pool. `Time: O(epochs · nnz)`
///
/// # Errors
/// When the configuration is not valid or does not fit the data, or training diverges.
///
/// # Panics
/// When the data are not those of the configuration's family.
pub fn run(config: &Config, data: &AnyData) -> Result<Run, RunError> {
    let mut watch = |_: Event<'_>| ControlFlow::<Infallible>::Continue(());
    let family = family_of(config);
    let begun = Beginning::of(&*family, config, data)?.map(|begun| begun.state);
    let ControlFlow::Continue(run) =
        run_watched(&*family, config, data, begun.as_ref(), None, &mut watch)?;
    Ok(run)
}

/// Trains a model of any family, told of while it trains, from the state of a [`Beginning`] where there is one. With a folder of unfinished work the run is
/// kept there from time to time, or gone on with from there.
///
/// The result is the same to the bit however often it was interrupted. When `watch` ends it early,
/// what it says is all there is.
///
/// # Errors
/// As [`run`]; when it cannot be kept, or what was kept is of another run.
///
/// # Panics
/// When the data are not of the family's own type.
pub fn run_watched<B>(
    family: &dyn AnyFamily,
    config: &Config,
    data: &AnyData,
    begun: Option<&State>,
    kept_in: Option<&Unfinished>,
    watch: Watch<'_, B>,
) -> Result<ControlFlow<B, Run>, RunError> {
    config.validate().map_err(TrainError::from)?;
    let start = Start {
        config,
        data,
        seeds: RunSeeds::of(config, 0).map_err(TrainError::from)?,
        asked: config.output.asked(),
        state: begun,
    };
    let kept_in = kept_in.map(|unfinished| KeptIn {
        unfinished,
        groups: &[0],
    });
    let threads = threads::of_one_run(config.engine.threads);
    let traced = match train(family, &[start], kept_in, true, &threads, watch)? {
        ControlFlow::Continue(mut traced) => traced.remove(0),
        ControlFlow::Break(end) => return Ok(ControlFlow::Break(end)),
    };
    if let Some(diverged) = traced.diverged {
        return Err(TrainError::from(diverged).into());
    }
    Ok(ControlFlow::Continue(Run {
        milestones: Milestones::from_brackets(&traced.brackets, &config.evaluate),
        trace: traced.trace,
        weights: traced.weights,
    }))
}
