//! A look at a run in training: is a figure at its threshold yet?
//!
//! A whole [evaluation](crate::evaluate) reads every row and copies every weight, too much for every
//! epoch. A look reads the weights where the kernel has them and stops as soon as the answer is
//! certain, and still gives the answer that the evaluation's figure gives, to the last bit.

use sparsegrok_data::{Problem, TargetKind};

use crate::evaluate::{Alignment, has_population};
use crate::question::{DOUBTFUL, TrainGoal, TrainQuestion};
use crate::spec::TrainSpec;
use crate::training::Training;

/// A run in training, looked at between two epochs.
pub struct Look<'t> {
    trainer: &'t dyn Training,
    lane: usize,
}

/// A threshold of the population's accuracy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PopulationGoal {
    accuracy: f64,
    /// Cosine of the widest angle between v and the teacher that reaches it.
    cosine: f64,
}

impl PopulationGoal {
    /// An accuracy to be reached.
    pub fn new(accuracy: f64) -> Self {
        Self {
            accuracy,
            cosine: libm::cos(std::f64::consts::PI * (1.0 - accuracy)),
        }
    }
}

impl<'t> Look<'t> {
    /// A look at a lane of runs in training.
    pub fn new(trainer: &'t dyn Training, lane: usize) -> Self {
        Self { trainer, lane }
    }

    /// Tells for each goal if the population's accuracy reaches it; `None` where that figure does
    /// not exist. `Time: O(d)`
    pub fn population_reaches<const N: usize>(
        &self,
        problem: &Problem,
        spec: &TrainSpec,
        accuracy_tolerance: Option<f64>,
        goals: [PopulationGoal; N],
    ) -> Option<[bool; N]> {
        if !has_population(problem, spec, accuracy_tolerance) {
            return None;
        }
        let teacher = problem.teacher.as_ref()?.direction();
        let (unscaled, scale) = self.trainer.scaled_signal(self.lane);
        // Angles do not depend on the scale.
        let (mut along, mut square) = (0.0, 0.0);
        for (v, t) in unscaled.iter().zip(teacher) {
            along += v * t;
            square += v * v;
        }
        let norm = f64::sqrt(square);
        Some(goals.map(|goal| {
            let beyond = along - goal.cosine * norm;
            if beyond.abs() > DOUBTFUL * norm {
                return beyond > 0.0;
            }
            let v: Vec<f64> = unscaled.iter().map(|u| u * scale).collect();
            Alignment::of(&v, teacher).population_accuracy() >= goal.accuracy
        }))
    }

    /// Tells if a training figure is at its goal. `wrong` holds rows that were wrong at the last
    /// look, and is renewed: rows that were are the likeliest to be still, so that a run far from
    /// its goal is recognised by few of them. `Time: O(nnz)` where the goal is reached, else a
    /// fraction of that.
    pub fn train_reaches(
        &self,
        problem: &Problem,
        spec: &TrainSpec,
        accuracy_tolerance: Option<f64>,
        goal: TrainGoal,
        wrong: &mut Vec<u32>,
    ) -> bool {
        let data = &problem.train;
        let tolerance = accuracy_tolerance.filter(|_| data.target_kind() == TargetKind::Real);
        self.trainer.train_reaches(
            self.lane,
            TrainQuestion {
                data,
                loss: spec.loss,
                tolerance,
                goal,
                wrong,
            },
        )
    }
}
