//! The epochs of a run that are evaluated, and what counts as memorized and generalized.

use sparsegrok_kernel::EvaluationPlan;

use crate::persistence::Persistence;
use crate::stop_when::StopWhen;

/// The epochs that are evaluated, and what counts as memorized and generalized.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluateSpec {
    /// The epochs that are evaluated.
    pub evaluations: Evaluations,
    /// Real targets: a row counts as right when (z − y)² is below this, instead of by sign.
    pub accuracy_tolerance: Option<f64>,
    /// The figure that tells memorization.
    pub mem_figure: MemFigure,
    /// The level that counts as memorized: an accuracy to reach, or a loss to fall to.
    pub mem_threshold: f64,
    /// The figure that tells generalization.
    pub gen_figure: GenFigure,
    /// The level that counts as generalized: an accuracy to reach, or a loss to fall to.
    pub gen_threshold: f64,
    /// Span of training time that a threshold must hold for.
    pub persistence: Persistence,
    /// The crossing of a threshold that counts.
    pub crossing: Crossing,
    /// Least T_gen / T_mem of a run that grokked.
    pub delay_ratio: f64,
    /// The end of a run before its last epoch.
    pub stop_when: Option<StopWhen>,
}

impl Default for EvaluateSpec {
    fn default() -> Self {
        Self {
            evaluations: Evaluations::Points(100),
            accuracy_tolerance: None,
            mem_figure: MemFigure::TrainAcc,
            mem_threshold: 0.99,
            gen_figure: GenFigure::Auto,
            gen_threshold: 0.9,
            persistence: Persistence::Percent(1.0),
            crossing: Crossing::First,
            delay_ratio: 10.0,
            stop_when: None,
        }
    }
}

/// The epochs of a run that are evaluated; the first and the last always are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evaluations {
    /// Every so many epochs.
    Every(u64),
    /// About so many epochs, evenly spaced in their logarithm.
    Points(u64),
}

impl Evaluations {
    /// The interval between evaluations, where it is constant.
    pub fn every(self) -> Option<u64> {
        match self {
            Self::Every(epochs) => Some(epochs),
            Self::Points(_) => None,
        }
    }

    /// The number of log-spaced evaluations, where they are log-spaced.
    pub fn points(self) -> Option<u64> {
        match self {
            Self::Every(_) => None,
            Self::Points(points) => Some(points),
        }
    }
}

impl EvaluateSpec {
    /// The epochs to evaluate of a run of `epochs`.
    pub fn plan(&self, epochs: u64) -> EvaluationPlan {
        match self.evaluations {
            Evaluations::Every(interval) => EvaluationPlan::every(interval, epochs),
            Evaluations::Points(points) => EvaluationPlan::log_spaced(points, epochs),
        }
    }
}

/// The figure that tells memorization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemFigure {
    /// Train accuracy.
    TrainAcc,
    /// Mean train loss.
    TrainLoss,
}

/// The figure that tells generalization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GenFigure {
    /// Population accuracy where it exists, as it is exact, else test accuracy.
    Auto,
    /// Test accuracy.
    TestAcc,
    /// Population accuracy.
    PopulationAcc,
    /// Mean test loss.
    TestLoss,
}

/// The crossing of a threshold that counts, where a curve crosses it more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crossing {
    /// The first that lasts for `persistence`.
    First,
    /// The one after which the curve stays at its goal to the end of the run, which must be for
    /// `persistence` at least.
    Stable,
}

impl MemFigure {
    /// Returns whether the figure is a loss, which counts from its threshold downwards.
    pub fn is_loss(self) -> bool {
        self == Self::TrainLoss
    }
}

impl GenFigure {
    /// Returns whether the figure is a loss, which counts from its threshold downwards.
    pub fn is_loss(self) -> bool {
        self == Self::TestLoss
    }

    /// Returns whether the population's accuracy is looked at where it exists.
    pub fn takes_population(self) -> bool {
        matches!(self, Self::Auto | Self::PopulationAcc)
    }
}
