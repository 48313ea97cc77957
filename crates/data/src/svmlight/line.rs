//! One line of svmlight text: the format, and the words for every fault.
//!
//! A line is read once, from left to right. Where it is not as it should be, the part at fault is
//! looked at again to say how.

use memchr::memchr;

use super::Fault;
use crate::number::parse_number_at;

/// Bytes of the input that an error quotes.
const QUOTED: usize = 40;

/// A fault, and the position of its first byte in the line.
pub(super) type Located = (usize, Fault);

/// The pairs read so far.
pub(super) struct Pairs {
    /// Columns, from 0.
    pub(super) indices: Vec<u32>,
    pub(super) values: Vec<f64>,
    /// The first column's index: 0 or 1.
    pub(super) base: u64,
}

impl Pairs {
    pub(super) fn counted_from(base: u64) -> Self {
        Self {
            indices: Vec::new(),
            values: Vec::new(),
            base,
        }
    }

    pub(super) fn clear(&mut self) {
        self.indices.clear();
        self.values.clear();
    }

    /// Adds the pairs of a line and returns its target, if there is one, as `checked`.
    #[inline(always)]
    pub(super) fn add_line(
        &mut self,
        line: &[u8],
        checked: impl FnOnce(f64) -> Result<f64, Fault>,
    ) -> Result<Option<f64>, Located> {
        let line = &line[..memchr(b'#', line).unwrap_or(line.len())];
        let start = after_blanks(line, 0);
        if start == line.len() {
            return Ok(None);
        }
        let (target, end) = number(line, start)?;
        let target = checked(target).map_err(|fault| (start, fault))?;
        let mut at = after_blanks(line, end);
        if line[at..].starts_with(b"qid:") {
            at = after_blanks(line, token_end(line, at));
        }
        let mut least = self.base;
        while at < line.len() {
            let (index, colon) = self.index(line, at, least)?;
            let (value, end) = number(line, colon + 1)?;
            self.indices.push((index - self.base) as u32);
            self.values.push(value);
            least = index + 1;
            at = after_blanks(line, end);
        }
        Ok(Some(target))
    }

    /// The index of the pair that begins at `start`, `least` at least, and the place of its colon.
    #[inline(always)]
    fn index(&self, line: &[u8], start: usize, least: u64) -> Result<(u64, usize), Located> {
        let (mut index, mut end) = (0_u64, start);
        while let Some(digit @ b'0'..=b'9') = line.get(end) {
            index = index
                .saturating_mul(10)
                .saturating_add(u64::from(digit - b'0'));
            end += 1;
        }
        let is_whole = end > start && line.get(end) == Some(&b':');
        if is_whole && (least..=self.largest_index()).contains(&index) {
            return Ok((index, end));
        }
        Err((start, self.index_fault(line, start, index, least)))
    }

    /// The index of column 2³² − 2, the last one.
    fn largest_index(&self) -> u64 {
        u64::from(u32::MAX - 1) + self.base
    }

    /// The fault of the pair at `start`, whose digits write `index`.
    #[cold]
    fn index_fault(&self, line: &[u8], start: usize, index: u64, least: u64) -> Fault {
        let pair = &line[start..token_end(line, start)];
        let Some(colon) = memchr(b':', pair) else {
            return Fault::NotPair {
                found: quoted(pair),
            };
        };
        let written = &pair[..colon];
        let found = quoted(written);
        let largest = self.largest_index();
        match written {
            [] => Fault::NotIndex { found },
            _ if !written.iter().all(u8::is_ascii_digit) => Fault::NotIndex { found },
            _ if index < self.base => Fault::IndexZero,
            _ if index > largest => Fault::IndexRange { found, largest },
            _ => Fault::IndexOrder {
                found: index,
                previous: least - 1,
            },
        }
    }
}

/// The finite number that begins at `start`, and its end, which is a blank's place or the line's end.
#[inline(always)]
fn number(line: &[u8], start: usize) -> Result<(f64, usize), Located> {
    let text = &line[start..];
    // Ones are all there is in files of indicator features. Reading them here is half as fast again
    // as having the library find out where such a number ends.
    if let [digit @ b'0'..=b'9', b' ' | b'\n', ..] = text {
        return Ok((f64::from(digit - b'0'), start + 1));
    }
    if let Some((number, length)) = parse_number_at(text) {
        let ends = text.get(length).is_none_or(u8::is_ascii_whitespace);
        if ends && number.is_finite() {
            return Ok((number, start + length));
        }
    }
    Err((start, number_fault(&line[start..token_end(line, start)])))
}

/// The fault of a token that is no finite number.
#[cold]
fn number_fault(token: &[u8]) -> Fault {
    let found = quoted(token);
    match parse_number_at(token) {
        Some((_, length)) if length == token.len() => Fault::NotFinite { found },
        _ => Fault::NotNumber { found },
    }
}

/// The first place from `at` on that is not a blank's.
#[inline(always)]
fn after_blanks(line: &[u8], mut at: usize) -> usize {
    while line.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// The end of the token that begins at `start`: the next blank's place, or the line's end.
fn token_end(line: &[u8], start: usize) -> usize {
    let blank = line[start..].iter().position(u8::is_ascii_whitespace);
    blank.map_or(line.len(), |length| start + length)
}

/// A token, fit for a message: abridged, on one line.
fn quoted(token: &[u8]) -> String {
    let (text, rest) = token.split_at(token.len().min(QUOTED));
    let ellipsis = if rest.is_empty() { "" } else { "…" };
    format!("{}{ellipsis}", String::from_utf8_lossy(text).escape_debug())
}
