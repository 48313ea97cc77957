//! Runs a study's groups on all cores and hands over their results in order.

use std::collections::VecDeque;
use std::ops::{ControlFlow, Range};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

use rayon::{Scope, ThreadPool};
use sparsegrok_log::{CheckpointError, Unfinished};
use sparsegrok_run::codec::to_bytes;
use sparsegrok_run::memory::{Memory, MemoryError};
use sparsegrok_run::models::AnyData;
use sparsegrok_run::threads::{self, Fewer};
use sparsegrok_run::training::Fault;
use sparsegrok_run::{Event, LoadError};

use crate::group::{self, Group};
use crate::logged::logged_group;
use crate::memory::{AHEAD, of_cell};
use crate::study::Study;

/// The end of a study: the runs there are, and the threads that made them.
#[derive(Clone, Debug, PartialEq)]
pub struct Ran {
    /// Runs handed over, counted from the first.
    pub runs: u64,
    /// Threads that ran them.
    pub threads: usize,
    /// Set where they are fewer than were asked for, as the system allows no more.
    pub fewer: Option<Fewer>,
    /// Data files whose labels were 0 and 1, read as −1 and 1.
    pub zero_one: Vec<PathBuf>,
}

/// The reason why a study did not end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StudyError {
    /// The data of a cell could not be had, or do not fit its training.
    #[error("{}{error}", in_cell(*cell, *cells))]
    Cell {
        /// Number of the cell.
        cell: usize,
        /// Cells of the study.
        cells: usize,
        /// The fault.
        error: LoadError,
    },
    /// A cell needs more memory than the study may take.
    #[error("{}{error}", in_cell(*cell, *cells))]
    Memory {
        /// Number of the cell.
        cell: usize,
        /// Cells of the study.
        cells: usize,
        /// The memory it needs.
        error: MemoryError,
    },
    /// Groups finished or under way could not be kept, or gone on with.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

impl StudyError {
    /// Tells if the machine failed, rather than what was asked for or the content of a file.
    pub fn is_failure(&self) -> bool {
        match self {
            Self::Cell { error, .. } => error.is_failure(),
            Self::Checkpoint(error) => error.is_failure(),
            Self::Memory { .. } => false,
        }
    }
}

fn in_cell(cell: usize, cells: usize) -> String {
    match cells {
        1 => String::new(),
        _ => format!("cell {cell}: "),
    }
}

/// A group to be trained.
struct Work {
    /// Its number in the study.
    number: u64,
    cell: usize,
    seeds: Range<u64>,
    /// The data of all its runs, where they share them.
    data: Option<Arc<AnyData>>,
}

impl Study {
    /// Trains every run and hands over the groups in order, whatever the number of threads.
    ///
    /// `hand_over` is called on the calling thread; it may end the study. So may setting `stop`,
    /// from anywhere: groups in progress then come to their end and are handed over, so that
    /// what was handed over is always the beginning of the study, without a gap.
    ///
    /// Memory: at most four groups a thread are under way or waiting at any time.
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
    /// finished there are taken from it, others go on from where they were. `stop` then ends groups
    /// in progress at the end of an epoch, when they are kept.
    pub(crate) fn run_kept(
        &self,
        unfinished: Option<&Unfinished>,
        stop: &AtomicBool,
        mut hand_over: impl FnMut(Group) -> ControlFlow<()>,
    ) -> Result<Ran, StudyError> {
        // Memory is checked before threads are made: it takes none.
        let threads = threads::wanted(self.config().engine.threads);
        for cell in 0..self.cells().len() {
            self.check_memory(cell, threads, None)?;
        }
        let (pool, made) = threads::pool(threads);
        let threads = pool.as_ref().map_or(1, ThreadPool::current_num_threads);
        // Without threads beside it, this one does the work, each group when it is wanted.
        let ahead = if pool.is_some() { AHEAD * threads } else { 1 };
        let mut todo = self.groups().map(|number| (number, self.group(number)));
        // The cell whose shared data were last checked.
        let mut checked = None;
        let mut runs = 0;
        // Nobody waits any more: groups not begun yet have nothing to do.
        let abandoned = AtomicBool::new(false);
        let unwanted = || stop.load(Ordering::Relaxed) || abandoned.load(Ordering::Relaxed);
        let halt = || match unfinished {
            Some(_) => unwanted(),
            None => abandoned.load(Ordering::Relaxed),
        };
        in_scope(pool.as_ref(), |scope| {
            let mut results = VecDeque::new();
            let mut drive = || loop {
                while results.len() < ahead && !unwanted() {
                    let Some((number, (cell, seeds))) = todo.next() else {
                        break;
                    };
                    let config = &self.cell(cell).config;
                    let data = self.shared_data(config);
                    let data = data.map_err(|error| self.fault(cell, error))?;
                    // What is in files is known only now.
                    if data.is_some() && checked != Some(cell) {
                        self.check_memory(cell, threads, data.as_deref())?;
                        checked = Some(cell);
                    }
                    let work = Work {
                        number,
                        cell,
                        seeds,
                        data,
                    };
                    let (done, result) = mpsc::sync_channel(1);
                    let (unwanted, halt) = (&unwanted, &halt);
                    let task = move || {
                        if unwanted() {
                            return;
                        }
                        if let Some(result) = self.train(&work, unfinished, halt).transpose() {
                            // The receiver is gone only when the result is unwanted.
                            let _ = done.send(result);
                        }
                    };
                    match pool {
                        Some(_) => scope.spawn(move |_| task()),
                        None => task(),
                    }
                    results.push_back(result);
                }
                // A group that did not come to its end before the stop sends nothing.
                let Some(Ok(group)) = results.pop_front().map(|result| result.recv()) else {
                    return Ok(());
                };
                let group = group?;
                runs += group.records.len() as u64;
                if hand_over(group).is_break() {
                    return Ok(());
                }
            };
            let driven = drive();
            abandoned.store(true, Ordering::Relaxed);
            driven
        })
        .map(|()| Ran {
            runs,
            threads,
            fewer: made.err(),
            zero_one: self.zero_one_files(),
        })
    }

    /// Trains a group, or takes it from where it is kept; `None` where it was ended early.
    fn train(
        &self,
        work: &Work,
        unfinished: Option<&Unfinished>,
        halt: &dyn Fn() -> bool,
    ) -> Result<Option<Group>, StudyError> {
        let &Work { number, cell, .. } = work;
        let config = &self.cell(cell).config;
        if let Some(unfinished) = unfinished
            && unfinished.log().contains(number)
        {
            return Ok(Some(logged_group(self, &unfinished.log(), number)?));
        }
        let family = self.family();
        let fault = |error| self.fault(cell, error);
        let seeds = group::seeds_of(config, work.seeds.clone());
        let seeds = seeds.map_err(|error| fault(error.into()))?;
        let shared = work.data.as_ref();
        let data = group::data_of(family, config, &seeds, shared, self.most_memory());
        let data = data.map_err(fault)?;
        let kept_in = unfinished.map(|unfinished| (unfinished, number));
        let mut watch = |event: Event<'_>| match event {
            Event::Epoch(_) if halt() => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        };
        let trained = group::train(family, cell, config, &seeds, &data, kept_in, &mut watch);
        let group = trained.map_err(|error| self.unable(cell, error))?;
        let group = group.continue_value();
        if let (Some(unfinished), Some(group)) = (unfinished, &group) {
            unfinished.add(number, &to_bytes(group))?;
        }
        Ok(group)
    }

    /// Refuses a cell that needs more memory than there is.
    pub(crate) fn check_memory(
        &self,
        cell: usize,
        threads: usize,
        data: Option<&AnyData>,
    ) -> Result<Memory, StudyError> {
        let memory = of_cell(self, cell, threads, data);
        let checked = memory.within(self.most_memory);
        checked.map_err(|error| StudyError::Memory {
            cell,
            cells: self.cells().len(),
            error,
        })?;
        Ok(memory)
    }

    /// The error that a group of a cell could not be trained.
    pub(crate) fn unable(&self, cell: usize, fault: Fault) -> StudyError {
        match fault {
            Fault::Setting(setting) => self.fault(cell, setting.into()),
            Fault::Checkpoint(error) => error.into(),
        }
    }

    pub(crate) fn fault(&self, cell: usize, error: LoadError) -> StudyError {
        StudyError::Cell {
            cell,
            cells: self.cells().len(),
            error,
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
