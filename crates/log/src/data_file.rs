//! The identity of a data file that work reads.

use std::path::PathBuf;

/// The settings that name data files.
pub(crate) const DATA_FILES: [&str; 3] = ["train", "test", "sample_weights"];

/// A data file as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFile {
    /// The setting that names it: `train`, `test` or `sample_weights`.
    pub key: &'static str,
    /// Its path.
    pub path: PathBuf,
    /// CRC-32 of its bytes; of a store, that of its header, which has the checksums of all else.
    pub sum: u32,
    /// True if it can be read again.
    pub is_regular: bool,
    /// True if it is a store.
    pub is_store: bool,
    /// Columns that its indices make.
    pub columns: usize,
}
