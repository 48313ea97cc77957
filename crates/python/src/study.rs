//! Training, merging and judging, into directories.

use std::path::{Path, PathBuf};

use pyo3::prelude::*;
use sparsegrok_config::{Config, Settings};
use sparsegrok_log::Shard;
use sparsegrok_run::Status;
use sparsegrok_run::memory::available;
use sparsegrok_study::merge::{JUDGING, logged_config, merge as merge_logs, tables_under};
use sparsegrok_study::summary::Summary;
use sparsegrok_study::{Directory, Ran, Study};

use crate::errors::{Diverged, OrRaise, refused};
use crate::settings::{Given, configuration, pairs};
use crate::watch::watched;

/// Trains a study into a directory, without the interpreter's lock. `progress` is called with runs done, runs planned
/// and runs that grokked. Ctrl-C keeps what is done and raises KeyboardInterrupt; the next call with `resume` goes on.
#[pyfunction]
#[allow(clippy::too_many_arguments)]
pub(crate) fn study(
    py: Python<'_>,
    out: PathBuf,
    preset: Option<&str>,
    given: Given,
    axes: Vec<String>,
    shard: Option<&str>,
    force: bool,
    resume: bool,
    progress: Option<Py<PyAny>>,
) -> PyResult<()> {
    let config = configuration(preset, &given, &axes)?;
    let shard: Option<Shard> = shard.map(str::parse).transpose().map_err(|error| {
        let error: sparsegrok_log::ParseShardError = error;
        refused(format_args!("`shard`: {error}"))
    })?;
    if shard.is_some() && config.study.until.is_some() {
        return Err(refused(
            "`until` beside `shard`: expected one of them, as no shard knows the intervals of the whole",
        ));
    }
    py.detach(|| {
        let study = Study::new(config).or_raise()?.of_shard(shard);
        let study = match force {
            true => study,
            false => study.within_memory(available()),
        };
        train(&out, &study, force, resume, progress.as_ref())
    })
}

/// Begins a study or goes on with it; one that is complete stays as it is.
fn train(
    out: &Path,
    study: &Study,
    force: bool,
    resume: bool,
    progress: Option<&Py<PyAny>>,
) -> PyResult<()> {
    let with_seeds_added = |kept: &Config| study.clone().with_seeds_added(kept).or_raise();
    if resume && Directory::is_unfinished(out) {
        if let Some(unfinished) = Directory::unfinished(out).or_raise()? {
            let study = with_seeds_added(&unfinished.config().or_raise()?)?;
            if unfinished.shard() != study.shard() {
                return Err(refused(format_args!(
                    "{}: was begun with another `shard`: expected the same",
                    out.display()
                )));
            }
            let directory = Directory::resume(out, unfinished, &study).or_raise()?;
            return complete(&study, directory, progress);
        }
    } else if resume && let Ok(kept) = logged_config(out) {
        let study = with_seeds_added(&kept)?;
        return Directory::check_complete(out, &study).or_raise();
    }
    let directory = Directory::create(out, force, study).or_raise()?;
    complete(study, directory, progress)
}

/// Trains what is missing, adds seeds as far as they are asked for, and makes the tables.
fn complete(
    study: &Study,
    mut directory: Directory<'_>,
    progress: Option<&Py<PyAny>>,
) -> PyResult<()> {
    let (ran, interruption) = trained(study, &mut directory, progress)?;
    if interruption.is_none()
        && directory.runs() == study.runs()
        && let Some(end) = directory.seeds_wanting().or_raise()?
    {
        let more = study.of_seeds_to(end).or_raise()?;
        let directory = directory.extended(&more).or_raise()?;
        return complete(&more, directory, progress);
    }
    let summary = directory.finish(&ran).or_raise()?;
    interruption.map_or_else(|| check_diverged(&summary), Err)
}

/// Refuses results that hold no model at all.
fn check_diverged(summary: &Summary) -> PyResult<()> {
    let cells = summary.cells.iter();
    let counts = cells.map(|cell| (cell.runs, cell.count(Status::Diverged)));
    let (runs, diverged) = counts.fold((0, 0), |sum, of| (sum.0 + of.0, sum.1 + of.1));
    match runs > 0 && diverged == runs {
        true => Err(Diverged::new_err(format!(
            "all {runs} runs diverged: expected a smaller learning rate, or smaller features"
        ))),
        false => Ok(()),
    }
}

/// Trains what is missing, and tells of progress. An exception of that, or a signal, stops the training in order and
/// is returned beside what ran.
fn trained(
    study: &Study,
    directory: &mut Directory<'_>,
    progress: Option<&Py<PyAny>>,
) -> PyResult<(Ran, Option<PyErr>)> {
    let planned = study.runs();
    let (mut runs, mut grokked) = (0, 0);
    let (ran, raised) = watched(
        |stop, done| {
            directory.run(stop, |group| {
                let records = group.records.iter();
                let grokked = records.filter(|run| run.milestones.status == Status::Grokked);
                // Nobody has left: the receiver is there until this thread ends.
                let _ = done.send((group.records.len() as u64, grokked.count() as u64));
            })
        },
        |py, news: Vec<(u64, u64)>| {
            for (more, more_grokked) in news {
                (runs, grokked) = (runs + more, grokked + more_grokked);
            }
            if let Some(progress) = progress {
                progress.call1(py, (runs, planned, grokked))?;
            }
            Ok(())
        },
    );
    Ok((ran.or_raise()?, raised))
}

/// Merges the shards of a study.
#[pyfunction]
pub(crate) fn merge(
    py: Python<'_>,
    directories: Vec<PathBuf>,
    out: PathBuf,
    partial: bool,
    force: bool,
) -> PyResult<()> {
    py.detach(|| merge_logs(&directories, &out, partial, force))
        .or_raise()?;
    Ok(())
}

/// Makes a study's tables under other thresholds, without training, as a study of its own.
#[pyfunction]
pub(crate) fn tables(
    py: Python<'_>,
    directory: PathBuf,
    given: Given,
    out: PathBuf,
    force: bool,
) -> PyResult<()> {
    let logged = logged_config(&directory).or_raise()?;
    let config = Settings::over(&logged, &pairs(&given)).and_then(|over| over.config());
    let config = config.or_raise()?;
    if let Some((key, _)) = given.iter().find(|(key, _)| !JUDGING.contains(&&**key)) {
        return Err(refused(format_args!(
            "`{key}` was settled when {} was trained: expected other thresholds alone",
            directory.display()
        )));
    }
    py.detach(|| tables_under(&directory, config, &out, force))
        .or_raise()?;
    Ok(())
}
