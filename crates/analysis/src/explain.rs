//! The theory's account of a configuration, and of what a study of it measured.

mod account;
mod edge;
mod measured;
mod numbers;
mod table;

pub use account::{Explanation, FALLEN, Verdict, explain};
pub use edge::{EdgeExplanation, explain_edge};
pub use measured::{MeasuredBeside, measured_beside};
