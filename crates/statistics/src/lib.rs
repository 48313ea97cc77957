//! Statistics of many runs: shares, times some of which are censored, means and medians with their
//! intervals, slopes, variance components of crossed designs.
//!
//! Each function takes plain numbers and knows nothing of studies. An interval is there only where
//! the sample is large enough for it to hold the true value about as often as its confidence says,
//! and is `None` elsewhere. Logarithms and special functions
//! are those of `libm` and of `statrs` built upon it, so that a summary is the same on every
//! machine.

mod components;
mod distribution;
mod elimination;
mod fit;
mod group_test;
mod interval_likelihood;
mod log_rank;
mod mean;
mod median;
mod proportion;
mod reml;
mod survival;
mod turnbull;

use serde::{Deserialize, Deserializer};
use statrs::distribution::{ContinuousCDF, Normal};

pub use components::{Component, ComponentsError, Limits, VarianceComponents};
pub use distribution::{Distribution, quantile, quantile_has_interval};
pub use fit::{Line, Slope, common_slope, fit_line};
pub use group_test::{GroupTest, LogRankScores, interval_log_rank, log_rank_groups};
pub use log_rank::{LogRank, log_rank};
pub use mean::{Mean, MeanInterval, MeanMethod, bca_interval, student_t_interval};
pub use median::{Median, median_interval};
pub use proportion::{Proportion, wilson};
pub use survival::{KaplanMeier, Lifetime, Step};
pub use turnbull::{
    IntervalError, IntervalTime, Mass, Turnbull, interval_quantile_bootstrap,
    interval_quantile_limits,
};

/// The confidence of every interval in summaries and reports.
pub const CONFIDENCE: f64 = 0.95;

/// The number of standard deviations within which a normal variable stays with this probability.
fn normal_bound(confidence: f64) -> f64 {
    Normal::standard().inverse_cdf(0.5 + confidence / 2.0)
}

/// A number of a JSON file, which has `null` for those that are not finite.
fn number_or_nan<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
}
