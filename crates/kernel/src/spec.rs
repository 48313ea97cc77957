//! The settings of one run's optimiser.

use sparsegrok_data::{InvalidSetting, RandomFamily, check};

use crate::loss::Loss;

/// Settings of a training run; fields are named as the command's settings.
///
/// [`Sgd::validate`] checks every range once; the training code relies on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sgd {
    /// Loss to minimise.
    pub loss: Loss,
    /// True to train an intercept. It is never decayed.
    pub bias: bool,
    /// The rule by which a gradient changes the weights.
    pub optimizer: Optimizer,
    /// Momentum μ of [`Optimizer::Momentum`], 0 ≤ μ < 1.
    pub momentum: f64,
    /// Decay β₁ of AdamW's mean of gradients, 0 ≤ β₁ < 1.
    pub adam_beta1: f64,
    /// Decay β₂ of AdamW's mean of squared gradients, 0 ≤ β₂ < 1.
    pub adam_beta2: f64,
    /// Addend ε > 0 of AdamW's denominators.
    pub adam_epsilon: f64,
    /// Base learning rate η > 0.
    pub learning_rate: f64,
    /// Change of η from step to step.
    pub schedule: Schedule,
    /// Exponent p of the inverse-scaling schedule.
    pub schedule_power: f64,
    /// Factor γ of the step schedule.
    pub schedule_factor: f64,
    /// Epochs k between two drops of the step schedule.
    pub schedule_every: u64,
    /// Steps W of linear warm-up; 0 for none.
    pub warmup_steps: u64,
    /// Weight decay λ ≥ 0; ηλ must stay below 1.
    pub weight_decay: f64,
    /// Weights at which the gradient is taken: the decayed or the old ones.
    pub decay_order: DecayOrder,
    /// Rows per update.
    pub batch_size: BatchSize,
    /// Passes over the training rows.
    pub epochs: u64,
    /// Order in which the rows of an epoch are visited.
    pub order: Order,
    /// Random family of the visiting order.
    pub rng: RandomFamily,
    /// Seed of the visiting order.
    pub order_seed: u64,
    /// Initial signal weights.
    pub init: Init,
    /// Norm R of the initial signal weights (in expectation for `gaussian`).
    pub init_norm: f64,
    /// Seed of the initial weights.
    pub init_seed: u64,
}

impl Default for Sgd {
    fn default() -> Self {
        Self {
            loss: Loss::Logistic,
            bias: false,
            optimizer: Optimizer::Sgd,
            momentum: 0.9,
            adam_beta1: 0.9,
            adam_beta2: 0.999,
            adam_epsilon: 1e-8,
            learning_rate: 0.05,
            schedule: Schedule::Constant,
            schedule_power: 0.5,
            schedule_factor: 0.5,
            schedule_every: 1000,
            warmup_steps: 0,
            weight_decay: 1e-3,
            decay_order: DecayOrder::After,
            batch_size: BatchSize::Rows(1),
            epochs: 6000,
            order: Order::Shuffle,
            rng: RandomFamily::Xoshiro256pp,
            order_seed: 1234,
            init: Init::Zero,
            init_norm: 1.0,
            init_seed: 0,
        }
    }
}

impl Sgd {
    /// The number of updates an epoch makes on so many training rows.
    pub fn steps_per_epoch(&self, rows: usize) -> u64 {
        rows.div_ceil(self.batch_size.rows(rows)) as u64
    }

    /// Tells if its steps can be taken side by side with another's: if all settings are equal but those that
    /// are a lane's own.
    pub(crate) fn steps_like(&self, other: &Self) -> bool {
        let alike = Self {
            learning_rate: other.learning_rate,
            schedule: other.schedule,
            schedule_power: other.schedule_power,
            schedule_factor: other.schedule_factor,
            schedule_every: other.schedule_every,
            warmup_steps: other.warmup_steps,
            weight_decay: other.weight_decay,
            decay_order: other.decay_order,
            epochs: other.epochs,
            order_seed: other.order_seed,
            init: other.init,
            init_norm: other.init_norm,
            init_seed: other.init_seed,
            ..self.clone()
        };
        alike == *other
    }

    /// Checks every setting's range.
    ///
    /// # Errors
    /// The first setting found out of range, with its value and what was expected.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        let positive = |key, value: f64| {
            check(
                value.is_finite() && value > 0.0,
                key,
                value,
                "a finite number above 0",
            )
        };
        let non_negative = |key, value: f64| {
            check(
                value.is_finite() && value >= 0.0,
                key,
                value,
                "a finite number of at least 0",
            )
        };
        let below_1 = |key, value: f64| {
            check(
                (0.0..1.0).contains(&value),
                key,
                value,
                "a number of at least 0 and below 1",
            )
        };
        below_1("momentum", self.momentum)?;
        below_1("adam_beta1", self.adam_beta1)?;
        below_1("adam_beta2", self.adam_beta2)?;
        positive("adam_epsilon", self.adam_epsilon)?;
        positive("learning_rate", self.learning_rate)?;
        non_negative("weight_decay", self.weight_decay)?;
        check(
            self.learning_rate * self.weight_decay < 1.0,
            "weight_decay",
            format_args!(
                "{} beside a `learning_rate` of {}",
                self.weight_decay, self.learning_rate
            ),
            "their product below 1",
        )?;
        non_negative("schedule_power", self.schedule_power)?;
        check(
            self.schedule_factor > 0.0 && self.schedule_factor <= 1.0,
            "schedule_factor",
            self.schedule_factor,
            "a number above 0 and at most 1",
        )?;
        check(
            self.schedule_every >= 1,
            "schedule_every",
            self.schedule_every,
            "at least 1 epoch",
        )?;
        // Fewer than 2^32 epochs of fewer than 2^32 steps each: the count of steps fits 64 bits.
        check(
            (1..1 << 32).contains(&self.epochs),
            "epochs",
            self.epochs,
            "a number of epochs between 1 and 2^32 - 1",
        )?;
        check(
            self.batch_size != BatchSize::Rows(0),
            "batch_size",
            0,
            "at least 1 row, or `full`",
        )?;
        non_negative("init_norm", self.init_norm)?;
        check(
            self.rng != RandomFamily::Libstdcxx || u32::try_from(self.order_seed).is_ok(),
            "order_seed",
            self.order_seed,
            "a seed below 2^32, as std::mt19937 takes",
        )
    }
}

/// The rule by which the gradient g of a step changes the weights w. Decay is decoupled from it: w ← (1 − ηλ)w.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Optimizer {
    /// Gradient descent, on batches its stochastic kind: w ← (1 − ηλ)w − ηg.
    #[default]
    Sgd,
    /// Heavy-ball momentum: u ← μu + g, w ← (1 − ηλ)w − ηu, from u = 0.
    ///
    /// B. T. Polyak, "Some methods of speeding up the convergence of iteration methods", USSR Computational Mathematics
    /// and Mathematical Physics 4(5), 1964.
    Momentum,
    /// AdamW: m ← β₁m + (1 − β₁)g, s ← β₂s + (1 − β₂)g², and at the t-th step, counted from 1,
    /// w ← (1 − ηλ)w − η·(m/(1 − β₁^t)) / (√(s/(1 − β₂^t)) + ε), from m = s = 0.
    ///
    /// I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", 2019, arXiv 1711.05101, Algorithm 2.
    AdamW,
}

impl Optimizer {
    /// Numbers that are remembered of each weight from step to step.
    pub const fn memory(self) -> usize {
        match self {
            Self::Sgd => 0,
            Self::Momentum => 1,
            Self::AdamW => 2,
        }
    }
}

/// Change of the learning rate η with the step t of T.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// η.
    Constant,
    /// η·(t+1)^−p, p = `schedule_power`.
    InverseScaling,
    /// η·γ^⌊epoch/k⌋, γ = `schedule_factor`, k = `schedule_every`, epochs counted from 0.
    Step,
    /// ½η(1 + cos πt/T).
    Cosine,
}

/// Order of decay and gradient within a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecayOrder {
    /// Gradient at the decayed weights, as in the reference programs.
    Before,
    /// Gradient at the old weights: for plain SGD the same as an L2 penalty ½λ‖w‖².
    After,
}

/// Order in which an epoch visits the training rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// A fresh uniform permutation each epoch.
    Shuffle,
    /// Rows 0, 1, 2, … each epoch.
    Sequential,
    /// n independent uniform draws each epoch.
    WithReplacement,
}

/// Initial signal weights v; tail, memorization and bias weights start at 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Init {
    /// All zero.
    Zero,
    /// Independent N(0, R²/d).
    Gaussian,
    /// Norm R, uniform among the directions orthogonal to the teacher.
    Orthogonal,
    /// R times the teacher.
    Teacher,
    /// −R times the teacher.
    AntiTeacher,
}

/// Rows averaged in one update: a number, or `"full"` for all training rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchSize {
    /// This many rows; the last batch of an epoch may be shorter.
    Rows(u32),
    /// Every training row: one update an epoch.
    Full,
}

impl BatchSize {
    /// Rows per update for `n` training rows, between 1 and n.
    pub fn rows(self, n: usize) -> usize {
        match self {
            Self::Rows(rows) => (rows as usize).clamp(1, n.max(1)),
            Self::Full => n.max(1),
        }
    }
}
