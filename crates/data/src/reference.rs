//! The generator and algorithms behind the reference programs' random numbers.
//!
//! The C++ standard fixes mt19937's words but not what `normal_distribution`,
//! `uniform_int_distribution` and `shuffle` make of them; these are the algorithms of GNU
//! libstdc++ 12.
//!
//! One thing cannot be reproduced: `normal_distribution` takes logarithms from the C library, which
//! rounds differently on processors with and without fused multiply-add. Ours are `libm`'s, the same
//! everywhere: about three normals in a hundred differ from the C library's, by at most 3 ulp in
//! the four million compared.

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
    /// Serves two elements with one draw where the product of their bounds fits the generator's range.
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

/// Every expected number was printed by a C++ program compiled with g++ 12.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Normal, Stream};

    /// FNV-1a, 64 bits, over the little-endian bytes of the words.
    fn fnv(words: &[u32]) -> u64 {
        let bytes = words.iter().flat_map(|word| word.to_le_bytes());
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        })
    }

    #[test]
    fn bounded_draws_are_libstdcxxs() {
        let mut rng = Mt19937::new(5);
        let expected = [
            (1, [0, 0, 0]),
            (2, [1, 0, 0]),
            (3, [2, 2, 1]),
            (7, [0, 4, 2]),
            (10, [7, 3, 5]),
            (1000, [486, 296, 990]),
            (65_536, [12_302, 52_971, 5_291]),
            (1_000_003, [649_460, 738_442, 819_475]),
            (3_000_000_000, [1_323_927_671, 727_621_221, 474_929_593]),
            (4_294_967_295, [3_282_955_328, 3_779_300_782, 476_315_165]),
            (3_221_225_473, [882_894_303, 657_628_480, 383_633_005]),
            (2_147_483_649, [1_124_584_117, 1_056_854_004, 1_288_338_143]),
        ];
        for (bound, draws) in expected {
            assert_eq!([(); 3].map(|()| rng.below(bound)), draws, "below {bound}");
        }
        assert_eq!(rng.0.next_u32(), 0xbb5b_e781);
    }

    #[test]
    fn rejections_are_libstdcxxs() {
        // Just above half the generator's range, every other word is rejected.
        let mut rng = Mt19937::new(6);
        let draws: Vec<u32> = (0..100_000).map(|_| rng.below((1 << 31) + 1)).collect();
        assert_eq!(fnv(&draws), 0x4cb1_9cb1_4748_42ff);
        assert_eq!(rng.0.next_u32(), 2_564_574_952);
    }

    #[test]
    fn powers_of_two_take_the_high_bits_and_reject_nothing() {
        let (mut rng, mut words) = (Mt19937::new(7), Mt19937::new(7));
        for _ in 0..300_000 {
            assert_eq!(rng.below(1 << 16), words.0.next_u32() >> 16);
        }
    }

    #[test]
    fn shuffles_are_libstdcxxs() {
        // Size, hash after two shuffles of 0..n, next word, first elements.
        let expected: [(u32, u64, u32, &[u32]); 9] = [
            (1, 0x4d25_767f_9dce_13f5, 822_569_775, &[0]),
            (2, 0x08cd_4c29_d1e4_7d34, 2_671_936_806, &[0, 1]),
            (3, 0x1ff3_f111_c7bd_8bd6, 2_671_936_806, &[2, 1, 0]),
            (
                8,
                0xc9e7_7dde_01af_5cb5,
                3_349_970_575,
                &[3, 0, 5, 6, 4, 1, 7, 2],
            ),
            (
                9,
                0x7009_2f16_2f76_2c6d,
                3_349_970_575,
                &[3, 4, 8, 0, 7, 5, 2, 6, 1],
            ),
            (513, 0x7c97_926d_40db_e80b, 787_123_002, &[203, 351, 89, 82]),
            (
                65_535,
                0x38bf_d16a_3a8a_73e3,
                2_876_023_138,
                &[18_908, 44_156],
            ),
            (
                65_536,
                0x6fdb_4e28_5e53_29bd,
                3_963_558_772,
                &[65_051, 7_810],
            ),
            (
                70_000,
                0x45e7_bbd9_07d0_1b19,
                1_617_177_662,
                &[14_493, 69_634],
            ),
        ];
        for (n, hash, next, first) in expected {
            let mut rng = Mt19937::new(1234);
            let mut rows: Vec<u32> = (0..n).collect();
            rng.shuffle(&mut rows);
            rng.shuffle(&mut rows);
            assert_eq!(&rows[..first.len()], first, "n = {n}");
            assert_eq!(fnv(&rows), hash, "n = {n}");
            assert_eq!(rng.0.next_u32(), next, "n = {n}");
        }
    }

    #[test]
    fn canonical_numbers_are_libstdcxxs() {
        let mut rng = Mt19937::new(123);
        let expected = [
            0x3fe6_d087_adb6_497a,
            0x3fdb_6c11_5092_501b,
            0x3fe6_1bba_8c47_425e,
            0x3fe7_0347_8231_a45f,
        ];
        assert_eq!([(); 4].map(|()| rng.canonical().to_bits()), expected);
    }

    #[test]
    fn normals_are_libstdcxxs() {
        let mut stream = Stream::Libstdcxx(Box::new(Mt19937::new(123)));
        let mut normal = Normal::new();
        let expected = [
            0xbfe2_3a3e_1ed6_f25b,
            0x3ffb_2222_87ca_0aa8,
            0x3ff1_c621_2f55_e14a,
            0x3fee_f687_d77d_a7a4,
            0x3ff8_577e_6df1_4b1d,
            0xbfa8_b435_8724_0139,
        ];
        assert_eq!(
            [(); 6].map(|()| normal.sample(&mut stream).to_bits()),
            expected
        );
    }
}
