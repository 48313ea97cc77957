//! A setting: its names, its help, its place in a configuration, and its meaning for other code.

use std::fmt;

use sparsegrok_data::InvalidSetting;
use toml::Value;

use crate::config::Config;
use crate::error::{ConfigError, Origin};
use crate::kind::{Kind, value_text};
use crate::model::ModelFamily;

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
    /// The key that says the same thing in another way: setting one unsets the other.
    pub excludes: Option<&'static str>,
    /// The families of models whose runs it says something of.
    pub families: &'static [ModelFamily],
    get: fn(&Config) -> Result<Option<Value>, ConfigError>,
    set: fn(&mut Config, &Value) -> Option<()>,
    expects: Judge,
    idle: Judge,
    uncovered: Judge,
}

/// A judgement of a configuration: the words of a fault or a reason, `None` where there is none.
type Judge = fn(&Config) -> Option<&'static str>;

/// A part of [`Config`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// [`Config::synthetic`].
    Synthetic,
    /// [`Config::files`].
    Files,
    /// [`Config::train`].
    Train,
    /// [`Config::network`].
    Network,
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
    pub const ALL: [Self; 9] = [
        Self::Synthetic,
        Self::Files,
        Self::Train,
        Self::Network,
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
            Self::Network => "Networks",
            Self::Evaluate => "Evaluation",
            Self::Compare => "Comparison",
            Self::Engine => "Engine",
            Self::Output => "Output",
            Self::Study => "Study",
        }
    }

    /// The results that depend on the settings of a section.
    const fn changes(self) -> Changes {
        match self {
            Self::Synthetic | Self::Files | Self::Train | Self::Network | Self::Evaluate => {
                Changes::Runs
            }
            Self::Compare => Changes::Comparison,
            Self::Engine | Self::Output => Changes::Nothing,
            Self::Study => Changes::Study,
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

/// The parts of a block of the table of settings.
impl Setting {
    /// The setting of a key. `get` reads its value, `None` where it is not set; `set` writes it, and
    /// returns `None` for a value of a wrong type.
    pub(crate) const fn new(
        section: Section,
        key: &'static str,
        help: &'static str,
        kind: Kind,
        get: fn(&Config) -> Result<Option<Value>, ConfigError>,
        set: fn(&mut Config, &Value) -> Option<()>,
    ) -> Self {
        Self {
            key,
            alias: None,
            section,
            help,
            symbol: None,
            kind,
            changes: section.changes(),
            costs_time: false,
            excludes: None,
            families: &ModelFamily::ALL,
            get,
            set,
            expects: |_| None,
            idle: |_| None,
            uncovered: |_| None,
        }
    }

    /// Gives the flag a second name.
    pub(crate) const fn alias(mut self, alias: &'static str) -> Self {
        self.alias = Some(alias);
        self
    }

    /// Names the letter in formulas.
    pub(crate) const fn symbol(mut self, symbol: &'static str) -> Self {
        self.symbol = Some(symbol);
        self
    }

    /// Sets the range, as a function that returns the words to complete "expected …" for a value
    /// outside it.
    pub(crate) const fn expects(mut self, expects: Judge) -> Self {
        self.expects = expects;
        self
    }

    /// Sets the reason, to complete "expected …", for which the value has no effect beside other
    /// settings: as a flag or an axis it is refused then.
    pub(crate) const fn idle(mut self, idle: Judge) -> Self {
        self.idle = idle;
        self
    }

    /// Names the families that it is for: beside others it is refused as one that is idle.
    pub(crate) const fn families(mut self, families: &'static [ModelFamily]) -> Self {
        self.families = families;
        self
    }

    /// Names the key that says the same thing in another way.
    pub(crate) const fn excludes(mut self, key: &'static str) -> Self {
        self.excludes = Some(key);
        self
    }

    /// Marks a setting under whose values a step or an evaluation takes more or less time.
    pub(crate) const fn costs_time(mut self) -> Self {
        self.costs_time = true;
        self
    }

    /// Sets the reason, to complete "because …", for which the theory does not cover the value.
    pub(crate) const fn uncovered(mut self, uncovered: Judge) -> Self {
        self.uncovered = uncovered;
        self
    }
}

impl Setting {
    /// The name of the flag, without its dashes: the key in kebab-case.
    pub fn flag(&self) -> String {
        self.key.replace('_', "-")
    }

    /// The effective value in a configuration, `None` where it is not set.
    ///
    /// # Errors
    /// [`ConfigError::NoToml`] for a number from 2^63 on.
    pub fn get(&self, config: &Config) -> Result<Option<Value>, ConfigError> {
        (self.get)(config)
    }

    /// Writes a value into a configuration; returns false, and writes nothing, where the value is
    /// of the wrong type. Ranges are checked by [`Config::validate`].
    #[must_use]
    pub fn set(&self, config: &mut Config, value: &Value) -> bool {
        (self.set)(config, value).is_some()
    }

    /// Writes a value that came from somewhere into a configuration.
    ///
    /// # Errors
    /// [`ConfigError::Type`] when the value has the wrong type.
    pub fn insert(
        &self,
        config: &mut Config,
        value: &Value,
        origin: &Origin,
    ) -> Result<(), ConfigError> {
        if self.set(config, value) {
            return Ok(());
        }
        Err(ConfigError::Type {
            origin: origin.clone(),
            key: self.key,
            value: self.at_fault(value).clone(),
            expected: self.kind.expected(),
        })
    }

    /// The part of a value that makes it one of the wrong type: of a list, an item.
    fn at_fault<'v>(&self, value: &'v Value) -> &'v Value {
        let Some(items) = value.as_array().filter(|_| self.kind.separator().is_some()) else {
            return value;
        };
        let fits =
            |item: &Value| self.set(&mut Config::default(), &Value::Array(vec![item.clone()]));
        items.iter().find(|item| !fits(item)).unwrap_or(value)
    }

    /// Checks the value in a configuration.
    ///
    /// # Errors
    /// When it is out of range, or does not fit another.
    pub(crate) fn check(&self, config: &Config) -> Result<(), InvalidSetting> {
        let fault = (self.expects)(config);
        fault.map_or(Ok(()), |expected| Err(self.invalid(config, expected)))
    }

    /// Checks that the value in a configuration has an effect there.
    ///
    /// # Errors
    /// When it has none, with the reason as what was expected.
    pub fn check_acts(&self, config: &Config) -> Result<(), InvalidSetting> {
        let fault = self.beside_family(config).or_else(|| (self.idle)(config));
        fault.map_or(Ok(()), |expected| Err(self.invalid(config, expected)))
    }

    /// The reason, to complete "expected …", for which it means nothing for the family of a configuration.
    fn beside_family(&self, config: &Config) -> Option<&'static str> {
        let family = config.model.family;
        let expected = match family {
            ModelFamily::Linear if self.families == [ModelFamily::Network] => {
                "a `family` of network beside it"
            }
            ModelFamily::Linear => "a `family` of diagonal or network beside it",
            ModelFamily::Diagonal => {
                "to be left out, as diagonal networks (`family`) have no use for it"
            }
            ModelFamily::Network => "to be left out, as networks (`family`) have no use for it",
        };
        (!self.families.contains(&family)).then_some(expected)
    }

    /// The reason, to complete "because …", for which the theory does not cover the value in a
    /// configuration.
    pub fn outside_theory(&self, config: &Config) -> Option<&'static str> {
        (self.uncovered)(config)
    }

    /// The error for the value in a configuration.
    pub(crate) fn invalid(&self, config: &Config, expected: &'static str) -> InvalidSetting {
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
