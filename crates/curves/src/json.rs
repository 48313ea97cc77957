//! JSON as tables: an object a line, or one value that holds lists of objects or objects of lists.

use std::path::Path;
use std::slice;

use indexmap::{IndexMap, IndexSet};
use serde_json::{Deserializer, Map, Value};

use crate::error::{CurvesError, Place};
use crate::names::{Meaning, TIMES, canonical};
use crate::note::Note;
use crate::table::{Row, Table, fault};

/// The name of the column of runs, where one value holds several.
const RUN: &str = "run";

/// The name of the column of time, where lists have none.
const TIME: &str = "epoch";

/// What a file of JSON should hold.
const EXPECTED: &str = "objects, a list of them, or lists of numbers by name";

/// Fields by the names of their columns.
type Fields = Vec<(String, String)>;

/// Reads a file of JSON.
pub(crate) fn read(path: &Path, text: &str) -> Result<Table, CurvesError> {
    let text = without_nan(text);
    let mut values = Deserializer::from_str(&text).into_iter::<Value>();
    let (mut objects, mut line, mut seen) = (Vec::new(), 1, 0);
    loop {
        let start = text.len() - text[values.byte_offset()..].trim_start().len();
        line += text[seen..start].matches('\n').count() as u64;
        seen = start;
        let Some(value) = values.next() else {
            break;
        };
        let value = value.map_err(|error| {
            let found = format!("no JSON at its byte {}", error.column());
            fault(path, error.line() as u64, &found, EXPECTED)
        })?;
        objects.push((line, value));
    }
    if objects.len() == 1 {
        return whole(path, objects.remove(0).1);
    }
    let rows = objects.into_iter().map(|(line, value)| match value {
        Value::Object(object) => Ok((Place::Line(line), fields_of(&object))),
        _ => Err(fault(path, line, "no object", "a JSON object a line")),
    });
    Ok(table(path, rows.collect::<Result<Vec<_>, _>>()?))
}

/// A table of rows that need not have the same fields.
fn table(path: &Path, rows: Vec<(Place, Fields)>) -> Table {
    let mut columns = IndexSet::new();
    let rows: Vec<(Place, Vec<(usize, String)>)> = rows
        .into_iter()
        .map(|(place, fields)| {
            let fields = fields.into_iter();
            let fields = fields.map(|(name, value)| (columns.insert_full(name).0, value));
            (place, fields.collect())
        })
        .collect();
    let rows = rows.into_iter().map(|(place, found)| {
        let mut fields = vec![String::new(); columns.len()];
        for (column, value) in found {
            fields[column] = value;
        }
        Row { place, fields }
    });
    Table {
        path: path.to_owned(),
        rows: rows.collect(),
        columns: columns.into_iter().collect(),
        notes: Vec::new(),
    }
}

/// The fields of an object, those of objects in it under names such as `val/acc`. Lists are no figures.
fn fields_of(object: &Map<String, Value>) -> Fields {
    fn flatten(prefix: &str, object: &Map<String, Value>, fields: &mut Fields) {
        for (key, value) in object {
            let key = format!("{prefix}{key}");
            match value {
                Value::Object(inner) => flatten(&format!("{key}/"), inner, fields),
                Value::Array(_) => {}
                scalar => fields.push((key, text_of(scalar))),
            }
        }
    }
    let mut fields = Vec::new();
    flatten("", object, &mut fields);
    fields
}

fn text_of(scalar: &Value) -> String {
    match scalar {
        Value::String(text) => text.trim().to_owned(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The lists of one run: of objects, which are rows, and of numbers by the names of their columns.
#[derive(Default)]
struct Lists {
    rows: Vec<Fields>,
    columns: Vec<(String, Vec<String>)>,
}

/// The lists in a value by the path to them. A part of the path that tells rows or a figure, as in `val/loss`, is no
/// part of a run's name but of the columns'.
fn gather(value: &Value, path: &[String], runs: &mut IndexMap<Vec<String>, Lists>) {
    let (figure, run): (Vec<String>, Vec<String>) = path
        .iter()
        .cloned()
        .partition(|part| Meaning::of(part).rest.is_empty());
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                gather(value, &[path, slice::from_ref(key)].concat(), runs);
            }
        }
        Value::Array(list) if list.iter().all(Value::is_object) => {
            let prefix = figure.join("/");
            let named = |(key, value): (String, String)| match TIMES.contains(&&*canonical(&key)) {
                false if !prefix.is_empty() => (format!("{prefix}/{key}"), value),
                _ => (key, value),
            };
            let objects = list.iter().filter_map(Value::as_object);
            let rows = objects.map(|object| fields_of(object).into_iter().map(named).collect());
            runs.entry(run).or_default().rows.extend(rows);
        }
        Value::Array(list)
            if !list
                .iter()
                .any(|value| value.is_object() || value.is_array()) =>
        {
            // The last part of the path is the column's own name, whatever it tells.
            let run = run.into_iter().filter(|part| Some(part) != path.last());
            let name = figure.iter().filter(|part| Some(*part) != path.last());
            let name: Vec<&str> = name.chain(path.last()).map(String::as_str).collect();
            let column = (name.join("/"), list.iter().map(text_of).collect());
            runs.entry(run.collect()).or_default().columns.push(column);
        }
        _ => {}
    }
}

/// The table of one value.
fn whole(path: &Path, value: Value) -> Result<Table, CurvesError> {
    let mut runs = IndexMap::new();
    gather(&value, &[], &mut runs);
    // Lists of other things lie beside those of curves: runs are what has a figure.
    let is_figure = |name: &String| {
        let meaning = Meaning::of(name);
        meaning.quantity.is_some() && meaning.rest.is_empty()
    };
    let has_figure = |fields: &Fields| fields.iter().any(|(name, _)| is_figure(name));
    let is_curve = |lists: &Lists| {
        lists.rows.iter().any(has_figure) || lists.columns.iter().any(|(name, _)| is_figure(name))
    };
    let fields = value.as_object().map(fields_of);
    match fields.filter(has_figure) {
        // The only line of a log.
        Some(fields) if !runs.values().any(is_curve) => {
            return Ok(table(path, vec![(Place::Line(1), fields)]));
        }
        _ if runs.values().any(is_curve) => runs.retain(|_, lists| is_curve(lists)),
        _ => {}
    }
    let names = run_names(runs.keys());
    let (mut rows, mut notes) = (Vec::new(), Vec::new());
    for (name, lists) in names.into_iter().zip(runs.into_values()) {
        let of_run = match lists.columns.is_empty() || lists.rows.iter().any(has_figure) {
            true => lists.rows,
            false => entries(path, lists.columns, &mut notes)?,
        };
        for (entry, mut fields) in (1..).zip(of_run) {
            fields.extend(name.iter().map(|name| (RUN.to_owned(), name.clone())));
            rows.push((Place::Entry(entry), fields));
        }
    }
    if rows.is_empty() {
        return Err(CurvesError::File {
            path: path.to_owned(),
            found: "JSON without lists of figures".to_owned(),
            expected: EXPECTED.to_owned(),
        });
    }
    Ok(Table {
        notes,
        ..table(path, rows)
    })
}

/// The names of runs by the paths to their lists, without what all paths begin and end with; `None` for one alone.
fn run_names<'a>(paths: impl ExactSizeIterator<Item = &'a Vec<String>>) -> Vec<Option<String>> {
    let paths: Vec<&[String]> = paths.map(Vec::as_slice).collect();
    if paths.len() < 2 {
        return vec![None; paths.len()];
    }
    let shortest = paths.iter().map(|path| path.len()).min().unwrap_or(0);
    let alike = |part: fn(&[String], usize) -> &String| {
        let is_shared = |&i: &usize| paths.iter().all(|path| part(path, i) == part(paths[0], i));
        (0..shortest).take_while(is_shared).count()
    };
    let begin = alike(|path, i| &path[i]);
    let end = alike(|path, i| &path[path.len() - 1 - i]).min(shortest - begin);
    let name = |path: &&[String]| Some(path[begin..path.len() - end].join("/"));
    paths.iter().map(name).collect()
}

/// Rows of lists that stand side by side: as many as the list of times has, or those of figures.
fn entries(
    path: &Path,
    columns: Vec<(String, Vec<String>)>,
    notes: &mut Vec<Note>,
) -> Result<Vec<Fields>, CurvesError> {
    let is_time = |name: &str| TIMES.contains(&&*canonical(name));
    let is_figure = |name: &str| Meaning::of(name).quantity.is_some();
    let first = columns.iter().find(|(name, _)| is_time(name));
    let has_time = first.is_some();
    let first = first.or_else(|| columns.iter().find(|(name, _)| is_figure(name)));
    let Some((of, length)) = first.map(|(name, list)| (name.clone(), list.len())) else {
        return Ok(Vec::new());
    };
    let other = columns
        .iter()
        .find(|(name, list)| list.len() != length && is_figure(name));
    if let Some((name, list)) = other {
        return Err(CurvesError::File {
            path: path.to_owned(),
            found: format!("{} values of `{name}` and {length} of `{of}`", list.len()),
            expected: "lists of one length".to_owned(),
        });
    }
    if !has_time && !notes.contains(&Note::Counted) {
        notes.push(Note::Counted);
    }
    let of_length: Vec<_> = columns
        .into_iter()
        .filter(|(_, list)| list.len() == length)
        .collect();
    let entry = |place: usize| {
        let fields = of_length.iter();
        let mut fields: Fields = fields
            .map(|(name, list)| (name.clone(), list[place].clone()))
            .collect();
        if !has_time {
            fields.push((TIME.to_owned(), (place + 1).to_string()));
        }
        fields
    };
    Ok((0..length).map(entry).collect())
}

/// JSON with `null` for the numbers that JSON lacks and Python writes all the same.
fn without_nan(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    let mut rest = json;
    while let Some(next) = rest.chars().next() {
        let name = ["NaN", "-Infinity", "Infinity"];
        let name = name
            .into_iter()
            .find(|name| !in_string && rest.starts_with(name));
        let taken = match name {
            Some(name) => {
                text.push_str("null");
                name.len()
            }
            None => {
                in_string ^= next == '"' && !escaped;
                escaped = in_string && next == '\\' && !escaped;
                text.push(next);
                next.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_json_lacks_are_null_outside_strings() {
        assert_eq!(
            without_nan(r#"{"a\"NaN": NaN, "b": -Infinity, "c": "Infinity"}"#),
            r#"{"a\"NaN": null, "b": null, "c": "Infinity"}"#
        );
    }
}
