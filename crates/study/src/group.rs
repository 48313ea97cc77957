//! A group: up to eight seeds of one cell, which the log has as a whole.

use std::ops::Range;

use sparsegrok_config::{Config, EvaluateSpec};
use sparsegrok_kernel::{Diverged, Evaluation, KernelChoice};
use sparsegrok_run::thresholds::{Brackets, Detector, Goal};
use sparsegrok_run::{Anomalies, Milestones, RunSeeds, Trace};

/// Seeds of a group: one for each lane that has rows and an order of its own.
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
