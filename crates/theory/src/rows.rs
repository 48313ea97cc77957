//! Training rows as the solvers of this crate read them.

/// Rows of some shared columns, in whatever form they are stored. Columns that a row has to itself are not among them.
pub trait Rows {
    /// The number of rows.
    fn rows(&self) -> usize;

    /// The number of shared columns.
    fn columns(&self) -> usize;

    /// The inner product of a row and weights, one for each column.
    fn dot(&self, row: usize, weights: &[f64]) -> f64;

    /// Adds a multiple of a row to weights.
    fn add(&self, row: usize, multiple: f64, weights: &mut [f64]);

    /// The squared length of a row.
    fn square(&self, row: usize) -> f64;
}

/// Rows that lie one after another, of so many columns each.
#[derive(Clone, Copy, Debug)]
pub struct DenseRows<'r> {
    numbers: &'r [f64],
    columns: usize,
}

impl<'r> DenseRows<'r> {
    /// Rows of `columns` numbers each.
    ///
    /// # Panics
    /// When the numbers are not those of whole rows.
    pub fn new(numbers: &'r [f64], columns: usize) -> Self {
        assert!(
            columns > 0 && numbers.len().is_multiple_of(columns),
            "{} numbers in rows of {columns}",
            numbers.len()
        );
        Self { numbers, columns }
    }

    fn row(&self, row: usize) -> &'r [f64] {
        &self.numbers[row * self.columns..][..self.columns]
    }
}

impl Rows for DenseRows<'_> {
    fn rows(&self) -> usize {
        self.numbers.len() / self.columns
    }

    fn columns(&self) -> usize {
        self.columns
    }

    fn dot(&self, row: usize, weights: &[f64]) -> f64 {
        dot(self.row(row), weights)
    }

    fn add(&self, row: usize, multiple: f64, weights: &mut [f64]) {
        for (w, x) in weights.iter_mut().zip(self.row(row)) {
            *w += multiple * x;
        }
    }

    fn square(&self, row: usize) -> f64 {
        dot(self.row(row), self.row(row))
    }
}

/// The inner product, added in order.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
