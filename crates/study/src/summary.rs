//! What is said of a run when it ends.

use crate::config::Config;
use crate::detect::{Milestones, Status};
use crate::number::NumberFormat;
use crate::run::Run;
use crate::trace::Column;

/// The closing words on a run: under `g6` the three lines of the first reference program, else one
/// sentence on when it memorized and generalized, and where it ended.
pub fn closing_words(config: &Config, run: &Run) -> String {
    match config.output.number_format {
        NumberFormat::G6 => reference_lines(config, run),
        NumberFormat::Shortest => sentence(config, run),
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

fn sentence(config: &Config, run: &Run) -> String {
    let number = |x: f64| NumberFormat::G6.text(x);
    let last = run.last();
    let Milestones {
        t_mem,
        t_gen,
        status,
    } = Milestones::of(&run.trace, &config.evaluate);
    let memorized = match t_mem {
        Some(epoch) => format!("memorized at epoch {}", number(epoch)),
        None => "did not memorize".to_owned(),
    };
    let generalized = match (t_mem, t_gen) {
        (Some(t_mem), Some(t_gen)) => format!(
            ", generalized at epoch {} ({} times as late)",
            number(t_gen),
            number(t_gen / t_mem)
        ),
        (Some(_), None) => ", did not generalize".to_owned(),
        (None, _) => String::new(),
    };
    let accuracies = [
        ("train", Some(last.train_acc)),
        ("test", last.test_acc),
        ("population", last.population_acc),
    ];
    let accuracies: Vec<_> = accuracies
        .into_iter()
        .filter_map(|(name, accuracy)| Some(format!("{name} {}", number(accuracy?))))
        .collect();
    let opening = match status {
        Status::Neither => String::new(),
        status => format!("{status}: "),
    };
    format!(
        "{opening}{memorized}{generalized}; accuracy at epoch {}: {}; ‖w‖ {}",
        last.epoch,
        accuracies.join(", "),
        number(last.weight_norm)
    )
}
