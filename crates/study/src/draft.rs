//! A study in a line of Rust: settings laid over a preset, run in memory.

use std::fmt::Display;
use std::ops::{ControlFlow, Range};
use std::sync::atomic::AtomicBool;

use sparsegrok_config::{ConfigError, Settings};

use crate::cell::CellSummary;
use crate::error::StudyError;
use crate::group::Record;
use crate::overview::Summary;
use crate::records::RecordRow;
use crate::study::Study;

/// A study to be run: the settings of a preset, and changes to them.
#[derive(Debug)]
pub struct Draft {
    /// The settings, or the first fault in them.
    settings: Result<Settings, ConfigError>,
    axes: Vec<String>,
}

/// The reason why a drafted study did not run.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// A setting, an axis or the preset is at fault.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The study could not be run.
    #[error(transparent)]
    Study(#[from] StudyError),
}

/// The results of a study that was run in memory.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The study.
    pub study: Study,
    /// Every run, cell by cell and within a cell by seed: its times, and its trace in columns.
    pub runs: Vec<Record>,
    /// Each cell's runs, summarized in a few numbers.
    pub summary: Summary,
}

impl Study {
    /// Drafts a study of a preset; faults are reported when it is run.
    ///
    /// ```
    /// use sparsegrok_kernel::Figure;
    /// use sparsegrok_study::Study;
    ///
    /// let study = Study::preset("grok-a").set("n_train", 64).set("epochs", 500);
    /// let found = study.seeds(0..8).vary("weight_decay", [1e-3, 2e-3]).run()?;
    /// let rate = found.cell(1).grok_rate.expect("eight runs");
    /// let accuracy: &[f64] = found.runs[0].trace.figure(Figure::PopulationAcc);
    /// println!("{} of them grokked; the first ends at {:?}", rate.estimate, accuracy.last());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn preset(name: &str) -> Draft {
        Draft {
            settings: Settings::layered(Some(name), None, &[]),
            axes: Vec::new(),
        }
    }
}

impl Draft {
    /// The same draft with a setting, by its key.
    pub fn set(mut self, key: &str, value: impl Display) -> Self {
        self.settings = self.settings.and_then(|mut settings| {
            settings.set(key, &value.to_string())?;
            Ok(settings)
        });
        self
    }

    /// The same draft with these seeds in every cell.
    pub fn seeds(self, seeds: Range<u64>) -> Self {
        self.set("seeds", format_args!("{}..{}", seeds.start, seeds.end))
    }

    /// The same draft with another axis: a key and its values.
    pub fn vary(mut self, key: &str, values: impl IntoIterator<Item = impl Display>) -> Self {
        let values = values.into_iter().map(|value| value.to_string());
        let values: Vec<_> = values.collect();
        self.axes.push(format!("{key}={}", values.join(",")));
        self
    }

    /// The study, checked.
    ///
    /// # Errors
    /// The first fault of the preset, a setting or an axis.
    pub fn study(self) -> Result<Study, ConfigError> {
        let mut settings = self.settings?;
        if !self.axes.is_empty() {
            settings.set("vary", &self.axes.join(";"))?;
        }
        Study::new(settings.config()?)
    }

    /// Runs it on all cores, with everything kept in memory. The seeds are those that are set: more are added, as the
    /// setting `until` asks, by a study in a [`Directory`](crate::Directory) alone.
    ///
    /// # Errors
    /// As [`Draft::study`] and [`Study::run`].
    pub fn run(self) -> Result<Outcome, DraftError> {
        let study = self.study()?;
        let mut runs: Vec<Record> = Vec::new();
        study.run(&AtomicBool::new(false), |group| {
            runs.extend(group.records);
            ControlFlow::Continue(())
        })?;
        runs.sort_by_key(|run| (run.cell, run.seeds.seed));
        let figures = &study.spec().figures;
        let rows: Vec<_> = runs.iter().map(|run| RecordRow::of(run, figures)).collect();
        let summary = Summary::of(&study, None, CellSummary::of_each(&study, &rows), None);
        Ok(Outcome {
            study,
            runs,
            summary,
        })
    }
}

impl Outcome {
    /// The summary of a cell.
    ///
    /// # Panics
    /// When there is no such cell.
    pub fn cell(&self, number: usize) -> &CellSummary {
        &self.summary.cells[number]
    }

    /// The runs of a cell, in the order of their seeds.
    pub fn runs_of(&self, cell: usize) -> &[Record] {
        let start = self.runs.partition_point(|run| run.cell < cell);
        let end = self.runs.partition_point(|run| run.cell <= cell);
        &self.runs[start..end]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_those_of_the_settings() {
        let said = |draft: Draft| draft.study().unwrap_err().to_string();
        assert!(said(Study::preset("grok-z")).contains("grok-z"));
        let misspelt = Study::preset("grok-a").set("weight_decai", 1).seeds(0..4);
        assert!(said(misspelt).contains("did you mean `weight_decay`?"));
        let axis = Study::preset("grok-a").vary("epochs", ["many"]);
        assert!(said(axis).contains("epochs"));
    }
}
