//! The header of unfinished work: its configuration, and all else that its results depend on.

use std::io;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use sparsegrok_config::{Changes, Config, SETTINGS, Setting, Settings};
use toml::{Table, Value};

use crate::data_file::{DATA_FILES, DataFile};
use crate::error::{CheckpointError, Damage};
use crate::foreign::ForeignRuns;
use crate::shard::Shard;
use crate::work::Work;

/// The header of unfinished work, kept as TOML.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// The kind of work.
    pub(crate) work: Work,
    /// Version of this package.
    pub(crate) version: String,
    /// The time it was begun, in seconds since 1970.
    pub started_unix_seconds: u64,
    /// The shard of the study, if the work is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// Tells if it was merged from some of a study's shards alone.
    #[serde(default, skip_serializing_if = "is_false")]
    pub partial: bool,
    /// CRC-32 of the data files, by their keys.
    inputs: Table,
    /// Every setting.
    pub(crate) config: Table,
    /// The runs, if another program trained them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreign: Option<ForeignRuns>,
}

/// A key of which two headers say different things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The key: a setting, a data file or the version.
    pub key: String,
    /// Its value in the one, in words.
    pub kept: String,
    /// Its value in the other.
    pub asked: String,
}

impl Header {
    /// The header for a configuration, the data files as they were read, and this moment.
    ///
    /// # Errors
    /// When the configuration, which goes to `folder`, has no TOML form.
    pub(crate) fn of(
        work: Work,
        config: &Config,
        files: &[DataFile],
        shard: Option<Shard>,
        folder: &Path,
    ) -> Result<Self, CheckpointError> {
        let sum = |file: &DataFile| (file.key.to_owned(), Value::Integer(file.sum.into()));
        let inputs = files.iter().map(sum).collect();
        let config = config.to_table().map_err(io::Error::other);
        // A clock before 1970 costs the time of beginning alone.
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        Ok(Self {
            work,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_unix_seconds: now.map_or(0, |since| since.as_secs()),
            shard,
            partial: false,
            inputs,
            config: config.map_err(CheckpointError::io(folder))?,
            foreign: None,
        })
    }

    /// The header for runs that another program trained, judged by a configuration, and this moment; the log
    /// goes to `folder`.
    ///
    /// # Errors
    /// When the configuration has no TOML form.
    pub fn of_foreign(
        config: &Config,
        foreign: ForeignRuns,
        folder: &Path,
    ) -> Result<Self, CheckpointError> {
        Ok(Self {
            foreign: Some(foreign),
            ..Self::of(Work::Study, config, &[], None, folder)?
        })
    }

    /// The configuration kept; errors give `name` as the log's path.
    ///
    /// # Errors
    /// When this version does not know the configuration kept, or foreign runs do not make whole groups.
    pub fn config(&self, name: &Path) -> Result<Config, CheckpointError> {
        let text = toml::to_string(&self.config).map_err(io::Error::other);
        let settings = Settings::from_toml(&text.map_err(CheckpointError::io(name))?, name);
        let config = settings.and_then(|settings| settings.config());
        let mut config = config.map_err(|error| CheckpointError::Config(Box::new(error)))?;
        if self
            .foreign
            .as_ref()
            .is_some_and(|foreign| !foreign.is_sound())
        {
            return Err(CheckpointError::Damaged {
                path: name.to_owned(),
                damage: Damage::Unfit,
            });
        }
        config.is_foreign = self.foreign.is_some();
        Ok(config)
    }

    /// The header of the whole study, or of the part of it that was merged, begun at this time.
    pub fn merged(&self, partial: bool, started_unix_seconds: u64) -> Self {
        Self {
            shard: None,
            partial,
            started_unix_seconds,
            ..self.clone()
        }
    }

    /// The same work under another configuration, of the same data files.
    ///
    /// # Errors
    /// When the configuration has no TOML form.
    pub fn with_config(&self, config: &Config) -> io::Result<Self> {
        Ok(Self {
            config: config.to_table().map_err(io::Error::other)?,
            ..self.clone()
        })
    }

    /// Checks that `config` gives the same results on data files as the configuration kept; errors call the work by
    /// `path`.
    ///
    /// # Errors
    /// If the results could differ; the error names the key. Data files are compared as they were read, and
    /// the version of this program counts too.
    pub fn check(
        &self,
        config: &Config,
        files: &[DataFile],
        path: &Path,
    ) -> Result<(), CheckpointError> {
        let asked = Self::of(self.work, config, files, self.shard, path)?;
        match self.difference(&asked) {
            None => Ok(()),
            Some(Difference { key, kept, asked }) => {
                let path = path.to_owned();
                Err(CheckpointError::Differs {
                    path,
                    key,
                    kept,
                    asked,
                })
            }
        }
    }

    /// The first setting or input that results depend on and in which the two headers differ.
    pub fn difference(&self, asked: &Self) -> Option<Difference> {
        let text = |value: Option<&Value>| value.map_or("not set".to_owned(), Value::to_string);
        let mut pairs = vec![(
            "version".to_owned(),
            self.version.clone(),
            asked.version.clone(),
        )];
        // Threads, instruction sets and the like change no bit: work may be resumed under others.
        for setting in SETTINGS.iter().filter(|setting| matters(setting)) {
            let [kept, asked] = [self, asked].map(|header| header.config.get(setting.key));
            pairs.push((setting.key.to_owned(), text(kept), text(asked)));
        }
        // Kernels agree in every bit, but for the dense reference, which rounds in its own way.
        let [kept, asked_for] = [self, asked].map(|header| header.config.get("kernel"));
        if [kept, asked_for].map(is_dense).iter().any(|&dense| dense) {
            pairs.push(("kernel".to_owned(), text(kept), text(asked_for)));
        }
        let runs = |header: &Self| match &header.foreign {
            Some(foreign) => format!("{foreign:?}"),
            None => "trained here".to_owned(),
        };
        if self.foreign != asked.foreign {
            pairs.push(("runs".to_owned(), runs(self), runs(asked)));
        }
        // Paths of data files may change as long as their content stays.
        for key in DATA_FILES {
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
