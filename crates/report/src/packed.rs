//! Curves as short texts for the page's scripts.
//!
//! A text holds the differences of whole numbers as Base64 VLQ, the encoding of source maps
//! (<https://tc39.es/ecma426/>): five bits a character, sign first, the lowest bits first. A value that
//! is missing is a full stop. Neighbouring evaluations differ little, so most values take one or two
//! characters, where decimal digits take seven.

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Step between logarithms of values: less than half of a unit in the fifth digit.
const LOG_STEP: f64 = 2e-5;

/// The scale that values are packed on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Steps {
    /// Equal steps of this size.
    Linear(f64),
    /// Steps of equal ratio, for positive values; others are missing.
    Log,
}

impl Steps {
    /// Equal steps that keep five digits of the largest of these values, and a power of ten.
    pub(crate) fn linear(values: impl Iterator<Item = f64>) -> Self {
        let largest = values.filter(|x| x.is_finite()).map(f64::abs);
        let largest = largest.fold(0.0, f64::max);
        // In the range of exponents that leaves the step a normal number.
        let exponent = libm::floor(libm::log10(largest)).clamp(-300.0, 300.0) - 4.0;
        // Read as a decimal, as a power that is computed may miss its digits by one in the last place.
        Self::Linear(format!("1e{exponent}").parse().unwrap_or(1.0))
    }

    /// The size of a step as the page reads it: 0 for those of equal ratio.
    pub(crate) fn size(self) -> f64 {
        match self {
            Self::Linear(step) => step,
            Self::Log => 0.0,
        }
    }

    /// The number of steps up to a value; `None` where it cannot be shown.
    fn count(self, x: f64) -> Option<i64> {
        let steps = match self {
            Self::Linear(step) => x / step,
            Self::Log if x > 0.0 => libm::log(x) / LOG_STEP,
            Self::Log => return None,
        };
        steps.is_finite().then(|| libm::round(steps) as i64)
    }

    /// Packs values on this scale.
    pub(crate) fn pack(self, values: impl Iterator<Item = Option<f64>>) -> String {
        whole(values.map(|x| x.and_then(|x| self.count(x))))
    }
}

/// Packs whole numbers; those missing at the end take no room.
pub(crate) fn whole(values: impl Iterator<Item = Option<i64>>) -> String {
    let mut text = String::new();
    let mut before = 0;
    for value in values {
        match value {
            None => text.push('.'),
            Some(value) => {
                push(&mut text, value - before);
                before = value;
            }
        }
    }
    text.truncate(text.trim_end_matches('.').len());
    text
}

/// Appends one number.
fn push(text: &mut String, value: i64) {
    let mut rest = (value.unsigned_abs() << 1) | u64::from(value < 0);
    loop {
        let (low, high) = (rest & 31, rest >> 5);
        // The sixth bit says that more is to come.
        let digit = low | if high > 0 { 32 } else { 0 };
        text.push(char::from(DIGITS[digit as usize]));
        rest = high;
        if rest == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_source_maps() {
        let pack = |values: &[i64]| whole(values.iter().copied().map(Some));
        // Differences 0, 1, −1, 15, −15, 16, −16, 123456789.
        assert_eq!(
            pack(&[0, 1, 0, 15, 0, 16, 0, 123_456_789]),
            "ACDefgBhBqxmvrH"
        );
    }

    #[test]
    fn what_is_missing_is_a_full_stop() {
        let values = [Some(2), None, Some(3), None, None];
        assert_eq!(whole(values.into_iter()), "E.C");
    }

    #[test]
    fn five_digits_are_kept() {
        let steps = Steps::linear([0.25, -0.731].into_iter());
        assert_eq!(steps, Steps::Linear(1e-5));
        assert_eq!(steps.count(-0.731), Some(-73_100));
        let back = libm::exp(Steps::Log.count(0.012_345).unwrap_or(0) as f64 * LOG_STEP);
        assert!((back / 0.012_345 - 1.0).abs() < LOG_STEP, "{back}");
        assert_eq!(Steps::Log.pack([Some(0.0), Some(1.0)].into_iter()), ".A");
    }
}
