//! The collapse: accuracy against epochs, and against nηλT, the time in units of decay.

use sparsegrok_kernel::Figure;
use sparsegrok_plot::{Axis, Mark, Panel, Picture, Scale};

use crate::view::{CellView, View, strokes};

/// Cells with a curve each; of more, some are chosen.
const MOST_CURVES: usize = 12;

/// The greatest r(T) drawn.
const MOST_RATIO: f64 = 1e3;

/// A cell with its decay in an epoch, and the accuracy kept of it.
type Clocked<'v> = (&'v CellView, f64, Figure);

/// The picture; `None` where there are not two cells that decay, or their clocks do not differ.
pub(crate) fn picture(view: &View) -> Option<Picture> {
    let chosen = view.chosen(MOST_CURVES);
    let cells: Vec<Clocked<'_>> = chosen
        .into_iter()
        .filter_map(|cell| {
            let column = accuracy_of(cell)?;
            Some((cell, clock(cell)?, column))
        })
        .collect();
    let first = cells.first()?.1;
    if cells.iter().all(|(_, clock, _)| *clock == first) {
        return None;
    }
    let strokes = strokes(cells.len(), 1.6);
    let panel = |title: &str, label: &str, time: &dyn Fn(&Clocked<'_>, f64) -> f64| {
        let curves = cells.iter().map(|cell| -> Vec<(f64, f64)> {
            let points = cell.0.curve(cell.2).map_or(&[][..], |curve| &curve.points);
            points
                .iter()
                .map(|(epoch, d)| (time(cell, *epoch), d.q50))
                .collect()
        });
        let curves: Vec<_> = curves.collect();
        let all = || curves.iter().flatten().copied();
        let x = Scale::log(all().map(|(x, _)| x), 0.0);
        let y = Scale::linear(all().map(|(_, y)| y).chain([0.5, 1.0]), 0.04);
        let lines = curves
            .iter()
            .zip(&strokes)
            .map(|(points, &stroke)| Mark::Line {
                points: points.clone(),
                stroke,
            });
        let (x, y) = (Axis::new(label, x), Axis::new("accuracy on unseen data", y));
        Panel::new(title, x, y, lines.collect())
    };
    let mut panels = vec![
        panel("By epochs", "epoch T", &|_, epoch| epoch),
        panel(
            "By decay",
            "nηλT, dimensionless",
            &|(_, clock, _), epoch| clock * epoch,
        ),
    ];
    if cells.iter().all(|(cell, ..)| cell.has_theory_curve()) {
        panels.push(panel(
            "By the theory’s r(T)",
            "r(T), dimensionless",
            &|(cell, ..), epoch| {
                // It is about what comes after memorizing, and says no more when all is learned.
                let begin = cell.prediction.and_then(|prediction| prediction.t_mem);
                let begun = begin.is_some_and(|t_mem| epoch >= t_mem);
                let ratio = cell.theory.as_ref().map(|theory| theory.ratio(epoch));
                let ratio = ratio.filter(|ratio| begun && *ratio < MOST_RATIO);
                ratio.unwrap_or(f64::NAN)
            },
        ));
    }
    let keys = cells.iter().zip(&strokes);
    Some(Picture {
        name: "collapse",
        title: "One clock for all cells: weight decay".to_owned(),
        note: format!(
            "Medians over seeds. In nηλT curves that differ in n, η and λ alone fall together, and a \
             larger initial norm delays them by its logarithm.{}{}",
            if panels.len() > 2 {
                " r(T) is what the signal weights have of the teacher’s direction, against what is \
                 left of the initial ones: it grows as exp(nηλT)."
            } else {
                ""
            },
            view.left_out(cells.len())
        ),
        legend: keys.map(|((cell, ..), &stroke)| cell.key(stroke)).collect(),
        columns: panels.len(),
        panels,
        height: 210.0,
        shared_axes: false,
    })
}

/// Accuracy on unseen data: of the population, else of the test set.
pub(crate) fn accuracy_of(cell: &CellView) -> Option<Figure> {
    let columns = [Figure::PopulationAcc, Figure::TestAcc];
    columns
        .into_iter()
        .find(|&column| cell.curve(column).is_some())
}

/// Decay in an epoch nηλ, where weights decay and the number of steps is known.
pub(crate) fn clock(cell: &CellView) -> Option<f64> {
    let config = &cell.config;
    let n = config.synthetic.n_train;
    let steps = n.div_ceil(config.train.batch_size.rows(n)) as f64;
    let decay = steps * config.train.learning_rate * config.train.weight_decay;
    (!config.is_foreign && config.files.train.is_none() && decay > 0.0).then_some(decay)
}
