//! What many runs tell: shares, times some of which are censored, differences, slopes.
//!
//! Each function takes plain numbers and knows nothing of studies. Logarithms and special functions
//! are those of `libm` and of `statrs` built upon it, so that a summary is the same on every
//! machine.

mod bootstrap;
mod distribution;
mod fit;
mod log_rank;
mod median;
mod proportion;
mod survival;

use serde::{Deserialize, Deserializer};
use statrs::distribution::{ContinuousCDF, Normal};

pub use bootstrap::{Bootstrap, Statistic, bootstrap};
pub use distribution::{Distribution, quantile};
pub use fit::{Line, Slope, common_slope, fit_line};
pub use log_rank::{LogRank, log_rank};
pub use median::{Median, median_interval};
pub use proportion::{Proportion, wilson};
pub use survival::{KaplanMeier, Lifetime, Step};

/// The confidence of every interval in summaries and reports.
pub const CONFIDENCE: f64 = 0.95;

/// How many standard deviations from its mean a normal variable stays, with this probability.
fn normal_bound(confidence: f64) -> f64 {
    Normal::standard().inverse_cdf(0.5 + confidence / 2.0)
}

/// A number of a JSON file, which has `null` for those that are not finite.
fn number_or_nan<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
}
