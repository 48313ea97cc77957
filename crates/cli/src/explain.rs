//! `sparsegrok explain`

use std::io::Write;
use std::path::PathBuf;

use anyhow::bail;
use clap::ValueHint;
use sparsegrok_analysis::explain::{explain, explain_edge, measured_beside};
use sparsegrok_data::{Target, shown};
use sparsegrok_study::StudyResults;

use crate::output::Output;
use crate::run::OneRun;
use crate::settings::SettingFlags;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Set the theory beside what a finished study measured, cell by cell, instead
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    study: Option<PathBuf>,
    #[command(flatten)]
    settings: SettingFlags<OneRun>,
}

pub(crate) fn execute(args: &Args) -> anyhow::Result<()> {
    if let Some(path) = &args.study {
        if !args.settings.is_empty() {
            bail!(
                "{} has its own configuration: expected no settings beside it",
                shown(path)
            );
        }
        let results = StudyResults::read(path)?;
        let mut output = Output::stdout();
        write!(output, "{}", measured_beside(&results)?)?;
        return output.finish();
    }
    let Some(config) = args.settings.config()? else {
        return Ok(());
    };
    let mut output = Output::stdout();
    let account = match config.target() {
        Target::Constant => explain_edge(&config).map(|account| account.to_string()),
        _ => explain(&config).map(|account| account.to_string()),
    };
    match account {
        Ok(account) => write!(output, "{account}")?,
        Err(not_covered) => writeln!(output, "No answer: {not_covered}.")?,
    }
    output.finish()
}
