//! One line of svmlight text, read with care: the definition of the format, and the words for every
//! fault. Plain lines take a quicker way ([`Pairs::add_plain`]) and come here only if that declines.

use super::Fault;
use crate::number::parse_number;

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

    pub(super) fn truncate(&mut self, len: usize) {
        self.indices.truncate(len);
        self.values.truncate(len);
    }

    /// Adds the pairs of any line and returns its target, if there is one, as `checked`.
    pub(super) fn add_any(
        &mut self,
        line: &[u8],
        checked: impl FnOnce(f64) -> Result<f64, Fault>,
    ) -> Result<Option<f64>, Located> {
        let comment = line.iter().position(|&byte| byte == b'#');
        let mut tokens = Tokens {
            line: &line[..comment.unwrap_or(line.len())],
            at: 0,
        }
        .peekable();
        let Some(target) = tokens.next() else {
            return Ok(None);
        };
        let checked = checked(number(target)?).map_err(|fault| target.fault(fault))?;
        tokens.next_if(|token| token.text.starts_with(b"qid:"));
        let first = self.indices.len();
        for token in tokens {
            self.add_pair(token, first)?;
        }
        Ok(Some(checked))
    }

    /// Adds a pair to the row whose pairs start at `first`.
    fn add_pair(&mut self, token: Token<'_>, first: usize) -> Result<(), Located> {
        let Some(colon) = token.text.iter().position(|&byte| byte == b':') else {
            let found = token.quoted();
            return Err(token.fault(Fault::NotPair { found }));
        };
        let (index, value) = token.split(colon);
        let column = self.column(index)?;
        if let Some(&previous) = self.indices[first..].last().filter(|&&last| last >= column) {
            return Err(index.fault(Fault::IndexOrder {
                found: u64::from(column) + self.base,
                previous: u64::from(previous) + self.base,
            }));
        }
        self.indices.push(column);
        self.values.push(number(value)?);
        Ok(())
    }

    /// The column, from 0, of an index.
    fn column(&self, token: Token<'_>) -> Result<u32, Located> {
        if token.text.is_empty() || !token.text.iter().all(u8::is_ascii_digit) {
            let found = token.quoted();
            return Err(token.fault(Fault::NotIndex { found }));
        }
        let Some(column) = whole(token.text).checked_sub(self.base) else {
            return Err(token.fault(Fault::IndexZero));
        };
        u32::try_from(column)
            .ok()
            .filter(|&column| column < u32::MAX)
            .ok_or_else(|| {
                token.fault(Fault::IndexRange {
                    found: token.quoted(),
                    largest: u64::from(u32::MAX - 1) + self.base,
                })
            })
    }
}

/// The number that digits write, or 2⁶⁴ − 1 where it is larger.
fn whole(digits: &[u8]) -> u64 {
    digits.iter().fold(0_u64, |whole, digit| {
        whole
            .saturating_mul(10)
            .saturating_add(u64::from(digit - b'0'))
    })
}

fn number(token: Token<'_>) -> Result<f64, Located> {
    match parse_number(token.text) {
        Some(number) if number.is_finite() => Ok(number),
        Some(_) => Err(token.fault(Fault::NotFinite {
            found: token.quoted(),
        })),
        None => Err(token.fault(Fault::NotNumber {
            found: token.quoted(),
        })),
    }
}

/// A part of a line, and where it starts.
#[derive(Clone, Copy)]
struct Token<'a> {
    start: usize,
    text: &'a [u8],
}

impl<'a> Token<'a> {
    /// What stands before and after the byte at `at`.
    fn split(self, at: usize) -> (Self, Self) {
        let part = |from, to| Self {
            start: self.start + from,
            text: &self.text[from..to],
        };
        (part(0, at), part(at + 1, self.text.len()))
    }

    fn fault(self, fault: Fault) -> Located {
        (self.start, fault)
    }

    /// The text, fit for a message: abridged, on one line.
    fn quoted(self) -> String {
        let (text, rest) = self.text.split_at(self.text.len().min(QUOTED));
        let ellipsis = if rest.is_empty() { "" } else { "…" };
        format!("{}{ellipsis}", String::from_utf8_lossy(text).escape_debug())
    }
}

/// The parts of a line between blanks.
struct Tokens<'a> {
    line: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let blanks = self.line[self.at..]
            .iter()
            .position(|byte| !byte.is_ascii_whitespace())?;
        let start = self.at + blanks;
        let rest = &self.line[start..];
        let end = rest
            .iter()
            .position(u8::is_ascii_whitespace)
            .unwrap_or(rest.len());
        self.at = start + end;
        Some(Token {
            start,
            text: &rest[..end],
        })
    }
}
