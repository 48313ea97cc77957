//! The memory that a study takes, computed before it begins.

use sparsegrok_kernel::Evaluation;
use sparsegrok_run::memory::{Memory, evaluations};
use sparsegrok_run::models::AnyData;

use crate::group::{GROUP, Record};
use crate::study::Study;

/// Groups in progress or done and not yet handed over, for each thread: enough that no thread
/// waits for a slower one's group, few enough that results waiting take little memory.
pub(crate) const AHEAD: usize = 4;

/// The memory of a study on some number of threads, while it runs a cell. `data` are those of all runs of
/// the cell, where they share them and they are known.
///
/// # Formula
/// As many groups at a time as there are threads, each with its data unless all share them, and its
/// training; the figures of the cell's runs, and their records; traces of four groups a thread that wait
/// to be handed over.
pub(crate) fn of_cell(
    study: &Study,
    cell: usize,
    threads: usize,
    data: Option<&AnyData>,
) -> Memory {
    let config = &study.cell(cell).config;
    let seeds = study.spec().seeds.len();
    let together = GROUP.min(seeds);
    let Some(cost) = study.family().cost(config, together as usize, data) else {
        return Memory::default();
    };
    let groups = (threads as u64).min(study.runs().div_ceil(together));
    let own = match study.family().shares_data(config, config) {
        false => groups.saturating_mul(together),
        true => 1,
    };
    let evaluations = evaluations(config);
    let figures = seeds
        .saturating_mul(evaluations)
        .saturating_mul((study.spec().figures.len() * size_of::<f64>()) as u64);
    let waiting = (AHEAD as u64 * threads as u64 * together)
        .min(study.runs())
        .saturating_mul(evaluations)
        .saturating_mul(size_of::<Evaluation>() as u64);
    let records = seeds.saturating_mul(size_of::<Record>() as u64);
    Memory {
        data: cost.data.saturating_mul(own),
        training: cost.training.saturating_mul(groups),
        results: figures.saturating_add(waiting).saturating_add(records),
    }
}
