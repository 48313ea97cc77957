//! A picture as SVG: title, legend, panels, note. Lengths are px of 1/96 inch.

use std::fmt::Write;

use crate::layout::{
    BAR, LARGE, LEGEND_ROW, Layout, MARGIN, MEDIUM, RULE_LABELS, SMALL, TICK, has_rule_labels,
    key_width, most_ticks, ticks, widest,
};
use crate::palette::{Paint, Theme};
use crate::picture::{Axis, Bar, Mark, Panel, Picture, Stroke};
use crate::svg::{BOLD, CENTRED, Px, Svg, TO_THE_LEFT};
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
    svg.words((MARGIN, y), &picture.title, LARGE, Paint::Ink, BOLD);
    y += 10.0;
    for row in &layout.legend {
        y += LEGEND_ROW;
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
        svg.words((MARGIN, y - 4.0), line, SMALL, Paint::Muted, "");
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
        let [x, y, width, height] = [frame.left, frame.top, frame.width, frame.height].map(Px);
        self.put(format_args!(
            "<clipPath id=\"{clip}\"><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/></clipPath>\n"
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
        self.words(above, &panel.title, MEDIUM, Paint::Ink, BOLD);
        if let Some(bar) = &panel.bar {
            self.bar(&frame, bar);
        }
    }

    /// The lines at the left and at the bottom.
    fn frame(&mut self, frame: &Frame<'_>) {
        let style = self.style(Stroke::solid(Paint::Ink, 0.9));
        let [x0, y0] = [frame.left, frame.top].map(Px);
        let [x1, y1] = [frame.right(), frame.bottom()].map(Px);
        self.put(format_args!("<path d=\"M{x0} {y0}V{y1}H{x1}\"{style}/>\n"));
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
            self.words(at, &label, SMALL, Paint::Ink, CENTRED);
        }
        if labelled {
            let at = (frame.left + frame.width / 2.0, frame.bottom() + 35.0);
            self.words(at, &frame.x.label, MEDIUM, Paint::Ink, CENTRED);
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
            self.words(at, &label, SMALL, Paint::Ink, TO_THE_LEFT);
        }
        if labelled {
            let x = frame.left - TICK - widest - 9.0;
            self.upright_title((x, frame.top + frame.height / 2.0), &frame.y.label);
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
        let ticks = bar.scale.ticks(most_ticks(frame.height, 34.0));
        let title_x = right + TICK + widest(&ticks) + MEDIUM + 4.0;
        for tick in ticks {
            let y = frame.bottom() - frame.height * bar.scale.place(tick.at);
            let Some(label) = tick.label else { continue };
            let ink = Stroke::solid(Paint::Ink, 0.9);
            self.line((right, y), (right + 3.0, y), ink);
            let at = (right + TICK, y + 0.36 * SMALL);
            self.words(at, &label, SMALL, Paint::Ink, "");
        }
        self.upright_title((title_x, frame.top + frame.height / 2.0), &bar.label);
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
            self.words((from, above), label, SMALL, stroke.paint, "");
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
                let scale = &frame.x.scale;
                let x = (
                    frame.x(x.0.max(scale.low())),
                    frame.x(x.1.min(scale.high())),
                );
                let more = format!(" fill-opacity=\"{}\"", Px(*opacity));
                self.rectangle(x, (frame.top, frame.bottom()), *paint, &more);
            }
            Mark::Tile { x, y, paint, cell } => {
                // Tiles that meet leave no gap between them.
                let number = cell.map(|cell| format!(" data-cell=\"{cell}\""));
                let more =
                    " shape-rendering=\"crispEdges\"".to_owned() + &number.unwrap_or_default();
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
                if let Some((low, high)) = *interval {
                    let stroke = Stroke::solid(*paint, 1.3);
                    let cap = |svg: &mut Self, y| svg.line((x - 3.0, y), (x + 3.0, y), stroke);
                    let low = frame.y(low);
                    cap(self, low);
                    if high.is_finite() {
                        self.line((x, low), (x, frame.y(high)), stroke);
                        cap(self, frame.y(high));
                    } else {
                        // An interval without an upper end is left open.
                        self.line((x, low), (x, y - OPEN), stroke);
                    }
                }
            }
            Mark::Censored { at, paint } => {
                self.censored((frame.x(at.0), frame.y(at.1)), *paint);
            }
            Mark::Text { at, text, paint } => {
                let at = (frame.x(at.0), frame.y(at.1) + 0.36 * SMALL);
                self.words(at, text, SMALL, *paint, CENTRED);
            }
        }
    }

    fn curve(&mut self, frame: &Frame<'_>, points: &[(f64, f64)], stroke: Stroke) {
        let placed: Vec<_> = points
            .iter()
            .map(|&(x, y)| (frame.x(x), frame.y(y)))
            .collect();
        let stretches = placed.split(|(x, y)| !(x.is_finite() && y.is_finite()));
        let path: String = stretches
            .map(|stretch| path(stretch.iter().copied()))
            .collect();
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
            let scale = &frame.y.scale;
            let low = if scale.is_log() {
                low.max(scale.low())
            } else {
                low
            };
            [frame.x(x), frame.y(low), frame.y(high)]
        });
        let placed: Vec<_> = placed.collect();
        let stretches = placed.split(|place| place.iter().any(|x| !x.is_finite()));
        let outline = |stretch: &[[f64; 3]]| {
            let upper = stretch.iter().map(|&[x, _, high]| (x, high));
            let lower = stretch.iter().rev().map(|&[x, low, _]| (x, low));
            path(upper.chain(lower)) + "Z"
        };
        let path: String = stretches.filter(|s| !s.is_empty()).map(outline).collect();
        if !path.is_empty() {
            let (fill, opacity) = (paint.value(self.theme), Px(opacity));
            self.put(format_args!(
                "<path d=\"{path}\" fill=\"{fill}\" fill-opacity=\"{opacity}\"/>\n"
            ));
        }
    }
}

/// The data of a path from point to point.
fn path(points: impl Iterator<Item = (f64, f64)>) -> String {
    let mut path = String::new();
    for (i, (x, y)) in points.enumerate() {
        let pen = if i == 0 { 'M' } else { 'L' };
        let _ = write!(path, "{pen}{} {}", Px(x), Px(y));
    }
    path
}
