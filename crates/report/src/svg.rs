//! Figures as SVG: where everything goes, and the bytes.
//!
//! Bytes are a function of the figure alone. Lengths are px of 1/96 inch.

use std::fmt::{Display, Write};

use crate::figure::{Axis, Bar, Figure, Key, Mark, Panel, Sign, Stroke};
use crate::palette::{Paint, Theme, ramp};
use crate::scale::Tick;
use crate::text::{self, FAMILY, SUBSCRIPT, pieces, width, wrap};

/// Size of tick labels, legend and note.
const SMALL: f64 = 11.0;
/// Size of axis titles and panel titles.
const MEDIUM: f64 = 12.0;
/// Size of the figure's title.
const LARGE: f64 = 14.0;
/// Room around everything.
const MARGIN: f64 = 12.0;
/// From axis to tick label.
const TICK: f64 = 5.0;
/// Width of the key to shades.
const BAR: f64 = 12.0;
/// Room above a panel for what is written at its rules.
const RULE_LABELS: f64 = 16.0;
/// Length of an interval beyond its dot where it has no upper end.
const OPEN: f64 = 14.0;
/// Length of a legend's line.
const SIGN: f64 = 24.0;

/// Draws a figure.
pub fn draw(figure: &Figure, theme: Theme) -> String {
    let layout = Layout::of(figure);
    let mut svg = Svg {
        text: String::new(),
        theme,
    };
    svg.open(figure, &layout);
    let mut y = MARGIN + LARGE;
    svg.words(
        (MARGIN, y),
        &figure.title,
        Words::new(LARGE, Paint::Ink).bold(),
    );
    y += 10.0;
    for row in &layout.legend {
        y += layout.row_height();
        let mut x = MARGIN;
        for key in row {
            svg.key((x, y), key);
            x += key_width(key);
        }
    }
    for (i, panel) in figure.panels.iter().enumerate() {
        svg.panel(figure, i, panel, &layout);
    }
    let mut y = layout.height - MARGIN - layout.note.len() as f64 * 15.0;
    for line in &layout.note {
        y += 15.0;
        svg.words((MARGIN, y - 4.0), line, Words::new(SMALL, Paint::Muted));
    }
    svg.text.push_str("</svg>\n");
    svg.text
}

/// Where the parts of a figure go.
struct Layout<'f> {
    width: f64,
    height: f64,
    legend: Vec<Vec<&'f Key>>,
    note: Vec<String>,
    /// Left edges of the panels' plotting areas, by column.
    lefts: Vec<f64>,
    /// Their upper edges, by row.
    tops: Vec<f64>,
}

impl<'f> Layout<'f> {
    fn of(figure: &'f Figure) -> Self {
        let columns = figure.columns.clamp(1, figure.panels.len().max(1));
        let rows = figure.panels.len().div_ceil(columns);
        let in_column = |column| figure.panels.iter().skip(column).step_by(columns);
        let mut x = MARGIN;
        let mut lefts = Vec::new();
        for column in 0..columns {
            let labelled = !figure.shared_axes || column == 0;
            let before = in_column(column).map(|panel| before(panel, labelled, figure.size.1));
            let after = in_column(column).map(|panel| after(panel, figure.size.1));
            x += before.fold(0.0, f64::max);
            lefts.push(x);
            x += figure.size.0 + after.fold(0.0, f64::max) + 8.0;
        }
        let title = width(&figure.title, LARGE, true);
        let total = (x - 8.0 + MARGIN).max(title + 2.0 * MARGIN);
        let room = total - 2.0 * MARGIN;

        let legend = rows_of_keys(&figure.legend, room);
        let note = wrap(&figure.note, SMALL, room);
        let mut layout = Self {
            width: total,
            height: 0.0,
            legend,
            note,
            lefts,
            tops: Vec::new(),
        };
        let mut y = MARGIN + LARGE + 14.0 + layout.legend.len() as f64 * layout.row_height();
        let titled = figure.panels.iter().any(|panel| !panel.title.is_empty());
        let ruled = figure.panels.iter().any(has_rule_labels);
        for row in 0..rows {
            y += if titled { 24.0 } else { 8.0 } + if ruled { RULE_LABELS } else { 0.0 };
            layout.tops.push(y);
            let labelled = !figure.shared_axes || row + 1 == rows;
            y += figure.size.1 + if labelled { 44.0 } else { 8.0 };
        }
        let note = layout.note.len() as f64 * 15.0;
        // Under shared axes, a column that ends early has its labels where the next row is.
        layout.height = y + note + MARGIN;
        layout
    }

    fn row_height(&self) -> f64 {
        18.0
    }
}

fn has_rule_labels(panel: &Panel) -> bool {
    let mut marks = panel.marks.iter();
    marks.any(|mark| matches!(mark, Mark::Rule { label, .. } if !label.is_empty()))
}

/// Room left of a panel.
fn before(panel: &Panel, labelled: bool, height: f64) -> f64 {
    if !labelled {
        return 12.0;
    }
    let widths = ticks(&panel.y, height, 34.0);
    let widths = widths.iter().filter_map(|tick| tick.label.as_deref());
    let widest = widths
        .map(|label| width(label, SMALL, false))
        .fold(0.0, f64::max);
    let title = if panel.y.label.is_empty() {
        0.0
    } else {
        MEDIUM + 8.0
    };
    title + widest + TICK + 4.0
}

/// Room right of a panel.
fn after(panel: &Panel, height: f64) -> f64 {
    let Some(bar) = &panel.bar else { return 8.0 };
    let labels = bar.scale.ticks(most_ticks(height, 34.0));
    let labels = labels.iter().filter_map(|tick| tick.label.as_deref());
    let widest = labels
        .map(|label| width(label, SMALL, false))
        .fold(0.0, f64::max);
    12.0 + BAR + TICK + widest + MEDIUM + 14.0
}

fn most_ticks(length: f64, each: f64) -> usize {
    ((length / each) as usize).clamp(2, 9)
}

/// An axis's ticks, one every `each` px at most.
fn ticks(axis: &Axis, length: f64, each: f64) -> Vec<Tick> {
    match axis.ticks.is_empty() {
        true => axis.scale.ticks(most_ticks(length, each)),
        false => axis.ticks.clone(),
    }
}

fn key_width(key: &Key) -> f64 {
    SIGN + 6.0 + width(&key.label, SMALL, false) + 18.0
}

fn rows_of_keys(keys: &[Key], room: f64) -> Vec<Vec<&Key>> {
    let mut rows: Vec<Vec<&Key>> = Vec::new();
    let mut used = f64::INFINITY;
    for key in keys {
        let wide = key_width(key);
        if used + wide > room + 18.0 {
            rows.push(Vec::new());
            used = 0.0;
        }
        used += wide;
        if let Some(row) = rows.last_mut() {
            row.push(key);
        }
    }
    rows
}

/// How words are set.
#[derive(Clone, Copy)]
struct Words {
    size: f64,
    paint: Paint,
    bold: bool,
    anchor: &'static str,
    upright: bool,
}

impl Words {
    fn new(size: f64, paint: Paint) -> Self {
        Self {
            size,
            paint,
            bold: false,
            anchor: "start",
            upright: false,
        }
    }

    fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    fn centred(self) -> Self {
        Self {
            anchor: "middle",
            ..self
        }
    }

    fn to_the_left(self) -> Self {
        Self {
            anchor: "end",
            ..self
        }
    }

    fn upright(self) -> Self {
        Self {
            upright: true,
            ..self
        }
    }
}

/// A panel's frame: from numbers to px.
struct Frame<'f> {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    x: &'f Axis,
    y: &'f Axis,
}

impl Frame<'_> {
    fn right(&self) -> f64 {
        self.left + self.width
    }

    fn bottom(&self) -> f64 {
        self.top + self.height
    }

    fn x(&self, x: f64) -> f64 {
        self.left + self.width * self.x.scale.place(x)
    }

    fn y(&self, y: f64) -> f64 {
        self.bottom() - self.height * self.y.scale.place(y)
    }
}

struct Svg {
    text: String,
    theme: Theme,
}

impl Svg {
    /// Appends; writing to a string does not fail.
    fn put(&mut self, what: std::fmt::Arguments<'_>) {
        let _ = self.text.write_fmt(what);
    }

    fn open(&mut self, figure: &Figure, layout: &Layout<'_>) {
        let (w, h) = (Px(layout.width), Px(layout.height));
        self.put(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" \
             viewBox=\"0 0 {w} {h}\" font-family=\"{FAMILY}\" role=\"img\">\n\
             <title>{}</title>\n",
            Escaped(&text::plain(&figure.title))
        ));
        if self.theme == Theme::Print {
            let paper = Paint::Paper.value(self.theme);
            self.put(format_args!(
                "<rect width=\"{w}\" height=\"{h}\" fill=\"{paper}\"/>\n"
            ));
        }
    }

    fn words(&mut self, (x, y): (f64, f64), words: &str, how: Words) {
        if words.is_empty() {
            return;
        }
        let place = match how.upright {
            true => format!("transform=\"translate({} {}) rotate(-90)\"", Px(x), Px(y)),
            false => format!("x=\"{}\" y=\"{}\"", Px(x), Px(y)),
        };
        let fill = how.paint.value(self.theme);
        self.put(format_args!(
            "<text {place} font-size=\"{}\" fill=\"{fill}\"",
            Px(how.size)
        ));
        if how.bold {
            self.put(format_args!(" font-weight=\"bold\""));
        }
        if how.anchor != "start" {
            self.put(format_args!(" text-anchor=\"{}\"", how.anchor));
        }
        self.put(format_args!(">"));
        let mut lowered = false;
        for piece in pieces(words) {
            let shift = 0.25 * how.size;
            match (piece.subscript, lowered) {
                (true, _) => self.put(format_args!(
                    "<tspan dy=\"{}\" font-size=\"{}\">{}</tspan>",
                    Px(shift),
                    Px(SUBSCRIPT * how.size),
                    Escaped(piece.text)
                )),
                (false, true) => self.put(format_args!(
                    "<tspan dy=\"{}\">{}</tspan>",
                    Px(-shift),
                    Escaped(piece.text)
                )),
                (false, false) => self.put(format_args!("{}", Escaped(piece.text))),
            }
            lowered = piece.subscript;
        }
        self.put(format_args!("</text>\n"));
    }

    fn line(&mut self, from: (f64, f64), to: (f64, f64), stroke: Stroke) {
        let style = self.style(stroke);
        self.put(format_args!(
            "<path d=\"M{} {}L{} {}\"{style}/>\n",
            Px(from.0),
            Px(from.1),
            Px(to.0),
            Px(to.1)
        ));
    }

    fn style(&self, stroke: Stroke) -> String {
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

    fn rectangle(&mut self, x: (f64, f64), y: (f64, f64), paint: Paint, more: &str) {
        let (left, right) = (x.0.min(x.1), x.0.max(x.1));
        let (top, bottom) = (y.0.min(y.1), y.0.max(y.1));
        let fill = paint.value(self.theme);
        self.put(format_args!(
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{fill}\"{more}/>\n",
            Px(left),
            Px(top),
            Px(right - left),
            Px(bottom - top)
        ));
    }

    fn key(&mut self, (x, y): (f64, f64), key: &Key) {
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
                self.cross(box_x, box_y);
            }
            Sign::Censored(paint) => self.censored((x + SIGN / 2.0, middle), paint),
        }
        let at = (x + SIGN + 6.0, y);
        self.words(at, &key.label, Words::new(SMALL, Paint::Ink));
    }

    fn dot(&mut self, (x, y): (f64, f64), paint: Paint) {
        let (fill, paper) = (paint.value(self.theme), Paint::Paper.value(self.theme));
        self.put(format_args!(
            "<circle cx=\"{}\" cy=\"{}\" r=\"3\" fill=\"{fill}\" stroke=\"{paper}\" \
             stroke-width=\"0.8\"/>\n",
            Px(x),
            Px(y)
        ));
    }

    fn cross(&mut self, x: (f64, f64), y: (f64, f64)) {
        let (mx, my) = ((x.0 + x.1) / 2.0, (y.0 + y.1) / 2.0);
        let arm = (0.3 * (x.1 - x.0).abs().min((y.1 - y.0).abs())).min(5.0);
        let stroke = Stroke::solid(Paint::Ink, 0.8).faded(0.55);
        self.line((mx - arm, my - arm), (mx + arm, my + arm), stroke);
        self.line((mx - arm, my + arm), (mx + arm, my - arm), stroke);
    }

    fn censored(&mut self, (x, y): (f64, f64), paint: Paint) {
        let stroke = Stroke::solid(paint, 1.3);
        self.line((x, y - 4.5), (x, y + 4.5), stroke);
    }

    fn panel(&mut self, figure: &Figure, i: usize, panel: &Panel, layout: &Layout<'_>) {
        let columns = layout.lefts.len();
        let frame = Frame {
            left: layout.lefts[i % columns],
            top: layout.tops[i / columns],
            width: figure.size.0,
            height: figure.size.1,
            x: &panel.x,
            y: &panel.y,
        };
        let below = i + columns < figure.panels.len();
        let clip = format!("{}-{i}", figure.name);
        self.put(format_args!(
            "<clipPath id=\"{clip}\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/></clipPath>\n",
            Px(frame.left),
            Px(frame.top),
            Px(frame.width),
            Px(frame.height)
        ));
        self.horizontal(&frame, !figure.shared_axes || !below);
        self.vertical(&frame, !figure.shared_axes || i.is_multiple_of(columns));
        self.put(format_args!("<g clip-path=\"url(#{clip})\">\n"));
        for mark in &panel.marks {
            self.mark(&frame, mark);
        }
        self.put(format_args!("</g>\n"));
        self.frame(&frame);
        self.rule_labels(&frame, panel);
        let ruled = figure.panels.iter().any(has_rule_labels);
        let above = if ruled { 7.0 + RULE_LABELS } else { 7.0 };
        let above = (frame.left, frame.top - above);
        self.words(above, &panel.title, Words::new(MEDIUM, Paint::Ink).bold());
        if let Some(bar) = &panel.bar {
            self.bar(&frame, bar);
        }
    }

    /// The lines at the left and at the bottom.
    fn frame(&mut self, frame: &Frame<'_>) {
        let style = self.style(Stroke::solid(Paint::Ink, 0.9));
        self.put(format_args!(
            "<path d=\"M{} {}V{}H{}\"{style}/>\n",
            Px(frame.left),
            Px(frame.top),
            Px(frame.bottom()),
            Px(frame.right())
        ));
    }

    fn horizontal(&mut self, frame: &Frame<'_>, labelled: bool) {
        let mut free = f64::NEG_INFINITY;
        let axis = Stroke::solid(Paint::Ink, 0.9);
        for tick in ticks(frame.x, frame.width, 60.0) {
            let x = frame.x(tick.at);
            let long = tick.label.is_some();
            if long && frame.x.grid {
                let faint = Stroke::solid(Paint::Faint, 0.8);
                self.line((x, frame.top), (x, frame.bottom()), faint);
            }
            let length = if long { 4.0 } else { 2.5 };
            self.line((x, frame.bottom()), (x, frame.bottom() + length), axis);
            let Some(label) = tick.label.filter(|_| labelled) else {
                continue;
            };
            let half = width(&label, SMALL, false) / 2.0;
            if x - half < free {
                continue;
            }
            free = x + half + 6.0;
            let at = (x, frame.bottom() + TICK + SMALL);
            self.words(at, &label, Words::new(SMALL, Paint::Ink).centred());
        }
        if labelled {
            let at = (frame.left + frame.width / 2.0, frame.bottom() + 35.0);
            let how = Words::new(MEDIUM, Paint::Ink).centred();
            self.words(at, &frame.x.label, how);
        }
    }

    fn vertical(&mut self, frame: &Frame<'_>, labelled: bool) {
        let mut free = f64::INFINITY;
        let mut widest: f64 = 0.0;
        let axis = Stroke::solid(Paint::Ink, 0.9);
        for tick in ticks(frame.y, frame.height, 34.0) {
            let y = frame.y(tick.at);
            let long = tick.label.is_some();
            if long && frame.y.grid {
                let faint = Stroke::solid(Paint::Faint, 0.8);
                self.line((frame.left, y), (frame.right(), y), faint);
            }
            let length = if long { 4.0 } else { 2.5 };
            self.line((frame.left - length, y), (frame.left, y), axis);
            let Some(label) = tick.label.filter(|_| labelled) else {
                continue;
            };
            if y + SMALL / 2.0 > free {
                continue;
            }
            free = y - SMALL / 2.0 - 2.0;
            widest = widest.max(width(&label, SMALL, false));
            let at = (frame.left - TICK - 1.0, y + 0.36 * SMALL);
            self.words(at, &label, Words::new(SMALL, Paint::Ink).to_the_left());
        }
        if labelled {
            let at = (
                frame.left - TICK - widest - 9.0,
                frame.top + frame.height / 2.0,
            );
            let how = Words::new(MEDIUM, Paint::Ink).centred().upright();
            self.words(at, &frame.y.label, how);
        }
    }

    /// The key to shades, right of a panel.
    fn bar(&mut self, frame: &Frame<'_>, bar: &Bar) {
        const STEPS: usize = 64;
        let left = frame.right() + 12.0;
        let right = left + BAR;
        for step in 0..STEPS {
            let [low, high] = [step, step + 1].map(|s| s as f64 / STEPS as f64);
            // Overlapping by a little: no gaps of rounding.
            let y = (
                frame.bottom() - low * frame.height,
                (frame.bottom() - high * frame.height - 0.5).max(frame.top),
            );
            self.rectangle((left, right), y, ramp((low + high) / 2.0), "");
        }
        let mut widest: f64 = 0.0;
        for tick in bar.scale.ticks(most_ticks(frame.height, 34.0)) {
            let y = frame.bottom() - frame.height * bar.scale.place(tick.at);
            let Some(label) = tick.label else { continue };
            let ink = Stroke::solid(Paint::Ink, 0.9);
            self.line((right, y), (right + 3.0, y), ink);
            widest = widest.max(width(&label, SMALL, false));
            let at = (right + TICK, y + 0.36 * SMALL);
            self.words(at, &label, Words::new(SMALL, Paint::Ink));
        }
        let at = (
            right + TICK + widest + MEDIUM + 4.0,
            frame.top + frame.height / 2.0,
        );
        let how = Words::new(MEDIUM, Paint::Ink).centred().upright();
        self.words(at, &bar.label, how);
    }

    /// What is written at rules: above the panel, each centred on its own where it can be.
    fn rule_labels(&mut self, frame: &Frame<'_>, panel: &Panel) {
        let mut free = frame.left;
        for mark in &panel.marks {
            let Mark::Rule { x, stroke, label } = mark else {
                continue;
            };
            let (x, wide) = (frame.x(*x), width(label, SMALL, false));
            if label.is_empty() || !(frame.left - 0.5..=frame.right() + 0.5).contains(&x) {
                continue;
            }
            let from = (x - wide / 2.0).min(frame.right() - wide).max(free);
            free = from + wide + 8.0;
            let above = frame.top - 8.0;
            self.line((x, frame.top - 4.0), (x, frame.top), *stroke);
            self.words((from, above), label, Words::new(SMALL, stroke.paint));
        }
    }

    fn mark(&mut self, frame: &Frame<'_>, mark: &Mark) {
        match mark {
            Mark::Line { points, stroke } => self.curve(frame, points, *stroke),
            Mark::Band {
                points,
                paint,
                opacity,
            } => self.band(frame, points, *paint, *opacity),
            Mark::Rule { x, stroke, .. } => {
                let x = frame.x(*x);
                self.line((x, frame.top), (x, frame.bottom()), *stroke);
            }
            Mark::Stripe { x, paint, opacity } => {
                let x = (
                    frame.x(x.0.max(frame.x.scale.low)),
                    frame.x(x.1.min(frame.x.scale.high)),
                );
                let y = (frame.top, frame.bottom());
                self.rectangle(x, y, *paint, &format!(" fill-opacity=\"{}\"", Px(*opacity)));
            }
            Mark::Tile { x, y, paint, cell } => {
                // Tiles that meet leave no gap between them.
                let mut more = String::from(" shape-rendering=\"crispEdges\"");
                if let Some(cell) = cell {
                    let _ = write!(more, " data-cell=\"{cell}\"");
                }
                let (x, y) = ((frame.x(x.0), frame.x(x.1)), (frame.y(y.0), frame.y(y.1)));
                self.rectangle(x, y, *paint, &more);
            }
            Mark::Cross { x, y } => {
                self.cross((frame.x(x.0), frame.x(x.1)), (frame.y(y.0), frame.y(y.1)));
            }
            Mark::Dot {
                at,
                interval,
                paint,
            } => {
                let (x, y) = (frame.x(at.0), frame.y(at.1));
                self.dot((x, y), *paint);
                if let Some((low, high)) = interval {
                    let stroke = Stroke::solid(*paint, 1.3);
                    let low = frame.y(*low);
                    let cap = |svg: &mut Self, y| svg.line((x - 3.0, y), (x + 3.0, y), stroke);
                    cap(self, low);
                    // An interval without an upper end is left open.
                    let high = match high.is_finite() {
                        true => frame.y(*high),
                        false => y - OPEN,
                    };
                    self.line((x, low), (x, high), stroke);
                    if interval.is_some_and(|(_, high)| high.is_finite()) {
                        cap(self, high);
                    }
                }
            }
            Mark::Censored { at, paint } => {
                self.censored((frame.x(at.0), frame.y(at.1)), *paint);
            }
            Mark::Text { at, text, paint } => {
                let at = (frame.x(at.0), frame.y(at.1) + 0.36 * SMALL);
                self.words(at, text, Words::new(SMALL, *paint).centred());
            }
        }
    }

    fn curve(&mut self, frame: &Frame<'_>, points: &[(f64, f64)], stroke: Stroke) {
        let mut path = String::new();
        let mut pen = 'M';
        for &(x, y) in points {
            let (x, y) = (frame.x(x), frame.y(y));
            if !(x.is_finite() && y.is_finite()) {
                pen = 'M';
                continue;
            }
            let _ = write!(path, "{pen}{} {}", Px(x), Px(y));
            pen = 'L';
        }
        if !path.is_empty() {
            let style = self.style(stroke);
            self.put(format_args!(
                "<path d=\"{path}\"{style} stroke-linejoin=\"round\"/>\n"
            ));
        }
    }

    fn band(&mut self, frame: &Frame<'_>, points: &[(f64, f64, f64)], paint: Paint, opacity: f64) {
        let placed = points.iter().map(|&(x, low, high)| {
            // A band may begin below a logarithmic scale.
            let low = if frame.y.scale.log {
                low.max(frame.y.scale.low)
            } else {
                low
            };
            [frame.x(x), frame.y(low), frame.y(high)]
        });
        let placed: Vec<_> = placed.collect();
        let mut path = String::new();
        for stretch in placed.split(|place| place.iter().any(|x| !x.is_finite())) {
            let upper = stretch.iter().map(|[x, _, high]| (x, high));
            let lower = stretch.iter().rev().map(|[x, low, _]| (x, low));
            for (i, (x, y)) in upper.chain(lower).enumerate() {
                let pen = if i == 0 { 'M' } else { 'L' };
                let _ = write!(path, "{pen}{} {}", Px(*x), Px(*y));
            }
            if !stretch.is_empty() {
                path.push('Z');
            }
        }
        if !path.is_empty() {
            let fill = paint.value(self.theme);
            self.put(format_args!(
                "<path d=\"{path}\" fill=\"{fill}\" fill-opacity=\"{}\"/>\n",
                Px(opacity)
            ));
        }
    }
}

/// A length, to a hundredth of a px.
struct Px(f64);

impl Display for Px {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Far outside any picture, so that no viewer has to draw with numbers without bounds.
        let hundredths = (self.0.clamp(-1e5, 1e5) * 100.0).round();
        let digits = format!("{:.2}", hundredths / 100.0);
        let digits = digits.trim_end_matches('0').trim_end_matches('.');
        f.write_str(if digits == "-0" { "0" } else { digits })
    }
}

/// Text between tags, or in quotes.
pub(crate) struct Escaped<'t>(pub(crate) &'t str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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
