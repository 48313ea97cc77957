//! The circumstances in which a study was run: they may differ from one run of it to the next.

use std::time::Duration;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use sparsegrok_kernel::KernelChoice;

use crate::group::Group;
use crate::study::Study;

/// Numbers of runs by the form in which they were trained, in words.
pub type Forms = IndexMap<String, u64>;

/// The circumstances in which a study was run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this package.
    pub version: String,
    /// Architecture and operating system.
    pub target: String,
    /// The processor's name, where the system tells.
    pub cpu: Option<String>,
    /// The instruction-set level.
    pub simd: String,
    /// Runs each kernel trained.
    pub kernels: Kernels,
    /// Runs that were trained in each form: those of the process that wrote this, and of the shards that were merged. Runs
    /// that an earlier process had finished are not among them.
    #[serde(default)]
    pub forms: Forms,
    /// Threads that ran it.
    pub threads: usize,
    /// Cells of its grid.
    pub cells: usize,
    /// Runs that came to their end.
    pub runs: u64,
    /// Runs there were to be.
    pub runs_planned: u64,
    /// True if all runs planned were made.
    pub complete: bool,
    /// The time it began, in seconds since 1970.
    pub started_unix_seconds: u64,
    /// Time it took, in seconds. For a study that was interrupted, this leaves out the time until it was
    /// resumed, and the time from the last group finished to the interruption.
    pub wall_seconds: f64,
    /// Updates made, summed over runs.
    pub seed_steps: u64,
    /// Updates per second.
    pub seed_steps_per_second: f64,
}

/// Runs trained by each kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each is the kernel it is named for")]
pub struct Kernels {
    pub scalar: u64,
    pub lanes: u64,
    pub dense: u64,
}

/// Totals over the groups written to tables: kernels used, runs, and updates.
#[derive(Clone, Debug, Default)]
pub(crate) struct Made {
    pub(crate) kernels: Kernels,
    pub(crate) runs: u64,
    pub(crate) seed_steps: u64,
}

impl Kernels {
    pub(crate) fn count(&mut self, group: &Group) {
        let runs = group.records.len() as u64;
        match group.kernel {
            KernelChoice::Lanes => self.lanes += runs,
            KernelChoice::Dense => self.dense += runs,
            // A group's kernel is never `Auto`: that has been resolved.
            KernelChoice::Scalar | KernelChoice::Auto => self.scalar += runs,
        }
    }
}

impl Made {
    /// Counts a group.
    pub(crate) fn count(&mut self, group: &Group) {
        self.kernels.count(group);
        self.seed_steps += group.seed_steps;
        self.runs += group.records.len() as u64;
    }
}

impl Manifest {
    pub(crate) fn new(
        study: &Study,
        made: &Made,
        (threads, forms): (usize, &Forms),
        (started_unix_seconds, wall): (u64, Duration),
    ) -> Self {
        let wall_seconds = wall.as_secs_f64();
        let level = study.config().engine.simd.level();
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            target: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
            cpu: cpu_model(),
            simd: level.map_or_else(|_| String::new(), |level| level.to_string()),
            // Of runs that another program trained, no kernel is known.
            kernels: match study.is_foreign() {
                true => Kernels::default(),
                false => made.kernels,
            },
            forms: forms.clone(),
            threads,
            cells: study.cells().len(),
            runs: made.runs,
            runs_planned: study.runs(),
            complete: made.runs == study.runs(),
            started_unix_seconds,
            wall_seconds,
            seed_steps: made.seed_steps,
            seed_steps_per_second: made.seed_steps as f64 / wall_seconds.max(1e-9),
        }
    }
}

/// The processor's name, where the system tells.
fn cpu_model() -> Option<String> {
    let info = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
