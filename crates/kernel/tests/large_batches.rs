//! Batches of more rows than a block has: what they come to, by a naive loop, the dense reference and the identity;
//! and the same bits for any kernel, on any threads, in any company.

mod shared;

use self::shared::formulas::{Shape, assert_close, assert_identity, specs, stable};
use self::shared::naive::naive;
use self::shared::threads::{Division, divisions};
use self::shared::{bits, draw::Draw, ways};
use proptest::prelude::*;
use proptest::sample::select;
use sparsegrok_data::{
    AlignedBlock, Csr, Dataset, Features, Problem, RandomFamily, TargetKind, Teacher,
};
use sparsegrok_kernel::{
    BatchSize, DecayOrder, Diverged, Init, Job, KernelChoice, LinearState, Loss, Order, Schedule,
    Sgd, SideBySide, SimdChoice, State, Threads, Training, Weights, start, train,
};

type Way = (KernelChoice, SimdChoice);

/// Rows of a block: as many as have 2¹⁷ numbers, or eight for each tail column if that is more. A sparse tail
/// counts as 32 numbers of its row.
fn block(signal: usize, tail: usize) -> usize {
    let of_row = if tail > 0 { signal + 32 } else { signal };
    usize::max(1 << 17, 8 * tail).div_ceil(of_row)
}

/// Rows of a batch of two blocks, of which the second is short.
fn two_blocks(signal: usize, tail: usize) -> usize {
    let block = block(signal, tail);
    block + block / 10 + 1
}

/// Two such batches and one of a part of a block; all of them are three blocks or more.
fn shape(signal: usize, tail: usize, memorization: Option<f64>, weighted: bool) -> Shape {
    Shape {
        seed: 0,
        rows: 2 * two_blocks(signal, tail) + block(signal, tail) / 4 + 1,
        signal,
        tail,
        memorization,
        real_targets: false,
        ones: false,
        weighted,
    }
}

fn shapes() -> [Shape; 5] {
    [
        shape(500, 0, Some(0.7), false),
        shape(500, 0, None, true),
        shape(200, 9, Some(0.7), true),
        shape(0, 20, Some(0.7), false),
        // A block of two rows.
        shape(70_000, 0, Some(0.7), false),
    ]
}

/// Every kind of large batch. All losses, both random families.
fn large(shape: &Shape, epochs: u64) -> Vec<Sgd> {
    let batch = two_blocks(shape.signal, shape.tail) as u32;
    let one_more = block(shape.signal, shape.tail) as u32 + 1;
    let base = Sgd {
        learning_rate: 0.01,
        init: Init::Gaussian,
        epochs,
        ..Sgd::default()
    };
    vec![
        Sgd {
            batch_size: BatchSize::Full,
            ..base.clone()
        },
        Sgd {
            batch_size: BatchSize::Full,
            order: Order::Sequential,
            loss: Loss::Squared,
            bias: true,
            ..base.clone()
        },
        Sgd {
            batch_size: BatchSize::Full,
            order: Order::WithReplacement,
            loss: Loss::Hinge,
            bias: true,
            ..base.clone()
        },
        Sgd {
            batch_size: BatchSize::Rows(batch),
            bias: true,
            ..base.clone()
        },
        Sgd {
            batch_size: BatchSize::Rows(batch),
            order: Order::Sequential,
            loss: Loss::Hinge,
            ..base.clone()
        },
        Sgd {
            batch_size: BatchSize::Rows(batch),
            rng: RandomFamily::Libstdcxx,
            loss: Loss::Squared,
            ..base.clone()
        },
        Sgd {
            batch_size: BatchSize::Rows(one_more),
            order: Order::WithReplacement,
            rng: RandomFamily::Libstdcxx,
            ..base
        },
    ]
}

/// The settings of one of several runs side by side: its own learning rate and its course, decay and initial weights.
fn with_own_pace(spec: &Sgd, run: u64) -> Sgd {
    let schedules = [
        Schedule::Constant,
        Schedule::InverseScaling,
        Schedule::Step,
        Schedule::Cosine,
    ];
    let number = run as f64;
    Sgd {
        learning_rate: spec.learning_rate * (1.0 + number / 4.0),
        schedule: schedules[run as usize % 4],
        schedule_every: 1,
        warmup_steps: 2 * (run / 4),
        weight_decay: number / 2.0,
        decay_order: match run % 2 {
            0 => DecayOrder::After,
            _ => DecayOrder::Before,
        },
        init_norm: 1.0 + number,
        init_seed: run,
        ..spec.clone()
    }
}

/// Problems of eight runs side by side: of rows of their own; of the same rows, but targets, row weights and
/// memorization scales of their own; of the same rows and targets.
fn companies(shape: &Shape) -> [Vec<Problem>; 3] {
    let of_seed = |seed| {
        let shape = Shape {
            seed,
            ..shape.clone()
        };
        shape.problem()
    };
    let own: Vec<Problem> = (0..8).map(of_seed).collect();
    let Problem { train, teacher, .. } = &own[0];
    let with_scale = |data: Dataset, run: usize| {
        let alpha = shape.memorization.map(|alpha| alpha + run as f64 / 8.0);
        let data = data.with_memorization(alpha).unwrap();
        Problem::new(data, None, teacher.clone()).unwrap()
    };
    let with_targets = |(run, own): (usize, &Problem)| {
        let (features, targets) = (train.features().clone(), own.train.targets().to_vec());
        let data = Dataset::new(features, targets, TargetKind::Sign, None).unwrap();
        let data = match own.train.row_weights() {
            Some(weights) => data.weighted(weights.to_vec()).unwrap(),
            None => data,
        };
        with_scale(data, run)
    };
    let columns = own.iter().enumerate().map(with_targets).collect();
    let rows = (0..8).map(|run| with_scale(train.clone(), run)).collect();
    [own, columns, rows]
}

/// A run on each problem, each with seeds of its own as far as companies of these allow it.
fn jobs<'a>(problems: &'a [Problem], specs: &'a [Sgd]) -> Vec<Job<'a>> {
    let first = &problems[0].train;
    let of_run = |(run, (problem, spec)): (u64, (&'a Problem, &'a Sgd))| {
        let is_in_order = spec.order == Order::Sequential
            || (spec.order == Order::Shuffle && spec.batch_size == BatchSize::Full);
        let own_rows = !problem.train.features().shares_rows(first.features());
        Job {
            order_seed: if is_in_order || own_rows { run } else { 0 },
            init_seed: spec.init_seed,
            ..Job::new(problem, spec)
        }
    };
    (0..).zip(problems.iter().zip(specs)).map(of_run).collect()
}

/// A run at its end.
#[derive(Clone, Debug, PartialEq)]
struct Ended {
    bits: Vec<u64>,
    weights: Weights,
    state: State,
}

/// Trains runs to the end of an epoch, as many at a time as the kernel takes.
fn trained(
    jobs: &[Job<'_>],
    until: u64,
    (kernel, simd): Way,
    division: &Division,
) -> Vec<Result<Ended, Diverged>> {
    division.call(|threads| {
        let mut ended = Vec::new();
        while ended.len() < jobs.len() {
            let rest = &jobs[ended.len()..];
            let mut training = start(rest, kernel, simd).unwrap();
            training.set_threads(threads);
            let begun = rest[0].start.map_or(0, |state| state.epoch);
            (begun..until).for_each(|_| training.advance());
            ended.extend((0..training.lanes()).map(|lane| end(&training, lane)));
        }
        ended
    })
}

fn end(training: &SideBySide<'_>, lane: usize) -> Result<Ended, Diverged> {
    if let Some(diverged) = training.diverged(lane) {
        return Err(diverged);
    }
    let weights = training.model(lane)?;
    Ok(Ended {
        bits: bits(&weights),
        weights,
        state: training.state(lane),
    })
}

/// Each run alone, on one thread.
fn alone(jobs: &[Job<'_>], until: u64) -> Vec<Result<Ended, Diverged>> {
    let scalar = (KernelChoice::Scalar, SimdChoice::Auto);
    let of_run = |job: &Job<'_>| trained(&[*job], until, scalar, &Division::From(Threads::One));
    jobs.iter().flat_map(of_run).collect()
}

/// Every kernel at every level on every division, again and again.
fn differently() -> impl Iterator<Item = (Way, Division)> {
    let of_division =
        |division: Division| ways().into_iter().map(move |way| (way, division.clone()));
    let all: Vec<(Way, Division)> = divisions().into_iter().flat_map(of_division).collect();
    all.into_iter().cycle()
}

/// Trainings of each company that are compared, the next company's being of other kernels and divisions: together
/// the companies try them all.
const DIFFERENTLY: usize = 2;

#[test]
fn any_kernel_on_any_threads_in_any_company_comes_to_the_same_bits() {
    let mut differently = differently();
    for shape in shapes() {
        let companies = companies(&shape);
        for (spec, problems) in large(&shape, 2)
            .iter()
            .flat_map(|spec| companies.iter().map(move |problems| (spec, problems)))
        {
            let specs: Vec<Sgd> = (0..8).map(|run| with_own_pace(spec, run)).collect();
            let jobs = jobs(problems, &specs);
            let expected = alone(&jobs, spec.epochs);
            assert!(expected.iter().all(Result::is_ok), "{shape:?}, {spec:?}");
            for (way, division) in differently.by_ref().take(DIFFERENTLY) {
                let found = trained(&jobs, spec.epochs, way, &division);
                assert!(
                    found == expected,
                    "{way:?}, {division:?}, {shape:?}, {spec:?}"
                );
            }
        }
    }
}

#[test]
fn runs_of_the_same_rows_are_brought_together_whatever_the_seeds_of_orders_they_do_not_have() {
    for shape in shapes() {
        let [_, columns, rows] = companies(&shape);
        for spec in large(&shape, 2) {
            let specs = vec![spec; 8];
            for problems in [&columns, &rows] {
                let jobs = jobs(problems, &specs);
                let started = start(&jobs, KernelChoice::Auto, SimdChoice::Auto).unwrap();
                assert_eq!(started.lanes(), 8, "{shape:?}, {:?}", specs[0]);
            }
        }
    }
}

#[test]
fn a_run_goes_on_to_the_same_bits() {
    let mut differently = differently();
    for shape in &shapes()[..4] {
        let companies = companies(shape);
        for (spec, problems) in large(shape, 3).iter().zip(companies.iter().cycle()) {
            let specs: Vec<Sgd> = (0..8).map(|run| with_own_pace(spec, run)).collect();
            let jobs = jobs(problems, &specs);
            let whole = alone(&jobs, spec.epochs);
            for at in 1..spec.epochs {
                let (way, division) = differently.next().unwrap();
                let kept = trained(&jobs, at, way, &division);
                let kept: Vec<Ended> = kept.into_iter().map(Result::unwrap).collect();
                let shuffles = spec.order == Order::Shuffle
                    && spec.rng == RandomFamily::Xoshiro256pp
                    && spec.batch_size != BatchSize::Full;
                for (job, Ended { state, .. }) in jobs.iter().zip(&kept) {
                    assert_eq!(state.words != [0; 4], shuffles, "{spec:?}");
                    let state = LinearState::of(state).unwrap();
                    assert!(state.fits(job.spec, job.problem), "{spec:?}");
                }
                let resumed = jobs.iter().zip(&kept).map(|(job, kept)| Job {
                    start: Some(&kept.state),
                    ..*job
                });
                let resumed: Vec<Job<'_>> = resumed.collect();
                let (way, division) = differently.nth(DIFFERENTLY).unwrap();
                let found = trained(&resumed, spec.epochs, way, &division);
                assert!(
                    found == whole,
                    "{way:?}, {division:?}, epoch {at}, {spec:?}"
                );
            }
        }
    }
}

/// A decay so strong that the scale falls below the least every seven steps, and sooner for some lanes.
#[test]
fn scales_are_folded_to_the_same_bits_and_right_weights() {
    let mut differently = differently();
    let shape = &shapes()[0];
    let [problems, ..] = companies(shape);
    let specs = large(shape, 0);
    // All rows at once, and in several batches with a bias.
    for spec in [&specs[0], &specs[3]] {
        let epochs = match spec.batch_size {
            BatchSize::Full => 15,
            BatchSize::Rows(_) => 5,
        };
        let of_run = |run: u32| {
            let left = 1e-9 / f64::from(1 + run);
            Sgd {
                weight_decay: (1.0 - left) / spec.learning_rate,
                init_seed: run.into(),
                epochs,
                ..spec.clone()
            }
        };
        let specs: Vec<Sgd> = (0..8).map(of_run).collect();
        let jobs = jobs(&problems, &specs);
        let expected = alone(&jobs, epochs);
        for (way, division) in differently.by_ref().take(DIFFERENTLY) {
            let found = trained(&jobs, epochs, way, &division);
            assert!(found == expected, "{way:?}, {division:?}, {spec:?}");
        }
        let ended = expected[0].as_ref().unwrap();
        let steps = epochs * specs[0].steps_per_epoch(problems[0].train.len());
        let decayed = 1e-9_f64.powi(steps as i32);
        let scale = ended.state.arrays.get("scale").unwrap()[0];
        assert!(
            decayed < 2_f64.powi(-400) && scale > 2_f64.powi(-206),
            "{scale:e}"
        );
        let spec = Sgd {
            order_seed: 0,
            ..specs[0].clone()
        };
        if let Some(naive) = naive(&problems[0], &spec) {
            assert_close(&ended.weights, &naive, 1e-11).unwrap();
        }
        let dense = (KernelChoice::Dense, SimdChoice::Auto);
        let dense = trained(&jobs[..1], epochs, dense, &Division::From(Threads::One));
        assert_close(&ended.weights, &dense[0].as_ref().unwrap().weights, 1e-10).unwrap();
    }
}

/// Rows of which these have entries so great that their scores leave the finite numbers, whatever the order of sums.
fn with_great_rows(problem: &Problem, rows: &[usize]) -> Problem {
    let data = &problem.train;
    let width = data.features().signal_width();
    let mut signal = AlignedBlock::zeroed(data.len() * width);
    for (i, row) in signal.as_mut_slice().chunks_exact_mut(width).enumerate() {
        row.copy_from_slice(data.features().signal_row(i));
        if rows.contains(&i) {
            row.fill(1e308);
        }
    }
    let features = Features::new(data.len(), width, signal, None).unwrap();
    let targets = data.targets().to_vec();
    let data = Dataset::new(features, targets, TargetKind::Sign, data.memorization()).unwrap();
    Problem::new(data, None, Some(Teacher::along(vec![1.0; width]))).unwrap()
}

/// The rows that are too great are in the second and the third block of all, and in the second batch of those in order.
#[test]
fn the_first_row_of_a_margin_that_is_not_finite_is_named_and_other_lanes_are_as_without_it() {
    let mut differently = differently();
    let shape = &shapes()[0];
    let [mut problems, ..] = companies(shape);
    let [first, second] = [300, 550];
    problems[3] = with_great_rows(&problems[3], &[second, first]);
    for spec in large(shape, 3) {
        let mut specs = vec![spec.clone(); 8];
        specs[3].init = Init::Teacher;
        let jobs = jobs(&problems, &specs);
        let expected = alone(&jobs, spec.epochs);
        let dense = (KernelChoice::Dense, SimdChoice::Auto);
        let diverged = expected[3].as_ref().err().unwrap();
        let until = diverged.epoch;
        let dense = trained(&jobs[3..4], until, dense, &Division::From(Threads::One));
        assert_eq!(
            expected[3].as_ref().err(),
            dense[0].as_ref().err(),
            "{spec:?}"
        );
        if spec.order == Order::Sequential {
            let step = match spec.batch_size {
                BatchSize::Full => 1,
                BatchSize::Rows(_) => 2,
            };
            let row = first as u32;
            let named = Diverged {
                epoch: 1,
                step,
                row,
            };
            assert_eq!(expected[3].as_ref().err(), Some(&named), "{spec:?}");
        }
        for (lane, ended) in expected.iter().enumerate() {
            assert_eq!(ended.is_err(), lane == 3, "{spec:?}");
        }
        for (way, division) in differently.by_ref().take(2 * DIFFERENTLY) {
            let found = trained(&jobs, spec.epochs, way, &division);
            assert!(found == expected, "{way:?}, {division:?}, {spec:?}");
        }
    }
}

/// One lane begins with weights that some rows' scores overflow with.
#[test]
fn lanes_of_the_same_rows_diverge_alone() {
    let mut differently = differently();
    for shape in [shapes()[0].clone(), shapes()[2].clone()] {
        let [_, columns, rows] = companies(&shape);
        for spec in large(&shape, 3) {
            for problems in [&columns, &rows] {
                let mut specs: Vec<Sgd> = (0..8).map(|run| with_own_pace(&spec, run)).collect();
                specs[5].init_norm = 1e308;
                let jobs = jobs(problems, &specs);
                let expected = alone(&jobs, spec.epochs);
                for (lane, ended) in expected.iter().enumerate() {
                    assert_eq!(ended.is_err(), lane == 5, "{spec:?}");
                }
                for (way, division) in differently.by_ref().take(DIFFERENTLY) {
                    let found = trained(&jobs, spec.epochs, way, &division);
                    assert!(found == expected, "{way:?}, {division:?}, {spec:?}");
                }
            }
        }
    }
}

/// A batch of a block's rows is read twice, and one of more is read once: neither is far from the naive loop.
#[test]
fn batches_of_a_block_and_of_one_row_more_or_less_are_right() {
    let mut differently = differently();
    for (signal, tail) in [(500, 0), (200, 9), (0, 20), (60_000, 0)] {
        let block = block(signal, tail);
        for (rows, is_full) in [block - 1, block, block + 1]
            .into_iter()
            .flat_map(|rows| [(rows, true), (rows, false)])
        {
            let shape = Shape {
                rows: if is_full { rows } else { 2 * block + 2 },
                ..shape(signal, tail, Some(0.7), false)
            };
            let problem = shape.problem();
            for order in [Order::Shuffle, Order::Sequential, Order::WithReplacement] {
                let spec = Sgd {
                    batch_size: match is_full {
                        true => BatchSize::Full,
                        false => BatchSize::Rows(rows as u32),
                    },
                    order,
                    bias: true,
                    epochs: 3,
                    ..Sgd::default()
                };
                let jobs = [Job::new(&problem, &spec)];
                let expected = alone(&jobs, spec.epochs);
                for (way, division) in differently.by_ref().take(DIFFERENTLY) {
                    let found = trained(&jobs, spec.epochs, way, &division);
                    assert!(found == expected, "{way:?}, {division:?}, {rows}, {spec:?}");
                }
                let ended = expected[0].as_ref().unwrap();
                if let Some(naive) = naive(&problem, &spec) {
                    assert_close(&ended.weights, &naive, 1e-11).unwrap();
                }
                // Large batches of all rows visit them in their order, and no others do.
                let is_large_and_full = is_full && rows > block;
                let shuffles = order == Order::Shuffle && !is_large_and_full;
                assert_eq!(ended.state.words != [0; 4], shuffles, "{rows}, {spec:?}");
            }
        }
    }
}

/// Columns of zeros make rows wider and their batches large, and the model is the same: in the very order of visits.
#[test]
fn large_batches_agree_with_the_same_batches_of_narrower_rows() {
    let (narrow, wide) = (400, 500);
    let batch = two_blocks(wide, 0);
    assert!(batch < block(narrow, 0));
    let problem = Shape {
        signal: narrow,
        ..shape(wide, 0, Some(0.7), true)
    };
    let problem = problem.problem();
    let data = &problem.train;
    let mut signal = AlignedBlock::zeroed(data.len() * wide);
    for (i, row) in signal.as_mut_slice().chunks_exact_mut(wide).enumerate() {
        row[..narrow].copy_from_slice(data.features().signal_row(i));
    }
    let features = Features::new(data.len(), wide, signal, None).unwrap();
    let targets = data.targets().to_vec();
    let widened = Dataset::new(features, targets, TargetKind::Sign, data.memorization()).unwrap();
    let widened = widened
        .weighted(data.row_weights().unwrap().to_vec())
        .unwrap();
    let widened = Problem::new(widened, None, None).unwrap();
    for order in [Order::Shuffle, Order::Sequential, Order::WithReplacement] {
        for decay_order in [DecayOrder::Before, DecayOrder::After] {
            let spec = Sgd {
                batch_size: BatchSize::Rows(batch as u32),
                order,
                decay_order,
                weight_decay: 0.3,
                bias: true,
                epochs: 5,
                ..Sgd::default()
            };
            let run = |problem| train(problem, &spec, KernelChoice::Scalar, SimdChoice::Auto);
            let expected = run(&problem).unwrap();
            let mut found = run(&widened).unwrap();
            assert!(found.signal.drain(narrow..).all(|weight| weight == 0.0));
            assert_ne!(bits(&found), bits(&expected), "one of them is not large");
            assert_close(&found, &expected, 1e-13).unwrap();
        }
    }
}

/// More blocks than sums are held of at a time; and a tail of so many columns that blocks are longer for it.
#[test]
fn many_blocks_and_wide_tails_are_right() {
    let mut differently = differently();
    let many = Shape {
        rows: 65 * block(0, 2) + 77,
        ..shape(0, 2, Some(0.7), false)
    };
    let wide_tail = {
        let columns = 20_000;
        let rows = 2 * block(0, columns) + 5;
        let number = |k: usize| (k.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as u32;
        // Each in a third of the columns of its own, so that they are in order.
        let third = columns as u32 / 3;
        let places = (0..3 * rows).map(|k| number(k) % third + third * (k as u32 % 3));
        let values = Draw::new(1).normals(3 * rows);
        let starts = (0..=rows).map(|row| 3 * row).collect();
        let tail = Csr::new(columns, starts, places.collect(), values).unwrap();
        let targets = Draw::new(2).targets(rows, TargetKind::Sign);
        let data = Dataset::sparse(tail, &targets, TargetKind::Sign).unwrap();
        Problem::new(data.memorizing(0.7), None, None).unwrap()
    };
    for problem in [many.problem(), wide_tail] {
        let rows = problem.train.len();
        for (batch_size, order) in [
            (BatchSize::Full, Order::Shuffle),
            (BatchSize::Full, Order::WithReplacement),
            (BatchSize::Rows(rows as u32 - 3), Order::Shuffle),
        ] {
            let spec = Sgd {
                batch_size,
                order,
                rng: RandomFamily::Libstdcxx,
                learning_rate: 1.0,
                epochs: 3,
                ..Sgd::default()
            };
            let jobs = [Job::new(&problem, &spec); 2];
            let expected = alone(&jobs, spec.epochs);
            let weights = &expected[0].as_ref().unwrap().weights;
            assert_identity(&problem, &spec, weights).unwrap();
            for (way, division) in differently.by_ref().take(DIFFERENTLY) {
                let found = trained(&jobs, spec.epochs, way, &division);
                assert!(found == expected, "{way:?}, {division:?}, {rows}, {spec:?}");
            }
        }
    }
}

/// Rows whose signal and tail, and a batch of more than a block of them.
fn large_shapes() -> impl Strategy<Value = (Shape, BatchSize)> {
    (
        any::<u64>(),
        select(vec![(500, 0), (200, 9), (0, 20), (2000, 0), (5000, 3)]),
        (1.01..3.2, 0.0..1.0, any::<bool>()),
        prop_oneof![Just(None), (0.3..3.0).prop_map(Some)],
        any::<(bool, bool, bool)>(),
    )
        .prop_map(
            |(seed, (signal, tail), (blocks, share, is_full), memorization, flags)| {
                let (real_targets, ones, weighted) = flags;
                let block = block(signal, tail);
                let rows = 1 + (blocks * block as f64) as usize;
                let more = (share * (rows - block) as f64) as usize;
                let shape = Shape {
                    seed,
                    rows,
                    signal,
                    tail,
                    memorization,
                    real_targets,
                    ones,
                    weighted,
                };
                let batch_size = match is_full {
                    true => BatchSize::Full,
                    false => BatchSize::Rows((block + 1 + more) as u32),
                };
                (shape, batch_size)
            },
        )
}

/// Numbers of the dense reference's rows up to which it is compared with.
const DENSE: usize = 1 << 22;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn large_batches_agree_with_a_naive_loop_with_dense_and_with_the_identity(
        (mut shape, batch_size) in large_shapes(),
        loss in select(vec![Loss::Logistic, Loss::Squared, Loss::Hinge]),
        spec in specs(Just(BatchSize::Full), 4),
        way in select(ways()),
        division in select(divisions()),
    ) {
        shape.real_targets &= loss == Loss::Squared;
        let problem = shape.problem();
        let spec = Sgd { batch_size, ..stable(spec, loss, shape.largest_row(&problem)) };
        let jobs = [Job::new(&problem, &spec)];
        let found = trained(&jobs, spec.epochs, way, &division);
        let weights = &found[0].as_ref().unwrap().weights;
        if let Some(naive) = naive(&problem, &spec) {
            assert_close(weights, &naive, 1e-11)?;
        }
        if shape.rows * problem.train.columns() <= DENSE {
            let dense = train(&problem, &spec, KernelChoice::Dense, SimdChoice::Auto).unwrap();
            assert_close(weights, &dense, 1e-10)?;
        }
        assert_identity(&problem, &spec, weights)?;
    }
}
