//! How T_gen is spread over the seeds of each cell.

use crate::curves::{MOST_PANELS, arrangement, left_out, seeds_words, upright};
use crate::figure::{Axis, Figure, Mark, Panel};
use crate::palette::Paint;
use crate::scale::Scale;
use crate::view::{CellView, View};

/// Bars across the axis.
const BINS: usize = 40;

/// The figure; `None` where no two runs generalized at different times.
pub(crate) fn figure(view: &View) -> Option<Figure> {
    let cells = view.chosen(MOST_PANELS);
    let times = || cells.iter().flat_map(|cell| observed(cell));
    let (least, greatest) = (times().reduce(f64::min)?, times().reduce(f64::max)?);
    if least == greatest {
        return None;
    }
    let x = match greatest / least > 8.0 {
        true => Scale::log(times(), 0.02),
        false => Scale::linear(times(), 0.05),
    };
    let counts: Vec<[u64; BINS]> = cells.iter().map(|cell| bins(cell, &x)).collect();
    let highest = counts.iter().flatten().copied().max().unwrap_or(1);
    let y = Scale {
        log: false,
        low: 0.0,
        high: 1.25 * highest as f64,
    };
    let panels: Vec<_> = cells
        .iter()
        .zip(&counts)
        .map(|(cell, counts)| Panel {
            title: cell.name.clone(),
            x: Axis::new("T_{gen}, epochs", x),
            y: Axis::new("runs", y),
            marks: marks(cell, counts, &x, &y),
            bar: None,
        })
        .collect();
    let (columns, (width, height)) = arrangement(view, panels.len());
    let (fewest, most) = view.seeds();
    Some(Figure {
        name: "t-gen-histogram",
        title: "When runs generalized".to_owned(),
        note: format!(
            "{}; upright lines: {}, censored runs counted.{}",
            seeds_words(fewest, most),
            view.medians_words(),
            left_out(view, cells.len())
        ),
        legend: Vec::new(),
        columns,
        size: (width, 0.7 * height),
        shared_axes: true,
        panels,
    })
}

fn observed(cell: &CellView) -> impl Iterator<Item = f64> {
    let times = cell.lifetimes.iter().filter(|life| life.observed);
    times.map(|life| life.time)
}

fn bins(cell: &CellView, x: &Scale) -> [u64; BINS] {
    let mut counts = [0; BINS];
    for time in observed(cell) {
        let bin = (x.place(time) * BINS as f64) as usize;
        counts[bin.min(BINS - 1)] += 1;
    }
    counts
}

fn marks(cell: &CellView, counts: &[u64; BINS], x: &Scale, y: &Scale) -> Vec<Mark> {
    let edge = |bin: usize| x.at(bin as f64 / BINS as f64);
    let mut marks: Vec<_> = counts
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > 0)
        .map(|(bin, &count)| Mark::Tile {
            x: (edge(bin), edge(bin + 1)),
            y: (0.0, count as f64),
            paint: Paint::Green,
            cell: None,
        })
        .collect();
    if let Some(time) = cell.t_gen {
        let line = upright(time.median, time.interval, Paint::Ink, 1.2, String::new());
        marks.extend(line);
    }
    let censored = cell.lifetimes.iter().filter(|life| !life.observed).count();
    if censored > 0 {
        marks.push(Mark::Text {
            at: (x.at(0.5), 0.92 * y.high),
            text: format!("{censored} of {} censored", cell.lifetimes.len()),
            paint: Paint::Muted,
        });
    }
    marks
}
