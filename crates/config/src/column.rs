//! Columns of written traces.

use sparsegrok_kernel::Figure;

/// A column of a written trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The epoch.
    Epoch,
    /// A figure.
    Figure(Figure),
}

impl Column {
    /// Every column: the epoch, then the figures in the order of their table.
    pub fn all() -> impl Iterator<Item = Self> {
        let figures = Figure::ALL.into_iter().map(Self::Figure);
        std::iter::once(Self::Epoch).chain(figures)
    }

    /// The column of a name.
    pub fn of(name: &str) -> Option<Self> {
        Self::all().find(|column| column.name() == name)
    }

    /// The name in headers and configurations.
    pub fn name(self) -> &'static str {
        match self {
            Self::Epoch => "epoch",
            Self::Figure(figure) => figure.name(),
        }
    }
}
