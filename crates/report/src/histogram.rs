//! Histograms of T_gen over the seeds of each cell.

use sparsegrok_plot::{Axis, Mark, Paint, Panel, Picture, Scale, Stroke};

use crate::curves::{MOST_PANELS, arrangement, upright};
use crate::view::{CellView, View};

/// Bars across the axis.
const BINS: usize = 40;

/// The picture; `None` where no two runs generalized at different times.
pub(crate) fn picture(view: &View) -> Option<Picture> {
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
    let y = Scale::linear([0.0, 1.25 * highest as f64], 0.0);
    let panels: Vec<_> = cells
        .iter()
        .zip(&counts)
        .map(|(cell, counts)| {
            let (across, up) = (
                Axis::new(view.words.with_unit("T_{gen}"), x),
                Axis::new("runs", y),
            );
            Panel::new(&cell.name, across, up, marks(cell, counts, &x, &y))
        })
        .collect();
    let (columns, height) = arrangement(view, panels.len());
    Some(Picture {
        title: "When runs generalized".to_owned(),
        note: format!(
            "{}; upright lines: {}, censored runs counted.{}",
            view.runs_words(),
            view.medians_words(),
            view.left_out(cells.len())
        ),
        columns,
        height: 0.7 * height,
        shared_axes: true,
        panels,
        ..Picture::empty("t-gen-histogram")
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
        marks.extend(upright(time, Stroke::solid(Paint::Ink, 1.2), String::new()));
    }
    let censored = cell.censored();
    if censored > 0 {
        marks.push(Mark::Text {
            x: (x.low(), x.high()),
            y: 0.92 * y.high(),
            text: format!("{censored} of {} censored", cell.lifetimes.len()),
            paint: Paint::Muted,
        });
    }
    marks
}
