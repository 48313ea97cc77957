//! Outputs and gradients on a block of rows at a time, so that all numbers between them stay in the cache.

use sparsegrok_kernel::Loss;
use sparsegrok_lanes::{Onto, ProductShape, ROWS, Simd, Strided, multiply};

use crate::layers::{Layers, Size};
use crate::spec::Activation;
use crate::table::Example;

/// Rows of a block, a multiple of the rows that a product takes: so many that the weights, which a block reads whole, are
/// read seldom, and so few that neurons of all of them fit the second-level cache.
pub(crate) const BLOCK: usize = 96;

const _: () = assert!(BLOCK.is_multiple_of(ROWS));

/// A network's weights, as blocks use them.
#[derive(Clone, Copy)]
pub(crate) struct Model<'m> {
    pub(crate) layers: &'m Layers,
    pub(crate) activation: Activation,
    pub(crate) loss: Loss,
}

/// Numbers of one block: of each of its rows those of every neuron or of every class.
pub(crate) struct Block {
    size: Size,
    /// Sums of the inputs' weights.
    sums: Vec<f32>,
    /// Neurons, φ of these sums.
    neurons: Vec<f32>,
    /// Slopes of the loss with respect to neurons.
    slopes: Vec<f32>,
    /// Outputs; later the slopes of the loss with respect to them.
    outputs: Vec<f32>,
}

impl Block {
    pub(crate) fn new(size: Size) -> Self {
        let neurons = vec![0.0; BLOCK * size.neurons_padded()];
        Self {
            size,
            sums: neurons.clone(),
            neurons: neurons.clone(),
            slopes: neurons,
            outputs: vec![0.0; BLOCK * size.classes_padded()],
        }
    }

    /// Bytes of a block.
    pub(crate) fn bytes(size: Size) -> u64 {
        let numbers = 3 * size.neurons_padded() + size.classes_padded();
        (BLOCK * numbers * size_of::<f32>()) as u64
    }

    /// Rows of a block with as many examples: whole tiles of a product. What padding rows hold is of no effect.
    fn padded(count: usize) -> usize {
        count.next_multiple_of(ROWS)
    }

    /// Computes the outputs of up to [`BLOCK`] examples, which are returned row by row, each with its padding.
    #[inline(always)]
    pub(crate) fn forward<S: Simd>(
        &mut self,
        simd: S,
        model: Model<'_>,
        examples: &[Example],
    ) -> &mut [f32] {
        let (n, p) = (self.size.neurons_padded(), self.size.classes_padded());
        let rows = self
            .sums
            .chunks_exact_mut(n)
            .zip(self.neurons.chunks_exact_mut(n));
        for ((sums, neurons), example) in rows.zip(examples) {
            let u = &model.layers.u[usize::from(example.a) * n..][..n];
            let v = &model.layers.v[usize::from(example.b) * n..][..n];
            for ((sum, u), v) in sums.iter_mut().zip(u).zip(v) {
                *sum = u + v;
            }
            match model.activation {
                Activation::Quadratic => {
                    let squares = neurons.iter_mut().zip(&*sums);
                    squares.for_each(|(neuron, sum)| *neuron = sum * sum);
                }
                Activation::Relu => {
                    let parts = neurons.iter_mut().zip(&*sums);
                    parts.for_each(|(neuron, sum)| *neuron = sum.max(0.0));
                }
            }
        }
        let shape = ProductShape {
            m: Self::padded(examples.len()),
            n: p,
            k: self.size.neurons,
        };
        let neurons = Strided {
            numbers: &self.neurons,
            row: n,
            column: 1,
        };
        multiply(
            simd,
            shape,
            neurons,
            &model.layers.w,
            &mut self.outputs,
            Onto::Zeros,
        );
        &mut self.outputs[..examples.len() * p]
    }

    /// Adds the gradient of the loss on up to [`BLOCK`] examples, times `share`, to `gradient`. `output_weights` is the
    /// transpose of W, p × N.
    #[inline(always)]
    pub(crate) fn add_gradient<S: Simd>(
        &mut self,
        simd: S,
        model: Model<'_>,
        examples: &[Example],
        share: f32,
        output_weights: &[f32],
        gradient: &mut Layers,
    ) {
        let (n, p) = (self.size.neurons_padded(), self.size.classes_padded());
        let classes = self.size.classes;
        let outputs = self.forward(simd, model, examples);
        for (row, example) in outputs.chunks_exact_mut(p).zip(examples) {
            slopes(model.loss, &mut row[..classes], example.label, share);
            row[classes..].fill(0.0);
        }
        let padded = Self::padded(examples.len());
        // Rows that belong to no example have no slope, whatever was left in them.
        self.outputs[examples.len() * p..padded * p].fill(0.0);
        let of_w = ProductShape {
            m: self.size.neurons.next_multiple_of(ROWS),
            n: p,
            k: examples.len(),
        };
        let transposed = Strided {
            numbers: &self.neurons,
            row: 1,
            column: n,
        };
        multiply(
            simd,
            of_w,
            transposed,
            &self.outputs,
            &mut gradient.w,
            Onto::Sums,
        );
        let of_neurons = ProductShape {
            m: padded,
            n,
            k: classes,
        };
        let outputs = Strided {
            numbers: &self.outputs,
            row: p,
            column: 1,
        };
        multiply(
            simd,
            of_neurons,
            outputs,
            output_weights,
            &mut self.slopes,
            Onto::Zeros,
        );
        let rows = self
            .sums
            .chunks_exact(n)
            .zip(self.slopes.chunks_exact_mut(n));
        for ((sums, slopes), example) in rows.zip(examples) {
            match model.activation {
                Activation::Quadratic => {
                    let products = slopes.iter_mut().zip(sums);
                    products.for_each(|(slope, sum)| *slope *= 2.0 * sum);
                }
                Activation::Relu => {
                    let parts = slopes.iter_mut().zip(sums);
                    parts.for_each(|(slope, sum)| *slope = if *sum > 0.0 { *slope } else { 0.0 });
                }
            }
            let u = &mut gradient.u[usize::from(example.a) * n..][..n];
            let v = &mut gradient.v[usize::from(example.b) * n..][..n];
            for ((u, v), slope) in u.iter_mut().zip(v).zip(&*slopes) {
                *u += slope;
                *v += slope;
            }
        }
    }
}

/// Turns the outputs of a row into slopes of its loss with respect to them, times `share`.
///
/// # Formula
/// Squared loss: 2(z_c − 1[c = label]). Logistic loss, of the softmax: e^{z_c}/Σe^z − 1[c = label].
#[inline(always)]
fn slopes(loss: Loss, outputs: &mut [f32], label: u16, share: f32) {
    match loss {
        Loss::Squared => {
            outputs[usize::from(label)] -= 1.0;
            outputs.iter_mut().for_each(|z| *z *= 2.0 * share);
        }
        _ => {
            let shares = softmax(outputs);
            outputs.iter_mut().for_each(|z| *z *= share / shares);
            outputs[usize::from(label)] -= share;
        }
    }
}

/// Replaces outputs by e^{z − max z}, and returns their sum.
#[inline(always)]
pub(crate) fn softmax(outputs: &mut [f32]) -> f32 {
    let most = outputs
        .iter()
        .fold(f32::NEG_INFINITY, |most, &z| most.max(z));
    let mut sum = 0.0;
    for z in outputs {
        *z = libm::expf(*z - most);
        sum += *z;
    }
    sum
}
