//! The closing words on a run.

use sparsegrok_config::{
    Column, Config, Crossing, EvaluateSpec, GenFigure, MemFigure, NumberFormat,
};
use sparsegrok_kernel::Figure;

use crate::bracket::Time;
use crate::detect::{Milestones, Status};
use crate::goal::Goal;
use crate::run::Run;
use crate::trace::TraceWriter;

/// The closing words on a run: as the reference programs print the three lines of the first of them,
/// else one sentence on when it memorized and generalized, and where it ended.
pub fn closing_words(config: &Config, run: &Run) -> String {
    match config.output.number_format {
        NumberFormat::Reference => reference_lines(config, run),
        NumberFormat::Shortest | NumberFormat::G6 => sentence(config, run),
    }
}

fn reference_lines(config: &Config, run: &Run) -> String {
    let writer = TraceWriter::new(&config.output);
    let figure = |figure| writer.text(Column::Figure(figure), &run.last());
    format!(
        "Final Train Acc: {}\nFinal Test Acc: {}\nFinal ||w||2 : {}",
        figure(Figure::TrainAcc),
        figure(Figure::TestAcc),
        figure(Figure::WeightNorm)
    )
}

fn sentence(config: &Config, run: &Run) -> String {
    let last = run.last();
    let accuracies = [Figure::TrainAcc, Figure::TestAcc, Figure::PopulationAcc];
    let accuracies: Vec<_> = accuracies
        .into_iter()
        .filter_map(|figure| Some(format!("{} {}", figure.words(), number(last.get(figure)?))))
        .collect();
    format!(
        "{}; accuracy at epoch {}: {}; ‖w‖ {}",
        story(config, run),
        last.epoch,
        accuracies.join(", "),
        number(last[Figure::WeightNorm])
    )
}

/// Tells when a run memorized and generalized, as far as its evaluations show.
fn story(config: &Config, run: &Run) -> String {
    let spec = &config.evaluate;
    let span = spec.persistence.span(config.train.epochs);
    let Milestones {
        t_mem,
        t_gen,
        status,
        ..
    } = run.milestones;
    let memorized = goal_text(memorizing_figure(spec), &Goal::memorized(spec));
    let generalized = goal_text(generalizing_figure(spec, run), &Goal::generalized(spec));
    let (Some(mem), at_mem) = (t_mem.at, epoch_text("memorized", &t_mem)) else {
        return match t_mem.high {
            Some(since) => unconfirmed(&memorized, since, span),
            None => format!("not memorized ({})", lasting(&memorized, span, spec)),
        };
    };
    let at_mem = at_mem + &lost_text(&t_mem);
    if let Some(lacks) = config.gen_figure_lacks() {
        return format!(
            "{status}: {at_mem}; no figure tells if it generalized: that takes {lacks}"
        );
    }
    match (t_gen.at, t_gen.high) {
        (None, Some(since)) => format!(
            "{status}: {at_mem}; {}",
            unconfirmed(&generalized, since, span)
        ),
        (None, None) => format!(
            "{status}: {at_mem}, not generalized ({})",
            lasting(&generalized, span, spec)
        ),
        (Some(generalized), _) => {
            let delay = match status {
                Status::Undecided => {
                    format!(
                        "if that is {} times as late is open",
                        number(spec.delay_ratio)
                    )
                }
                _ if generalized < mem => "before it had memorized".to_owned(),
                _ => format!("{} times as late", number(generalized / mem)),
            };
            let at_gen = epoch_text("generalized", &t_gen) + &lost_text(&t_gen);
            format!("{status}: {at_mem}, {at_gen}, {delay}")
        }
    }
}

fn number(x: f64) -> String {
    NumberFormat::G6.text(x)
}

fn memorizing_figure(spec: &EvaluateSpec) -> &'static str {
    match spec.mem_figure {
        MemFigure::TrainAcc => "train accuracy",
        MemFigure::TrainLoss => "train loss",
    }
}

fn generalizing_figure(spec: &EvaluateSpec, run: &Run) -> &'static str {
    match spec.gen_figure {
        GenFigure::Auto if run.last().get(Figure::PopulationAcc).is_some() => "population accuracy",
        GenFigure::PopulationAcc => "population accuracy",
        GenFigure::Auto | GenFigure::TestAcc => "test accuracy",
        GenFigure::TestLoss => "test loss",
    }
}

fn goal_text(figure: &str, goal: &Goal) -> String {
    let side = if goal.falls { "≤" } else { "≥" };
    format!("{figure} {side} {}", number(goal.threshold))
}

/// Words for what a figure must do for its threshold to count as reached.
fn lasting(goal: &str, span: u64, spec: &EvaluateSpec) -> String {
    let end = match spec.crossing {
        Crossing::First => "",
        Crossing::Stable => ", to the end",
    };
    format!("{goal} for {}{end}", epochs(span))
}

fn epochs(count: u64) -> String {
    match count {
        1 => "1 epoch".to_owned(),
        _ => format!("{count} epochs"),
    }
}

/// A time, with its bracket where that is wider than an epoch.
fn epoch_text(what: &str, time: &Time) -> String {
    let (Some(at), Some(high)) = (time.at, time.high) else {
        return String::new();
    };
    match time.uncertainty() {
        0 => format!("{what} at epoch {}", number(at)),
        _ => format!(
            "{what} about epoch {} (after {}, by {high})",
            number(at.round()),
            time.low
        ),
    }
}

fn unconfirmed(goal: &str, since: u64, span: u64) -> String {
    format!(
        "unconfirmed: {goal} since epoch {since}, too late to have held for {} at the end",
        epochs(span)
    )
}

fn lost_text(time: &Time) -> String {
    let lost = time
        .lost
        .map(|epoch| format!(", lost again at epoch {epoch}"));
    lost.unwrap_or_default()
}
