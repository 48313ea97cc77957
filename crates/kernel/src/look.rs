//! A look at a run in training: is a figure at its threshold yet?
//!
//! A whole [evaluation](crate::evaluate) reads every row and copies every weight, too much for every
//! epoch. A look reads the weights where the kernel has them and stops as soon as the answer is
//! certain, and still gives the answer that the evaluation's figure gives, to the last bit.

use sparsegrok_data::{Dataset, Problem, TargetKind};
use sparsegrok_lanes::{Level, Simd, Task};

use crate::evaluate::{Alignment, has_population, is_right};
use crate::loss::Loss;
use crate::spec::TrainSpec;
use crate::train::Trainer;
use crate::weights::{WeightSource, score};

/// Relative distance from a threshold within which a cosine decides nothing, far above the rounding
/// of its few operations.
const DOUBTFUL: f64 = 1e-9;

/// A run in training, looked at between two epochs.
pub struct Look<'t> {
    trainer: &'t dyn Trainer,
    lane: usize,
}

/// A threshold of a training figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TrainGoal {
    /// Train accuracy of at least this.
    Accuracy(f64),
    /// Mean train loss of at most this.
    Loss(f64),
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
    pub(crate) fn new(trainer: &'t dyn Trainer, lane: usize) -> Self {
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

/// A question on a run's training rows.
pub(crate) struct TrainQuestion<'q> {
    data: &'q Dataset,
    loss: Loss,
    tolerance: Option<f64>,
    goal: TrainGoal,
    wrong: &'q mut Vec<u32>,
}

impl TrainQuestion<'_> {
    /// The answer under some weights. Each kernel calls it on its own, so that reading a weight is
    /// not a virtual call a row.
    pub(crate) fn answer(self, weights: &impl WeightSource) -> bool {
        Level::detect().run(Answer {
            question: self,
            weights,
        })
    }

    #[inline(always)]
    fn loss_is_at_most(&self, most: f64, weights: &impl WeightSource) -> bool {
        let n = self.data.len() as f64;
        // Losses are not negative: a sum beyond this, rounding included, never comes back.
        let certain = most * n * (1.0 + DOUBTFUL);
        let mut sum = 0.0;
        for i in 0..self.data.len() {
            let row = self.data.row(i);
            sum += self.loss.value(score(weights, &row), row.target);
            if sum > certain {
                return false;
            }
        }
        sum / n <= most
    }

    #[inline(always)]
    fn accuracy_is_at_least(self, least: f64, weights: &impl WeightSource) -> bool {
        let Self {
            data,
            tolerance,
            wrong,
            ..
        } = self;
        let rows = data.len();
        let reaches = |errors: usize| (rows - errors) as f64 / rows as f64 >= least;
        let is_wrong = |i: u32| {
            let row = data.row(i as usize);
            !is_right(score(weights, &row), row.target, tolerance)
        };
        wrong.retain(|&i| is_wrong(i));
        if !reaches(wrong.len()) {
            return false;
        }
        let mut known = std::mem::take(wrong);
        known.sort_unstable();
        let mut known = known.into_iter().peekable();
        for i in 0..rows as u32 {
            if known.next_if_eq(&i).is_some() {
                wrong.push(i);
            } else if is_wrong(i) {
                wrong.push(i);
                // The known ones still to come count already.
                if !reaches(wrong.len() + known.len()) {
                    wrong.extend(known);
                    return false;
                }
            }
        }
        true
    }
}

/// A question and the weights it is put to, compiled for the machine's instructions: without FMA each
/// fma of a loss would be a call.
struct Answer<'q, 'w, W> {
    question: TrainQuestion<'q>,
    weights: &'w W,
}

impl<W: WeightSource> Task for Answer<'_, '_, W> {
    type Output = bool;

    #[inline(always)]
    fn run<S: Simd>(self, _simd: S) -> bool {
        let Self { question, weights } = self;
        match question.goal {
            TrainGoal::Loss(most) => question.loss_is_at_most(most, weights),
            TrainGoal::Accuracy(least) => question.accuracy_is_at_least(least, weights),
        }
    }
}
