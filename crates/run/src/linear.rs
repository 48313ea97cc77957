//! The linear family: sparse SGD on rows that may own a memorization column each.

use std::sync::LazyLock;

use sparsegrok_config::{Config, Source};
use sparsegrok_data::{InvalidSetting, Problem, TargetKind, generate};
use sparsegrok_kernel::{
    Figure, Job, KernelChoice, LinearState, OneVsRest, Optimizer, Order, RunGroup, Sgd, Shape,
    Sharing, State, Training, fits, start, training_bytes,
};

use crate::describe::bytes_of_problem;
use crate::family::{Cost, Family, Start};
use crate::form::{Company, Form};
use crate::load::{LoadError, Loaded, label_options, load_to_train};
use crate::saved_model::SavedModel;
use crate::seeds::{RunSeeds, vary_data};

/// The family of linear models.
#[derive(Clone, Copy, Debug)]
pub struct Linear;

static FIGURES: LazyLock<Vec<Figure>> = LazyLock::new(|| {
    let all = Figure::ALL.into_iter();
    all.filter(|figure| !figure.is_of_networks()).collect()
});

impl Family for Linear {
    type Data = Problem;

    fn figures(&self) -> &[Figure] {
        &FIGURES
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

    fn shares_visits(&self, config: &Config, with: &Config) -> bool {
        // Rows with columns of their own have another shape than rows without.
        let memorizes = |config: &Config| config.memorization_scale() != 0.0;
        // The lanes are for the models of one run: runs of classes are trained one by one.
        let has_classes = label_options(config).targets == TargetKind::Class;
        memorizes(config) == memorizes(with) && !has_classes && *config == visiting_as(with, config)
    }

    fn data_like(&self, config: &Config, of: &Problem) -> Option<Problem> {
        let alpha = config.memorization_scale();
        // Where the configuration asks for none, rows have what their store says.
        let is_like = alpha == 0.0 || of.train.memorization() == Some(alpha);
        (!is_like).then(|| Problem {
            train: of.train.clone().memorizing(alpha),
            ..of.clone()
        })
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
            asked: run.asked,
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

    fn beginning(
        &self,
        config: &Config,
        data: &Problem,
        model: &SavedModel,
    ) -> Result<State, LoadError> {
        let spec = &config.train;
        let weights = model.weights(&data.train, spec.bias)?;
        Ok(LinearState::beginning(&weights, &data.train, spec.loss, 0).into())
    }

    fn fits(&self, config: &Config, data: &Problem, state: &State) -> bool {
        match data.classes {
            Some(_) => OneVsRest::fits(&config.train, data, state),
            None => fits(&config.train, data, state),
        }
    }

    fn cost(&self, config: &Config, company: Company, data: Option<&Problem>) -> Option<Cost> {
        let classes = data.and_then(|problem| problem.classes.as_ref());
        let (shape, data) = match data {
            Some(problem) => (shape_of(problem), bytes_of_problem(problem)),
            None => size_of_drawn(config)?,
        };
        let choice = config.engine.kernel;
        let steps = config.train.steps_per_epoch(shape.rows);
        let weights = shape.columns().saturating_mul(size_of::<f64>()) as u64;
        // Beside each weight, a state has what the optimizer remembers: two numbers.
        let state = match config.train.optimizer {
            Optimizer::Sgd => weights,
            Optimizer::Momentum | Optimizer::AdamW => weights.saturating_mul(3),
        };
        if let Some(classes) = classes {
            let models = classes.labels().len();
            let company = Company::Models(models);
            return Some(Cost {
                data,
                training: OneVsRest::training_bytes(&config.train, choice, models, shape),
                steps_per_epoch: steps.saturating_mul(models as u64),
                form: form(config, company, shape, Sharing::Columns),
                state: state.saturating_mul(models as u64),
            });
        }
        let has_one_order = config.train.order == Order::Sequential
            || !RunSeeds::are_added_to(Source::Order, &config.study);
        let sharing = match (company, vary_data(config), has_one_order) {
            (Company::Cells(_), ..) | (_, false, true) => Sharing::Rows,
            (_, true, true) => Sharing::Order,
            (_, _, false) => Sharing::Nothing,
        };
        let runs = company.runs();
        let training = training_bytes(&config.train, choice, runs, shape, sharing);
        // The state that all begin with, and that of each while they are started.
        let begun = match config.model.continue_from {
            Some(_) => weights.saturating_mul(runs as u64 + 1),
            None => 0,
        };
        Some(Cost {
            data,
            training: training
                .saturating_sub(weights.saturating_mul(runs as u64))
                .saturating_add(begun),
            steps_per_epoch: steps,
            form: form(config, company, shape, sharing),
            state,
        })
    }
}

/// A configuration whose settings that do not change which rows are visited when, and how runs are judged, are those of
/// another. What is not listed here has to be the same for runs that share visits.
fn visiting_as(config: &Config, other: &Config) -> Config {
    let mut config = config.clone();
    config.synthetic.memorization_scale = other.synthetic.memorization_scale;
    config.files.memorization_scale = other.files.memorization_scale;
    config.evaluate = other.evaluate.clone();
    config.train = Sgd {
        learning_rate: other.train.learning_rate,
        schedule: other.train.schedule,
        schedule_power: other.train.schedule_power,
        schedule_factor: other.train.schedule_factor,
        schedule_every: other.train.schedule_every,
        warmup_steps: other.train.warmup_steps,
        weight_decay: other.train.weight_decay,
        decay_order: other.train.decay_order,
        epochs: other.train.epochs,
        init: other.train.init,
        init_norm: other.train.init_norm,
        init_seed: other.train.init_seed,
        ..config.train
    };
    config
}

/// The form in which the kernel that a configuration asks for trains runs on rows of a shape.
fn form(config: &Config, company: Company, shape: Shape, sharing: Sharing) -> Form {
    let (choice, spec) = (config.engine.kernel, &config.train);
    let alone = match choice {
        _ if spec.optimizer != Optimizer::Sgd => {
            "momentum and AdamW (`optimizer`) have one kernel, for one run"
        }
        KernelChoice::Scalar | KernelChoice::Lanes | KernelChoice::Dense => "`kernel` asks",
        KernelChoice::Auto if company.runs() < 2 => "there is no other to go beside it",
        KernelChoice::Auto if shape.tail > 0 => {
            "sparse columns suit lanes only where runs share them and there are no others"
        }
        KernelChoice::Auto => "so few runs of such rows take less time one after another",
    };
    let group = RunGroup::of(choice, spec, company.runs(), shape, sharing);
    Form {
        kernel: group.kernel,
        company: match company {
            // More cells than go side by side come one group after another.
            Company::Cells(_) => Company::Cells(group.runs),
            company => company,
        },
        sharing,
        alone,
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

#[cfg(test)]
mod tests {
    use super::*;
    use sparsegrok_config::{Kind, SETTINGS, Section, Setting};

    /// A configuration that differs in one setting, if it is one that cells of a grid can differ in.
    fn differing(setting: &Setting, config: &Config) -> Option<Config> {
        let texts: Vec<&str> = match setting.kind {
            Kind::Whole | Kind::WholeOr(..) => vec!["7", "8"],
            Kind::Number => vec!["0.0625", "0.125"],
            Kind::Switch => vec!["true", "false"],
            Kind::Choice(names) => names.to_vec(),
            Kind::Span => vec!["30epochs"],
            Kind::Stop => vec!["grokked+9"],
            _ => Vec::new(),
        };
        let mut others = texts.into_iter().filter_map(|text| {
            let mut other = config.clone();
            setting
                .set(&mut other, &setting.kind.parse(text))
                .then_some(other)
        });
        others.find(|other| other != config)
    }

    #[test]
    fn settings_that_change_neither_rows_nor_their_order_share_visits() {
        let own = [
            "memorization_scale",
            "learning_rate",
            "schedule",
            "schedule_power",
            "schedule_factor",
            "schedule_every",
            "warmup_steps",
            "weight_decay",
            "decay_order",
            "epochs",
            "init",
            "init_norm",
            "init_seed",
        ];
        for files in [None, Some("rows.svm".into())] {
            let mut config = Config::default();
            config.files.train = files;
            config.files.memorization_scale = 1.0;
            for setting in SETTINGS {
                let Some(other) = differing(setting, &config) else {
                    continue;
                };
                let is_own = own.contains(&setting.key) || setting.section == Section::Evaluate;
                for (a, b) in [(&config, &other), (&other, &config)] {
                    assert_eq!(Linear.shares_visits(a, b), is_own, "{}", setting.key);
                }
            }
        }
    }

    #[test]
    fn rows_without_memorization_and_runs_of_classes_share_no_visits() {
        let config = Config::default();
        let mut without = config.clone();
        without.synthetic.memorization_scale = 0.0;
        assert!(!Linear.shares_visits(&config, &without));
        assert!(Linear.shares_visits(&without, &without.clone()));
        let mut classes = config;
        classes.files.train = Some("rows.svm".into());
        classes.files.labels = Some(sparsegrok_data::svmlight::LabelsAsked::All);
        assert!(!Linear.shares_visits(&classes, &classes.clone()));
    }

    #[test]
    fn data_like_others_are_those_drawn_and_have_their_rows() {
        let mut config = Config::default();
        (config.synthetic.n_train, config.synthetic.n_test) = (30, 10);
        let drawn = |config: &Config| {
            let seeds = RunSeeds::of(config, 3).unwrap();
            Linear.data(config, &seeds, u64::MAX).unwrap().problem
        };
        let first = drawn(&config);
        assert!(Linear.data_like(&config, &first).is_none());
        config.synthetic.memorization_scale = 2.5;
        let like = Linear.data_like(&config, &first).unwrap();
        let own = drawn(&config);
        let rows = |problem: &Problem| {
            let of = |data: &sparsegrok_data::Dataset| {
                let numbers = data.features().signal_block().iter().chain(data.targets());
                let bits: Vec<u64> = numbers.map(|x| x.to_bits()).collect();
                (data.memorization(), bits)
            };
            (
                of(&problem.train),
                problem.test.as_ref().map(of),
                problem.teacher.clone(),
            )
        };
        assert_eq!(rows(&like), rows(&own));
        let [one, other] = [&first, &like].map(|problem| problem.train.features());
        assert!(one.shares_rows(other));
        let [one, other] = [&first, &like].map(|problem| problem.test.as_ref().unwrap().features());
        assert!(one.shares_rows(other));
    }
}
