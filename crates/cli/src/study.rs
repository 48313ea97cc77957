//! `sparsegrok study`

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::bail;
use clap::ValueHint;
use sparsegrok_config::{Section, Setting};
use sparsegrok_data::shown;
use sparsegrok_log::{Outputs, Shard, Unfinished};
use sparsegrok_run::memory::available;
use sparsegrok_run::threads;
use sparsegrok_study::merge::logged_config;
use sparsegrok_study::{Directory, Study, estimate};
use toml::Value;

use crate::data::say_zero_one;
use crate::exit::{say, shell_word};
use crate::number::{counted, duration};
use crate::output::{Asked, Output};
use crate::report;
use crate::results::{ResultFlags, Results};
use crate::settings::{Scope, SettingFlags, refuse};
use crate::signals;
use crate::study_progress::StudyProgress;

#[derive(clap::Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Args {
    /// Write the study to this directory; results appear when all of them are there, or it is stopped
    #[arg(
        long,
        value_name = "DIR",
        value_hint = ValueHint::DirPath,
        required_unless_present_any = ["resume", "dry_run", "print_config"]
    )]
    out: Option<PathBuf>,
    /// Go on with the unfinished study in this directory, as it was begun; flags may change the engine
    #[arg(
        long,
        value_name = "DIR",
        value_hint = ValueHint::DirPath,
        conflicts_with_all = ["out", "dry_run"]
    )]
    resume: Option<PathBuf>,
    /// Go on with what an earlier call of the same study left in --out, or begin there; one that is complete has nothing
    /// to do
    #[arg(
        long,
        requires = "out",
        conflicts_with_all = ["resume", "dry_run", "force"],
        hide_short_help = true
    )]
    resume_or_start: bool,
    /// Train every k-th group of eight seeds alone, from the i-th on, i = 0 … k − 1; `merge` makes the whole of them
    #[arg(
        long,
        value_name = "I/K",
        conflicts_with = "resume",
        hide_short_help = true
    )]
    shard: Option<Shard>,
    /// Replace an earlier study, and go ahead where memory may not suffice
    #[arg(long)]
    force: bool,
    /// Run nothing; print what would run, and about how long it would take
    #[arg(long)]
    dry_run: bool,
    /// Report on it too: a page and pictures in its folder `report`
    #[arg(long)]
    report: bool,
    /// Draw the accuracy of the latest run in the terminal; elsewhere, a line now and then
    #[arg(long)]
    live: bool,
    #[command(flatten)]
    results: ResultFlags,
    #[command(flatten)]
    settings: SettingFlags<Grid>,
}

struct Grid;

impl Scope for Grid {
    fn takes(setting: &Setting) -> bool {
        ![Section::Compare, Section::Output].contains(&setting.section)
    }
}

pub(crate) fn execute(args: &Args) -> anyhow::Result<()> {
    if let Some(path) = &args.resume {
        return resume(args, path);
    }
    let Some(config) = args.settings.config()? else {
        return Ok(());
    };
    let study = within_memory(args, Study::new(config)?.of_shard(args.shard));
    if let (Some(_), Some(until)) = (args.shard, study.spec().until) {
        let expected = "none beside `--shard`, as no shard knows the intervals of the whole";
        return Err(refuse("until", until.to_string(), expected).into());
    }
    let Some(path) = args.out.as_ref().filter(|_| !args.dry_run) else {
        return dry_run(&study);
    };
    if args.resume_or_start && Directory::is_unfinished(path) {
        return resume(args, path);
    }
    if args.resume_or_start
        && let Ok(kept) = logged_config(path)
    {
        Directory::check_complete(path, &study.with_seeds_added(&kept)?)?;
        say(format_args!("{}: is complete", shown(path)));
        return Ok(());
    }
    let markdown = args.results.checked(args.force)?;
    let directory = Directory::create_with(path, args.force, &study, outputs(args, path))?;
    train(args, path, &study, directory, markdown.as_ref())
}

/// A study that is refused if it needs more memory than there is, unless it is forced.
fn within_memory(args: &Args, study: Study) -> Study {
    match args.force {
        true => study,
        false => study.within_memory(available()),
    }
}

fn resume(args: &Args, path: &Path) -> anyhow::Result<()> {
    let Some(mut unfinished) = Directory::unfinished(path)? else {
        say(format_args!("{}: is complete", shown(path)));
        return Ok(());
    };
    let Some(config) = args.settings.config_over(&unfinished.config()?)? else {
        return Ok(());
    };
    let shard = unfinished.shard();
    if args.resume_or_start && args.shard != shard {
        let text = |shard: Option<Shard>| shard.map_or("no shard".to_owned(), |it| it.to_string());
        bail!(
            "{}: was begun as {}, expected {}",
            shown(path),
            text(shard),
            text(args.shard)
        );
    }
    let study = Study::new(config)?.of_shard(shard);
    let study = within_memory(args, study.with_seeds_added(&unfinished.config()?)?);
    let markdown = args.results.checked(args.force)?;
    let found = found_in(&unfinished);
    if args.report {
        unfinished.set_outputs(outputs(args, path))?;
    }
    let directory = Directory::resume(path, unfinished, &study)?;
    found.iter().for_each(say);
    train(args, path, &study, directory, markdown.as_ref())
}

/// Lines for the user on the work there is to resume.
pub(crate) fn found_in(unfinished: &Unfinished) -> Vec<String> {
    let (finished, begun) = unfinished.counts();
    let verb = if finished == 1 { "is" } else { "are" };
    let groups = counted(finished as u64, "group");
    let others = counted(begun as u64, "other");
    let counts = format!("resuming: {groups} {verb} finished, {others} begun");
    let notices = unfinished.notices().iter().cloned();
    notices.chain([counts]).collect()
}

/// What a study was asked for beside its tables.
fn outputs(args: &Args, path: &Path) -> Outputs {
    let report = args.report.then(|| ("--report".to_owned(), path.into()));
    report.into_iter().collect()
}

/// Trains the groups that are not finished yet, and completes the directory.
fn train(
    args: &Args,
    path: &Path,
    study: &Study,
    mut directory: Directory<'_>,
    markdown: Option<&Asked>,
) -> anyhow::Result<()> {
    let stop = Arc::new(AtomicBool::new(false));
    let said = "stopping when what is under way is kept";
    let in_order = signals::in_order(&stop, directory.work().under_way(), said);
    // One that was begun with a report is resumed with it.
    let report = directory.work().outputs().contains_key("--report");
    let mut progress = StudyProgress::new(study, args.live);
    let ran = directory.run(&stop, |group| progress.add(group));
    let (runs, planned) = (directory.runs(), study.runs());
    if ran.is_ok()
        && runs == planned
        && let Some(end) = directory.seeds_wanting()?
    {
        // All that is there is kept, and an interrupted study goes on here.
        drop(in_order);
        progress.finish(args.results.is_quiet());
        let more = study.of_seeds_to(end)?;
        if !args.results.is_quiet() {
            let more = counted(end - study.spec().seeds.end, "more seed");
            say(format_args!("not precise enough yet: {more} of each cell"));
        }
        let directory = directory.extended(&more)?;
        return train(args, path, &more, directory, markdown);
    }
    let finished = match ran {
        Ok(ran) => {
            let further = || {
                // All runs are kept: from here on there is nothing to be ended in order.
                drop(in_order);
                match report && runs > 0 {
                    true => report::beside(path),
                    false => Ok(()),
                }
            };
            let summary = directory.finish_with(&ran, further);
            summary.map(|summary| (ran, summary))
        }
        Err(error) => {
            drop(directory);
            Err(error.into())
        }
    };
    let (ran, summary) = finished.inspect_err(|_| {
        if Directory::is_unfinished(path) {
            let path = shell_word(path);
            say(format_args!(
                "what is finished is kept; `sparsegrok study --resume {path}` goes on"
            ));
        }
    })?;
    if let Some(fewer) = ran.fewer {
        say(fewer);
    }
    for file in &ran.zero_one {
        say_zero_one(file);
    }
    progress.finish(args.results.is_quiet());
    if runs > 0 {
        let results = Results::of_study(study, &summary).in_directory(path, report);
        args.results.finish(&results, markdown)?;
    }
    if runs < planned {
        let held = format!(
            "stopped; {} holds {runs} of {planned} runs, and \
             `sparsegrok study --resume {}` goes on",
            path.display(),
            shell_word(path)
        );
        return Err(io::Error::new(io::ErrorKind::Interrupted, held).into());
    }
    Ok(())
}

fn dry_run(study: &Study) -> anyhow::Result<()> {
    let threads = threads::wanted(study.config().engine.threads);
    let estimate = estimate(study, threads)?;
    let time = estimate.one_thread / u32::try_from(threads).unwrap_or(u32::MAX);
    let mut output = Output::stdout();
    writeln!(output, "cells = {}", study.cells().len())?;
    writeln!(output, "seeds = {}", study.spec().seeds.len())?;
    writeln!(output, "runs = {}", study.runs())?;
    writeln!(output, "evaluations = {}", estimate.evaluations)?;
    writeln!(output, "seed_steps = {}", estimate.seed_steps)?;
    writeln!(output, "threads = {threads}")?;
    if !estimate.forms.is_empty() {
        let forms = estimate.forms.iter().map(|form| Value::from(form.as_str()));
        writeln!(output, "forms = {}", Value::Array(forms.collect()))?;
    }
    writeln!(
        output,
        "memory_mib = {:.1}",
        estimate.memory.total() as f64 / f64::from(1 << 20)
    )?;
    writeln!(
        output,
        "seconds = {:.1} # {}",
        time.as_secs_f64(),
        duration(time)
    )?;
    if !study.spec().vary.is_empty() {
        writeln!(output, "\n[vary]")?;
        for (key, values) in study.axes() {
            writeln!(output, "{key} = {}", Value::Array(values.to_vec()))?;
        }
    }
    output.finish()
}
