//! Scaling laws: T_gen against each numeric axis of a grid, with the fitted slope and the theory's.

use sparsegrok_plot::number::{number, rounded};
use sparsegrok_plot::{Axis, Key, Mark, Paint, Panel, Picture, Scale, Sign, Stroke};
use sparsegrok_study::summary::{Law, Scaling};

use crate::collapse::clock;
use crate::curves::THEORY;
use crate::keys;
use crate::view::{CellView, View};

/// Values of the other axes drawn apart; of more, some are chosen.
const MOST_GROUPS: usize = 6;

/// The picture; `None` where no law could be fitted.
pub(crate) fn picture(view: &View) -> Option<Picture> {
    let laws = view.scaling.iter();
    let drawn: Vec<(Panel, Vec<Key>)> = laws.filter_map(|law| panel(view, law)).collect();
    if drawn.is_empty() {
        return None;
    }
    let (panels, keys): (Vec<Panel>, Vec<Vec<Key>>) = drawn.into_iter().unzip();
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
        size: (330.0, 250.0),
        shared_axes: false,
    })
}

fn panel(view: &View, law: &Scaling) -> Option<(Panel, Vec<Key>)> {
    let axis = view.axes.iter().position(|axis| axis.key == law.key)?;
    let x_of = |cell: &CellView| keys::number(&view.axes[axis].values[cell.place[axis]]);
    // The law is about T_gen in epochs, or in units of the decay time.
    let unit = |cell: &CellView| match law.law {
        Law::Power => Some(1.0),
        Law::Logarithmic => clock(cell),
    };
    let groups = view.groups(&[axis]);
    let every = groups.len().div_ceil(MOST_GROUPS).max(1);
    let groups: Vec<_> = groups.into_iter().step_by(every).collect();
    let paints = Paint::series(groups.len());
    let mut marks = Vec::new();
    let (mut xs, mut ys) = (Vec::new(), Vec::new());
    let mut dots = Vec::new();
    let mut keys = Vec::new();
    for ((name, cells), paint) in groups.iter().zip(paints) {
        let predicted = cells
            .iter()
            .filter_map(|cell| Some((x_of(cell)?, cell.predicted_t_gen()? * unit(cell)?)));
        marks.push(Mark::Line {
            points: predicted.collect(),
            stroke: Stroke { paint, ..THEORY },
        });
        let mut points = Vec::new();
        for cell in cells {
            let found = x_of(cell).zip(cell.t_gen).zip(unit(cell));
            let Some(((x, time), unit)) = found else {
                continue;
            };
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
    if dots.is_empty() {
        return None;
    }
    marks.extend(dots);
    let letter = keys::symbol(&law.key);
    let text = |slope: f64| number(rounded(slope, 2));
    let [slope, low, high] = [law.slope, law.low, law.high].map(text);
    let slope = format!("{slope} [{low}, {high}]");
    let theory = law.theory.map(|slope| format!("; theory {}", text(slope)));
    let theory = theory.unwrap_or_default();
    let (label, title, y) = match law.law {
        Law::Power => (
            "median T_{gen}, epochs".to_owned(),
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
    Some((Panel::new(title, x, Axis::new(label, y), marks), keys))
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
