//! Means over rows in small blocks, against naive loops and against looks, to the bit.

use sparsegrok_data::{Dataset, TargetKind};

use super::Scores;
use crate::blocks::{Blocks, Threads, ways};
use crate::look::{TrainGoal, TrainQuestion};
use crate::loss::Loss;
use crate::spec::Sgd;
use crate::weights::Weights;

const ROWS: usize = 1000;
const WIDTH: usize = 3;

/// Of one row, of blocks that end in the middle of one, and of all rows.
const LENGTHS: [usize; 6] = [1, 3, 70, 500, ROWS, 2 * ROWS];

const LOSSES: [Loss; 3] = [Loss::Logistic, Loss::Hinge, Loss::Squared];

/// Numbers of the order of 1 that look random and whose sums round.
fn value(i: usize) -> f64 {
    let mixed = (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)) as f64 / u64::MAX as f64 * 3.0 - 1.5
}

fn data(loss: Loss, is_weighted: bool) -> Dataset {
    let block: Vec<f64> = (0..ROWS * WIDTH).map(value).collect();
    let target = |i| value(3 * i + 1000);
    let (kind, targets): (_, Vec<f64>) = match loss.needs_signs() {
        true => (
            TargetKind::Sign,
            (0..ROWS).map(|i| target(i).signum()).collect(),
        ),
        false => (TargetKind::Real, (0..ROWS).map(target).collect()),
    };
    let data = Dataset::dense(&block, WIDTH, &targets, kind).unwrap();
    let data = data.memorizing(0.7);
    match is_weighted {
        true => data
            .weighted((0..ROWS).map(|i| value(i).abs()).collect::<Vec<_>>())
            .unwrap(),
        false => data,
    }
}

fn weights() -> Weights {
    Weights {
        signal: (0..WIDTH).map(|i| value(i + 5000)).collect(),
        memorization: (0..ROWS).map(|i| value(i + 6000)).collect(),
        bias: 0.1,
        ..Weights::default()
    }
}

fn scores(data: &Dataset, loss: Loss, length: usize, threads: &Threads) -> Scores {
    let spec = Sgd {
        loss,
        ..Sgd::default()
    };
    let blocks = Blocks::with_length(ROWS, length);
    Scores::of(data, &weights(), &spec, Some(0.5), blocks, threads)
}

fn bits(scores: Scores) -> [u64; 5] {
    [
        scores.accuracy,
        scores.loss,
        scores.weighted_loss,
        scores.margin_min,
        scores.margin_mean,
    ]
    .map(f64::to_bits)
}

/// The means by the definition of their order: blocks of rows, each from zero, then blocks.
fn naive(data: &Dataset, loss: Loss, length: usize) -> Scores {
    let model = weights();
    let is_right = |z: f64, y: f64| match loss {
        Loss::Squared => (z - y) * (z - y) < 0.5,
        _ => (z >= 0.0) == (y >= 0.0),
    };
    let (mut right, mut margin_min) = (0, f64::INFINITY);
    let mut totals = [0.0; 3];
    let rows: Vec<usize> = (0..ROWS).collect();
    for block in rows.chunks(length) {
        let mut sums = [0.0; 3];
        for &i in block {
            let (z, y) = (model.score(data.row(i)), data.targets()[i]);
            right += usize::from(is_right(z, y));
            margin_min = f64::min(margin_min, y * z);
            sums[0] += loss.value(z, y);
            sums[1] += data.row_weights().map_or(1.0, |weights| weights[i]) * loss.value(z, y);
            sums[2] += y * z;
        }
        for (total, sum) in totals.iter_mut().zip(sums) {
            *total += sum;
        }
    }
    let n = ROWS as f64;
    Scores {
        accuracy: right as f64 / n,
        loss: totals[0] / n,
        weighted_loss: totals[1] / n,
        margin_min,
        margin_mean: totals[2] / n,
    }
}

#[test]
fn means_are_those_of_naive_loops_by_any_threads() {
    let ways = ways();
    for loss in LOSSES {
        for is_weighted in [false, true] {
            let data = data(loss, is_weighted);
            for length in LENGTHS {
                let expected = bits(naive(&data, loss, length));
                for threads in &ways {
                    let found = bits(scores(&data, loss, length, threads));
                    assert!(found == expected, "{loss:?} {length} {threads:?}");
                }
            }
        }
    }
}

/// Without this, a test on bits would not tell one order from another.
#[test]
fn the_length_of_blocks_matters() {
    for loss in LOSSES {
        let data = data(loss, true);
        let of = |length| bits(scores(&data, loss, length, &Threads::One));
        for place in [1, 2, 4] {
            let found = LENGTHS.map(|length| of(length)[place]);
            assert!(
                found.iter().any(|bits| *bits != found[4]),
                "{loss:?} {place}"
            );
            assert_eq!(found[4], found[5], "{loss:?} {place}");
        }
    }
}

#[test]
fn a_look_adds_losses_as_an_evaluation_does() {
    for loss in LOSSES {
        let data = data(loss, false);
        for length in LENGTHS {
            let mean = scores(&data, loss, length, &Threads::One).loss;
            let blocks = Blocks::with_length(ROWS, length);
            let mut wrong = Vec::new();
            let question = TrainQuestion {
                data: &data,
                loss,
                tolerance: None,
                goal: TrainGoal::Loss(mean),
                wrong: &mut wrong,
            };
            let mosts = [0.5 * mean, mean.next_down(), mean, mean.next_up()];
            for (most, expected) in mosts.into_iter().zip([false, false, true, true]) {
                let found = question.loss_is_at_most(most, &weights(), blocks);
                assert_eq!(found, expected, "{loss:?} {length} {most}");
            }
        }
    }
}

/// The hinge's loss of a score that is not a number is 0: whichever block that is in, the mean is infinite.
#[test]
fn a_score_that_is_not_finite_makes_losses_infinite() {
    let data = data(Loss::Hinge, true);
    let spec = Sgd {
        loss: Loss::Hinge,
        ..Sgd::default()
    };
    for row in [0, 42, ROWS - 1] {
        let mut weights = weights();
        weights.memorization[row] = f64::NAN;
        for length in LENGTHS {
            let blocks = Blocks::with_length(ROWS, length);
            let found = Scores::of(&data, &weights, &spec, None, blocks, &Threads::One);
            let losses = [found.loss, found.weighted_loss];
            assert_eq!(losses, [f64::INFINITY; 2], "{row} {length}");
        }
    }
}
