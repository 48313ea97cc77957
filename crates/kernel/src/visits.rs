//! The order in which an epoch visits the training rows.

use std::mem;

use sparsegrok_data::{
    Mt19937, Permutation, Purpose, RandomFamily, Stream, Xoshiro256PlusPlus, native_stream,
};

use crate::spec::{Order, TrainSpec};

/// Produces each epoch's visiting order, from one random stream.
#[derive(Clone, Debug)]
pub(crate) enum Visits {
    /// 0, 1, 2, …
    Sequential { rows: Vec<u32> },
    /// Independent draws.
    WithReplacement { rows: Vec<u32>, stream: Stream },
    /// `std::shuffle` of the last epoch's order.
    Libstdcxx { rows: Vec<u32>, rng: Mt19937 },
    /// A fresh permutation, and the next one in the making.
    Shuffle {
        current: Permutation,
        next: Permutation,
        rng: Xoshiro256PlusPlus,
    },
}

impl Visits {
    pub(crate) fn new(spec: &TrainSpec, n_train: usize) -> Self {
        let rows = || (0..n_train as u32).collect();
        match (spec.order, spec.rng) {
            (Order::Sequential, _) => Self::Sequential { rows: rows() },
            (Order::WithReplacement, family) => Self::WithReplacement {
                rows: rows(),
                stream: Stream::new(family, spec.order_seed, Purpose::Order),
            },
            (Order::Shuffle, RandomFamily::Libstdcxx) => Self::Libstdcxx {
                rows: rows(),
                rng: Mt19937::new(spec.order_seed as u32),
            },
            (Order::Shuffle, RandomFamily::Xoshiro256pp) => Self::Shuffle {
                current: Permutation::new(n_train),
                next: Permutation::new(n_train),
                rng: native_stream(spec.order_seed, Purpose::Order),
            },
        }
    }

    /// The rows of the next epoch, one per step, and what can be done ahead while they are
    /// visited. `Time: O(n)`, less what was done ahead
    pub(crate) fn next_epoch(&mut self) -> (&[u32], Ahead<'_>) {
        match self {
            Self::Sequential { rows } => (rows, Ahead(None)),
            Self::WithReplacement { rows, stream } => {
                let n = rows.len() as u32;
                rows.fill_with(|| stream.below(n));
                (rows, Ahead(None))
            }
            Self::Libstdcxx { rows, rng } => {
                rng.shuffle(rows);
                (rows, Ahead(None))
            }
            Self::Shuffle { current, next, rng } => {
                next.complete(rng);
                mem::swap(current, next);
                next.restart();
                (current.as_slice(), Ahead(Some((next, rng))))
            }
        }
    }
}

/// The next epoch's order in the making: one [`step`](Self::step) per training step hides its
/// cost behind the latency of the training step's arithmetic.
pub(crate) struct Ahead<'a>(Option<(&'a mut Permutation, &'a mut Xoshiro256PlusPlus)>);

impl Ahead<'_> {
    /// Does one step's share; at most n times an epoch.
    #[inline(always)]
    pub(crate) fn step(&mut self) {
        if let Some((next, rng)) = &mut self.0 {
            next.push(rng);
        }
    }
}
