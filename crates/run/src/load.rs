//! From a configuration to the problem it describes: drawn, or read from files.

use std::path::{Path, PathBuf};

use sparsegrok_config::Config;
use sparsegrok_data::store::{self, Store};
use sparsegrok_data::svmlight::{self, Labels};
use sparsegrok_data::{
    Dataset, DatasetError, InvalidSetting, Problem, StoreError, SvmlightError, Target, TargetKind,
    generate,
};

use crate::threads;

/// Data that runs learn from, and notes on the files they came from.
#[derive(Clone, Debug)]
pub struct Loaded<D = Problem> {
    /// The problem, or another family's data.
    pub problem: D,
    /// Files whose labels were 0 and 1, read as −1 and 1.
    pub zero_one: Vec<PathBuf>,
}

/// Data of which there is nothing to be told.
impl<D> From<D> for Loaded<D> {
    fn from(problem: D) -> Self {
        Self {
            problem,
            zero_one: Vec::new(),
        }
    }
}

/// The reason why a configuration's data could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// A setting of synthetic data is out of range.
    #[error(transparent)]
    Setting(#[from] InvalidSetting),
    /// A file could not be read, or is malformed.
    #[error(transparent)]
    File(#[from] SvmlightError),
    /// A store could not be read, or is damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Files do not make a problem.
    #[error("{}: {error}", train.display())]
    Dataset {
        /// The training file.
        train: PathBuf,
        /// The fault.
        error: DatasetError,
    },
}

impl LoadError {
    /// Tells if the machine failed, rather than the content of a file.
    pub fn is_failure(&self) -> bool {
        matches!(
            self,
            Self::File(SvmlightError::Io { .. }) | Self::Store(StoreError::Io { .. })
        )
    }
}

/// The rows of a file.
#[derive(Clone, Debug)]
pub struct FileRows {
    /// The rows.
    pub rows: Dataset,
    /// The labels of the file, or of the text that it was made from.
    pub labels: Labels,
    /// True if the file is text whose labels 0 and 1 were read as −1 and 1 just now.
    pub mapped: bool,
}

/// Opens a store, known by its first bytes, or reads svmlight text as `options` say.
///
/// `Time: O(nnz)`, for a store without a tail `O(1)`.
///
/// # Errors
/// As [`LoadError`] lists.
pub fn read_rows(path: &Path, options: &svmlight::Options) -> Result<FileRows, LoadError> {
    if store::is_store(path) {
        let store = Store::open(path)?;
        return Ok(FileRows {
            rows: store.dataset_with(options.targets)?,
            labels: match options.targets {
                TargetKind::Sign => store.labels(),
                TargetKind::Real => Labels::Real,
            },
            mapped: false,
        });
    }
    let parsed = svmlight::read(path, options)?;
    let labels = parsed.labels;
    let rows = parsed.into_dataset(0, None);
    Ok(FileRows {
        rows: rows.map_err(|error| unfit(path, error))?,
        labels,
        mapped: labels == Labels::ZeroOne,
    })
}

fn unfit(train: &Path, error: DatasetError) -> LoadError {
    LoadError::Dataset {
        train: train.to_owned(),
        error,
    }
}

/// Draws a configuration's synthetic data, or reads its files, on as many threads as it allows.
/// `Time: O(nnz)`
///
/// Training rows get the memorization columns that the configuration asks for; where it asks for
/// none, those that a store says its rows have.
///
/// # Errors
/// As [`LoadError`] lists.
pub fn load(config: &Config) -> Result<Loaded, LoadError> {
    let pool = match config.engine.threads {
        0 => None,
        most => threads::pool(most).0,
    };
    match pool {
        Some(pool) => pool.install(|| load_here(config)),
        None => load_here(config),
    }
}

/// Loads data on the threads of the current pool.
fn load_here(config: &Config) -> Result<Loaded, LoadError> {
    let files = &config.files;
    let Some(train) = &files.train else {
        return Ok(Loaded::from(generate(&config.synthetic)?));
    };
    let options = svmlight::Options {
        zero_based: files.zero_based,
        targets: target_kind(config.target()),
    };
    let mut zero_one = Vec::new();
    let mut read = |path: &Path| -> Result<Dataset, LoadError> {
        let FileRows { rows, mapped, .. } = read_rows(path, &options)?;
        if mapped {
            zero_one.push(path.to_owned());
        }
        Ok(rows)
    };
    let train_rows = read(train)?;
    let test_rows = files.test.as_deref().map(read).transpose()?;
    let memorization = files.memorization().or(train_rows.memorization());
    let problem = Problem::from_rows(train_rows, test_rows, memorization)
        .map_err(|error| unfit(train, error))?;
    Ok(Loaded { problem, zero_one })
}

/// The kind of targets a choice of target makes.
pub(crate) fn target_kind(target: Target) -> TargetKind {
    match target {
        Target::Sign => TargetKind::Sign,
        Target::Linear => TargetKind::Real,
    }
}
