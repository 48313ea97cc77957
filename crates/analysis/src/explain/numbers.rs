//! Predicted times and other numbers as text.

use sparsegrok_config::NumberFormat;

/// A predicted time, where it comes and is not that of the start.
pub(super) fn later(time: Option<f64>) -> Option<f64> {
    time.filter(|epoch| *epoch > 0.0)
}

/// Four digits.
pub(super) fn number(x: f64) -> String {
    let digits = format!("{x:.3e}");
    digits
        .parse()
        .map_or(digits, |rounded: f64| NumberFormat::G6.text(rounded))
}

/// A ratio of times as text: whole from 10 on, with one decimal below.
pub(super) fn times_text(ratio: f64) -> String {
    match ratio {
        10.0.. => format!("{ratio:.0}"),
        _ => format!("{ratio:.1}"),
    }
}

/// An epoch: whole from 100 on, with one decimal below.
pub(super) fn epoch_text(epoch: f64) -> String {
    match epoch {
        f64::INFINITY => "∞".to_owned(),
        _ if epoch >= 1e9 => format!("{epoch:.1e}"),
        _ if epoch >= 100.0 => format!("{epoch:.0}"),
        _ => format!("{epoch:.1}"),
    }
}
