//! Curves of a run and the levels they are to reach.

use sparsegrok_config::{EvaluateSpec, GenFigure, MemFigure};
use sparsegrok_kernel::Evaluation;

use crate::detect::{GOALS, TRANSITION};

/// A curve and where it is to come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Goal {
    pub(crate) figure: fn(&Evaluation) -> Option<f64>,
    pub(crate) threshold: f64,
    /// Whether it counts from the threshold downwards, as losses do.
    pub(crate) falls: bool,
}

impl Goal {
    fn rises(figure: fn(&Evaluation) -> Option<f64>, threshold: f64) -> Self {
        Self {
            figure,
            threshold,
            falls: false,
        }
    }

    fn falls(figure: fn(&Evaluation) -> Option<f64>, threshold: f64) -> Self {
        Self {
            figure,
            threshold,
            falls: true,
        }
    }

    /// Whether a value is at the goal.
    pub(crate) fn is_met(&self, value: f64) -> bool {
        if self.falls {
            value <= self.threshold
        } else {
            value >= self.threshold
        }
    }

    /// Every threshold that is looked for: those of T_mem and T_gen, and the ends of the transition.
    pub(crate) fn all(spec: &EvaluateSpec) -> [Self; GOALS] {
        let [begin, end] = TRANSITION.map(|accuracy| Self::accuracy(spec, accuracy));
        [Self::memorized(spec), Self::generalized(spec), begin, end]
    }

    /// The goal that tells memorization.
    pub(crate) fn memorized(spec: &EvaluateSpec) -> Self {
        match spec.mem_figure {
            MemFigure::TrainAcc => Self::rises(|e| Some(e.train_acc), spec.mem_threshold),
            MemFigure::TrainLoss => Self::falls(|e| Some(e.train_loss), spec.mem_threshold),
        }
    }

    /// The goal that tells generalization.
    pub(crate) fn generalized(spec: &EvaluateSpec) -> Self {
        match spec.gen_figure {
            GenFigure::TestLoss => Self::falls(|e| e.test_loss, spec.gen_threshold),
            _ => Self::accuracy(spec, spec.gen_threshold),
        }
    }

    /// An accuracy where generalization is looked for.
    pub(crate) fn accuracy(spec: &EvaluateSpec, threshold: f64) -> Self {
        let figure: fn(&Evaluation) -> Option<f64> = match spec.gen_figure {
            GenFigure::Auto => |e| e.population_acc.or(e.test_acc),
            GenFigure::TestAcc | GenFigure::TestLoss => |e| e.test_acc,
            GenFigure::PopulationAcc => |e| e.population_acc,
        };
        Self::rises(figure, threshold)
    }
}
