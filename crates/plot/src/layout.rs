//! The places of a picture's parts. Lengths are px of 1/96 inch.

use crate::picture::{Axis, Key, Mark, Panel, Picture};
use crate::scale::Tick;
use crate::text::{width, wrap};

/// Size of tick labels, legend and note.
pub(crate) const SMALL: f64 = 11.0;
/// Size of axis titles and panel titles.
pub(crate) const MEDIUM: f64 = 12.0;
/// Size of the picture's title.
pub(crate) const LARGE: f64 = 14.0;
/// Room around everything.
pub(crate) const MARGIN: f64 = 12.0;
/// Distance from axis to tick label.
pub(crate) const TICK: f64 = 5.0;
/// Width of the key to shades.
pub(crate) const BAR: f64 = 12.0;
/// Room above a panel for the labels of its rules.
pub(crate) const RULE_LABELS: f64 = 16.0;
/// Height of a legend's row.
pub(crate) const LEGEND_ROW: f64 = 18.0;
/// Length of a legend's line.
pub(crate) const SIGN: f64 = 24.0;

/// The places of a picture's parts.
pub(crate) struct Layout<'p> {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) legend: Vec<Vec<&'p Key>>,
    pub(crate) note: Vec<String>,
    /// Left edges of the panels' plotting areas, by column.
    pub(crate) lefts: Vec<f64>,
    /// Upper edges of the panels' plotting areas, by row.
    pub(crate) tops: Vec<f64>,
}

impl<'p> Layout<'p> {
    pub(crate) fn of(picture: &'p Picture) -> Self {
        let columns = picture.columns.clamp(1, picture.panels.len().max(1));
        let rows = picture.panels.len().div_ceil(columns);
        let in_column = |column| picture.panels.iter().skip(column).step_by(columns);
        let mut x = MARGIN;
        let mut lefts = Vec::new();
        for column in 0..columns {
            let labelled = !picture.shared_axes || column == 0;
            let before = in_column(column).map(|panel| before(panel, labelled, picture.size.1));
            let after = in_column(column).map(|panel| after(panel, picture.size.1));
            x += before.fold(0.0, f64::max);
            lefts.push(x);
            x += picture.size.0 + after.fold(0.0, f64::max) + 8.0;
        }
        let title = width(&picture.title, LARGE, true);
        let total = (x - 8.0 + MARGIN).max(title + 2.0 * MARGIN);
        let room = total - 2.0 * MARGIN;

        let legend = rows_of_keys(&picture.legend, room);
        let note = wrap(&picture.note, SMALL, room);
        let mut layout = Self {
            width: total,
            height: 0.0,
            legend,
            note,
            lefts,
            tops: Vec::new(),
        };
        let mut y = MARGIN + LARGE + 14.0 + layout.legend.len() as f64 * LEGEND_ROW;
        let titled = picture.panels.iter().any(|panel| !panel.title.is_empty());
        let ruled = picture.panels.iter().any(has_rule_labels);
        for row in 0..rows {
            y += if titled { 24.0 } else { 8.0 } + if ruled { RULE_LABELS } else { 0.0 };
            layout.tops.push(y);
            let labelled = !picture.shared_axes || row + 1 == rows;
            y += picture.size.1 + if labelled { 44.0 } else { 8.0 };
        }
        let note = layout.note.len() as f64 * 15.0;
        // Under shared axes, a column that ends early has its labels where the next row is.
        layout.height = y + note + MARGIN;
        layout
    }
}

pub(crate) fn has_rule_labels(panel: &Panel) -> bool {
    let mut marks = panel.marks.iter();
    marks.any(|mark| matches!(mark, Mark::Rule { label, .. } if !label.is_empty()))
}

/// Room left of a panel.
fn before(panel: &Panel, labelled: bool, height: f64) -> f64 {
    if !labelled {
        return 12.0;
    }
    let title = if panel.y.label.is_empty() {
        0.0
    } else {
        MEDIUM + 8.0
    };
    title + widest(&ticks(&panel.y, height, 34.0)) + TICK + 4.0
}

/// Room right of a panel.
fn after(panel: &Panel, height: f64) -> f64 {
    let Some(bar) = &panel.bar else { return 8.0 };
    let ticks = bar.scale.ticks(most_ticks(height, 34.0));
    12.0 + BAR + TICK + widest(&ticks) + MEDIUM + 14.0
}

/// Width of the widest label.
pub(crate) fn widest(ticks: &[Tick]) -> f64 {
    let labels = ticks.iter().filter_map(|tick| tick.label.as_deref());
    let widths = labels.map(|label| width(label, SMALL, false));
    widths.fold(0.0, f64::max)
}

pub(crate) fn most_ticks(length: f64, each: f64) -> usize {
    ((length / each) as usize).clamp(2, 9)
}

/// An axis's ticks, one every `each` px at most.
pub(crate) fn ticks(axis: &Axis, length: f64, each: f64) -> Vec<Tick> {
    match axis.ticks.is_empty() {
        true => axis.scale.ticks(most_ticks(length, each)),
        false => axis.ticks.clone(),
    }
}

pub(crate) fn key_width(key: &Key) -> f64 {
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
