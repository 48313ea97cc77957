//! Datasets: features, targets, and the implicit memorization column of each training row.

mod error;
mod features;

pub use error::DatasetError;
pub use features::Features;
use features::check_length;
pub(crate) use features::{all_finite, first_not_finite};

use std::collections::BTreeMap;

use crate::aligned::AlignedBlock;
use crate::csr::{Csr, SparseRow};
use crate::shared::SharedSlice;

/// The kind of targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// Labels −1 and +1.
    Sign,
    /// Real numbers, for squared loss.
    Real,
    /// Labels of classes, whole numbers: a model a class tells its own from the rest.
    Class,
}

/// Rows to train or test on. Immutable.
///
/// With memorization of scale α, training row i also has the value α in a column of its own, number
/// `signal_width + tail_width + i`. That column is implied by the row's position, never stored.
///
/// # Storage
/// For 5 signal columns and no tail: 40 bytes of features and 8 of target, 48 in all, a row. They are
/// shared by clones, and in memory of their own or in a mapped [`Store`](crate::Store).
#[derive(Clone, Debug)]
pub struct Dataset {
    features: Features,
    targets: SharedSlice<f64>,
    target_kind: TargetKind,
    row_weights: Option<SharedSlice<f64>>,
    memorization: Option<f64>,
}

/// One row, as a model sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row<'a> {
    /// Dense signal columns.
    pub signal: &'a [f64],
    /// Sparse tail columns, numbered from 0 within the tail.
    pub tail: SparseRow<'a>,
    /// Target y.
    pub target: f64,
    /// The row's own memorization column.
    pub memorization: Option<Slot>,
}

/// A memorization column: its number among all columns, and its value α.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slot {
    /// `signal_width + tail_width + row`.
    pub column: usize,
    /// The memorization scale α.
    pub value: f64,
}

/// A row of signal columns alone, with no known target, for a model to score.
impl<'a> From<&'a [f64]> for Row<'a> {
    fn from(signal: &'a [f64]) -> Self {
        Self {
            signal,
            tail: SparseRow::default(),
            target: f64::NAN,
            memorization: None,
        }
    }
}

impl<'a, const D: usize> From<&'a [f64; D]> for Row<'a> {
    fn from(signal: &'a [f64; D]) -> Self {
        signal.as_slice().into()
    }
}

impl<'a> From<&Row<'a>> for Row<'a> {
    fn from(row: &Row<'a>) -> Self {
        *row
    }
}

impl Dataset {
    /// Rows of dense columns, copied from a row-major block of `width` columns, without memorization.
    /// [`Features::new`] takes a block that is not to be copied.
    ///
    /// ```
    /// use sparsegrok_data::{Dataset, TargetKind};
    ///
    /// let rows = Dataset::dense(&[0.5, 1.0, -0.5, 2.0], 2, &[1.0, -1.0], TargetKind::Sign)?;
    /// assert_eq!((rows.len(), rows.columns()), (2, 2));
    /// assert_eq!(rows.memorizing(1.0).columns(), 4);
    /// # Ok::<(), sparsegrok_data::DatasetError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Dataset::new`].
    pub fn dense(
        block: &[f64],
        width: usize,
        targets: &[f64],
        target_kind: TargetKind,
    ) -> Result<Self, DatasetError> {
        let block = AlignedBlock::from(block);
        let features = Features::new(targets.len(), width, block, None)?;
        Self::new(features, targets.to_vec(), target_kind, None)
    }

    /// Rows of sparse columns, which are kept, with targets, which are copied, without memorization.
    ///
    /// # Errors
    /// As [`Dataset::new`].
    pub fn sparse(
        rows: Csr,
        targets: &[f64],
        target_kind: TargetKind,
    ) -> Result<Self, DatasetError> {
        let block = AlignedBlock::zeroed(0);
        let features = Features::new(targets.len(), 0, block, Some(rows))?;
        Self::new(features, targets.to_vec(), target_kind, None)
    }

    /// The same rows, each with a memorization column of its own, of value α. `Time: O(1)`
    ///
    /// # Panics
    /// When α is not finite.
    pub fn memorizing(self, alpha: f64) -> Self {
        assert!(alpha.is_finite(), "a memorization scale of {alpha}");
        Self {
            memorization: Some(alpha).filter(|&alpha| alpha != 0.0),
            ..self
        }
    }

    /// Features with their targets, in a vector or a [`SharedSlice`]; `memorization` is α, and 0 means
    /// none. `Time: O(rows)`; nothing is copied.
    ///
    /// # Errors
    /// When lengths disagree, a number is not finite, a sign is not ±1, or a label of a class is no `i32`.
    pub fn new(
        features: Features,
        targets: impl Into<SharedSlice<f64>>,
        target_kind: TargetKind,
        memorization: Option<f64>,
    ) -> Result<Self, DatasetError> {
        let targets = targets.into();
        check_length("targets", targets.len(), features.rows())?;
        check_targets(&targets, target_kind)?;
        Self::from_parts(features, targets, target_kind, None).with_memorization(memorization)
    }

    /// Parts known to make a dataset; `memorization` is not 0.
    pub(crate) fn from_parts(
        features: Features,
        targets: SharedSlice<f64>,
        target_kind: TargetKind,
        memorization: Option<f64>,
    ) -> Self {
        Self {
            features,
            targets,
            target_kind,
            row_weights: None,
            memorization,
        }
    }

    /// The same rows, each with a weight: in training the gradient of its loss is multiplied by it.
    ///
    /// Weights are taken as they are, so that weights of mean 1 leave the balance between loss and
    /// weight decay as it was. A row of weight 0 is visited without effect. `Time: O(rows)`
    ///
    /// ```
    /// use sparsegrok_data::{Dataset, TargetKind};
    ///
    /// let rows = Dataset::dense(&[0.5, -0.5], 1, &[1.0, -1.0], TargetKind::Sign)?;
    /// let rows = rows.weighted(vec![3.0, 1.0])?;
    /// assert_eq!(rows.row_weights(), Some(&[3.0, 1.0][..]));
    /// # Ok::<(), sparsegrok_data::DatasetError>(())
    /// ```
    ///
    /// # Errors
    /// When there are not as many as rows, or one is negative or not finite.
    pub fn weighted(self, weights: impl Into<SharedSlice<f64>>) -> Result<Self, DatasetError> {
        let weights = weights.into();
        check_length("row weights", weights.len(), self.len())?;
        let is_weight = |weight: &f64| weight.is_finite() && *weight >= 0.0;
        if let Some(row) = weights.iter().position(|weight| !is_weight(weight)) {
            let value = weights[row];
            return Err(DatasetError::RowWeight { row, value });
        }
        Ok(Self {
            row_weights: Some(weights),
            ..self
        })
    }

    /// The same rows with memorization columns of value α; 0 or `None` for none. `Time: O(1)`
    ///
    /// # Errors
    /// When α is not finite.
    pub fn with_memorization(self, memorization: Option<f64>) -> Result<Self, DatasetError> {
        if let Some(value) = memorization.filter(|alpha| !alpha.is_finite()) {
            return Err(DatasetError::Memorization { value });
        }
        Ok(Self {
            memorization: memorization.filter(|&alpha| alpha != 0.0),
            ..self
        })
    }

    /// The same rows with a tail, if there is one, at least `columns` wide. `Time: O(1)`
    ///
    /// # Errors
    /// When `columns` is 2³² or more.
    pub fn widened(self, columns: usize) -> Result<Self, DatasetError> {
        Ok(Self {
            features: self.features.widened(columns)?,
            ..self
        })
    }

    /// The same rows with targets taken for what they also are.
    pub(crate) fn with_target_kind(self, target_kind: TargetKind) -> Self {
        Self {
            target_kind,
            ..self
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Returns true if there are no rows.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// The shared columns.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// Returns true if the numbers are those of a mapped [store](crate::Store), whose memory the system
    /// can take back.
    pub fn is_mapped(&self) -> bool {
        self.targets.is_mapped()
    }

    /// Targets, one a row.
    pub fn targets(&self) -> &[f64] {
        &self.targets
    }

    /// Weights of the rows, one a row; `None` where each counts once.
    #[inline(always)]
    pub fn row_weights(&self) -> Option<&[f64]> {
        self.row_weights.as_deref()
    }

    /// The labels of the classes that the targets name, ascending, each with the number of its rows; none where
    /// targets are of another kind. `Time: O(rows · log classes)`
    pub fn class_sizes(&self) -> BTreeMap<i32, usize> {
        let mut sizes = BTreeMap::new();
        if self.target_kind == TargetKind::Class {
            for &label in &*self.targets {
                *sizes.entry(label as i32).or_default() += 1;
            }
        }
        sizes
    }

    /// The same rows with other targets, of their number and of this kind.
    pub(crate) fn with_targets(self, targets: Vec<f64>, target_kind: TargetKind) -> Self {
        debug_assert_eq!(targets.len(), self.len());
        Self {
            targets: targets.into(),
            target_kind,
            ..self
        }
    }

    /// The kind of the targets.
    pub fn target_kind(&self) -> TargetKind {
        self.target_kind
    }

    /// The memorization scale α; `None` where rows have no memorization column.
    pub fn memorization(&self) -> Option<f64> {
        self.memorization
    }

    /// Row `i`. `Time: O(1)`
    ///
    /// # Panics
    /// When `i` is not a row.
    #[inline]
    pub fn row(&self, i: usize) -> Row<'_> {
        let first = self.features.signal_width() + self.features.tail_width();
        Row {
            signal: self.features.signal_row(i),
            tail: self.features.tail_row(i),
            target: self.targets[i],
            memorization: self.memorization.map(|value| Slot {
                column: first + i,
                value,
            }),
        }
    }

    /// Number of columns, memorization included.
    pub fn columns(&self) -> usize {
        self.features.signal_width() + self.features.tail_width() + self.memorized()
    }

    /// Non-zeros a pass over the rows visits, memorization included.
    pub fn nnz(&self) -> usize {
        self.features.nnz() + self.memorized()
    }

    /// Number of memorization columns: one a row, or none.
    fn memorized(&self) -> usize {
        self.memorization.map_or(0, |_| self.len())
    }
}

/// Refuses targets that are not finite or, where they should be signs, not ±1, or, where they should be
/// labels of classes, no `i32`.
pub(crate) fn check_targets(targets: &[f64], kind: TargetKind) -> Result<(), DatasetError> {
    all_finite("target", targets)?;
    let fits: fn(f64) -> bool = match kind {
        TargetKind::Real => |_| true,
        TargetKind::Sign => |y| y.abs() == 1.0,
        TargetKind::Class => |y| is_class_label(y),
    };
    let Some(index) = targets.iter().position(|&y| !fits(y)) else {
        return Ok(());
    };
    let value = targets[index];
    Err(match kind {
        TargetKind::Class => DatasetError::Class { index, value },
        _ => DatasetError::Sign { index, value },
    })
}

/// Tells if a number can be the label of a class.
pub(crate) fn is_class_label(label: f64) -> bool {
    f64::from(label as i32) == label
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::aligned::AlignedBlock;
    use crate::csr::{Csr, Indices};

    /// Three rows of two signal columns and, with a tail, four tail columns.
    fn features(tail: bool) -> Features {
        let signal = AlignedBlock::from(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0][..]);
        let csr = || Csr::new(4, vec![0, 1, 1, 3], vec![3, 0, 2], vec![0.5, 1.5, 2.5]).unwrap();
        Features::new(3, 2, signal, tail.then(csr)).unwrap()
    }

    fn signs(targets: &[f64], memorization: Option<f64>) -> Result<Dataset, DatasetError> {
        Dataset::new(
            features(true),
            targets.to_vec(),
            TargetKind::Sign,
            memorization,
        )
    }

    #[test]
    fn a_row_shows_its_columns() {
        let data = signs(&[1.0, -1.0, 1.0], Some(7.0)).unwrap();
        let expected = Row {
            signal: &[5.0, 6.0],
            tail: SparseRow {
                indices: Indices::U32(&[0, 2]),
                values: &[1.5, 2.5],
            },
            target: 1.0,
            memorization: Some(Slot {
                column: 2 + 4 + 2,
                value: 7.0,
            }),
        };
        assert_eq!(data.row(2), expected);
        assert_eq!(data.row(1).tail, SparseRow::default());
        assert_eq!((data.len(), data.columns(), data.nnz()), (3, 9, 6 + 3 + 3));
    }

    #[test]
    fn a_tail_and_memorization_are_optional() {
        let kind = TargetKind::Real;
        let data = Dataset::new(features(false), vec![0.1, 0.2, 0.3], kind, Some(0.0)).unwrap();
        assert_eq!(data.memorization(), None);
        assert_eq!(data.row(0).memorization, None);
        assert_eq!(data.row(0).tail, SparseRow::default());
        assert_eq!((data.columns(), data.nnz()), (2, 6));
    }

    /// Numbers at an odd place of memory that nothing here made.
    #[test]
    fn foreign_numbers_are_read_where_they_lie() {
        let block: Arc<[f64]> = (0..9).map(f64::from).collect();
        let signal = SharedSlice::of_owner(Foreign(block.clone()));
        let features = Features::new(4, 2, signal.clone(), None).unwrap();
        let targets = SharedSlice::from(vec![1.0; 4]);
        let data = Dataset::new(features, targets.clone(), TargetKind::Real, None).unwrap();
        assert_eq!(data.features().signal_block().as_ptr(), &raw const block[1]);
        assert_eq!(data.targets().as_ptr(), targets.as_ptr());
        assert_eq!(data.row(3).signal, [7.0, 8.0]);
        let clone = data.clone();
        drop((data, signal));
        assert_eq!(Arc::strong_count(&block), 2);
        drop(clone);
        assert_eq!(Arc::strong_count(&block), 1);
    }

    struct Foreign(Arc<[f64]>);

    impl AsRef<[f64]> for Foreign {
        fn as_ref(&self) -> &[f64] {
            &self.0[1..]
        }
    }

    #[test]
    fn a_toy_row_fits_a_cache_line() {
        let features = Features::new(1000, 5, AlignedBlock::zeroed(5000), None).unwrap();
        let bytes = size_of_val(features.signal_block()) + 1000 * size_of::<f64>();
        assert_eq!(bytes, 48 * 1000);
    }

    #[test]
    fn targets_that_fit_no_dataset_are_named() {
        let message = |targets: &[f64], memorization| {
            let built = signs(targets, memorization);
            built.unwrap_err().to_string()
        };
        assert_eq!(
            message(&[1.0], None),
            "targets: found 1 entries, expected 3"
        );
        assert_eq!(
            message(&[1.0, -1.0, 0.0], None),
            "target 2 is 0, expected 1 or -1"
        );
        assert_eq!(
            message(&[1.0, f64::NAN, 1.0], None),
            "target 1 is NaN, expected a finite number"
        );
        assert_eq!(
            message(&[1.0; 3], Some(f64::INFINITY)),
            "the memorization scale is inf, expected a finite number"
        );
    }

    #[test]
    fn labels_of_classes_are_whole_numbers() {
        let rows = |targets: &[f64]| {
            let kind = TargetKind::Class;
            Dataset::new(features(true), targets.to_vec(), kind, None)
        };
        let sizes = rows(&[3.0, -2.0, 3.0]).unwrap().class_sizes();
        assert_eq!(sizes.into_iter().collect::<Vec<_>>(), [(-2, 1), (3, 2)]);
        assert!(signs(&[1.0; 3], None).unwrap().class_sizes().is_empty());
        for wrong in [2.5, 3e9, -2_147_483_649.0] {
            let said = rows(&[1.0, wrong, 2.0]).unwrap_err().to_string();
            let expected = "expected a whole number from -2147483648 to 2147483647";
            assert_eq!(said, format!("target 1 is {wrong}, {expected}"));
        }
        assert!(rows(&[1.0, f64::NAN, 2.0]).is_err());
    }

    #[test]
    fn row_weights_that_are_none_are_named() {
        let message = |weights: &[f64]| {
            let rows = signs(&[1.0; 3], None).unwrap();
            rows.weighted(weights.to_vec()).unwrap_err().to_string()
        };
        assert_eq!(message(&[1.0]), "row weights: found 1 entries, expected 3");
        assert_eq!(
            message(&[0.0, 2.0, -1.0]),
            "the weight of row 2 is -1, expected a finite number of at least 0"
        );
        assert!(message(&[f64::NAN, 1.0, 1.0]).contains("row 0 is NaN"));
    }
}
