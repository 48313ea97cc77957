//! The mean of a sample, with an interval where there are observations enough for one.

use std::fmt;

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

use crate::quantile;

/// Fewest observations that an interval is made of: two say almost nothing about their spread.
const FEWEST: usize = 3;

/// Sample size from which on intervals are bootstrapped.
///
/// Below it BCa intervals are too narrow: resamples of n scatter by √(1 − 1/n) of what means do,
/// and have the limits of a normal variable where Student's are wider. From it on the bootstrap has
/// about caught up, and follows a skewed law, which Student's t does not.
const BOOTSTRAP_FROM: usize = 20;

/// Resamples of every interval.
const RESAMPLES: usize = 10_000;

/// Seed of the resampling, fixed: an interval is a function of its sample.
const SEED: u64 = 0xe377_9b97_f4a7_c150;

/// The mean of a sample, and an interval that holds the true one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mean {
    /// Size of the sample.
    pub n: usize,
    /// The sample's mean.
    pub estimate: f64,
    /// The interval; `None` of fewer than three observations.
    pub interval: Option<MeanInterval>,
}

/// An interval that holds a true mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanInterval {
    /// Lower limit.
    pub low: f64,
    /// Upper limit.
    pub high: f64,
    /// The way it was made.
    pub method: MeanMethod,
}

/// A way of making an interval of a mean. Displays as its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MeanMethod {
    /// [`student_t_interval`].
    StudentT,
    /// [`bca_interval`].
    Bca,
}

impl Mean {
    /// The mean of a sample, with Student's interval below 20 observations and the bootstrap's from
    /// there on; `None` of an empty sample. For pairs, the sample is that of their differences.
    /// `Time: O(n)` below 20, `O(resamples · n)` from there on, 10,000 resamples
    ///
    /// ```
    /// use sparsegrok_statistics::{Mean, MeanMethod};
    ///
    /// let mean = Mean::of(&[1.0, 2.0, 3.0], 0.95).unwrap();
    /// let interval = mean.interval.unwrap();
    /// assert_eq!((mean.estimate, interval.method), (2.0, MeanMethod::StudentT));
    /// assert!((interval.low + 0.4841).abs() < 1e-4 && (interval.high - 4.4841).abs() < 1e-4);
    ///
    /// let mean = Mean::of(&[1.0, 2.0], 0.95).unwrap();
    /// assert_eq!((mean.n, mean.estimate, mean.interval), (2, 1.5, None));
    /// ```
    ///
    /// # Panics
    /// When `confidence` is not in (0, 1).
    pub fn of(sample: &[f64], confidence: f64) -> Option<Self> {
        let n = sample.len();
        (n > 0).then(|| Self {
            n,
            estimate: mean(sample),
            interval: match n {
                ..FEWEST => None,
                FEWEST..BOOTSTRAP_FROM => student_t_interval(sample, confidence),
                BOOTSTRAP_FROM.. => bca_interval(sample, confidence),
            },
        })
    }
}

impl fmt::Display for MeanMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::StudentT => "Student's t",
            Self::Bca => "BCa bootstrap",
        })
    }
}

/// Student's interval of a mean, exact for normal observations; `None` of fewer than two. Of equal
/// observations it has no width. `Time: O(n)`
///
/// # Formula
/// x̄ ± t √(Σ(x − x̄)²/(n(n − 1))), t the quantile of Student's law with n − 1 degrees of freedom.
///
/// # References
/// Student, "The probable error of a mean", *Biometrika* 6 (1908).
///
/// # Panics
/// When `confidence` is not in (0, 1).
pub fn student_t_interval(sample: &[f64], confidence: f64) -> Option<MeanInterval> {
    assert!(confidence > 0.0 && confidence < 1.0, "{confidence}");
    let freedom = sample.len().checked_sub(1)? as f64;
    // None without degrees of freedom.
    let student = StudentsT::new(0.0, 1.0, freedom).ok()?;
    let mean = mean(sample);
    let squares: f64 = sample.iter().map(|x| (x - mean) * (x - mean)).sum();
    let standard_error = (squares / freedom / sample.len() as f64).sqrt();
    let half = student.inverse_cdf(0.5 + confidence / 2.0) * standard_error;
    Some(MeanInterval {
        low: mean - half,
        high: mean + half,
        method: MeanMethod::StudentT,
    })
}

/// The bias-corrected, accelerated bootstrap interval (BCa) of a mean, for a law that is not known;
/// `None` of an empty sample. Of equal observations it has no width.
/// `Time: O(resamples · n)`, 10,000 resamples
///
/// # Formula
/// Quantiles Φ(z₀ + (z₀ ± z)/(1 − a(z₀ ± z))) of the resampled means, z₀ the normal quantile of the
/// share of them below the estimate, a = Σu³/6(Σu²)^{3/2}, u the deviations from the mean (the
/// jackknife's are proportional).
///
/// # References
/// B. Efron, "Better bootstrap confidence intervals", *JASA* 82 (1987).
///
/// # Panics
/// When `confidence` is not in (0, 1).
pub fn bca_interval(sample: &[f64], confidence: f64) -> Option<MeanInterval> {
    assert!(confidence > 0.0 && confidence < 1.0, "{confidence}");
    let &first = sample.first()?;
    let interval = |low, high| MeanInterval {
        low,
        high,
        method: MeanMethod::Bca,
    };
    if sample.iter().all(|x| *x == first) {
        return Some(interval(first, first));
    }
    let estimate = mean(sample);
    let mut words = Xoshiro256PlusPlus::seed_from_u64(SEED);
    // The high half of word · n is uniform to within n/2⁶⁴.
    let mut drawn =
        || sample[((u128::from(words.next_u64()) * sample.len() as u128) >> 64) as usize];
    let mut resample = sample.to_vec();
    let mut resampled: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            resample.fill_with(&mut drawn);
            mean(&resample)
        })
        .collect();
    resampled.sort_unstable_by(f64::total_cmp);

    let normal = Normal::standard();
    // A mean that is the estimate itself counts half.
    let below = resampled.partition_point(|&x| x < estimate);
    let up_to = resampled.partition_point(|&x| x <= estimate);
    let bias = normal.inverse_cdf((below + up_to) as f64 / (2 * RESAMPLES) as f64);
    let deviations = || sample.iter().map(|x| x - estimate);
    let squares: f64 = deviations().map(|u| u * u).sum();
    let cubes: f64 = deviations().map(|u| u * u * u).sum();
    let acceleration = cubes / (6.0 * squares * squares.sqrt());
    let limit = |p: f64| {
        let z = bias + normal.inverse_cdf(p);
        let share = normal.cdf(bias + z / (1.0 - acceleration * z));
        quantile(&resampled, share).unwrap_or(estimate)
    };
    Some(interval(
        limit(0.5 - confidence / 2.0),
        limit(0.5 + confidence / 2.0),
    ))
}

fn mean(sample: &[f64]) -> f64 {
    sample.iter().sum::<f64>() / sample.len() as f64
}
