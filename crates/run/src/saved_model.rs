//! A model that was saved, read to predict with it or to begin with its weights.

use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use sparsegrok_config::Config;
use sparsegrok_data::{Dataset, Input};
use sparsegrok_kernel::model::{self, Model, ModelError};
use sparsegrok_kernel::{State, Weights};
use sparsegrok_log::{DataFile, Unfinished, begin_a_log};

use crate::family::{AnyData, AnyFamily};
use crate::load::LoadError;

/// A model as it was read from a file that `run --model` saved.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedModel {
    /// The model.
    pub model: Model,
    /// The file, as the setting `continue_from` names it.
    pub file: DataFile,
}

/// The reason why a saved model could not be read, or not be begun with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SavedModelError {
    /// The file could not be read at all.
    #[error("{}: the model cannot be read: {error}", Input::name_of(path))]
    Io {
        /// The file.
        path: PathBuf,
        /// The fault.
        error: io::Error,
    },
    /// The file is not as the format wants it.
    #[error("{}: {error}", Input::name_of(path))]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The fault.
        error: ModelError,
    },
    /// The file, or the folder, is that of runs.
    #[error(
        "{}: is a log of runs, which holds no weights; expected a model that `run --model` saved",
        Input::name_of(path)
    )]
    Log {
        /// The file or folder.
        path: PathBuf,
    },
    /// The model is not one of the rows to be learned from.
    #[error("{}: is a model of {found}, expected {expected}", Input::name_of(path))]
    Unfit {
        /// The file.
        path: PathBuf,
        /// Its columns, classes or intercept.
        found: String,
        /// Those of the rows, or of the configuration.
        expected: String,
    },
}

/// The state that a run begins with where its configuration names a saved model, and the file of that.
#[derive(Clone, Debug, PartialEq)]
pub struct Beginning {
    /// The state.
    pub state: State,
    /// The file that its weights were read from.
    pub file: DataFile,
}

impl Beginning {
    /// Reads the model that a run of a configuration begins with on its data, if it does with one. `Time: O(file + rows)`
    ///
    /// # Errors
    /// When the model cannot be read or does not fit the data.
    ///
    /// # Panics
    /// When the data are not of the family's own type.
    pub fn of(
        family: &dyn AnyFamily,
        config: &Config,
        data: &AnyData,
    ) -> Result<Option<Self>, LoadError> {
        let Some(saved) = SavedModel::of(config)? else {
            return Ok(None);
        };
        Ok(Some(Self {
            state: family.beginning(config, data, &saved)?,
            file: saved.file,
        }))
    }
}

impl SavedModelError {
    /// Tells if the machine failed, rather than the content of a file.
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Io { .. })
    }
}

impl SavedModel {
    /// Reads a model file; `-` is standard input. `Time: O(file)`
    ///
    /// # Errors
    /// When it cannot be read, is a log, or is not as [the format](sparsegrok_kernel::model) wants it.
    pub fn read(path: &Path) -> Result<Self, SavedModelError> {
        let owned = || path.to_owned();
        let unreadable = |error| SavedModelError::Io {
            path: owned(),
            error,
        };
        let log = || SavedModelError::Log { path: owned() };
        if Unfinished::is_there(path) {
            return Err(log());
        }
        let mut input = Input::open(path).map_err(unreadable)?;
        // A log is no text, of which the reader of models would say no more than that.
        let mut start = Vec::new();
        let mut first = input.by_ref().take(32);
        first.read_to_end(&mut start).map_err(unreadable)?;
        if begin_a_log(&start) {
            return Err(log());
        }
        let text = BufReader::new(start.chain(input.by_ref()));
        let model = model::read(text).map_err(|error| match error {
            ModelError::Io(error) => unreadable(error),
            error => SavedModelError::Malformed {
                path: owned(),
                error,
            },
        })?;
        let file = DataFile {
            key: "continue_from",
            path: owned(),
            sum: input.sum(),
            is_regular: input.is_regular(),
            is_store: false,
            columns: model.signal.saturating_add(model.tail),
        };
        Ok(Self { model, file })
    }

    /// The model that a configuration's runs begin with, if they do with one.
    ///
    /// # Errors
    /// As [`SavedModel::read`].
    pub fn of(config: &Config) -> Result<Option<Self>, SavedModelError> {
        let path = config.model.continue_from.as_deref();
        path.map(Self::read).transpose()
    }

    /// The weights with which a run on these rows begins: those of the columns that all rows share, and the intercept.
    /// Those of memorization columns are not there: they are of the rows that the model was trained on.
    ///
    /// # Errors
    /// When the rows have other columns, there are classes, or an intercept is not trained that the model has.
    pub fn weights(&self, rows: &Dataset, has_bias: bool) -> Result<Weights, SavedModelError> {
        let Model { signal, tail, .. } = self.model;
        let unfit = |found: String, expected: String| {
            let path = self.file.path.clone();
            Err(SavedModelError::Unfit {
                path,
                found,
                expected,
            })
        };
        let [scorer] = &self.model.scorers[..] else {
            let classes = self.model.classes.len();
            return unfit(
                format!("{classes} classes"),
                "one of two labels or of real numbers".to_owned(),
            );
        };
        let features = rows.features();
        let [wide, sparse] = [features.signal_width(), features.tail_width()];
        if [signal, tail] != [wide, sparse] {
            let columns =
                |signal, tail| format!("{signal} signal columns and {tail} in the sparse tail");
            return unfit(
                columns(signal, tail),
                format!("{}, as the training rows have", columns(wide, sparse)),
            );
        }
        if scorer.bias != 0.0 && !has_bias {
            let found = format!("an intercept of {}", scorer.bias);
            return unfit(found, "none, or `bias` beside it".to_owned());
        }
        let mut weights = Weights {
            signal: vec![0.0; signal],
            tail: vec![0.0; tail],
            memorization: Vec::new(),
            bias: scorer.bias,
        };
        for &(column, weight) in &scorer.weights {
            match column.checked_sub(signal) {
                None => weights.signal[column] = weight,
                Some(column) if column < tail => weights.tail[column] = weight,
                Some(_) => break,
            }
        }
        Ok(weights)
    }
}
