//! Model files: read, written and read again, and used on a row.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sparsegrok_data::{Indices, Row, SparseRow};
use sparsegrok_kernel::{Weights, model};

fuzz_target!(|bytes: &[u8]| {
    let Ok(read) = model::read(bytes) else {
        return;
    };
    let row = Row {
        signal: &[1.0, -2.0, 0.5],
        tail: SparseRow {
            indices: Indices::U32(&[0, 3, u32::MAX - 1]),
            values: &[1.0, 0.25, -1.0],
        },
        target: 1.0,
        memorization: None,
    };
    let score = read.score(&row);
    let shared = read.signal.saturating_add(read.tail);
    if shared.saturating_add(read.memorization) > 4096 {
        return;
    }
    let mut all = vec![0.0; shared + read.memorization];
    for &(column, weight) in &read.weights {
        all[column] = weight;
    }
    let weights = Weights {
        signal: all[..read.signal].to_vec(),
        tail: all[read.signal..shared].to_vec(),
        memorization: all[shared..].to_vec(),
        bias: read.bias,
    };
    let mut text = Vec::new();
    model::write(&mut text, &read.config, &weights).expect("memory takes it");
    let again = model::read(&text[..]).expect("what was written can be read");
    assert_eq!(again.score(&row).to_bits(), score.to_bits());
    let listed = read
        .weights
        .into_iter()
        .filter(|&(_, weight)| weight != 0.0);
    assert!(again.weights.into_iter().eq(listed));
});
