//! Cautions: what a reader of a study should know before trusting its times.

use sparsegrok_data::Shortest;
use sparsegrok_run::{Anomaly, Status};
use sparsegrok_study::Study;
use sparsegrok_study::summary::{CellSummary, SpreadOf, Summary, Timed};

use crate::spread::left_out;

/// Runs of a cell below which a median has no interval of 95 %: with five, the least and the greatest
/// enclose it with a probability of 1 − 2·2⁻⁵ = .94.
const FEWEST: u64 = 6;

/// The cautions on a study, each a sentence; none if its times can be taken as they are.
///
/// Cautions are given on horizons shorter than the predicted T_gen, on crossings too late to be confirmed, on
/// wide brackets, on what was lost again or could not be decided, on spikes, and on few seeds. `Time: O(cells)`
pub fn cautions(study: &Study, summary: &Summary) -> Vec<String> {
    let cells = &summary.cells;
    let among = |count: usize| match cells.len() {
        1 => String::new(),
        all => format!(" in {count} of {all} cells"),
    };
    let mut said = Vec::new();
    let beyond: Vec<_> = cells
        .iter()
        .filter_map(|cell| Some((cell, predicted_beyond(study, cell)?)))
        .collect();
    if let Some((cell, t_gen)) = beyond.first() {
        let epochs = study.cell(cell.cell).config.train.epochs;
        said.push(format!(
            "horizon too short{}: the theory puts T_gen at epoch {}{}, and {epochs} are trained; \
             runs that would generalize later are censored",
            among(beyond.len()),
            epoch_text(*t_gen),
            first_cell(cells, cell),
        ));
    }
    for (name, timed) in [("T_mem", Timed::Memorizing), ("T_gen", Timed::Generalizing)] {
        let times = |cell: &CellSummary| *cell.times(timed);
        let unconfirmed = || cells.iter().map(|cell| times(cell).unconfirmed);
        let runs: usize = unconfirmed().sum();
        if runs > 0 {
            said.push(format!(
                "{} reached the threshold of {name} too late to be confirmed{}, and {} censored \
                 there: more epochs would tell",
                runs_text(runs),
                among(unconfirmed().filter(|&runs| runs > 0).count()),
                if runs == 1 { "is" } else { "are" },
            ));
        }
        let wide = |cell: &&CellSummary| times(cell).is_wide();
        if let Some(cell) = cells.iter().find(wide) {
            said.push(format!(
                "wide brackets{}: {name} is uncertain by up to {} epochs{}, as it is looked for \
                 only when a run is evaluated; evaluate more often",
                among(cells.iter().filter(wide).count()),
                times(cell).uncertainty,
                first_cell(cells, cell),
            ));
        }
        let lost = || cells.iter().map(|cell| times(cell).lost);
        let runs: usize = lost().sum();
        if runs > 0 {
            said.push(format!(
                "{} lost again what {name} stands for, to the end{}",
                runs_text(runs),
                among(lost().filter(|&runs| runs > 0).count()),
            ));
        }
    }
    said.extend(anomalies(cells, among));
    let undecided: u64 = cells.iter().map(|cell| cell.count(Status::Undecided)).sum();
    if undecided > 0 {
        let lacks = study.config().gen_figure_lacks();
        let why = lacks.map_or_else(
            || {
                match study.is_foreign() {
                    true => "their curves allow more than one status, or have no figure that tells",
                    false => "their brackets allow more than one status",
                }
                .to_owned()
            },
            |lacks| format!("no figure tells if they generalized: that takes {lacks}"),
        );
        said.push(format!(
            "{} undecided: {why}",
            runs_text(undecided as usize)
        ));
    }
    if study.spec().design().is_some() {
        said.push(
            "runs of a crossed design have data, orders or initial weights in common: the intervals of shares and \
             medians take them for independent, and are too narrow"
                .to_owned(),
        );
    }
    for (name, of) in [
        ("T_mem", SpreadOf::Memorizing),
        ("T_gen", SpreadOf::Generalizing),
    ] {
        let left_out = || cells.iter().filter_map(|cell| left_out(cell, of));
        if let Some((missing, runs)) = left_out().next() {
            said.push(format!(
                "{missing} of {runs} runs have no {name}{}, and its spread is that of the others: too small, if \
                 these are the late ones",
                among(left_out().count())
            ));
        }
    }
    let seeds = match study.is_foreign() {
        true => cells.iter().map(|cell| cell.runs).min().unwrap_or(0),
        false => study.spec().seeds.len(),
    };
    if seeds < FEWEST {
        said.push(format!(
            "{} of each cell: a median has an interval from {FEWEST} on",
            runs_text(seeds as usize)
        ));
    }
    said
}

/// Sentences on the anomalies of runs after which their times do not tell all. Overfitting, and accuracy and loss that
/// disagree, are no cautions: grokking begins with them.
fn anomalies(
    cells: &[CellSummary],
    among: impl Fn(usize) -> String,
) -> impl Iterator<Item = String> {
    let told = [
        (
            Anomaly::MemorizationLost,
            "memorized and then lost it, for up to",
            "epoch",
        ),
        (
            Anomaly::Ungrokking,
            "generalized and then lost it (ungrokking), for up to",
            "epoch",
        ),
        (
            Anomaly::Spikes,
            "had spikes of the train loss (slingshots), up to",
            "spike",
        ),
    ];
    told.into_iter().filter_map(move |(anomaly, words, unit)| {
        let of_each = || cells.iter().map(|cell| cell.anomaly(anomaly));
        let runs: usize = of_each().map(|it| it.runs).sum();
        let all: usize = of_each().map(|it| it.n).sum();
        let most = of_each().filter_map(|it| it.most).fold(0.0, f64::max);
        let units = if most == 1.0 { "" } else { "s" };
        (runs > 0).then(|| {
            let runs = format!("{runs} of {}", runs_text(all));
            let among = among(of_each().filter(|it| it.runs > 0).count());
            format!("{runs} {words} {} {unit}{units}{among}", Shortest(most))
        })
    })
}

/// The predicted T_gen of a cell whose runs end before it could be confirmed, if not all have
/// generalized all the same.
fn predicted_beyond(study: &Study, cell: &CellSummary) -> Option<f64> {
    let config = &study.cell(cell.cell).config;
    let span = config.evaluate.persistence.span(config.train.epochs);
    let t_gen = cell.prediction?.t_gen?;
    let is_beyond = t_gen + span as f64 > config.train.epochs as f64;
    (is_beyond && cell.t_gen.censored > 0).then_some(t_gen)
}

/// A predicted epoch: whole, or far beyond any horizon by its order of magnitude.
fn epoch_text(epoch: f64) -> String {
    match epoch < 1e6 {
        true => Shortest(epoch.round()).to_string(),
        false => format!("{epoch:.1e}"),
    }
}

/// The words that name the cell of a figure; empty if there is just one cell.
fn first_cell(cells: &[CellSummary], cell: &CellSummary) -> String {
    match cells.len() {
        1 => String::new(),
        _ => format!(" (cell {})", cell.cell),
    }
}

/// A number of runs, in words.
pub(crate) fn runs_text(runs: usize) -> String {
    match runs {
        1 => "1 run".to_owned(),
        _ => format!("{runs} runs"),
    }
}
