//! The Hessian of the train loss: its trace, and its largest eigenvalue.
//!
//! The loss that training lowers is L(w) = (1/n) Σ ω_i ℓ(w·x_i, y_i), without the penalty, ω_i the weights of rows, 1
//! where they have none, and x_i all columns of a row: its own too, and 1 where a bias is trained. Its Hessian is
//! (1/n) Σ ω_i ℓ″(z_i) x_i x_iᵀ, ℓ″(z) = σ(z)σ(−z) for the logistic loss and 1 for the squared. That of the hinge is 0
//! wherever there is one, and says nothing of how far the loss is flat: it has no such figures.

use sparsegrok_data::Dataset;
use sparsegrok_lanes::exp;
use sparsegrok_theory::Rows;

use super::columns::SharedColumns;
use super::lanczos::largest_eigenvalue;
use crate::blocks::{Blocks, Threads};
use crate::loss::Loss;
use crate::spec::Sgd;
use crate::weights::Weights;

/// The Hessian at a model's weights: (1/n) Σ c_i x_i x_iᵀ.
pub(super) struct Hessian<'d> {
    columns: SharedColumns<'d>,
    /// c_i, by row.
    curvatures: Vec<f64>,
    /// α, the value of each row's own column; 0 for none.
    alpha: f64,
}

impl<'d> Hessian<'d> {
    /// Of a loss that has one. `Time: O(nnz)`
    pub(super) fn of(
        model: &Weights,
        data: &'d Dataset,
        spec: &Sgd,
        threads: &Threads,
    ) -> Option<Self> {
        if spec.loss == Loss::Hinge {
            return None;
        }
        let curvature = |row: usize| {
            let weight = data.row_weights().map_or(1.0, |weights| weights[row]);
            weight * second_derivative(spec.loss, model.score(data.row(row)))
        };
        let blocks =
            Blocks::of(data.len()).map(threads, |rows| rows.map(curvature).collect::<Vec<f64>>());
        Some(Self {
            columns: SharedColumns::of(data, spec.bias),
            curvatures: blocks.concat(),
            alpha: data.memorization().unwrap_or(0.0),
        })
    }

    /// (1/n) Σ c_i ‖x_i‖². `Time: O(nnz)`
    pub(super) fn trace(&self, threads: &Threads) -> f64 {
        let own = self.alpha * self.alpha;
        let sums = Blocks::of(self.curvatures.len()).map(threads, |rows| {
            rows.fold(0.0, |sum, i| {
                sum + self.curvatures[i] * (self.columns.square(i) + own)
            })
        });
        sums.into_iter().fold(0.0, |all, sum| all + sum) / self.curvatures.len() as f64
    }

    /// The largest eigenvalue, as [`largest_eigenvalue`] finds it. `Time: O(nnz)` a product, on the calling thread.
    pub(super) fn largest_eigenvalue(&self) -> f64 {
        let shared = self.columns.columns();
        let n = self.curvatures.len();
        let own = if self.alpha == 0.0 { 0 } else { n };
        let largest = largest_eigenvalue(shared + own, |from, to| {
            to.fill(0.0);
            let ((from, own_from), (to, own_to)) = (from.split_at(shared), to.split_at_mut(shared));
            for (i, curvature) in self.curvatures.iter().enumerate() {
                let mut z = self.columns.dot(i, from);
                if let Some(w) = own_from.get(i) {
                    z += self.alpha * w;
                }
                let multiple = curvature * z;
                self.columns.add(i, multiple, to);
                if let Some(w) = own_to.get_mut(i) {
                    *w = self.alpha * multiple;
                }
            }
        });
        largest / n as f64
    }
}

/// ℓ″(z); for the logistic loss it is the same for both labels.
fn second_derivative(loss: Loss, z: f64) -> f64 {
    match loss {
        Loss::Logistic => {
            // σ(z)σ(−z), by the exponential that does not overflow.
            let e = exp(-z.abs());
            e / ((1.0 + e) * (1.0 + e))
        }
        Loss::Squared => 1.0,
        Loss::Hinge => 0.0,
    }
}
