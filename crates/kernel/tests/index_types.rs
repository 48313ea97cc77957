//! Training and scoring over columns of any width, to the bit.

mod shared;

use sparsegrok_data::{Csr, Dataset, Features, Problem, SharedSlice, TargetKind};
use sparsegrok_kernel::{Figure, Job, KernelChoice, Sgd, SimdChoice, Training, start};

const ROWS: usize = 60;
const TAIL: usize = 40;

/// The same tail in each layout: rows of none to twelve columns, whose values are all 1 or are not.
fn tails(ones: bool) -> [Csr; 3] {
    let (mut starts, mut columns) = (vec![0], Vec::new());
    for row in 0..ROWS {
        columns.extend((row % 3..TAIL).step_by(3).take(row % 13));
        starts.push(columns.len());
    }
    let value = |k: usize| {
        if ones {
            1.0
        } else {
            (k * 7 % 11) as f64 / 3.0 - 1.5
        }
    };
    let values: SharedSlice<f64> = (0..columns.len()).map(value).collect::<Vec<_>>().into();
    let narrow = |numbers: &[usize]| numbers.iter().map(|&i| i as i32).collect::<Vec<_>>();
    let wide = |numbers: &[usize]| numbers.iter().map(|&i| i as i64).collect::<Vec<_>>();
    let own = columns.iter().map(|&column| column as u32).collect();
    [
        Csr::new(TAIL, starts.clone(), own, values.to_vec()),
        Csr::of_i32(
            TAIL,
            narrow(&starts).into(),
            narrow(&columns).into(),
            values.clone(),
        ),
        Csr::of_i64(TAIL, wide(&starts).into(), wide(&columns).into(), values),
    ]
    .map(Result::unwrap)
}

/// The tail beside some signal columns.
fn problem(tail: Csr, width: usize) -> Problem {
    let value = |i: usize| (i * 5 % 9) as f64 / 4.0 - 1.0;
    let signal: Vec<f64> = (0..ROWS * width).map(value).collect();
    let targets: Vec<f64> = (0..ROWS).map(|i| value(i * 4 + 1).signum()).collect();
    let features = Features::new(ROWS, width, signal, Some(tail)).unwrap();
    let train = Dataset::new(features, targets, TargetKind::Sign, Some(0.5)).unwrap();
    let test = train.clone().with_memorization(None).unwrap();
    Problem::new(train, Some(test), None).unwrap()
}

/// Bits of the first run's figures after each epoch, and of its last weights.
fn trained(problem: &Problem, spec: &Sgd, kernel: KernelChoice) -> Vec<u64> {
    let jobs = [Job::new(problem, spec); 2];
    let mut training = start(&jobs, kernel, SimdChoice::Auto).unwrap();
    let mut seen = Vec::new();
    for _ in 0..spec.epochs {
        training.advance();
        let figures = training.evaluate(0).unwrap();
        seen.extend(Figure::ALL.map(|figure| figures[figure].to_bits()));
    }
    let weights = training.model(0).unwrap();
    let parts = [weights.signal, weights.tail, weights.memorization].concat();
    seen.extend(parts.into_iter().map(f64::to_bits));
    seen
}

#[test]
fn the_width_of_indices_changes_no_bit() {
    use KernelChoice::{Dense, Lanes, Scalar};
    // Without signal columns single rows take the form of tails alone; it tells ones from other values.
    for (width, ones) in [(0, false), (0, true), (3, false)] {
        let problems = tails(ones).map(|tail| problem(tail, width));
        for spec in shared::specs(4, 5.0) {
            for kernel in [Scalar, Lanes, Dense] {
                let [own, narrow, wide] = problems
                    .each_ref()
                    .map(|problem| trained(problem, &spec, kernel));
                assert!(narrow == own, "{width} {ones} {kernel:?} {spec:?}");
                assert!(wide == own, "{width} {ones} {kernel:?} {spec:?}");
            }
        }
    }
}
