//! Numbers for people to read: thousands apart, powers of ten raised, minus signs as they are set.
//!
//! These are for labels. A number written here is rounded and cannot be read back.

/// Significant digits of [`number`] and [`significant`].
const DIGITS: usize = 4;

/// Significant digits of a number whose interval has no width.
const DIGITS_ALONE: usize = 3;

/// Significant digits of an interval's width, which its limits and what lies in it are rounded to.
const DIGITS_OF_WIDTH: usize = 2;

/// Most significant digits: beyond them a narrow interval is one of rounding errors.
const MOST_DIGITS: usize = 6;

/// Writes a number to four significant digits at most: 1,009; 0.005; 5×10⁻⁵; ∞; – for NaN.
///
/// Numbers from 0.001 to below a million are written out, others as a power of ten.
pub fn number(x: f64) -> String {
    if x.is_nan() {
        return "–".to_owned();
    }
    if x.is_infinite() {
        return if x > 0.0 { "∞" } else { "−∞" }.to_owned();
    }
    let scientific = format!("{x:.precision$e}", precision = DIGITS - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if x == 0.0 || (-3..6).contains(&exponent) {
        let decimals = usize::try_from(DIGITS as i32 - 1 - exponent).unwrap_or(0);
        return typeset(trimmed(&format!("{x:.decimals$}")));
    }
    match trimmed(mantissa) {
        "1" => power_of_ten(exponent),
        "-1" => format!("−{}", power_of_ten(exponent)),
        mantissa => format!("{}×{}", typeset(mantissa), power_of_ten(exponent)),
    }
}

/// Writes a number with so many decimals: 1,485.25.
pub fn fixed(x: f64, decimals: usize) -> String {
    typeset(&format!("{x:.decimals$}"))
}

/// Writes a number and its interval with the decimals that the interval bears:
/// 1.0021 [1.0008, 1.0034].
pub fn interval(estimate: f64, low: f64, high: f64) -> String {
    let decimals = decimals_of_interval(estimate, low, high);
    let [estimate, low, high] = [estimate, low, high].map(|x| match x.is_finite() {
        true => fixed(x, decimals),
        false => number(x),
    });
    format!("{estimate} [{low}, {high}]")
}

/// Decimals of so many significant digits; none where they end before the point.
pub fn decimals(x: f64, digits: usize) -> usize {
    // The exponent after rounding: 0.9996 has as many decimals as 1.
    let scientific = format!("{x:.*e}", digits.saturating_sub(1));
    let exponent = scientific.split_once('e').and_then(|(_, e)| e.parse().ok());
    let exponent: i64 = if x == 0.0 {
        digits as i64
    } else {
        exponent.unwrap_or(0)
    };
    usize::try_from(digits as i64 - 1 - exponent).unwrap_or(0)
}

/// Decimals of a number with limits, any of which may be infinite: two significant digits of the
/// interval's width, and none of whole numbers.
pub fn decimals_of_interval(estimate: f64, low: f64, high: f64) -> usize {
    let finite = [estimate, low, high].into_iter().filter(|x| x.is_finite());
    let least = finite.clone().fold(f64::INFINITY, f64::min);
    let greatest = finite.clone().fold(f64::NEG_INFINITY, f64::max);
    if finite.clone().all(|x| x.fract() == 0.0) {
        // Such as epochs.
        return 0;
    }
    let size = finite.map(f64::abs).fold(0.0, f64::max);
    match greatest - least {
        width if width > 0.0 => decimals(width, DIGITS_OF_WIDTH).min(decimals(size, MOST_DIGITS)),
        _ => decimals(size, DIGITS_ALONE),
    }
}

/// Writes a power of ten, as in 10⁻⁴.
pub fn power_of_ten(exponent: i32) -> String {
    const RAISED: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let raised = exponent.to_string();
    let raised = raised.chars().map(|c| match c.to_digit(10) {
        Some(digit) => RAISED[digit as usize],
        None => '⁻',
    });
    format!("10{}", raised.collect::<String>())
}

/// Writes a count: 12,000.
pub fn count(count: u64) -> String {
    typeset(&count.to_string())
}

/// Rounds to so many decimals, half away from zero.
pub fn rounded(x: f64, decimals: i32) -> f64 {
    let unit = libm::pow(10.0, f64::from(decimals));
    libm::round(x * unit) / unit
}

/// Rounds to four significant digits: as many as can be seen.
pub fn significant(x: f64) -> f64 {
    let precision = DIGITS - 1;
    format!("{x:.precision$e}").parse().unwrap_or(x)
}

/// The digits without zeros at the end of their decimals.
pub(crate) fn trimmed(digits: &str) -> &str {
    match digits.contains('.') {
        true => digits.trim_end_matches('0').trim_end_matches('.'),
        false => digits,
    }
}

/// The digits with commas between thousands and a minus sign instead of a hyphen.
fn typeset(digits: &str) -> String {
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(rest) => ("−", rest),
        None => ("", digits),
    };
    let whole = digits.find('.').unwrap_or(digits.len());
    let mut text = sign.to_owned();
    for (i, digit) in digits.char_indices() {
        if 0 < i && i < whole && (whole - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_reading() {
        let cases = [
            (0.0, "0"),
            (1009.4, "1,009"),
            (23.456, "23.46"),
            (0.0005, "5×10⁻⁴"),
            (0.0025, "0.0025"),
            (5e-5, "5×10⁻⁵"),
            (1e-6, "10⁻⁶"),
            (-0.25, "−0.25"),
            (1.5e6, "1.5×10⁶"),
            (-2.5e-7, "−2.5×10⁻⁷"),
            (999_900.0, "999,900"),
            (-1234.0, "−1,234"),
            (-1e9, "−10⁹"),
            (f64::INFINITY, "∞"),
            (f64::NEG_INFINITY, "−∞"),
            (f64::NAN, "–"),
        ];
        for (x, text) in cases {
            assert_eq!(number(x), text, "{x}");
        }
        assert_eq!(interval(1.0021, 1.0008, 1.0034), "1.0021 [1.0008, 1.0034]");
        assert_eq!(interval(-1.9, -2.46, f64::INFINITY), "−1.90 [−2.46, ∞]");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(999), "999");
        assert_eq!(fixed(1485.25, 2), "1,485.25");
        assert_eq!(fixed(-1234567.0, 0), "−1,234,567");
    }
}
