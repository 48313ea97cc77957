//! The lines of the reference programs, word for word.

use std::fmt::Write;

use sparsegrok_analysis::compare::{Comparison, EarlyStopping, Stop};
use sparsegrok_config::{Column, NumberFormat, OutputSpec, PatienceFigure};
use sparsegrok_kernel::{Evaluation, Figure};
use sparsegrok_run::{Run, TraceWriter};

/// The closing lines of the first program.
pub(crate) fn closing_lines(output: &OutputSpec, run: &Run) -> String {
    let writer = TraceWriter::new(output);
    let text = |figure| writer.text(Column::Figure(figure), &run.last());
    format!(
        "Final Train Acc: {}\nFinal Test Acc: {}\nFinal ||w||2 : {}",
        text(Figure::TrainAcc),
        text(Figure::TestAcc),
        text(Figure::WeightNorm)
    )
}

/// The lines of the second program on two runs, with a third line where patience was asked for.
pub(crate) fn comparison_lines(comparison: &Comparison, format: NumberFormat) -> String {
    let figures = |of: &Evaluation| figures(of, format);
    let (early, long) = (figures(&comparison.early), figures(&comparison.long));
    let mut lines = format!("Early Stop -> {early}\nLong Train-> {long}\n");
    if let Some(EarlyStopping { patience, stop }) = comparison.stopping {
        let what = match patience.figure {
            PatienceFigure::TestLoss => "loss",
            PatienceFigure::TestAcc => "accuracy",
        };
        let end = match stop {
            Some(Stop { at, best }) => format!(
                "{} (long run stopped at epoch {}, best test {what} {} at epoch {})",
                figures(&at),
                at.epoch,
                NumberFormat::G6.text(best[patience.figure.figure()]),
                best.epoch
            ),
            None => "never runs out".to_owned(),
        };
        // Writing to a string does not fail.
        let _ = writeln!(lines, "Patience {patience} -> {end}");
    }
    lines
}

/// An evaluation with four decimals. The program counts an accuracy on no rows as 0.
fn figures(of: &Evaluation, format: NumberFormat) -> String {
    let [train_acc, weight_norm] = [Figure::TrainAcc, Figure::WeightNorm].map(|figure| of[figure]);
    let test_acc = match (of.get(Figure::TestAcc), format) {
        (Some(accuracy), _) => format!("{accuracy:.4}"),
        (None, NumberFormat::Reference) => "0.0000".to_owned(),
        (None, NumberFormat::Shortest | NumberFormat::G6) => "none".to_owned(),
    };
    format!("Train Acc: {train_acc:.4}, Test Acc: {test_acc}, ||w||2: {weight_norm:.4}")
}
