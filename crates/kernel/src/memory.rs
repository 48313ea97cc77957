//! The memory that training takes, before it takes it.

use sparsegrok_data::Dataset;
use sparsegrok_lanes::LANES;

use crate::dense::DenseTrainer;
use crate::group::{PackedRows, block_rows, rows_width};
use crate::spec::{Order, TrainSpec};
use crate::train::KernelChoice;

/// What of a training set decides over the memory its training takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Rows.
    pub rows: usize,
    /// Signal columns.
    pub signal: usize,
    /// Columns of the sparse tail; 0 for none.
    pub tail: usize,
    /// Whether each row has a memorization column.
    pub memorization: bool,
}

impl Shape {
    /// The shape of a dataset.
    pub fn of(data: &Dataset) -> Self {
        Self {
            rows: data.len(),
            signal: data.features().signal_width(),
            tail: data.features().tail_width(),
            memorization: data.memorization().is_some(),
        }
    }

    /// All columns, those for memorization included.
    pub fn columns(self) -> usize {
        let own = if self.memorization { self.rows } else { 0 };
        self.signal.saturating_add(self.tail).saturating_add(own)
    }
}

/// Bytes that the training of some runs [started](crate::start) together holds at its fullest, the datasets aside; the
/// largest `u64` where they are more.
///
/// # Formula
/// Of each run that is trained at the same time: packed rows, or the explicit matrix of the dense
/// reference; stored weights; the visiting order, and the next one where it is made ahead. Of each run
/// of the group, besides: the weights it ended with. And one set of weights that is being looked at.
pub fn training_bytes(spec: &TrainSpec, kernel: KernelChoice, runs: usize, shape: Shape) -> u64 {
    let Shape {
        rows, signal, tail, ..
    } = shape;
    let kernel = kernel.for_shape(runs, shape);
    let doubles = |numbers: usize| numbers.saturating_mul(size_of::<f64>());
    let weights = doubles(shape.columns());
    let kept = weights.saturating_mul(runs.saturating_add(1));
    let (lanes, packed, ordered) = match kernel {
        KernelChoice::Dense => (1, DenseTrainer::bytes(shape), rows),
        _ => {
            let lanes = if kernel == KernelChoice::Lanes {
                LANES
            } else {
                1
            };
            let width = rows_width(spec, signal, tail);
            let block = block_rows(spec, rows, width, lanes);
            let parked = if block < rows && shape.memorization {
                rows
            } else {
                0
            };
            let parts = [
                PackedRows::bytes(block, width),
                doubles(parked),
                doubles(width),
                doubles(tail),
                doubles(spec.batch_size.rows(rows)),
            ];
            (
                lanes,
                parts.into_iter().fold(0, usize::saturating_add),
                block,
            )
        }
    };
    let orders = if spec.order == Order::Shuffle { 2 } else { 1 };
    let order = ordered.saturating_mul(orders * size_of::<u32>());
    let trained = packed.saturating_add(order).saturating_mul(lanes);
    trained.saturating_add(kept) as u64
}
