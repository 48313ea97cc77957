//! The shape of a training set, from which the memory and the kernel of its training follow.

use sparsegrok_data::Dataset;

/// The sizes of a training set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Rows.
    pub rows: usize,
    /// Signal columns.
    pub signal: usize,
    /// Columns of the sparse tail; 0 for none.
    pub tail: usize,
    /// True where each row has a memorization column.
    pub memorization: bool,
    /// True where each row has a weight.
    pub weighted: bool,
}

impl Shape {
    /// The shape of a dataset.
    pub fn of(data: &Dataset) -> Self {
        Self {
            rows: data.len(),
            signal: data.features().signal_width(),
            tail: data.features().tail_width(),
            memorization: data.memorization().is_some(),
            weighted: data.row_weights().is_some(),
        }
    }

    /// All columns, those for memorization included.
    pub fn columns(self) -> usize {
        let own = if self.memorization { self.rows } else { 0 };
        self.signal.saturating_add(self.tail).saturating_add(own)
    }
}
