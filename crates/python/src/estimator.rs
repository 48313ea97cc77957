//! Training of many models over the same rows, for the estimators of the Python half.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;

use numpy::ndarray::{Array, ArrayView1, ArrayView2, Dimension, ShapeBuilder};
use numpy::{IntoPyArray, PyArray2, PyArray3, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use rayon::prelude::*;
use sparsegrok_data::{Dataset, Features, Problem, TargetKind};
use sparsegrok_kernel::{
    Job, KernelChoice, LinearState, Order, RunGroup, Sgd, Shape, Sharing, SideBySide, SimdChoice,
    State, Training, Weights, start,
};
use sparsegrok_run::threads;

use crate::early_stopping::{Patience, Search};
use crate::errors::{OrRaise, Raised};
use crate::rows::{Lent, Rows};
use crate::settings::{Given, configuration};
use crate::watch::watched;

/// Rows, their targets by question (a class against the rest, for one), and their weights likewise, if they have any.
type Labelled<'py> = (
    Rows<'py>,
    PyReadonlyArray2<'py, f64>,
    Option<PyReadonlyArray2<'py, f64>>,
);

/// Coefficients, memorization weights and intercepts to begin with, by question, and the updates made before.
type Begun<'py> = (
    PyReadonlyArray2<'py, f64>,
    PyReadonlyArray2<'py, f64>,
    PyReadonlyArray1<'py, f64>,
    u64,
);

/// Coefficients and memorization weights by seed, question and column; intercepts and epochs by seed and question;
/// and the number of updates in an epoch.
type Fitted<'py> = (
    Bound<'py, PyArray3<f64>>,
    Bound<'py, PyArray3<f64>>,
    Bound<'py, PyArray2<f64>>,
    Bound<'py, PyArray2<u64>>,
    u64,
);

/// Trains a model for each seed of visiting orders and each question, without the interpreter's lock. Rows that are
/// held out, with a number of epochs and a least improvement, end a model's training early. Ctrl-C ends all of it
/// after an epoch and raises KeyboardInterrupt.
#[pyfunction]
#[allow(clippy::too_many_arguments)]
pub(crate) fn fit<'py>(
    py: Python<'py>,
    given: Given,
    memorization_scale: f64,
    threads: usize,
    rows: Labelled<'py>,
    seeds: Vec<u64>,
    begun: Option<Begun<'py>>,
    held_out: Option<(Labelled<'py>, u64, f64)>,
) -> PyResult<Fitted<'py>> {
    let spec = configuration(None, &given, &[])?.train;
    let rows = Asked::of(&rows)?;
    let (questions, count) = rows.targets.dim();
    let (shape, steps) = ((seeds.len(), questions), spec.steps_per_epoch(count));
    let held_out = match &held_out {
        Some((rows, epochs, tol)) => Some((
            Asked::of(rows)?,
            Patience {
                epochs: *epochs,
                tol: *tol,
            },
        )),
        None => None,
    };
    let beginning = begun.as_ref().map(|(coef, own, bias, step)| Beginning {
        coef: coef.as_array(),
        memorization: own.as_array(),
        bias: bias.as_array(),
        step: *step,
    });
    let train = |stop: &AtomicBool| {
        let held_out: Option<PyResult<_>> =
            held_out.map(|(rows, patience)| Ok((Questions::of(rows, &spec)?, patience)));
        let task = Task {
            rows: Questions::of(rows, &spec)?,
            held_out: held_out.transpose()?,
            beginning,
            memorization_scale,
            seeds,
            spec,
        };
        task.train(stop)
    };
    let models = py.detach(|| pooled(threads, train))?;
    let weights = || models.iter().map(|model| &model.weights);
    let coef: Vec<f64> = weights()
        .flat_map(|of| [&of.signal[..], &of.tail].concat())
        .collect();
    let own: Vec<f64> = weights()
        .flat_map(|of| of.memorization.iter().copied())
        .collect();
    let bias = weights().map(|of| of.bias).collect();
    let epochs = models.iter().map(|model| model.epochs).collect();
    let width = |columns: &[f64]| columns.len() / models.len().max(1);
    Ok((
        array((shape.0, shape.1, width(&coef)), coef).into_pyarray(py),
        array((shape.0, shape.1, width(&own)), own).into_pyarray(py),
        array(shape, bias).into_pyarray(py),
        array(shape, epochs).into_pyarray(py),
        steps,
    ))
}

/// Works in a pool of so many threads, while Python's signals are looked at. No pool is shared with later calls: a
/// process that is forked has none of its parent's threads.
fn pooled<T: Send>(
    threads: usize,
    work: impl FnOnce(&AtomicBool) -> PyResult<T> + Send,
) -> PyResult<T> {
    let (result, raised) = watched(
        |stop, _: Sender<()>| match threads::pool(threads).0 {
            Some(pool) => pool.install(|| work(stop)),
            None => work(stop),
        },
        |_, _| Ok(()),
    );
    raised.map_or(result, Err)
}

/// The numbers of all models as an array.
fn array<T, D: Dimension, S: ShapeBuilder<Dim = D>>(shape: S, numbers: Vec<T>) -> Array<T, D> {
    Array::from_shape_vec(shape, numbers).expect("as many numbers of each model")
}

/// Rows and questions as any thread may read them.
struct Asked<'a> {
    rows: Lent,
    targets: ArrayView2<'a, f64>,
    weights: Option<ArrayView2<'a, f64>>,
}

impl<'a> Asked<'a> {
    fn of((rows, targets, weights): &'a Labelled<'_>) -> PyResult<Self> {
        Ok(Self {
            rows: rows.lent()?,
            targets: targets.as_array(),
            weights: weights.as_ref().map(PyReadonlyArray2::as_array),
        })
    }
}

/// Rows that are checked, and the questions that are asked of them.
struct Questions<'a> {
    features: Features,
    targets: ArrayView2<'a, f64>,
    weights: Option<ArrayView2<'a, f64>>,
    kind: TargetKind,
}

impl<'a> Questions<'a> {
    fn of(asked: Asked<'a>, spec: &Sgd) -> PyResult<Self> {
        Ok(Self {
            features: asked.rows.features()?,
            targets: asked.targets,
            weights: asked.weights,
            kind: match spec.loss.needs_signs() {
                true => TargetKind::Sign,
                false => TargetKind::Real,
            },
        })
    }

    /// Number of questions.
    fn count(&self) -> usize {
        self.targets.nrows()
    }

    /// The dataset of a question. All share the rows.
    fn dataset(&self, question: usize) -> PyResult<Dataset> {
        let targets = self.targets.row(question).to_vec();
        let data = Dataset::new(self.features.clone(), targets, self.kind, None).or_raise()?;
        match self.weights {
            Some(weights) => data.weighted(weights.row(question).to_vec()).or_raise(),
            None => Ok(data),
        }
    }
}

/// Weights that models begin with, by question.
struct Beginning<'a> {
    coef: ArrayView2<'a, f64>,
    memorization: ArrayView2<'a, f64>,
    bias: ArrayView1<'a, f64>,
    step: u64,
}

impl Beginning<'_> {
    /// The state from which a question's model begins.
    fn state(&self, question: usize, data: &Dataset, spec: &Sgd) -> State {
        let coef = self.coef.row(question).to_vec();
        let (signal, tail) = match data.features().tail() {
            Some(_) => (Vec::new(), coef),
            None => (coef, Vec::new()),
        };
        let weights = Weights {
            signal,
            tail,
            memorization: self.memorization.row(question).to_vec(),
            bias: self.bias[question],
        };
        LinearState::beginning(&weights, data, spec.loss, self.step).into()
    }
}

/// A model that was trained.
struct Model {
    weights: Weights,
    epochs: u64,
}

/// What is to be trained: a model for each seed and question.
struct Task<'a> {
    spec: Sgd,
    memorization_scale: f64,
    rows: Questions<'a>,
    held_out: Option<(Questions<'a>, Patience)>,
    beginning: Option<Beginning<'a>>,
    seeds: Vec<u64>,
}

impl Task<'_> {
    /// Trains all models, in the order of their seeds, then questions: groups of them on the threads of the current
    /// pool.
    fn train(&self, stop: &AtomicBool) -> PyResult<Vec<Model>> {
        let seeds = self.seeds.iter();
        let models: Vec<(u64, usize)> = seeds
            .flat_map(|&seed| (0..self.rows.count()).map(move |question| (seed, question)))
            .collect();
        let shape = Shape::of(&self.problem(0)?.train);
        // The lanes of sparse rows visit them together: orders differ by the seed, unless they are all sequential.
        let can_share_order =
            |a: &(u64, usize), b: &(u64, usize)| self.spec.order == Order::Sequential || a.0 == b.0;
        let can_share =
            |a: &(u64, usize), b: &(u64, usize)| shape.tail == 0 || can_share_order(a, b);
        let groups = models.chunk_by(can_share).flat_map(|alike| {
            let has_one_order = alike.iter().all(|model| can_share_order(model, &alike[0]));
            let sharing = match has_one_order {
                true => Sharing::Columns,
                false => Sharing::Nothing,
            };
            // Models that the kernel trains one after the other had better be groups of their own.
            let auto = KernelChoice::Auto;
            let company = RunGroup::of(auto, &self.spec, alike.len(), shape, sharing);
            alike.chunks(company.runs)
        });
        let groups: Vec<&[(u64, usize)]> = groups.collect();
        let groups = groups.par_iter().map(|group| self.group(group, stop));
        let groups: Vec<PyResult<Vec<Model>>> = groups.collect();
        // Of several faults the first one is told, whichever thread was faster.
        let models: Vec<Vec<Model>> = groups.into_iter().collect::<PyResult<_>>()?;
        Ok(models.into_iter().flatten().collect())
    }

    /// The data of a question's model.
    fn problem(&self, question: usize) -> PyResult<Problem> {
        let rows = self.rows.dataset(question)?;
        let rows = rows.with_memorization(Some(self.memorization_scale));
        Problem::new(rows.or_raise()?, None, None).or_raise()
    }

    /// Trains models of some seeds and questions side by side. None are returned where all was stopped.
    fn group(&self, models: &[(u64, usize)], stop: &AtomicBool) -> PyResult<Vec<Model>> {
        let problems = models.iter().map(|&(_, question)| self.problem(question));
        let problems: Vec<Problem> = problems.collect::<PyResult<_>>()?;
        let states = models
            .iter()
            .zip(&problems)
            .map(|(&(_, question), problem)| {
                let beginning = self.beginning.as_ref()?;
                Some(beginning.state(question, &problem.train, &self.spec))
            });
        let states: Vec<Option<State>> = states.collect();
        let jobs = models.iter().zip(&problems).zip(&states);
        let jobs = jobs.map(|((&(order_seed, _), problem), state)| Job {
            order_seed,
            start: state.as_ref(),
            ..Job::new(problem, &self.spec)
        });
        let jobs: Vec<Job<'_>> = jobs.collect();
        let mut trained = Vec::new();
        while trained.len() < jobs.len() {
            let rest = &jobs[trained.len()..];
            let auto = (KernelChoice::Auto, SimdChoice::Auto);
            let training = start(rest, auto.0, auto.1).or_raise()?;
            let searches = models[trained.len()..].iter().take(training.lanes());
            let searches = searches.map(|&(_, question)| self.search(question));
            let searches = searches.collect::<PyResult<_>>()?;
            match self.together(training, searches, stop)? {
                Some(models) => trained.extend(models),
                None => return Ok(Vec::new()),
            }
        }
        Ok(trained)
    }

    /// The search for the best epoch of a question's model, where rows are held out for it.
    fn search(&self, question: usize) -> PyResult<Option<Search>> {
        let held_out = self.held_out.as_ref();
        let search =
            held_out.map(|(rows, patience)| Ok(Search::new(rows.dataset(question)?, *patience)));
        search.transpose()
    }

    /// Trains models side by side to their ends; `None` where that was stopped.
    fn together(
        &self,
        mut training: SideBySide<'_>,
        mut searches: Vec<Option<Search>>,
        stop: &AtomicBool,
    ) -> PyResult<Option<Vec<Model>>> {
        let mut models: Vec<Option<Model>> = searches.iter().map(|_| None).collect();
        for epoch in 1..=self.spec.epochs {
            if stop.load(Ordering::Relaxed) || models.iter().all(Option::is_some) {
                break;
            }
            training.advance();
            for (lane, search) in searches.iter_mut().enumerate() {
                if models[lane].is_some() {
                    continue;
                }
                if let Some(diverged) = training.diverged(lane) {
                    return Err(diverged.raised());
                }
                let is_over = match search {
                    Some(search) => search.see(training.model(lane).or_raise()?),
                    None => false,
                };
                if is_over || epoch == self.spec.epochs {
                    let best = search.take().and_then(Search::best);
                    let weights = best.map_or_else(|| training.model(lane), Ok);
                    models[lane] = Some(Model {
                        weights: weights.or_raise()?,
                        epochs: epoch,
                    });
                }
            }
        }
        // A model that has not come to its end has been stopped.
        Ok(models.into_iter().collect())
    }
}
