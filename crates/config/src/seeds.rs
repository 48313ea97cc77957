//! The seeds of a study, what they are added to, and which of them keep whole traces.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use crate::text::ParseTextError;

/// A range of seeds, written `A..B`, which leaves out B; or `N`, which stands for `0..N`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seeds {
    /// The first seed.
    pub start: u64,
    /// One past the last seed.
    pub end: u64,
}

impl Seeds {
    /// A description of the text that is read, to complete "expected …".
    const FORM: &str =
        "a number of seeds N, which stands for 0..N, or a range A..B, which leaves out B";

    /// The seeds that a study begins with if it is to find out how many it takes: enough for intervals, and for a
    /// guess of the number.
    pub(crate) const FIRST: Self = Self { start: 0, end: 64 };

    /// Reads `N` or `A..B`.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (start, end) = text.split_once("..").unwrap_or(("0", text));
        let number = |text: &str| text.trim().parse().ok();
        Some(Self {
            start: number(start)?,
            end: number(end)?,
        })
    }

    /// The number of seeds.
    pub fn len(self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// Returns whether there are none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

impl FromStr for Seeds {
    type Err = ParseTextError;

    fn from_str(text: &str) -> Result<Self, ParseTextError> {
        Self::read(text).ok_or(ParseTextError(Self::FORM))
    }
}

impl From<Range<u64>> for Seeds {
    fn from(range: Range<u64>) -> Self {
        Self {
            start: range.start,
            end: range.end,
        }
    }
}

impl fmt::Display for Seeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

/// The seeds asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SeedsAsked {
    /// These.
    These(Seeds),
    /// As many as a precision takes: a study begins with [`Seeds::FIRST`] and adds more.
    Auto,
}

impl SeedsAsked {
    /// A description of the text that is read, to complete "expected …".
    pub(crate) const FORM: &str = "a number of seeds N, which stands for 0..N, a range A..B, which leaves out B, or \
                                   `auto`, which adds seeds until `until` holds";

    /// Reads `auto`, `N` or `A..B`.
    pub(crate) fn read(text: &str) -> Option<Self> {
        match text.trim() {
            "auto" => Some(Self::Auto),
            text => Seeds::read(text).map(Self::These),
        }
    }
}

impl fmt::Display for SeedsAsked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::These(seeds) => seeds.fmt(f),
            Self::Auto => f.write_str("auto"),
        }
    }
}

/// The seeds of a configuration that a study's seed is added to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeedWhat {
    /// `order_seed`: the same data and initial weights, visited in other orders.
    Order,
    /// `data_seed`.
    Data,
    /// `init_seed`.
    Init,
    /// All three.
    All,
}

/// The seeds of a cell of which whole traces are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traces {
    /// None.
    None,
    /// This many, the first.
    First(u64),
    /// All.
    All,
}

impl Traces {
    /// Returns whether the seed in this place of its cell, counted from 0, is one of them.
    pub fn keep(self, place: u64) -> bool {
        match self {
            Self::None => false,
            Self::First(count) => place < count,
            Self::All => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_they_are_written() {
        let seeds: Seeds = "3..20".parse().unwrap();
        assert_eq!(seeds, Seeds::from(3..20));
        assert_eq!(seeds.to_string(), "3..20");
        assert_eq!((seeds.len(), seeds.is_empty()), (17, false));
        assert!(Seeds::from(4..4).is_empty());
        assert_eq!(Seeds::read("64"), Some(Seeds::from(0..64)));
        for bad in ["", "-5", "1...3", "..3", "1..", "-1..3", "a..b", "1..2..3"] {
            assert_eq!(Seeds::read(bad), None, "{bad}");
        }
    }
}
