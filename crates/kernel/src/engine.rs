//! The choice of a kernel, the start of training, and its memory before it is taken.

use sparsegrok_data::{InvalidSetting, Problem, TargetKind};
use sparsegrok_lanes::{LANES, Level, WIDE};

use crate::dense::DenseTrainer;
use crate::init::{Job, Seed, initial_signal};
use crate::linear::Linear;
use crate::optimized;
use crate::run_group::RunGroup;
use crate::shape::Shape;
use crate::sharing::Sharing;
use crate::side_by_side::SideBySide;
use crate::spec::{Optimizer, Sgd};
use crate::state::{LinearState, State};
use crate::trainer::Trainer;

/// Largest explicit matrix the dense reference accepts, 8 GiB.
const DENSE_MAX_BYTES: usize = 8 << 30;

/// The implementation of the update that runs.
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

impl KernelChoice {
    /// The words, to complete "expected …", for a kernel that momentum or AdamW do not have.
    pub const OF_OPTIMIZERS: &'static str =
        "`auto` or `scalar`, as momentum and AdamW (`optimizer`) have one kernel";
}

/// The instruction-set level that runs.
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
    /// A level asked for by name that this machine lacks: results would be the same, but another level
    /// than the one asked for would silently run.
    pub fn level(self) -> Result<Level, InvalidSetting> {
        let level = match self {
            Self::Auto => return Ok(Level::detect()),
            Self::Avx512 => Level::Avx512,
            Self::Avx2 => Level::Avx2,
            Self::Portable => Level::Portable,
        };
        if level <= Level::detect() {
            return Ok(level);
        }
        Err(InvalidSetting {
            key: "simd",
            value: level.to_string(),
            expected: "a level this machine has, or `auto`",
        })
    }
}

/// Starts the first of some runs: as many as are trained side by side, at most sixteen. The others can be
/// started likewise when these are done with; memory is then taken once.
///
/// In lanes go runs that have come equally far and have data of one shape, and whose settings differ
/// in no more than learning rate and its schedule, weight decay and its order, initial weights,
/// memorization scale and epochs. Where some of them visit the same rows in the same order, and are not too
/// few, the lanes are theirs alone.
///
/// A run's result is a function of its problem, its seeds and its settings alone: the same bits for
/// every kernel but the dense one, every level, and whatever company it runs in. A run that
/// diverges does not disturb the others. One that goes on from a [`State`](crate::State) comes to
/// the same bits as if it had begun. `Time: O(nnz)`
///
/// # Errors
/// When a run's settings are out of range or do not fit its data.
///
/// # Panics
/// When there are no runs, or a state does not [fit](fits) its run.
pub fn start<'a>(
    runs: &[Job<'a>],
    kernel: KernelChoice,
    simd: SimdChoice,
) -> Result<SideBySide<'a>, InvalidSetting> {
    let states: Vec<Option<&State>> = runs.iter().map(|run| run.start).collect();
    start_from(runs, &states, kernel, simd)
}

/// As [`start`], from these states, which need not last as long as the runs: those of the runs are not
/// looked at.
pub(crate) fn start_from<'a>(
    runs: &[Job<'a>],
    states: &[Option<&State>],
    kernel: KernelChoice,
    simd: SimdChoice,
) -> Result<SideBySide<'a>, InvalidSetting> {
    assert!(!runs.is_empty(), "no runs, expected 1 or more");
    let level = simd.level()?;
    for run in runs {
        run.spec.validate()?;
        check_fit(run.problem, run.spec, kernel)?;
    }
    let company = company_of(runs, states, kernel);
    let runs = &runs[..company.runs];
    let epoch = states[0].map_or(0, |state| state.epoch);
    if runs[0].spec.optimizer != Optimizer::Sgd {
        let trainer = optimized::start(level, &runs[0], states[0])?;
        return Ok(SideBySide::new(trainer, runs, epoch));
    }
    let states = runs.iter().zip(states).map(|(run, state)| {
        let state = LinearState::of((*state)?);
        let state = state.filter(|state| state.fits(run.spec, run.problem));
        Some(state.expect("a state of this run"))
    });
    let states: Vec<_> = states.collect();
    let seeds = runs
        .iter()
        .zip(&states)
        .map(|(run, state)| {
            let width = run.problem.train.features().signal_width();
            let teacher = run.problem.teacher.as_ref();
            Ok(Seed {
                spec: run.spec,
                data: &run.problem.train,
                order_seed: run.order_seed,
                initial_signal: initial_signal(run.spec, run.init_seed, width, teacher)?,
                start: state.as_ref(),
            })
        })
        .collect::<Result<Vec<_>, InvalidSetting>>()?;
    // Lanes without a run of their own repeat the first: its steps are valid, and cost nothing more.
    let of_lane = |lane: usize| seeds.get(lane).unwrap_or(&seeds[0]).clone();
    let lanes = || std::array::from_fn(of_lane);
    let plan = company.plan(runs[0].spec, shape_of(runs));
    let trainer: Box<dyn Trainer + 'a> = match company.kernel {
        KernelChoice::Dense => Box::new(DenseTrainer::new(level, of_lane(0))),
        KernelChoice::Lanes => match (plan.lanes(), plan.form.has_one_order()) {
            (WIDE, _) => {
                let lanes = std::array::from_fn(of_lane);
                Box::new(Linear::<WIDE, 1>::new(level, lanes, plan))
            }
            (_, true) => Box::new(Linear::<LANES, 1>::new(level, lanes(), plan)),
            (_, false) => Box::new(Linear::<LANES, LANES>::new(level, lanes(), plan)),
        },
        KernelChoice::Scalar | KernelChoice::Auto => {
            Box::new(Linear::<1, 1>::new(level, [of_lane(0)], plan))
        }
    };
    Ok(SideBySide::new(trainer, runs, epoch))
}

/// Tells if a state, read from a file, can be that of a run of `spec` on `problem`, of one model, before its last epoch.
pub fn fits(spec: &Sgd, problem: &Problem, state: &State) -> bool {
    match spec.optimizer {
        Optimizer::Sgd => LinearState::of(state).is_some_and(|state| state.fits(spec, problem)),
        Optimizer::Momentum | Optimizer::AdamW => optimized::fits(spec, problem, state),
    }
}

/// The shape of the rows of some runs: that of each, but for memorization, which some may have and some not.
fn shape_of(runs: &[Job<'_>]) -> Shape {
    let mut shapes = runs.iter().map(|run| Shape::of(&run.problem.train));
    let memorization = shapes.any(|shape| shape.memorization);
    Shape {
        memorization,
        ..Shape::of(&runs[0].problem.train)
    }
}

/// The first of some runs that are trained side by side.
fn company_of(runs: &[Job<'_>], states: &[Option<&State>], kernel: KernelChoice) -> RunGroup {
    let first = &runs[0];
    let shape = Shape::of(&first.problem.train);
    // Lanes take their steps together.
    let stage = |state: Option<&State>| state.map(|state| (state.epoch, state.step));
    let go_together = runs.iter().zip(states).take_while(|&(run, state)| {
        let of = Shape::of(&run.problem.train);
        let memorization = shape.memorization;
        stage(*state) == stage(states[0])
            && run.spec.steps_like(first.spec)
            && Shape { memorization, ..of } == shape
    });
    let sharing: Vec<Sharing> = go_together
        .map(|(run, _)| Sharing::of(run, first))
        .take(WIDE)
        .collect();
    let companies = Sharing::ALL.map(|least| {
        let sharing = sharing.iter().take_while(|&&sharing| sharing >= least);
        RunGroup::of(kernel, first.spec, sharing.count(), shape, least)
    });
    let [mut best, more_in_common @ ..] = companies;
    for company in more_in_common {
        // Half as many that have more in common take less time a run.
        if company.kernel == KernelChoice::Lanes && 2 * company.runs > best.runs {
            best = company;
        }
    }
    best
}

/// Checks that a configuration fits the data of a job.
fn check_fit(problem: &Problem, spec: &Sgd, kernel: KernelChoice) -> Result<(), InvalidSetting> {
    let data = &problem.train;
    if data.target_kind() == TargetKind::Class {
        return Err(InvalidSetting {
            key: "labels",
            value: "all".to_owned(),
            expected: "two labels or real numbers, as this trains one model; `OneVsRest` trains one a class",
        });
    }
    if spec.loss.needs_signs() && data.target_kind() == TargetKind::Real {
        return Err(InvalidSetting {
            key: "loss",
            value: format!("{:?}", spec.loss).to_lowercase(),
            expected: "`squared`, as the targets are real numbers",
        });
    }
    if let Some(expected) = spec.lacks_steps() {
        return Err(InvalidSetting {
            key: "optimizer",
            value: format!("{:?}", spec.optimizer).to_lowercase(),
            expected,
        });
    }
    if spec.optimizer != Optimizer::Sgd
        && matches!(kernel, KernelChoice::Dense | KernelChoice::Lanes)
    {
        return Err(InvalidSetting {
            key: "kernel",
            value: format!("{kernel:?}").to_lowercase(),
            expected: KernelChoice::OF_OPTIMIZERS,
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

/// Bytes that training a group of runs holds at its fullest, the datasets aside; the largest `u64`
/// where they are more.
///
/// # Formula
/// The sum of three parts: the kernel's own plan for the runs that it trains at the same time; the last
/// weights of each run of the group; and one set of weights that is being looked at.
pub fn training_bytes(
    spec: &Sgd,
    kernel: KernelChoice,
    runs: usize,
    shape: Shape,
    sharing: Sharing,
) -> u64 {
    let weights = shape.columns().saturating_mul(size_of::<f64>());
    let kept = weights.saturating_mul(runs.saturating_add(1));
    let company = RunGroup::of(kernel, spec, runs, shape, sharing);
    let trained = match (spec.optimizer, company.kernel) {
        (Optimizer::Momentum | Optimizer::AdamW, _) => optimized::bytes(spec, shape),
        (_, KernelChoice::Dense) => DenseTrainer::bytes(spec, shape),
        _ => company.plan(spec, shape).bytes(),
    };
    trained.saturating_add(kept) as u64
}
