//! Every setting, one block each: flags, TOML keys, help, `--print-config`, checks, grids and
//! estimates all come from here.
//!
//! A new setting is a field of its part of [`Config`], with its default, and a block here: the field
//! and one line of help, then what else there is to say of it, as the methods of [`Setting`] describe.
//! A setting that is more than one field gives its type, getter and setter instead.
//!
//! The ranges of the data's and of the optimiser's settings are those of
//! [`SyntheticSpec::validate`](sparsegrok_data::SyntheticSpec::validate) and
//! [`Sgd::validate`](sparsegrok_kernel::Sgd::validate), which hold without this crate too. Blocks
//! have the ranges of all others.

use sparsegrok_data::svmlight::LabelsAsked;
use sparsegrok_data::{RandomFamily, SignalValues, Target};
use sparsegrok_kernel::{BatchSize, DecayOrder, Init, KernelChoice, Loss, Optimizer, Schedule};

use crate::components::Source;
use crate::config::Config;
use crate::evaluate::Evaluations;
use crate::kind::Kind;
use crate::model::ModelFamily;
use crate::seeds::{Seeds, SeedsAsked};
use crate::setting::{Section, Setting};
use crate::types::SettingType;
use crate::until::Until;

/// Makes a [`Setting`] of a field, or of a getter and a setter.
macro_rules! setting {
    ($part:ident.$field:ident, $help:literal) => {
        Setting::new(
            section!($part),
            stringify!($field),
            $help,
            kind_of(|config| &config.$part.$field),
            |config| config.$part.$field.write(),
            |config, value| Some(config.$part.$field = SettingType::read(value)?),
        )
    };
    ($part:ident.$key:ident: $type:ty, $help:literal, $get:expr, $set:expr $(,)?) => {
        Setting::new(
            section!($part),
            stringify!($key),
            $help,
            <$type as SettingType>::KIND,
            |config| {
                let get: fn(&Config) -> Option<$type> = $get;
                get(config).write()
            },
            |config, value| {
                let set: fn(&mut Config, $type) = $set;
                Some(set(config, SettingType::read(value)?))
            },
        )
    };
}

/// The [`Section`] of a part of [`Config`].
macro_rules! section {
    (synthetic) => {
        Section::Synthetic
    };
    (files) => {
        Section::Files
    };
    (model) => {
        Section::Train
    };
    (train) => {
        Section::Train
    };
    (network) => {
        Section::Network
    };
    (evaluate) => {
        Section::Evaluate
    };
    (compare) => {
        Section::Compare
    };
    (engine) => {
        Section::Engine
    };
    (output) => {
        Section::Output
    };
    (study) => {
        Section::Study
    };
}

/// The shape of the values of the field that a function points out.
const fn kind_of<T: SettingType>(_field: fn(&Config) -> &T) -> Kind {
    T::KIND
}

const POSITIVE: &str = "a finite number above 0";
const AT_LEAST_0: &str = "a finite number of at least 0";

/// The words, where a condition fails.
fn unless(holds: bool, expected: &'static str) -> Option<&'static str> {
    (!holds).then_some(expected)
}

fn positive(x: f64) -> bool {
    x.is_finite() && x > 0.0
}

fn at_least_0(x: f64) -> bool {
    x.is_finite() && x >= 0.0
}

/// The range of a number of epochs, as [`Sgd::validate`](sparsegrok_kernel::Sgd::validate) has it.
fn epochs(epochs: u64) -> Option<&'static str> {
    let expected = "a number of epochs between 1 and 2^32 - 1";
    unless((1..1 << 32).contains(&epochs), expected)
}

/// The range of a seed under the random family of a configuration.
fn seed(config: &Config, seed: u64) -> Option<&'static str> {
    let expected = "a seed below 2^32, as std::mt19937 takes";
    unless(config.takes_seed(seed), expected)
}

/// The range of a threshold of an accuracy or a loss.
fn threshold(is_loss: bool, x: f64) -> Option<&'static str> {
    match is_loss {
        true => unless(positive(x), "a finite loss above 0"),
        false => unless(x > 0.0 && x <= 1.0, "an accuracy above 0 and at most 1"),
    }
}

/// The condition of settings that say something of a training file: it is there, if they are set.
fn with_file(config: &Config, is_set: bool) -> Option<&'static str> {
    let expected = "a `train` file beside it";
    unless(!is_set || config.files.train.is_some(), expected)
}

/// The reason for which settings of synthetic data have no effect on data from files.
fn beside_files(config: &Config) -> Option<&'static str> {
    let expected = "to be left out, as `train` names a file of data";
    unless(config.files.train.is_none(), expected)
}

/// The reason for which settings of labels have no effect on real numbers, if they are set. A grid may have
/// cells of both.
fn beside_numbers(config: &Config, is_set: bool) -> Option<&'static str> {
    let varies = config.study.varies("loss") || config.study.varies("target");
    let is_idle = is_set && config.target() == Target::Linear && !varies;
    unless(!is_idle, "to be left out, as targets are real numbers")
}

/// The reason for which a schedule's parameter has no effect on other schedules. A grid may have
/// cells of both.
fn beside_schedule(
    config: &Config,
    schedule: Schedule,
    expected: &'static str,
) -> Option<&'static str> {
    let acts = config.train.schedule == schedule || config.study.varies("schedule");
    unless(acts, expected)
}

/// The reason for which a parameter of an optimizer has no effect on others. A grid may have cells of both.
fn beside_optimizer(
    config: &Config,
    optimizer: Optimizer,
    expected: &'static str,
) -> Option<&'static str> {
    let acts = config.train.optimizer == optimizer || config.study.varies("optimizer");
    unless(acts, expected)
}

fn beside_others_than_adamw(config: &Config) -> Option<&'static str> {
    beside_optimizer(
        config,
        Optimizer::AdamW,
        "an `optimizer` of adamw beside it",
    )
}

/// The reason for which linear models cannot be trained with their optimizer.
fn linear_optimizer(config: &Config) -> Option<&'static str> {
    let is_linear = config.model.family == ModelFamily::Linear;
    is_linear.then(|| config.train.lacks_steps()).flatten()
}

/// The condition of values that linear models alone can have: diagonal networks are not trained.
fn with_linear(config: &Config, is_for_all: bool, expected: &'static str) -> Option<&'static str> {
    unless(is_for_all || !config.is_diagonal(), expected)
}

/// Families that learn from rows of numbers.
const OF_ROWS: &[ModelFamily] = &[ModelFamily::Linear, ModelFamily::Diagonal];
const LINEAR: &[ModelFamily] = &[ModelFamily::Linear];
const NETWORK: &[ModelFamily] = &[ModelFamily::Network];
/// Families that may visit some rows before others.
const IN_STEPS: &[ModelFamily] = &[ModelFamily::Linear, ModelFamily::Network];
/// Families whose weights are factors of one another.
const IN_LAYERS: &[ModelFamily] = &[ModelFamily::Diagonal, ModelFamily::Network];

/// The reason for which settings of initial weights have no effect.
fn beside_begun(config: &Config) -> Option<&'static str> {
    let expected =
        "to be left out, as training begins with the weights of a model (`continue_from`)";
    unless(config.model.continue_from.is_none(), expected)
}

/// Every setting, in the order of help and `--print-config`.
pub static SETTINGS: &[Setting] = &[
    // Synthetic data
    setting! { synthetic.n_train, "Training rows" }
        .symbol("n")
        .families(OF_ROWS)
        .idle(beside_files)
        .costs_time(),
    setting! { synthetic.n_test, "Test rows; 0 for none" }
        .families(OF_ROWS)
        .idle(beside_files)
        .costs_time(),
    setting! { synthetic.d_signal, "Signal features" }
        .symbol("d")
        .families(OF_ROWS)
        .idle(beside_files)
        .costs_time()
        .uncovered(|c| {
            let reason = "one signal column (d_signal is 1) leaves no direction but the teacher's";
            (c.synthetic.d_signal < 2).then_some(reason)
        }),
    setting! { synthetic.signal_values, "Distribution of signal features: Gaussian, or signs ±1" }
        .families(OF_ROWS)
        .idle(beside_files)
        .uncovered(|c| {
            let reason = "signal features are signs, and it is about Gaussian ones";
            (c.synthetic.signal_values != SignalValues::Gaussian).then_some(reason)
        }),
    setting! {
        synthetic.relevant_columns,
        "The first K signal columns alone decide targets, with equal weights of random signs; 0 for all"
    }
    .families(OF_ROWS)
        .idle(beside_files),
    setting! {
        synthetic.separation,
        "Distance by which each row is moved away from the teacher's plane, to its own side"
    }
    .families(OF_ROWS)
        .idle(beside_files)
    .uncovered(|c| {
        let reason = "rows are moved away from the teacher's plane (separation is above 0)";
        (c.synthetic.separation > 0.0).then_some(reason)
    }),
    setting! { synthetic.signal_scale, "Factor ε of the signal features" }
        .symbol("ε")
        .families(OF_ROWS)
        .idle(beside_files),
    setting! {
        synthetic.memorization_scale: f64,
        "Value α of each training row's own column; 0 for none [default: 1, for files 0]",
        |c| Some(c.memorization_scale()),
        |c, scale| {
            (c.synthetic.memorization_scale, c.files.memorization_scale) = (scale, scale);
        },
    }
    .symbol("α")
    .families(OF_ROWS)
    .expects(|c| {
        let is_0 = c.memorization_scale() == 0.0;
        let expected = "0, as in diagonal networks (`family`) no row has a column of its own";
        unless(at_least_0(c.files.memorization_scale), AT_LEAST_0)
            .or_else(|| with_linear(c, is_0, expected))
    })
    .uncovered(|c| {
        let reason = "rows have no column of their own (memorization_scale is 0), so nothing can \
                      be memorized apart from the signal";
        (c.synthetic.memorization_scale == 0.0).then_some(reason)
    }),
    setting! {
        synthetic.target: Target,
        "Targets: the teacher's labels ±1 or real numbers, or 1 for every row [default: sign; for files under squared loss, \
         linear]",
        |c| Some(c.target()),
        |c, target| (c.synthetic.target, c.files.target) = (target, Some(target)),
    }
    .families(OF_ROWS)
    .expects(|c| {
        let fits = c.target() != Target::Linear || !c.train.loss.needs_signs();
        let is_drawn = c.target() != Target::Constant || c.files.train.is_none();
        unless(fits, "`sign`, or squared loss")
            .or_else(|| unless(is_drawn, "`sign` or `linear`, as `train` names a file of data"))
    })
    .uncovered(|c| match c.target() {
        Target::Sign => None,
        Target::Linear => Some("targets are real numbers, and it is about labels"),
        Target::Constant => Some("all labels are alike, and it is about a teacher to be found"),
    }),
    setting! {
        synthetic.label_noise,
        "Probability that a training label is flipped; for networks the share of labels drawn at random"
    }
    .idle(beside_files)
    .uncovered(|c| {
        let reason = "half the labels or more are flipped, which teach nothing, or the opposite";
        (c.synthetic.label_noise >= 0.5).then_some(reason)
    }),
    setting! { synthetic.data_seed, "Seed of the data" }.idle(beside_files),
    setting! { synthetic.noise_seed, "Seed of the labels that are flipped, if it is to be another than that of the data" }
        .idle(beside_files),
    setting! {
        synthetic.rng: RandomFamily,
        "Random family of data and visiting order; libstdcxx is that of the reference programs",
        |c| Some(c.train.rng),
        |c, family| (c.synthetic.rng, c.train.rng) = (family, family),
    }
    .families(OF_ROWS)
    .expects(|c| {
        let expected = "one random family for data and training";
        unless(c.synthetic.rng == c.train.rng, expected)
    })
    .costs_time(),
    // Data from files
    setting! { files.train, "Training rows from an svmlight file, plain or gzip, or a store" }
        .expects(|c| {
            let expected = match c.model.family {
                ModelFamily::Network => "to be left out, as networks (`family`) learn modular arithmetic alone",
                _ => "to be left out, as diagonal networks (`family`) learn from synthetic data alone",
            };
            let is_linear = c.model.family == ModelFamily::Linear;
            unless(is_linear || c.files.train.is_none(), expected)
        })
        .costs_time()
        .uncovered(|c| {
            let reason =
                "the data come from a file: it is about Gaussian rows that a teacher labels";
            c.files.train.is_some().then_some(reason)
        }),
    setting! { files.test, "Test rows from an svmlight file, plain or gzip, or a store" }
        .expects(|c| with_file(c, c.files.test.is_some()))
        .costs_time(),
    setting! { files.memorize, "Give each training row a column of its own (α = 1)" }
        .expects(|c| with_file(c, c.files.memorize))
        .costs_time(),
    setting! { files.zero_based, "Feature indices in files start at 0" }
        .expects(|c| with_file(c, c.files.zero_based))
        .costs_time(),
    setting! {
        files.labels,
        "The two labels of text: the one read as -1, then the one read as 1; or all, each a class with a model of its own \
         [default: -1,1 or 0,1]"
    }
    .expects(|c| with_file(c, c.files.labels.is_some()))
    .idle(|c| beside_numbers(c, c.files.labels.is_some()))
    .costs_time(),
    setting! { files.sample_weights, "Weights of the training rows, from a file of a number a line" }
        .expects(|c| with_file(c, c.files.sample_weights.is_some()))
        .costs_time(),
    setting! {
        files.class_weight,
        "Weights of the classes of training rows, by label, 1 for those not named; balanced: all classes count alike"
    }
    .expects(|c| with_file(c, c.files.class_weight.is_some()))
    .idle(|c| beside_numbers(c, c.files.class_weight.is_some()))
    .costs_time(),
    setting! {
        files.no_verify,
        "Take stores as they are, without checking their checksums and numbers first"
    }
    .expects(|c| with_file(c, c.files.no_verify)),
    // Training
    setting! { model.family, "Family of models: linear ones, diagonal networks, whose weights are u∘u − v∘v, or networks of modular arithmetic" }
        .idle(|c| {
            let expected = "one for all cells of a grid, as a study is of one family";
            unless(!c.study.varies("family"), expected)
        })
        .costs_time()
        .uncovered(|c| {
            let reason = match c.model.family {
                ModelFamily::Linear => return None,
                ModelFamily::Diagonal => "diagonal networks are trained, and it is about linear models",
                ModelFamily::Network => "networks are trained, and it is about linear models",
            };
            Some(reason)
        }),
    setting! {
        model.init_scale,
        "Initial u and v of diagonal networks; of networks the factor s of the deviation s/(2N)^⅓ of initial weights"
    }
    .families(IN_LAYERS)
    .expects(|c| unless(positive(c.model.init_scale), POSITIVE)),
    setting! { train.loss, "Loss to minimise; logistic is, for networks, that of the softmax" }
        .expects(|c| {
            let is_known = !c.is_network() || c.train.loss != Loss::Hinge;
            let expected = "`logistic`, as diagonal networks (`family`) have no other loss";
            with_linear(c, c.train.loss == Loss::Logistic, expected)
                .or_else(|| unless(is_known, "`squared` or `logistic`, as networks (`family`) have no other loss"))
        })
        .costs_time(),
    setting! { train.bias, "Train an intercept, which is not decayed" }
        .families(OF_ROWS)
        .expects(|c| with_linear(c, !c.train.bias, "false, as diagonal networks (`family`) have no intercept"))
        .costs_time()
        .uncovered(|c| {
            let reason = "an intercept is trained, and it is about decisions through the origin";
            c.train.bias.then_some(reason)
        }),
    setting! { train.optimizer, "Rule by which a gradient changes the weights: plain, with momentum, or AdamW" }
        .expects(|c| {
            let expected = "`sgd`, as diagonal networks (`family`) have no other optimizer";
            with_linear(c, c.train.optimizer == Optimizer::Sgd, expected).or_else(|| linear_optimizer(c))
        })
        .costs_time()
        .uncovered(|c| {
            let reason = "weights are trained with momentum or AdamW, and it is about plain descent";
            (c.train.optimizer != Optimizer::Sgd).then_some(reason)
        }),
    setting! { train.momentum, "Momentum μ" }
        .idle(|c| beside_optimizer(c, Optimizer::Momentum, "an `optimizer` of momentum beside it")),
    setting! { train.adam_beta1, "Decay β₁ of AdamW's mean of gradients" }.idle(beside_others_than_adamw),
    setting! { train.adam_beta2, "Decay β₂ of AdamW's mean of squared gradients" }.idle(beside_others_than_adamw),
    setting! { train.adam_epsilon, "Addend of AdamW's denominators" }.idle(beside_others_than_adamw),
    setting! { train.learning_rate, "Learning rate η" }
        .alias("lr")
        .symbol("η"),
    setting! { train.schedule, "How η changes from step to step" }
        .expects(|c| {
            let is_constant = c.train.schedule == Schedule::Constant;
            let expected = "`constant`, as diagonal networks (`family`) are trained at one learning rate";
            with_linear(c, is_constant, expected)
        })
        .costs_time(),
    setting! { train.schedule_power, "Exponent p of inverse-scaling: η(t+1)^−p" }.idle(|c| {
        let expected = "a `schedule` of inverse-scaling beside it";
        beside_schedule(c, Schedule::InverseScaling, expected)
    }),
    setting! { train.schedule_factor, "Factor γ of the step schedule" }
        .idle(|c| beside_schedule(c, Schedule::Step, "a `schedule` of step beside it")),
    setting! { train.schedule_every, "Epochs between two drops of the step schedule" }
        .idle(|c| beside_schedule(c, Schedule::Step, "a `schedule` of step beside it")),
    setting! { train.warmup_steps, "Steps of linear warm-up; 0 for none" }
        .expects(|c| {
            let expected = "0, as diagonal networks (`family`) are trained at one learning rate";
            with_linear(c, c.train.warmup_steps == 0, expected)
        }),
    setting! { train.weight_decay, "Weight decay λ" }
        .alias("wd")
        .symbol("λ"),
    // The two orders differ only in what the theory leaves out.
    setting! {
        train.decay_order,
        "Take the gradient after decaying the weights (decay before), or at the old weights"
    }
    .families(OF_ROWS)
    .expects(|c| {
        let is_after = c.train.decay_order == DecayOrder::After;
        let expected = "`after`, as diagonal networks (`family`) take the gradient at the old weights";
        with_linear(c, is_after, expected)
    }),
    setting! { train.batch_size, "Rows per update" }
        .symbol("b")
        .expects(|c| {
            let is_full = c.train.batch_size == BatchSize::Full;
            let expected = "`full`, as diagonal networks (`family`) see all rows in each step";
            with_linear(c, is_full, expected)
        })
        .costs_time(),
    setting! { train.epochs, "Passes over the training rows" },
    // Shuffled and sequential order differ only in what the theory leaves out.
    setting! { train.order, "Order in which an epoch visits the rows" }
        .families(IN_STEPS)
        .costs_time(),
    setting! { train.order_seed, "Seed of the visiting order" }.families(IN_STEPS),
    setting! { train.init, "Initial signal weights" }
    .families(LINEAR)
    .idle(beside_begun)
    .expects(|c| {
        let has_teacher = c.files.train.is_some() || c.target() != Target::Constant;
        let takes_none = matches!(c.train.init, Init::Zero | Init::Gaussian);
        let expected = "`zero` or `gaussian`, as constant targets have no teacher";
        unless(has_teacher || takes_none, expected)
    })
    .uncovered(|c| {
        let along = matches!(c.train.init, Init::Teacher | Init::AntiTeacher);
        let reason = "the signal weights begin along the teacher's direction: there is nothing \
                      left to find, or a wrong direction to unlearn";
        (along && c.train.init_norm > 0.0).then_some(reason)
    }),
    setting! { train.init_norm, "Norm R of the initial signal weights" }
        .symbol("R")
        .families(LINEAR)
        .idle(|c| {
            // A grid may have cells with and without initial weights.
            let acts = c.train.init != Init::Zero || c.study.varies("init");
            beside_begun(c).or_else(|| unless(acts, "an `init` other than zero beside it"))
        }),
    setting! { train.init_seed, "Seed of the initial weights" }
        .families(IN_STEPS)
        .idle(beside_begun),
    setting! {
        model.continue_from,
        "Begin with the weights of a model that `run --model` saved, in place of `init`; rows' own columns begin at 0"
    }
    .families(LINEAR)
    .expects(|c| {
        let is_unset = c.model.continue_from.is_none();
        let is_linear = c.model.family == ModelFamily::Linear;
        let expected = "to be left out, as a model file holds linear models, which `family` is not";
        let is_plain = c.train.optimizer == Optimizer::Sgd;
        let of_optimizer = "to be left out, as this `optimizer` begins with more than weights";
        let has_classes = c.files.labels == Some(LabelsAsked::All) && c.target() != Target::Linear;
        let of_classes = "to be left out, as each class (`labels`) has a model of its own";
        unless(is_unset || is_linear, expected)
            .or_else(|| unless(is_unset || is_plain, of_optimizer))
            .or_else(|| unless(is_unset || !has_classes, of_classes))
    })
    .uncovered(|c| {
        let reason = "training begins with a model (continue_from) that may know of the teacher";
        c.model.continue_from.is_some().then_some(reason)
    }),
    // Networks
    setting! { network.modulus, "Modulus p of the arithmetic: both inputs and the result are below it" }
        .symbol("p")
        .families(NETWORK)
        .costs_time(),
    setting! {
        network.operation,
        "Operation to learn: a + b, a − b, ab, a² + b², a² + ab + b² (quadratic), or a³ + ab (cubic), modulo p"
    }
    .families(NETWORK),
    setting! { network.data_fraction, "Share of the p² pairs that are trained on; the others are tested on" }
        .families(NETWORK)
        .costs_time(),
    setting! { network.width, "Neurons N of the hidden layer" }
        .symbol("N")
        .families(NETWORK)
        .costs_time(),
    setting! { network.activation, "Function of a neuron: x² (quadratic), or max(x, 0) (relu)" }.families(NETWORK),
    // Evaluation
    setting! {
        evaluate.eval_every: u64,
        "Evaluate every N epochs, instead of at log-spaced ones",
        |c| c.evaluate.evaluations.every(),
        |c, epochs| c.evaluate.evaluations = Evaluations::Every(epochs),
    }
    .expects(|c| unless(c.evaluate.evaluations.every() != Some(0), "at least 1"))
    .excludes("eval_points"),
    setting! {
        evaluate.eval_points: u64,
        "Evaluate at about N log-spaced epochs",
        |c| c.evaluate.evaluations.points(),
        |c, points| c.evaluate.evaluations = Evaluations::Points(points),
    }
    .expects(|c| match c.evaluate.evaluations.points() {
        Some(0) => Some("at least 1"),
        points => unless(points <= Some(1_000_000), "at most a million evaluations"),
    })
    .excludes("eval_every"),
    setting! {
        evaluate.accuracy_tolerance,
        "A row counts as right when its squared error is below X, instead of by sign"
    }
    .families(OF_ROWS)
    .expects(|c| {
        let tolerance = c.evaluate.accuracy_tolerance;
        let acts = tolerance.is_none() || c.target() == Target::Linear;
        unless(tolerance.is_none_or(positive), POSITIVE)
            .or_else(|| unless(acts, "to be left out, or `target` to be linear"))
    }),
    setting! { evaluate.mem_figure, "What tells that a run has memorized" },
    setting! {
        evaluate.mem_threshold,
        "The accuracy that counts as memorized, or the loss, which counts downwards"
    }
    .expects(|c| threshold(c.evaluate.mem_figure.is_loss(), c.evaluate.mem_threshold)),
    setting! {
        evaluate.gen_figure,
        "What tells that a run has generalized; auto: population accuracy if it exists, else test"
    }
    .idle(Config::gen_figure_lacks),
    setting! {
        evaluate.gen_threshold,
        "The accuracy that counts as generalized, or the loss, which counts downwards"
    }
    .expects(|c| threshold(c.evaluate.gen_figure.is_loss(), c.evaluate.gen_threshold)),
    setting! {
        evaluate.persistence,
        "Span of training a threshold must hold for: `1%` of the epochs, or `30epochs`"
    }
    .expects(|c| {
        let expected = "at least one epoch, or a share above 0 % and at most 100 %";
        unless(c.evaluate.persistence.is_valid(), expected)
    }),
    setting! {
        evaluate.crossing,
        "Which crossing counts: the first that lasts, or the one that holds to the end"
    },
    setting! { evaluate.delay_ratio, "Grokked: generalized at least X times as late as memorized" }
        .expects(|c| unless(at_least_0(c.evaluate.delay_ratio), AT_LEAST_0)),
    setting! {
        evaluate.stop_when,
        "End a run early: `grokked`, or `grokked+K` for K epochs after generalization is detected"
    }
    .expects(|c| {
        let acts = c.evaluate.stop_when.is_none() || c.gen_figure_lacks().is_none();
        let expected = "to be left out, as the figure that tells generalization (`gen_figure`) is \
                        not there";
        unless(acts, expected)
    }),
    // Comparison
    setting! { compare.early_epochs, "Epochs of the run that stops early" }
        .expects(|c| epochs(c.compare.early_epochs)),
    setting! { compare.long_epochs, "Epochs of the long run" }
        .expects(|c| epochs(c.compare.long_epochs)),
    setting! { compare.early_order_seed, "Visiting order of the run that stops early" }
        .expects(|c| seed(c, c.compare.early_order_seed)),
    setting! { compare.long_order_seed, "Visiting order of the long run" }
        .expects(|c| seed(c, c.compare.long_order_seed)),
    setting! {
        compare.patience,
        "Also say where the long run would stop: N evaluations without a better test loss, or test_acc:N accuracy"
    }
    .expects(|c| {
        let evaluations = c.compare.patience.map(|patience| patience.evaluations);
        unless(evaluations != Some(0), "at least 1 evaluation")
    }),
    // Engine
    // Of all kernels the dense reference alone has bits of its own; unfinished work looks for it.
    setting! { engine.kernel, "Training kernel" }
        .families(OF_ROWS)
        .expects(|c| {
            let is_auto = c.engine.kernel == KernelChoice::Auto;
            let expected = "`auto`, as diagonal networks (`family`) have one kernel";
            let has_others = c.train.optimizer == Optimizer::Sgd;
            let is_there = has_others || is_auto || c.engine.kernel == KernelChoice::Scalar;
            with_linear(c, is_auto, expected)
                .or_else(|| unless(is_there, KernelChoice::OF_OPTIMIZERS))
        })
        .costs_time(),
    setting! { engine.simd, "Instruction set; results are the same to the bit" }.costs_time(),
    setting! { engine.threads, "Most threads to use, 0 for all cores; one run uses them in large batches and evaluations" }
        .expects(|c| unless(c.engine.threads <= 512, "at most 512, or 0 for all cores")),
    setting! {
        engine.checkpoint_every,
        "Keep what is under way every so often: `60s`, `500epochs`, `never`"
    },
    // Output
    setting! { output.columns, "Columns of the trace" }
        .expects(|c| unless(!c.output.columns.is_empty(), "at least one column")),
    setting! {
        output.number_format,
        "Shortest digits that read back exactly, C's %g, or all that the reference programs print"
    },
    setting! { output.format, "Format of the trace" },
    // Study
    setting! {
        study.seeds: SeedsAsked,
        "Seeds of every cell of the grid: N stands for 0..N, A..B leaves out B, and auto adds seeds until --until holds",
        |c| Some(SeedsAsked::These(c.study.seeds)),
        |c, asked| match asked {
            SeedsAsked::These(seeds) => c.study.seeds = seeds,
            SeedsAsked::Auto => {
                c.study.seeds = Seeds::FIRST;
                c.study.until.get_or_insert(Until::DEFAULT);
            }
        },
    }
    .expects(|c| {
        let expected = "at least one: N above 0, or A..B with A below B, which leaves out B";
        unless(!c.study.seeds.is_empty(), expected)
    }),
    setting! {
        study.until,
        "Add seeds until the 95 % interval of a figure is as narrow as this: t_gen:5%, t_mem:5% or grok_rate:5%"
    }
    .expects(|c| {
        let crossed = !c.study.components.is_empty() && c.study.until.is_some();
        unless(!crossed, "none beside `components`, whose runs are not independent")
    }),
    setting! { study.seed_what, "Which of the configuration's seeds they are added to" },
    setting! {
        study.components: Vec<Source>,
        "Cross these sources of randomness, to tell how much of the spread is whose: data, order, init, noise",
        // Without any it is not set, as no study is then one of components.
        |c| (!c.study.components.is_empty()).then(|| c.study.components.clone()),
        |c, sources| c.study.components = sources,
    },
    setting! { study.vary, "Add an axis to the grid: a key's values A,B,…, or log:LOW:HIGH:COUNT, or lin:LOW:HIGH:COUNT" },
    setting! { study.figures, "Figures kept of every evaluation, for records, curves and traces" }
        .alias("columns")
        .expects(|c| unless(!c.study.figures.is_empty(), "at least one figure")),
    setting! {
        study.traces,
        "Keep whole traces of the first N seeds of each cell, of none or of all"
    },
];

#[cfg(test)]
mod tests {
    use super::*;
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
            Kind::Labels => (
                vec!["1,2".into(), "-3,2".into(), "all".into()],
                vec![whole, number, word, yes, "1,1".into(), "0,0.5".into()],
            ),
            Kind::ClassWeight => (
                vec!["balanced".into(), "1:2.5,-3:0".into()],
                vec![whole, number, word, yes, "1:2,1:3".into(), "1:-1".into()],
            ),
            Kind::Columns => (
                vec![kind.parse("epoch, objective")],
                vec![whole, "epoch".into(), kind.parse("epoch,no_such")],
            ),
            Kind::Figures => (
                vec![kind.parse("train_acc, objective")],
                vec![whole, "objective".into(), kind.parse("epoch")],
            ),
            Kind::Sources => (
                vec![kind.parse("data, noise")],
                vec![whole, "data".into(), kind.parse("weights")],
            ),
            Kind::Until => (
                vec!["t_gen:5%".into(), "grok_rate:0.5%".into()],
                vec![whole, number, word, yes, "t_gen:0%".into()],
            ),
            Kind::Seeds => (
                // A whole number is taken too, and written as the range it stands for.
                vec!["0..64".into()],
                vec![(-1).into(), number, word, yes, "0..".into()],
            ),
            Kind::Every => (
                vec!["60s".into(), "9epochs".into(), "never".into()],
                vec![whole, number, word, yes, "0s".into()],
            ),
            Kind::Span => (
                vec!["1%".into(), "30epochs".into()],
                vec![whole, number, word, yes, "3".into()],
            ),
            Kind::Patience => (
                vec![3.into(), "test_acc:3".into()],
                vec![number, word, yes, (-1).into(), "test_acc:".into()],
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
}
