//! The size, memory and time of a study, judged from a moment of its training.

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sparsegrok_config::{Config, Evaluations, SETTINGS, Setting};
use sparsegrok_run::Event;
use sparsegrok_run::memory::Memory;
use sparsegrok_run::models::{AnyData, Company};

use crate::driver::StudyError;
use crate::group::{self, GROUP};
use crate::study::Study;

/// Least time that a calibrating group trains: enough to be timed, short enough to wait for.
const CALIBRATION: Duration = Duration::from_millis(100);

/// Most evaluations that are timed.
const EVALUATIONS: u64 = 64;

/// The size, memory and time of a study.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Updates of all runs together.
    pub seed_steps: u64,
    /// Evaluations of all runs together.
    pub evaluations: u64,
    /// Memory that the fullest cell takes.
    pub memory: Memory,
    /// Time on one thread.
    pub one_thread: Duration,
}

/// The cost of a group of some shape.
struct Cost {
    steps_per_epoch: u64,
    memory: Memory,
    /// Seconds a group: drawing its data, laying them out.
    setup: f64,
    /// Seconds a step of the whole group.
    step: f64,
    /// Seconds an evaluation of the whole group.
    evaluation: f64,
}

/// Estimates a study's size, memory and time on some number of threads, by training a group of each kind of cell for a
/// moment.
///
/// # Errors
/// When a cell's data cannot be had or do not fit its training, or it needs more memory than the study
/// may take.
pub fn estimate(study: &Study, threads: usize) -> Result<Estimate, StudyError> {
    let seeds = study.spec().seeds.len();
    let groups = seeds.div_ceil(GROUP);
    let mut known: Vec<(Config, Cost)> = Vec::new();
    let mut total = Estimate {
        seed_steps: 0,
        evaluations: 0,
        memory: Memory::default(),
        one_thread: Duration::ZERO,
    };
    for (number, cell) in study.cells().enumerate() {
        let config = &cell.config;
        let fault = |error| study.fault(number, error);
        let memory = study.check_memory(number, threads, None)?;
        let place = match known
            .iter()
            .position(|(other, _)| costs_alike(other, config))
        {
            Some(place) => place,
            None => {
                let shared = study.shared_data(config).map_err(fault)?;
                let memory = study.check_memory(number, threads, shared.as_deref())?;
                let cost = calibrate(study, number, shared.as_ref(), memory)?;
                known.push((config.clone(), cost));
                known.len() - 1
            }
        };
        let cost = &known[place].1;
        let steps = config.train.epochs.saturating_mul(cost.steps_per_epoch);
        let evaluations = config.evaluate.plan(config.train.epochs).epochs().len() as u64;
        let group = cost.setup + steps as f64 * cost.step + evaluations as f64 * cost.evaluation;
        total.seed_steps = total.seed_steps.saturating_add(seeds.saturating_mul(steps));
        total.evaluations = total
            .evaluations
            .saturating_add(seeds.saturating_mul(evaluations));
        let memories = [total.memory, memory, cost.memory].into_iter();
        total.memory = memories.max_by_key(|m| m.total()).unwrap_or_default();
        let time = Duration::try_from_secs_f64(groups as f64 * group).unwrap_or(Duration::MAX);
        total.one_thread = total.one_thread.saturating_add(time);
    }
    Ok(total)
}

/// Tells if a step and an evaluation of both take the same time.
fn costs_alike(a: &Config, b: &Config) -> bool {
    // A path that TOML cannot hold is the same in all cells: no grid varies paths.
    let alike = |setting: &Setting| setting.get(a).ok() == setting.get(b).ok();
    SETTINGS.iter().filter(|s| s.costs_time).all(alike)
}

/// Times a first group of a cell: for one epoch, for many, and for some each evaluated.
fn calibrate(
    study: &Study,
    cell: usize,
    shared: Option<&Arc<AnyData>>,
    memory: Memory,
) -> Result<Cost, StudyError> {
    let (family, mut config) = (study.family(), study.cell(cell).config);
    config.evaluate.stop_when = None;
    let fault = |error| study.fault(cell, error);
    let (_, first) = study.group(0);
    let seeds = group::seeds_of(&config, first).map_err(|error| fault(error.into()))?;
    let longest = config.train.epochs;
    let mut steps_per_epoch = 0;
    let mut time = |epochs: u64, every: u64| -> Result<(f64, u64), StudyError> {
        config.train.epochs = epochs;
        config.evaluate.evaluations = Evaluations::Every(every);
        let begun = Instant::now();
        let data = group::data_of(family, &config, &seeds, shared, study.most_memory());
        let data = data.map_err(fault)?;
        let cost = family.cost(&config, Company::Seeds(seeds.len()), Some(&*data[0]));
        steps_per_epoch = cost.map_or(0, |cost| cost.steps_per_epoch);
        let mut watch = |_: Event<'_>| ControlFlow::<Infallible>::Continue(());
        let group = group::train(family, cell, &config, &seeds, &data, None, &mut watch);
        let ControlFlow::Continue(group) = group.map_err(|fault| study.unable(cell, fault))?;
        let steps = group.seed_steps / group.records.len() as u64;
        Ok((begun.elapsed().as_secs_f64(), steps))
    };
    let (one, steps_of_one) = time(1, 1)?;
    let mut epochs = 2;
    let (plain, steps) = loop {
        let (seconds, steps) = time(epochs, epochs)?;
        if seconds > CALIBRATION.as_secs_f64() || epochs >= longest {
            break (seconds, steps);
        }
        epochs *= 2;
    };
    let step = (plain - one).max(0.0) / steps.saturating_sub(steps_of_one).max(1) as f64;
    let epochs = epochs.clamp(3, EVALUATIONS);
    let (evaluated, steps) = time(epochs, 1)?;
    let training = one + step * steps.saturating_sub(steps_of_one) as f64;
    let evaluation = (evaluated - training).max(0.0) / (epochs - 1) as f64;
    Ok(Cost {
        memory,
        steps_per_epoch,
        setup: (one - step * steps_of_one as f64 - evaluation).max(0.0),
        step,
        evaluation,
    })
}
