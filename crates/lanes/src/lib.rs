//! The arithmetic every kernel shares: eight `f64` lanes and their scalar twin, and products of `f32` matrices.
//!
//! A formula is written once, generic over [`Arithmetic`], and instantiated twice: over [`Scalar`]
//! (one `f64`) and over [`Lanes`] (eight of them). Both perform the same IEEE-754 operations in the
//! same order, so every lane holds the very bits the scalar instantiation computes, at every
//! instruction-set [`Level`].
//!
//! ```
//! use sparsegrok_lanes::{Level, exp};
//!
//! assert_eq!(exp(0.0), 1.0);
//! assert!(Level::available().contains(&Level::Portable));
//! ```
//!
//! This is the only crate of the project that knows of SIMD. The instruction sets come from
//! [`fearless_simd`], whose capability tokens prove what the CPU has; [`prefetch`] holds this crate's
//! one `unsafe` block.

mod arithmetic;
mod elementary;
mod level;
mod prefetch;
mod product;
mod rows;
mod transpose;
mod xoshiro;

pub use arithmetic::{Arithmetic, LANES, Lanes, Scalar, WIDE, WideLanes};
pub use elementary::{LOG2_E, SIGMOID_MAX, exp, exp_in, softplus, softplus_in, weighted_sigmoid};
pub use level::{Level, Simd, Task};
pub use prefetch::prefetch;
pub use product::{Onto, ProductShape, ROWS, Strided, VECTOR, multiply};
pub use rows::Rows;
pub use xoshiro::Xoshiro256PlusPlus;
