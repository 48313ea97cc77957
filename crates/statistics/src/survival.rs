//! Times of which some are censored: the Kaplan–Meier estimator and its quantiles.

use crate::{normal_bound, quantile_has_interval};

/// Excess over a level at which a survival still counts as having reached it: products of fractions
/// are off by roundings. The same as in R's `survival`.
const REACHED: f64 = 1.5e-8;

/// A time at which something happened, or until which it did not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lifetime {
    /// The time of the event, or the last time at which it was looked for.
    pub time: f64,
    /// True where the event was observed, false where it is censored.
    pub observed: bool,
}

impl Lifetime {
    /// An event at this time, or none until the horizon.
    pub fn of(event: Option<f64>, horizon: f64) -> Self {
        Self {
            time: event.unwrap_or(horizon),
            observed: event.is_some(),
        }
    }
}

/// The Kaplan–Meier estimate S(t) of the share of lives that last beyond t.
#[derive(Clone, Debug, PartialEq)]
pub struct KaplanMeier {
    n: usize,
    steps: Vec<Step>,
}

/// A time at which events were observed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The time.
    pub time: f64,
    /// Lives that had lasted until then.
    pub at_risk: usize,
    /// Events at this time.
    pub events: usize,
    /// S(t) from this time on.
    pub survival: f64,
    /// Greenwood's sum Σ d/(r(r−d)) up to this time, the variance of log S(t).
    pub log_variance: f64,
}

impl KaplanMeier {
    /// Estimates from a sample, in any order. `Time: O(n log n)`
    ///
    /// # Formula
    /// S(t) = Π (1 − d/r) over the times up to t, d events among the r lives at risk; a life
    /// censored at the time of an event was at risk.
    ///
    /// # References
    /// E. L. Kaplan, P. Meier, "Nonparametric estimation from incomplete observations", *JASA* 53
    /// (1958).
    ///
    /// ```
    /// use sparsegrok_statistics::{KaplanMeier, Lifetime};
    ///
    /// // Two runs generalized, at epochs 300 and 500; one had not by epoch 900.
    /// let runs = [Some(300.0), Some(500.0), None].map(|t_gen| Lifetime::of(t_gen, 900.0));
    /// let curve = KaplanMeier::of(&runs);
    /// assert_eq!((curve.events(), curve.censored()), (2, 1));
    /// assert_eq!(curve.quantile(0.5), Some(500.0));
    /// assert_eq!(curve.quantile(0.9), None);
    /// ```
    pub fn of(sample: &[Lifetime]) -> Self {
        let mut sorted = sample.to_vec();
        sorted.sort_unstable_by(|a, b| a.time.total_cmp(&b.time));
        let mut steps = Vec::new();
        let (mut survival, mut log_variance) = (1.0, 0.0);
        let mut at_risk = sorted.len();
        for tied in sorted.chunk_by(|a, b| a.time == b.time) {
            let events = tied.iter().filter(|life| life.observed).count();
            if events > 0 {
                let (r, d) = (at_risk as f64, events as f64);
                survival *= (r - d) / r;
                log_variance += d / (r * (r - d));
                steps.push(Step {
                    time: tied[0].time,
                    at_risk,
                    events,
                    survival,
                    log_variance,
                });
            }
            at_risk -= tied.len();
        }
        Self {
            n: sorted.len(),
            steps,
        }
    }

    /// Size of the sample.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Lives of which the event was observed.
    pub fn events(&self) -> usize {
        self.steps.iter().map(|step| step.events).sum()
    }

    /// Lives of which it was not.
    pub fn censored(&self) -> usize {
        self.n - self.events()
    }

    /// The times of events, ascending.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The time by which a share p has had the event: the first with S(t) ≤ 1 − p. `None` where
    /// that is beyond what was observed. `Time: O(steps)`
    pub fn quantile(&self, p: f64) -> Option<f64> {
        self.first_below(1.0 - p, self.steps.iter().map(|step| step.survival))
    }

    /// Lower and upper limit of a quantile: the times that a test of S(t) = 1 − p does not
    /// reject. `None` for a limit beyond what was observed, and for both where
    /// [`quantile_has_interval`] says that the sample is too small for any. `Time: O(steps)`
    ///
    /// # Formula
    /// {t : |log(−log S(t)) − log(−log(1 − p))| ≤ z σ(t)}, σ the standard error of log(−log S).
    ///
    /// # References
    /// R. Brookmeyer, J. Crowley, "A confidence interval for the median survival time",
    /// *Biometrics* 38 (1982), with the log–log transform, as lifelines and R's `survival` have it.
    ///
    /// # Panics
    /// When `confidence` is not in (0, 1).
    pub fn quantile_interval(&self, p: f64, confidence: f64) -> (Option<f64>, Option<f64>) {
        if !quantile_has_interval(self.n, p, confidence) {
            return (None, None);
        }
        let limits = self.survival_intervals(confidence);
        let lows = limits.iter().map(|(low, _)| *low);
        let highs = limits.iter().map(|(_, high)| *high);
        (
            self.first_below(1.0 - p, lows),
            self.first_below(1.0 - p, highs),
        )
    }

    /// The first time at which a curve, given at the times of events, is not above a level.
    fn first_below(&self, level: f64, curve: impl Iterator<Item = f64>) -> Option<f64> {
        let mut steps = self.steps.iter().zip(curve);
        let reached = steps.find(|(_, value)| *value <= level + REACHED);
        reached.map(|(step, _)| step.time)
    }

    /// Lower and upper limit of S(t) from each time of events on, by the log–log transform.
    /// `Time: O(steps)`
    ///
    /// # Formula
    /// S^exp(±zσ), σ = √(Greenwood's sum)/|log S|. Where nobody is left, S = 0 has no logarithm: the
    /// lower limit is 0, and the upper that before, times 1 − ((1 − confidence)/2)^{1/d}, the exact
    /// one of a share of which all d lives at risk saw nothing.
    ///
    /// # References
    /// C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial limits illustrated in the
    /// case of the binomial", *Biometrika* 26 (1934), for the last.
    ///
    /// # Panics
    /// When `confidence` is not in (0, 1).
    pub fn survival_intervals(&self, confidence: f64) -> Vec<(f64, f64)> {
        assert!(confidence > 0.0 && confidence < 1.0, "{confidence}");
        let z = normal_bound(confidence);
        let tail = 0.5 - confidence / 2.0;
        let mut high = 1.0;
        let steps = self.steps.iter().map(|step| {
            if step.survival > 0.0 {
                high = step.limit(z);
                return (step.limit(-z), high);
            }
            let none_of = |events: f64| 1.0 - libm::pow(tail, 1.0 / events);
            (0.0, high * none_of(step.events as f64))
        });
        steps.collect()
    }
}

impl Step {
    /// S^exp(−zσ), for S above 0.
    fn limit(&self, z: f64) -> f64 {
        let log = libm::log(self.survival);
        let sigma = self.log_variance.sqrt() / log.abs();
        libm::exp(log * libm::exp(-z * sigma))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed(times: &[f64]) -> KaplanMeier {
        let lives: Vec<_> = times.iter().map(|&t| Lifetime::of(Some(t), t)).collect();
        KaplanMeier::of(&lives)
    }

    #[test]
    fn fewer_than_six_lives_have_no_interval_of_their_median() {
        for n in 1..6 {
            let times: Vec<f64> = (1..=n).map(f64::from).collect();
            let curve = observed(&times);
            assert!(curve.quantile(0.5).is_some());
            assert_eq!(curve.quantile_interval(0.5, 0.95), (None, None), "n = {n}");
        }
        // Of six that are all different, the last may be below the median once in 64 times, but by
        // the log–log limit of S before it, 0.517, this is not excluded.
        let six = observed(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(six.quantile_interval(0.5, 0.95), (Some(1.0), None));
        // A quartile needs thirteen.
        assert_eq!(six.quantile_interval(0.25, 0.95), (None, None));
    }

    #[test]
    fn the_end_of_all_lives_is_not_certain() {
        // All at once: 1 − 0.025^{1/n}, scipy.stats.beta.ppf(0.975, 1, n).
        for (n, limit) in [(2, 0.841_886_116_991_581), (8, 0.369_416_647_552_819_2)] {
            let limits = observed(&vec![7.0; n]).survival_intervals(0.95);
            let [(low, high)] = limits[..] else {
                panic!("{limits:?}");
            };
            assert!(low == 0.0 && (high - limit).abs() < 1e-12, "{high}");
        }
        // Eight at once are enough to say that the median is not later.
        let eight = observed(&[7.0; 8]);
        assert_eq!(eight.quantile_interval(0.5, 0.95), (Some(7.0), Some(7.0)));
        // One life is left to be seen of six: nearly all may yet be later.
        let mut lives = vec![Lifetime::of(None, 1.0); 5];
        lives.push(Lifetime::of(Some(3.0), 3.0));
        let curve = KaplanMeier::of(&lives);
        assert_eq!(curve.quantile(0.5), Some(3.0));
        assert_eq!(curve.quantile_interval(0.5, 0.95).1, None);
    }
}
