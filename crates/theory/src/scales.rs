//! The dimensionless numbers that the closed forms depend on.

use crate::setting::{Loss, Setting};

/// c = E|g| = √(2/π), g ~ N(0, 1): the mean of y·(v*·s), a label times the
/// teacher's score, of which it is the sign.
pub const MEAN_ABSOLUTE_NORMAL: f64 = 0.797_884_560_802_865_4;

/// The dimensionless numbers that the closed forms are written in, and the rates of decay and learning.
///
/// Where a step averages b rows, each row's gradient counts 1/b and an epoch has 1/b as many steps: η stands for η/b.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scales {
    /// κ = nε²/α²: ratio of the margin that n rows gain together through the signal columns to the
    /// margin that each gains through its own column.
    pub kappa: f64,
    /// Λ = εR: spread of the training margins at the start.
    pub lambda: f64,
    /// β = nλ/α²: pull of the decay on a row's own weight, against the most its gradient can push.
    pub beta: f64,
    /// c′ = c(1 − 2p): mean of y·(v*·s) over training rows, of whose labels the share p is flipped.
    pub teaching: f64,
    /// L: margin that training rows hold on average once they are memorized. `None` for logistic loss without
    /// decay: margins then grow for ever, as ln(1 + ηα²T).
    ///
    /// # Formula
    /// - Logistic: gradient and decay of a memorization weight balance where nλL/α² = 1/(1 + e^L) ≈ e^−L, so
    ///   L = W(1/β) with Lambert's W. Leaving out the 1 overestimates L by less than 1 % for β ≤ 0.008 and by 7 % at
    ///   β = 0.08.
    /// - Squared: they balance where βL = 1 − L, so L = 1/(1 + β).
    /// - Hinge: a visit adds h = ηα² to a margin that has just fallen below 1, and decay takes it back to 1 as e^−nηλT.
    ///   The mean of (1 + h)e^−nηλT over the time ln(1 + h)/nηλ of that is L = h/ln(1 + h). Without decay, margins
    ///   stay where the last visit took them, evenly between 1 and 1 + h: L = 1 + h/2.
    pub margin: Option<f64>,
    /// a = −dμ/du, by which a row's own part μ of its margin gives way to what the signal columns add to the margin, u.
    ///
    /// # Formula
    /// Logistic: βμ = 1/(1 + e^(μ+u)) gives L/(1 + L). Squared: βμ = 1 − μ − u gives 1/(1 + β). Hinge, and logistic
    /// loss without decay: μ + u stays, so 1.
    pub giving_way: f64,
    /// f² = (d − 1)/(c′²n): squared tangent of the angle to the teacher that is left in the end,
    /// because n rows determine its direction only so well.
    pub noise: f64,
    /// nηλ: share of every weight that an epoch of decay takes.
    pub decay_per_epoch: f64,
    /// h = ηα²: the most a row's margin gains in an epoch by its own column, where slopes are at most 1.
    pub gain_per_epoch: f64,
}

impl Scales {
    /// The scales of a setting.
    pub fn of(setting: &Setting) -> Self {
        let n = setting.n as f64;
        let epsilon = setting.signal_scale;
        let alpha_squared = setting.memorization_scale * setting.memorization_scale;
        let rate = setting.learning_rate / setting.rows_per_step;
        let beta = n * setting.weight_decay / alpha_squared;
        let gain = rate * alpha_squared;
        let teaching = MEAN_ABSOLUTE_NORMAL * (1.0 - 2.0 * setting.label_noise);
        let margin = match setting.loss {
            Loss::Logistic => (beta > 0.0).then(|| lambert_w::lambert_w0(1.0 / beta)),
            Loss::Squared => Some(1.0 / (1.0 + beta)),
            Loss::Hinge if beta > 0.0 => Some(sawtooth(gain)),
            Loss::Hinge => Some(1.0 + 0.5 * gain),
        };
        Self {
            kappa: n * epsilon * epsilon / alpha_squared,
            lambda: epsilon * setting.init_norm,
            beta,
            teaching,
            margin,
            giving_way: match (setting.loss, margin) {
                (Loss::Logistic, Some(margin)) => margin / (1.0 + margin),
                (Loss::Squared, _) => 1.0 / (1.0 + beta),
                (Loss::Logistic, None) | (Loss::Hinge, _) => 1.0,
            },
            noise: (setting.d as f64 - 1.0) / (teaching * teaching * n),
            decay_per_epoch: n * rate * setting.weight_decay,
            gain_per_epoch: gain,
        }
    }
}

/// The mean of (1 + h)e^−t over the time ln(1 + h) until it is 1; 1 for h = 0.
pub(crate) fn sawtooth(gain: f64) -> f64 {
    match gain > 0.0 {
        true => gain / libm::log1p(gain),
        false => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{assert_close, groks};

    #[test]
    fn scales_of_the_reference_setting() {
        let scales = Scales::of(&groks());
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
                ..groks()
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

    /// Each balance, put into its equation; and the means of the sawtooth of hinge loss by a sum over it.
    #[test]
    fn margins_of_other_losses_balance() {
        let of = |loss, weight_decay| {
            Scales::of(&Setting {
                loss,
                weight_decay,
                ..groks()
            })
        };
        let squared = of(Loss::Squared, 1e-3);
        let margin = squared.margin.unwrap();
        assert_close(squared.beta * margin, 1.0 - margin, 1e-14);
        let hinge = of(Loss::Hinge, 1e-3);
        let (gain, decay) = (hinge.gain_per_epoch, 1e-5);
        let (mut margin, mut sum, mut times) = (1.0 + gain, 0.0, 0.0);
        while margin > 1.0 {
            (sum, times) = (sum + margin, times + 1.0);
            margin *= 1.0 - decay;
        }
        assert_close(hinge.margin.unwrap(), sum / times, 1e-4);
        assert_eq!(of(Loss::Hinge, 0.0).margin, Some(1.625));
        assert_eq!(of(Loss::Squared, 0.0).margin, Some(1.0));
    }

    #[test]
    fn batches_and_flipped_labels_scale_what_they_should() {
        let alone = Scales::of(&groks());
        let batches = Scales::of(&Setting {
            rows_per_step: 64.0,
            learning_rate: 3.2,
            ..groks()
        });
        assert_eq!(batches, alone);
        let flipped = Scales::of(&Setting {
            label_noise: 0.3,
            ..groks()
        });
        assert_close(flipped.teaching, 0.4 * alone.teaching, 1e-14);
        assert_close(flipped.noise, alone.noise / 0.16, 1e-14);
    }
}
