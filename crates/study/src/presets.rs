//! Named configurations, each with what it shows.

/// A named configuration.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// The command it is meant for.
    pub command: &'static str,
    /// What it shows, in one sentence.
    pub shows: &'static str,
    /// Its settings, as flat TOML over the defaults.
    pub settings: &'static str,
}

impl Preset {
    /// The preset of a name.
    pub fn of(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.name == name)
    }
}

/// Every preset.
pub static PRESETS: &[Preset] = &[
    Preset {
        name: "reference-toy",
        command: "run",
        shows: "The first reference program, byte for byte: test accuracy is 0.98 from the first \
                epoch on, so nothing groks.",
        settings: r#"
n_train = 512
n_test = 512
d_signal = 5
signal_scale = 1.0
memorization_scale = 1.0
target = "sign"
label_noise = 0.0
data_seed = 123
rng = "libstdcxx"
loss = "logistic"
bias = false
learning_rate = 0.05
schedule = "constant"
warmup_steps = 0
weight_decay = 1e-3
decay_order = "before"
batch_size = 1
epochs = 6000
order = "shuffle"
order_seed = 1234
init = "zero"
eval_every = 200
columns = ["epoch", "train_acc", "test_acc", "weight_norm"]
number_format = "g6"
"#,
    },
    Preset {
        name: "reference-early-vs-long",
        command: "compare",
        shows: "The second reference program, byte for byte: 500 epochs and 6000 differ by less \
                than a percent of test accuracy.",
        settings: r#"
n_train = 512
n_test = 512
d_signal = 5
signal_scale = 1.0
memorization_scale = 1.0
target = "sign"
label_noise = 0.0
data_seed = 2024
rng = "libstdcxx"
loss = "logistic"
bias = false
learning_rate = 0.05
schedule = "constant"
warmup_steps = 0
weight_decay = 1e-3
decay_order = "before"
batch_size = 1
order = "shuffle"
init = "zero"
early_epochs = 500
long_epochs = 6000
early_order_seed = 1
long_order_seed = 2
columns = ["epoch", "train_acc", "test_acc", "weight_norm"]
number_format = "g6"
"#,
    },
    Preset {
        name: "grok-a",
        command: "run",
        shows: "Grokking: memorizes at epoch 16 ± 1 with population accuracy 0.53, reaches 0.9 at \
                epoch 1467 ± 65 (mean ± sd of 100 seeds; 2 of them do not reach 0.95).",
        settings: r#"
n_train = 512
n_test = 512
d_signal = 5
signal_scale = 0.1
memorization_scale = 5.0
data_seed = 0
rng = "xoshiro256pp"
loss = "logistic"
learning_rate = 0.05
weight_decay = 1e-4
decay_order = "after"
batch_size = 1
epochs = 3000
order_seed = 0
init = "orthogonal"
init_norm = 100.0
init_seed = 0
eval_points = 150
columns = ["epoch", "train_acc", "test_acc", "population_acc", "weight_norm", "memorization_share"]
"#,
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;

    #[test]
    fn every_preset_is_a_valid_configuration() {
        for preset in PRESETS {
            let settings = Settings::layered(Some(preset.name), None, &[]).unwrap();
            let config = settings.config().unwrap();
            config.validate().unwrap();
            assert!(preset.shows.ends_with('.'), "{}", preset.name);
        }
    }
}
