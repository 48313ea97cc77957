//! From a configuration to what its run showed.
//!
//! One run passes through here as follows. [`Settings`] layers defaults, a [preset](PRESETS), a
//! configuration file and flags, all by the one table of [`SETTINGS`], into a [`Config`]: the
//! specifications of the data and kernel crates side by side with what to evaluate and print.
//! [`load`] draws or reads its problem; [`run()`] trains on it and evaluates on the way, into a
//! [`Trace`]; [`Milestones`] say when it memorized and generalized, and [`OutputSpec`] writes the
//! trace. [`compare()`] sets two lengths of training side by side; [`Predictor`] takes a saved
//! model back to data.
//!
//! A [`Study`] sends many seeds of many configurations through, eight side by side, into a
//! [`Directory`]; [`StudyResults`] reads it back. [`Summary`] and [`ArmComparison`] tell with the [`statistics`].
//!
//! ```
//! use sparsegrok_kernel::Figure;
//! use sparsegrok_study::{Settings, load, run};
//!
//! let flags = [("epochs", "40"), ("n_train", "64")];
//! let config = Settings::layered(Some("reference-toy"), None, &flags)?.config()?;
//! let problem = load(&config)?.problem;
//! let run = run(&config, &problem)?;
//! assert_eq!(run.last().epoch, 40);
//! assert_eq!(run.last()[Figure::TrainAcc], 1.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod arms;
mod bracket;
mod caution;
mod checkpoint;
mod compare;
mod compare_directories;
mod compare_seeds;
mod config;
mod describe;
mod detect;
mod error;
mod evaluate;
mod explain;
mod family;
mod files;
mod flat;
mod layers;
mod linear;
mod load;
mod memory;
mod number;
mod persistence;
mod predict;
mod presets;
mod rounding;
mod run;
mod settings;
mod shard;
mod stop;
mod study;
mod summary;
mod theory;
mod trace;
mod train;
mod validate;

#[doc(inline)]
pub use sparsegrok_statistics as statistics;

pub use arms::{Arm, ArmComparison, PairedFigure};
pub use bracket::Time;
pub use caution::cautions;
pub use checkpoint::{CheckpointError, CheckpointEvery, Damage, NoInterval, Unfinished, Work};
pub use compare::{Comparison, Length, Patience, Stop, compare};
pub use compare_directories::{CompareDirectoriesError, compare_directories};
pub use compare_seeds::{CompareError, SeedComparisons, compare_seeds};
pub use config::{CompareSpec, Config, EngineSpec, FileSpec};
pub use describe::{Description, Targets};
pub use detect::{Milestones, Status};
pub use error::{ConfigError, Origin};
pub use evaluate::{Crossing, EvaluateSpec, GenFigure, MemFigure};
pub use explain::{Explanation, MeasuredBeside, explain, measured_beside};
pub use family::{Cost, Family, Start};
pub use layers::Settings;
pub use linear::Linear;
pub use load::{FileRows, LoadError, Loaded, load, read_rows};
pub use memory::{Memory, MemoryError};
pub use number::NumberFormat;
pub use persistence::{ParsePersistenceError, Persistence};
pub use predict::{Predictor, predicted_target, prediction_quality};
pub use presets::{PRESETS, Preset};
pub use run::{Run, RunError, run, run_watched};
pub use settings::{Kind, SETTINGS, Section, Setting};
pub use shard::{ParseShardError, Shard};
pub use stop::{NoStop, StopWhen};
pub use study::{
    CellPrediction, CellSummary, Collapse, CurvePoint, Curves, Directory, DirectoryError, Estimate,
    GridCell, Group, KeptTrace, Kernels, Law, Manifest, MergeError, Part, Ran, Record, RecordRow,
    ResultsError, RunSeeds, Scaling, SeedWhat, Seeds, Study, StudyError, StudyResults, StudySpec,
    Summary, Timed, Times, Traces, estimate, logged_config, merge, tables_again, tables_under,
};
pub use summary::closing_words;
pub use theory::{NotCovered, theory_setting};
pub use trace::{Column, OutputSpec, Trace, TraceFormat};
pub use train::{Event, Watch};
pub use validate::{Check, Scope, Tolerance, ValidateError, Witness, validate};
