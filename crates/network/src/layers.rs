//! The weights of a network: three matrices, padded to whole vectors.

use sparsegrok_data::{Normal, Purpose, RandomFamily, Stream};
use sparsegrok_lanes::VECTOR;

/// The sizes of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    /// Classes p.
    pub(crate) classes: usize,
    /// Neurons N.
    pub(crate) neurons: usize,
}

impl Size {
    /// Distance between rows of U and V, and the rows of W: the neurons, with padding.
    pub(crate) fn neurons_padded(self) -> usize {
        self.neurons.next_multiple_of(VECTOR)
    }

    /// Distance between rows of W: the classes, with padding.
    pub(crate) fn classes_padded(self) -> usize {
        self.classes.next_multiple_of(VECTOR)
    }
}

/// Numbers of the shape of a network's weights: weights, or their gradients, or means of these. Padding is 0 throughout.
#[derive(Clone, Debug)]
pub(crate) struct Layers {
    pub(crate) size: Size,
    /// Weights of the first input, p × N: the row of a class has those of all neurons.
    pub(crate) u: Vec<f32>,
    /// Weights of the second input, p × N.
    pub(crate) v: Vec<f32>,
    /// Weights of the outputs, N × p: the row of a neuron has those of all classes.
    pub(crate) w: Vec<f32>,
}

/// Names of the three matrices.
pub(crate) const NAMES: [&str; 3] = ["u", "v", "w"];

impl Layers {
    /// All zero.
    pub(crate) fn zeros(size: Size) -> Self {
        let input = vec![0.0; size.classes * size.neurons_padded()];
        Self {
            size,
            u: input.clone(),
            v: input,
            w: vec![0.0; size.neurons_padded() * size.classes_padded()],
        }
    }

    /// Draws independent weights from N(0, σ²), σ = s/(2N)^⅓ with s = `init_scale`: U, V and W in this order, W by
    /// neurons. With this σ outputs do not depend on N in their scale, and s says how large they are.
    pub(crate) fn draw(size: Size, init_scale: f64, seed: u64) -> Self {
        let mut stream = Stream::new(RandomFamily::Xoshiro256pp, seed, Purpose::Init);
        let mut normal = Normal::new();
        let deviation = init_scale / libm::cbrt(2.0 * size.neurons as f64);
        let mut layers = Self::zeros(size);
        layers.fill(|_| (deviation * normal.sample(&mut stream)) as f32);
        layers
    }

    /// The three matrices, each with its width and the distance between its rows.
    fn matrices(&mut self) -> [(&mut [f32], usize, usize); 3] {
        let Size { classes, neurons } = self.size;
        let (by_neurons, by_classes) = (self.size.neurons_padded(), self.size.classes_padded());
        [
            (&mut self.u[..], neurons, by_neurons),
            (&mut self.v[..], neurons, by_neurons),
            (&mut self.w[..], classes, by_classes),
        ]
    }

    /// Sets every weight, given the number of its matrix.
    fn fill(&mut self, mut weight: impl FnMut(usize) -> f32) {
        let neurons = self.size.neurons;
        for (place, (matrix, width, distance)) in self.matrices().into_iter().enumerate() {
            // W has rows of padding after those of its neurons.
            let rows = if place == 2 {
                neurons
            } else {
                matrix.len() / distance
            };
            for row in matrix.chunks_exact_mut(distance).take(rows) {
                row[..width].fill_with(|| weight(place));
            }
        }
    }

    /// The matrices with their names, without padding, row after row.
    pub(crate) fn arrays(&self) -> [(&'static str, Vec<f64>); 3] {
        let Size { classes, neurons } = self.size;
        let (by_neurons, by_classes) = (self.size.neurons_padded(), self.size.classes_padded());
        let whole = |matrix: &[f32], rows: usize, width: usize, distance: usize| {
            let rows = matrix.chunks_exact(distance).take(rows);
            let numbers = rows.flat_map(|row| &row[..width]);
            numbers.map(|&x| f64::from(x)).collect()
        };
        [
            (NAMES[0], whole(&self.u, classes, neurons, by_neurons)),
            (NAMES[1], whole(&self.v, classes, neurons, by_neurons)),
            (NAMES[2], whole(&self.w, neurons, classes, by_classes)),
        ]
    }

    /// Reads matrices as [`arrays`](Self::arrays) writes them; `None` where one has another size, or a number that is not
    /// a finite `f32`.
    pub(crate) fn of_arrays(size: Size, arrays: [&[f64]; 3]) -> Option<Self> {
        let count = size.classes * size.neurons;
        let is_single = |&x: &f64| f64::from(x as f32) == x;
        let fits = |array: &&[f64]| array.len() == count && array.iter().all(is_single);
        if !arrays.iter().all(fits) {
            return None;
        }
        let mut numbers = arrays.map(|array| array.iter().map(|&x| x as f32));
        let mut layers = Self::zeros(size);
        layers.fill(|place| numbers[place].next().expect("as many numbers as weights"));
        layers.is_finite().then_some(layers)
    }

    /// The transpose of W, p × N: the row of a class has the weights of all neurons.
    pub(crate) fn output_weights(&self) -> Vec<f32> {
        let mut transposed = vec![0.0; self.size.classes * self.size.neurons_padded()];
        self.write_output_weights(&mut transposed);
        transposed
    }

    /// Writes the [transpose of W](Self::output_weights) over an earlier one. `Time: O(Np)`
    pub(crate) fn write_output_weights(&self, to: &mut [f32]) {
        let (by_neurons, by_classes) = (self.size.neurons_padded(), self.size.classes_padded());
        for (c, row) in to.chunks_exact_mut(by_neurons).enumerate() {
            for (to, w) in row.iter_mut().zip(self.w.chunks_exact(by_classes)) {
                *to = w[c];
            }
        }
    }

    /// Sets all to 0.
    pub(crate) fn clear(&mut self) {
        for matrix in [&mut self.u, &mut self.v, &mut self.w] {
            matrix.fill(0.0);
        }
    }

    /// Tells if no number is infinite or NaN. `Time: O(Np)`
    pub(crate) fn is_finite(&self) -> bool {
        let finite = |matrix: &[f32]| matrix.iter().fold(true, |all, x| all & x.is_finite());
        finite(&self.u) && finite(&self.v) && finite(&self.w)
    }

    /// The norm of each matrix.
    pub(crate) fn norms(&self) -> [f64; 3] {
        [&self.u, &self.v, &self.w]
            .map(|matrix| sparsegrok_data::length(matrix.iter().map(|&x| f64::from(x))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_read_as_they_were_written() {
        let size = Size {
            classes: 7,
            neurons: 20,
        };
        let layers = Layers::draw(size, 0.5, 3);
        let [(_, u), (_, v), (_, w)] = layers.arrays();
        let read = Layers::of_arrays(size, [&u, &v, &w]).unwrap();
        for (a, b) in [
            (&layers.u, &read.u),
            (&layers.v, &read.v),
            (&layers.w, &read.w),
        ] {
            assert_eq!(a, b);
        }
        assert!(Layers::of_arrays(size, [&u[1..], &v, &w]).is_none());
        let no_single = vec![0.1; u.len()];
        assert!(Layers::of_arrays(size, [&no_single, &v, &w]).is_none());
        let infinite = vec![f64::INFINITY; u.len()];
        assert!(Layers::of_arrays(size, [&infinite, &v, &w]).is_none());
    }

    #[test]
    fn drawn_weights_have_their_deviation() {
        let size = Size {
            classes: 97,
            neurons: 500,
        };
        let [(_, u), ..] = Layers::draw(size, 0.5, 1).arrays();
        let variance = u.iter().map(|x| x * x).sum::<f64>() / u.len() as f64;
        // Of 48,500 squares; σ = .05.
        assert!((variance / 0.0025 - 1.0).abs() < 0.03, "{variance}");
    }
}
