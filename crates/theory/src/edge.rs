//! Rows of equal labels at the edge of separability: grokking without weight decay and without initial weights.

use crate::frozen::{Settled, time_to};
use crate::normal;
use crate::root::root;

/// Rows N(0, ε²I) whose labels are all +1, learnt with an intercept b by gradient descent on logistic loss, full batch,
/// without decay, from zero weights (Beck, Levi and Bar-Sinai, "Grokking at the edge of linear separability", 2025,
/// arXiv 2410.04489).
///
/// The right answer is b > 0 and no signal weights. What gradient descent does depends on whether some direction v has
/// v·x_i > 0 for all rows. If none has, signal weights come to rest, b grows as ln T, and population accuracy
/// Φ(b/(ε‖v‖)) goes to 1; the nearer the rows are to being separable, the larger are the weights at rest, and the later
/// that is. If one has, both grow for ever, and accuracy stays below 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge {
    /// Training rows N.
    pub n: usize,
    /// Signal columns d.
    pub d: usize,
    /// Standard deviation σ of a signal column, the signal scale ε.
    pub signal_scale: f64,
    /// Learning rate η.
    pub learning_rate: f64,
}

/// Growth of the weights in the end, for each unit of ln T.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// That of the intercept b.
    pub bias: f64,
    /// That of ‖v‖.
    pub signal: f64,
}

impl Rates {
    /// The rates of rows that a margin M separates from the origin, or that nothing does.
    ///
    /// # Formula
    /// Descent on separable data grows as ln T along the shortest weights (v, b) that give every row a score of 1 (Soudry et
    /// al., 2018). Here that is the direction of the largest margin M, of length s, with sM + b = 1 and s² + b² least:
    /// s = M/(1 + M²), b = 1/(1 + M²). Without a margin it is b = 1, v = 0.
    pub fn at(margin: Option<f64>) -> Self {
        let margin = margin.unwrap_or(0.0);
        let bias = 1.0 / (1.0 + margin * margin);
        Self {
            bias,
            signal: margin * bias,
        }
    }

    /// Population accuracy in the end on rows N(0, σ²I): Φ(b/(σ‖v‖)), which is ½[1 + erf(1/(σM√2))].
    pub fn final_accuracy(&self, signal_scale: f64) -> f64 {
        match self.signal {
            0.0 => 1.0,
            signal => normal::cdf(self.bias / (signal_scale * signal)),
        }
    }
}

impl Edge {
    /// λ_c: the d/N from which on large sets of rows are separable from the origin.
    pub const CRITICAL: f64 = 0.5;

    /// λ = d/N.
    pub fn ratio(&self) -> f64 {
        self.d as f64 / self.n as f64
    }

    /// Probability that a draw of the rows is separable from the origin.
    ///
    /// # Formula
    /// 2^(1−N)·Σ_{k<d} C(N−1, k), for any law of rows that is symmetric about the origin (Wendel, "A problem in geometric
    /// probability", 1962): the chance of fewer than d heads in N − 1 throws, an incomplete beta function.
    pub fn separable_probability(&self) -> f64 {
        match (self.n, self.d) {
            (n, d) if d >= n => 1.0,
            (_, 0) => 0.0,
            (n, d) => statrs::function::beta::beta_reg((n - d) as f64, d as f64, 0.5),
        }
    }

    /// The margin M of separable rows, max over ‖u‖ = 1 of min u·x_i, as N grows at one d/N; `None` at and below λ_c.
    ///
    /// # Formula
    /// M = σk with (1 + k²)Φ(k) + kφ(k) = λ: a margin k can be had while d exceeds the squared distance of N normal numbers
    /// from the orthant of those above k, N·E[(k − g)²; g < k] (Gordon, 1988; Gardner, 1988). A draw of finitely many
    /// rows has its own, which [`NearestPoint`](crate::NearestPoint) finds.
    pub fn margin(&self) -> Option<f64> {
        let ratio = self.ratio();
        if ratio <= Self::CRITICAL {
            return None;
        }
        let excess = |k: f64| Some((1.0 + k * k) * normal::cdf(k) + k * normal::density(k) - ratio);
        // The left side exceeds (1 + k²)/2.
        let k = root(0.0, (2.0 * ratio).sqrt(), 1e-12, excess)?;
        Some(self.signal_scale * k)
    }

    /// Growth of the weights in the end, of a typical draw as N grows.
    pub fn rates(&self) -> Rates {
        Rates::at(self.margin())
    }

    /// Population accuracy in the end, of a typical draw as N grows: 1 up to λ_c.
    pub fn final_accuracy(&self) -> f64 {
        self.rates().final_accuracy(self.signal_scale)
    }

    /// Length ‖v‖ at which the signal weights come to rest, as N grows; `None` from λ_c on, and where numbers do not reach.
    ///
    /// # Formula
    /// When b is large, e^−b is a common factor of all slopes: v goes to the minimum of Σ e^(−v·x_i). See
    /// [`t_gen`](Self::t_gen), with e^−m for the slope. As λ → ½, σ‖v‖ → √[(ln²2 + π²/8)/(1 − 2λ)].
    pub fn final_norm(&self) -> Option<f64> {
        let settled = Settled::exponential(self.below()?)?;
        Some(settled.spread / self.signal_scale)
    }

    /// Epoch at which population accuracy reaches `accuracy`, ½ < accuracy < 1, of a typical draw as N grows; `None` from λ_c
    /// on, and where numbers do not reach.
    ///
    /// # Formula
    /// Signal weights learn σ² times as fast as b. At any time they have settled where the gradient at that b is zero, and
    /// the scores' part v·x has a spread q = σ‖v‖. With the slope s(m) = 1/(1 + e^m) of a row's margin m, q and γ solve
    /// E[(m − b)·s(m)] = 0 and E[1/(1 + γs(1 − s))] = 1 − λ, where m − γs(m) = b + qg, g ~ N(0, 1), is a row's margin under
    /// weights that have not seen it, moved by what the row itself adds (El Karoui et al., 2013; Sur and Candès, 2019).
    /// Then db/dT = ηE[s(m)], and accuracy Φ(b/q) is there when b = Φ⁻¹(accuracy)·q:
    /// T = ∫ db/(ηE\[s\]) up to that b.
    ///
    /// # Range
    /// (½ − λ)√N ≫ ½: nearer to the edge draws differ, some of them being separable. And σ² ≫ 1.
    /// `Time:` a tenth of a second or a few.
    pub fn t_gen(&self, accuracy: f64) -> Option<f64> {
        let ratio = self.below()?;
        time_to(accuracy, self.learning_rate, |bias| {
            Settled::gaussian(ratio, bias)
        })
    }

    fn below(&self) -> Option<f64> {
        let ratio = self.ratio();
        (ratio < Self::CRITICAL && self.d > 0).then_some(ratio)
    }
}

/// The model of two rows of one column, at σ and −(1 − 2λ)σ, both labelled +1: beyond λ = ½ both are on one side.
///
/// It is solved in full, and shows what more rows do. See [`Edge`], and the article it names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TwoPoints {
    /// λ: below ½ the rows are on two sides of the origin.
    pub ratio: f64,
    /// Scale σ of the rows, and of the population N(0, σ²).
    pub signal_scale: f64,
    /// Learning rate η.
    pub learning_rate: f64,
}

impl TwoPoints {
    /// The margin from the origin: (2λ − 1)σ; `None` up to λ = ½.
    pub fn margin(&self) -> Option<f64> {
        (self.ratio > Edge::CRITICAL).then_some((2.0 * self.ratio - 1.0) * self.signal_scale)
    }

    /// Growth of the weights in the end. At λ = ½ itself |v| grows too, as ln ln T.
    pub fn rates(&self) -> Rates {
        Rates::at(self.margin())
    }

    /// |v| at rest: ln[1/(1 − 2λ)]/(2(1 − λ)σ), where e^(−σv) + e^((1−2λ)σv) is least; `None` from λ = ½ on.
    pub fn final_norm(&self) -> Option<f64> {
        let apart = 1.0 - 2.0 * self.ratio;
        let spread = -libm::log(apart) / (2.0 * (1.0 - self.ratio));
        (apart > 0.0).then_some(spread / self.signal_scale)
    }

    /// Epoch at which accuracy on rows N(0, σ²) reaches `accuracy`, ½ < accuracy < 1; `None` from λ = ½ on.
    ///
    /// # Formula
    /// As [`Edge::t_gen`], with the two rows themselves for the mean over rows: at a bias b, v solves
    /// s(b + σv) = (1 − 2λ)·s(b − (1 − 2λ)σv). As λ → ½, T grows as (1 − 2λ)^−z, z = Φ⁻¹(accuracy).
    ///
    /// # Range
    /// σ²(1 − 2λ)·ln T ≫ 1, for the signal weight to have settled; ησ² < 4 for steps to be stable.
    pub fn t_gen(&self, accuracy: f64) -> Option<f64> {
        let apart = 1.0 - 2.0 * self.ratio;
        if apart <= 0.0 {
            return None;
        }
        time_to(accuracy, self.learning_rate, |bias| {
            Settled::two_points(apart, bias)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assert_close;

    fn edge(n: usize, d: usize) -> Edge {
        Edge {
            n,
            d,
            signal_scale: 5.0,
            learning_rate: 0.05,
        }
    }

    /// Wendel's sum in whole numbers.
    #[test]
    fn small_probabilities_are_exact() {
        for n in 1..=40 {
            let (mut sum, mut choose) = (0_u64, 1_u64);
            for d in 1..=n + 2 {
                if d <= n {
                    sum += choose;
                    choose = choose * (n - d) / d;
                }
                let exact = sum as f64 / (1_u64 << (n - 1)) as f64;
                let found = edge(n as usize, d as usize).separable_probability();
                assert_close(found, exact, 1e-12);
            }
        }
        assert_eq!(edge(3, 0).separable_probability(), 0.0);
    }

    /// `python -c "from fractions import Fraction as F; from math import comb; print(float(F(sum(comb(3999, k) for k in
    /// range(1960)), 2**3999)))"`
    #[test]
    fn probabilities_of_thousands_of_rows_are_too() {
        for (n, d, exact) in [
            (400, 184, 0.054_519_434_942_075_24),
            (400, 200, 0.5),
            (4000, 1960, 0.102_920_424_364_409_78),
            (4000, 2100, 0.999_219_953_744_167_7),
            (20_000, 9_000, 8.789_020_844_556_037e-46),
        ] {
            assert_close(edge(n, d).separable_probability(), exact, 1e-9);
        }
    }

    #[test]
    fn margins_solve_their_equation() {
        assert_eq!(edge(400, 200).margin(), None);
        // mpmath: findroot(lambda k: (1 + k*k)*ncdf(k) + k*npdf(k) - .6, .1), and of .7.
        assert_close(edge(400, 240).margin().unwrap() / 5.0, MARGINS[0], 1e-11);
        assert_close(edge(400, 280).margin().unwrap() / 5.0, MARGINS[1], 1e-11);
        assert_close(edge(400, 240).final_accuracy(), 0.634, 1e-3);
        assert_close(edge(400, 280).final_accuracy(), 0.5726, 1e-3);
        assert_eq!(edge(400, 184).final_accuracy(), 1.0);
    }

    const MARGINS: [f64; 2] = [0.116_554_577_261_947_06, 0.218_893_193_443_305_58];

    /// The two ways to write the accuracy.
    #[test]
    fn final_accuracy_is_the_published_function_of_the_margin() {
        for margin in [0.1, 0.58, 3.0] {
            let published = 0.5 * (1.0 + libm::erf(1.0 / (5.0 * margin * 2_f64.sqrt())));
            assert_close(
                Rates::at(Some(margin)).final_accuracy(5.0),
                published,
                1e-14,
            );
        }
    }

    /// scipy: a quadrature over g of W(γe^−qg), W Lambert's, and fsolve.
    #[test]
    fn lengths_at_rest_agree_with_another_quadrature() {
        for (d, spread) in [
            (40, 0.375_612_200),
            (160, 2.069_634_261),
            (192, 5.882_510_38),
        ] {
            let norm = edge(400, d).final_norm().unwrap();
            assert_close(5.0 * norm, spread, 1e-6);
        }
        assert_eq!(edge(400, 200).final_norm(), None);
        // The limit at the edge, within the next order, about √(1 − 2λ).
        let near = edge(200_000, 99_600);
        let log = std::f64::consts::LN_2;
        let limit = ((log * log + std::f64::consts::PI.powi(2) / 8.0) / 4e-3).sqrt();
        assert_close(5.0 * near.final_norm().unwrap(), limit, 0.04);
    }

    /// scipy: bisection for each row's margin, fsolve, and the trapezoid rule in b.
    #[test]
    fn times_agree_with_another_quadrature() {
        for (d, accuracy, epoch) in [
            (80, 0.75, 39.8),
            (80, 0.9, 77.4),
            (120, 0.9, 160.0),
            (140, 0.9, 262.1),
        ] {
            assert_close(edge(400, d).t_gen(accuracy).unwrap(), epoch, 5e-3);
        }
        assert_eq!(edge(400, 200).t_gen(0.9), None);
        assert_eq!(edge(400, 80).t_gen(0.5), None);
    }

    /// Gradient descent itself on the two rows.
    #[test]
    fn two_points_do_what_is_said_of_them() {
        let train = |model: &TwoPoints, [mut v, mut b]: [f64; 2], epochs: u32| {
            let rows = [1.0, 2.0 * model.ratio - 1.0].map(|x| x * model.signal_scale);
            let mut reached = None;
            for epoch in 1..=epochs {
                let slopes = rows.map(|x| 0.5 / (1.0 + libm::exp(v * x + b)));
                v += model.learning_rate * (slopes[0] * rows[0] + slopes[1] * rows[1]);
                b += model.learning_rate * (slopes[0] + slopes[1]);
                if reached.is_none() && b >= normal::quantile(0.9) * model.signal_scale * v {
                    reached = Some(f64::from(epoch));
                }
            }
            (v, b, reached)
        };
        let below = TwoPoints {
            ratio: 0.45,
            signal_scale: 30.0,
            learning_rate: 0.003,
        };
        let (v, _, reached) = train(&below, [0.0; 2], 200_000);
        assert_close(v, below.final_norm().unwrap(), 2e-2);
        assert_close(reached.unwrap(), below.t_gen(0.9).unwrap(), 2e-2);
        assert_eq!(below.margin(), None);
        let beyond = TwoPoints {
            ratio: 0.8,
            signal_scale: 1.0,
            learning_rate: 1.0,
        };
        // From zero the farther row would be heard for very long: its slope falls as the other's to the power of 1.18.
        let [(v, b, _), (later_v, later_b, _)] =
            [30_000, 300_000].map(|epochs| train(&beyond, [50.0, -30.0], epochs));
        let Rates { bias, signal } = beyond.rates();
        let log = std::f64::consts::LN_10;
        assert_close((later_b - b) / log, bias, 1e-2);
        assert_close((later_v - v) / log, signal, 1e-2);
        assert_eq!(beyond.t_gen(0.9), None);
    }
}
