//! The runs that are trained side by side: as many as go together, those with much in common first.

mod shared;

use self::shared::draw::Draw;
use sparsegrok_data::{Dataset, Problem, RandomFamily, TargetKind};
use sparsegrok_kernel::{
    BatchSize, DecayOrder, Init, Job, KernelChoice, Loss, Order, Schedule, Sgd, SimdChoice,
    Training, start,
};

/// Sizes of the companies in which runs are trained, one company after another.
fn companies(jobs: &[Job<'_>], kernel: KernelChoice) -> Vec<usize> {
    let mut sizes = Vec::new();
    let mut rest = jobs;
    while !rest.is_empty() {
        let training = start(rest, kernel, SimdChoice::Auto).unwrap();
        sizes.push(training.lanes());
        rest = &rest[training.lanes()..];
    }
    sizes
}

/// Rows of their own for each number, with a tail of columns or none.
fn rows(number: u64, signal: usize, tail: usize) -> Dataset {
    let mut draw = Draw::new(number);
    let features = draw.features(30, signal, tail, false);
    let targets = draw.targets(30, TargetKind::Sign);
    Dataset::new(features, targets, TargetKind::Sign, None).unwrap()
}

fn problem(train: Dataset) -> Problem {
    Problem::new(train, None, None).unwrap()
}

/// The same rows with other labels.
fn relabelled(data: &Dataset, number: u64) -> Dataset {
    let targets = Draw::new(number).targets(data.len(), TargetKind::Sign);
    Dataset::new(data.features().clone(), targets, TargetKind::Sign, None).unwrap()
}

fn jobs<'a>(problems: &'a [Problem], spec: &'a Sgd) -> Vec<Job<'a>> {
    problems.iter().map(|of| Job::new(of, spec)).collect()
}

#[test]
fn runs_that_share_rows_and_order_fill_the_most_lanes() {
    // The sixteen that look ahead must fit the registers.
    for (signal, tail, sizes) in [
        (5, 0, &[16, 4][..]),
        (8, 0, &[8, 8, 4]),
        (11, 0, &[8, 8, 4]),
        (17, 0, &[8, 8, 4]),
        (5, 9, &[8, 8, 4]),
        (0, 9, &[8, 8, 4]),
    ] {
        let train = rows(0, signal, tail);
        let of_scale = |k: usize| problem(train.clone().memorizing((k % 3) as f64));
        let problems: Vec<Problem> = (0..20).map(of_scale).collect();
        // Settings that are each lane's own.
        let spec = |k: usize| Sgd {
            learning_rate: 0.01 * (k + 1) as f64,
            weight_decay: 0.001 * k as f64,
            schedule: [Schedule::Constant, Schedule::Cosine][k % 2],
            schedule_every: 1 + k as u64,
            decay_order: [DecayOrder::Before, DecayOrder::After][k / 2 % 2],
            init: Init::Gaussian,
            init_seed: k as u64,
            warmup_steps: 3 * k as u64,
            epochs: 5 + k as u64,
            ..Sgd::default()
        };
        let specs: Vec<Sgd> = (0..20).map(spec).collect();
        let of_both = |(problem, spec)| Job::new(problem, spec);
        let mut jobs: Vec<Job<'_>> = problems.iter().zip(&specs).map(of_both).collect();
        assert_eq!(companies(&jobs, KernelChoice::Auto), sizes);
        // A run of another order before them is trained with the first of them, where rows are dense.
        jobs[0].order_seed += 1;
        let first = companies(&jobs, KernelChoice::Auto)[0];
        assert_eq!(first, if tail > 0 { 1 } else { 8 });
    }
}

#[test]
fn other_steps_over_common_rows_have_eight_lanes() {
    let train = rows(0, 5, 0);
    let labels = (1..=20).map(|number| problem(relabelled(&train, number)));
    let labels: Vec<Problem> = labels.collect();
    let same = vec![problem(train); 20];
    let base = Sgd::default();
    let bias = Sgd {
        bias: true,
        ..Sgd::default()
    };
    let batch_size = BatchSize::Rows(4);
    let batches = Sgd {
        batch_size,
        ..Sgd::default()
    };
    for (problems, spec) in [(&labels, &base), (&same, &bias), (&same, &batches)] {
        assert_eq!(
            companies(&jobs(problems, spec), KernelChoice::Auto),
            [8, 8, 4]
        );
    }
}

#[test]
fn rows_of_their_own_are_read_side_by_side_unless_they_are_sparse() {
    let spec = Sgd::default();
    for tail in [0, 9] {
        let problems = (1..=8).map(|number| problem(rows(number, 5, tail)));
        let problems: Vec<Problem> = problems.collect();
        let one_order = jobs(&problems, &spec);
        let mut orders = one_order.clone();
        for (job, seed) in orders.iter_mut().zip(1..) {
            job.order_seed = seed;
        }
        for jobs in [one_order, orders] {
            let sizes = if tail > 0 { vec![1; 8] } else { vec![8] };
            assert_eq!(companies(&jobs, KernelChoice::Auto), sizes);
            assert_eq!(companies(&jobs, KernelChoice::Lanes), [8]);
            assert_eq!(companies(&jobs, KernelChoice::Scalar), [1; 8]);
        }
    }
}

/// Seeds of their own orders share no visit where orders are random, and all where they are not.
#[test]
fn runs_that_visit_the_same_sparse_rows_are_brought_together() {
    let problem = problem(rows(0, 0, 9));
    for (order, sizes) in [
        (Order::Shuffle, &[2, 2][..]),
        (Order::WithReplacement, &[2, 2]),
        (Order::Sequential, &[4]),
    ] {
        let spec = Sgd {
            order,
            ..Sgd::default()
        };
        let job = |order_seed| Job {
            order_seed,
            ..Job::new(&problem, &spec)
        };
        let jobs = [1, 1, 2, 2].map(job);
        assert_eq!(companies(&jobs, KernelChoice::Auto), sizes);
    }
}

/// More in common is worth fewer lanes, but not fewer than half and one.
#[test]
fn few_that_share_more_do_not_leave_many_behind() {
    let spec = Sgd::default();
    for (sharing, tail, sizes) in [
        (3, 0, &[8][..]),
        (4, 0, &[8]),
        (5, 0, &[5, 3]),
        (7, 0, &[7, 1]),
        // Nothing is lost where the others are trained alone.
        (2, 9, &[2, 1, 1, 1, 1, 1, 1]),
    ] {
        let common = rows(0, 5, tail);
        let of_number = |number: u64| match number < sharing {
            true => problem(common.clone()),
            false => problem(rows(number, 5, tail)),
        };
        let problems: Vec<Problem> = (0..8).map(of_number).collect();
        let jobs = jobs(&problems, &spec);
        assert_eq!(companies(&jobs, KernelChoice::Auto), sizes);
    }
}

#[test]
fn runs_of_unlike_steps_are_not_in_one_company() {
    let problem = problem(rows(0, 5, 0));
    let base = Sgd::default();
    let changes: [fn(&mut Sgd); 5] = [
        |spec| spec.loss = Loss::Hinge,
        |spec| spec.bias = true,
        |spec| spec.batch_size = BatchSize::Full,
        |spec| spec.order = Order::Sequential,
        |spec| spec.rng = RandomFamily::Libstdcxx,
    ];
    for change in changes {
        let mut other = base.clone();
        change(&mut other);
        let specs = [&base, &base, &base, &other, &other];
        let jobs = specs.map(|spec| Job::new(&problem, spec));
        for kernel in [KernelChoice::Auto, KernelChoice::Lanes] {
            assert_eq!(companies(&jobs, kernel), [3, 2], "{other:?}");
        }
    }
}

#[test]
fn runs_on_rows_of_unlike_shapes_are_not_in_one_company() {
    let spec = Sgd::default();
    let base = rows(0, 5, 0);
    let weighted = base.clone().weighted(vec![0.5; 30]).unwrap();
    for other in [rows(0, 4, 0), rows(0, 5, 9), weighted] {
        let problems = [&base, &base, &other].map(|data| problem(data.clone()));
        let jobs = jobs(&problems, &spec);
        assert_eq!(companies(&jobs, KernelChoice::Lanes), [2, 1]);
    }
}

#[test]
fn runs_that_have_come_unequally_far_are_not_in_one_company() {
    let problem = problem(rows(0, 5, 0));
    let spec = Sgd::default();
    let job = Job::new(&problem, &spec);
    let mut training = start(&[job], KernelChoice::Auto, SimdChoice::Auto).unwrap();
    let states = [1, 2].map(|_| {
        training.advance();
        training.state(0)
    });
    let starts = [None, None, Some(0), Some(0), Some(0), Some(1)];
    let jobs = starts.map(|at: Option<usize>| Job {
        start: at.map(|at| &states[at]),
        ..job
    });
    assert_eq!(companies(&jobs, KernelChoice::Auto), [2, 3, 1]);
}
