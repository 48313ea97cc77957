//! The values of tables, joined to the curves of runs by time.

use std::collections::BTreeMap;

use indexmap::{IndexMap, IndexSet};
use sparsegrok_data::shown;
use sparsegrok_kernel::{Evaluation, Figure, FigureKind};

use crate::error::CurvesError;
use crate::layout::Layout;
use crate::note::Note;
use crate::table::{Row, Table};
use crate::{AccuracyUnit, Curve, Curves, Options};

/// Excess over 1 that an accuracy of rounded numbers may have.
const ROUNDING: f64 = 1e-6;

/// Texts for a missing value.
const MISSING: [&str; 7] = ["", "nan", "null", "none", "na", "n/a", "-"];

/// A run by its group and its name.
type Key = (Vec<String>, String);

/// The values of one figure of a run in the order in which they were read.
#[derive(Debug, Default)]
struct Values(Vec<(u64, f64)>);

/// The order of a run's rows.
#[derive(Clone, Copy, Debug, Default)]
struct Order {
    unsorted: bool,
    repeated: bool,
    restarted: bool,
}

/// Joins the values of all tables.
pub(crate) fn join(laid: &[(Table, Layout)], options: &Options) -> Result<Curves, CurvesError> {
    let mut runs: IndexMap<Key, BTreeMap<Figure, Values>> = IndexMap::new();
    let mut notes: IndexSet<String> = IndexSet::new();
    let mut said: Vec<Note> = Vec::new();
    let (mut most, mut not_finite) = (0.0_f64, 0);
    for (table, layout) in laid {
        let file = file_name(laid, table, layout);
        for note in &layout.notes {
            if notes.insert(note.to_string()) {
                said.push(note.clone());
            }
        }
        for row in &table.rows {
            let text = |column: usize| row.fields[column].clone();
            let group: Vec<String> = layout.groups.iter().map(|&column| text(column)).collect();
            let of_row = layout.run.map(text).unwrap_or_else(|| file.clone());
            let mut time = None;
            for series in &layout.series {
                let Some(value) = value(table, row, series.column, series.figure, options)? else {
                    continue;
                };
                // Rows without any value need no time.
                let at = match time {
                    Some(at) => at,
                    None => *time.insert(time_of(table, row, layout.time)?),
                };
                if !value.is_finite() {
                    not_finite += 1;
                    continue;
                }
                if series.figure.kind() == FigureKind::Accuracy {
                    most = most.max(value);
                    if row.fields[series.column].trim().ends_with('%') {
                        most = most.max(100.0);
                    }
                }
                let run = series.run.clone().unwrap_or_else(|| of_row.clone());
                let figures = runs.entry((group.clone(), run)).or_default();
                figures
                    .entry(series.figure)
                    .or_default()
                    .0
                    .push((at, value));
            }
        }
    }
    if runs.is_empty() {
        let path = laid.first().map(|(table, _)| table.path.clone());
        return Err(CurvesError::File {
            path: path.unwrap_or_default(),
            found: "missing values alone".to_owned(),
            expected: "numbers in the columns of figures".to_owned(),
        });
    }
    let per_cent = match options.accuracies {
        AccuracyUnit::Found => most > 1.0 + ROUNDING,
        AccuracyUnit::Share => false,
        AccuracyUnit::PerCent => true,
    };
    let mut figures: Vec<Figure> = Vec::new();
    let mut orders = [0; 3];
    let runs = runs.into_iter().map(|((group, name), found)| {
        let mut evaluations: BTreeMap<u64, Evaluation> = BTreeMap::new();
        let mut order = Order::default();
        for (figure, values) in found {
            if !figures.contains(&figure) {
                figures.push(figure);
            }
            for (time, value) in values.in_order(&mut order) {
                let value = match figure.kind() {
                    FigureKind::Accuracy if per_cent => (value / 100.0).min(1.0),
                    FigureKind::Accuracy => value.min(1.0),
                    _ => value,
                };
                let evaluation = evaluations.entry(time);
                evaluation.or_insert_with(|| Evaluation::new(time))[figure] = value;
            }
        }
        let flags = [order.unsorted, order.repeated, order.restarted];
        for (count, flag) in orders.iter_mut().zip(flags) {
            *count += usize::from(flag);
        }
        Curve {
            name,
            group,
            evaluations: evaluations.into_values().collect(),
        }
    });
    let runs: Vec<Curve> = runs.collect();
    figures.sort_unstable();
    let [unsorted, repeated, restarted] = orders;
    let counted = [
        (unsorted, Note::Unsorted { runs: unsorted }),
        (repeated, Note::Repeated { runs: repeated }),
        (restarted, Note::Restarted { runs: restarted }),
        (not_finite, Note::NotFinite { values: not_finite }),
        (usize::from(per_cent), Note::PerCent),
    ];
    said.extend(
        counted
            .into_iter()
            .filter(|(n, _)| *n > 0)
            .map(|(_, note)| note),
    );
    let groups = laid.first().map_or_else(Vec::new, |(table, layout)| {
        let names = layout
            .groups
            .iter()
            .map(|&column| table.columns[column].clone());
        names.collect()
    });
    Ok(Curves {
        groups,
        runs,
        figures,
        notes: said,
    })
}

/// The name of the run that a file is of: its own without the extension, or with its path where two files have it.
fn file_name(laid: &[(Table, Layout)], table: &Table, layout: &Layout) -> String {
    if let Some(name) = &layout.only_run {
        return name.clone();
    }
    let alike = laid
        .iter()
        .filter(|(other, _)| other.stem() == table.stem());
    match alike.count() {
        1 => table.stem(),
        _ => shown(&table.path).to_string(),
    }
}

/// The value of a figure in a row; `None` where it is missing, infinite or NaN where it is not finite.
fn value(
    table: &Table,
    row: &Row,
    column: usize,
    figure: Figure,
    options: &Options,
) -> Result<Option<f64>, CurvesError> {
    let text = row.fields[column].trim();
    if MISSING.contains(&text.to_ascii_lowercase().as_str()) {
        return Ok(None);
    }
    let fault = |expected| table.value_fault(row, column, expected);
    let number = match figure.kind() {
        FigureKind::Accuracy => text.strip_suffix('%').unwrap_or(text),
        _ => text,
    };
    let value: f64 = number.parse().map_err(|_| fault("a number"))?;
    let (most, expected) = match options.accuracies {
        AccuracyUnit::Share => (1.0 + ROUNDING, "an accuracy from 0 to 1"),
        AccuracyUnit::PerCent => (100.0 + ROUNDING, "an accuracy from 0 to 100"),
        AccuracyUnit::Found => (
            100.0 + ROUNDING,
            "an accuracy from 0 to 1, or in per cent to 100",
        ),
    };
    if figure.kind() == FigureKind::Accuracy && value.is_finite() && !(0.0..=most).contains(&value)
    {
        return Err(fault(expected));
    }
    Ok(Some(value))
}

/// The time of a row: a whole number, which other programs may write as `3.0`.
fn time_of(table: &Table, row: &Row, column: usize) -> Result<u64, CurvesError> {
    /// From here on numbers are no longer exact.
    const MOST: f64 = (1_u64 << 53) as f64;
    let time: Option<f64> = row.fields[column].trim().parse().ok();
    let time = time.filter(|time| time.fract() == 0.0 && (0.0..MOST).contains(time));
    time.map(|time| time as u64)
        .ok_or_else(|| table.value_fault(row, column, "a whole number of at least 0"))
}

impl Values {
    /// The values by time, each time once; notes what had to be done for that.
    fn in_order(self, order: &mut Order) -> BTreeMap<u64, f64> {
        let Self(values) = self;
        let steps = || values.windows(2).map(|pair| (pair[0].0, pair[1].0));
        let ascends = steps().all(|(one, next)| one <= next);
        let mut by_time: BTreeMap<u64, f64> = BTreeMap::new();
        // A run that goes back to times it has been at, every time, was restarted there; else it is unsorted.
        let mut seen = std::collections::BTreeSet::new();
        let is_back = |&(one, next): &(u64, u64)| next < one;
        let goes_back_to_known = values.windows(2).all(|pair| {
            seen.insert(pair[0].0);
            !is_back(&(pair[0].0, pair[1].0)) || seen.contains(&pair[1].0)
        });
        let restarted = !ascends && goes_back_to_known;
        let mut repeated = false;
        let mut latest = None;
        for &(time, value) in &values {
            if restarted && latest.is_some_and(|latest| time < latest) {
                // What came after the restart in the abandoned course is no part of the run.
                by_time.split_off(&time);
            }
            latest = Some(time);
            repeated |= by_time.insert(time, value).is_some();
        }
        order.unsorted |= !ascends && !restarted;
        order.restarted |= restarted;
        order.repeated |= repeated;
        by_time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(times: &[u64]) -> (Vec<(u64, f64)>, Order) {
        let values = times.iter().enumerate().map(|(i, &time)| (time, i as f64));
        let mut order = Order::default();
        let values = Values(values.collect()).in_order(&mut order);
        (values.into_iter().collect(), order)
    }

    #[test]
    fn rows_out_of_order_are_sorted_and_a_restart_replaces_what_came_after_it() {
        let (values, order) = ordered(&[3, 1, 2]);
        assert_eq!(values, [(1, 1.0), (2, 2.0), (3, 0.0)]);
        assert!(order.unsorted && !order.restarted && !order.repeated);
        let (values, order) = ordered(&[1, 2, 3, 5, 2, 3, 4]);
        assert_eq!(values, [(1, 0.0), (2, 4.0), (3, 5.0), (4, 6.0)]);
        assert!(order.restarted && !order.unsorted);
        let (values, order) = ordered(&[1, 2, 2, 3]);
        assert_eq!(values, [(1, 0.0), (2, 2.0), (3, 3.0)]);
        assert!(order.repeated && !order.unsorted && !order.restarted);
    }
}
