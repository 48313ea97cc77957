//! The dimensionless numbers that the closed forms depend on.

use crate::setting::Setting;

/// c = E|g| = √(2/π), g ~ N(0, 1): the mean of y·(v*·s), a label times the
/// teacher's score, of which it is the sign.
pub const MEAN_ABSOLUTE_NORMAL: f64 = 0.797_884_560_802_865_4;

/// The dimensionless numbers that the closed forms are written in, and the rate of decay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scales {
    /// κ = nε²/α²: ratio of the margin that n rows gain together through the signal columns to the
    /// margin that each gains through its own column.
    pub kappa: f64,
    /// Λ = εR: spread of the training margins at the start.
    pub lambda: f64,
    /// β = nλ/α²: pull of the decay on a row's own weight, against the most its gradient can push.
    pub beta: f64,
    /// L: margin at which gradient and decay of a memorization weight balance. `None` without
    /// decay: margins then grow for ever, as ln(1 + ηα²T).
    ///
    /// # Formula
    /// Balance is nλL/α² = 1/(1 + e^L) ≈ e^−L, so L = W(1/β) with Lambert's W. Leaving out the 1
    /// overestimates L by less than 1 % for β ≤ 0.008 and by 7 % at β = 0.08.
    pub margin: Option<f64>,
    /// f² = (d − 1)/(c²n): squared tangent of the angle to the teacher that is left in the end,
    /// because n rows determine its direction only so well.
    pub noise: f64,
    /// nηλ: share of every weight that an epoch of decay takes.
    pub decay_per_epoch: f64,
    /// ηα²: the most a row's margin gains in an epoch by its own column.
    pub gain_per_epoch: f64,
}

impl Scales {
    /// The scales of a setting.
    pub fn of(setting: &Setting) -> Self {
        let n = setting.n as f64;
        let epsilon = setting.signal_scale;
        let alpha_squared = setting.memorization_scale * setting.memorization_scale;
        let beta = n * setting.weight_decay / alpha_squared;
        let c_squared = std::f64::consts::FRAC_2_PI;
        Self {
            kappa: n * epsilon * epsilon / alpha_squared,
            lambda: epsilon * setting.init_norm,
            beta,
            margin: (beta > 0.0).then(|| lambert_w::lambert_w0(1.0 / beta)),
            noise: (setting.d as f64 - 1.0) / (c_squared * n),
            decay_per_epoch: n * setting.learning_rate * setting.weight_decay,
            gain_per_epoch: setting.learning_rate * alpha_squared,
        }
    }

    /// Margin of a trained row at the end of epoch T: [`Scales::margin`], or without decay
    /// ln(1 + ηα²T), the integral of dμ/dT = ηα²e^−μ from 0.
    pub fn margin_at(&self, epoch: f64) -> f64 {
        self.margin
            .unwrap_or_else(|| libm::log1p(self.gain_per_epoch * epoch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GROKS, assert_close};

    #[test]
    fn scales_of_the_reference_setting() {
        let scales = Scales::of(&GROKS);
        assert_close(scales.kappa, 0.2048, 1e-14);
        assert_close(scales.lambda, 10.0, 1e-14);
        assert_close(scales.beta, 0.002048, 1e-14);
        assert_close(scales.decay_per_epoch, 0.00256, 1e-14);
        assert_close(scales.gain_per_epoch, 1.25, 1e-14);
        // python -c "from scipy.special import lambertw; print(lambertw(1/.002048).real)"
        assert_close(scales.margin.unwrap(), 4.653_312_286_176_879, 1e-13);
        // 4/(512·2/π).
        assert_close(scales.noise, 0.012_271_846_303_085_13, 1e-14);
        assert_close(
            MEAN_ABSOLUTE_NORMAL.powi(2),
            std::f64::consts::FRAC_2_PI,
            1e-15,
        );
    }

    #[test]
    fn leaving_out_the_one_costs_what_is_said() {
        for (beta, most) in [(0.008, 0.01), (0.08, 0.07)] {
            let setting = Setting {
                weight_decay: beta * 25.0 / 512.0,
                ..GROKS
            };
            let approximate = Scales::of(&setting).margin.unwrap();
            // Bisection of βL(1 + e^L) = 1.
            let (mut low, mut high) = (0.0, approximate);
            for _ in 0..60 {
                let middle: f64 = 0.5 * (low + high);
                if beta * middle * (1.0 + middle.exp()) < 1.0 {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            let excess = approximate / low - 1.0;
            assert!((0.0..most).contains(&excess), "{beta}: {excess}");
        }
    }

    #[test]
    fn without_decay_margins_grow_as_the_logarithm() {
        let scales = Scales::of(&Setting {
            weight_decay: 0.0,
            ..GROKS
        });
        assert_eq!(scales.margin, None);
        assert_close(scales.margin_at(20_000.0), 25001_f64.ln(), 1e-14);
    }
}
