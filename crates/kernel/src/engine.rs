//! The choice of a kernel, the start of training, and its memory before it is taken.

use std::collections::BTreeMap;

use sparsegrok_data::{InvalidSetting, Problem, TargetKind};
use sparsegrok_lanes::{LANES, Level};

use crate::dense::DenseTrainer;
use crate::init::{Seed, initial_signal};
use crate::layout::packed_bytes;
use crate::linear::{Linear, Plan};
use crate::shape::Shape;
use crate::spec::TrainSpec;
use crate::state::State;
use crate::training::Training;

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
    /// Resolves `Auto` to the kernel that runs. It takes lanes for two runs or more, unless their rows have a sparse
    /// tail or are very many; `docs/performance.md` has the measurements behind both limits.
    pub fn resolve(self, jobs: &[Job<'_>]) -> Self {
        match jobs {
            [] => self,
            [first, ..] => self.for_shape(jobs.len(), Shape::of(&first.problem.train)),
        }
    }

    /// Resolves `Auto` for a number of runs on training sets of a shape.
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

/// One run to be trained: its data and the seeds that are its own.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// Rows to learn from, with their test set and teacher.
    pub problem: &'a Problem,
    /// Seed of the visiting order, in place of the configuration's.
    pub order_seed: u64,
    /// Seed of the initial weights, in place of the configuration's.
    pub init_seed: u64,
    /// State to go on from; `None` to begin.
    pub start: Option<&'a State>,
}

/// Starts jobs of one configuration, to be trained side by side: the job number i in lane i.
///
/// A run's result is a function of its problem, its seeds and `spec` alone: the same bits for every
/// kernel but the dense one, every level, and whatever company it is trained in. A job that goes on
/// from a [`State`] comes to the same bits as if it had begun. `Time: O(nnz)`
///
/// # Errors
/// A `spec` out of range, or one that does not fit the data; a level that this machine lacks.
///
/// # Panics
/// When the jobs are not one of the [groups](side_by_side) that the kernel trains at the same time,
/// their problems differ in shape, or a state does not [fit](State::fits) its job.
pub fn start<'a>(
    spec: &TrainSpec,
    jobs: &[Job<'a>],
    kernel: KernelChoice,
    simd: SimdChoice,
) -> Result<Box<dyn Training + 'a>, InvalidSetting> {
    let kernel = kernel.resolve(jobs);
    let together = side_by_side(kernel, jobs).len();
    assert_eq!(together, 1, "jobs that are not trained at the same time");
    let (level, seeds) = check(spec, jobs, kernel, simd)?;
    // Lanes without a job of their own repeat the first.
    let of_lane = |lane: usize| seeds.get(lane).unwrap_or(&seeds[0]).clone();
    Ok(match kernel {
        KernelChoice::Lanes => {
            let seeds = std::array::from_fn(of_lane);
            Box::new(Linear::<LANES>::new(spec, level, seeds))
        }
        KernelChoice::Dense => Box::new(DenseTrainer::new(spec, level, of_lane(0))),
        KernelChoice::Scalar | KernelChoice::Auto => {
            Box::new(Linear::new(spec, level, [of_lane(0)]))
        }
    })
}

/// Groups jobs, by their numbers, into those that a kernel trains at the same time: one by one, or in
/// lanes all that have come equally far.
pub fn side_by_side(kernel: KernelChoice, jobs: &[Job<'_>]) -> Vec<Vec<usize>> {
    if kernel.resolve(jobs) != KernelChoice::Lanes {
        return (0..jobs.len()).map(|job| vec![job]).collect();
    }
    // Learning rate and scale are common to all lanes, and follow from the epoch.
    let mut by_start = BTreeMap::<_, Vec<usize>>::new();
    for (number, job) in jobs.iter().enumerate() {
        let start = job.start.map(|state| (state.epoch, state.scale.to_bits()));
        by_start.entry(start).or_default().push(number);
    }
    by_start.into_values().collect()
}

/// Checks that jobs can be started, and makes their initial weights.
pub(crate) fn check<'a>(
    spec: &TrainSpec,
    jobs: &[Job<'a>],
    kernel: KernelChoice,
    simd: SimdChoice,
) -> Result<(Level, Vec<Seed<'a>>), InvalidSetting> {
    assert!(
        (1..=LANES).contains(&jobs.len()),
        "{} jobs, expected 1 to {LANES}",
        jobs.len()
    );
    spec.validate()?;
    let level = simd.level()?;
    for job in jobs {
        check_fit(job.problem, spec, kernel)?;
        let fits = |state: &State| state.fits(spec, job.problem);
        assert!(job.start.is_none_or(fits), "a state is of another run");
    }
    let seed = |job: &Job<'a>| {
        let width = job.problem.train.features().signal_width();
        let teacher = job.problem.teacher.as_ref();
        Ok(Seed {
            data: &job.problem.train,
            order_seed: job.order_seed,
            initial_signal: initial_signal(spec, job.init_seed, width, teacher)?,
            start: job.start,
        })
    };
    let seeds = jobs.iter().map(seed).collect::<Result<_, _>>()?;
    Ok((level, seeds))
}

/// Checks that a configuration fits the data of a job.
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

/// Bytes that training a group of runs holds at its fullest, the datasets aside; the largest `u64`
/// where they are more.
///
/// # Formula
/// What the kernel allocates for the runs that it trains at the same time, by its own plan; of each
/// run of the group, besides, the weights it ended with; and one set of weights that is being looked
/// at.
pub fn training_bytes(spec: &TrainSpec, kernel: KernelChoice, runs: usize, shape: Shape) -> u64 {
    let weights = shape.columns().saturating_mul(size_of::<f64>());
    let kept = weights.saturating_mul(runs.saturating_add(1));
    let trained = match kernel.for_shape(runs, shape) {
        KernelChoice::Dense => DenseTrainer::bytes(spec, shape),
        KernelChoice::Lanes => Plan::new(spec, shape, LANES).bytes(),
        KernelChoice::Scalar | KernelChoice::Auto => Plan::new(spec, shape, 1).bytes(),
    };
    trained.saturating_add(kept) as u64
}
