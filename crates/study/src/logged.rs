//! The groups of a study in its log.

use sparsegrok_config::Config;
use sparsegrok_log::{CheckpointError, Damage, Log};
use sparsegrok_run::codec::from_bytes;
use sparsegrok_run::thresholds::Detector;

use crate::group::{Group, Record};
use crate::study::Study;

/// The groups of a study that are in its log, ascending. `Time: O(log)`
pub(crate) fn logged_groups(study: &Study, log: &Log) -> Vec<u64> {
    log.numbers().filter(|&n| study.has_group(n)).collect()
}

/// Reads a group of a study's log and finds its milestones.
pub(crate) fn logged_group(
    study: &Study,
    log: &Log,
    number: u64,
) -> Result<Group, CheckpointError> {
    let unfit = || log.damaged(Damage::Unfit);
    // A checksum protects against accidents alone; a log that was put together by hand can still name
    // groups that the study does not have.
    if number >= study.all_groups() {
        return Err(unfit());
    }
    let (cell, seeds) = study.group(number);
    let config = &study.cell(cell).config;
    let bytes = log.get(number)?.ok_or_else(unfit)?;
    let mut group: Group = from_bytes(&bytes).ok_or_else(unfit)?;
    if !group.fits(cell, config, seeds) {
        return Err(unfit());
    }
    for record in &mut group.records {
        find_milestones(record, config);
    }
    Ok(group)
}

/// Finds the milestones of a record in its evidence, which for a foreign run is its trace alone.
pub(crate) fn find_milestones(record: &mut Record, config: &Config) {
    let (spec, epochs) = (&config.evaluate, config.train.epochs);
    if config.is_foreign {
        record.brackets = *Detector::of(&record.trace, spec, epochs).brackets();
    }
    record.find_milestones(spec);
    if config.is_foreign
        && let Some(&last) = record.trace.epochs().last()
    {
        let span = spec.persistence.span(epochs);
        let milestones = record.milestones;
        record.milestones = milestones.seen_at_evaluations_alone(&record.brackets, last, span);
    }
}
