//! A PAC-Bayes bound on the error of a model on new rows.

use sparsegrok_data::{Dataset, TargetKind};
use sparsegrok_theory::PacBayes;

use super::columns::{SharedColumns, shared_weights};
use crate::spec::Sgd;
use crate::weights::Weights;

/// The bound of [`PacBayes`] for a classifier drawn around a model's weights of shared columns, the bias too where it is
/// trained, judged on the training rows without their own columns; `None` where targets are no labels ±1, or there are
/// fewer rows than two. Row weights do not count: the bound is about rows that are drawn alike. `Time: O(nnz + n)`
pub(super) fn pac_bayes(model: &Weights, rows: &Dataset, spec: &Sgd) -> Option<f64> {
    if rows.target_kind() != TargetKind::Sign || rows.len() < 2 {
        return None;
    }
    let columns = SharedColumns::of(rows, spec.bias);
    let bound = PacBayes::best(
        &PacBayes::SIGMAS,
        PacBayes::DELTA,
        &shared_weights(model, spec.bias),
        &columns,
        rows.targets(),
    );
    Some(bound.risk)
}
