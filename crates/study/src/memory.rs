//! The memory that a study takes, computed before it begins.

use sparsegrok_config::{CheckpointEvery, Config};
use sparsegrok_kernel::KernelChoice;
use sparsegrok_run::memory::{Memory, bytes_of_trace, columns_there, evaluations};
use sparsegrok_run::models::{AnyData, Company};

use crate::group::GROUP;
use crate::study::Study;
use crate::tables::FIGURES_HELD;
use crate::team::company;

/// Groups in progress or done and not yet handed over, for each thread: enough that no thread
/// waits for a slower one's group, few enough that results waiting take little memory;
const GROUPS_AHEAD: usize = 4;
/// or as many teams, where these are of more groups: another for each, to go on with.
const TEAMS_AHEAD: usize = 2;

/// Tells if another team may be begun on so many threads, beside so many teams and their groups that are in progress or
/// not yet handed over.
pub(crate) fn has_room(threads: usize, teams: usize, groups: usize) -> bool {
    groups < GROUPS_AHEAD * threads || teams < TEAMS_AHEAD * threads
}

/// Bytes of a run until its cell is summed up: its four times, and the place of its group in the log.
const OUTCOME: u64 = 4 * 16 + 8;

/// Bytes of the summary of a cell, and of each figure in it: they are held until all are written.
const SUMMARY: u64 = 5 << 9;
const SUMMARY_OF_FIGURE: u64 = 160;

/// The memory of a study on some number of threads, while it trains teams like this one. `data` are those of all runs
/// of its first cell, where they share them and they are known.
///
/// # Formula
/// As many teams at a time as there are threads, each with the data of its seeds unless all runs share them, which its
/// cells have in common, and the training of the runs side by side; where it is kept every so many epochs, their states
/// and those as bytes; traces of the groups that wait to be handed over, four or those of two teams a thread, and one
/// group as bytes. Or, when all are trained, the figures of a cell's runs as far as they are held, two columns of them,
/// what the summary needs of each run, and a group with its bytes. Through all of it, the summaries of cells. The fullest
/// moment counts.
pub(crate) fn of_team(
    study: &Study,
    team: &[u64],
    threads: usize,
    data: Option<&AnyData>,
) -> Memory {
    let cells = team
        .iter()
        .map(|&group| study.cell(study.group(group).0).config);
    let cells: Vec<Config> = cells.collect();
    let config = &cells[0];
    let seeds = study.spec().seeds.len();
    let together = GROUP.min(seeds);
    let family = study.family();
    let cost = |seeds: u64| family.cost(config, company(cells.len(), seeds as usize), data);
    let Some(whole) = cost(together) else {
        return Memory::default();
    };
    // The last seeds of a cell may be fewer: so many of any teams that follow each other have these.
    let in_team = together.saturating_mul(cells.len() as u64);
    let teams = (threads as u64).min(study.runs().div_ceil(in_team));
    let (of_a_cell, rest) = (seeds.div_ceil(GROUP), seeds % GROUP);
    let short = if rest == 0 { 0 } else { teams / of_a_cell };
    let of_short = cost(rest.max(1)).map_or(0, |cost| cost.training);
    let drawn = (teams - short) * together + short * rest;
    let own = match family.shares_data(config, config) {
        false => drawn,
        true => 1,
    };
    let mut training = whole.training.saturating_mul(teams - short);
    training = training.saturating_add(of_short.saturating_mul(short));
    if let CheckpointEvery::Epochs(_) = config.engine.checkpoint_every {
        let side_by_side = match (whole.form.kernel, whole.form.company) {
            (KernelChoice::Lanes, Company::Seeds(_)) => drawn,
            (KernelChoice::Lanes, company) => teams.saturating_mul(company.runs() as u64),
            _ => teams,
        };
        training = training.saturating_add(2 * side_by_side.saturating_mul(whole.state));
    }
    let evaluations = cells.iter().map(evaluations).max().unwrap_or(0);
    let (figures, asked) = (family.figures(), study.spec().asked());
    let of_cell = |cell| bytes_of_trace(cell, figures, asked);
    let trace = cells.iter().map(of_cell).max().unwrap_or(0);
    let group = trace.saturating_mul(together);
    // Bytes of a group in the log, which has no columns of figures that do not exist.
    let columns = 1 + columns_there(config, figures, asked);
    let logged = evaluations
        .saturating_mul(together)
        .saturating_mul((columns * size_of::<f64>()) as u64);
    let column = seeds.saturating_mul(size_of::<f64>() as u64);
    let figures = (study.spec().figures.len() as u64).saturating_mul(evaluations.saturating_add(1));
    let figures = column.saturating_mul(figures);
    // Of more than are held there is a column of all runs, and its quantiles need another.
    let figures = figures.min(FIGURES_HELD.max(column)).saturating_add(column);
    let ahead = GROUPS_AHEAD.max(TEAMS_AHEAD * cells.len());
    let waiting = (ahead as u64 * threads as u64 * together)
        .min(study.runs())
        .saturating_mul(trace);
    let outcomes = seeds.saturating_mul(OUTCOME);
    let summaries = (study.cells().len() as u64)
        .saturating_mul(SUMMARY + study.spec().figures.len() as u64 * SUMMARY_OF_FIGURE);
    let data = whole.data.saturating_mul(own);
    let while_training = waiting.saturating_add(logged);
    // A cell's figures have room from its first group on, once that is read.
    let read = match of_a_cell {
        1 => figures.max(logged),
        _ => figures.saturating_add(logged),
    };
    let after = [read, outcomes, group].into_iter();
    let after = after.fold(0, u64::saturating_add);
    // What is freed when all are trained makes room for the tables.
    let after = after.saturating_sub(data.saturating_add(training));
    Memory {
        data,
        training,
        results: while_training.max(after).saturating_add(summaries),
    }
}
