//! The one table of settings: flags, TOML keys, help and `--print-config` all come from it.

use toml::Value;

use crate::checkpoint::NoInterval;
use crate::persistence::ParsePersistenceError;
use crate::trace::Column;
use sparsegrok_kernel::Figure;

/// One setting: a key of a configuration file and, in kebab-case, a flag.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The key, in `snake_case`.
    pub key: &'static str,
    /// A second name of the flag.
    pub alias: Option<&'static str>,
    /// The parts of [`Config`](crate::Config) that hold it; help lists it under the first.
    pub sections: &'static [Section],
    /// What its value looks like.
    pub kind: Kind,
    /// One line of help.
    pub help: &'static str,
}

/// A part of [`Config`](crate::Config).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// [`Config::synthetic`](crate::Config::synthetic).
    Synthetic,
    /// [`Config::files`](crate::Config::files).
    Files,
    /// [`Config::train`](crate::Config::train).
    Train,
    /// [`Config::evaluate`](crate::Config::evaluate).
    Evaluate,
    /// [`Config::compare`](crate::Config::compare).
    Compare,
    /// [`Config::engine`](crate::Config::engine).
    Engine,
    /// [`Config::output`](crate::Config::output).
    Output,
    /// [`Config::study`](crate::Config::study).
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

    /// Its heading in help and printed configurations.
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

/// What a setting's value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number of at least 0.
    Whole,
    /// A whole number from the first to the second, or one of these words.
    WholeOr(u64, u64, &'static [&'static str]),
    /// A number.
    Number,
    /// True or false; the bare flag means true.
    Switch,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A path, relative to the working directory.
    Path,
    /// Names of trace columns, separated by commas; an array in TOML.
    Columns,
    /// Figures.
    Figures,
    /// A range of seeds, `A..B`.
    Seeds,
    /// When a run ends: `grokked` or `grokked+K`.
    Stop,
    /// How often: a time, a number of epochs, or `never`.
    Every,
    /// A span of training time.
    Span,
    /// Axes of a grid, separated by semicolons; an array in TOML.
    Axes,
}

impl Kind {
    /// Stands for the value in help.
    pub fn value_name(self) -> &'static str {
        match self {
            Self::Whole | Self::WholeOr(..) => "N",
            Self::Number => "X",
            Self::Switch => "BOOL",
            Self::Choice(_) => "NAME",
            Self::Path => "FILE",
            Self::Columns | Self::Figures => "LIST",
            Self::Seeds => "A..B",
            Self::Stop => "WHEN",
            Self::Every => "EVERY",
            Self::Span => "SPAN",
            Self::Axes => "KEY=LIST",
        }
    }

    /// Describes a good value, to complete "expected …".
    pub fn expected(self) -> String {
        match self {
            Self::Whole => format!("a whole number from 0 to {}", as_power(MOST)),
            Self::WholeOr(least, most, words) => {
                let words: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
                let (most, words) = (as_power(most), words.join(" or "));
                format!("a whole number from {least} to {most}, or {words}")
            }
            Self::Number => "a number".to_owned(),
            Self::Switch => "true or false".to_owned(),
            Self::Choice(words) => one_of(words.iter().copied()),
            Self::Path => "a path".to_owned(),
            Self::Columns => {
                let names = Column::all().map(|column| column.name());
                format!("columns, each {}", one_of(names))
            }
            Self::Figures => {
                let names = Figure::ALL.into_iter().map(Figure::name);
                format!("figures, each {}", one_of(names))
            }
            Self::Seeds => "a range of seeds such as `0..64`".to_owned(),
            Self::Every => NoInterval.to_string().replacen("expected ", "", 1),
            Self::Span => ParsePersistenceError
                .to_string()
                .replacen("expected ", "", 1),
            Self::Stop => "`grokked`, or `grokked+K` for K epochs more".to_owned(),
            Self::Axes => "a list of texts such as \"weight_decay=1e-4,1e-3\"".to_owned(),
        }
    }

    /// Reads a flag's text as the TOML value it stands for; text that is no such value stays a
    /// string, which [`Settings`](crate::Settings) then refuses by name.
    pub fn parse(self, text: &str) -> Value {
        let parsed = match self {
            Self::Whole | Self::WholeOr(..) => whole(text).map(Value::Integer),
            Self::Number => text.parse().ok().map(Value::Float),
            Self::Switch => text.parse().ok().map(Value::Boolean),
            Self::Choice(_) | Self::Path | Self::Seeds | Self::Stop | Self::Every | Self::Span => {
                None
            }
            Self::Columns | Self::Figures => Some(split(text, ',')),
            Self::Axes => Some(split(text, ';')),
        };
        parsed.unwrap_or_else(|| text.into())
    }
}

fn split(text: &str, separator: char) -> Value {
    let parts = text.split(separator);
    Value::Array(parts.map(|part| part.trim().into()).collect())
}

/// A whole number, also as `1e5`.
fn whole(text: &str) -> Option<i64> {
    let exact = (1_u64 << 53) as f64;
    text.parse().ok().or_else(|| {
        let x: f64 = text.parse().ok()?;
        (x.fract() == 0.0 && x.abs() <= exact).then_some(x as i64)
    })
}

/// A number one below a power of two, as that.
fn as_power(most: u64) -> String {
    format!("2^{} - 1", most.count_ones())
}

fn one_of<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    format!("one of {}", quoted.join(", "))
}

/// The largest whole number that TOML has.
const MOST: u64 = i64::MAX as u64;

/// Every setting, in the order of help and `--print-config`.
#[rustfmt::skip] // a table: a row a setting
pub static SETTINGS: &[Setting] = {
    use Kind::{Axes, Choice, Columns, Every, Figures, Number, Path, Seeds, Span, Stop, Switch, Whole, WholeOr};
    use Section::{Compare, Engine, Evaluate, Files, Output, Study, Synthetic, Train};
    const INITS: &[&str] = &["zero", "gaussian", "orthogonal", "teacher", "anti-teacher"];
    const SCHEDULES: &[&str] = &["constant", "inverse-scaling", "step", "cosine"];
    &[
        setting("n_train", &[Synthetic], Whole, "Training rows"),
        setting("n_test", &[Synthetic], Whole, "Test rows; 0 for none"),
        setting("d_signal", &[Synthetic], Whole, "Signal features"),
        setting("signal_scale", &[Synthetic], Number, "Factor ε of the signal features"),
        setting("memorization_scale", &[Synthetic, Files], Number,
            "Value α of each training row's own column; 0 for none [default: 1, for files 0]"),
        setting("target", &[Synthetic, Files], Choice(&["sign", "linear"]),
            "Targets: labels ±1 or real numbers [default: sign; for files under squared loss, linear]"),
        setting("label_noise", &[Synthetic], Number,
            "Probability that a training label is flipped"),
        setting("data_seed", &[Synthetic], Whole, "Seed of the data"),
        setting("rng", &[Synthetic, Train], Choice(&["xoshiro256pp", "libstdcxx"]),
            "Random family of data and visiting order; libstdcxx is that of the reference programs"),
        setting("train", &[Files], Path, "Training rows from an svmlight file, plain or gzip, or a store"),
        setting("test", &[Files], Path, "Test rows from an svmlight file, plain or gzip, or a store"),
        setting("memorize", &[Files], Switch, "Give each training row a column of its own (α = 1)"),
        setting("zero_based", &[Files], Switch, "Feature indices in files start at 0"),
        setting("loss", &[Train], Choice(&["logistic", "squared", "hinge"]), "Loss to minimise"),
        setting("bias", &[Train], Switch, "Train an intercept, which is not decayed"),
        setting("learning_rate", &[Train], Number, "Learning rate η").or("lr"),
        setting("schedule", &[Train], Choice(SCHEDULES), "How η changes from step to step"),
        setting("schedule_power", &[Train], Number, "Exponent p of inverse-scaling: η(t+1)^−p"),
        setting("schedule_factor", &[Train], Number, "Factor γ of the step schedule"),
        setting("schedule_every", &[Train], Whole, "Epochs between two drops of the step schedule"),
        setting("warmup_steps", &[Train], Whole, "Steps of linear warm-up; 0 for none"),
        setting("weight_decay", &[Train], Number, "Weight decay λ").or("wd"),
        setting("decay_order", &[Train], Choice(&["before", "after"]),
            "Take the gradient after decaying the weights (decay before), or at the old weights"),
        setting("batch_size", &[Train], WholeOr(1, u32::MAX as u64, &["full"]), "Rows per update"),
        setting("epochs", &[Train], Whole, "Passes over the training rows"),
        setting("order", &[Train], Choice(&["shuffle", "sequential", "with-replacement"]),
            "Order in which an epoch visits the rows"),
        setting("order_seed", &[Train], Whole, "Seed of the visiting order"),
        setting("init", &[Train], Choice(INITS), "Initial signal weights"),
        setting("init_norm", &[Train], Number, "Norm R of the initial signal weights"),
        setting("init_seed", &[Train], Whole, "Seed of the initial signal weights"),
        setting("eval_every", &[Evaluate], Whole, "Evaluate every N epochs, instead of at log-spaced ones"),
        setting("eval_points", &[Evaluate], Whole,
            "Evaluate at about N log-spaced epochs [default: 100]"),
        setting("accuracy_tolerance", &[Evaluate], Number,
            "A row counts as right when its squared error is below X, instead of by sign"),
        setting("mem_figure", &[Evaluate], Choice(&["train_acc", "train_loss"]),
            "What tells that a run has memorized"),
        setting("mem_threshold", &[Evaluate], Number,
            "The accuracy that counts as memorized, or the loss, which counts downwards"),
        setting("gen_figure", &[Evaluate],
            Choice(&["auto", "test_acc", "population_acc", "test_loss"]),
            "What tells that a run has generalized; auto: population accuracy if it exists, else test"),
        setting("gen_threshold", &[Evaluate], Number,
            "The accuracy that counts as generalized, or the loss, which counts downwards"),
        setting("persistence", &[Evaluate], Span,
            "Span of training a threshold must hold for: `1%` of the epochs, or `30epochs`"),
        setting("crossing", &[Evaluate], Choice(&["first", "stable"]),
            "Which crossing counts: the first that lasts, or the one that holds to the end"),
        setting("delay_ratio", &[Evaluate], Number,
            "Grokked: generalized at least X times as late as memorized"),
        setting("stop_when", &[Evaluate], Stop,
            "End a run early: `grokked`, or `grokked+K` for K epochs after generalization is detected"),
        setting("early_epochs", &[Compare], Whole, "Epochs of the run that stops early"),
        setting("long_epochs", &[Compare], Whole, "Epochs of the long run"),
        setting("early_order_seed", &[Compare], Whole,
            "Visiting order of the run that stops early"),
        setting("long_order_seed", &[Compare], Whole, "Visiting order of the long run"),
        setting("patience", &[Compare], Whole,
            "Also say where the long run would stop: N evaluations without a better test loss"),
        setting("kernel", &[Engine], Choice(&["auto", "scalar", "lanes", "dense"]),
            "Training kernel"),
        setting("simd", &[Engine], Choice(&["auto", "avx512", "avx2", "portable"]),
            "Instruction set; results are the same to the bit"),
        setting("threads", &[Engine], Whole,
            "Most threads to use, 0 for all cores; one run takes one"),
        setting("checkpoint_every", &[Engine], Every,
            "Keep what is under way every so often: `60s`, `500epochs`, `never`"),
        setting("columns", &[Output], Columns, "Columns of the trace"),
        setting("number_format", &[Output], Choice(&["shortest", "g6", "reference"]),
            "Shortest digits that read back exactly, C's %g, or all that the reference programs print"),
        setting("format", &[Output], Choice(&["csv", "jsonl"]), "Format of the trace"),
        setting("seeds", &[Study], Seeds, "Seeds of every cell of the grid; B is left out"),
        setting("seed_what", &[Study], Choice(&["order", "data", "init", "all"]),
            "Which of the configuration's seeds they are added to"),
        setting("vary", &[Study], Axes,
            "Add an axis to the grid: a key's values A,B,… or log:LOW:HIGH:COUNT"),
        setting("figures", &[Study], Figures,
            "Figures kept of every evaluation, for records, curves and traces").or("columns"),
        setting("traces", &[Study], WholeOr(0, MOST, &["none", "all"]),
            "Keep whole traces of the first N seeds of each cell, of none or of all"),
    ]
};

const fn setting(
    key: &'static str,
    sections: &'static [Section],
    kind: Kind,
    help: &'static str,
) -> Setting {
    Setting {
        key,
        alias: None,
        sections,
        kind,
        help,
    }
}

impl Setting {
    const fn or(mut self, alias: &'static str) -> Self {
        self.alias = Some(alias);
        self
    }

    /// The setting of a key.
    pub fn of(key: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.key == key)
    }

    /// The name of the flag, without its dashes: the key in kebab-case.
    pub fn flag(&self) -> String {
        self.key.replace('_', "-")
    }
}
