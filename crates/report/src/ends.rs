//! Losses in the end against the one axis of a grid, as double descent is drawn.

use sparsegrok_kernel::Figure;
use sparsegrok_plot::{Axis, Key, Mark, Panel, Picture, Scale, Sign, Stroke};

use crate::keys;
use crate::view::View;

/// Cells from which on a line along an axis says something.
const LEAST_CELLS: usize = 4;

/// The picture; `None` where the grid has not one axis of numbers, or has a law of T_gen along it, which is then what it
/// is about.
pub(crate) fn picture(view: &View) -> Option<Picture> {
    let [axis] = &view.axes[..] else {
        return None;
    };
    if view.cells.len() < LEAST_CELLS || !view.scaling.is_empty() {
        return None;
    }
    let at: Option<Vec<f64>> = axis.values.iter().map(keys::number).collect();
    let at = at?;
    let (mut marks, mut legend, mut losses) = (Vec::new(), Vec::new(), Vec::new());
    for figure in [Figure::TrainLoss, Figure::TestLoss] {
        let ends = view.cells.iter().filter_map(|cell| {
            let curve = cell.curves.iter().find(|curve| curve.column == figure)?;
            let (_, last) = curve.points.last()?;
            // Runs that diverged have no loss to draw.
            let is_drawn = last.q95.is_finite() && last.q05 > 0.0;
            is_drawn.then_some((at[cell.place[0]], *last))
        });
        let mut ends: Vec<_> = ends.collect();
        ends.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        let paint = keys::figure_paint(figure);
        marks.push(Mark::Band {
            points: ends.iter().map(|(x, of)| (*x, of.q05, of.q95)).collect(),
            paint,
            opacity: 0.2,
        });
        let stroke = Stroke::solid(paint, 1.5);
        marks.push(Mark::Line {
            points: ends.iter().map(|(x, of)| (*x, of.q50)).collect(),
            stroke,
        });
        legend.push(Key::new(figure.words(), Sign::Line(stroke)));
        losses.extend(ends.iter().flat_map(|(_, of)| [of.q05, of.q95]));
    }
    if losses.is_empty() {
        return None;
    }
    let across = Axis::new(keys::title(&axis.key), Scale::linear(at, 0.02));
    let up = Axis::new("loss", Scale::log(losses, 0.05));
    Some(Picture {
        title: "Loss in the end".to_owned(),
        note: format!(
            "Lines: medians over {} at the last evaluation; bands: nine tenths of them.",
            view.words.runs
        ),
        legend,
        height: 300.0,
        panels: vec![Panel::new("", across, up, marks)],
        ..Picture::empty("ends")
    })
}
