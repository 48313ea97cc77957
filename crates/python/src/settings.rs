//! Settings by their keys, presets, and the theory's account of a configuration.

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use sparsegrok_analysis::explain::explain as account;
use sparsegrok_config::{Config, Kind, PRESETS, SETTINGS, Settings};
use toml::Value;

use crate::errors::OrRaise;

/// A preset's name, the texts of settings by their keys, and axes of a grid.
pub(crate) fn configuration(
    preset: Option<&str>,
    given: &[(String, String)],
    axes: &[String],
) -> PyResult<Config> {
    let given: Vec<_> = given
        .iter()
        .map(|(key, text)| (key.as_str(), text.as_str()))
        .collect();
    let mut settings = Settings::layered(preset, None, &given).or_raise()?;
    if !axes.is_empty() {
        settings.set("vary", &axes.join(";")).or_raise()?;
    }
    settings.config().or_raise()
}

/// Lists every setting: a dictionary of `key`, `type` (a Python annotation), `help`, `section` and `default`.
#[pyfunction]
pub(crate) fn settings(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    let defaults = Config::default();
    let all = PyList::empty(py);
    for setting in SETTINGS {
        let item = PyDict::new(py);
        item.set_item("key", setting.key)?;
        item.set_item("type", annotation(setting.kind))?;
        item.set_item("help", setting.help)?;
        item.set_item("section", setting.section.title())?;
        let default = setting.get(&defaults).or_raise()?;
        item.set_item("default", default.map(|value| setting.kind.text(&value)))?;
        all.append(item)?;
    }
    Ok(all)
}

/// The annotation of a kind of values.
fn annotation(kind: Kind) -> String {
    match kind {
        Kind::Whole => "int".to_owned(),
        Kind::WholeOr(_, _, words) => format!("int | Literal[{}]", quoted(words)),
        Kind::Number => "float".to_owned(),
        Kind::Switch => "bool".to_owned(),
        Kind::Choice(words) => format!("Literal[{}]", quoted(words)),
        Kind::Path => "str | PathLike[str]".to_owned(),
        Kind::Labels | Kind::Seeds | Kind::Stop | Kind::Every | Kind::Span | Kind::Until => {
            "str".to_owned()
        }
        Kind::Columns | Kind::Figures | Kind::Sources | Kind::Axes => {
            "str | Sequence[str]".to_owned()
        }
    }
}

fn quoted(words: &[&str]) -> String {
    let words: Vec<_> = words.iter().map(|word| format!("\"{word}\"")).collect();
    words.join(", ")
}

/// Lists the presets: a dictionary of what each is expected to show, by name.
#[pyfunction]
pub(crate) fn presets(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let all = PyDict::new(py);
    for preset in PRESETS {
        all.set_item(preset.name, preset.shows)?;
    }
    Ok(all)
}

/// Makes a configuration and returns it as a dictionary of all its settings.
#[pyfunction]
pub(crate) fn print_config<'py>(
    py: Python<'py>,
    preset: Option<&str>,
    given: Vec<(String, String)>,
) -> PyResult<Bound<'py, PyDict>> {
    let config = configuration(preset, &given, &[])?;
    let all = PyDict::new(py);
    for setting in SETTINGS {
        if let Some(value) = setting.get(&config).or_raise()? {
            all.set_item(setting.key, object(py, &value)?)?;
        }
    }
    Ok(all)
}

/// A value of TOML as Python's.
pub(crate) fn object<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    match value {
        Value::Integer(x) => x.into_bound_py_any(py),
        Value::Float(x) => x.into_bound_py_any(py),
        Value::Boolean(x) => x.into_bound_py_any(py),
        Value::String(x) => x.into_bound_py_any(py),
        Value::Array(items) => {
            let items: PyResult<Vec<_>> = items.iter().map(|item| object(py, item)).collect();
            items?.into_bound_py_any(py)
        }
        other => other.to_string().into_bound_py_any(py),
    }
}

/// The theory's account of a configuration: a dictionary with `text`, the tables and the verdict in words, and, where
/// the theory covers it, `groks`, `because`, `t_mem`, `t_gen` (epochs, None for never) and `conditions`.
#[pyfunction]
pub(crate) fn explain<'py>(
    py: Python<'py>,
    preset: Option<&str>,
    given: Vec<(String, String)>,
) -> PyResult<Bound<'py, PyDict>> {
    let config = configuration(preset, &given, &[])?;
    let all = PyDict::new(py);
    match account(&config) {
        Err(not_covered) => all.set_item("text", format!("No answer: {not_covered}."))?,
        Ok(found) => {
            all.set_item("text", found.to_string())?;
            all.set_item("groks", found.groks)?;
            all.set_item("because", &found.because)?;
            all.set_item("t_mem", found.t_mem.1)?;
            all.set_item("t_gen", found.t_gen.1)?;
            let conditions = PyList::empty(py);
            for condition in &found.conditions {
                conditions.append(condition.holds())?;
            }
            all.set_item("conditions", conditions)?;
        }
    }
    Ok(all)
}
