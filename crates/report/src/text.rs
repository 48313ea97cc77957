//! Text: the fonts it is set in, how wide it is, and its few marks.
//!
//! A `_{…}` sets a subscript, as in `T_{gen}`; exponents are characters of their own, as in 10⁻⁴.

use std::sync::LazyLock;

use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

/// The regular weight, a subset: Latin, Greek and some signs of mathematics.
pub(crate) static REGULAR: &[u8] = include_bytes!("../assets/Arimo-Regular.ttf");
/// The bold weight of the same characters.
pub(crate) static BOLD: &[u8] = include_bytes!("../assets/Arimo-Bold.ttf");

/// The fonts asked for, the first found counts. All are as wide as the first, character by
/// character, so that what is measured here fits where it is shown.
pub(crate) const FAMILY: &str = "Arimo, Arial, Helvetica, 'Liberation Sans', sans-serif";

/// Width of a digit, and about that of what the font lacks.
const DIGIT: f64 = 0.556;

/// A subscript's size in the text's.
pub(crate) const SUBSCRIPT: f64 = 0.75;

static FONTS: LazyLock<[Option<FontRef<'static>>; 2]> =
    LazyLock::new(|| [REGULAR, BOLD].map(|font| FontRef::new(font).ok()));

/// A stretch of text that is set in one way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Piece<'t> {
    pub(crate) text: &'t str,
    pub(crate) subscript: bool,
}

/// Splits a text at its marks.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, marked)) = rest.split_once("_{") {
        let (inside, after) = marked.split_once('}').unwrap_or((marked, ""));
        pieces.push((before, false));
        pieces.push((inside, true));
        rest = after;
    }
    pieces.push((rest, false));
    let pieces = pieces.into_iter().filter(|(text, _)| !text.is_empty());
    pieces
        .map(|(text, subscript)| Piece { text, subscript })
        .collect()
}

/// The text without its marks, for where nothing is set: `T_{gen}` is `T_gen`.
pub(crate) fn plain(text: &str) -> String {
    text.replace("_{", "_").replace('}', "")
}

/// Width of a text set in `size`, in the units of `size`.
pub(crate) fn width(text: &str, size: f64, bold: bool) -> f64 {
    let font = FONTS[usize::from(bold)].as_ref();
    let characters = |piece: &Piece<'_>| match font {
        Some(font) => {
            let metrics = font.glyph_metrics(Size::new(1.0), LocationRef::default());
            let map = font.charmap();
            let advance = |c| metrics.advance_width(map.map(c)?).map(f64::from);
            let advances = piece.text.chars().map(advance);
            advances
                .map(|advance| advance.unwrap_or(DIGIT))
                .sum::<f64>()
        }
        None => DIGIT * piece.text.chars().count() as f64,
    };
    let scaled = pieces(text).into_iter().map(|piece| {
        let scale = if piece.subscript { SUBSCRIPT } else { 1.0 };
        scale * characters(&piece)
    });
    size * scaled.sum::<f64>()
}

/// Breaks a text into lines of at most `room`; a word longer than that has a line of its own.
pub(crate) fn wrap(text: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if let Some(line) = lines.last_mut() {
            let longer = format!("{line} {word}");
            if width(&longer, size, false) <= room {
                *line = longer;
                continue;
            }
        }
        lines.push(word.to_owned());
    }
    lines
}

/// A number for reading, to four significant digits at most: 1,009; 0.005; 5×10⁻⁵.
pub(crate) fn number(x: f64) -> String {
    if !x.is_finite() {
        return match () {
            () if x.is_nan() => "–".to_owned(),
            () if x > 0.0 => "∞".to_owned(),
            () => "−∞".to_owned(),
        };
    }
    let scientific = format!("{x:.3e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if x == 0.0 || (-3..6).contains(&exponent) {
        let decimals = usize::try_from(3 - exponent).unwrap_or(0);
        return grouped(&trimmed(&format!("{x:.decimals$}"))).replace('-', "−");
    }
    let mantissa = trimmed(mantissa).replace('-', "−");
    match mantissa.as_str() {
        "1" => power_of_ten(exponent),
        "−1" => format!("−{}", power_of_ten(exponent)),
        _ => format!("{mantissa}×{}", power_of_ten(exponent)),
    }
}

/// A number with so many decimals: 1,485.25.
pub(crate) fn fixed(x: f64, decimals: usize) -> String {
    grouped(&format!("{x:.decimals$}")).replace('-', "−")
}

/// 10⁻⁴ and the like.
pub(crate) fn power_of_ten(exponent: i32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let raised = exponent.to_string();
    let raised = raised.chars().map(|c| match c.to_digit(10) {
        Some(digit) => DIGITS[digit as usize],
        None => '⁻',
    });
    format!("10{}", raised.collect::<String>())
}

/// A count for reading: 12,000.
pub(crate) fn count(count: u64) -> String {
    grouped(&count.to_string())
}

fn trimmed(digits: &str) -> String {
    match digits.contains('.') {
        true => digits
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned(),
        false => digits.to_owned(),
    }
}

/// With commas between thousands.
fn grouped(digits: &str) -> String {
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", digits),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, format!(".{fraction}")),
        None => (digits, String::new()),
    };
    let mut text = sign.to_owned();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + &fraction
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
            (999_900.0, "999,900"),
            (-1e9, "−10⁹"),
            (f64::INFINITY, "∞"),
            (f64::NAN, "–"),
        ];
        for (x, text) in cases {
            assert_eq!(number(x), text, "{x}");
        }
        assert_eq!(count(1_234_567), "1,234,567");
    }

    #[test]
    fn subscripts_are_narrower() {
        assert_eq!(
            pieces("T_{gen} [epochs]"),
            [
                Piece {
                    text: "T",
                    subscript: false
                },
                Piece {
                    text: "gen",
                    subscript: true
                },
                Piece {
                    text: " [epochs]",
                    subscript: false
                },
            ]
        );
        assert!(width("T_{gen}", 12.0, false) < width("Tgen", 12.0, false));
        // Helvetica's digits are 556 thousandths wide, all of them.
        assert!((width("1234567890", 1.0, false) - 5.56).abs() < 0.01);
    }

    #[test]
    fn every_sign_in_use_has_a_glyph() {
        for font in FONTS.iter() {
            let map = font.as_ref().expect("a font").charmap();
            for c in "αβεηκλΛσ‖¹²³⁰⁴⁵⁶⁷⁸⁹⁻−×·–—…≥≤±∞≈→√’“”".chars()
            {
                assert!(map.map(c).is_some(), "{c}");
            }
        }
    }

    #[test]
    fn lines_break_at_words() {
        let lines = wrap("a sentence of several words", 10.0, 60.0);
        assert!(lines.len() > 1 && lines.iter().all(|line| width(line, 10.0, false) <= 60.0));
        assert_eq!(lines.join(" "), "a sentence of several words");
        assert!(wrap("", 10.0, 60.0).is_empty());
    }
}
