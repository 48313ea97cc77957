//! Errors of reading stores.

use std::io;

use crate::dataset::{DatasetError, TargetKind};

/// An error of reading a store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file could not be read at all.
    #[error("{file}: the store cannot be read: {error}")]
    Io {
        /// The file's name.
        file: String,
        /// The system's error.
        error: io::Error,
    },
    /// A part of the file is not as it should be.
    #[error("{file}: {section} at byte {offset}: {fault}")]
    Fault {
        /// The file's name.
        file: String,
        /// The part of the file: its header, a section, or its end.
        section: &'static str,
        /// First byte of the faulty part.
        offset: u64,
        /// The fault there.
        fault: StoreFault,
    },
    /// A store that cannot be mapped, as it comes through a pipe, does not fit the memory there is.
    #[error(
        "{file}: the store takes {:.2} GiB, more memory than there is: expected a file, which is read \
         where it lies", *bytes as f64 / f64::from(1 << 30)
    )]
    Memory {
        /// The file's name.
        file: String,
        /// Bytes of the store.
        bytes: u64,
    },
    /// The targets are of another kind than the one asked for.
    #[error("{file}: targets are {found}, expected {}", expected_targets(*expected))]
    Targets {
        /// The file's name.
        file: String,
        /// The kind of the targets.
        found: &'static str,
        /// The kind they should be of.
        expected: TargetKind,
    },
    /// The machine does not store numbers as the file does.
    #[error("{file}: stores are read on little-endian machines of 64 bits only")]
    Machine {
        /// The file's name.
        file: String,
    },
}

fn expected_targets(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::Sign => "labels -1 and 1",
        TargetKind::Class => "labels: import the text without --real",
        TargetKind::Real => "real numbers: import the text with --real",
    }
}

/// A fault of a part of a store.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreFault {
    /// The file does not begin as stores do.
    #[error("found other bytes, expected the signature of a store")]
    Signature,
    /// The file's version is not ours.
    #[error("version {found}, expected {expected}")]
    Version {
        /// The file's version.
        found: u32,
        /// The version that is read.
        expected: u32,
    },
    /// The bytes are not those that were written.
    #[error("checksum {found:08x}, expected {expected:08x}")]
    Checksum {
        /// The checksum of the bytes found.
        found: u32,
        /// The checksum of the bytes written.
        expected: u32,
    },
    /// The file is shorter or longer than its header says.
    #[error("the file has {found} bytes, expected {expected}")]
    Size {
        /// Bytes there are.
        found: u64,
        /// Bytes there should be.
        expected: u64,
    },
    /// A number in the header is out of range.
    #[error("`{field}` is {found}, expected {expected}")]
    Field {
        /// The number's name.
        field: &'static str,
        /// The number, as written: not every one fits the same type.
        found: String,
        /// The values it may have.
        expected: &'static str,
    },
    /// A section is not where the shape of the data puts it.
    #[error("found {found}, expected {expected}")]
    Section {
        /// The header's figure for the section.
        found: String,
        /// The figure that follows from the shape of the data.
        expected: String,
    },
    /// The numbers do not make a dataset.
    #[error(transparent)]
    Data(DatasetError),
}
