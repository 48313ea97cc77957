//! Settings of a network and of what it learns.

use sparsegrok_data::{InvalidSetting, check};

/// Settings of a network and its task; fields are named as the command's settings.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkSpec {
    /// Modulus p of the arithmetic: the classes of each input and of the result.
    pub modulus: usize,
    /// The operation to learn.
    pub operation: Operation,
    /// Share of the p² rows of the operation's table that are trained on; the rest are tested on.
    pub data_fraction: f64,
    /// Neurons N of the hidden layer.
    pub width: usize,
    /// Function of the neurons.
    pub activation: Activation,
}

impl Default for NetworkSpec {
    fn default() -> Self {
        Self {
            modulus: 97,
            operation: Operation::Add,
            data_fraction: 0.5,
            width: 500,
            activation: Activation::Quadratic,
        }
    }
}

impl NetworkSpec {
    /// Rows that are trained on: the share of all, rounded down.
    pub fn n_train(&self) -> usize {
        (self.data_fraction * self.rows() as f64) as usize
    }

    /// Rows of the operation's table: p².
    pub fn rows(&self) -> usize {
        self.modulus * self.modulus
    }

    /// Checks every setting's range.
    ///
    /// # Errors
    /// The first setting found out of range.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        check(
            (2..=2048).contains(&self.modulus),
            "modulus",
            self.modulus,
            "a number between 2 and 2048",
        )?;
        check(
            (1..=1 << 16).contains(&self.width),
            "width",
            self.width,
            "a number of neurons between 1 and 65536",
        )?;
        check(
            self.data_fraction > 0.0 && self.data_fraction <= 1.0,
            "data_fraction",
            self.data_fraction,
            "a number above 0 and at most 1",
        )?;
        check(
            self.n_train() > 0,
            "data_fraction",
            self.data_fraction,
            "so many of the rows that there is one to train on",
        )
    }
}

/// Checks the range of the share of training rows whose labels are drawn at random.
///
/// # Errors
/// When it is out of range.
pub fn check_label_noise(label_noise: f64) -> Result<(), InvalidSetting> {
    check(
        (0.0..=1.0).contains(&label_noise),
        "label_noise",
        label_noise,
        "a number between 0 and 1",
    )
}

/// An operation on two numbers modulo p.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Operation {
    /// a + b.
    #[default]
    Add,
    /// a − b.
    Subtract,
    /// a · b.
    Multiply,
    /// a² + b².
    SumOfSquares,
    /// a² + ab + b².
    Quadratic,
    /// a³ + ab.
    Cubic,
}

impl Operation {
    /// The result on two numbers below p.
    pub fn result(self, a: usize, b: usize, p: usize) -> usize {
        match self {
            Self::Add => (a + b) % p,
            Self::Subtract => (a + p - b) % p,
            Self::Multiply => a * b % p,
            Self::SumOfSquares => (a * a + b * b) % p,
            Self::Quadratic => (a * a + a * b + b * b) % p,
            Self::Cubic => (a * a % p * a + a * b) % p,
        }
    }

    /// The sign of b in a sum or a difference; `None` for other operations.
    pub(crate) fn sign_of_second(self) -> Option<f64> {
        match self {
            Self::Add => Some(1.0),
            Self::Subtract => Some(-1.0),
            Self::Multiply | Self::SumOfSquares | Self::Quadratic | Self::Cubic => None,
        }
    }
}

/// The function φ of a neuron.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Activation {
    /// x².
    #[default]
    Quadratic,
    /// max(x, 0).
    Relu,
}
