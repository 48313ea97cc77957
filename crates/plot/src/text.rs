//! Text: its one mark, its forms in HTML and plain text, and the fonts that measure it.
//!
//! A `_{…}` sets a subscript, as in `T_{gen}`; exponents are characters of their own, as in 10⁻⁴.

use std::fmt::{self, Display, Formatter, Write};
use std::sync::LazyLock;

use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

/// The regular weight, a subset: Latin, Greek and some signs of mathematics.
pub(crate) static REGULAR: &[u8] = include_bytes!("../assets/Arimo-Regular.ttf");
/// The bold weight of the same characters.
pub(crate) static BOLD: &[u8] = include_bytes!("../assets/Arimo-Bold.ttf");

/// The fonts a viewer may use, in order of preference. All are as wide as the first, character by
/// character, so that the widths measured here hold where the picture is shown.
pub(crate) const FAMILY: &str = "Arimo, Arial, Helvetica, 'Liberation Sans', sans-serif";

/// Width of a digit, and about that of a character that the font lacks.
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
pub fn plain(text: &str) -> String {
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
pub(crate) fn wrap(text: &str, size: f64, bold: bool, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if let Some(line) = lines.last_mut() {
            let longer = format!("{line} {word}");
            if width(&longer, size, bold) <= room {
                *line = longer;
                continue;
            }
        }
        lines.push(word.to_owned());
    }
    lines
}

/// The text as HTML, with subscripts as `<sub>`.
pub fn html(text: &str) -> String {
    let pieces = pieces(text).into_iter().map(|piece| match piece.subscript {
        true => format!("<sub>{}</sub>", Escaped(piece.text)),
        false => Escaped(piece.text).to_string(),
    });
    pieces.collect()
}

/// Text as it stands between tags or in a quoted attribute of SVG or HTML: `<`, `>`, `&` and `"`
/// are written as entities. Its marks are left alone.
#[derive(Clone, Copy, Debug)]
pub struct Escaped<'t>(
    /// The text.
    pub &'t str,
);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '&' => f.write_str("&amp;")?,
                '"' => f.write_str("&quot;")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_escaped_and_subscripts_are_tagged() {
        assert_eq!(
            html("T_{gen} < \"a\" & b"),
            "T<sub>gen</sub> &lt; &quot;a&quot; &amp; b"
        );
        assert_eq!(plain("T_{gen} > 1"), "T_gen > 1");
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
        let lines = wrap("a sentence of several words", 10.0, false, 60.0);
        assert!(lines.len() > 1 && lines.iter().all(|line| width(line, 10.0, false) <= 60.0));
        assert_eq!(lines.join(" "), "a sentence of several words");
        assert!(wrap("", 10.0, false, 60.0).is_empty());
    }
}
