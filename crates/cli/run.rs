//! `sparsegrok run`

use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use clap::ValueHint;
use sparsegrok_kernel::{TrainError, Weights, model};
use sparsegrok_study::{
    Event, Linear, Memory, Outputs, RunError, Section, Setting, TraceWriter, Unfinished, Work,
    closing_words, run_watched,
};

use crate::data::load_and_say;
use crate::exit::{say, shell_word};
use crate::memory;
use crate::output::{Asked, Input, Output, check};
use crate::plot::PlotFile;
use crate::progress::Progress;
use crate::settings::{Scope, SettingFlags};
use crate::signals;
use crate::study::found_in;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    settings: SettingFlags<OneRun>,
    /// Write the trace to a file instead of standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    out: Option<PathBuf>,
    /// Keep how far it has come in this folder, until it is done [default: FILE.unfinished beside --out]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = "Output")]
    checkpoint: Option<PathBuf>,
    /// Go on with the unfinished run in this folder, to the outputs it was begun with; flags may change engine and output
    #[arg(
        long,
        value_name = "DIR",
        value_hint = ValueHint::DirPath,
        help_heading = "Output",
        conflicts_with = "checkpoint"
    )]
    resume: Option<PathBuf>,
    /// Replace files that exist, and go ahead where memory may not suffice
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// Save the trained model, as text
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    model: Option<PathBuf>,
    /// Draw accuracy and loss to a file, as its name ends: .svg or .png
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    plot: Option<PlotFile>,
    /// Draw accuracy in the terminal while training; elsewhere, a line now and then
    #[arg(long, help_heading = "Output")]
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
    if let Some(unfinished) = &resumed {
        unfinished.check(&config)?;
        found_in(unfinished).iter().for_each(say);
    }
    let targets = Targets::of(args, resumed.as_ref());
    let folder = targets.checkpoint(args);
    targets.check(
        folder.as_deref(),
        resumed.is_some(),
        &args.settings.inputs(&config),
    )?;
    memory::check(Memory::of_run(&config, None), args.force)?;
    let problem = load_and_say(&config)?;
    memory::check(Memory::of_run(&config, Some(&problem)), args.force)?;
    let model_file = targets.model.as_ref().map(Output::open).transpose()?;
    let plot_file = targets.plot.as_ref().map(Output::open).transpose()?;
    let mut output = Output::open(&targets.out)?;
    let unfinished = match (resumed, &folder) {
        (Some(mut unfinished), _) => {
            unfinished.set_outputs(targets.lasting())?;
            Some(unfinished)
        }
        (None, Some(path)) => {
            let outputs = targets.lasting();
            Some(Unfinished::begin_with(path, Work::Run, &config, outputs)?)
        }
        (None, None) => None,
    };
    let has_more = model_file.is_some() || plot_file.is_some() || unfinished.is_some();
    if has_more {
        output.outlive_reader();
    }
    let stop = Arc::new(AtomicBool::new(false));
    let _in_order = unfinished.as_ref().map(|unfinished| {
        let said = "stopping when the run is kept";
        signals::in_order(&stop, unfinished.under_way(), said)
    });
    let mut progress = match args.live {
        true => Progress::live("training", config.train.epochs),
        false => Progress::new("training", config.train.epochs),
    };
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
                if stop.load(Ordering::Relaxed) {
                    let path = folder.as_deref().map_or_else(String::new, shell_word);
                    let held = format!("stopped; `sparsegrok run --resume {path}` goes on");
                    return ControlFlow::Break(io::Error::new(io::ErrorKind::Interrupted, held));
                }
            }
        }
        ControlFlow::Continue(())
    };
    let run = run_watched(&Linear, &config, &problem, unfinished.as_ref(), &mut watch);
    drop(progress);
    let remove = || unfinished.as_ref().map_or(Ok(()), Unfinished::remove);
    let run = match run {
        Ok(ControlFlow::Continue(run)) => run,
        Ok(ControlFlow::Break(error)) => return Err(error.into()),
        Err(error) => {
            if let RunError::Train(fault) = &error {
                if matches!(fault, TrainError::Diverged(_)) {
                    // The rows before show how it came to that.
                    output.finish()?;
                }
                // It would come to the same end again.
                remove()?;
            }
            return Err(error.into());
        }
    };
    output.finish()?;
    if let Some(mut file) = model_file {
        let weights = Weights::of(&run.weights).context("only linear models are saved")?;
        model::write(&mut file, &config.to_toml()?, &weights)?;
        file.finish()?;
    }
    if let Some((asked, file)) = targets.plot.as_ref().zip(plot_file) {
        PlotFile::accepted(asked.path.clone()).write(&config, &run, file)?;
    }
    // Every output is on the disk: now the run need not be made again.
    remove()?;
    say(closing_words(&config, &run));
    Ok(())
}

/// The outputs of a run: those asked for now, else those it was begun with.
struct Targets {
    out: Asked,
    model: Option<Asked>,
    plot: Option<Asked>,
}

impl Targets {
    fn of(args: &Args, resumed: Option<&Unfinished>) -> Self {
        let kept = resumed.map(Unfinished::outputs);
        let pick = |flag: &'static str, given: Option<&Path>| -> Option<Asked> {
            let kept = kept.and_then(|kept| kept.get(flag)).map(PathBuf::from);
            let path = given.map(Path::to_owned).or_else(|| kept.clone())?;
            let mut asked = Asked {
                flag,
                path,
                replace: args.force,
            };
            // A process that ended in between may have finished it.
            asked.replace |= kept.is_some() && asked.lasting_path() == kept;
            Some(asked)
        };
        let plot = args.plot.as_ref().map(PlotFile::path);
        Self {
            out: pick("--out", args.out.as_deref())
                .unwrap_or_else(|| Asked::or_stdout("--out", None, false)),
            model: pick("--model", args.model.as_deref()),
            plot: pick("--plot", plot),
        }
    }

    fn all(&self) -> impl Iterator<Item = &Asked> {
        [&self.out].into_iter().chain(&self.model).chain(&self.plot)
    }

    /// The folder that keeps the run: the one asked for, or beside the file it writes.
    fn checkpoint(&self, args: &Args) -> Option<PathBuf> {
        let asked = args.resume.as_ref().or(args.checkpoint.as_ref());
        asked
            .cloned()
            .or_else(|| self.out.regular_file().map(|out| beside(&out)))
    }

    /// Refuses outputs that would be lost, or destroy something.
    fn check(
        &self,
        folder: Option<&Path>,
        is_resumed: bool,
        inputs: &[Input<'_>],
    ) -> anyhow::Result<()> {
        let mut outputs: Vec<_> = self.all().cloned().collect();
        if let Some(path) = folder {
            if !is_resumed {
                Unfinished::refuse_other(path)?;
            }
            outputs.push(Asked {
                flag: "--checkpoint",
                path: path.to_owned(),
                replace: true,
            });
        }
        check(&outputs, inputs)
    }

    /// The outputs that can be written by another process too.
    fn lasting(&self) -> Outputs {
        let lasting = |asked: &Asked| Some((asked.flag.to_owned(), asked.lasting_path()?.into()));
        self.all().filter_map(lasting).collect()
    }
}

/// The name of a folder of unfinished work beside the file it is to become.
fn beside(out: &Path) -> PathBuf {
    const END: &str = ".unfinished";
    /// Bytes of a file's name in the usual file systems.
    const MOST: usize = 255;
    let name = out.file_name().unwrap_or_default();
    if name.len() + END.len() <= MOST {
        let mut whole = name.to_owned();
        whole.push(END);
        return out.with_file_name(whole);
    }
    let name = name.to_string_lossy();
    let start = &name[..name.floor_char_boundary(MOST - END.len())];
    out.with_file_name(format!("{start}{END}"))
}
