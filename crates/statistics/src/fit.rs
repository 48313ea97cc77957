//! Straight lines through points: exponents, when both coordinates are logarithms.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// A slope, and an interval that holds the true one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slope {
    /// Points it was fitted to.
    pub n: usize,
    /// Slope.
    pub estimate: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Lower limit.
    pub low: f64,
    /// Upper limit.
    pub high: f64,
}

/// A line y = slope · x + intercept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// Slope.
    pub slope: Slope,
    /// Intercept.
    pub intercept: f64,
}

/// Fits a line by least squares; `None` for fewer than three points, which leave no residual to
/// judge the slope by, or for points of one x. `Time: O(n)`
///
/// ```
/// use sparsegrok_statistics::fit_line;
///
/// let line = fit_line(&[(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)], 0.95).unwrap();
/// assert_eq!((line.slope.estimate, line.intercept), (2.0, 1.0));
/// assert_eq!((line.slope.low, line.slope.high), (2.0, 2.0));
/// assert_eq!(fit_line(&[(0.0, 1.0), (1.0, 3.0)], 0.95), None);
/// ```
///
/// # Panics
/// When `confidence` is not in (0, 1).
pub fn fit_line(points: &[(f64, f64)], confidence: f64) -> Option<Line> {
    let slope = common_slope(&[points], confidence)?;
    let (mean_x, mean_y) = means(points);
    Some(Line {
        slope,
        intercept: mean_y - slope.estimate * mean_x,
    })
}

/// Fits lines of one slope, each with an intercept of its own, to groups of points by least
/// squares; `None` where no residual is left to judge the slope by, or x is the same throughout
/// every group. Groups of fewer than two points tell nothing and are left out. `Time: O(n)`
///
/// # Formula
/// slope = Σ(x − x̄)(y − ȳ)/Σ(x − x̄)², means over the point's group; ± t s/√Σ(x − x̄)²,
/// s² = Σ residual²/f, t the quantile of Student's law with f = n − groups − 1 degrees of freedom.
///
/// # Panics
/// When `confidence` is not in (0, 1).
pub fn common_slope<P: AsRef<[(f64, f64)]>>(groups: &[P], confidence: f64) -> Option<Slope> {
    assert!(confidence > 0.0 && confidence < 1.0, "{confidence}");
    let groups = || groups.iter().map(AsRef::as_ref).filter(|g| g.len() > 1);
    let n = groups().map(<[_]>::len).sum::<usize>();
    let freedom = n.checked_sub(groups().count() + 1).filter(|&f| f > 0)? as f64;
    let centred = || {
        groups().flat_map(|points| {
            let (mean_x, mean_y) = means(points);
            points.iter().map(move |(x, y)| (x - mean_x, y - mean_y))
        })
    };
    let square = centred().map(|(x, _)| x * x).sum::<f64>();
    if square == 0.0 {
        return None;
    }
    let estimate = centred().map(|(x, y)| x * y).sum::<f64>() / square;
    let residuals = centred().map(|(x, y)| y - estimate * x);
    let standard_error = (residuals.map(|r| r * r).sum::<f64>() / freedom / square).sqrt();
    let student = StudentsT::new(0.0, 1.0, freedom).ok()?;
    let half = student.inverse_cdf(0.5 + confidence / 2.0) * standard_error;
    Some(Slope {
        n,
        estimate,
        standard_error,
        low: estimate - half,
        high: estimate + half,
    })
}

fn means(points: &[(f64, f64)]) -> (f64, f64) {
    let n = points.len() as f64;
    let sum = |part: fn(&(f64, f64)) -> f64| points.iter().map(part).sum::<f64>();
    (sum(|(x, _)| *x) / n, sum(|(_, y)| *y) / n)
}
