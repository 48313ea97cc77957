//! The visiting orders of the reference programs, which are written in C++.

use sparsegrok_data::Mt19937;

/// An order a seed, shuffled as `std::shuffle` of GNU libstdc++ does: each epoch's order is a shuffle
/// of the last one's, so that the orders themselves are part of the state.
#[derive(Clone, Debug)]
pub(crate) struct StdShuffles(Vec<(Mt19937, Vec<u32>)>);

impl StdShuffles {
    /// Orders of 0..n, not yet shuffled.
    pub(crate) fn new(seeds: &[u64], n: usize) -> Self {
        let order = |&seed: &u64| (Mt19937::new(seed as u32), (0..n as u32).collect());
        Self(seeds.iter().map(order).collect())
    }

    /// Shuffles each order, and writes step t of seed ℓ to place t·W + ℓ, W the number of seeds.
    pub(crate) fn next_epoch(&mut self, interleaved: &mut [u32]) {
        let seeds = self.0.len();
        for (lane, (rng, order)) in self.0.iter_mut().enumerate() {
            rng.shuffle(order);
            let places = interleaved[lane..].iter_mut().step_by(seeds);
            places.zip(&*order).for_each(|(place, row)| *place = *row);
        }
    }
}
