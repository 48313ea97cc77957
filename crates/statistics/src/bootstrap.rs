//! Intervals by resampling, for quantities whose law is not known: the paired bootstrap.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};
use statrs::distribution::{ContinuousCDF, Normal};

use crate::distribution::{median, quantile};

/// Resamples of every interval.
const RESAMPLES: usize = 10_000;

/// Seed of the resampling, fixed: an interval is a function of its sample.
const SEED: u64 = 0xe377_9b97_f4a7_c150;

/// What is estimated from a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistic {
    /// Its mean.
    Mean,
    /// Its median.
    Median,
}

/// An estimate, and an interval that holds the true value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bootstrap {
    /// The statistic of the sample.
    pub estimate: f64,
    /// Lower limit.
    pub low: f64,
    /// Upper limit.
    pub high: f64,
}

/// A statistic of a sample with its bias-corrected, accelerated bootstrap interval (BCa); `None`
/// for an empty sample. For pairs, the sample is that of their differences.
/// `Time: O(resamples · n)`, 10,000 resamples
///
/// A sample of one, or of equal numbers, has an interval without width: nothing is known of its
/// spread.
///
/// # Formula
/// Quantiles Φ(z₀ + (z₀ ± z)/(1 − a(z₀ ± z))) of the resampled statistics, z₀ the normal quantile of
/// the share of them below the estimate, a = Σu³/6(Σu²)^{3/2}, u the jackknife's deviations.
///
/// # References
/// B. Efron, "Better bootstrap confidence intervals", *JASA* 82 (1987).
///
/// # Panics
/// When `confidence` is not in (0, 1).
pub fn bootstrap(sample: &[f64], statistic: Statistic, confidence: f64) -> Option<Bootstrap> {
    assert!(confidence > 0.0 && confidence < 1.0, "{confidence}");
    if sample.is_empty() {
        return None;
    }
    let mut scratch = sample.to_vec();
    let estimate = statistic.of(&mut scratch);
    if sample.iter().all(|x| *x == sample[0]) {
        return Some(Bootstrap {
            estimate,
            low: estimate,
            high: estimate,
        });
    }
    let mut words = Xoshiro256PlusPlus::seed_from_u64(SEED);
    // The high half of word · n is uniform to within n / 2^64.
    let mut drawn =
        || sample[((u128::from(words.next_u64()) * sample.len() as u128) >> 64) as usize];
    let mut resampled: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            scratch.fill_with(&mut drawn);
            statistic.of(&mut scratch)
        })
        .collect();
    resampled.sort_unstable_by(f64::total_cmp);

    let normal = Normal::standard();
    let below = resampled.partition_point(|&x| x < estimate);
    let up_to = resampled.partition_point(|&x| x <= estimate);
    let bias = normal.inverse_cdf((below + up_to) as f64 / (2 * RESAMPLES) as f64);
    let acceleration = acceleration(sample, statistic);
    let limit = |p: f64| {
        let z = bias + normal.inverse_cdf(p);
        let share = normal.cdf(bias + z / (1.0 - acceleration * z));
        quantile(&resampled, share).unwrap_or(estimate)
    };
    Some(Bootstrap {
        estimate,
        low: limit(0.5 - confidence / 2.0),
        high: limit(0.5 + confidence / 2.0),
    })
}

/// How fast the statistic's spread changes with its value, from leaving out one at a time.
fn acceleration(sample: &[f64], statistic: Statistic) -> f64 {
    let without = |left_out: usize| {
        let mut rest = [&sample[..left_out], &sample[left_out + 1..]].concat();
        statistic.of(&mut rest)
    };
    let left_out: Vec<f64> = (0..sample.len()).map(without).collect();
    let mean = left_out.iter().sum::<f64>() / left_out.len() as f64;
    let (mut squares, mut cubes) = (0.0, 0.0);
    for u in left_out.iter().map(|x| mean - x) {
        squares += u * u;
        cubes += u * u * u;
    }
    if squares == 0.0 {
        return 0.0;
    }
    cubes / (6.0 * squares * squares.sqrt())
}

impl Statistic {
    /// Its value; may reorder the sample.
    fn of(self, sample: &mut [f64]) -> f64 {
        match self {
            Self::Mean => sample.iter().sum::<f64>() / sample.len() as f64,
            Self::Median => median(sample),
        }
    }
}
