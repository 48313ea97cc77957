//! How a study was run: what may differ from one run of it to the next.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use sparsegrok_kernel::KernelChoice;

use crate::study::Study;
use crate::study::group::Group;

/// The manifest, as it is written.
#[derive(Serialize)]
pub(super) struct Manifest {
    version: &'static str,
    target: String,
    cpu: Option<String>,
    simd: String,
    /// Runs each kernel trained.
    kernels: Kernels,
    threads: usize,
    cells: usize,
    runs: u64,
    runs_planned: u64,
    complete: bool,
    started_unix_seconds: u64,
    wall_seconds: f64,
    seed_steps: u64,
    seed_steps_per_second: f64,
}

/// Runs trained by each kernel.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Kernels {
    scalar: u64,
    lanes: u64,
    dense: u64,
}

impl Kernels {
    pub(super) fn count(&mut self, group: &Group) {
        let runs = group.records.len() as u64;
        match group.kernel {
            KernelChoice::Lanes => self.lanes += runs,
            KernelChoice::Dense => self.dense += runs,
            // A group's kernel is never `Auto`: that has been resolved.
            KernelChoice::Scalar | KernelChoice::Auto => self.scalar += runs,
        }
    }
}

impl Manifest {
    pub(super) fn new(
        study: &Study,
        kernels: Kernels,
        threads: usize,
        runs: u64,
        seed_steps: u64,
        wall: Duration,
    ) -> Self {
        let wall_seconds = wall.as_secs_f64();
        let started = SystemTime::now().checked_sub(wall).unwrap_or(UNIX_EPOCH);
        let level = study.config().engine.simd.level();
        Self {
            version: env!("CARGO_PKG_VERSION"),
            target: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
            cpu: cpu_model(),
            simd: level.map_or_else(|_| String::new(), |level| level.to_string()),
            kernels,
            threads,
            cells: study.cells().len(),
            runs,
            runs_planned: study.runs(),
            complete: runs == study.runs(),
            started_unix_seconds: started
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| since.as_secs()),
            wall_seconds,
            seed_steps,
            seed_steps_per_second: seed_steps as f64 / wall_seconds.max(1e-9),
        }
    }
}

/// The processor's name, where the system tells.
fn cpu_model() -> Option<String> {
    let info = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
