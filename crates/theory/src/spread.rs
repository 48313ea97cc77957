//! The spread of T_gen between seeds, and its sources.

use std::f64::consts::PI;

use crate::Prediction;
use crate::setting::Direction;

/// Standard deviations of ln T_gen over seeds, by what makes them.
///
/// The initial weights alone make none: their direction is as good as any other until it meets data. Nor does the
/// order of visits, to leading order in η.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// That of the draw of the data alone, for any initial direction.
    pub data: f64,
    /// That of data and initial direction together, beyond the data's own.
    pub joint: f64,
}

impl Spread {
    /// The standard deviation over seeds that vary all.
    pub fn total(&self) -> f64 {
        libm::hypot(self.data, self.joint)
    }

    /// The data's share of the variance.
    pub fn data_share(&self) -> f64 {
        let share = self.data / self.total();
        share * share
    }
}

impl Prediction {
    /// The spread of ln T_gen between seeds at `accuracy`, ½ < accuracy < 1; `None` where accuracy is never reached,
    /// without decay, for initial weights that are not orthogonal to the teacher, and where the learning rate varies.
    ///
    /// # Formula
    /// On the plateau the signal weights solve (1 + κaS)v = D·v₀ + (κL/ε)·⟨ys⟩, S and ⟨ys⟩ being means over the n
    /// rows of ssᵀ and ys, and a the part of a signal margin that the row's own weight [gives way](crate::Scales::giving_way)
    /// by; c stands for c′.
    /// With q = κa/(1 + κa), G = S − 1, in units of the teacher's part, v is (1 − qG)(tu + v*) + ⟨ys⟩/c − v*, u the
    /// direction of v₀ and t = 1/r. Accuracy is reached where the part across the teacher is ρ = tan π(1 − accuracy)
    /// times the part along it: to first order
    ///
    /// δt = −ζ_u + q(1 − ρt)G_u∥ + qt·G_uu + ρξ − ρq·G_∥∥,
    ///
    /// ζ and ξ the deviations of ⟨ys⟩/c across and along the teacher. Their variances and covariances are those of
    /// moments of one normal row over n: E ζ_u² = 1/c², E ζ_uG_u∥ = 1, E ξ² = 1/c² − 1, E ξG_∥∥ = 1, E G_∥∥² =
    /// E G_uu² = 2. What has u in it is joint, except for the mean of G_uu over u, of variance 2/(d − 1). To second
    /// order in ζ, t falls by (|ζ|² − ζ_u²)/2ρ. Then δ ln T = −δt/(t·nηλT), t² = ρ² − E|ζ|².
    ///
    /// # Range
    /// As for [`t_gen`](Prediction::t_gen), and n ≫ d.
    pub fn spread_of_t_gen(&self, accuracy: f64) -> Option<Spread> {
        let scales = &self.scales;
        let time = self.t_gen(accuracy).filter(|time| *time > 0.0)?;
        let fades = scales.decay_per_epoch > 0.0;
        let is_orthogonal = self.setting.init_direction == Direction::Orthogonal;
        if !fades || !is_orthogonal || !self.setting.course.is_constant() {
            return None;
        }
        let (n, d) = (self.setting.n as f64, self.setting.d as f64);
        let rho = libm::tan(PI * (1.0 - accuracy));
        let given_way = scales.kappa * scales.giving_way;
        let q = given_way / (1.0 + given_way);
        let c_squared = scales.teaching * scales.teaching;
        // The variance of v across the teacher in one direction, apart from v₀'s part.
        let noise = (1.0 / c_squared - 2.0 * q + q * q) / n;
        let t_squared = rho * rho - (d - 1.0) * noise;
        if t_squared <= 0.0 || d < 3.0 {
            return None;
        }
        let t = t_squared.sqrt();
        let common = 2.0 * q * q * t_squared / (d - 1.0);
        let across = q * (1.0 - rho * t);
        let joint = 1.0 / c_squared - 2.0 * across + across * across + (d - 2.0) * common;
        let along = 1.0 / c_squared - 1.0 - 2.0 * q + 2.0 * q * q;
        let data = rho * rho * along + common;
        // Variances of (|ζ|² − ζ_u²)/2ρ: in all, and of its mean over u.
        let second = noise * noise / (2.0 * rho * rho);
        let all_second = (d - 2.0) * second;
        let data_second = (d - 2.0) * (d - 2.0) / (d - 1.0) * second;
        let unit = 1.0 / (t * scales.decay_per_epoch * time);
        Some(Spread {
            data: (data / n + data_second).sqrt() * unit,
            joint: (joint / n + all_second - data_second).sqrt() * unit,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::{Direction, Prediction, Setting, assert_close, groks};

    #[test]
    fn the_spread_is_that_of_a_crossed_study() {
        let spread = Prediction::of(&groks()).spread_of_t_gen(0.9).unwrap();
        // 128 draws of the data by 128 initial directions: docs/science.md.
        assert_close(spread.data, 0.0104, 0.05);
        assert_close(spread.joint, 0.0440, 0.05);
        assert_close(spread.total(), 0.0452, 0.05);
        assert!((spread.data_share() - 0.053).abs() < 0.01);
    }

    #[test]
    fn more_rows_spread_less() {
        let wide = Prediction::of(&groks()).spread_of_t_gen(0.75).unwrap();
        let narrow = Setting {
            n: 4 * groks().n,
            signal_scale: groks().signal_scale / 2.0,
            init_norm: groks().init_norm * 2.0,
            weight_decay: groks().weight_decay / 4.0,
            ..groks()
        };
        // κ, Λ, β and the clock are the same.
        let narrow = Prediction::of(&narrow).spread_of_t_gen(0.75).unwrap();
        assert_close(narrow.total(), wide.total() / 2.0, 0.02);
    }

    #[test]
    fn there_is_none_where_it_is_not_derived() {
        let none = |setting: Setting, accuracy| {
            assert_eq!(Prediction::of(&setting).spread_of_t_gen(accuracy), None);
        };
        none(groks(), 0.4);
        none(groks(), 0.99);
        let gaussian = Direction::Gaussian;
        none(
            Setting {
                init_direction: gaussian,
                ..groks()
            },
            0.9,
        );
        none(
            Setting {
                weight_decay: 0.0,
                ..groks()
            },
            0.9,
        );
    }
}
