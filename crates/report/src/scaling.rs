//! Scaling laws: T_gen against each numeric axis of a grid, with the fitted slope and the theory's.

use sparsegrok_plot::number::{interval, number, rounded};
use sparsegrok_plot::{Axis, Key, Mark, Paint, Panel, Picture, Scale, Sign, Stroke};
use sparsegrok_study::summary::{Law, Scaling};

use crate::collapse::clock;
use crate::curves::THEORY;
use crate::keys;
use crate::view::{CellView, Time, View};

/// Values of the other axes drawn apart; of more, some are chosen.
const MOST_GROUPS: usize = 6;

/// The picture; `None` where no law could be fitted.
pub(crate) fn picture(view: &View) -> Option<Picture> {
    let laws = view.scaling.iter();
    let laws = laws.filter_map(|law| Some((law, groups(view, law)?)));
    let laws: Vec<_> = laws.collect();
    if laws.is_empty() {
        return None;
    }
    let hands = dealt(
        &laws
            .iter()
            .map(|(_, groups)| groups.len())
            .collect::<Vec<_>>(),
    );
    let drawn = laws.iter().zip(&hands);
    let drawn = drawn.map(|((law, groups), paints)| panel(view, law, groups, paints));
    let (panels, keys): (Vec<Panel>, Vec<Vec<Key>>) = drawn.unzip();
    let line = Stroke::solid(Paint::Ink, 1.2);
    let mut legend = vec![
        Key::new("fitted", Sign::Line(line)),
        Key::new("theory", Sign::Line(THEORY)),
    ];
    legend.extend(keys.into_iter().flatten());
    Some(Picture {
        name: "scaling",
        title: "How T_{gen} scales".to_owned(),
        note: format!(
            "Dots: T_{{gen}} of the cells, {}, open where there is no upper limit. Lines: least squares \
             with one slope for all of a panel; brackets: its 95 % interval.{}",
            view.medians_words(),
            view.left_out(view.cells.len())
        ),
        legend,
        columns: panels.len().min(2),
        panels,
        height: 250.0,
        shared_axes: false,
    })
}

/// Paints for so many groups in each panel, no paint twice: one goes to each panel in turn, so that
/// those of a panel are far apart.
fn dealt(counts: &[usize]) -> Vec<Vec<Paint>> {
    let mut paints = Paint::series(counts.iter().sum()).into_iter();
    let mut hands = vec![Vec::new(); counts.len()];
    for round in 0..counts.iter().copied().max().unwrap_or(0) {
        let open = hands.iter_mut().zip(counts);
        let open = open.filter(|(_, count)| round < **count);
        open.for_each(|(hand, _)| hand.extend(paints.next()));
    }
    hands
}

/// Cells that differ along a law's axis alone, with the settings they have in common.
type Group<'v> = (String, Vec<&'v CellView>);

/// The groups of a law that have something to show; `None` where there are none.
fn groups<'v>(view: &'v View, law: &Scaling) -> Option<Vec<Group<'v>>> {
    let axis = view.axes.iter().position(|axis| axis.key == law.key)?;
    let mut groups = view.groups(&[axis]);
    groups.retain(|(_, cells)| {
        let mut cells = cells.iter();
        cells.any(|cell| point(view, law, cell).is_some())
    });
    let every = groups.len().div_ceil(MOST_GROUPS).max(1);
    let groups: Vec<_> = groups.into_iter().step_by(every).collect();
    (!groups.is_empty()).then_some(groups)
}

/// The value of a cell on a law's axis.
fn place(view: &View, law: &Scaling, cell: &CellView) -> Option<f64> {
    let axis = view.axes.iter().position(|axis| axis.key == law.key)?;
    keys::number(&view.axes[axis].values[cell.place[axis]])
}

/// The unit of a law's times: an epoch, or the time of decay.
fn unit(law: &Scaling, cell: &CellView) -> Option<f64> {
    match law.law {
        Law::Power => Some(1.0),
        Law::Logarithmic => clock(cell),
    }
}

/// A cell's value on a law's axis, its T_gen, and the unit that it is drawn in.
fn point(view: &View, law: &Scaling, cell: &CellView) -> Option<(f64, Time, f64)> {
    Some((place(view, law, cell)?, cell.t_gen?, unit(law, cell)?))
}

fn panel(view: &View, law: &Scaling, groups: &[Group<'_>], paints: &[Paint]) -> (Panel, Vec<Key>) {
    let mut marks = Vec::new();
    let (mut xs, mut ys) = (Vec::new(), Vec::new());
    let mut dots = Vec::new();
    let mut keys = Vec::new();
    for ((name, cells), &paint) in groups.iter().zip(paints) {
        let predicted = cells.iter().filter_map(|cell| {
            let time = cell.predicted_t_gen()? * unit(law, cell)?;
            Some((place(view, law, cell)?, time))
        });
        marks.push(Mark::Line {
            points: predicted.collect(),
            stroke: Stroke { paint, ..THEORY },
        });
        let mut points = Vec::new();
        for (x, time, unit) in cells.iter().filter_map(|cell| point(view, law, cell)) {
            let y = time.median * unit;
            points.push((x, y));
            xs.push(x);
            ys.push(y);
            dots.push(Mark::Dot {
                at: (x, y),
                interval: time.interval.map(|(low, high)| (low * unit, high * unit)),
                paint,
            });
        }
        let label = if name.is_empty() { "measured" } else { name };
        keys.push(Key::new(label, Sign::Dot(paint)));
        marks.push(Mark::Line {
            points: fitted(&points, law),
            stroke: Stroke::solid(paint, 1.2),
        });
    }
    marks.extend(dots);
    let letter = keys::symbol(&law.key);
    let slope = interval(law.slope, law.low, law.high);
    let theory = law
        .theory
        .map(|slope| format!("; theory {}", number(rounded(slope, 3))));
    let theory = theory.unwrap_or_default();
    let (label, title, y) = match law.law {
        Law::Power => (
            view.words.with_unit("median T_{gen}"),
            format!("d ln T_{{gen}} / d ln {letter} = {slope}{theory}"),
            Scale::log(ys, 0.08),
        ),
        Law::Logarithmic => (
            "nηλ · median T_{gen}, dimensionless".to_owned(),
            format!("d nηλT_{{gen}} / d ln {letter} = {slope}{theory}"),
            Scale::linear(ys, 0.08),
        ),
    };
    let x = Axis::new(keys::title(&law.key), Scale::log(xs, 0.06));
    (Panel::new(title, x, Axis::new(label, y), marks), keys)
}

/// The line of the law's slope through a group's points: least squares has it pass through their
/// centre.
fn fitted(points: &[(f64, f64)], law: &Scaling) -> Vec<(f64, f64)> {
    let n = points.len() as f64;
    let is_power = law.law == Law::Power;
    let up = |y: f64| if is_power { libm::log(y) } else { y };
    let down = |y: f64| if is_power { libm::exp(y) } else { y };
    let x = points.iter().map(|(x, _)| libm::log(*x)).sum::<f64>() / n;
    let y = points.iter().map(|(_, y)| up(*y)).sum::<f64>() / n;
    let ends = [points.first(), points.last()].into_iter().flatten();
    ends.map(|(at, _)| (*at, down(y + law.slope * (libm::log(*at) - x))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_paint_stands_for_two_groups() {
        let hands = dealt(&[6, 2, 5]);
        let counts: Vec<_> = hands.iter().map(Vec::len).collect();
        assert_eq!(counts, [6, 2, 5]);
        let all = hands.concat();
        for (i, paint) in all.iter().enumerate() {
            assert!(!all[..i].contains(paint), "{paint:?}");
        }
    }
}
