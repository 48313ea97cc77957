//! Straight lines through points: exponents, when both coordinates are logarithms.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// A line y = slope · x + intercept, and an interval that holds the true slope.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Points it was fitted to.
    pub n: usize,
    /// Slope.
    pub slope: f64,
    /// Lower limit of the slope.
    pub low: f64,
    /// Upper limit of the slope.
    pub high: f64,
    /// Intercept.
    pub intercept: f64,
}

/// Fits a line by least squares; `None` for fewer than three points, which leave no residual to
/// judge the slope by, or for points of one x. `Time: O(n)`
///
/// # Formula
/// slope = Σ(x − x̄)(y − ȳ)/Σ(x − x̄)², ± t s/√Σ(x − x̄)², s² = Σ residual²/(n − 2), t the quantile
/// of Student's law with n − 2 degrees of freedom.
///
/// ```
/// use sparsegrok_study::statistics::fit_line;
///
/// let line = fit_line(&[(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)], 0.95).unwrap();
/// assert_eq!((line.slope, line.intercept), (2.0, 1.0));
/// assert_eq!((line.low, line.high), (2.0, 2.0));
/// assert_eq!(fit_line(&[(0.0, 1.0), (1.0, 3.0)], 0.95), None);
/// ```
///
/// # Panics
/// When `confidence` is not in (0, 1).
pub fn fit_line(points: &[(f64, f64)], confidence: f64) -> Option<Line> {
    assert!(confidence > 0.0 && confidence < 1.0, "{confidence}");
    let n = points.len();
    if n < 3 {
        return None;
    }
    let count = n as f64;
    let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / count;
    let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / count;
    let centred = || points.iter().map(|(x, y)| (x - mean_x, y - mean_y));
    let square = centred().map(|(x, _)| x * x).sum::<f64>();
    if square == 0.0 {
        return None;
    }
    let slope = centred().map(|(x, y)| x * y).sum::<f64>() / square;
    let residuals = centred().map(|(x, y)| y - slope * x);
    let residual_square = residuals.map(|r| r * r).sum::<f64>();
    let error = (residual_square / (count - 2.0) / square).sqrt();
    let student = StudentsT::new(0.0, 1.0, count - 2.0).ok()?;
    let half = student.inverse_cdf(0.5 + confidence / 2.0) * error;
    Some(Line {
        n,
        slope,
        low: slope - half,
        high: slope + half,
        intercept: mean_y - slope * mean_x,
    })
}
