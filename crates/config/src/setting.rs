//! A setting: its names, its help, its place in a configuration, and its meaning for other code.

use std::fmt;

use sparsegrok_data::{InvalidSetting, Shortest};
use toml::Value;

use crate::config::Config;
use crate::error::ConfigError;
use crate::kind::{Kind, SettingType};
use crate::settings::SETTINGS;

/// A key of a configuration file and, in kebab-case, a flag.
pub struct Setting {
    /// The key, in `snake_case`.
    pub key: &'static str,
    /// A second name of the flag.
    pub alias: Option<&'static str>,
    /// The section that help and printed configurations list it in.
    pub section: Section,
    /// One line of help.
    pub help: &'static str,
    /// The letter in formulas.
    pub symbol: Option<&'static str>,
    /// The shape of its values.
    pub kind: Kind,
    /// The results that depend on the value.
    pub changes: Changes,
    /// True where a step or an evaluation takes another time under another value. Their number is
    /// counted apart.
    pub costs_time: bool,
    /// The values that the theory covers.
    pub theory: Theory,
    /// The key that says the same thing in another way: setting one unsets the other.
    pub excludes: Option<&'static str>,
    pub(crate) field: Field,
    /// The conditions on the value.
    pub(crate) expects: &'static [Expect],
    /// The reason for which the value has no effect, if it has none.
    pub(crate) idle: Option<fn(&Config) -> Option<&'static str>>,
}

/// A part of [`Config`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// [`Config::synthetic`].
    Synthetic,
    /// [`Config::files`].
    Files,
    /// [`Config::train`].
    Train,
    /// [`Config::evaluate`].
    Evaluate,
    /// [`Config::compare`].
    Compare,
    /// [`Config::engine`].
    Engine,
    /// [`Config::output`].
    Output,
    /// [`Config::study`].
    Study,
}

impl Section {
    /// Every section, in the order they are printed.
    pub const ALL: [Self; 8] = [
        Self::Synthetic,
        Self::Files,
        Self::Train,
        Self::Evaluate,
        Self::Compare,
        Self::Engine,
        Self::Output,
        Self::Study,
    ];

    /// The heading in help and printed configurations.
    pub fn title(self) -> &'static str {
        match self {
            Self::Synthetic => "Synthetic data",
            Self::Files => "Data from files",
            Self::Train => "Training",
            Self::Evaluate => "Evaluation",
            Self::Compare => "Comparison",
            Self::Engine => "Engine",
            Self::Output => "Output",
            Self::Study => "Study",
        }
    }
}

/// The results that depend on a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changes {
    /// The course of a run, or the times and status found in it.
    Runs,
    /// The set of runs of a study, and what it keeps of them.
    Study,
    /// The two runs of a comparison.
    Comparison,
    /// None: the setting says how to execute, or how to print.
    Nothing,
}

/// The values of a setting that the theory covers.
#[derive(Clone, Copy)]
pub enum Theory {
    /// Every value.
    Covers,
    /// Every value but those for which this holds, for this reason, which completes "because …".
    CoversUnless(fn(&Config) -> bool, &'static str),
}

/// A condition on a configuration, and the words that complete "expected …" where it fails.
pub(crate) struct Expect(pub(crate) fn(&Config) -> bool, pub(crate) &'static str);

/// The place of a setting's value in a configuration.
pub(crate) struct Field {
    /// Reads the effective value, `None` where it is not set.
    pub(crate) get: fn(&Config) -> Result<Option<Value>, ConfigError>,
    /// Writes a value; false, and nothing written, where it is of the wrong type.
    pub(crate) set: fn(&mut Config, &Value) -> bool,
    /// Writes the default.
    pub(crate) reset: fn(&mut Config),
}

/// The shape of the values of the field that a function points out.
pub(crate) const fn kind_of<T: SettingType>(_field: fn(&Config) -> &T) -> Kind {
    T::KIND
}

impl Setting {
    /// The setting of a key.
    pub fn of(key: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.key == key)
    }

    /// The name of the flag, without its dashes: the key in kebab-case.
    pub fn flag(&self) -> String {
        self.key.replace('_', "-")
    }

    /// The effective value in a configuration, `None` where it is not set.
    ///
    /// # Errors
    /// [`ConfigError::NoToml`] for a number from 2^63 on.
    pub fn get(&self, config: &Config) -> Result<Option<Value>, ConfigError> {
        (self.field.get)(config)
    }

    /// Writes a value into a configuration; returns false, and writes nothing, where the value is
    /// of the wrong type. Ranges are checked by [`Config::validate`].
    #[must_use]
    pub fn set(&self, config: &mut Config, value: &Value) -> bool {
        (self.field.set)(config, value)
    }

    /// Checks the value in a configuration.
    ///
    /// # Errors
    /// The first expectation that it fails.
    pub(crate) fn check(&self, config: &Config) -> Result<(), InvalidSetting> {
        match self.expects.iter().find(|Expect(holds, _)| !holds(config)) {
            None => Ok(()),
            Some(&Expect(_, expected)) => Err(self.invalid(config, expected)),
        }
    }

    /// Checks that the value in a configuration has an effect there.
    ///
    /// # Errors
    /// When it has none, with the reason as what was expected.
    pub fn check_acts(&self, config: &Config) -> Result<(), InvalidSetting> {
        match self.idle.and_then(|idle| idle(config)) {
            None => Ok(()),
            Some(expected) => Err(self.invalid(config, expected)),
        }
    }

    /// The reason, to complete "because …", for which the theory does not cover the value in a
    /// configuration.
    pub fn outside_theory(&self, config: &Config) -> Option<&'static str> {
        match self.theory {
            Theory::CoversUnless(outside, reason) if outside(config) => Some(reason),
            _ => None,
        }
    }

    fn invalid(&self, config: &Config, expected: &'static str) -> InvalidSetting {
        let value = match self.get(config) {
            Ok(Some(value)) => value_text(&value),
            Ok(None) => "not set".to_owned(),
            Err(error) => error.to_string(),
        };
        InvalidSetting {
            key: self.key,
            value,
            expected,
        }
    }
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Setting").field(&self.key).finish()
    }
}

/// The text of a value in sentences, tables and flags: words without quotes, numbers by
/// [`Shortest`].
pub fn value_text(value: &Value) -> String {
    match value {
        Value::String(word) => word.clone(),
        Value::Float(x) => Shortest(*x).to_string(),
        other => other.to_string(),
    }
}
