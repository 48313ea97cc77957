//! Rows of doubles in memory, one an element, each at a place of its own.

use fearless_simd::{SimdBase as _, SimdFloat as _, f64x8};

use crate::arithmetic::{Arithmetic, LANES, Lanes, Scalar, WIDE, WideLanes};
use crate::level::Simd;
use crate::transpose::{gather, sum_each};

/// Reading and updating rows in memory; element ℓ's row starts at `starts[ℓ]`.
pub trait Rows: Arithmetic {
    /// `N` columns of one row an element, from column `first` on: element ℓ of the j-th result is
    /// `memory[starts[ℓ] + first + j]`.
    ///
    /// Rows are read in whole blocks of eight numbers from their start.
    ///
    /// # Panics
    /// When there are fewer than [`WIDTH`](Arithmetic::WIDTH) starts or a block ends outside.
    fn gather<const N: usize>(
        self,
        memory: &[f64],
        starts: &[usize],
        first: usize,
    ) -> [Self::Real; N];
    /// One column of one row an element: element ℓ is `memory[starts[ℓ] + offset]`.
    ///
    /// # Panics
    /// When there are fewer than [`WIDTH`](Arithmetic::WIDTH) starts or one lies outside.
    fn column(self, memory: &[f64], starts: &[usize], offset: usize) -> Self::Real;
    /// Writes element ℓ to `memory[starts[ℓ] + offset]`.
    ///
    /// # Panics
    /// When there are fewer than [`WIDTH`](Arithmetic::WIDTH) starts or one lies outside.
    fn scatter(self, value: Self::Real, memory: &mut [f64], starts: &[usize], offset: usize);
    /// Dot products of each element's weights, `weights[ℓ·width..][..width]`, with its row,
    /// `memory[starts[ℓ]..][..width]`; `width` is a multiple of eight.
    ///
    /// # Formula
    /// Eight partial sums by column modulo eight, s₀ … s₇, each a chain of fma; then
    /// ((s₀ + s₄) + (s₂ + s₆)) + ((s₁ + s₅) + (s₃ + s₇)).
    ///
    /// # Panics
    /// When a slice is too short.
    fn dots(self, weights: &[f64], memory: &[f64], starts: &[usize], width: usize) -> Self::Real;
    /// Adds `c[ℓ]` times each element's row to its weights; arguments as in
    /// [`dots`](Rows::dots).
    ///
    /// # Panics
    /// When a slice is too short.
    fn add_scaled(
        self,
        c: Self::Real,
        weights: &mut [f64],
        memory: &[f64],
        starts: &[usize],
        width: usize,
    );
}

impl<S: Simd> Rows for Scalar<S> {
    #[inline(always)]
    fn gather<const N: usize>(self, memory: &[f64], starts: &[usize], first: usize) -> [f64; N] {
        let row = &memory[starts[0] + first..][..N];
        let mut columns = [0.0; N];
        columns.copy_from_slice(row);
        columns
    }
    #[inline(always)]
    fn column(self, memory: &[f64], starts: &[usize], offset: usize) -> f64 {
        memory[starts[0] + offset]
    }
    #[inline(always)]
    fn scatter(self, value: f64, memory: &mut [f64], starts: &[usize], offset: usize) {
        memory[starts[0] + offset] = value;
    }
    #[inline(always)]
    fn dots(self, weights: &[f64], memory: &[f64], starts: &[usize], width: usize) -> f64 {
        let sums = partial_sums(self.0, &weights[..width], &memory[starts[0]..][..width]);
        // The order in which `sum_each` adds in lanes.
        let [s0, s1, s2, s3, s4, s5, s6, s7] = sums.into();
        ((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7))
    }
    #[inline(always)]
    fn add_scaled(
        self,
        c: f64,
        weights: &mut [f64],
        memory: &[f64],
        starts: &[usize],
        width: usize,
    ) {
        add_scaled(
            self.0,
            c,
            &mut weights[..width],
            &memory[starts[0]..][..width],
        );
    }
}

impl<S: Simd> Rows for Lanes<S> {
    #[inline(always)]
    fn gather<const N: usize>(
        self,
        memory: &[f64],
        starts: &[usize],
        first: usize,
    ) -> [f64x8<S>; N] {
        gather(self.0, memory, starts, first)
    }
    #[inline(always)]
    fn column(self, memory: &[f64], starts: &[usize], offset: usize) -> f64x8<S> {
        // One check of length here, so that none is left in the loop.
        let starts = &starts[..LANES];
        let mut column = [0.0; LANES];
        for lane in 0..LANES {
            column[lane] = memory[starts[lane] + offset];
        }
        f64x8::from_slice(self.0, &column)
    }
    #[inline(always)]
    fn scatter(self, value: f64x8<S>, memory: &mut [f64], starts: &[usize], offset: usize) {
        let starts = &starts[..LANES];
        for lane in 0..LANES {
            memory[starts[lane] + offset] = value[lane];
        }
    }
    #[inline(always)]
    fn dots(self, weights: &[f64], memory: &[f64], starts: &[usize], width: usize) -> f64x8<S> {
        // Wide rows stay rows: each lane sums its own in whole registers, and only the eight partial
        // sums are transposed, not the rows.
        let mut sums = [f64x8::splat(self.0, 0.0); LANES];
        for lane in 0..LANES {
            let (weights, row) = (&weights[lane * width..], &memory[starts[lane]..]);
            sums[lane] = partial_sums(self.0, &weights[..width], &row[..width]);
        }
        sum_each(sums)
    }
    #[inline(always)]
    fn add_scaled(
        self,
        c: f64x8<S>,
        weights: &mut [f64],
        memory: &[f64],
        starts: &[usize],
        width: usize,
    ) {
        let c: [f64; LANES] = c.into();
        for lane in 0..LANES {
            let (weights, row) = (&mut weights[lane * width..], &memory[starts[lane]..]);
            add_scaled(self.0, c[lane], &mut weights[..width], &row[..width]);
        }
    }
}

impl<S: Simd> Rows for WideLanes<S> {
    #[inline(always)]
    fn gather<const N: usize>(
        self,
        memory: &[f64],
        starts: &[usize],
        first: usize,
    ) -> [Self::Real; N] {
        let (half, starts) = (Lanes(self.0), &starts[..WIDE]);
        let low = half.gather::<N>(memory, &starts[..LANES], first);
        let high = half.gather::<N>(memory, &starts[LANES..], first);
        let mut columns = [[low[0]; 2]; N];
        for j in 0..N {
            columns[j] = [low[j], high[j]];
        }
        columns
    }
    #[inline(always)]
    fn column(self, memory: &[f64], starts: &[usize], offset: usize) -> Self::Real {
        let (half, starts) = (Lanes(self.0), &starts[..WIDE]);
        [
            half.column(memory, &starts[..LANES], offset),
            half.column(memory, &starts[LANES..], offset),
        ]
    }
    #[inline(always)]
    fn scatter(self, value: Self::Real, memory: &mut [f64], starts: &[usize], offset: usize) {
        let (half, starts) = (Lanes(self.0), &starts[..WIDE]);
        half.scatter(value[0], memory, &starts[..LANES], offset);
        half.scatter(value[1], memory, &starts[LANES..], offset);
    }
    #[inline(always)]
    fn dots(self, weights: &[f64], memory: &[f64], starts: &[usize], width: usize) -> Self::Real {
        let (half, starts) = (Lanes(self.0), &starts[..WIDE]);
        let (low, high) = weights.split_at(LANES * width);
        [
            half.dots(low, memory, &starts[..LANES], width),
            half.dots(high, memory, &starts[LANES..], width),
        ]
    }
    #[inline(always)]
    fn add_scaled(
        self,
        c: Self::Real,
        weights: &mut [f64],
        memory: &[f64],
        starts: &[usize],
        width: usize,
    ) {
        let (half, starts) = (Lanes(self.0), &starts[..WIDE]);
        let (low, high) = weights.split_at_mut(LANES * width);
        half.add_scaled(c[0], low, memory, &starts[..LANES], width);
        half.add_scaled(c[1], high, memory, &starts[LANES..], width);
    }
}

/// Products of two slices of whole eights, summed by column modulo eight.
#[inline(always)]
fn partial_sums<S: Simd>(simd: S, weights: &[f64], row: &[f64]) -> f64x8<S> {
    // Also on one seed's path: the scalar kernel sums in eight parts as the lanes do, so that a register
    // of eight gives it the same bits.
    let mut sums = f64x8::splat(simd, 0.0);
    for (weights, row) in weights.chunks_exact(LANES).zip(row.chunks_exact(LANES)) {
        let (weights, row) = (
            f64x8::from_slice(simd, weights),
            f64x8::from_slice(simd, row),
        );
        sums = weights.mul_add_precise(row, sums);
    }
    sums
}

/// weights += c·row over slices of whole eights.
#[inline(always)]
fn add_scaled<S: Simd>(simd: S, c: f64, weights: &mut [f64], row: &[f64]) {
    let c = f64x8::splat(simd, c);
    for (weights, row) in weights.chunks_exact_mut(LANES).zip(row.chunks_exact(LANES)) {
        let old = f64x8::from_slice(simd, weights);
        c.mul_add_precise(f64x8::from_slice(simd, row), old)
            .store_slice(weights);
    }
}
