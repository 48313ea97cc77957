//! From a configuration to a finished run.
mod compare;
mod config;
mod detect;
mod layers;
mod number;
mod presets;
mod run;
mod settings;
mod summary;
mod trace;

pub use compare::{Comparison, Patience, Stop, compare};
pub use config::{CompareSpec, Config, EngineSpec, FileSpec};
pub use detect::{EvaluateSpec, Milestones, Status};
pub use layers::{ConfigError, Origin, Settings};
pub use number::NumberFormat;
pub use presets::{PRESETS, Preset};
pub use run::{Run, Watch, run};
pub use settings::{Kind, SETTINGS, Section, Setting};
pub use summary::closing_words;
pub use trace::{Cell, Column, OutputSpec, Trace, TraceFormat};
