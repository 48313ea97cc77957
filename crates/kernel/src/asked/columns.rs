//! The columns that training rows share, as one vector: signal, tail, and 1 where a bias is trained.

use sparsegrok_data::{Dataset, Row};
use sparsegrok_theory::Rows;

use crate::weights::Weights;

/// Rows of a dataset without the column that each has to itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct SharedColumns<'d> {
    data: &'d Dataset,
    /// True where a bias is trained: the weight of a column of ones.
    bias: bool,
}

impl<'d> SharedColumns<'d> {
    pub(super) fn of(data: &'d Dataset, bias: bool) -> Self {
        Self { data, bias }
    }

    fn row(self, row: usize) -> (Row<'d>, usize) {
        (self.data.row(row), self.data.features().signal_width())
    }
}

/// A model's weights of these columns, in their order.
pub(super) fn shared_weights(model: &Weights, bias: bool) -> Vec<f64> {
    let shared = model.signal.iter().chain(&model.tail).copied();
    shared.chain(bias.then_some(model.bias)).collect()
}

/// Sums go in the order of columns, without fma: figures are the same bits everywhere.
impl Rows for SharedColumns<'_> {
    fn rows(&self) -> usize {
        self.data.len()
    }

    fn columns(&self) -> usize {
        let features = self.data.features();
        features.signal_width() + features.tail_width() + usize::from(self.bias)
    }

    fn dot(&self, row: usize, weights: &[f64]) -> f64 {
        let (row, width) = self.row(row);
        let mut z = 0.0;
        for (x, w) in row.signal.iter().zip(weights) {
            z += x * w;
        }
        for (column, x) in row.tail.indices.iter().zip(row.tail.values) {
            z += x * weights[width + column];
        }
        match (self.bias, weights) {
            (true, [.., bias]) => z + bias,
            _ => z,
        }
    }

    fn add(&self, row: usize, multiple: f64, weights: &mut [f64]) {
        let (row, width) = self.row(row);
        for (x, w) in row.signal.iter().zip(&mut *weights) {
            *w += multiple * x;
        }
        for (column, x) in row.tail.indices.iter().zip(row.tail.values) {
            weights[width + column] += multiple * x;
        }
        if let (true, [.., bias]) = (self.bias, weights) {
            *bias += multiple;
        }
    }

    fn square(&self, row: usize) -> f64 {
        let (row, _) = self.row(row);
        let numbers = row.signal.iter().chain(row.tail.values);
        let square = numbers.fold(0.0, |sum, x| sum + x * x);
        square + f64::from(u8::from(self.bias))
    }
}
