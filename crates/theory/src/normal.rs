//! The standard normal distribution.

use statrs::function::erf::erfc_inv;

/// Φ(x), the share of a standard normal below x.
pub fn cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// φ(x), the density of a standard normal.
pub(crate) fn density(x: f64) -> f64 {
    libm::exp(-0.5 * x * x) * 0.398_942_280_401_432_7
}

/// Φ⁻¹(p), 0 < p < 1.
pub fn quantile(p: f64) -> f64 {
    -std::f64::consts::SQRT_2 * erfc_inv(2.0 * p)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assert_close;

    /// `python -c "from scipy.stats import norm; print(norm.cdf([-3, .5]), norm.ppf([.01, .99, .9]))"`
    #[test]
    fn agrees_with_scipy() {
        assert_close(cdf(-3.0), 0.0013498980316300933, 1e-12);
        assert_close(cdf(0.5), 0.6914624612740131, 1e-12);
        assert_close(quantile(0.01), -2.3263478740408408, 1e-12);
        assert_close(quantile(0.9), 1.2815515655446004, 1e-12);
    }
}
