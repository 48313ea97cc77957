//! The size of a batch, and the way in which its rows are summed.

use crate::shape::Shape;
use crate::spec::{Order, Sgd};

/// Numbers of rows, a megabyte, up to which a batch is read twice, for its margins and for its steps: they are
/// in a core's cache the second time.
const READ_TWICE: usize = 1 << 17;

/// Numbers that a row of a sparse tail counts as having. It is the same for all data: the blocks that rows are
/// summed by, and so the results, do not depend on the company a run is in.
const OF_TAIL: usize = 32;

/// Numbers of the rows of a block for each weight of the tail: a block's own sums of so many weights then cost
/// little beside its rows.
const FOR_EACH_SUM: usize = 8;

/// Blocks whose sums are held at a time: enough that any number of threads has work.
pub(crate) const BLOCKS_HELD: usize = 64;

/// The rows of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    /// Rows averaged in one update.
    pub(crate) rows: usize,
    /// Rows of a block, if a batch is *large*: read once and summed block by block, in the order of visits
    /// within a block and in the order of blocks.
    pub(crate) block: Option<usize>,
    /// True where rows are drawn, so that one may be in a batch twice: both its margins are then at the
    /// memorization weight from before.
    pub(crate) is_drawn: bool,
}

impl Batch {
    /// The batch of a configuration on rows of a shape.
    pub(crate) fn of(spec: &Sgd, shape: Shape) -> Self {
        let rows = spec.batch_size.rows(shape.rows);
        let of_row = match shape.tail {
            0 => shape.signal.max(1),
            _ => shape.signal.saturating_add(OF_TAIL),
        };
        let numbers = READ_TWICE.max(shape.tail.saturating_mul(FOR_EACH_SUM));
        let block = numbers.div_ceil(of_row);
        let is_large = rows > 1 && rows > block;
        Self {
            rows,
            block: is_large.then_some(block),
            is_drawn: spec.order == Order::WithReplacement,
        }
    }

    /// Blocks whose sums are held at a time, with those of the batch.
    pub(crate) fn sums_held(self) -> usize {
        let blocks = |block| self.rows.div_ceil(block).min(BLOCKS_HELD);
        self.block.map_or(0, |block| blocks(block) + 1)
    }

    /// Rows whose coefficients are kept until the margins of all are known.
    pub(crate) fn kept(self) -> usize {
        match self.block {
            Some(_) if !self.is_drawn => 0,
            _ => self.rows,
        }
    }
}

impl Sgd {
    /// The order in which rows of a shape are visited: the configuration's, but for an epoch that is one large batch
    /// of all rows. A shuffle would cost such an epoch time, and change nothing but roundings.
    pub(crate) fn visiting_order(&self, shape: Shape) -> Order {
        let batch = Batch::of(self, shape);
        let is_of_all = batch.block.is_some() && batch.rows == shape.rows;
        match self.order {
            Order::Shuffle if is_of_all => Order::Sequential,
            order => order,
        }
    }
}
