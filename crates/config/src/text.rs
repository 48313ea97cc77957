//! Values that are written as text of their own form.

/// Text that does not have the form of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {0}")]
pub struct ParseTextError(pub(crate) &'static str);

/// Splits text into the number that it starts with and the unit behind it.
pub(crate) fn split_unit(text: &str) -> (&str, &str) {
    let unit = text.find(|c: char| !matches!(c, '0'..='9' | '.'));
    let (number, unit) = text.split_at(unit.unwrap_or(text.len()));
    (number, unit.trim_start())
}
