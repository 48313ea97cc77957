//! Runs a study's teams on all cores and hands over their groups in order.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

use rayon::{Scope, ThreadPool};
use sparsegrok_log::Unfinished;
use sparsegrok_run::Event;
use sparsegrok_run::codec::to_bytes;
use sparsegrok_run::memory::Memory;
use sparsegrok_run::models::{AnyData, Form};
use sparsegrok_run::threads::{self, Fewer};
use sparsegrok_run::training::Fault;

use crate::error::StudyError;
use crate::group::Group;
use crate::logged::{logged_group, logged_groups};
use crate::manifest::Forms;
use crate::memory::{has_room, of_team};
use crate::plan::{Plan, Team};
use crate::study::Study;
use crate::team::{self, Member};

/// The end of a study: the runs there are, and the threads that made them.
#[derive(Clone, Debug, PartialEq)]
pub struct Ran {
    /// Runs handed over.
    pub runs: u64,
    /// Threads that ran them.
    pub threads: usize,
    /// Runs that were trained in each form.
    pub forms: Forms,
    /// Set where the threads are fewer than were asked for, as the system allows no more.
    pub fewer: Option<Fewer>,
    /// Data files whose labels were 0 and 1, read as −1 and 1.
    pub zero_one: Vec<PathBuf>,
}

/// The work of a thread.
enum Work {
    /// A group that is finished already, by its number.
    Finished(u64),
    /// A team to be trained, with the data of all runs of its first cell where they share them.
    Team(Team, Option<Arc<AnyData>>),
}

impl Work {
    /// Groups that come of it.
    fn groups(&self) -> usize {
        match self {
            Self::Finished(_) => 1,
            Self::Team(team, _) => team.len(),
        }
    }
}

/// Groups that are done, and the form in which they were trained, if they were.
struct Done {
    groups: Vec<Group>,
    form: Option<Form>,
}

impl Study {
    /// Trains every run and hands over the groups in a fixed order, whatever the number of threads.
    ///
    /// Cells whose runs see the same rows in the same order are trained in teams, so groups do not come in the order of
    /// their cells, but team by team: those of up to sixteen such cells that have the same seeds, then those of the
    /// same cells with the next seeds. The groups of one cell come in the order of their seeds.
    ///
    /// `hand_over` is called on the calling thread; it may end the study. So may setting `stop`,
    /// from anywhere: teams in progress then come to their end and are handed over, so that
    /// what was handed over is always the beginning of that order, without a gap.
    ///
    /// Memory: at most four groups a thread are under way or waiting at any time, or those of two teams.
    /// `Time: O(runs · epochs · nnz)`, divided among the threads.
    ///
    /// # Errors
    /// When a cell's data cannot be had or do not fit its training.
    pub fn run(
        &self,
        stop: &AtomicBool,
        hand_over: impl FnMut(Group) -> ControlFlow<()>,
    ) -> Result<Ran, StudyError> {
        self.run_kept(None, stop, hand_over)
    }

    /// As [`Study::run`], with everything kept in a folder of unfinished work: groups that are
    /// finished there are handed over first, others go on from where they were. `stop` then ends teams
    /// in progress at the end of an epoch, when they are kept.
    pub(crate) fn run_kept(
        &self,
        unfinished: Option<&Unfinished>,
        stop: &AtomicBool,
        mut hand_over: impl FnMut(Group) -> ControlFlow<()>,
    ) -> Result<Ran, StudyError> {
        let threads = threads::wanted(self.config().engine.threads);
        let finished = unfinished.map(|unfinished| logged_groups(self, &unfinished.log()));
        let plan = Plan::of(self, threads, finished.unwrap_or_default());
        // Memory is checked before threads are made: it takes none.
        for team in plan.largest() {
            self.check_memory(&team, threads, None)?;
        }
        let (pool, made) = threads::pool(threads);
        let threads = pool.as_ref().map_or(1, ThreadPool::current_num_threads);
        let finished = plan.finished().iter().map(|&group| Work::Finished(group));
        let teams = plan.teams().map(|team| Work::Team(team, None));
        let mut todo = finished.chain(teams);
        let mut checked = None;
        let mut runs = 0;
        let mut forms = Forms::new();
        // Nobody waits any more: teams not begun yet have nothing to do.
        let abandoned = AtomicBool::new(false);
        let unwanted = || stop.load(Ordering::Relaxed) || abandoned.load(Ordering::Relaxed);
        let halt = || match unfinished {
            Some(_) => unwanted(),
            None => abandoned.load(Ordering::Relaxed),
        };
        in_scope(pool.as_ref(), |scope| {
            // The number of groups of each work, and the place where they come.
            let mut results: VecDeque<(usize, mpsc::Receiver<Result<Done, StudyError>>)> =
                VecDeque::new();
            let mut ahead = 0;
            // Without threads beside it, this one does the work, each team when it is wanted.
            let has_room = |teams: usize, groups: usize| match pool {
                Some(_) => has_room(threads, teams, groups),
                None => teams == 0,
            };
            let mut drive = || loop {
                while has_room(results.len(), ahead) && !unwanted() {
                    let Some(mut work) = todo.next() else {
                        break;
                    };
                    self.provide(&mut work, threads, &mut checked)?;
                    let groups = work.groups();
                    let (done, result) = mpsc::sync_channel(1);
                    let (unwanted, halt) = (&unwanted, &halt);
                    let task = move || {
                        if unwanted() {
                            return;
                        }
                        if let Some(result) = self.done(&work, unfinished, halt).transpose() {
                            // The receiver is gone only when the result is unwanted.
                            let _ = done.send(result);
                        }
                    };
                    match pool {
                        Some(_) => scope.spawn(move |_| task()),
                        None => task(),
                    }
                    results.push_back((groups, result));
                    ahead += groups;
                }
                // A team that did not come to its end before the stop sends nothing.
                let next = results
                    .pop_front()
                    .map(|(groups, result)| (groups, result.recv()));
                let Some((groups, Ok(done))) = next else {
                    return Ok(());
                };
                ahead -= groups;
                let Done { groups, form } = done?;
                for group in groups {
                    let trained = group.records.len() as u64;
                    runs += trained;
                    if let Some(form) = &form {
                        *forms.entry(form.to_string()).or_default() += trained;
                    }
                    if hand_over(group).is_break() {
                        return Ok(());
                    }
                }
            };
            let driven = drive();
            abandoned.store(true, Ordering::Relaxed);
            driven
        })
        .map(|()| Ran {
            runs,
            threads,
            forms,
            fewer: made.err(),
            zero_one: self.zero_one_files(),
        })
    }

    /// Gives a team the data that all runs of its first cell share, if they do. `checked` is the cell whose shared data
    /// were last found to fit in memory: what is in files is known only when they are read.
    fn provide(
        &self,
        work: &mut Work,
        threads: usize,
        checked: &mut Option<usize>,
    ) -> Result<(), StudyError> {
        let Work::Team(team, data) = work else {
            return Ok(());
        };
        let (cell, _) = self.group(team[0]);
        let shared = self.shared_data(&self.cell(cell).config);
        *data = shared.map_err(|error| self.fault(cell, error))?;
        if data.is_some() && *checked != Some(cell) {
            self.check_memory(team, threads, data.as_deref())?;
            *checked = Some(cell);
        }
        Ok(())
    }

    /// Trains a team, or takes a group from where it is kept; `None` where it was ended early.
    fn done(
        &self,
        work: &Work,
        unfinished: Option<&Unfinished>,
        halt: &dyn Fn() -> bool,
    ) -> Result<Option<Done>, StudyError> {
        let (team, shared) = match (work, unfinished) {
            (Work::Team(team, shared), _) => (team, shared.as_ref()),
            (Work::Finished(number), Some(unfinished)) => {
                let groups = vec![logged_group(self, &unfinished.log(), *number)?];
                return Ok(Some(Done { groups, form: None }));
            }
            (Work::Finished(_), None) => return Ok(None),
        };
        let family = self.family();
        let members = team::gather(self, team, shared)?;
        let mut watch = |event: Event<'_>| match event {
            Event::Epoch(_) if halt() => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        };
        let trained = team::train(family, &members, unfinished, &mut watch);
        let trained = trained.map_err(|error| self.unable(&members, error))?;
        let Some(groups) = trained.continue_value() else {
            return Ok(None);
        };
        if let Some(unfinished) = unfinished {
            for (&number, group) in team.iter().zip(&groups) {
                unfinished.add(number, &to_bytes(group))?;
            }
        }
        let form = team::cost(family, &members).map(|cost| cost.form);
        Ok(Some(Done { groups, form }))
    }

    /// Refuses a team that needs more memory than there is.
    pub(crate) fn check_memory(
        &self,
        team: &[u64],
        threads: usize,
        data: Option<&AnyData>,
    ) -> Result<Memory, StudyError> {
        let memory = of_team(self, team, threads, data);
        let checked = memory.within(self.most_memory);
        checked.map_err(|error| StudyError::Memory {
            cell: self.group(team[0]).0,
            cells: self.cells().len(),
            error,
        })?;
        Ok(memory)
    }

    /// The error that a team could not be trained.
    pub(crate) fn unable(&self, team: &[Member], fault: Fault) -> StudyError {
        match fault {
            Fault::Setting(setting) => {
                let member = team::at_fault(self.family(), team);
                self.fault(member.map_or(0, |member| member.cell), setting.into())
            }
            Fault::Checkpoint(error) => error.into(),
        }
    }
}

/// Calls `work` with a scope of a pool or, without one, of the pool that the calling thread is in.
fn in_scope<'s, R>(pool: Option<&ThreadPool>, work: impl FnOnce(&Scope<'s>) -> R) -> R {
    match pool {
        Some(pool) => pool.in_place_scope(work),
        None => rayon::in_place_scope(work),
    }
}
