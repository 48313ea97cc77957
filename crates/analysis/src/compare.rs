//! Comparisons: of two lengths of training, of ways of training over many seeds, and of finished studies.

mod arms;
mod directories;
mod lengths;
mod seeds;

pub use arms::{Arm, ArmComparison, PairedFigure};
pub use directories::{CompareDirectoriesError, compare_directories};
pub use lengths::{Comparison, EarlyStopping, Length, Stop, compare};
pub use seeds::{CompareError, SeedComparisons, compare_seeds};
