//! Shares and medians with their intervals, as text.

use sparsegrok_statistics::{CONFIDENCE, Proportion, quantile_has_interval};
use sparsegrok_study::summary::Times;

use crate::number::{Decimals, interval};

/// A share of runs: `7 of 64, 11 % [5, 21]`; `None` where there are no runs.
pub(crate) fn share(count: u64, runs: u64, share: Option<Proportion>) -> String {
    let Some(Proportion {
        estimate,
        low,
        high,
    }) = share
    else {
        return "no runs".to_owned();
    };
    let [estimate, low, high] = [estimate, low, high].map(|share| 100.0 * share);
    let decimals = Decimals::of_interval(estimate, low, high);
    let [estimate, low, high] = [estimate, low, high].map(|percent| decimals.text(percent));
    format!("{count} of {runs}, {estimate} % [{low}, {high}]")
}

/// A median with its limits, if there are enough runs for an interval; ∞ where one is beyond what
/// was observed.
pub(crate) fn median(times: &Times) -> String {
    let limit = |x: Option<f64>| x.unwrap_or(f64::INFINITY);
    let median = limit(times.median);
    match quantile_has_interval(times.n, 0.5, CONFIDENCE) {
        _ if times.n == 0 => "no runs".to_owned(),
        true => interval(median, limit(times.low), limit(times.high)),
        false => Decimals::of_interval(median, median, median).text(median),
    }
}
