//! Writing a store.

use std::borrow::Cow;
use std::io::{self, Write};

use bytemuck::{bytes_of, cast_slice};

use super::layout::{HEADER_CHECKSUM, Header, SECTIONS};
use crate::csr::Indices;
use crate::dataset::Dataset;
use crate::svmlight::Labels;

/// Writes a dataset as a store; `labels` says what its targets were in text. `Time: O(bytes)`; the numbers
/// are read twice, for the header's checksums and to be written. Row starts and columns that are of another
/// width than the file's are copied first.
///
/// The same dataset gives the same bytes. The writer need not support seeking. A caller that wants the file
/// to appear only when complete writes it under another name and renames it.
///
/// # Errors
/// When writing fails, when there are no rows or `labels` are not of the targets' kind, or on a machine that
/// is not little-endian with 64 bits, as the file's numbers are.
pub fn write(mut writer: impl Write, data: &Dataset, labels: Labels) -> io::Result<()> {
    if !super::MACHINE {
        let message = "stores are written on little-endian machines of 64 bits only";
        return Err(io::Error::new(io::ErrorKind::Unsupported, message));
    }
    if data.is_empty() || labels.target_kind() != data.target_kind() {
        let message = "a store has rows, and labels of their targets' kind";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    let features = data.features();
    let (row_starts, columns, values) = features.tail().map_or_else(Default::default, |tail| {
        (tail.row_starts(), tail.indices(), tail.values())
    });
    let (row_starts, columns) = (as_positions(row_starts), as_columns(columns));
    let sections: [&[u8]; SECTIONS] = [
        cast_slice(features.signal_block()),
        cast_slice(data.targets()),
        cast_slice(&row_starts),
        cast_slice(&columns),
        cast_slice(values),
    ];
    let mut header = Header::of(data, labels);
    for (section, bytes) in header.sections.iter_mut().zip(sections) {
        section.checksum = crc32fast::hash(bytes);
    }
    header.checksum = crc32fast::hash(&bytes_of(&header)[..HEADER_CHECKSUM]);

    writer.write_all(bytes_of(&header))?;
    let mut written = size_of::<Header>() as u64;
    for (section, bytes) in header.sections.iter().zip(sections) {
        // Less than a cache line.
        let padding = [0; 64];
        writer.write_all(&padding[..(section.offset - written) as usize])?;
        writer.write_all(bytes)?;
        written = section.offset + section.length;
    }
    writer.flush()
}

/// Row starts of the file's width.
fn as_positions(starts: Indices<'_>) -> Cow<'_, [usize]> {
    match starts {
        Indices::Usize(starts) => starts.into(),
        Indices::U32(_) => starts.iter().collect(),
    }
}

/// Columns of the file's width, which holds those of every matrix.
fn as_columns(columns: Indices<'_>) -> Cow<'_, [u32]> {
    match columns {
        Indices::U32(columns) => columns.into(),
        Indices::Usize(_) => columns.iter().map(|column| column as u32).collect(),
    }
}
