//! The pen: shapes, words and signs as SVG text.

use std::fmt::{Arguments, Display, Write};

use crate::layout::{MEDIUM, SIGN, SMALL};
use crate::number::trimmed;
use crate::palette::{Paint, Theme};
use crate::picture::{Key, Sign, Stroke};
use crate::text::{self, Escaped, FAMILY, SUBSCRIPT, pieces};

/// An attribute of bold words.
pub(crate) const BOLD: &str = " font-weight=\"bold\"";
/// An attribute of words centred at their place, where others begin.
pub(crate) const CENTRED: &str = " text-anchor=\"middle\"";
/// An attribute of words that end at their place.
pub(crate) const TO_THE_LEFT: &str = " text-anchor=\"end\"";

/// An SVG file in the making.
pub(crate) struct Svg {
    pub(crate) text: String,
    pub(crate) theme: Theme,
}

impl Svg {
    /// An empty file.
    pub(crate) fn new(theme: Theme) -> Self {
        Self {
            text: String::new(),
            theme,
        }
    }

    /// Appends; writing to a string does not fail.
    pub(crate) fn put(&mut self, what: Arguments<'_>) {
        let _ = self.text.write_fmt(what);
    }

    /// Begins a picture of this size.
    pub(crate) fn open(&mut self, title: &str, width: f64, height: f64) {
        let (w, h) = (Px(width), Px(height));
        self.put(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" \
             viewBox=\"0 0 {w} {h}\" font-family=\"{FAMILY}\" role=\"img\">\n\
             <title>{}</title>\n",
            Escaped(&text::plain(title))
        ));
        if self.theme == Theme::Print {
            let paper = Paint::Paper.value(self.theme);
            self.put(format_args!(
                "<rect width=\"{w}\" height=\"{h}\" fill=\"{paper}\"/>\n"
            ));
        }
    }

    /// Words at a place, with further attributes in `style`.
    pub(crate) fn words(
        &mut self,
        at: (f64, f64),
        words: &str,
        size: f64,
        paint: Paint,
        style: &str,
    ) {
        let place = format!("x=\"{}\" y=\"{}\"", Px(at.0), Px(at.1));
        self.text_element(&place, words, size, paint, style);
    }

    /// The title of a vertical axis, read from below, centred at a place.
    pub(crate) fn upright_title(&mut self, (x, y): (f64, f64), title: &str) {
        let place = format!("transform=\"translate({} {}) rotate(-90)\"", Px(x), Px(y));
        self.text_element(&place, title, MEDIUM, Paint::Ink, CENTRED);
    }

    fn text_element(&mut self, place: &str, words: &str, size: f64, paint: Paint, style: &str) {
        if words.is_empty() {
            return;
        }
        let (fill, px) = (paint.value(self.theme), Px(size));
        self.put(format_args!(
            "<text {place} font-size=\"{px}\" fill=\"{fill}\"{style}>"
        ));
        let shift = 0.25 * size;
        let mut lowered = false;
        for piece in pieces(words) {
            let (text, down, up) = (Escaped(piece.text), Px(shift), Px(-shift));
            let small = Px(SUBSCRIPT * size);
            match (piece.subscript, lowered) {
                (true, _) => self.put(format_args!(
                    "<tspan dy=\"{down}\" font-size=\"{small}\">{text}</tspan>"
                )),
                (false, true) => self.put(format_args!("<tspan dy=\"{up}\">{text}</tspan>")),
                (false, false) => self.put(format_args!("{text}")),
            }
            lowered = piece.subscript;
        }
        self.put(format_args!("</text>\n"));
    }

    pub(crate) fn line(&mut self, from: (f64, f64), to: (f64, f64), stroke: Stroke) {
        let style = self.style(stroke);
        let [x0, y0, x1, y1] = [from.0, from.1, to.0, to.1].map(Px);
        self.put(format_args!("<path d=\"M{x0} {y0}L{x1} {y1}\"{style}/>\n"));
    }

    pub(crate) fn style(&self, stroke: Stroke) -> String {
        let mut style = format!(
            " fill=\"none\" stroke=\"{}\" stroke-width=\"{}\"",
            stroke.paint.value(self.theme),
            Px(stroke.width)
        );
        if stroke.dash > 0.0 {
            let (dash, gap) = (Px(stroke.dash), Px(0.6 * stroke.dash));
            let _ = write!(style, " stroke-dasharray=\"{dash} {gap}\"");
        }
        if stroke.opacity < 1.0 {
            let _ = write!(style, " stroke-opacity=\"{}\"", Px(stroke.opacity));
        }
        style
    }

    pub(crate) fn rectangle(&mut self, x: (f64, f64), y: (f64, f64), paint: Paint, more: &str) {
        let fill = paint.value(self.theme);
        self.unfilled(x, y, &format!(" fill=\"{fill}\"{more}"));
    }

    /// A rectangle whose colour is that of the group it is in, if `more` has none.
    pub(crate) fn unfilled(&mut self, x: (f64, f64), y: (f64, f64), more: &str) {
        let (left, right) = (x.0.min(x.1), x.0.max(x.1));
        let (top, bottom) = (y.0.min(y.1), y.0.max(y.1));
        let [x, y, width, height] = [left, top, right - left, bottom - top].map(Px);
        self.put(format_args!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"{more}/>\n"
        ));
    }

    pub(crate) fn key(&mut self, (x, y): (f64, f64), key: &Key) {
        let middle = y - 4.0;
        let box_x = (x + 5.0, x + SIGN - 5.0);
        let box_y = (middle - 5.5, middle + 5.5);
        match key.sign {
            Sign::Line(stroke) => self.line((x, middle), (x + SIGN, middle), stroke),
            Sign::Banded(stroke) => {
                let band = (x, x + SIGN);
                self.rectangle(band, box_y, stroke.paint, " fill-opacity=\"0.22\"");
                self.line((x, middle), (x + SIGN, middle), stroke);
            }
            Sign::Tile(paint) => self.rectangle(box_x, box_y, paint, ""),
            Sign::Crossing(stroke, paint) => {
                self.rectangle((x, x + SIGN), box_y, paint, "");
                self.line((x, middle), (x + SIGN, middle), stroke);
            }
            Sign::Dot(paint) => self.dot((x + SIGN / 2.0, middle), paint),
            Sign::Crossed => {
                self.rectangle(box_x, box_y, Paint::Faint, "");
                self.crosses([[box_x, box_y]]);
            }
            Sign::Framed => {
                let frame = " stroke=\"INK\" stroke-width=\"2\""
                    .replace("INK", &Paint::Ink.value(self.theme));
                self.rectangle(box_x, box_y, Paint::Faint, &frame);
            }
            Sign::Censored(paint) => self.censored((x + SIGN / 2.0, middle), paint),
        }
        self.words((x + SIGN + 6.0, y), &key.label, SMALL, Paint::Ink, "");
    }

    pub(crate) fn dot(&mut self, (x, y): (f64, f64), paint: Paint) {
        let (fill, paper) = (paint.value(self.theme), Paint::Paper.value(self.theme));
        let (x, y) = (Px(x), Px(y));
        self.put(format_args!(
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"3\" fill=\"{fill}\" stroke=\"{paper}\" \
             stroke-width=\"0.8\"/>\n"
        ));
    }

    /// Crosses in rectangles, in one path: a grid may have thousands.
    pub(crate) fn crosses(&mut self, boxes: impl IntoIterator<Item = [(f64, f64); 2]>) {
        let style = self.style(Stroke::solid(Paint::Ink, 0.8).faded(0.55));
        let mut path = String::new();
        for [x, y] in boxes {
            let (mx, my) = ((x.0 + x.1) / 2.0, (y.0 + y.1) / 2.0);
            let arm = (0.3 * (x.1 - x.0).abs().min((y.1 - y.0).abs())).min(5.0);
            let [left, top, side] = [mx - arm, my - arm, 2.0 * arm].map(Px);
            let _ = write!(path, "M{left} {top}l{side} {side}m0 -{side}l-{side} {side}");
        }
        self.put(format_args!("<path d=\"{path}\"{style}/>\n"));
    }

    pub(crate) fn censored(&mut self, (x, y): (f64, f64), paint: Paint) {
        let stroke = Stroke::solid(paint, 1.3);
        self.line((x, y - 4.5), (x, y + 4.5), stroke);
    }
}

/// A length, to a hundredth of a px.
pub(crate) struct Px(pub(crate) f64);

impl Display for Px {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A bound far outside any picture keeps viewers from drawing with huge numbers.
        let hundredths = (self.0.clamp(-1e5, 1e5) * 100.0).round();
        let digits = format!("{:.2}", hundredths / 100.0);
        let digits = trimmed(&digits);
        f.write_str(if digits == "-0" { "0" } else { digits })
    }
}
