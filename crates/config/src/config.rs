//! A whole configuration: the data, the training, what to evaluate, what to keep and to print.

use std::path::PathBuf;

use sparsegrok_data::svmlight::LabelsAsked;
use sparsegrok_data::{ClassWeight, InvalidSetting, RandomFamily, SyntheticSpec, Target, check};
use sparsegrok_kernel::{Figure, FigureSet, KernelChoice, Sgd, SimdChoice};
use sparsegrok_network::NetworkSpec;

use crate::checkpoint_every::CheckpointEvery;
use crate::column::Column;
use crate::components::{CrossedDesign, Source};
use crate::evaluate::{EvaluateSpec, GenFigure};
use crate::model::{ModelFamily, ModelSpec};
use crate::number::NumberFormat;
use crate::patience::Patience;
use crate::seeds::{SeedWhat, Seeds, Traces};
use crate::until::Until;

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
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// Synthetic data; unused where `files` names a training file.
    pub synthetic: SyntheticSpec,
    /// Data from files.
    pub files: FileSpec,
    /// The family of models.
    pub model: ModelSpec,
    /// Networks on one-hot inputs, and what they learn; unused by other families.
    pub network: NetworkSpec,
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
    /// True if the runs were trained by another program, of which the curves alone are known. It is no
    /// setting: `evaluate` and the figures of `study` hold, and all else means nothing.
    pub is_foreign: bool,
}

/// Data from svmlight files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FileSpec {
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
    /// The two labels of text, where they are others than −1 and 1 or 0 and 1, or all of them as classes.
    pub labels: Option<LabelsAsked>,
    /// A weight for each training row, by which its gradient is multiplied.
    pub sample_weights: Option<PathBuf>,
    /// A weight for each class, by which the gradient of its rows is multiplied.
    pub class_weight: Option<ClassWeight>,
    /// Takes stores as they are, without reading them to their ends first.
    pub no_verify: bool,
}

/// The two runs of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct CompareSpec {
    /// Epochs of the run that stops early.
    pub early_epochs: u64,
    /// Epochs of the long run.
    pub long_epochs: u64,
    /// Visiting order of the run that stops early.
    pub early_order_seed: u64,
    /// Visiting order of the long run.
    pub long_order_seed: u64,
    /// The patience with which early stopping ends the long run.
    pub patience: Option<Patience>,
}

/// The means of execution.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EngineSpec {
    /// Training kernel.
    pub kernel: KernelChoice,
    /// Instruction set.
    pub simd: SimdChoice,
    /// Most threads to use, 0 for all cores. One run uses them in its large batches and evaluations.
    pub threads: usize,
    /// The interval at which work under way is kept, where it is kept at all.
    pub checkpoint_every: CheckpointEvery,
}

/// The form in which a run is written.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputSpec {
    /// Columns of the trace.
    pub columns: Vec<Column>,
    /// The form of numbers.
    pub number_format: NumberFormat,
    /// Format of the trace.
    pub format: TraceFormat,
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

/// The runs of a study, and what it keeps of each.
#[derive(Clone, Debug, PartialEq)]
pub struct StudySpec {
    /// Seeds of every cell.
    pub seeds: Seeds,
    /// The precision until which seeds are added; `None` where there are no more.
    pub until: Option<Until>,
    /// The configuration's seeds that they are added to.
    pub seed_what: SeedWhat,
    /// The sources of randomness that each cell's seeds cross, to tell how much of the spread is whose; none where seeds
    /// are added as [`seed_what`](Self::seed_what) has it.
    pub components: Vec<Source>,
    /// Axes of the grid, each `KEY=A,B,…`, `KEY=log:LOW:HIGH:COUNT` or `KEY=lin:LOW:HIGH:COUNT`; the first changes slowest.
    pub vary: Vec<String>,
    /// Figures kept of every evaluation.
    pub figures: Vec<Figure>,
    /// The seeds of which whole traces are kept.
    pub traces: Traces,
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

impl OutputSpec {
    /// The figures that a run whose trace is written so is asked for.
    pub fn asked(&self) -> FigureSet {
        let figures = self.columns.iter().filter_map(|column| match column {
            Column::Epoch => None,
            Column::Figure(figure) => Some(*figure),
        });
        figures.collect()
    }
}

impl StudySpec {
    /// The figures that the runs of the study are asked for.
    pub fn asked(&self) -> FigureSet {
        self.figures.iter().copied().collect()
    }

    /// The design of the runs of each cell, if they are to tell where variability comes from.
    pub fn design(&self) -> Option<CrossedDesign<'_>> {
        let is_crossed = !self.components.is_empty();
        is_crossed.then(|| CrossedDesign::of(&self.components, self.seeds))
    }

    /// Returns whether a key is an axis of the grid.
    pub fn varies(&self, key: &str) -> bool {
        let keys = self.vary.iter().filter_map(|axis| axis.split_once('='));
        keys.map(|(of, _)| of.trim().replace('-', "_"))
            .any(|of| of == key)
    }

    /// Checks that no figure is there twice.
    pub(crate) fn validate(&self) -> Result<(), InvalidSetting> {
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

impl Default for OutputSpec {
    fn default() -> Self {
        let figures = [
            Figure::TrainAcc,
            Figure::TestAcc,
            Figure::PopulationAcc,
            Figure::TrainLoss,
            Figure::TestLoss,
            Figure::WeightNorm,
            Figure::SignalNorm,
            Figure::MemorizationShare,
        ];
        let columns = [Column::Epoch].into_iter();
        Self {
            columns: columns.chain(figures.map(Column::Figure)).collect(),
            number_format: NumberFormat::Shortest,
            format: TraceFormat::Csv,
        }
    }
}

impl Default for StudySpec {
    fn default() -> Self {
        Self {
            seeds: Seeds { start: 0, end: 8 },
            until: None,
            seed_what: SeedWhat::All,
            components: Vec::new(),
            vary: Vec::new(),
            figures: vec![
                Figure::TrainAcc,
                Figure::TestAcc,
                Figure::PopulationAcc,
                Figure::TrainLoss,
                Figure::TestLoss,
                Figure::GapLoss,
                Figure::WeightNorm,
                Figure::SignalNorm,
                Figure::MemorizationNorm,
                Figure::MarginMin,
                Figure::MarginMean,
                Figure::TeacherCosine,
            ],
            traces: Traces::First(8),
        }
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

    /// Tells if diagonal networks are trained.
    pub fn is_diagonal(&self) -> bool {
        self.model.family == ModelFamily::Diagonal
    }

    /// Tells if networks on one-hot inputs are trained.
    pub fn is_network(&self) -> bool {
        self.model.family == ModelFamily::Network
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
            _ if self.is_network() => self.network.n_train() < self.network.rows(),
            Some(_) => self.files.test.is_some(),
            None => self.synthetic.n_test > 0,
        }
    }

    /// Returns whether a seed is one of the random family: std::mt19937 takes 32 bits.
    pub fn takes_seed(&self, seed: u64) -> bool {
        self.train.rng != RandomFamily::Libstdcxx || u32::try_from(seed).is_ok()
    }

    /// Names what would have to be there for the figure that tells generalization to exist; `None`
    /// where it exists.
    pub fn gen_figure_lacks(&self) -> Option<&'static str> {
        if self.is_foreign {
            return None;
        }
        let of_test = self.has_test();
        let of_population = !self.is_network()
            && self.files.train.is_none()
            && self.synthetic.has_isotropic_rows()
            && self.evaluate.accuracy_tolerance.is_none();
        let (is_there, otherwise) = match self.evaluate.gen_figure {
            GenFigure::Auto => (of_population || of_test, "test rows beside it"),
            GenFigure::TestAcc | GenFigure::TestLoss => (of_test, "test rows beside it"),
            GenFigure::PopulationAcc => (
                of_population,
                "synthetic Gaussian rows beside it, without `separation` and `accuracy_tolerance`",
            ),
        };
        (!is_there).then_some(otherwise)
    }
}
