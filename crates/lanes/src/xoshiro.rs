//! xoshiro256++, W independent generators side by side.

/// W xoshiro256++ generators, advanced together.
///
/// The states are kept by word, not by generator, so that one step of all W compiles to vector
/// instructions. Generator ℓ yields the very words of `rand_xoshiro`'s `Xoshiro256PlusPlus`.
///
/// # References
/// D. Blackman, S. Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47(4), 2021.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Xoshiro256PlusPlus<const W: usize> {
    words: [[u64; W]; 4],
}

impl<const W: usize> Xoshiro256PlusPlus<W> {
    /// Generators in the given states, each of four words, not all zero.
    pub fn from_states(states: [[u64; 4]; W]) -> Self {
        let mut words = [[0; W]; 4];
        for (lane, state) in states.iter().enumerate() {
            for (word, value) in words.iter_mut().zip(state) {
                word[lane] = *value;
            }
        }
        Self { words }
    }

    /// The state generator `lane` is in, as [`from_states`](Self::from_states) takes it.
    ///
    /// # Panics
    /// When there is no such generator.
    pub fn state_of(&self, lane: usize) -> [u64; 4] {
        self.words.map(|word| word[lane])
    }

    /// The next word of every generator.
    #[inline(always)]
    pub fn next_words(&mut self) -> [u64; W] {
        let mut out = [0; W];
        let [s0, s1, s2, s3] = &mut self.words;
        // A loop over lanes within each word: this is what the compiler turns into vector code.
        for lane in 0..W {
            (s0[lane], s1[lane], s2[lane], s3[lane], out[lane]) =
                step(s0[lane], s1[lane], s2[lane], s3[lane]);
        }
        out
    }

    /// The next word of generator `lane` alone.
    ///
    /// # Panics
    /// When there is no such generator.
    pub fn next_word_of(&mut self, lane: usize) -> u64 {
        let [s0, s1, s2, s3] = &mut self.words;
        let out;
        (s0[lane], s1[lane], s2[lane], s3[lane], out) =
            step(s0[lane], s1[lane], s2[lane], s3[lane]);
        out
    }
}

/// One step from a state: the next state and the output word.
#[inline(always)]
fn step(s0: u64, s1: u64, s2: u64, s3: u64) -> (u64, u64, u64, u64, u64) {
    let out = s0.wrapping_add(s3).rotate_left(23).wrapping_add(s0);
    let (t2, t3) = (s2 ^ s0, s3 ^ s1);
    (s0 ^ t3, s1 ^ t2, t2 ^ (s1 << 17), t3.rotate_left(45), out)
}
