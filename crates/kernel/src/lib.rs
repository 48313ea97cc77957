//! Training a linear model by SGD in O(nnz) per step.
//!
//! [`start`] copies the rows of up to eight datasets into the kernel's layout and returns the runs as
//! a [`Training`]. [Advancing](Training::advance) it an epoch visits the rows in the [order](Order) that the
//! configuration asks for and updates the weights with the [slope of the loss](Loss) at each row;
//! weight decay is carried by one common scale, so that a step touches only the row's own columns.
//! Between epochs the runs can be [evaluated](Training::evaluate), looked at, and their [`State`]s kept.
//! [`train`] does all that for one run; [`model`] keeps weights in a file.
//!
//! Problems of several classes train a model a class, [`OneVsRest`].
//!
//! [`Training`] is all that a study knows of what it trains; other families of models implement it
//! beside the linear one, [`SideBySide`].
//!
//! From the bottom up: `spec`, `loss`, `schedule`, `pace`, `visits` say what a step is made of;
//! `layout` says where rows lie; `step` has the arithmetic of one step, in four forms; `epoch` drives
//! them; `linear` and the `dense` reference are kernels, `optimized` trains with momentum and AdamW;
//! `engine` chooses and starts one.
//!
//! # Formula
//! One update over a batch of b rows:
//! w ← (1 − η_t λ) w − (η_t / b) Σ ∂ℓ/∂z(z_i, y_i) x_i, z_i = w·x_i + bias; the bias is not decayed.
//!
//! # References
//! L. Bottou, "Stochastic Gradient Descent Tricks", in *Neural Networks: Tricks of the Trade*, 2nd
//! ed., 2012, section 5.1: sparse updates with the decay in a common factor.

mod asked;
mod batch;
mod blocks;
mod dense;
mod engine;
mod epoch;
mod evaluate;
mod figure;
mod init;
mod layout;
mod linear;
mod look;
mod loss;
pub mod model;
mod one_vs_rest;
mod optimized;
mod pace;
mod plan;
mod population;
mod reference;
mod run_group;
mod schedule;
mod shape;
mod sharing;
mod side_by_side;
mod spec;
mod state;
mod step;
mod train;
mod trainer;
mod training;
mod visits;
mod weights;

pub use asked::{Asked, Trained};
pub use blocks::Threads;
pub use engine::{KernelChoice, SimdChoice, fits, start, training_bytes};
pub use evaluate::evaluate;
pub use figure::{Evaluation, Figure, FigureKind, FigureSet};
pub use init::{Job, initial_signal};
pub use loss::Loss;
pub use one_vs_rest::{OneVsRest, predicted_class};
pub use plan::EvaluationPlan;
pub use run_group::RunGroup;
pub use schedule::LearningRate;
pub use shape::Shape;
pub use sharing::Sharing;
pub use side_by_side::SideBySide;
pub use sparsegrok_lanes::{LANES, Level};
pub use spec::{BatchSize, DecayOrder, Init, Optimizer, Order, Schedule, Sgd};
pub use state::{Arrays, LinearState, State};
pub use train::{TrainError, train};
pub use training::{Diverged, Training};
pub use visits::VisitingOrder;
pub use weights::Weights;
