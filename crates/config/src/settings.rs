//! Every setting, one block each: flags, TOML keys, help, `--print-config`, checks, grids and
//! estimates all come from here.
//!
//! A new setting is a field of its part of [`Config`], declared where the part is, and a block here.
//! The block names, in this order:
//!
//! - `key`, `alias` (optional, a second name of the flag), `section`, `help`, and `symbol` (optional,
//!   the letter in formulas);
//! - `field`, the place in [`Config`] and the default; or, where that is more than one field,
//!   `type`, `get` (`None` where it is not set), `set` and `default`;
//! - `expects` (optional), the ranges, each with the words that complete "expected …";
//! - `idle` (optional), the reason for which the value has no effect beside other settings, in words
//!   that complete "expected …": as a flag or an axis it is refused then;
//! - `excludes` (optional), the key that says the same thing in another way;
//! - `changes`, `costs_time` and `theory`, its meaning for results, for the time of a step, and for
//!   the theory: see [`Setting`].

use sparsegrok_data::{RandomFamily, Target};
use sparsegrok_kernel::{
    BatchSize, DecayOrder, Figure, Init, KernelChoice, Loss, Order, Schedule, SimdChoice,
};

use crate::checkpoint_every::CheckpointEvery;
use crate::column::Column;
use crate::config::{Config, TraceFormat};
use crate::evaluate::{Crossing, Evaluations, GenFigure, MemFigure};
use crate::kind::SettingType;
use crate::number::NumberFormat;
use crate::persistence::Persistence;
use crate::seeds::{SeedWhat, Seeds, Traces};
use crate::setting::Theory::{Covers, CoversUnless};
use crate::setting::{Changes, Expect, Field, Section, Setting, kind_of};

/// Makes a [`Setting`] of a block, as the module's page describes it.
macro_rules! setting {
    (
        key: $key:literal,
        $(alias: $alias:literal,)?
        section: $section:ident,
        help: $help:literal,
        $(symbol: $symbol:literal,)?
        field: $part:ident.$field:ident = $default:expr,
        $($rest:tt)*
    ) => {
        setting! {
            names: ($key, [$($alias)?], $section, $help, [$($symbol)?]),
            kind: kind_of(|config| &config.$part.$field),
            field: Field {
                get: |config| config.$part.$field.write(),
                set: |config, value| {
                    let read = SettingType::read(value).map(|value| config.$part.$field = value);
                    read.is_some()
                },
                reset: |config| config.$part.$field = $default,
            },
            $($rest)*
        }
    };
    (
        key: $key:literal,
        $(alias: $alias:literal,)?
        section: $section:ident,
        help: $help:literal,
        $(symbol: $symbol:literal,)?
        type: $type:ty,
        get: $get:expr,
        set: $set:expr,
        default: $default:expr,
        $($rest:tt)*
    ) => {
        setting! {
            names: ($key, [$($alias)?], $section, $help, [$($symbol)?]),
            kind: <$type as SettingType>::KIND,
            field: Field {
                get: |config| {
                    let get: fn(&Config) -> Option<$type> = $get;
                    get(config).write()
                },
                set: |config, value| {
                    let set: fn(&mut Config, $type) = $set;
                    let read = SettingType::read(value).map(|value| set(config, value));
                    read.is_some()
                },
                reset: $default,
            },
            $($rest)*
        }
    };
    (
        names: ($key:literal, [$($alias:literal)?], $section:ident, $help:literal, [$($symbol:literal)?]),
        kind: $kind:expr,
        field: $field:expr,
        $(expects: $expects:expr,)?
        $(idle: $idle:expr,)?
        $(excludes: $excludes:literal,)?
        changes: $changes:ident,
        costs_time: $costs_time:literal,
        theory: $theory:expr,
    ) => {
        Setting {
            key: $key,
            alias: or_none!($($alias)?),
            section: Section::$section,
            help: $help,
            symbol: or_none!($($symbol)?),
            kind: $kind,
            field: $field,
            expects: or_empty!($($expects)?),
            idle: or_none!($($idle)?),
            excludes: or_none!($($excludes)?),
            changes: Changes::$changes,
            costs_time: $costs_time,
            theory: $theory,
        }
    };
}

macro_rules! or_none {
    () => {
        None
    };
    ($value:expr) => {
        Some($value)
    };
}

macro_rules! or_empty {
    () => {
        &[]
    };
    ($values:expr) => {
        &$values
    };
}

const POSITIVE: &str = "a finite number above 0";
const AT_LEAST_0: &str = "a finite number of at least 0";
const EPOCHS: &str = "a number of epochs between 1 and 2^32 - 1";
const SEED: &str = "a seed below 2^32, as std::mt19937 takes";
const ACCURACY: &str = "an accuracy above 0 and at most 1";
const LOSS: &str = "a finite loss above 0";
const TRAIN_FILE: &str = "a `train` file beside it";

fn positive(x: f64) -> bool {
    x.is_finite() && x > 0.0
}

fn at_least_0(x: f64) -> bool {
    x.is_finite() && x >= 0.0
}

fn is_accuracy(x: f64) -> bool {
    x > 0.0 && x <= 1.0
}

/// The number of epochs is below 2^32, so that steps, of fewer than 2^32 an epoch, can be counted.
fn epochs(epochs: u64) -> bool {
    (1..1 << 32).contains(&epochs)
}

/// The reason for which settings of synthetic data have no effect on data from files.
fn beside_files(config: &Config) -> Option<&'static str> {
    let from_files = config.files.train.is_some();
    from_files.then_some("to be left out, as `train` names a file of data")
}

/// The reason for which a schedule's parameter has no effect on other schedules. A grid may have
/// cells of both.
fn beside_schedule(
    config: &Config,
    schedule: Schedule,
    expected: &'static str,
) -> Option<&'static str> {
    let acts = config.train.schedule == schedule || config.study.varies("schedule");
    (!acts).then_some(expected)
}

/// Every setting, in the order of help and `--print-config`.
pub static SETTINGS: &[Setting] = &[
    // Synthetic data
    setting! {
        key: "n_train",
        section: Synthetic,
        help: "Training rows",
        symbol: "n",
        field: synthetic.n_train = 512,
        expects: [Expect(
            |c| (1..u32::MAX as usize).contains(&c.synthetic.n_train),
            "a number of rows between 1 and 2^32 - 2",
        )],
        idle: beside_files,
        changes: Runs, costs_time: true, theory: Covers,
    },
    setting! {
        key: "n_test",
        section: Synthetic,
        help: "Test rows; 0 for none",
        field: synthetic.n_test = 512,
        expects: [Expect(
            |c| c.synthetic.n_test < u32::MAX as usize,
            "a number of rows between 0 and 2^32 - 2",
        )],
        idle: beside_files,
        changes: Runs, costs_time: true, theory: Covers,
    },
    setting! {
        key: "d_signal",
        section: Synthetic,
        help: "Signal features",
        symbol: "d",
        field: synthetic.d_signal = 5,
        expects: [Expect(
            |c| (1..=1 << 24).contains(&c.synthetic.d_signal),
            "a number of columns between 1 and 2^24",
        )],
        idle: beside_files,
        changes: Runs, costs_time: true,
        theory: CoversUnless(
            |c| c.synthetic.d_signal < 2,
            "one signal column (d_signal is 1) leaves no direction but the teacher's",
        ),
    },
    setting! {
        key: "signal_scale",
        section: Synthetic,
        help: "Factor ε of the signal features",
        symbol: "ε",
        field: synthetic.signal_scale = 1.0,
        expects: [Expect(|c| positive(c.synthetic.signal_scale), POSITIVE)],
        idle: beside_files,
        changes: Runs, costs_time: false, theory: Covers,
    },
    setting! {
        key: "memorization_scale",
        section: Synthetic,
        help: "Value α of each training row's own column; 0 for none [default: 1, for files 0]",
        symbol: "α",
        type: f64,
        get: |c| Some(c.memorization_scale()),
        set: |c, scale| {
            (c.synthetic.memorization_scale, c.files.memorization_scale) = (scale, scale);
        },
        default: |c| {
            (c.synthetic.memorization_scale, c.files.memorization_scale) = (1.0, 0.0);
        },
        expects: [Expect(
            |c| {
                let scales = [c.synthetic.memorization_scale, c.files.memorization_scale];
                scales.into_iter().all(at_least_0)
            },
            AT_LEAST_0,
        )],
        changes: Runs, costs_time: false,
        theory: CoversUnless(
            |c| c.synthetic.memorization_scale == 0.0,
            "rows have no column of their own (memorization_scale is 0), so nothing can be \
             memorized apart from the signal",
        ),
    },
    setting! {
        key: "target",
        section: Synthetic,
        help: "Targets: labels ±1 or real numbers [default: sign; for files under squared loss, linear]",
        type: Target,
        get: |c| Some(c.target()),
        set: |c, target| (c.synthetic.target, c.files.target) = (target, Some(target)),
        default: |c| (c.synthetic.target, c.files.target) = (Target::Sign, None),
        expects: [Expect(
            |c| c.target() == Target::Sign || !c.train.loss.needs_signs(),
            "`sign`, or squared loss",
        )],
        changes: Runs, costs_time: false,
        // Real targets come with squared loss alone, which is not covered.
        theory: Covers,
    },
    setting! {
        key: "label_noise",
        section: Synthetic,
        help: "Probability that a training label is flipped",
        field: synthetic.label_noise = 0.0,
        expects: [Expect(
            |c| (0.0..=0.5).contains(&c.synthetic.label_noise),
            "a probability between 0 and 0.5",
        )],
        idle: beside_files,
        changes: Runs, costs_time: false,
        theory: CoversUnless(
            |c| c.synthetic.label_noise > 0.0,
            "labels are noisy: flipped rows teach the signal weights the wrong way",
        ),
    },
    setting! {
        key: "data_seed",
        section: Synthetic,
        help: "Seed of the data",
        field: synthetic.data_seed = 123,
        expects: [Expect(|c| c.takes_seed(c.synthetic.data_seed), SEED)],
        idle: beside_files,
        changes: Runs, costs_time: false, theory: Covers,
    },
    setting! {
        key: "rng",
        section: Synthetic,
        help: "Random family of data and visiting order; libstdcxx is that of the reference programs",
        type: RandomFamily,
        get: |c| Some(c.train.rng),
        set: |c, family| (c.synthetic.rng, c.train.rng) = (family, family),
        default: |c| {
            let family = RandomFamily::Xoshiro256pp;
            (c.synthetic.rng, c.train.rng) = (family, family);
        },
        expects: [Expect(
            |c| c.synthetic.rng == c.train.rng,
            "one random family for data and training",
        )],
        changes: Runs, costs_time: true, theory: Covers,
    },
    // Data from files
    setting! {
        key: "train",
        section: Files,
        help: "Training rows from an svmlight file, plain or gzip, or a store",
        field: files.train = None,
        changes: Runs, costs_time: true,
        theory: CoversUnless(
            |c| c.files.train.is_some(),
            "the data come from a file: it is about Gaussian rows that a teacher labels",
        ),
    },
    setting! {
        key: "test",
        section: Files,
        help: "Test rows from an svmlight file, plain or gzip, or a store",
        field: files.test = None,
        expects: [Expect(|c| c.files.test.is_none() || c.files.train.is_some(), TRAIN_FILE)],
        changes: Runs, costs_time: true, theory: Covers,
    },
    setting! {
        key: "memorize",
        section: Files,
        help: "Give each training row a column of its own (α = 1)",
        field: files.memorize = false,
        expects: [Expect(|c| !c.files.memorize || c.files.train.is_some(), TRAIN_FILE)],
        changes: Runs, costs_time: true, theory: Covers,
    },
    setting! {
        key: "zero_based",
        section: Files,
        help: "Feature indices in files start at 0",
        field: files.zero_based = false,
        expects: [Expect(|c| !c.files.zero_based || c.files.train.is_some(), TRAIN_FILE)],
        changes: Runs, costs_time: true, theory: Covers,
    },
    // Training
    setting! {
        key: "loss",
        section: Train,
        help: "Loss to minimise",
        field: train.loss = Loss::Logistic,
        changes: Runs, costs_time: true,
        theory: CoversUnless(
            |c| c.train.loss != Loss::Logistic,
            "it is about logistic loss on labels, and other losses balance decay differently",
        ),
    },
    setting! {
        key: "bias",
        section: Train,
        help: "Train an intercept, which is not decayed",
        field: train.bias = false,
        changes: Runs, costs_time: true,
        theory: CoversUnless(
            |c| c.train.bias,
            "an intercept is trained, which population accuracy does not allow for",
        ),
    },
    setting! {
        key: "learning_rate",
        alias: "lr",
        section: Train,
        help: "Learning rate η",
        symbol: "η",
        field: train.learning_rate = 0.05,
        expects: [Expect(|c| positive(c.train.learning_rate), POSITIVE)],
        changes: Runs, costs_time: false, theory: Covers,
    },
    setting! {
        key: "schedule",
        section: Train,
        help: "How η changes from step to step",
        field: train.schedule = Schedule::Constant,
        changes: Runs, costs_time: true,
        theory: CoversUnless(
            |c| c.train.schedule != Schedule::Constant,
            "the learning rate changes in time",
        ),
    },
    setting! {
        key: "schedule_power",
        section: Train,
        help: "Exponent p of inverse-scaling: η(t+1)^−p",
        field: train.schedule_power = 0.5,
        expects: [Expect(|c| at_least_0(c.train.schedule_power), AT_LEAST_0)],
        idle: |c| {
            let expected = "a `schedule` of inverse-scaling beside it";
            beside_schedule(c, Schedule::InverseScaling, expected)
        },
        changes: Runs, costs_time: false, theory: Covers,
    },
    setting! {
        key: "schedule_factor",
        section: Train,
        help: "Factor γ of the step schedule",
        field: train.schedule_factor = 0.5,
        expects: [Expect(
            |c| c.train.schedule_factor > 0.0 && c.train.schedule_factor <= 1.0,
            "a number above 0 and at most 1",
        )],
        idle: |c| beside_schedule(c, Schedule::Step, "a `schedule` of step beside it"),
        changes: Runs, costs_time: false, theory: Covers,
    },
    setting! {
        key: "schedule_every",
        section: Train,
        help: "Epochs between two drops of the step schedule",
        field: train.schedule_every = 1000,
        expects: [Expect(|c| c.train.schedule_every >= 1, "at least 1 epoch")],
        idle: |c| beside_schedule(c, Schedule::Step, "a `schedule` of step beside it"),
        changes: Runs, costs_time: false, theory: Covers,
    },
    setting! {
        key: "warmup_steps",
        section: Train,
        help: "Steps of linear warm-up; 0 for none",
        field: train.warmup_steps = 0,
        changes: Runs, costs_time: false,
        theory: CoversUnless(|c| c.train.warmup_steps > 0, "the learning rate changes in time"),
    },
    setting! {
        key: "weight_decay",
        alias: "wd",
        section: Train,
        help: "Weight decay λ",
        symbol: "λ",
        field: train.weight_decay = 1e-3,
        expects: [Expect(|c| at_least_0(c.train.weight_decay), AT_LEAST_0)],
        changes: Runs, costs_time: false, theory: Covers,
    },
    setting! {
        key: "decay_order",
        section: Train,
        help: "Take the gradient after decaying the weights (decay before), or at the old weights",
        field: train.decay_order = DecayOrder::After,
        changes: Runs, costs_time: false,
        // The two orders differ only in what the theory leaves out.
        theory: Covers,
    },
    setting! {
        key: "batch_size",
        section: Train,
        help: "Rows per update",
        symbol: "b",
        field: train.batch_size = BatchSize::Rows(1),
        expects: [Expect(
            |c| c.train.batch_size != BatchSize::Rows(0),
            "at least 1 row, or `full`",
        )],
        changes: Runs, costs_time: true,
        theory: CoversUnless(
            |c| c.train.batch_size.rows(c.synthetic.n_train) > 1,
            "updates average several rows, and it is about steps of one row",
        ),
    },
    setting! {
        key: "epochs",
        section: Train,
        help: "Passes over the training rows",
        field: train.epochs = 6000,
        expects: [Expect(|c| epochs(c.train.epochs), EPOCHS)],
        changes: Runs, costs_time: false, theory: Covers,
    },
    setting! {
        key: "order",
        section: Train,
        help: "Order in which an epoch visits the rows",
        field: train.order = Order::Shuffle,
        changes: Runs, costs_time: true,
        // Shuffled and sequential order differ only in what the theory leaves out.
        theory: CoversUnless(
            |c| c.train.order == Order::WithReplacement,
            "rows are drawn with replacement, so that some wait several epochs for their turn",
        ),
    },
    setting! {
        key: "order_seed",
        section: Train,
        help: "Seed of the visiting order",
        field: train.order_seed = 1234,
        expects: [Expect(|c| c.takes_seed(c.train.order_seed), SEED)],
        changes: Runs, costs_time: false, theory: Covers,
    },
    setting! {
        key: "init",
        section: Train,
        help: "Initial signal weights",
        field: train.init = Init::Zero,
        changes: Runs, costs_time: false,
        theory: CoversUnless(
            |c| {
                let along = matches!(c.train.init, Init::Teacher | Init::AntiTeacher);
                along && c.train.init_norm > 0.0
            },
            "the signal weights begin along the teacher's direction: there is nothing left to \
             find, or a wrong direction to unlearn",
        ),
    },
    setting! {
        key: "init_norm",
        section: Train,
        help: "Norm R of the initial signal weights",
        symbol: "R",
        field: train.init_norm = 1.0,
        expects: [Expect(|c| at_least_0(c.train.init_norm), AT_LEAST_0)],
        idle: |c| {
            // A grid may have cells with and without initial weights.
            let acts = c.train.init != Init::Zero || c.study.varies("init");
            (!acts).then_some("an `init` other than zero beside it")
        },
        changes: Runs, costs_time: false, theory: Covers,
    },
    setting! {
        key: "init_seed",
        section: Train,
        help: "Seed of the initial signal weights",
        field: train.init_seed = 0,
        changes: Runs, costs_time: false, theory: Covers,
    },
    // Evaluation
    setting! {
        key: "eval_every",
        section: Evaluate,
        help: "Evaluate every N epochs, instead of at log-spaced ones",
        type: u64,
        get: |c| c.evaluate.evaluations.every(),
        set: |c, epochs| c.evaluate.evaluations = Evaluations::Every(epochs),
        // No default of its own: unless it is set, `eval_points` holds.
        default: |_| (),
        expects: [Expect(|c| c.evaluate.evaluations != Evaluations::Every(0), "at least 1")],
        excludes: "eval_points",
        changes: Runs, costs_time: false, theory: Covers,
    },
    setting! {
        key: "eval_points",
        section: Evaluate,
        help: "Evaluate at about N log-spaced epochs",
        type: u64,
        get: |c| c.evaluate.evaluations.points(),
        set: |c, points| c.evaluate.evaluations = Evaluations::Points(points),
        default: |c| c.evaluate.evaluations = Evaluations::Points(100),
        expects: [
            Expect(|c| c.evaluate.evaluations != Evaluations::Points(0), "at least 1"),
            Expect(
                |c| c.evaluate.evaluations.points() <= Some(1_000_000),
                "at most a million evaluations",
            ),
        ],
        excludes: "eval_every",
        changes: Runs, costs_time: false, theory: Covers,
    },
    setting! {
        key: "accuracy_tolerance",
        section: Evaluate,
        help: "A row counts as right when its squared error is below X, instead of by sign",
        field: evaluate.accuracy_tolerance = None,
        expects: [
            Expect(|c| c.evaluate.accuracy_tolerance.is_none_or(positive), POSITIVE),
            Expect(
                |c| c.evaluate.accuracy_tolerance.is_none() || c.target() == Target::Linear,
                "to be left out, or `target` to be linear",
            ),
        ],
        changes: Runs, costs_time: false, theory: Covers,
    },
    setting! {
        key: "mem_figure",
        section: Evaluate,
        help: "What tells that a run has memorized",
        field: evaluate.mem_figure = MemFigure::TrainAcc,
        changes: Runs, costs_time: false, theory: Covers,
    },
    setting! {
        key: "mem_threshold",
        section: Evaluate,
        help: "The accuracy that counts as memorized, or the loss, which counts downwards",
        field: evaluate.mem_threshold = 0.99,
        expects: [
            Expect(
                |c| c.evaluate.mem_figure.is_loss() || is_accuracy(c.evaluate.mem_threshold),
                ACCURACY,
            ),
            Expect(|c| positive(c.evaluate.mem_threshold), LOSS),
        ],
        changes: Runs, costs_time: false, theory: Covers,
    },
    setting! {
        key: "gen_figure",
        section: Evaluate,
        help: "What tells that a run has generalized; auto: population accuracy if it exists, else test",
        field: evaluate.gen_figure = GenFigure::Auto,
        idle: Config::gen_figure_lacks,
        changes: Runs, costs_time: false, theory: Covers,
    },
    setting! {
        key: "gen_threshold",
        section: Evaluate,
        help: "The accuracy that counts as generalized, or the loss, which counts downwards",
        field: evaluate.gen_threshold = 0.9,
        expects: [
            Expect(
                |c| c.evaluate.gen_figure.is_loss() || is_accuracy(c.evaluate.gen_threshold),
                ACCURACY,
            ),
            Expect(|c| positive(c.evaluate.gen_threshold), LOSS),
        ],
        changes: Runs, costs_time: false, theory: Covers,
    },
    setting! {
        key: "persistence",
        section: Evaluate,
        help: "Span of training a threshold must hold for: `1%` of the epochs, or `30epochs`",
        field: evaluate.persistence = Persistence::Percent(1.0),
        expects: [Expect(
            |c| c.evaluate.persistence.is_valid(),
            "at least one epoch, or a share above 0 % and at most 100 %",
        )],
        changes: Runs, costs_time: false, theory: Covers,
    },
    setting! {
        key: "crossing",
        section: Evaluate,
        help: "Which crossing counts: the first that lasts, or the one that holds to the end",
        field: evaluate.crossing = Crossing::First,
        changes: Runs, costs_time: false, theory: Covers,
    },
    setting! {
        key: "delay_ratio",
        section: Evaluate,
        help: "Grokked: generalized at least X times as late as memorized",
        field: evaluate.delay_ratio = 10.0,
        expects: [Expect(|c| at_least_0(c.evaluate.delay_ratio), AT_LEAST_0)],
        changes: Runs, costs_time: false, theory: Covers,
    },
    setting! {
        key: "stop_when",
        section: Evaluate,
        help: "End a run early: `grokked`, or `grokked+K` for K epochs after generalization is detected",
        field: evaluate.stop_when = None,
        expects: [Expect(
            |c| c.evaluate.stop_when.is_none() || c.gen_figure_lacks().is_none(),
            "to be left out, as the figure that tells generalization (`gen_figure`) is not there",
        )],
        changes: Runs, costs_time: false, theory: Covers,
    },
    // Comparison
    setting! {
        key: "early_epochs",
        section: Compare,
        help: "Epochs of the run that stops early",
        field: compare.early_epochs = 500,
        expects: [Expect(|c| epochs(c.compare.early_epochs), EPOCHS)],
        changes: Comparison, costs_time: false, theory: Covers,
    },
    setting! {
        key: "long_epochs",
        section: Compare,
        help: "Epochs of the long run",
        field: compare.long_epochs = 6000,
        expects: [Expect(|c| epochs(c.compare.long_epochs), EPOCHS)],
        changes: Comparison, costs_time: false, theory: Covers,
    },
    setting! {
        key: "early_order_seed",
        section: Compare,
        help: "Visiting order of the run that stops early",
        field: compare.early_order_seed = 1,
        expects: [Expect(|c| c.takes_seed(c.compare.early_order_seed), SEED)],
        changes: Comparison, costs_time: false, theory: Covers,
    },
    setting! {
        key: "long_order_seed",
        section: Compare,
        help: "Visiting order of the long run",
        field: compare.long_order_seed = 2,
        expects: [Expect(|c| c.takes_seed(c.compare.long_order_seed), SEED)],
        changes: Comparison, costs_time: false, theory: Covers,
    },
    setting! {
        key: "patience",
        section: Compare,
        help: "Also say where the long run would stop: N evaluations without a better test loss",
        field: compare.patience = None,
        expects: [Expect(|c| c.compare.patience != Some(0), "at least 1 evaluation")],
        changes: Comparison, costs_time: false, theory: Covers,
    },
    // Engine
    setting! {
        key: "kernel",
        section: Engine,
        help: "Training kernel",
        field: engine.kernel = KernelChoice::Auto,
        // The dense reference alone has bits of its own; unfinished work looks for it.
        changes: Nothing, costs_time: true, theory: Covers,
    },
    setting! {
        key: "simd",
        section: Engine,
        help: "Instruction set; results are the same to the bit",
        field: engine.simd = SimdChoice::Auto,
        changes: Nothing, costs_time: true, theory: Covers,
    },
    setting! {
        key: "threads",
        section: Engine,
        help: "Most threads to use, 0 for all cores; one run takes one",
        field: engine.threads = 0,
        expects: [Expect(|c| c.engine.threads <= 512, "at most 512, or 0 for all cores")],
        changes: Nothing, costs_time: false, theory: Covers,
    },
    setting! {
        key: "checkpoint_every",
        section: Engine,
        help: "Keep what is under way every so often: `60s`, `500epochs`, `never`",
        field: engine.checkpoint_every = CheckpointEvery::Seconds(60),
        changes: Nothing, costs_time: false, theory: Covers,
    },
    // Output
    setting! {
        key: "columns",
        section: Output,
        help: "Columns of the trace",
        field: output.columns = vec![
            Column::Epoch,
            Column::Figure(Figure::TrainAcc),
            Column::Figure(Figure::TestAcc),
            Column::Figure(Figure::PopulationAcc),
            Column::Figure(Figure::TrainLoss),
            Column::Figure(Figure::TestLoss),
            Column::Figure(Figure::WeightNorm),
            Column::Figure(Figure::SignalNorm),
            Column::Figure(Figure::MemorizationShare),
        ],
        expects: [Expect(|c| !c.output.columns.is_empty(), "at least one column")],
        changes: Nothing, costs_time: false, theory: Covers,
    },
    setting! {
        key: "number_format",
        section: Output,
        help: "Shortest digits that read back exactly, C's %g, or all that the reference programs print",
        field: output.number_format = NumberFormat::Shortest,
        changes: Nothing, costs_time: false, theory: Covers,
    },
    setting! {
        key: "format",
        section: Output,
        help: "Format of the trace",
        field: output.format = TraceFormat::Csv,
        changes: Nothing, costs_time: false, theory: Covers,
    },
    // Study
    setting! {
        key: "seeds",
        section: Study,
        help: "Seeds of every cell of the grid; B is left out",
        field: study.seeds = Seeds { start: 0, end: 8 },
        expects: [Expect(
            |c| !c.study.seeds.is_empty(),
            "a range `A..B` with A below B, which leaves out B",
        )],
        changes: Study, costs_time: false, theory: Covers,
    },
    setting! {
        key: "seed_what",
        section: Study,
        help: "Which of the configuration's seeds they are added to",
        field: study.seed_what = SeedWhat::All,
        changes: Study, costs_time: false, theory: Covers,
    },
    setting! {
        key: "vary",
        section: Study,
        help: "Add an axis to the grid: a key's values A,B,… or log:LOW:HIGH:COUNT",
        field: study.vary = Vec::new(),
        changes: Study, costs_time: false, theory: Covers,
    },
    setting! {
        key: "figures",
        alias: "columns",
        section: Study,
        help: "Figures kept of every evaluation, for records, curves and traces",
        field: study.figures = vec![
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
        expects: [Expect(|c| !c.study.figures.is_empty(), "at least one figure")],
        changes: Study, costs_time: false, theory: Covers,
    },
    setting! {
        key: "traces",
        section: Study,
        help: "Keep whole traces of the first N seeds of each cell, of none or of all",
        field: study.traces = Traces::First(8),
        changes: Study, costs_time: false, theory: Covers,
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Kind;
    use sparsegrok_data::SyntheticSpec;
    use sparsegrok_kernel::Sgd;
    use toml::Value;

    #[test]
    fn names_are_there_once_and_lead_to_their_setting() {
        let mut names = Vec::new();
        for setting in SETTINGS {
            assert!(!setting.help.is_empty() && !setting.help.ends_with('.'));
            assert_eq!(Setting::of(setting.key).unwrap().key, setting.key);
            names.push(setting.key);
            // A study prints no single run: its `--columns` are the figures it keeps.
            names.extend(setting.alias.filter(|&alias| alias != "columns"));
        }
        let mut once = names.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), names.len());
    }

    #[test]
    fn exclusion_is_mutual() {
        for setting in SETTINGS {
            let other = setting.excludes.map(|other| Setting::of(other).unwrap());
            assert!(other.is_none_or(|other| other.excludes == Some(setting.key)));
        }
    }

    /// The crates that train and draw have defaults of their own, for those who use them alone.
    #[test]
    fn defaults_are_those_of_the_crates_below() {
        let config = Config::default();
        assert_eq!(config.train, Sgd::default());
        assert_eq!(config.synthetic, SyntheticSpec::default());
    }

    /// Values that a setting of this kind takes, and some of a wrong type.
    fn samples(kind: Kind) -> (Vec<Value>, Vec<Value>) {
        let [whole, number, word, yes]: [Value; 4] =
            [3.into(), 0.5.into(), "no-such-word".into(), true.into()];
        match kind {
            Kind::Whole => (vec![whole], vec![number, word, yes, (-1).into()]),
            Kind::WholeOr(least, most, names) => {
                let named = names.iter().map(|&name| name.into());
                let [below, above] = [least as i64 - 1, (most as i64).saturating_add(1)];
                let above = (above > most as i64).then_some(above.into());
                let wrong = [number, word, yes, below.into()].into_iter();
                let good = named.chain([whole, (most as i64).into()]);
                (good.collect(), wrong.chain(above).collect())
            }
            Kind::Number => (vec![number], vec![word, yes]),
            Kind::Switch => (vec![yes], vec![whole, number, word]),
            Kind::Choice(names) => {
                let named = names.iter().map(|&name| name.into());
                (named.collect(), vec![whole, number, word, yes])
            }
            Kind::Path => (vec![word], vec![whole, number, yes]),
            Kind::Columns => (
                vec![kind.parse("epoch, objective")],
                vec![whole, "epoch".into(), kind.parse("epoch,no_such")],
            ),
            Kind::Figures => (
                vec![kind.parse("train_acc, objective")],
                vec![whole, "objective".into(), kind.parse("epoch")],
            ),
            Kind::Seeds => (
                vec!["0..64".into()],
                vec![whole, number, word, "0..".into()],
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
                vec![kind.parse("epochs=1,2; bias=true")],
                vec![whole, number, word, yes],
            ),
        }
    }

    #[test]
    fn values_are_read_as_they_are_written() {
        for setting in SETTINGS {
            let (good, bad) = samples(setting.kind);
            for value in good {
                let mut config = Config::default();
                // Beside a file, the keys that it shares with drawn data are its own.
                for files in [None, Some("rows.svm".into())] {
                    config.files.train = files;
                    assert!(
                        setting.set(&mut config, &value),
                        "{} = {value}",
                        setting.key
                    );
                    let got = setting.get(&config).unwrap();
                    assert_eq!(got.as_ref(), Some(&value), "{}", setting.key);
                    let text = setting.kind.text(&value);
                    assert_eq!(setting.kind.parse(&text), value, "{}", setting.key);
                }
            }
            for value in bad {
                let mut config = Config::default();
                assert!(
                    !setting.set(&mut config, &value),
                    "{} = {value}",
                    setting.key
                );
                assert_eq!(config, Config::default(), "{}", setting.key);
            }
        }
    }

    /// Numbers on both sides of every bound that any range has.
    const EDGES: [f64; 19] = [
        f64::NEG_INFINITY,
        -1.0,
        -0.0,
        0.0,
        1e-9,
        0.25,
        0.5,
        0.75,
        1.0,
        2.0,
        4096.0,
        4097.0,
        1e6,
        16_777_217.0,
        4_294_967_294.0,
        4_294_967_295.0,
        4_294_967_296.0,
        f64::INFINITY,
        f64::NAN,
    ];

    /// Ranges stand in the blocks; the crates below guard theirs for those who use them alone. A
    /// range that one of them narrows must be narrowed in the block.
    #[test]
    fn no_block_lets_pass_what_the_crates_below_refuse() {
        for setting in SETTINGS {
            for x in EDGES {
                let mut config = Config::default();
                let whole = Value::Integer(x as i64);
                if !setting.set(&mut config, &x.into()) && !setting.set(&mut config, &whole) {
                    continue;
                }
                if setting.check(&config).is_ok() {
                    let of_part = config.synthetic.validate().and(config.train.validate());
                    let alone = of_part.err().filter(|fault| fault.key == setting.key);
                    // This rule is between two settings, and the crate alone knows it.
                    let alone = alone.filter(|_| setting.key != "weight_decay");
                    assert_eq!(alone, None, "{x}");
                }
            }
        }
    }
}
