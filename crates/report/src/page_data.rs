//! The numbers behind the page's interactive chart, as JSON that keeps within a size.

use std::collections::BTreeMap;

use serde::Serialize;
use sparsegrok_kernel::Figure;
use sparsegrok_plot::Paint;
use sparsegrok_plot::number::significant;

use crate::Style;
use crate::curves::FAMILIES;
use crate::keys::figure_paint;
use crate::view::{
    CellView, ENOUGH_FOR_QUARTILES, ENOUGH_FOR_TAILS, Time, View, epoch_text, round_epoch,
};

/// Most bytes of JSON: a page with its pictures stays below 3 MB.
const MOST_BYTES: usize = 2_100_000;
/// Cells shown at first.
const FIRST: usize = 6;
/// Cells of which the chart can show any, where there are very many.
const MOST_CELLS: usize = 400;

/// The amount of data on each cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Detail {
    singles: bool,
    bands: bool,
    /// Stride between the evaluations shown: 1 shows all, 2 every second.
    every: usize,
}

/// The levels of detail, from everything to very little.
const DETAILS: [Detail; 6] = {
    const fn detail(singles: bool, bands: bool, every: usize) -> Detail {
        Detail {
            singles,
            bands,
            every,
        }
    }
    [
        detail(true, true, 1),
        detail(false, true, 1),
        detail(false, false, 1),
        detail(false, false, 2),
        detail(false, false, 4),
        detail(false, false, 16),
    ]
};

#[derive(Serialize)]
struct Data {
    families: Vec<FamilyData>,
    cells: Vec<CellData>,
    /// Numbers of the cells shown at first.
    shown: Vec<usize>,
    log_epochs: bool,
    has_bands: bool,
    has_singles: bool,
}

#[derive(Serialize)]
struct FamilyData {
    name: &'static str,
    short: &'static str,
    label: &'static str,
    log: bool,
    columns: Vec<ColumnData>,
}

#[derive(Serialize)]
struct ColumnData {
    name: &'static str,
    words: &'static str,
    paint: String,
}

#[derive(Serialize)]
struct CellData {
    number: usize,
    name: String,
    words: String,
    paint: String,
    epochs: Vec<f64>,
    curves: BTreeMap<&'static str, BTreeMap<&'static str, Vec<Option<f64>>>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    singles: Vec<BTreeMap<&'static str, Vec<Option<f64>>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    theory: Option<Vec<Option<f64>>>,
    t_mem: Option<TimeData>,
    t_gen: Option<TimeData>,
}

#[derive(Serialize)]
struct TimeData {
    median: f64,
    low: Option<f64>,
    high: Option<f64>,
}

/// The JSON, safe between script tags, and what it leaves out, in words.
pub(crate) fn json(view: &View, style: Style) -> (String, String) {
    let cells = match view.cells.len() {
        0..=MOST_CELLS => view.cells.iter().collect(),
        _ => view.chosen(MOST_CELLS),
    };
    let mut text = String::new();
    let mut detail = DETAILS[0];
    for level in DETAILS {
        detail = level;
        let data = data(view, &cells, style, level);
        // A string cannot end the script that holds it.
        text = serde_json::to_string(&data)
            .unwrap_or_default()
            .replace('<', "\\u003c");
        if text.len() <= MOST_BYTES {
            break;
        }
    }
    let mut missing = Vec::new();
    if cells.len() < view.cells.len() {
        missing.push(format!("{} of {} cells", cells.len(), view.cells.len()));
    }
    missing.extend(match (detail.bands, detail.every) {
        (false, 1) => Some("medians without bands".to_owned()),
        (false, every) => Some(format!(
            "medians without bands, at one evaluation in {every}"
        )),
        _ => (!detail.singles).then(|| "no single seeds".to_owned()),
    });
    let words = match missing.is_empty() {
        true => String::new(),
        false => format!(
            "To keep the page small the chart has {}; the study's curves.csv and traces.csv have all.",
            missing.join(", ")
        ),
    };
    (text, words)
}

fn data(view: &View, cells: &[&CellView], style: Style, detail: Detail) -> Data {
    let paints = Paint::series(cells.len());
    let families = FAMILIES.iter().map(|family| FamilyData {
        name: family.name,
        short: family.short,
        label: family.label,
        log: family.log,
        columns: family
            .columns
            .iter()
            .filter(|&&column| cells.iter().any(|cell| cell.curve(column).is_some()))
            .map(|&column| ColumnData {
                name: column.name(),
                words: column.words(),
                paint: figure_paint(column).css_name(),
            })
            .collect(),
    });
    let cells: Vec<_> = cells
        .iter()
        .zip(paints)
        .map(|(cell, paint)| cell_data(cell, paint.css_name(), detail))
        .collect();
    let shown = match view.chosen(FIRST) {
        few if few.len() <= FIRST => few.iter().map(|cell| cell.number).collect(),
        _ => Vec::new(),
    };
    Data {
        families: families
            .filter(|family| !family.columns.is_empty())
            .collect(),
        has_bands: cells
            .iter()
            .any(|cell| cell.curves.values().any(|c| c.len() > 1)),
        has_singles: cells.iter().any(|cell| !cell.singles.is_empty()),
        cells,
        shown,
        log_epochs: style.log_epochs,
    }
}

fn cell_data(cell: &CellView, paint: String, detail: Detail) -> CellData {
    let mut epochs: Vec<f64> = Vec::new();
    for curve in &cell.curves {
        if curve.points.len() > epochs.len() {
            epochs = curve.points.iter().map(|(epoch, _)| *epoch).collect();
        }
    }
    let last = epochs.len().saturating_sub(1);
    // Counted from the end, which stays.
    let mut place = 0..epochs.len();
    epochs.retain(|_| {
        place
            .next()
            .is_some_and(|i| (last - i).is_multiple_of(detail.every))
    });
    // Those of theory are between the evaluations, linearly.
    let theory = cell.theory_curve();
    let theory = (!theory.is_empty()).then(|| along(&theory, &epochs));
    let mut curves = BTreeMap::new();
    for curve in &cell.curves {
        let n = curve.points.iter().map(|(_, d)| d.n).min().unwrap_or(0);
        if !is_shown(curve.column) || n == 0 {
            continue;
        }
        let mut quantiles = BTreeMap::new();
        let mut keep = |name, of: &dyn Fn(&sparsegrok_statistics::Distribution) -> f64| {
            let points: Vec<_> = curve
                .points
                .iter()
                .map(|(epoch, d)| (*epoch, of(d)))
                .collect();
            quantiles.insert(name, at_each(&points, &epochs));
        };
        keep("q50", &|d| d.q50);
        if detail.bands && n >= ENOUGH_FOR_QUARTILES {
            keep("q25", &|d| d.q25);
            keep("q75", &|d| d.q75);
        }
        if detail.bands && n >= ENOUGH_FOR_TAILS {
            keep("q05", &|d| d.q05);
            keep("q95", &|d| d.q95);
        }
        curves.insert(curve.column.name(), quantiles);
    }
    let singles = cell
        .singles
        .iter()
        .filter(|_| detail.singles && cell.runs > 1);
    let singles = singles.map(|single| {
        let shown = single.curves.iter().filter(|(column, _)| is_shown(*column));
        shown
            .map(|(column, points)| (column.name(), at_each(points, &epochs)))
            .collect()
    });
    CellData {
        number: cell.number,
        name: cell.name.clone(),
        words: words(cell),
        paint,
        curves,
        singles: singles.collect(),
        theory,
        t_mem: cell.t_mem.as_ref().map(time),
        t_gen: cell.t_gen.as_ref().map(time),
        epochs,
    }
}

fn is_shown(column: Figure) -> bool {
    FAMILIES
        .iter()
        .any(|family| family.columns.contains(&column))
}

/// The words beside a cell's name.
fn words(cell: &CellView) -> String {
    let statuses = cell.statuses();
    let statuses = statuses.map(|(status, runs)| format!("{runs} {}", status.name()));
    let t_gen = cell
        .t_gen
        .map(|time| format!("; median T_gen {}", epoch_text(time.median)));
    statuses.collect::<Vec<_>>().join(", ") + &t_gen.unwrap_or_default()
}

fn time(time: &Time) -> TimeData {
    let end = |end: Option<f64>| end.map(round_epoch).filter(|x| x.is_finite());
    let (low, high) = time.interval.unzip();
    TimeData {
        median: round_epoch(time.median),
        low: end(low),
        high: end(high),
    }
}

/// A curve's values at epochs that are among its own.
fn at_each(points: &[(f64, f64)], epochs: &[f64]) -> Vec<Option<f64>> {
    let mut rest = points.iter().peekable();
    let values = epochs.iter().map(|epoch| {
        while rest.next_if(|(at, _)| at < epoch).is_some() {}
        let here = rest.next_if(|(at, _)| at == epoch);
        here.map(|(_, value)| significant(*value))
            .filter(|x| x.is_finite())
    });
    values.collect()
}

/// A curve's values at any epochs, linearly between its points; nothing outside.
fn along(points: &[(f64, f64)], epochs: &[f64]) -> Vec<Option<f64>> {
    let value = |epoch: f64| {
        let after = points.partition_point(|(at, _)| *at < epoch);
        let (x1, y1) = *points.get(after)?;
        if x1 == epoch {
            return Some(y1);
        }
        let (x0, y0) = *points.get(after.checked_sub(1)?)?;
        Some(y0 + (epoch - x0) / (x1 - x0) * (y1 - y0))
    };
    epochs
        .iter()
        .map(|&epoch| value(epoch).map(significant))
        .collect()
}
