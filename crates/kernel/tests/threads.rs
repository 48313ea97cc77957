//! Evaluations of more rows than a block has, on any number of threads: the same bits, and those of a naive loop.

mod shared;

use self::shared::threads::threads;
use sparsegrok_data::{Dataset, Problem, SyntheticSpec, TargetKind, generate};
use sparsegrok_kernel::{
    Evaluation, Figure, Job, KernelChoice, OneVsRest, Sgd, SimdChoice, Threads, Training, Weights,
    evaluate, start,
};

/// Rows of a block, which results depend on.
const BLOCK: usize = 65_536;

/// Two blocks and a part of one.
const ROWS: usize = 2 * BLOCK + 12_345;

fn spec() -> Sgd {
    Sgd {
        learning_rate: 0.1,
        epochs: 1,
        ..Sgd::default()
    }
}

fn problem() -> Problem {
    let spec = SyntheticSpec {
        n_train: ROWS,
        n_test: BLOCK + 1,
        d_signal: 2,
        ..SyntheticSpec::default()
    };
    generate(&spec).unwrap()
}

/// The sums of something of each row in the documented order.
fn sums<const N: usize>(rows: usize, of_row: impl Fn(usize) -> [f64; N]) -> [f64; N] {
    let (mut totals, mut begin) = ([0.0; N], 0);
    while begin < rows {
        let end = rows.min(begin + BLOCK);
        let mut sums = [0.0; N];
        for i in begin..end {
            let of_row = of_row(i);
            (0..N).for_each(|k| sums[k] += of_row[k]);
        }
        (0..N).for_each(|k| totals[k] += sums[k]);
        begin = end;
    }
    totals
}

/// Mean loss and mean margin of a model.
fn naive(model: &Weights, data: &Dataset) -> [f64; 2] {
    let of_row = |i| {
        let (z, y) = (model.score(data.row(i)), data.targets()[i]);
        [spec().loss.value(z, y), y * z]
    };
    sums(data.len(), of_row).map(|sum| sum / data.len() as f64)
}

fn bits(found: &Evaluation) -> Vec<u64> {
    let figures = Figure::ALL.into_iter();
    figures.map(|figure| found[figure].to_bits()).collect()
}

#[test]
fn evaluations_have_the_same_bits_on_any_threads() {
    let (problem, spec) = (problem(), spec());
    let job = Job::new(&problem, &spec);
    let (kernel, simd) = (KernelChoice::Auto, SimdChoice::Auto);
    let mut training = start(&[job], kernel, simd).unwrap();
    training.advance();
    let model = training.model(0).unwrap();
    let [loss, margin] = naive(&model, &problem.train);
    let [test_loss, _] = naive(&model, problem.test.as_ref().unwrap());
    let expected = evaluate(1, &model, &problem, &spec, None, &Threads::One);
    for (figure, naive) in [
        (Figure::TrainLoss, loss),
        (Figure::MarginMean, margin),
        (Figure::TestLoss, test_loss),
    ] {
        assert_eq!(expected[figure].to_bits(), naive.to_bits(), "{figure:?}");
    }
    for threads in &threads() {
        let found = evaluate(1, &model, &problem, &spec, None, threads);
        assert!(bits(&found) == bits(&expected), "{threads:?}");
        training.set_threads(threads);
        let found = training.evaluate(0).unwrap();
        assert!(bits(&found) == bits(&expected), "{threads:?}");
    }
    for most in [loss.next_down(), loss, loss.next_up()] {
        let found = training.reaches(0, Figure::TrainLoss, most);
        assert_eq!(found, Some(loss <= most), "{most}");
    }
    let accuracy = expected[Figure::TrainAcc];
    for least in [accuracy.next_down(), accuracy, accuracy.next_up()] {
        let found = training.reaches(0, Figure::TrainAcc, least);
        assert_eq!(found, Some(accuracy >= least), "{least}");
    }
}

#[test]
fn evaluations_of_classes_have_the_same_bits_on_any_threads() {
    let rows = problem().train;
    let block: Vec<f64> = (0..ROWS)
        .flat_map(|i| rows.features().signal_row(i).to_vec())
        .collect();
    // A class for each sign of the columns' sum and of their difference, but one for two of the four.
    let label = |row: &[f64]| match (row[0] + row[1] > 0.0, row[0] - row[1] > 0.0) {
        (true, true) => 1.0,
        (true, false) => 2.0,
        (false, _) => 5.0,
    };
    let labels: Vec<f64> = block.chunks(2).map(label).collect();
    let rows = Dataset::dense(&block, 2, &labels, TargetKind::Class).unwrap();
    let problem = Problem::new(rows.clone(), Some(rows), None).unwrap();
    let classes = problem.classes.as_ref().unwrap();
    let spec = spec();
    let job = Job::new(&problem, &spec);
    let mut training = OneVsRest::start(&job, KernelChoice::Auto, SimdChoice::Auto).unwrap();
    training.advance();
    let models = training.models().unwrap();
    let of_row = |i: usize| {
        let row = [block[2 * i], block[2 * i + 1]];
        let mut z: Vec<f64> = models.iter().map(|model| model.score(&row[..])).collect();
        let own = classes.place(labels[i]).unwrap();
        let sign = |k| if k == own { 1.0 } else { -1.0 };
        let losses = (0..z.len()).map(|k| spec.loss.value(z[k], sign(k)));
        let loss = losses.fold(0.0, |sum, loss| sum + loss);
        let own = z.remove(own);
        [loss, own - z.into_iter().fold(f64::NEG_INFINITY, f64::max)]
    };
    let naive = sums(ROWS, of_row).map(|sum| sum / ROWS as f64);
    let expected = training.evaluate(0).unwrap();
    for (figure, naive) in [
        (Figure::TrainLoss, naive[0]),
        (Figure::TestLoss, naive[0]),
        (Figure::MarginMean, naive[1]),
    ] {
        assert_eq!(expected[figure].to_bits(), naive.to_bits(), "{figure:?}");
    }
    for threads in &threads() {
        training.set_threads(threads);
        let found = training.evaluate(0).unwrap();
        assert!(bits(&found) == bits(&expected), "{threads:?}");
    }
}
