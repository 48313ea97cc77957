//! The loop in which runs are trained: side by side, evaluated on the way, kept from time to time.

use std::ops::ControlFlow;

use sparsegrok_config::Config;
use sparsegrok_data::InvalidSetting;
use sparsegrok_kernel::{Arrays, Diverged, Evaluation, EvaluationPlan, State, Threads, Training};
use sparsegrok_log::{CheckpointError, Unfinished};

use crate::detect::{Brackets, Detector};
use crate::family::{AnyData, AnyFamily, Start};
use crate::keeper::Keeper;
use crate::progress::{RunSoFar, Stage};
use crate::trace::Trace;

/// News of runs while they are trained.
#[derive(Clone, Copy, Debug)]
pub enum Event<'e> {
    /// A run was evaluated. Runs that are gone on with begin with their earlier evaluations.
    Evaluation(&'e Evaluation),
    /// All runs side by side have trained an epoch, counted from 1, and what was to be evaluated is.
    Epoch(u64),
}

/// Hears of runs while they are trained. A break ends them at the end of the epoch, when they are kept
/// if they are kept at all; at the end of the last epoch it comes too late.
pub type Watch<'w, B> = &'w mut dyn FnMut(Event<'_>) -> ControlFlow<B>;

/// The reason why runs could not be trained.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A setting is out of range, or does not fit the data.
    #[error(transparent)]
    Setting(#[from] InvalidSetting),
    /// The runs could not be kept or gone on with.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

/// A run that came to its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Traced {
    /// Its evaluations.
    pub trace: Trace,
    /// The evidence of its times, which has looks at other epochs too.
    pub brackets: Brackets,
    /// The place where it diverged, if it did.
    pub diverged: Option<Diverged>,
    /// Its last weights; none where it diverged, or ended before the work was interrupted.
    pub weights: Arrays,
}

/// Trains runs of a configuration to their ends: from the beginning, or from where a group of this number
/// in a folder of unfinished work had come. The work of each is divided among `threads`.
///
/// # Errors
/// When a setting does not fit the data, or the runs cannot be kept or gone on with.
pub fn train<B>(
    family: &dyn AnyFamily,
    config: &Config,
    runs: &[Start<'_, AnyData>],
    kept_in: Option<(&Unfinished, u64)>,
    threads: &Threads,
    watch: Watch<'_, B>,
) -> Result<ControlFlow<B, Vec<Traced>>, Fault> {
    let mut group = InTraining::begin(family, config, runs, kept_in)?;
    for evaluation in group.so_far.iter().flat_map(|run| run.trace.iter()) {
        if let ControlFlow::Break(end) = watch(Event::Evaluation(&evaluation)) {
            return Ok(ControlFlow::Break(end));
        }
    }
    let states: Vec<Option<State>> = group.so_far.iter().map(RunSoFar::state).collect();
    let going: Vec<usize> = (0..runs.len()).filter(|&run| group.goes_on(run)).collect();
    let mut rest = &going[..];
    while let Some(&first) = rest.first() {
        let starts = rest.iter().map(|&run| Start {
            state: states[run].as_ref(),
            ..runs[run]
        });
        let mut training = family.start(&starts.collect::<Vec<_>>())?;
        training.set_threads(threads);
        let (together, later) = rest.split_at(training.lanes());
        let mut epoch = states[first].as_ref().map_or(0, |state| state.epoch);
        while together.iter().any(|&run| group.goes_on(run)) {
            training.advance();
            epoch += 1;
            let mut flow = ControlFlow::Continue(());
            for (lane, &run) in together.iter().enumerate() {
                let heard = group.look(run, lane, epoch, &mut *training, watch);
                if flow.is_continue() {
                    flow = heard;
                }
            }
            let has_ended = !(0..runs.len()).any(|run| group.goes_on(run));
            let heard = watch(Event::Epoch(epoch));
            if flow.is_continue() && !has_ended {
                flow = heard;
            }
            let is_due = group.is_due();
            if !has_ended && (is_due || flow.is_break()) {
                group.keep(together, &*training)?;
            }
            if let ControlFlow::Break(end) = flow {
                return Ok(ControlFlow::Break(end));
            }
        }
        rest = later;
    }
    Ok(ControlFlow::Continue(group.finish()))
}

/// Runs of a configuration while they are trained.
struct InTraining<'c> {
    config: &'c Config,
    plan: EvaluationPlan,
    detectors: Vec<Detector<'c>>,
    so_far: Vec<RunSoFar>,
    weights: Vec<Arrays>,
    keeper: Option<Keeper<'c>>,
}

impl<'c> InTraining<'c> {
    fn begin(
        family: &dyn AnyFamily,
        config: &'c Config,
        runs: &[Start<'_, AnyData>],
        kept_in: Option<(&'c Unfinished, u64)>,
    ) -> Result<Self, Fault> {
        let plan = config.evaluate.plan(config.train.epochs);
        let cost = family.cost(config, runs.len(), Some(runs[0].data));
        let steps_per_epoch = cost.unwrap_or_default().steps_per_epoch;
        let keeper = kept_in.map(|(unfinished, number)| {
            let every = config.engine.checkpoint_every;
            Keeper::new(unfinished, number, every, steps_per_epoch)
        });
        let begun = keeper.as_ref().map_or(Ok(None), Keeper::begun)?;
        let so_far = match (begun, &keeper) {
            (Some(so_far), Some(keeper)) => {
                if !fit(&so_far, family, config, runs, plan.epochs()) {
                    return Err(keeper.unfit().into());
                }
                so_far
            }
            _ => vec![RunSoFar::waiting(plan.epochs().len()); runs.len()],
        };
        let detector = |run: &RunSoFar| {
            let (spec, epochs) = (&config.evaluate, config.train.epochs);
            Detector::going_on(spec, epochs, run.brackets, family.figures())
        };
        Ok(Self {
            config,
            plan,
            detectors: so_far.iter().map(detector).collect(),
            weights: vec![Arrays::new(); runs.len()],
            so_far,
            keeper,
        })
    }

    /// Tells if a run has not come to its end.
    fn goes_on(&self, run: usize) -> bool {
        !matches!(self.so_far[run].stage, Stage::Ended(_))
    }

    /// Looks at a run after an epoch: evaluates it where that is due, and notices its end.
    fn look<B>(
        &mut self,
        run: usize,
        lane: usize,
        epoch: u64,
        training: &mut dyn Training,
        watch: Watch<'_, B>,
    ) -> ControlFlow<B> {
        if !self.goes_on(run) {
            return ControlFlow::Continue(());
        }
        let evaluated = match training.diverged(lane) {
            Some(diverged) => Err(diverged),
            None if self.plan.contains(epoch) => training.evaluate(lane),
            None => {
                self.detectors[run].look(epoch, lane, training);
                return ControlFlow::Continue(());
            }
        };
        let evaluation = match evaluated {
            Ok(evaluation) => evaluation,
            Err(diverged) => {
                self.end(run, Some(diverged));
                return ControlFlow::Continue(());
            }
        };
        self.so_far[run].trace.push(&evaluation);
        self.detectors[run].see(&evaluation);
        if epoch == self.config.train.epochs || self.detectors[run].is_over(epoch) {
            self.weights[run] = training.weights(lane);
            self.end(run, None);
        }
        watch(Event::Evaluation(&evaluation))
    }

    fn end(&mut self, run: usize, diverged: Option<Diverged>) {
        self.so_far[run].stage = Stage::Ended(diverged);
        self.so_far[run].brackets = *self.detectors[run].brackets();
    }

    /// Tells if the runs are to be kept after this epoch.
    fn is_due(&mut self) -> bool {
        self.keeper.as_mut().is_some_and(Keeper::is_due)
    }

    /// Keeps all runs, where they are kept at all: those in training as they stand.
    fn keep(&mut self, together: &[usize], training: &dyn Training) -> Result<(), CheckpointError> {
        let Some(keeper) = &mut self.keeper else {
            return Ok(());
        };
        for (lane, &run) in together.iter().enumerate() {
            let so_far = &mut self.so_far[run];
            if !matches!(so_far.stage, Stage::Ended(_)) {
                so_far.stage = Stage::Going(training.state(lane));
                so_far.brackets = *self.detectors[run].brackets();
            }
        }
        keeper.keep(&self.so_far)
    }

    /// The runs, all of which have ended.
    fn finish(self) -> Vec<Traced> {
        let runs = self.so_far.into_iter().zip(self.weights);
        let traced = runs.map(|(run, weights)| Traced {
            trace: run.trace,
            brackets: run.brackets,
            diverged: match run.stage {
                Stage::Ended(diverged) => diverged,
                Stage::Waiting | Stage::Going(_) => None,
            },
            weights,
        });
        traced.collect()
    }
}

/// Tells if progress that was kept can be of these runs.
fn fit(
    so_far: &[RunSoFar],
    family: &dyn AnyFamily,
    config: &Config,
    runs: &[Start<'_, AnyData>],
    plan: &[u64],
) -> bool {
    so_far.len() == runs.len()
        && so_far.iter().zip(runs).all(|(so_far, run)| {
            let evaluated = so_far.trace.len();
            let due = |epoch: u64| plan.partition_point(|&planned| planned <= epoch);
            evaluated <= plan.len()
                && so_far.trace.epochs() == &plan[..evaluated]
                && match &so_far.stage {
                    Stage::Waiting => evaluated == 0,
                    Stage::Going(state) => {
                        (1..config.train.epochs).contains(&state.epoch)
                            && family.fits(config, run.data, state)
                            && evaluated == due(state.epoch)
                    }
                    Stage::Ended(diverged) => evaluated > 0 || diverged.is_some(),
                }
        })
}
