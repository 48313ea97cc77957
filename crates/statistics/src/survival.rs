//! Times of which some are censored: the Kaplan–Meier estimator and its quantiles.

use crate::normal_bound;

/// How far a survival may be above a level and still count as having reached it: products of
/// fractions are off by roundings. The same as in R's `survival`.
const REACHED: f64 = 1.5e-8;

/// A time at which something happened, or until which it did not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lifetime {
    /// The time of the event, or the last time at which it was looked for.
    pub time: f64,
    /// Whether the event was observed; else it is censored.
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
        self.first_below(1.0 - p, |step| step.survival)
    }

    /// Lower and upper limit of a quantile: the times that a test of S(t) = 1 − p does not
    /// reject. `None` for a limit beyond what was observed. `Time: O(steps)`
    ///
    /// # Formula
    /// {t : |log(−log S(t)) − log(−log(1 − p))| ≤ z σ(t)}, σ the standard error of log(−log S).
    ///
    /// # References
    /// R. Brookmeyer, J. Crowley, "A confidence interval for the median survival time",
    /// *Biometrics* 38 (1982), with the log–log transform, as lifelines and R's `survival` have it.
    pub fn quantile_interval(&self, p: f64, confidence: f64) -> (Option<f64>, Option<f64>) {
        let z = normal_bound(confidence);
        let limit = |sign| self.first_below(1.0 - p, move |step: &Step| step.limit(sign * z));
        (limit(-1.0), limit(1.0))
    }

    fn first_below(&self, level: f64, curve: impl Fn(&Step) -> f64) -> Option<f64> {
        let reached = |step: &&Step| curve(step) <= level + REACHED;
        self.steps.iter().find(reached).map(|step| step.time)
    }
}

impl Step {
    /// Lower and upper limit of S(t), by the log–log transform.
    ///
    /// # Formula
    /// S^exp(±zσ), σ = √(Greenwood's sum)/|log S|; where nobody is left, S = 0 and so are both.
    pub fn survival_interval(&self, confidence: f64) -> (f64, f64) {
        let z = normal_bound(confidence);
        (self.limit(-z), self.limit(z))
    }

    fn limit(&self, z: f64) -> f64 {
        if self.survival <= 0.0 {
            return 0.0;
        }
        let log = libm::log(self.survival);
        let sigma = self.log_variance.sqrt() / log.abs();
        libm::exp(log * libm::exp(-z * sigma))
    }
}
