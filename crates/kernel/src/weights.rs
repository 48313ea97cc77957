//! The weights of a linear model, in the form that all kernels return.

use sparsegrok_data::{Indices, Row, SpIndex};

use crate::state::Arrays;

/// The weights w of a linear model: z = v·x_signal + tail + α m_i + bias.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weights {
    /// Signal weights v, one per signal column.
    pub signal: Vec<f64>,
    /// Tail weights, one per tail column.
    pub tail: Vec<f64>,
    /// Memorization weights m, one per training row; empty where nothing is memorized.
    pub memorization: Vec<f64>,
    /// Intercept; 0 where none is trained.
    pub bias: f64,
}

impl Weights {
    /// The weights of the model of each of `classes` classes in the arrays of
    /// [`OneVsRest`](crate::OneVsRest); `None` where they are not of so many.
    pub fn of_classes(arrays: &Arrays, classes: usize) -> Option<Vec<Self>> {
        let model = |class| Self::of(&arrays.part(class, classes)?);
        (0..classes).map(model).collect()
    }

    /// The weights in a family's arrays; `None` where they are not the linear family's.
    pub fn of(arrays: &Arrays) -> Option<Self> {
        let array = |name| arrays.get(name).map(<[f64]>::to_vec);
        let &[bias] = arrays.get("bias")? else {
            return None;
        };
        Some(Self {
            signal: array("signal")?,
            tail: array("tail")?,
            memorization: array("memorization")?,
            bias,
        })
    }
}

impl From<Weights> for Arrays {
    fn from(weights: Weights) -> Self {
        Self::new()
            .with("signal", weights.signal)
            .with("tail", weights.tail)
            .with("memorization", weights.memorization)
            .with("bias", vec![weights.bias])
    }
}

/// Weights that score rows: a copy of them, or those in a kernel's memory.
pub(crate) trait WeightSource {
    /// Signal weights.
    fn signal(&self) -> &[f64];
    /// Intercept.
    fn bias(&self) -> f64;
    /// A tail column's weight; `None` where there is no such column.
    fn tail(&self, column: usize) -> Option<f64>;
    /// A training row's memorization weight; `None` where there is no such row.
    fn memorization(&self, row: usize) -> Option<f64>;
    /// The first memorization column.
    fn memorization_begins(&self) -> usize;
}

impl WeightSource for Weights {
    #[inline(always)]
    fn signal(&self) -> &[f64] {
        &self.signal
    }

    #[inline(always)]
    fn bias(&self) -> f64 {
        self.bias
    }

    #[inline(always)]
    fn tail(&self, column: usize) -> Option<f64> {
        self.tail.get(column).copied()
    }

    #[inline(always)]
    fn memorization(&self, row: usize) -> Option<f64> {
        self.memorization.get(row).copied()
    }

    #[inline(always)]
    fn memorization_begins(&self) -> usize {
        self.signal.len() + self.tail.len()
    }
}

/// Scores a row: the one order of summation that every figure is computed in.
#[inline(always)]
pub(crate) fn score(weights: &impl WeightSource, row: &Row<'_>) -> f64 {
    // Without fma, and the bias first: figures are committed to the bit, and a look and an evaluation
    // must find the same ones.
    let mut z = signal_score(weights, row.signal);
    z = match row.tail.indices {
        Indices::U32(columns) => add_tail(z, weights, columns, row.tail.values),
        Indices::Usize(columns) => add_tail(z, weights, columns, row.tail.values),
    };
    if let Some(slot) = row.memorization {
        let row = slot.column - weights.memorization_begins();
        z = add_memorized(z, weights, row, slot.value);
    }
    z
}

/// The beginning of a score: the bias and the signal columns.
#[inline(always)]
pub(crate) fn signal_score(weights: &impl WeightSource, signal: &[f64]) -> f64 {
    let mut z = weights.bias();
    for (x, w) in signal.iter().zip(weights.signal()) {
        z += x * w;
    }
    z
}

/// The end of a score: what a training row's own column of this value adds to it.
#[inline(always)]
pub(crate) fn add_memorized(z: f64, weights: &impl WeightSource, row: usize, value: f64) -> f64 {
    weights.memorization(row).map_or(z, |w| z + value * w)
}

/// z and a row's tail, entry by entry.
#[inline(always)]
fn add_tail<I: SpIndex>(
    mut z: f64,
    weights: &impl WeightSource,
    columns: &[I],
    values: &[f64],
) -> f64 {
    for (column, x) in columns.iter().zip(values) {
        // A model may be older than a wider data file: columns it never saw weigh nothing.
        if let Some(w) = weights.tail(column.index()) {
            z += x * w;
        }
    }
    z
}

impl Weights {
    /// Score of a row, or of a slice of signal columns: a memorization column counts where the row has
    /// one. `Time: O(nnz)`
    #[inline(always)]
    pub fn score<'r>(&self, row: impl Into<Row<'r>>) -> f64 {
        score(self, &row.into())
    }

    /// The signal, tail and memorization parts.
    pub(crate) fn parts(&self) -> [&[f64]; 3] {
        [&self.signal, &self.tail, &self.memorization]
    }

    /// Checks that every weight is finite.
    pub fn is_finite(&self) -> bool {
        let mut parts = self.parts().into_iter();
        self.bias.is_finite() && parts.all(|part| part.iter().all(|w| w.is_finite()))
    }
}
