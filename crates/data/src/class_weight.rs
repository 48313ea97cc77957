//! Weights of classes, by which the rows of rare ones can count for more.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::dataset::{Dataset, DatasetError, TargetKind};
use crate::number::Shortest;
use crate::problem::Problem;
use crate::svmlight::Labels;

/// The weight of every class. Displays as it is written: `balanced`, or `LABEL:WEIGHT,…`.
#[derive(Clone, Debug, PartialEq)]
pub enum ClassWeight {
    /// n/(K·n_k) for the n_k rows of a class, of n rows and K classes: all classes count alike.
    Balanced,
    /// These weights of these labels, and 1 for all others.
    Given(Vec<(i32, f64)>),
}

/// A text does not weight classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {}", ClassWeight::FORM)]
pub struct ParseClassWeightError;

impl ClassWeight {
    /// Describes a good value, to complete "expected …".
    pub const FORM: &'static str =
        "`balanced`, or weights of at least 0 for labels, each once, such as `1:2.5,3:0.5`";

    /// The weight of each class of some rows, by its label in their file.
    ///
    /// # Errors
    /// When no row has a label that is named.
    fn of(&self, rows: &Dataset, labels: Labels) -> Result<BTreeMap<i32, f64>, DatasetError> {
        let mut counts = BTreeMap::<i32, usize>::new();
        for &target in rows.targets() {
            *counts.entry(label_of(target, labels)).or_default() += 1;
        }
        let classes = counts.len() as f64;
        match self {
            Self::Balanced => {
                let n = rows.len() as f64;
                let weight = |(label, count)| (label, n / (classes * count as f64));
                Ok(counts.into_iter().map(weight).collect())
            }
            Self::Given(given) => {
                if let Some(&(label, _)) =
                    given.iter().find(|(label, _)| !counts.contains_key(label))
                {
                    return Err(DatasetError::NoSuchClass { label });
                }
                let others = counts.into_keys().map(|label| (label, 1.0));
                Ok(others.chain(given.iter().copied()).collect())
            }
        }
    }
}

/// The label that a target has in the file it came from.
fn label_of(target: f64, labels: Labels) -> i32 {
    let pair = labels.pair();
    pair.map_or(target as i32, |pair| pair.of(target))
}

impl Problem {
    /// The same problem, with the weight of each training row multiplied by that of its class, whose label
    /// is one of the rows' file.
    ///
    /// In the problem of a class against the rest, rows of the class alone are weighted so, and all others
    /// keep their own weights, as in scikit-learn's `SGDClassifier`. `Time: O(rows · classes)`
    ///
    /// ```
    /// use sparsegrok_data::{ClassWeight, Dataset, Problem, TargetKind, svmlight::Labels};
    ///
    /// let rows = Dataset::dense(&[0.5, -0.5, -1.0], 1, &[1.0, -1.0, -1.0], TargetKind::Sign)?;
    /// let problem = Problem::new(rows, None, None)?;
    /// let problem = problem.weighted_by_class(&ClassWeight::Balanced, Labels::Sign)?;
    /// assert_eq!(problem.train.row_weights(), Some(&[1.5, 0.75, 0.75][..]));
    /// # Ok::<(), sparsegrok_data::DatasetError>(())
    /// ```
    ///
    /// # Errors
    /// When no training row has a label that is named, or a product is not finite.
    ///
    /// # Panics
    /// When the targets are real numbers.
    pub fn weighted_by_class(
        self,
        weight: &ClassWeight,
        labels: Labels,
    ) -> Result<Self, DatasetError> {
        let kind = self.train.target_kind();
        assert_ne!(kind, TargetKind::Real, "real numbers are no classes");
        let weights = weight.of(&self.train, labels)?;
        match &self.classes {
            None => {
                let factor = |target| weights[&label_of(target, labels)];
                let train = times(self.train, factor)?;
                Ok(Self { train, ..self })
            }
            Some(classes) => {
                let classes = classes.with_train(|label, train| {
                    let own = weights[&label];
                    times(train, |sign| if sign > 0.0 { own } else { 1.0 })
                })?;
                Ok(Self {
                    classes: Some(classes),
                    ..self
                })
            }
        }
    }
}

/// Rows whose weights are multiplied by a factor of their target.
fn times(rows: Dataset, factor: impl Fn(f64) -> f64) -> Result<Dataset, DatasetError> {
    let weight = |row: usize| rows.row_weights().map_or(1.0, |weights| weights[row]);
    let weights = rows.targets().iter().enumerate();
    let weights = weights.map(|(row, &target)| weight(row) * factor(target));
    let weights: Vec<f64> = weights.collect();
    rows.weighted(weights)
}

impl FromStr for ClassWeight {
    type Err = ParseClassWeightError;

    fn from_str(text: &str) -> Result<Self, ParseClassWeightError> {
        if text.trim() == "balanced" {
            return Ok(Self::Balanced);
        }
        let pair = |text: &str| {
            let (label, weight) = text.split_once(':')?;
            let label: i32 = label.trim().parse().ok()?;
            let weight: f64 = weight.trim().parse().ok()?;
            (weight.is_finite() && weight >= 0.0).then_some((label, weight))
        };
        let pairs: Option<Vec<_>> = text.split(',').map(pair).collect();
        let pairs = pairs.ok_or(ParseClassWeightError)?;
        let is_repeated = |i: usize| pairs[..i].iter().any(|(label, _)| *label == pairs[i].0);
        match (0..pairs.len()).any(is_repeated) {
            true => Err(ParseClassWeightError),
            false => Ok(Self::Given(pairs)),
        }
    }
}

impl fmt::Display for ClassWeight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Given(pairs) = self else {
            return f.write_str("balanced");
        };
        for (i, (label, weight)) in pairs.iter().enumerate() {
            let between = if i > 0 { "," } else { "" };
            write!(f, "{between}{label}:{}", Shortest(*weight))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(targets: &[f64], kind: TargetKind) -> Problem {
        let rows = Dataset::dense(&vec![0.0; targets.len()], 1, targets, kind).unwrap();
        let weights: Vec<f64> = (1..=targets.len()).map(|i| i as f64).collect();
        let rows = rows.weighted(weights);
        Problem::new(rows.unwrap(), None, None).unwrap()
    }

    #[test]
    fn only_the_rows_of_a_class_have_its_weight() {
        let problem = problem(&[5.0, 2.0, 5.0, 9.0], TargetKind::Class);
        let weight = "5:3,9:0".parse().unwrap();
        let weighted = problem.weighted_by_class(&weight, Labels::Classes).unwrap();
        let classes = weighted.classes.unwrap();
        let weights = |k: usize| classes.problems()[k].train.row_weights().unwrap();
        assert_eq!(weights(0), [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(weights(1), [3.0, 2.0, 9.0, 4.0]);
        assert_eq!(weights(2), [1.0, 2.0, 3.0, 0.0]);
        assert_eq!(
            weighted.train.row_weights(),
            Some(&[1.0, 2.0, 3.0, 4.0][..])
        );
    }

    #[test]
    fn labels_are_those_of_the_file() {
        let labels = Labels::Named("4,2".parse().unwrap());
        let given = |weight: &str| {
            let problem = problem(&[1.0, -1.0, 1.0], TargetKind::Sign);
            problem.weighted_by_class(&weight.parse().unwrap(), labels)
        };
        let weights = |weight| given(weight).unwrap().train.row_weights().unwrap().to_vec();
        assert_eq!(weights("2:10"), [10.0, 2.0, 30.0]);
        assert_eq!(weights("4:10"), [1.0, 20.0, 3.0]);
        assert_eq!(weights("balanced"), [0.75, 3.0, 2.25]);
        let said = given("2:1,1:3").unwrap_err().to_string();
        assert_eq!(
            said,
            "no training row has label 1, expected labels of theirs in `class_weight`"
        );
        assert!(given("2:1e307").is_ok() && given("4:1e308").is_err());
    }

    #[test]
    fn weights_are_read_as_they_are_written() {
        for text in ["balanced", "1:2.5", "-3:0,2147483647:1e-7"] {
            let weight: ClassWeight = text.parse().unwrap();
            assert_eq!(weight.to_string(), text);
        }
        let spaced: ClassWeight = " 1 : 2, 3:4 ".parse().unwrap();
        assert_eq!(spaced, ClassWeight::Given(vec![(1, 2.0), (3, 4.0)]));
        for wrong in [
            "", "1", "1:", "1:x", "1:-1", "1:inf", "1:nan", "1.5:1", "1:1,1:2", "1:1,",
        ] {
            assert!(wrong.parse::<ClassWeight>().is_err(), "{wrong}");
        }
    }
}
