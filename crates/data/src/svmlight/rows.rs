//! The rows of a piece of text.

use memchr::memchr;

use super::line::{self, Located};
use super::{Fault, Labels, Options, Parsed};
use crate::csr::Csr;
use crate::dataset::TargetKind;

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
    /// The label other than 1 met so far: −1 or 0.
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
                low: None,
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
        self.labels.low = None;
        self.indptr.truncate(1);
        self.pairs.clear();
        self.columns = 0;
        self.lines = 0;
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
        let labels = match (self.labels.kind, self.labels.low) {
            (TargetKind::Real, _) => Labels::Real,
            (TargetKind::Sign, Some(0.0)) => Labels::ZeroOne,
            (TargetKind::Sign, _) => Labels::Sign,
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
        if self.kind == TargetKind::Real || found == 1.0 {
            return Ok(found);
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
