//! Theory of when a linear model with memorization features groks: closed forms, derived and checked.
//!
//! The crate takes a plain [`Setting`] and knows no other crate of the project. A [`Prediction`]
//! says when training rows are memorized, when the model generalizes, and how accuracy goes from
//! one to the other; its [conditions](Prediction::conditions) say whether that is grokking at all.
//! [`MaxMargin`] is where training without decay is headed; [`PacBayes`] bounds the test error of
//! what was trained. An [`Edge`] is about another way to grok: rows of equal labels that are nearly separable from the origin,
//! which [`NearestPoint`] decides.
//!
//! The forms of a prediction hold for labels that are the teacher's but for a flipped share, any of the [losses](Loss), batches, orders
//! and courses of the learning rate, signal rows s ~ N(0, I) times ε, one memorization column of value α per row, and
//! initial signal weights v₀ that owe nothing to the teacher. They are the leading order in few, large and slow:
//! n ≫ d, Λ ≫ 1, ηα² small against Λ. Each says where it holds. The page `docs/science.md` derives them and sets them
//! beside measurements.
//!
//! ```
//! use sparsegrok_theory::{Course, Direction, Loss, Order, Prediction, Setting};
//!
//! let prediction = Prediction::of(&Setting {
//!     n: 512,
//!     d: 5,
//!     signal_scale: 0.1,
//!     memorization_scale: 5.0,
//!     label_noise: 0.0,
//!     loss: Loss::Logistic,
//!     learning_rate: 0.05,
//!     course: Course::default(),
//!     rows_per_step: 1.0,
//!     order: Order::Once,
//!     weight_decay: 1e-4,
//!     init_norm: 100.0,
//!     init_direction: Direction::Orthogonal,
//! });
//! assert_eq!(prediction.t_mem(0.99).unwrap().floor(), 16.0);
//! assert_eq!(prediction.t_gen(0.9).unwrap().floor(), 1469.0);
//! assert!(prediction.conditions(0.95).iter().all(|condition| condition.holds()));
//! ```

mod conditions;
mod course;
mod curve;
mod directions;
mod edge;
mod frozen;
mod hull;
mod max_margin;
mod normal;
mod norms;
mod pac_bayes;
mod population_loss;
mod root;
mod rows;
mod scales;
mod setting;
mod spread;
mod times;

pub use conditions::{Condition, Limit};
pub use course::Course;
pub use edge::{Edge, Rates, TwoPoints};
pub use hull::NearestPoint;
pub use max_margin::{Effort, MaxMargin};
pub use normal::{cdf as normal_cdf, quantile as normal_quantile};
pub use pac_bayes::{Bound, PacBayes};
pub use rows::{DenseRows, Rows};
pub use scales::{MEAN_ABSOLUTE_NORMAL, Scales};
pub use setting::{Direction, Loss, Order, Setting};
pub use spread::Spread;

/// The theory's numbers for a [`Setting`].
///
/// Times are in epochs and are means over seeds, to leading order.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    setting: Setting,
    scales: Scales,
}

impl Prediction {
    /// The prediction for a setting. `Time: O(1)`, as for each of its methods.
    pub fn of(setting: &Setting) -> Self {
        Self {
            setting: setting.clone(),
            scales: Scales::of(setting),
        }
    }

    /// The setting that the prediction is for.
    pub fn setting(&self) -> &Setting {
        &self.setting
    }

    /// The dimensionless numbers of the setting.
    pub fn scales(&self) -> &Scales {
        &self.scales
    }
}

/// The reference setting of this crate's tests, which truly groks.
#[cfg(test)]
fn groks() -> Setting {
    Setting {
        n: 512,
        d: 5,
        signal_scale: 0.1,
        memorization_scale: 5.0,
        label_noise: 0.0,
        loss: Loss::Logistic,
        learning_rate: 0.05,
        course: Course::default(),
        rows_per_step: 1.0,
        order: Order::Once,
        weight_decay: 1e-4,
        init_norm: 100.0,
        init_direction: Direction::Orthogonal,
    }
}

/// Asserts that two numbers agree to a relative tolerance.
#[cfg(test)]
#[track_caller]
fn assert_close(found: f64, expected: f64, tolerance: f64) {
    assert!(
        (found - expected).abs() <= tolerance * expected.abs(),
        "{found}, expected {expected}"
    );
}
