//! Tables as columns: records, curves and traces of a study, by the names that its CSV files have.

use numpy::{Element, IntoPyArray};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use sparsegrok_config::Source;
use sparsegrok_run::{Anomaly, RunSeeds, Status};
use sparsegrok_statistics::Distribution;
use sparsegrok_study::{RecordRow, StudyResults};
use toml::Value;

use crate::errors::OrRaise;
use crate::settings::object;

/// A table in the making: columns go in by name, in order.
struct Table<'py> {
    columns: Bound<'py, PyDict>,
}

impl<'py> Table<'py> {
    fn new(py: Python<'py>) -> Self {
        Self {
            columns: PyDict::new(py),
        }
    }

    fn array<T: Element>(&self, name: &str, values: Vec<T>) -> PyResult<()> {
        let column = values.into_pyarray(self.columns.py());
        self.columns.set_item(name, column)
    }

    /// A column of numbers; NaN where there is none.
    fn numbers(&self, name: &str, values: impl IntoIterator<Item = Option<f64>>) -> PyResult<()> {
        let values = values.into_iter().map(|x| x.unwrap_or(f64::NAN));
        self.array(name, values.collect())
    }

    /// A column of epochs; NaN where there is none.
    fn epochs(&self, name: &str, values: impl IntoIterator<Item = Option<u64>>) -> PyResult<()> {
        let values = values.into_iter();
        self.numbers(name, values.map(|epoch| epoch.map(|epoch| epoch as f64)))
    }

    /// A column of whole numbers; of those from 2^63 on, which only sums of seeds are, as unsigned ones.
    fn whole(&self, name: &str, values: impl IntoIterator<Item = u64>) -> PyResult<()> {
        let values: Vec<u64> = values.into_iter().collect();
        let signed = values.iter().map(|&x| i64::try_from(x));
        match signed.collect::<Result<Vec<i64>, _>>() {
            Ok(signed) => self.array(name, signed),
            Err(_) => self.array(name, values),
        }
    }

    /// A column of texts, which the Python half makes an array.
    fn texts<'a>(&self, name: &str, values: impl IntoIterator<Item = &'a str>) -> PyResult<()> {
        self.columns
            .set_item(name, values.into_iter().collect::<Vec<_>>())
    }

    /// The columns that tell a row's cell: its number, and the varied keys that are `told`.
    fn cells(
        &self,
        results: &StudyResults,
        cells: &[usize],
        is_told: impl Fn(&str) -> bool,
    ) -> PyResult<()> {
        let py = self.columns.py();
        self.whole("cell", cells.iter().map(|&cell| cell as u64))?;
        for (place, (key, values)) in results.study.axes().enumerate() {
            if !is_told(key) {
                continue;
            }
            // Rows are many and cells few: each value is made once.
            let mut last: Option<(usize, Bound<'py, PyAny>)> = None;
            let column = cells.iter().map(|&cell| {
                if let Some((known, value)) = &last
                    && *known == cell
                {
                    return Ok(value.clone());
                }
                let mut varied = results.study.varied(cell);
                let value = varied.nth(place).map_or(&values[0], |(_, value)| value);
                let value = object(py, value)?;
                last = Some((cell, value.clone()));
                Ok(value)
            });
            let column: Vec<_> = column.collect::<PyResult<_>>()?;
            // An array of no rows would not tell the kind of the values.
            match values.iter().all(|value| matches!(value, Value::Float(_))) {
                true => {
                    let column = column.iter().map(|value| value.extract::<f64>());
                    self.array(key, column.collect::<PyResult<Vec<f64>>>()?)?;
                }
                false => self.columns.set_item(key, column)?,
            }
        }
        Ok(())
    }
}

/// The times of a record, in the order of `Milestones::times`.
const TIMES: [&str; 4] = ["t_mem", "t_gen", "t_60", "t_90"];

/// The columns of `records.csv`.
pub(crate) fn records<'py>(
    py: Python<'py>,
    results: &StudyResults,
) -> PyResult<Bound<'py, PyDict>> {
    let rows = &results.records;
    let study = &results.study;
    let table = Table::new(py);
    let cells: Vec<usize> = rows.iter().map(|row| row.cell).collect();
    // A seed that varies from cell to cell is told by the column of that seed.
    let is_seed = |key: &str| Source::ALL.iter().any(|source| source.key() == key);
    table.cells(results, &cells, |key| !is_seed(key))?;
    if study.is_foreign() {
        let names = rows
            .iter()
            .map(|row| run_name(results, row.cell, row.seeds.seed));
        table.texts("run", names)?;
    } else {
        table.whole("seed", rows.iter().map(|row| row.seeds.seed))?;
        for source in RunSeeds::sources(study.config()) {
            let seeds = rows.iter().map(|row| row.seeds.of_source(source));
            match seeds.clone().collect::<Option<Vec<u64>>>() {
                Some(seeds) => table.whole(source.key(), seeds)?,
                None => table.epochs(source.key(), seeds)?,
            }
        }
    }
    let status = |row: &RecordRow| row.milestones.status;
    table.texts("status", rows.iter().map(|row| status(row).name()))?;
    table.epochs("horizon", rows.iter().map(|row| row.horizon))?;
    let unconfirmed = rows.iter().map(|row| {
        let names = TIMES.iter().zip(row.milestones.unconfirmed());
        let names = names.filter_map(|(name, unconfirmed)| unconfirmed.then_some(*name));
        names.collect::<Vec<_>>().join(" ")
    });
    let unconfirmed: Vec<String> = unconfirmed.collect();
    table.texts("unconfirmed", unconfirmed.iter().map(String::as_str))?;
    for (place, name) in TIMES.into_iter().enumerate() {
        let times = || rows.iter().map(|row| row.milestones.times()[place]);
        let has_bracket = rows.iter().map(|row| status(row) != Status::Diverged);
        let lows = times().zip(has_bracket);
        let lows = lows.map(|(time, has_bracket)| has_bracket.then_some(time.low));
        table.numbers(name, times().map(|time| time.at))?;
        table.epochs(&format!("{name}_low"), lows)?;
        table.epochs(&format!("{name}_high"), times().map(|time| time.high))?;
        table.epochs(&format!("{name}_lost"), times().map(|time| time.lost))?;
    }
    for (place, figure) in results.figures().iter().enumerate() {
        let last = |row: &RecordRow| row.finals[place];
        table.numbers(&format!("final_{}", figure.name()), rows.iter().map(last))?;
    }
    for anomaly in Anomaly::ALL {
        let sizes = rows.iter().map(|row| row.anomalies.size(anomaly));
        table.numbers(anomaly.name(), sizes)?;
    }
    Ok(table.columns)
}

fn run_name(results: &StudyResults, cell: usize, seed: u64) -> &str {
    results.study.run_name(cell, seed).unwrap_or_default()
}

/// The parts of a figure's distribution, by which columns of curves are named.
const PARTS: [&str; 6] = ["mean", "q05", "q25", "q50", "q75", "q95"];

/// The columns of `curves.csv`.
pub(crate) fn curves<'py>(py: Python<'py>, results: &StudyResults) -> PyResult<Bound<'py, PyDict>> {
    let curves = py.detach(|| results.read_curves()).or_raise()?;
    let points = || {
        let cells = curves.iter();
        cells.flat_map(|of| of.points.iter().map(move |point| (of.cell, point)))
    };
    let cells: Vec<usize> = points().map(|(cell, _)| cell).collect();
    let table = Table::new(py);
    table.cells(results, &cells, |_| true)?;
    table.whole("epoch", points().map(|(_, point)| point.epoch))?;
    table.whole("n", points().map(|(_, point)| point.n as u64))?;
    let parts = |d: &Distribution| [d.mean, d.q05, d.q25, d.q50, d.q75, d.q95];
    for (place, figure) in results.figures().iter().enumerate() {
        for (part, name) in PARTS.into_iter().enumerate() {
            let values = points().map(|(_, point)| point.figures[place].as_ref());
            let values = values.map(|of| of.map(|of| parts(of)[part]));
            table.numbers(&format!("{}_{name}", figure.name()), values)?;
        }
    }
    Ok(table.columns)
}

/// The columns of `traces.csv`; of runs that another program trained, their names instead of numbers.
pub(crate) fn traces<'py>(py: Python<'py>, results: &StudyResults) -> PyResult<Bound<'py, PyDict>> {
    let traces = py.detach(|| results.read_traces()).or_raise()?;
    let rows = || {
        let runs = traces.iter();
        runs.flat_map(|kept| kept.trace.iter().map(move |evaluation| (kept, evaluation)))
    };
    let cells: Vec<usize> = rows().map(|(kept, _)| kept.cell).collect();
    let table = Table::new(py);
    table.cells(results, &cells, |_| true)?;
    match results.study.is_foreign() {
        true => table.texts(
            "run",
            rows().map(|(kept, _)| run_name(results, kept.cell, kept.seed)),
        )?,
        false => table.whole("seed", rows().map(|(kept, _)| kept.seed))?,
    }
    table.whole("epoch", rows().map(|(_, evaluation)| evaluation.epoch))?;
    for &figure in results.figures() {
        let values = rows().map(|(_, evaluation)| evaluation.get(figure));
        table.numbers(figure.name(), values)?;
    }
    Ok(table.columns)
}
