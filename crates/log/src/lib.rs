//! Work that can be interrupted at any moment: the log of its finished groups, and the progress of the others.
//!
//! A folder ([`Unfinished`]) holds the [`Log`], which only grows, and a file for each group under way,
//! replaced from time to time ([`CheckpointEvery`](sparsegrok_config::CheckpointEvery)). All are of one format:
//! frames, each with its length and checksum (`frames`), around little-endian numbers ([`bytes`]). The content of
//! a group is bytes here; those who train it know their meaning.

pub mod bytes;
mod data_file;
mod error;
pub mod files;
mod foreign;
mod frames;
mod header;
mod log;
mod outputs;
mod shard;
mod under_way;
mod unfinished;
mod work;

pub use data_file::DataFile;
pub use error::{CheckpointError, Damage};
pub use foreign::{ForeignAxis, ForeignCell, ForeignRuns};
pub use frames::begin_a_log;
pub use header::{Difference, Header};
pub use log::{LOG, Log, Opened};
pub use outputs::Outputs;
pub use shard::{ParseShardError, Shard};
pub use unfinished::Unfinished;
pub use work::Work;
