//! `sparsegrok run`

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use sparsegrok_config::{Config, Section, Setting};
use sparsegrok_data::{Problem, shown};
use sparsegrok_kernel::{Arrays, TrainError, Weights, model};
use sparsegrok_log::{Unfinished, Work};
use sparsegrok_run::memory::Memory;
use sparsegrok_run::models::{AnyData, family_of};
use sparsegrok_run::{Beginning, Event, Loaded, RunError, TraceWriter, run_watched};

use crate::closing;
use crate::data::load_for_run_and_say;
use crate::exit::{say, shell_word};
use crate::memory;
use crate::output::Output;
use crate::plot::PlotFile;
use crate::progress::Progress;
use crate::run_outputs::{OutputFlags, Targets};
use crate::settings::{Scope, SettingFlags, refuse};
use crate::signals;
use crate::study::found_in;

#[derive(clap::Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Args {
    #[command(flatten)]
    outputs: OutputFlags,
    /// Draw accuracy in the terminal while training; elsewhere, a line now and then
    #[arg(long)]
    live: bool,
    #[command(flatten)]
    settings: SettingFlags<OneRun>,
}

/// The settings of a single run.
pub(crate) struct OneRun;

impl Scope for OneRun {
    fn takes(setting: &Setting) -> bool {
        ![Section::Compare, Section::Study].contains(&setting.section)
    }
}

pub(crate) fn execute(args: &Args) -> anyhow::Result<()> {
    let resumed = args.outputs.resume.as_ref();
    let resumed = resumed.map(|path| Unfinished::open(path, Work::Run));
    let resumed = resumed.transpose()?;
    let config = match &resumed {
        Some(unfinished) => args.settings.config_over(&unfinished.config()?)?,
        None => args.settings.config()?,
    };
    let Some(config) = config else {
        return Ok(());
    };
    let targets = Targets::of(&args.outputs, resumed.as_ref());
    let folder = targets.checkpoint(&args.outputs);
    if config.is_network()
        && let Some(model) = &targets.model
    {
        let path = shown(&model.path).to_string();
        let expected =
            "to be left out, as networks (`family`) are no linear models, which a model file holds";
        return Err(refuse("model", path, expected).into());
    }
    let inputs = args.settings.inputs(&config);
    targets.check(folder.as_deref(), resumed.is_some(), &inputs)?;
    memory::check(Memory::of_run(&config, None), args.outputs.force)?;
    let Loaded {
        problem: data,
        mut files,
        ..
    } = load_for_run_and_say(&config, args.outputs.force)?;
    let family = family_of(&config);
    let begun = Beginning::of(&*family, &config, &*data)?;
    files.extend(begun.iter().map(|begun| begun.file.clone()));
    if let Some(unfinished) = &resumed {
        unfinished.check(&config, &files)?;
        found_in(unfinished).iter().for_each(say);
    }
    memory::check(Memory::of_run(&config, Some(&*data)), args.outputs.force)?;
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
            let begun = Unfinished::begin(path, Work::Run, &config, &files, None, outputs);
            Some(begun?)
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
                if stop.load(Ordering::Relaxed) {
                    let path = folder.as_deref().map_or_else(String::new, shell_word);
                    let held = format!("stopped; `sparsegrok run --resume {path}` goes on");
                    return ControlFlow::Break(io::Error::new(io::ErrorKind::Interrupted, held));
                }
            }
        }
        ControlFlow::Continue(())
    };
    let run = run_watched(
        &*family,
        &config,
        &*data,
        begun.as_ref().map(|begun| &begun.state),
        unfinished.as_ref(),
        &mut watch,
    );
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
        write_model(&mut file, &config, &*data, &run.weights)?;
        file.finish()?;
    }
    if let Some((asked, file)) = targets.plot.as_ref().zip(plot_file) {
        PlotFile::accepted(asked.path.clone()).write(&config, &run, file)?;
    }
    // Every output is on the disk: now the run need not be made again.
    remove()?;
    say(closing::words(&config, &run));
    Ok(())
}

/// Writes the model of a run: one, or one for each class.
fn write_model(
    file: &mut Output,
    config: &Config,
    data: &AnyData,
    weights: &Arrays,
) -> anyhow::Result<()> {
    const OTHER: &str = "only linear models are saved";
    let config = config.to_toml()?;
    let problem: &Problem = data.downcast_ref().context(OTHER)?;
    match &problem.classes {
        None => model::write(file, &config, &Weights::of(weights).context(OTHER)?)?,
        Some(classes) => {
            let labels = classes.labels();
            let models = Weights::of_classes(weights, labels.len()).context(OTHER)?;
            model::write_classes(file, &config, labels, &models)?;
        }
    }
    Ok(())
}
