//! The median of a few measurements, with an interval that assumes nothing of their law.

use statrs::distribution::{Binomial, DiscreteCDF};

use crate::distribution::quantile;

/// A median, and an interval that holds the true one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Median {
    /// Size of the sample.
    pub n: usize,
    /// The sample's median.
    pub estimate: f64,
    /// Lower limit, an element of the sample.
    pub low: f64,
    /// Upper limit, an element of the sample.
    pub high: f64,
}

/// The median of a sample, with the interval between two of its elements that holds the true one at
/// least as often as `confidence` says; `None` where even the whole range does so less often: at
/// 0.95, of fewer than six elements. `Time: O(n log n)`
///
/// # Formula
/// [x₍ₖ₎, x₍ₙ₊₁₋ₖ₎], k the largest number with P(B < k) ≤ (1 − confidence)/2, B binomial of n trials at
/// ½: as many elements lie below the true median, whatever the law.
///
/// # References
/// H. A. David and H. N. Nagaraja, *Order Statistics*, 3rd edition (2003), section 7.1.
///
/// ```
/// use sparsegrok_statistics::median_interval;
///
/// let ratios = [1.9, 2.0, 2.3, 2.1, 2.0, 2.2, 2.0];
/// let median = median_interval(&ratios, 0.95).unwrap();
/// assert_eq!((median.estimate, median.low, median.high), (2.0, 1.9, 2.3));
/// assert_eq!(median_interval(&ratios[..5], 0.95), None);
/// ```
///
/// # Panics
/// When `confidence` is not in (0, 1).
pub fn median_interval(sample: &[f64], confidence: f64) -> Option<Median> {
    assert!(confidence > 0.0 && confidence < 1.0, "{confidence}");
    let n = sample.len();
    let below = Binomial::new(0.5, n as u64).ok()?;
    let k = below.inverse_cdf(0.5 - confidence / 2.0) as usize;
    let mut ascending = sample.to_vec();
    ascending.sort_unstable_by(f64::total_cmp);
    Some(Median {
        n,
        estimate: quantile(&ascending, 0.5)?,
        low: ascending[k.checked_sub(1)?],
        high: ascending[n - k],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ranks as tabulated for the sign test's interval at 95 %.
    #[test]
    fn ranks_are_those_of_the_tables() {
        for (n, low, high) in [
            (6, 1, 6),
            (8, 1, 8),
            (9, 2, 8),
            (10, 2, 9),
            (15, 4, 12),
            (20, 6, 15),
            (25, 8, 18),
            (30, 10, 21),
            (100, 40, 61),
        ] {
            let ranks: Vec<f64> = (1..=n).rev().map(f64::from).collect();
            let median = median_interval(&ranks, 0.95).unwrap();
            let expected = (f64::from(low), f64::from(high));
            assert_eq!((median.low, median.high), expected, "n = {n}");
            assert_eq!(median.estimate, f64::from(n + 1) / 2.0);
        }
        for n in 0..6 {
            assert_eq!(median_interval(&vec![1.0; n], 0.95), None);
        }
    }
}
