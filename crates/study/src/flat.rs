//! Configurations as flat TOML tables: one key a setting, whatever part of the configuration holds it.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use sparsegrok_data::SyntheticSpec;
use sparsegrok_kernel::TrainSpec;
use toml::{Table, Value};

use crate::config::{CompareSpec, Config, EngineSpec, FileSpec};
use crate::evaluate::EvaluateSpec;
use crate::settings::{Kind, SETTINGS, Section, Setting};
use crate::study::StudySpec;
use crate::trace::OutputSpec;

impl Config {
    /// The configuration of a flat table, unset keys at their defaults.
    ///
    /// # Errors
    /// When a key's value has a wrong type; [`Settings`](crate::Settings) finds out which before
    /// it comes to this.
    pub(crate) fn from_table(table: &Table) -> Result<Self, toml::de::Error> {
        Ok(Self {
            synthetic: part(table, Section::Synthetic)?,
            files: part(table, Section::Files)?,
            train: part(table, Section::Train)?,
            evaluate: part(table, Section::Evaluate)?,
            compare: part(table, Section::Compare)?,
            engine: part(table, Section::Engine)?,
            output: part(table, Section::Output)?,
            study: part(table, Section::Study)?,
        })
    }

    /// The effective value of every set key, as a flat table.
    ///
    /// # Errors
    /// When a value has no TOML form: a path that is not Unicode, a number from 2^63 on.
    pub fn to_table(&self) -> Result<Table, toml::ser::Error> {
        let from_files = self.files.train.is_some();
        let mut table = Table::try_from(&self.files)?;
        let synthetic = Table::try_from(&self.synthetic)?;
        for (key, value) in synthetic {
            if !(from_files && table.contains_key(&key)) {
                table.insert(key, value);
            }
        }
        table.extend(Table::try_from(&self.train)?);
        table.extend(Table::try_from(&self.evaluate)?);
        table.extend(Table::try_from(&self.compare)?);
        table.extend(Table::try_from(&self.engine)?);
        table.extend(Table::try_from(&self.output)?);
        table.extend(Table::try_from(&self.study)?);
        table.insert("target".to_owned(), Value::try_from(self.target())?);
        if from_files {
            let scale = self.files.memorization().unwrap_or(0.0);
            table.insert("memorization_scale".to_owned(), scale.into());
        }
        if self
            .evaluate
            .eval_every
            .or(self.evaluate.eval_points)
            .is_none()
        {
            table.insert(
                "eval_points".to_owned(),
                Value::try_from(EvaluateSpec::POINTS)?,
            );
        }
        Ok(table)
    }

    /// The effective configuration as TOML, every key with its line of help, unset keys commented
    /// out. Read back, it gives the same run.
    ///
    /// # Errors
    /// As [`Config::to_table`].
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        let table = self.to_table()?;
        let mut text = String::new();
        for section in Section::ALL {
            text.push_str(&format!("# {}\n", section.title()));
            for setting in SETTINGS.iter().filter(|s| s.sections[0] == section) {
                let line = match table.get(setting.key) {
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

/// The keys of one section, deserialised.
fn part<T: DeserializeOwned>(table: &Table, section: Section) -> Result<T, toml::de::Error> {
    let keys = SETTINGS.iter().filter(|s| s.sections.contains(&section));
    let own: Table = keys
        .filter_map(|s| Some((s.key.to_owned(), table.get(s.key)?.clone())))
        .collect();
    T::deserialize(own)
}

/// Whether a value is one its setting can take, by type.
pub(crate) fn has_type_of(setting: &Setting, value: &Value) -> bool {
    let alone = || Table::from_iter([(setting.key.to_owned(), value.clone())]);
    let fits = |section: &Section| match section {
        Section::Synthetic => SyntheticSpec::deserialize(alone()).is_ok(),
        Section::Files => FileSpec::deserialize(alone()).is_ok(),
        Section::Train => TrainSpec::deserialize(alone()).is_ok(),
        Section::Evaluate => EvaluateSpec::deserialize(alone()).is_ok(),
        Section::Compare => CompareSpec::deserialize(alone()).is_ok(),
        Section::Engine => EngineSpec::deserialize(alone()).is_ok(),
        Section::Output => OutputSpec::deserialize(alone()).is_ok(),
        Section::Study => StudySpec::deserialize(alone()).is_ok(),
    };
    // Any string is a path, but a number is not.
    (setting.kind != Kind::Path || value.is_str()) && setting.sections.iter().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fields of a section's struct, as its refusal of an unknown one lists them.
    fn fields<T: DeserializeOwned>() -> Vec<String> {
        let unknown = Table::from_iter([("no_such_field".to_owned(), Value::Boolean(true))]);
        let message = match T::deserialize(unknown) {
            Ok(_) => panic!("an unknown field was accepted"),
            Err(error) => error.message().to_owned(),
        };
        let quoted = message.split('`').skip(1).step_by(2);
        quoted
            .filter(|name| *name != "no_such_field")
            .map(str::to_owned)
            .collect()
    }

    fn fields_of(section: Section) -> Vec<String> {
        match section {
            Section::Synthetic => fields::<SyntheticSpec>(),
            Section::Files => fields::<FileSpec>(),
            Section::Train => fields::<TrainSpec>(),
            Section::Evaluate => fields::<EvaluateSpec>(),
            Section::Compare => fields::<CompareSpec>(),
            Section::Engine => fields::<EngineSpec>(),
            Section::Output => fields::<OutputSpec>(),
            Section::Study => fields::<StudySpec>(),
        }
    }

    #[test]
    fn the_table_of_settings_and_the_structs_agree() {
        for section in Section::ALL {
            let listed = SETTINGS.iter().filter(|s| s.sections.contains(&section));
            let mut listed: Vec<_> = listed.map(|s| s.key.to_owned()).collect();
            let mut fields = fields_of(section);
            listed.sort();
            fields.sort();
            assert_eq!(listed, fields, "{section:?}");
        }
    }

    /// Values a setting of this kind must take, and some it must not.
    fn samples(kind: Kind) -> (Vec<Value>, Vec<Value>) {
        let (whole, number, word, yes) = (
            Value::Integer(3),
            Value::Float(0.5),
            Value::from("no-such-word"),
            Value::Boolean(true),
        );
        match kind {
            Kind::Whole => (vec![whole], vec![number, word, yes, Value::Integer(-1)]),
            Kind::WholeOr(least, most, names) => {
                let named = names.iter().map(|&name| name.into());
                let below = Value::Integer(least as i64 - 1);
                let above = most
                    .checked_add(1)
                    .and_then(|above| i64::try_from(above).ok());
                let above = above.map(Value::Integer);
                (
                    named.chain([whole, Value::Integer(most as i64)]).collect(),
                    [number, word, yes, below]
                        .into_iter()
                        .chain(above)
                        .collect(),
                )
            }
            Kind::Number => (vec![whole, number], vec![word, yes]),
            Kind::Switch => (vec![yes], vec![whole, number, word]),
            Kind::Choice(names) => (
                names.iter().map(|&name| name.into()).collect(),
                vec![whole, number, word, yes],
            ),
            Kind::Path => (vec![word], vec![whole, number, yes]),
            Kind::Columns => (
                vec![Kind::Columns.parse("epoch, objective")],
                vec![whole, "epoch".into(), Kind::Columns.parse("epoch,no_such")],
            ),
            Kind::Figures => (
                vec![Kind::Figures.parse("train_acc, objective")],
                vec![whole, "objective".into(), Kind::Figures.parse("epoch")],
            ),
            Kind::Seeds => (
                vec!["0..64".into()],
                vec![whole, number, word, yes, "0..".into()],
            ),
            Kind::Every => (
                vec!["60s".into(), "9epochs".into(), "never".into()],
                vec![whole, number, word, yes, "0s".into()],
            ),
            Kind::Span => (
                vec!["1%".into(), "30epochs".into()],
                vec![whole, number, word, yes, "3".into()],
            ),
            Kind::Stop => (
                vec!["grokked".into(), "grokked+9".into()],
                vec![whole, number, word, yes, "grokked+".into()],
            ),
            Kind::Axes => (
                vec![Kind::Axes.parse("epochs=1,2; bias=true")],
                vec![whole, number, word, yes],
            ),
        }
    }

    #[test]
    fn kinds_are_the_types_of_the_fields() {
        for setting in SETTINGS {
            let (good, bad) = samples(setting.kind);
            for value in good {
                assert!(has_type_of(setting, &value), "{} = {value}", setting.key);
            }
            for value in bad {
                assert!(!has_type_of(setting, &value), "{} = {value}", setting.key);
            }
        }
    }

    #[test]
    fn choices_list_every_variant() {
        for setting in SETTINGS {
            let Kind::Choice(names) = setting.kind else {
                continue;
            };
            let wrong = Table::from_iter([(setting.key.to_owned(), "no-such-word".into())]);
            let error = Config::from_table(&wrong).unwrap_err();
            let mut variants: Vec<_> = error.message().split('`').skip(3).step_by(2).collect();
            let mut names = names.to_vec();
            variants.sort_unstable();
            names.sort_unstable();
            assert_eq!(variants, names, "{}: {}", setting.key, error.message());
        }
    }

    #[test]
    fn a_printed_configuration_reads_back() {
        let mut config = Config::default();
        config.train.epochs = 17;
        config.train.learning_rate = 0.1 + 0.2;
        config.evaluate.eval_points = Some(9);
        config.evaluate.accuracy_tolerance = Some(1e-3);
        config.output.columns.truncate(2);
        config.compare.patience = Some(4);
        let read: Table = config.to_toml().unwrap().parse().unwrap();
        let mut back = Config::from_table(&read).unwrap();
        // For synthetic data the file section takes on the keys it shares, to no effect.
        back.files = FileSpec::default();
        assert_eq!(back, config);
    }

    #[test]
    fn effective_values_are_printed() {
        let mut config = Config::default();
        assert_eq!(
            config.to_table().unwrap()["memorization_scale"],
            Value::Float(1.0)
        );
        assert_eq!(
            config.to_table().unwrap()["eval_points"],
            Value::Integer(100)
        );
        config.files.train = Some("rows.svm".into());
        assert_eq!(
            config.to_table().unwrap()["memorization_scale"],
            Value::Float(0.0)
        );
        config.files.memorize = true;
        assert_eq!(
            config.to_table().unwrap()["memorization_scale"],
            Value::Float(1.0)
        );
        assert_eq!(config.to_table().unwrap()["target"], Value::from("sign"));
        config.train.loss = sparsegrok_kernel::Loss::Squared;
        assert_eq!(config.to_table().unwrap()["target"], Value::from("linear"));
    }
}
