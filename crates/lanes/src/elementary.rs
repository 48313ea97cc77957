//! exp, sigmoid and softplus: a fixed sequence of correctly rounded operations each, so that
//! every platform, level and lane returns the same bits.
//!
//! All three rest on 2ˣ = 2ᵏ·2ʳ with k the nearest integer and |r| ≤ ½. 2ʳ − 1 is a minimax
//! polynomial of degree 11 (Remez, relative error 4.3e-17 after rounding its coefficients),
//! evaluated by Estrin's scheme: Horner's eleven dependent steps would be the longest part of a
//! training step's critical path.

use crate::arithmetic::{Arithmetic, Scalar};

/// log₂ e, rounded to nearest.
pub const LOG2_E: f64 = std::f64::consts::LOG2_E;

/// log₂ e − [`LOG2_E`].
const LOG2_E_LOW: f64 = 2.035_527_374_093_103_3e-17;

/// Coefficients of r, r², …, r¹¹ in 2ʳ − 1 for |r| ≤ ½.
const EXP2_M1: [f64; 11] = [
    0.693_147_180_559_945_7,
    0.240_226_506_959_100_97,
    0.055_504_108_664_790_39,
    0.009_618_129_107_607_003,
    0.001_333_355_815_343_967_7,
    0.000_154_035_304_415_713_79,
    1.525_272_738_542_763_4e-5,
    1.321_544_267_579_723_9e-6,
    1.018_064_757_659_644_5e-7,
    7.072_570_320_758_415e-9,
    4.078_082_536_086_186e-10,
];

/// Coefficients of s², s⁴, …, s²² in atanh(s)/s − 1 for |s| ≤ ⅓ (Chebyshev, error 2.2e-18).
const ATANH: [f64; 11] = [
    0.333_333_333_333_333_3,
    0.199_999_999_999_997_62,
    0.142_857_142_858_000_5,
    0.111_111_110_991_183_86,
    0.090_909_099_489_813_57,
    0.076_922_719_824_302_75,
    0.066_675_893_157_246_29,
    0.058_671_395_306_515_99,
    0.054_225_891_974_400_07,
    0.037_460_718_977_753_83,
    0.078_152_889_004_614_26,
];

/// Largest |x| whose exponential is computed; beyond, x is taken as ±708.
const EXP_MAX: f64 = 708.0;

/// Largest |t| that [`weighted_sigmoid`] takes: 2ᵗ is a normal number.
pub const SIGMOID_MAX: f64 = 1022.0;

/// eˣ of one number; see [`exp_in`].
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    exp_in(Scalar(()), x)
}

/// eˣ, at most 1 ulp off the true value for |x| ≤ 708; beyond, the value at ±708.
///
/// # Formula
/// x·log₂e = k + r in two-word arithmetic, eˣ = 2ᵏ + 2ᵏ(2ʳ − 1).
#[inline(always)]
pub fn exp_in<A: Arithmetic>(a: A, x: A::Real) -> A::Real {
    // Clamped rather than tested: overflow and underflow then need no branch.
    let x = a.clamp(x, EXP_MAX);
    let log2_e = a.splat(LOG2_E);
    let t = a.mul(x, log2_e);
    // The product's rounding error, and the part of log₂ e that its constant lacks. Without them the
    // error of t would grow with x, to hundreds of ulp of the result at the ends of the range.
    let t_low = a.mul_add(
        x,
        a.splat(LOG2_E_LOW),
        a.mul_add(x, log2_e, a.sub(a.splat(0.0), t)),
    );
    let (k, power) = a.round_and_pow2(t);
    let r = a.add(a.sub(t, k), t_low);
    a.mul_add(power, exp2_m1(a, r), power)
}

/// weight / (1 + 2ᵗ) for |t| ≤ [`SIGMOID_MAX`]: the weighted slope of the logistic loss at margin
/// t·ln 2. Beyond that range the result is meaningless: clamp t first.
///
/// Taking the margin in units of ln 2 lets the caller fold log₂e into a factor it applies
/// anyway, and makes the reduction t − k exact. The result is within a few ulp of its true
/// value *at the rounded t*.
///
/// # Formula
/// With t = k + r: 1 + 2ᵗ = (1 + 2ᵏ) + 2ᵏ(2ʳ − 1). The last sum is one fma, and 1 + 2ᵏ is
/// ready before the polynomial is.
#[inline(always)]
pub fn weighted_sigmoid<A: Arithmetic>(a: A, weight: A::Real, t: A::Real) -> A::Real {
    let (k, power) = a.round_and_pow2(t);
    let r = a.sub(t, k);
    let one_plus_power = a.add(power, a.splat(1.0));
    a.div(weight, a.mul_add(power, exp2_m1(a, r), one_plus_power))
}

/// log(1 + e^(−x)) of one number; see [`softplus_in`].
#[inline(always)]
pub fn softplus(x: f64) -> f64 {
    softplus_in(Scalar(()), x)
}

/// log(1 + e^(−x)), the logistic loss at margin x, at most 4 ulp off.
///
/// For x > 708 it returns its value at 708 (3e-308).
///
/// # Formula
/// max(−x, 0) + log1p(u), u = e^(−|x|), and log1p(u) = 2 atanh(s), s = u/(2 + u) ≤ ⅓.
#[inline(always)]
pub fn softplus_in<A: Arithmetic>(a: A, x: A::Real) -> A::Real {
    let zero = a.splat(0.0);
    let minus_x = a.sub(zero, x);
    // e^(−|x|) is at most 1: neither large nor small x loses anything to it.
    let u = exp_in(a, a.min(x, minus_x));
    let s = a.div(u, a.add(u, a.splat(2.0)));
    let s2 = a.mul(s, s);
    let q = estrin_11(a, s2, &ATANH);
    let twice_s = a.add(s, s);
    let log1p = a.mul_add(a.mul(twice_s, s2), q, twice_s);
    a.add(a.max(minus_x, zero), log1p)
}

/// 2ʳ − 1 for |r| ≤ ½.
#[inline(always)]
fn exp2_m1<A: Arithmetic>(a: A, r: A::Real) -> A::Real {
    // Powers of r and pairs of coefficients are ready side by side: four fma deep instead of eleven.
    let c = |i: usize| a.splat(EXP2_M1[i - 1]);
    let r2 = a.mul(r, r);
    let r4 = a.mul(r2, r2);
    let r6 = a.mul(r4, r2);
    let low = a.mul_add(
        r2,
        a.mul_add(r2, a.mul_add(c(5), r, c(4)), a.mul_add(c(3), r, c(2))),
        a.mul(c(1), r),
    );
    let high = a.mul_add(
        r4,
        a.mul_add(c(11), r, c(10)),
        a.mul_add(r2, a.mul_add(c(9), r, c(8)), a.mul_add(c(7), r, c(6))),
    );
    a.mul_add(r6, high, low)
}

/// c₀ + c₁x + … + c₁₀x¹⁰ by Estrin's scheme.
#[inline(always)]
fn estrin_11<A: Arithmetic>(a: A, x: A::Real, coefficients: &[f64; 11]) -> A::Real {
    let c = |i: usize| a.splat(coefficients[i]);
    let pair = |i: usize| a.mul_add(c(i + 1), x, c(i));
    let x2 = a.mul(x, x);
    let x4 = a.mul(x2, x2);
    let low = a.mul_add(
        x4,
        a.mul_add(x2, pair(6), pair(4)),
        a.mul_add(x2, pair(2), pair(0)),
    );
    let high = a.mul_add(x2, c(10), pair(8));
    a.mul_add(a.mul(x4, x4), high, low)
}
