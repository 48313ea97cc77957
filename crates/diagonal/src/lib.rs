//! Diagonal networks, a second family of models behind the seam of [`Training`](sparsegrok_kernel::Training).
//!
//! A diagonal network of two layers is a linear classifier, z = w·x, whose weights are w = u∘u − v∘v. Gradient descent
//! on u and v is another descent than that on w: from a large start u = v = α it first finds what descent on w would find
//! under the norm L2, and when weight decay has made u and v small, what it would find under L1. The change is sharp, at
//! ηT = (ln α)/λ and a constant. Where few columns matter, it is grokking; where all matter a little, its reverse.
//!
//! # Formula
//! One epoch is one update on all n rows, with h = (1/n) Σ_i y_i σ(−y_i z_i) x_i, minus the gradient of the mean logistic
//! loss with respect to w:
//!
//! u ← (1 − ηλ)u + 2ηh∘u, v ← (1 − ηλ)v − 2ηh∘v.
//!
//! # References
//! K. Lyu, J. Jin, Z. Li, S. S. Du, J. D. Lee, W. Hu, "Dichotomy of early and late phase implicit biases can provably
//! induce grokking", 2024, arXiv 2311.18817.

mod rows;
mod training;

pub use training::{Diagonal, FIGURES, Job, fits, training_bytes};
