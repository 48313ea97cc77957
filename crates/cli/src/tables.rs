//! `sparsegrok tables`

use std::path::PathBuf;

use anyhow::bail;
use clap::ValueHint;
use sparsegrok_analysis::cautions;
use sparsegrok_config::{SETTINGS, Setting};
use sparsegrok_data::shown;
use sparsegrok_study::merge::{JUDGING, logged_config, tables_again, tables_under};

use crate::exit::say;
use crate::settings::{Scope, SettingFlags};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The directory of a study
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    directory: PathBuf,
    /// Write the tables under other thresholds to this directory, as a study of its own
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = "Output")]
    out: Option<PathBuf>,
    /// Replace an earlier study there
    #[arg(long, help_heading = "Output", requires = "out")]
    force: bool,
    #[command(flatten)]
    settings: SettingFlags<Thresholds>,
}

/// The settings that judge a log: all others were settled when it was trained.
struct Thresholds;

impl Scope for Thresholds {
    fn takes(setting: &Setting) -> bool {
        JUDGING.contains(&setting.key)
    }
}

pub(crate) fn execute(args: &Args) -> anyhow::Result<()> {
    let path = shown(&args.directory);
    let Some(out) = &args.out else {
        if !args.settings.is_empty() {
            bail!(
                "{path} has tables of its own thresholds: expected `--out DIR` for those of others"
            );
        }
        tables_again(&args.directory)?;
        say(format_args!("{path}: tables made again"));
        return Ok(());
    };
    let logged = logged_config(&args.directory)?;
    let Some(config) = args.settings.config_over(&logged)? else {
        return Ok(());
    };
    let (before, after) = (logged.to_table()?, config.to_table()?);
    let mut settled = SETTINGS
        .iter()
        .filter(|setting| !Thresholds::takes(setting));
    if let Some(setting) = settled.find(|s| before.get(s.key) != after.get(s.key)) {
        bail!(
            "`{}` was settled when {path} was trained: expected other thresholds alone",
            setting.key
        );
    }
    let (study, summary) = tables_under(&args.directory, config, out, args.force)?;
    for caution in cautions(&study, &summary) {
        say(format_args!("caution: {caution}"));
    }
    say(format_args!("{}: tables of {path}, anew", shown(out)));
    Ok(())
}
