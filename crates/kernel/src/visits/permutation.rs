//! Uniform random permutations, built one element at a time, for one seed or several at once.

use sparsegrok_lanes::Xoshiro256PlusPlus;

/// Elements up to which one random word serves four of them, later two: the products of bounds
/// stay small against 2³², so that rejections are rare.
const FOUR_PER_WORD: usize = 2048;

const LOW_HALF: u64 = 0xffff_ffff;

/// W random permutations of 0..n under construction, each from its own generator.
///
/// Each [`push`](Self::push) adds the next element: the inside-out form of the Fisher–Yates
/// shuffle. Built in full a permutation is exactly uniform, and independent of the ones before it.
/// Because a push is a handful of instructions that wait for nothing, a training step can build
/// the next epoch's order while it waits for its own arithmetic.
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
pub(crate) struct Permutations<const W: usize> {
    /// Element t of permutation ℓ at t·W + ℓ.
    elements: Vec<u32>,
    filled: usize,
    /// Places of the coming elements, as indices into `elements`, by t modulo four.
    draws: [[u32; W]; 4],
}

impl<const W: usize> Permutations<W> {
    /// Empty permutations of `n` elements.
    ///
    /// # Panics
    /// When n·W is not below 2³² − 1.
    pub(crate) fn new(n: usize) -> Self {
        assert!(n * W < u32::MAX as usize, "too many elements");
        Self {
            elements: vec![0; n * W],
            filled: 0,
            draws: [[0; W]; 4],
        }
    }

    /// Exchanges the completed elements for an array of the same size, and starts anew.
    ///
    /// # Panics
    /// When elements are missing or the array has another size.
    pub(crate) fn swap_complete(&mut self, elements: &mut Vec<u32>) {
        assert_eq!(self.missing(), 0, "elements are missing");
        assert_eq!(self.elements.len(), elements.len(), "sizes differ");
        std::mem::swap(&mut self.elements, elements);
        self.filled = 0;
    }

    /// Elements still to push.
    pub(crate) fn missing(&self) -> usize {
        self.elements.len() / W - self.filled
    }

    /// Adds the next element of every permutation.
    ///
    /// # Panics
    /// When the permutations are complete.
    #[inline(always)]
    pub(crate) fn push(&mut self, rng: &mut Xoshiro256PlusPlus<W>) {
        let t = self.filled;
        // A word is drawn when the places from the last one are used up: random words are the largest part
        // of a push, and four places out of one cost little more than one.
        let slot = t % 4;
        if slot == 0 || (t >= FOUR_PER_WORD && slot == 2) {
            self.draw(rng, t);
        }
        // Inside out: what stood at the place moves to the end, and t takes the place. Where both
        // are the same, the second write wins.
        let places = self.draws[slot];
        let new = t * W;
        for (lane, &place) in places.iter().enumerate() {
            self.elements[new + lane] = self.elements[place as usize];
            self.elements[place as usize] = t as u32;
        }
        self.filled = t + 1;
    }

    /// Adds every missing element.
    pub(crate) fn complete(&mut self, rng: &mut Xoshiro256PlusPlus<W>) {
        for _ in 0..self.missing() {
            self.push(rng);
        }
    }

    /// The elements so far, element t of permutation ℓ at t·W + ℓ.
    #[cfg(test)]
    fn as_slice(&self) -> &[u32] {
        &self.elements[..self.filled * W]
    }

    /// Draws the places of element `t` and those that share its random word.
    #[inline(always)]
    fn draw(&mut self, rng: &mut Xoshiro256PlusPlus<W>, t: usize) {
        let words = rng.next_words();
        // The number of draws is a constant of each call, so that the loops over them are unrolled.
        let suspects = if t < FOUR_PER_WORD {
            self.draw_halves::<2>(t, 0, words)
        } else {
            self.draw_halves::<1>(t, t % 4, words)
        };
        if suspects != 0 {
            self.redraw(rng, t, words);
        }
    }

    /// The places of elements `t` to `t + 2K − 1`, K from each half of a word; nonzero where a word
    /// may have to be dropped.
    #[inline(always)]
    fn draw_halves<const K: usize>(&mut self, t: usize, slot: usize, words: [u64; W]) -> u64 {
        let low = self.draw_half::<K>(t, slot, words.map(|word| word & LOW_HALF));
        let high = self.draw_half::<K>(t + K, slot + K, words.map(|word| word >> 32));
        (0..W).fold(0, |all, lane| all | low[lane] | high[lane])
    }

    /// The places of elements `t` to `t + K − 1` from 32-bit numbers.
    #[inline(always)]
    fn draw_half<const K: usize>(&mut self, t: usize, slot: usize, numbers: [u64; W]) -> [u64; W] {
        let mut suspects = [0; W];
        for lane in 0..W {
            // The high half of a product is a draw; the low half is as good as a fresh number for the next.
            let (mut rest, mut product) = (numbers[lane], 1);
            for k in 0..K {
                let bound = (t + k + 1) as u64;
                let scaled = (rest & LOW_HALF) * bound;
                self.draws[(slot + k) % 4][lane] = ((scaled >> 32) as usize * W + lane) as u32;
                rest = scaled & LOW_HALF;
                product *= bound;
            }
            // The exact limit, 2³² mod product, is a division; it is below the product, which serves here.
            suspects[lane] = u64::from(rest < product);
        }
        suspects
    }

    /// Repeats a group of draws lane by lane, replacing the words that must be dropped.
    ///
    /// Rare: the vector code above only tells that some lane may have to drop its word.
    #[cold]
    #[inline(never)]
    fn redraw(&mut self, rng: &mut Xoshiro256PlusPlus<W>, t: usize, words: [u64; W]) {
        for (lane, first_word) in words.into_iter().enumerate() {
            let mut word = first_word;
            // Only this lane draws again: its words, and so its order, are those it would have alone.
            while !self.place(t, lane, word) {
                word = rng.next_word_of(lane);
            }
        }
    }

    /// The draws of one lane from one word; false where the word must be dropped.
    fn place(&mut self, t: usize, lane: usize, word: u64) -> bool {
        let per_half = if t < FOUR_PER_WORD { 2 } else { 1 };
        let mut at = t;
        for half in [word & LOW_HALF, word >> 32] {
            let (mut rest, mut product) = (half, 1);
            for _ in 0..per_half {
                let bound = (at + 1) as u64;
                let scaled = rest * bound;
                self.draws[at % 4][lane] = ((scaled >> 32) as usize * W + lane) as u32;
                rest = scaled & LOW_HALF;
                product *= bound;
                at += 1;
            }
            if rest < (1 << 32) % product {
                return false;
            }
        }
        true
    }
}

#[cfg(test)]
mod exactness;

#[cfg(test)]
mod tests {
    use super::*;
    use sparsegrok_data::{Purpose, native_state};

    fn stream(seed: u64) -> Xoshiro256PlusPlus<1> {
        Xoshiro256PlusPlus::from_states([native_state(seed, Purpose::Order)])
    }

    fn permutation(n: usize, rng: &mut Xoshiro256PlusPlus<1>) -> Vec<u32> {
        let mut permutation = Permutations::new(n);
        permutation.complete(rng);
        permutation.as_slice().to_vec()
    }

    #[test]
    fn every_element_occurs_once() {
        let mut rng = stream(1);
        for n in [0, 1, 2, 3, 5, 64, 2047, 2048, 2049, 2051, 5000] {
            let mut sorted = permutation(n, &mut rng);
            sorted.sort_unstable();
            assert!(sorted.into_iter().eq(0..n as u32));
        }
    }

    #[test]
    fn permutations_side_by_side_are_those_built_alone() {
        for n in [1, 7, 512, 2051, 4000] {
            let states = [3, 1, 4, 1, 5, 9, 2, 6].map(|s| native_state(s, Purpose::Order));
            let mut rng = Xoshiro256PlusPlus::from_states(states);
            let mut alone = states.map(|state| Xoshiro256PlusPlus::from_states([state]));
            let mut together = Permutations::<8>::new(n);
            // Enough rounds that some words are dropped: a lane must not disturb the others.
            let mut elements = vec![0; 8 * n];
            for _ in 0..40 {
                together.complete(&mut rng);
                together.swap_complete(&mut elements);
                for (lane, alone) in alone.iter_mut().enumerate() {
                    let expected = permutation(n, alone);
                    let found = elements.iter().skip(lane).step_by(8);
                    assert!(found.eq(&expected), "lane {lane} of n = {n}");
                }
            }
        }
    }

    #[test]
    fn orders_never_change() {
        let mut rng = stream(1234);
        assert_eq!(permutation(8, &mut rng), [7, 5, 3, 0, 2, 4, 6, 1]);
    }

    #[test]
    fn all_orders_of_four_are_equally_likely() {
        let mut rng = stream(5);
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
        let mut rng = stream(6);
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
        let chi2 = |counts: &[f64], expected: f64| -> f64 {
            counts
                .iter()
                .map(|c| (c - expected).powi(2) / expected)
                .sum()
        };
        // Both statistics have 225 degrees of freedom (confirmed with 4,000 simulated tests), so that
        // 296.3 is p = 0.001. Each row and column of `at` has a fixed sum, hence its
        // factor; no element follows itself, hence the empty diagonal of `next`.
        let expected = f64::from(times) / n as f64;
        let at = chi2(&at, expected) * (n - 1) as f64 / n as f64;
        assert!(at < 296.3, "χ² {at} over places");
        let diagonal = n as f64 * expected;
        let next = chi2(&next, expected) - diagonal;
        assert!(next < 296.3, "χ² {next} over neighbours");
    }

    #[test]
    fn late_elements_are_placed_uniformly() {
        // Beyond 2048 a word serves two elements: where does the last one land?
        let n = 2052;
        let mut rng = stream(8);
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
