//! Plain decimals, read eight digits at a time.

/// Most digits a `u64` takes, whatever they are.
const MOST_DIGITS: usize = 19;

/// Whole numbers up to here are doubles.
const LARGEST_EXACT: u64 = 1 << f64::MANTISSA_DIGITS;

/// The powers of ten that a `u64` takes: all of them doubles.
const POWERS: [u64; MOST_DIGITS + 1] = {
    let mut powers = [1; MOST_DIGITS + 1];
    let mut k = 1;
    while k < powers.len() {
        powers[k] = 10 * powers[k - 1];
        k += 1;
    }
    powers
};

/// The double nearest to the decimal that text starts with, and what follows it; `None` where there is
/// none, an exponent, or more than 19 digits.
///
/// # Formula
/// The digits, as a whole number m, over 10^k, for k digits after the point. Up to m = 2⁵³ both are
/// doubles, and their quotient is rounded once (W. D. Clinger, How to read floating point numbers
/// accurately, 1990).
#[inline(always)]
pub(crate) fn parse_decimal(text: &[u8]) -> Option<(f64, &[u8])> {
    let (negative, unsigned) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let (whole, mut digits, mut rest) = leading_digits(0, unsigned);
    let (mut mantissa, mut decimals) = (whole, 0);
    if let [b'.', fraction @ ..] = rest {
        (mantissa, decimals, rest) = leading_digits(whole, fraction);
        digits += decimals;
    }
    if !(1..=MOST_DIGITS).contains(&digits) || matches!(rest, [b'e' | b'E', ..]) {
        return None;
    }
    let power = POWERS[decimals];
    let size = if mantissa <= LARGEST_EXACT {
        mantissa as f64 / power as f64
    } else {
        nearest_quotient(mantissa, power)
    };
    Some((if negative { -size } else { size }, rest))
}

/// The double nearest to m/d, neither of them 0.
///
/// # Formula
/// With both shifted to their full 64 bits, q = ⌊m 2⁶²/d⌋ has 62 bits or 63. That is at least eight
/// more than a double, so that the lowest, set where the division leaves a rest, stands for all that
/// would follow: rounding q rounds the quotient.
fn nearest_quotient(m: u64, d: u64) -> f64 {
    let shift = m.leading_zeros() as i32 - d.leading_zeros() as i32 + 62;
    let m = u128::from(m << m.leading_zeros()) << 62;
    let d = u128::from(d << d.leading_zeros());
    let quotient = (m / d) as u64;
    let rest = u64::from(u128::from(quotient) * d != m);
    // 2^−shift, a normal number: |shift| < 127.
    let scale = f64::from_bits(((1023 - shift) as u64) << 52);
    (quotient | rest) as f64 * scale
}

/// Appends the digits that text starts with to a whole number, which wraps beyond 19 of them; also
/// how many they are, and what follows.
#[inline(always)]
pub(crate) fn leading_digits(mut number: u64, mut text: &[u8]) -> (u64, usize, &[u8]) {
    const SHIFTS: [u64; 9] = [
        1,
        10,
        100,
        1_000,
        10_000,
        100_000,
        1_000_000,
        10_000_000,
        100_000_000,
    ];
    let mut digits = 0;
    loop {
        let (value, count) = eight_digits(eight_bytes(text));
        number = number.wrapping_mul(SHIFTS[count]).wrapping_add(value);
        digits += count;
        text = &text[count..];
        if count < 8 {
            return (number, digits, text);
        }
    }
}

/// The first eight bytes, the first one lowest; zeros where there are no more.
#[inline(always)]
fn eight_bytes(text: &[u8]) -> u64 {
    let bytes = text.first_chunk().copied().unwrap_or_else(|| {
        let mut bytes = [0; 8];
        bytes[..text.len()].copy_from_slice(text);
        bytes
    });
    u64::from_le_bytes(bytes)
}

/// The number that the digits among eight bytes write, up to the first that is none, and how many
/// they are.
#[inline(always)]
fn eight_digits(bytes: u64) -> (u64, usize) {
    const ONES: u64 = u64::MAX / 0xff;
    // Digits become 0 to 9. Adding 0x76 sets the highest bit from 10 on; a carry out of a byte that
    // is no digit only reaches those after it.
    let values = bytes ^ (ONES * u64::from(b'0'));
    let others = (values.wrapping_add(ONES * 0x76) | values) & (ONES * 0x80);
    let count = (others.trailing_zeros() / 8) as usize;
    // As eight digits, zeros in front: then pairs, fours and all are joined.
    let eight = values.checked_shl(64 - 8 * count as u32).unwrap_or(0);
    let pairs = eight.wrapping_mul(10).wrapping_add(eight >> 8);
    const PAIRS: u64 = 0x0000_00ff_0000_00ff;
    let low = (pairs & PAIRS).wrapping_mul(100 + (1_000_000 << 32));
    let high = (pairs >> 16 & PAIRS).wrapping_mul(1 + (10_000 << 32));
    (low.wrapping_add(high) >> 32, count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn digits_are_read_up_to_the_first_other_byte() {
        for count in 0..=8 {
            for other in 0..=u8::MAX {
                let mut bytes = *b"98765432";
                let mut expected = count;
                for byte in &mut bytes[count..] {
                    *byte = other;
                }
                if other.is_ascii_digit() {
                    expected = 8;
                }
                let text = std::str::from_utf8(&bytes[..expected]).unwrap();
                let number = text.parse().unwrap_or(0);
                assert_eq!(eight_digits(u64::from_le_bytes(bytes)), (number, expected));
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn decimals_are_the_standard_library_s_to_the_bit(
            text in "[+-]?[0-9]{0,20}([.][0-9]{0,24})?",
            after in "([ :\n][0-9]?)?",
        ) {
            let whole = format!("{text}{after}");
            if let Some((number, rest)) = parse_decimal(whole.as_bytes()) {
                prop_assert_eq!(rest, after.as_bytes());
                prop_assert_eq!(Ok(number.to_bits()), text.parse::<f64>().map(f64::to_bits));
            }
        }

        #[test]
        fn nineteen_digits_need_no_other_way(
            digits in 1..=19_usize, whole in 0..10_000_000_000_000_000_000_u64, point in 0..=19_usize,
        ) {
            let mut text = format!("{whole:019}")[19 - digits..].to_owned();
            text.insert(point.min(digits), '.');
            let number = parse_decimal(text.as_bytes()).map(|(number, _)| number.to_bits());
            prop_assert_eq!(number, text.parse::<f64>().ok().map(f64::to_bits));
        }

        #[test]
        fn halves_between_doubles_go_to_the_even_one(
            bits in (1_u64 << 54)..(1 << 63), twos in 0..20_usize, off in -1..=1_i64,
        ) {
            // (2⁵³ + j + ½) · 2^s or a unit beside it, over 2^twos = 10^twos / 5^twos where that fits.
            let half = (bits >> 9 | 1).saturating_add_signed(off);
            let text = match half.checked_mul(5_u64.pow(twos as u32)) {
                Some(digits) if digits < 10_u64.pow(19) => {
                    let digits = format!("{digits:020}");
                    format!("{}.{}", &digits[1..20 - twos.min(19)], &digits[20 - twos.min(19)..])
                }
                _ => format!("{half}."),
            };
            let number = parse_decimal(text.as_bytes()).map(|(number, _)| number.to_bits());
            prop_assert_eq!(number, text.parse::<f64>().ok().map(f64::to_bits), "{}", text);
        }
    }
}
