//! The epoch loop: one run from its first epoch to its last, with an observer looking on.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, RangeInclusive};

use sparsegrok_data::{InvalidSetting, Problem, TargetKind};
use sparsegrok_lanes::{LANES, Level};

use crate::dense::DenseTrainer;
use crate::init::initial_signal;
use crate::layout::packed_bytes;
use crate::linear::{Linear, Seed};
use crate::look::Look;
use crate::plan::EvaluationPlan;
use crate::shape::Shape;
use crate::spec::TrainSpec;
use crate::state::State;
use crate::training::{Diverged, Training};
use crate::weights::Weights;

/// Largest explicit matrix the dense reference accepts, 8 GiB.
const DENSE_MAX_BYTES: usize = 8 << 30;

/// Which implementation of the update runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KernelChoice {
    /// The fastest for the task.
    #[default]
    Auto,
    /// The sparse kernel, O(nnz) per step.
    Scalar,
    /// The sparse kernel on eight seeds at a time, in SIMD lanes.
    Lanes,
    /// The dense reference, O(columns) per step.
    Dense,
}

/// Bytes of eight seeds' rows from which on lanes bring nothing: together they need more memory
/// bandwidth than a core has, where one seed's rows still lie in a cache.
const LANES_MAX_BYTES: usize = 128 << 20;

impl KernelChoice {
    /// The kernel that runs. `Auto` takes lanes for two runs or more, unless their rows have a sparse
    /// tail or are very many; `docs/performance.md` has the measurements behind both limits.
    pub fn resolve(self, runs: &[Run<'_>]) -> Self {
        match runs {
            [] => self,
            [first, ..] => self.for_shape(runs.len(), Shape::of(&first.problem.train)),
        }
    }

    /// As [`resolve`](Self::resolve), for a number of runs whose data have some shape.
    pub fn for_shape(self, runs: usize, shape: Shape) -> Self {
        let lanes_bytes = packed_bytes(shape.rows, shape.signal).saturating_mul(LANES);
        let suits_lanes = runs > 1 && shape.tail == 0 && lanes_bytes < LANES_MAX_BYTES;
        match self {
            Self::Auto if suits_lanes => Self::Lanes,
            Self::Auto => Self::Scalar,
            chosen => chosen,
        }
    }
}

/// Which instruction-set level runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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

/// One run of a configuration: its data and the seeds that are its own.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// What it learns from.
    pub problem: &'a Problem,
    /// Seed of its visiting order, in place of the configuration's.
    pub order_seed: u64,
    /// Seed of its initial weights, in place of the configuration's.
    pub init_seed: u64,
    /// Where it goes on from, if it does not begin.
    pub start: Option<&'a State>,
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
    trainer: &'t dyn Training,
    runs: &'t [usize],
    ended: &'t [Option<Result<Weights, Diverged>>],
}

impl Standing<'_> {
    /// The state of each run still going, with its number in the group. Runs that are trained before
    /// or after these are not among them. `Time: O(weights)` each
    pub fn states(&self) -> impl Iterator<Item = (usize, State)> {
        let going = self.runs.iter().enumerate();
        let going = going.filter(|(_, run)| self.ended[**run].is_none());
        going.map(|(lane, &run)| (run, self.trainer.state(lane)))
    }

    /// A look at each run still going, with its number in the group.
    pub fn looks(&self) -> impl Iterator<Item = (usize, Look<'_>)> {
        let going = self.runs.iter().enumerate();
        let going = going.filter(|(_, run)| self.ended[**run].is_none());
        going.map(|(lane, &run)| (run, Look::new(self.trainer, lane)))
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
    let run = Run {
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
    runs: &[Run<'_>],
    kernel: KernelChoice,
    simd: SimdChoice,
    plan: &EvaluationPlan,
    observer: &mut dyn GroupObserver,
) -> Result<Vec<Result<Weights, Diverged>>, InvalidSetting> {
    assert!(
        (1..=LANES).contains(&runs.len()),
        "{} runs, expected 1 to {LANES}",
        runs.len()
    );
    spec.validate()?;
    let level = simd.level()?;
    for run in runs {
        check_fit(run.problem, spec, kernel)?;
        let fits = |state: &State| state.fits(spec, run.problem);
        assert!(run.start.is_none_or(fits), "a state is of another run");
    }
    let seeds = runs
        .iter()
        .map(|run| {
            let width = run.problem.train.features().signal_width();
            let teacher = run.problem.teacher.as_ref();
            Ok(Seed {
                data: &run.problem.train,
                order_seed: run.order_seed,
                initial_signal: initial_signal(spec, run.init_seed, width, teacher)?,
                start: run.start,
            })
        })
        .collect::<Result<Vec<_>, InvalidSetting>>()?;
    let kernel = kernel.resolve(runs);
    let mut ended: Vec<Option<Result<Weights, Diverged>>> = vec![None; runs.len()];
    for together in side_by_side(kernel, runs) {
        let of_lane = |lane: usize| {
            // Lanes without a run of their own repeat the first.
            let run = together.get(lane).unwrap_or(&together[0]);
            seeds[*run].clone()
        };
        let mut trainer: Box<dyn Training> = match kernel {
            KernelChoice::Lanes => Box::new(Linear::<LANES>::new(
                spec,
                level,
                std::array::from_fn(of_lane),
            )),
            KernelChoice::Dense => Box::new(DenseTrainer::new(spec, level, of_lane(0))),
            KernelChoice::Scalar | KernelChoice::Auto => {
                Box::new(Linear::new(spec, level, [of_lane(0)]))
            }
        };
        let from = runs[together[0]].start.map_or(0, |state| state.epoch);
        let epochs = from + 1..=spec.epochs;
        if drive(epochs, plan, &together, &mut *trainer, observer, &mut ended).is_break() {
            break;
        }
    }
    Ok(ended.into_iter().flatten().collect())
}

/// The runs that a kernel trains at the same time, by their numbers: in lanes all that have come
/// equally far.
fn side_by_side(kernel: KernelChoice, runs: &[Run<'_>]) -> Vec<Vec<usize>> {
    if kernel != KernelChoice::Lanes {
        return (0..runs.len()).map(|run| vec![run]).collect();
    }
    let mut by_start = BTreeMap::<_, Vec<usize>>::new();
    for (number, run) in runs.iter().enumerate() {
        let start = run.start.map(|state| (state.epoch, state.scale.to_bits()));
        by_start.entry(start).or_default().push(number);
    }
    by_start.into_values().collect()
}

/// Trains the runs of a trainer to their ends; `runs` are their numbers in the group.
fn drive(
    epochs: RangeInclusive<u64>,
    plan: &EvaluationPlan,
    runs: &[usize],
    trainer: &mut dyn Training,
    observer: &mut dyn GroupObserver,
    ended: &mut [Option<Result<Weights, Diverged>>],
) -> ControlFlow<()> {
    let last = *epochs.end();
    for epoch in epochs {
        trainer.epoch();
        for (lane, &run) in runs.iter().enumerate() {
            if ended[run].is_some() {
                continue;
            }
            let end = if let Some(diverged) = trainer.diverged(lane) {
                Err(diverged)
            } else if plan.contains(epoch) || epoch == last {
                let weights = trainer.weights(lane);
                if !weights.is_finite() {
                    Err(trainer.position(lane))
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
            trainer,
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
    if kernel == KernelChoice::Dense
        && DenseTrainer::matrix_bytes(Shape::of(data)) > DENSE_MAX_BYTES
    {
        return Err(InvalidSetting {
            key: "kernel",
            value: "dense".to_owned(),
            expected: "`scalar`, as the explicit matrix would take more than 8 GiB",
        });
    }
    Ok(())
}
