//! Datasets: features, targets, and the implicit memorization column of each training row.

use crate::aligned::AlignedBlock;
use crate::csr::{Csr, SparseRow};

/// The columns shared by training and test rows: a dense signal block beside a sparse tail.
///
/// Signal values are stored as the model sees them, already multiplied by the signal scale.
///
/// # Storage
/// 8·`signal_width` bytes a row in one row-major, 64-byte-aligned allocation, plus the tail's.
#[derive(Clone, Debug)]
pub struct Features {
    rows: usize,
    signal_width: usize,
    signal: AlignedBlock,
    tail: Option<Csr>,
}

/// Why parts do not make a dataset.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// Two parts describe different numbers of rows.
    #[error("{what} has {found} entries, expected {expected}")]
    Length {
        /// The part.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length that agrees with the other parts.
        expected: usize,
    },
    /// A number is NaN or infinite.
    #[error("{what} {index} is {value}, expected a finite number")]
    NotFinite {
        /// The part.
        what: &'static str,
        /// Position in it, from 0.
        index: usize,
        /// The number.
        value: f64,
    },
    /// A sign target is not ±1.
    #[error("target {index} is {value}, expected 1 or -1")]
    Sign {
        /// Row, from 0.
        index: usize,
        /// The target.
        value: f64,
    },
    /// There are more rows than a visiting order can index.
    #[error("{rows} rows, expected fewer than 2^32 - 1")]
    TooManyRows {
        /// The number of rows.
        rows: usize,
    },
    /// Training and test rows have different columns.
    #[error("test rows have {found} {what} columns, expected {expected} as in training")]
    Width {
        /// Which columns.
        what: &'static str,
        /// Their number in the test rows.
        found: usize,
        /// Their number in the training rows.
        expected: usize,
    },
    /// Test rows carry memorization columns.
    #[error("test rows cannot memorize: memorization columns belong to training rows")]
    TestMemorizes,
}

impl Features {
    /// `rows` rows of `signal_width` dense columns (row-major in `signal`) and a sparse tail.
    ///
    /// # Errors
    /// Where lengths disagree or a number is not finite.
    pub fn new(
        rows: usize,
        signal_width: usize,
        signal: AlignedBlock,
        tail: Option<Csr>,
    ) -> Result<Self, DatasetError> {
        if rows >= u32::MAX as usize {
            return Err(DatasetError::TooManyRows { rows });
        }
        let same = |what, found, expected| {
            if found == expected {
                return Ok(());
            }
            Err(DatasetError::Length {
                what,
                found,
                expected,
            })
        };
        same(
            "the signal block",
            signal.as_slice().len(),
            rows * signal_width,
        )?;
        if let Some(tail) = &tail {
            same("the tail", tail.rows(), rows)?;
        }
        all_finite("signal value", signal.as_slice())?;
        Ok(Self {
            rows,
            signal_width,
            signal,
            tail,
        })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of dense signal columns.
    pub fn signal_width(&self) -> usize {
        self.signal_width
    }

    /// Number of sparse tail columns; 0 without a tail.
    pub fn tail_width(&self) -> usize {
        self.tail.as_ref().map_or(0, Csr::columns)
    }

    /// The whole signal block, row-major.
    pub fn signal_block(&self) -> &[f64] {
        self.signal.as_slice()
    }

    /// Signal columns of row `i`.
    ///
    /// # Panics
    /// When `i` is not a row.
    pub fn signal_row(&self, i: usize) -> &[f64] {
        &self.signal_block()[i * self.signal_width..][..self.signal_width]
    }

    /// The tail, if there is one.
    pub fn tail(&self) -> Option<&Csr> {
        self.tail.as_ref()
    }

    /// Tail entries of row `i`; none without a tail.
    ///
    /// # Panics
    /// When there is a tail and `i` is not a row of it.
    #[inline(always)]
    pub fn tail_row(&self, i: usize) -> SparseRow<'_> {
        self.tail
            .as_ref()
            .map_or_else(SparseRow::default, |tail| tail.row(i))
    }

    /// Stored numbers: all signal values and the tail's non-zeros.
    pub fn nnz(&self) -> usize {
        self.rows * self.signal_width + self.tail.as_ref().map_or(0, Csr::nnz)
    }
}

/// What targets are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// Labels −1 and +1.
    Sign,
    /// Real numbers, for squared loss.
    Real,
}

/// Rows to train or test on. Immutable.
///
/// With memorization of scale α, training row i also has the value α in a column of its own, number
/// `signal_width + tail_width + i`. That column is implied by the row's position, never stored.
///
/// # Storage
/// For 5 signal columns and no tail: 40 bytes of features and 8 of target, 48 in all, a row.
#[derive(Clone, Debug)]
pub struct Dataset {
    features: Features,
    targets: Vec<f64>,
    target_kind: TargetKind,
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

impl Dataset {
    /// Features with their targets; `memorization` is α, and 0 means none.
    ///
    /// # Errors
    /// Where lengths disagree, a number is not finite, or a sign is not ±1.
    pub fn new(
        features: Features,
        targets: Vec<f64>,
        target_kind: TargetKind,
        memorization: Option<f64>,
    ) -> Result<Self, DatasetError> {
        if targets.len() != features.rows() {
            return Err(DatasetError::Length {
                what: "the targets",
                found: targets.len(),
                expected: features.rows(),
            });
        }
        all_finite("target", &targets)?;
        all_finite("memorization scale", memorization.as_slice())?;
        let wrong = targets.iter().position(|y| y.abs() != 1.0);
        if let Some(index) = wrong.filter(|_| target_kind == TargetKind::Sign) {
            return Err(DatasetError::Sign {
                index,
                value: targets[index],
            });
        }
        Ok(Self {
            features,
            targets,
            target_kind,
            memorization: memorization.filter(|&alpha| alpha != 0.0),
        })
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// The shared columns.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// Targets, one a row.
    pub fn targets(&self) -> &[f64] {
        &self.targets
    }

    /// What the targets are.
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
    pub fn row(&self, i: usize) -> Row<'_> {
        let first = self.features.signal_width + self.features.tail_width();
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
        let own = if self.memorization.is_some() {
            self.len()
        } else {
            0
        };
        self.features.signal_width + self.features.tail_width() + own
    }

    /// Non-zeros a pass over the rows visits, memorization included.
    pub fn nnz(&self) -> usize {
        let own = if self.memorization.is_some() {
            self.len()
        } else {
            0
        };
        self.features.nnz() + own
    }
}

/// The teacher v*: the unit vector of signal weights that labels synthetic rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Teacher {
    direction: Vec<f64>,
}

impl Teacher {
    /// The teacher along `weights`, normalised as the reference programs do: by
    /// √max(10⁻¹², Σw²), summed in order.
    pub fn along(weights: Vec<f64>) -> Self {
        let mut squared = 0.0;
        for w in &weights {
            squared += w * w;
        }
        let norm = f64::max(1e-12, squared).sqrt();
        Self {
            direction: weights.into_iter().map(|w| w / norm).collect(),
        }
    }

    /// Its weights, one per signal column.
    pub fn direction(&self) -> &[f64] {
        &self.direction
    }

    /// v*·s, multiplied and added in order.
    pub fn score(&self, signal: &[f64]) -> f64 {
        let mut z = 0.0;
        for (w, s) in self.direction.iter().zip(signal) {
            z += w * s;
        }
        z
    }
}

/// What a run learns from and is judged by.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Training rows.
    pub train: Dataset,
    /// Test rows, of the same columns but without memorization.
    pub test: Option<Dataset>,
    /// The teacher of synthetic data.
    pub teacher: Option<Teacher>,
}

impl Problem {
    /// Joins training and test rows.
    ///
    /// # Errors
    /// Where their columns differ or test rows memorize.
    pub fn new(
        train: Dataset,
        test: Option<Dataset>,
        teacher: Option<Teacher>,
    ) -> Result<Self, DatasetError> {
        if let Some(test) = &test {
            let (train, found) = (train.features(), test.features());
            for (what, found, expected) in [
                ("signal", found.signal_width(), train.signal_width()),
                ("tail", found.tail_width(), train.tail_width()),
            ] {
                if found != expected {
                    return Err(DatasetError::Width {
                        what,
                        found,
                        expected,
                    });
                }
            }
            if test.memorization().is_some() {
                return Err(DatasetError::TestMemorizes);
            }
        }
        Ok(Self {
            train,
            test,
            teacher,
        })
    }
}

fn all_finite(what: &'static str, numbers: &[f64]) -> Result<(), DatasetError> {
    match numbers.iter().position(|x| !x.is_finite()) {
        None => Ok(()),
        Some(index) => Err(DatasetError::NotFinite {
            what,
            index,
            value: numbers[index],
        }),
    }
}
