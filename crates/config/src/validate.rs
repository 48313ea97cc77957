//! The check of a whole configuration.

use sparsegrok_data::InvalidSetting;
use sparsegrok_kernel::{BatchSize, Init, Order};
use sparsegrok_network::check_label_noise;

use crate::components::Source;
use crate::config::Config;
use crate::model::ModelFamily;
use crate::seeds::SeedWhat;
use crate::setting::Setting;
use crate::settings::SETTINGS;

impl Config {
    /// Checks every setting's range, and that settings fit each other.
    ///
    /// # Errors
    /// The first setting found at fault, with its value and what was expected.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        for setting in SETTINGS {
            setting.check(self)?;
        }
        let data = match self.model.family {
            ModelFamily::Network => check_label_noise(self.synthetic.label_noise),
            ModelFamily::Linear | ModelFamily::Diagonal => self.synthetic.validate(),
        };
        let below = data.and(self.network.validate()).and(self.train.validate());
        below.map_err(|fault| self.in_short(fault))?;
        self.study.validate()?;
        self.check_components()
    }

    /// Writes the number in a fault as [`value_text`](crate::value_text) does: the crates below write
    /// all its digits. A fault may also say more than a number, which stays as it is.
    fn in_short(&self, fault: InvalidSetting) -> InvalidSetting {
        let is_number = fault.value.parse::<f64>().is_ok();
        let setting = Setting::of(fault.key).filter(|_| is_number);
        setting.map_or_else(
            || fault.clone(),
            |setting| setting.invalid(self, fault.expected),
        )
    }
}

impl Config {
    /// Checks that the runs of a cell can be those of a crossed design, if they are to be.
    ///
    /// # Errors
    /// When a source cannot be varied, or the seeds are not as many as a design has runs.
    pub(crate) fn check_components(&self) -> Result<(), InvalidSetting> {
        let spec = &self.study;
        let Some(design) = spec.design() else {
            return Ok(());
        };
        let names: Vec<_> = spec.components.iter().map(|source| source.name()).collect();
        let components = |expected| InvalidSetting {
            key: "components",
            value: names.join(","),
            expected,
        };
        let sources = &spec.components;
        let is_repeated = |i: usize| sources[..i].contains(&sources[i]);
        if sources.len() < 2 || (0..sources.len()).any(is_repeated) {
            return Err(components("two sources or more, each once"));
        }
        if let Some(expected) = sources.iter().find_map(|&source| idle(source, self)) {
            return Err(components(expected));
        }
        if spec.seed_what != SeedWhat::All {
            return Err(components("no `seed_what` beside it"));
        }
        let levels = design.levels();
        let of_four = sources.len() == 4;
        // Fewer levels leave nothing for interactions.
        let suffice = levels >= sources.len() as u64;
        if levels * levels == spec.seeds.len() && suffice && !(of_four && levels % 2 == 0) {
            return Ok(());
        }
        Err(InvalidSetting {
            key: "seeds",
            value: spec.seeds.to_string(),
            expected: match of_four {
                false => {
                    "as many as a crossed design has runs: the square of its levels, such as 64, 256 or 1024"
                }
                true => {
                    "as many as a crossed design of four sources has runs: an odd square, such as 49, 225 or 961"
                }
            },
        })
    }
}

/// The reason, to complete "expected …", for which runs of a configuration cannot differ by it.
fn idle(source: Source, config: &Config) -> Option<&'static str> {
    let train = &config.train;
    let is_drawn = config.is_network() || matches!(train.init, Init::Gaussian | Init::Orthogonal);
    let (is_idle, reason) = match source {
        Source::Data => (
            config.files.train.is_some(),
            "sources without `data`, as the data come from a file",
        ),
        Source::Order => (
            train.order == Order::Sequential || train.batch_size == BatchSize::Full,
            "sources without `order`, as rows are visited in no order that is drawn",
        ),
        Source::Init => (
            !is_drawn
                || (train.init_norm == 0.0 && !config.is_network())
                || config.model.continue_from.is_some(),
            "sources without `init`, as initial weights are not drawn: `--init gaussian` or \
                 `orthogonal` of an `--init-norm` above 0 draws them",
        ),
        Source::Noise => (
            config.files.train.is_some() || config.synthetic.label_noise == 0.0,
            "sources without `noise`, as no label is flipped: `--label-noise` flips some",
        ),
    };
    is_idle.then_some(reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::{EvaluateSpec, Evaluations, GenFigure};
    use sparsegrok_data::svmlight::LabelsAsked;
    use sparsegrok_data::{ClassWeight, RandomFamily, Target};

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
        assert_eq!(bad(|c| c.files.labels = Some(LabelsAsked::All)), "labels");
        assert_eq!(
            bad(|c| c.files.sample_weights = Some("w.txt".into())),
            "sample_weights"
        );
        assert_eq!(
            bad(|c| c.files.class_weight = Some(ClassWeight::Balanced)),
            "class_weight"
        );
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
    fn designs_that_cannot_tell_are_refused() {
        let fault = |components: &[Source], seeds: u64, change: fn(&mut Config)| {
            let mut config = Config::default();
            config.study.components = components.to_vec();
            config.study.seeds = (0..seeds).into();
            change(&mut config);
            config
                .validate()
                .map_err(|fault| (fault.key, fault.expected))
        };
        use Source::{Data, Init as Weights, Noise, Order as Visits};
        let noisy = |c: &mut Config| {
            (c.train.init, c.train.init_norm) = (Init::Gaussian, 1.0);
            c.synthetic.label_noise = 0.1;
        };
        assert_eq!(fault(&[Data, Visits], 16, |_| ()), Ok(()));
        assert_eq!(fault(&[Data, Visits, Weights], 16, noisy), Ok(()));
        assert_eq!(fault(&Source::ALL, 49, noisy), Ok(()));
        for (key, part, fault) in [
            ("components", "two sources", fault(&[Data], 16, |_| ())),
            ("components", "each once", fault(&[Data, Data], 16, |_| ())),
            ("components", "`init`", fault(&[Data, Weights], 16, |_| ())),
            ("components", "`noise`", fault(&[Data, Noise], 16, |_| ())),
            (
                "components",
                "`order`",
                fault(&[Data, Visits], 16, |c| c.train.order = Order::Sequential),
            ),
            (
                "components",
                "`data`",
                fault(&[Data, Visits], 16, |c| c.files.train = Some("a".into())),
            ),
            (
                "components",
                "`seed_what`",
                fault(&[Data, Visits], 16, |c| c.study.seed_what = SeedWhat::Order),
            ),
            ("seeds", "the square", fault(&[Data, Visits], 20, |_| ())),
            ("seeds", "the square", fault(&[Data, Visits], 1, |_| ())),
            ("seeds", "an odd square", fault(&Source::ALL, 64, noisy)),
            ("seeds", "an odd square", fault(&Source::ALL, 9, noisy)),
        ] {
            let (found, expected) = fault.unwrap_err();
            assert_eq!(found, key);
            assert!(expected.contains(part), "{expected}");
        }
    }
}
