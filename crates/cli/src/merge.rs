//! `sparsegrok merge`

use std::path::PathBuf;

use clap::ValueHint;
use sparsegrok_study::Study;
use sparsegrok_study::merge::{logged_config, merge};

use crate::report;
use crate::results::{ResultFlags, Results};

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
    #[command(flatten)]
    results: ResultFlags,
}

pub(crate) fn execute(args: &Args) -> anyhow::Result<()> {
    let markdown = args.results.checked(args.force)?;
    let summary = merge(&args.directories, &args.out, args.partial, args.force)?;
    if args.report {
        report::beside(&args.out)?;
    }
    let study = Study::new(logged_config(&args.out)?)?;
    let mut results = Results::of_study(&study, &summary).in_directory(&args.out, args.report);
    if let Some(part) = summary.part {
        let missing = format!("{} of the study's {} runs are there", part.runs, part.of);
        results.cautions.insert(0, missing);
    }
    args.results.finish(&results, markdown.as_ref())
}
