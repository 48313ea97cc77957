//! Settings in layers: defaults, then a preset, then a configuration file, then flags.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use sparsegrok_data::{Input, InvalidSetting};
use toml::{Table, Value};

use crate::config::Config;
use crate::error::{ConfigError, Origin};
use crate::presets::Preset;
use crate::setting::Setting;
use crate::settings::SETTINGS;
use crate::types::SettingType;

/// Most bytes of a configuration: its parser takes some forty times as much memory.
pub(crate) const LONGEST: usize = 4 << 20;

/// The key under which a file names the preset it builds on.
const PRESET: &str = "preset";

/// A configuration made in layers, each over those before it, and where each of its settings came
/// from.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    config: Config,
    /// Keys that a layer has set.
    origins: BTreeMap<&'static str, Origin>,
}

impl Settings {
    /// Layers a preset, a file and flags, in this order, each over those before it.
    ///
    /// A file may name the preset it builds on under the key `preset`; `preset` given here
    /// replaces it. Flags are keys with the text of their values.
    ///
    /// # Errors
    /// The first layer's first fault.
    pub fn layered(
        preset: Option<&str>,
        file: Option<&Path>,
        flags: &[(&str, &str)],
    ) -> Result<Self, ConfigError> {
        let mut settings = Self::default();
        let mut table = file.map(read_table).transpose()?.unwrap_or_default();
        let from_file = || Origin::File(file.map(Path::to_owned).unwrap_or_default());
        let base = match (preset, table.remove(PRESET)) {
            (Some(name), _) => Some((name.to_owned(), Origin::Flag)),
            (None, Some(Value::String(name))) => Some((name, from_file())),
            (None, Some(value)) => {
                return Err(ConfigError::Type {
                    origin: from_file(),
                    key: PRESET,
                    value,
                    expected: "the name of a preset".to_owned(),
                });
            }
            (None, None) => None,
        };
        if let Some((name, origin)) = base {
            settings.preset(&name, &origin)?;
        }
        settings.layer(&table, &from_file())?;
        settings.flags(flags)?;
        Ok(settings)
    }

    /// The settings of a TOML text; errors call it `name`.
    ///
    /// # Errors
    /// As [`Settings::layered`].
    pub fn from_toml(text: &str, name: &Path) -> Result<Self, ConfigError> {
        let mut settings = Self::default();
        settings.layer(&parse_table(text, name)?, &Origin::File(name.to_owned()))?;
        Ok(settings)
    }

    /// Flags laid over a configuration.
    ///
    /// # Errors
    /// The first flag's fault.
    pub fn over(config: &Config, flags: &[(&str, &str)]) -> Result<Self, ConfigError> {
        let mut settings = Self {
            config: config.clone(),
            origins: BTreeMap::new(),
        };
        settings.flags(flags)?;
        Ok(settings)
    }

    /// Sets one key from text, as a flag does.
    ///
    /// # Errors
    /// When the key is unknown, the value has the wrong type, or the other of two exclusive keys
    /// was set in the same way.
    pub fn set(&mut self, key: &str, text: &str) -> Result<(), ConfigError> {
        let setting = Setting::known(key, &Origin::Flag)?;
        self.insert(setting, &setting.kind.parse(text), &Origin::Flag)
    }

    /// Sets one key to a path, as a flag does.
    ///
    /// # Errors
    /// When the key is unknown or takes no path.
    pub fn set_path(&mut self, key: &str, path: &Path) -> Result<(), ConfigError> {
        let setting = Setting::known(key, &Origin::Flag)?;
        let value = path.to_owned().write()?.unwrap_or_else(|| "".into());
        self.insert(setting, &value, &Origin::Flag)
    }

    /// The configuration these settings make, checked.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for the first setting out of range, or for a flag without effect.
    pub fn config(&self) -> Result<Config, ConfigError> {
        let config = &self.config;
        let invalid = |setting: InvalidSetting| {
            let origin = self.origins.get(setting.key).cloned();
            ConfigError::Invalid {
                origin: origin.unwrap_or(Origin::Default),
                setting,
            }
        };
        config.validate().map_err(invalid)?;
        // A flag that could have no effect is a mistake worth saying. A preset or a file may hold
        // settings for other occasions.
        for setting in SETTINGS {
            if self.origins.get(setting.key) == Some(&Origin::Flag) {
                setting.check_acts(config).map_err(invalid)?;
            }
        }
        Ok(config.clone())
    }

    fn preset(&mut self, name: &str, origin: &Origin) -> Result<(), ConfigError> {
        let preset = Preset::named(name, origin)?;
        let table = parse_table(preset.settings, Path::new(preset.name))?;
        self.layer(&table, &Origin::Preset(preset.name))
    }

    fn layer(&mut self, table: &Table, origin: &Origin) -> Result<(), ConfigError> {
        for (key, value) in table {
            self.insert(Setting::known(key, origin)?, value, origin)?;
        }
        Ok(())
    }

    fn flags(&mut self, flags: &[(&str, &str)]) -> Result<(), ConfigError> {
        flags.iter().try_for_each(|(key, text)| self.set(key, text))
    }

    /// Sets one key, from somewhere.
    fn insert(
        &mut self,
        setting: &'static Setting,
        value: &Value,
        origin: &Origin,
    ) -> Result<(), ConfigError> {
        if let Some(other) = setting.excludes
            && self.origins.remove(other).as_ref() == Some(origin)
        {
            return Err(setting.exclusive(origin));
        }
        setting.insert(&mut self.config, value, origin)?;
        self.origins.insert(setting.key, origin.clone());
        Ok(())
    }
}

impl Preset {
    /// The settings that differ from the defaults, in the order of [`SETTINGS`].
    ///
    /// # Errors
    /// None: every preset is a valid configuration.
    pub fn differences(&self) -> Result<Vec<(&'static str, Value)>, ConfigError> {
        let defaults = Config::default();
        let ours = Settings::layered(Some(self.name), None, &[])?.config()?;
        let mut differences = Vec::new();
        for setting in SETTINGS {
            match setting.get(&ours)? {
                Some(value) if setting.get(&defaults)?.as_ref() != Some(&value) => {
                    differences.push((setting.key, value));
                }
                _ => {}
            }
        }
        Ok(differences)
    }
}

fn read_table(path: &Path) -> Result<Table, ConfigError> {
    let failed = |error| ConfigError::Read {
        path: path.to_owned(),
        error,
    };
    let input = Input::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    // One byte more than may be there tells a file that is too long.
    let mut bounded = input.take(LONGEST as u64 + 1);
    bounded.read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > LONGEST {
        let path = path.to_owned();
        return Err(ConfigError::TooLong { path });
    }
    let text = String::from_utf8(bytes).map_err(|_| ConfigError::NotText {
        path: path.to_owned(),
    })?;
    parse_table(&text, path)
}

fn parse_table(text: &str, path: &Path) -> Result<Table, ConfigError> {
    if text.len() > LONGEST {
        let path = path.to_owned();
        return Err(ConfigError::TooLong { path });
    }
    // Some editors put a byte-order mark at the beginning.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.parse().map_err(|error: toml::de::Error| {
        let at = error.span().map_or(0, |span| span.start.min(text.len()));
        let before = text.get(..at).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        ConfigError::Syntax {
            path: path.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: error.message().replace('\n', ", "),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::Evaluations;
    use crate::presets::PRESETS;
    use std::io::Write;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    fn config(text: &str, flags: &[(&str, &str)]) -> Result<Config, String> {
        let file = file(text);
        let settings = Settings::layered(None, Some(file.path()), flags);
        settings
            .and_then(|settings| settings.config())
            .map_err(|error| {
                let path = file.path().display().to_string();
                error.to_string().replace(&path, "FILE")
            })
    }

    fn refused(text: &str, flags: &[(&str, &str)]) -> String {
        config(text, flags).unwrap_err()
    }

    #[test]
    fn flags_win_over_the_file_over_the_preset_over_defaults() {
        let config = config(
            "preset = \"reference-toy\"\nepochs = 70\nlearning_rate = 0.5",
            &[("learning_rate", "1e-2")],
        )
        .unwrap();
        assert_eq!(config.train.learning_rate, 0.01);
        assert_eq!(config.train.epochs, 70);
        assert_eq!(config.train.order_seed, 1234);
        assert_eq!(
            config.synthetic.rng,
            sparsegrok_data::RandomFamily::Libstdcxx
        );
        assert_eq!(
            config.evaluate.persistence,
            crate::Persistence::Percent(1.0)
        );
    }

    #[test]
    fn text_is_read_as_the_key_wants_it() {
        let flags = [("epochs", "1e5"), ("weight_decay", ".5"), ("bias", "true")];
        let config = config("", &flags).unwrap();
        assert_eq!(config.train.epochs, 100_000);
        assert_eq!(config.train.weight_decay, 0.5);
        assert!(config.train.bias);
    }

    #[test]
    fn unknown_names_are_met_with_the_nearest() {
        assert_eq!(
            refused("learning_rat = 1", &[]),
            "FILE: unknown key `learning_rat`; did you mean `learning_rate`?"
        );
        assert_eq!(
            refused("zzz = 1", &[]),
            "FILE: unknown key `zzz`; `sparsegrok run --print-config` lists them"
        );
        for name in ["lr = 1", "learning-rate = 1"] {
            let said = refused(name, &[]);
            assert!(said.ends_with("did you mean `learning_rate`?"), "{said}");
        }
        assert_eq!(
            refused("preset = \"reference-tyo\"", &[]),
            "FILE: unknown preset `reference-tyo`; did you mean `reference-toy`?"
        );
        let unknown = Settings::layered(Some("nothing"), None, &[]).unwrap_err();
        assert_eq!(
            unknown.to_string(),
            "command line: unknown preset `nothing`; `sparsegrok presets` lists them"
        );
    }

    #[test]
    fn wrong_types_name_key_value_and_wish() {
        assert_eq!(
            refused("n_train = \"many\"", &[]),
            "FILE: `n_train` is \"many\", expected a whole number from 0 to 2^63 - 1"
        );
        assert_eq!(
            refused("decay_order = \"befor\"", &[]),
            "FILE: `decay_order` is \"befor\", expected one of `before`, `after`"
        );
        assert_eq!(
            refused("", &[("epochs", "1.5")]),
            "command line: `epochs` is \"1.5\", expected a whole number from 0 to 2^63 - 1"
        );
        assert!(refused("[xyz]\nn_train = 3", &[]).starts_with("FILE: unknown key `xyz`; "));
        let said = refused("columns = [\"epoch\", \"epock\", \"test_acc\"]", &[]);
        let start = "FILE: `columns` is \"epock\", expected columns, each one of `epoch`, ";
        assert!(said.starts_with(start), "{said}");
        assert_eq!(
            refused("preset = 3", &[]),
            "FILE: `preset` is 3, expected the name of a preset"
        );
    }

    #[test]
    fn ranges_name_where_the_value_came_from() {
        let message = refused("weight_decay = 30", &[]);
        assert!(
            message.starts_with("FILE: `weight_decay` is 30"),
            "{message}"
        );
        let message = refused("weight_decay = 30", &[("weight_decay", "-1")]);
        assert!(
            message.starts_with("command line: `weight_decay` is -1"),
            "{message}"
        );
    }

    #[test]
    fn syntax_errors_name_line_and_column() {
        let message = refused("epochs = 3\nbias = = 1\n", &[]);
        assert!(message.starts_with("FILE: line 2, column 8: "), "{message}");
        assert!(!message.contains('\n'), "{message}");
        let missing = Settings::layered(None, Some(Path::new("/no/such.toml")), &[]).unwrap_err();
        assert!(
            missing.to_string().starts_with("/no/such.toml: "),
            "{missing}"
        );
    }

    #[test]
    fn of_two_ways_to_space_evaluations_the_later_layer_wins() {
        let config = config("eval_every = 7", &[("eval_points", "9")]).unwrap();
        assert_eq!(config.evaluate.evaluations, Evaluations::Points(9));
        assert_eq!(
            refused("eval_every = 7\neval_points = 9", &[]),
            "FILE: `eval_every` and `eval_points` exclude each other"
        );
    }

    #[test]
    fn flags_for_synthetic_data_are_refused_beside_files() {
        assert_eq!(
            refused("train = \"rows.svm\"", &[("label_noise", "0.1")]),
            "command line: `label_noise` is 0.1, expected to be left out, as `train` names a file \
             of data"
        );
        assert!(config("train = \"rows.svm\"\nlabel_noise = 0.1", &[]).is_ok());
    }

    #[test]
    fn flags_that_do_nothing_beside_another_setting_are_refused() {
        let norm = ("init_norm", "100");
        assert_eq!(
            refused("", &[norm]),
            "command line: `init_norm` is 100, expected an `init` other than zero beside it"
        );
        let said = refused("schedule = \"step\"", &[("schedule_power", "1")]);
        assert!(said.contains("a `schedule` of inverse-scaling"), "{said}");
        assert!(config("init = \"gaussian\"", &[norm]).is_ok());
        assert!(config("init_norm = 100", &[]).is_ok());
        // Some cells of a grid may have no use for what others need.
        assert!(config("", &[norm, ("vary", "init=zero,gaussian")]).is_ok());
    }

    #[test]
    fn every_preset_is_a_valid_configuration() {
        for preset in PRESETS {
            let settings = Settings::layered(Some(preset.name), None, &[]).unwrap();
            let config = settings.config().unwrap();
            config.validate().unwrap();
            assert!(preset.shows.ends_with('.'), "{}", preset.name);
            assert!(!preset.expected.is_empty(), "{}", preset.name);
        }
    }

    #[test]
    fn differences_are_those_of_the_effective_configuration() {
        let differences = Preset::of("no-grok-zero-init").unwrap().differences();
        let differences = differences.unwrap();
        let value = |key: &str| differences.iter().find(|(k, _)| *k == key).map(|(_, v)| v);
        assert_eq!(value("signal_scale"), Some(&Value::Float(0.1)));
        // As by default, though the preset names them.
        assert_eq!(value("n_train"), None);
        assert_eq!(value("init"), None);
    }
}
