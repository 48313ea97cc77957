//! What ends a run before its last epoch.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sparsegrok_kernel::Evaluation;

use crate::evaluate::{Crossing, EvaluateSpec, Goal};

/// Ends a run some epochs after its generalization was detected: at the first evaluation that many
/// epochs after the one that completed the evidence for T_gen, whether or not the delay makes it
/// grokking. Written `grokked` or `grokked+K`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StopWhen {
    /// Epochs to go on for.
    pub epochs_after: u64,
}

impl fmt::Display for StopWhen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.epochs_after {
            0 => write!(f, "grokked"),
            epochs => write!(f, "grokked+{epochs}"),
        }
    }
}

/// Text that says nothing of when to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected `grokked`, or `grokked+K` for K epochs more")]
pub struct NoStop;

impl FromStr for StopWhen {
    type Err = NoStop;

    fn from_str(text: &str) -> Result<Self, NoStop> {
        let rest = text.strip_prefix("grokked").ok_or(NoStop)?;
        let epochs_after = match rest.strip_prefix('+') {
            Some(epochs) => epochs.trim().parse().map_err(|_| NoStop)?,
            None if rest.is_empty() => 0,
            None => return Err(NoStop),
        };
        Ok(Self { epochs_after })
    }
}

impl Serialize for StopWhen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StopWhen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

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
            memorized: watched(spec.memorized()),
            generalized: watched(spec.generalized()),
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

    #[test]
    fn it_is_read_as_it_is_written() {
        for text in ["grokked", "grokked+1", "grokked+250"] {
            assert_eq!(text.parse::<StopWhen>().unwrap().to_string(), text);
        }
        for bad in [
            "",
            "grok",
            "grokked+",
            "grokked+x",
            "grokked-1",
            "grokked 1",
        ] {
            assert_eq!(bad.parse::<StopWhen>(), Err(NoStop), "{bad}");
        }
    }

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
