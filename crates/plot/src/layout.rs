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

/// Width of a picture that fills a column of a page, or of a sheet of paper.
pub(crate) const WIDE: f64 = 700.0;
/// Width of a picture for the screen of a phone, where text keeps its size.
pub(crate) const NARROW: f64 = 340.0;
/// Least width of a panel beside others; where there is less, fewer stand in a row.
const LEAST_PANEL: f64 = 140.0;
/// Height of a line of text.
pub(crate) const LINE: f64 = 15.0;

/// The places of a picture's parts.
pub(crate) struct Layout<'p> {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) title: Vec<String>,
    pub(crate) legend: Vec<Vec<&'p Key>>,
    pub(crate) note: Vec<String>,
    /// The lines of each panel's title.
    pub(crate) titles: Vec<Vec<String>>,
    /// Width and height of a panel's plotting area.
    pub(crate) panel: (f64, f64),
    /// Left edges of the panels' plotting areas, by column.
    pub(crate) lefts: Vec<f64>,
    /// Upper edges of the panels' plotting areas, by row.
    pub(crate) tops: Vec<f64>,
}

impl<'p> Layout<'p> {
    /// Lays a picture out to a width.
    pub(crate) fn of(picture: &'p Picture, width: f64) -> Self {
        let most = picture.columns.clamp(1, picture.panels.len().max(1));
        let rows_of = |columns: usize| Row::of(picture, columns, width);
        let fitting = (1..=most).rev().map(rows_of);
        let mut fitting = fitting.filter(|row| row.panel >= LEAST_PANEL || row.lefts.len() == 1);
        let Row { lefts, panel } = fitting.next().unwrap_or_else(|| rows_of(1));
        let room = width - 2.0 * MARGIN;
        let titles = picture.panels.iter();
        let titles = titles.map(|of| wrap(&of.title, MEDIUM, true, panel + MARGIN));
        let mut layout = Self {
            width,
            height: 0.0,
            title: wrap(&picture.title, LARGE, true, room),
            legend: rows_of_keys(&picture.legend, room),
            note: wrap(&picture.note, SMALL, false, room),
            titles: titles.collect(),
            panel: (panel, picture.height.min(panel)),
            lefts,
            tops: Vec::new(),
        };
        layout.tops_and_height(picture);
        layout
    }

    fn tops_and_height(&mut self, picture: &Picture) {
        let columns = self.lefts.len();
        let rows = picture.panels.len().div_ceil(columns);
        let mut y = MARGIN + self.title.len() as f64 * (LARGE + 3.0) + 11.0;
        y += self.legend.len() as f64 * LEGEND_ROW;
        let ruled = picture.panels.iter().any(has_rule_labels);
        for (row, titles) in self.titles.chunks(columns).enumerate() {
            let lines = titles.iter().map(Vec::len).max().unwrap_or(0);
            y += 9.0 + lines as f64 * LINE + if ruled { RULE_LABELS } else { 0.0 };
            self.tops.push(y);
            let labelled = !picture.shared_axes || row + 1 == rows;
            y += self.panel.1 + if labelled { 44.0 } else { 8.0 };
        }
        // Under shared axes, a column that ends early has its labels where the next row is.
        self.height = y + self.note.len() as f64 * LINE + MARGIN;
    }
}

/// Panels side by side: their left edges and their width.
struct Row {
    lefts: Vec<f64>,
    panel: f64,
}

impl Row {
    /// Shares a width out to so many columns, beside the room for labels left and right of each.
    fn of(picture: &Picture, columns: usize, width: f64) -> Self {
        let in_column = |column| picture.panels.iter().skip(column).step_by(columns);
        let rooms = (0..columns).map(|column| {
            let first = !picture.shared_axes || column == 0;
            let last = !picture.shared_axes || column + 1 == columns;
            let before = in_column(column).map(|panel| before(panel, first, picture.height));
            let after = in_column(column).map(|panel| after(panel, last, picture.height));
            (before.fold(0.0, f64::max), after.fold(0.0, f64::max))
        });
        let rooms: Vec<(f64, f64)> = rooms.collect();
        let taken: f64 = rooms.iter().map(|(before, after)| before + after).sum();
        let panel = ((width - 2.0 * MARGIN - taken) / columns as f64).max(1.0);
        let mut x = MARGIN;
        let lefts = rooms.iter().map(|(before, after)| {
            let left = x + before;
            x = left + panel + after;
            left
        });
        Self {
            lefts: lefts.collect(),
            panel,
        }
    }
}

pub(crate) fn has_rule_labels(panel: &Panel) -> bool {
    let mut marks = panel.marks.iter();
    marks.any(|mark| matches!(mark, Mark::Rule { label, .. } if !label.is_empty()))
}

/// Room left of a panel.
fn before(panel: &Panel, labelled: bool, height: f64) -> f64 {
    if !labelled {
        return 8.0;
    }
    let title = if panel.y.label.is_empty() {
        0.0
    } else {
        MEDIUM + 8.0
    };
    title + widest(&ticks(&panel.y, height, 34.0)) + TICK + 4.0
}

/// Room right of a panel.
fn after(panel: &Panel, labelled: bool, height: f64) -> f64 {
    let levels = panel.marks.iter().filter_map(|mark| match mark {
        Mark::Level { label, .. } if labelled => Some(TICK + width(label, SMALL, false)),
        _ => None,
    });
    let levels = levels.fold(0.0, f64::max);
    let bar = panel.bar.as_ref().map_or(0.0, |bar| {
        let ticks = bar.scale.ticks(most_ticks(height, 34.0));
        12.0 + BAR + TICK + widest(&ticks) + MEDIUM + 6.0
    });
    8.0 + levels.max(bar)
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

/// Places labels along a line so that none covers another: each centred on its own place where
/// there is room, else as near to it as the others leave it.
///
/// A label is the place it belongs to and its length; the answer has the place where each begins.
/// Labels longer than the line together reach out at its beginning.
pub(crate) fn spread(labels: &[(f64, f64)], (low, high): (f64, f64), gap: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by(|&a, &b| labels[a].0.total_cmp(&labels[b].0));
    let mut begins = vec![low; labels.len()];
    let mut free = low;
    for &i in &order {
        let (place, length) = labels[i];
        begins[i] = (place - length / 2.0).max(free);
        free = begins[i] + length + gap;
    }
    let mut end = high;
    for &i in order.iter().rev() {
        begins[i] = begins[i].min(end - labels[i].1);
        end = begins[i] - gap;
    }
    begins
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scale::Scale;

    #[test]
    fn panels_stand_side_by_side_where_they_have_room() {
        let panel = || {
            let axis = || Axis::new("axis", Scale::linear([0.0, 1.0], 0.0));
            Panel::new("a title of some words", axis(), axis(), Vec::new())
        };
        let picture = Picture {
            panels: (0..12).map(|_| panel()).collect(),
            columns: 4,
            shared_axes: true,
            ..Picture::empty("many")
        };
        for (width, columns) in [(WIDE, 4), (NARROW, 1)] {
            let layout = Layout::of(&picture, width);
            assert_eq!(
                (layout.lefts.len(), layout.tops.len()),
                (columns, 12 / columns)
            );
            let right = layout.lefts[columns - 1] + layout.panel.0;
            assert!(
                width - 2.0 * MARGIN <= right && right <= width - MARGIN,
                "{right}"
            );
        }
    }

    #[test]
    fn labels_do_not_cover_each_other() {
        let line = (0.0, 100.0);
        assert_eq!(
            spread(&[(20.0, 10.0), (70.0, 10.0)], line, 4.0),
            [15.0, 65.0]
        );
        assert_eq!(
            spread(&[(52.0, 30.0), (50.0, 30.0)], line, 4.0),
            [69.0, 35.0]
        );
        assert_eq!(
            spread(&[(98.0, 30.0), (95.0, 30.0)], line, 4.0),
            [70.0, 36.0]
        );
        assert_eq!(spread(&[(1.0, 30.0)], line, 4.0), [0.0]);
        for labels in [
            [(5.0, 40.0), (6.0, 30.0), (7.0, 20.0)],
            [(95.0, 9.0), (96.0, 8.0), (97.0, 60.0)],
        ] {
            let begins = spread(&labels, line, 4.0);
            for i in 1..labels.len() {
                assert!(
                    begins[i - 1] + labels[i - 1].1 + 4.0 <= begins[i],
                    "{begins:?}"
                );
            }
            assert!(
                begins[0] >= 0.0 && begins[2] + labels[2].1 <= 100.0,
                "{begins:?}"
            );
        }
    }
}
