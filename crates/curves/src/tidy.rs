//! Tidy tables: a row a value, with its figure or its rows told in columns. They are spread to a column a figure.

use indexmap::IndexSet;
use sparsegrok_kernel::Figure;

use crate::Options;
use crate::names::{Meaning, canonical};
use crate::table::{Row, Table};

/// Names of columns that tell a value's figure.
const METRICS: [&str; 8] = [
    "metric",
    "metric_name",
    "tag",
    "key",
    "variable",
    "figure",
    "series",
    "name",
];

/// Names of columns that tell a value's rows, training or others.
const SPLITS: [&str; 7] = [
    "split",
    "subset",
    "set",
    "phase",
    "partition",
    "mode",
    "dataset",
];

/// Names of columns of values.
const VALUES: [&str; 4] = ["value", "values", "metric_value", "score"];

/// Spreads a tidy table; any other stays as it is.
pub(crate) fn spread(table: Table, options: &Options) -> Table {
    // A column that was asked for as another is that.
    let asked = [&options.time_column, &options.run_column];
    let asked = asked.into_iter().flatten();
    let asked: Vec<&String> = asked
        .chain(options.group_columns.iter().flatten())
        .collect();
    let column = |names: &[&str]| {
        let mut columns = table.columns.iter();
        columns.position(|column| names.contains(&&*canonical(column)) && !asked.contains(&column))
    };
    let tells = |column: &usize, is_told: &dyn Fn(&str) -> bool| {
        let mut rows = table.rows.iter();
        rows.any(|row| is_told(&row.fields[*column]))
    };
    let is_rows = |text: &str| {
        let meaning = Meaning::of(text);
        meaning.rows.is_some() && meaning.quantity.is_none() && meaning.rest.is_empty()
    };
    let is_figure = |text: &str| {
        let asked = options.map.iter().any(|(_, column)| column == text);
        asked || Figure::of(text).is_some() || Meaning::of(text).quantity.is_some()
    };
    let metric = column(&METRICS).filter(|column| tells(column, &is_figure));
    let value = column(&VALUES);
    let split = column(&SPLITS).filter(|column| tells(column, &is_rows));
    // The columns of values, each with the name that its figure has beside what the other columns tell.
    let values: Vec<(usize, Option<String>)> = match (metric, value, split) {
        (Some(_), Some(value), _) => vec![(value, None)],
        (None, _, Some(_)) => {
            let columns = table.columns.iter().enumerate();
            let figures = columns.filter(|(_, name)| {
                let meaning = Meaning::of(name);
                meaning.quantity.is_some() && meaning.rows.is_none()
            });
            figures
                .map(|(place, name)| (place, Some(name.clone())))
                .collect()
        }
        _ => return table,
    };
    let metric = metric.filter(|_| values.iter().any(|(_, name)| name.is_none()));
    let is_kept = |place: &usize| {
        metric != Some(*place)
            && split != Some(*place)
            && values.iter().all(|(value, _)| value != place)
    };
    let kept: Vec<usize> = (0..table.columns.len()).filter(is_kept).collect();
    let mut columns: IndexSet<String> = kept.iter().map(|&k| table.columns[k].clone()).collect();
    let rows = table.rows.into_iter().map(|row| {
        let told = |column: Option<usize>| column.map(|column| row.fields[column].clone());
        let of_values = values.iter().map(|(place, name)| {
            let parts = [told(split), told(metric), name.clone()];
            let name = parts.into_iter().flatten().collect::<Vec<_>>().join("/");
            (columns.insert_full(name).0, row.fields[*place].clone())
        });
        let of_values: Vec<(usize, String)> = of_values.collect();
        let mut fields: Vec<String> = kept.iter().map(|&k| row.fields[k].clone()).collect();
        for (place, value) in of_values {
            fields.resize(fields.len().max(place + 1), String::new());
            fields[place] = value;
        }
        Row {
            place: row.place,
            fields,
        }
    });
    let mut rows: Vec<Row> = rows.collect();
    for row in &mut rows {
        row.fields.resize(columns.len(), String::new());
    }
    Table {
        rows,
        columns: columns.into_iter().collect(),
        path: table.path,
        notes: table.notes,
    }
}
