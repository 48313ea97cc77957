//! Random numbers, pinned: what a seed means never changes with a dependency.
//!
//! Two families. *Native* streams are xoshiro256++ keyed by a seed and a [`Purpose`]; every number
//! is derived from its 64-bit words by code in this crate. The *libstdc++* family reproduces the
//! reference programs: mt19937 with that library's distributions ([`crate::reference`]).

use rand::{Rng as _, SeedableRng as _};
use rand_xoshiro::SplitMix64;
pub use rand_xoshiro::Xoshiro256PlusPlus;

use crate::reference::Mt19937;

/// The generators that draw data and visiting orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RandomFamily {
    /// xoshiro256++, one stream per purpose.
    #[default]
    Xoshiro256pp,
    /// `std::mt19937` and libstdc++'s distributions, as in the reference programs.
    Libstdcxx,
}

/// The purpose of a stream. Equal seeds give independent streams for different purposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The teacher's direction.
    Teacher,
    /// Training rows.
    TrainData,
    /// Test rows.
    TestData,
    /// The choice of training labels to flip.
    LabelNoise,
    /// The visiting order.
    Order,
    /// Initial weights.
    Init,
}

/// The state in which the native stream of a seed and a purpose starts.
///
/// # Formula
/// Words 4p … 4p + 3 of SplitMix64 started at the seed, p the purpose's number; for the first
/// purpose this is `seed_from_u64`.
///
/// # References
/// D. Blackman, S. Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47(4), 2021,
/// for the generator and its seeding.
pub fn native_state(seed: u64, purpose: Purpose) -> [u64; 4] {
    let mut mixer = SplitMix64::seed_from_u64(seed);
    for _ in 0..4 * purpose as u8 {
        mixer.next_u64();
    }
    [(); 4].map(|()| mixer.next_u64())
}

/// The native stream of a seed and a purpose, in state [`native_state`].
pub fn native_stream(seed: u64, purpose: Purpose) -> Xoshiro256PlusPlus {
    let mut bytes = [0; 32];
    for (bytes, word) in bytes.chunks_exact_mut(8).zip(native_state(seed, purpose)) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    Xoshiro256PlusPlus::from_seed(bytes)
}

/// A stream of either family.
#[derive(Clone, Debug)]
pub enum Stream {
    /// xoshiro256++.
    Native(Xoshiro256PlusPlus),
    /// mt19937.
    Libstdcxx(Box<Mt19937>),
}

impl Stream {
    /// The stream of a seed: native ones depend on `purpose`; mt19937 is seeded with the seed's
    /// low 32 bits alone, as in the reference programs.
    pub fn new(family: RandomFamily, seed: u64, purpose: Purpose) -> Self {
        match family {
            RandomFamily::Xoshiro256pp => Self::Native(native_stream(seed, purpose)),
            RandomFamily::Libstdcxx => Self::Libstdcxx(Box::new(Mt19937::new(seed as u32))),
        }
    }

    /// A uniform number in [0, 1): the high 53 bits of a native word, or `generate_canonical`.
    pub fn uniform(&mut self) -> f64 {
        match self {
            Self::Native(rng) => (rng.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64),
            Self::Libstdcxx(rng) => rng.canonical(),
        }
    }

    /// A uniform integer in 0..`bound`, exactly.
    ///
    /// # References
    /// D. Lemire, "Fast random integer generation in an interval", ACM TOMACS 29(1), 2019.
    ///
    /// # Panics
    /// When `bound` is 0.
    pub fn below(&mut self, bound: u32) -> u32 {
        assert!(bound > 0, "no integer is below 0");
        match self {
            Self::Libstdcxx(rng) => rng.below(bound),
            Self::Native(rng) => {
                let bound = u64::from(bound);
                loop {
                    let product = u128::from(rng.next_u64()) * u128::from(bound);
                    let low = product as u64;
                    if low >= bound || low >= bound.wrapping_neg() % bound {
                        return (product >> 64) as u32;
                    }
                }
            }
        }
    }
}

/// Standard normal numbers by Marsaglia's polar method, two at a time.
///
/// # References
/// G. Marsaglia, T. A. Bray, "A convenient method for generating normal variables", SIAM Review
/// 6(3), 1964. The order of draws and results is libstdc++'s `normal_distribution`.
#[derive(Clone, Debug, Default)]
pub struct Normal {
    saved: Option<f64>,
}

impl Normal {
    /// A sampler with nothing saved.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next number, from `stream` or saved from the last draw.
    pub fn sample(&mut self, stream: &mut Stream) -> f64 {
        if let Some(saved) = self.saved.take() {
            return saved;
        }
        loop {
            let x = 2.0 * stream.uniform() - 1.0;
            let y = 2.0 * stream.uniform() - 1.0;
            let r2 = x * x + y * y;
            if r2 <= 1.0 && r2 != 0.0 {
                let scale = (-2.0 * libm::log(r2) / r2).sqrt();
                self.saved = Some(x * scale);
                return y * scale;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn native_streams_never_change() {
        // Frozen at the first release: a change here changes every result.
        let first = |purpose| native_stream(42, purpose).next_u64();
        assert_eq!(first(Purpose::Teacher), 0xd076_4d4f_4476_689f);
        assert_ne!(first(Purpose::Order), first(Purpose::Init));
        let mut stream = Stream::new(RandomFamily::Xoshiro256pp, 7, Purpose::TrainData);
        let mut normal = Normal::new();
        let drawn = [(); 3].map(|()| normal.sample(&mut stream));
        assert_eq!(
            drawn,
            [1.112411051739077, -0.9090426282861592, 0.07960831657096397]
        );
    }

    #[test]
    fn generators_side_by_side_yield_the_words_of_each_alone() {
        let seeds = [0, 1, 2, 3, 42, 1 << 40, u64::MAX, 7];
        let mut alone = seeds.map(|seed| native_stream(seed, Purpose::Order));
        let states = seeds.map(|seed| native_state(seed, Purpose::Order));
        let mut together = sparsegrok_lanes::Xoshiro256PlusPlus::from_states(states);
        for _ in 0..1000 {
            let words = alone.each_mut().map(|rng| rng.next_u64());
            assert_eq!(together.next_words(), words);
        }
        assert_eq!(together.next_word_of(4), alone[4].next_u64());
        assert_eq!(together.next_words()[4], alone[4].next_u64());
    }

    #[test]
    fn normals_have_normal_moments() {
        let mut stream = Stream::new(RandomFamily::Xoshiro256pp, 3, Purpose::TrainData);
        let mut normal = Normal::new();
        let n = 200_000;
        let mut moments = [0.0; 4];
        for _ in 0..n {
            let x = normal.sample(&mut stream);
            for (k, moment) in moments.iter_mut().enumerate() {
                *moment += [x, x * x, x * x * x, x * x * x * x][k] / f64::from(n);
            }
        }
        // Four standard errors each: √(Var/n), Var = 1, 2, 15, 96.
        let errors = [1.0_f64, 2.0, 15.0, 96.0].map(|v| 4.0 * (v / f64::from(n)).sqrt());
        for (k, expected) in [0.0, 1.0, 0.0, 3.0].into_iter().enumerate() {
            assert!((moments[k] - expected).abs() < errors[k], "moment {k}");
        }
    }

    #[test]
    fn bounded_integers_are_uniform() {
        for family in [RandomFamily::Xoshiro256pp, RandomFamily::Libstdcxx] {
            let mut stream = Stream::new(family, 11, Purpose::Order);
            let mut counts = [0.0_f64; 7];
            for _ in 0..70_000 {
                counts[stream.below(7) as usize] += 1.0;
            }
            let chi2: f64 = counts.iter().map(|c| (c - 1e4).powi(2) / 1e4).sum();
            assert!(
                chi2 < 22.46,
                "χ² {chi2} over 6 degrees of freedom, p < 0.001"
            );
        }
    }
}
