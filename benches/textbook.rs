//! The textbook sparse SGD loop, as the yardstick of the benches.
//!
//! What a good engineer writes in an hour from Bottou's "SGD Tricks" (2012), section 5.1: weights
//! behind one scale factor, a shuffled index, one row at a time, the standard library's `exp`. It
//! is compiled for the instruction sets the machine has, as the kernels are.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use sparsegrok::data::Dataset;
use sparsegrok_lanes::{Level, Simd, Task};

/// Logistic regression with an L2 penalty on rows of `d` dense columns and one memorization
/// column each, or on sparse rows.
pub(crate) struct Textbook<'a> {
    data: &'a Dataset,
    learning_rate: f64,
    weight_decay: f64,
    memorization_scale: f64,
    order: Vec<usize>,
    rng: Xoshiro256PlusPlus,
    scale: f64,
    signal: Vec<f64>,
    memorization: Vec<f64>,
}

impl<'a> Textbook<'a> {
    pub(crate) fn new(data: &'a Dataset, learning_rate: f64, weight_decay: f64, seed: u64) -> Self {
        Self {
            data,
            learning_rate,
            weight_decay,
            memorization_scale: data.memorization().unwrap_or(0.0),
            order: (0..data.len()).collect(),
            rng: Xoshiro256PlusPlus::seed_from_u64(seed),
            scale: 1.0,
            signal: vec![0.0; data.features().signal_width()],
            memorization: vec![0.0; data.len()],
        }
    }

    pub(crate) fn train(&mut self, epochs: u64) {
        Level::detect().run(Epochs(self, epochs));
    }

    /// The signal weights, then the memorization weights.
    pub(crate) fn weights(&self) -> impl Iterator<Item = f64> + '_ {
        let all = self.signal.iter().chain(&self.memorization);
        all.map(|w| w * self.scale)
    }

    #[inline(always)]
    fn epoch(&mut self) {
        self.order.shuffle(&mut self.rng);
        let d = self.signal.len();
        let rows = self.data.features().signal_block();
        let targets = self.data.targets();
        for &i in &self.order {
            let x = &rows[i * d..(i + 1) * d];
            let y = targets[i];
            let mut z = self.memorization[i] * self.memorization_scale;
            for (w, x) in self.signal.iter().zip(x) {
                z += w * x;
            }
            z *= self.scale;
            self.scale *= 1.0 - self.learning_rate * self.weight_decay;
            if self.scale < 1e-9 {
                let scale = self.scale;
                self.signal.iter_mut().for_each(|w| *w *= scale);
                self.memorization.iter_mut().for_each(|w| *w *= scale);
                self.scale = 1.0;
            }
            let step = self.learning_rate * y / (1.0 + (y * z).exp()) / self.scale;
            for (w, x) in self.signal.iter_mut().zip(x) {
                *w += step * x;
            }
            self.memorization[i] += step * self.memorization_scale;
        }
    }
}

struct Epochs<'t, 'a>(&'t mut Textbook<'a>, u64);

impl Task for Epochs<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _simd: S) {
        for _ in 0..self.1 {
            self.0.epoch();
        }
    }
}
