//! The size, memory and time of a study, judged from a moment of its training.

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sparsegrok_config::{Config, Evaluations, SETTINGS, Setting};
use sparsegrok_run::Event;
use sparsegrok_run::memory::Memory;
use sparsegrok_run::models::AnyData;

use crate::error::StudyError;
use crate::plan::Plan;
use crate::study::Study;
use crate::team;

/// Least time that a calibrating team trains: enough to be timed, short enough to wait for.
const CALIBRATION: Duration = Duration::from_millis(100);

/// Most evaluations that are timed.
const EVALUATIONS: u64 = 64;

/// The size, memory and time of a study.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// Updates of all runs together.
    pub seed_steps: u64,
    /// Evaluations of all runs together.
    pub evaluations: u64,
    /// Memory that the fullest cells take.
    pub memory: Memory,
    /// Time on one thread.
    pub one_thread: Duration,
    /// The forms in which runs are trained, in words, each once. They are those of the first seeds of each cell: its last
    /// ones may be too few for lanes.
    pub forms: Vec<String>,
}

/// The cost of a team of some shape.
struct Cost {
    steps_per_epoch: u64,
    memory: Memory,
    /// Seconds a team: drawing its data, laying them out.
    setup: f64,
    /// Seconds a step of the whole team.
    step: f64,
    /// Seconds an evaluation of all runs of one of its cells.
    evaluation: f64,
    form: Option<String>,
}

/// Estimates a study's size, memory and time on some number of threads, by training a team of each kind of cells for a
/// moment.
///
/// # Errors
/// When a cell's data cannot be had or do not fit its training, or it needs more memory than the study
/// may take.
pub fn estimate(study: &Study, threads: usize) -> Result<Estimate, StudyError> {
    let seeds = study.spec().seeds.len();
    // A kind of cells by the configuration of one, and the number of cells in a team.
    let mut known: Vec<(Config, usize, Cost)> = Vec::new();
    let mut total = Estimate {
        seed_steps: 0,
        evaluations: 0,
        memory: Memory::default(),
        one_thread: Duration::ZERO,
        forms: Vec::new(),
    };
    for team in Plan::of(study, threads, Vec::new()).largest() {
        let cells = team
            .iter()
            .map(|&group| study.cell(study.group(group).0).config);
        let cells: Vec<Config> = cells.collect();
        let memory = study.check_memory(&team, threads, None)?;
        let kind = known
            .iter()
            .position(|(of, size, _)| *size == cells.len() && costs_alike(of, &cells[0]));
        let kind = match kind {
            Some(kind) => kind,
            None => {
                let fault = |error| study.fault(study.group(team[0]).0, error);
                let longest = cells.iter().map(|config| config.train.epochs);
                let longest = longest.max().unwrap_or(0);
                let shared = study.shared_data(&cells[0]).map_err(fault)?;
                let memory = study.check_memory(&team, threads, shared.as_deref())?;
                let cost = calibrate(study, &team, shared.as_ref(), longest, memory)?;
                known.push((cells[0].clone(), cells.len(), cost));
                known.len() - 1
            }
        };
        let (_, _, cost) = &known[kind];
        let memories = [total.memory, memory, cost.memory].into_iter();
        total.memory = memories.max_by_key(|m| m.total()).unwrap_or_default();
        let (mut seconds, mut longest) = (cost.setup, 0);
        for config in &cells {
            let steps = config.train.epochs.saturating_mul(cost.steps_per_epoch);
            let evaluations = config.evaluate.plan(config.train.epochs).epochs().len() as u64;
            total.seed_steps = total.seed_steps.saturating_add(seeds.saturating_mul(steps));
            total.evaluations = total
                .evaluations
                .saturating_add(seeds.saturating_mul(evaluations));
            seconds += evaluations as f64 * cost.evaluation;
            longest = steps.max(longest);
        }
        // Lanes go on until the last has come to its end.
        seconds += longest as f64 * cost.step;
        let teams = study.groups_of_a_cell();
        let time = Duration::try_from_secs_f64(teams as f64 * seconds).unwrap_or(Duration::MAX);
        total.one_thread = total.one_thread.saturating_add(time);
        let is_new = |form: &&String| !total.forms.contains(form);
        total.forms.extend(cost.form.iter().find(is_new).cloned());
    }
    Ok(total)
}

/// Tells if a step and an evaluation of both take the same time.
fn costs_alike(a: &Config, b: &Config) -> bool {
    // A path that TOML cannot hold is the same in all cells: no grid varies paths.
    let alike = |setting: &Setting| setting.get(a).ok() == setting.get(b).ok();
    SETTINGS.iter().filter(|s| s.costs_time).all(alike)
}

/// Times a team, whose longest run has so many epochs: for one epoch, for many, and for some each evaluated.
fn calibrate(
    study: &Study,
    groups: &[u64],
    shared: Option<&Arc<AnyData>>,
    longest: u64,
    memory: Memory,
) -> Result<Cost, StudyError> {
    let family = study.family();
    let mut of_team = None;
    let mut time = |epochs: u64, every: u64| -> Result<(f64, u64), StudyError> {
        let begun = Instant::now();
        let mut team = team::gather(study, groups, shared)?;
        for member in &mut team {
            member.config.train.epochs = epochs;
            member.config.evaluate.evaluations = Evaluations::Every(every);
            member.config.evaluate.stop_when = None;
        }
        of_team = team::cost(family, &team);
        let mut watch = |_: Event<'_>| ControlFlow::<Infallible>::Continue(());
        let trained = team::train(family, &team, None, &mut watch);
        let ControlFlow::Continue(trained) = trained.map_err(|fault| study.unable(&team, fault))?;
        let runs = trained.iter().map(|group| group.records.len() as u64);
        let steps = trained.iter().map(|group| group.seed_steps);
        let steps = steps.sum::<u64>() / runs.sum::<u64>().max(1);
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
        steps_per_epoch: of_team.map_or(0, |cost| cost.steps_per_epoch),
        setup: (one - step * steps_of_one as f64 - evaluation).max(0.0),
        step,
        evaluation: evaluation / groups.len() as f64,
        form: of_team.map(|cost| cost.form.to_string()),
    })
}
