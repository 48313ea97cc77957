//! Runs that another program trained, as a study: grouped, judged and logged like any other.

use std::io::{self, Write};
use std::path::Path;

use sparsegrok_config::{Config, ConfigError};
use sparsegrok_kernel::KernelChoice;
use sparsegrok_log::{ForeignRuns, Header};
use sparsegrok_run::thresholds::{Bracket, GOALS};
use sparsegrok_run::{Anomalies, Milestones, RunSeeds, Status, Trace};

use crate::brackets::log_rank;
use crate::cell::CellSummary;
use crate::directory::DirectoryError;
use crate::group::{Group, Record};
use crate::logged::find_milestones;
use crate::merge::{MergeError, Spent, written};
use crate::overview::Summary;
use crate::records::{self, RecordRow};
use crate::study::Study;

/// Runs that another program trained, judged.
#[derive(Clone, Debug)]
pub struct ForeignStudy {
    study: Study,
    runs: ForeignRuns,
    groups: Vec<(u64, Group)>,
}

/// What the curves of some runs do not tell: numbers of runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Untold {
    /// Runs without the figure that tells memorization.
    pub no_memorization: usize,
    /// Runs without a figure that tells generalization.
    pub no_generalization: usize,
    /// Runs that had memorized when they were first looked at.
    pub memorized_at_first: usize,
    /// Other runs whose status is undecided: they were looked at too rarely.
    pub too_coarse: usize,
}

impl ForeignStudy {
    /// Judges runs by the thresholds of a configuration, each in its evaluations alone. `traces` are those of the
    /// runs of each cell in their order. Shares of the epochs are of the longest run's. `Time: O(evaluations)`
    ///
    /// # Errors
    /// When the configuration is not valid.
    ///
    /// # Panics
    /// When there is not a trace for each run.
    pub fn judge(
        mut config: Config,
        runs: ForeignRuns,
        traces: Vec<Vec<Trace>>,
    ) -> Result<Self, ConfigError> {
        let last = |trace: &Trace| trace.epochs().last().copied();
        let longest = traces.iter().flatten().filter_map(last).max();
        config.train.epochs = longest.unwrap_or(0).max(1);
        let study = Study::of_foreign(config, runs.clone())?;
        let mut groups = Vec::new();
        for number in study.groups() {
            let (cell, seeds) = study.group(number);
            let config = study.cell(cell).config;
            let records = seeds.map(|seed| {
                let mut record = Record {
                    cell,
                    seeds: RunSeeds::of(&config, seed)?,
                    milestones: Milestones::DIVERGED,
                    anomalies: Anomalies::NONE,
                    trace: traces[cell][seed as usize].clone(),
                    brackets: [Bracket::NONE; GOALS],
                    diverged: None,
                };
                find_milestones(&mut record, &config);
                Ok(record)
            });
            let records: Result<Vec<_>, sparsegrok_data::InvalidSetting> = records.collect();
            let records = records.map_err(|setting| ConfigError::Invalid {
                origin: sparsegrok_config::Origin::Default,
                setting,
            })?;
            let group = Group {
                cell,
                kernel: KernelChoice::Auto,
                records,
                seed_steps: 0,
            };
            groups.push((number, group));
        }
        Ok(Self {
            study,
            runs,
            groups,
        })
    }

    /// The study that the runs are.
    pub fn study(&self) -> &Study {
        &self.study
    }

    /// The number of runs.
    pub fn runs(&self) -> usize {
        self.each().count()
    }

    /// The outcome of each run, cell by cell.
    pub fn records(&self) -> Vec<RecordRow> {
        let figures = &self.study.spec().figures;
        let rows = self.each().map(|record| RecordRow::of(record, figures));
        rows.collect()
    }

    fn each(&self) -> impl Iterator<Item = &Record> {
        self.groups.iter().flat_map(|(_, group)| &group.records)
    }

    /// The summary of the runs.
    pub fn summary(&self) -> Summary {
        let records = self.records();
        let cells = CellSummary::of_each(&self.study, &records);
        Summary::of(&self.study, None, cells, log_rank(&self.study, &records))
    }

    /// The number of runs of which the curves do not tell something.
    pub fn untold(&self) -> Untold {
        let mut untold = Untold::default();
        for record in self.each() {
            let [mem, generalized, ..] = &record.brackets;
            let (no_mem, no_gen) = (!mem.is_seen(), !generalized.is_seen());
            let is_undecided = record.milestones.status == Status::Undecided;
            untold.no_memorization += usize::from(no_mem);
            untold.no_generalization += usize::from(no_gen);
            untold.memorized_at_first += usize::from(mem.below.is_none() && mem.at.is_some());
            untold.too_coarse += usize::from(is_undecided && !no_mem && !no_gen);
        }
        untold
    }

    /// Writes a row a run as CSV: the records of a study.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_records(&self, to: &mut impl Write) -> io::Result<()> {
        records::write_header(&self.study, to)?;
        let mut rows = self.records().into_iter();
        rows.try_for_each(|row| records::write(&row, &self.study, to))
    }

    /// Writes the study to the directory `out`: its log and its tables. With `replace`, an earlier study there is
    /// replaced.
    ///
    /// # Errors
    /// When the directory holds something that is not to be replaced, or files cannot be written.
    pub fn save(&self, out: &Path, replace: bool) -> Result<Summary, MergeError> {
        let header = Header::of_foreign(self.study.config(), self.runs.clone(), out);
        let header = header.map_err(DirectoryError::from)?;
        let groups = self.groups.iter().cloned().map(Ok);
        let spent = Spent::of_one_thread();
        written(&self.study, &header, groups, &spent, out, replace)
    }
}
