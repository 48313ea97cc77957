//! Tables as columns: records, curves and traces of a study, by the names that its CSV files have.

use numpy::{IntoPyArray, PyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use sparsegrok_config::Source;
use sparsegrok_run::RunSeeds;
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

    /// A column of numbers; NaN where there is none.
    fn numbers(&self, name: &str, values: impl IntoIterator<Item = Option<f64>>) -> PyResult<()> {
        let values = values.into_iter().map(|x| x.unwrap_or(f64::NAN));
        let values: Vec<f64> = values.collect();
        let column: Bound<'py, PyArray1<f64>> = values.into_pyarray(self.columns.py());
        self.columns.set_item(name, column)
    }

    /// A column of whole numbers.
    fn whole(&self, name: &str, values: impl IntoIterator<Item = u64>) -> PyResult<()> {
        let values: Vec<i64> = values.into_iter().map(|x| x as i64).collect();
        let column: Bound<'py, PyArray1<i64>> = values.into_pyarray(self.columns.py());
        self.columns.set_item(name, column)
    }

    /// A column of any values.
    fn objects(&self, name: &str, values: Vec<Bound<'py, PyAny>>) -> PyResult<()> {
        self.columns.set_item(name, values)
    }

    fn texts(&self, name: &str, values: impl IntoIterator<Item = String>) -> PyResult<()> {
        self.columns
            .set_item(name, values.into_iter().collect::<Vec<_>>())
    }

    /// The varied keys, for rows of these cells.
    fn axes(&self, results: &StudyResults, cells: &[usize]) -> PyResult<()> {
        let py = self.columns.py();
        for (place, (key, values)) in results.study.axes().enumerate() {
            if Source::ALL.iter().any(|source| source.key() == key) {
                continue;
            }
            let of = |cell: usize| {
                let mut varied = results.study.varied(cell);
                varied.nth(place).map(|(_, value)| value)
            };
            if values.iter().all(|value| matches!(value, Value::Float(_))) {
                let column = cells.iter().map(|&cell| of(cell)?.as_float());
                self.numbers(key, column)?;
                continue;
            }
            let column = cells
                .iter()
                .map(|&cell| object(py, of(cell).unwrap_or(&values[0])));
            self.objects(key, column.collect::<PyResult<_>>()?)?;
        }
        Ok(())
    }
}

/// The columns of `records.csv`.
pub(crate) fn records<'py>(
    py: Python<'py>,
    results: &StudyResults,
) -> PyResult<Bound<'py, PyDict>> {
    let rows = &results.records;
    let table = Table::new(py);
    table.whole("cell", rows.iter().map(|row| row.cell as u64))?;
    let cells: Vec<usize> = rows.iter().map(|row| row.cell).collect();
    table.axes(results, &cells)?;
    let study = &results.study;
    if study.is_foreign() {
        table.texts(
            "run",
            rows.iter()
                .map(|row| run_name(results, row.cell, row.seeds.seed)),
        )?;
    } else {
        table.whole("seed", rows.iter().map(|row| row.seeds.seed))?;
        for source in RunSeeds::sources(study.config()) {
            let seeds = rows.iter().map(|row| row.seeds.of_source(source));
            if seeds.clone().all(|seed| seed.is_some()) {
                table.whole(source.key(), seeds.flatten())?;
            } else {
                table.numbers(source.key(), seeds.map(|seed| seed.map(|x| x as f64)))?;
            }
        }
    }
    table.texts(
        "status",
        rows.iter()
            .map(|row| row.milestones.status.name().to_owned()),
    )?;
    let epoch = |epoch: Option<u64>| epoch.map(|epoch| epoch as f64);
    table.numbers("horizon", rows.iter().map(|row| epoch(row.horizon)))?;
    for (place, name) in ["t_mem", "t_gen", "t_60", "t_90"].into_iter().enumerate() {
        let times = || rows.iter().map(|row| row.milestones.times()[place]);
        let unconfirmed = rows.iter().map(|row| row.milestones.unconfirmed()[place]);
        table.numbers(name, times().map(|time| time.at))?;
        table.numbers(
            &format!("{name}_low"),
            times().map(|time| Some(time.low as f64)),
        )?;
        table.numbers(
            &format!("{name}_high"),
            times().map(|time| epoch(time.high)),
        )?;
        table.numbers(
            &format!("{name}_lost"),
            times().map(|time| epoch(time.lost)),
        )?;
        let unconfirmed: Vec<bool> = unconfirmed.collect();
        let unconfirmed: Bound<'_, PyArray1<bool>> = unconfirmed.into_pyarray(py);
        table
            .columns
            .set_item(format!("{name}_unconfirmed"), unconfirmed)?;
    }
    for (place, figure) in results.figures().iter().enumerate() {
        let last = |row: &RecordRow| row.finals[place];
        table.numbers(&format!("final_{}", figure.name()), rows.iter().map(last))?;
    }
    Ok(table.columns)
}

fn run_name(results: &StudyResults, cell: usize, seed: u64) -> String {
    let name = results.study.run_name(cell, seed);
    name.unwrap_or_default().to_owned()
}

/// The columns of `curves.csv`.
pub(crate) fn curves<'py>(py: Python<'py>, results: &StudyResults) -> PyResult<Bound<'py, PyDict>> {
    let curves = py.detach(|| results.read_curves()).or_raise()?;
    let points = || {
        let cells = curves.iter();
        cells.flat_map(|of| of.points.iter().map(move |point| (of.cell, point)))
    };
    let cells: Vec<usize> = points().map(|(cell, _)| cell).collect();
    let table = Table::new(py);
    table.whole("cell", cells.iter().map(|&cell| cell as u64))?;
    table.axes(results, &cells)?;
    table.whole("epoch", points().map(|(_, point)| point.epoch))?;
    table.whole("n", points().map(|(_, point)| point.n as u64))?;
    let parts: [(&str, fn(&Distribution) -> f64); 6] = [
        ("mean", |d| d.mean),
        ("q05", |d| d.q05),
        ("q25", |d| d.q25),
        ("q50", |d| d.q50),
        ("q75", |d| d.q75),
        ("q95", |d| d.q95),
    ];
    for (place, figure) in results.figures().iter().enumerate() {
        for (part, of) in parts {
            let values = points().map(|(_, point)| point.figures[place].as_ref().map(of));
            table.numbers(&format!("{}_{part}", figure.name()), values)?;
        }
    }
    Ok(table.columns)
}

/// The columns of `traces.csv`.
pub(crate) fn traces<'py>(py: Python<'py>, results: &StudyResults) -> PyResult<Bound<'py, PyDict>> {
    let traces = py.detach(|| results.read_traces()).or_raise()?;
    let lengths = || traces.iter().map(|kept| kept.trace.len());
    let cells = traces.iter().zip(lengths());
    let cells: Vec<usize> = cells.flat_map(|(kept, n)| vec![kept.cell; n]).collect();
    let table = Table::new(py);
    table.whole("cell", cells.iter().map(|&cell| cell as u64))?;
    table.axes(results, &cells)?;
    let rows = traces.iter().zip(lengths());
    if results.study.is_foreign() {
        let names = rows.flat_map(|(kept, n)| vec![run_name(results, kept.cell, kept.seed); n]);
        table.texts("run", names)?;
    } else {
        table.whole("seed", rows.flat_map(|(kept, n)| vec![kept.seed; n]))?;
    }
    table.whole(
        "epoch",
        traces
            .iter()
            .flat_map(|kept| kept.trace.epochs().iter().copied()),
    )?;
    for &figure in results.figures() {
        let values = traces
            .iter()
            .flat_map(|kept| kept.trace.figure(figure).iter().copied());
        table.numbers(figure.name(), values.map(Some))?;
    }
    Ok(table.columns)
}
