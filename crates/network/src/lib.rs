//! Two-layer networks on one-hot inputs, a family of models behind the seam of
//! [`Training`](sparsegrok_kernel::Training).
//!
//! A network learns an operation of modular arithmetic from a part of its table, and is tested on the rest. It is the
//! setting that grokking was found in. With label noise and weight decay it shows memorization that is learned first
//! and unlearned later, while the rule stays.
//!
//! # Formula
//! f(a, b) = W·φ(Ue_a + Ve_b), of p classes each for a, b and the result, and N neurons; φ(x) = x² or max(x, 0). A one-hot
//! input is a look-up of a row, never a product. An epoch of n rows takes 3nNp multiply–adds: outputs, gradients of W,
//! and gradients of neurons.
//!
//! All numbers are `f32`, as in what is published. Each sum is one chain of fused multiply–adds in a fixed order, and
//! every function is computed by this project or by pinned code, so that the bits of a run are the same at every
//! instruction-set level, on any number of threads, and fresh or resumed.
//!
//! # References
//! - A. Gromov, "Grokking modular arithmetic", 2023, arXiv 2301.02679: the network, its analytic weights.
//! - D. Doshi, A. Das, T. He, A. Gromov, "To grok or not to grok: disentangling generalization and memorization on
//!   corrupted algorithmic datasets", 2024, arXiv 2310.13061: label noise, decay, inverse participation ratios.
//! - A. Power, Y. Burda, H. Edwards, I. Babuschkin, V. Misra, "Grokking: generalization beyond overfitting on small
//!   algorithmic datasets", 2022, arXiv 2201.02177: the tasks.

mod analytic;
mod block;
mod layers;
mod optimizer;
mod spec;
mod spectrum;
mod table;
mod training;

pub use analytic::analytic_accuracy;
pub use spec::{Activation, NetworkSpec, Operation, check_label_noise};
pub use table::{Example, Table};
pub use training::{FIGURES, Job, Network, fits, training_bytes};
