//! Products of `f32` matrices, for the networks.

use fearless_simd::{Level as Detected, SimdBase as _, SimdFloat as _, f32x16};

use crate::level::Simd;

/// Numbers of a vector: columns of the right factor and of the product come in multiples of it.
pub const VECTOR: usize = 16;

/// Rows of the left factor and of the product come in multiples of this number.
pub const ROWS: usize = 8;

/// A factor whose element of row i and column j is at `i · row + j · column`. Exchanging the two strides transposes it.
#[derive(Clone, Copy, Debug)]
pub struct Strided<'a> {
    /// The numbers.
    pub numbers: &'a [f32],
    /// Distance between rows.
    pub row: usize,
    /// Distance between columns.
    pub column: usize,
}

/// The shape of a product: m × k times k × n.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProductShape {
    /// Rows of the left factor and of the product, a multiple of [`ROWS`].
    pub m: usize,
    /// Columns of the right factor and of the product, a multiple of [`VECTOR`].
    pub n: usize,
    /// Columns of the left factor and rows of the right one.
    pub k: usize,
}

/// The numbers that a product begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Onto {
    /// Zeros: what was there is overwritten.
    Zeros,
    /// The numbers that are there.
    Sums,
}

/// Multiplies A by B into C, both of which have their rows of n numbers one after another.
///
/// Each element is one chain of fused multiply–adds over k, from 0 or from what was there, so that the bits are the same
/// at every instruction-set level. `Time: O(m · n · k)`
///
/// # Formula
/// C_ij ← (C_ij or 0) + Σ_k A_ik · B_kj
///
/// # Panics
/// When m or n is not a multiple of its unit, or a slice is too short.
#[inline(always)]
pub fn multiply<S: Simd>(
    simd: S,
    shape: ProductShape,
    a: Strided<'_>,
    b: &[f32],
    c: &mut [f32],
    onto: Onto,
) {
    let ProductShape { m, n, k } = shape;
    assert!(m.is_multiple_of(ROWS), "rows in multiples of {ROWS}");
    assert!(n.is_multiple_of(VECTOR), "columns in multiples of {VECTOR}");
    assert!(b.len() >= k * n && c.len() >= m * n, "whole matrices");
    let rows = Panel {
        simd,
        n,
        k,
        a,
        b,
        onto,
    };
    // As many sums as the registers hold, beside the row of B that they share: sums that wait for one another, and
    // loads of B that serve few of them, are what makes a product slow.
    if is_wide(simd) {
        let threes = n / (3 * VECTOR) * 3 * VECTOR;
        rows.columns::<8, 3>(m, 0..threes, c);
        rows.columns::<8, 1>(m, threes..n, c);
    } else {
        rows.columns::<4, 1>(m, 0..n, c);
    }
}

/// Tells if there are 32 registers of a whole vector each.
#[inline(always)]
fn is_wide<S: Simd>(simd: S) -> bool {
    #[cfg(target_arch = "x86_64")]
    if let Detected::Avx512(_) = simd.level() {
        return true;
    }
    let _ = simd;
    false
}

/// A product, of which tiles are computed one after another.
#[derive(Clone, Copy)]
struct Panel<'a, S> {
    simd: S,
    n: usize,
    k: usize,
    a: Strided<'a>,
    b: &'a [f32],
    onto: Onto,
}

impl<S: Simd> Panel<'_, S> {
    /// Computes some columns of all rows, in tiles of R rows and V vectors.
    #[inline(always)]
    fn columns<const R: usize, const V: usize>(
        self,
        m: usize,
        columns: std::ops::Range<usize>,
        c: &mut [f32],
    ) {
        // The columns of B that a strip of tiles reads stay in the nearest cache for all rows of A.
        for j in columns.step_by(V * VECTOR) {
            for i in (0..m).step_by(R) {
                self.tile::<R, V>(i, j, c);
            }
        }
    }

    #[inline(always)]
    fn tile<const R: usize, const V: usize>(self, i: usize, j: usize, c: &mut [f32]) {
        let Self {
            simd,
            n,
            k,
            a,
            b,
            onto,
        } = self;
        // Sums are indexed throughout, as iterators over them by value would move them through memory.
        let mut sums = [[f32x16::splat(simd, 0.0); V]; R];
        if onto == Onto::Sums {
            for r in 0..R {
                let row = &c[(i + r) * n + j..][..V * VECTOR];
                for v in 0..V {
                    sums[r][v] = f32x16::from_slice(simd, &row[v * VECTOR..][..VECTOR]);
                }
            }
        }
        // What the loop reads is in bounds once this is.
        let a_numbers =
            &a.numbers[i * a.row..][..(R - 1) * a.row + k.saturating_sub(1) * a.column + 1];
        let mut row = [f32x16::splat(simd, 0.0); V];
        for kk in 0..k {
            let b_row = &b[kk * n + j..][..V * VECTOR];
            for v in 0..V {
                row[v] = f32x16::from_slice(simd, &b_row[v * VECTOR..][..VECTOR]);
            }
            for r in 0..R {
                let x = f32x16::splat(simd, a_numbers[r * a.row + kk * a.column]);
                for v in 0..V {
                    sums[r][v] = x.mul_add_precise(row[v], sums[r][v]);
                }
            }
        }
        for r in 0..R {
            let row = &mut c[(i + r) * n + j..][..V * VECTOR];
            for v in 0..V {
                sums[r][v].store_slice(&mut row[v * VECTOR..][..VECTOR]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level::{Level, Task};

    struct Product<'a> {
        shape: ProductShape,
        a: Strided<'a>,
        b: &'a [f32],
        c: Vec<f32>,
        onto: Onto,
    }

    impl Task for Product<'_> {
        type Output = Vec<f32>;

        #[inline(always)]
        fn run<S: Simd>(mut self, simd: S) -> Vec<f32> {
            multiply(simd, self.shape, self.a, self.b, &mut self.c, self.onto);
            self.c
        }
    }

    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 16_777_216.0 - 0.5
        };
        std::iter::repeat_with(next).take(count).collect()
    }

    #[test]
    fn products_are_those_of_the_definition_to_the_bit_at_every_level() {
        for (m, n, k) in [(8, 16, 1), (16, 112, 97), (24, 48, 8), (8, 64, 30)] {
            let shape = ProductShape { m, n, k };
            let (left, b, c) = (numbers(m * k, 1), numbers(k * n, 2), numbers(m * n, 3));
            // The same factor by rows, and as the transpose of what is stored.
            let by_rows = Strided {
                numbers: &left,
                row: k,
                column: 1,
            };
            let transposed = Strided {
                numbers: &left,
                row: 1,
                column: m,
            };
            for (a, onto) in [(by_rows, Onto::Zeros), (transposed, Onto::Sums)] {
                let element = |i: usize, j: usize| {
                    let start = if onto == Onto::Sums {
                        c[i * n + j]
                    } else {
                        0.0
                    };
                    (0..k).fold(start, |sum, kk| {
                        a.numbers[i * a.row + kk * a.column].mul_add(b[kk * n + j], sum)
                    })
                };
                let expected = (0..m * n).map(|at| element(at / n, at % n).to_bits());
                let expected: Vec<u32> = expected.collect();
                for level in Level::available() {
                    let product = Product {
                        shape,
                        a,
                        b: &b,
                        c: c.clone(),
                        onto,
                    };
                    let found = level.run(product).into_iter().map(f32::to_bits);
                    assert_eq!(found.collect::<Vec<_>>(), expected, "{level} {shape:?}");
                }
            }
        }
    }
}
