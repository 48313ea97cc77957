//! A study read back from its directory.

use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use sparsegrok_analysis::explain::{explain, measured_beside};
use sparsegrok_analysis::{cautions, spreads};
use sparsegrok_report::{Place, Style, View, page, pictures};
use sparsegrok_statistics::{CONFIDENCE, KaplanMeier};
use sparsegrok_study::StudyResults;
use sparsegrok_study::merge::configuration;
use sparsegrok_study::prediction::theory_setting;
use sparsegrok_study::summary::Timed;
use sparsegrok_theory::Prediction;

use crate::columns;
use crate::errors::{OrRaise, refused};
use crate::settings::{object, set_account};

/// A study as its directory holds it.
#[pyclass(frozen)]
pub(crate) struct Results(StudyResults);

#[pymethods]
impl Results {
    /// Reads a directory.
    #[new]
    fn new(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        py.detach(|| StudyResults::read(&path)).or_raise().map(Self)
    }

    /// Tells if another program trained its runs.
    fn is_foreign(&self) -> bool {
        self.0.study.is_foreign()
    }

    /// The columns of records.
    fn records<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        columns::records(py, &self.0)
    }

    /// The columns of curves.
    fn curves<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        columns::curves(py, &self.0)
    }

    /// The columns of traces.
    fn traces<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        columns::traces(py, &self.0)
    }

    /// The summary, as JSON.
    fn summary(&self) -> String {
        serde_json::to_string(&self.0.summary).unwrap_or_default()
    }

    /// Runs there are, and runs planned.
    fn counts(&self) -> (u64, u64) {
        (self.0.records.len() as u64, self.0.study.all_runs())
    }

    /// The varied keys, with their values.
    fn axes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let axes = PyDict::new(py);
        for (key, values) in self.0.study.axes() {
            let values: PyResult<Vec<_>> = values.iter().map(|value| object(py, value)).collect();
            axes.set_item(key, values?)?;
        }
        Ok(axes)
    }

    /// The value of an axis in each cell that has runs, by the cell's number.
    fn values_of<'py>(
        &self,
        py: Python<'py>,
        key: &str,
    ) -> PyResult<Vec<(usize, Bound<'py, PyAny>)>> {
        let cells = self.0.summary.cells.iter().map(|cell| cell.cell);
        let value = |cell: usize| {
            let mut varied = self.0.study.varied(cell);
            let (_, value) = varied.find(|(name, _)| *name == key)?;
            Some(object(py, value).map(|value| (cell, value)))
        };
        cells.filter_map(value).collect()
    }

    /// The name of each cell that has runs, by its number.
    fn cell_names(&self) -> Vec<(usize, String)> {
        let cells = self.0.summary.cells.iter();
        let names = cells.map(|cell| (cell.cell, self.0.study.cell_name(cell.cell)));
        names.collect()
    }

    /// Sentences on what a reader should beware of.
    fn cautions(&self) -> Vec<String> {
        cautions(&self.0.study, &self.0.summary)
    }

    /// Sentences on where the spread between runs comes from.
    fn spreads(&self) -> Vec<String> {
        spreads(&self.0.summary)
    }

    /// The theory beside what was measured: a dictionary with `text`, a table by cells and cautions, and, of a study of
    /// one cell that the theory covers, what [`set_account`] sets.
    fn explain<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let beside = py.detach(|| measured_beside(&self.0)).or_raise()?;
        let all = PyDict::new(py);
        all.set_item("text", beside.to_string())?;
        let mut cells = self.0.study.cells();
        if let (Some(only), None) = (cells.next(), cells.next())
            && let Ok(found) = explain(&only.config)
        {
            set_account(&all, &found)?;
        }
        Ok(all)
    }

    /// The configuration, as TOML.
    fn config(&self) -> PyResult<String> {
        configuration(&self.0.study).or_raise()
    }

    /// The Kaplan–Meier estimate of a time over the runs of some cells: epochs, shares of runs that have not got
    /// there yet, and the lower and upper limits of these.
    fn survival(&self, time: &str, cells: Vec<usize>) -> PyResult<[Vec<f64>; 4]> {
        let timed = Timed::ALL.into_iter().find(|timed| timed.name() == time);
        let Some(timed) = timed else {
            let known = Timed::ALL.map(Timed::name).join("`, `");
            let said = format!("`{time}` is no time, expected one of `{known}`");
            return Err(refused(said));
        };
        let rows = cells.iter().flat_map(|&cell| self.0.records_of(cell));
        let sample: Vec<_> = rows.filter_map(|row| timed.of(row)).collect();
        let curve = KaplanMeier::of(&sample);
        let steps = curve.steps();
        let intervals = curve.survival_intervals(CONFIDENCE);
        Ok([
            steps.iter().map(|step| step.time).collect(),
            steps.iter().map(|step| step.survival).collect(),
            intervals.iter().map(|(low, _)| *low).collect(),
            intervals.iter().map(|(_, high)| *high).collect(),
        ])
    }

    /// The theory's population accuracy of a cell at some epochs; None where it does not cover the cell.
    fn predicted_accuracy(&self, cell: usize, epochs: Vec<f64>) -> Option<Vec<f64>> {
        let setting = theory_setting(&self.0.study.cell(cell).config).ok()?;
        let prediction = Prediction::of(&setting);
        let epochs = epochs.into_iter();
        Some(epochs.map(|epoch| prediction.accuracy(epoch)).collect())
    }

    /// The page of the report, as HTML.
    fn page(&self, py: Python<'_>) -> PyResult<String> {
        py.detach(|| {
            let view = View::of_study(&self.0).or_raise()?;
            let style = Style::default();
            // It may go anywhere, so it links to no files.
            let place = Place::default();
            Ok(page(&self.0, &view, &pictures(&view, style), style, &place))
        })
    }
}
