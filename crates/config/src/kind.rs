//! The shapes of values: how each is written on the command line, and described in messages.

use sparsegrok_data::svmlight::LabelsAsked;
use sparsegrok_data::{ClassWeight, Shortest};
use sparsegrok_kernel::Figure;
use toml::Value;

use crate::checkpoint_every::CheckpointEvery;
use crate::column::Column;
use crate::components::Source;
use crate::patience::Patience;
use crate::persistence::Persistence;
use crate::seeds::SeedsAsked;
use crate::stop_when::StopWhen;
use crate::until::Until;

/// The shape of a setting's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number of at least 0.
    Whole,
    /// A whole number from the first to the second, or one of these words.
    WholeOr(u64, u64, &'static [&'static str]),
    /// A number.
    Number,
    /// True or false; the bare flag means true.
    Switch,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A path, relative to the working directory; one that is no UTF-8 is an array of its bytes in TOML.
    Path,
    /// Two labels, `A,B`, or `all`.
    Labels,
    /// Weights of classes: `balanced`, or `LABEL:WEIGHT,…`.
    ClassWeight,
    /// Names of trace columns, separated by commas; an array in TOML.
    Columns,
    /// Names of figures, separated by commas; an array in TOML.
    Figures,
    /// Sources of randomness, separated by commas; an array in TOML.
    Sources,
    /// A number of seeds, a range of them, or as many as it takes: `N`, `A..B` or `auto`.
    Seeds,
    /// The end of a run: `grokked` or `grokked+K`.
    Stop,
    /// The patience of early stopping: a number of evaluations, or a figure and a number of them.
    Patience,
    /// An interval: a time, a number of epochs, or `never`.
    Every,
    /// A span of training time: a share of the epochs, or a number of them.
    Span,
    /// A precision: a figure and a percentage.
    Until,
    /// Axes of a grid, separated by semicolons; an array in TOML.
    Axes,
}

/// The forms of an axis of a grid, to complete "expected …".
pub const AXIS: &str = "`KEY=A,B,…`, `KEY=log:LOW:HIGH:COUNT` or `KEY=lin:LOW:HIGH:COUNT`";

/// The largest whole number that TOML has.
pub(crate) const MOST: u64 = i64::MAX as u64;

impl Kind {
    /// Stands for the value in help.
    pub fn value_name(self) -> &'static str {
        match self {
            Self::Whole | Self::WholeOr(..) => "N",
            Self::Number => "X",
            Self::Switch => "BOOL",
            Self::Choice(_) => "NAME",
            Self::Path => "FILE",
            Self::Labels => "A,B|all",
            Self::ClassWeight => "balanced|LABEL:W,…",
            Self::Columns | Self::Figures | Self::Sources => "LIST",
            Self::Seeds => "N|A..B|auto",
            Self::Stop => "WHEN",
            Self::Patience => "N|test_acc:N",
            Self::Every => "EVERY",
            Self::Span => "SPAN",
            Self::Until => "WHAT:P%",
            Self::Axes => "KEY=LIST",
        }
    }

    /// Describes a good value, to complete "expected …".
    pub fn expected(self) -> String {
        match self {
            Self::Whole => format!("a whole number from 0 to {}", as_power(MOST)),
            Self::WholeOr(least, most, words) => {
                let words: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
                let (most, words) = (as_power(most), words.join(" or "));
                format!("a whole number from {least} to {most}, or {words}")
            }
            Self::Number => "a number".to_owned(),
            Self::Switch => "true or false".to_owned(),
            Self::Choice(words) => one_of(words.iter().copied()),
            Self::Path => "a path".to_owned(),
            Self::Labels => LabelsAsked::FORM.to_owned(),
            Self::ClassWeight => ClassWeight::FORM.to_owned(),
            Self::Columns => {
                format!("columns, each {}", one_of(Column::all().map(Column::name)))
            }
            Self::Figures => {
                let names = Figure::ALL.into_iter().map(Figure::name);
                format!("figures, each {}", one_of(names))
            }
            Self::Sources => {
                let names = Source::ALL.into_iter().map(Source::name);
                format!("sources of randomness, each {}", one_of(names))
            }
            Self::Seeds => SeedsAsked::FORM.to_owned(),
            Self::Every => CheckpointEvery::FORM.to_owned(),
            Self::Span => Persistence::FORM.to_owned(),
            Self::Stop => StopWhen::FORM.to_owned(),
            Self::Patience => Patience::FORM.to_owned(),
            Self::Until => Until::FORM.to_owned(),
            Self::Axes => format!("a list of texts, each {AXIS}"),
        }
    }

    /// Reads a flag's text as the TOML value it stands for; text that is no such value stays a
    /// string, which [`Settings`](crate::Settings) then refuses by name.
    pub fn parse(self, text: &str) -> Value {
        if let Some(separator) = self.separator() {
            let items = text.split(separator).map(|item| item.trim().into());
            return Value::Array(items.collect());
        }
        let parsed = match self {
            Self::Whole | Self::WholeOr(..) => whole(text).map(Value::Integer),
            Self::Number => text.parse().ok().map(Value::Float),
            Self::Patience => whole(text).map(Value::Integer),
            Self::Switch => text.parse().ok().map(Value::Boolean),
            _ => None,
        };
        parsed.unwrap_or_else(|| text.into())
    }

    /// The text of a value, as [`Kind::parse`] reads it.
    pub fn text(self, value: &Value) -> String {
        match (value, self.separator()) {
            (Value::Array(items), Some(separator)) => {
                let items: Vec<_> = items.iter().map(value_text).collect();
                items.join(separator)
            }
            _ => value_text(value),
        }
    }

    /// The text between two items, for kinds whose values are lists.
    pub(crate) fn separator(self) -> Option<&'static str> {
        match self {
            Self::Columns | Self::Figures | Self::Sources => Some(","),
            Self::Axes => Some(";"),
            _ => None,
        }
    }
}

/// Reads a whole number, also one written as `1e5`.
fn whole(text: &str) -> Option<i64> {
    let exact = (1_u64 << 53) as f64;
    text.parse().ok().or_else(|| {
        let x: f64 = text.parse().ok()?;
        (x.fract() == 0.0 && x.abs() <= exact).then_some(x as i64)
    })
}

/// Writes a number one below a power of two as that.
fn as_power(most: u64) -> String {
    format!("2^{} - 1", most.count_ones())
}

fn one_of<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    format!("one of {}", quoted.join(", "))
}

/// The text of a value in sentences, tables and flags: words without quotes, numbers by
/// [`Shortest`].
pub fn value_text(value: &Value) -> String {
    match value {
        Value::String(word) => word.clone(),
        Value::Float(x) => Shortest(*x).to_string(),
        other => other.to_string(),
    }
}
