//! Population accuracy over time.

use std::f64::consts::PI;

use crate::Prediction;
use crate::directions::{self, Angle};
use crate::scales::sawtooth;
use crate::setting::Loss;

impl Prediction {
    /// r(T): the part of the signal weights along the teacher that rows taught them, divided by what is left of v₀.
    /// Infinite if v₀ = 0.
    ///
    /// # Formula
    /// r = (κc′L/Λ)·e^(nηλT), or without decay κc′·ln(1 + ηα²T)/Λ, T in training time.
    ///
    /// Every trained row holds the same margin L by its own weight, so that the rows' weights add
    /// up, in the signal columns, to κc′L along the teacher; v₀ fades as e^(−nηλT). What the rows'
    /// signal margins take from L slows both alike and leaves the ratio.
    ///
    /// # Range
    /// Valid from T_mem on; most exact where Λe^(−nηλT) ≲ L, which T₇₅ is well within. Earlier, margins of
    /// rows that v₀ classifies rightly exceed L, and κc′L is up to a third too small, which shows as at most
    /// 0.01 of accuracy.
    pub fn ratio(&self, epoch: f64) -> f64 {
        let scales = &self.scales;
        let time = self.setting.course.time_at(epoch);
        let learned = scales.kappa * scales.teaching * self.margin_at(time);
        learned / scales.lambda * libm::exp(scales.decay_per_epoch * time)
    }

    /// Margin of a trained row at training time T: [`Scales::margin`](crate::Scales), which for hinge loss follows the
    /// learning rate, as h does; or for logistic loss without decay ln(1 + ηα²T), the integral of dμ/dT = ηα²e^−μ from 0.
    pub(crate) fn margin_at(&self, time: f64) -> f64 {
        let (scales, course) = (&self.scales, &self.setting.course);
        match scales.margin {
            None => libm::log1p(scales.gain_per_epoch * time),
            Some(_) if self.setting.loss == Loss::Hinge && !course.is_constant() => {
                sawtooth(scales.gain_per_epoch * course.part_at(time))
            }
            Some(margin) => margin,
        }
    }

    /// Population accuracy at the end of an epoch, its mean over seeds: one minus the angle between v and the teacher,
    /// over π.
    ///
    /// # Formula
    /// In units of the part along the teacher that rows taught, v has the part x = 1/r along v₀, at the angle θ to the
    /// teacher, and the part f in directions that n rows happen to lean to: acc = ½ + arctan[(1 + x cos θ)/√(x²sin²θ +
    /// f²)]/π, which is ½ + arctan[(r⁻² + f²)^−½]/π for orthogonal v₀. From Gaussian v₀ it is the mean over directions,
    /// as in [`t_gen`](Prediction::t_gen).
    ///
    /// # Range
    /// As [`Prediction::ratio`].
    pub fn accuracy(&self, epoch: f64) -> f64 {
        let start = self.starting();
        let norm = libm::exp(directions::mean_log_norm(start, self.setting.d));
        let part = norm / self.ratio(epoch);
        let noise = self.scales.noise;
        directions::mean(start, self.setting.d, |Angle { cos, sin }| {
            let across = part * sin;
            let angle = libm::atan2(1.0 + part * cos, (across * across + noise).sqrt());
            0.5 + angle / PI
        })
    }

    /// Population accuracy in the end, with decay: ½ + arctan(1/f)/π.
    pub fn final_accuracy(&self) -> f64 {
        0.5 + libm::atan(1.0 / self.scales.noise.sqrt()) / PI
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Setting, assert_close, groks};

    #[test]
    fn the_curve_is_the_inverse_of_the_times() {
        for weight_decay in [1e-4, 0.0] {
            let prediction = Prediction::of(&Setting {
                weight_decay,
                init_norm: 60.0,
                ..groks()
            });
            for accuracy in [0.55, 0.75, 0.9, 0.95] {
                let epoch = prediction.t_gen(accuracy).unwrap();
                assert_close(prediction.accuracy(epoch), accuracy, 1e-12);
            }
        }
    }

    #[test]
    fn without_decay_margins_grow_as_the_logarithm() {
        let without = Prediction::of(&Setting {
            weight_decay: 0.0,
            ..groks()
        });
        assert_eq!(without.scales().margin, None);
        assert_close(without.margin_at(20_000.0), 25001_f64.ln(), 1e-14);
    }

    /// mpmath, as in `times.rs`, of ½ + atan((r⁻² + f²)^−½)/π.
    #[test]
    fn curves_agree_with_mpmath() {
        let prediction = Prediction::of(&groks());
        for (epoch, accuracy) in [
            (16.0, 0.525_162_187_412_156_9),
            (500.0, 0.584_937_151_381_731_5),
            (1000.0, 0.746_432_028_830_664_7),
            (3000.0, 0.964_828_992_100_297_7),
        ] {
            assert_close(prediction.accuracy(epoch), accuracy, 1e-13);
        }
        for (init_norm, accuracy) in [
            (10.0, 0.824_633_773_058_837_7),
            (30.0, 0.660_197_268_823_186_8),
            (100.0, 0.552_191_217_256_241_1),
        ] {
            let prediction = Prediction::of(&Setting {
                weight_decay: 0.0,
                init_norm,
                ..groks()
            });
            assert_close(prediction.accuracy(20_000.0), accuracy, 1e-13);
        }
    }

    #[test]
    fn from_zero_weights_only_the_noise_is_left() {
        let prediction = Prediction::of(&Setting {
            init_norm: 0.0,
            ..groks()
        });
        assert_eq!(prediction.accuracy(5.0), prediction.final_accuracy());
        assert_close(prediction.final_accuracy(), 0.964_88, 1e-5);
    }
}
