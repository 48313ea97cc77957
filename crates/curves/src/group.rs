//! Runs by their groups: the names, times and traces that a study of them is made of.

use std::cmp::Ordering;

use sparsegrok_log::{ForeignAxis, ForeignCell, ForeignRuns};
use sparsegrok_run::Trace;
use toml::Value;

use crate::Curves;
use crate::error::CurvesError;

/// Most groups of runs; more are a column of figures taken for one of groups.
const MOST_CELLS: usize = 100_000;

impl Curves {
    /// The runs by their groups, with their traces, cell by cell; `command` is the one that judges them.
    /// `Time: O(evaluations)`
    ///
    /// # Errors
    /// When the values of the columns by which runs are grouped have too many combinations.
    pub fn grouped(&self, command: String) -> Result<(ForeignRuns, Vec<Vec<Trace>>), CurvesError> {
        let axes: Vec<ForeignAxis> = self
            .groups
            .iter()
            .enumerate()
            .map(|(place, name)| ForeignAxis {
                name: axis_name(name),
                values: values(self.runs.iter().map(|run| run.group[place].as_str())),
            })
            .collect();
        let sizes = axes.iter().map(|axis| axis.values.len());
        let count = sizes.fold(1, usize::saturating_mul);
        if count > MOST_CELLS {
            return Err(CurvesError::Groups {
                columns: self.groups.join(", "),
                count,
                most: MOST_CELLS,
            });
        }
        let mut cells = vec![ForeignCell::default(); count];
        let mut traces = vec![Vec::new(); count];
        for run in &self.runs {
            let place = |(axis, text): (&ForeignAxis, &String)| {
                let mut values = axis.values.iter();
                let found = values
                    .position(|value| *value == value_of(text, is_whole(axis), is_number(axis)));
                found.unwrap_or(0)
            };
            let places = axes.iter().zip(&run.group);
            let cell = places.fold(0, |cell, pair| cell * pair.0.values.len() + place(pair));
            cells[cell].runs.push(run.name.clone());
            let times = run.evaluations.iter().map(|evaluation| evaluation.epoch);
            cells[cell].times.extend(times);
            traces[cell].push(run.evaluations.iter().copied().collect());
        }
        for cell in &mut cells {
            cell.times.sort_unstable();
            cell.times.dedup();
        }
        let runs = ForeignRuns {
            command,
            axes,
            cells,
        };
        Ok((runs, traces))
    }
}

/// The name of a column of groups in records, where some names are taken.
fn axis_name(name: &str) -> String {
    match name {
        "cell" | "run" | "status" | "horizon" | "unconfirmed" => format!("group_{name}"),
        _ => name.to_owned(),
    }
}

/// The values of a column of groups, each once: numbers ascending, where all are, else texts as they come.
fn values<'a>(texts: impl Iterator<Item = &'a str> + Clone) -> Vec<Value> {
    let whole = texts.clone().all(|text| text.parse::<i64>().is_ok());
    let finite = |text: &str| text.parse::<f64>().is_ok_and(f64::is_finite);
    let number = texts.clone().all(finite);
    let mut values: Vec<Value> = Vec::new();
    for text in texts {
        let value = value_of(text, whole, number);
        if !values.contains(&value) {
            values.push(value);
        }
    }
    let size = |value: &Value| match value {
        Value::Integer(i) => Some(*i as f64),
        Value::Float(x) => Some(*x),
        _ => None,
    };
    values.sort_by(|a, b| match (size(a), size(b)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        _ => Ordering::Equal,
    });
    values
}

fn value_of(text: &str, whole: bool, number: bool) -> Value {
    match (text.parse(), text.parse()) {
        (Ok(i), _) if whole => Value::Integer(i),
        (_, Ok(x)) if number => Value::Float(x),
        _ => Value::String(text.to_owned()),
    }
}

fn is_whole(axis: &ForeignAxis) -> bool {
    matches!(axis.values.first(), Some(Value::Integer(_)))
}

fn is_number(axis: &ForeignAxis) -> bool {
    is_whole(axis) || matches!(axis.values.first(), Some(Value::Float(_)))
}

#[cfg(test)]
mod tests {
    use crate::{Options, of_columns};

    fn column(name: &str, values: &[&str]) -> (String, Vec<String>) {
        let values = values.iter().map(|&value| value.to_owned());
        (name.to_owned(), values.collect())
    }

    #[test]
    fn runs_are_grouped_by_the_values_of_columns() {
        let columns = vec![
            column("epoch", &["1", "2", "1", "1"]),
            column("run", &["a", "a", "b", "c"]),
            column("rate", &["0.2", "0.2", "0.1", "0.1"]),
            column("status", &["x", "x", "x", "y"]),
            column("test_acc", &["0.5", "0.9", "", "0.6"]),
        ];
        let options = Options {
            group_columns: Some(vec!["rate".to_owned(), "status".to_owned()]),
            ..Options::default()
        };
        let curves = of_columns("data", columns, &options).unwrap();
        let (runs, traces) = curves.grouped("judge".to_owned()).unwrap();
        let names: Vec<&str> = runs.axes.iter().map(|axis| axis.name.as_str()).collect();
        // `status` is a column of records already.
        assert_eq!(names, ["rate", "group_status"]);
        // Rates ascend, texts are as they come. Run b has no value of any figure, and so is none.
        let cells: Vec<String> = runs.cells.iter().map(|cell| cell.runs.join(" ")).collect();
        assert_eq!(cells, ["", "c", "a", ""]);
        assert_eq!(traces[2][0].epochs(), [1, 2]);
    }

    #[test]
    fn a_column_of_figures_is_no_column_of_groups() {
        let numbers: Vec<String> = (0..400).map(|i| i.to_string()).collect();
        let same = |name: &str| (name.to_owned(), numbers.clone());
        let columns = vec![same("epoch"), same("one"), same("two"), same("train_loss")];
        let options = Options {
            group_columns: Some(vec!["one".to_owned(), "two".to_owned()]),
            ..Options::default()
        };
        let curves = of_columns("data", columns, &options).unwrap();
        let error = curves.grouped(String::new()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the values of one, two make 160000 groups: expected at most 100000"
        );
    }

    #[test]
    fn columns_in_memory_are_of_one_length() {
        let columns = vec![column("epoch", &["1", "2"]), column("train_acc", &["1"])];
        let error = of_columns("data", columns, &Options::default()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "column `train_acc`: 1 values, expected 2, as in the others"
        );
    }
}
