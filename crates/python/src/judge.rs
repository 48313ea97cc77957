//! Judging curves that other programs logged.

use std::path::PathBuf;

use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use sparsegrok_analysis::untold;
use sparsegrok_config::Settings;
use sparsegrok_curves::{AccuracyUnit, Options, of_columns, read};
use sparsegrok_kernel::Figure;
use sparsegrok_study::ForeignStudy;
use sparsegrok_study::merge::JUDGING;

use crate::errors::{OrRaise, refused, said};
use crate::settings::{Given, pairs};

/// A column in memory.
#[derive(FromPyObject)]
pub(crate) enum Column<'py> {
    Whole(PyReadonlyArray1<'py, i64>),
    Numbers(PyReadonlyArray1<'py, f64>),
    Texts(Vec<String>),
}

impl Column<'_> {
    /// Its values as texts, which read back as the same values.
    fn texts(self) -> Vec<String> {
        match self {
            Self::Whole(values) => values.as_array().iter().map(i64::to_string).collect(),
            Self::Numbers(values) => values.as_array().iter().map(f64::to_string).collect(),
            Self::Texts(values) => values,
        }
    }
}

/// Judges curves, of files or, where there are none, of columns, and writes them as a study. Returns sentences on
/// what was decided while they were read, and on what they do not tell. `map` has pairs of a figure and its column, `command` stands for the call.
#[pyfunction]
#[allow(clippy::too_many_arguments)]
pub(crate) fn judge(
    py: Python<'_>,
    files: Vec<PathBuf>,
    columns: Vec<(String, Column<'_>)>,
    time: Option<String>,
    run: Option<String>,
    groups: Option<Vec<String>>,
    map: Vec<(String, String)>,
    accuracies: &str,
    given: Given,
    command: String,
    out: PathBuf,
    force: bool,
) -> PyResult<Vec<String>> {
    let settings = Settings::layered(None, None, &pairs(&given));
    let mut config = settings.and_then(|settings| settings.config()).or_raise()?;
    let acts = |key: &str| JUDGING.contains(&key) || key == "traces";
    if let Some((key, _)) = given.iter().find(|(key, _)| !acts(key)) {
        return Err(refused(format_args!(
            "`{key}` judges no curves: expected one of {}, `traces`, or a figure",
            JUDGING.map(|key| format!("`{key}`")).join(", ")
        )));
    }
    let map = map.into_iter().map(|(name, column)| {
        let figure = Figure::of(&name);
        Ok((
            figure.ok_or_else(|| refused(format_args!("`{name}` is no figure")))?,
            column,
        ))
    });
    let options = Options {
        time_column: time,
        run_column: run,
        group_columns: groups,
        map: map.collect::<PyResult<_>>()?,
        accuracies: match accuracies {
            "found" => AccuracyUnit::Found,
            "share" => AccuracyUnit::Share,
            "per-cent" => AccuracyUnit::PerCent,
            other => {
                return Err(refused(format_args!(
                    "`accuracies` is `{other}`, expected one of `found`, `share`, `per-cent`"
                )));
            }
        },
    };
    let columns: Vec<(String, Vec<String>)> = columns
        .into_iter()
        .map(|(name, column)| (name, column.texts()))
        .collect();
    py.detach(|| {
        let curves = match files.is_empty() {
            true => of_columns("data", columns, &options),
            false => read(&files, &options),
        };
        let curves = curves.or_raise()?;
        config.study.figures.clone_from(&curves.figures);
        let (runs, traces) = curves.grouped(command).or_raise()?;
        let judged = ForeignStudy::judge(config, runs, traces).or_raise()?;
        judged.save(&out, force).or_raise()?;
        let notes = curves.notes.iter().map(said);
        Ok(notes
            .chain(untold(judged.untold()).iter().map(said))
            .collect())
    })
}

/// The names of all figures, in the order of tables.
#[pyfunction]
pub(crate) fn figures() -> Vec<&'static str> {
    Figure::ALL.map(Figure::name).to_vec()
}
