//! Why settings make no configuration, and where each setting came from.

use std::fmt;
use std::io;
use std::path::PathBuf;

use sparsegrok_data::InvalidSetting;
use toml::Value;

/// Where a setting came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was not set.
    Default,
    /// A preset.
    Preset(&'static str),
    /// A configuration file.
    File(PathBuf),
    /// A flag.
    Flag,
    /// An axis of a study's grid.
    Grid,
}

/// Opens an error sentence: nothing for defaults, else the place and a colon.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => Ok(()),
            Self::Preset(name) => write!(f, "preset {name}: "),
            Self::File(path) => write!(f, "{}: ", path.display()),
            Self::Flag => write!(f, "command line: "),
            Self::Grid => write!(f, "vary: "),
        }
    }
}

/// Why layers of settings make no configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A configuration file could not be read.
    #[error("{}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// A configuration file is not TOML.
    #[error("{}: line {line}, column {column}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line, counted from 1.
        line: usize,
        /// Column in characters, counted from 1.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// There is no such setting.
    #[error("{origin}unknown key `{key}`{}", suggestion(*nearest))]
    UnknownKey {
        /// Where it was set.
        origin: Origin,
        /// The key.
        key: String,
        /// The known key most like it, where one is.
        nearest: Option<&'static str>,
    },
    /// There is no such preset.
    #[error("{origin}unknown preset `{name}`{}", suggestion(*nearest))]
    UnknownPreset {
        /// Where it was asked for.
        origin: Origin,
        /// The name.
        name: String,
        /// The known name most like it, where one is.
        nearest: Option<&'static str>,
    },
    /// A value has the wrong type.
    #[error("{origin}`{key}` is {value}, expected {expected}")]
    Type {
        /// Where it was set.
        origin: Origin,
        /// The key.
        key: &'static str,
        /// The value.
        value: Value,
        /// What it should be.
        expected: String,
    },
    /// Two settings exclude each other.
    #[error("{origin}`{one}` and `{other}` exclude each other")]
    Exclusive {
        /// Where both were set.
        origin: Origin,
        /// One key.
        one: &'static str,
        /// The other key.
        other: &'static str,
    },
    /// An axis of a study's grid makes no sense.
    #[error("vary: `{axis}`: expected {expected}")]
    Axis {
        /// The axis, as written.
        axis: String,
        /// What it should be.
        expected: String,
    },
    /// A configuration has no TOML form: a path that is not Unicode, a number from 2^63 on.
    #[error("the configuration has no TOML form: {0}")]
    NoToml(String),
    /// A value is out of range, or does not fit another.
    #[error("{origin}{setting}")]
    Invalid {
        /// Where it was set.
        origin: Origin,
        /// The setting, its value and what was expected.
        setting: InvalidSetting,
    },
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}
