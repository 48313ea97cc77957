//! `sparsegrok run`

use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

use anyhow::Context;
use clap::ValueHint;
use sparsegrok_config::{Config, Section, Setting};
use sparsegrok_data::shown;
use sparsegrok_kernel::{Weights, model};
use sparsegrok_log::{DataFile, Unfinished, Work};
use sparsegrok_run::memory::Memory;
use sparsegrok_run::models::Linear;
use sparsegrok_run::{Event, Loaded, RunError, TraceWriter, run_watched};

use crate::closing;
use crate::data::load_to_train_and_say;
use crate::exit::say;
use crate::memory;
use crate::output::Output;
use crate::plot::PlotFile;
use crate::progress::Progress;
use crate::settings::{Scope, SettingFlags};
use crate::study::{found_in, stop_at_signals};

#[derive(clap::Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Args {
    #[command(flatten)]
    settings: SettingFlags<OneRun>,
    /// Write the trace to a file instead of standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    out: Option<PathBuf>,
    /// Keep how far it has come in this folder, until it is done [default: FILE.unfinished beside --out]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    checkpoint: Option<PathBuf>,
    /// Go on with the unfinished run in this folder, as it was begun; flags may change engine and output
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with = "checkpoint")]
    resume: Option<PathBuf>,
    /// Go ahead where memory may not suffice
    #[arg(long)]
    force: bool,
    /// Save the trained model, as text
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    model: Option<PathBuf>,
    /// Draw accuracy and loss to a file, as its name ends: .svg or .png
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    plot: Option<PlotFile>,
    /// Draw accuracy in the terminal while training; elsewhere, a line now and then
    #[arg(long)]
    live: bool,
}

/// The settings of a single run.
pub(crate) struct OneRun;

impl Scope for OneRun {
    fn takes(setting: &Setting) -> bool {
        ![Section::Compare, Section::Study].contains(&setting.section)
    }
}

pub(crate) fn execute(args: &Args) -> anyhow::Result<()> {
    let resumed = args.resume.as_ref();
    let resumed = resumed.map(|path| Unfinished::open(path, Work::Run));
    let resumed = resumed.transpose()?;
    let config = match &resumed {
        Some(unfinished) => args.settings.config_over(&unfinished.config()?)?,
        None => args.settings.config()?,
    };
    let Some(config) = config else {
        return Ok(());
    };
    memory::check(Memory::of_run(&config, None), args.force)?;
    let Loaded { problem, files, .. } = load_to_train_and_say(&config, args.force)?;
    if let Some(unfinished) = &resumed {
        unfinished.check(&config, &files)?;
        found_in(unfinished).iter().for_each(say);
    }
    memory::check(Memory::of_run(&config, Some(&problem)), args.force)?;
    let model_file = args.model.as_deref().map(Output::file).transpose()?;
    let plot = args.plot.as_ref();
    let plot_file = plot.map(|plot| Output::file(plot.path())).transpose()?;
    let mut output = Output::open(args.out.as_deref())?;
    let kept = match (resumed, &args.resume) {
        (Some(unfinished), Some(path)) => Some((unfinished, path.clone())),
        _ => begin(args, &config, &files, &output)?,
    };
    let interrupts = match &kept {
        None => None,
        Some((_, path)) => {
            let stop = stop_at_signals("stopping when the run is kept");
            let path = shown(path);
            let held = format!("stopped; `sparsegrok run --resume {path}` goes on");
            Some((stop, held))
        }
    };
    let mut progress = Progress::new("training", config.train.epochs, args.live);
    let writer = TraceWriter::new(&config.output);
    writer.write_header(&mut output)?;
    // Prints each evaluation as it comes; ends the run when it is interrupted, or nobody reads any more.
    let mut watch = |event: Event<'_>| {
        match event {
            Event::Evaluation(evaluation) => {
                let row = progress.aside(|| writer.write_row(&mut output, evaluation));
                if let Err(error) = row {
                    return ControlFlow::Break(error);
                }
                progress.evaluation(evaluation);
            }
            Event::Epoch(epoch) => {
                progress.epoch(epoch);
                if let Some((stop, held)) = &interrupts
                    && stop.load(Ordering::Relaxed)
                {
                    let held = held.as_str();
                    return ControlFlow::Break(io::Error::new(io::ErrorKind::Interrupted, held));
                }
            }
        }
        ControlFlow::Continue(())
    };
    let unfinished = kept.as_ref().map(|(unfinished, _)| unfinished);
    let run = run_watched(&Linear, &config, &problem, unfinished, &mut watch);
    if let (Some(unfinished), Err(RunError::Train(_))) = (unfinished, &run) {
        // It would come to the same end again.
        unfinished.remove()?;
    }
    let run = match run? {
        ControlFlow::Continue(run) => run,
        ControlFlow::Break(error) => return Err(error.into()),
    };
    drop(progress);
    output.finish()?;
    if let Some(mut file) = model_file {
        let weights = Weights::of(&run.weights).context("only linear models are saved")?;
        model::write(&mut file, &config.to_toml()?, &weights)?;
        file.finish()?;
    }
    if let Some((plot, file)) = plot.zip(plot_file) {
        plot.write(&config, &run, file)?;
    }
    if let Some((unfinished, _)) = kept {
        unfinished.remove()?;
    }
    say(closing::words(&config, &run));
    Ok(())
}

/// Begins to keep a run: where it was asked for, or beside the file it writes.
fn begin(
    args: &Args,
    config: &Config,
    files: &[DataFile],
    output: &Output,
) -> anyhow::Result<Option<(Unfinished, PathBuf)>> {
    let path = match (&args.checkpoint, output) {
        (Some(path), _) => path.clone(),
        (None, Output::File { path, .. }) => {
            let mut name = path.clone().into_os_string();
            name.push(".unfinished");
            name.into()
        }
        (None, Output::Stdout(_) | Output::Special(..)) => return Ok(None),
    };
    let unfinished = Unfinished::begin(&path, Work::Run, config, files)?;
    Ok(Some((unfinished, path)))
}
