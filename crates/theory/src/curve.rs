//! Population accuracy over time.

use std::f64::consts::PI;

use crate::Prediction;
use crate::scales::MEAN_ABSOLUTE_NORMAL;

impl Prediction {
    /// r(T): the part of the signal weights along the teacher, divided by what is left of v₀. Infinite if
    /// v₀ = 0.
    ///
    /// # Formula
    /// r = (κcL/Λ)·e^(nηλT), or without decay κc·ln(1 + ηα²T)/Λ.
    ///
    /// Every trained row holds the same margin L by its own weight, so that the rows' weights add
    /// up, in the signal columns, to κcL along the teacher; v₀ fades as e^(−nηλT). What the rows'
    /// signal margins take from L slows both alike and leaves the ratio.
    ///
    /// # Range
    /// Valid from T_mem on; most exact where Λe^(−nηλT) ≲ L, which T₇₅ is well within. Earlier, margins of
    /// rows that v₀ classifies rightly exceed L, and κcL is up to a third too small, which shows as at most
    /// 0.01 of accuracy.
    pub fn ratio(&self, epoch: f64) -> f64 {
        let scales = &self.scales;
        let learned = scales.kappa * MEAN_ABSOLUTE_NORMAL * scales.margin_at(epoch);
        learned / scales.lambda * libm::exp(scales.decay_per_epoch * epoch)
    }

    /// Population accuracy at the end of an epoch: one minus the angle between v and the teacher,
    /// over π.
    ///
    /// # Formula
    /// acc = ½ + arctan[(r⁻² + f²)^−½]/π: v has a part along the teacher, r times as long a part
    /// along v₀, and f times as long a part in directions that n rows happen to lean to.
    ///
    /// # Range
    /// As [`Prediction::ratio`]. The mean over seeds from v₀ ⟂ teacher; from Gaussian v₀, that of a
    /// seed whose v₀ happens to be so.
    pub fn accuracy(&self, epoch: f64) -> f64 {
        let inverse = 1.0 / self.ratio(epoch);
        0.5 + libm::atan(1.0 / (inverse * inverse + self.scales.noise).sqrt()) / PI
    }

    /// Population accuracy in the end, with decay: ½ + arctan(1/f)/π.
    pub fn final_accuracy(&self) -> f64 {
        0.5 + libm::atan(1.0 / self.scales.noise.sqrt()) / PI
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GROKS, Setting, assert_close};

    #[test]
    fn the_curve_is_the_inverse_of_the_times() {
        for weight_decay in [1e-4, 0.0] {
            let prediction = Prediction::of(&Setting {
                weight_decay,
                init_norm: 60.0,
                ..GROKS
            });
            for accuracy in [0.55, 0.75, 0.9, 0.95] {
                let epoch = prediction.t_gen(accuracy).unwrap();
                assert_close(prediction.accuracy(epoch), accuracy, 1e-12);
            }
        }
    }

    /// mpmath, as in `times.rs`, of ½ + atan((r⁻² + f²)^−½)/π.
    #[test]
    fn curves_agree_with_mpmath() {
        let prediction = Prediction::of(&GROKS);
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
                ..GROKS
            });
            assert_close(prediction.accuracy(20_000.0), accuracy, 1e-13);
        }
    }

    #[test]
    fn from_zero_weights_only_the_noise_is_left() {
        let prediction = Prediction::of(&Setting {
            init_norm: 0.0,
            ..GROKS
        });
        assert_eq!(prediction.accuracy(5.0), prediction.final_accuracy());
        assert_close(prediction.final_accuracy(), 0.964_88, 1e-5);
    }
}
