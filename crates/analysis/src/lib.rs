//! Questions to runs and studies: why one groks or not, which of two ways of training is better, and if its
//! numbers can be trusted.
//!
//! [`explain`] gives the theory's account of a configuration, and sets it beside what a study measured.
//! [`compare`] sets two lengths of training beside each other, ways of training over many seeds, or finished
//! studies. [`cautions()`] lists the reasons to distrust a study's times, [`spreads`] tells why its runs differ,
//! [`untold()`] lists what judged curves do not tell, and [`validate`] checks this program against the theory
//! and published numbers.

mod cautions;
pub mod compare;
pub mod explain;
mod spread;
mod untold;
pub mod validate;

pub use cautions::cautions;
pub use spread::spreads;
pub use untold::untold;
