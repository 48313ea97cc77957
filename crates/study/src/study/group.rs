//! A group: up to eight seeds of one cell, trained side by side.

use std::ops::{ControlFlow, Range};

use sparsegrok_data::{Problem, generate};
use sparsegrok_kernel::{
    self as kernel, Diverged, Evaluation, GroupObserver, KernelChoice, Weights, evaluate,
    train_group,
};

use crate::config::Config;
use crate::detect::Milestones;
use crate::evaluate::EvaluateSpec;
use crate::load::LoadError;
use crate::stop::StopWatch;
use crate::study::seeds::RunSeeds;
use crate::trace::Trace;

/// Seeds of a group: one for each lane of the kernel.
pub(super) const GROUP: u64 = 8;

/// What became of one run of a study.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Number of its cell.
    pub cell: usize,
    /// Its seeds.
    pub seeds: RunSeeds,
    /// When it memorized and generalized; a run that diverged has neither time.
    pub milestones: Milestones,
    /// Its evaluations, as far as it came.
    pub trace: Trace,
    /// Where it diverged, if it did.
    pub diverged: Option<Diverged>,
}

impl Record {
    /// The evaluation of its last epoch; a run that diverged has none.
    pub fn last(&self) -> Option<&Evaluation> {
        self.trace.last().filter(|_| self.diverged.is_none())
    }

    /// Finds its milestones anew, in its trace as it is.
    pub(crate) fn find_milestones(&mut self, spec: &EvaluateSpec) {
        self.milestones = match self.diverged {
            None => Milestones::of(&self.trace, spec),
            Some(_) => Milestones::DIVERGED,
        };
    }
}

/// The results of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Number of its cell.
    pub cell: usize,
    /// The kernel that trained it.
    pub kernel: KernelChoice,
    /// Its runs, in the order of their seeds.
    pub records: Vec<Record>,
    /// Updates made, summed over its runs.
    pub seed_steps: u64,
}

/// Trains a group. `problem` is the data of all its runs; without it, each draws its own.
pub(super) fn train(
    cell: usize,
    config: &Config,
    seeds: Range<u64>,
    problem: Option<&Problem>,
) -> Result<Group, LoadError> {
    let seeds: Vec<RunSeeds> = seeds
        .map(|seed| RunSeeds::of(config, seed))
        .collect::<Result<_, _>>()?;
    let own: Vec<Problem> = match problem {
        Some(_) => Vec::new(),
        None => seeds
            .iter()
            .map(|seeds| draw(config, seeds))
            .collect::<Result<_, _>>()?,
    };
    let problems = problem.into_iter().cycle().chain(&own);
    let runs: Vec<kernel::Run<'_>> = seeds
        .iter()
        .zip(problems)
        .map(|(seeds, problem)| kernel::Run {
            problem,
            order_seed: seeds.order,
            init_seed: seeds.init,
        })
        .collect();
    let engine = &config.engine;
    let spec = &config.train;
    let mut tracer = Tracer {
        config,
        runs: &runs,
        traces: vec![Trace::new(); runs.len()],
        ends: vec![StopWatch::new(&config.evaluate); runs.len()],
    };
    let plan = config.evaluate.plan(spec.epochs);
    let ends = train_group(spec, &runs, engine.kernel, engine.simd, &plan, &mut tracer)?;

    let rows = runs[0].problem.train.len();
    let steps_an_epoch = rows.div_ceil(spec.batch_size.rows(rows)) as u64;
    let mut seed_steps = 0;
    let outcomes = seeds.into_iter().zip(tracer.traces).zip(ends);
    let records = outcomes.map(|((seeds, trace), end)| {
        let diverged = end.err();
        // A run that ends early ends with an evaluation, and the last epoch is one too.
        let epochs = trace.last().map_or(0, |last| last.epoch);
        seed_steps += diverged.map_or(epochs * steps_an_epoch, |at| at.step);
        let mut record = Record {
            cell,
            seeds,
            milestones: Milestones::DIVERGED,
            trace,
            diverged,
        };
        record.find_milestones(&config.evaluate);
        record
    });
    Ok(Group {
        cell,
        kernel: engine.kernel.resolve(&runs),
        records: records.collect(),
        seed_steps,
    })
}

fn draw(config: &Config, seeds: &RunSeeds) -> Result<Problem, LoadError> {
    let mut spec = config.synthetic.clone();
    spec.data_seed = seeds.data.unwrap_or(spec.data_seed);
    Ok(generate(&spec)?)
}

/// Evaluates what the kernel shows.
struct Tracer<'a> {
    config: &'a Config,
    runs: &'a [kernel::Run<'a>],
    traces: Vec<Trace>,
    ends: Vec<StopWatch<'a>>,
}

impl GroupObserver for Tracer<'_> {
    fn evaluate(&mut self, run: usize, epoch: u64, weights: &Weights) -> ControlFlow<()> {
        let tolerance = self.config.evaluate.accuracy_tolerance;
        let problem = self.runs[run].problem;
        let evaluation = evaluate(epoch, weights, problem, &self.config.train, tolerance);
        self.traces[run].push(evaluation);
        match self.ends[run].is_over(&evaluation) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }
}
