//! When a run memorized, when it generalized, and what that makes it.

use std::fmt;

use serde::{Deserialize, Serialize};
use sparsegrok_data::InvalidSetting;
use sparsegrok_kernel::{Evaluation, EvaluationPlan};

/// Which epochs are evaluated, and what counts as memorized and generalized.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EvaluateSpec {
    /// Epochs from one evaluation to the next; [`EvaluateSpec::EVERY`] where neither this nor
    /// `eval_points` is given.
    pub eval_every: Option<u64>,
    /// About how many log-spaced epochs to evaluate, instead of `eval_every`.
    pub eval_points: Option<u64>,
    /// Real targets: a row counts as right when (z − y)² is below this, instead of by sign.
    pub accuracy_tolerance: Option<f64>,
    /// Train accuracy that counts as memorized.
    pub mem_threshold: f64,
    /// Test accuracy that counts as generalized.
    pub gen_threshold: f64,
    /// Evaluations in a row a threshold must hold for.
    pub persistence: usize,
    /// Least T_gen / T_mem of a run that grokked.
    pub delay_ratio: f64,
}

impl Default for EvaluateSpec {
    fn default() -> Self {
        Self {
            eval_every: None,
            eval_points: None,
            accuracy_tolerance: None,
            mem_threshold: 0.99,
            gen_threshold: 0.9,
            persistence: 3,
            delay_ratio: 10.0,
        }
    }
}

impl EvaluateSpec {
    /// The default of `eval_every`.
    pub const EVERY: u64 = 200;

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
        if let Some(tolerance) = self.accuracy_tolerance
            && !(tolerance.is_finite() && tolerance > 0.0)
        {
            let value = tolerance.to_string();
            return refuse("accuracy_tolerance", value, "a finite number above 0");
        }
        let shares = [
            ("mem_threshold", self.mem_threshold),
            ("gen_threshold", self.gen_threshold),
        ];
        for (key, share) in shares {
            if !(share > 0.0 && share <= 1.0) {
                return refuse(key, share.to_string(), "an accuracy above 0 and at most 1");
            }
        }
        if self.persistence == 0 {
            return refuse("persistence", "0".to_owned(), "at least 1 evaluation");
        }
        if !(self.delay_ratio.is_finite() && self.delay_ratio >= 0.0) {
            let value = self.delay_ratio.to_string();
            return refuse("delay_ratio", value, "a finite number of at least 0");
        }
        Ok(())
    }

    /// The epochs to evaluate of a run of `epochs`.
    pub fn plan(&self, epochs: u64) -> EvaluationPlan {
        match (self.eval_points, self.eval_every) {
            (Some(points), _) => EvaluationPlan::log_spaced(points, epochs),
            (None, every) => EvaluationPlan::every(every.unwrap_or(Self::EVERY), epochs),
        }
    }
}

/// The two times of a run, and its status.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Milestones {
    /// T_mem, in epochs: from here on train accuracy was at its threshold for long enough.
    pub t_mem: Option<f64>,
    /// T_gen, in epochs: likewise for test accuracy, or population accuracy without a test set;
    /// `None`, that is censored, also where T_mem is.
    pub t_gen: Option<f64>,
    /// What became of the run.
    pub status: Status,
}

/// What became of a run.
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
    /// Finds the times and the status of a run that ended. `Time: O(trace)`
    ///
    /// # Formula
    /// T is where the curve crosses its threshold, by linear interpolation, between the first
    /// `persistence` evaluations in a row at or above it and the evaluation before them.
    pub fn of(trace: &[Evaluation], spec: &EvaluateSpec) -> Self {
        let reached = |threshold, accuracy: &dyn Fn(&Evaluation) -> Option<f64>| {
            let curve = trace
                .iter()
                .filter_map(|e| Some((e.epoch as f64, accuracy(e)?)));
            first_lasting(&curve.collect::<Vec<_>>(), threshold, spec.persistence)
        };
        let t_mem = reached(spec.mem_threshold, &|e| Some(e.train_acc));
        let t_gen = t_mem.and(reached(spec.gen_threshold, &|e| {
            e.test_acc.or(e.population_acc)
        }));
        let status = match (t_mem, t_gen) {
            (Some(t_mem), Some(t_gen)) if t_gen >= spec.delay_ratio * t_mem => Status::Grokked,
            (Some(_), Some(_)) => Status::GeneralizedAtOnce,
            (Some(_), None) => Status::MemorizedOnly,
            (None, _) => Status::Neither,
        };
        Self {
            t_mem,
            t_gen,
            status,
        }
    }
}

/// Where a curve of (epoch, accuracy) first reaches `threshold` for `persistence` points in a row.
fn first_lasting(curve: &[(f64, f64)], threshold: f64, persistence: usize) -> Option<f64> {
    let first = curve
        .windows(persistence.max(1))
        .position(|window| window.iter().all(|&(_, accuracy)| accuracy >= threshold))?;
    let (epoch, accuracy) = curve[first];
    let Some(&(before, below)) = first.checked_sub(1).map(|previous| &curve[previous]) else {
        return Some(epoch);
    };
    Some(before + (epoch - before) * (threshold - below) / (accuracy - below))
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn trace(accuracies: &[(f64, f64)]) -> Vec<Evaluation> {
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
        assert_eq!(bad(|s| s.persistence = 0), "persistence");
        assert_eq!(bad(|s| s.delay_ratio = f64::INFINITY), "delay_ratio");
        assert_eq!(EvaluateSpec::default().validate(), Ok(()));
    }
}
