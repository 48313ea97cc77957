//! The work of one run divided among threads, with the same bits for any number of them.
//!
//! Rows are cut into blocks by nothing but their number. Whichever thread takes a block adds up its rows in
//! their order, from zero, and the sums of blocks are added in the order of blocks.

use std::ops::Range;
use std::sync::Arc;

use rayon::ThreadPool;
use rayon::prelude::*;

/// Rows of a block: so many that waking a thread for them costs little beside them.
const LENGTH: usize = 1 << 16;

/// The threads that the work of one run is divided among. Results are the same bits for any of them.
#[derive(Clone, Debug, Default)]
pub enum Threads {
    /// The calling thread alone, as where every thread has runs of its own.
    #[default]
    One,
    /// Those of rayon's current pool. While the calling thread, if it is one of them, waits for the others, it takes
    /// up whatever else that pool has to do.
    Current,
    /// Those of a pool, which the calling thread need not be one of.
    Pool(Arc<ThreadPool>),
}

/// Rows cut into blocks of one length, of which the last may be shorter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Blocks {
    rows: usize,
    length: usize,
}

impl Blocks {
    /// Blocks of so many rows.
    pub(crate) fn of(rows: usize) -> Self {
        Self::with_length(rows, LENGTH)
    }

    /// Blocks of another length than the one that results depend on.
    pub(crate) fn with_length(rows: usize, length: usize) -> Self {
        Self { rows, length }
    }

    /// Number of rows.
    pub(crate) fn rows(self) -> usize {
        self.rows
    }

    /// The rows of each block, in order.
    pub(crate) fn iter(self) -> impl Iterator<Item = Range<usize>> {
        (0..self.count()).map(move |block| self.block(block))
    }

    /// Something of the rows of each block, in the order of blocks.
    pub(crate) fn map<T: Send>(
        self,
        threads: &Threads,
        of: impl Fn(Range<usize>) -> T + Sync,
    ) -> Vec<T> {
        let divided = || {
            let blocks = (0..self.count()).into_par_iter();
            blocks.map(|block| of(self.block(block))).collect()
        };
        match threads {
            Threads::Current if self.count() > 1 => divided(),
            Threads::Pool(pool) if self.count() > 1 => pool.install(divided),
            _ => self.iter().map(of).collect(),
        }
    }

    fn count(self) -> usize {
        self.rows.div_ceil(self.length)
    }

    fn block(self, block: usize) -> Range<usize> {
        let begin = block * self.length;
        begin..self.rows.min(begin + self.length)
    }
}

/// Every way to divide work that tests compare.
#[cfg(test)]
pub(crate) fn ways() -> Vec<Threads> {
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pools = [1, 2, 3, 7].map(|threads| Threads::Pool(Arc::new(pool(threads).unwrap())));
    [Threads::One, Threads::Current]
        .into_iter()
        .chain(pools)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_hold_every_row_once_in_order() {
        for (rows, count) in [
            (0, 0),
            (1, 1),
            (LENGTH, 1),
            (LENGTH + 1, 2),
            (3 * LENGTH, 3),
        ] {
            let blocks = Blocks::of(rows);
            assert_eq!(blocks.iter().count(), count);
            let mut next = 0;
            for block in blocks.iter() {
                assert!(block.start == next && block.len() <= LENGTH && !block.is_empty());
                next = block.end;
            }
            assert_eq!(next, rows);
        }
    }

    #[test]
    fn blocks_are_mapped_in_order_by_any_threads() {
        for threads in &ways() {
            let found = Blocks::with_length(10, 3).map(threads, |rows| rows);
            assert_eq!(found, [0..3, 3..6, 6..9, 9..10], "{threads:?}");
        }
    }

    /// Threads are asked only where there is more than one block.
    #[test]
    fn a_single_block_stays_on_the_calling_thread() {
        for threads in &ways() {
            let here = std::thread::current().id();
            let found = Blocks::with_length(3, 3).map(threads, |_| std::thread::current().id());
            assert_eq!(found, [here], "{threads:?}");
        }
    }
}
