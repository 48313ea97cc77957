//! `sparsegrok study`

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use clap::ValueHint;
use sparsegrok_study::{Directory, Section, Setting, Study, estimate};
use toml::Value;

use crate::data::say_zero_one;
use crate::exit::say;
use crate::output::Output;
use crate::report;
use crate::settings::{Scope, SettingFlags};
use crate::study_progress::{StudyProgress, duration};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    settings: SettingFlags<Grid>,
    /// Write the study to this directory, which appears when all of it is there
    #[arg(
        long,
        value_name = "DIR",
        value_hint = ValueHint::DirPath,
        help_heading = "Output",
        required_unless_present_any = ["dry_run", "print_config"]
    )]
    out: Option<PathBuf>,
    /// Replace an earlier study
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// Run nothing; print what would run, and about how long it would take
    #[arg(long, help_heading = "Output")]
    dry_run: bool,
    /// Report on it too: a page and pictures in its folder `report`
    #[arg(long, help_heading = "Output")]
    report: bool,
    /// Draw the accuracy of the latest run in the terminal; elsewhere, a line now and then
    #[arg(long, help_heading = "Output")]
    live: bool,
}

struct Grid;

impl Scope for Grid {
    fn takes(setting: &Setting) -> bool {
        ![Section::Compare, Section::Output].contains(&setting.sections[0])
    }
}

pub(crate) fn execute(args: &Args) -> anyhow::Result<()> {
    let Some(config) = args.settings.config()? else {
        return Ok(());
    };
    let study = Study::new(config)?;
    let Some(path) = args.out.as_ref().filter(|_| !args.dry_run) else {
        return dry_run(&study);
    };
    let mut directory = Directory::create(path, args.force, &study)?;
    let stop = stop_at_signals()?;
    let mut progress = StudyProgress::new(&study, args.live);
    let mut written = Ok(());
    let ran = study.run(&stop, |group| {
        written = directory.add(&group);
        progress.add(&group);
        match written {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    })?;
    written?;
    directory.finish(&ran)?;
    for file in &ran.zero_one {
        say_zero_one(file);
    }
    progress.finish();
    if args.report {
        report::beside(path)?;
    }
    if ran.runs < study.runs() {
        let (runs, planned) = (ran.runs, study.runs());
        let held = format!(
            "stopped; {} holds the first {runs} of {planned} runs",
            path.display()
        );
        return Err(io::Error::new(io::ErrorKind::Interrupted, held).into());
    }
    Ok(())
}

/// A flag that the first interrupt sets; the second one ends the process.
pub(crate) fn stop_at_signals() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::Relaxed) {
            std::process::exit(1);
        }
        say("stopping when the groups in progress are done; interrupt again to stop at once");
    })
    .context("interrupts cannot be caught")?;
    Ok(stop)
}

fn dry_run(study: &Study) -> anyhow::Result<()> {
    let estimate = estimate(study)?;
    let threads = match study.config().engine.threads {
        0 => std::thread::available_parallelism()?.get(),
        threads => threads,
    };
    let time = estimate.one_thread / u32::try_from(threads).unwrap_or(u32::MAX);
    let mut output = Output::open(None)?;
    writeln!(output, "cells = {}", study.cells().len())?;
    writeln!(output, "seeds = {}", study.spec().seeds.len())?;
    writeln!(output, "runs = {}", study.runs())?;
    writeln!(output, "evaluations = {}", estimate.evaluations)?;
    writeln!(output, "seed_steps = {}", estimate.seed_steps)?;
    writeln!(output, "threads = {threads}")?;
    writeln!(
        output,
        "memory_mib = {:.1}",
        estimate.bytes as f64 / f64::from(1 << 20)
    )?;
    writeln!(
        output,
        "seconds = {:.1} # {}",
        time.as_secs_f64(),
        duration(time)
    )?;
    if !study.spec().vary.is_empty() {
        writeln!(output, "\n[vary]")?;
        for (axis, (key, _)) in study.cells()[0].varied.iter().enumerate() {
            let mut values: Vec<&Value> = Vec::new();
            for cell in study.cells() {
                let value = &cell.varied[axis].1;
                if !values.contains(&value) {
                    values.push(value);
                }
            }
            writeln!(
                output,
                "{key} = {}",
                Value::Array(values.into_iter().cloned().collect())
            )?;
        }
    }
    output.finish()
}
