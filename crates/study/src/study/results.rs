//! Reads a study's directory back: what ran, what became of each run, and the curves.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use sparsegrok_kernel::Figure;

use crate::error::ConfigError;
use crate::layers::Settings;
use crate::study::curves::{self, Curves};
use crate::study::directory::{
    CONFIGURATION, CURVES, Directory, MANIFEST, RECORDS, SUMMARY, TRACES,
};
use crate::study::manifest::Manifest;
use crate::study::overview::Summary;
use crate::study::records::{self, RecordRow};
use crate::study::traces::{self, KeptTrace};
use crate::study::{GridCell, Study};

/// Why a study's directory could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResultsError {
    /// It is not a study's directory.
    #[error("{}: holds no study: expected a directory with `{CONFIGURATION}`", path.display())]
    NoStudy {
        /// What was to be read.
        path: PathBuf,
    },
    /// Its study was interrupted before there were results.
    #[error("{}: holds an unfinished study, which has no results yet: expected it to be resumed first", path.display())]
    Unfinished {
        /// The directory.
        path: PathBuf,
    },
    /// Its configuration is none, or its grid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file could not be read.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// A cell of a CSV file is not what it should be.
    #[error(
        "{}: line {line}, column {column} (`{name}`): found `{found}`, expected {expected}",
        path.display()
    )]
    Cell {
        /// The file.
        path: PathBuf,
        /// Line, counted from 1.
        line: u64,
        /// Column, counted from 1.
        column: usize,
        /// The column's name.
        name: String,
        /// What the cell holds.
        found: String,
        /// What it should hold.
        expected: String,
    },
    /// A row of a CSV file has too few or too many cells.
    #[error("{}: line {line}: {found} cells, expected {expected}", path.display())]
    Cells {
        /// The file.
        path: PathBuf,
        /// Line, counted from 1.
        line: u64,
        /// Its cells.
        found: usize,
        /// Columns of the file.
        expected: usize,
    },
    /// The records are not those of as many runs as the manifest counts.
    #[error("{}: {found} runs, expected {expected}, as `{MANIFEST}` counts", path.display())]
    Runs {
        /// The records.
        path: PathBuf,
        /// Runs in them.
        found: u64,
        /// Runs in the manifest.
        expected: u64,
    },
    /// A JSON file is not what it should be.
    #[error("{}: line {line}, column {column}: {message}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Line, counted from 1.
        line: usize,
        /// Column, counted from 1.
        column: usize,
        /// What is wrong there.
        message: String,
    },
}

/// A study as its directory holds it, whole or as far as it came when it was interrupted.
///
/// ```no_run
/// use std::path::Path;
/// use sparsegrok_kernel::Figure;
/// use sparsegrok_study::StudyResults;
///
/// let results = StudyResults::read(Path::new("decay"))?;
/// let accuracy = results.place_of(Figure::TestAcc).expect("kept by default");
/// for (number, cell) in results.study.cells().iter().enumerate() {
///     let grokked = results.records_of(number).iter();
///     println!("{:?}: {} runs", cell.varied, grokked.len());
/// }
/// for curves in results.read_curves()? {
///     let last = curves.points.last().and_then(|point| point.figures[accuracy]);
///     println!("{}: {:?}", curves.cell, last.map(|accuracy| accuracy.mean));
/// }
/// # Ok::<(), sparsegrok_study::ResultsError>(())
/// ```
#[derive(Clone, Debug)]
pub struct StudyResults {
    /// The directory.
    pub path: PathBuf,
    /// What was to be run.
    pub study: Study,
    /// What became of each run: cell by cell, and within a cell by seed; a study that was
    /// interrupted has the first ones alone.
    pub records: Vec<RecordRow>,
    /// What became of each cell, in a few numbers; of the cells begun.
    pub summary: Summary,
    /// How it was run.
    pub manifest: Manifest,
}

impl StudyResults {
    /// Reads a directory's configuration, records, summary and manifest; curves and traces are read
    /// by methods of their own. `Time: O(records)`
    ///
    /// Data files that the configuration names are not opened.
    ///
    /// # Errors
    /// When `path` is no study's directory, a file of it cannot be read, or does not hold what
    /// [`Directory`](crate::Directory) writes.
    pub fn read(path: &Path) -> Result<Self, ResultsError> {
        let configuration = path.join(CONFIGURATION);
        if !configuration.is_file() {
            let path = path.to_owned();
            return Err(match Directory::is_unfinished(&path) {
                true => ResultsError::Unfinished { path },
                false => ResultsError::NoStudy { path },
            });
        }
        let config = Settings::layered(None, Some(&configuration), &[])?.config()?;
        let study = Study::new(config)?;
        let summary = read_json(&path.join(SUMMARY))?;
        let manifest: Manifest = read_json(&path.join(MANIFEST))?;
        let records_file = path.join(RECORDS);
        let records = records::read(&records_file, &study)?;
        let (found, expected) = (records.len() as u64, manifest.runs);
        if found != expected {
            return Err(ResultsError::Runs {
                path: records_file,
                found,
                expected,
            });
        }
        Ok(Self {
            path: path.to_owned(),
            study,
            records,
            summary,
            manifest,
        })
    }

    /// The records of a cell, in the order of their seeds; fewer than the study's seeds, or none,
    /// where it was interrupted before.
    pub fn records_of(&self, cell: usize) -> &[RecordRow] {
        let seeds = usize::try_from(self.study.spec().seeds.len()).unwrap_or(usize::MAX);
        let end = self.records.len();
        let start = cell.saturating_mul(seeds).min(end);
        &self.records[start..start.saturating_add(seeds).min(end)]
    }

    /// The cells of which there is at least one run, with their numbers.
    pub fn cells(&self) -> impl Iterator<Item = (usize, &GridCell)> {
        let begun = self.records.last().map_or(0, |record| record.cell + 1);
        self.study.cells().iter().enumerate().take(begun)
    }

    /// The figures kept of every evaluation, in the order in which rows hold them.
    pub fn figures(&self) -> &[Figure] {
        &self.study.spec().figures
    }

    /// Where rows hold a figure; `None` where it was not kept.
    pub fn place_of(&self, figure: Figure) -> Option<usize> {
        self.figures().iter().position(|&kept| kept == figure)
    }

    /// Reads the curves, cell by cell. `Time: O(file)`
    ///
    /// # Errors
    /// When the file cannot be read, or does not hold what [`Directory`](crate::Directory) writes.
    pub fn read_curves(&self) -> Result<Vec<Curves>, ResultsError> {
        curves::read(&self.path.join(CURVES), &self.study)
    }

    /// Reads the whole traces that were kept, cell by cell and by seed. `Time: O(file)`
    ///
    /// # Errors
    /// When the file cannot be read, or does not hold what [`Directory`](crate::Directory) writes.
    pub fn read_traces(&self) -> Result<Vec<KeptTrace>, ResultsError> {
        traces::read(&self.path.join(TRACES), &self.study)
    }
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, ResultsError> {
    let text = fs::read(path).map_err(|error| ResultsError::Io {
        path: path.to_owned(),
        error,
    })?;
    serde_json::from_slice(&text).map_err(|error| {
        let message = error.to_string();
        // The place is told in our own words.
        let end = message.rfind(" at line ").unwrap_or(message.len());
        ResultsError::Json {
            path: path.to_owned(),
            line: error.line(),
            column: error.column(),
            message: message[..end].to_owned(),
        }
    })
}
