//! A root of a function of one number.

/// The root of a function that changes sign between `low` and `high`, to a relative `tolerance` of its place; `None` where
/// it does not change sign, or is not a number.
///
/// The Illinois method: the secant of both ends, of which one that stays is counted half, so that both close in (Dowell and
/// Jarratt, 1971). Every third step halves the interval, as the method is slow where one end is much larger.
/// `Time:` ten to thirty calls of `f`.
pub(crate) fn root(
    mut low: f64,
    mut high: f64,
    tolerance: f64,
    mut f: impl FnMut(f64) -> Option<f64>,
) -> Option<f64> {
    const STEPS: usize = 200;
    let (mut at_low, mut at_high) = (f(low)?, f(high)?);
    if at_low.is_nan() || at_high.is_nan() || at_low * at_high > 0.0 {
        return None;
    }
    let mut last_was_low = None;
    for step in 1..=STEPS {
        if high - low <= tolerance * high.abs().max(low.abs()) {
            break;
        }
        let x = match step % 3 {
            0 => 0.5 * (low + high),
            _ => (low * at_high - high * at_low) / (at_high - at_low),
        };
        let at = f(x)?;
        if at == 0.0 {
            return Some(x);
        }
        let is_low = (at > 0.0) == (at_low > 0.0);
        let halve = last_was_low.replace(is_low) == Some(is_low);
        if is_low {
            (low, at_low) = (x, at);
            at_high *= if halve { 0.5 } else { 1.0 };
        } else {
            (high, at_high) = (x, at);
            at_low *= if halve { 0.5 } else { 1.0 };
        }
    }
    Some(0.5 * (low + high))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assert_close;

    #[test]
    fn roots_are_found_where_there_are_any() {
        let mut calls = 0;
        let found = root(0.0, 9.0, 1e-12, |x| {
            calls += 1;
            Some(x * x * x - 2.0)
        });
        assert_close(found.unwrap(), 2.0_f64.cbrt(), 1e-11);
        assert!(calls < 40, "{calls}");
        assert_close(
            root(1.0, 1e6, 1e-12, |x| Some(x.ln() - 1.0)).unwrap(),
            1.0_f64.exp(),
            1e-10,
        );
        assert_eq!(root(1.0, 2.0, 1e-12, Some), None);
        assert_eq!(root(-1.0, 2.0, 1e-12, |x| (x < 1.0).then_some(x)), None);
    }
}
