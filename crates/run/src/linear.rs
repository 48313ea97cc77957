//! The linear family: sparse SGD on rows that may own a memorization column each.

use sparsegrok_config::{Config, Source};
use sparsegrok_data::{InvalidSetting, Problem, generate};
use sparsegrok_kernel::{
    Company, Figure, Job, LinearState, OneVsRest, Order, Shape, Sharing, State, Training, start,
    training_bytes,
};

use crate::describe::bytes_of_problem;
use crate::family::{Cost, Family, Start};
use crate::load::{LoadError, Loaded, load_to_train};
use crate::seeds::{RunSeeds, vary_data};

/// The family of linear models.
#[derive(Clone, Copy, Debug)]
pub struct Linear;

impl Family for Linear {
    type Data = Problem;

    fn figures(&self) -> &[Figure] {
        &Figure::ALL
    }

    fn data(
        &self,
        config: &Config,
        seeds: &RunSeeds,
        most_memory: u64,
    ) -> Result<Loaded<Problem>, LoadError> {
        match (&config.files.train, seeds.data) {
            (None, Some(data_seed)) => {
                let mut spec = config.synthetic.clone();
                spec.data_seed = data_seed;
                spec.noise_seed = seeds.noise;
                Ok(Loaded::from(generate(&spec)?))
            }
            _ => load_to_train(config, most_memory),
        }
    }

    fn shares_data(&self, config: &Config, with: &Config) -> bool {
        let of = |config: &Config| {
            let target = config.target();
            (!vary_data(config)).then(|| (config.synthetic.clone(), config.files.clone(), target))
        };
        of(config).is_some_and(|data| of(with) == Some(data))
    }

    fn start<'a>(
        &self,
        runs: &[Start<'a, Problem>],
    ) -> Result<Box<dyn Training + 'a>, InvalidSetting> {
        let engine = &runs[0].config.engine;
        let runs = runs.iter().map(|run| Job {
            spec: &run.config.train,
            problem: run.data,
            order_seed: run.seeds.order,
            init_seed: run.seeds.init,
            accuracy_tolerance: run.config.evaluate.accuracy_tolerance,
            start: run.state,
        });
        let runs: Vec<Job<'a>> = runs.collect();
        if runs[0].problem.classes.is_some() {
            // The lanes are for the models of one run: runs of classes are trained one by one.
            let started = OneVsRest::start(&runs[0], engine.kernel, engine.simd)?;
            return Ok(Box::new(started));
        }
        let started = start(&runs, engine.kernel, engine.simd)?;
        Ok(Box::new(started))
    }

    fn fits(&self, config: &Config, data: &Problem, state: &State) -> bool {
        match data.classes {
            Some(_) => OneVsRest::fits(&config.train, data, state),
            None => LinearState::of(state).is_some_and(|state| state.fits(&config.train, data)),
        }
    }

    fn cost(&self, config: &Config, runs: usize, data: Option<&Problem>) -> Option<Cost> {
        let classes = data.and_then(|problem| problem.classes.as_ref());
        let (shape, data) = match data {
            Some(problem) => (shape_of(problem), bytes_of_problem(problem)),
            None => size_of_drawn(config)?,
        };
        let kernel = config.engine.kernel;
        if let Some(classes) = classes {
            let models = classes.labels().len();
            let weights = models.saturating_mul(shape.columns());
            let kept = weights
                .saturating_mul(runs)
                .saturating_mul(size_of::<f64>()) as u64;
            let training = OneVsRest::training_bytes(&config.train, kernel, models, shape);
            let steps = config.train.steps_per_epoch(shape.rows);
            return Some(Cost {
                data,
                training: training.saturating_add(kept),
                steps_per_epoch: steps.saturating_mul(models as u64),
                kernel: Company::of(kernel, &config.train, models, shape, Sharing::Columns).kernel,
                state: weights.saturating_mul(size_of::<f64>()) as u64,
            });
        }
        let has_one_order = config.train.order == Order::Sequential
            || !RunSeeds::are_added_to(Source::Order, &config.study);
        let sharing = match (vary_data(config), has_one_order) {
            (_, false) => Sharing::Nothing,
            (true, true) => Sharing::Order,
            (false, true) => Sharing::Rows,
        };
        Some(Cost {
            data,
            training: training_bytes(&config.train, kernel, runs, shape, sharing),
            steps_per_epoch: config.train.steps_per_epoch(shape.rows),
            kernel: Company::of(kernel, &config.train, runs, shape, sharing).kernel,
            state: shape.columns().saturating_mul(size_of::<f64>()) as u64,
        })
    }
}

/// The shape of the rows that each model of a problem is trained on.
fn shape_of(problem: &Problem) -> Shape {
    let first = problem
        .classes
        .as_ref()
        .map(|classes| &classes.problems()[0]);
    Shape::of(&first.unwrap_or(problem).train)
}

/// Shape and bytes of synthetic data before they are drawn; `None` where data are in files.
fn size_of_drawn(config: &Config) -> Option<(Shape, u64)> {
    if config.files.train.is_some() {
        return None;
    }
    let spec = &config.synthetic;
    let rows = (spec.n_train as u64).saturating_add(spec.n_test as u64);
    let of_row = (spec.d_signal as u64)
        .saturating_add(1)
        .saturating_mul(size_of::<f64>() as u64);
    let shape = Shape {
        rows: spec.n_train,
        signal: spec.d_signal,
        tail: 0,
        memorization: spec.memorization_scale != 0.0,
        weighted: false,
    };
    Some((shape, rows.saturating_mul(of_row)))
}
