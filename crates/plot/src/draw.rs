//! A picture as SVG: title, legend, panels, note. Lengths are px of 1/96 inch.

use std::fmt::Write;

use crate::layout::{
    BAR, LARGE, LEGEND_ROW, LINE, Layout, MARGIN, MEDIUM, NARROW, RULE_LABELS, SMALL, TICK, WIDE,
    has_rule_labels, key_width, most_ticks, spread, ticks, widest,
};
use crate::palette::{Paint, Theme};
use crate::picture::{Axis, Bar, Mark, Panel, Picture, Stroke};
use crate::svg::{BOLD, CENTRED, Px, Svg, TO_THE_LEFT};
use crate::text::width;

/// Length by which labels of ticks may reach out left and right of a panel.
const OVERHANG: f64 = 5.0;
/// Length of an interval beyond its dot where it has no upper end.
const OPEN: f64 = 14.0;

/// Draws a picture as SVG as wide as a column of a page, with a newline at its end.
///
/// Takes time and memory linear in the number of points.
pub fn draw(picture: &Picture, theme: Theme) -> String {
    drawn(picture, theme, WIDE)
}

/// Draws a picture as SVG as narrow as a phone: text is as large as in [`draw`], and panels stand
/// below each other where they have no room side by side.
pub fn draw_narrow(picture: &Picture, theme: Theme) -> String {
    drawn(picture, theme, NARROW)
}

fn drawn(picture: &Picture, theme: Theme, width: f64) -> String {
    let layout = Layout::of(picture, width);
    let mut svg = Svg::new(theme);
    svg.open(&picture.title, layout.width, layout.height);
    let mut y = MARGIN;
    for line in &layout.title {
        y += LARGE;
        svg.words((MARGIN, y), line, LARGE, Paint::Ink, BOLD);
        y += 3.0;
    }
    y += 7.0;
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
    let mut y = layout.height - MARGIN - layout.note.len() as f64 * LINE;
    for line in &layout.note {
        y += LINE;
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

    fn rectangle(&self, x: (f64, f64), y: (f64, f64)) -> [(f64, f64); 2] {
        [(self.x(x.0), self.x(x.1)), (self.y(y.0), self.y(y.1))]
    }
}

/// Tells if a mark is written together with the one before it: tiles of a colour and crosses may be
/// thousands.
fn are_drawn_together(before: &Mark, mark: &Mark) -> bool {
    match (before, mark) {
        (Mark::Tile { paint: a, .. }, Mark::Tile { paint: b, .. }) => a == b,
        (Mark::Cross { .. }, Mark::Cross { .. }) => true,
        _ => false,
    }
}

impl Svg {
    fn panel(&mut self, picture: &Picture, i: usize, panel: &Panel, layout: &Layout<'_>) {
        let columns = layout.lefts.len();
        let frame = Frame {
            left: layout.lefts[i % columns],
            top: layout.tops[i / columns],
            width: layout.panel.0,
            height: layout.panel.1,
            x: &panel.x,
            y: &panel.y,
        };
        let below = i + columns < picture.panels.len();
        let last = (i + 1).is_multiple_of(columns) || i + 1 == picture.panels.len();
        // A page may hold a picture in both widths.
        let clip = format!("{}-{}-{i}", picture.name, layout.width);
        let [x, y, width, height] = [frame.left, frame.top, frame.width, frame.height].map(Px);
        self.put(format_args!(
            "<clipPath id=\"{clip}\"><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/></clipPath>\n"
        ));
        self.horizontal(&frame, !picture.shared_axes || !below);
        self.vertical(&frame, !picture.shared_axes || i.is_multiple_of(columns));
        self.put(format_args!("<g clip-path=\"url(#{clip})\">\n"));
        for alike in panel.marks.chunk_by(are_drawn_together) {
            self.marks(&frame, alike);
        }
        self.put(format_args!("</g>\n"));
        self.frame(&frame);
        self.rule_labels(&frame, panel);
        if !picture.shared_axes || last {
            self.level_labels(&frame, panel);
        }
        let ruled = picture.panels.iter().any(has_rule_labels);
        let above = if ruled { 7.0 + RULE_LABELS } else { 7.0 };
        for (line, title) in layout.titles[i].iter().rev().enumerate() {
            let above = (frame.left, frame.top - above - line as f64 * LINE);
            self.words(above, title, MEDIUM, Paint::Ink, BOLD);
        }
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
            // Labels at the ends keep clear of those of the panels beside this one.
            let middle = x
                .min(frame.right() + OVERHANG - half)
                .max(frame.left - OVERHANG + half);
            if middle - half < free {
                continue;
            }
            free = middle + half + 6.0;
            let at = (middle, frame.bottom() + TICK + SMALL);
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
        let rules = panel.marks.iter().filter_map(|mark| match mark {
            Mark::Rule { x, stroke, label } => Some((frame.x(*x), *stroke, label.as_str())),
            _ => None,
        });
        let in_sight = |x: f64| (frame.left - 0.5..=frame.right() + 0.5).contains(&x);
        let rules = rules.filter(|(x, _, label)| !label.is_empty() && in_sight(*x));
        let rules: Vec<_> = rules.collect();
        let sizes = rules
            .iter()
            .map(|(x, _, label)| (*x, width(label, SMALL, false)));
        let sizes: Vec<_> = sizes.collect();
        let begins = spread(&sizes, (frame.left, frame.right()), 8.0);
        for ((x, stroke, label), begin) in rules.into_iter().zip(begins) {
            self.line((x, frame.top - 4.0), (x, frame.top), stroke);
            self.words((begin, frame.top - 8.0), label, SMALL, stroke.paint, "");
        }
    }

    /// The labels of levels: right of the panel, each at its own level where there is room.
    fn level_labels(&mut self, frame: &Frame<'_>, panel: &Panel) {
        let levels = panel.marks.iter().filter_map(|mark| match mark {
            Mark::Level { y, stroke, label } => Some((frame.y(*y), stroke.paint, label.as_str())),
            _ => None,
        });
        let in_sight = |y: f64| (frame.top - 0.5..=frame.bottom() + 0.5).contains(&y);
        let levels: Vec<_> = levels.filter(|(y, ..)| in_sight(*y)).collect();
        let sizes: Vec<_> = levels.iter().map(|(y, ..)| (*y, SMALL)).collect();
        let line = (frame.top - SMALL, frame.bottom() + SMALL);
        for ((_, paint, label), begin) in levels.iter().zip(spread(&sizes, line, 2.0)) {
            let at = (frame.right() + TICK, begin + 0.86 * SMALL);
            self.words(at, label, SMALL, *paint, "");
        }
    }

    /// Marks of one kind that follow each other, of which some are written in short.
    fn marks(&mut self, frame: &Frame<'_>, alike: &[Mark]) {
        match alike {
            [Mark::Tile { paint, .. }, ..] => {
                // Tiles that meet leave no gap between them.
                let fill = paint.value(self.theme);
                self.put(format_args!(
                    "<g shape-rendering=\"crispEdges\" fill=\"{fill}\">\n"
                ));
                alike.iter().for_each(|tile| self.mark(frame, tile));
                self.put(format_args!("</g>\n"));
            }
            [Mark::Cross { .. }, ..] => {
                let boxes = alike.iter().filter_map(|mark| match mark {
                    Mark::Cross { x, y } => Some(frame.rectangle(*x, *y)),
                    _ => None,
                });
                self.crosses(boxes);
            }
            _ => alike.iter().for_each(|mark| self.mark(frame, mark)),
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
            Mark::Level { y, stroke, .. } => {
                let y = frame.y(*y);
                self.line((frame.left, y), (frame.right(), y), *stroke);
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
            Mark::Tile { x, y, cell, .. } => {
                let number = cell.map(|cell| format!(" data-cell=\"{cell}\""));
                let [x, y] = frame.rectangle(*x, *y);
                self.unfilled(x, y, &number.unwrap_or_default());
            }
            Mark::Cross { x, y } => self.crosses([frame.rectangle(*x, *y)]),
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
            Mark::Text { x, y, text, paint } => {
                let (left, right) = (frame.x(x.0), frame.x(x.1));
                if width(text, SMALL, false) <= (right - left).abs() {
                    let at = ((left + right) / 2.0, frame.y(*y) + 0.36 * SMALL);
                    self.words(at, text, SMALL, *paint, CENTRED);
                }
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
