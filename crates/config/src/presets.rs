//! Named configurations, each with what it shows and what is to come out of it.

use crate::error::{ConfigError, Origin};
use crate::names::nearest;

/// A named configuration.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// The name.
    pub name: &'static str,
    /// The command it is meant for; `study` takes any.
    pub command: &'static str,
    /// The phenomenon it shows, in a sentence or two.
    pub shows: &'static str,
    /// The expected outcome: quantities and their values. ± is the standard deviation over seeds.
    pub expected: &'static [(&'static str, &'static str)],
    /// The settings, as flat TOML over the defaults.
    pub settings: &'static str,
}

impl Preset {
    /// The preset of a name.
    pub fn of(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.name == name)
    }

    /// As [`Preset::of`], for a name that was asked for.
    ///
    /// # Errors
    /// When there is none, with the name most like it.
    pub fn named(name: &str, origin: &Origin) -> Result<&'static Self, ConfigError> {
        Self::of(name).ok_or_else(|| ConfigError::UnknownPreset {
            origin: origin.clone(),
            name: name.to_owned(),
            nearest: nearest(name, PRESETS.iter().map(|preset| preset.name)),
        })
    }
}

/// Every preset.
pub static PRESETS: &[Preset] = &[
    Preset {
        name: "reference-toy",
        command: "run",
        shows: "The first reference program, byte for byte: test accuracy is 0.98 from the first \
                epoch on, so nothing groks.",
        expected: &[
            (
                "test accuracy at epochs 1 and 6000",
                "0.984375 and 0.988281",
            ),
            ("‖w‖ at epochs 1 and 6000", "2.99762 and 9.36186"),
        ],
        settings: include_str!("presets/reference-toy.toml"),
    },
    Preset {
        name: "reference-early-vs-long",
        command: "compare",
        shows: "The second reference program, byte for byte: 500 epochs and 6000 differ by less \
                than a percent of test accuracy.",
        expected: &[(
            "test accuracy after 500 and 6000 epochs",
            "0.9766 and 0.9824",
        )],
        settings: include_str!("presets/reference-early-vs-long.toml"),
    },
    Preset {
        name: "grok-a",
        command: "run",
        shows: "Grokking: rows are memorized by epoch 17, while large initial weights orthogonal \
                to the teacher hide what the signal weights have learnt; as decay takes them \
                away, the model generalizes, 88 times as late.",
        expected: &[
            ("epoch of train accuracy 0.99", "16.7 ± 1.1"),
            ("population accuracy then", "0.527"),
            ("epoch of population accuracy 0.75", "1002 ± 23"),
            ("epoch of population accuracy 0.9", "1466 ± 64"),
            (
                "epoch of population accuracy 0.95",
                "1841 ± 173; 2 of 100 seeds never",
            ),
            ("population accuracy in the end", "0.970 ± 0.010"),
        ],
        settings: include_str!("presets/grok-a.toml"),
    },
    Preset {
        name: "grok-b",
        command: "run",
        shows: "Grokking from Gaussian initial weights, with 20 signal columns and 2048 rows: \
                chance gives each seed a little of the teacher's direction, for or against, so \
                that times spread more than from orthogonal weights.",
        expected: &[
            ("epoch of train accuracy 0.99", "32 ± 5"),
            ("population accuracy then", "0.51"),
            ("epoch of population accuracy 0.75", "1540 ± 163"),
            ("epoch of population accuracy 0.9", "2118 ± 112"),
            ("epoch of population accuracy 0.95", "2602 ± 163"),
            ("population accuracy in the end", "0.967 ± 0.005"),
        ],
        settings: include_str!("presets/grok-b.toml"),
    },
    Preset {
        name: "grok-c",
        command: "run",
        shows: "Grokking at another scale: unit memorization columns, weak signal, large steps, \
                little decay. The curve of grok-a again, 6 times as slow.",
        expected: &[
            ("epoch of train accuracy 0.99", "45 ± 2"),
            ("population accuracy then", "0.514"),
            ("epoch of population accuracy 0.75", "6152 ± 80"),
            ("epoch of population accuracy 0.9", "8415 ± 217"),
            ("epoch of population accuracy 0.95", "10061 ± 542"),
            ("population accuracy in the end", "0.978 ± 0.008"),
        ],
        settings: include_str!("presets/grok-c.toml"),
    },
    Preset {
        name: "no-grok-zero-init",
        command: "run",
        shows: "No grokking: grok-a from zero signal weights, as the reference programs begin. \
                Every update adds a positive multiple of y·s, so that the direction of the signal \
                weights is right from the first epoch on, and only their length grows.",
        expected: &[
            ("epoch of train accuracy 0.99", "1"),
            (
                "population accuracy at epochs 1 and 3000",
                "0.967 and 0.970",
            ),
        ],
        settings: include_str!("presets/no-grok-zero-init.toml"),
    },
    Preset {
        name: "no-grok-no-decay",
        command: "run",
        shows: "No grokking: grok-a without decay, its control. Rows are memorized as fast, but \
                the initial weights stay, and what hides behind them grows as the logarithm of time.",
        expected: &[
            ("epoch of train accuracy 0.99", "16.8 ± 1.1"),
            ("population accuracy at epoch 20000", "0.555 ± 0.003"),
        ],
        settings: include_str!("presets/no-grok-no-decay.toml"),
    },
    Preset {
        name: "ridge",
        command: "run",
        shows: "Published grokking in ridge regression by gradient descent, 100 rows of 1000 \
                columns (arXiv 2601.19791, theorem 4.2): training loss is small 100 times sooner \
                than the teacher is found, which takes the initial weights to decay.",
        expected: &[
            ("last epoch of train loss at least 0.01", "210 ± 12"),
            (
                "first epoch of ‖v − v*‖²/d at most 0.01",
                "22933 ± 261; by the theorem, from 11982 on",
            ),
        ],
        settings: include_str!("presets/ridge.toml"),
    },
    Preset {
        name: "double-descent",
        command: "study",
        shows: "Double descent: with `--vary d_signal=10,40,70,90,100,110,130,160,200,300,400`, test loss rises until \
                there are about as many columns as rows, 100, and falls again beyond, where of all weights that fit \
                training finds the shortest. Rows have no columns of their own.",
        expected: &[
            ("test loss in the end at d = 40", "0.299 ± 0.025"),
            ("at d = 200", "0.526 ± 0.031"),
            ("at d = 400", "0.480 ± 0.017"),
        ],
        settings: include_str!("presets/double-descent.toml"),
    },
    Preset {
        name: "teacher-student",
        command: "run",
        shows: "Published linear teacher and student, by gradient descent without decay, 2000 rows \
                of 1000 columns (arXiv 2310.16441; their learning rate 0.01 is 0.02 here, their \
                loss lacking the ½): test accuracy follows train accuracy 1.6 times as late, for \
                both count squared errors below one threshold.",
        expected: &[
            ("epoch of train accuracy 0.95", "725"),
            ("epoch of test accuracy 0.95", "1156"),
        ],
        settings: include_str!("presets/teacher-student.toml"),
    },
    Preset {
        name: "edge",
        command: "run",
        shows: "Grokking without decay and without initial weights, at the edge of separability (arXiv \
                2410.04489): all labels are +1, and 400 rows of 184 noise columns are nearly, but not \
                quite, on one side of a plane through the origin. Signal weights fit the rows first, \
                come to rest at a great length, and the intercept overtakes them, 43 times as late, \
                while test loss rises and falls. From d/N = 0.5 on most draws never generalize.",
        expected: &[
            ("epoch of train accuracy 0.99", "129"),
            ("epoch of population accuracy 0.9", "5578"),
            (
                "its median over 32 draws, to epoch 100000",
                "5578 [1974, 9320], 5 never",
            ),
            (
                "at d_signal 160, 192, 196, 208",
                "median 535; 30511, 14 of 32 never; 18 never; 29 never",
            ),
        ],
        settings: include_str!("presets/edge.toml"),
    },
    Preset {
        name: "diagonal",
        command: "run",
        shows: "Published grokking of a diagonal network, w = u∘u − v∘v by gradient descent on u and v, where 3 of 2000 \
                columns of signs decide by majority (arXiv 2311.18817): rows are memorized at once along the max-margin \
                direction of the norm L2, and when decay has made u and v small, weights turn to that of L1, which is \
                the teacher's.",
        expected: &[
            ("epoch of train accuracy 0.99", "1"),
            ("test accuracy then", "0.605"),
            ("epoch of test accuracy 0.9", "6158 ± 100"),
            ("test accuracy in the end", "1"),
        ],
        settings: include_str!("presets/diagonal.toml"),
    },
    Preset {
        name: "misgrok",
        command: "run",
        shows: "Its reverse: Gaussian rows far from the plane of a teacher that weighs all columns. The max-margin \
                direction of the norm L2 generalizes at once, and that of L1, which comes late, does not.",
        expected: &[
            ("epoch of train accuracy 0.99", "1"),
            (
                "test accuracy at epochs 1 and 14000",
                "0.962 and 0.735 ± 0.025",
            ),
        ],
        settings: include_str!("presets/misgrok.toml"),
    },
    Preset {
        name: "modular",
        command: "run",
        shows: "Published learning of addition modulo 97 from half of all pairs by a network of 500 quadratic neurons \
                (arXiv 2301.02679): training rows are right at once, and the others when neurons have become waves.",
        expected: &[
            ("epoch of train accuracy 0.99", "19"),
            ("epoch of test accuracy 0.9", "47"),
            ("mean inverse participation ratio in the end", "0.70"),
        ],
        settings: include_str!("presets/modular.toml"),
    },
    Preset {
        name: "unlearn",
        command: "run",
        shows: "Memorization that is learned and unlearned: a network learns addition where 35 % of the labels are drawn at random \
                (arXiv 2310.13061). By epoch 60 it has memorized them all and is right on 3 % of new rows; then it finds the \
                rule, and strong decay takes the memorized labels away.",
        expected: &[
            (
                "accuracies at epoch 60 on random labels and new rows",
                "0.999 and 0.027",
            ),
            ("epoch of test accuracy 0.9", "119"),
            ("epoch at which half the random labels are unlearned", "139"),
            ("train accuracy in the end: 1 - 0.35(1 - 1/97)", "0.6539"),
            ("test accuracy in the end", "1"),
        ],
        settings: include_str!("presets/unlearn.toml"),
    },
    Preset {
        name: "modular-small",
        command: "run",
        shows: "Grokking of a smaller network, modulo 59 with 256 neurons, where fewer rows are trained on: the fewer, the later \
                it generalizes, and below about a third of all pairs it does not.",
        expected: &[
            ("median epoch of train accuracy 0.99", "16"),
            (
                "of test accuracy 0.9 at data_fraction 0.36, 0.38, 0.42, 0.5",
                "433, 185, 92, 56",
            ),
            (
                "at 0.33, 0.34, 0.35, seeds of 32 that generalize by epoch 5000",
                "none, 5, 31",
            ),
        ],
        settings: include_str!("presets/modular-small.toml"),
    },
];
