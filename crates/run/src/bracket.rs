//! The bracket of a crossing: the last epoch known to be below a threshold, and the first known to
//! be at it.

use sparsegrok_config::Crossing;

use crate::goal::Goal;

/// An epoch at which a figure was looked at, and the figure then; NaN where only its side of the
/// threshold was looked for.
pub type Sighting = (u64, f64);

/// The evidence of when a figure came to its threshold, gathered epoch by epoch.
#[derive(Clone, Copy, Debug)]
pub struct Bracket {
    /// The last epoch known to be short of the threshold before it counts as reached.
    pub below: Option<Sighting>,
    /// The first epoch known to be at it since then.
    pub at: Option<Sighting>,
    /// The epoch at which it had held for long enough.
    pub confirmed: Option<u64>,
    /// The first epoch of the last stretch that is short of it again, after it was confirmed.
    pub lost: Option<u64>,
}

/// The time at which a figure came to its threshold, in epochs.
///
/// # Formula
/// The threshold was reached after the epoch `low` and no later than `high`. Where looks at every
/// epoch leave no room between them, `at` is `high`, the first epoch at the threshold. Else it is
/// where the line between the two figures crosses the threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Time {
    /// The estimate; `None` where it was not reached, or not seen to last.
    pub at: Option<f64>,
    /// The last epoch known to be below the threshold, 0 where none is: a time that was not reached
    /// is censored here.
    pub low: u64,
    /// The first epoch known to be at the threshold, since when it has held.
    pub high: Option<u64>,
    /// The epoch since which the threshold, once reached, is missed again to the end of the run.
    pub lost: Option<u64>,
}

/// Equal in every bit: a figure that was not looked at is NaN.
impl PartialEq for Bracket {
    fn eq(&self, other: &Self) -> bool {
        let bits = |sighting: Option<Sighting>| sighting.map(|(epoch, x)| (epoch, x.to_bits()));
        let parts = |b: &Self| (bits(b.below), bits(b.at), b.confirmed, b.lost);
        parts(self) == parts(other)
    }
}

impl Time {
    /// Tells if the threshold held when the run ended, yet not for long enough to be counted.
    pub fn is_unconfirmed(&self) -> bool {
        self.at.is_none() && self.high.is_some()
    }

    /// Epochs that the time is uncertain by: 0 where every epoch was looked at.
    pub fn uncertainty(&self) -> u64 {
        self.high
            .map_or(0, |high| high.saturating_sub(self.low).saturating_sub(1))
    }
}

impl Bracket {
    /// No look yet.
    pub const NONE: Self = Self {
        below: None,
        at: None,
        confirmed: None,
        lost: None,
    };

    /// Takes in the next look. `Time: O(1)`
    pub fn see(&mut self, (epoch, value): Sighting, met: bool, span: u64, how: Crossing) {
        if !self.is_open(how) {
            self.lost = match met {
                true => None,
                false => self.lost.or(Some(epoch)),
            };
            return;
        }
        if !met {
            (self.below, self.at, self.confirmed) = (Some((epoch, value)), None, None);
            return;
        }
        let (since, _) = *self.at.get_or_insert((epoch, value));
        if epoch - since + 1 >= span {
            self.confirmed.get_or_insert(epoch);
        }
    }

    /// Tells if another look may change the time: a first crossing that is confirmed stays.
    pub fn is_open(&self, how: Crossing) -> bool {
        how == Crossing::Stable || self.confirmed.is_none()
    }

    /// The evidence that a run which had ended after epoch `last` would have left.
    pub fn until(mut self, last: u64) -> Self {
        let by_then = |epoch: &u64| *epoch <= last;
        self.confirmed = self.confirmed.filter(by_then);
        self.lost = self.lost.filter(by_then);
        self.at = self.at.filter(|(since, _)| *since <= last);
        self.below = self.below.map(|(epoch, value)| match epoch <= last {
            true => (epoch, value),
            false => (last, f64::NAN),
        });
        self
    }

    /// Tells if anything was looked at.
    pub fn is_seen(&self) -> bool {
        self.below.or(self.at).is_some()
    }

    /// The time that the evidence bears.
    pub fn time(&self, goal: &Goal) -> Time {
        Time {
            at: self.confirmed.and(self.estimate(goal)),
            low: self.below.map_or(0, |(epoch, _)| epoch),
            high: self.at.map(|(epoch, _)| epoch),
            lost: self.lost,
        }
    }

    fn estimate(&self, goal: &Goal) -> Option<f64> {
        let (high, reached) = self.at?;
        let high = high as f64;
        let Some((low, short)) = self.below else {
            return Some(high);
        };
        let low = low as f64;
        let crossed = low + (high - low) * (goal.threshold - short) / (reached - short);
        // A sighting of which only the side is known is NaN: no line can be drawn, and the upper end is
        // taken.
        let between = high - low > 1.0 && crossed > low && crossed <= high;
        Some(if between { crossed } else { high })
    }
}
