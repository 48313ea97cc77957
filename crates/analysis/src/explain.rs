//! The theory's account of a configuration, and of what a study of it measured.

mod account;
mod measured;
mod numbers;
mod table;

pub use account::{Explanation, FALLEN, Verdict, explain};
pub use measured::{MeasuredBeside, measured_beside};
