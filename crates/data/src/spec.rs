//! Settings of synthetic data.

use crate::random::RandomFamily;

/// A setting whose value cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{key}` is {value}, expected {expected}")]
pub struct InvalidSetting {
    /// The setting's key.
    pub key: &'static str,
    /// The value, as written.
    pub value: String,
    /// The values that would have been right.
    pub expected: &'static str,
}

/// The kind of a row's target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// The sign of v*·s (0 counts +1).
    #[default]
    Sign,
    /// The real number v*·(εs).
    Linear,
    /// The label +1 for every row: no teacher, and nothing in a row tells anything of its label.
    Constant,
}

/// The distribution of a row's signal features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignalValues {
    /// Independent N(0, 1).
    #[default]
    Gaussian,
    /// Independent signs: −1 or 1, with probability ½ each.
    Signs,
}

/// Settings of [`generate`](crate::generate); fields are named as the command's settings.
#[derive(Clone, Debug, PartialEq)]
pub struct SyntheticSpec {
    /// Training rows, at least 1.
    pub n_train: usize,
    /// Test rows; 0 for no test set.
    pub n_test: usize,
    /// Signal columns, at least 1.
    pub d_signal: usize,
    /// Distribution of signal features s.
    pub signal_values: SignalValues,
    /// The number k of columns that targets depend on, the first ones; 0 for all. The teacher then weighs each of them
    /// ±1/√k.
    pub relevant_columns: usize,
    /// Distance γ ≥ 0 by which each row is moved away from the teacher's plane, to its own side: s + γ·sign(v*·s)·v*.
    pub separation: f64,
    /// Signal scale ε > 0: rows hold εs.
    pub signal_scale: f64,
    /// Memorization scale α; 0 for no memorization columns.
    pub memorization_scale: f64,
    /// The kind of targets.
    pub target: Target,
    /// Probability that a training label is flipped, at most ½. Sign targets only.
    pub label_noise: f64,
    /// Random family of teacher and rows.
    pub rng: RandomFamily,
    /// Seed of teacher and rows.
    pub data_seed: u64,
    /// Seed of the label noise, which without one has that of the data.
    pub noise_seed: Option<u64>,
}

impl Default for SyntheticSpec {
    fn default() -> Self {
        Self {
            n_train: 512,
            n_test: 512,
            d_signal: 5,
            signal_values: SignalValues::Gaussian,
            relevant_columns: 0,
            separation: 0.0,
            signal_scale: 1.0,
            memorization_scale: 1.0,
            target: Target::Sign,
            label_noise: 0.0,
            rng: RandomFamily::Xoshiro256pp,
            data_seed: 123,
            noise_seed: None,
        }
    }
}

impl SyntheticSpec {
    /// Tells if rows are isotropic Gaussian ones.
    pub fn has_isotropic_rows(&self) -> bool {
        self.signal_values == SignalValues::Gaussian && self.separation == 0.0
    }

    /// Checks every setting's range.
    ///
    /// # Errors
    /// The first setting found out of range.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        let rows = 1..u32::MAX as usize;
        check(
            rows.contains(&self.n_train),
            "n_train",
            self.n_train,
            "a number of rows between 1 and 2^32 - 2",
        )?;
        check(
            self.n_test < rows.end,
            "n_test",
            self.n_test,
            "a number of rows between 0 and 2^32 - 2",
        )?;
        check(
            (1..=1 << 24).contains(&self.d_signal),
            "d_signal",
            self.d_signal,
            "a number of columns between 1 and 2^24",
        )?;
        check(
            self.relevant_columns <= self.d_signal,
            "relevant_columns",
            self.relevant_columns,
            "at most `d_signal`, or 0 for all columns",
        )?;
        check(
            self.separation.is_finite() && self.separation >= 0.0,
            "separation",
            self.separation,
            "a finite number of at least 0",
        )?;
        check(
            self.separation == 0.0 || self.target == Target::Sign,
            "separation",
            self.separation,
            "0, as only sign targets have rows on two sides",
        )?;
        check(
            self.signal_scale.is_finite() && self.signal_scale > 0.0,
            "signal_scale",
            self.signal_scale,
            "a finite number above 0",
        )?;
        check(
            self.memorization_scale.is_finite() && self.memorization_scale >= 0.0,
            "memorization_scale",
            self.memorization_scale,
            "a finite number of at least 0",
        )?;
        check(
            (0.0..=0.5).contains(&self.label_noise),
            "label_noise",
            self.label_noise,
            "a probability between 0 and 0.5",
        )?;
        check(
            self.label_noise == 0.0 || self.target == Target::Sign,
            "label_noise",
            self.label_noise,
            "0, as only sign targets can be flipped",
        )?;
        check(
            self.rng != RandomFamily::Libstdcxx || u32::try_from(self.data_seed).is_ok(),
            "data_seed",
            self.data_seed,
            "a seed below 2^32, as std::mt19937 takes",
        )
    }
}

/// Refuses a setting unless `holds`.
///
/// # Errors
/// An [`InvalidSetting`] of the other three arguments.
pub fn check(
    holds: bool,
    key: &'static str,
    value: impl ToString,
    expected: &'static str,
) -> Result<(), InvalidSetting> {
    if holds {
        return Ok(());
    }
    Err(InvalidSetting {
        key,
        value: value.to_string(),
        expected,
    })
}
