//! Kaplan–Meier curves: the share of runs that have not generalized yet.

use sparsegrok_plot::{Axis, Key, Mark, Paint, Panel, Picture, Scale, Sign, Stroke};
use sparsegrok_statistics::{CONFIDENCE, KaplanMeier, Lifetime, quantile_has_interval};

use crate::view::{View, strokes};

/// Cells with a curve each; of more, some are chosen.
const MOST_CURVES: usize = 12;

/// The picture; `None` where no cell has several runs.
pub(crate) fn picture(view: &View, log_epochs: bool) -> Option<Picture> {
    let cells = view.chosen(MOST_CURVES);
    let cells: Vec<_> = cells
        .into_iter()
        .filter(|cell| cell.lifetimes.len() > 1)
        .collect();
    let times = || cells.iter().flat_map(|cell| &cell.lifetimes);
    times().next()?;
    let ends = cells.iter().filter_map(|cell| cell.horizon());
    let last = ends.fold(0.0, f64::max);
    let epochs = times().map(|life| life.time).chain([last]);
    let x = match log_epochs {
        true => Scale::log(epochs, 0.03),
        false => Scale::linear(epochs.chain([0.0]), 0.02),
    };
    let strokes = strokes(cells.len(), 1.8);
    let alone = cells.len() == 1;
    // Of runs too few to tell an interval of their median, the band would promise too much.
    let banded = alone && quantile_has_interval(cells[0].lifetimes.len(), 0.5, CONFIDENCE);
    let mut marks = Vec::new();
    for (cell, &stroke) in cells.iter().zip(&strokes) {
        marks.extend(curve(&cell.lifetimes, x.low(), last, stroke, banded));
    }
    let mut legend: Vec<Key> = Vec::new();
    if !alone {
        let keys = cells.iter().zip(&strokes);
        legend.extend(keys.map(|(cell, &stroke)| cell.key(stroke)));
    }
    if times().any(|life| !life.observed) {
        let label = "censored: not generalized when training ended";
        legend.push(Key::new(label, Sign::Censored(Paint::Ink)));
    }
    let band = if banded { "; band: 95 % interval" } else { "" };
    let shares = Scale::linear([0.0, 1.0], 0.03);
    let y = Axis::new("share of runs not yet generalized", shares);
    Some(Picture {
        title: "Runs that have not generalized yet".to_owned(),
        note: format!(
            "{}; Kaplan–Meier estimate{band}.{}",
            view.runs_words(),
            view.left_out(cells.len())
        ),
        legend,
        panels: vec![Panel::new("", Axis::new(view.words.time_axis, x), y, marks)],
        height: 260.0,
        ..Picture::empty("t-gen-survival")
    })
}

/// The steps of one sample, with its band where that is asked for, and a mark where runs were censored.
fn curve(lives: &[Lifetime], begin: f64, last: f64, stroke: Stroke, banded: bool) -> Vec<Mark> {
    let estimate = KaplanMeier::of(lives);
    let steps = estimate.steps();
    let mut marks = Vec::new();
    if banded {
        let mut points = vec![(begin, 1.0, 1.0)];
        for (step, (low, high)) in steps.iter().zip(estimate.survival_intervals(CONFIDENCE)) {
            let (_, low_before, high_before) = points[points.len() - 1];
            points.push((step.time, low_before, high_before));
            points.push((step.time, low, high));
        }
        let (_, low, high) = points[points.len() - 1];
        points.push((last, low, high));
        marks.push(Mark::Band {
            points,
            paint: stroke.paint,
            opacity: 0.18,
        });
    }
    let mut points = vec![(begin, 1.0)];
    for step in steps {
        points.push((step.time, points[points.len() - 1].1));
        points.push((step.time, step.survival));
    }
    let ends = lives.iter().map(|life| life.time).fold(begin, f64::max);
    points.push((ends, points[points.len() - 1].1));
    marks.push(Mark::Line { points, stroke });
    let mut censored: Vec<f64> = Vec::new();
    for life in lives.iter().filter(|life| !life.observed) {
        if !censored.contains(&life.time) {
            censored.push(life.time);
        }
    }
    marks.extend(censored.into_iter().map(|time| {
        let before = steps.iter().take_while(|step| step.time <= time);
        let height = before.last().map_or(1.0, |step| step.survival);
        Mark::Censored {
            at: (time, height),
            paint: stroke.paint,
        }
    }));
    marks
}
