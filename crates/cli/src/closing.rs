//! The closing words on a run.

use sparsegrok_config::{Config, Crossing, EvaluateSpec, GenFigure, MemFigure, NumberFormat};
use sparsegrok_kernel::Figure;
use sparsegrok_run::{Milestones, Run, Status, Time};

use crate::number::{counted, figure};
use crate::reference;

/// The closing words on a run: the lines of the reference program, where numbers are printed as it
/// prints them, else two or three lines on when the run memorized and generalized, and where it ended.
pub(crate) fn words(config: &Config, run: &Run) -> String {
    match config.output.number_format {
        NumberFormat::Reference => reference::closing_lines(&config.output, run),
        NumberFormat::Shortest | NumberFormat::G6 => {
            let story = story(config, run).join("\n  ");
            format!("{story}\n  {}", end(run))
        }
    }
}

/// The figures at the end of a run.
fn end(run: &Run) -> String {
    let last = run.last();
    let accuracies = [Figure::TrainAcc, Figure::TestAcc, Figure::PopulationAcc];
    let accuracies: Vec<_> = accuracies
        .into_iter()
        .filter_map(|of| Some(format!("{} {}", of.words(), accuracy(last.get(of)?))))
        .collect();
    format!(
        "accuracy at epoch {}: {}; ‖w‖ {}",
        last.epoch,
        accuracies.join(", "),
        figure(last[Figure::WeightNorm])
    )
}

/// Tells when a run memorized and generalized, as far as its evaluations show: a line for each.
fn story(config: &Config, run: &Run) -> Vec<String> {
    let spec = &config.evaluate;
    let span = spec.persistence.span(config.train.epochs);
    let Milestones {
        t_mem,
        t_gen,
        status,
        ..
    } = run.milestones;
    let memorized = memorized_text(spec);
    let generalized = generalized_text(spec, run);
    let (Some(mem), at_mem) = (t_mem.at, epoch_text("memorized", &t_mem)) else {
        return vec![match t_mem.high {
            Some(since) => unconfirmed(&memorized, since, span),
            None => format!("not memorized ({})", lasting(&memorized, span, spec)),
        }];
    };
    let first = format!("{status}: {at_mem}{}", lost_text(&t_mem));
    let second = match (config.gen_figure_lacks(), t_gen.at, t_gen.high) {
        (Some(lacks), ..) => format!("no figure tells if it generalized: that takes {lacks}"),
        (None, None, Some(since)) => unconfirmed(&generalized, since, span),
        (None, None, None) => format!("not generalized ({})", lasting(&generalized, span, spec)),
        (None, Some(generalized), _) => {
            let delay = match status {
                Status::Undecided => {
                    format!(
                        "if that is {} times as late is open",
                        number(spec.delay_ratio)
                    )
                }
                _ if generalized < mem => "before it had memorized".to_owned(),
                _ => format!("{} times as late", figure(generalized / mem)),
            };
            let at_gen = epoch_text("generalized", &t_gen) + &lost_text(&t_gen);
            format!("{at_gen}, {delay}")
        }
    };
    vec![first, second]
}

fn number(x: f64) -> String {
    NumberFormat::G6.text(x)
}

/// An accuracy, which reads as 1 only where it is.
fn accuracy(x: f64) -> String {
    match figure(x) {
        text if text != "1.00" => text,
        _ => number(x),
    }
}

/// The threshold of memorizing: `train accuracy ≥ 0.99`.
fn memorized_text(spec: &EvaluateSpec) -> String {
    let figure = match spec.mem_figure {
        MemFigure::TrainAcc => "train accuracy ≥",
        MemFigure::TrainLoss => "train loss ≤",
    };
    format!("{figure} {}", number(spec.mem_threshold))
}

/// The threshold of generalizing, on the figure that the run was judged by.
fn generalized_text(spec: &EvaluateSpec, run: &Run) -> String {
    let has_population = run.last().get(Figure::PopulationAcc).is_some();
    let figure = match spec.gen_figure {
        GenFigure::Auto if has_population => "population accuracy ≥",
        GenFigure::PopulationAcc => "population accuracy ≥",
        GenFigure::Auto | GenFigure::TestAcc => "test accuracy ≥",
        GenFigure::TestLoss => "test loss ≤",
    };
    format!("{figure} {}", number(spec.gen_threshold))
}

/// The condition for a threshold to count as reached.
fn lasting(goal: &str, span: u64, spec: &EvaluateSpec) -> String {
    let end = match spec.crossing {
        Crossing::First => "",
        Crossing::Stable => ", to the end",
    };
    format!("{goal} for {}{end}", counted(span, "epoch"))
}

/// A time, with its bracket where that is wider than an epoch.
fn epoch_text(what: &str, time: &Time) -> String {
    let (Some(at), Some(high)) = (time.at, time.high) else {
        return String::new();
    };
    match time.uncertainty() {
        0 => format!("{what} at epoch {at:.0}"),
        _ => format!("{what} about epoch {at:.0} (after {}, by {high})", time.low),
    }
}

fn unconfirmed(goal: &str, since: u64, span: u64) -> String {
    format!(
        "unconfirmed: {goal} since epoch {since}, too late to have held for {} at the end",
        counted(span, "epoch")
    )
}

fn lost_text(time: &Time) -> String {
    let lost = time.lost;
    let lost = lost.map(|epoch| format!(", lost again at epoch {epoch}"));
    lost.unwrap_or_default()
}
