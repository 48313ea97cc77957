//! Labels of files, and the targets −1 and 1 that they stand for.

use std::fmt;
use std::str::FromStr;

/// The form of a file's targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Labels {
    /// −1 and 1, as written.
    Sign,
    /// 0 and 1, read as −1 and 1.
    ZeroOne,
    /// Two others, read as −1 and 1.
    Named(LabelPair),
    /// Real numbers, as written.
    Real,
}

/// Two labels, of which the first is read as −1 and the second as 1. Displays as `FIRST,SECOND`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LabelPair {
    negative: i32,
    positive: i32,
}

/// A text does not name two labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {}", LabelPair::FORM)]
pub struct ParseLabelsError;

impl LabelPair {
    /// Describes a good value, to complete "expected …".
    pub const FORM: &'static str =
        "two different whole numbers such as `1,2`: the label read as -1, then the one read as 1";

    /// Two labels; `None` where they are one.
    pub fn new(negative: i32, positive: i32) -> Option<Self> {
        (negative != positive).then_some(Self { negative, positive })
    }

    /// The label that is read as −1.
    pub fn negative(self) -> i32 {
        self.negative
    }

    /// The label that is read as 1.
    pub fn positive(self) -> i32 {
        self.positive
    }
}

impl From<LabelPair> for Labels {
    fn from(pair: LabelPair) -> Self {
        match (pair.negative, pair.positive) {
            (-1, 1) => Self::Sign,
            (0, 1) => Self::ZeroOne,
            _ => Self::Named(pair),
        }
    }
}

impl FromStr for LabelPair {
    type Err = ParseLabelsError;

    fn from_str(text: &str) -> Result<Self, ParseLabelsError> {
        let labels = text.split_once(',').and_then(|(negative, positive)| {
            let label = |text: &str| text.trim().parse().ok();
            Self::new(label(negative)?, label(positive)?)
        });
        labels.ok_or(ParseLabelsError)
    }
}

impl fmt::Display for LabelPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{}", self.negative, self.positive)
    }
}
