//! A PAC-Bayes bound on the test error of the signal part of a model.

use crate::normal;
use crate::rows::{Rows, dot};

/// The bound for a classifier drawn at random around the weights of shared columns.
///
/// Training rows have a column of their own that no other row has, so only the other weights say
/// anything of new rows. They are judged on the training rows *without* those columns. Posterior
/// Q = N(v, σ²I), prior P = N(0, σ²I).
///
/// # Formula
/// With probability 1 − δ over the draw of the n rows, for all v at once,
/// R ≤ R̂ + √[(KL + ln(2n/δ)) / 2(n − 1)], KL(Q‖P) = ‖v‖²/2σ², where R is the 0–1 risk of a
/// classifier drawn from Q on a new row, and R̂ its mean risk on the training rows, which is exactly
/// Φ(−y_i v·x_i/σ‖x_i‖) for row i (McAllester, 1999; with the constants of Langford and
/// Shawe-Taylor, 2003).
///
/// σ must be fixed before the rows are seen. [`PacBayes::best`] lets it be chosen among k by giving
/// each a share δ/k.
///
/// # Range
/// Rows drawn independently from one distribution; any v, trained in any way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PacBayes {
    /// Standard deviation σ > 0 of posterior and prior, in units of the weights.
    pub sigma: f64,
    /// Probability δ that the bound fails, 0 < δ < 1.
    pub delta: f64,
}

/// A bound and its parts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// Standard deviation σ it is for.
    pub sigma: f64,
    /// R̂: mean risk on the training rows, signal part alone.
    pub empirical_risk: f64,
    /// KL(Q‖P), in nats.
    pub divergence: f64,
    /// Upper bound on the risk R of the randomised signal part; says nothing from 1 on.
    pub risk: f64,
}

impl PacBayes {
    /// Standard deviations to choose from, fixed before any rows are seen: the powers of two from 1/16 to 2,048.
    pub const SIGMAS: [f64; 16] = [
        0.0625, 0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0,
        1024.0, 2048.0,
    ];

    /// The probability with which a bound may fail, where nothing else is said.
    pub const DELTA: f64 = 0.05;

    /// The bound for these weights on the rows of `labels`, ±1. `Time: O(nnz)`
    ///
    /// # Panics
    /// When there are fewer than two rows, or not as many as labels, or σ or δ is out of range.
    pub fn bound(&self, weights: &[f64], rows: &impl Rows, labels: &[f64]) -> Bound {
        Judged::of(weights, rows, labels).bound(*self)
    }

    /// The least of the bounds for several σ; together they fail with probability `delta`.
    /// `Time: O(nnz + k·n)`
    ///
    /// # Panics
    /// As [`PacBayes::bound`], or without any σ.
    pub fn best(
        sigmas: &[f64],
        delta: f64,
        weights: &[f64],
        rows: &impl Rows,
        labels: &[f64],
    ) -> Bound {
        let judged = Judged::of(weights, rows, labels);
        let share = delta / sigmas.len() as f64;
        let bounds = sigmas.iter().map(|&sigma| {
            judged.bound(Self {
                sigma,
                delta: share,
            })
        });
        bounds
            .min_by(|a, b| a.risk.total_cmp(&b.risk))
            .expect("at least one standard deviation")
    }
}

/// Weights on rows, as far as a bound needs them.
struct Judged {
    /// ‖v‖².
    square: f64,
    /// y_i v·x_i/‖x_i‖, by row; 0 for a row of zeros, which classifiers are right on half the time.
    distances: Vec<f64>,
}

impl Judged {
    fn of(weights: &[f64], rows: &impl Rows, labels: &[f64]) -> Self {
        let n = labels.len();
        assert!(n >= 2, "{n} rows, expected at least 2");
        assert_eq!(rows.rows(), n, "rows, of so many labels");
        let distances = labels.iter().enumerate().map(|(i, y)| {
            let length = rows.square(i).sqrt();
            match length {
                0.0 => 0.0,
                _ => y * rows.dot(i, weights) / length,
            }
        });
        Self {
            square: dot(weights, weights),
            distances: distances.collect(),
        }
    }

    fn bound(&self, pac_bayes: PacBayes) -> Bound {
        let PacBayes { sigma, delta } = pac_bayes;
        assert!(sigma > 0.0, "standard deviation {sigma}, expected above 0");
        assert!(delta > 0.0 && delta < 1.0, "probability {delta} of failure");
        let n = self.distances.len() as f64;
        let risks = self.distances.iter().map(|x| normal::cdf(-x / sigma));
        let empirical_risk = risks.sum::<f64>() / n;
        let divergence = self.square / (2.0 * sigma * sigma);
        let excess = (divergence + libm::log(2.0 * n / delta)) / (2.0 * (n - 1.0));
        Bound {
            sigma,
            empirical_risk,
            divergence,
            risk: empirical_risk + excess.sqrt(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assert_close;
    use crate::rows::DenseRows;

    const NUMBERS: [f64; 8] = [1.0, 0.5, -0.3, 2.0, 0.0, -1.0, 0.7, -0.2];
    const LABELS: [f64; 4] = [1.0, 1.0, -1.0, -1.0];

    fn rows() -> DenseRows<'static> {
        DenseRows::new(&NUMBERS, 2)
    }

    /// ```text
    /// import numpy as np; from scipy.stats import norm
    /// X = np.array([1, .5, -.3, 2, 0, -1, .7, -.2]).reshape(4, 2); y = np.array([1, 1, -1, -1])
    /// v = np.array([1.2, .4]); s = .8; kl = v @ v/(2*s*s)
    /// r = norm.cdf(-y*(X @ v)/(s*np.linalg.norm(X, axis=1))).mean()
    /// print(r, kl, r + np.sqrt((kl + np.log(8/.05))/6))
    /// ```
    #[test]
    fn agrees_with_scipy() {
        let pac_bayes = PacBayes {
            sigma: 0.8,
            delta: 0.05,
        };
        let bound = pac_bayes.bound(&[1.2, 0.4], &rows(), &LABELS);
        assert_close(bound.empirical_risk, 0.416_042_047_531_688_3, 1e-13);
        assert_close(bound.divergence, 1.25, 1e-14);
        assert_close(bound.risk, 1.442_782_343_746_999, 1e-13);
    }

    /// Classifiers drawn from the posterior, with numpy's random numbers:
    ///
    /// ```text
    /// W = v + s*np.random.default_rng(0).standard_normal((10**7, 2))
    /// print(np.mean([np.mean(y[i]*(W @ X[i]) < 0) for i in range(4)]))
    /// ```
    #[test]
    fn the_empirical_risk_is_that_of_drawn_classifiers() {
        let pac_bayes = PacBayes {
            sigma: 0.8,
            delta: 0.05,
        };
        let bound = pac_bayes.bound(&[1.2, 0.4], &rows(), &LABELS);
        // Standard error of 4·10⁷ draws of ½: at most 1.6e-4, less as rows share classifiers.
        assert!((bound.empirical_risk - 0.415_986_875).abs() < 3e-4);
    }

    #[test]
    fn choosing_sigma_costs_its_share() {
        let signal = [1.2, 0.4];
        let best = PacBayes::best(&[0.1, 1.0, 10.0], 0.05, &signal, &rows(), &LABELS);
        let alone = PacBayes {
            sigma: best.sigma,
            delta: 0.05,
        };
        assert!(best.risk > alone.bound(&signal, &rows(), &LABELS).risk);
        let other = PacBayes {
            sigma: 0.1,
            delta: 0.05 / 3.0,
        };
        assert!(best.risk <= other.bound(&signal, &rows(), &LABELS).risk);
    }

    #[test]
    fn zero_weights_are_right_half_the_time_and_cost_nothing() {
        let pac_bayes = PacBayes {
            sigma: 1.0,
            delta: 0.05,
        };
        let bound = pac_bayes.bound(&[0.0, 0.0], &rows(), &LABELS);
        assert_eq!((bound.empirical_risk, bound.divergence), (0.5, 0.0));
    }
}
