//! Training rows laid out for steps, and the one pass over them that a step makes.

use sparsegrok_data::Dataset;
use sparsegrok_lanes::weighted_sigmoid;
use sparsegrok_lanes::{Arithmetic, LANES, LOG2_E, Lanes, SIGMOID_MAX, Scalar, Simd, Task};

/// Columns that are multiplied and added side by side: four sums of eight lanes, so that none waits for another.
const STRIDE: usize = 4 * LANES;

/// Signal columns of training rows, each row times its label and padded with zeros to whole strides.
pub(crate) struct FoldedRows {
    rows: usize,
    width: usize,
    block: Vec<f64>,
}

impl FoldedRows {
    /// Copies the rows. `Time: O(n·d)`
    pub(crate) fn of(data: &Dataset) -> Self {
        let (rows, width) = (data.len(), padded(data.features().signal_width()));
        let mut block = vec![0.0; rows * width];
        for (i, to) in block.chunks_exact_mut(width).enumerate() {
            let row = data.row(i);
            let folded = row.signal.iter().map(|x| row.target * x);
            to.iter_mut().zip(folded).for_each(|(to, x)| *to = x);
        }
        Self { rows, width, block }
    }

    /// Bytes of so many rows of so many columns.
    pub(crate) fn bytes(rows: usize, columns: usize) -> u64 {
        let numbers = (rows as u64).saturating_mul(padded(columns) as u64);
        numbers.saturating_mul(size_of::<f64>() as u64)
    }

    /// Columns with padding.
    pub(crate) fn width(&self) -> usize {
        self.width
    }
}

/// Columns padded to whole strides.
fn padded(columns: usize) -> usize {
    columns.next_multiple_of(STRIDE)
}

/// The numbers of a run that a step changes, padded as rows are.
#[derive(Clone, Debug)]
pub(crate) struct Layers {
    pub(crate) u: Vec<f64>,
    pub(crate) v: Vec<f64>,
}

/// Factors of a step: u ← (keep + gain·h)u, v ← (keep − gain·h)v.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Factors {
    /// 1 − ηλ.
    pub(crate) keep: f64,
    /// 2η.
    pub(crate) gain: f64,
}

/// Numbers that a step writes and the next one overwrites.
#[derive(Clone, Debug)]
pub(crate) struct Scratch {
    w: Vec<f64>,
    h: Vec<f64>,
}

impl Scratch {
    pub(crate) fn of_width(width: usize) -> Self {
        let zeros = vec![0.0; width];
        Self {
            w: zeros.clone(),
            h: zeros,
        }
    }
}

/// One step on all rows. Its result is the first row whose margin is not finite, if there is one.
///
/// The order of summation is fixed: of a margin by strides of columns, of a slope by rows. So the bits are the same at
/// every level.
pub(crate) struct Step<'s> {
    pub(crate) rows: &'s FoldedRows,
    pub(crate) layers: &'s mut Layers,
    pub(crate) scratch: &'s mut Scratch,
    pub(crate) factors: Factors,
}

impl Task for Step<'_> {
    type Output = Option<u32>;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> Option<u32> {
        let a = Lanes(simd);
        let Scratch { w, h } = self.scratch;
        for (w, (u, v)) in lanes_mut(w).zip(lanes(&self.layers.u).zip(lanes(&self.layers.v))) {
            let (u, v) = (a.load(u), a.load(v));
            // As a product no digits are lost where u and v are large and w is small.
            a.store(a.mul(a.sub(u, v), a.add(u, v)), w);
        }
        h.fill(0.0);
        let share = 1.0 / self.rows.rows as f64;
        let mut wrong = None;
        for (i, row) in self.rows.block.chunks_exact(self.rows.width).enumerate() {
            let margin = dot(a, row, w);
            if !margin.is_finite() && wrong.is_none() {
                wrong = Some(i as u32);
            }
            let t = Scalar(()).clamp(margin * LOG2_E, SIGMOID_MAX);
            let slope = a.splat(weighted_sigmoid(Scalar(()), share, t));
            // The row is still in the nearest cache: one pass over the rows serves margins and slopes.
            for (h, x) in lanes_mut(h).zip(lanes(row)) {
                a.store(a.mul_add(slope, a.load(x), a.load(h)), h);
            }
        }
        let [keep, gain, minus] =
            [self.factors.keep, self.factors.gain, -self.factors.gain].map(|x| a.splat(x));
        let layers = lanes_mut(&mut self.layers.u).zip(lanes_mut(&mut self.layers.v));
        for ((u, v), h) in layers.zip(lanes(h)) {
            let h = a.load(h);
            a.store(a.mul(a.mul_add(gain, h, keep), a.load(u)), u);
            a.store(a.mul(a.mul_add(minus, h, keep), a.load(v)), v);
        }
        wrong
    }
}

/// The sum of products, in four sums of eight lanes, then over lanes in their order.
#[inline(always)]
fn dot<A: Arithmetic>(a: A, x: &[f64], w: &[f64]) -> f64 {
    let mut sums = [a.splat(0.0); STRIDE / LANES];
    for (x, w) in x.chunks_exact(STRIDE).zip(w.chunks_exact(STRIDE)) {
        for (k, sum) in sums.iter_mut().enumerate() {
            *sum = a.mul_add(a.load(&x[k * LANES..]), a.load(&w[k * LANES..]), *sum);
        }
    }
    let mut of_lanes = [0.0; LANES];
    let pairs = a.add(a.add(sums[0], sums[1]), a.add(sums[2], sums[3]));
    a.store(pairs, &mut of_lanes);
    of_lanes.iter().sum()
}

#[inline(always)]
fn lanes(numbers: &[f64]) -> impl Iterator<Item = &[f64]> {
    numbers.chunks_exact(LANES)
}

#[inline(always)]
fn lanes_mut(numbers: &mut [f64]) -> impl Iterator<Item = &mut [f64]> {
    numbers.chunks_exact_mut(LANES)
}
