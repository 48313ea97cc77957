//! A look at a run in training: is a figure at its threshold yet?
//!
//! A whole [evaluation](crate::evaluate) reads every row and copies every weight, too much for every
//! epoch. A look reads the weights where the kernel has them and stops as soon as the answer is
//! certain, and still gives the answer that the evaluation's figure gives, to the last bit.

use sparsegrok_data::{Dataset, holds_squares};
use sparsegrok_lanes::Level;

use crate::blocks::Blocks;
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

/// Thresholds of the population's accuracy that were asked for last, each with the cosine of the
/// widest angle between v and the teacher that reaches it: the same few are asked for after every
/// epoch, and a cosine would cost more than the rest of a look.
#[derive(Debug, Default)]
pub(crate) struct PopulationGoals(Vec<(f64, f64)>);

impl PopulationGoals {
    /// Thresholds that are remembered.
    const MOST: usize = 8;

    /// Tells if signal weights, as they are stored before a scale, reach an accuracy. `Time: O(d)`
    pub(crate) fn are_reached(
        &mut self,
        accuracy: f64,
        (unscaled, scale): (&[f64], f64),
        teacher: &[f64],
    ) -> bool {
        // Angles do not depend on the scale.
        let (mut along, mut square) = (0.0, 0.0);
        for (v, t) in unscaled.iter().zip(teacher) {
            along += v * t;
            square += v * v;
        }
        let norm = f64::sqrt(square);
        let beyond = along - self.cosine(accuracy) * norm;
        // Clear cases need no arc tangent. In doubtful ones, and where squares overflow or vanish, the
        // evaluation's own operations decide, so that a look and an evaluation never differ.
        if holds_squares(square) && beyond.abs() > DOUBTFUL * norm {
            return beyond > 0.0;
        }
        let v: Vec<f64> = unscaled.iter().map(|u| u * scale).collect();
        Alignment::of(&v, teacher).population_accuracy() >= accuracy
    }

    fn cosine(&mut self, accuracy: f64) -> f64 {
        let known = self.0.iter().find(|(known, _)| *known == accuracy);
        if let Some(&(_, cosine)) = known {
            return cosine;
        }
        let cosine = libm::cos(std::f64::consts::PI * (1.0 - accuracy));
        self.0.truncate(Self::MOST - 1);
        self.0.push((accuracy, cosine));
        cosine
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
        Level::detect().vectorize(
            #[inline(always)]
            || match self.goal {
                TrainGoal::Loss(most) => {
                    self.loss_is_at_most(most, weights, Blocks::of(self.data.len()))
                }
                TrainGoal::Accuracy(least) => self.accuracy_is_at_least(least, weights),
            },
        )
    }

    #[inline(always)]
    pub(crate) fn loss_is_at_most(
        &self,
        most: f64,
        weights: &impl WeightSource,
        blocks: Blocks,
    ) -> bool {
        // The rows in order and a sum for each block, as an evaluation adds them: only the way out is shorter.
        let n = blocks.rows() as f64;
        // Losses are not negative: sums beyond this, rounding included, never come back.
        let certain = most * n * (1.0 + DOUBTFUL);
        let mut before = 0.0;
        for rows in blocks.iter() {
            let mut sum = 0.0;
            for i in rows {
                let row = self.data.row(i);
                sum += self.loss.value(score(weights, &row), row.target);
                if before + sum > certain {
                    return false;
                }
            }
            before += sum;
        }
        before / n <= most
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
        // The rows that were wrong come first: while a run is far from its goal they alone refuse it, and
        // the look ends after a few of its rows.
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
