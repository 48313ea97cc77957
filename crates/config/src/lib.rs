//! Settings, each defined once, and the configurations made of them.
//!
//! [`SETTINGS`] is the one table: a block gives a setting's key, help, default, range, and its
//! meaning for results, time and theory. [`Settings`] layers defaults, a [preset](PRESETS), a file
//! and flags by it into a [`Config`]: the specifications of the data and kernel crates side by side
//! with what to evaluate, keep and print. Flags, `--print-config`, error messages and the axes of a
//! grid follow from the same table.
//!
//! ```
//! use sparsegrok_config::{Setting, Settings};
//!
//! let flags = [("epochs", "40"), ("weight_decay", "1e-4")];
//! let config = Settings::layered(Some("reference-toy"), None, &flags)?.config()?;
//! assert_eq!(config.train.epochs, 40);
//!
//! // A cell of a grid is a clone and a set.
//! let decay = Setting::of("weight_decay").expect("a key");
//! let mut cell = config.clone();
//! assert!(decay.set(&mut cell, &1e-3.into()));
//! assert_eq!(cell.train.weight_decay, 1e-3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod checkpoint_every;
mod column;
mod components;
mod config;
mod error;
mod evaluate;
mod kind;
mod layers;
mod model;
mod names;
mod number;
mod patience;
mod persistence;
mod presets;
mod print;
mod seeds;
mod setting;
mod settings;
mod stop_when;
mod text;
mod types;
mod until;
mod validate;

pub use checkpoint_every::CheckpointEvery;
pub use column::Column;
pub use components::{CrossedDesign, Source};
pub use config::{CompareSpec, Config, EngineSpec, FileSpec, OutputSpec, StudySpec, TraceFormat};
pub use error::{ConfigError, Origin};
pub use evaluate::{Crossing, EvaluateSpec, Evaluations, GenFigure, MemFigure};
pub use kind::{AXIS, Kind, value_text};
pub use layers::Settings;
pub use model::{ModelFamily, ModelSpec};
pub use number::NumberFormat;
pub use patience::{Patience, PatienceFigure};
pub use persistence::Persistence;
pub use presets::{PRESETS, Preset};
pub use seeds::{SeedWhat, Seeds, Traces};
pub use setting::{Changes, Section, Setting};
pub use settings::SETTINGS;
pub use stop_when::StopWhen;
pub use text::ParseTextError;
pub use until::{Known, Until};
