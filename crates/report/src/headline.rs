//! The headline: a study's result in one plain sentence.

use sparsegrok_plot::number::count;
use sparsegrok_run::Status;

use crate::phase::MIXED;
use crate::view::{CellView, Time, View, Words, epoch_text};

/// The sentence; its numbers are those of the summary, times rounded to the epoch.
pub(crate) fn of(view: &View) -> String {
    match view.cells.as_slice() {
        [] => "No run has come to its end.".to_owned(),
        [cell] if view.cells_planned == 1 => of_cell(cell, &view.words),
        cells => of_grid(cells, view.cells_planned, &view.words),
    }
}

fn of_cell(cell: &CellView, words: &Words) -> String {
    let many = cell.runs > 1;
    let mut parts = vec![outcome(cell, words)];
    if let Some(time) = &cell.t_gen {
        let median = if many { "median " } else { "" };
        let without = match many && time.interval.is_none() {
            true => format!(", no interval from {}", words.counted(cell.runs)),
            false => String::new(),
        };
        parts.push(format!(
            "{median}T_{{gen}} {}{without}",
            with_interval(time, words)
        ));
        let theory = cell.predicted_t_gen().map(epoch_text);
        parts.extend(theory.map(|t_gen| format!("theory {t_gen}")));
    }
    parts.join("; ") + "."
}

/// The number of runs that grokked, or their statuses if none did.
fn outcome(cell: &CellView, words: &Words) -> String {
    let (grokked, runs) = (cell.grokked(), cell.runs);
    if runs == 1 {
        let status = cell.phase.map_or(MIXED, Status::name);
        return format!("The one {}: {status}", words.run);
    }
    if grokked > 0 {
        return format!("{} of {} grokked", count(grokked), words.counted(runs));
    }
    let others = cell.statuses();
    let others = others.map(|(status, runs)| format!("{}: {}", count(runs), status.name()));
    let others = others.collect::<Vec<_>>().join(", ");
    format!("None of {} grokked ({others})", words.counted(runs))
}

fn with_interval(time: &Time, words: &Words) -> String {
    let interval = time.interval_text().map(|text| format!(" {text}"));
    format!(
        "{}{}{}",
        epoch_text(time.median),
        words.time_unit,
        interval.unwrap_or_default()
    )
}

fn of_grid(cells: &[CellView], planned: usize, words: &Words) -> String {
    let grokking = cells
        .iter()
        .filter(|cell| cell.phase == Some(Status::Grokked));
    let [begun, all] = [cells.len(), planned].map(|cells| count(cells as u64));
    let cells_words = match cells.len() == planned {
        true => format!("{all} cells"),
        false => format!("the {begun} cells that are here (of {all})"),
    };
    let mut timed: Vec<(&CellView, Time)> = grokking
        .clone()
        .filter_map(|cell| Some((cell, cell.t_gen?)))
        .collect();
    timed.sort_by(|(_, a), (_, b)| a.median.total_cmp(&b.median));
    let runs = words.runs;
    let most = match grokking.count() {
        0 => format!("In none of {cells_words} most {runs} grokked"),
        n => format!(
            "In {} of {cells_words} most {runs} grokked",
            count(n as u64)
        ),
    };
    let at = |(cell, time): &(&CellView, Time)| {
        let unit = words.time_unit;
        format!("{}{unit} ({})", epoch_text(time.median), cell.name)
    };
    match timed.as_slice() {
        [] => most + ".",
        [one] => format!("{most}; median T_{{gen}} {}.", at(one)),
        [first, .., last] => {
            let (first, last) = (at(first), at(last));
            format!("{most}; median T_{{gen}} from {first} to {last}.")
        }
    }
}
