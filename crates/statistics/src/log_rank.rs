//! The log-rank test of whether two samples of censored times come from one law.

use crate::Lifetime;

/// Outcome of the log-rank test of two samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogRank {
    /// χ² with one degree of freedom.
    pub statistic: f64,
    /// Probability of one as large, were the laws the same.
    pub p: f64,
}

/// The log-rank test of two samples; `None` where no event tells them apart: there is none, or
/// only one sample was at risk at each. `Time: O(n log n)`
///
/// # Formula
/// (Σ (d₁ − d r₁/r))² / Σ d (r₁/r)(r₂/r)(r − d)/(r − 1) over the times of events, d of them among r
/// lives at risk, d₁ and r₁ those of the first sample.
///
/// # References
/// N. Mantel, "Evaluation of survival data and two new rank order statistics arising in its
/// consideration", *Cancer Chemotherapy Reports* 50 (1966).
pub fn log_rank(one: &[Lifetime], other: &[Lifetime]) -> Option<LogRank> {
    let mut both: Vec<(Lifetime, bool)> = Vec::with_capacity(one.len() + other.len());
    both.extend(one.iter().map(|&life| (life, true)));
    both.extend(other.iter().map(|&life| (life, false)));
    both.sort_unstable_by(|a, b| a.0.time.total_cmp(&b.0.time));
    let (mut r, mut r1) = (both.len() as f64, one.len() as f64);
    let (mut excess, mut variance) = (0.0, 0.0);
    for tied in both.chunk_by(|a, b| a.0.time == b.0.time) {
        let events = tied.iter().filter(|(life, _)| life.observed);
        let d = events.clone().count() as f64;
        let d1 = events.filter(|(_, first)| *first).count() as f64;
        if d > 0.0 {
            excess += d1 - d * r1 / r;
        }
        // A last life left alone has no other to be compared with.
        if d > 0.0 && r > 1.0 {
            variance += d * (r1 / r) * (1.0 - r1 / r) * (r - d) / (r - 1.0);
        }
        r -= tied.len() as f64;
        r1 -= tied.iter().filter(|(_, first)| *first).count() as f64;
    }
    (variance > 0.0).then(|| {
        let statistic = excess * excess / variance;
        LogRank {
            statistic,
            // χ² with one degree of freedom is the square of a normal variable.
            p: libm::erfc((statistic / 2.0).sqrt()),
        }
    })
}
