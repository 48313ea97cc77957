//! A look at a run in training: is a figure at its threshold yet?
//!
//! A whole [evaluation](crate::evaluate) reads every row and copies every weight, too much for every
//! epoch. A look reads the weights where the kernel has them and stops as soon as the answer is
//! certain, and still gives the answer that the evaluation's figure gives, to the last bit.

use sparsegrok_data::{Dataset, holds_squares};
use sparsegrok_lanes::{Level, Simd, Task};

use crate::evaluate::{Alignment, is_right};
use crate::loss::Loss;
use crate::weights::{WeightSource, score};

/// Relative distance from a threshold within which a cosine decides nothing, far above the rounding
/// of its few operations.
const DOUBTFUL: f64 = 1e-9;

/// A threshold of a training figure.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TrainGoal {
    /// Train accuracy of at least this.
    Accuracy(f64),
    /// Mean train loss of at most this.
    Loss(f64),
}

/// A threshold of the population's accuracy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PopulationGoal {
    accuracy: f64,
    /// Cosine of the widest angle between v and the teacher that reaches it.
    cosine: f64,
}

impl PopulationGoal {
    /// An accuracy to be reached.
    fn new(accuracy: f64) -> Self {
        Self {
            accuracy,
            cosine: libm::cos(std::f64::consts::PI * (1.0 - accuracy)),
        }
    }

    /// Tells if signal weights, as they are stored before a scale, reach it. `Time: O(d)`
    pub(crate) fn is_met(self, (unscaled, scale): (&[f64], f64), teacher: &[f64]) -> bool {
        // Angles do not depend on the scale.
        let (mut along, mut square) = (0.0, 0.0);
        for (v, t) in unscaled.iter().zip(teacher) {
            along += v * t;
            square += v * v;
        }
        let norm = f64::sqrt(square);
        let beyond = along - self.cosine * norm;
        if holds_squares(square) && beyond.abs() > DOUBTFUL * norm {
            return beyond > 0.0;
        }
        let v: Vec<f64> = unscaled.iter().map(|u| u * scale).collect();
        Alignment::of(&v, teacher).population_accuracy() >= self.accuracy
    }
}

/// Goals that were asked for last: the same few are after every epoch, and a cosine would cost more
/// than the rest of a look.
#[derive(Debug, Default)]
pub(crate) struct PopulationGoals(Vec<PopulationGoal>);

impl PopulationGoals {
    /// Goals that are remembered.
    const MOST: usize = 8;

    /// The goal of an accuracy.
    pub(crate) fn goal(&mut self, accuracy: f64) -> PopulationGoal {
        let known = self.0.iter().find(|goal| goal.accuracy == accuracy);
        if let Some(&goal) = known {
            return goal;
        }
        let goal = PopulationGoal::new(accuracy);
        if self.0.len() == Self::MOST {
            self.0.clear();
        }
        self.0.push(goal);
        goal
    }
}

/// A question on a run's training rows: is a figure at its goal?
pub(crate) struct TrainQuestion<'q> {
    pub(crate) data: &'q Dataset,
    pub(crate) loss: Loss,
    /// Greatest squared distance of a score from a target that is right, where signs do not tell.
    pub(crate) tolerance: Option<f64>,
    pub(crate) goal: TrainGoal,
    /// The rows that were wrong at the last look, renewed: rows that were are the likeliest to be
    /// still, so that a run far from its goal is recognised by few of them.
    pub(crate) wrong: &'q mut Vec<u32>,
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
