//! The order in which an epoch visits the training rows, for one seed or several side by side.

mod permutation;

use sparsegrok_data::{Purpose, RandomFamily, Stream, native_state};
use sparsegrok_lanes::Xoshiro256PlusPlus;

use self::permutation::Permutations;
use crate::reference::StdShuffles;
use crate::spec::{Order, Sgd};

/// Produces each epoch's visiting orders, each from its own random stream.
///
/// Orders are handed out interleaved: step t of seed ℓ at t·W + ℓ.
#[derive(Clone, Debug)]
pub(crate) struct Visits<const W: usize> {
    current: Vec<u32>,
    source: Source<W>,
}

#[derive(Clone, Debug)]
enum Source<const W: usize> {
    /// 0, 1, 2, …
    Sequential,
    /// Independent draws.
    WithReplacement(Vec<Stream>),
    /// The orders of the reference programs.
    Reference(StdShuffles),
    /// Fresh permutations, and those of the next epoch, which are made while this one's are visited.
    Shuffle {
        next: Permutations<W>,
        rng: Xoshiro256PlusPlus<W>,
        /// The generators as they were when the making began.
        begun: Xoshiro256PlusPlus<W>,
    },
}

impl<const W: usize> Source<W> {
    /// Permutations from generators in these states.
    fn shuffle(n_train: usize, states: [[u64; 4]; W]) -> Self {
        let rng = Xoshiro256PlusPlus::from_states(states);
        Self::Shuffle {
            next: Permutations::new(n_train),
            begun: rng.clone(),
            rng,
        }
    }
}

impl<const W: usize> Visits<W> {
    /// Orders of the first `n_train` rows of a training set, as [`Sgd::visiting_order`] says.
    pub(crate) fn new(spec: &Sgd, order: Order, order_seeds: [u64; W], n_train: usize) -> Self {
        let streams = |seed| Stream::new(spec.rng, seed, Purpose::Order);
        let source = match (order, spec.rng) {
            (Order::Sequential, _) => Source::Sequential,
            (Order::WithReplacement, _) => {
                Source::WithReplacement(order_seeds.into_iter().map(streams).collect())
            }
            (Order::Shuffle, RandomFamily::Libstdcxx) => {
                Source::Reference(StdShuffles::new(&order_seeds, n_train))
            }
            (Order::Shuffle, RandomFamily::Xoshiro256pp) => {
                let states = order_seeds.map(|seed| native_state(seed, Purpose::Order));
                Source::shuffle(n_train, states)
            }
        };
        Self {
            // The sequential order, which no epoch changes; the others write over it.
            current: (0..n_train as u32).flat_map(|row| [row; W]).collect(),
            source,
        }
    }

    /// The rows of the next epoch, and what can be done ahead while they are visited.
    /// `Time: O(n)`, less what was done ahead
    pub(crate) fn next_epoch(&mut self) -> (&[u32], Ahead<'_, W>) {
        let Self { current, source } = self;
        match source {
            Source::Sequential => {}
            Source::WithReplacement(streams) => {
                let n = (current.len() / W) as u32;
                for rows in current.chunks_exact_mut(W) {
                    for (row, stream) in rows.iter_mut().zip(&mut *streams) {
                        *row = stream.below(n);
                    }
                }
            }
            Source::Reference(shuffles) => shuffles.next_epoch(current),
            Source::Shuffle { next, rng, begun } => {
                // The first epoch's order has yet to be made; later ones have been, step by step.
                next.complete(rng);
                // Two arrays change places every epoch, so that no epoch allocates or copies an order.
                next.swap_complete(current);
                // A checkpoint keeps this state: the order in the making is made again from it.
                begun.clone_from(rng);
                return (current, Ahead(Some((next, rng))));
            }
        }
        (current, Ahead(None))
    }

    /// True where rows are visited in their order.
    pub(crate) fn are_in_order(&self) -> bool {
        matches!(self.source, Source::Sequential)
    }

    /// The state from which a seed's generator makes the order of the next epoch; zeros where
    /// orders do not come from such a generator.
    pub(crate) fn generator(&self, lane: usize) -> [u64; 4] {
        match &self.source {
            Source::Shuffle { begun, .. } => begun.state_of(lane),
            _ => [0; 4],
        }
    }

    /// Continues after `epochs` epochs, which left the generators in these states. `Time: O(n)`;
    /// O(epochs · n) for orders that do not come from such generators: they are drawn anew.
    pub(crate) fn resume(&mut self, epochs: u64, generators: [[u64; 4]; W]) {
        match &mut self.source {
            Source::Sequential => {}
            Source::Shuffle { .. } => {
                self.source = Source::shuffle(self.current.len() / W, generators);
            }
            // Their streams cannot be set to a place in the middle, only run through.
            Source::WithReplacement(_) | Source::Reference(_) => {
                for _ in 0..epochs {
                    self.next_epoch();
                }
            }
        }
    }

    /// The row a seed's epoch visits last; 0 before the first epoch.
    pub(crate) fn last(&self, lane: usize) -> u32 {
        self.current[self.current.len() - W + lane]
    }
}

/// The visiting orders of one run, for models of other families.
#[derive(Clone, Debug)]
pub struct VisitingOrder(Visits<1>);

impl VisitingOrder {
    /// Orders of `n_train` rows from a seed, as [`Sgd::order`] says: for a full batch too, though none sees it.
    pub fn new(spec: &Sgd, order_seed: u64, n_train: usize) -> Self {
        Self(Visits::new(spec, spec.order, [order_seed], n_train))
    }

    /// The rows of the next epoch. `Time: O(n)`
    pub fn next_epoch(&mut self) -> &[u32] {
        self.0.next_epoch().0
    }

    /// The state from which the order of the next epoch is made; zeros where orders do not come from such a state.
    pub fn generator(&self) -> [u64; 4] {
        self.0.generator(0)
    }

    /// Continues after `epochs` epochs, which left the generator in this state. `Time: O(n)`; O(epochs · n) for orders
    /// that do not come from such a state: they are drawn anew.
    pub fn resume(&mut self, epochs: u64, generator: [u64; 4]) {
        self.0.resume(epochs, [generator]);
    }
}

/// Bytes of the visiting orders of one lane over `rows` rows: the current epoch's, and the next one's
/// or the last one's where shuffling needs it.
pub(crate) fn bytes(order: Order, rows: usize) -> usize {
    let orders = if order == Order::Shuffle { 2 } else { 1 };
    rows.saturating_mul(orders * size_of::<u32>())
}

/// The next epoch's orders in the making: one [`step`](Self::step) per training step hides their
/// cost behind the latency of the training step's arithmetic.
pub(crate) struct Ahead<'a, const W: usize>(
    Option<(&'a mut Permutations<W>, &'a mut Xoshiro256PlusPlus<W>)>,
);

impl<const W: usize> Ahead<'_, W> {
    /// Does one step's share; at most n times an epoch.
    #[inline(always)]
    pub(crate) fn step(&mut self) {
        if let Some((next, rng)) = &mut self.0 {
            next.push(rng);
        }
    }
}
