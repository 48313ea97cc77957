//! A group: up to eight seeds of one cell, trained side by side.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use sparsegrok_config::{Config, EvaluateSpec};
use sparsegrok_data::InvalidSetting;
use sparsegrok_kernel::{Diverged, Evaluation, KernelChoice};
use sparsegrok_log::Unfinished;
use sparsegrok_run::models::{AnyData, AnyFamily, Company, Start};
use sparsegrok_run::thresholds::{Brackets, Detector, Goal};
use sparsegrok_run::training::{self, Fault, KeptIn, Traced};
use sparsegrok_run::{Anomalies, LoadError, Milestones, RunSeeds, Trace, Watch};

/// Seeds of a group: one for each lane of the kernel.
pub(crate) const GROUP: u64 = 8;

/// The results of one run of a study.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Number of its cell.
    pub cell: usize,
    /// Its seeds.
    pub seeds: RunSeeds,
    /// When it memorized and generalized; a run that diverged has neither time.
    pub milestones: Milestones,
    /// The anomalies of its trace; none are told of a run that diverged.
    pub anomalies: Anomalies,
    /// Its evaluations, as far as it came.
    pub trace: Trace,
    /// The evidence of its times, which has looks at other epochs too.
    pub(crate) brackets: Brackets,
    /// The place where it diverged, if it did.
    pub diverged: Option<Diverged>,
}

impl Record {
    /// The evaluation of its last epoch; a run that diverged has none.
    pub fn last(&self) -> Option<Evaluation> {
        self.trace.last().filter(|_| self.diverged.is_none())
    }

    /// Ends it at one of its evaluations, as if it had not been trained further.
    pub fn end_at(&mut self, epoch: u64, spec: &EvaluateSpec) {
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

    /// Finds its milestones in the evidence there is, and its anomalies in its trace.
    pub(crate) fn find_milestones(&mut self, spec: &EvaluateSpec) {
        (self.milestones, self.anomalies) = match self.diverged {
            None => (
                Milestones::from_brackets(&self.brackets, spec),
                Anomalies::of(&self.trace, spec),
            ),
            Some(_) => (Milestones::DIVERGED, Anomalies::NONE),
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
    /// Tells if it can be that of these seeds of a cell.
    pub(crate) fn fits(&self, cell: usize, config: &Config, seeds: Range<u64>) -> bool {
        self.cell == cell
            && self.records.len() as u64 == seeds.end - seeds.start
            && self.records.iter().zip(seeds).all(|(record, seed)| {
                RunSeeds::of(config, seed).is_ok_and(|seeds| seeds == record.seeds)
            })
    }
}

/// The seeds of a group's runs.
pub(crate) fn seeds_of(
    config: &Config,
    seeds: Range<u64>,
) -> Result<Vec<RunSeeds>, InvalidSetting> {
    seeds.map(|seed| RunSeeds::of(config, seed)).collect()
}

/// The data of each run of a group: what all share, or data of its own.
pub(crate) fn data_of(
    family: &dyn AnyFamily,
    config: &Config,
    seeds: &[RunSeeds],
    shared: Option<&Arc<AnyData>>,
    most_memory: u64,
) -> Result<Vec<Arc<AnyData>>, LoadError> {
    let data = seeds.iter().map(|seeds| match shared {
        Some(shared) => Ok(Arc::clone(shared)),
        None => Ok(family.data(config, seeds, most_memory)?.problem),
    });
    data.collect()
}

/// Trains a group, from the beginning or from where it was when it was interrupted.
pub(crate) fn train<B>(
    family: &dyn AnyFamily,
    cell: usize,
    config: &Config,
    seeds: &[RunSeeds],
    data: &[Arc<AnyData>],
    kept_in: Option<(&Unfinished, u64)>,
    watch: Watch<'_, B>,
) -> Result<ControlFlow<B, Group>, Fault> {
    let runs = seeds.iter().zip(data).map(|(&seeds, data)| Start {
        config,
        data: &**data,
        seeds,
        state: None,
    });
    let runs: Vec<_> = runs.collect();
    let groups = vec![kept_in.map_or(0, |(_, number)| number); runs.len()];
    let kept_in = kept_in.map(|(unfinished, _)| KeptIn {
        unfinished,
        groups: &groups,
    });
    let traced = match training::train(family, &runs, kept_in, false, watch)? {
        ControlFlow::Continue(traced) => traced,
        ControlFlow::Break(end) => return Ok(ControlFlow::Break(end)),
    };
    let cost = family.cost(config, Company::Seeds(runs.len()), Some(runs[0].data));
    let steps_per_epoch = cost.map_or(0, |cost| cost.steps_per_epoch);
    let mut seed_steps = 0;
    let records = seeds.iter().zip(traced).map(|(&seeds, traced)| {
        let Traced {
            trace,
            brackets,
            diverged,
            ..
        } = traced;
        // A run that ends early ends with an evaluation, and the last epoch is one too.
        let epochs = trace.epochs().last().copied().unwrap_or(0);
        seed_steps += diverged.map_or(epochs * steps_per_epoch, |at| at.step);
        let mut record = Record {
            cell,
            seeds,
            milestones: Milestones::DIVERGED,
            anomalies: Anomalies::NONE,
            trace,
            brackets,
            diverged,
        };
        record.find_milestones(&config.evaluate);
        record
    });
    Ok(ControlFlow::Continue(Group {
        cell,
        records: records.collect(),
        kernel: cost.map_or(KernelChoice::Auto, |cost| cost.form.kernel),
        seed_steps,
    }))
}
