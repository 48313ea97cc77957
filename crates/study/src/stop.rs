//! What ends a run before its last epoch.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Ends a run some epochs after its generalization was detected: at the first evaluation that many
/// epochs after the one that confirmed T_mem and T_gen, even if the delay does not make it
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::tests::trace;
    use crate::detect::{Detector, Milestones};
    use crate::evaluate::{Crossing, EvaluateSpec};
    use crate::persistence::Persistence;
    use crate::trace::Trace;

    const EPOCHS: u64 = 1000;

    /// The number of evaluations after which a run is over.
    fn over(run: &Trace, spec: &EvaluateSpec) -> Option<usize> {
        let mut detector = Detector::new(spec, EPOCHS);
        let end = run.iter().position(|evaluation| {
            detector.see(&evaluation);
            detector.is_over(evaluation.epoch)
        });
        end.map(|at| at + 1)
    }

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
                    persistence: Persistence::Epochs(11),
                    crossing,
                    stop_when: Some(StopWhen::default()),
                    ..EvaluateSpec::default()
                };
                let found = |end: &usize| {
                    let begun: Trace = run.iter().take(*end).collect();
                    let milestones = Milestones::of(&begun, &spec, EPOCHS);
                    milestones.t_gen.at.is_some()
                };
                assert_eq!(over(&run, &spec), (1..=7).find(found), "{points:?}");
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
        // Evaluated every 10 epochs: 1 % of the epochs have lasted by 20, and 45 is past with 50.
        assert_eq!(run.epochs()[over(&run, &spec).unwrap() - 1], 50);
    }
}
