//! What is said of a run when it ends.

use crate::config::Config;
use crate::detect::{EvaluateSpec, Milestones};
use crate::number::NumberFormat;
use crate::run::Run;
use crate::trace::Column;

/// The closing words on a run: under `g6` the three lines of the first reference program, else one
/// sentence on when it memorized and generalized, and where it ended.
pub fn closing_words(config: &Config, run: &Run) -> String {
    match config.output.number_format {
        NumberFormat::G6 => reference_lines(config, run),
        NumberFormat::Shortest => sentence(&config.evaluate, run),
    }
}

fn reference_lines(config: &Config, run: &Run) -> String {
    let figure = |column: Column| config.output.text(column.of(run.last()));
    format!(
        "Final Train Acc: {}\nFinal Test Acc: {}\nFinal ||w||2 : {}",
        figure(Column::TrainAcc),
        figure(Column::TestAcc),
        figure(Column::WeightNorm)
    )
}

fn sentence(spec: &EvaluateSpec, run: &Run) -> String {
    let number = |x: f64| NumberFormat::G6.text(x);
    let lasting = |threshold| {
        let (threshold, times) = (number(threshold), spec.persistence);
        format!("accuracy ≥ {threshold} in {times} evaluations running")
    };
    let Milestones {
        t_mem,
        t_gen,
        status,
    } = Milestones::of(&run.trace, spec);
    let story = match (t_mem, t_gen) {
        (None, _) => format!("not memorized (train {})", lasting(spec.mem_threshold)),
        (Some(t_mem), None) => format!(
            "{status}: memorized at epoch {}, not generalized (test {})",
            number(t_mem),
            lasting(spec.gen_threshold)
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
