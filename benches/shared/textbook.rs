//! The textbook sparse SGD loop, as the yardstick of the benches.
//!
//! This is the loop a good engineer writes in an hour from Bottou's "SGD Tricks" (2012), section 5.1:
//! weights behind one scale factor, a shuffled index, one row at a time, the standard library's `exp`. It
//! is compiled for the instruction sets the machine has, as the kernels are.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use sparsegrok::data::{Dataset, Indices};
use sparsegrok::kernel::Weights;
use sparsegrok_lanes::{Level, Simd, Task};

/// Logistic regression with an L2 penalty, on rows of a few dense columns and one memorization
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
    tail: Vec<f64>,
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
            tail: vec![0.0; data.features().tail_width()],
            memorization: vec![0.0; data.len()],
        }
    }

    pub(crate) fn train(&mut self, epochs: u64) {
        Level::detect().run(Epochs(self, epochs));
    }

    /// The model as it stands.
    pub(crate) fn weights(&self) -> Weights {
        let scaled = |weights: &[f64]| weights.iter().map(|w| w * self.scale).collect();
        Weights {
            signal: scaled(&self.signal),
            tail: scaled(&self.tail),
            memorization: scaled(&self.memorization),
            bias: 0.0,
        }
    }

    #[inline(always)]
    fn epoch(&mut self) {
        self.order.shuffle(&mut self.rng);
        if self.tail.is_empty() {
            self.dense_rows();
        } else {
            self.sparse_rows();
        }
    }

    #[inline(always)]
    fn dense_rows(&mut self) {
        let d = self.signal.len();
        let rows = self.data.features().signal_block();
        let targets = self.data.targets();
        for t in 0..self.order.len() {
            let i = self.order[t];
            let x = &rows[i * d..(i + 1) * d];
            let y = targets[i];
            let mut z = self.memorization[i] * self.memorization_scale;
            for (w, x) in self.signal.iter().zip(x) {
                z += w * x;
            }
            let step = self.decay_and_step(y, z);
            for (w, x) in self.signal.iter_mut().zip(x) {
                *w += step * x;
            }
            self.memorization[i] += step * self.memorization_scale;
        }
    }

    #[inline(always)]
    fn sparse_rows(&mut self) {
        for t in 0..self.order.len() {
            let i = self.order[t];
            let row = self.data.features().tail_row(i);
            let Indices::U32(columns) = row.indices else {
                unreachable!("the benches' rows have columns of 32 bits");
            };
            let mut z = self.memorization[i] * self.memorization_scale;
            for (&column, x) in columns.iter().zip(row.values) {
                z += self.tail[column as usize] * x;
            }
            let step = self.decay_and_step(self.data.targets()[i], z);
            for (&column, x) in columns.iter().zip(row.values) {
                self.tail[column as usize] += step * x;
            }
            self.memorization[i] += step * self.memorization_scale;
        }
    }

    /// Decays all weights by the scale; returns what a unit of a row adds to the weights behind it.
    #[inline(always)]
    fn decay_and_step(&mut self, y: f64, z: f64) -> f64 {
        let z = z * self.scale;
        self.scale *= 1.0 - self.learning_rate * self.weight_decay;
        if self.scale < 1e-9 {
            let scale = self.scale;
            for weights in [&mut self.signal, &mut self.tail, &mut self.memorization] {
                weights.iter_mut().for_each(|w| *w *= scale);
            }
            self.scale = 1.0;
        }
        self.learning_rate * y / (1.0 + (y * z).exp()) / self.scale
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
