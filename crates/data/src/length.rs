//! Euclidean lengths, of numbers too whose squares doubles cannot hold.

/// Sums of squares from here on have lost nothing to underflow that a double would show: the least
/// normal double over the relative rounding, 2⁻⁵².
const LEAST: f64 = f64::MIN_POSITIVE / f64::EPSILON;

/// Tells if a sum of squares has neither overflowed nor lost digits to underflow.
pub fn holds_squares(sum: f64) -> bool {
    (LEAST..=f64::MAX).contains(&sum)
}

/// The Euclidean length of numbers, of which `squares` is the sum of squares: its root where
/// [it holds them](holds_squares), else the root of a scaled sum.
///
/// # Formula
/// s √Σ(x/s)², with s the power of two below the greatest |x|, so that scaling rounds nothing.
pub fn root_of_squares(squares: f64, numbers: impl IntoIterator<Item = f64> + Clone) -> f64 {
    if holds_squares(squares) || squares.is_nan() {
        return squares.sqrt();
    }
    let sizes = numbers.clone().into_iter().map(f64::abs);
    let greatest = sizes.fold(0.0, f64::max);
    if greatest == 0.0 || greatest.is_infinite() {
        return greatest;
    }
    // The exponent's bits alone are the power of two; subnormal numbers have none.
    let scale = f64::from_bits(greatest.to_bits() & f64::INFINITY.to_bits());
    let scale = scale.max(f64::MIN_POSITIVE);
    scale * sum_of_squares(numbers.into_iter().map(|x| x / scale)).sqrt()
}

/// The Euclidean length of numbers, √Σx², summed in order.
pub fn length(numbers: impl IntoIterator<Item = f64> + Clone) -> f64 {
    root_of_squares(sum_of_squares(numbers.clone()), numbers)
}

/// Σx², summed in order, from +0, which `sum` over nothing would not give.
pub fn sum_of_squares(numbers: impl IntoIterator<Item = f64>) -> f64 {
    numbers.into_iter().fold(0.0, |sum, x| sum + x * x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_scale_with_their_numbers() {
        for exponent in [-1070, -600, -500, 0, 500, 600, 1020] {
            // Twice half the power, since the power itself may overflow on the way.
            let half = libm::exp2(f64::from(exponent / 2));
            let scaled = |x: f64| x * half * half;
            assert_eq!(length([3.0, -4.0].map(scaled)), scaled(5.0), "{exponent}");
        }
        assert_eq!(length([5e-324, 0.0]), 5e-324);
        assert_eq!(length([1e200, f64::INFINITY]), f64::INFINITY);
        assert_eq!(length([f64::MAX, f64::MAX]), f64::INFINITY);
        assert!(length([1e200, f64::NAN]).is_nan());
        assert_eq!(length([]).to_bits(), 0);
        assert_eq!(length([0.0, -0.0]).to_bits(), 0);
    }

    #[test]
    fn ordinary_lengths_are_plain_roots() {
        let numbers = [0.1, -2.7, 1e-40, 3e100];
        let plain = numbers.iter().map(|x| x * x).sum::<f64>().sqrt();
        assert_eq!(length(numbers).to_bits(), plain.to_bits());
    }
}
