//! Numbers as text: shortest round-trip, or as a C++ stream prints them.

use serde::{Deserialize, Serialize};
use sparsegrok_data::Shortest;

/// How figures are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NumberFormat {
    /// The fewest digits that read back as the same double, as [`Shortest`] displays them.
    #[default]
    Shortest,
    /// C's `%g`: six significant digits, trailing zeros dropped.
    G6,
    /// As the reference programs print: numbers as `%g`, an accuracy on no rows as 0.
    Reference,
}

impl NumberFormat {
    /// The text of a number.
    ///
    /// ```
    /// use sparsegrok_study::NumberFormat;
    ///
    /// assert_eq!(NumberFormat::Shortest.text(1.0 / 3.0), "0.3333333333333333");
    /// assert_eq!(NumberFormat::Shortest.text(1e300), "1e300");
    /// assert_eq!(NumberFormat::G6.text(1.0 / 3.0), "0.333333");
    /// assert_eq!(NumberFormat::G6.text(1e300), "1e+300");
    /// ```
    pub fn text(self, x: f64) -> String {
        match self {
            Self::Shortest => Shortest(x).to_string(),
            Self::G6 | Self::Reference => g6(x),
        }
    }
}

/// `%g`: with P = 6 significant digits and X the exponent after rounding to them, positional
/// notation where −4 ≤ X < P, else scientific with an exponent of at least two digits (C17
/// 7.21.6.1). Rust's `{:.5e}` rounds exactly and to even, as C does.
fn g6(x: f64) -> String {
    if !x.is_finite() {
        return match () {
            () if x.is_nan() => "nan".to_owned(),
            () if x > 0.0 => "inf".to_owned(),
            () => "-inf".to_owned(),
        };
    }
    let scientific = format!("{x:.5e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        let decimals = usize::try_from(5 - exponent).unwrap_or(0);
        trimmed(&format!("{x:.decimals$}")).to_owned()
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{}e{sign}{:02}", trimmed(mantissa), exponent.abs())
    }
}

/// Without trailing zeros after a decimal point.
fn trimmed(digits: &str) -> &str {
    if digits.contains('.') {
        digits.trim_end_matches('0').trim_end_matches('.')
    } else {
        digits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line: a double's bits, and how a C++ stream printed it.
    #[test]
    fn g6_is_what_a_cpp_stream_prints() {
        let mut lines = 0;
        for line in include_str!("../tests/g6.txt").lines() {
            let Some((bits, expected)) = line.split_once(' ').filter(|_| !line.starts_with('#'))
            else {
                continue;
            };
            let x = f64::from_bits(u64::from_str_radix(bits, 16).expect("hexadecimal bits"));
            assert_eq!(g6(x), expected, "{x:?}");
            lines += 1;
        }
        assert!(lines > 500, "only {lines} lines");
    }
}
