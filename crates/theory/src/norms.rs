//! Norms of the weights when rows are memorized and when the model generalizes.

use std::f64::consts::PI;

use crate::Prediction;
use crate::setting::{Direction, Loss};
use crate::times::shrinking;

impl Prediction {
    /// γ·(T_gen − T_mem)/ln(‖w_mem‖²/‖w_gen‖²), γ = nηλ, for population accuracy `accuracy`: what norm laws of grokking
    /// hold to be a constant (arXiv 2603.13331). `None` where a time is, without decay, from weights that are not
    /// orthogonal to the teacher, and for losses other than the logistic.
    ///
    /// # Formula
    /// When rows are memorized, the signal weights are v₀, shrunk by [what wrong rows pushed](Prediction::t_mem) and by
    /// decay, to ‖v‖ = S, and rows that were wrong hold εS|g| by their own weight: ‖m‖² = n(εS)²/2α². When the model
    /// generalizes, with A = κc′L/(1 + κa) and x the [length](Prediction::t_gen) of what is left of v₀,
    /// ε²‖v‖² = A²(1 + x² + f²), and own weights hold μ = L − au of their rows, u being the signal margin, of mean c′A
    /// and of mean square A²(1 + x² + f²): α²‖m‖²/n = L² − 2aLc′A + a²·E u².
    ///
    /// So it is no constant: decay takes the angle between v and the teacher to where accuracy is reached, and the norm
    /// falls with it only as far as memorization weights, which stay, do not make it up. It lies between ½, for norms
    /// that are v₀'s at both times, and infinity, for norms that are the memorization weights' at both.
    pub fn norm_law(&self, accuracy: f64) -> Option<f64> {
        let (setting, scales) = (&self.setting, &self.scales);
        let margin = scales.margin?;
        let decay = scales.decay_per_epoch;
        let is_derived =
            setting.loss == Loss::Logistic && setting.init_direction == Direction::Orthogonal;
        if !is_derived || decay == 0.0 {
            return None;
        }
        let (t_mem, t_gen) = (self.t_mem(0.99)?, self.t_gen(accuracy)?);
        let time = |epoch| setting.course.time_at(epoch);
        let epsilon = setting.signal_scale;
        let rows = setting.n as f64 / (setting.memorization_scale * setting.memorization_scale);
        let left = shrinking(0.99, scales.kappa) * libm::exp(-decay * time(t_mem));
        let memorized = {
            let signal = setting.init_norm * left;
            signal * signal * (1.0 + 0.5 * rows * epsilon * epsilon)
        };
        let generalized = {
            let a = scales.giving_way;
            let taught = scales.kappa * scales.teaching * margin / (1.0 + scales.kappa * a);
            let rho = libm::tan(PI * (1.0 - accuracy));
            // x² + f² is ρ² where accuracy is reached.
            let square = taught * taught * (1.0 + rho * rho);
            let own =
                margin * margin - 2.0 * a * margin * scales.teaching * taught + a * a * square;
            square / (epsilon * epsilon) + rows * own
        };
        Some(decay * (time(t_gen) - time(t_mem)) / libm::log(memorized / generalized))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Prediction, Setting, assert_close, groks};

    /// The same formulas in numpy, and 16 seeds of each: 1.247, 0.950, 0.827, 1.176, 1.472.
    #[test]
    fn the_law_is_not_constant() {
        let law = |setting: Setting| Prediction::of(&setting).norm_law(0.9).unwrap();
        let init_norm = |init_norm| Setting {
            init_norm,
            ..groks()
        };
        assert_close(law(groks()), 1.240, 1e-3);
        assert_close(law(init_norm(300.0)), 0.941, 1e-3);
        assert_close(law(init_norm(1000.0)), 0.818, 1e-3);
        let strong = Setting {
            weight_decay: 4e-4,
            ..groks()
        };
        assert_close(law(strong), 1.174, 1e-3);
        let weak = Setting {
            signal_scale: 0.05,
            ..groks()
        };
        assert_close(law(weak), 1.447, 1e-3);
    }

    #[test]
    fn there_is_none_without_decay() {
        let without = Setting {
            weight_decay: 0.0,
            ..groks()
        };
        assert_eq!(Prediction::of(&without).norm_law(0.9), None);
    }
}
