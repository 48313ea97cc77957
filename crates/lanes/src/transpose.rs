//! Eight rows, turned into columns of lanes, or summed.

use fearless_simd::{SimdBase as _, SimdCombine as _, f64x2, f64x8};

use crate::arithmetic::LANES;
use crate::level::Simd;

/// Columns `first..first + N` of the eight rows that begin at `starts`.
#[inline(always)]
pub(crate) fn gather<S: Simd, const N: usize>(
    simd: S,
    memory: &[f64],
    starts: &[usize],
    first: usize,
) -> [f64x8<S>; N] {
    let starts = &starts[..LANES];
    let mut columns = [f64x8::splat(simd, 0.0); N];
    for block in first / LANES..(first + N).div_ceil(LANES) {
        let rows = |lane: usize| &memory[starts[lane] + block * LANES..][..LANES];
        // Known when compiled. Where a register holds fewer than eight lanes, interleaving whole rows
        // would be emulated by instructions that cross its halves.
        let transposed = if is_wide(simd) {
            by_rows(simd, rows)
        } else {
            by_pairs(simd, rows)
        };
        for j in 0..N {
            if (first + j) / LANES == block {
                columns[j] = transposed[(first + j) % LANES];
            }
        }
    }
    columns
}

/// True when one register holds eight lanes.
#[inline(always)]
fn is_wide<S: Simd>(simd: S) -> bool {
    #[cfg(target_arch = "x86_64")]
    return matches!(simd.level(), fearless_simd::Level::Avx512(_));
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

/// Three rounds of interleaving whole rows.
#[inline(always)]
fn by_rows<'a, S: Simd>(simd: S, rows: impl Fn(usize) -> &'a [f64]) -> [f64x8<S>; LANES] {
    let mut r = [f64x8::splat(simd, 0.0); LANES];
    for (lane, row) in r.iter_mut().enumerate() {
        *row = f64x8::from_slice(simd, rows(lane));
    }
    transpose(r)
}

/// Element k of the ℓ-th result is element ℓ of `r[k]`.
#[inline(always)]
fn transpose<S: Simd>(mut r: [f64x8<S>; LANES]) -> [f64x8<S>; LANES] {
    // Each round interleaves row k with row k + 4 and so rotates the bits of an element's place: after
    // three of them rows and columns have changed places.
    for _ in 0..3 {
        let before = r;
        for k in 0..LANES / 2 {
            r[2 * k] = before[k].zip_low(before[k + LANES / 2]);
            r[2 * k + 1] = before[k].zip_high(before[k + LANES / 2]);
        }
    }
    r
}

/// Element ℓ is the sum of the elements of `r[ℓ]`: ((s₀ + s₄) + (s₂ + s₆)) + ((s₁ + s₅) + (s₃ + s₇)).
///
/// A transposition in which each round adds what it has interleaved, and so has half the work of
/// the one before.
#[inline(always)]
pub(crate) fn sum_each<S: Simd>(mut r: [f64x8<S>; LANES]) -> f64x8<S> {
    let mut half = LANES / 2;
    while half > 0 {
        for k in 0..half {
            r[k] = r[k].zip_low(r[k + half]) + r[k].zip_high(r[k + half]);
        }
        half /= 2;
    }
    r[0]
}

/// Pairs of columns from pairs of rows, put together: no instruction crosses a 128-bit boundary
/// but the joins.
#[inline(always)]
fn by_pairs<'a, S: Simd>(simd: S, rows: impl Fn(usize) -> &'a [f64]) -> [f64x8<S>; LANES] {
    let mut columns = [f64x8::splat(simd, 0.0); LANES];
    for pair in 0..LANES / 2 {
        let load = |lane: usize| f64x2::from_slice(simd, &rows(lane)[2 * pair..][..2]);
        let low = |lane: usize| load(lane).zip_low(load(lane + 1));
        let high = |lane: usize| load(lane).zip_high(load(lane + 1));
        columns[2 * pair] = low(0).combine(low(2)).combine(low(4).combine(low(6)));
        columns[2 * pair + 1] = high(0).combine(high(2)).combine(high(4).combine(high(6)));
    }
    columns
}
