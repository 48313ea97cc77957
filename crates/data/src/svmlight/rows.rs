//! The rows of a piece of text.

use std::collections::TryReserveError;

use memchr::memchr;

use super::line::{self, Located};
use super::read::CHUNK;
use super::{Fault, LabelPair, Labels, Options, Parsed};
use crate::csr::Csr;
use crate::dataset::{TargetKind, is_class_label};

/// The rows read so far.
pub(super) struct Rows {
    targets: Vec<f64>,
    labels: LabelCheck,
    indptr: Vec<usize>,
    pairs: line::Pairs,
    columns: usize,
    /// Lines read so far, with and without a row.
    lines: u64,
}

/// The check of targets against the kind asked for and the labels met so far.
#[derive(Clone, Copy)]
struct LabelCheck {
    kind: TargetKind,
    /// The two labels of the file, where they were named.
    named: Option<LabelPair>,
    /// The label that is read as 1.
    high: f64,
    /// The label other than `high` met so far, or named: −1 or 0 where none was named.
    low: Option<f64>,
}

/// The first line that is malformed.
pub(super) struct BadLine {
    /// The line's number, counted from 1.
    pub(super) line: u64,
    /// The fault's first byte in the line, from 0.
    pub(super) start: usize,
    pub(super) fault: Fault,
}

impl Rows {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            targets: Vec::new(),
            labels: LabelCheck {
                kind: options.targets,
                named: options.labels,
                high: options
                    .labels
                    .map_or(1.0, |labels| labels.positive().into()),
                low: options.labels.map(|labels| labels.negative().into()),
            },
            indptr: vec![0],
            pairs: line::Pairs::counted_from(u64::from(!options.zero_based)),
            columns: 0,
            lines: 0,
        }
    }

    /// Forgets all rows, but keeps their memory.
    pub(super) fn clear(&mut self) {
        self.targets.clear();
        self.labels.low = self.labels.named.map(|labels| labels.negative().into());
        self.indptr.truncate(1);
        self.pairs.clear();
        self.columns = 0;
        self.lines = 0;
    }

    /// Rows read so far.
    pub(super) fn len(&self) -> usize {
        self.targets.len()
    }

    /// Lines read so far.
    pub(super) fn lines(&self) -> u64 {
        self.lines
    }

    /// Bytes that the rows read so far take.
    pub(super) fn bytes(&self) -> u64 {
        let pair = size_of::<u32>() + size_of::<f64>();
        let row = size_of::<f64>() + size_of::<usize>();
        (self.pairs.indices.len() * pair + self.targets.len() * row) as u64
    }

    /// Makes room for all that a chunk of text can hold, so that adding its lines asks for no memory.
    ///
    /// # Errors
    /// When there is not so much memory.
    pub(super) fn reserve_for(&mut self, text: &[u8]) -> Result<(), TryReserveError> {
        // A pair takes four bytes at least, such as ` 1:1`, and a row two. All that a chunk is longer than
        // usual is one line.
        let (pairs, rows) = (text.len() / 4 + 1, text.len().min(CHUNK) / 2 + 2);
        self.reserve(rows, pairs)
    }

    /// Makes room for more rows and pairs.
    fn reserve(&mut self, rows: usize, pairs: usize) -> Result<(), TryReserveError> {
        self.targets.try_reserve(rows)?;
        self.indptr.try_reserve(rows)?;
        self.pairs.indices.try_reserve(pairs)?;
        self.pairs.values.try_reserve(pairs)
    }

    /// Makes room for the rows of a part.
    ///
    /// # Errors
    /// When there is not so much memory.
    pub(super) fn reserve_for_part(&mut self, part: &Self) -> Result<(), TryReserveError> {
        self.reserve(part.targets.len(), part.pairs.indices.len())
    }

    /// Adds the rows of whole lines, up to the first that is malformed.
    pub(super) fn add_lines(&mut self, mut text: &[u8]) -> Result<(), BadLine> {
        while !text.is_empty() {
            self.lines += 1;
            text = self.add_line(text).map_err(|(start, fault)| BadLine {
                line: self.lines,
                start,
                fault,
            })?;
        }
        Ok(())
    }

    /// Adds the row that the first line of a text holds, if it holds one; returns the other lines.
    #[inline(always)]
    fn add_line<'a>(&mut self, text: &'a [u8]) -> Result<&'a [u8], Located> {
        let first = self.pairs.indices.len();
        let end = memchr(b'\n', text).map_or(text.len(), |newline| newline + 1);
        let (line, rest) = text.split_at(end);
        let check = |found| self.labels.check(found);
        if let Some(target) = self.pairs.add_line(line, check)? {
            self.end_row(first, target);
        }
        Ok(rest)
    }

    /// Ends the row whose pairs are those from number `first` on.
    #[inline(always)]
    fn end_row(&mut self, first: usize, target: f64) {
        let indices = &self.pairs.indices;
        if let Some(&last) = indices[first..].last() {
            self.columns = self.columns.max(last as usize + 1);
        }
        self.targets.push(target);
        self.indptr.push(indices.len());
    }

    /// Adds rows that were read for themselves from the lines that follow, or the first fault of
    /// these lines, as if they had been read after the ones before.
    pub(super) fn append(
        &mut self,
        lines: &[u8],
        part: &Self,
        result: Result<(), BadLine>,
    ) -> Result<(), BadLine> {
        let other_label = |low| self.labels.low.is_some_and(|ours| ours != low);
        if part.labels.low.is_some_and(other_label) {
            // A label that this chunk took for its second kind is a third one in the file. The lines are
            // read again one by one, to find the first.
            return self.add_lines(lines);
        }
        result.map_err(|bad| BadLine {
            line: self.lines + bad.line,
            ..bad
        })?;
        self.labels.low = self.labels.low.or(part.labels.low);
        self.lines += part.lines;
        self.columns = self.columns.max(part.columns);
        let first = self.pairs.indices.len();
        self.targets.extend_from_slice(&part.targets);
        self.indptr
            .extend(part.indptr[1..].iter().map(|end| first + end));
        self.pairs.indices.extend_from_slice(&part.pairs.indices);
        self.pairs.values.extend_from_slice(&part.pairs.values);
        Ok(())
    }

    /// All rows, unless there are none.
    pub(super) fn finish(self) -> Option<Parsed> {
        if self.targets.is_empty() {
            return None;
        }
        let labels = match (self.labels.kind, self.labels.named, self.labels.low) {
            (TargetKind::Real, ..) => Labels::Real,
            (TargetKind::Class, ..) => Labels::Classes,
            (TargetKind::Sign, Some(labels), _) => labels.into(),
            (TargetKind::Sign, None, Some(0.0)) => Labels::ZeroOne,
            (TargetKind::Sign, None, _) => Labels::Sign,
        };
        let line::Pairs {
            indices, values, ..
        } = self.pairs;
        debug_assert!(values.iter().all(|value| value.is_finite()));
        let features = Csr::from_parts(
            self.columns,
            self.indptr.into(),
            indices.into(),
            values.into(),
        );
        Some(Parsed {
            features: features.expect("pairs in order: checked when they were added"),
            targets: self.targets,
            labels,
        })
    }
}

impl LabelCheck {
    /// The target that a number stands for.
    fn check(&mut self, found: f64) -> Result<f64, Fault> {
        match self.kind {
            TargetKind::Real => return Ok(found),
            // Adding 0 makes 0 of -0, which is the same label.
            TargetKind::Class if is_class_label(found) => return Ok(found + 0.0),
            TargetKind::Class => return Err(Fault::NotClass { found }),
            TargetKind::Sign => {}
        }
        if found == self.high {
            return Ok(1.0);
        }
        if let Some(labels) = self.named {
            return match self.low == Some(found) {
                true => Ok(-1.0),
                false => Err(Fault::OtherLabel { found, labels }),
            };
        }
        if found != -1.0 && found != 0.0 {
            return Err(Fault::NotLabel { found });
        }
        let other = *self.low.get_or_insert(found);
        if other != found {
            return Err(Fault::ThirdLabel { found, other });
        }
        Ok(-1.0)
    }
}
