//! Curves of a run and the levels they are to reach.

use sparsegrok_config::{EvaluateSpec, GenFigure, MemFigure};
use sparsegrok_kernel::{Evaluation, Figure};

/// Accuracies between which the transition to generalization is measured.
pub const TRANSITION: [f64; 2] = [0.6, 0.9];

/// The accuracy below a threshold at which what was reached is lost.
pub const FAR_ACCURACY: f64 = 0.1;

/// The multiple of a threshold at which a loss that was reached is lost.
pub const FAR_LOSS: f64 = 10.0;

/// Thresholds that are looked for in every run.
pub const GOALS: usize = 4;

/// A curve and where it is to come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Goal {
    /// The figures that tell: the first of these that exists.
    figures: &'static [Figure],
    /// The value to be reached.
    pub threshold: f64,
    /// True where it counts from the threshold downwards, as losses do.
    pub falls: bool,
}

impl Goal {
    fn rises(figures: &'static [Figure], threshold: f64) -> Self {
        Self {
            figures,
            threshold,
            falls: false,
        }
    }

    fn falls(figures: &'static [Figure], threshold: f64) -> Self {
        Self {
            figures,
            threshold,
            falls: true,
        }
    }

    /// The figure that tells, of those that a family has.
    pub fn figure_of(&self, family: &[Figure]) -> Option<Figure> {
        let mut figures = self.figures.iter().copied();
        figures.find(|figure| family.contains(figure))
    }

    /// The figure that tells, in an evaluation that has it.
    pub fn value(&self, evaluation: &Evaluation) -> Option<f64> {
        let mut figures = self.figures.iter();
        figures.find_map(|&figure| evaluation.get(figure))
    }

    /// Tells if a value is at the goal.
    pub fn is_met(&self, value: f64) -> bool {
        if self.falls {
            value <= self.threshold
        } else {
            value >= self.threshold
        }
    }

    /// Tells if a value is so far from the goal that one who had reached it has lost it: an accuracy by
    /// [`FAR_ACCURACY`], a loss by the factor [`FAR_LOSS`].
    pub fn is_far(&self, value: f64) -> bool {
        if self.falls {
            value >= FAR_LOSS * self.threshold
        } else {
            value <= self.threshold - FAR_ACCURACY
        }
    }

    /// Every threshold that is looked for: those of T_mem and T_gen, and the ends of the transition.
    pub fn all(spec: &EvaluateSpec) -> [Self; GOALS] {
        let [begin, end] = TRANSITION.map(|accuracy| Self::accuracy(spec, accuracy));
        [Self::memorized(spec), Self::generalized(spec), begin, end]
    }

    /// The goal that tells memorization.
    pub fn memorized(spec: &EvaluateSpec) -> Self {
        match spec.mem_figure {
            MemFigure::TrainAcc => Self::rises(&[Figure::TrainAcc], spec.mem_threshold),
            MemFigure::TrainLoss => Self::falls(&[Figure::TrainLoss], spec.mem_threshold),
        }
    }

    /// The goal that tells generalization.
    pub fn generalized(spec: &EvaluateSpec) -> Self {
        match spec.gen_figure {
            GenFigure::TestLoss => Self::falls(&[Figure::TestLoss], spec.gen_threshold),
            _ => Self::accuracy(spec, spec.gen_threshold),
        }
    }

    /// An accuracy where generalization is looked for.
    pub fn accuracy(spec: &EvaluateSpec, threshold: f64) -> Self {
        let figures: &[Figure] = match spec.gen_figure {
            GenFigure::Auto => &[Figure::PopulationAcc, Figure::TestAcc],
            GenFigure::TestAcc | GenFigure::TestLoss => &[Figure::TestAcc],
            GenFigure::PopulationAcc => &[Figure::PopulationAcc],
        };
        Self::rises(figures, threshold)
    }
}
