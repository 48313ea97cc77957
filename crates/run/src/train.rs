//! The loop in which runs are trained: side by side, evaluated on the way, kept from time to time.

use std::ops::ControlFlow;
use std::ptr;
use std::rc::Rc;

use sparsegrok_config::Config;
use sparsegrok_data::InvalidSetting;
use sparsegrok_kernel::{Arrays, Diverged, Evaluation, EvaluationPlan, State, Threads, Training};
use sparsegrok_log::{CheckpointError, Unfinished};

use crate::detect::{Brackets, Detector};
use crate::family::{AnyData, AnyFamily, Start};
use crate::form::Company;
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
    /// Its last weights; none where they were not asked for, it diverged, or it ended before the work was interrupted.
    pub weights: Arrays,
}

/// The place in which runs are kept while they are trained: a folder of unfinished work, and for each run the number of
/// the group that it belongs to there. The runs of a group are those of its number, in their order.
#[derive(Clone, Copy, Debug)]
pub struct KeptIn<'k> {
    /// The folder.
    pub unfinished: &'k Unfinished,
    /// The group of each run.
    pub groups: &'k [u64],
}

/// Trains runs to their ends: from the beginning, or from where their groups had come. Each has its own configuration,
/// and may have a state that it begins with;
/// the last weights are those of runs that `wants_weights`. The work of a single run is divided among `threads`.
///
/// Runs are started in their order, the first of them together with as many of the next as their family puts side by
/// side. One that comes to its end before the others of its company stays there without effect.
///
/// # Errors
/// When a setting does not fit the data, or the runs cannot be kept or gone on with.
///
/// # Panics
/// When there are no runs, or not as many numbers of groups.
pub fn train<B>(
    family: &dyn AnyFamily,
    runs: &[Start<'_, AnyData>],
    kept_in: Option<KeptIn<'_>>,
    wants_weights: bool,
    threads: &Threads,
    watch: Watch<'_, B>,
) -> Result<ControlFlow<B, Vec<Traced>>, Fault> {
    let mut team = InTraining::begin(family, runs, kept_in, wants_weights)?;
    for evaluation in team.runs.iter().flat_map(|run| run.so_far.trace.iter()) {
        if let ControlFlow::Break(end) = watch(Event::Evaluation(&evaluation)) {
            return Ok(ControlFlow::Break(end));
        }
    }
    let states: Vec<Option<State>> = team.runs.iter().map(|run| run.so_far.state()).collect();
    let going: Vec<usize> = (0..runs.len()).filter(|&run| team.goes_on(run)).collect();
    let mut rest = &going[..];
    while let Some(&first) = rest.first() {
        let starts = rest.iter().map(|&run| Start {
            state: states[run].as_ref().or(runs[run].state),
            ..runs[run]
        });
        let mut training = family.start(&starts.collect::<Vec<_>>())?;
        training.set_threads(threads);
        let (together, later) = rest.split_at(training.lanes());
        let mut epoch = states[first].as_ref().map_or(0, |state| state.epoch);
        while together.iter().any(|&run| team.goes_on(run)) {
            training.advance();
            epoch += 1;
            let mut flow = ControlFlow::Continue(());
            for (lane, &run) in together.iter().enumerate() {
                let heard = team.look(run, lane, epoch, &mut *training, watch);
                if flow.is_continue() {
                    flow = heard;
                }
            }
            let has_ended = team.going == 0;
            let heard = watch(Event::Epoch(epoch));
            if flow.is_continue() && !has_ended {
                flow = heard;
            }
            let is_due = team.is_due();
            if !has_ended && (is_due || flow.is_break()) {
                team.keep(together, &*training)?;
            }
            if let ControlFlow::Break(end) = flow {
                return Ok(ControlFlow::Break(end));
            }
        }
        rest = later;
    }
    Ok(ControlFlow::Continue(team.finish()))
}

/// Runs while they are trained.
struct InTraining<'c> {
    runs: Vec<InRun<'c>>,
    /// Runs that have not come to their ends.
    going: usize,
    /// The number of each group, and its runs.
    groups: Vec<(u64, Vec<usize>)>,
    keeper: Option<Keeper<'c>>,
    wants_weights: bool,
}

/// A run while it is trained.
struct InRun<'c> {
    config: &'c Config,
    /// The epochs at which it is evaluated; runs of one configuration share them.
    plan: Rc<EvaluationPlan>,
    detector: Detector<'c>,
    so_far: RunSoFar,
    weights: Arrays,
}

impl<'c> InTraining<'c> {
    fn begin(
        family: &dyn AnyFamily,
        starts: &[Start<'c, AnyData>],
        kept_in: Option<KeptIn<'c>>,
        wants_weights: bool,
    ) -> Result<Self, Fault> {
        let mut runs: Vec<InRun<'c>> = Vec::with_capacity(starts.len());
        for start in starts {
            let config = start.config;
            let known = runs.iter().find(|run| ptr::eq(run.config, config));
            let plan = match known {
                Some(run) => Rc::clone(&run.plan),
                None => Rc::new(config.evaluate.plan(config.train.epochs)),
            };
            let so_far = RunSoFar::waiting();
            runs.push(InRun {
                config,
                plan,
                detector: detector(family, config, &so_far),
                so_far,
                weights: Arrays::new(),
            });
        }
        let mut team = Self {
            runs,
            going: 0,
            groups: Vec::new(),
            keeper: None,
            wants_weights,
        };
        if let Some(KeptIn { unfinished, groups }) = kept_in {
            assert_eq!(groups.len(), starts.len(), "a group of each run");
            team.groups = by_number(groups);
            team.go_on(family, starts, keeper(family, &starts[0], unfinished))?;
        }
        team.going = (0..starts.len()).filter(|&run| team.goes_on(run)).count();
        Ok(team)
    }

    /// Takes up the progress of groups that were interrupted.
    fn go_on(
        &mut self,
        family: &dyn AnyFamily,
        starts: &[Start<'c, AnyData>],
        keeper: Keeper<'c>,
    ) -> Result<(), CheckpointError> {
        for (number, members) in &self.groups {
            let Some(begun) = keeper.begun(*number)? else {
                continue;
            };
            if begun.len() != members.len() {
                return Err(keeper.unfit(*number));
            }
            for (&run, so_far) in members.iter().zip(begun) {
                let (start, of_run) = (&starts[run], &mut self.runs[run]);
                if !fits(&so_far, family, start, of_run.plan.epochs()) {
                    return Err(keeper.unfit(*number));
                }
                of_run.detector = detector(family, start.config, &so_far);
                of_run.so_far = so_far;
            }
        }
        self.keeper = Some(keeper);
        Ok(())
    }

    /// Tells if a run has not come to its end.
    fn goes_on(&self, run: usize) -> bool {
        !matches!(self.runs[run].so_far.stage, Stage::Ended(_))
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
        let of_run = &mut self.runs[run];
        let evaluated = match training.diverged(lane) {
            Some(diverged) => Err(diverged),
            None if of_run.plan.contains(epoch) => training.evaluate(lane),
            None => {
                of_run.detector.look(epoch, lane, training);
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
        of_run.so_far.trace.push(&evaluation);
        of_run.detector.see(&evaluation);
        if epoch == of_run.config.train.epochs || of_run.detector.is_over(epoch) {
            if self.wants_weights {
                of_run.weights = training.weights(lane);
            }
            self.end(run, None);
        }
        watch(Event::Evaluation(&evaluation))
    }

    fn end(&mut self, run: usize, diverged: Option<Diverged>) {
        let of_run = &mut self.runs[run];
        of_run.so_far.stage = Stage::Ended(diverged);
        of_run.so_far.brackets = *of_run.detector.brackets();
        self.going -= 1;
    }

    /// Tells if the runs are to be kept after this epoch.
    fn is_due(&mut self) -> bool {
        self.keeper.as_mut().is_some_and(Keeper::is_due)
    }

    /// Keeps all groups, where they are kept at all: runs in training as they stand.
    fn keep(&mut self, together: &[usize], training: &dyn Training) -> Result<(), CheckpointError> {
        let Some(keeper) = &mut self.keeper else {
            return Ok(());
        };
        for (lane, &run) in together.iter().enumerate() {
            let of_run = &mut self.runs[run];
            if !matches!(of_run.so_far.stage, Stage::Ended(_)) {
                of_run.so_far.stage = Stage::Going(training.state(lane));
                of_run.so_far.brackets = *of_run.detector.brackets();
            }
        }
        let runs = &self.runs;
        let groups = self.groups.iter().map(|(number, members)| {
            let so_far: Vec<_> = members.iter().map(|&run| &runs[run].so_far).collect();
            (*number, so_far)
        });
        // A group of which no run has begun has nothing to be kept.
        let has_begun = |runs: &[&RunSoFar]| runs.iter().any(|run| run.stage != Stage::Waiting);
        keeper.keep(groups.filter(|(_, runs)| has_begun(runs)))
    }

    /// The runs, all of which have ended.
    fn finish(self) -> Vec<Traced> {
        let traced = self.runs.into_iter().map(|run| Traced {
            trace: run.so_far.trace,
            brackets: run.so_far.brackets,
            diverged: match run.so_far.stage {
                Stage::Ended(diverged) => diverged,
                Stage::Waiting | Stage::Going(_) => None,
            },
            weights: run.weights,
        });
        traced.collect()
    }
}

/// The runs of each group, in the order in which groups come first.
fn by_number(groups: &[u64]) -> Vec<(u64, Vec<usize>)> {
    let mut found: Vec<(u64, Vec<usize>)> = Vec::new();
    for (run, &number) in groups.iter().enumerate() {
        match found.iter_mut().find(|(known, _)| *known == number) {
            Some((_, members)) => members.push(run),
            None => found.push((number, vec![run])),
        }
    }
    found
}

/// The keeper of runs that take as many steps as this one.
fn keeper<'k>(
    family: &dyn AnyFamily,
    run: &Start<'_, AnyData>,
    unfinished: &'k Unfinished,
) -> Keeper<'k> {
    let cost = family.cost(run.config, Company::Seeds(1), Some(run.data));
    let steps_per_epoch = cost.map_or(0, |cost| cost.steps_per_epoch);
    Keeper::new(
        unfinished,
        run.config.engine.checkpoint_every,
        steps_per_epoch,
    )
}

/// The detector of a run that has come so far.
fn detector<'c>(family: &dyn AnyFamily, config: &'c Config, so_far: &RunSoFar) -> Detector<'c> {
    let (spec, epochs) = (&config.evaluate, config.train.epochs);
    Detector::going_on(spec, epochs, so_far.brackets, family.figures())
}

/// Tells if progress that was kept can be of a run.
fn fits(so_far: &RunSoFar, family: &dyn AnyFamily, run: &Start<'_, AnyData>, plan: &[u64]) -> bool {
    let evaluated = so_far.trace.len();
    let due = |epoch: u64| plan.partition_point(|&planned| planned <= epoch);
    evaluated <= plan.len()
        && so_far.trace.epochs() == &plan[..evaluated]
        && match &so_far.stage {
            Stage::Waiting => evaluated == 0,
            Stage::Going(state) => {
                (1..run.config.train.epochs).contains(&state.epoch)
                    && family.fits(run.config, run.data, state)
                    && evaluated == due(state.epoch)
            }
            Stage::Ended(diverged) => evaluated > 0 || diverged.is_some(),
        }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use sparsegrok_kernel::{FigureSet, KernelChoice};
    use sparsegrok_log::{Outputs, Work};

    use super::*;
    use crate::linear::Linear;
    use crate::seeds::RunSeeds;

    /// Three configurations that share visits, of one group each: the second ends early, the third has another scale
    /// of its rows' own columns.
    fn configs() -> [Config; 3] {
        let mut config = Config::default();
        (config.synthetic.n_train, config.synthetic.n_test) = (24, 6);
        config.train.epochs = 40;
        let [first, mut second, mut third] = [config.clone(), config.clone(), config];
        (second.train.learning_rate, second.train.epochs) = (0.01, 15);
        (third.synthetic.memorization_scale, third.train.weight_decay) = (2.0, 0.1);
        let mut configs = [first, second, third];
        // An epoch of all runs is then one event, for however few runs lanes are worth while.
        configs
            .iter_mut()
            .for_each(|config| config.engine.kernel = KernelChoice::Lanes);
        configs
    }

    /// Trains two seeds of each of these configurations for so many epochs side by side; what came to its end.
    fn trained(
        configs: &[(u64, &Config)],
        kept_in: Option<&Unfinished>,
        mut epochs: u64,
    ) -> Option<Vec<Traced>> {
        let family: &dyn AnyFamily = &Linear;
        let seeds = [5, 6].map(|seed| {
            configs
                .iter()
                .map(move |&(number, config)| (seed, number, config))
        });
        let runs = seeds.into_iter().flatten().map(|(seed, number, config)| {
            let seeds = RunSeeds::of(config, seed).unwrap();
            let data = family.data(config, &seeds, u64::MAX).unwrap().problem;
            (number, config, seeds, data)
        });
        let runs: Vec<(u64, &Config, RunSeeds, Arc<AnyData>)> = runs.collect();
        let groups: Vec<u64> = runs.iter().map(|run| run.0).collect();
        let starts = runs.iter().map(|(_, config, seeds, data)| Start {
            config,
            data: &**data,
            seeds: *seeds,
            asked: FigureSet::NONE,
            state: None,
        });
        let starts: Vec<_> = starts.collect();
        let kept_in = kept_in.map(|unfinished| KeptIn {
            unfinished,
            groups: &groups,
        });
        let mut watch = |event: Event<'_>| match event {
            Event::Epoch(_) if epochs == 1 => ControlFlow::Break(()),
            Event::Epoch(_) => {
                epochs -= 1;
                ControlFlow::Continue(())
            }
            Event::Evaluation(_) => ControlFlow::Continue(()),
        };
        let trained = train(family, &starts, kept_in, false, &Threads::One, &mut watch);
        trained.unwrap().continue_value()
    }

    #[test]
    fn runs_of_several_configurations_are_those_of_each_alone() {
        let [first, second, third] = configs();
        let together = [(0, &first), (1, &second), (2, &third)];
        let whole = trained(&together, None, u64::MAX).unwrap();
        for (place, config) in together.into_iter().enumerate() {
            let alone = trained(&[config], None, u64::MAX).unwrap();
            // Seed by seed: all configurations of the first, then of the second.
            assert_eq!(whole[place], alone[0]);
            assert_eq!(whole[3 + place], alone[1]);
        }
        let last = |run: usize| whole[run].trace.epochs().last().copied();
        assert_eq!([0, 1, 2].map(last), [Some(40), Some(15), Some(40)]);
    }

    #[test]
    fn groups_that_were_interrupted_together_go_on_together_and_apart() {
        let [first, second, third] = configs();
        let [a, b, c] = [(0, &first), (7, &second), (4, &third)];
        let whole = trained(&[a, b, c], None, u64::MAX).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("unfinished");
        let work = Unfinished::begin(&path, Work::Study, &first, &[], None, Outputs::new());
        let mut work = work.unwrap();
        // Interrupted together, then one of them further on, so that they have come unequally far.
        for (configs, epochs) in [
            (&[a, b, c][..], 9),
            (&[c], 12),
            (&[c, a], 5),
            (&[b, a, c], 10),
        ] {
            assert!(trained(configs, Some(&work), epochs).is_none());
            drop(work);
            work = Unfinished::open(&path, Work::Study).unwrap();
        }
        assert!(work.counts().1 > 1);
        assert_eq!(trained(&[a, b, c], Some(&work), u64::MAX), Some(whole));
    }
}
