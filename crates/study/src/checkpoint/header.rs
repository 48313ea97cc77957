//! The header of unfinished work: its configuration, and all else that its results depend on.

use std::io;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use sparsegrok_config::{Changes, Config, SETTINGS, Setting, Settings};
use toml::{Table, Value};

use super::CheckpointError;
use crate::load::DataFile;
use crate::shard::Shard;

/// The kind of unfinished work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Work {
    /// A single run.
    Run,
    /// A study.
    Study,
}

impl Work {
    /// The kind of work in words.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Study => "study",
        }
    }
}

/// The header of unfinished work, kept as TOML.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Header {
    /// The kind of work.
    pub(super) work: Work,
    /// Version of this package.
    pub(super) version: String,
    /// The time it was begun, in seconds since 1970.
    pub(crate) started_unix_seconds: u64,
    /// The shard of the study, if the work is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) shard: Option<Shard>,
    /// Tells if it was merged from some of a study's shards alone.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) partial: bool,
    /// CRC-32 of the data files, by their keys.
    inputs: Table,
    /// Every setting.
    pub(super) config: Table,
}

/// A key of which two headers say different things.
pub(crate) struct Difference {
    pub(crate) key: String,
    pub(crate) kept: String,
    pub(crate) asked: String,
}

impl Header {
    /// The header for a configuration, the data files as they were read, and this moment.
    ///
    /// # Errors
    /// When the configuration, which goes to `folder`, has no TOML form.
    pub(super) fn of(
        work: Work,
        config: &Config,
        files: &[DataFile],
        shard: Option<Shard>,
        folder: &Path,
    ) -> Result<Self, CheckpointError> {
        let sum = |file: &DataFile| (file.key.to_owned(), Value::Integer(file.sum.into()));
        let inputs = files.iter().map(sum).collect();
        let config = config.to_table().map_err(io::Error::other);
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        Ok(Self {
            work,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_unix_seconds: now.map_or(0, |since| since.as_secs()),
            shard,
            partial: false,
            inputs,
            config: config.map_err(CheckpointError::io(folder))?,
        })
    }

    /// The configuration kept; errors give `name` as the log's path.
    ///
    /// # Errors
    /// When this version does not know the configuration kept.
    pub(crate) fn config(&self, name: &Path) -> Result<Config, CheckpointError> {
        let text = toml::to_string(&self.config).map_err(io::Error::other);
        let settings = Settings::from_toml(&text.map_err(CheckpointError::io(name))?, name);
        let config = settings.and_then(|settings| settings.config());
        config.map_err(|error| CheckpointError::Config(Box::new(error)))
    }

    /// The header of the whole study, or of the part of it that was merged, begun at this time.
    pub(crate) fn merged(&self, partial: bool, started_unix_seconds: u64) -> Self {
        Self {
            shard: None,
            partial,
            started_unix_seconds,
            ..self.clone()
        }
    }

    /// The same work under another configuration, of the same data files.
    pub(crate) fn with_config(&self, config: &Config) -> io::Result<Self> {
        Ok(Self {
            config: config.to_table().map_err(io::Error::other)?,
            ..self.clone()
        })
    }

    /// The first setting or input that results depend on and in which the two headers differ.
    pub(crate) fn difference(&self, asked: &Self) -> Option<Difference> {
        let text = |value: Option<&Value>| value.map_or("not set".to_owned(), Value::to_string);
        let mut pairs = vec![(
            "version".to_owned(),
            self.version.clone(),
            asked.version.clone(),
        )];
        for setting in SETTINGS.iter().filter(|setting| matters(setting)) {
            let [kept, asked] = [self, asked].map(|header| header.config.get(setting.key));
            pairs.push((setting.key.to_owned(), text(kept), text(asked)));
        }
        // Kernels agree in every bit, but for the dense reference, which rounds in its own way.
        let [kept, asked_for] = [self, asked].map(|header| header.config.get("kernel"));
        if [kept, asked_for].map(is_dense).iter().any(|&dense| dense) {
            pairs.push(("kernel".to_owned(), text(kept), text(asked_for)));
        }
        for key in ["train", "test"] {
            let sum = |header: &Self| match header.inputs.get(key) {
                Some(Value::Integer(sum)) => format!("a file of CRC-32 {sum:08x}"),
                _ => "not set".to_owned(),
            };
            pairs.push((key.to_owned(), sum(self), sum(asked)));
        }
        let differs = pairs.into_iter().find(|(_, kept, asked)| kept != asked);
        differs.map(|(key, kept, asked)| Difference { key, kept, asked })
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// Tells if the results of a study or a run depend on a setting.
fn matters(setting: &Setting) -> bool {
    matches!(setting.changes, Changes::Runs | Changes::Study)
}

fn is_dense(kernel: Option<&Value>) -> bool {
    kernel.and_then(Value::as_str) == Some("dense")
}
