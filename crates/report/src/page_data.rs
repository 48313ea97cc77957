//! The numbers behind the page's scripts, as JSON that keeps within a size.

use std::collections::BTreeSet;

use serde::Serialize;
use sparsegrok_kernel::Figure;
use sparsegrok_plot::Paint;
use sparsegrok_run::Status;
use sparsegrok_statistics::Distribution;

use crate::Style;
use crate::curves::{Family, GENERALIZED, families_in_order, thresholds};
use crate::keys::{self, figure_paint};
use crate::packed::{self, Steps};
use crate::phase;
use crate::view::{
    CellView, ENOUGH_FOR_QUARTILES, ENOUGH_FOR_TAILS, Time, View, Words, round_epoch,
};

/// Cells shown at first.
const FIRST: usize = 6;
/// Cells with curves, where there is no room for those of all.
const SOME_CELLS: usize = 400;
/// Cells up to which the page knows all, with or without their curves.
const MOST_LISTED: usize = 4_000;
/// Colours of cells in the chart.
const MOST_PAINTS: usize = 12;
/// Shades of the ramp of times.
const SHADES: usize = 32;

/// The amount of data on the cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Detail {
    singles: bool,
    bands: bool,
    all_cells: bool,
    /// Stride between the evaluations shown: 1 shows all, 2 every second.
    every: usize,
}

impl Detail {
    /// Everything there is.
    const ALL: Self = Self {
        singles: true,
        bands: true,
        all_cells: true,
        every: 1,
    };
    /// Stride from which on fewer cells tell more than fewer evaluations.
    const WIDEST_FOR_ALL: usize = 4;

    /// The next level: what is missed least goes first.
    fn less(self) -> Self {
        match self {
            Self { singles: true, .. } => Self {
                singles: false,
                ..self
            },
            Self { bands: true, .. } => Self {
                bands: false,
                ..self
            },
            Self {
                all_cells: true,
                every: Self::WIDEST_FOR_ALL..,
                ..
            } => Self {
                all_cells: false,
                every: 1,
                ..self
            },
            _ => Self {
                every: 2 * self.every,
                ..self
            },
        }
    }
}

/// The scripts' words for runs and time.
#[derive(Serialize)]
struct WordsData {
    /// The title of the axis of time.
    axis: &'static str,
    /// A point of it, before its number.
    time: &'static str,
    singles: String,
    log: String,
}

impl WordsData {
    fn of(words: Words) -> Self {
        Self {
            axis: words.time_axis,
            time: match words.time_unit {
                "" => "time",
                _ => "epoch",
            },
            singles: format!("single {}", words.runs),
            log: format!("log {}", words.span()),
        }
    }
}

#[derive(Serialize)]
struct Data {
    families: Vec<FamilyData>,
    axes: Vec<AxisData>,
    /// Names and colours of the phases, in the order of a cell's counts; the last is the mixed one.
    phases: Vec<(&'static str, String)>,
    /// Colours of cells: of few cells each has its own; of more, those shown share them out.
    paints: Vec<String>,
    /// Colours of times, from short to long.
    ramp: Vec<String>,
    /// The epochs of evaluations, packed: cells have the number of theirs.
    epochs: Vec<String>,
    cells: Vec<CellData>,
    /// Numbers of the cells shown at first.
    shown: Vec<usize>,
    log_epochs: bool,
    has_bands: bool,
    has_singles: bool,
    words: WordsData,
}

#[derive(Serialize)]
struct FamilyData {
    name: &'static str,
    short: &'static str,
    label: &'static str,
    log: bool,
    columns: Vec<ColumnData>,
    thresholds: Vec<ThresholdData>,
}

/// A level that tells memorization or generalization.
#[derive(Serialize)]
struct ThresholdData {
    /// The column that is to reach it.
    column: &'static str,
    value: f64,
    words: String,
    generalized: bool,
}

#[derive(Serialize)]
struct ColumnData {
    name: &'static str,
    words: &'static str,
    paint: String,
}

/// A key that varies.
#[derive(Serialize)]
struct AxisData {
    title: String,
    values: Vec<String>,
}

/// A curve's step size and its values, packed: the median, then the quartiles, then the 5 % tails, as
/// far as seeds are enough for them.
type CurveData = (f64, Vec<String>);

#[derive(Serialize)]
struct CellData {
    number: usize,
    name: String,
    /// The index of its value on each axis.
    place: Vec<usize>,
    /// Runs of each status.
    counts: [u64; Status::ALL.len()],
    /// The index of its phase.
    phase: usize,
    epochs: usize,
    /// In the order of the families' columns; none where the page has no room for them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    curves: Vec<Option<CurveData>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    singles: Vec<Vec<Option<CurveData>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    theory: Option<CurveData>,
    #[serde(skip_serializing_if = "Option::is_none")]
    t_mem: Option<TimeData>,
    #[serde(skip_serializing_if = "Option::is_none")]
    t_gen: Option<TimeData>,
}

/// A median, and the ends of its interval.
type TimeData = (f64, Option<f64>, Option<f64>);

/// The JSON, safe between script tags and at most `room` bytes, and what it leaves out, in words.
pub(crate) fn json(view: &View, style: Style, room: usize) -> (String, String) {
    let some = view.chosen(SOME_CELLS);
    let listed = match view.cells.len() {
        0..=MOST_LISTED => view.cells.iter().collect(),
        _ => some.clone(),
    };
    let numbers = |cells: &[&CellView]| cells.iter().map(|cell| cell.number).collect();
    let (all, some): (BTreeSet<_>, BTreeSet<_>) = (numbers(&listed), numbers(&some));
    let evaluations = view.cells.iter().flat_map(|cell| &cell.curves);
    let most = evaluations.map(|curve| curve.points.len()).max();
    let mut detail = Detail::ALL;
    loop {
        let curved = if detail.all_cells { &all } else { &some };
        let data = data(view, &listed, curved, style, detail);
        // A string cannot end the script that holds it.
        let text = serde_json::to_string(&data).unwrap_or_default();
        let text = text.replace('<', "\\u003c");
        if text.len() <= room || detail.every > most.unwrap_or(0) {
            return (text, left_out(detail, curved.len(), view.cells.len()));
        }
        detail = detail.less();
    }
}

/// The sentence on what the chart lacks; empty where it has everything.
fn left_out(detail: Detail, cells: usize, all: usize) -> String {
    let mut missing = Vec::new();
    if cells < all {
        missing.push(format!("{cells} of {all} cells"));
    }
    missing.extend(match (detail.bands, detail.every) {
        (false, 1) => Some("medians without bands".to_owned()),
        (false, every) => Some(format!(
            "medians without bands, at one evaluation in {every}"
        )),
        _ => (!detail.singles).then(|| "no single seeds".to_owned()),
    });
    match missing.is_empty() {
        true => String::new(),
        false => format!(
            "To keep the page small the chart has {}; the study's curves.csv and traces.csv have all.",
            missing.join(", ")
        ),
    }
}

fn data(
    view: &View,
    cells: &[&CellView],
    curved: &BTreeSet<usize>,
    style: Style,
    detail: Detail,
) -> Data {
    let all_families = families_in_order(view);
    let families = all_families.iter().map(|family| FamilyData {
        name: family.name,
        short: family.short,
        label: family.label,
        log: family.log,
        columns: kept(family, cells)
            .map(|column| ColumnData {
                name: column.name(),
                words: column.words(),
                paint: figure_paint(column).css_name(),
            })
            .collect(),
        thresholds: thresholds(view, family)
            .iter()
            .map(|threshold| ThresholdData {
                column: threshold.figure.name(),
                value: threshold.value,
                words: threshold.words(),
                generalized: threshold.what == GENERALIZED,
            })
            .collect(),
    });
    let columns: Vec<(Figure, bool)> = all_families
        .iter()
        .flat_map(|family| kept(family, cells).map(|column| (column, family.log)))
        .collect();
    let mut epochs = Vec::new();
    let paints = match cells.len() {
        few @ 0..=MOST_PAINTS => Paint::series(few),
        // Those shown at first differ most.
        _ => [Paint::series(FIRST), Paint::series(MOST_PAINTS)].concat(),
    };
    let cells: Vec<_> = cells
        .iter()
        .map(|cell| {
            let columns = match curved.contains(&cell.number) {
                true => &columns[..],
                false => &[],
            };
            cell_data(cell, columns, detail, &mut epochs)
        })
        .collect();
    let shown = match view.chosen(FIRST) {
        few if few.len() <= FIRST => few.iter().map(|cell| cell.number).collect(),
        _ => Vec::new(),
    };
    let axes = view.axes.iter().map(|axis| AxisData {
        title: keys::title(&axis.key),
        values: axis.values.iter().map(keys::value).collect(),
    });
    let phases = Status::ALL.map(|status| (status.name(), phase::paint(status).css_name()));
    let mixed = (phase::MIXED, phase::PAINT_OF_MIXED.css_name());
    let shade = |i| Paint::ramp(i as f64 / (SHADES - 1) as f64).css_name();
    let has = |index: usize| {
        let mut curves = cells.iter().flat_map(|cell| cell.curves.iter().flatten());
        curves.any(|(_, quantiles)| quantiles.len() > index)
    };
    Data {
        families: families
            .filter(|family| !family.columns.is_empty())
            .collect(),
        axes: axes.collect(),
        phases: phases.into_iter().chain([mixed]).collect(),
        paints: paints.into_iter().map(Paint::css_name).collect(),
        ramp: (0..SHADES).map(shade).collect(),
        epochs,
        has_bands: has(1),
        has_singles: cells.iter().any(|cell| !cell.singles.is_empty()),
        cells,
        shown,
        log_epochs: style.log_epochs,
        words: WordsData::of(view.words),
    }
}

/// The columns of a family that any of these cells has.
fn kept(family: &Family, cells: &[&CellView]) -> impl Iterator<Item = Figure> {
    let columns = family.columns.iter().copied();
    columns.filter(|&column| cells.iter().any(|cell| cell.curve(column).is_some()))
}

fn cell_data(
    cell: &CellView,
    columns: &[(Figure, bool)],
    detail: Detail,
    all_epochs: &mut Vec<String>,
) -> CellData {
    let longest = cell.curves.iter().max_by_key(|curve| curve.points.len());
    let points = longest.map_or(&[][..], |curve| &curve.points);
    let last = points.len().saturating_sub(1);
    // Counted from the end, which stays.
    let is_kept = |i: &usize| (last - i).is_multiple_of(detail.every);
    let epochs = (0..points.len()).filter(is_kept).map(|i| points[i].0);
    let epochs: Vec<f64> = epochs.collect();
    let packed = packed::whole(epochs.iter().map(|&epoch| Some(epoch as i64)));
    // Most cells are evaluated at the same epochs.
    let place = all_epochs.iter().rposition(|other| *other == packed);
    let place = place.unwrap_or_else(|| {
        all_epochs.push(packed);
        all_epochs.len() - 1
    });
    let curves = columns.iter().map(|&(column, log)| {
        let curve = cell.curve(column)?;
        let steps = steps(log, curve.points.iter().map(|(_, d)| d.q50));
        let quantiles = quantiles(curve.points.iter().map(|(_, d)| d.n).min(), detail);
        let pack = |of: &fn(&Distribution) -> f64| {
            let points = curve.points.iter().map(|(epoch, d)| (*epoch, of(d)));
            steps.pack(at_each(points, &epochs))
        };
        Some((steps.size(), quantiles.iter().map(pack).collect()))
    });
    let singles = cell.singles.iter();
    let singles = singles.filter(|_| detail.singles && cell.runs > 1 && !columns.is_empty());
    let singles = singles.map(|single| {
        let curve = |&(column, log): &(Figure, bool)| {
            let (_, points) = single.curves.iter().find(|(other, _)| *other == column)?;
            let steps = steps(log, points.iter().map(|(_, y)| *y));
            let values = steps.pack(at_each(points.iter().copied(), &epochs));
            Some((steps.size(), vec![values]))
        };
        columns.iter().map(curve).collect()
    });
    let theory = cell.theory_curve();
    let theory = (!theory.is_empty() && !columns.is_empty()).then(|| {
        let steps = Steps::linear([1.0].into_iter());
        let values = steps.pack(epochs.iter().map(|&epoch| along(&theory, epoch)));
        (steps.size(), vec![values])
    });
    let mut statuses = Status::ALL.iter();
    let phase = statuses.position(|status| Some(*status) == cell.phase);
    CellData {
        number: cell.number,
        name: cell.name.clone(),
        place: cell.place.clone(),
        counts: cell.counts,
        phase: phase.unwrap_or(Status::ALL.len()),
        epochs: place,
        curves: curves.collect(),
        singles: singles.collect(),
        theory,
        t_mem: cell.t_mem.as_ref().map(time),
        t_gen: cell.t_gen.as_ref().map(time),
    }
}

/// The quantiles that so many seeds tell, the median first.
fn quantiles(seeds: Option<usize>, detail: Detail) -> &'static [fn(&Distribution) -> f64] {
    const ALL: [fn(&Distribution) -> f64; 5] =
        [|d| d.q50, |d| d.q25, |d| d.q75, |d| d.q05, |d| d.q95];
    match seeds.unwrap_or(0) {
        n if detail.bands && n >= ENOUGH_FOR_TAILS => &ALL,
        n if detail.bands && n >= ENOUGH_FOR_QUARTILES => &ALL[..3],
        _ => &ALL[..1],
    }
}

fn steps(log: bool, values: impl Iterator<Item = f64>) -> Steps {
    match log {
        true => Steps::Log,
        false => Steps::linear(values),
    }
}

fn time(time: &Time) -> TimeData {
    let end = |end: Option<f64>| end.map(round_epoch).filter(|x| x.is_finite());
    let (low, high) = time.interval.unzip();
    (round_epoch(time.median), end(low), end(high))
}

/// A curve's values at epochs that are among its own.
fn at_each(
    points: impl Iterator<Item = (f64, f64)>,
    epochs: &[f64],
) -> impl Iterator<Item = Option<f64>> {
    let mut rest = points.peekable();
    epochs.iter().map(move |epoch| {
        while rest.next_if(|(at, _)| at < epoch).is_some() {}
        let here = rest.next_if(|(at, _)| at == epoch);
        here.map(|(_, value)| value)
    })
}

/// A curve's value at any epoch, linearly between its points; nothing outside.
fn along(points: &[(f64, f64)], epoch: f64) -> Option<f64> {
    let after = points.partition_point(|(at, _)| *at < epoch);
    let (x1, y1) = *points.get(after)?;
    if x1 == epoch {
        return Some(y1);
    }
    let (x0, y0) = *points.get(after.checked_sub(1)?)?;
    Some(y0 + (epoch - x0) / (x1 - x0) * (y1 - y0))
}
