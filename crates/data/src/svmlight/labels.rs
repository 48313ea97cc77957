//! Labels of files, and the targets −1 and 1 that they stand for.

use std::fmt;
use std::str::FromStr;

use crate::dataset::TargetKind;

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
    /// Labels of classes, as written.
    Classes,
}

impl Labels {
    /// The kind of targets that they are read as.
    pub fn target_kind(self) -> TargetKind {
        match self {
            Self::Sign | Self::ZeroOne | Self::Named(_) => TargetKind::Sign,
            Self::Real => TargetKind::Real,
            Self::Classes => TargetKind::Class,
        }
    }

    /// The two labels of a file, where it has two.
    pub fn pair(self) -> Option<LabelPair> {
        match self {
            Self::Sign => LabelPair::new(-1, 1),
            Self::ZeroOne => LabelPair::new(0, 1),
            Self::Named(pair) => Some(pair),
            Self::Real | Self::Classes => None,
        }
    }
}

/// The labels that a file is read with. Displays as it is written: `all`, or `FIRST,SECOND`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelsAsked {
    /// Every whole number, each the label of a class.
    All,
    /// Two labels.
    Two(LabelPair),
}

impl LabelsAsked {
    /// Describes a good value, to complete "expected …".
    pub const FORM: &'static str = "two different whole numbers such as `1,2`: the label read as -1, then the one read as 1; \
         or `all`, for a model a class";

    /// The two labels, if it names two.
    pub fn pair(self) -> Option<LabelPair> {
        match self {
            Self::All => None,
            Self::Two(pair) => Some(pair),
        }
    }
}

/// Two labels, of which the first is read as −1 and the second as 1. Displays as `FIRST,SECOND`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LabelPair {
    negative: i32,
    positive: i32,
}

/// A text does not name two labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {}", LabelsAsked::FORM)]
pub struct ParseLabelsError;

impl LabelPair {
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

    /// The label of a target or score, of which 0 counts as positive.
    pub fn of(self, target: f64) -> i32 {
        match target >= 0.0 {
            true => self.positive,
            false => self.negative,
        }
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

impl FromStr for LabelsAsked {
    type Err = ParseLabelsError;

    fn from_str(text: &str) -> Result<Self, ParseLabelsError> {
        match text.trim() {
            "all" => Ok(Self::All),
            pair => pair.parse().map(Self::Two),
        }
    }
}

impl fmt::Display for LabelsAsked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Two(pair) => pair.fmt(f),
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
