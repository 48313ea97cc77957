//! The end of training at the best epoch, as rows tell that were held out of it.

use sparsegrok_data::{Dataset, TargetKind};
use sparsegrok_kernel::Weights;

/// The condition under which training ends.
#[derive(Clone, Copy)]
pub(crate) struct Patience {
    /// Epochs without improvement after which it ends.
    pub(crate) epochs: u64,
    /// Least difference to the best score so far that counts as an improvement.
    pub(crate) tol: f64,
}

/// A model's search for its best epoch.
pub(crate) struct Search {
    held_out: Dataset,
    patience: Patience,
    best: f64,
    best_weights: Option<Weights>,
    /// Epochs since the last improvement.
    waited: u64,
}

impl Search {
    pub(crate) fn new(held_out: Dataset, patience: Patience) -> Self {
        Self {
            held_out,
            patience,
            best: f64::NEG_INFINITY,
            best_weights: None,
            waited: 0,
        }
    }

    /// Sees the weights at the end of an epoch, and tells if training is to end.
    pub(crate) fn see(&mut self, weights: Weights) -> bool {
        let score = score(&weights, &self.held_out);
        let improved = score >= self.best + self.patience.tol;
        self.waited = if improved { 0 } else { self.waited + 1 };
        if score > self.best {
            self.best = score;
            self.best_weights = Some(weights);
        }
        self.waited >= self.patience.epochs
    }

    /// The weights of the best epoch, the first of equals; none where no score was a number.
    pub(crate) fn best(self) -> Option<Weights> {
        self.best_weights
    }
}

/// The score of weights on rows, which count by their weights: accuracy for signs, R² for real targets.
///
/// # Formula
/// R² = 1 − Σw(y − z)² / Σw(y − ȳ)²; 0 where all targets are equal and some scores are not.
fn score(weights: &Weights, data: &Dataset) -> f64 {
    let row = |i: usize| {
        let weight = data.row_weights().map_or(1.0, |weights| weights[i]);
        (weight, weights.score(data.row(i)), data.targets()[i])
    };
    let rows: Vec<(f64, f64, f64)> = (0..data.len()).map(row).collect();
    let sum = |term: &dyn Fn(f64, f64) -> f64| -> f64 {
        let terms = rows.iter().map(|&(weight, z, y)| weight * term(z, y));
        terms.sum()
    };
    let total = sum(&|_, _| 1.0);
    if data.target_kind() == TargetKind::Sign {
        return sum(&|z, y| f64::from((z > 0.0) == (y > 0.0))) / total;
    }
    let mean = sum(&|_, y| y) / total;
    let residual = sum(&|z, y| (y - z) * (y - z));
    let spread = sum(&|_, y| (y - mean) * (y - mean));
    match spread > 0.0 {
        true => 1.0 - residual / spread,
        false => f64::from(residual == 0.0),
    }
}
