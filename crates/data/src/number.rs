//! Numbers as text, and back.

use std::fmt;

/// Displays the fewest digits that read back as the same double, with an exponent below 1e-5 and
/// from 1e16 on.
///
/// ```
/// use sparsegrok_data::Shortest;
///
/// assert_eq!(Shortest(0.1).to_string(), "0.1");
/// assert_eq!(Shortest(1e300).to_string(), "1e300");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shortest(pub f64);

impl fmt::Display for Shortest {
    /// Rust finds the shortest digits in both notations; only the choice between them is ours.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(x) = self;
        let size = x.abs();
        if size == 0.0 || !x.is_finite() || (1e-5..1e16).contains(&size) {
            write!(f, "{x}")
        } else {
            write!(f, "{x:e}")
        }
    }
}

/// Reads the longest number that text starts with: the double nearest to it, as the standard library
/// reads it, and its length in bytes. `None` where the text starts with no number.
#[inline(always)]
pub(crate) fn parse_number_at(text: &[u8]) -> Option<(f64, usize)> {
    fast_float2::parse_partial(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn notation_changes_where_documented() {
        let cases = [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (0.00001, "0.00001"),
            (0.0000099, "9.9e-6"),
            (9_999_999_999_999_998.0, "9999999999999998"),
            (1e16, "1e16"),
            (-2.5e-300, "-2.5e-300"),
            (f64::INFINITY, "inf"),
        ];
        for (x, text) in cases {
            assert_eq!(Shortest(x).to_string(), text);
        }
    }

    /// The number that all of a text writes.
    fn parse_number(text: &str) -> Option<f64> {
        let (number, length) = parse_number_at(text.as_bytes())?;
        (length == text.len()).then_some(number)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn text_reads_back_to_the_bit(x in any::<f64>()) {
            let text = Shortest(x).to_string();
            prop_assert!(text.len() <= 24, "{text}");
            prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), x.to_bits());
        }

        #[test]
        fn texts_are_read_as_the_standard_library_reads_them(
            text in "[+-]?[0-9]{0,17}([.][0-9]{0,17})?(e[+-]?[0-9]{1,3})?|[-+.0-9e]{0,4}|inf|.{0,3}",
        ) {
            let expected = text.parse::<f64>().ok().map(f64::to_bits);
            prop_assert_eq!(parse_number(&text).map(f64::to_bits), expected);
        }

        #[test]
        fn six_digits_are_read_as_the_standard_library_reads_them(whole: i32, decimals in 0..7_usize) {
            let text = format!("{:.decimals$}", f64::from(whole) / 1e4);
            prop_assert_eq!(parse_number(&text), text.parse().ok());
        }
    }
}
