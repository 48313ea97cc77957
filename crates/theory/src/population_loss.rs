//! Population loss over time.

use crate::Prediction;
use crate::times::rising_to;

/// Points of an integral over a standard normal, from −9 to 9.
const POINTS: usize = 600;

impl Prediction {
    /// Mean loss of a new row with its teacher's label, at training time T after rows were memorized.
    ///
    /// # Formula
    /// What the rows' own weights give way by shrinks both parts of the signal weights alike: a new row's margin is
    /// A|g| + Ng′ with normal g and g′, A = κc′L/(1 + κa), N² = (Λe^−nηλT/(1 + κa))² + f²A², so that in units of
    /// S = √(A² + N²) it is skew-normal (Azzalini, 1985): the mean of ℓ(St) under the density 2φ(t)Φ(tA/N), by the
    /// midpoint rule.
    fn loss_of(&self, hidden: f64, taught: f64) -> f64 {
        let across = (hidden * hidden + self.scales.noise * taught * taught).sqrt();
        let (size, skew) = (libm::hypot(taught, across), taught / across);
        let step = 18.0 / POINTS as f64;
        let points = (0..POINTS).map(|i| {
            let t = step * (i as f64 + 0.5) - 9.0;
            let density =
                libm::exp(-0.5 * t * t) * libm::erfc(-t * skew * std::f64::consts::FRAC_1_SQRT_2);
            density * self.setting.loss.at(size * t)
        });
        points.sum::<f64>() * step / (2.0 * std::f64::consts::PI).sqrt()
    }

    /// Epoch at which `share` of the fall of population loss is over, from that of the initial weights to that in the
    /// end, 0 < share < 1; `None` without decay, from zero signal weights, where the loss does not fall, and where the
    /// [course](crate::Course) of the learning rate ends before.
    ///
    /// Loss falls with what is left of v₀, of any size, and accuracy rises only where what is left is no longer than
    /// what was taught: that much later. The sharp rise is one of accuracy alone (Levi, Beck and Bar-Sinai, 2023, arXiv
    /// 2310.16441).
    ///
    /// # Formula
    /// With ℓ(A, N) of a margin A|g| + Ng′ as a function of what is left of v₀, T is where ℓ(A, N) = ℓ(A, fA) +
    /// (1 − share)·(ℓ(0, Λ) − ℓ(A, fA)), A = κc′L/(1 + κa).
    ///
    /// # Range
    /// As [`Prediction::ratio`]; for Gaussian v₀, of a seed whose v₀ happens to be orthogonal.
    pub fn t_loss(&self, share: f64) -> Option<f64> {
        let scales = &self.scales;
        let margin = scales.margin?;
        let (decay, lambda) = (scales.decay_per_epoch, scales.lambda);
        if decay == 0.0 || lambda == 0.0 || !(share > 0.0 && share < 1.0) {
            return None;
        }
        let given_way = 1.0 + scales.kappa * scales.giving_way;
        let taught = scales.kappa * scales.teaching * margin / given_way;
        let (start, end) = (self.loss_of(lambda, 0.0), self.loss_of(0.0, taught));
        if start <= end {
            return None;
        }
        let level = end + (1.0 - share) * (start - end);
        let hidden = rising_to(level, |hidden| self.loss_of(hidden, taught));
        let time = libm::log(lambda / given_way / hidden) / decay;
        self.setting.course.epoch_at(time.max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Loss, Prediction, Setting, assert_close, groks};

    fn of(loss: Loss) -> Prediction {
        Prediction::of(&Setting { loss, ..groks() })
    }

    /// Squared loss has the mean ½(A² + N² − 2cA + 1), and hinge loss at A = 0 is that of N(0, N²).
    #[test]
    fn losses_are_those_of_closed_forms() {
        let squared = of(Loss::Squared);
        for (hidden, taught) in [(3.0_f64, 0.0_f64), (0.5, 0.7), (0.0, 1.3)] {
            let c = (2.0 / std::f64::consts::PI).sqrt();
            let noise = squared.scales().noise;
            let across = hidden * hidden + noise * taught * taught;
            let expected = 0.5 * (taught * taught + across - 2.0 * c * taught + 1.0);
            assert_close(squared.loss_of(hidden, taught), expected, 1e-6);
        }
        // 1·Φ(1/N) + N·φ(1/N) at N = 2.
        assert_close(
            of(Loss::Hinge).loss_of(2.0, 0.0),
            1.395_593_114_802_612_6,
            1e-4,
        );
    }

    /// `from scipy.integrate import dblquad` of φ(g)φ(g′)ln(1 + e^−(A|g| + Ng′)) at A = 0.65, N² = 1.2² + f²A².
    #[test]
    fn logistic_loss_agrees_with_scipy() {
        assert_close(
            of(Loss::Logistic).loss_of(1.2, 0.65),
            0.631_246_211_570_650_1,
            1e-9,
        );
    }

    #[test]
    fn most_of_the_fall_is_over_before_accuracy_rises() {
        let prediction = of(Loss::Logistic);
        let t_loss = prediction.t_loss(0.95).unwrap();
        let ratio = t_loss / prediction.t_gen(0.9).unwrap();
        assert!((0.45..0.6).contains(&ratio), "{ratio}");
        assert!(prediction.t_loss(0.5).unwrap() < t_loss);
        let without = |setting: Setting| Prediction::of(&setting).t_loss(0.95);
        assert_eq!(
            without(Setting {
                weight_decay: 0.0,
                ..groks()
            }),
            None
        );
        assert_eq!(
            without(Setting {
                init_norm: 0.0,
                ..groks()
            }),
            None
        );
    }
}
