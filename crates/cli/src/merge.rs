//! `sparsegrok merge`

use std::path::PathBuf;

use clap::ValueHint;
use sparsegrok_data::shown;
use sparsegrok_study::merge::merge;

use crate::exit::say;
use crate::report;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The directories of the shards, in any order
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath, required = true)]
    directories: Vec<PathBuf>,
    /// Write the whole study to this directory
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    out: PathBuf,
    /// Merge what there is, though runs are missing; the summary says so
    #[arg(long)]
    partial: bool,
    /// Replace an earlier study
    #[arg(long)]
    force: bool,
    /// Report on it too: a page and pictures in its folder `report`
    #[arg(long)]
    report: bool,
}

pub(crate) fn execute(args: &Args) -> anyhow::Result<()> {
    let summary = merge(&args.directories, &args.out, args.partial, args.force)?;
    if args.report {
        report::beside(&args.out)?;
    }
    let path = shown(&args.out);
    match summary.part {
        None => say(format_args!("{path}: the whole study")),
        Some(part) => say(format_args!("{path}: {} of {} runs", part.runs, part.of)),
    }
    Ok(())
}
