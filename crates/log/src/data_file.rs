//! The identity of a file that work reads.

use std::path::PathBuf;

/// The settings that name files which results depend on.
pub(crate) const DATA_FILES: [&str; 4] = ["train", "test", "sample_weights", "continue_from"];

/// A file of data, or of a model to begin with, as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFile {
    /// The setting that names it: `train`, `test`, `sample_weights` or `continue_from`.
    pub key: &'static str,
    /// Its path.
    pub path: PathBuf,
    /// CRC-32 of its bytes; of a store, that of its header, which has the checksums of all else.
    pub sum: u32,
    /// True if it can be read again.
    pub is_regular: bool,
    /// True if it is a store.
    pub is_store: bool,
    /// Columns that its indices make, or that a model has weights of.
    pub columns: usize,
}
