//! A share of runs, with its interval.

use serde::{Deserialize, Serialize};

use crate::normal_bound;

/// A share, and an interval that holds the true one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proportion {
    /// The share observed.
    pub estimate: f64,
    /// Lower limit.
    pub low: f64,
    /// Upper limit.
    pub high: f64,
}

/// The share of `successes` in `n`, with Wilson's interval; `None` where n = 0.
///
/// Unlike p ± z√(p(1−p)/n), the interval stays within [0, 1] and keeps its coverage near the ends,
/// where most cells of a phase diagram are.
///
/// # Formula
/// (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n), z the normal quantile of the confidence.
///
/// # References
/// E. B. Wilson, "Probable inference, the law of succession, and statistical inference", *JASA* 22
/// (1927).
///
/// ```
/// use sparsegrok_statistics::wilson;
///
/// let all = wilson(32, 32, 0.95).unwrap();
/// assert_eq!((all.estimate, all.high), (1.0, 1.0));
/// assert!((all.low - 0.8928).abs() < 1e-4);
/// ```
///
/// # Panics
/// When there are more successes than trials, or `confidence` is not in (0, 1).
pub fn wilson(successes: u64, n: u64, confidence: f64) -> Option<Proportion> {
    assert!(successes <= n, "{successes} successes in {n} trials");
    assert!(confidence > 0.0 && confidence < 1.0, "{confidence}");
    if n == 0 {
        return None;
    }
    let (estimate, n) = (successes as f64 / n as f64, n as f64);
    let z = normal_bound(confidence);
    let centre = estimate + z * z / (2.0 * n);
    let spread = z * (estimate * (1.0 - estimate) / n + (z / (2.0 * n)) * (z / (2.0 * n))).sqrt();
    let limit = |end: f64| end / (1.0 + z * z / n);
    Some(Proportion {
        estimate,
        // At the ends of [0, 1] the formula gives them but for rounding.
        low: if estimate == 0.0 {
            0.0
        } else {
            limit(centre - spread)
        },
        high: if estimate == 1.0 {
            1.0
        } else {
            limit(centre + spread)
        },
    })
}
