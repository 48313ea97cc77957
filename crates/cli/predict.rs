//! `sparsegrok predict`

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::ValueHint;
use sparsegrok_data::Shortest;
use sparsegrok_kernel::model::{self, Model, ModelError};
use sparsegrok_study::{Predictor, predicted_target, prediction_quality, read_rows};

use crate::exit::say;
use crate::output::{OutFlags, Output};

/// Predicts one line per row, as LIBLINEAR does: the label, or the value under real targets.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The rows, svmlight text, plain or gzip, or a store; their targets are what predictions are held against
    #[arg(value_hint = ValueHint::FilePath)]
    data: PathBuf,
    /// A model saved by `run --model`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    model: PathBuf,
    /// Print scores z instead of labels
    #[arg(long)]
    scores: bool,
    #[command(flatten)]
    out: OutFlags,
}

fn read_model(path: &Path) -> anyhow::Result<Model> {
    let unreadable = || format!("{}: the model cannot be read", path.display());
    let file = File::open(path).with_context(unreadable)?;
    model::read(BufReader::new(file)).map_err(|error| match error {
        ModelError::Io(_) => anyhow::Error::new(error).context(unreadable()),
        fault => anyhow::Error::new(fault).context(path.display().to_string()),
    })
}

pub(crate) fn execute(args: &Args) -> anyhow::Result<()> {
    let out = args
        .out
        .checked(&[("--model", &args.model), ("DATA", &args.data)])?;
    let model = read_model(&args.model)?;
    let predictor = Predictor::new(model, &args.model)?;
    let rows = read_rows(&args.data, &predictor.options())?;
    let scores = predictor.scores(&rows);
    let mut output = Output::open(&out)?;
    let mut lines = BufWriter::new(&mut output);
    for &score in &scores {
        if args.scores {
            writeln!(lines, "{}", Shortest(score))?;
        } else {
            writeln!(lines, "{}", predicted_target(score, rows.labels))?;
        }
    }
    lines.flush()?;
    drop(lines);
    output.finish()?;
    say(prediction_quality(&scores, &rows));
    Ok(())
}
