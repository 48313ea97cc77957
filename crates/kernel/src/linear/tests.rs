//! Training in blocks of rows, in every arrangement of lanes, against each lane alone with all rows packed, to
//! the bit.

use sparsegrok_data::{AlignedBlock, Csr, Dataset, Features, TargetKind};
use sparsegrok_lanes::{LANES, Level, WIDE};

use super::{Choice, Linear, Plan};
use crate::blocks::Threads;
use crate::init::Seed;
use crate::layout::Layout;
use crate::loss::Loss;
use crate::shape::Shape;
use crate::sharing::Sharing;
use crate::spec::{BatchSize, Order, Sgd};
use crate::state::LinearState;
use crate::trainer::Trainer;

const ROWS: usize = 100;
const WIDTH: usize = 3;

/// What a lane trains.
struct Lane {
    data: Dataset,
    spec: Sgd,
    initial: f64,
}

/// Small numbers that look random.
fn draws(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed + 1;
    move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 60) as f64 - 7.5
    }
}

/// Rows with a tail of two columns a row or none.
fn features(seed: u64, width: usize, tail: bool) -> Features {
    let mut draw = draws(seed);
    let mut signal = AlignedBlock::zeroed(ROWS * width);
    signal.as_mut_slice().fill_with(&mut draw);
    let tail = tail.then(|| {
        let starts = (0..=ROWS).map(|row| 2 * row).collect();
        let columns = (0..ROWS as u32).flat_map(|row| [row % 5, 5 + row % 3]);
        let values = (0..2 * ROWS).map(|_| draw()).collect();
        Csr::new(8, starts, columns.collect(), values).unwrap()
    });
    Features::new(ROWS, width, signal, tail).unwrap()
}

/// As many lanes as there can be, which have so much in common: the settings are theirs alone.
fn lanes(
    base: &Sgd,
    width: usize,
    tail: bool,
    memorization: Option<f64>,
    sharing: Sharing,
) -> Vec<Lane> {
    let common = features(0, width, tail);
    let lane = |number: usize| {
        let seed = number as u64;
        let features = match sharing >= Sharing::Columns {
            true => common.clone(),
            false => features(seed, width, tail),
        };
        let mut draw = draws(100 + if sharing == Sharing::Rows { 0 } else { seed });
        let targets: Vec<f64> = (0..ROWS).map(|_| draw().signum()).collect();
        // One lane memorizes nothing.
        let alpha = memorization.map(|alpha| alpha * (number % 5) as f64);
        Lane {
            data: Dataset::new(features, targets, TargetKind::Sign, alpha).unwrap(),
            spec: Sgd {
                // Scales are folded at other steps.
                weight_decay: base.weight_decay * (1.0 - 0.03 * number as f64),
                ..base.clone()
            },
            initial: number as f64,
        }
    };
    (0..WIDE).map(lane).collect()
}

/// The shape of the rows of some lanes, and the form of their steps.
fn form(lanes: &[Lane], sharing: Sharing) -> (Shape, Choice) {
    let shape = Shape {
        memorization: lanes.iter().any(|lane| lane.data.memorization().is_some()),
        ..Shape::of(&lanes[0].data)
    };
    let form = Choice::new(&lanes[0].spec, shape, lanes.len(), sharing);
    (shape, form)
}

/// A group in blocks, from the beginning or from states.
fn group<'a, const W: usize, const V: usize>(
    lanes: &'a [Lane],
    sharing: Sharing,
    block: usize,
    starts: &'a [LinearState],
) -> Linear<'a, W, V> {
    let seeds = std::array::from_fn(|number| {
        let Lane {
            data,
            spec,
            initial,
        } = &lanes[number];
        Seed {
            spec,
            data,
            order_seed: 0,
            initial_signal: vec![*initial; data.features().signal_width()],
            start: starts.get(number),
        }
    });
    let spec = &lanes[0].spec;
    let (shape, form) = form(&lanes[..W], sharing);
    assert_eq!(form.has_one_order(), V < W);
    let layout = Layout::with_blocks(shape, form, W, block);
    let plan = Plan::with_layout(spec, shape, W, form, layout);
    Linear::new(Level::detect(), seeds, plan)
}

/// Bits of the weights of the first W lanes after three epochs, or where each diverged. If `kept`, they are kept
/// after two epochs, and gone on with.
fn trained<const W: usize, const V: usize>(
    lanes: &[Lane],
    sharing: Sharing,
    block: usize,
    kept: bool,
) -> Vec<Vec<u64>>
where
    for<'a> Linear<'a, W, V>: Trainer,
{
    let mut begun = group::<W, V>(lanes, sharing, block, &[]);
    (0..2).for_each(|_| begun.epoch(&Threads::One));
    if !kept {
        begun.epoch(&Threads::One);
        return outcome(&begun);
    }
    let states: Vec<LinearState> = (0..W)
        .map(|lane| LinearState::of(&begun.state(lane)).unwrap())
        .collect();
    let mut group = group::<W, V>(lanes, sharing, block, &states);
    group.epoch(&Threads::One);
    outcome(&group)
}

fn outcome<const W: usize, const V: usize>(group: &Linear<'_, W, V>) -> Vec<Vec<u64>>
where
    for<'a> Linear<'a, W, V>: Trainer,
{
    let lane = |lane| match group.diverged(lane) {
        Some(diverged) => vec![diverged.epoch, diverged.step, diverged.row.into()],
        None => {
            let weights = group.weights(lane);
            let parts = [weights.signal, weights.tail, weights.memorization].concat();
            parts.into_iter().map(f64::to_bits).collect()
        }
    };
    (0..W).map(lane).collect()
}

/// Each lane alone, with all rows packed.
fn alone(lanes: &[Lane]) -> Vec<Vec<u64>> {
    let of_lane = |lane| trained::<1, 1>(std::slice::from_ref(lane), Sharing::Nothing, ROWS, false);
    lanes.iter().flat_map(of_lane).collect()
}

/// Compares every group that can train these lanes in blocks, alone and together, with what is expected of each
/// lane.
fn compare(lanes: &[Lane], sharing: Sharing, block: usize, kept: bool, expected: &[Vec<u64>]) {
    let apart = Sharing::Nothing;
    assert_eq!(trained::<1, 1>(lanes, apart, block, kept), expected[..1]);
    let eight = &expected[..LANES];
    let (_, form) = form(&lanes[..LANES], sharing);
    let context = format!("{form:?}, {sharing:?}, block {block}");
    let found = trained::<LANES, LANES>(lanes, apart, block, kept);
    assert_eq!(found, eight, "{context}");
    if form.has_one_order() {
        let found = trained::<LANES, 1>(lanes, sharing, block, kept);
        assert_eq!(found, eight, "{context}");
    }
    if form.most_lanes() == WIDE {
        let found = trained::<WIDE, 1>(lanes, sharing, block, kept);
        assert_eq!(found, expected, "{context}");
    }
}

#[test]
fn blocks_change_no_bit() {
    for (width, tail, memorization, batch) in [
        (WIDTH, false, Some(2.0), 1),
        (WIDTH, false, None, 1),
        (8, false, Some(0.5), 1),
        (11, false, Some(0.5), 1),
        (WIDTH, true, Some(0.5), 1),
        (WIDTH, true, None, 4),
        (WIDTH, false, Some(2.0), 7),
        (0, true, Some(0.5), 1),
        (0, true, None, 1),
        (0, true, Some(0.5), 6),
    ] {
        let spec = Sgd {
            order: Order::Sequential,
            batch_size: BatchSize::Rows(batch),
            // The scale falls below its least within an epoch.
            learning_rate: 0.5,
            weight_decay: 1.9,
            ..Sgd::default()
        };
        for sharing in Sharing::ALL {
            let lanes = lanes(&spec, width, tail, memorization, sharing);
            let expected = alone(&lanes);
            for block in [1, 3, 14, ROWS].map(|batches| batches * batch as usize) {
                for kept in [false, true] {
                    compare(&lanes, sharing, block.min(ROWS), kept, &expected);
                }
            }
        }
    }
}

#[test]
fn blocks_diverge_where_one_does() {
    for (width, tail, batch) in [(WIDTH, false, 1), (WIDTH, true, 1), (0, true, 1)] {
        let spec = Sgd {
            order: Order::Sequential,
            batch_size: BatchSize::Rows(batch),
            loss: Loss::Squared,
            learning_rate: 400.0,
            ..Sgd::default()
        };
        for sharing in Sharing::ALL {
            let lanes = lanes(&spec, width, tail, Some(1.0), sharing);
            let expected = alone(&lanes);
            let has_passed_a_block = |lane: &Vec<u64>| lane.len() == 3 && lane[2] >= 3;
            assert!(expected.iter().any(has_passed_a_block), "{expected:?}");
            compare(&lanes, sharing, 3, false, &expected);
        }
    }
}
