//! Problems: the training set, test set and teacher of one experiment.

use std::sync::Arc;

use crate::classes::Classes;
use crate::dataset::{Dataset, DatasetError};
use crate::length::{root_of_squares, sum_of_squares};
use crate::spec::Target;

/// The teacher v*: the unit vector of signal weights that labels synthetic rows. Clones share it.
#[derive(Clone, Debug, PartialEq)]
pub struct Teacher {
    direction: Arc<[f64]>,
    labels_isotropic_rows: bool,
}

impl Teacher {
    /// The teacher along `weights`, normalised as the reference programs do: by
    /// √max(10⁻¹², Σw²), summed in order.
    pub fn along(weights: Vec<f64>) -> Self {
        let squared = sum_of_squares(weights.iter().copied());
        let norm = match squared.is_infinite() {
            true => root_of_squares(squared, weights.iter().copied()),
            false => f64::max(1e-12, squared).sqrt(),
        };
        Self {
            direction: weights.into_iter().map(|w| w / norm).collect(),
            labels_isotropic_rows: true,
        }
    }

    /// The same teacher, of rows that are no isotropic Gaussian ones.
    pub fn of_other_rows(self) -> Self {
        Self {
            labels_isotropic_rows: false,
            ..self
        }
    }

    /// Tells if the rows that it labels are isotropic Gaussian ones: the share of them that a model gets right then
    /// follows from its angle to the teacher.
    pub fn labels_isotropic_rows(&self) -> bool {
        self.labels_isotropic_rows
    }

    /// The weights, one per signal column.
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

/// The law that rows are drawn from: signal columns N(0, scale²·I), and nothing else.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Population {
    /// Standard deviation of every signal column, the signal scale ε.
    pub scale: f64,
    /// The kind of targets: by the teacher, or all +1.
    pub target: Target,
}

/// The rows that a run learns from and those it is judged by.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Training rows.
    pub train: Dataset,
    /// Test rows, of the same columns but without memorization.
    pub test: Option<Dataset>,
    /// The teacher of synthetic data, unless its targets are constant.
    pub teacher: Option<Teacher>,
    /// The law of the rows, where it is known.
    pub population: Option<Population>,
    /// The classes of the training rows, where targets are their labels.
    pub classes: Option<Classes>,
}

impl Problem {
    /// Joins rows from files: training and test rows get the width of the wider tail, and training
    /// rows a memorization column each of value `memorization`, unless that is `None` or 0. Those of
    /// the test rows are forgotten.
    ///
    /// # Errors
    /// As [`Problem::new`], and where `memorization` is not finite or there are 2³² columns.
    pub fn from_rows(
        train: Dataset,
        test: Option<Dataset>,
        memorization: Option<f64>,
    ) -> Result<Self, DatasetError> {
        let width = |rows: &Dataset| rows.features().tail_width();
        let columns = width(&train).max(test.as_ref().map_or(0, width));
        let train = train.widened(columns)?.with_memorization(memorization)?;
        let test = test
            .map(|test| test.widened(columns)?.with_memorization(None))
            .transpose()?;
        Self::new(train, test, None)
    }

    /// Joins training and test rows.
    ///
    /// Classes are those of the training rows. Test rows of others are always predicted wrongly.
    ///
    /// # Errors
    /// When their columns or kinds of target differ, test rows memorize, or classes are fewer than two.
    pub fn new(
        train: Dataset,
        test: Option<Dataset>,
        teacher: Option<Teacher>,
    ) -> Result<Self, DatasetError> {
        if let Some(test) = &test {
            let (ours, theirs) = (train.features(), test.features());
            for (what, found, expected) in [
                ("signal", theirs.signal_width(), ours.signal_width()),
                ("tail", theirs.tail_width(), ours.tail_width()),
            ] {
                if found != expected {
                    return Err(DatasetError::Width {
                        what,
                        found,
                        expected,
                    });
                }
            }
            if test.target_kind() != train.target_kind() {
                return Err(DatasetError::Kind {
                    found: test.target_kind(),
                    expected: train.target_kind(),
                });
            }
            if test.memorization().is_some() {
                return Err(DatasetError::TestMemorizes);
            }
        }
        let classes = Classes::of(&train, test.as_ref())?;
        Ok(Self {
            train,
            test,
            teacher,
            population: None,
            classes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aligned::AlignedBlock;
    use crate::csr::Csr;
    use crate::dataset::{Features, TargetKind};

    /// One row of zeros.
    fn data(signal: usize, tail: usize, kind: TargetKind, memorization: f64) -> Dataset {
        let tail = Csr::new(tail, vec![0, 0], vec![], vec![]).unwrap();
        let features = Features::new(1, signal, AlignedBlock::zeroed(signal), Some(tail)).unwrap();
        Dataset::new(features, vec![1.0], kind, Some(memorization)).unwrap()
    }

    #[test]
    fn train_and_test_must_agree() {
        let train = || data(2, 3, TargetKind::Sign, 1.0);
        let join = |test| Problem::new(train(), Some(test), None);
        let message = |test| join(test).unwrap_err().to_string();
        assert!(join(data(2, 3, TargetKind::Sign, 0.0)).is_ok());
        assert!(Problem::new(train(), None, None).is_ok());
        assert_eq!(
            message(data(1, 3, TargetKind::Sign, 0.0)),
            "test rows have 1 signal columns, expected 2 as in training"
        );
        assert_eq!(
            message(data(2, 4, TargetKind::Sign, 0.0)),
            "test rows have 4 tail columns, expected 3 as in training"
        );
        assert_eq!(
            message(data(2, 3, TargetKind::Real, 0.0)),
            "test targets are Real, expected Sign as in training"
        );
        assert_eq!(
            message(data(2, 3, TargetKind::Sign, 1.0)),
            "test rows cannot memorize: memorization columns belong to training rows"
        );
    }

    #[test]
    fn a_teacher_is_a_unit_vector() {
        let teacher = Teacher::along(vec![3.0, -4.0]);
        assert_eq!(teacher.direction(), [0.6, -0.8]);
        assert_eq!(teacher.score(&[1.0, 1.0]), 0.6 - 0.8);
        // Below 1e-12 the norm is taken to be 1e-6, as in the reference programs.
        assert_eq!(Teacher::along(vec![1e-9]).direction(), [1e-9 / 1e-6]);
        // Squares of these overflow; a power of two as their unit rounds nothing.
        let unit = libm::exp2(600.0);
        let far = Teacher::along(vec![3.0 * unit, -4.0 * unit]);
        assert_eq!(far.direction(), [0.6, -0.8]);
    }
}
