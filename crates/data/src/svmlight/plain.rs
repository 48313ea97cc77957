//! Plain lines, which nearly all are, in one pass that knows no faults: a target, then pairs of
//! ascending indices, without query and comment.

use crate::decimal::leading_digits;
use crate::number::parse_number_at;

use super::line::Pairs;

/// Digits of the largest index.
const INDEX_DIGITS: usize = 10;

impl Pairs {
    /// Adds the pairs of the plain line that text starts with, its target at the very beginning;
    /// returns its target and what follows it. `None`, and some pairs added, where the line is
    /// anything else: then it is for [`add_any`](Self::add_any) to say what.
    #[inline(always)]
    pub(super) fn add_plain<'a>(&mut self, text: &'a [u8]) -> Option<(f64, &'a [u8])> {
        let (target, mut rest) = finite_number(text)?;
        let mut least = self.base;
        loop {
            // A number is followed by a blank, or by nothing.
            loop {
                match rest {
                    [] => return Some((target, rest)),
                    [b'\n', next @ ..] => return Some((target, next)),
                    [blank, next @ ..] if blank.is_ascii_whitespace() => rest = next,
                    _ => break,
                }
            }
            let (index, digits, after) = leading_digits(0, rest);
            let [b':', written @ ..] = after else {
                return None;
            };
            if !(1..=INDEX_DIGITS).contains(&digits) || index < least {
                return None;
            }
            let column = index - self.base;
            if column >= u64::from(u32::MAX) {
                return None;
            }
            least = index + 1;
            let (value, after) = finite_number(written)?;
            self.indices.push(column as u32);
            self.values.push(value);
            rest = after;
        }
    }
}

/// The finite number that text starts with, up to a blank or the end, and what follows.
#[inline(always)]
fn finite_number(text: &[u8]) -> Option<(f64, &[u8])> {
    // Not a special case but for speed: where ones are all there is, guessing where a number ends is
    // right every time, and quicker than finding out.
    if let [digit @ b'0'..=b'9', b' ' | b'\n', ..] = text {
        return Some((f64::from(digit - b'0'), &text[1..]));
    }
    let (number, rest) = parse_number_at(text)?;
    let ends = rest.first().is_none_or(u8::is_ascii_whitespace);
    (ends && number.is_finite()).then_some((number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn the_quick_way_agrees_with_the_careful_one(
            line in "[ ]?[+-]?[0-9.]{1,3}([ \t]{1,2}[0-9]{1,11}:[+-]?[0-9.einf]{1,4}){0,3}[ ]?\r?",
            next in "(\n[1 ]?)?",
            base in 0..2_u64,
        ) {
            let text = format!("{line}{next}");
            let [mut plain, mut any] = [base; 2].map(Pairs::counted_from);
            if let Some((target, rest)) = plain.add_plain(text.as_bytes()) {
                prop_assert_eq!(rest, next.strip_prefix('\n').unwrap_or("").as_bytes());
                let found = any.add_any(line.as_bytes(), Ok);
                prop_assert_eq!(found, Ok(Some(target)));
                prop_assert_eq!((plain.indices, plain.values), (any.indices, any.values));
            }
        }

        #[test]
        fn plain_lines_take_the_quick_way(
            line in "[+-]?[0-9]{1,3}( 1:-?[0-9]{1,4}[.][0-9]{1,17}(e-?[0-9]{1,2})?)?( 20:1)? ?\r?\n",
        ) {
            let rest = Pairs::counted_from(1).add_plain(line.as_bytes());
            prop_assert!(rest.is_some_and(|(_, rest)| rest.is_empty()));
        }
    }
}
