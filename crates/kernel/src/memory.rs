//! The memory that training takes, before it takes it.

use sparsegrok_lanes::LANES;

use crate::dense::DenseTrainer;
use crate::linear::Plan;
use crate::shape::Shape;
use crate::spec::TrainSpec;
use crate::train::KernelChoice;

/// Bytes that [`train_group`](crate::train_group) holds at its fullest, the datasets aside; the
/// largest `u64` where they are more.
///
/// # Formula
/// For each run that is trained at the same time: packed rows, or the explicit matrix of the dense
/// reference; stored weights; the visiting order, and the next one if it is made ahead. For each run of
/// the group, besides: the weights it ended with. Also one set of weights that is being looked at.
pub fn training_bytes(spec: &TrainSpec, kernel: KernelChoice, runs: usize, shape: Shape) -> u64 {
    let weights = shape.columns().saturating_mul(size_of::<f64>());
    let kept = weights.saturating_mul(runs.saturating_add(1));
    let trained = match kernel.for_shape(runs, shape) {
        KernelChoice::Dense => DenseTrainer::bytes(spec, shape),
        KernelChoice::Lanes => Plan::new(spec, shape, LANES).bytes(),
        KernelChoice::Scalar | KernelChoice::Auto => Plan::new(spec, shape, 1).bytes(),
    };
    trained.saturating_add(kept) as u64
}
