//! One configuration, one run: from settings to a trace and its times.
//!
//! A [`Config`](sparsegrok_config::Config) determines everything: [`load`] draws or reads the problem; [`run()`]
//! trains on it and evaluates on the way, into a [`Trace`]; [`Milestones`] say when it memorized and
//! generalized, and [`TraceWriter`] writes the trace. A [`Predictor`](predict::Predictor) applies a saved model to
//! data.
//!
//! ```
//! use sparsegrok_config::Settings;
//! use sparsegrok_kernel::Figure;
//! use sparsegrok_run::{load, run};
//!
//! let flags = [("epochs", "40"), ("n_train", "64")];
//! let config = Settings::layered(Some("reference-toy"), None, &flags)?.config()?;
//! let problem = load(&config)?.problem;
//! let run = run(&config, &problem)?;
//! assert_eq!(run.last().epoch, 40);
//! assert_eq!(run.last()[Figure::TrainAcc], 1.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The models are of a family ([`models`]), of which the loop of [`training`] knows no more than the seam tells.

mod anomalies;
mod bracket;
pub mod codec;
mod control_group;
mod describe;
mod detect;
mod diagonal;
mod family;
mod foreign;
mod form;
mod goal;
mod keeper;
mod linear;
mod load;
pub mod memory;
mod network;
pub mod predict;
mod progress;
mod registry;
mod run;
mod saved_model;
mod seeds;
pub mod threads;
mod trace;
mod train;

pub use anomalies::{Anomalies, Anomaly};
pub use bracket::Time;
pub use describe::{Description, Targets};
pub use detect::{Milestones, Status};
pub use load::{
    FileRows, LoadError, Loaded, RowOptions, check_effect, load, load_for_run, load_to_train,
    load_within, read_rows,
};
pub use run::{Run, RunError, run, run_watched};
pub use saved_model::{Beginning, SavedModel, SavedModelError};
pub use seeds::RunSeeds;
pub use trace::{Trace, TraceWriter};
pub use train::{Event, Watch};

/// Families of models: the seam, the families behind it, and the family of a configuration.
pub mod models {
    pub use crate::diagonal::DiagonalNetworks;
    pub use crate::family::{AnyData, AnyFamily, Cost, Family, Start};
    pub use crate::form::{Company, Form};
    pub use crate::linear::Linear;
    pub use crate::network::Networks;
    pub use crate::registry::family_of;
}

/// The thresholds of a run, and the evidence of when they were reached.
pub mod thresholds {
    pub use crate::bracket::{Bracket, Sighting};
    pub use crate::detect::{Brackets, Detector};
    pub use crate::goal::{FAR_ACCURACY, FAR_LOSS, GOALS, Goal, TRANSITION};
}

/// The loop in which runs of any family are trained side by side.
pub mod training {
    pub use crate::train::{Fault, KeptIn, Traced, train};
}
