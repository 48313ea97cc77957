//! Checks: quantities, expected and measured, and those who watch them come.

use sparsegrok_config::ConfigError;
use sparsegrok_run::RunError;
use sparsegrok_study::StudyError;

/// The extent of a validation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everything that takes seconds: the grokking presets, their variations and controls, the edge of separability, analytic
    /// weights of networks, and ridge regression at its published default.
    Quick,
    /// Everything: also the variants of the grokking presets, the other rows of ridge regression, final accuracies at the
    /// edge, trained networks, teacher and student, and double descent.
    Whole,
}

/// One quantity, expected and measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// Name of the quantity.
    pub quantity: String,
    /// Expected value.
    pub expected: f64,
    /// Measured value; `None` if no run reached it.
    pub measured: Option<f64>,
    /// Largest difference allowed.
    pub tolerance: Tolerance,
    /// Seeds, and other remarks.
    pub note: String,
}

/// Largest difference allowed between measured and expected value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tolerance {
    /// A share of the expected value.
    Relative(f64),
    /// An absolute difference, in the quantity's unit.
    Absolute(f64),
    /// The measured value's own interval, from the first number to the second, which must hold the expected one.
    Interval(f64, f64),
}

impl Check {
    /// Tells if the measured value is within the tolerance.
    pub fn holds(&self) -> bool {
        let within = match self.tolerance {
            Tolerance::Relative(share) => share * self.expected.abs(),
            Tolerance::Absolute(much) => much,
            Tolerance::Interval(low, high) => {
                return self.measured.is_some() && (low..=high).contains(&self.expected);
            }
        };
        self.measured
            .is_some_and(|measured| (measured - self.expected).abs() <= within)
    }
}

/// Looks on while anchors are validated.
pub trait Witness {
    /// Called before each study.
    fn begin(&mut self, what: &str);

    /// Called with each result.
    fn check(&mut self, check: Check);

    /// Called with each case that makes the result to come worse, in a sentence. Passed over, unless it is of interest.
    fn outlier(&mut self, _case: &str) {}
}

/// The reason why validation did not succeed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ValidateError {
    /// A study could not be set up.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A study did not end.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// A run did not end.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Some anchors were not as expected.
    #[error("{missed} of {checks} anchors are not as expected")]
    Missed {
        /// Number of anchors missed.
        missed: usize,
        /// Number of anchors checked.
        checks: usize,
    },
    /// Validation was told to stop.
    #[error("stopped before every anchor was measured")]
    Stopped,
}

/// Counts the checks on their way.
pub(crate) struct Counting<'w> {
    witness: &'w mut dyn Witness,
    missed: usize,
    checks: usize,
}

impl<'w> Counting<'w> {
    /// A count of nothing yet, of checks that `witness` sees too.
    pub(crate) fn new(witness: &'w mut dyn Witness) -> Self {
        Self {
            witness,
            missed: 0,
            checks: 0,
        }
    }

    /// The error that some were missed, if any was.
    pub(crate) fn verdict(&self) -> Result<(), ValidateError> {
        let Self { missed, checks, .. } = *self;
        match missed {
            0 => Ok(()),
            _ => Err(ValidateError::Missed { missed, checks }),
        }
    }
}

impl Witness for Counting<'_> {
    fn begin(&mut self, what: &str) {
        self.witness.begin(what);
    }

    fn check(&mut self, check: Check) {
        self.checks += 1;
        self.missed += usize::from(!check.holds());
        self.witness.check(check);
    }

    fn outlier(&mut self, case: &str) {
        self.witness.outlier(case);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(measured: Option<f64>, tolerance: Tolerance) -> Check {
        Check {
            quantity: "time".to_owned(),
            expected: 200.0,
            measured,
            tolerance,
            note: String::new(),
        }
    }

    #[test]
    fn tolerances_are_kept_to() {
        assert!(check(Some(209.0), Tolerance::Relative(0.05)).holds());
        assert!(!check(Some(211.0), Tolerance::Relative(0.05)).holds());
        assert!(check(Some(191.0), Tolerance::Absolute(9.0)).holds());
        assert!(!check(Some(190.0), Tolerance::Absolute(9.0)).holds());
        assert!(!check(None, Tolerance::Absolute(9.0)).holds());
        assert!(check(Some(190.0), Tolerance::Interval(180.0, 200.0)).holds());
        assert!(!check(Some(190.0), Tolerance::Interval(180.0, 199.0)).holds());
        assert!(!check(None, Tolerance::Interval(180.0, 210.0)).holds());
        assert!(!check(Some(f64::NAN), Tolerance::Relative(0.05)).holds());
    }

    #[test]
    fn one_miss_among_others_is_told_in_the_end() {
        struct Nobody;
        impl Witness for Nobody {
            fn begin(&mut self, _what: &str) {}
            fn check(&mut self, _check: Check) {}
        }
        let mut nobody = Nobody;
        let mut counting = Counting::new(&mut nobody);
        counting.check(check(Some(200.0), Tolerance::Relative(0.05)));
        assert!(counting.verdict().is_ok());
        counting.check(check(None, Tolerance::Relative(0.05)));
        counting.check(check(Some(201.0), Tolerance::Relative(0.05)));
        let error = counting.verdict().unwrap_err();
        assert_eq!(error.to_string(), "1 of 3 anchors are not as expected");
    }
}
