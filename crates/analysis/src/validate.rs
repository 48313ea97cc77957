//! The anchors: results that real studies must give, by the theory or as published, and those they give.

mod check;
mod grokking;
mod published;
mod runs;
use std::sync::atomic::AtomicBool;

pub use check::{Check, Scope, Tolerance, ValidateError, Witness};

/// Measures the anchors on all cores: real studies, from the presets, with fixed seeds, so that the
/// outcome is the same on every machine. Setting `stop`, from anywhere, ends it.
///
/// # Errors
/// [`ValidateError::Missed`] in the end, when a check does not hold; at once, when it was stopped or
/// threads cannot be started.
pub fn validate(
    scope: Scope,
    stop: &AtomicBool,
    witness: &mut dyn Witness,
) -> Result<(), ValidateError> {
    let mut counting = Counting {
        witness,
        missed: 0,
        checks: 0,
    };
    grokking::presets(stop, &mut counting)?;
    grokking::variations(stop, &mut counting)?;
    grokking::without_decay(stop, &mut counting)?;
    published::ridge(scope, stop, &mut counting)?;
    if scope == Scope::Whole {
        published::teacher_student(stop, &mut counting)?;
    }
    counting.verdict()
}

/// Counts the checks on their way.
struct Counting<'w> {
    witness: &'w mut dyn Witness,
    missed: usize,
    checks: usize,
}

impl Counting<'_> {
    fn verdict(&self) -> Result<(), ValidateError> {
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
    fn one_miss_among_others_is_told_in_the_end() {
        struct Nobody;
        impl Witness for Nobody {
            fn begin(&mut self, _what: &str) {}
            fn check(&mut self, _check: Check) {}
        }
        let mut counting = Counting {
            witness: &mut Nobody,
            missed: 0,
            checks: 0,
        };
        counting.check(check(Some(200.0), Tolerance::Relative(0.05)));
        assert!(counting.verdict().is_ok());
        counting.check(check(None, Tolerance::Relative(0.05)));
        counting.check(check(Some(201.0), Tolerance::Relative(0.05)));
        let error = counting.verdict().unwrap_err();
        assert_eq!(error.to_string(), "1 of 3 anchors are not as expected");
    }
}
