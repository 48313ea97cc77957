//! A configuration as a flat table, and as TOML to be read by people.

use toml::Table;

use crate::config::Config;
use crate::error::ConfigError;
use crate::setting::Section;
use crate::settings::SETTINGS;

impl Config {
    /// The effective value of every set key, as a flat table.
    ///
    /// # Errors
    /// [`ConfigError::NoToml`] for a path that is not Unicode, and for a number from 2^63 on.
    pub fn to_table(&self) -> Result<Table, ConfigError> {
        let mut table = Table::new();
        for setting in SETTINGS {
            if let Some(value) = setting.get(self)? {
                table.insert(setting.key.to_owned(), value);
            }
        }
        Ok(table)
    }

    /// The effective configuration as TOML, every key with its line of help, unset keys commented
    /// out. Read back, it gives the same run.
    ///
    /// # Errors
    /// As [`Config::to_table`].
    pub fn to_toml(&self) -> Result<String, ConfigError> {
        let mut text = String::new();
        for section in Section::ALL {
            text.push_str(&format!("# {}\n", section.title()));
            for setting in SETTINGS.iter().filter(|s| s.section == section) {
                let line = match setting.get(self)? {
                    Some(value) => format!("{} = {value}", setting.key),
                    None => format!("# {} =", setting.key),
                };
                let help = setting.help.split(" [default").next().unwrap_or_default();
                text.push_str(&format!("{line:<36} # {help}\n"));
            }
            text.push('\n');
        }
        text.truncate(text.trim_end().len() + 1);
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::Evaluations;
    use crate::kind::Kind;
    use sparsegrok_kernel::Loss;
    use toml::Value;

    #[test]
    fn a_printed_configuration_reads_back() {
        let mut config = Config::default();
        config.train.epochs = 17;
        config.train.learning_rate = 0.1 + 0.2;
        config.train.loss = Loss::Squared;
        config.evaluate.evaluations = Evaluations::Points(9);
        config.output.columns.truncate(2);
        config.compare.patience = "test_acc:4".parse().ok();
        config.files.train = Some("rows.svm".into());
        config.files.memorization_scale = 2.0;
        let toml = config.to_toml().unwrap();
        let read = crate::Settings::from_toml(&toml, "c.toml".as_ref());
        let read = read.unwrap().config().unwrap();
        assert_eq!(read.to_table().unwrap(), config.to_table().unwrap());
        assert_eq!((read.train, read.evaluate), (config.train, config.evaluate));
    }

    #[test]
    fn effective_values_are_printed() {
        let mut config = Config::default();
        let value = |config: &Config, key: &str| config.to_table().unwrap()[key].clone();
        assert_eq!(value(&config, "memorization_scale"), Value::Float(1.0));
        assert_eq!(value(&config, "eval_points"), Value::Integer(100));
        config.files.train = Some("rows.svm".into());
        assert_eq!(value(&config, "memorization_scale"), Value::Float(0.0));
        config.files.memorize = true;
        assert_eq!(value(&config, "memorization_scale"), Value::Float(1.0));
        assert_eq!(value(&config, "target"), Value::from("sign"));
        config.train.loss = Loss::Squared;
        assert_eq!(value(&config, "target"), Value::from("linear"));
    }

    #[test]
    fn what_toml_has_no_form_for_is_named() {
        let mut config = Config::default();
        config.train.order_seed = 1 << 63;
        let said = config.to_table().unwrap_err().to_string();
        assert!(said.contains("9223372036854775808"), "{said}");
        assert!(Kind::Whole.expected().contains("2^63 - 1"));
    }
}
