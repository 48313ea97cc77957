//! What is said of a run when it ends.

use sparsegrok_config::{
    Column, Config, Crossing, EvaluateSpec, GenFigure, MemFigure, NumberFormat,
};

use crate::detect::Milestones;
use crate::evaluate::Goal;
use crate::run::Run;
use crate::trace::{Cell, TraceWriter};

/// The closing words on a run: under `g6` the three lines of the first reference program, else one
/// sentence on when it memorized and generalized, and where it ended.
pub fn closing_words(config: &Config, run: &Run) -> String {
    match config.output.number_format {
        NumberFormat::G6 => reference_lines(config, run),
        NumberFormat::Shortest => sentence(&config.evaluate, run),
    }
}

fn reference_lines(config: &Config, run: &Run) -> String {
    let writer = TraceWriter::new(&config.output);
    let figure = |column: Column| writer.text(Cell::of(column, run.last()));
    format!(
        "Final Train Acc: {}\nFinal Test Acc: {}\nFinal ||w||2 : {}",
        figure(Column::TrainAcc),
        figure(Column::TestAcc),
        figure(Column::WeightNorm)
    )
}

fn sentence(spec: &EvaluateSpec, run: &Run) -> String {
    let number = |x: f64| NumberFormat::G6.text(x);
    let lasting = |figure, goal: Goal| {
        let (threshold, times) = (number(goal.threshold), spec.persistence);
        let end = match spec.crossing {
            Crossing::First => "",
            Crossing::Stable => " to the end",
        };
        format!("{figure} {threshold} in {times} evaluations running{end}")
    };
    let memorized = match spec.mem_figure {
        MemFigure::TrainAcc => "train accuracy ≥",
        MemFigure::TrainLoss => "train loss ≤",
    };
    let generalized = match spec.gen_figure {
        GenFigure::Auto | GenFigure::TestAcc => "test accuracy ≥",
        GenFigure::PopulationAcc => "population accuracy ≥",
        GenFigure::TestLoss => "test loss ≤",
    };
    let Milestones {
        t_mem,
        t_gen,
        status,
        ..
    } = Milestones::of(&run.trace, spec);
    let story = match (t_mem, t_gen) {
        (None, _) => format!(
            "not memorized ({})",
            lasting(memorized, Goal::memorized(spec))
        ),
        (Some(t_mem), None) => format!(
            "{status}: memorized at epoch {}, not generalized ({})",
            number(t_mem),
            lasting(generalized, Goal::generalized(spec))
        ),
        (Some(t_mem), Some(t_gen)) => format!(
            "{status}: memorized at epoch {}, generalized at epoch {}, {} times as late",
            number(t_mem),
            number(t_gen),
            number(t_gen / t_mem)
        ),
    };
    let last = run.last();
    let accuracies = [
        ("train", Some(last.train_acc)),
        ("test", last.test_acc),
        ("population", last.population_acc),
    ];
    let accuracies: Vec<_> = accuracies
        .into_iter()
        .filter_map(|(name, accuracy)| Some(format!("{name} {}", number(accuracy?))))
        .collect();
    format!(
        "{story}; accuracy at epoch {}: {}; ‖w‖ {}",
        last.epoch,
        accuracies.join(", "),
        number(last.weight_norm)
    )
}
