//! `sparsegrok predict`

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use clap::ValueHint;
use sparsegrok_data::{Shortest, svmlight};
use sparsegrok_run::predict::Predictor;
use sparsegrok_run::{RowOptions, SavedModel, read_rows};

use crate::data::TextFlags;
use crate::exit::say;
use crate::memory;
use crate::output::{OutFlags, Output};

/// Predicts one line per row, as LIBLINEAR does: the label, or the value under real targets.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The rows, svmlight text, plain or gzip, or a store, - for standard input; their targets are what predictions are held against
    #[arg(value_hint = ValueHint::FilePath)]
    data: PathBuf,
    /// A model saved by `run --model`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    model: PathBuf,
    #[command(flatten)]
    text: TextFlags,
    /// Print scores z instead of labels; of a model of classes one for each, in the order of their labels
    #[arg(long)]
    scores: bool,
    #[command(flatten)]
    out: OutFlags,
}

pub(crate) fn execute(args: &Args) -> anyhow::Result<()> {
    let out = args
        .out
        .checked(&[("--model", &args.model), ("DATA", &args.data)])?;
    let model = SavedModel::read(&args.model)?.model;
    let predictor = Predictor::new(model, &args.model)?;
    let of_model = predictor.options();
    args.text.check_fit(&of_model)?;
    let asked = args.text.over(RowOptions {
        rows: svmlight::Options {
            most_memory: memory::for_rows(false),
            ..of_model
        },
        verify: true,
    });
    let rows = read_rows(&args.data, &asked)?;
    args.text.check_effect(&rows)?;
    let predicted = predictor.predict(&rows);
    let mut output = Output::open(&out)?;
    let mut lines = BufWriter::new(&mut output);
    for scores in predicted.scores() {
        if args.scores {
            let scores: Vec<_> = scores.iter().map(|&z| Shortest(z).to_string()).collect();
            writeln!(lines, "{}", scores.join(" "))?;
        } else {
            writeln!(lines, "{}", predicted.target(scores))?;
        }
    }
    lines.flush()?;
    drop(lines);
    output.finish()?;
    say(predicted.quality(&rows));
    Ok(())
}
