//! The memory that runs take, computed before they begin.

use std::fmt;
use std::path::Path;

use sparsegrok_config::{Config, Evaluations};
use sparsegrok_kernel::{Figure, FigureSet};
use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use crate::control_group;
use crate::family::AnyData;
use crate::form::Company;
use crate::registry::family_of;

/// Bytes the program takes by itself: its code, its threads' stacks, what is being written.
const PROGRAM: u64 = 8 << 20;

/// Bytes of memory that this process can still have: the machine's, or its control group's.
pub fn available() -> u64 {
    let memory = MemoryRefreshKind::nothing().with_ram();
    let system = System::new_with_specifics(RefreshKind::nothing().with_memory(memory));
    // If the system does not tell its memory, nothing is refused.
    system.map_or(u64::MAX, |system| {
        let group = control_group::available(Path::new("/"));
        system.available_memory().min(group.unwrap_or(u64::MAX))
    })
}

/// Bytes that work holds at its fullest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Training and test rows. Those of a mapped file are not counted: the system can take their
    /// memory back.
    pub data: u64,
    /// Rows as the kernel lays them out, weights and visiting orders.
    pub training: u64,
    /// Evaluations, and what is found in them.
    pub results: u64,
}

impl Memory {
    /// Of a configuration's rows alone, as [`Memory::of_run`] has them before they are read.
    pub fn of_rows(config: &Config) -> Self {
        Self {
            data: Self::of_run(config, None).data,
            ..Self::default()
        }
    }

    /// Of one run. Without its data it is that of the configuration's synthetic ones, or nothing
    /// where they are in files: those tell only when they are read.
    ///
    /// # Panics
    /// When the data are not of the family's own type.
    pub fn of_run(config: &Config, data: Option<&AnyData>) -> Self {
        let family = family_of(config);
        let Some(cost) = family.cost(config, Company::Seeds(1), data) else {
            return Self::default();
        };
        Self {
            data: cost.data,
            // Its weights are kept when it has ended.
            training: cost.training.saturating_add(cost.state),
            results: bytes_of_trace(config, family.figures(), config.output.asked()),
        }
    }

    /// All of it, and the program's own.
    pub fn total(self) -> u64 {
        [self.training, self.results, PROGRAM]
            .into_iter()
            .fold(self.data, u64::saturating_add)
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gib = |bytes: u64| bytes as f64 / f64::from(1 << 30);
        write!(
            f,
            "{:.2} GiB (data {:.2}, training {:.2}, results {:.2})",
            gib(self.total()),
            gib(self.data),
            gib(self.training),
            gib(self.results)
        )
    }
}

/// Work needs more memory than there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this needs about {needed} of memory, and {:.2} GiB are available; take fewer rows or threads, or \
     `--force` it", *available as f64 / f64::from(1 << 30)
)]
pub struct MemoryError {
    /// Memory it needs.
    pub needed: Memory,
    /// Bytes there are.
    pub available: u64,
}

impl Memory {
    /// Refuses what needs more than there is.
    ///
    /// # Errors
    /// When it needs more.
    pub fn within(self, available: u64) -> Result<(), MemoryError> {
        match self.total() <= available {
            true => Ok(()),
            false => Err(MemoryError {
                needed: self,
                available,
            }),
        }
    }
}

/// Plans of at most so many evaluations are made to be counted.
const COUNTED: u64 = 1 << 20;

/// Bytes of a run's whole trace, of a family with these figures that is asked for some of them: epochs, the figures that
/// exist, and a column for all others.
pub fn bytes_of_trace(config: &Config, figures: &[Figure], asked: FigureSet) -> u64 {
    let columns = 2 + columns_there(config, figures, asked);
    evaluations(config).saturating_mul((columns * size_of::<f64>()) as u64)
}

/// The number of a family's figures that exist: four are of test rows, three of the teacher.
pub fn columns_there(config: &Config, figures: &[Figure], asked: FigureSet) -> usize {
    let absent =
        if config.has_test() { 0 } else { 4 } + if config.files.train.is_some() { 3 } else { 0 };
    let computed = figures.iter().filter(|&&figure| asked.computes(figure));
    computed.count().saturating_sub(absent)
}

/// Evaluations of a run; of very many, no fewer than there are.
pub fn evaluations(config: &Config) -> u64 {
    let (evaluate, epochs) = (&config.evaluate, config.train.epochs);
    let most = match evaluate.evaluations {
        Evaluations::Points(points) => points.min(epochs),
        Evaluations::Every(every) => epochs / every.max(1),
    };
    match most <= COUNTED {
        true => evaluate.plan(epochs).epochs().len() as u64,
        false => most.saturating_add(2),
    }
}
