//! Trains runs of one configuration side by side, evaluated on the way and kept from time to time.

use std::ops::ControlFlow;

use sparsegrok_config::Config;
use sparsegrok_data::InvalidSetting;
use sparsegrok_kernel::{
    self as kernel, Diverged, EvaluationPlan, GroupObserver, Standing, TrainSpec, Weights,
    evaluate, train_group,
};

use crate::checkpoint::{CheckpointError, Keeper, RunSoFar, Stage, Unfinished};
use crate::detect::{Brackets, Detector};
use crate::run::Watch;
use crate::trace::Trace;

/// Why runs could not be trained.
#[derive(Debug)]
pub(crate) enum Fault {
    Setting(InvalidSetting),
    Checkpoint(CheckpointError),
}

/// What became of a run.
pub(crate) struct Traced {
    pub(crate) trace: Trace,
    /// The evidence of its times, which has looks at other epochs too.
    pub(crate) brackets: Brackets,
    pub(crate) diverged: Option<Diverged>,
    /// Its last weights; `None` where it diverged, or ended before the work was interrupted.
    pub(crate) weights: Option<Weights>,
}

/// Trains runs to their ends: from the beginning, or from where a group of this number in a folder of
/// unfinished work had come. `None` where `halt` asked for an early end, which comes at an epoch's
/// end, when all of them are kept.
pub(crate) fn train_traced(
    spec: &TrainSpec,
    config: &Config,
    runs: &[kernel::Job<'_>],
    kept_in: Option<(&Unfinished, u64)>,
    halt: &dyn Fn() -> bool,
    watch: &mut dyn Watch,
) -> Result<Option<Vec<Traced>>, Fault> {
    let plan = config.evaluate.plan(spec.epochs);
    let rows = runs[0].problem.train.len();
    let steps_per_epoch = rows.div_ceil(spec.batch_size.rows(rows)) as u64;
    let every = config.engine.checkpoint_every;
    let keeper =
        kept_in.map(|(unfinished, number)| Keeper::new(unfinished, number, every, steps_per_epoch));
    let so_far = match keeper.as_ref().map(|keeper| (keeper.begun(), keeper)) {
        Some((Some(so_far), keeper)) => {
            if !fit(&so_far, spec, runs, plan.epochs()) {
                return Err(Fault::Checkpoint(keeper.unfit()));
            }
            so_far
        }
        _ => vec![RunSoFar::waiting(plan.epochs().len()); runs.len()],
    };
    let states: Vec<_> = so_far.iter().map(|run| run.stage.clone()).collect();
    let (mut numbers, mut going) = (Vec::new(), Vec::new());
    for (number, (run, stage)) in runs.iter().zip(&states).enumerate() {
        let start = match stage {
            Stage::Waiting => None,
            Stage::Going(state) => Some(state),
            Stage::Ended(_) => continue,
        };
        numbers.push(number);
        going.push(kernel::Job { start, ..*run });
    }
    for evaluation in so_far.iter().flat_map(|run| run.trace.iter()) {
        // Who wants an end here asks for it again at the next evaluation.
        let _ = watch.evaluation(&evaluation);
    }
    let mut tracer = Tracer {
        spec,
        config,
        runs,
        numbers,
        plan: &plan,
        detectors: detectors_of(&so_far, spec, config),
        so_far,
        keeper,
        halt,
        watch,
        halted: false,
        failed: None,
    };
    let engine = &config.engine;
    let trained = match going.is_empty() {
        true => Ok(Vec::new()),
        false => train_group(spec, &going, engine.kernel, engine.simd, &plan, &mut tracer),
    };
    let trained = trained.map_err(Fault::Setting)?;
    if let Some(error) = tracer.failed {
        return Err(Fault::Checkpoint(error));
    }
    if tracer.halted {
        return Ok(None);
    }
    let traced = tracer.so_far.into_iter().map(|run| Traced {
        trace: run.trace,
        brackets: run.brackets,
        diverged: match run.stage {
            Stage::Ended(diverged) => diverged,
            Stage::Waiting | Stage::Going(_) => unreachable!("every run has ended"),
        },
        weights: None,
    });
    let mut traced: Vec<Traced> = traced.collect();
    for (number, trained) in tracer.numbers.into_iter().zip(trained) {
        traced[number].weights = trained.ok();
    }
    Ok(Some(traced))
}

/// Whether what was kept can be of these runs.
fn fit(so_far: &[RunSoFar], spec: &TrainSpec, runs: &[kernel::Job<'_>], plan: &[u64]) -> bool {
    so_far.len() == runs.len()
        && so_far.iter().zip(runs).all(|(so_far, run)| {
            let evaluated = so_far.trace.len();
            let due = |epoch: u64| plan.partition_point(|&planned| planned <= epoch);
            evaluated <= plan.len()
                && so_far.trace.epochs() == &plan[..evaluated]
                && match &so_far.stage {
                    Stage::Waiting => evaluated == 0,
                    Stage::Going(state) => {
                        state.fits(spec, run.problem) && evaluated == due(state.epoch)
                    }
                    Stage::Ended(diverged) => evaluated > 0 || diverged.is_some(),
                }
        })
}

/// What looks for each run's thresholds, with the evidence there is so far.
fn detectors_of<'a>(
    so_far: &[RunSoFar],
    spec: &TrainSpec,
    config: &'a Config,
) -> Vec<Detector<'a>> {
    let runs = so_far.iter();
    runs.map(|run| Detector::going_on(&config.evaluate, spec.epochs, run.brackets))
        .collect()
}

/// Evaluates what the kernel shows.
struct Tracer<'a> {
    spec: &'a TrainSpec,
    config: &'a Config,
    runs: &'a [kernel::Job<'a>],
    /// The number here of each run the kernel trains.
    numbers: Vec<usize>,
    plan: &'a EvaluationPlan,
    detectors: Vec<Detector<'a>>,
    so_far: Vec<RunSoFar>,
    keeper: Option<Keeper<'a>>,
    halt: &'a dyn Fn() -> bool,
    watch: &'a mut dyn Watch,
    halted: bool,
    failed: Option<CheckpointError>,
}

impl Tracer<'_> {
    /// Keeps the runs, where they are kept at all.
    fn keep(&mut self, standing: &Standing<'_>) -> ControlFlow<()> {
        let Some(keeper) = &mut self.keeper else {
            return ControlFlow::Continue(());
        };
        for (run, state) in standing.states() {
            let run = self.numbers[run];
            self.so_far[run].stage = Stage::Going(state);
            self.so_far[run].brackets = *self.detectors[run].brackets();
        }
        match keeper.keep(&self.so_far) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.failed = Some(error);
                ControlFlow::Break(())
            }
        }
    }
}

impl GroupObserver for Tracer<'_> {
    fn evaluate(&mut self, run: usize, epoch: u64, weights: &Weights) -> ControlFlow<()> {
        let run = self.numbers[run];
        let tolerance = self.config.evaluate.accuracy_tolerance;
        let evaluation = evaluate(epoch, weights, self.runs[run].problem, self.spec, tolerance);
        self.so_far[run].trace.push(&evaluation);
        self.detectors[run].see(&evaluation);
        self.watch.evaluation(&evaluation)?;
        match self.detectors[run].is_over(epoch) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    fn ended(&mut self, run: usize, end: &Result<Weights, Diverged>) {
        let run = self.numbers[run];
        self.so_far[run].stage = Stage::Ended(end.as_ref().err().copied());
        self.so_far[run].brackets = *self.detectors[run].brackets();
    }

    fn epoch(&mut self, epoch: u64, standing: &Standing<'_>) -> ControlFlow<()> {
        self.watch.epoch(epoch);
        // An evaluation has told it all already.
        if !self.plan.contains(epoch) {
            for (run, look) in standing.looks() {
                let run = self.numbers[run];
                self.detectors[run].look(epoch, &look, self.runs[run].problem, self.spec);
            }
        }
        let all_ended = || {
            let mut stages = self.so_far.iter().map(|run| &run.stage);
            stages.all(|stage| matches!(stage, Stage::Ended(_)))
        };
        if (self.halt)() && !all_ended() {
            self.halted = true;
            self.keep(standing)?;
            return ControlFlow::Break(());
        }
        let is_due = self.keeper.as_mut().is_some_and(Keeper::is_due);
        if is_due && !all_ended() {
            return self.keep(standing);
        }
        ControlFlow::Continue(())
    }
}
