//! Numbers and times as text for people to read.
//!
//! Figures are rounded to what is known of them. Labels of pictures are written by
//! [`sparsegrok_plot::number`], data by [`sparsegrok_config::NumberFormat`].

use std::time::Duration;

use sparsegrok_plot::number::{decimals, decimals_of_interval};

/// Significant digits of a figure whose interval is not known.
const DIGITS: usize = 3;

/// Decimals from which on a figure is written as a power of ten.
const MOST_DECIMALS: usize = 7;

/// Decimals at which figures are rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimals(usize);

impl Decimals {
    /// Decimals of a figure alone: three significant digits, and all digits before the point.
    pub(crate) fn of(x: f64) -> Self {
        Self(decimals(x, DIGITS))
    }

    /// Decimals of a figure with limits, as [`decimals_of_interval`].
    pub(crate) fn of_interval(estimate: f64, low: f64, high: f64) -> Self {
        Self(decimals_of_interval(estimate, low, high))
    }

    /// The text of a figure.
    pub(crate) fn text(self, x: f64) -> String {
        let Self(decimals) = self;
        if x.is_infinite() {
            return if x > 0.0 { "∞" } else { "-∞" }.to_owned();
        }
        if decimals >= MOST_DECIMALS && x != 0.0 {
            return format!("{x:.*e}", DIGITS - 1);
        }
        let text = format!("{x:.decimals$}");
        // Rounded to nothing, there is no sign.
        match text.strip_prefix('-') {
            Some(rest) if rest.chars().all(|c| matches!(c, '0' | '.')) => rest.to_owned(),
            _ => text,
        }
    }
}

/// A figure alone.
pub(crate) fn figure(x: f64) -> String {
    Decimals::of(x).text(x)
}

/// A figure with its limits.
pub(crate) fn interval(estimate: f64, low: f64, high: f64) -> String {
    let decimals = Decimals::of_interval(estimate, low, high);
    let [estimate, low, high] = [estimate, low, high].map(|x| decimals.text(x));
    format!("{estimate} [{low}, {high}]")
}

/// A number of things.
pub(crate) fn counted(n: u64, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {noun}{plural}")
}

/// A number of things in a second, in a unit that leaves one to three digits before the point.
pub(crate) fn rate(per_second: f64, things: &str) -> String {
    let (unit, name) = match per_second {
        1e6.. => (1e6, "million "),
        1e3.. => (1e3, "thousand "),
        _ => (1.0, ""),
    };
    format!("{} {name}{things}/s", figure(per_second / unit))
}

/// A time in its two largest units.
pub(crate) fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    match (hours, minutes, seconds) {
        (0, 0, 0..10) => format!("{:.1} s", time.as_secs_f64()),
        (0, 0, _) => format!("{seconds} s"),
        (0, _, _) => format!("{minutes} min {} s", seconds % 60),
        (0..48, _, _) => format!("{hours} h {} min", minutes % 60),
        (_, _, _) => format!("{} d {} h", hours / 24, hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_a_unit_of_their_size() {
        for (per_second, text) in [
            (402_345_678.0, "402 million steps/s"),
            (1_000_000.0, "1.00 million steps/s"),
            (35_230.0, "35.2 thousand steps/s"),
            (12.34, "12.3 steps/s"),
            (0.0, "0 steps/s"),
        ] {
            assert_eq!(rate(per_second, "steps"), text);
        }
    }

    #[test]
    fn figures_have_three_digits_and_intervals_what_their_width_bears() {
        for (x, text) in [
            (0.0, "0"),
            (0.123_456, "0.123"),
            (0.999_6, "1.00"),
            (31.456, "31.5"),
            (1464.3, "1464"),
            (-0.000_45, "-0.000450"),
            (1.234e-7, "1.23e-7"),
            (f64::INFINITY, "∞"),
        ] {
            assert_eq!(figure(x), text);
        }
        for ((estimate, low, high), text) in [
            ((0.429_219, 0.424_811, 0.433_191), "0.4292 [0.4248, 0.4332]"),
            ((165.05, 162.043, 167.727), "165.1 [162.0, 167.7]"),
            ((1234.5, 1100.0, 1400.0), "1234 [1100, 1400]"),
            ((100.0, 89.28, 100.0), "100 [89, 100]"),
            ((0.0, 0.0, 0.0), "0 [0, 0]"),
            ((2.5, 2.5, 2.5), "2.50 [2.50, 2.50]"),
            ((-0.001, -0.04, 0.04), "-0.001 [-0.040, 0.040]"),
            ((-0.0001, -0.04, 0.04), "0.000 [-0.040, 0.040]"),
            ((300.0, 290.0, f64::INFINITY), "300 [290, ∞]"),
            ((17.0, 16.0, 17.0), "17 [16, 17]"),
            ((f64::INFINITY, f64::INFINITY, f64::INFINITY), "∞ [∞, ∞]"),
            // A width of roundings alone.
            ((0.1, 0.1, 0.1 + 1e-16), "0.100000 [0.100000, 0.100000]"),
            ((2e-7, 1e-7, 3e-7), "2.00e-7 [1.00e-7, 3.00e-7]"),
        ] {
            assert_eq!(interval(estimate, low, high), text);
        }
    }
}
