//! Questions on a run's training rows, answered as soon as the answer is certain.

use sparsegrok_data::Dataset;
use sparsegrok_lanes::{Level, Simd, Task};

use crate::evaluate::is_right;
use crate::loss::Loss;
use crate::weights::{WeightSource, score};

/// Relative distance from a threshold within which a cosine decides nothing, far above the rounding
/// of its few operations.
pub(crate) const DOUBTFUL: f64 = 1e-9;

/// A threshold of a training figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TrainGoal {
    /// Train accuracy of at least this.
    Accuracy(f64),
    /// Mean train loss of at most this.
    Loss(f64),
}

/// A question on a run's training rows.
pub struct TrainQuestion<'q> {
    pub(crate) data: &'q Dataset,
    pub(crate) loss: Loss,
    pub(crate) tolerance: Option<f64>,
    pub(crate) goal: TrainGoal,
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
