//! Numbers for people to read, as the report writes them.

use pyo3::prelude::*;
use sparsegrok_plot::number as written;

/// A number to four significant digits, thousands apart; – for NaN.
#[pyfunction]
pub(crate) fn number(x: f64) -> String {
    written::number(x)
}

/// A number with its interval, to the digits that this bears; an end may be infinite.
#[pyfunction]
pub(crate) fn interval(estimate: f64, low: f64, high: f64) -> String {
    written::interval(estimate, low, high)
}
