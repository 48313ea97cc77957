//! The layout of a store.

use std::mem::offset_of;
use std::ops::Range;

use bytemuck::{Pod, Zeroable};

use super::StoreFault;
use crate::dataset::Dataset;
use crate::svmlight::{LabelPair, Labels};

/// First bytes of a store. Text never begins so, nor does gzip; carriage return and line feeds tell
/// a transfer that took the file for text, as in PNG.
pub(crate) const SIGNATURE: [u8; 8] = *b"\x89SGS\r\n\x1a\n";

/// The version that is written and read.
pub(super) const VERSION: u32 = 1;

/// Sections begin on multiples of this many bytes: cache lines.
const ALIGNMENT: u64 = 64;

/// Bytes of the header.
pub(super) const HEADER: usize = size_of::<Header>();

/// The header's own checksum: its position and so the number of bytes that it covers.
pub(super) const HEADER_CHECKSUM: usize = offset_of!(Header, checksum);

/// Number of sections.
pub(super) const SECTIONS: usize = 5;

/// The sections' names, in their order.
pub(super) const NAMES: [&str; SECTIONS] = ["signal", "targets", "row_starts", "columns", "values"];

/// The beginning of a store. All numbers are little-endian.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Header {
    pub(super) signature: [u8; 8],
    pub(super) version: u32,
    /// 0: labels −1 and 1; 1: labels that were 0 and 1 in text; 2: real numbers; 3: the labels named;
    /// 4: labels of classes.
    pub(super) labels: u32,
    pub(super) rows: u64,
    pub(super) signal_width: u64,
    pub(super) tail_width: u64,
    pub(super) tail_nonzeros: u64,
    /// Bits of α; 0 where rows have no memorization column.
    pub(super) memorization: u64,
    /// 1 where there is a tail, else 0.
    pub(super) has_tail: u64,
    pub(super) sections: [Section; SECTIONS],
    /// The labels that were −1 and 1 in text, where these are others; else zeros.
    pub(super) named: [i32; 2],
    /// Zeros.
    reserved: [u32; 11],
    /// CRC-32 of all bytes before it.
    pub(super) checksum: u32,
}

/// A section's place and the checksum of its bytes.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Section {
    /// The section's name, in ASCII, padded with zeros.
    pub(super) name: [u8; 16],
    /// First byte, counted from the file's first.
    pub(super) offset: u64,
    /// Number of bytes.
    pub(super) length: u64,
    /// CRC-32 of its bytes.
    pub(super) checksum: u32,
    /// Zero.
    reserved: u32,
}

/// A fault of a file: its part, the position there, and the fault.
pub(super) type Located = (&'static str, usize, StoreFault);

impl Header {
    /// The header of a dataset, but for the sections' checksums and its own.
    pub(super) fn of(data: &Dataset, labels: Labels) -> Self {
        let features = data.features();
        let tail = features.tail();
        let (labels, named) = match labels {
            Labels::Sign => (0, [0; 2]),
            Labels::ZeroOne => (1, [0; 2]),
            Labels::Real => (2, [0; 2]),
            Labels::Named(pair) => (3, [pair.negative(), pair.positive()]),
            Labels::Classes => (4, [0; 2]),
        };
        let mut header = Self {
            signature: SIGNATURE,
            version: VERSION,
            labels,
            named,
            rows: data.len() as u64,
            signal_width: features.signal_width() as u64,
            tail_width: features.tail_width() as u64,
            tail_nonzeros: tail.map_or(0, |tail| tail.nnz() as u64),
            memorization: data.memorization().map_or(0, f64::to_bits),
            has_tail: u64::from(tail.is_some()),
            ..Self::zeroed()
        };
        let extents = header.extents().expect("what fits in memory fits a file");
        for ((section, name), extent) in header.sections.iter_mut().zip(NAMES).zip(extents) {
            section.name = padded(name);
            section.offset = extent.start;
            section.length = extent.end - extent.start;
        }
        header
    }

    /// The form of the targets in text.
    pub(super) fn labels(&self) -> Option<Labels> {
        match (self.labels, self.named) {
            (0, [0, 0]) => Some(Labels::Sign),
            (1, [0, 0]) => Some(Labels::ZeroOne),
            (2, [0, 0]) => Some(Labels::Real),
            (4, [0, 0]) => Some(Labels::Classes),
            (3, [negative, positive]) => LabelPair::new(negative, positive).map(Labels::Named),
            _ => None,
        }
    }

    /// Returns true if the bytes that version 1 has no use for are zero.
    fn is_plain(&self) -> bool {
        let sections = self.sections.iter().all(|section| section.reserved == 0);
        sections && self.reserved.iter().all(|&word| word == 0)
    }

    /// The value α of memorization columns, where there are any.
    pub(super) fn memorization(&self) -> Option<f64> {
        (self.memorization != 0).then(|| f64::from_bits(self.memorization))
    }

    /// The bytes of each section, as the shape of the data puts them; `None` beyond 2⁶⁴.
    pub(super) fn extents(&self) -> Option<[Range<u64>; SECTIONS]> {
        let starts = match self.has_tail {
            0 => 0,
            _ => self.rows.checked_add(1)?,
        };
        let lengths = [
            self.rows.checked_mul(self.signal_width)?.checked_mul(8)?,
            self.rows.checked_mul(8)?,
            starts.checked_mul(8)?,
            self.tail_nonzeros.checked_mul(4)?,
            self.tail_nonzeros.checked_mul(8)?,
        ];
        let mut end = HEADER as u64;
        let mut extents = [const { 0..0 }; SECTIONS];
        for (extent, length) in extents.iter_mut().zip(lengths) {
            let start = end.checked_next_multiple_of(ALIGNMENT)?;
            end = start.checked_add(length)?;
            *extent = start..end;
        }
        Some(extents)
    }

    /// Checks everything that a header can say wrongly, and returns the sections' bytes. `Time: O(1)`
    pub(super) fn check(&self) -> Result<[Range<u64>; SECTIONS], Located> {
        // A field's name and place come from the same word, so that they cannot disagree.
        macro_rules! field {
            ($field:ident, $holds:expr, $found:expr, $expected:literal) => {
                (
                    $holds,
                    offset_of!(Self, $field),
                    stringify!($field),
                    $found,
                    $expected,
                )
            };
        }
        let scale = f64::from_bits(self.memorization);
        let extents = self.extents();
        for (holds, at, field, found, expected) in [
            field!(
                labels,
                self.labels < 5,
                self.labels.to_string(),
                "0, 1, 2, 3 or 4"
            ),
            field!(
                named,
                self.labels().is_some(),
                format!("{:?}", self.named),
                "two labels where `labels` is 3, else zeros"
            ),
            field!(
                rows,
                (1..u64::from(u32::MAX)).contains(&self.rows),
                self.rows.to_string(),
                "a number between 1 and 2^32 - 2"
            ),
            field!(
                tail_width,
                u32::try_from(self.tail_width).is_ok(),
                self.tail_width.to_string(),
                "a number below 2^32"
            ),
            field!(
                has_tail,
                self.has_tail < 2,
                self.has_tail.to_string(),
                "0 or 1"
            ),
            field!(
                tail_width,
                self.has_tail == 1 || self.tail_width == 0,
                self.tail_width.to_string(),
                "0 without a tail"
            ),
            field!(
                tail_nonzeros,
                self.has_tail == 1 || self.tail_nonzeros == 0,
                self.tail_nonzeros.to_string(),
                "0 without a tail"
            ),
            field!(
                memorization,
                scale.is_finite() && (scale != 0.0 || self.memorization == 0),
                scale.to_string(),
                "a finite number, 0 for none"
            ),
            field!(
                signal_width,
                extents.is_some(),
                self.signal_width.to_string(),
                "a width that files can hold"
            ),
            field!(
                reserved,
                self.is_plain(),
                "not all zero".to_owned(),
                "zeros"
            ),
        ] {
            if !holds {
                let fault = StoreFault::Field {
                    field,
                    found,
                    expected,
                };
                return Err(("header", at, fault));
            }
        }
        let extents = extents.expect("checked just now");
        for (k, (section, extent)) in self.sections.iter().zip(&extents).enumerate() {
            let said = (section.name, section.offset, section.length);
            let length = extent.end - extent.start;
            if said != (padded(NAMES[k]), extent.start, length) {
                let at = offset_of!(Header, sections) + k * size_of::<Section>();
                let name = String::from_utf8_lossy(&section.name);
                let described = |name: &str, offset, length| {
                    format!("section `{name}` of {length} bytes from byte {offset}")
                };
                let found = name.trim_end_matches('\0').escape_debug().to_string();
                return Err((
                    NAMES[k],
                    at,
                    StoreFault::Section {
                        found: described(&found, section.offset, section.length),
                        expected: described(NAMES[k], extent.start, length),
                    },
                ));
            }
        }
        Ok(extents)
    }
}

/// A name as a section's entry has it.
fn padded(name: &str) -> [u8; 16] {
    let mut padded = [0; 16];
    padded[..name.len()].copy_from_slice(name.as_bytes());
    padded
}
