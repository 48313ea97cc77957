//! Figures against epochs: accuracy, loss, norms, margins, one panel a cell.

use sparsegrok_kernel::Figure;
use sparsegrok_plot::number::number;
use sparsegrok_plot::{Axis, Key, Mark, Paint, Panel, Picture, Scale, Sign, Stroke};
use sparsegrok_run::thresholds::Goal;
use sparsegrok_statistics::Distribution;

use crate::keys::figure_paint;
use crate::view::{
    CellView, Curve, ENOUGH_FOR_QUARTILES, ENOUGH_FOR_TAILS, Time, View, epoch_text,
};

/// Cells with a panel each; of more, some are chosen.
pub(crate) const MOST_PANELS: usize = 12;

/// Figures that are drawn together.
pub(crate) struct Family {
    /// The name of its file.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// The title in a word or two.
    pub(crate) short: &'static str,
    /// The vertical axis's title.
    pub(crate) label: &'static str,
    pub(crate) log: bool,
    pub(crate) columns: &'static [Figure],
}

/// Every family.
pub(crate) const FAMILIES: [Family; 15] = [
    Family {
        name: "accuracy",
        title: "Accuracy while training",
        short: "accuracy",
        label: "accuracy",
        log: false,
        columns: &[
            Figure::TrainAcc,
            Figure::TestAcc,
            Figure::PopulationAcc,
            Figure::TrainAccClean,
            Figure::TrainAccNoisy,
        ],
    },
    Family {
        name: "loss",
        title: "Loss while training",
        short: "loss",
        label: "mean loss",
        log: true,
        columns: &[Figure::TrainLoss, Figure::TestLoss],
    },
    Family {
        name: "norms",
        title: "Norms of the weights",
        short: "norms",
        label: "norm",
        log: true,
        columns: &[
            Figure::WeightNorm,
            Figure::SignalNorm,
            Figure::MemorizationNorm,
        ],
    },
    Family {
        name: "cosine",
        title: "Alignment of the signal weights with the teacher",
        short: "alignment",
        label: "cosine",
        log: false,
        columns: &[Figure::TeacherCosine],
    },
    Family {
        name: "margins",
        title: "Training margins",
        short: "margins",
        label: "margin y·(w·x)",
        log: false,
        columns: &[Figure::MarginMean, Figure::MarginMin],
    },
    Family {
        name: "gap-loss",
        title: "Generalization gap in loss",
        short: "gap in loss",
        label: "test − train loss",
        log: false,
        columns: &[Figure::GapLoss],
    },
    Family {
        name: "gap-accuracy",
        title: "Generalization gap in error",
        short: "gap in error",
        label: "train − test accuracy",
        log: false,
        columns: &[Figure::GapAcc],
    },
    Family {
        name: "sharpness",
        title: "Sharpness: the Hessian of the train loss",
        short: "sharpness",
        label: "second derivative",
        log: true,
        columns: &[Figure::HessianTrace, Figure::Sharpness],
    },
    Family {
        name: "effective-weights",
        title: "Effective number of weights",
        short: "effective weights",
        label: "(Σ|w|)²/Σw²",
        log: true,
        columns: &[Figure::EffectiveWeights],
    },
    Family {
        name: "gini",
        title: "Inequality of the weights",
        short: "inequality",
        label: "Gini coefficient of |w|",
        log: false,
        columns: &[Figure::Gini],
    },
    Family {
        name: "description",
        title: "Description length of the weights",
        short: "description",
        label: "bits",
        log: true,
        columns: &[Figure::DescriptionLength],
    },
    Family {
        name: "pac-bayes",
        title: "PAC-Bayes bound on the error on new rows",
        short: "PAC-Bayes bound",
        label: "error",
        log: false,
        columns: &[Figure::PacBayes],
    },
    Family {
        name: "max-margin",
        title: "Angle between the weights and the max-margin solution",
        short: "max-margin angle",
        label: "degrees",
        log: false,
        columns: &[Figure::MaxMarginAngle],
    },
    Family {
        name: "layers",
        title: "Norms of the layers",
        short: "layers",
        label: "norm",
        log: true,
        columns: &[Figure::NormU, Figure::NormV, Figure::NormW],
    },
    Family {
        name: "spectra",
        title: "Waves in the neurons' weights",
        short: "spectra",
        label: "share",
        log: false,
        columns: &[Figure::Ipr, Figure::PeriodicShare, Figure::AnalyticDistance],
    },
];

/// Every family, the one first whose figure tells generalization: a study's result is seen there.
pub(crate) fn families_in_order(view: &View) -> Vec<&'static Family> {
    let mut families: Vec<&'static Family> = FAMILIES.iter().collect();
    let tells = |family: &Family| {
        let mut thresholds = thresholds(view, family).into_iter();
        thresholds.any(|threshold| threshold.what == GENERALIZED)
    };
    families.sort_by_key(|family| !tells(family));
    families
}

const MEMORIZED: &str = "memorized";
pub(crate) const GENERALIZED: &str = "generalized";

/// A level that tells memorization or generalization, as a line in the pictures of its family.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Threshold {
    /// The figure that is to reach it.
    pub(crate) figure: Figure,
    /// The level, in the figure's unit.
    pub(crate) value: f64,
    /// True where it counts from the level downwards, as losses do.
    pub(crate) falls: bool,
    /// Its meaning: `memorized` or `generalized`.
    pub(crate) what: &'static str,
}

impl Threshold {
    /// The condition, as in `≥ 0.99`.
    pub(crate) fn condition(&self) -> String {
        let sign = if self.falls { "≤" } else { "≥" };
        format!("{sign} {}", number(self.value))
    }

    /// The look of its line.
    fn stroke(&self) -> Stroke {
        Stroke {
            dash: 2.0,
            ..Stroke::solid(figure_paint(self.figure), 1.0)
        }
    }

    /// The condition with its figure and meaning, as in `memorized: train ≥ 0.99`.
    pub(crate) fn words(&self) -> String {
        let figure = self.figure.words();
        format!("{}: {figure} {}", self.what, self.condition())
    }
}

/// The thresholds of a family's figures, each once; cells may differ in them.
pub(crate) fn thresholds(view: &View, family: &Family) -> Vec<Threshold> {
    let mut thresholds = Vec::new();
    for threshold in view.cells.iter().flat_map(|cell| of_cell(cell, family)) {
        if !thresholds.contains(&threshold) {
            thresholds.push(threshold);
        }
    }
    thresholds
}

/// The thresholds of a family's figures in a cell.
fn of_cell(cell: &CellView, family: &Family) -> impl Iterator<Item = Threshold> {
    let all = Figure::ALL.into_iter();
    let kept: Vec<Figure> = all.filter(|&figure| cell.curve(figure).is_some()).collect();
    let evaluate = &cell.config.evaluate;
    let goals = [
        (Goal::memorized(evaluate), MEMORIZED),
        (Goal::generalized(evaluate), GENERALIZED),
    ];
    let thresholds = goals.into_iter().filter_map(move |(goal, what)| {
        Some(Threshold {
            figure: goal.figure_of(&kept)?,
            value: goal.threshold,
            falls: goal.falls,
            what,
        })
    });
    thresholds.filter(|threshold| family.columns.contains(&threshold.figure))
}

/// The picture of a family; `None` where none of its columns was kept.
pub(crate) fn picture(view: &View, family: &Family, log_epochs: bool) -> Option<Picture> {
    let cells = view.chosen(MOST_PANELS);
    let kept = family.columns.iter().copied();
    let kept: Vec<Figure> = kept
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
    let levels = cells.iter().flat_map(|cell| of_cell(cell, family));
    let levels: Vec<f64> = levels.map(|level| level.value).collect();
    let values = curves().flat_map(|(_, d)| [d.q05, d.q50, d.q95]);
    let values = values.chain(levels);
    let is_accuracy = family.name == "accuracy";
    let y = match (family.log, is_accuracy) {
        (true, _) => Scale::log(values, 0.04),
        // Chance and certainty are always in sight.
        (false, true) => Scale::linear(values.chain([0.5, 1.0]), 0.04),
        (false, false) => Scale::linear(values, 0.05),
    };
    let panels = cells.iter().map(|cell| {
        let (x, y) = (
            Axis::new(view.words.time_axis, x),
            Axis::new(family.label, y),
        );
        Panel::new(&cell.name, x, y, marks(cell, family, &kept))
    });
    let panels: Vec<_> = panels.collect();
    let has_theory = is_accuracy && cells.iter().any(|cell| !cell.theory_curve().is_empty());
    let (columns, height) = arrangement(view, panels.len());
    let mut legend = legend(&kept, has_theory, &cells);
    let levels = thresholds(view, family).into_iter();
    legend.extend(levels.map(|level| Key::new(level.words(), Sign::Line(level.stroke()))));
    Some(Picture {
        name: family.name,
        title: family.title.to_owned(),
        note: note(view, cells.len(), has_theory),
        legend,
        panels,
        columns,
        height,
        shared_axes: true,
    })
}

/// Accuracy and loss of a single run, one above the other.
pub(crate) fn of_run(view: &View, log_epochs: bool) -> Picture {
    let families = families_in_order(view).into_iter();
    let both = families.filter(|family| ["accuracy", "loss"].contains(&family.name));
    let mut pictures = both.filter_map(|family| picture(view, family, log_epochs));
    let mut both = pictures.next().unwrap_or_else(|| Picture::empty("run"));
    for other in pictures {
        both.panels.extend(other.panels);
        let keys = other.legend.into_iter();
        let new: Vec<Key> = keys.filter(|key| !both.legend.contains(key)).collect();
        both.legend.extend(new);
    }
    Picture {
        name: "run",
        title: "Accuracy and loss while training".to_owned(),
        columns: 1,
        height: 210.0,
        shared_axes: false,
        ..both
    }
}

/// Panels in a row and their height: as the grid has them, where a row is not too wide.
pub(crate) fn arrangement(view: &View, panels: usize) -> (usize, f64) {
    let last = view.axes.last().map_or(1, |axis| axis.values.len());
    let columns = match panels {
        1 => 1,
        _ if view.axes.len() > 1 && panels == view.cells.len() && (2..=4).contains(&last) => last,
        2..=4 => 2,
        5..=9 => 3,
        _ => 4,
    };
    let height = match columns {
        1 => 300.0,
        2 => 190.0,
        3 => 150.0,
        _ => 130.0,
    };
    (columns, height)
}

fn marks(cell: &CellView, family: &Family, kept: &[Figure]) -> Vec<Mark> {
    let curves: Vec<&Curve> = kept.iter().filter_map(|&c| cell.curve(c)).collect();
    let levels = of_cell(cell, family).map(|level| Mark::Level {
        y: level.value,
        stroke: level.stroke(),
        label: level.condition(),
    });
    let mut marks: Vec<Mark> = levels.collect();
    for (name, time) in [("T_{mem}", cell.t_mem), ("T_{gen}", cell.t_gen)] {
        let Some(time) = time else { continue };
        let label = format!("{name} {}", epoch_text(time.median));
        marks.extend(upright(time, Stroke::solid(Paint::Muted, 0.9), label));
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
    if family.name == "accuracy" {
        marks.push(theory(cell));
    }
    marks
}

/// A median as an upright line, and its interval, where it has one, as a stripe behind it.
pub(crate) fn upright(time: Time, stroke: Stroke, label: String) -> impl Iterator<Item = Mark> {
    let stripe = time.interval.map(|x| Mark::Stripe {
        x,
        paint: Paint::Muted,
        opacity: 0.16,
    });
    let rule = Mark::Rule {
        x: time.median,
        stroke,
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

/// The look of theory, everywhere.
pub(crate) const THEORY: Stroke = Stroke {
    paint: Paint::Ink,
    width: 1.5,
    dash: 5.0,
    opacity: 1.0,
};

/// Bands of quantiles, as far as runs are enough for them.
fn bands(curve: &Curve) -> impl Iterator<Item = Mark> {
    /// The lower and upper quantile.
    type Ends = fn(&Distribution) -> (f64, f64);
    let kinds: [(usize, Ends, f64); 2] = [
        (ENOUGH_FOR_TAILS, |d| (d.q05, d.q95), 0.14),
        (ENOUGH_FOR_QUARTILES, |d| (d.q25, d.q75), 0.22),
    ];
    let n = curve.points.iter().map(|(_, d)| d.n).min().unwrap_or(0);
    let kinds = kinds.into_iter().filter(move |(enough, ..)| n >= *enough);
    kinds.map(|(_, ends, opacity)| {
        let points = curve.points.iter().map(|(epoch, d)| {
            let (low, high) = ends(d);
            (*epoch, low, high)
        });
        Mark::Band {
            points: points.collect(),
            paint: figure_paint(curve.column),
            opacity,
        }
    })
}

fn legend(kept: &[Figure], has_theory: bool, cells: &[&CellView]) -> Vec<Key> {
    let banded = cells
        .iter()
        .any(|cell| cell.runs as usize >= ENOUGH_FOR_QUARTILES);
    let mut keys: Vec<Key> = kept
        .iter()
        .map(|&column| {
            let stroke = Stroke::solid(figure_paint(column), 2.0);
            let sign = match banded {
                true => Sign::Banded(stroke),
                false => Sign::Line(stroke),
            };
            Key::new(column.words(), sign)
        })
        .collect();
    if has_theory {
        keys.push(Key::new("theory, population", Sign::Line(THEORY)));
    }
    keys
}

/// The note: the meaning of lines and bands, and the number of runs.
fn note(view: &View, shown: usize, has_theory: bool) -> String {
    let (fewest, most) = view.fewest_and_most();
    let mut parts = vec![view.runs_words()];
    if most > 1 {
        let runs = view.words.runs;
        parts.push(format!("lines: median over {runs}"));
        let tails = fewest as usize >= ENOUGH_FOR_TAILS;
        match most as usize {
            n if n >= ENOUGH_FOR_TAILS && tails => {
                parts.push(format!("bands: the middle 50 % and 90 % of {runs}"));
            }
            n if n >= ENOUGH_FOR_QUARTILES => {
                parts.push(format!("bands: the middle 50 % of {runs}"));
            }
            _ => parts.push(format!("no bands: too few {runs} for quantiles")),
        }
        if view.cells.iter().any(|cell| !cell.singles.is_empty()) {
            parts.push(format!("thin lines: single {runs}"));
        }
    }
    let mut marked = Vec::new();
    let cells = || view.cells.iter();
    marked.extend(
        cells()
            .any(|cell| cell.t_mem.is_some())
            .then_some("T_{mem}"),
    );
    marked.extend(
        cells()
            .any(|cell| cell.t_gen.is_some())
            .then_some("T_{gen}"),
    );
    if !marked.is_empty() {
        let over = match most > 1 {
            true => format!(", {}", view.medians_words()),
            false => String::new(),
        };
        parts.push(format!("upright lines: {}{over}", marked.join(" and ")));
    }
    if has_theory {
        parts.push("dashed: closed-form theory, from its T_{mem} on".to_owned());
    }
    parts.join("; ") + "." + &view.left_out(shown)
}
