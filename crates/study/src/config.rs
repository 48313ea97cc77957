//! A whole configuration: what data, what training, what to look at, what to print.

use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sparsegrok_data::{InvalidSetting, RandomFamily, SyntheticSpec, Target, check};
use sparsegrok_kernel::{KernelChoice, SimdChoice, TrainSpec};
use toml::{Table, Value};

use crate::detect::EvaluateSpec;
use crate::settings::{Kind, SETTINGS, Section, Setting};
use crate::trace::OutputSpec;

/// Everything that determines a run and what is printed of it.
///
/// Build one in code with struct update syntax, or from presets, files and flags through
/// [`Settings`](crate::Settings). The default is the reference programs' task with this project's
/// own random numbers and update order.
///
/// ```
/// use sparsegrok_kernel::TrainSpec;
/// use sparsegrok_study::Config;
///
/// let config = Config {
///     train: TrainSpec { epochs: 100, ..TrainSpec::default() },
///     ..Config::default()
/// };
/// assert!(config.validate().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Config {
    /// Synthetic data; unused where `files` names a training file.
    pub synthetic: SyntheticSpec,
    /// Data from files.
    pub files: FileSpec,
    /// Training.
    pub train: TrainSpec,
    /// Which epochs are evaluated, and what the figures are held against.
    pub evaluate: EvaluateSpec,
    /// The two lengths of a comparison.
    pub compare: CompareSpec,
    /// What executes the run. Results do not depend on it.
    pub engine: EngineSpec,
    /// What is written.
    pub output: OutputSpec,
}

/// Data from svmlight files.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FileSpec {
    /// Training rows; `None` for synthetic data.
    pub train: Option<PathBuf>,
    /// Test rows.
    pub test: Option<PathBuf>,
    /// Whether each training row gets a column of its own, of value 1 unless
    /// `memorization_scale` says otherwise.
    pub memorize: bool,
    /// Value α of each training row's own column; 0 for none.
    pub memorization_scale: f64,
    /// Whether targets are labels or real numbers. Unset: real under squared loss.
    pub target: Option<Target>,
    /// Whether feature indices start at 0.
    pub zero_based: bool,
}

/// The two runs of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CompareSpec {
    /// Epochs of the run that stops early.
    pub early_epochs: u64,
    /// Epochs of the long run.
    pub long_epochs: u64,
    /// Visiting order of the run that stops early.
    pub early_order_seed: u64,
    /// Visiting order of the long run.
    pub long_order_seed: u64,
    /// Evaluations without a better test loss after which early stopping ends the long run.
    pub patience: Option<u64>,
}

impl Default for CompareSpec {
    fn default() -> Self {
        Self {
            early_epochs: 500,
            long_epochs: 6000,
            early_order_seed: 1,
            long_order_seed: 2,
            patience: None,
        }
    }
}

/// What executes runs.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EngineSpec {
    /// Training kernel.
    pub kernel: KernelChoice,
    /// Instruction set.
    pub simd: SimdChoice,
    /// Most threads to use, 0 for all cores. One run takes one.
    pub threads: usize,
}

impl FileSpec {
    /// Value α of each training row's own column, `None` for no such columns.
    pub fn memorization(&self) -> Option<f64> {
        match self.memorization_scale {
            0.0 => self.memorize.then_some(1.0),
            scale => Some(scale),
        }
    }
}

impl Config {
    /// What the targets are: synthetic ones as asked for, those of files by default real numbers
    /// under squared loss and labels under any other.
    pub fn target(&self) -> Target {
        if self.files.train.is_none() {
            return self.synthetic.target;
        }
        self.files
            .target
            .unwrap_or(if self.train.loss.needs_signs() {
                Target::Sign
            } else {
                Target::Linear
            })
    }

    /// Checks every setting's range, and those that must fit each other.
    ///
    /// # Errors
    /// The first setting found at fault, with its value and what was expected.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        let files = &self.files;
        self.synthetic.validate()?;
        self.train.validate()?;
        self.evaluate.validate()?;
        check(
            self.synthetic.rng == self.train.rng,
            "rng",
            format!(
                "{:?} for data and {:?} for training",
                self.synthetic.rng, self.train.rng
            ),
            "one random family for both",
        )?;
        check(
            files.memorization_scale.is_finite() && files.memorization_scale >= 0.0,
            "memorization_scale",
            files.memorization_scale,
            "a finite number of at least 0",
        )?;
        if files.train.is_none() {
            let beside = "a `train` file beside it";
            let test = files.test.as_ref().map(|path| path.display().to_string());
            check(test.is_none(), "test", test.unwrap_or_default(), beside)?;
            check(!files.memorize, "memorize", true, beside)?;
            check(!files.zero_based, "zero_based", true, beside)?;
        }
        check(
            self.target() == Target::Sign || !self.train.loss.needs_signs(),
            "target",
            "linear",
            "`sign`, or squared loss",
        )?;
        let compare = &self.compare;
        let at_least_one = [
            ("early_epochs", compare.early_epochs),
            ("long_epochs", compare.long_epochs),
            ("patience", compare.patience.unwrap_or(1)),
        ];
        for (key, count) in at_least_one {
            check(count > 0, key, count, "at least 1")?;
        }
        let order_seeds = [
            ("early_order_seed", compare.early_order_seed),
            ("long_order_seed", compare.long_order_seed),
        ];
        for (key, seed) in order_seeds {
            check(
                self.train.rng != RandomFamily::Libstdcxx || u32::try_from(seed).is_ok(),
                key,
                seed,
                "a seed below 2^32, as std::mt19937 takes",
            )?;
        }
        check(
            !self.output.columns.is_empty(),
            "columns",
            "empty",
            "at least one column",
        )
    }

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
                "eval_every".to_owned(),
                Value::try_from(EvaluateSpec::EVERY)?,
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
                text.push_str(&format!("{line:<36} # {}\n", setting.help));
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
    // Any string is a path, but a number is not.
    let alone = Table::from_iter([(setting.key.to_owned(), value.clone())]);
    (setting.kind != Kind::Path || value.is_str()) && Config::from_table(&alone).is_ok()
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
            Kind::WholeOr(name) => (vec![whole, name.into()], vec![number, word, yes]),
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
            config.to_table().unwrap()["eval_every"],
            Value::Integer(200)
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

    #[test]
    fn settings_that_do_not_fit_each_other_are_refused() {
        let bad = |change: fn(&mut Config)| {
            let mut config = Config::default();
            change(&mut config);
            config.validate().unwrap_err().key
        };
        assert_eq!(bad(|c| c.files.test = Some("t.svm".into())), "test");
        assert_eq!(bad(|c| c.files.memorize = true), "memorize");
        assert_eq!(bad(|c| c.files.zero_based = true), "zero_based");
        assert_eq!(bad(|c| c.synthetic.target = Target::Linear), "target");
        assert_eq!(bad(|c| c.compare.long_epochs = 0), "long_epochs");
        assert_eq!(bad(|c| c.output.columns.clear()), "columns");
        assert_eq!(
            bad(|c| c.train.rng = sparsegrok_data::RandomFamily::Libstdcxx),
            "rng"
        );
        assert_eq!(
            bad(|c| c.files.memorization_scale = f64::NAN),
            "memorization_scale"
        );
    }
}
