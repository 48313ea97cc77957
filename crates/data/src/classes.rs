//! Problems of several classes: of each class a problem of its own, its rows against all others.

use std::sync::Arc;

use crate::dataset::{Dataset, DatasetError, TargetKind};
use crate::problem::Problem;

/// The classes that training rows are of, each with the problem of telling it from the rest.
///
/// The problems share their features and the training rows' own weights; their targets are 1 for rows of the
/// class and −1 for all others. Clones are cheap.
#[derive(Clone, Debug)]
pub struct Classes {
    labels: Arc<[i32]>,
    problems: Arc<[Problem]>,
}

impl Classes {
    /// The classes of training rows; `None` where their targets are no classes.
    ///
    /// # Errors
    /// When there are no two classes.
    pub(crate) fn of(
        train: &Dataset,
        test: Option<&Dataset>,
    ) -> Result<Option<Self>, DatasetError> {
        if train.target_kind() != TargetKind::Class {
            return Ok(None);
        }
        let labels: Vec<i32> = train.class_sizes().into_keys().collect();
        if labels.len() < 2 {
            return Err(DatasetError::FewClasses { labels });
        }
        let problem = |&label: &i32| Problem {
            train: against_rest(train, label),
            test: test.map(|test| against_rest(test, label)),
            teacher: None,
            population: None,
            classes: None,
        };
        Ok(Some(Self {
            problems: labels.iter().map(problem).collect(),
            labels: labels.into(),
        }))
    }

    /// The labels, ascending: two or more.
    pub fn labels(&self) -> &[i32] {
        &self.labels
    }

    /// The problem of each class, in the order of the labels.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The place of a row's class among the labels; `None` for a label that no training row has.
    /// `Time: O(log classes)`
    pub fn place(&self, target: f64) -> Option<usize> {
        let places = self
            .labels
            .binary_search_by(|&label| f64::from(label).total_cmp(&target));
        places.ok()
    }

    /// Bytes of the targets of so many problems, of `rows` training and test rows each.
    pub fn bytes(classes: usize, rows: usize) -> u64 {
        let targets = classes.saturating_mul(rows);
        targets.saturating_mul(size_of::<f64>()) as u64
    }

    /// The same classes, the training rows of each changed, given with the class's label.
    pub(crate) fn with_train(
        &self,
        change: impl Fn(i32, Dataset) -> Result<Dataset, DatasetError>,
    ) -> Result<Self, DatasetError> {
        let pairs = self.labels.iter().zip(&*self.problems);
        let problems = pairs.map(|(&label, problem)| {
            Ok(Problem {
                train: change(label, problem.train.clone())?,
                ..problem.clone()
            })
        });
        Ok(Self {
            labels: Arc::clone(&self.labels),
            problems: problems.collect::<Result<_, DatasetError>>()?,
        })
    }
}

/// The rows with target 1 where they are of a class, and −1 elsewhere.
fn against_rest(rows: &Dataset, label: i32) -> Dataset {
    let sign = |&target: &f64| match target == f64::from(label) {
        true => 1.0,
        false => -1.0,
    };
    let signs = rows.targets().iter().map(sign).collect();
    rows.clone().with_targets(signs, TargetKind::Sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(labels: &[f64]) -> Dataset {
        let columns: Vec<f64> = (0..labels.len()).map(|i| i as f64).collect();
        Dataset::dense(&columns, 1, labels, TargetKind::Class).unwrap()
    }

    #[test]
    fn every_class_stands_against_the_rest() {
        let train = rows(&[7.0, -1.0, 7.0, 2.0]).weighted(vec![1.0, 2.0, 3.0, 4.0]);
        let train = train.unwrap().memorizing(0.5);
        // Label 9 is of no training row: it is the rest to every class.
        let problem = Problem::new(train, Some(rows(&[2.0, 9.0])), None).unwrap();
        let classes = problem.classes.unwrap();
        assert_eq!(classes.labels(), [-1, 2, 7]);
        let targets = |k: usize| classes.problems()[k].train.targets();
        assert_eq!(targets(0), [-1.0, 1.0, -1.0, -1.0]);
        assert_eq!(targets(2), [1.0, -1.0, 1.0, -1.0]);
        let second = &classes.problems()[1];
        assert_eq!(second.test.as_ref().unwrap().targets(), [1.0, -1.0]);
        assert_eq!(second.train.row_weights(), problem.train.row_weights());
        assert_eq!(second.train.memorization(), Some(0.5));
        let signal = |rows: &Dataset| rows.features().signal_block().as_ptr();
        assert_eq!(signal(&second.train), signal(&problem.train));
        assert_eq!(
            [2.0, 9.0, 7.0].map(|y| classes.place(y)),
            [Some(1), None, Some(2)]
        );
    }

    #[test]
    fn one_class_is_told_from_nothing() {
        let error = Problem::new(rows(&[3.0, 3.0]), None, None).unwrap_err();
        let said = "the labels of the training rows are [3], expected two or more";
        assert_eq!(error.to_string(), said);
        assert!(Problem::new(rows(&[]), None, None).is_err());
    }
}
