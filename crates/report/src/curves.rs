//! Figures against epochs: accuracy, loss, norms, margins, one panel a cell.

use sparsegrok_kernel::Figure as Column;

use crate::figure::{Axis, Figure, Key, Mark, Panel, Sign, Stroke};
use crate::keys::figure_paint;
use crate::palette::Paint;
use crate::scale::Scale;
use crate::text;
use crate::view::{CellView, Curve, ENOUGH_FOR_QUARTILES, ENOUGH_FOR_TAILS, View};

/// Cells with a panel each; of more, some are chosen.
pub(crate) const MOST_PANELS: usize = 12;

/// Figures that are drawn together.
pub(crate) struct Family {
    /// What its file is called.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// The vertical axis's title.
    pub(crate) label: &'static str,
    pub(crate) log: bool,
    pub(crate) columns: &'static [Column],
}

/// Every family.
pub(crate) const FAMILIES: [Family; 7] = [
    Family {
        name: "accuracy",
        title: "Accuracy while training",
        label: "accuracy",
        log: false,
        columns: &[Column::TrainAcc, Column::TestAcc, Column::PopulationAcc],
    },
    Family {
        name: "loss",
        title: "Loss while training",
        label: "mean loss",
        log: true,
        columns: &[Column::TrainLoss, Column::TestLoss],
    },
    Family {
        name: "norms",
        title: "Norms of the weights",
        label: "norm",
        log: true,
        columns: &[
            Column::WeightNorm,
            Column::SignalNorm,
            Column::MemorizationNorm,
        ],
    },
    Family {
        name: "cosine",
        title: "Alignment of the signal weights with the teacher",
        label: "cosine",
        log: false,
        columns: &[Column::TeacherCosine],
    },
    Family {
        name: "margins",
        title: "Training margins",
        label: "margin y·(w·x)",
        log: false,
        columns: &[Column::MarginMean, Column::MarginMin],
    },
    Family {
        name: "gap-loss",
        title: "Generalization gap in loss",
        label: "test − train loss",
        log: false,
        columns: &[Column::GapLoss],
    },
    Family {
        name: "gap-accuracy",
        title: "Generalization gap in error",
        label: "train − test accuracy",
        log: false,
        columns: &[Column::GapAcc],
    },
];

/// The figure of a family; `None` where none of its columns was kept.
pub(crate) fn figure(view: &View, family: &Family, log_epochs: bool) -> Option<Figure> {
    let cells = view.chosen(MOST_PANELS);
    let kept = family.columns.iter().copied();
    let kept: Vec<Column> = kept
        .filter(|&column| cells.iter().any(|cell| cell.curve(column).is_some()))
        .collect();
    if kept.is_empty() {
        return None;
    }
    let curves = || {
        let pairs = cells
            .iter()
            .flat_map(|cell| kept.iter().map(|&c| cell.curve(c)));
        pairs.flatten().flat_map(|curve| &curve.points)
    };
    let epochs = curves().map(|(epoch, _)| *epoch);
    let x = match log_epochs {
        true => Scale::log(epochs, 0.0),
        false => Scale::linear(epochs.chain([0.0]), 0.0),
    };
    let values = curves().flat_map(|(_, d)| [d.q05, d.q50, d.q95]);
    let is_accuracy = family.name == "accuracy";
    let y = match (family.log, is_accuracy) {
        (true, _) => Scale::log(values, 0.04),
        // Chance and certainty are always in sight.
        (false, true) => Scale::linear(values.chain([0.5, 1.0]), 0.04),
        (false, false) => Scale::linear(values, 0.05),
    };
    let panels = cells.iter().map(|cell| Panel {
        title: cell.name.clone(),
        x: Axis::new("epoch", x),
        y: Axis::new(family.label, y),
        marks: marks(cell, &kept, is_accuracy),
        bar: None,
    });
    let panels: Vec<_> = panels.collect();
    let has_theory = is_accuracy && cells.iter().any(|cell| !cell.theory_curve().is_empty());
    let (columns, size) = arrangement(view, panels.len());
    Some(Figure {
        name: family.name,
        title: family.title.to_owned(),
        note: note(view, cells.len(), has_theory),
        legend: legend(&kept, has_theory, &cells),
        panels,
        columns,
        size,
        shared_axes: true,
    })
}

/// Accuracy and loss of a single run, one above the other.
pub(crate) fn of_run(view: &View, log_epochs: bool) -> Figure {
    let [accuracy, loss, ..] = &FAMILIES;
    let figures = [accuracy, loss].map(|family| figure(view, family, log_epochs));
    let mut figures = figures.into_iter().flatten();
    let mut both = figures.next().unwrap_or_else(|| Figure::empty("run"));
    for other in figures {
        both.panels.extend(other.panels);
    }
    Figure {
        name: "run",
        title: "Accuracy and loss while training".to_owned(),
        columns: 1,
        size: (560.0, 210.0),
        shared_axes: false,
        ..both
    }
}

/// Panels in a row and their size: as the grid has them, where a row is not too wide.
pub(crate) fn arrangement(view: &View, panels: usize) -> (usize, (f64, f64)) {
    let last = view.axes.last().map_or(1, |axis| axis.values.len());
    let columns = match panels {
        1 => 1,
        _ if view.axes.len() > 1 && panels == view.cells.len() && (2..=4).contains(&last) => last,
        2..=4 => 2,
        5..=9 => 3,
        _ => 4,
    };
    let size = match columns {
        1 => (560.0, 300.0),
        2 => (320.0, 190.0),
        3 => (240.0, 160.0),
        _ => (190.0, 140.0),
    };
    (columns, size)
}

fn marks(cell: &CellView, kept: &[Column], is_accuracy: bool) -> Vec<Mark> {
    let curves: Vec<&Curve> = kept.iter().filter_map(|&c| cell.curve(c)).collect();
    let mut marks = Vec::new();
    for (name, time) in [("T_{mem}", cell.t_mem), ("T_{gen}", cell.t_gen)] {
        let Some(time) = time else { continue };
        let label = format!("{name} {}", text::number(round_time(time.median)));
        marks.extend(upright(
            time.median,
            time.interval,
            Paint::Muted,
            0.9,
            label,
        ));
    }
    for curve in &curves {
        marks.extend(bands(curve));
    }
    for single in &cell.singles {
        for (column, points) in &single.curves {
            if kept.contains(column) && cell.runs > 1 {
                marks.push(Mark::Line {
                    points: points.clone(),
                    stroke: Stroke::solid(figure_paint(*column), 0.5).faded(0.45),
                });
            }
        }
    }
    for curve in &curves {
        marks.push(Mark::Line {
            points: curve
                .points
                .iter()
                .map(|(epoch, d)| (*epoch, d.q50))
                .collect(),
            stroke: Stroke::solid(figure_paint(curve.column), 2.0),
        });
    }
    if is_accuracy {
        marks.push(theory(cell));
    }
    marks
}

/// A median as an upright line, and its interval, where it has one, as a stripe behind it.
pub(crate) fn upright(
    median: f64,
    interval: Option<(f64, f64)>,
    paint: Paint,
    width: f64,
    label: String,
) -> impl Iterator<Item = Mark> {
    let stripe = interval.map(|x| Mark::Stripe {
        x,
        paint: Paint::Muted,
        opacity: 0.16,
    });
    let rule = Mark::Rule {
        x: median,
        stroke: Stroke::solid(paint, width),
        label,
    };
    stripe.into_iter().chain([rule])
}

/// The theory's curve.
pub(crate) fn theory(cell: &CellView) -> Mark {
    Mark::Line {
        points: cell.theory_curve(),
        stroke: THEORY,
    }
}

/// How theory is drawn, everywhere.
pub(crate) const THEORY: Stroke = Stroke {
    paint: Paint::Ink,
    width: 1.5,
    dash: 5.0,
    opacity: 1.0,
};

/// Bands of quantiles, as far as seeds are enough for them.
fn bands(curve: &Curve) -> Vec<Mark> {
    let paint = figure_paint(curve.column);
    let n = curve.points.iter().map(|(_, d)| d.n).min().unwrap_or(0);
    let mut bands = Vec::new();
    if n >= ENOUGH_FOR_TAILS {
        bands.push(Mark::Band {
            points: curve
                .points
                .iter()
                .map(|(epoch, d)| (*epoch, d.q05, d.q95))
                .collect(),
            paint,
            opacity: 0.14,
        });
    }
    if n >= ENOUGH_FOR_QUARTILES {
        bands.push(Mark::Band {
            points: curve
                .points
                .iter()
                .map(|(epoch, d)| (*epoch, d.q25, d.q75))
                .collect(),
            paint,
            opacity: 0.22,
        });
    }
    bands
}

/// Times are written to the epoch, short ones to a tenth.
pub(crate) fn round_time(epochs: f64) -> f64 {
    let unit = if epochs < 100.0 { 10.0 } else { 1.0 };
    libm::round(epochs * unit) / unit
}

fn legend(kept: &[Column], has_theory: bool, cells: &[&CellView]) -> Vec<Key> {
    let banded = cells
        .iter()
        .any(|cell| cell.runs as usize >= ENOUGH_FOR_QUARTILES);
    let mut keys: Vec<Key> = kept
        .iter()
        .map(|&column| {
            let stroke = Stroke::solid(figure_paint(column), 2.0);
            Key {
                label: column.words().to_owned(),
                sign: if banded {
                    Sign::Banded(stroke)
                } else {
                    Sign::Line(stroke)
                },
            }
        })
        .collect();
    if has_theory {
        keys.push(Key {
            label: "theory, population".to_owned(),
            sign: Sign::Line(THEORY),
        });
    }
    keys
}

/// What lines and bands are, and over how many seeds.
fn note(view: &View, shown: usize, has_theory: bool) -> String {
    let (fewest, most) = view.seeds();
    let mut parts = vec![seeds_words(fewest, most)];
    if most > 1 {
        parts.push("lines: median over seeds".to_owned());
        let tails = fewest as usize >= ENOUGH_FOR_TAILS;
        match most as usize {
            n if n >= ENOUGH_FOR_TAILS && tails => {
                parts.push("bands: the middle 50 % and 90 % of seeds".to_owned());
            }
            n if n >= ENOUGH_FOR_QUARTILES => {
                parts.push("bands: the middle 50 % of seeds".to_owned());
            }
            _ => parts.push("no bands: too few seeds for quantiles".to_owned()),
        }
        if view.cells.iter().any(|cell| !cell.singles.is_empty()) {
            parts.push("thin lines: single seeds".to_owned());
        }
    }
    if view.cells.iter().any(|cell| cell.t_mem.is_some()) {
        let over = match most > 1 {
            true => format!(", {}", view.medians_words()),
            false => String::new(),
        };
        parts.push(format!("upright lines: T_{{mem}} and T_{{gen}}{over}"));
    }
    if has_theory {
        parts.push("dashed: closed-form theory, from its T_{mem} on".to_owned());
    }
    let mut note = parts.join("; ") + ".";
    note.push_str(&left_out(view, shown));
    note
}

/// What a picture does not show.
pub(crate) fn left_out(view: &View, shown: usize) -> String {
    let mut words = String::new();
    if shown < view.cells.len() {
        words = format!(" Shown: {shown} of {} cells.", view.cells.len());
    }
    if view.runs < view.planned {
        words += &format!(
            " Incomplete: {} of {} runs.",
            text::count(view.runs),
            text::count(view.planned)
        );
    }
    words
}

/// How many seeds.
pub(crate) fn seeds_words(fewest: u64, most: u64) -> String {
    match (fewest, most) {
        (1, 1) => "n = 1 seed".to_owned(),
        (fewest, most) if fewest == most => format!("n = {} seeds", text::count(most)),
        (fewest, most) => format!("n = {fewest} to {most} seeds"),
    }
}
