//! Runs and studies: everything from a configuration to its results.
//!
//! One run goes as follows. A [`Config`] determines everything (it comes from the configuration crate,
//! whose names are exported here too); [`load`] draws or reads the problem; [`run()`] trains on it and
//! evaluates on the way, into a [`Trace`]; [`Milestones`] say when it memorized and generalized, and
//! [`TraceWriter`] writes the trace. [`compare()`] compares two lengths of training; [`Predictor`] applies
//! a saved model to data.
//!
//! A [`Study`] trains many seeds of many configurations, eight side by side, and writes them to a
//! [`Directory`]; [`StudyResults`] reads it back. [`Summary`] and [`ArmComparison`] condense the results
//! with the [`statistics`].
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
mod describe;
mod detect;
mod explain;
mod family;
pub mod files;
mod goal;
mod linear;
mod load;
mod memory;
mod predict;
mod registry;
mod rounding;
mod run;
mod shard;
mod study;
mod summary;
mod theory;
mod trace;
mod train;
mod validate;

#[doc(no_inline)]
pub use sparsegrok_config::*;
#[doc(inline)]
pub use sparsegrok_statistics as statistics;

pub use arms::{Arm, ArmComparison, PairedFigure};
pub use bracket::Time;
pub use caution::cautions;
pub use checkpoint::{CheckpointError, Damage, Outputs, Unfinished, Work};
pub use compare::{Comparison, Length, Patience, Stop, compare};
pub use compare_directories::{CompareDirectoriesError, compare_directories};
pub use compare_seeds::{CompareError, SeedComparisons, compare_seeds};
pub use describe::{Description, Targets};
pub use detect::{Milestones, Status};
pub use explain::{Explanation, MeasuredBeside, explain, measured_beside};
pub use family::{Cost, Family, Start};
pub use linear::Linear;
pub use load::{FileRows, LoadError, Loaded, load, read_rows};
pub use memory::{Memory, MemoryError};
pub use predict::{Predictor, predicted_target, prediction_quality};
pub use run::{Run, RunError, run, run_watched};
pub use shard::{ParseShardError, Shard};
pub use study::{
    CellPrediction, CellSummary, Collapse, CurvePoint, Curves, Directory, DirectoryError, Draft,
    DraftError, Estimate, GridCell, Group, KeptTrace, Kernels, Law, Manifest, MergeError, Outcome,
    Part, Ran, Record, RecordRow, ResultsError, RunSeeds, Scaling, Study, StudyError, StudyResults,
    Summary, Timed, Times, estimate, logged_config, merge, tables_again, tables_under,
};
pub use summary::closing_words;
pub use theory::{NotCovered, theory_setting};
pub use trace::{Trace, TraceWriter};
pub use train::{Event, Watch};
pub use validate::{Check, Scope, Tolerance, ValidateError, Witness, validate};
