//! From a configuration to the problem it describes: drawn, or read from files.

use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sparsegrok_config::Config;
use sparsegrok_data::svmlight::{self, Labels, LabelsAsked};
use sparsegrok_data::{
    Classes, Dataset, DatasetError, Input, InvalidSetting, Problem, RowWeights, RowWeightsError,
    Store, StoreError, SvmlightError, Target, TargetKind, check, generate, shown,
};
use sparsegrok_log::DataFile;

use crate::describe::bytes_of;
use crate::family::AnyData;
use crate::registry::family_of;
use crate::saved_model::SavedModelError;
use crate::seeds::RunSeeds;
use crate::threads;

/// Data that runs learn from, and notes on the files they came from.
#[derive(Clone, Debug)]
pub struct Loaded<D = Problem> {
    /// The problem, or another family's data.
    pub problem: D,
    /// Files whose labels were 0 and 1, read as −1 and 1.
    pub zero_one: Vec<PathBuf>,
    /// The files that it was read from.
    pub files: Vec<DataFile>,
}

/// Data of which there is nothing to be told.
impl<D> From<D> for Loaded<D> {
    fn from(problem: D) -> Self {
        Self {
            problem,
            zero_one: Vec::new(),
            files: Vec::new(),
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
    /// A file of row weights could not be read, or does not fit the rows.
    #[error(transparent)]
    RowWeights(#[from] RowWeightsError),
    /// The model to begin with could not be read, or does not fit the rows.
    #[error(transparent)]
    Model(#[from] SavedModelError),
    /// A file that was read before has other bytes now.
    #[error(
        "{}: changed while it was used: expected the bytes that were read first",
        shown(path)
    )]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The weights of a file's columns do not fit the memory there is.
    #[error(
        "{}: this needs about {:.2} GiB of memory for the weights of {columns} columns, which its largest index \
         makes, and {:.2} GiB are available; take smaller indices, or `--force` it",
        Input::name_of(path), gib(weight_bytes(*columns)), gib(*available)
    )]
    Wide {
        /// The file.
        path: PathBuf,
        /// Its columns.
        columns: usize,
        /// Bytes there are.
        available: u64,
    },
    /// The targets of the problems of so many classes do not fit the memory there is.
    #[error(
        "{}: {classes} labels make {:.2} GiB of targets, one for each row and class, and {:.2} GiB are \
         available; are they real numbers (`--target linear`)?",
        Input::name_of(path), gib(*bytes), gib(*available)
    )]
    ManyClasses {
        /// The training file.
        path: PathBuf,
        /// Its labels.
        classes: usize,
        /// Bytes of targets.
        bytes: u64,
        /// Bytes there are.
        available: u64,
    },
    /// A pipe would have to be read twice.
    #[error(
        "{}: can be read once only, as it is no regular file, and this needs it twice",
        Input::name_of(path)
    )]
    Once {
        /// The pipe.
        path: PathBuf,
    },
    /// Files do not make a problem.
    #[error("{}: {error}", shown(train))]
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
            Self::File(SvmlightError::Io { .. })
                | Self::Store(StoreError::Io { .. })
                | Self::RowWeights(RowWeightsError::Io { .. })
                | Self::Model(SavedModelError::Io { .. })
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
    /// True if the file is text whose labels 0 and 1 were read as −1 and 1, unasked.
    pub mapped: bool,
    /// True if the file is a store.
    pub is_store: bool,
    /// As in [`DataFile`].
    pub sum: u32,
    /// As in [`DataFile`].
    pub is_regular: bool,
}

/// Options of reading a file of either format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowOptions {
    /// The kind of targets, and all that text does not say of itself.
    pub rows: svmlight::Options,
    /// Checks a store's checksums and numbers before it is used.
    pub verify: bool,
}

/// Bytes of text read at a time.
const BUFFER: usize = 1 << 16;

/// Opens a store, known by its first bytes, or reads svmlight text as `options` say. `-` is standard input.
///
/// `Time: O(nnz)`; for a store that is not verified and has no tail `O(1)`.
///
/// # Errors
/// As [`LoadError`] lists.
pub fn read_rows(path: &Path, options: &RowOptions) -> Result<FileRows, LoadError> {
    let input = Input::open(path).map_err(|error| SvmlightError::Io {
        file: Input::name_of(path),
        error,
    })?;
    let is_regular = input.is_regular();
    if input.is_store() {
        let store = Store::of(input, options.rows.most_memory)?;
        if options.verify {
            store.verify()?;
        }
        return Ok(FileRows {
            rows: store.dataset_with(options.rows.targets)?,
            labels: match options.rows.targets {
                TargetKind::Sign => store.labels(),
                TargetKind::Real => Labels::Real,
                TargetKind::Class => Labels::Classes,
            },
            mapped: false,
            is_store: true,
            sum: store.sum(),
            is_regular,
        });
    }
    let name = input.name().to_owned();
    let mut text = BufReader::with_capacity(BUFFER, input);
    let parsed = svmlight::parse(&name, &mut text, &options.rows)?;
    let labels = parsed.labels;
    let rows = parsed.into_dataset(0, None);
    Ok(FileRows {
        rows: rows.map_err(|error| unfit(path, error))?,
        labels,
        mapped: labels == Labels::ZeroOne && options.rows.labels.is_none(),
        is_store: false,
        sum: text.get_ref().sum(),
        is_regular,
    })
}

/// Refuses settings that had no effect on any of the files read.
///
/// # Errors
/// The first such setting.
pub fn check_effect<'a>(
    options: &RowOptions,
    files: impl Iterator<Item = &'a FileRows> + Clone,
) -> Result<(), InvalidSetting> {
    let any_text = files.clone().any(|file| !file.is_store);
    let any_store = files.clone().any(|file| file.is_store);
    let stores = "to be left out beside a store, which has numbered columns and labels -1 and 1";
    let labels = options.rows.labels;
    let labels = labels.map(|labels| labels.to_string());
    for (key, is_idle, value, expected) in [
        (
            "zero_based",
            options.rows.zero_based && !any_text,
            "true",
            stores,
        ),
        (
            "labels",
            labels.is_some() && !any_text,
            labels.as_deref().unwrap_or_default(),
            stores,
        ),
        (
            "no_verify",
            !options.verify && !any_store,
            "true",
            "to be left out beside text, which is checked as it is read",
        ),
    ] {
        check(!is_idle, key, value, expected)?;
    }
    Ok(())
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
    load_within(config, u64::MAX)
}

/// Loads as [`load`] does, but refuses a file whose rows take more than `most_memory` bytes.
///
/// # Errors
/// As [`LoadError`] lists.
pub fn load_within(config: &Config, most_memory: u64) -> Result<Loaded, LoadError> {
    let pool = match config.engine.threads {
        0 => None,
        most => threads::pool(most).0,
    };
    match pool {
        Some(pool) => pool.install(|| load_here(config, most_memory)),
        None => load_here(config, most_memory),
    }
}

/// Loads data on the threads of the current pool.
fn load_here(config: &Config, most_memory: u64) -> Result<Loaded, LoadError> {
    let spec = &config.files;
    let Some(train) = &spec.train else {
        return Ok(Loaded::from(generate(&config.synthetic)?));
    };
    let mut options = RowOptions {
        rows: svmlight::Options {
            zero_based: spec.zero_based,
            most_memory,
            ..label_options(config)
        },
        verify: !spec.no_verify,
    };
    let train_rows = read_rows(train, &options)?;
    let test_rows = match &spec.test {
        // Read once, even if it is no pipe.
        Some(test) if test == train => Some(train_rows.clone()),
        Some(test) => {
            options.rows.most_memory = most_memory.saturating_sub(bytes_of(&train_rows.rows));
            Some(read_rows(test, &options)?)
        }
        None => None,
    };
    check_effect(&options, [&train_rows].into_iter().chain(&test_rows))?;
    let mut loaded = Loaded::from(());
    let test = spec.test.as_ref().zip(test_rows.as_ref());
    for (key, path, file) in [("train", train, &train_rows)]
        .into_iter()
        .chain(test.map(|(path, file)| ("test", path, file)))
    {
        if file.mapped && !loaded.zero_one.contains(path) {
            loaded.zero_one.push(path.to_owned());
        }
        loaded.files.push(DataFile {
            key,
            path: path.to_owned(),
            sum: file.sum,
            is_regular: file.is_regular,
            is_store: file.is_store,
            columns: file.rows.features().signal_width() + file.rows.features().tail_width(),
        });
    }
    let labels = train_rows.labels;
    let (mut train_rows, test_rows) = (train_rows.rows, test_rows.map(|file| file.rows));
    let unfit = |error| unfit(train, error);
    if let Some(path) = &spec.sample_weights {
        let read = RowWeights::read(path, train_rows.len())?;
        train_rows = train_rows.weighted(read.weights).map_err(unfit)?;
        loaded.files.push(DataFile {
            key: "sample_weights",
            path: path.to_owned(),
            sum: read.sum,
            is_regular: read.is_regular,
            is_store: false,
            columns: 0,
        });
    }
    let rows = train_rows.len() + test_rows.as_ref().map_or(0, Dataset::len);
    check_classes(train, train_rows.class_sizes().len(), rows, most_memory)?;
    let memorization = spec.memorization().or(train_rows.memorization());
    let mut problem = Problem::from_rows(train_rows, test_rows, memorization).map_err(unfit)?;
    if let Some(weight) = &spec.class_weight
        && labels != Labels::Real
    {
        problem = problem.weighted_by_class(weight, labels).map_err(unfit)?;
    }
    Ok(Loaded {
        problem,
        zero_one: loaded.zero_one,
        files: loaded.files,
    })
}

/// Refuses so many classes of so many rows that their targets take more than `most_memory` bytes.
fn check_classes(
    path: &Path,
    classes: usize,
    rows: usize,
    most_memory: u64,
) -> Result<(), LoadError> {
    match Classes::bytes(classes, rows) {
        bytes if bytes > most_memory => Err(LoadError::ManyClasses {
            path: path.to_owned(),
            classes,
            bytes,
            available: most_memory,
        }),
        _ => Ok(()),
    }
}

/// Loads data to be trained on: as [`load_within`], but also refuses files of so many columns that a model's weights
/// take more than `most_memory` bytes.
///
/// # Errors
/// As [`LoadError`] lists.
pub fn load_to_train(config: &Config, most_memory: u64) -> Result<Loaded, LoadError> {
    let loaded = load_within(config, most_memory)?;
    match loaded.files.iter().max_by_key(|file| file.columns) {
        Some(widest) if weight_bytes(widest.columns) > most_memory => Err(LoadError::Wide {
            path: widest.path.clone(),
            columns: widest.columns,
            available: most_memory,
        }),
        _ => Ok(loaded),
    }
}

/// Loads the data of a configuration's single run, of whatever family: rows that are read, or drawn.
///
/// # Errors
/// As [`LoadError`] lists.
pub fn load_for_run(config: &Config, most_memory: u64) -> Result<Loaded<Arc<AnyData>>, LoadError> {
    let seeds = RunSeeds::of(config, 0)?;
    family_of(config).data(config, &seeds, most_memory)
}

/// Bytes of a model's weights.
fn weight_bytes(columns: usize) -> u64 {
    (columns as u64).saturating_mul(size_of::<f64>() as u64)
}

fn gib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 30)
}

/// The kind of targets, and the labels, that a configuration's files are read with.
pub(crate) fn label_options(config: &Config) -> svmlight::Options {
    // Labels that are asked for without effect beside real numbers are no fault in a file of settings.
    let (targets, labels) = match (config.target(), config.files.labels) {
        (Target::Linear, _) => (TargetKind::Real, None),
        // Constant targets are refused beside files.
        (Target::Sign | Target::Constant, None) => (TargetKind::Sign, None),
        (_, Some(LabelsAsked::Two(pair))) => (TargetKind::Sign, Some(pair)),
        (_, Some(LabelsAsked::All)) => (TargetKind::Class, None),
    };
    svmlight::Options {
        targets,
        labels,
        ..svmlight::Options::default()
    }
}
