//! From a configuration to the problem it describes: drawn, or read from files.

use std::path::{Path, PathBuf};

use sparsegrok_data::svmlight::{self, Labels, Parsed};
use sparsegrok_data::{
    DatasetError, InvalidSetting, Problem, SvmlightError, Target, TargetKind, generate,
};

use crate::config::Config;

/// A problem, and what a reader of it should be told.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The problem.
    pub problem: Problem,
    /// Files whose labels were 0 and 1, read as −1 and 1.
    pub zero_one: Vec<PathBuf>,
}

/// Why a configuration's data could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// A setting of synthetic data is out of range.
    #[error(transparent)]
    Setting(#[from] InvalidSetting),
    /// A file could not be read, or is malformed.
    #[error(transparent)]
    File(#[from] SvmlightError),
    /// Files do not make a problem.
    #[error("{}: {error}", train.display())]
    Dataset {
        /// The training file.
        train: PathBuf,
        /// Why not.
        error: DatasetError,
    },
}

/// Draws a configuration's synthetic data, or reads its files. `Time: O(nnz)`
///
/// # Errors
/// As [`LoadError`] lists.
pub fn load(config: &Config) -> Result<Loaded, LoadError> {
    let files = &config.files;
    let Some(train) = &files.train else {
        return Ok(Loaded {
            problem: generate(&config.synthetic)?,
            zero_one: Vec::new(),
        });
    };
    let options = svmlight::Options {
        zero_based: files.zero_based,
        targets: target_kind(config.target()),
    };
    let mut zero_one = Vec::new();
    let mut read = |path: &Path| -> Result<Parsed, SvmlightError> {
        let parsed = svmlight::read(path, &options)?;
        if parsed.labels == Labels::ZeroOne {
            zero_one.push(path.to_owned());
        }
        Ok(parsed)
    };
    let train_rows = read(train)?;
    let test_rows = files.test.as_deref().map(read).transpose()?;
    let problem = Problem::from_svmlight(train_rows, test_rows, files.memorization());
    let problem = problem.map_err(|error| LoadError::Dataset {
        train: train.clone(),
        error,
    })?;
    Ok(Loaded { problem, zero_one })
}

/// The kind of targets a choice of target makes.
pub(crate) fn target_kind(target: Target) -> TargetKind {
    match target {
        Target::Sign => TargetKind::Sign,
        Target::Linear => TargetKind::Real,
    }
}
