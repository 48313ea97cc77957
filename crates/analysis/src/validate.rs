//! The anchors: results that real studies must give, by the theory or as published, and those they give.

mod check;
mod diagonal;
mod edge;
mod grokking;
mod networks;
mod published;
mod random;
mod runs;
mod variants;

use std::sync::atomic::AtomicBool;

use check::Counting;

pub use check::{Check, Scope, Tolerance, ValidateError, Witness};
pub use random::validate_random;

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
    let mut counting = Counting::new(witness);
    grokking::presets(stop, &mut counting)?;
    grokking::variations(stop, &mut counting)?;
    grokking::without_decay(stop, &mut counting)?;
    edge::edge(scope, stop, &mut counting)?;
    networks::networks(scope, stop, &mut counting)?;
    published::ridge(scope, stop, &mut counting)?;
    if scope == Scope::Whole {
        variants::variants(stop, &mut counting)?;
        grokking::spread(stop, &mut counting)?;
        published::teacher_student(stop, &mut counting)?;
        published::double_descent(stop, &mut counting)?;
        diagonal::switch(stop, &mut counting)?;
    }
    counting.verdict()
}
