//! The epoch loop: runs from their first epoch to their last, with an observer looking on.

use std::ops::{ControlFlow, RangeInclusive};

use sparsegrok_data::{InvalidSetting, Problem};

use crate::engine::{Job, KernelChoice, SimdChoice, check, side_by_side, start};
use crate::look::Look;
use crate::plan::EvaluationPlan;
use crate::spec::TrainSpec;
use crate::state::State;
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

/// Looks on while a group of runs trains; as [`Observer`], for run number `run` of the group.
pub trait GroupObserver {
    /// Called for each run still going after every epoch of the evaluation plan; may end that run.
    fn evaluate(&mut self, run: usize, epoch: u64, weights: &Weights) -> ControlFlow<()>;

    /// Called when a run has come to its end.
    fn ended(&mut self, _run: usize, _end: &Result<Weights, Diverged>) {}

    /// Called after every epoch, counted from 1, when its evaluations are done; must be cheap. May
    /// end the whole group, at once.
    fn epoch(&mut self, _epoch: u64, _standing: &Standing<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Runs in training side by side, as they stand at the end of an epoch.
pub struct Standing<'t> {
    training: &'t dyn Training,
    runs: &'t [usize],
    ended: &'t [Option<Result<Weights, Diverged>>],
}

impl Standing<'_> {
    /// The state of each run still going, with its number in the group. Runs that are trained before
    /// or after these are not among them. `Time: O(weights)` each
    pub fn states(&self) -> impl Iterator<Item = (usize, State)> {
        let going = self.runs.iter().enumerate();
        let going = going.filter(|(_, run)| self.ended[**run].is_none());
        going.map(|(lane, &run)| (run, self.training.state(lane)))
    }

    /// A look at each run still going, with its number in the group.
    pub fn looks(&self) -> impl Iterator<Item = (usize, Look<'_>)> {
        let going = self.runs.iter().enumerate();
        let going = going.filter(|(_, run)| self.ended[**run].is_none());
        going.map(|(lane, &run)| (run, Look::new(self.training, lane)))
    }
}

/// Trains one run and returns its last weights.
///
/// The result is a function of `problem` and `spec` alone: the same bits for every level.
/// `Time: O(epochs · nnz)`, plus O(weights) per observed epoch.
///
/// # Errors
/// [`TrainError::Setting`] when `spec` is out of range or does not fit the data,
/// [`TrainError::Diverged`] when a margin or weight leaves the finite numbers.
pub fn train(
    problem: &Problem,
    spec: &TrainSpec,
    kernel: KernelChoice,
    simd: SimdChoice,
    plan: &EvaluationPlan,
    observer: &mut dyn Observer,
) -> Result<Weights, TrainError> {
    struct Only<'o>(&'o mut dyn Observer);
    impl GroupObserver for Only<'_> {
        fn epoch(&mut self, epoch: u64, _standing: &Standing<'_>) -> ControlFlow<()> {
            self.0.epoch(epoch);
            ControlFlow::Continue(())
        }
        fn evaluate(&mut self, _run: usize, epoch: u64, weights: &Weights) -> ControlFlow<()> {
            self.0.evaluate(epoch, weights)
        }
    }
    let run = Job {
        problem,
        order_seed: spec.order_seed,
        init_seed: spec.init_seed,
        start: None,
    };
    let mut trained = train_group(spec, &[run], kernel, simd, plan, &mut Only(observer))?;
    Ok(trained.remove(0)?)
}

/// Trains up to eight runs of one configuration side by side and returns each one's last weights.
///
/// A run's result is a function of its problem, its seeds and `spec` alone: the same bits for
/// every kernel but the dense one, every level, and whatever company it runs in. A run that
/// diverges does not disturb the others. One that goes on from a [`State`] comes to the same bits as
/// if it had begun. Where the observer ends the whole group, runs it had not come to yet are left
/// out. `Time: O(epochs · nnz)` per run, plus O(weights) per observed epoch.
///
/// # Errors
/// When `spec` is out of range or does not fit the data.
///
/// # Panics
/// When there are no runs or more than eight, their problems differ in shape, or a state does not
/// [fit](State::fits) its run.
pub fn train_group(
    spec: &TrainSpec,
    runs: &[Job<'_>],
    kernel: KernelChoice,
    simd: SimdChoice,
    plan: &EvaluationPlan,
    observer: &mut dyn GroupObserver,
) -> Result<Vec<Result<Weights, Diverged>>, InvalidSetting> {
    // All of them before the first is trained: a fault must not cost what has been computed.
    check(spec, runs, kernel, simd)?;
    let kernel = kernel.resolve(runs);
    let mut ended: Vec<Option<Result<Weights, Diverged>>> = vec![None; runs.len()];
    for together in side_by_side(kernel, runs) {
        let jobs: Vec<Job<'_>> = together.iter().map(|&run| runs[run]).collect();
        let mut training = start(spec, &jobs, kernel, simd)?;
        let from = runs[together[0]].start.map_or(0, |state| state.epoch);
        let epochs = from + 1..=spec.epochs;
        if drive(
            epochs,
            plan,
            &together,
            &mut *training,
            observer,
            &mut ended,
        )
        .is_break()
        {
            break;
        }
    }
    Ok(ended.into_iter().flatten().collect())
}

/// Trains runs side by side to their ends; `runs` are their numbers in the group.
fn drive(
    epochs: RangeInclusive<u64>,
    plan: &EvaluationPlan,
    runs: &[usize],
    training: &mut dyn Training,
    observer: &mut dyn GroupObserver,
    ended: &mut [Option<Result<Weights, Diverged>>],
) -> ControlFlow<()> {
    let last = *epochs.end();
    for epoch in epochs {
        training.epoch();
        for (lane, &run) in runs.iter().enumerate() {
            if ended[run].is_some() {
                continue;
            }
            let end = if let Some(diverged) = training.diverged(lane) {
                Err(diverged)
            } else if plan.contains(epoch) || epoch == last {
                let weights = training.weights(lane);
                // Margins may all have been finite, and the last step's weights not.
                if !weights.is_finite() {
                    Err(training.position(lane))
                } else {
                    let goes_on = !plan.contains(epoch)
                        || observer.evaluate(run, epoch, &weights).is_continue();
                    if goes_on && epoch < last {
                        continue;
                    }
                    Ok(weights)
                }
            } else {
                continue;
            };
            observer.ended(run, &end);
            ended[run] = Some(end);
        }
        let standing = Standing {
            training,
            runs,
            ended,
        };
        observer.epoch(epoch, &standing)?;
        if runs.iter().all(|&run| ended[run].is_some()) {
            break;
        }
    }
    ControlFlow::Continue(())
}
