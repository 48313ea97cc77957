//! The angle to the max-margin solution, where training without decay is headed.

use sparsegrok_data::{Dataset, TargetKind};
use sparsegrok_theory::{Effort, MaxMargin};

use super::columns::{SharedColumns, shared_weights};
use crate::spec::Sgd;
use crate::weights::Weights;

/// Non-zeros that are read in search of a solution: so many take about ten seconds.
const MOST_WORK: usize = 2_000_000_000;

/// The max-margin solution of training rows.
#[derive(Debug)]
pub(super) struct Headed {
    solution: MaxMargin,
    /// True where a bias is trained.
    bias: bool,
}

impl Headed {
    /// The solution that [`MaxMargin`] finds of all columns together, each row's own too, and the bias as the weight of a
    /// column of ones where it is trained: gradient descent treats them alike. `None` where targets are no labels ±1,
    /// where the rows are not separable by a margin of 10⁻⁶ of the longest, and where no solution is found within 10⁵
    /// passes or 2·10⁹ non-zeros, as where κ = nε²/α² is in the thousands. `Time: O(nnz)` a pass, once a run.
    ///
    /// Rows of weight 0 are left out: training does not see them. Other weights do not matter, as they move no margin.
    pub(super) fn of(rows: &Dataset, spec: &Sgd) -> Option<Self> {
        if rows.target_kind() != TargetKind::Sign {
            return None;
        }
        let usual = Effort::default();
        let effort = Effort {
            most_passes: usual.most_passes.min(MOST_WORK / rows.nnz().max(1)),
            ..usual
        };
        let labels: Vec<f64> = match rows.row_weights() {
            None => rows.targets().to_vec(),
            Some(weights) => {
                let of_row = |(y, weight): (&f64, &f64)| if *weight > 0.0 { *y } else { 0.0 };
                rows.targets().iter().zip(weights).map(of_row).collect()
            }
        };
        let columns = SharedColumns::of(rows, spec.bias);
        let alpha = rows.memorization().unwrap_or(0.0);
        Some(Self {
            solution: MaxMargin::solve(&columns, &labels, alpha, effort)?,
            bias: spec.bias,
        })
    }

    /// The angle between all weights of a model and the solution, in degrees; `None` where they are all 0.
    /// `Time: O(weights)`
    pub(super) fn angle(&self, model: &Weights) -> Option<f64> {
        let shared = shared_weights(model, self.bias);
        let angle = self.solution.angle(&shared, &model.memorization);
        Some(angle.to_degrees()).filter(|angle| !angle.is_nan())
    }
}
