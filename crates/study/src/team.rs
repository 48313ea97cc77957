//! A team: the runs of a group, or of the same seeds of several cells that see the same rows in the same order.

use std::ops::ControlFlow;
use std::sync::Arc;

use sparsegrok_config::Config;
use sparsegrok_kernel::{KernelChoice, State, Threads};
use sparsegrok_log::Unfinished;
use sparsegrok_run::models::{AnyData, AnyFamily, Company, Cost, Start};
use sparsegrok_run::training::{self, Fault, KeptIn, Traced};
use sparsegrok_run::{Anomalies, LoadError, Milestones, RunSeeds, Watch};

use crate::error::StudyError;
use crate::group::{Group, Record};
use crate::study::Study;

/// A group of a team.
pub(crate) struct Member {
    /// Its number in the study.
    number: u64,
    pub(crate) cell: usize,
    pub(crate) config: Config,
    seeds: Vec<RunSeeds>,
    /// The data of each run.
    data: Vec<Arc<AnyData>>,
    /// The state that all its runs begin with, if they do with that of a saved model.
    begun: Option<State>,
}

/// The runs of a team that are put side by side: the seeds of its one cell, or its cells.
pub(crate) fn company(cells: usize, seeds: usize) -> Company {
    match cells {
        1 => Company::Seeds(seeds),
        cells => Company::Cells(cells),
    }
}

/// Makes a team of groups: of one, or those of the same seeds of several cells. `shared` are the data of the first of
/// them, where all its runs share them.
///
/// Data are drawn once for each seed, and its runs have the very same rows.
pub(crate) fn gather(
    study: &Study,
    groups: &[u64],
    shared: Option<&Arc<AnyData>>,
) -> Result<Vec<Member>, StudyError> {
    let family = study.family();
    let mut members: Vec<Member> = Vec::with_capacity(groups.len());
    for &number in groups {
        let (cell, seeds) = study.group(number);
        let config = study.cell(cell).config;
        let fault = |error: LoadError| study.fault(cell, error);
        let seeds = seeds.map(|seed| RunSeeds::of(&config, seed));
        let seeds: Result<Vec<_>, _> = seeds.collect();
        let seeds = seeds.map_err(|error| fault(error.into()))?;
        let data = match (members.first(), shared) {
            // Axes were tried one at a time, so that each cell is looked at once more.
            (Some(first), _) if family.shares_visits(&first.config, &config) => {
                let of_first = first.data.iter();
                of_first.map(|of| family.data_like(&config, of)).collect()
            }
            (None, Some(shared)) => vec![Arc::clone(shared); seeds.len()],
            _ => {
                let data = seeds.iter().map(|seeds| {
                    let loaded = family.data(&config, seeds, study.most_memory());
                    loaded.map(|loaded| loaded.problem).map_err(fault)
                });
                data.collect::<Result<_, _>>()?
            }
        };
        let model = study.model().map_err(fault)?;
        let begun = model
            .zip(data.first())
            .map(|(model, data)| family.beginning(&config, &**data, &model));
        let begun = begun.transpose().map_err(fault)?;
        members.push(Member {
            number,
            cell,
            config,
            seeds,
            data,
            begun,
        });
    }
    Ok(members)
}

/// The cost of a team, if its family tells.
pub(crate) fn cost(family: &dyn AnyFamily, team: &[Member]) -> Option<Cost> {
    let first = team.first()?;
    let company = company(team.len(), first.seeds.len());
    family.cost(
        &first.config,
        company,
        first.data.first().map(|data| &**data),
    )
}

/// The member that a setting's fault is of: the first that cannot be started by itself.
pub(crate) fn at_fault<'t>(family: &dyn AnyFamily, team: &'t [Member]) -> Option<&'t Member> {
    let is_at_fault = |member: &&Member| {
        starts(std::slice::from_ref(*member)).any(|start| family.start(&[start]).is_err())
    };
    team.iter().find(is_at_fault).or(team.first())
}

/// The runs of a team, seed by seed: those of all its cells that share a seed's data are neighbours.
fn starts(team: &[Member]) -> impl Iterator<Item = Start<'_, AnyData>> {
    let seeds = team.first().map_or(0, |first| first.seeds.len());
    (0..seeds).flat_map(move |seed| {
        team.iter().map(move |member| Start {
            config: &member.config,
            data: &*member.data[seed],
            seeds: member.seeds[seed],
            asked: member.config.study.asked(),
            state: member.begun.as_ref(),
        })
    })
}

/// Trains a team, each of its groups from the beginning or from where it was when it was interrupted.
pub(crate) fn train<B>(
    family: &dyn AnyFamily,
    team: &[Member],
    kept_in: Option<&Unfinished>,
    watch: Watch<'_, B>,
) -> Result<ControlFlow<B, Vec<Group>>, Fault> {
    let cost = cost(family, team);
    let mut groups: Vec<Group> = team
        .iter()
        .map(|member| Group {
            cell: member.cell,
            records: Vec::with_capacity(member.seeds.len()),
            kernel: cost.map_or(KernelChoice::Auto, |cost| cost.form.kernel),
            seed_steps: 0,
        })
        .collect();
    let starts: Vec<_> = starts(team).collect();
    let numbers: Vec<u64> = (0..starts.len())
        .map(|run| team[run % team.len()].number)
        .collect();
    let kept_in = kept_in.map(|unfinished| KeptIn {
        unfinished,
        groups: &numbers,
    });
    // Teams are what a study's threads divide. One that waited for others to evaluate its rows would meanwhile begin
    // another team, beside the memory of its own.
    let threads = &Threads::One;
    let traced = match training::train(family, &starts, kept_in, false, threads, watch)? {
        ControlFlow::Continue(traced) => traced,
        ControlFlow::Break(end) => return Ok(ControlFlow::Break(end)),
    };
    let steps_per_epoch = cost.map_or(0, |cost| cost.steps_per_epoch);
    for (run, traced) in traced.into_iter().enumerate() {
        let (member, group) = (&team[run % team.len()], &mut groups[run % team.len()]);
        let Traced {
            trace,
            brackets,
            diverged,
            ..
        } = traced;
        // A run that ends early ends with an evaluation, and the last epoch is one too.
        let epochs = trace.epochs().last().copied().unwrap_or(0);
        group.seed_steps += diverged.map_or(epochs * steps_per_epoch, |at| at.step);
        let mut record = Record {
            cell: member.cell,
            seeds: starts[run].seeds,
            milestones: Milestones::DIVERGED,
            anomalies: Anomalies::NONE,
            trace,
            brackets,
            diverged,
        };
        record.find_milestones(&member.config.evaluate);
        group.records.push(record);
    }
    Ok(ControlFlow::Continue(groups))
}
