//! AdamW on full batches.

use super::Rule;
use crate::spec::Sgd;
use crate::state::Arrays;

/// AdamW. Every column has a gradient in every step. Numbers are by column: signal, sparse ones, the bias.
#[derive(Clone, Debug)]
pub(super) struct AdamW {
    /// Signal columns.
    width: usize,
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
    fn with(spec: &Sgd, width: usize, [weights, means, squares]: [Vec<f64>; 3]) -> Self {
        Self {
            width,
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

    fn new(spec: &Sgd, signal: Vec<f64>, sparse: usize) -> Self {
        let (width, mut weights) = (signal.len(), signal);
        weights.resize(width + sparse + 1, 0.0);
        let zeros = vec![0.0; weights.len()];
        Self::with(spec, width, [weights, zeros.clone(), zeros])
    }

    fn of(spec: &Sgd, [width, sparse]: [usize; 2], _step: u64, arrays: &Arrays) -> Option<Self> {
        let all = width + sparse + 1;
        let arrays = arrays.all([("weights", all), ("means", all), ("squares", all)])?;
        let are_means = arrays[2].iter().all(|&square| square >= 0.0);
        are_means.then(|| Self::with(spec, width, arrays.map(<[f64]>::to_vec)))
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
    fn signal(&self) -> &[f64] {
        &self.weights[..self.width]
    }

    #[inline(always)]
    fn read(&mut self, column: usize) -> f64 {
        self.weights[self.width + column]
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
    fn add_to_signal(&mut self, slope: f64, x: &[f64]) {
        for (g, x) in self.gradient.iter_mut().zip(x) {
            *g += slope * x;
        }
    }

    #[inline(always)]
    fn add(&mut self, column: usize, gradient: f64) {
        self.gradient[self.width + column] += gradient;
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
        self.weights[self.width + column]
    }
}
