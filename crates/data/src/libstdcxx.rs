//! The generator and algorithms behind the reference programs' random numbers.
//!
//! The C++ standard fixes mt19937's words but not what `normal_distribution`,
//! `uniform_int_distribution` and `shuffle` make of them; these are the algorithms of GNU
//! libstdc++ 12.

use rand_mt::Mt;

/// `std::mt19937` with libstdc++'s derived draws.
#[derive(Clone, Debug)]
pub struct Mt19937(Mt);

impl Mt19937 {
    /// The generator `std::mt19937(seed)`.
    pub fn new(seed: u32) -> Self {
        Self(Mt::new(seed))
    }

    /// `generate_canonical<double, 53>`: two words, low first, over 2⁶⁴.
    pub fn canonical(&mut self) -> f64 {
        let low = f64::from(self.0.next_u32());
        let high = f64::from(self.0.next_u32());
        let sum = low + high * 4_294_967_296.0;
        let ratio = sum / 18_446_744_073_709_551_616.0;
        if ratio >= 1.0 {
            1.0 - f64::EPSILON / 2.0
        } else {
            ratio
        }
    }

    /// `uniform_int_distribution{0, bound − 1}`: Lemire's multiplication with rejection.
    ///
    /// # Panics
    /// When `bound` is 0.
    pub fn below(&mut self, bound: u32) -> u32 {
        assert!(bound > 0, "no integer is below 0");
        let mut product = u64::from(self.0.next_u32()) * u64::from(bound);
        if (product as u32) < bound {
            let threshold = bound.wrapping_neg() % bound;
            while (product as u32) < threshold {
                product = u64::from(self.0.next_u32()) * u64::from(bound);
            }
        }
        (product >> 32) as u32
    }

    /// `std::shuffle`: each element changes places with a random one before it or itself.
    ///
    /// Where two bounds' product fits the generator's range, one draw serves two elements.
    pub fn shuffle(&mut self, rows: &mut [u32]) {
        let n = rows.len() as u64;
        if n < 2 {
            return;
        }
        if u64::from(u32::MAX) / n < n {
            for i in 1..rows.len() {
                let j = self.below(i as u32 + 1) as usize;
                rows.swap(i, j);
            }
            return;
        }
        let mut i = 1;
        if n.is_multiple_of(2) {
            let j = self.below(2) as usize;
            rows.swap(1, j);
            i = 2;
        }
        while i < rows.len() {
            let (first, second) = (i as u32 + 1, i as u32 + 2);
            let pair = self.below(first * second);
            rows.swap(i, (pair / second) as usize);
            rows.swap(i + 1, (pair % second) as usize);
            i += 2;
        }
    }
}
