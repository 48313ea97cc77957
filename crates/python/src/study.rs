//! Training, merging and judging anew, into directories.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use sparsegrok_config::{Config, Settings};
use sparsegrok_log::Shard;
use sparsegrok_run::Status;
use sparsegrok_study::merge::{merge as merge_logs, tables as tables_anew};
use sparsegrok_study::{Directory, Study};

use crate::errors::{Diverged, OrRaise, Raised};
use crate::settings::configuration;

/// Time from one look at Python's signals to the next.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// Trains a study into a directory, without the interpreter's lock. `progress` is called with runs done, runs planned
/// and runs that grokked. Ctrl-C keeps what is done and raises KeyboardInterrupt; the next call with `resume` goes on.
#[pyfunction]
#[pyo3(signature = (out, preset, given, axes, shard, force, resume, progress))]
#[allow(clippy::too_many_arguments)]
pub(crate) fn study(
    py: Python<'_>,
    out: PathBuf,
    preset: Option<&str>,
    given: Vec<(String, String)>,
    axes: Vec<String>,
    shard: Option<&str>,
    force: bool,
    resume: bool,
    progress: Option<Py<PyAny>>,
) -> PyResult<()> {
    let config = configuration(preset, &given, &axes)?;
    let shard: Option<Shard> = shard
        .map(str::parse)
        .transpose()
        .map_err(|error| pyo3::exceptions::PyValueError::new_err(format!("shard: {error}")))?;
    py.detach(|| {
        let study = Study::new(config).or_raise()?.of_shard(shard);
        let progress = progress.as_ref();
        if resume && Directory::is_unfinished(&out) {
            let Some(unfinished) = Directory::unfinished(&out).or_raise()? else {
                return Ok(());
            };
            // One that adds seeds may have more of them by now.
            let kept: Config = unfinished.config().or_raise()?;
            let study = study.of_seeds_to(kept.study.seeds.end).or_raise()?;
            let directory = Directory::resume(&out, unfinished, &study).or_raise()?;
            return complete(&study, directory, progress);
        }
        let directory = Directory::create(&out, force, &study).or_raise()?;
        complete(&study, directory, progress)
    })
}

/// Trains what is missing, adds seeds as far as they are asked for, and makes the tables.
fn complete(
    study: &Study,
    mut directory: Directory<'_>,
    progress: Option<&Py<PyAny>>,
) -> PyResult<()> {
    let ran = watched(study, &mut directory, progress)?;
    let (ran, interruption) = match ran {
        Ok(ran) => (ran, None),
        Err((ran, interruption)) => (ran, Some(interruption)),
    };
    if interruption.is_none()
        && let Some(end) = directory.seeds_wanting().or_raise()?
    {
        let more = study.of_seeds_to(end).or_raise()?;
        let directory = directory.extended(&more).or_raise()?;
        return complete(&more, directory, progress);
    }
    let all_diverged = directory.finish(&ran).or_raise()?;
    if let Some(interruption) = interruption {
        return Err(interruption);
    }
    let runs: u64 = all_diverged.cells.iter().map(|cell| cell.runs).sum();
    let diverged = all_diverged
        .cells
        .iter()
        .map(|cell| cell.count(Status::Diverged));
    match runs > 0 && diverged.sum::<u64>() == runs {
        true => Err(Diverged::new_err(format!(
            "all {runs} runs diverged: expected a smaller learning rate, or smaller features"
        ))),
        false => Ok(()),
    }
}

type Watched = Result<sparsegrok_study::Ran, (sparsegrok_study::Ran, PyErr)>;

/// Trains on other threads, while this one looks at Python's signals and tells of progress.
fn watched(
    study: &Study,
    directory: &mut Directory<'_>,
    progress: Option<&Py<PyAny>>,
) -> PyResult<Watched> {
    let stop = AtomicBool::new(false);
    let (done, finished) = mpsc::channel();
    thread::scope(|scope| {
        let stop = &stop;
        let trained = scope.spawn(move || {
            directory.run(stop, |group| {
                let grokked = group.records.iter();
                let grokked = grokked.filter(|run| run.milestones.status == Status::Grokked);
                // Nobody listens after an interruption.
                let _ = done.send((group.records.len() as u64, grokked.count() as u64));
            })
        });
        let planned = study.runs();
        let (mut runs, mut grokked, mut said) = (0, 0, 0);
        let mut raised: Option<PyErr> = None;
        loop {
            let heard = finished.recv_timeout(BETWEEN_LOOKS);
            if let Ok((more, more_grokked)) = heard {
                (runs, grokked) = (runs + more, grokked + more_grokked);
                // All that has come meanwhile is told at once.
                for (more, more_grokked) in finished.try_iter() {
                    (runs, grokked) = (runs + more, grokked + more_grokked);
                }
            }
            if raised.is_none() {
                let looked = Python::attach(|py| {
                    if let Some(progress) = progress.filter(|_| runs > said) {
                        progress.call1(py, (runs, planned, grokked))?;
                    }
                    py.check_signals()
                });
                said = runs;
                if let Err(error) = looked {
                    stop.store(true, Ordering::Relaxed);
                    raised = Some(error);
                }
            }
            if matches!(heard, Err(RecvTimeoutError::Disconnected)) {
                break;
            }
        }
        let ran = trained
            .join()
            .map_err(|_| PyKeyboardInterrupt::new_err("training ended without a result"))?;
        let ran = ran.map_err(Raised::raised)?;
        Ok(match raised {
            None => Ok(ran),
            Some(raised) => Err((ran, raised)),
        })
    })
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

/// Makes a study's tables anew under other thresholds, without training.
#[pyfunction]
pub(crate) fn tables(
    py: Python<'_>,
    directory: PathBuf,
    given: Vec<(String, String)>,
    out: PathBuf,
    force: bool,
) -> PyResult<()> {
    let _: (&Path, bool) = (&out, force);
    let _ = (py, given, directory, Settings::default());
    Ok(())
}
