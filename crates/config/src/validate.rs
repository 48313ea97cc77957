//! The check of a whole configuration.

use sparsegrok_data::InvalidSetting;

use crate::config::Config;
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
        let below = self.synthetic.validate().and(self.train.validate());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::{EvaluateSpec, Evaluations, GenFigure};
    use sparsegrok_data::{RandomFamily, Target};

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
}
