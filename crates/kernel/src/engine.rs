//! The choice of a kernel, the start of training, and its memory before it is taken.

use sparsegrok_data::{InvalidSetting, Problem, TargetKind};
use sparsegrok_lanes::{LANES, Level};

use crate::dense::DenseTrainer;
use crate::init::{Job, Seed, initial_signal};
use crate::layout::packed_bytes;
use crate::linear::{Linear, Plan};
use crate::shape::Shape;
use crate::sharing::Sharing;
use crate::side_by_side::SideBySide;
use crate::spec::Sgd;
use crate::state::{LinearState, State};
use crate::step::Choice;
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

/// Bytes of eight seeds' rows from which on lanes bring nothing: together they need more memory
/// bandwidth than a core has, where one seed's rows still lie in a cache.
const LANES_MAX_BYTES: usize = 128 << 20;

impl KernelChoice {
    /// Resolves `Auto` for a number of runs on training sets of a shape. It takes lanes for two runs or more, unless their
    /// rows are very many, or have a sparse tail that the runs do not share or that stands beside
    /// signal columns; `docs/performance.md` has the measurements behind these limits.
    pub fn for_shape(self, runs: usize, shape: Shape, sharing: Sharing) -> Self {
        let lanes_bytes = packed_bytes(shape.rows, shape.signal).saturating_mul(LANES);
        let suits_lanes = runs > 1
            && match shape.tail {
                0 => lanes_bytes < LANES_MAX_BYTES,
                _ => sharing == Sharing::Rows && shape.signal == 0,
            };
        match self {
            Self::Auto if suits_lanes => Self::Lanes,
            Self::Auto => Self::Scalar,
            chosen => chosen,
        }
    }
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

/// Starts the first of some runs: as many as are trained side by side, at most eight. In lanes these are
/// all of one configuration that have come equally far, else it is one. The others can be started
/// likewise when these are done with; memory is then taken once.
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
/// When there are no runs, their problems differ in shape, or a state does not
/// [fit](LinearState::fits) its run.
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
    let spec = runs[0].spec;
    let alike = runs.iter().take_while(|run| run.spec == spec).count();
    let runs = &runs[..alike];
    let shape = Shape::of(&runs[0].problem.train);
    let shapes = runs.iter().map(|run| Shape::of(&run.problem.train));
    assert!(
        shapes.into_iter().all(|of| of == shape),
        "problems of one shape"
    );
    let share = |sharing| {
        let company = runs
            .iter()
            .take_while(|run| Sharing::of(run, &runs[0]) >= sharing);
        company.count()
    };
    let sharing_rows = share(Sharing::Rows);
    // Sparse rows are worth lanes only together with runs that share them.
    let most = match (kernel, shape.tail) {
        (KernelChoice::Auto, 1..) => sharing_rows,
        _ => runs.len(),
    };
    let of_most = match sharing_rows {
        1 => Sharing::Nothing,
        _ => Sharing::Rows,
    };
    let kernel = kernel.for_shape(most, shape, of_most);
    let runs = &runs[..side_by_side(kernel, &states[..most])];
    let sharing = match runs.len() <= sharing_rows {
        true => Sharing::Rows,
        false => Sharing::Nothing,
    };
    let epoch = states[0].map_or(0, |state| state.epoch);
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
    let trainer: Box<dyn Trainer + 'a> = match kernel {
        KernelChoice::Lanes => match Plan::new(spec, shape, LANES, sharing) {
            plan if plan.form == Choice::SharedTails => {
                Box::new(Linear::<LANES, 1>::new(level, lanes(), plan))
            }
            plan => Box::new(Linear::<LANES, LANES>::new(level, lanes(), plan)),
        },
        KernelChoice::Dense => Box::new(DenseTrainer::new(level, of_lane(0))),
        KernelChoice::Scalar | KernelChoice::Auto => {
            let plan = Plan::new(spec, shape, 1, sharing);
            Box::new(Linear::<1, 1>::new(level, [of_lane(0)], plan))
        }
    };
    Ok(SideBySide::new(trainer, runs, epoch))
}

/// The number of runs, from the first on, that a kernel trains at the same time.
fn side_by_side(kernel: KernelChoice, states: &[Option<&State>]) -> usize {
    if kernel != KernelChoice::Lanes {
        return 1;
    }
    // Lanes take their steps together.
    let stage = |run: usize| states[run].map(|state| (state.epoch, state.step));
    let company = (1..states.len()).take_while(|&run| stage(run) == stage(0));
    1 + company.take(LANES - 1).count()
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
    let trained = match kernel.for_shape(runs, shape, sharing) {
        KernelChoice::Dense => DenseTrainer::bytes(spec, shape),
        KernelChoice::Lanes => Plan::new(spec, shape, LANES, sharing).bytes(),
        KernelChoice::Scalar | KernelChoice::Auto => {
            Plan::new(spec, shape, 1, Sharing::Nothing).bytes()
        }
    };
    trained.saturating_add(kept) as u64
}
