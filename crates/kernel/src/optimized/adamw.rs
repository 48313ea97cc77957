//! AdamW on full batches.

use super::Rule;
use crate::spec::Sgd;
use crate::state::Arrays;

/// AdamW. Every column has a gradient in every step; numbers are by column, the bias's last.
#[derive(Clone, Debug)]
pub(super) struct AdamW {
    weights: Vec<f64>,
    /// The means m of gradients.
    means: Vec<f64>,
    /// The means s of their squares.
    squares: Vec<f64>,
    /// The gradient of the step that has begun.
    gradient: Vec<f64>,
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    weight_decay: f64,
    step: u64,
    eta: f64,
}

impl AdamW {
    fn with(spec: &Sgd, [weights, means, squares]: [Vec<f64>; 3]) -> Self {
        Self {
            gradient: vec![0.0; weights.len()],
            weights,
            means,
            squares,
            beta1: spec.adam_beta1,
            beta2: spec.adam_beta2,
            epsilon: spec.adam_epsilon,
            weight_decay: spec.weight_decay,
            step: 0,
            eta: spec.learning_rate,
        }
    }
}

impl Rule for AdamW {
    const BYTES: usize = 4 * size_of::<f64>();

    fn new(spec: &Sgd, mut weights: Vec<f64>) -> Self {
        weights.push(0.0);
        let zeros = vec![0.0; weights.len()];
        Self::with(spec, [weights, zeros.clone(), zeros])
    }

    fn of(spec: &Sgd, columns: usize, _step: u64, arrays: &Arrays) -> Option<Self> {
        let arrays = arrays.all(["weights", "means", "squares"], columns + 1)?;
        let is_mean_of_squares = arrays[2].iter().all(|&square| square >= 0.0);
        is_mean_of_squares.then(|| Self::with(spec, arrays.map(<[f64]>::to_vec)))
    }

    fn arrays(&self) -> Arrays {
        Arrays::new()
            .with("weights", self.weights.clone())
            .with("means", self.means.clone())
            .with("squares", self.squares.clone())
    }

    #[inline(always)]
    fn begin(&mut self, step: u64, eta: f64) {
        (self.step, self.eta) = (step, eta);
    }

    #[inline(always)]
    fn read(&mut self, column: usize) -> f64 {
        self.weights[column]
    }

    #[inline(always)]
    fn bias(&self) -> f64 {
        self.weights[self.weights.len() - 1]
    }

    #[inline(always)]
    fn turn(&mut self) {
        self.gradient.fill(0.0);
    }

    #[inline(always)]
    fn add(&mut self, column: usize, gradient: f64) {
        self.gradient[column] += gradient;
    }

    #[inline(always)]
    fn add_to_bias(&mut self, gradient: f64) {
        let bias = self.gradient.len() - 1;
        self.gradient[bias] += gradient;
    }

    #[inline(always)]
    fn finish(&mut self) {
        let Self {
            beta1,
            beta2,
            epsilon,
            eta,
            ..
        } = *self;
        let t = (self.step + 1) as f64;
        // `libm` and not the standard library, whose powers differ by platform.
        let [bias1, bias2] = [beta1, beta2].map(|beta| 1.0 - libm::pow(beta, t));
        let decay = 1.0 - eta * self.weight_decay;
        let last = self.weights.len() - 1;
        let bias = self.weights[last];
        let memory = self.means.iter_mut().zip(&mut self.squares);
        let numbers = self.weights.iter_mut().zip(memory).zip(&self.gradient);
        let mut change = 0.0;
        for ((w, (m, s)), g) in numbers {
            *m = beta1 * *m + (1.0 - beta1) * g;
            *s = beta2 * *s + (1.0 - beta2) * (g * g);
            change = eta * (*m / bias1) / ((*s / bias2).sqrt() + epsilon);
            *w = decay * *w - change;
        }
        // The bias, which came last, is not decayed.
        self.weights[last] = bias - change;
    }

    fn weight(&self, _step: u64, column: usize) -> f64 {
        self.weights[column]
    }
}
