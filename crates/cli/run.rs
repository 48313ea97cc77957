//! `sparsegrok run`

use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::ValueHint;
use sparsegrok_kernel::{Evaluation, model};
use sparsegrok_study::{OutputSpec, Section, Setting, Watch, closing_words, run};

use crate::data::load_and_say;
use crate::exit::say;
use crate::output::Output;
use crate::plot::PlotFile;
use crate::progress::Progress;
use crate::settings::{Scope, SettingFlags};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    settings: SettingFlags<OneRun>,
    /// Write the trace to a file instead of standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    out: Option<PathBuf>,
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
        ![Section::Compare, Section::Study].contains(&setting.sections[0])
    }
}

pub(crate) fn execute(args: &Args) -> anyhow::Result<()> {
    let Some(config) = args.settings.config()? else {
        return Ok(());
    };
    let problem = load_and_say(&config)?;
    let model_file = args.model.as_deref().map(Output::file).transpose()?;
    let plot = args.plot.as_ref();
    let plot_file = plot.map(|plot| Output::file(plot.path())).transpose()?;
    let mut output = Output::open(args.out.as_deref())?;
    let mut printer = Printer {
        spec: &config.output,
        output: &mut output,
        progress: match args.live {
            true => Progress::live("training", config.train.epochs),
            false => Progress::new("training", config.train.epochs),
        },
        written: Ok(()),
    };
    printer.written = config.output.write_header(printer.output);
    let run = run(&config, &problem, &mut printer)?;
    printer.written?;
    drop(printer.progress);
    output.finish()?;
    if let Some(mut file) = model_file {
        model::write(&mut file, &config.to_toml()?, &run.weights)?;
        file.finish()?;
    }
    if let Some((plot, file)) = plot.zip(plot_file) {
        plot.write(&config, &run, file)?;
    }
    say(closing_words(&config, &run));
    Ok(())
}

/// Prints each evaluation as it comes; ends the run when nobody reads any more.
struct Printer<'a> {
    spec: &'a OutputSpec,
    output: &'a mut Output,
    progress: Progress,
    written: io::Result<()>,
}

impl Watch for Printer<'_> {
    fn epoch(&mut self, epoch: u64) {
        self.progress.epoch(epoch);
    }

    fn evaluation(&mut self, evaluation: &Evaluation) -> ControlFlow<()> {
        if self.written.is_ok() {
            let Self { spec, output, .. } = self;
            self.written = self.progress.aside(|| spec.write_row(*output, evaluation));
        }
        self.progress.evaluation(evaluation);
        match self.written {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }
}
