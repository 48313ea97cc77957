//! The operations a formula may use, over one `f64` or over eight.

use fearless_simd::{
    Bytes as _, Select as _, SimdBase as _, SimdFloat as _, SimdMask as _, f64x8, u64x8,
};

use crate::level::Simd;

/// Numbers in a [`Lanes`] group.
pub const LANES: usize = 8;

/// Numbers in a [`WideLanes`] group.
pub const WIDE: usize = 2 * LANES;

/// 1.5·2⁵²: adding it to x, |x| < 2⁵¹, leaves the nearest integer in the low mantissa bits.
const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// Exponent bias of `f64`, in place.
const EXPONENT_ONE: u64 = 1023 << 52;

/// IEEE-754 double arithmetic on a [`Real`](Arithmetic::Real): one number or eight.
///
/// Every operation rounds each element once, to nearest even, so two implementors given equal
/// elements return equal bits. `min` and `max` return their second operand where either is NaN
/// on x86; no result that is kept may depend on it.
pub trait Arithmetic: Copy {
    /// The number type.
    type Real: Copy;
    /// Elements in a [`Real`](Arithmetic::Real).
    const WIDTH: usize;

    /// All elements `value`.
    fn splat(self, value: f64) -> Self::Real;
    /// The first [`WIDTH`](Arithmetic::WIDTH) elements of a slice.
    ///
    /// # Panics
    /// When the slice is shorter.
    fn load(self, from: &[f64]) -> Self::Real;
    /// Writes to the first [`WIDTH`](Arithmetic::WIDTH) elements of a slice.
    ///
    /// # Panics
    /// When the slice is shorter.
    fn store(self, value: Self::Real, to: &mut [f64]);
    /// a + b.
    fn add(self, a: Self::Real, b: Self::Real) -> Self::Real;
    /// a − b.
    fn sub(self, a: Self::Real, b: Self::Real) -> Self::Real;
    /// a · b.
    fn mul(self, a: Self::Real, b: Self::Real) -> Self::Real;
    /// a / b.
    fn div(self, a: Self::Real, b: Self::Real) -> Self::Real;
    /// a · b + c, rounded once.
    fn mul_add(self, a: Self::Real, b: Self::Real, c: Self::Real) -> Self::Real;
    /// The smaller of two.
    fn min(self, a: Self::Real, b: Self::Real) -> Self::Real;
    /// The larger of two.
    fn max(self, a: Self::Real, b: Self::Real) -> Self::Real;
    /// `yes` where a < b, else `no`.
    fn select_less(
        self,
        a: Self::Real,
        b: Self::Real,
        yes: Self::Real,
        no: Self::Real,
    ) -> Self::Real;
    /// The nearest integer k to x (ties to even) and 2ᵏ, for −1022 ≤ x ≤ 1023.
    fn round_and_pow2(self, x: Self::Real) -> (Self::Real, Self::Real);
    /// True when every element's magnitude is at most `limit`; false for NaN.
    fn all_within(self, x: Self::Real, limit: f64) -> bool;
    /// True when an element is below `limit`.
    fn any_below(self, x: Self::Real, limit: f64) -> bool;
    /// Each element, or ±`limit` where its magnitude is larger.
    #[inline(always)]
    fn clamp(self, x: Self::Real, limit: f64) -> Self::Real {
        self.max(self.min(x, self.splat(limit)), self.splat(-limit))
    }
}

/// Arithmetic on one `f64`.
///
/// `mul_add` is one instruction only where the surrounding code is compiled for a CPU with FMA:
/// run it inside [`Level::run`](crate::Level::run). `S` is what reads rows, where rows are read.
#[derive(Clone, Copy, Debug)]
pub struct Scalar<S = ()>(pub S);

impl<S: Copy> Arithmetic for Scalar<S> {
    type Real = f64;
    const WIDTH: usize = 1;

    #[inline(always)]
    fn splat(self, value: f64) -> f64 {
        value
    }
    #[inline(always)]
    fn load(self, from: &[f64]) -> f64 {
        from[0]
    }
    #[inline(always)]
    fn store(self, value: f64, to: &mut [f64]) {
        to[0] = value;
    }
    #[inline(always)]
    fn add(self, a: f64, b: f64) -> f64 {
        a + b
    }
    #[inline(always)]
    fn sub(self, a: f64, b: f64) -> f64 {
        a - b
    }
    #[inline(always)]
    fn mul(self, a: f64, b: f64) -> f64 {
        a * b
    }
    #[inline(always)]
    fn div(self, a: f64, b: f64) -> f64 {
        a / b
    }
    #[inline(always)]
    fn mul_add(self, a: f64, b: f64, c: f64) -> f64 {
        a.mul_add(b, c)
    }
    // Written as comparisons, these are one instruction; `f64::min` must also order NaN.
    #[inline(always)]
    fn min(self, a: f64, b: f64) -> f64 {
        if a < b { a } else { b }
    }
    #[inline(always)]
    fn max(self, a: f64, b: f64) -> f64 {
        if a > b { a } else { b }
    }
    #[inline(always)]
    fn select_less(self, a: f64, b: f64, yes: f64, no: f64) -> f64 {
        if a < b { yes } else { no }
    }
    #[inline(always)]
    fn round_and_pow2(self, x: f64) -> (f64, f64) {
        // The sum has k in its low bits; shifted up into the exponent's place they are 2ᵏ. k itself
        // comes from the rounding instruction: subtracting `ROUNDER` again would be a second addition
        // in the chain of dependent operations, where the instruction is one.
        let shifted = x + ROUNDER;
        let power = f64::from_bits((shifted.to_bits() << 52).wrapping_add(EXPONENT_ONE));
        (x.round_ties_even(), power)
    }
    #[inline(always)]
    fn all_within(self, x: f64, limit: f64) -> bool {
        x.abs() <= limit
    }
    #[inline(always)]
    fn any_below(self, x: f64, limit: f64) -> bool {
        x < limit
    }
}

/// Arithmetic on eight `f64` with the instructions of `S`.
#[derive(Clone, Copy, Debug)]
pub struct Lanes<S: Simd>(pub S);

impl<S: Simd> Arithmetic for Lanes<S> {
    type Real = f64x8<S>;
    const WIDTH: usize = LANES;

    #[inline(always)]
    fn splat(self, value: f64) -> f64x8<S> {
        f64x8::splat(self.0, value)
    }
    #[inline(always)]
    fn load(self, from: &[f64]) -> f64x8<S> {
        f64x8::from_slice(self.0, &from[..LANES])
    }
    #[inline(always)]
    fn store(self, value: f64x8<S>, to: &mut [f64]) {
        value.store_slice(&mut to[..LANES]);
    }
    #[inline(always)]
    fn add(self, a: f64x8<S>, b: f64x8<S>) -> f64x8<S> {
        a + b
    }
    #[inline(always)]
    fn sub(self, a: f64x8<S>, b: f64x8<S>) -> f64x8<S> {
        a - b
    }
    #[inline(always)]
    fn mul(self, a: f64x8<S>, b: f64x8<S>) -> f64x8<S> {
        a * b
    }
    #[inline(always)]
    fn div(self, a: f64x8<S>, b: f64x8<S>) -> f64x8<S> {
        a / b
    }
    #[inline(always)]
    fn mul_add(self, a: f64x8<S>, b: f64x8<S>, c: f64x8<S>) -> f64x8<S> {
        a.mul_add_precise(b, c)
    }
    #[inline(always)]
    fn min(self, a: f64x8<S>, b: f64x8<S>) -> f64x8<S> {
        a.min(b)
    }
    #[inline(always)]
    fn max(self, a: f64x8<S>, b: f64x8<S>) -> f64x8<S> {
        a.max(b)
    }
    #[inline(always)]
    fn select_less(self, a: f64x8<S>, b: f64x8<S>, yes: f64x8<S>, no: f64x8<S>) -> f64x8<S> {
        a.simd_lt(b).select(yes, no)
    }
    #[inline(always)]
    fn round_and_pow2(self, x: f64x8<S>) -> (f64x8<S>, f64x8<S>) {
        let shifted = x + ROUNDER;
        let bits: u64x8<S> = shifted.bitcast();
        let power: f64x8<S> = ((bits << 52) + EXPONENT_ONE).bitcast();
        (x.round_ties_even(), power)
    }
    #[inline(always)]
    fn all_within(self, x: f64x8<S>, limit: f64) -> bool {
        x.abs().simd_le(limit).all_true()
    }
    #[inline(always)]
    fn any_below(self, x: f64x8<S>, limit: f64) -> bool {
        x.simd_lt(limit).any_true()
    }
}

/// Arithmetic on sixteen `f64` with the instructions of `S`: two groups of eight, whose operations take turns
/// so that while one waits for a result the other goes on.
#[derive(Clone, Copy, Debug)]
pub struct WideLanes<S: Simd>(pub S);

impl<S: Simd> Arithmetic for WideLanes<S> {
    type Real = [f64x8<S>; 2];
    const WIDTH: usize = WIDE;

    #[inline(always)]
    fn splat(self, value: f64) -> Self::Real {
        [Lanes(self.0).splat(value); 2]
    }
    #[inline(always)]
    fn load(self, from: &[f64]) -> Self::Real {
        let (half, from) = (Lanes(self.0), &from[..WIDE]);
        [half.load(from), half.load(&from[LANES..])]
    }
    #[inline(always)]
    fn store(self, value: Self::Real, to: &mut [f64]) {
        let (half, to) = (Lanes(self.0), &mut to[..WIDE]);
        half.store(value[0], to);
        half.store(value[1], &mut to[LANES..]);
    }
    #[inline(always)]
    fn add(self, a: Self::Real, b: Self::Real) -> Self::Real {
        let half = Lanes(self.0);
        [half.add(a[0], b[0]), half.add(a[1], b[1])]
    }
    #[inline(always)]
    fn sub(self, a: Self::Real, b: Self::Real) -> Self::Real {
        let half = Lanes(self.0);
        [half.sub(a[0], b[0]), half.sub(a[1], b[1])]
    }
    #[inline(always)]
    fn mul(self, a: Self::Real, b: Self::Real) -> Self::Real {
        let half = Lanes(self.0);
        [half.mul(a[0], b[0]), half.mul(a[1], b[1])]
    }
    #[inline(always)]
    fn div(self, a: Self::Real, b: Self::Real) -> Self::Real {
        let half = Lanes(self.0);
        [half.div(a[0], b[0]), half.div(a[1], b[1])]
    }
    #[inline(always)]
    fn mul_add(self, a: Self::Real, b: Self::Real, c: Self::Real) -> Self::Real {
        let half = Lanes(self.0);
        [
            half.mul_add(a[0], b[0], c[0]),
            half.mul_add(a[1], b[1], c[1]),
        ]
    }
    #[inline(always)]
    fn min(self, a: Self::Real, b: Self::Real) -> Self::Real {
        let half = Lanes(self.0);
        [half.min(a[0], b[0]), half.min(a[1], b[1])]
    }
    #[inline(always)]
    fn max(self, a: Self::Real, b: Self::Real) -> Self::Real {
        let half = Lanes(self.0);
        [half.max(a[0], b[0]), half.max(a[1], b[1])]
    }
    #[inline(always)]
    fn select_less(
        self,
        a: Self::Real,
        b: Self::Real,
        yes: Self::Real,
        no: Self::Real,
    ) -> Self::Real {
        let half = Lanes(self.0);
        [
            half.select_less(a[0], b[0], yes[0], no[0]),
            half.select_less(a[1], b[1], yes[1], no[1]),
        ]
    }
    #[inline(always)]
    fn round_and_pow2(self, x: Self::Real) -> (Self::Real, Self::Real) {
        let half = Lanes(self.0);
        let (low, high) = (half.round_and_pow2(x[0]), half.round_and_pow2(x[1]));
        ([low.0, high.0], [low.1, high.1])
    }
    #[inline(always)]
    fn all_within(self, x: Self::Real, limit: f64) -> bool {
        let half = Lanes(self.0);
        half.all_within(x[0], limit) & half.all_within(x[1], limit)
    }
    #[inline(always)]
    fn any_below(self, x: Self::Real, limit: f64) -> bool {
        let half = Lanes(self.0);
        half.any_below(x[0], limit) | half.any_below(x[1], limit)
    }
}
