//! A whole configuration: what data, what training, what to look at, what to print.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sparsegrok_data::{InvalidSetting, RandomFamily, SyntheticSpec, Target, check};
use sparsegrok_kernel::{KernelChoice, SimdChoice, TrainSpec};

use crate::checkpoint::CheckpointEvery;
use crate::evaluate::{EvaluateSpec, GenFigure};
use crate::study::StudySpec;
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
    /// What is written of a single run.
    pub output: OutputSpec,
    /// Seeds and grid of a study, and what is kept of its runs.
    pub study: StudySpec,
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
    /// How often what is under way is kept, where it is kept at all.
    pub checkpoint_every: CheckpointEvery,
}

impl EngineSpec {
    /// Most threads to ask for.
    const MOST_THREADS: usize = 4096;
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

    /// Whether there is a test set.
    pub(crate) fn has_test(&self) -> bool {
        match self.files.train {
            Some(_) => self.files.test.is_some(),
            None => self.synthetic.n_test > 0,
        }
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
        self.study.validate()?;
        check(
            self.engine.threads <= EngineSpec::MOST_THREADS,
            "threads",
            self.engine.threads,
            "at most 4096, or 0 for all cores",
        )?;
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
        let lengths = [
            ("early_epochs", compare.early_epochs),
            ("long_epochs", compare.long_epochs),
        ];
        for (key, epochs) in lengths {
            let expected = "a number of epochs between 1 and 2^32 - 1";
            check((1..1 << 32).contains(&epochs), key, epochs, expected)?;
        }
        let patience = compare.patience.unwrap_or(1);
        check(patience > 0, "patience", patience, "at least 1 evaluation")?;
        self.check_figures()?;
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

    /// Checks that what is to tell accuracy and the end of a run is there.
    fn check_figures(&self) -> Result<(), InvalidSetting> {
        let EvaluateSpec {
            accuracy_tolerance,
            stop_when,
            ..
        } = &self.evaluate;
        check(
            accuracy_tolerance.is_none() || self.target() == Target::Linear,
            "accuracy_tolerance",
            accuracy_tolerance.unwrap_or_default(),
            "to be left out, or `target` to be linear",
        )?;
        check(
            stop_when.is_none() || self.gen_figure_lacks().is_none(),
            "stop_when",
            stop_when.unwrap_or_default(),
            "to be left out, as the figure that tells generalization (`gen_figure`) is not there",
        )
    }

    /// What would have to be beside it for the figure that tells generalization to be there.
    pub(crate) fn gen_figure_lacks(&self) -> Option<&'static str> {
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
}

#[cfg(test)]
mod tests {
    use super::*;

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
