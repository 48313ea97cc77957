//! Uniform random permutations, built one element at a time.

use rand::Rng as _;

use crate::random::Xoshiro256PlusPlus;

/// Elements up to which one random word serves four of them, later two: the products of bounds
/// stay small against 2³², so that rejections are rare.
const FOUR_PER_WORD: usize = 2048;

/// A random permutation of 0..n under construction.
///
/// Each [`push`](Self::push) adds the next element: the inside-out form of the Fisher–Yates
/// shuffle. Built in full it is exactly uniform, and independent of the ones before it. Because
/// a push is a handful of instructions that wait for nothing, a training step can build the next
/// epoch's order while it waits for its own arithmetic.
///
/// # Formula
/// Element t goes to a uniform position j in 0..=t, and what stood there to position t. The bounded
/// draws j come four to a 64-bit word for t < 2048 and two beyond: each 32-bit half x gives
/// ⌊xb/2³²⌋ and, from the remainder xb mod 2³², the next draw likewise. Where a last remainder falls
/// below 2³² mod (product of its bounds), the word is dropped: this makes every draw exact.
///
/// # References
/// N. Brackett-Rozinsky, D. Lemire, "Batched ranged random integer generation", Software: Practice
/// and Experience 55(1), 2025 (arXiv 2408.06213), Algorithm 2; D. Knuth, TAOCP vol. 2, 3.4.2.
#[derive(Clone, Debug)]
pub struct Permutation {
    rows: Vec<u32>,
    filled: usize,
    draws: [u32; 4],
}

impl Permutation {
    /// An empty permutation of `n` elements.
    ///
    /// # Panics
    /// When `n` is not below 2³² − 1.
    pub fn new(n: usize) -> Self {
        assert!(n < u32::MAX as usize, "too many elements");
        Self {
            rows: vec![0; n],
            filled: 0,
            draws: [0; 4],
        }
    }

    /// Forgets all elements.
    pub fn restart(&mut self) {
        self.filled = 0;
    }

    /// Elements still to push.
    pub fn missing(&self) -> usize {
        self.rows.len() - self.filled
    }

    /// Adds the next element.
    ///
    /// # Panics
    /// When the permutation is complete.
    #[inline(always)]
    pub fn push(&mut self, rng: &mut Xoshiro256PlusPlus) {
        let t = self.filled;
        let slot = t % 4;
        if slot == 0 || (t >= FOUR_PER_WORD && slot == 2) {
            self.draw(rng, t);
        }
        let j = self.draws[slot] as usize;
        self.rows[t] = self.rows[j];
        self.rows[j] = t as u32;
        self.filled = t + 1;
    }

    /// Adds every missing element.
    pub fn complete(&mut self, rng: &mut Xoshiro256PlusPlus) {
        for _ in 0..self.missing() {
            self.push(rng);
        }
    }

    /// The elements so far: a permutation of 0..pushed.
    pub fn as_slice(&self) -> &[u32] {
        &self.rows[..self.filled]
    }

    /// Draws the positions of elements `t` and following from one word.
    #[inline(always)]
    fn draw(&mut self, rng: &mut Xoshiro256PlusPlus, t: usize) {
        let bound = |k: usize| (t + k + 1) as u64;
        loop {
            let word = rng.next_u64();
            let halves = [word & 0xffff_ffff, word >> 32];
            let mut exact = true;
            for (half, x) in halves.into_iter().enumerate() {
                let mut rest = x;
                let mut product = 1;
                let per_half = if t < FOUR_PER_WORD { 2 } else { 1 };
                for k in 0..per_half {
                    let at = half * per_half + k;
                    let scaled = rest * bound(at);
                    self.draws[(t + at) % 4] = (scaled >> 32) as u32;
                    rest = scaled & 0xffff_ffff;
                    product *= bound(at);
                }
                exact &= rest >= product || rest >= (1 << 32) % product;
            }
            if exact {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, native_stream};

    fn permutation(n: usize, rng: &mut Xoshiro256PlusPlus) -> Vec<u32> {
        let mut permutation = Permutation::new(n);
        permutation.complete(rng);
        permutation.as_slice().to_vec()
    }

    #[test]
    fn every_element_occurs_once() {
        let mut rng = native_stream(1, Purpose::Order);
        for n in [0, 1, 2, 3, 5, 64, 2047, 2048, 2049, 2051, 5000] {
            let mut sorted = permutation(n, &mut rng);
            sorted.sort_unstable();
            assert!(sorted.into_iter().eq(0..n as u32));
        }
    }

    #[test]
    fn orders_never_change() {
        let mut rng = native_stream(1234, Purpose::Order);
        assert_eq!(permutation(8, &mut rng), [2, 3, 0, 1, 7, 5, 6, 4]);
    }

    #[test]
    fn all_orders_of_four_are_equally_likely() {
        let mut rng = native_stream(5, Purpose::Order);
        let mut counts = std::collections::BTreeMap::<Vec<u32>, f64>::new();
        for _ in 0..48_000 {
            *counts.entry(permutation(4, &mut rng)).or_default() += 1.0;
        }
        assert_eq!(counts.len(), 24);
        let chi2: f64 = counts.values().map(|c| (c - 2e3).powi(2) / 2e3).sum();
        assert!(
            chi2 < 49.73,
            "χ² {chi2} over 23 degrees of freedom, p < 0.001"
        );
    }

    #[test]
    fn positions_and_neighbours_are_uniform() {
        let (n, times) = (16, 20_000);
        let mut rng = native_stream(6, Purpose::Order);
        let mut at = vec![0.0_f64; n * n];
        let mut next = vec![0.0_f64; n * n];
        for _ in 0..times {
            let order = permutation(n, &mut rng);
            for (place, &element) in order.iter().enumerate() {
                at[place * n + element as usize] += 1.0;
            }
            for pair in order.windows(2) {
                next[pair[0] as usize * n + pair[1] as usize] += 1.0;
            }
        }
        let chi2 = |counts: &[f64], cells: usize| -> f64 {
            let expected = counts.iter().sum::<f64>() / cells as f64;
            let used = counts.iter().filter(|c| **c > 0.0);
            used.map(|c| (c - expected).powi(2) / expected).sum()
        };
        // Positions: (n−1)² = 225 degrees of freedom; pairs: at most 239. Both bounds are p < 0.001.
        assert!(chi2(&at, n * n) < 296.0, "{}", chi2(&at, n * n));
        assert!(
            chi2(&next, n * (n - 1)) < 313.0,
            "{}",
            chi2(&next, n * (n - 1))
        );
    }

    #[test]
    fn late_elements_are_placed_uniformly() {
        // Beyond 2048 a word serves two elements: where does the last one land?
        let n = 2052;
        let mut rng = native_stream(8, Purpose::Order);
        let mut quarter = [[0.0_f64; 4]; 4];
        for _ in 0..8_000 {
            let order = permutation(n, &mut rng);
            for (place, &element) in order.iter().enumerate() {
                if let Some(late) = (element as usize).checked_sub(n - 4) {
                    quarter[late][place * 4 / n] += 1.0;
                }
            }
        }
        for counts in quarter {
            let chi2: f64 = counts.iter().map(|c| (c - 2e3).powi(2) / 2e3).sum();
            assert!(
                chi2 < 16.27,
                "χ² {chi2} over 3 degrees of freedom, p < 0.001"
            );
        }
    }
}
