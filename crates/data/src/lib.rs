//! Training examples: rows, datasets, and the files they lie in.
//!
//! A [`Row`] has a few dense *signal* columns, optionally a sparse *tail* of further columns, a
//! target, and — in training — one *memorization* column that no other row shares. The last is
//! implied by the row's position and never stored: [`Dataset`] keeps a dense block, a [`Csr`] and
//! the targets, and hands out rows as borrowed views. A [`Problem`] is a training set with the test
//! set and teacher that belong to it; it is drawn by [`generate`], read from svmlight
//! files, or used where it lies on disk, in a [`Store`].
//!
//! ```
//! use sparsegrok_data::{SyntheticSpec, generate};
//!
//! let problem = generate(&SyntheticSpec { n_train: 100, ..SyntheticSpec::default() })?;
//! let row = problem.train.row(7);
//! assert_eq!(row.signal.len(), 5);
//! assert_eq!(row.memorization.unwrap().column, 5 + 7);
//! # Ok::<(), sparsegrok_data::InvalidSetting>(())
//! ```

mod aligned;
mod class_weight;
mod classes;
mod csr;
mod dataset;
mod input;
mod length;
mod number;
mod path;
mod problem;
mod random;
mod reference;
mod row_weights;
mod shared;
mod spec;
pub mod store;
pub mod svmlight;
mod synthetic;

pub use aligned::AlignedBlock;
pub use class_weight::{ClassWeight, ParseClassWeightError};
pub use classes::Classes;
pub use csr::{Csr, CsrError, Indices, SparseRow};
pub use dataset::{Dataset, DatasetError, Features, Row, Slot, TargetKind};
pub use input::Input;
pub use length::{holds_squares, length, root_of_squares, sum_of_squares};
pub use number::Shortest;
pub use path::shown;
pub use problem::{Population, Problem, Teacher};
pub use random::{
    Normal, Purpose, RandomFamily, Stream, Xoshiro256PlusPlus, native_state, native_stream,
};
pub use reference::Mt19937;
pub use row_weights::{RowWeights, RowWeightsError};
pub use shared::SharedSlice;
pub use spec::{InvalidSetting, SignalValues, SyntheticSpec, Target, check};
pub use sprs::SpIndex;
pub use store::{Store, StoreError};
pub use svmlight::SvmlightError;
pub use synthetic::generate;
