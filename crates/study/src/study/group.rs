//! A group: up to eight seeds of one cell, trained side by side.

use std::ops::Range;

use sparsegrok_config::{Config, EvaluateSpec};
use sparsegrok_data::{InvalidSetting, Problem, generate};
use sparsegrok_kernel::{self as kernel, Diverged, Evaluation, KernelChoice};

use crate::checkpoint::Unfinished;
use crate::detect::{Brackets, Detector, Milestones};
use crate::goal::Goal;
use crate::study::seeds::RunSeeds;
use crate::trace::Trace;
use crate::tracer::{Fault, Traced, train_traced};

/// Seeds of a group: one for each lane of the kernel.
pub(crate) const GROUP: u64 = 8;

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
    /// The evidence of its times, which has looks at other epochs too.
    pub(crate) brackets: Brackets,
    /// Where it diverged, if it did.
    pub diverged: Option<Diverged>,
}

impl Record {
    /// The evaluation of its last epoch; a run that diverged has none.
    pub fn last(&self) -> Option<Evaluation> {
        self.trace.last().filter(|_| self.diverged.is_none())
    }

    /// Ends it at one of its evaluations, as if it had not been trained further.
    pub(crate) fn end_at(&mut self, epoch: u64, spec: &EvaluateSpec) {
        self.trace.end_at(epoch);
        self.brackets = self.brackets.map(|bracket| bracket.until(epoch));
        self.find_milestones(spec);
    }

    /// Finds its milestones under other settings than those it was logged with: evidence of the same
    /// threshold stays, for others there are its evaluations.
    pub(crate) fn find_anew(&mut self, logged: &EvaluateSpec, asked: &EvaluateSpec, epochs: u64) {
        let in_trace = Detector::of(&self.trace, asked, epochs);
        let goals = Goal::all(logged).into_iter().zip(Goal::all(asked));
        let lasting = |spec: &EvaluateSpec| (spec.persistence.span(epochs), spec.crossing);
        let alike = lasting(logged) == lasting(asked);
        for (place, (logged, asked)) in goals.enumerate() {
            if !(alike && logged == asked) {
                self.brackets[place] = in_trace.brackets()[place];
            }
        }
        self.find_milestones(asked);
    }

    /// Finds its milestones in the evidence there is.
    pub(crate) fn find_milestones(&mut self, spec: &EvaluateSpec) {
        self.milestones = match self.diverged {
            None => Milestones::from_brackets(&self.brackets, spec),
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

impl Group {
    /// Whether it can be that of these seeds of a cell.
    pub(super) fn fits(&self, cell: usize, config: &Config, seeds: Range<u64>) -> bool {
        self.cell == cell
            && self.records.len() as u64 == seeds.end - seeds.start
            && self.records.iter().zip(seeds).all(|(record, seed)| {
                RunSeeds::of(config, seed).is_ok_and(|seeds| seeds == record.seeds)
            })
    }
}

/// Trains a group, from the beginning or from where it was when it was interrupted. `problem` is the
/// data of all its runs; without it, each draws its own. `None` where `halt` asked for an early end.
pub(super) fn train(
    cell: usize,
    config: &Config,
    seeds: Range<u64>,
    problem: Option<&Problem>,
    kept_in: Option<(&Unfinished, u64)>,
    halt: &dyn Fn() -> bool,
) -> Result<Option<Group>, Fault> {
    let seeds: Vec<RunSeeds> = seeds
        .map(|seed| RunSeeds::of(config, seed))
        .collect::<Result<_, _>>()
        .map_err(Fault::Setting)?;
    let own: Vec<Problem> = match problem {
        Some(_) => Vec::new(),
        None => seeds
            .iter()
            .map(|seeds| draw(config, seeds))
            .collect::<Result<_, _>>()
            .map_err(Fault::Setting)?,
    };
    let problems = problem.into_iter().cycle().chain(&own);
    let runs: Vec<kernel::Job<'_>> = seeds
        .iter()
        .zip(problems)
        .map(|(seeds, problem)| kernel::Job {
            problem,
            order_seed: seeds.order,
            init_seed: seeds.init,
            start: None,
        })
        .collect();
    let spec = &config.train;
    let Some(traced) = train_traced(spec, config, &runs, kept_in, halt, &mut ())? else {
        return Ok(None);
    };
    let rows = runs[0].problem.train.len();
    let steps_an_epoch = rows.div_ceil(spec.batch_size.rows(rows)) as u64;
    let mut seed_steps = 0;
    let records = seeds.into_iter().zip(traced).map(|(seeds, traced)| {
        let Traced {
            trace,
            brackets,
            diverged,
            ..
        } = traced;
        // A run that ends early ends with an evaluation, and the last epoch is one too.
        let epochs = trace.epochs().last().copied().unwrap_or(0);
        seed_steps += diverged.map_or(epochs * steps_an_epoch, |at| at.step);
        let mut record = Record {
            cell,
            seeds,
            milestones: Milestones::DIVERGED,
            trace,
            brackets,
            diverged,
        };
        record.find_milestones(&config.evaluate);
        record
    });
    Ok(Some(Group {
        cell,
        records: records.collect(),
        kernel: config.engine.kernel.resolve(&runs),
        seed_steps,
    }))
}

fn draw(config: &Config, seeds: &RunSeeds) -> Result<Problem, InvalidSetting> {
    let mut spec = config.synthetic.clone();
    spec.data_seed = seeds.data.unwrap_or(spec.data_seed);
    generate(&spec)
}
