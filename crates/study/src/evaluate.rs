//! Which epochs of a run are evaluated, and what counts as memorized and generalized.

use serde::{Deserialize, Serialize};
use sparsegrok_data::InvalidSetting;
use sparsegrok_kernel::{Evaluation, EvaluationPlan, Figure};

use crate::detect::{GOALS, TRANSITION};
use crate::persistence::Persistence;
use crate::stop::StopWhen;

/// Which epochs are evaluated, and what counts as memorized and generalized.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EvaluateSpec {
    /// Epochs from one evaluation to the next.
    pub eval_every: Option<u64>,
    /// About how many log-spaced epochs to evaluate, instead of `eval_every`;
    /// [`EvaluateSpec::POINTS`] where neither is given.
    pub eval_points: Option<u64>,
    /// Real targets: a row counts as right when (z − y)² is below this, instead of by sign.
    pub accuracy_tolerance: Option<f64>,
    /// What tells that a run has memorized.
    pub mem_figure: MemFigure,
    /// Where it counts as memorized: an accuracy it must reach, or a loss it must fall to.
    pub mem_threshold: f64,
    /// What tells that a run has generalized.
    pub gen_figure: GenFigure,
    /// Where it counts as generalized: an accuracy it must reach, or a loss it must fall to.
    pub gen_threshold: f64,
    /// Span of training time that a threshold must hold for.
    pub persistence: Persistence,
    /// Which crossing of a threshold counts.
    pub crossing: Crossing,
    /// Least T_gen / T_mem of a run that grokked.
    pub delay_ratio: f64,
    /// What ends a run before its last epoch.
    pub stop_when: Option<StopWhen>,
}

/// The figure that tells memorization.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemFigure {
    /// Train accuracy.
    #[default]
    TrainAcc,
    /// Mean train loss.
    TrainLoss,
}

/// The figure that tells generalization.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GenFigure {
    /// Population accuracy where it exists, as it is exact, else test accuracy.
    #[default]
    Auto,
    /// Test accuracy.
    TestAcc,
    /// Population accuracy.
    PopulationAcc,
    /// Mean test loss.
    TestLoss,
}

/// Which crossing of a threshold counts, where a curve crosses it more than once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Crossing {
    /// The first that lasts for `persistence`.
    #[default]
    First,
    /// The one after which the curve stays at its goal to the end of the run, which must be for
    /// `persistence` at least.
    Stable,
}

/// A curve and where it is to come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Goal {
    /// What tells: the first of these that exists.
    figures: &'static [Figure],
    pub(crate) threshold: f64,
    /// Whether it counts from the threshold downwards, as losses do.
    pub(crate) falls: bool,
}

impl Goal {
    /// An accuracy to be reached.
    pub(crate) fn accuracy(figures: &'static [Figure], threshold: f64) -> Self {
        Self {
            figures,
            threshold,
            falls: false,
        }
    }

    fn loss(figures: &'static [Figure], threshold: f64) -> Self {
        Self {
            figures,
            threshold,
            falls: true,
        }
    }

    /// The figure that tells, of those that a family has.
    pub(crate) fn figure_of(&self, family: &[Figure]) -> Option<Figure> {
        let mut figures = self.figures.iter().copied();
        figures.find(|figure| family.contains(figure))
    }

    /// The figure that tells, in an evaluation that has it.
    pub(crate) fn value(&self, evaluation: &Evaluation) -> Option<f64> {
        let mut figures = self.figures.iter();
        figures.find_map(|&figure| evaluation.get(figure))
    }

    /// Whether a value is at the goal.
    pub(crate) fn is_met(&self, value: f64) -> bool {
        if self.falls {
            value <= self.threshold
        } else {
            value >= self.threshold
        }
    }
}

impl Default for EvaluateSpec {
    fn default() -> Self {
        Self {
            eval_every: None,
            eval_points: None,
            accuracy_tolerance: None,
            mem_figure: MemFigure::default(),
            mem_threshold: 0.99,
            gen_figure: GenFigure::default(),
            gen_threshold: 0.9,
            persistence: Persistence::default(),
            crossing: Crossing::default(),
            delay_ratio: 10.0,
            stop_when: None,
        }
    }
}

impl EvaluateSpec {
    /// The default of `eval_points`.
    pub const POINTS: u64 = 100;

    /// Most log-spaced epochs.
    const MOST_POINTS: u64 = 1_000_000;

    /// Checks every setting's range.
    ///
    /// # Errors
    /// The first setting found out of range, with its value and what was expected.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        let refuse = |key, value: String, expected| {
            Err(InvalidSetting {
                key,
                value,
                expected,
            })
        };
        let counts = [
            ("eval_every", self.eval_every),
            ("eval_points", self.eval_points),
        ];
        if let Some((key, _)) = counts.iter().find(|(_, count)| *count == Some(0)) {
            return refuse(key, "0".to_owned(), "at least 1");
        }
        if let Some(points) = self
            .eval_points
            .filter(|&points| points > Self::MOST_POINTS)
        {
            let value = points.to_string();
            return refuse("eval_points", value, "at most a million evaluations");
        }
        if let Some(tolerance) = self.accuracy_tolerance
            && !(tolerance.is_finite() && tolerance > 0.0)
        {
            let value = tolerance.to_string();
            return refuse("accuracy_tolerance", value, "a finite number above 0");
        }
        let goals = [
            ("mem_threshold", self.memorized()),
            ("gen_threshold", self.generalized()),
        ];
        for (key, goal) in goals {
            let threshold = goal.threshold;
            let positive = threshold.is_finite() && threshold > 0.0;
            if !positive && goal.falls {
                return refuse(key, threshold.to_string(), "a finite loss above 0");
            }
            if !(positive && (goal.falls || threshold <= 1.0)) {
                let expected = "an accuracy above 0 and at most 1";
                return refuse(key, threshold.to_string(), expected);
            }
        }
        if !self.persistence.is_valid() {
            let expected = "at least one epoch, or a share above 0 % and at most 100 %";
            return refuse("persistence", self.persistence.to_string(), expected);
        }
        if !(self.delay_ratio.is_finite() && self.delay_ratio >= 0.0) {
            let value = self.delay_ratio.to_string();
            return refuse("delay_ratio", value, "a finite number of at least 0");
        }
        Ok(())
    }

    /// Every threshold that is looked for: those of T_mem and T_gen, and the ends of the transition.
    pub(crate) fn goals(&self) -> [Goal; GOALS] {
        let [begin, end] = TRANSITION.map(|accuracy| self.accuracy_of(accuracy));
        [self.memorized(), self.generalized(), begin, end]
    }

    /// Where a run has memorized.
    pub(crate) fn memorized(&self) -> Goal {
        match self.mem_figure {
            MemFigure::TrainAcc => Goal::accuracy(&[Figure::TrainAcc], self.mem_threshold),
            MemFigure::TrainLoss => Goal::loss(&[Figure::TrainLoss], self.mem_threshold),
        }
    }

    /// Where a run has generalized.
    pub(crate) fn generalized(&self) -> Goal {
        match self.gen_figure {
            GenFigure::TestLoss => Goal::loss(&[Figure::TestLoss], self.gen_threshold),
            _ => self.accuracy_of(self.gen_threshold),
        }
    }

    /// An accuracy where generalization is looked for.
    pub(crate) fn accuracy_of(&self, threshold: f64) -> Goal {
        let figures: &[Figure] = match self.gen_figure {
            GenFigure::Auto => &[Figure::PopulationAcc, Figure::TestAcc],
            GenFigure::TestAcc | GenFigure::TestLoss => &[Figure::TestAcc],
            GenFigure::PopulationAcc => &[Figure::PopulationAcc],
        };
        Goal::accuracy(figures, threshold)
    }

    /// The epochs to evaluate of a run of `epochs`.
    pub fn plan(&self, epochs: u64) -> EvaluationPlan {
        match (self.eval_points, self.eval_every) {
            (None, Some(every)) => EvaluationPlan::every(every, epochs),
            (points, _) => EvaluationPlan::log_spaced(points.unwrap_or(Self::POINTS), epochs),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_checked() {
        let bad = |change: fn(&mut EvaluateSpec)| {
            let mut spec = EvaluateSpec::default();
            change(&mut spec);
            spec.validate().unwrap_err().key
        };
        assert_eq!(bad(|s| s.eval_every = Some(0)), "eval_every");
        assert_eq!(bad(|s| s.eval_points = Some(0)), "eval_points");
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
            bad(|s| s.persistence = Persistence::Epochs(0)),
            "persistence"
        );
        assert_eq!(bad(|s| s.delay_ratio = f64::INFINITY), "delay_ratio");
        assert_eq!(EvaluateSpec::default().validate(), Ok(()));
        let above_one = EvaluateSpec {
            mem_figure: MemFigure::TrainLoss,
            mem_threshold: 2.0,
            ..EvaluateSpec::default()
        };
        assert_eq!(above_one.validate(), Ok(()));
    }
}
