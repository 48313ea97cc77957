//! The part of their visits that runs trained side by side have in common.

use crate::init::Job;
use crate::shape::Shape;
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
    /// All visit the same rows in the same order, but their targets are their own, as those of classes are.
    Columns,
    /// All visit the same rows with the same targets in the same order, as cells of a grid with one seed can.
    Rows,
}

impl Sharing {
    /// Every part, the smallest first.
    pub(crate) const ALL: [Self; 4] = [Self::Nothing, Self::Order, Self::Columns, Self::Rows];

    /// The part that a run has in common with another.
    pub(crate) fn of(run: &Job<'_>, other: &Job<'_>) -> Self {
        let orders = |run: &Job<'_>| {
            let order = run.spec.visiting_order(Shape::of(&run.problem.train));
            let seed = (order != Order::Sequential).then_some(run.order_seed);
            (order, run.spec.rng, seed)
        };
        if orders(run) != orders(other) {
            return Self::Nothing;
        }
        let [data, others] = [run, other].map(|run| &run.problem.train);
        if !data.features().shares_rows(others.features()) {
            return Self::Order;
        }
        match data.targets() == others.targets() {
            true => Self::Rows,
            false => Self::Columns,
        }
    }
}
