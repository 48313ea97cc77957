//! A whole configuration: the data, the training, what to evaluate, what to keep and to print.

use std::path::PathBuf;

use sparsegrok_data::svmlight::LabelPair;
use sparsegrok_data::{InvalidSetting, RandomFamily, SyntheticSpec, Target, check};
use sparsegrok_kernel::{Figure, KernelChoice, Sgd, SimdChoice};
use toml::Table;

use crate::checkpoint_every::CheckpointEvery;
use crate::column::Column;
use crate::error::ConfigError;
use crate::evaluate::{EvaluateSpec, GenFigure};
use crate::number::NumberFormat;
use crate::seeds::{SeedWhat, Seeds, Traces};
use crate::setting::Section;
use crate::settings::SETTINGS;

/// Everything that determines a run and what is printed of it.
///
/// Build one in code with struct update syntax, or from presets, files and flags through
/// [`Settings`](crate::Settings). The default is the reference programs' task with this project's
/// own random numbers and update order.
///
/// ```
/// use sparsegrok_config::Config;
/// use sparsegrok_kernel::Sgd;
///
/// let config = Config {
///     train: Sgd { epochs: 100, ..Sgd::default() },
///     ..Config::default()
/// };
/// assert!(config.validate().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Synthetic data; unused where `files` names a training file.
    pub synthetic: SyntheticSpec,
    /// Data from files.
    pub files: FileSpec,
    /// Training.
    pub train: Sgd,
    /// The epochs to evaluate, and what the figures are held against.
    pub evaluate: EvaluateSpec,
    /// The two lengths of a comparison.
    pub compare: CompareSpec,
    /// The means of execution. Results do not depend on them.
    pub engine: EngineSpec,
    /// The form in which a single run is written.
    pub output: OutputSpec,
    /// Seeds and grid of a study, and what is kept of its runs.
    pub study: StudySpec,
}

/// Declares a part of [`Config`]. Its defaults are those that the table of settings gives.
macro_rules! part {
    (
        $(#[$about:meta])*
        pub struct $name:ident in $part:ident {
            $($(#[$doc:meta])* pub $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $($(#[$doc])* pub $field: $type,)*
        }

        impl $name {
            /// Every field empty or 0, for the table of settings to fill.
            pub(crate) fn unset() -> Self {
                Self { $($field: Default::default(),)* }
            }
        }

        impl Default for $name {
            fn default() -> Self {
                $crate::config::Config::default().$part
            }
        }
    };
}
pub(crate) use part;

part! {
    /// Data from svmlight files.
    pub struct FileSpec in files {
        /// Training rows; `None` for synthetic data.
        pub train: Option<PathBuf>,
        /// Test rows.
        pub test: Option<PathBuf>,
        /// Gives each training row a column of its own, of value 1 unless `memorization_scale` says
        /// otherwise.
        pub memorize: bool,
        /// Value α of each training row's own column; 0 for none.
        pub memorization_scale: f64,
        /// Labels or real numbers as targets. Unset: real numbers under squared loss.
        pub target: Option<Target>,
        /// Counts feature indices from 0.
        pub zero_based: bool,
        /// The two labels of text, where they are others than −1 and 1 or 0 and 1.
        pub labels: Option<LabelPair>,
        /// Takes stores as they are, without reading them to their ends first.
        pub no_verify: bool,
    }
}

part! {
    /// The two runs of a comparison.
    pub struct CompareSpec in compare {
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
}

part! {
    /// The means of execution.
    pub struct EngineSpec in engine {
        /// Training kernel.
        pub kernel: KernelChoice,
        /// Instruction set.
        pub simd: SimdChoice,
        /// Most threads to use, 0 for all cores. One run takes one.
        pub threads: usize,
        /// The interval at which work under way is kept, where it is kept at all.
        pub checkpoint_every: CheckpointEvery,
    }
}

part! {
    /// The form in which a run is written.
    pub struct OutputSpec in output {
        /// Columns of the trace.
        pub columns: Vec<Column>,
        /// The form of numbers.
        pub number_format: NumberFormat,
        /// Format of the trace.
        pub format: TraceFormat,
    }
}

/// The format of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum TraceFormat {
    /// A header, then one line per evaluation; absent figures are empty.
    #[default]
    Csv,
    /// One JSON object per evaluation; absent figures are `null`.
    Jsonl,
}

part! {
    /// The runs of a study, and what it keeps of each.
    pub struct StudySpec in study {
        /// Seeds of every cell.
        pub seeds: Seeds,
        /// The configuration's seeds that they are added to.
        pub seed_what: SeedWhat,
        /// Axes of the grid, each `KEY=A,B,…` or `KEY=log:LOW:HIGH:COUNT`; the first changes slowest.
        pub vary: Vec<String>,
        /// Figures kept of every evaluation.
        pub figures: Vec<Figure>,
        /// The seeds of which whole traces are kept.
        pub traces: Traces,
    }
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

impl StudySpec {
    /// Returns whether a key is an axis of the grid.
    pub fn varies(&self, key: &str) -> bool {
        let keys = self.vary.iter().filter_map(|axis| axis.split_once('='));
        keys.map(|(of, _)| of.trim().replace('-', "_"))
            .any(|of| of == key)
    }

    /// Checks that no figure is there twice.
    fn validate(&self) -> Result<(), InvalidSetting> {
        let repeated = |i: usize| self.figures[..i].contains(&self.figures[i]);
        let unfit = (0..self.figures.len())
            .find(|&i| repeated(i))
            .map(|i| self.figures[i].name());
        check(
            unfit.is_none(),
            "figures",
            unfit.unwrap_or_default(),
            "figures, each once",
        )
    }
}

impl Default for Config {
    fn default() -> Self {
        let mut config = Self {
            synthetic: SyntheticSpec::default(),
            files: FileSpec::unset(),
            train: Sgd::default(),
            evaluate: EvaluateSpec::unset(),
            compare: CompareSpec::unset(),
            engine: EngineSpec::unset(),
            output: OutputSpec::unset(),
            study: StudySpec::unset(),
        };
        for setting in SETTINGS {
            (setting.field.reset)(&mut config);
        }
        config
    }
}

impl Config {
    /// The kind of targets: synthetic ones as asked for, those of files by default real numbers
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

    /// Value α of each training row's own column; 0 for none.
    pub fn memorization_scale(&self) -> f64 {
        match self.files.train {
            None => self.synthetic.memorization_scale,
            Some(_) => self.files.memorization().unwrap_or(0.0),
        }
    }

    /// Returns whether there is a test set.
    pub fn has_test(&self) -> bool {
        match self.files.train {
            Some(_) => self.files.test.is_some(),
            None => self.synthetic.n_test > 0,
        }
    }

    /// Checks every setting's range, and that settings fit each other.
    ///
    /// # Errors
    /// The first setting found at fault, with its value and what was expected.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        for setting in SETTINGS {
            setting.check(self)?;
        }
        // Each part knows if its own settings fit each other.
        self.synthetic.validate()?;
        self.train.validate()?;
        self.study.validate()
    }

    /// Returns whether a seed is one of the random family: std::mt19937 takes 32 bits.
    pub fn takes_seed(&self, seed: u64) -> bool {
        self.train.rng != RandomFamily::Libstdcxx || u32::try_from(seed).is_ok()
    }

    /// Names what would have to be there for the figure that tells generalization to exist; `None`
    /// where it exists.
    pub fn gen_figure_lacks(&self) -> Option<&'static str> {
        let of_test = self.has_test();
        let of_population = self.files.train.is_none()
            && !self.train.bias
            && self.evaluate.accuracy_tolerance.is_none();
        let (is_there, otherwise) = match self.evaluate.gen_figure {
            GenFigure::Auto => (of_population || of_test, "test rows beside it"),
            GenFigure::TestAcc | GenFigure::TestLoss => (of_test, "test rows beside it"),
            GenFigure::PopulationAcc => (
                of_population,
                "synthetic data beside it, without `bias` and `accuracy_tolerance`",
            ),
        };
        (!is_there).then_some(otherwise)
    }

    /// The effective value of every set key, as a flat table.
    ///
    /// # Errors
    /// [`ConfigError::NoToml`] for a number from 2^63 on.
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
        assert_eq!(bad(|c| c.train.rng = RandomFamily::Libstdcxx), "rng");
        assert_eq!(
            bad(|c| c.files.memorization_scale = f64::NAN),
            "memorization_scale"
        );
    }

    #[test]
    fn ranges_are_checked() {
        let bad = |change: fn(&mut EvaluateSpec)| {
            let mut config = Config::default();
            change(&mut config.evaluate);
            config.validate().unwrap_err().key
        };
        assert_eq!(bad(|s| s.evaluations = Evaluations::Every(0)), "eval_every");
        assert_eq!(
            bad(|s| s.evaluations = Evaluations::Points(0)),
            "eval_points"
        );
        assert_eq!(
            bad(|s| s.accuracy_tolerance = Some(f64::NAN)),
            "accuracy_tolerance"
        );
        assert_eq!(bad(|s| s.mem_threshold = 0.0), "mem_threshold");
        assert_eq!(bad(|s| s.gen_threshold = 1.5), "gen_threshold");
        let loss = |s: &mut EvaluateSpec| {
            (s.gen_figure, s.gen_threshold) = (GenFigure::TestLoss, 0.0);
        };
        assert_eq!(bad(loss), "gen_threshold");
        assert_eq!(
            bad(|s| s.persistence = crate::Persistence::Epochs(0)),
            "persistence"
        );
        assert_eq!(bad(|s| s.delay_ratio = f64::INFINITY), "delay_ratio");
        let mut above_one = Config::default();
        above_one.evaluate.mem_figure = crate::MemFigure::TrainLoss;
        above_one.evaluate.mem_threshold = 2.0;
        assert_eq!(above_one.validate(), Ok(()));
    }

    #[test]
    fn a_printed_configuration_reads_back() {
        let mut config = Config::default();
        config.train.epochs = 17;
        config.train.learning_rate = 0.1 + 0.2;
        config.train.loss = Loss::Squared;
        config.evaluate.evaluations = Evaluations::Points(9);
        config.output.columns.truncate(2);
        config.compare.patience = Some(4);
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
