//! The beginning of a run: its seeds, its state if it goes on from one, and initial signal weights.

use sparsegrok_data::{
    Dataset, InvalidSetting, Normal, Problem, Purpose, RandomFamily, Stream, Teacher, length,
};

use crate::figure::FigureSet;
use crate::spec::{Init, Sgd};
use crate::state::{LinearState, State};

/// One run to be trained: its data and the seeds that are its own.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// Its settings, but for the seeds.
    pub spec: &'a Sgd,
    /// Rows to learn from, with their test set and teacher.
    pub problem: &'a Problem,
    /// Seed of the visiting order, in place of the configuration's.
    pub order_seed: u64,
    /// Seed of the initial weights, in place of the configuration's.
    pub init_seed: u64,
    /// Squared distance of a score from a real target below which the row counts as right; `None` where
    /// signs are compared.
    pub accuracy_tolerance: Option<f64>,
    /// Figures that its evaluations compute beside the usual ones.
    pub asked: FigureSet,
    /// State to go on from; `None` to begin.
    pub start: Option<&'a State>,
}

impl<'a> Job<'a> {
    /// A run of a configuration's own seeds, from its beginning.
    pub fn new(problem: &'a Problem, spec: &'a Sgd) -> Self {
        Self {
            spec,
            problem,
            order_seed: spec.order_seed,
            init_seed: spec.init_seed,
            accuracy_tolerance: None,
            asked: FigureSet::NONE,
            start: None,
        }
    }
}

/// One run of a group: its settings, its data, its seed of orders and its beginning.
#[derive(Clone)]
pub(crate) struct Seed<'a, 's> {
    pub(crate) spec: &'a Sgd,
    pub(crate) data: &'a Dataset,
    pub(crate) order_seed: u64,
    pub(crate) initial_signal: Vec<f64>,
    /// The state it goes on from, if it does not begin.
    pub(crate) start: Option<&'s LinearState>,
}

/// The initial signal weights v₀, of length `width`, as [`Init`] describes them.
///
/// Random draws come from the native stream of `init_seed`, not of the configuration's seed, whatever
/// the run's random family: the reference programs have no random initial weights to agree with.
///
/// # Errors
/// When the choice needs a teacher and the data has none, or a direction orthogonal to the teacher and
/// there is just one column.
pub fn initial_signal(
    spec: &Sgd,
    init_seed: u64,
    width: usize,
    teacher: Option<&Teacher>,
) -> Result<Vec<f64>, InvalidSetting> {
    let refuse = |expected| InvalidSetting {
        key: "init",
        value: match spec.init {
            Init::Zero => "zero",
            Init::Gaussian => "gaussian",
            Init::Orthogonal => "orthogonal",
            Init::Teacher => "teacher",
            Init::AntiTeacher => "anti-teacher",
        }
        .to_owned(),
        expected,
    };
    let direction = || {
        teacher
            .map(Teacher::direction)
            .ok_or_else(|| refuse("`zero` or `gaussian`, as the data has no teacher"))
    };
    let norm = spec.init_norm;
    match spec.init {
        Init::Zero => Ok(vec![0.0; width]),
        Init::Gaussian => {
            // A vector of d such numbers has length R on average, whatever d is.
            let scale = norm / (width.max(1) as f64).sqrt();
            Ok(normals(init_seed, width).map(|x| x * scale).collect())
        }
        Init::Teacher => Ok(direction()?.iter().map(|x| x * norm).collect()),
        Init::AntiTeacher => Ok(direction()?.iter().map(|x| x * -norm).collect()),
        Init::Orthogonal => {
            let teacher = direction()?;
            if width < 2 {
                return Err(refuse("another choice where d_signal is 1"));
            }
            // The part along the teacher is taken out of a normal draw: what is left has a direction
            // uniform among those orthogonal to it, and is then brought to its length.
            let draw: Vec<f64> = normals(init_seed, width).collect();
            let along: f64 = draw.iter().zip(teacher).map(|(x, t)| x * t).sum();
            let rest: Vec<f64> = draw
                .iter()
                .zip(teacher)
                .map(|(x, t)| x - along * t)
                .collect();
            let length = length(rest.iter().copied());
            Ok(rest.iter().map(|x| x * (norm / length)).collect())
        }
    }
}

fn normals(seed: u64, width: usize) -> impl Iterator<Item = f64> {
    let mut stream = Stream::new(RandomFamily::Xoshiro256pp, seed, Purpose::Init);
    let mut normal = Normal::new();
    (0..width).map(move |_| normal.sample(&mut stream))
}
