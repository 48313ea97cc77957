//! Networks of modular addition: epochs of ours, and a dense reference on one-hot rows.

use std::time::Instant;

use sparsegrok::kernel::{BatchSize, Loss, Sgd, Training};
use sparsegrok::network::{Job, Network, NetworkSpec, Table};
use sparsegrok_lanes::{Level, Onto, ProductShape, ROWS, Simd, Strided, Task, VECTOR, multiply};

/// Gradient descent on a full batch.
pub(crate) fn spec() -> Sgd {
    Sgd {
        loss: Loss::Squared,
        batch_size: BatchSize::Full,
        learning_rate: 1.0,
        weight_decay: 1e-3,
        ..Sgd::default()
    }
}

/// A run of a network on half of all rows.
pub(crate) fn started<'a>(
    network: &'a NetworkSpec,
    spec: &'a Sgd,
    table: &'a Table,
) -> Network<'a> {
    let job = Job {
        network,
        spec,
        init_scale: 0.5,
        init_seed: 0,
        order_seed: 0,
        table,
        start: None,
    };
    Network::start(job, Level::detect()).expect("a valid network")
}

/// Nanoseconds of an epoch.
pub(crate) fn epoch_time(training: &mut Network<'_>) -> f64 {
    let start = Instant::now();
    training.advance();
    start.elapsed().as_secs_f64() * 1e9
}

/// The same network as a textbook has it: a matrix of one-hot rows, each layer one product of all rows. The products
/// are ours, so that what is compared is the look-ups and the order of the work.
pub(crate) struct Dense {
    rows: usize,
    classes: usize,
    widths: [usize; 3],
    one_hot: Vec<f32>,
    labels: Vec<usize>,
    /// Weights of both inputs, one above the other, and of the outputs.
    inputs: Vec<f32>,
    outputs: Vec<f32>,
}

impl Dense {
    /// The network with the weights that a run begins with.
    pub(crate) fn of(training: &Network<'_>, table: &Table, network: &NetworkSpec) -> Self {
        let (p, n) = (network.modulus, network.width);
        let padded = |count: usize, unit: usize| count.next_multiple_of(unit);
        let widths = [padded(2 * p, ROWS), padded(n, VECTOR), padded(p, VECTOR)];
        let [both, neurons, classes] = widths;
        let rows = padded(table.train.len(), ROWS);
        let mut one_hot = vec![0.0; rows * both];
        for (row, example) in one_hot.chunks_exact_mut(both).zip(&table.train) {
            row[usize::from(example.a)] = 1.0;
            row[p + usize::from(example.b)] = 1.0;
        }
        let weights = training.weights(0);
        let matrix = |name: &str, width: usize, padded: usize, to: &mut [f32]| {
            let from = weights.get(name).expect("a matrix of this name");
            for (to, from) in to.chunks_exact_mut(padded).zip(from.chunks_exact(width)) {
                for (to, from) in to.iter_mut().zip(from) {
                    *to = *from as f32;
                }
            }
        };
        let mut inputs = vec![0.0; both * neurons];
        let (u, v) = inputs.split_at_mut(p * neurons);
        matrix("u", n, neurons, u);
        matrix("v", n, neurons, &mut v[..p * neurons]);
        let mut outputs = vec![0.0; neurons * classes];
        matrix("w", p, classes, &mut outputs);
        Self {
            rows,
            classes: p,
            widths,
            one_hot,
            labels: table
                .train
                .iter()
                .map(|row| usize::from(row.label))
                .collect(),
            inputs,
            outputs,
        }
    }

    /// Nanoseconds of an epoch.
    pub(crate) fn epoch_time(&mut self, spec: &Sgd) -> f64 {
        let start = Instant::now();
        Level::detect().run(Epoch { dense: self, spec });
        start.elapsed().as_secs_f64() * 1e9
    }

    /// The squared norm of the weights.
    pub(crate) fn square(&self) -> f64 {
        let weights = self.inputs.iter().chain(&self.outputs);
        weights.map(|&w| f64::from(w) * f64::from(w)).sum()
    }
}

struct Epoch<'e> {
    dense: &'e mut Dense,
    spec: &'e Sgd,
}

impl Task for Epoch<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Dense {
            rows,
            classes,
            widths,
            one_hot,
            labels,
            inputs,
            outputs,
        } = self.dense;
        let (rows, [both, n, p]) = (*rows, *widths);
        let by_rows = |numbers, row| Strided {
            numbers,
            row,
            column: 1,
        };
        let transposed = |numbers, column| Strided {
            numbers,
            row: 1,
            column,
        };
        let mut sums = vec![0.0; rows * n];
        let shape = ProductShape {
            m: rows,
            n,
            k: both,
        };
        multiply(
            simd,
            shape,
            by_rows(one_hot, both),
            inputs,
            &mut sums,
            Onto::Zeros,
        );
        let squares: Vec<f32> = sums.iter().map(|sum| sum * sum).collect();
        let mut slopes = vec![0.0; rows * p];
        let shape = ProductShape {
            m: rows,
            n: p,
            k: n,
        };
        multiply(
            simd,
            shape,
            by_rows(&squares, n),
            outputs,
            &mut slopes,
            Onto::Zeros,
        );
        let share = 2.0 / (labels.len() * *classes) as f32;
        for (i, row) in slopes.chunks_exact_mut(p).enumerate() {
            if let Some(&label) = labels.get(i) {
                row[label] -= 1.0;
                row.iter_mut().for_each(|z| *z *= share);
                row[*classes..].fill(0.0);
            } else {
                row.fill(0.0);
            }
        }
        let mut of_outputs = vec![0.0; n * p];
        let shape = ProductShape {
            m: n,
            n: p,
            k: rows,
        };
        multiply(
            simd,
            shape,
            transposed(&squares, n),
            &slopes,
            &mut of_outputs,
            Onto::Zeros,
        );
        let mut turned = vec![0.0; p * n];
        for (k, row) in outputs.chunks_exact(p).enumerate() {
            for (c, w) in row.iter().enumerate() {
                turned[c * n + k] = *w;
            }
        }
        let mut back = vec![0.0; rows * n];
        let shape = ProductShape { m: rows, n, k: p };
        multiply(
            simd,
            shape,
            by_rows(&slopes, p),
            &turned,
            &mut back,
            Onto::Zeros,
        );
        for (back, sum) in back.iter_mut().zip(&sums) {
            *back *= 2.0 * sum;
        }
        let mut of_inputs = vec![0.0; both * n];
        let shape = ProductShape {
            m: both,
            n,
            k: rows,
        };
        multiply(
            simd,
            shape,
            transposed(one_hot, both),
            &back,
            &mut of_inputs,
            Onto::Zeros,
        );
        let eta = self.spec.learning_rate as f32;
        let keep = (1.0 - self.spec.learning_rate * self.spec.weight_decay) as f32;
        for (weights, gradient) in [(inputs, of_inputs), (outputs, of_outputs)] {
            for (w, g) in weights.iter_mut().zip(gradient) {
                *w = keep * *w - eta * g;
            }
        }
    }
}
