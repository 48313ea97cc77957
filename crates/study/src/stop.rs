//! The watch for the end of a run before its last epoch.

use sparsegrok_config::{Crossing, EvaluateSpec, StopWhen};
use sparsegrok_kernel::Evaluation;

use crate::evaluate::Goal;

/// Watches a run for its end.
#[derive(Clone)]
pub(crate) struct StopWatch<'a> {
    spec: &'a EvaluateSpec,
    memorized: Watched,
    generalized: Watched,
    /// The epoch of the evaluation that completed the evidence.
    detected: Option<u64>,
}

/// A goal, and for how many evaluations in a row it has been met.
#[derive(Clone)]
struct Watched {
    goal: Goal,
    met: usize,
    lasted: bool,
}

impl<'a> StopWatch<'a> {
    pub(crate) fn new(spec: &'a EvaluateSpec) -> Self {
        let watched = |goal| Watched {
            goal,
            met: 0,
            lasted: false,
        };
        Self {
            spec,
            memorized: watched(Goal::memorized(spec)),
            generalized: watched(Goal::generalized(spec)),
            detected: None,
        }
    }

    /// Whether the run is over with this evaluation, the next of its trace. `Time: O(1)`
    pub(crate) fn is_over(&mut self, evaluation: &Evaluation) -> bool {
        let Some(StopWhen { epochs_after }) = self.spec.stop_when else {
            return false;
        };
        self.memorized.see(evaluation, self.spec);
        self.generalized.see(evaluation, self.spec);
        if self.memorized.lasted && self.generalized.lasted {
            self.detected.get_or_insert(evaluation.epoch);
        }
        self.detected
            .is_some_and(|detected| evaluation.epoch - detected >= epochs_after)
    }
}

impl Watched {
    fn see(&mut self, evaluation: &Evaluation, spec: &EvaluateSpec) {
        let Some(value) = (self.goal.figure)(evaluation) else {
            return;
        };
        self.met = if self.goal.is_met(value) {
            self.met + 1
        } else {
            0
        };
        let lasts = self.met >= spec.persistence;
        self.lasted = lasts || (self.lasted && spec.crossing == Crossing::First);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Milestones;
    use crate::detect::tests::trace;

    /// Detection is the first beginning of the trace that [`Milestones`] finds T_gen in.
    #[test]
    fn a_run_is_over_when_its_milestones_are_there() {
        // Every trace of seven evaluations, each of which may have memorized and generalized.
        for bits in 0..1_u32 << 14 {
            let level = |bit: usize| if bits >> bit & 1 == 1 { 0.95 } else { 0.5 };
            let points: Vec<_> = (0..7).map(|i| (level(2 * i), level(2 * i + 1))).collect();
            let run = trace(&points);
            for crossing in [Crossing::First, Crossing::Stable] {
                let spec = EvaluateSpec {
                    mem_threshold: 0.9,
                    persistence: 2,
                    crossing,
                    stop_when: Some(StopWhen::default()),
                    ..EvaluateSpec::default()
                };
                let found = |end: usize| Milestones::of(&run[..end], &spec).t_gen.is_some();
                let expected = (1..=7).find(|&end| found(end));
                let mut watch = StopWatch::new(&spec);
                let over = run.iter().position(|evaluation| watch.is_over(evaluation));
                assert_eq!(over.map(|at| at + 1), expected, "{points:?}");
            }
        }
    }

    #[test]
    fn it_goes_on_for_the_epochs_asked_for() {
        let run = trace(&[(1.0, 1.0); 9]);
        let spec = EvaluateSpec {
            stop_when: Some(StopWhen { epochs_after: 25 }),
            ..EvaluateSpec::default()
        };
        let mut watch = StopWatch::new(&spec);
        let over = run.iter().find(|evaluation| watch.is_over(evaluation));
        // Evaluated every 10 epochs: detected at 30, and 55 is past with 60.
        assert_eq!(over.unwrap().epoch, 60);
    }
}
