//! The six conditions under which a model memorizes first and generalizes long after.

use std::f64::consts::PI;

use crate::Prediction;
use crate::setting::Loss;

/// One condition: a number that must keep to one side of a limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Condition {
    /// The condition in a few words.
    pub name: &'static str,
    /// The number, as a formula.
    pub formula: &'static str,
    /// The number.
    pub value: f64,
    /// The limit of the number.
    pub limit: Limit,
    /// The consequence where it fails and its remedy, in one sentence.
    pub otherwise: &'static str,
}

/// The limit of a [`Condition`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// The value must not exceed it.
    AtMost(f64),
    /// The value must reach it, and be above zero.
    AtLeast(f64),
}

impl Condition {
    /// Returns true if the value keeps to its limit.
    pub fn holds(&self) -> bool {
        match self.limit {
            Limit::AtMost(limit) => self.value <= limit,
            Limit::AtLeast(limit) => self.value > 0.0 && self.value >= limit,
        }
    }
}

impl Prediction {
    /// The six conditions of grokking, for a model that is to reach population accuracy `accuracy`.
    ///
    /// # Formula
    /// | condition | because |
    /// |---|---|
    /// | κ ≤ 0.3 | rows learn by their own columns: to order κ the closed forms leave the signal's part out |
    /// | Λ ≥ 10κcL | [r](Prediction::ratio)(0) ≤ 0.1: at T_mem the model is right at most 53 % of the time |
    /// | Λβ ≤ 0.1 | T_mem ≈ ln(1 + 2.33Λβ)/nηλ must be a tenth of T_gen ≈ 2.6/nηλ or less |
    /// | β ≤ 0.08 | L ≥ 1.9: decay leaves the margins clearly positive, so that rows stay memorized |
    /// | n ≥ (d − 1)/(c²ρ²), ρ = tan π(1 − accuracy) | f ≤ ρ: the rows determine the teacher well enough |
    /// | η(α² + ε²(√(b−1) + √d)²)/b ≤ 8 | steps are stable: ¼η‖X‖²/b ≤ 2, ¼ the largest curvature of logistic loss and X the rows of a step |
    ///
    /// For logistic loss without decay L is the margin when rows are just memorized, ln(1 + 2.33Λ). The curvature of
    /// squared loss is 1, and its limit 1: up to there steps do not overshoot. Hinge loss, which has none, is held to 8.
    ///
    /// # Panics
    /// When `accuracy` is not between ½ and 1.
    pub fn conditions(&self, accuracy: f64) -> [Condition; 6] {
        assert!(
            accuracy > 0.5 && accuracy < 1.0,
            "accuracy {accuracy} is not between 0.5 and 1"
        );
        let (setting, scales) = (&self.setting, &self.scales);
        let margin = scales
            .margin
            .unwrap_or_else(|| libm::log1p(2.33 * scales.lambda));
        let rho = libm::tan(PI * (1.0 - accuracy));
        let squared = |x: f64| x * x;
        let rows = setting.rows_per_step;
        // About the most that b rows of d normal numbers stretch a vector: ‖s‖ for one of them.
        let width = (rows - 1.0).sqrt() + (setting.d as f64).sqrt();
        [
            Condition {
                name: "rows learn by their own columns",
                formula: "κ = nε²/α²",
                value: scales.kappa,
                limit: Limit::AtMost(0.3),
                otherwise: "the shared signal columns learn as fast as the rows' own, so that the \
                            model generalizes while it memorizes; a smaller signal_scale or a \
                            larger memorization_scale slows them",
            },
            Condition {
                name: "the start hides the signal",
                formula: "Λ = εR against 10κcL",
                value: scales.lambda,
                limit: Limit::AtLeast(10.0 * scales.kappa * scales.teaching * margin),
                otherwise: "the initial signal weights are too small to hide what the rows teach, \
                            so that the model is well above chance from the first epochs on; a \
                            larger init_norm hides it",
            },
            Condition {
                name: "rows are memorized before decay acts",
                formula: "Λβ",
                value: scales.lambda * scales.beta,
                limit: Limit::AtMost(0.1),
                otherwise: "memorizing takes so long that the initial weights fade meanwhile, so \
                            that there is little delay; a smaller weight_decay or init_norm \
                            separates the two",
            },
            Condition {
                name: "decay leaves rows memorized",
                formula: "β = nλ/α²",
                value: scales.beta,
                limit: Limit::AtMost(0.08),
                otherwise: "decay takes from a row's own weight what its gradient adds before the \
                            row is learnt; a smaller weight_decay or a larger memorization_scale \
                            mends it",
            },
            Condition {
                name: "rows suffice to find the teacher",
                formula: "n against (d − 1)/(c tan π(1−acc))²",
                value: setting.n as f64,
                limit: Limit::AtLeast(scales.noise * setting.n as f64 / squared(rho)),
                otherwise: "so few rows leave the signal weights too noisy to generalize this \
                            well, however long they train; a larger n_train or a smaller d_signal \
                            is needed",
            },
            Condition {
                name: "steps are stable",
                formula: "η(α² + ε²(√(b−1) + √d)²)/b",
                value: setting.learning_rate / rows
                    * (squared(setting.memorization_scale) + squared(setting.signal_scale * width)),
                limit: Limit::AtMost(match setting.loss {
                    Loss::Squared => 1.0,
                    Loss::Logistic | Loss::Hinge => 8.0,
                }),
                otherwise: "a step overshoots its row's margin, and training may not settle; a \
                            smaller learning_rate is needed",
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Loss, Setting, assert_close, groks};

    /// Names of the conditions that fail, at accuracy 0.95.
    fn failing(setting: Setting) -> Vec<&'static str> {
        let conditions = Prediction::of(&setting).conditions(0.95);
        let failing = conditions.iter().filter(|condition| !condition.holds());
        failing.map(|condition| condition.name).collect()
    }

    #[test]
    fn each_condition_fails_where_it_should() {
        assert!(failing(groks()).is_empty());
        let memorizing = "rows learn by their own columns";
        let hiding = "the start hides the signal";
        assert_eq!(
            failing(Setting {
                init_norm: 0.0,
                ..groks()
            }),
            [hiding]
        );
        assert_eq!(
            failing(Setting {
                signal_scale: 0.15,
                ..groks()
            }),
            [memorizing, hiding]
        );
        let in_time = "rows are memorized before decay acts";
        assert_eq!(
            failing(Setting {
                init_norm: 1e3,
                ..groks()
            }),
            [in_time]
        );
        let strong = Setting {
            weight_decay: 5e-3,
            ..groks()
        };
        assert_eq!(failing(strong), [in_time, "decay leaves rows memorized"]);
        let wide = Setting { d: 10, ..groks() };
        assert_eq!(failing(wide), ["rows suffice to find the teacher"]);
        let fast = Setting {
            learning_rate: 0.4,
            ..groks()
        };
        assert_eq!(failing(fast.clone()), ["steps are stable"]);
        let batches = Setting {
            rows_per_step: 8.0,
            ..fast
        };
        assert!(failing(batches).is_empty());
        let squared = Setting {
            loss: Loss::Squared,
            ..groks()
        };
        assert_eq!(failing(squared), ["steps are stable"]);
    }

    #[test]
    fn ninety_five_percent_takes_63_rows_a_column() {
        let Limit::AtLeast(rows) = Prediction::of(&groks()).conditions(0.95)[4].limit else {
            panic!("the number of rows has a lower limit");
        };
        assert_close(rows, 4.0 * 62.6, 1e-3);
    }

    #[test]
    fn without_decay_the_start_is_held_against_the_margin_at_memorization() {
        let conditions = Prediction::of(&Setting {
            weight_decay: 0.0,
            ..groks()
        })
        .conditions(0.9);
        // 10 · 0.2048 · √(2/π) · ln 24.3.
        let Limit::AtLeast(limit) = conditions[1].limit else {
            panic!("Λ has a lower limit");
        };
        assert_close(limit, 5.213_6, 1e-4);
    }
}
