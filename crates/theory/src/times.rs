//! The times at which training rows are memorized and the model generalizes.

use std::f64::consts::{FRAC_1_PI, PI};

use crate::normal;
use crate::scales::MEAN_ABSOLUTE_NORMAL;
use crate::setting::Direction;
use crate::{Prediction, Scales};

impl Prediction {
    /// Epoch at which train accuracy reaches `accuracy`, ½ < accuracy < 1; `None` outside.
    ///
    /// # Formula
    /// With z = Φ⁻¹(accuracy), p = accuracy − ½, q = (1 − e^−z²)/4π, ln ℓ = −κp²/(p + κq) and
    /// h = zΛℓ/ηα², T = ln(1 + nηλh)/nηλ, or h without decay.
    ///
    /// At the start a row's margin is Λg, g ~ N(0, 1), wrong for half the rows. A wrong row's own
    /// weight adds ηα² an epoch, so rows of −g < τ are right when what was added is τΛ. The rows
    /// still wrong push the signal weights back: Λ shrinks by κφ(τ) for each unit added, φ the
    /// normal density; ln ℓ is the integral of that, −κp + κ²q − …, as a Padé fraction. Decay shrinks the margins to be
    /// made up for as it shrinks what was added, which leaves the logarithm. From Gaussian v₀, h is
    /// less by the factor 1 − (¼ + 1/π)/d: E‖v₀‖ by 1/4d, and z by the component u along the teacher,
    /// which moves it by −cu − ½zc²u² to second order, E u² = 1/d.
    ///
    /// # Range
    /// Λ ≫ 1, κ ≤ 0.3: within 2 % of the presets' measured times.
    /// To lowest order it is zΛ/(ηα²(1 + κ/2)).
    pub fn t_mem(&self, accuracy: f64) -> Option<f64> {
        if !(accuracy > 0.5 && accuracy < 1.0) {
            return None;
        }
        let Scales {
            kappa,
            lambda,
            decay_per_epoch: decay,
            ..
        } = self.scales;
        let z = normal::quantile(accuracy);
        let (p, q) = (accuracy - 0.5, -libm::expm1(-z * z) / (4.0 * PI));
        let shrinking = -kappa * p * p / (p + kappa * q);
        let luck = match self.setting.init_direction {
            Direction::Orthogonal => 0.0,
            Direction::Gaussian => (0.25 + FRAC_1_PI) / self.setting.d as f64,
        };
        let undecayed =
            z * lambda * libm::exp(shrinking) * (1.0 - luck) / self.scales.gain_per_epoch;
        Some(if decay == 0.0 {
            undecayed
        } else {
            libm::log1p(decay * undecayed) / decay
        })
    }

    /// Mean over seeds of the epoch at which population accuracy reaches `accuracy`, ½ < accuracy;
    /// `None` where it never does, or later than numbers go, and where the signal weights begin at
    /// zero.
    ///
    /// # Formula
    /// With ρ = tan π(1 − accuracy) and r = 1/√(ρ² − f²) the [ratio](Prediction::ratio) to reach,
    /// - with decay, T = ln[rΛ/κcL]/nηλ;
    /// - without, T = (e^(rΛ/κc) − 1)/ηα²;
    /// - from Gaussian v₀ with decay, less (1 + ρ²/2)/(d·nηλ): v₀ then has a component u along the
    ///   teacher, E u² = 1/d, and to second order E ln r falls by (1 + ρ²)/2d, E ln‖v₀‖ by 1/2d.
    ///
    /// # Range
    /// After T_mem, under the six [conditions](Prediction::conditions); for Gaussian v₀, ρ² ≪ d.
    /// Without decay, until e^L ≫ L. Never: ρ ≤ f, n rows do not determine the teacher as well.
    pub fn t_gen(&self, accuracy: f64) -> Option<f64> {
        if !(accuracy > 0.5 && accuracy < 1.0) || self.scales.lambda == 0.0 {
            return None;
        }
        let scales = &self.scales;
        let rho = libm::tan(PI * (1.0 - accuracy));
        let rest = rho * rho - scales.noise;
        if rest <= 0.0 {
            return None;
        }
        let wanted = scales.lambda / (scales.kappa * MEAN_ABSOLUTE_NORMAL * rest.sqrt());
        let Some(margin) = scales.margin else {
            let time = libm::expm1(wanted) / scales.gain_per_epoch;
            return Some(time).filter(|time| time.is_finite());
        };
        let luck = match self.setting.init_direction {
            Direction::Orthogonal => 0.0,
            Direction::Gaussian => (1.0 + 0.5 * rho * rho) / self.setting.d as f64,
        };
        let time = (libm::log(wanted / margin) - luck) / scales.decay_per_epoch;
        // A setting that is past `accuracy` when it has memorized was never slow to reach it.
        Some(time.max(0.0))
    }

    /// Epochs from population accuracy `low` to `high`; `None` where one is never reached.
    ///
    /// From 0.6 to 0.9 it is 2.25/nηλ for n ≫ d, whatever Λ and κ.
    pub fn transition_width(&self, low: f64, high: f64) -> Option<f64> {
        Some(self.t_gen(high)? - self.t_gen(low)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GROKS, Setting, assert_close};

    fn time(setting: Setting, accuracy: f64) -> f64 {
        Prediction::of(&setting).t_gen(accuracy).unwrap()
    }

    /// mpmath, 30 digits; for the first:
    ///
    /// ```text
    /// from mpmath import *
    /// n, d, e, al, eta, lam, R, a = 512, 5, mpf('.1'), 5, mpf('.05'), mpf('1e-4'), 100, mpf('.75')
    /// k, c, rho = n*e**2/al**2, sqrt(2/pi), tan(pi*(1 - a)); r = 1/sqrt(rho**2 - (d - 1)/(c**2*n))
    /// print(log(r*e*R/(k*c*lambertw(al**2/(n*lam)).real))/(n*eta*lam))
    /// z = sqrt(2)*erfinv(mpf('.98'))
    /// h = z*e*R*exp(-quad(lambda t: k*npdf(t)/(1 + k*t*npdf(t)), [0, z]))/(eta*al**2)
    /// print(log(1 + n*eta*lam*h)/(n*eta*lam))
    /// ```
    #[test]
    fn times_agree_with_mpmath() {
        for (accuracy, epoch) in [
            (0.75, 1_008.864_230_240_159),
            (0.9, 1_469.719_129_793_239),
            (0.95, 1_857.474_776_300_942),
        ] {
            assert_close(time(GROKS, accuracy), epoch, 1e-12);
        }
        let gaussian = Setting {
            n: 2048,
            d: 20,
            signal_scale: 0.05,
            weight_decay: 2e-5,
            init_norm: 400.0,
            init_direction: Direction::Gaussian,
            ..GROKS
        };
        assert_close(time(gaussian, 0.75), 1_544.513_425_702_822, 1e-12);
        assert_close(time(gaussian, 0.9), 2_137.027_385_971_941, 1e-12);
        let without_decay = Setting {
            weight_decay: 0.0,
            init_norm: 10.0,
            ..GROKS
        };
        assert_close(time(without_decay, 0.75), 377.033_476_278_100_6, 1e-12);
    }

    /// mpmath's, as above, of the integral itself.
    #[test]
    fn memorization_times_are_those_of_the_integral() {
        let t_mem = |setting: Setting| Prediction::of(&setting).t_mem(0.99).unwrap();
        assert_close(t_mem(GROKS), 16.532_848_17, 3e-5);
        let small = Setting {
            signal_scale: 0.05,
            init_norm: 200.0,
            ..GROKS
        };
        assert_close(t_mem(small), 17.744_226_471_600_07, 1e-5);
    }

    #[test]
    fn what_is_never_reached_has_no_time() {
        let prediction = Prediction::of(&GROKS);
        // atan(f) = 0.1103 rad: 0.965.
        assert!(prediction.t_gen(0.96).is_some());
        assert_eq!(prediction.t_gen(0.97), None);
        assert_eq!(prediction.t_gen(0.5), None);
        assert_eq!(prediction.t_mem(1.0), None);
        let zero = Setting {
            init_norm: 0.0,
            ..GROKS
        };
        assert_eq!(Prediction::of(&zero).t_gen(0.9), None);
        assert_eq!(Prediction::of(&zero).t_mem(0.99), Some(0.0));
    }

    #[test]
    fn decay_fades_into_none() {
        let none = Setting {
            weight_decay: 0.0,
            ..GROKS
        };
        let little = Setting {
            weight_decay: 1e-14,
            ..GROKS
        };
        let t_mem = |setting: Setting| Prediction::of(&setting).t_mem(0.99).unwrap();
        assert_close(t_mem(little), t_mem(none), 1e-8);
    }

    #[test]
    fn scaling_laws() {
        let width = |setting: Setting| Prediction::of(&setting).transition_width(0.6, 0.9);
        let many = Setting {
            n: 512_000_000,
            signal_scale: 1e-4,
            weight_decay: 1e-10,
            init_norm: 1e5,
            ..GROKS
        };
        // ln[tan 0.4π / tan 0.1π].
        let decay = Scales::of(&many).decay_per_epoch;
        assert_close(width(many).unwrap() * decay, 2.248_354, 1e-5);
        // R times e takes one decay time longer.
        let further = Setting {
            init_norm: GROKS.init_norm * std::f64::consts::E,
            ..GROKS
        };
        let decay = Scales::of(&GROKS).decay_per_epoch;
        assert_close(time(further, 0.75) - time(GROKS, 0.75), 1.0 / decay, 1e-12);
    }
}
