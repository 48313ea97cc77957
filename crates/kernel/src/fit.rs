//! Training in one call, for those who only want the model.

use sparsegrok_data::{Dataset, Problem};

use crate::engine::{KernelChoice, SimdChoice};
use crate::spec::Sgd;
use crate::train::{TrainError, train};
use crate::weights::Weights;

impl Sgd {
    /// Trains on a dataset and returns the last weights. `Time: O(epochs · nnz)`
    ///
    /// ```
    /// use sparsegrok_data::{Dataset, TargetKind};
    /// use sparsegrok_kernel::Sgd;
    ///
    /// let rows = Dataset::dense(&[1.0, 2.0, -1.0, 0.5], 2, &[1.0, -1.0], TargetKind::Sign)?;
    /// let sgd = Sgd { learning_rate: 0.1, epochs: 50, ..Sgd::default() };
    /// let model = sgd.fit(&rows)?;
    /// assert!(model.score(&[1.0, 2.0]) > 0.0 && model.score(&[-1.0, 0.5]) < 0.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`train`].
    pub fn fit(&self, rows: &Dataset) -> Result<Weights, TrainError> {
        let problem = Problem {
            train: rows.clone(),
            test: None,
            teacher: None,
        };
        train(&problem, self, KernelChoice::Auto, SimdChoice::Auto)
    }
}
