//! The directions that Gaussian initial weights may have.

use std::f64::consts::{FRAC_PI_2, LN_2};

use statrs::function::gamma::digamma;

use crate::setting::Direction;

/// Directions over which a mean is taken, of Gaussian initial weights.
const DIRECTIONS: usize = 512;

/// A direction of v₀: the cosine and the sine of its angle to the teacher.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Angle {
    pub(crate) cos: f64,
    pub(crate) sin: f64,
}

/// The angle of orthogonal weights.
pub(crate) const ORTHOGONAL: Angle = Angle { cos: 0.0, sin: 1.0 };

/// The mean of a quantity over the directions of v₀ in d ≥ 2 columns.
///
/// # Formula
/// The angle θ of a Gaussian to the teacher has the density sin^(d−2)θ over 0 < θ < π, up to a factor: the midpoint rule
/// at [`DIRECTIONS`] angles, which for large d lie within 8/√d of π/2, where that is.
pub(crate) fn mean(direction: Direction, d: usize, quantity: impl Fn(Angle) -> f64) -> f64 {
    if direction == Direction::Orthogonal {
        return quantity(ORTHOGONAL);
    }
    let d = d as f64;
    let half = f64::min(FRAC_PI_2, 8.0 / d.sqrt());
    let (mut sum, mut weights) = (0.0, 0.0);
    for i in 0..DIRECTIONS {
        let from_orthogonal = half * ((2 * i + 1) as f64 / DIRECTIONS as f64 - 1.0);
        let (cos, sin) = (-libm::sin(from_orthogonal), libm::cos(from_orthogonal));
        let weight = libm::pow(sin, d - 2.0);
        sum += weight * quantity(Angle { cos, sin });
        weights += weight;
    }
    sum / weights
}

/// E ln(‖v₀‖/R): ½(ψ(d/2) − ln(d/2)) for Gaussian weights, ‖v₀‖²d/R² being chi-squared with d degrees of freedom; 0 for
/// orthogonal ones.
pub(crate) fn mean_log_norm(direction: Direction, d: usize) -> f64 {
    match direction {
        Direction::Orthogonal => 0.0,
        Direction::Gaussian => {
            let d = d as f64;
            0.5 * (digamma(0.5 * d) - libm::log(d) + LN_2)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assert_close;

    #[test]
    fn moments_of_directions_are_those_of_the_sphere() {
        // E cos² = 1/d, E cos⁴ = 3/d(d + 2).
        for d in [2, 3, 20, 5_000] {
            let moment = |power: i32| mean(Direction::Gaussian, d, |at| at.cos.powi(power));
            let d = d as f64;
            assert!(moment(1).abs() < 1e-14);
            // In three columns the density ends on a slope, and the midpoint rule is of second order there.
            assert_close(moment(2), 1.0 / d, 1e-5);
            assert_close(moment(4), 3.0 / (d * (d + 2.0)), 1e-5);
        }
        assert_eq!(mean(Direction::Orthogonal, 7, |at| at.sin - at.cos), 1.0);
    }

    /// `python -c "from scipy.special import digamma; import math; print([(digamma(d/2) - math.log(d/2))/2 for d in (2, 20)])"`
    #[test]
    fn norms_agree_with_scipy() {
        for (d, expected) in [
            (2, -0.288_607_832_450_766_4),
            (20, -0.025_416_251_963_662_484),
        ] {
            assert_close(mean_log_norm(Direction::Gaussian, d), expected, 1e-12);
        }
    }
}
