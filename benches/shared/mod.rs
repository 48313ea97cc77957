//! Code that the benches share.

#![allow(dead_code, reason = "each bench takes its part")]

pub(crate) mod growth;
pub(crate) mod network;
pub(crate) mod pairs;
pub(crate) mod rows;
pub(crate) mod textbook;
pub(crate) mod toy;
pub(crate) mod workers;

use std::time::Duration;

use criterion::Criterion;

/// Tells if the benches are only tried: `cargo bench --benches -- --test`.
pub(crate) fn tried() -> bool {
    std::env::args().any(|arg| arg == "--test")
}

/// Criterion with short measurements: work that is to be compared takes turns instead ([`pairs`]).
pub(crate) fn short() -> Criterion {
    Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(600))
        .nresamples(2000)
}
