//! Errors of configurations, and the origins of settings.

use std::fmt;
use std::io;
use std::path::PathBuf;

use sparsegrok_data::{InvalidSetting, shown};
use toml::Value;

/// Characters that an error quotes of what someone wrote.
const QUOTED: usize = 80;

/// The origin of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The built-in default: the setting was not set.
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
            Self::File(path) => write!(f, "{}: ", shown(path)),
            Self::Flag => write!(f, "command line: "),
            Self::Grid => write!(f, "vary: "),
        }
    }
}

/// An error in layers of settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A configuration file could not be read.
    #[error("{}: the configuration cannot be read: {error}", shown(path))]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
    /// A configuration file is not text.
    #[error("{}: no text, expected a configuration: TOML in UTF-8", shown(path))]
    NotText {
        /// The file.
        path: PathBuf,
    },
    /// A configuration file is longer than any has a use for.
    #[error("{}: more than {} MiB, expected a configuration", shown(path), most >> 20)]
    TooLong {
        /// The file.
        path: PathBuf,
        /// Bytes that it may have.
        most: usize,
    },
    /// A configuration file is not TOML.
    #[error("{}: line {line}, column {column}: {message}", shown(path))]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line, counted from 1.
        line: usize,
        /// Column in characters, counted from 1.
        column: usize,
        /// The fault there.
        message: String,
    },
    /// There is no such setting.
    #[error("{origin}unknown key `{}`; {}", abridged(key), suggestion(*nearest, "`sparsegrok run --print-config` lists them"))]
    UnknownKey {
        /// The origin.
        origin: Origin,
        /// The key.
        key: String,
        /// The known key most like it, where one is.
        nearest: Option<&'static str>,
    },
    /// There is no such preset.
    #[error("{origin}unknown preset `{}`; {}", abridged(name), suggestion(*nearest, "`sparsegrok presets` lists them"))]
    UnknownPreset {
        /// The origin.
        origin: Origin,
        /// The name.
        name: String,
        /// The known name most like it, where one is.
        nearest: Option<&'static str>,
    },
    /// A value has the wrong type.
    #[error("{origin}`{key}` is {}, expected {expected}", abridged(value))]
    Type {
        /// The origin.
        origin: Origin,
        /// The key.
        key: &'static str,
        /// The value.
        value: Value,
        /// A description of what was expected.
        expected: String,
    },
    /// Two settings exclude each other.
    #[error("{origin}`{one}` and `{other}` exclude each other")]
    Exclusive {
        /// The origin of both.
        origin: Origin,
        /// One key.
        one: &'static str,
        /// The other key.
        other: &'static str,
    },
    /// An axis of a study's grid makes no sense.
    #[error("vary: `{}`: expected {expected}", abridged(axis))]
    Axis {
        /// The axis, as written.
        axis: String,
        /// A description of what was expected.
        expected: String,
    },
    /// A configuration has no TOML form: a path that is not Unicode, a number from 2^63 on.
    #[error("the configuration has no TOML form: {0}")]
    NoToml(String),
    /// A value is out of range, or does not fit another.
    #[error("{origin}{setting}")]
    Invalid {
        /// The origin.
        origin: Origin,
        /// The setting, its value and what was expected.
        setting: InvalidSetting,
    },
}

/// Abridges what someone wrote to what fits a sentence: its beginning, on one line.
fn abridged(written: impl ToString) -> String {
    let text = written.to_string();
    let (start, ellipsis) = match text.char_indices().nth(QUOTED) {
        Some((end, _)) => (&text[..end], "…"),
        None => (&text[..], ""),
    };
    let mut quoted = String::new();
    for c in start.chars() {
        match c.is_control() {
            true => quoted.extend(c.escape_default()),
            false => quoted.push(c),
        }
    }
    quoted + ellipsis
}

fn suggestion(nearest: Option<&str>, otherwise: &str) -> String {
    nearest.map_or_else(
        || otherwise.to_owned(),
        |name| format!("did you mean `{name}`?"),
    )
}
