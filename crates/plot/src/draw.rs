//! A picture as SVG: title, legend, panels, note. Lengths are px of 1/96 inch.

use std::fmt::Write;

use crate::layout::{
    BAR, LARGE, Layout, MARGIN, MEDIUM, RULE_LABELS, SMALL, TICK, has_rule_labels, key_width,
    most_ticks, ticks,
};
use crate::palette::{Paint, Theme};
use crate::picture::{Axis, Bar, Mark, Panel, Picture, Stroke};
use crate::svg::{Px, Svg, Words};
use crate::text::width;

/// Length of an interval beyond its dot where it has no upper end.
const OPEN: f64 = 14.0;

/// Draws a picture as SVG, with a newline at its end.
///
/// Takes time and memory linear in the number of points.
pub fn draw(picture: &Picture, theme: Theme) -> String {
    let layout = Layout::of(picture);
    let mut svg = Svg::new(theme);
    svg.open(&picture.title, layout.width, layout.height);
    let mut y = MARGIN + LARGE;
    svg.words(
        (MARGIN, y),
        &picture.title,
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
    for (i, panel) in picture.panels.iter().enumerate() {
        svg.panel(picture, i, panel, &layout);
    }
    let mut y = layout.height - MARGIN - layout.note.len() as f64 * 15.0;
    for line in &layout.note {
        y += 15.0;
        svg.words((MARGIN, y - 4.0), line, Words::new(SMALL, Paint::Muted));
    }
    svg.text.push_str("</svg>\n");
    svg.text
}

/// A panel's frame: from numbers to px.
struct Frame<'p> {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    x: &'p Axis,
    y: &'p Axis,
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

impl Svg {
    fn panel(&mut self, picture: &Picture, i: usize, panel: &Panel, layout: &Layout<'_>) {
        let columns = layout.lefts.len();
        let frame = Frame {
            left: layout.lefts[i % columns],
            top: layout.tops[i / columns],
            width: picture.size.0,
            height: picture.size.1,
            x: &panel.x,
            y: &panel.y,
        };
        let below = i + columns < picture.panels.len();
        let clip = format!("{}-{i}", picture.name);
        self.put(format_args!(
            "<clipPath id=\"{clip}\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/></clipPath>\n",
            Px(frame.left),
            Px(frame.top),
            Px(frame.width),
            Px(frame.height)
        ));
        self.horizontal(&frame, !picture.shared_axes || !below);
        self.vertical(&frame, !picture.shared_axes || i.is_multiple_of(columns));
        self.put(format_args!("<g clip-path=\"url(#{clip})\">\n"));
        for mark in &panel.marks {
            self.mark(&frame, mark);
        }
        self.put(format_args!("</g>\n"));
        self.frame(&frame);
        self.rule_labels(&frame, panel);
        let ruled = picture.panels.iter().any(has_rule_labels);
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
            self.rectangle((left, right), y, Paint::ramp((low + high) / 2.0), "");
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

    /// The labels of rules: above the panel, each centred on its own rule where there is room.
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
                    frame.x(x.0.max(frame.x.scale.low())),
                    frame.x(x.1.min(frame.x.scale.high())),
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
            let low = if frame.y.scale.is_log() {
                low.max(frame.y.scale.low())
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
