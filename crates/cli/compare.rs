//! `sparsegrok compare`

use std::io::Write;
use std::path::PathBuf;

use clap::ValueHint;
use sparsegrok_study::{Section, Setting, Watch, compare};

use crate::data::load_and_say;
use crate::output::Output;
use crate::progress::Progress;
use crate::settings::{Scope, SettingFlags};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    settings: SettingFlags<TwoRuns>,
    /// Write the comparison to a file instead of standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    out: Option<PathBuf>,
}

struct TwoRuns;

impl Scope for TwoRuns {
    fn takes(setting: &Setting) -> bool {
        ![Section::Output, Section::Study].contains(&setting.sections[0])
            && !["epochs", "order_seed", "stop_when"].contains(&setting.key)
    }
}

pub(crate) fn execute(args: &Args) -> anyhow::Result<()> {
    let Some(config) = args.settings.config()? else {
        return Ok(());
    };
    let problem = load_and_say(&config)?;
    let mut output = Output::open(args.out.as_deref())?;
    let mut early = Bar::new("early stop", config.compare.early_epochs);
    let mut long = Bar::new("long train", config.compare.long_epochs);
    let comparison = compare(&config, &problem, &mut early, &mut long)?;
    write!(output, "{comparison}")?;
    output.finish()
}

/// A progress bar that appears with the first epoch.
struct Bar {
    label: &'static str,
    epochs: u64,
    progress: Option<Progress>,
}

impl Bar {
    fn new(label: &'static str, epochs: u64) -> Self {
        Self {
            label,
            epochs,
            progress: None,
        }
    }
}

impl Watch for Bar {
    fn epoch(&mut self, epoch: u64) {
        let new = || Progress::new(self.label, self.epochs);
        self.progress.get_or_insert_with(new).epoch(epoch);
        if epoch == self.epochs {
            self.progress = None;
        }
    }
}
