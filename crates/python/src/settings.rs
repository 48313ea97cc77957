//! Settings by their keys, presets, and the theory's account of a configuration.

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use sparsegrok_analysis::explain::{Explanation, explain as account};
use sparsegrok_config::{Config, PRESETS, SETTINGS, Section, Setting, Settings};
use toml::Value;

use crate::errors::{OrRaise, refused};

/// Settings by their keys, as the texts of flags.
pub(crate) type Given = Vec<(String, String)>;

/// These settings as the configuration takes them.
pub(crate) fn pairs(given: &Given) -> Vec<(&str, &str)> {
    let pairs = given.iter();
    pairs.map(|(key, text)| (&**key, &**text)).collect()
}

/// The configuration of a preset, settings over it, and the axes of a grid.
pub(crate) fn configuration(
    preset: Option<&str>,
    given: &Given,
    axes: &[String],
) -> PyResult<Config> {
    let mut settings = Settings::layered(preset, None, &pairs(given)).or_raise()?;
    let others =
        |setting: &&Setting| [Section::Compare, Section::Output].contains(&setting.section);
    let keys = given.iter().filter_map(|(key, _)| Setting::of(key));
    if let Some(other) = keys.clone().find(others) {
        return Err(refused(format_args!(
            "`{}` has no effect on a study: expected none, as it is of the section `{}`",
            other.key,
            other.section.title()
        )));
    }
    if !axes.is_empty() {
        settings.set("vary", &axes.join(";")).or_raise()?;
    }
    settings.config().or_raise()
}

/// Lists every setting: a dictionary of `key`, `kind`, `default`, `section` and `help`, in words.
#[pyfunction]
pub(crate) fn settings(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    let defaults = Config::default();
    let all = PyList::empty(py);
    for setting in SETTINGS {
        let item = PyDict::new(py);
        item.set_item("key", setting.key)?;
        item.set_item("kind", setting.kind.expected())?;
        let default = setting.get(&defaults).or_raise()?;
        let default = default.map(|value| setting.kind.text(&value));
        item.set_item("default", default.unwrap_or_default())?;
        item.set_item("section", setting.section.title())?;
        item.set_item("help", setting.help)?;
        all.append(item)?;
    }
    Ok(all)
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

/// Predicts by a configuration: a dictionary with `text`, the tables and the verdict in words, and what [`set_account`]
/// sets.
#[pyfunction]
pub(crate) fn explain<'py>(
    py: Python<'py>,
    preset: Option<&str>,
    given: Given,
) -> PyResult<Bound<'py, PyDict>> {
    let account = account(&configuration(preset, &given, &[])?);
    let text = match &account {
        Ok(found) => found.to_string(),
        Err(not_covered) => format!("No answer: {not_covered}.\n"),
    };
    let all = PyDict::new(py);
    all.set_item("text", text)?;
    if let Ok(found) = &account {
        set_account(&all, found)?;
    }
    Ok(all)
}

/// Sets the theory's account: `groks`, `because`, `t_mem`, `t_gen`, `t_loss` (epochs, None for never) and `conditions` (a
/// dictionary of true and false by formula).
pub(crate) fn set_account(all: &Bound<'_, PyDict>, found: &Explanation) -> PyResult<()> {
    all.set_item("groks", found.verdict.groks())?;
    all.set_item("because", &found.because)?;
    all.set_item("t_mem", found.t_mem.1)?;
    all.set_item("t_gen", found.t_gen.1)?;
    all.set_item("t_loss", found.t_loss)?;
    let conditions = PyDict::new(all.py());
    for condition in &found.conditions {
        conditions.set_item(condition.name, condition.holds())?;
    }
    all.set_item("conditions", conditions)
}
