//! The part of their visits that runs trained side by side have in common.

use crate::init::Job;
use crate::spec::Order;

/// The part of their visits that runs trained side by side have in common: the more it is, the less there
/// is to read for each of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sharing {
    /// Each visits rows of its own in an order of its own, as seeds of one configuration do.
    #[default]
    Nothing,
    /// Each has rows of its own, and all visit theirs in the same order.
    Order,
    /// All visit the same rows in the same order, as cells of a grid with one seed can.
    Rows,
}

impl Sharing {
    /// The part that a run has in common with another.
    pub(crate) fn of(run: &Job<'_>, other: &Job<'_>) -> Self {
        let orders = |run: &Job<'_>| {
            let seed = (run.spec.order != Order::Sequential).then_some(run.order_seed);
            (run.spec.order, run.spec.rng, seed)
        };
        let [features, others] = [run, other].map(|run| run.problem.train.features());
        match orders(run) == orders(other) {
            false => Self::Nothing,
            true if features.shares_rows(others) => Self::Rows,
            true => Self::Order,
        }
    }
}
