//! A sample in brief: mean and quantiles.

use serde::{Deserialize, Serialize};

use crate::number_or_nan;

/// A sample in brief: its size, mean and quantiles.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each is the quantile it is named for")]
pub struct Distribution {
    /// Size of the sample.
    pub n: usize,
    /// Mean, summed in the sample's order.
    #[serde(deserialize_with = "number_or_nan")]
    pub mean: f64,
    #[serde(deserialize_with = "number_or_nan")]
    pub q05: f64,
    #[serde(deserialize_with = "number_or_nan")]
    pub q25: f64,
    #[serde(deserialize_with = "number_or_nan")]
    pub q50: f64,
    #[serde(deserialize_with = "number_or_nan")]
    pub q75: f64,
    #[serde(deserialize_with = "number_or_nan")]
    pub q95: f64,
}

impl Distribution {
    /// Describes a sample, `None` an empty one; NaN stands for an observation that does not exist.
    /// Reorders the sample. `Time: O(n log n)`
    pub fn of(sample: &mut Vec<f64>) -> Option<Self> {
        sample.retain(|x| !x.is_nan());
        let n = sample.len();
        let mean = sample.iter().sum::<f64>() / n as f64;
        sample.sort_unstable_by(f64::total_cmp);
        let [q05, q25, q50, q75, q95] =
            [0.05, 0.25, 0.5, 0.75, 0.95].map(|p| quantile(sample, p).unwrap_or(f64::NAN));
        (n > 0).then_some(Self {
            n,
            mean,
            q05,
            q25,
            q50,
            q75,
            q95,
        })
    }
}

/// The p-quantile of an ascending sample, 0 ≤ p ≤ 1, `None` of an empty one.
///
/// # Formula
/// x_⌊h⌋ + (h − ⌊h⌋)(x_⌊h⌋₊₁ − x_⌊h⌋), h = p(n − 1), indices from 0: definition 7 of R. J. Hyndman
/// and Y. Fan, "Sample Quantiles in Statistical Packages", *The American Statistician* 50 (1996),
/// the default of R and NumPy.
///
/// ```
/// use sparsegrok_statistics::quantile;
///
/// assert_eq!(quantile(&[1.0, 2.0, 4.0, 8.0], 0.5), Some(3.0));
/// assert_eq!(quantile(&[], 0.5), None);
/// ```
pub fn quantile(ascending: &[f64], p: f64) -> Option<f64> {
    let h = p * ascending.len().checked_sub(1)? as f64;
    let below = *ascending.get(h.floor() as usize)?;
    let above = *ascending.get(h.ceil() as usize)?;
    // Infinite neighbours have no difference.
    if below == above {
        return Some(below);
    }
    Some(below + (h - h.floor()) * (above - below))
}

/// Returns true if the range of `n` observations contains the p-quantile of any continuous law with
/// this confidence. Fewer observations give no interval that assumes nothing of the law. At 0.95 a median
/// needs six observations, a quartile thirteen.
///
/// # Formula
/// max(p, 1 − p)^n ≤ (1 − confidence)/2: neither all below the quantile, nor all above, more often.
///
/// ```
/// use sparsegrok_statistics::quantile_has_interval;
///
/// assert!(quantile_has_interval(6, 0.5, 0.95));
/// assert!(!quantile_has_interval(5, 0.5, 0.95));
/// ```
pub fn quantile_has_interval(n: usize, p: f64, confidence: f64) -> bool {
    libm::pow(p.max(1.0 - p), n as f64) <= 0.5 - confidence / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_numpy() {
        // numpy.quantile([0.1, 0.7, 1.5, 2, 9], [.05, .25, .5, .75, .95])
        let mut sample = vec![9.0, 0.1, f64::NAN, 2.0, 0.7, 1.5];
        let d = Distribution::of(&mut sample).unwrap();
        assert_eq!((d.n, d.q25, d.q50, d.q75), (5, 0.7, 1.5, 2.0));
        assert!((d.q05 - 0.22).abs() < 1e-15);
        assert!((d.q95 - 7.6).abs() < 1e-14);
        assert!((d.mean - 2.66).abs() < 1e-15);
    }

    #[test]
    fn edges_of_samples() {
        assert_eq!(Distribution::of(&mut vec![f64::NAN]), None);
        let one = Distribution::of(&mut vec![3.0]).unwrap();
        assert_eq!((one.n, one.mean, one.q05, one.q95), (1, 3.0, 3.0, 3.0));
        assert_eq!(
            quantile(&[1.0, f64::INFINITY, f64::INFINITY], 0.75),
            Some(f64::INFINITY)
        );
        assert_eq!(quantile(&[0.0, 1.0], 0.0), Some(0.0));
        assert_eq!(quantile(&[0.0, 1.0], 1.0), Some(1.0));
    }
}
