//! Times known to lie between two looks: Turnbull's estimator and its quantiles.

use std::error::Error;
use std::fmt;

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};
use statrs::distribution::{Binomial, DiscreteCDF};

use crate::interval_likelihood::{Span, maximise};
use crate::{Lifetime, quantile, quantile_has_interval};

/// Resamples of a bootstrapped interval.
const RESAMPLES: usize = 1_000;

/// Seed of the resampling, fixed: an interval is a function of its sample.
const SEED: u64 = 0x9fb2_1c65_1e98_df25;

/// Excess over a level at which a sum of masses still counts as having reached it, as for
/// [`KaplanMeier`](crate::KaplanMeier).
const REACHED: f64 = 1.5e-8;

/// A time in (after, until], exactly known where both are equal, censored on the right where
/// `until` is infinite, and on the left where `after` is no later than any time can be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IntervalTime {
    /// The last time at which the event was looked for and had not happened; may be −∞.
    pub after: f64,
    /// The first time at which it was seen to have happened; ∞ where it never was.
    pub until: f64,
}

/// Reason why there is no estimate from interval-censored times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum IntervalError {
    /// The sample is empty.
    Empty,
    /// A time's interval ends before it begins, holds no finite time, or has an end that is not a
    /// number.
    NoInterval {
        /// Place in the sample, from 0.
        index: usize,
        /// The interval.
        time: IntervalTime,
    },
    /// The maximum of the likelihood was not reached within the bound on iterations.
    NotConverged,
}

/// The nonparametric maximum-likelihood estimate of a law of which a sample is interval-censored.
#[derive(Clone, Debug, PartialEq)]
pub struct Turnbull {
    n: usize,
    masses: Vec<Mass>,
}

/// A share of the law within an interval; where in it, the sample does not tell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mass {
    /// The innermost interval.
    pub within: IntervalTime,
    /// Its share, above 0.
    pub mass: f64,
}

impl IntervalTime {
    /// A time that is known.
    pub fn exact(time: f64) -> Self {
        Self {
            after: time,
            until: time,
        }
    }

    /// A time after this one: the event had not happened when it was last looked for.
    pub fn beyond(after: f64) -> Self {
        Self {
            after,
            until: f64::INFINITY,
        }
    }

    fn is_interval(self) -> bool {
        self.after < self.until || (self.after == self.until && self.after.is_finite())
    }

    /// Place of its beginning among all ends of intervals. At one time, a known time begins first,
    /// then intervals up to it end, then those after it begin.
    fn beginning(self) -> Place {
        Place {
            time: self.after,
            turn: if self.after == self.until { 0 } else { 2 },
        }
    }

    fn end(self) -> Place {
        Place {
            time: self.until,
            turn: 1,
        }
    }
}

impl From<Lifetime> for IntervalTime {
    fn from(life: Lifetime) -> Self {
        if life.observed {
            Self::exact(life.time)
        } else {
            Self::beyond(life.time)
        }
    }
}

/// A point at which an interval begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
struct Place {
    time: f64,
    turn: u8,
}

impl fmt::Display for IntervalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the sample of interval-censored times is empty"),
            Self::NoInterval { index, time } => write!(
                f,
                "time {index} is in ({}, {}], expected an interval that begins before it ends, or \
                 one finite time as both ends",
                time.after, time.until
            ),
            Self::NotConverged => f.write_str(
                "the maximum of the likelihood of the interval-censored times was not reached",
            ),
        }
    }
}

impl Error for IntervalError {}

impl Turnbull {
    /// Estimates from a sample, in any order. With times that are all exact or right-censored, it is
    /// the Kaplan–Meier estimate. `Time: O(n log n)` and some thirty factorisations of a matrix
    /// of at most n rows, as wide as the intervals overlap
    ///
    /// # Formula
    /// Masses p_j on the innermost intervals, those from the beginning of some observation to the
    /// next end of one, which maximise Σ log Σ p_j over the innermost intervals within each
    /// observation. The maximum is unique. It is reached when Σ 1/(mass of the observation), over
    /// those that hold j, is n where p_j > 0, and no more elsewhere, both to 10⁻¹⁰ n.
    ///
    /// # Errors
    /// [`IntervalError`], where the sample is empty or has what is no interval, or the maximum is
    /// not reached.
    ///
    /// # References
    /// R. Peto, "Experimental survival curves for interval-censored data", *Applied Statistics* 22
    /// (1973); B. W. Turnbull, "The empirical distribution function with arbitrarily grouped,
    /// censored and truncated data", *JRSS B* 38 (1976); R. Gentleman, C. J. Geyer, "Maximum
    /// likelihood for interval censored data: consistency and computation", *Biometrika* 81 (1994).
    ///
    /// ```
    /// use sparsegrok_statistics::{IntervalTime, Turnbull};
    ///
    /// // Looked at every hundred epochs; the last run had not generalized by epoch 900.
    /// let runs = [(200.0, 300.0), (400.0, 500.0), (900.0, f64::INFINITY)]
    ///     .map(|(after, until)| IntervalTime { after, until });
    /// let law = Turnbull::of(&runs)?;
    /// assert_eq!(law.quantile(0.5), runs[1]);
    /// let (low, high) = law.survival(450.0);
    /// assert!((low - 1.0 / 3.0).abs() < 1e-9 && (high - 2.0 / 3.0).abs() < 1e-9);
    /// # Ok::<(), sparsegrok_statistics::IntervalError>(())
    /// ```
    pub fn of(sample: &[IntervalTime]) -> Result<Self, IntervalError> {
        if sample.is_empty() {
            return Err(IntervalError::Empty);
        }
        if let Some(index) = sample.iter().position(|time| !time.is_interval()) {
            let time = sample[index];
            return Err(IntervalError::NoInterval { index, time });
        }
        let innermost = innermost(sample);
        let spans = spans(sample, &innermost);
        let masses = maximise(&spans, innermost.len()).ok_or(IntervalError::NotConverged)?;
        let masses = innermost.into_iter().zip(masses);
        let masses = masses.map(|(within, mass)| Mass { within, mass });
        Ok(Self {
            n: sample.len(),
            masses: masses.filter(|mass| mass.mass > 0.0).collect(),
        })
    }

    /// Size of the sample.
    pub fn n(&self) -> usize {
        self.n
    }

    /// The innermost intervals that have a mass, ascending; the masses add to 1.
    pub fn masses(&self) -> &[Mass] {
        &self.masses
    }

    /// Lower and upper bound of the share S(t) that lasts beyond a time: where the time is within an
    /// innermost interval, its mass may be before or after. `Time: O(masses)`
    pub fn survival(&self, time: f64) -> (f64, f64) {
        let sum = |above: &dyn Fn(&IntervalTime) -> bool| {
            let masses = self.masses.iter().filter(|mass| above(&mass.within));
            masses.map(|mass| mass.mass).sum::<f64>().clamp(0.0, 1.0)
        };
        (
            sum(&|within| within.after >= time && within.until > time),
            sum(&|within| within.until > time),
        )
    }

    /// The interval that holds the time by which a share p has had the event, the first with
    /// S(t) ≤ 1 − p. Its end is infinite where that is beyond what was observed.
    /// `Time: O(masses)`
    ///
    /// # Panics
    /// When `p` is not in (0, 1).
    pub fn quantile(&self, p: f64) -> IntervalTime {
        assert!(p > 0.0 && p < 1.0, "{p}");
        let mut had = 0.0;
        let reached = self.masses.iter().find(|mass| {
            had += mass.mass;
            had >= p - REACHED
        });
        reached
            .unwrap_or(&self.masses[self.masses.len() - 1])
            .within
    }

    /// Place in the masses, from 0, of the first that an observation holds, and of the first after
    /// those.
    fn held_by(&self, time: IntervalTime) -> (usize, usize) {
        held_by(time, &self.masses, |mass| mass.within)
    }

    /// Distance of the log-likelihood's gradient from what it is at the maximum, as a share of it:
    /// the largest |Σ 1/(n · mass of the observation) − 1| over the masses.
    #[cfg(test)]
    fn residual(&self, sample: &[IntervalTime]) -> f64 {
        let mut gradient = vec![0.0; self.masses.len()];
        for &time in sample {
            let (first, end) = self.held_by(time);
            let seen: f64 = self.masses[first..end].iter().map(|mass| mass.mass).sum();
            for d in &mut gradient[first..end] {
                *d += 1.0 / (seen * sample.len() as f64);
            }
        }
        gradient
            .iter()
            .fold(0.0, |worst, d| worst.max((d - 1.0).abs()))
    }
}

/// Lower and upper limit of the p-quantile of interval-censored times, from order statistics: it
/// holds the quantile at least as often as `confidence` says, whatever the law is, and whenever
/// it was looked. Wider than need be by what the intervals of the two observations are wide. `None`
/// for an end that is infinite, and for both where [`quantile_has_interval`] says that the sample
/// is too small. `Time: O(n log n)`
///
/// # Formula
/// [l₍ₖ₎, u₍ᵣ₎], l and u the ascending beginnings and ends of the intervals; k the largest number
/// with P(B < k) ≤ (1 − confidence)/2, r the smallest with P(B ≥ r) ≤ (1 − confidence)/2, B
/// binomial of n trials at p. The k-th time is not before the k-th beginning, nor after the k-th
/// end.
///
/// # References
/// H. A. David and H. N. Nagaraja, *Order Statistics*, 3rd edition (2003), section 7.1.
///
/// # Errors
/// [`IntervalError::NoInterval`], as [`Turnbull::of`].
///
/// # Panics
/// When `p` or `confidence` is not in (0, 1).
pub fn interval_quantile_limits(
    sample: &[IntervalTime],
    p: f64,
    confidence: f64,
) -> Result<(Option<f64>, Option<f64>), IntervalError> {
    assert!(p > 0.0 && p < 1.0, "{p}");
    assert!(confidence > 0.0 && confidence < 1.0, "{confidence}");
    if let Some(index) = sample.iter().position(|time| !time.is_interval()) {
        let time = sample[index];
        return Err(IntervalError::NoInterval { index, time });
    }
    let n = sample.len();
    if !quantile_has_interval(n, p, confidence) {
        return Ok((None, None));
    }
    let ascending = |end: fn(&IntervalTime) -> f64| {
        let mut ends: Vec<f64> = sample.iter().map(end).collect();
        ends.sort_unstable_by(f64::total_cmp);
        ends
    };
    let Ok(below) = Binomial::new(p, n as u64) else {
        return Ok((None, None));
    };
    let tail = 0.5 - confidence / 2.0;
    let k = below.inverse_cdf(tail) as usize;
    let r = below.inverse_cdf(1.0 - tail) as usize + 1;
    let low = k.checked_sub(1).map(|k| ascending(|time| time.after)[k]);
    let high = ascending(|time| time.until).get(r - 1).copied();
    let finite = |limit: Option<f64>| limit.filter(|limit| limit.is_finite());
    Ok((finite(low), finite(high)))
}

/// Lower and upper limit of the p-quantile by the percentile bootstrap of [`Turnbull::quantile`],
/// from the beginnings of the resampled quantiles' intervals to their ends. `None` for an end that
/// is infinite, and for both where [`quantile_has_interval`] says that the sample is too small. A
/// function of the sample in its order: the resampling has a fixed seed.
/// `Time: O(resamples)` estimates, 1,000 resamples
///
/// The bootstrap is known to be right where all were looked at at the same few times, and not where
/// each was looked at once at a time of its own: [`interval_quantile_limits`] supposes nothing.
///
/// # References
/// B. Efron, "Censored data and the bootstrap", *JASA* 76 (1981); B. Sen, M. Banerjee, M. Woodroofe,
/// "Inconsistency of bootstrap: the Grenander estimator", *Annals of Statistics* 38 (2010), for its
/// bounds.
///
/// # Errors
/// As [`Turnbull::of`].
///
/// # Panics
/// When `p` or `confidence` is not in (0, 1).
pub fn interval_quantile_bootstrap(
    sample: &[IntervalTime],
    p: f64,
    confidence: f64,
) -> Result<(Option<f64>, Option<f64>), IntervalError> {
    assert!(confidence > 0.0 && confidence < 1.0, "{confidence}");
    Turnbull::of(sample)?;
    if !quantile_has_interval(sample.len(), p, confidence) {
        return Ok((None, None));
    }
    let mut words = Xoshiro256PlusPlus::seed_from_u64(SEED);
    // The high half of word · n is uniform to within n/2⁶⁴.
    let mut drawn =
        || sample[((u128::from(words.next_u64()) * sample.len() as u128) >> 64) as usize];
    let mut resample = sample.to_vec();
    let (mut beginnings, mut ends) = (Vec::new(), Vec::new());
    for _ in 0..RESAMPLES {
        resample.fill_with(&mut drawn);
        let within = Turnbull::of(&resample)?.quantile(p);
        beginnings.push(within.after);
        ends.push(within.until);
    }
    let limit = |mut ends: Vec<f64>, share: f64| {
        ends.sort_unstable_by(f64::total_cmp);
        quantile(&ends, share).filter(|limit| limit.is_finite())
    };
    let tail = 0.5 - confidence / 2.0;
    Ok((limit(beginnings, tail), limit(ends, 1.0 - tail)))
}

/// The intervals from a beginning to the next end, with no other between, ascending.
fn innermost(sample: &[IntervalTime]) -> Vec<IntervalTime> {
    let mut places: Vec<Place> = sample
        .iter()
        .flat_map(|time| [time.beginning(), time.end()])
        .collect();
    // No time is NaN, and zero is one, whatever its sign.
    places.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    let pairs = places.windows(2);
    let innermost = pairs.filter(|pair| pair[0].turn != 1 && pair[1].turn == 1);
    innermost
        .map(|pair| IntervalTime {
            after: pair[0].time,
            until: pair[1].time,
        })
        .collect()
}

/// The runs of innermost intervals that observations hold, each once, with their numbers.
fn spans(sample: &[IntervalTime], innermost: &[IntervalTime]) -> Vec<Span> {
    let mut runs: Vec<(usize, usize)> = sample
        .iter()
        .map(|&time| held_by(time, innermost, |within| *within))
        .collect();
    runs.sort_unstable();
    let same = runs.chunk_by(|a, b| a == b);
    same.map(|same| Span {
        before: same[0].0,
        until: same[0].1,
        count: same.len() as f64,
    })
    .collect()
}

/// Of ascending intervals that do not overlap, the first that a time's interval holds, and the first
/// after those.
fn held_by<T>(
    time: IntervalTime,
    ascending: &[T],
    within: impl Fn(&T) -> IntervalTime,
) -> (usize, usize) {
    let (beginning, end) = (time.beginning(), time.end());
    (
        ascending.partition_point(|x| within(x).beginning() < beginning),
        ascending.partition_point(|x| within(x).end() <= end),
    )
}

/// Survival before and after the masses that each observation holds, and the cumulated hazards there.
pub(crate) struct Around {
    /// S and Λ before the first of them.
    pub(crate) before: (f64, f64),
    /// S and Λ after the last.
    pub(crate) after: (f64, f64),
}

impl Turnbull {
    /// Survival and cumulated hazard around an observation of the sample.
    ///
    /// # Formula
    /// S_j = 1 − Σ p up to mass j; Λ_j = Σ p/S before it.
    pub(crate) fn around(&self, sample: &[IntervalTime]) -> Vec<Around> {
        let mut at = vec![(1.0, 0.0)];
        let (mut survival, mut hazard) = (1.0, 0.0);
        for (j, mass) in self.masses.iter().enumerate() {
            hazard += mass.mass / survival;
            survival -= mass.mass;
            if j + 1 == self.masses.len() {
                // All masses add to 1 but for rounding.
                survival = 0.0;
            }
            at.push((survival, hazard));
        }
        let around = |&time: &IntervalTime| {
            let (first, end) = self.held_by(time);
            Around {
                before: at[first],
                after: at[end],
            }
        };
        sample.iter().map(around).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KaplanMeier;

    fn uniform(words: &mut Xoshiro256PlusPlus) -> f64 {
        (words.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Times of all kinds: exact, within, before and beyond, with ties.
    fn mixed(words: &mut Xoshiro256PlusPlus, n: usize, grid: f64) -> Vec<IntervalTime> {
        let draw = |words: &mut Xoshiro256PlusPlus| (uniform(words) * grid).floor();
        (0..n)
            .map(|_| {
                let (a, b) = (draw(words), draw(words));
                let (after, until) = (a.min(b), a.max(b));
                match (uniform(words) * 8.0) as u8 {
                    0 => IntervalTime::beyond(after),
                    1 => IntervalTime {
                        after: f64::NEG_INFINITY,
                        until,
                    },
                    // Looked at again soon.
                    2..5 => IntervalTime {
                        after,
                        until: after + 1.0 + (uniform(words) * 4.0).floor(),
                    },
                    _ => IntervalTime { after, until },
                }
            })
            .collect()
    }

    #[test]
    fn the_maximum_is_reached_on_data_of_every_kind() {
        let mut words = Xoshiro256PlusPlus::seed_from_u64(3);
        for round in 0..3_000 {
            let n = 1 + (uniform(&mut words) * 60.0) as usize;
            let grid = [3.0, 10.0, 100.0, 1e6][round % 4];
            let sample = mixed(&mut words, n, grid);
            let law = Turnbull::of(&sample).unwrap_or_else(|error| panic!("{error}: {sample:?}"));
            assert!(law.residual(&sample) <= 1e-9, "{sample:?}");
            let total: f64 = law.masses().iter().map(|mass| mass.mass).sum();
            assert!((total - 1.0).abs() < 1e-12);
        }
        let sample = mixed(&mut words, 1_000, 1e9);
        let law = Turnbull::of(&sample).unwrap();
        assert!(law.residual(&sample) <= 1e-9);
    }

    #[test]
    fn exact_and_right_censored_times_give_kaplan_meier() {
        let mut words = Xoshiro256PlusPlus::seed_from_u64(4);
        for n in [1, 2, 5, 40, 300] {
            let lives: Vec<Lifetime> = (0..n)
                .map(|_| Lifetime {
                    time: (uniform(&mut words) * 50.0).floor(),
                    observed: uniform(&mut words) < 0.7,
                })
                .collect();
            let curve = KaplanMeier::of(&lives);
            let times: Vec<IntervalTime> = lives.iter().map(|&life| life.into()).collect();
            let law = Turnbull::of(&times).unwrap();
            for step in curve.steps() {
                let (low, high) = law.survival(step.time);
                assert!((low - step.survival).abs() < 1e-12, "{low} {step:?}");
                // After the last event, a censored life may end at any later time.
                assert!((high - step.survival).abs() < 1e-12, "{high} {step:?}");
            }
            for p in [0.25, 0.5, 0.75] {
                let within = law.quantile(p);
                match curve.quantile(p) {
                    Some(time) => assert_eq!(within, IntervalTime::exact(time)),
                    None => assert_eq!(within.until, f64::INFINITY),
                }
            }
        }
    }

    #[test]
    fn what_is_no_interval_is_refused() {
        let refused = |after, until| {
            let time = IntervalTime { after, until };
            let sample = [IntervalTime::exact(1.0), time];
            let expected = Err(IntervalError::NoInterval { index: 1, time });
            assert_eq!(Turnbull::of(&sample).map(|_| ()), expected);
        };
        refused(2.0, 1.0);
        refused(f64::INFINITY, f64::INFINITY);
        refused(f64::NEG_INFINITY, f64::NEG_INFINITY);
        let nan = IntervalTime::exact(f64::NAN);
        assert!(matches!(
            Turnbull::of(&[nan]),
            Err(IntervalError::NoInterval { index: 0, .. })
        ));
        assert_eq!(Turnbull::of(&[]), Err(IntervalError::Empty));
        // Nothing known at all is an interval.
        let anything = IntervalTime::beyond(f64::NEG_INFINITY);
        assert_eq!(Turnbull::of(&[anything]).unwrap().quantile(0.5), anything);
    }

    #[test]
    fn limits_of_a_quantile_are_order_statistics_of_ends() {
        let sample: Vec<IntervalTime> = (1..=9)
            .map(|i| IntervalTime {
                after: f64::from(10 * i),
                until: f64::from(10 * i + 5),
            })
            .collect();
        // Ranks 2 and 8 of nine, as for exact times.
        let limits = interval_quantile_limits(&sample, 0.5, 0.95).unwrap();
        assert_eq!(limits, (Some(20.0), Some(85.0)));
        let few = interval_quantile_limits(&sample[..5], 0.5, 0.95).unwrap();
        assert_eq!(few, (None, None));
        let mut censored = sample.clone();
        for time in &mut censored[6..] {
            time.until = f64::INFINITY;
        }
        let limits = interval_quantile_limits(&censored, 0.5, 0.95).unwrap();
        assert_eq!(limits, (Some(20.0), None));
        let again = interval_quantile_bootstrap(&sample, 0.5, 0.95).unwrap();
        assert_eq!(interval_quantile_bootstrap(&sample, 0.5, 0.95), Ok(again));
        let (low, high) = (again.0.unwrap(), again.1.unwrap());
        assert!((20.0..50.0).contains(&low) && (55.0..=85.0).contains(&high));
    }
}
