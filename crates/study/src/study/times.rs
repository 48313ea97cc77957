//! The times of a cell's runs, censored where they were not reached, and their summary.

use serde::{Deserialize, Serialize};

use crate::study::records::RecordRow;
use sparsegrok_statistics::{CONFIDENCE, KaplanMeier, Lifetime};

/// What is timed of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timed {
    /// T_mem, in epochs.
    Memorizing,
    /// T_gen, in epochs.
    Generalizing,
    /// T_gen / T_mem, of the runs that memorized.
    DelayRatio,
    /// Epochs from accuracy .6 to accuracy .9, of the runs that reached the first.
    TransitionWidth,
}

impl Timed {
    /// Everything that is timed.
    pub const ALL: [Self; 4] = [
        Self::Memorizing,
        Self::Generalizing,
        Self::DelayRatio,
        Self::TransitionWidth,
    ];

    /// Its name in summaries.
    pub fn name(self) -> &'static str {
        match self {
            Self::Memorizing => "t_mem",
            Self::Generalizing => "t_gen",
            Self::DelayRatio => "delay_ratio",
            Self::TransitionWidth => "transition_width",
        }
    }

    /// A run's time; censored at its horizon where it was not reached until then. `None` where it
    /// has none: it diverged, or what the time counts from was not reached.
    pub fn of(self, row: &RecordRow) -> Option<Lifetime> {
        let milestones = &row.milestones;
        if milestones.status == crate::detect::Status::Diverged {
            return None;
        }
        let horizon = row.horizon? as f64;
        Some(match self {
            Self::Memorizing => Lifetime::of(milestones.t_mem, horizon),
            Self::Generalizing => Lifetime::of(milestones.t_gen, horizon),
            Self::DelayRatio => {
                let t_mem = milestones.t_mem?;
                Lifetime::of(milestones.t_gen.map(|t_gen| t_gen / t_mem), horizon / t_mem)
            }
            Self::TransitionWidth => {
                let start = milestones.t_60?;
                let width = milestones.t_90.map(|end| end - start);
                Lifetime::of(width, horizon - start)
            }
        })
    }
}

/// Times some of which are censored, in brief.
///
/// Quantiles are those of the Kaplan–Meier estimate: a censored run counts as later than its
/// horizon. One that is not there is beyond what was observed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Times {
    /// Runs.
    pub n: usize,
    /// Runs of which the time was observed.
    pub events: usize,
    /// Runs of which it is censored.
    pub censored: usize,
    /// Mean of the observed times alone.
    pub mean: Option<f64>,
    /// Median.
    pub median: Option<f64>,
    /// Lower limit of the median, by Brookmeyer and Crowley.
    pub low: Option<f64>,
    /// Upper limit of the median.
    pub high: Option<f64>,
    /// Lower quartile.
    pub q25: Option<f64>,
    /// Upper quartile.
    pub q75: Option<f64>,
}

impl Times {
    /// Sums up a sample. `Time: O(n log n)`
    pub fn of(sample: &[Lifetime]) -> Self {
        let curve = KaplanMeier::of(sample);
        let (low, high) = curve.quantile_interval(0.5, CONFIDENCE);
        let events = curve.events();
        let observed = sample.iter().filter(|life| life.observed);
        let sum: f64 = observed.map(|life| life.time).sum();
        Self {
            n: curve.n(),
            events,
            censored: curve.censored(),
            mean: (events > 0).then(|| sum / events as f64),
            median: curve.quantile(0.5),
            low,
            high,
            q25: curve.quantile(0.25),
            q75: curve.quantile(0.75),
        }
    }
}
