//! exp, softplus and the weighted sigmoid against correctly rounded tables, at every level.
//!
//! `exp.txt` and `softplus.txt` hold `x f(x)` as hexadecimal bit patterns, computed by mpmath at
//! 300 and 1300 bits and rounded to nearest even.

use sparsegrok_lanes::{
    Arithmetic, LANES, LOG2_E, Lanes, Level, SIGMOID_MAX, Scalar, Simd, Task, exp, exp_in,
    softplus, softplus_in, weighted_sigmoid,
};

fn table(text: &str) -> Vec<(f64, f64)> {
    let number = |word: &str| f64::from_bits(u64::from_str_radix(word, 16).unwrap());
    text.lines()
        .map(|line| {
            let (x, y) = line.split_once(' ').unwrap();
            (number(x), number(y))
        })
        .collect()
}

fn exp_table() -> Vec<(f64, f64)> {
    table(include_str!("exp.txt"))
}

/// Distance in units in the last place between two numbers of one sign.
fn ulps(a: f64, b: f64) -> u64 {
    a.to_bits().abs_diff(b.to_bits())
}

/// The largest distance of `f` from a table of at least `points` points.
fn worst(f: impl Fn(f64) -> f64, table: &[(f64, f64)], points: usize) -> u64 {
    assert!(table.len() >= points);
    table.iter().map(|&(x, y)| ulps(f(x), y)).max().unwrap()
}

#[test]
fn exp_is_within_one_ulp() {
    assert!(worst(exp, &exp_table(), 2000) <= 1);
}

#[test]
fn exp_saturates() {
    assert_eq!(exp(1e4).to_bits(), exp(708.0).to_bits());
    assert_eq!(exp(f64::NEG_INFINITY).to_bits(), exp(-708.0).to_bits());
}

#[test]
fn softplus_is_within_four_ulp() {
    assert!(worst(softplus, &table(include_str!("softplus.txt")), 1000) <= 4);
}

#[test]
fn weighted_sigmoid_is_accurate_at_its_own_argument() {
    // 1/(1 + 2^t) with 2^t = e^x from the table; t = x·log₂e loses |x|·2⁻⁵³ relative to x.
    for (x, exp_x) in exp_table() {
        let expected = 0.75 / (1.0 + exp_x);
        let found = weighted_sigmoid(Scalar(()), 0.75, x * LOG2_E);
        let tolerance = (4.0 + 2.0 * x.abs()) * f64::EPSILON;
        assert!(
            (found / expected - 1.0).abs() <= tolerance,
            "at {x}: {found:e}, expected {expected:e}"
        );
    }
}

/// Every lane of every formula, on eight arguments at a time.
struct EveryFormula<'a>(&'a [f64]);

impl Task for EveryFormula<'_> {
    type Output = Vec<[f64; 3]>;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> Self::Output {
        let a = Lanes(simd);
        let mut out = Vec::new();
        for chunk in self.0.chunks_exact(LANES) {
            let x = a.load(chunk);
            let mut lanes = [[0.0; LANES]; 3];
            a.store(exp_in(a, x), &mut lanes[0]);
            a.store(softplus_in(a, x), &mut lanes[1]);
            let t = a.clamp(x, SIGMOID_MAX);
            a.store(weighted_sigmoid(a, a.splat(0.3), t), &mut lanes[2]);
            out.extend((0..LANES).map(|lane| lanes.map(|f| f[lane])));
        }
        out
    }
}

#[test]
fn every_lane_at_every_level_has_the_scalar_bits() {
    let mut xs: Vec<f64> = exp_table().into_iter().map(|(x, _)| x).collect();
    xs.extend([1e5, -1e5, 1022.5, -1022.5, f64::MAX, f64::MIN, 0.5, -0.5]);
    assert_eq!(xs.len() % LANES, 0);
    for level in Level::available() {
        for shift in 0..LANES {
            xs.rotate_left(1);
            let lanes = level.run(EveryFormula(&xs));
            for (&x, lane) in xs.iter().zip(lanes) {
                let a = Scalar(());
                let scalar = [
                    exp(x),
                    softplus(x),
                    weighted_sigmoid(a, 0.3, a.clamp(x, SIGMOID_MAX)),
                ];
                assert_eq!(
                    lane.map(f64::to_bits),
                    scalar.map(f64::to_bits),
                    "at {x:e}, level {level}, shift {shift}"
                );
            }
        }
    }
}
