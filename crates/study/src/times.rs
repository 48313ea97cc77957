//! The times of a cell's runs, censored where they were not reached, and their summary.

use serde::{Deserialize, Serialize};
use sparsegrok_run::{Milestones, Status, Time};
use sparsegrok_statistics::{CONFIDENCE, IntervalTime, KaplanMeier, Lifetime};

use crate::brackets::{BracketMedian, interval};
use crate::records::RecordRow;

/// Share of a median time by which brackets may leave it uncertain, before they alone are told.
const MOST_UNCERTAIN: f64 = 0.05;

/// A time of a run, or a quantity made of its times.
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

    /// The name in summaries.
    pub fn name(self) -> &'static str {
        match self {
            Self::Memorizing => "t_mem",
            Self::Generalizing => "t_gen",
            Self::DelayRatio => "delay_ratio",
            Self::TransitionWidth => "transition_width",
        }
    }

    /// A run's time; where it was not reached, or not seen to last, censored at the last epoch
    /// known to be below the threshold. `None` where it has none: it diverged, or what the time
    /// counts from was not reached.
    pub fn of(self, row: &RecordRow) -> Option<Lifetime> {
        let milestones = &row.milestones;
        if milestones.status == Status::Diverged {
            return None;
        }
        let Milestones {
            t_mem,
            t_gen,
            t_60,
            t_90,
            ..
        } = milestones;
        Some(match self {
            Self::Memorizing => lifetime(t_mem, |t| t),
            Self::Generalizing => lifetime(t_gen, |t| t),
            Self::DelayRatio => {
                // A foreign run may have memorized before its first step.
                let t_mem = t_mem.at.filter(|t| *t > 0.0)?;
                lifetime(t_gen, |t| t / t_mem)
            }
            Self::TransitionWidth => {
                let start = t_60.at?;
                lifetime(t_90, |t| (t - start).max(0.0))
            }
        })
    }

    /// The bracket of the time itself, in epochs, for times that are not made of two.
    pub(crate) fn bracket(self, row: &RecordRow) -> Option<&Time> {
        match self {
            Self::Memorizing => Some(&row.milestones.t_mem),
            Self::Generalizing => Some(&row.milestones.t_gen),
            Self::DelayRatio | Self::TransitionWidth => None,
        }
    }
}

/// A time, measured as `of` epochs.
fn lifetime(time: &Time, of: impl Fn(f64) -> f64) -> Lifetime {
    Lifetime::of(time.at.map(&of), of(time.low as f64))
}

/// Times some of which are censored, in brief.
///
/// Quantiles are those of the Kaplan–Meier estimate: a censored run counts as later than the last
/// epoch at which it was known to be below. One that is not there is beyond what was observed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Times {
    /// Runs.
    pub n: usize,
    /// Runs of which the time was observed.
    pub events: usize,
    /// Runs of which it is censored.
    pub censored: usize,
    /// Censored runs at whose end the threshold held, though not yet for long enough to count.
    pub unconfirmed: usize,
    /// Runs that lost again what they had reached, to the end.
    pub lost: usize,
    /// Epochs that the time of any run is uncertain by at most: 0 where every epoch was looked at.
    pub uncertainty: u64,
    /// Mean of the observed times alone.
    pub mean: Option<f64>,
    /// Median.
    pub median: Option<f64>,
    /// Lower limit of the median, by Brookmeyer and Crowley; `None` of fewer than six runs.
    pub low: Option<f64>,
    /// Upper limit of the median; likewise.
    pub high: Option<f64>,
    /// Lower quartile.
    pub q25: Option<f64>,
    /// Upper quartile.
    pub q75: Option<f64>,
    /// The median by the brackets alone, where they are wide and were all that was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brackets: Option<BracketMedian>,
}

impl Times {
    /// Sums up one time of runs. `Time: O(n log n)`
    pub fn of(timed: Timed, rows: &[RecordRow]) -> Self {
        let mut so_far = TimesSoFar::new(timed);
        rows.iter().for_each(|row| so_far.push(row));
        so_far.times()
    }

    /// Tells if brackets leave the median more uncertain than its reader would think.
    pub fn is_wide(&self) -> bool {
        self.median
            .or(self.mean)
            .is_some_and(|time| self.uncertainty as f64 > MOST_UNCERTAIN * time)
    }

    fn of_lives(sample: &[Lifetime]) -> Self {
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
            ..Self::default()
        }
    }
}

/// One time of runs, gathered run by run: 16 bytes a run, and 16 more with brackets.
pub(crate) struct TimesSoFar {
    timed: Timed,
    lives: Vec<Lifetime>,
    /// The brackets of the time, where they are all that is seen of it.
    pub(crate) brackets: Option<Vec<IntervalTime>>,
    unconfirmed: usize,
    lost: usize,
    uncertainty: u64,
}

impl TimesSoFar {
    /// A time without runs yet.
    pub(crate) fn new(timed: Timed) -> Self {
        Self {
            timed,
            lives: Vec::new(),
            brackets: None,
            unconfirmed: 0,
            lost: 0,
            uncertainty: 0,
        }
    }

    /// A time of runs of which brackets are all that is seen.
    pub(crate) fn with_brackets(timed: Timed) -> Self {
        Self {
            brackets: Some(Vec::new()),
            ..Self::new(timed)
        }
    }

    /// Adds a run.
    pub(crate) fn push(&mut self, row: &RecordRow) {
        self.lives.extend(self.timed.of(row));
        if let Some(time) = self.timed.bracket(row) {
            self.unconfirmed += usize::from(time.is_unconfirmed());
            self.lost += usize::from(time.lost.is_some());
            self.uncertainty = self.uncertainty.max(time.uncertainty());
            if let Some(brackets) = &mut self.brackets {
                brackets.push(interval(time));
            }
        }
    }

    /// Sums up the runs. `Time: O(n log n)`
    pub(crate) fn times(self) -> Times {
        let times = Times {
            unconfirmed: self.unconfirmed,
            lost: self.lost,
            uncertainty: self.uncertainty,
            ..Times::of_lives(&self.lives)
        };
        let brackets = self.brackets.filter(|_| times.is_wide());
        Times {
            brackets: brackets.and_then(|brackets| BracketMedian::of(&brackets)),
            ..times
        }
    }
}
