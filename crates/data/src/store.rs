//! The on-disk store: a dataset in one file, read where it lies.
//!
//! A store holds a [`Dataset`] as memory does: a header, then the numbers of each part, little-endian
//! and aligned, so that a file is mapped and used as it is. Opening one looks at the header alone;
//! pages are read when they are first touched and dropped when memory is short.
//!
//! | byte | bytes | what |
//! |---|---|---|
//! | 0 | 8 | signature `89 53 47 53 0D 0A 1A 0A` |
//! | 8 | 4 | version, 1 |
//! | 12 | 4 | labels: 0 for −1 and 1; 1 for labels that were 0 and 1 in text, stored as −1 and 1; 2 for real numbers; 3 for the two labels below, stored as −1 and 1; 4 for labels of classes, as written |
//! | 16 | 8 | rows n |
//! | 24 | 8 | signal columns d |
//! | 32 | 8 | tail columns |
//! | 40 | 8 | non-zeros of the tail, z |
//! | 48 | 8 | α as a double; 0 where rows have no memorization column |
//! | 56 | 8 | 1 where there is a tail, else 0 |
//! | 64 | 5 × 40 | each section's name (16), first byte (8), bytes (8), CRC-32 (4), zeros (4) |
//! | 264 | 8 | the labels that were −1 and 1 in text, 32-bit integers, where labels are 3, else zeros |
//! | 272 | 44 | zeros |
//! | 316 | 4 | CRC-32 of the 316 bytes before |
//! | 320 | 8·n·d | `signal`: doubles, row by row |
//! | next multiple of 64 | 8·n | `targets`: doubles |
//! | next multiple of 64 | 8·(n + 1), or none | `row_starts`: 64-bit integers, positions in the next two |
//! | next multiple of 64 | 4·z | `columns`: 32-bit integers, from 0, ascending within a row |
//! | next multiple of 64 | 8·z | `values`: doubles |
//!
//! CRC-32 is that of gzip: it sees every change within 32 bits in a row, and what computes it runs at
//! the speed of memory.
//!
//! ```
//! use sparsegrok_data::{Store, SyntheticSpec, generate, store, svmlight::Labels};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("toy.sgs");
//! let rows = generate(&SyntheticSpec::default())?.train;
//! store::write(std::fs::File::create(&path)?, &rows, Labels::Sign)?;
//!
//! let store = Store::open(&path)?;
//! store.verify()?;
//! assert_eq!(store.dataset()?.row(7), rows.row(7));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod layout;
#[cfg(test)]
mod tests;
mod write;

pub use error::{StoreError, StoreFault};
pub use write::write;

use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use bytemuck::{Pod, pod_read_unaligned};
use rayon::prelude::*;

use crate::csr::{Csr, CsrError};
use crate::dataset::{Dataset, DatasetError, Features, TargetKind, all_finite, check_targets};
use crate::input::Input;
use crate::shared::{self, Mapping, SharedSlice};
use crate::svmlight::Labels;
pub(crate) use layout::SIGNATURE;
use layout::{HEADER, HEADER_CHECKSUM, Header, Located, NAMES, SECTIONS, VERSION};

/// Bytes that one thread takes the checksum of at a time.
const CHUNK: usize = 1 << 22;

/// True if this machine stores numbers as the file does.
const MACHINE: bool = cfg!(all(target_endian = "little", target_pointer_width = "64"));

/// An open store: a mapped file whose header has been checked.
#[derive(Clone, Debug)]
pub struct Store {
    file: String,
    map: Arc<Mapping>,
    header: Header,
    extents: [Range<u64>; SECTIONS],
}

impl Store {
    /// Opens a store: checks its signature, version, header checksum, shape, the place of every
    /// section and the file's size. `Time: O(1)`; the sections themselves are not looked at.
    ///
    /// The file must not be written to or cut short while it is open: its numbers would change under
    /// the reader, or the system would end the process (SIGBUS). Replacing it by a new file of its name, as
    /// this project writes files, does no harm.
    ///
    /// # Errors
    /// The first [`StoreError`] met.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let input = Input::open(path).map_err(|error| StoreError::Io {
            file: Input::name_of(path),
            error,
        })?;
        Self::of(input, u64::MAX)
    }

    /// Opens a store as [`open`](Self::open) does. One that is no regular file is read into memory, unless it
    /// takes more than `most_memory` bytes.
    ///
    /// # Errors
    /// The first [`StoreError`] met.
    pub fn of(input: Input, most_memory: u64) -> Result<Self, StoreError> {
        let file = input.name().to_owned();
        if !MACHINE {
            return Err(StoreError::Machine { file });
        }
        let io = |error| StoreError::Io {
            file: file.clone(),
            error,
        };
        let fault = |(section, offset, fault): Located| StoreError::Fault {
            file: file.clone(),
            section,
            offset: offset as u64,
            fault,
        };
        let map = match input.regular_file() {
            Some(file) => shared::map(file).map_err(io)?,
            None => {
                let mut input = input;
                let mut start = Vec::new();
                let header = input.by_ref().take(HEADER as u64).read_to_end(&mut start);
                header.map_err(io)?;
                let header = check_header(&start).map_err(fault)?;
                let extents = header.check().map_err(fault)?;
                let bytes = extents[SECTIONS - 1].end;
                if bytes > most_memory {
                    return Err(StoreError::Memory { file, bytes });
                }
                let (map, found) = Mapping::read(&start, bytes as usize, &mut input).map_err(io)?;
                let more = io::copy(&mut input.take(1), &mut io::sink()).map_err(io)?;
                check_size(found as u64 + more, bytes).map_err(fault)?;
                map
            }
        };
        let header = check_header(&map).map_err(fault)?;
        let extents = header.check().map_err(fault)?;
        check_size(map.len() as u64, extents[SECTIONS - 1].end).map_err(fault)?;
        Ok(Self {
            file,
            map: Arc::new(map),
            header,
            extents,
        })
    }

    /// CRC-32 of the header, which has the checksums of all else: it is that of the store's content once
    /// [`verify`](Self::verify) has found that right.
    pub fn sum(&self) -> u32 {
        self.header.checksum
    }

    /// The form of the targets in text.
    pub fn labels(&self) -> Labels {
        self.header.labels().expect("checked when opened")
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.header.rows as usize
    }

    /// Checks the bytes of every section against its checksum, and the numbers for all that a
    /// [`Dataset`] promises. `Time: O(bytes)` over the threads of the current rayon pool.
    ///
    /// # Errors
    /// The first section whose checksum is wrong, or the first number out of place.
    pub fn verify(&self) -> Result<(), StoreError> {
        for (k, extent) in self.extents.iter().enumerate() {
            let found = checksum(&self.map[extent.start as usize..extent.end as usize]);
            let expected = self.header.sections[k].checksum;
            if found != expected {
                return Err(self.fault(k, StoreFault::Checksum { found, expected }));
            }
        }
        let data = self.dataset()?;
        let features = data.features();
        let at = |section, error| self.fault(section, StoreFault::Data(error));
        all_finite("signal value", features.signal_block()).map_err(|error| at(0, error))?;
        check_targets(data.targets(), data.target_kind()).map_err(|error| at(1, error))?;
        features
            .tail()
            .map_or(Ok(()), Csr::check_values)
            .map_err(|error| at(4, error.into()))
    }

    /// The rows. They share the map, which lasts as long as any of them.
    ///
    /// `Time: O(1)` without a tail. With one, the start of each row and the numbers of its columns are checked
    /// first, in `O(rows + nnz)`, so that no reader of rows can read out of bounds. [`verify`](Self::verify)
    /// checks the rest: that numbers are finite and signs are ±1.
    ///
    /// # Errors
    /// When a row of the tail is not valid; the error names the first.
    pub fn dataset(&self) -> Result<Dataset, StoreError> {
        let header = &self.header;
        let tail = match header.has_tail {
            0 => None,
            _ => {
                let csr = Csr::from_parts(
                    header.tail_width as usize,
                    self.column(2),
                    self.column(3),
                    self.column(4),
                );
                Some(csr.map_err(|error| {
                    let section = match error {
                        CsrError::Order { .. } | CsrError::Range { .. } => 3,
                        _ => 2,
                    };
                    self.fault(section, StoreFault::Data(error.into()))
                })?)
            }
        };
        let features = Features::from_parts(
            self.rows(),
            header.signal_width as usize,
            self.column(0),
            tail,
        );
        Ok(Dataset::from_parts(
            features,
            self.column(1),
            self.labels().target_kind(),
            header.memorization(),
        ))
    }

    /// The rows with targets of the kind asked for: labels −1 and 1 and those of classes may be taken for real
    /// numbers, and two labels for classes.
    /// `Time:` as [`dataset`](Self::dataset); where two labels become classes, `O(rows)` more.
    ///
    /// # Errors
    /// As [`dataset`](Self::dataset), and where real numbers should be labels, classes two labels, or labels
    /// that were 0 and 1 real numbers.
    pub fn dataset_with(&self, targets: TargetKind) -> Result<Dataset, StoreError> {
        let found = match (self.labels(), targets) {
            (Labels::Real, TargetKind::Sign | TargetKind::Class) => "real numbers",
            (Labels::Classes, TargetKind::Sign) => "labels of classes, which `--labels all` takes",
            (Labels::ZeroOne | Labels::Named(_), TargetKind::Class) => {
                let pair = self.labels().pair().expect("two labels");
                let rows = self.dataset()?;
                let label = |&y: &f64| f64::from(pair.of(y));
                let labels = rows.targets().iter().map(label).collect();
                return Ok(rows.with_targets(labels, targets));
            }
            (Labels::ZeroOne, TargetKind::Real) => "labels that were 0 and 1",
            (Labels::Named(_), TargetKind::Real) => "labels that were others than -1 and 1",
            _ => return Ok(self.dataset()?.with_target_kind(targets)),
        };
        Err(StoreError::Targets {
            file: self.file.clone(),
            found,
            expected: targets,
        })
    }

    /// The numbers of a section.
    fn column<T: Pod + Send + Sync>(&self, section: usize) -> SharedSlice<T> {
        let extent = &self.extents[section];
        SharedSlice::mapped(&self.map, extent.start as usize..extent.end as usize)
            .expect("sections lie within the file, aligned, whole: checked when it was opened")
    }

    /// A fault in a section: at its start, or at the double that it names.
    fn fault(&self, section: usize, fault: StoreFault) -> StoreError {
        let within = match fault {
            StoreFault::Data(
                DatasetError::NotFinite { index, .. }
                | DatasetError::Sign { index, .. }
                | DatasetError::Class { index, .. },
            ) => 8 * index as u64,
            _ => 0,
        };
        StoreError::Fault {
            file: self.file.clone(),
            section: NAMES[section],
            offset: self.extents[section].start + within,
            fault,
        }
    }
}

/// CRC-32 of bytes, over the threads of the current rayon pool.
fn checksum(bytes: &[u8]) -> u32 {
    let of_chunk = |chunk: &[u8]| {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(chunk);
        hasher
    };
    let chunks: Vec<_> = bytes.par_chunks(CHUNK).map(of_chunk).collect();
    let mut whole = crc32fast::Hasher::new();
    chunks.iter().for_each(|chunk| whole.combine(chunk));
    whole.finalize()
}

/// The header of a file, intact.
fn check_header(file: &[u8]) -> Result<Header, Located> {
    let start = &file[..file.len().min(SIGNATURE.len())];
    if start != SIGNATURE {
        return Err(("header", 0, StoreFault::Signature));
    }
    let Some(bytes) = file.get(..HEADER) else {
        let fault = StoreFault::Size {
            found: file.len() as u64,
            expected: HEADER as u64,
        };
        return Err(("header", file.len(), fault));
    };
    let header: Header = pod_read_unaligned(bytes);
    if header.version != VERSION {
        let fault = StoreFault::Version {
            found: header.version,
            expected: VERSION,
        };
        return Err(("header", SIGNATURE.len(), fault));
    }
    let (found, expected) = (crc32fast::hash(&bytes[..HEADER_CHECKSUM]), header.checksum);
    if found != expected {
        let fault = StoreFault::Checksum { found, expected };
        return Err(("header", HEADER_CHECKSUM, fault));
    }
    Ok(header)
}

/// Refuses a file of another size than its header says.
fn check_size(found: u64, expected: u64) -> Result<(), Located> {
    match found == expected {
        true => Ok(()),
        false => {
            let fault = StoreFault::Size { found, expected };
            Err(("end of file", found.min(expected) as usize, fault))
        }
    }
}
