//! Training a linear model by SGD in O(nnz) per step.
//!
//! One row of data passes through here as follows: [`train`] copies the dataset's rows into the
//! kernel's layout, visits them in the [order](Order) the configuration asks for, and updates the
//! weights with the [slope of the loss](Loss) at that row; weight decay is carried by one common
//! scale, so that a step touches only the row's own columns. Who wants to look on [`start`]s the run
//! instead and [advances](Training::advance) it an epoch at a time; its figures are
//! [evaluated](Training::evaluate) when they are wanted. [`model`] keeps the last [`Weights`] in a
//! file.
//!
//! [`Training`] is all that a study knows of what it trains; other families of models implement it
//! beside the linear one, [`SideBySide`].
//!
//! # Formula
//! One update over a batch of b rows:
//! w ← (1 − η_t λ) w − (η_t / b) Σ ∂ℓ/∂z(z_i, y_i) x_i, z_i = w·x_i + bias; the bias is not decayed.
//!
//! # References
//! L. Bottou, "Stochastic Gradient Descent Tricks", in *Neural Networks: Tricks of the Trade*, 2nd
//! ed., 2012, section 5.1: sparse updates with the decay in a common factor.

mod dense;
mod evaluate;
mod figure;
mod group;
mod init;
mod look;
mod loss;
mod memory;
pub mod model;
mod pace;
mod plan;
mod side_by_side;
mod spec;
mod state;
mod train;
mod trainer;
mod training;
mod update;
mod visits;
mod weights;

pub use evaluate::evaluate;
pub use figure::{Evaluation, Figure, FigureKind};
pub use init::initial_signal;
pub use loss::Loss;
pub use memory::{Shape, training_bytes};
pub use plan::EvaluationPlan;
pub use side_by_side::SideBySide;
pub use sparsegrok_lanes::Level;
pub use spec::{BatchSize, DecayOrder, Init, Order, Schedule, TrainSpec};
pub use state::{Arrays, LinearState, State};
pub use train::{KernelChoice, Run, SimdChoice, TrainError, start, train};
pub use training::{Diverged, Training};
pub use weights::Weights;
