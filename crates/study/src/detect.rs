//! When a run memorized, when it generalized, and what that makes it.

use std::fmt;

use sparsegrok_config::{Crossing, EvaluateSpec};
use sparsegrok_kernel::Evaluation;

use crate::evaluate::Goal;

/// Accuracies between which the transition to generalization is measured.
pub(crate) const TRANSITION: [f64; 2] = [0.6, 0.9];

/// The times of a run, in epochs, and its status.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Milestones {
    /// T_mem: from here on the memorizing figure was at its threshold for long enough.
    pub t_mem: Option<f64>,
    /// T_gen: likewise for the generalizing figure; `None`, that is censored, also where T_mem is.
    pub t_gen: Option<f64>,
    /// When accuracy reached .6 where generalization is looked for, whatever the thresholds.
    pub t_60: Option<f64>,
    /// When it reached .9.
    pub t_90: Option<f64>,
    /// What became of the run.
    pub status: Status,
}

/// What became of a run: the four phases of learning of Z. Liu et al., "Towards Understanding
/// Grokking" (arXiv:2205.10343), in this order their grokking, comprehension, memorization and
/// confusion; and divergence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Generalized, long after it had memorized.
    Grokked,
    /// Memorized and generalized without the delay.
    GeneralizedAtOnce,
    /// Memorized, not generalized within its epochs.
    MemorizedOnly,
    /// Not even memorized.
    Neither,
    /// Its weights left the finite numbers.
    Diverged,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 5] = [
        Self::Grokked,
        Self::GeneralizedAtOnce,
        Self::MemorizedOnly,
        Self::Neither,
        Self::Diverged,
    ];

    /// Its name in words and in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grokked => "grokked",
            Self::GeneralizedAtOnce => "generalized at once",
            Self::MemorizedOnly => "memorized only",
            Self::Neither => "neither",
            Self::Diverged => "diverged",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Milestones {
    /// Those of a run that diverged: it has no times.
    pub(crate) const DIVERGED: Self = Self {
        t_mem: None,
        t_gen: None,
        t_60: None,
        t_90: None,
        status: Status::Diverged,
    };

    /// Finds the times and the status of a run that ended. `Time: O(trace)`
    ///
    /// # Formula
    /// T is where the curve crosses its threshold, by linear interpolation in epochs between the
    /// evaluation from which on it counts as reached and the one before; the first evaluation's
    /// epoch where that is it. Reached is what holds for `persistence` evaluations in a row, under
    /// [`Crossing::Stable`] to the end of the trace.
    pub fn of(trace: &[Evaluation], spec: &EvaluateSpec) -> Self {
        let time = |goal: Goal| {
            let curve = trace
                .iter()
                .filter_map(|e| Some((e.epoch as f64, (goal.figure)(e)?)));
            crossing(&curve.collect::<Vec<_>>(), &goal, spec)
        };
        let t_mem = time(Goal::memorized(spec));
        let t_gen = t_mem.and(time(Goal::generalized(spec)));
        let [t_60, t_90] = TRANSITION.map(|accuracy| time(Goal::accuracy(spec, accuracy)));
        let status = match (t_mem, t_gen) {
            (Some(t_mem), Some(t_gen)) if t_gen >= spec.delay_ratio * t_mem => Status::Grokked,
            (Some(_), Some(_)) => Status::GeneralizedAtOnce,
            (Some(_), None) => Status::MemorizedOnly,
            (None, _) => Status::Neither,
        };
        Self {
            t_mem,
            t_gen,
            t_60,
            t_90,
            status,
        }
    }
}

/// Where a curve of (epoch, value) comes to its goal.
fn crossing(curve: &[(f64, f64)], goal: &Goal, spec: &EvaluateSpec) -> Option<f64> {
    let is_met = |&(_, value): &(f64, f64)| goal.is_met(value);
    let persistence = spec.persistence.max(1);
    let first = match spec.crossing {
        Crossing::First => curve
            .windows(persistence)
            .position(|window| window.iter().all(is_met))?,
        Crossing::Stable => {
            let met = curve.iter().rev().take_while(|point| is_met(point)).count();
            (met >= persistence).then_some(curve.len() - met)?
        }
    };
    let (epoch, value) = curve[first];
    let Some(&(before, short)) = first.checked_sub(1).map(|previous| &curve[previous]) else {
        return Some(epoch);
    };
    Some(before + (epoch - before) * (goal.threshold - short) / (value - short))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use sparsegrok_config::{GenFigure, MemFigure};

    const TRACE_POINT: Evaluation = Evaluation {
        epoch: 0,
        train_acc: 0.0,
        test_acc: None,
        population_acc: None,
        train_loss: 0.0,
        test_loss: None,
        gap_loss: None,
        gap_acc: None,
        weight_norm: 0.0,
        signal_norm: 0.0,
        memorization_norm: 0.0,
        memorization_share: 0.0,
        margin_min: 0.0,
        margin_mean: 0.0,
        teacher_cosine: None,
        teacher_distance: None,
        objective: 0.0,
    };

    /// A trace evaluated every 10 epochs.
    pub(crate) fn trace(accuracies: &[(f64, f64)]) -> Vec<Evaluation> {
        let points = accuracies.iter().zip(1..);
        points
            .map(|(&(train_acc, test_acc), k)| Evaluation {
                epoch: 10 * k,
                train_acc,
                test_acc: Some(test_acc),
                ..TRACE_POINT
            })
            .collect()
    }

    fn spec() -> EvaluateSpec {
        EvaluateSpec {
            mem_threshold: 0.8,
            gen_threshold: 0.6,
            persistence: 2,
            delay_ratio: 2.0,
            ..EvaluateSpec::default()
        }
    }

    #[test]
    fn times_are_interpolated_and_must_last() {
        let run = trace(&[
            (0.7, 0.5),
            (0.9, 0.7),
            (0.9, 0.5),
            (1.0, 0.5),
            (1.0, 0.7),
            (1.0, 0.7),
        ]);
        let found = Milestones::of(&run, &spec());
        // Train crosses .8 halfway between 10 and 20; test crosses .6 for good halfway from 40 to 50.
        assert!((found.t_mem.unwrap() - 15.0).abs() < 1e-12);
        assert!((found.t_gen.unwrap() - 45.0).abs() < 1e-12);
        assert_eq!(found.status, Status::Grokked);
    }

    #[test]
    fn reached_at_the_first_evaluation_is_that_epoch() {
        let found = Milestones::of(&trace(&[(0.9, 0.7), (0.9, 0.7)]), &spec());
        assert_eq!((found.t_mem, found.t_gen), (Some(10.0), Some(10.0)));
        assert_eq!(found.status, Status::GeneralizedAtOnce);
    }

    #[test]
    fn what_is_not_seen_to_last_is_censored() {
        let at_the_end = trace(&[(0.9, 0.5), (0.9, 0.5), (0.9, 0.7)]);
        let found = Milestones::of(&at_the_end, &spec());
        assert_eq!((found.t_gen, found.status), (None, Status::MemorizedOnly));
        let without_memorizing = trace(&[(0.5, 0.7), (0.5, 0.7)]);
        let found = Milestones::of(&without_memorizing, &spec());
        assert_eq!((found.t_gen, found.status), (None, Status::Neither));
        assert_eq!(Milestones::of(&[], &spec()).status, Status::Neither);
    }

    #[test]
    fn population_accuracy_stands_in_for_a_test_set() {
        let mut run = trace(&[(0.9, 0.0), (0.9, 0.0), (0.9, 0.0)]);
        for (point, accuracy) in run.iter_mut().zip([0.5, 0.7, 0.7]) {
            (point.test_acc, point.population_acc) = (None, Some(accuracy));
        }
        let found = Milestones::of(&run, &spec());
        assert!((found.t_gen.unwrap() - 15.0).abs() < 1e-12);
    }

    #[test]
    fn a_stable_crossing_is_the_one_after_the_last_relapse() {
        let mut points = [(1.0, 0.7), (1.0, 0.7), (1.0, 0.5), (1.0, 0.7), (1.0, 0.9)];
        let stable = EvaluateSpec {
            crossing: Crossing::Stable,
            ..spec()
        };
        let first = spec();
        let t_gen = |points: &[_], spec| Milestones::of(&trace(points), spec).t_gen;
        assert_eq!(t_gen(&points, &first), Some(10.0));
        assert!((t_gen(&points, &stable).unwrap() - 35.0).abs() < 1e-12);
        // One evaluation at the end is not long enough.
        points[3].1 = 0.5;
        assert_eq!(t_gen(&points, &stable), None);
    }

    #[test]
    fn losses_are_crossed_downwards() {
        let mut run = trace(&[(0.0, 0.5); 4]);
        for (point, loss) in run.iter_mut().zip([3.0, 1.0, 0.5, 0.25]) {
            (point.train_loss, point.test_loss) = (loss, Some(2.0 * loss));
        }
        let losses = EvaluateSpec {
            mem_figure: MemFigure::TrainLoss,
            mem_threshold: 2.0,
            gen_figure: GenFigure::TestLoss,
            gen_threshold: 1.5,
            ..spec()
        };
        let found = Milestones::of(&run, &losses);
        // Train loss falls to 2 halfway from 10 to 20, test loss to 1.5 halfway from 20 to 30.
        assert!((found.t_mem.unwrap() - 15.0).abs() < 1e-12);
        assert!((found.t_gen.unwrap() - 25.0).abs() < 1e-12);
        // The transition is one of accuracy all the same.
        assert_eq!((found.t_60, found.t_90), (None, None));
    }

    #[test]
    fn the_figure_asked_for_is_looked_at() {
        let mut run = trace(&[(1.0, 0.5); 4]);
        for (point, accuracy) in run.iter_mut().zip([0.5, 0.7, 0.95, 0.95]) {
            point.population_acc = Some(accuracy);
        }
        let population = EvaluateSpec {
            gen_figure: GenFigure::PopulationAcc,
            ..spec()
        };
        let found = Milestones::of(&run, &population);
        assert!((found.t_gen.unwrap() - 15.0).abs() < 1e-12);
        assert!((found.t_60.unwrap() - 15.0).abs() < 1e-12);
        assert!((found.t_90.unwrap() - 28.0).abs() < 1e-12);
        assert_eq!(Milestones::of(&run, &spec()).t_gen, None);
    }
}
