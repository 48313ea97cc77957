//! Seeds trained in lanes against the same seeds trained alone, to the bit.

mod shared;

use sparsegrok_data::{
    Csr, Dataset, Problem, Purpose, RandomFamily, Stream, SyntheticSpec, TargetKind, generate,
};
use sparsegrok_kernel::{
    Diverged, EvaluationPlan, Job, KernelChoice, Loss, Sgd, SimdChoice, Training, start,
};

/// Everything that is seen of a run on its way and at its end, as bits.
#[derive(Debug, PartialEq)]
struct Seen {
    evaluations: Vec<(u64, Vec<u64>)>,
    ended: Result<Vec<u64>, Diverged>,
}

/// Trains some runs; number `ends` is not looked at any more after epoch 4.
fn see(
    spec: &Sgd,
    runs: &[Job<'_>],
    kernel: KernelChoice,
    simd: SimdChoice,
    ends: Option<usize>,
) -> Vec<Seen> {
    let plan = EvaluationPlan::every(2, spec.epochs);
    let respecified = runs.iter().map(|run| Job { spec, ..*run });
    let runs: Vec<Job<'_>> = respecified.collect();
    let mut seen: Vec<Seen> = Vec::new();
    while seen.len() < runs.len() {
        let first = seen.len();
        let mut training = start(&runs[first..], kernel, simd).unwrap();
        seen.extend((0..training.lanes()).map(|_| Seen {
            evaluations: Vec::new(),
            ended: Ok(Vec::new()),
        }));
        for epoch in 1..=spec.epochs {
            training.advance();
            for (lane, (run, seen)) in (first..).zip(&mut seen[first..]).enumerate() {
                let Ok(last) = &mut seen.ended else { continue };
                if let Some(diverged) = training.diverged(lane) {
                    seen.ended = Err(diverged);
                } else if plan.contains(epoch) && !(ends == Some(run) && epoch > 4) {
                    match training.model(lane) {
                        Ok(weights) => {
                            *last = shared::bits(&weights);
                            seen.evaluations.push((epoch, last.clone()));
                        }
                        Err(diverged) => seen.ended = Err(diverged),
                    }
                }
            }
        }
    }
    seen
}

#[test]
fn a_seed_has_the_same_bits_in_any_lane_of_any_group_at_any_level() {
    for d in [1, 3, 5, 7, 8, 11, 17] {
        let problems = shared::problems(45, d);
        let any = Sgd::default();
        let mut runs = shared::runs(&problems, &any);
        for spec in shared::specs(6, 5.0) {
            let alone: Vec<Seen> = runs
                .iter()
                .flat_map(|run| see(&spec, &[*run], KernelChoice::Scalar, SimdChoice::Auto, None))
                .collect();
            for simd in shared::levels() {
                for size in [1, 2, 3, 8] {
                    let together = see(&spec, &runs[..size], KernelChoice::Lanes, simd, Some(2));
                    for (lane, (found, expected)) in together.iter().zip(&alone).enumerate() {
                        let context = format!("d {d}, lane {lane} of {size}, {simd:?}, {spec:?}");
                        if lane == 2 {
                            let so_far = &expected.evaluations[..found.evaluations.len()];
                            assert_eq!(found.evaluations.last().unwrap().0, 4, "{context}");
                            assert!(found.evaluations == so_far, "{context}");
                        } else {
                            assert!(found == expected, "{context}");
                        }
                    }
                }
            }
            runs.rotate_left(3);
        }
    }
}

#[test]
fn a_diverging_seed_is_named_and_leaves_the_others_alone() {
    for d in [5, 11] {
        let mut problems = shared::problems(45, d);
        // One seed's rows are so large that squared loss runs away at once.
        problems[3] = generate(&SyntheticSpec {
            n_train: 45,
            n_test: 0,
            d_signal: d,
            data_seed: 3,
            signal_scale: 1e3,
            memorization_scale: 0.7,
            ..SyntheticSpec::default()
        })
        .unwrap();
        let spec = Sgd {
            loss: Loss::Squared,
            learning_rate: 0.01,
            epochs: 6,
            ..Sgd::default()
        };
        let runs = shared::runs(&problems, &spec);
        let together = see(&spec, &runs, KernelChoice::Lanes, SimdChoice::Auto, None);
        for (lane, (run, found)) in runs.iter().zip(&together).enumerate() {
            let alone = see(&spec, &[*run], KernelChoice::Scalar, SimdChoice::Auto, None);
            assert_eq!(found.ended, alone[0].ended, "lane {lane}");
            assert_eq!(found.ended.is_err(), lane == 3);
        }
    }
}

/// A step so large that its coefficient overflows, where nothing is memorized.
#[test]
fn a_run_that_overflows_leaves_the_others_alone() {
    for d in [5, 11] {
        let problem = |of: Problem| Problem::new(of.train.memorizing(0.0), None, None).unwrap();
        let problems = shared::problems(20, d).into_iter().map(problem);
        let problems: Vec<Problem> = problems.take(2).collect();
        let [wild, calm] = [1e30, 0.01].map(|learning_rate| Sgd {
            loss: Loss::Squared,
            learning_rate,
            weight_decay: 0.0,
            ..Sgd::default()
        });
        let jobs = [Job::new(&problems[0], &wild), Job::new(&problems[1], &calm)];
        let ended = |jobs: &[Job<'_>], kernel| -> Vec<Result<Vec<u64>, Diverged>> {
            let mut training = start(jobs, kernel, SimdChoice::Auto).unwrap();
            (0..6).for_each(|_| training.advance());
            let end = |lane| match training.diverged(lane) {
                Some(diverged) => Err(diverged),
                None => training.model(lane).map(|weights| shared::bits(&weights)),
            };
            (0..training.lanes()).map(end).collect()
        };
        let alone = jobs.map(|job| ended(&[job], KernelChoice::Scalar)).concat();
        assert!(alone[0].is_err() && alone[1].is_ok(), "{alone:?}");
        assert_eq!(ended(&jobs, KernelChoice::Lanes), alone);
    }
}

/// Sparse rows that eight problems share, with targets, and if asked for weights, of their own.
fn shared_rows(weighted: bool, memorization: f64) -> Vec<Problem> {
    let rows = 40;
    let mut stream = Stream::new(RandomFamily::Xoshiro256pp, 5, Purpose::TrainData);
    let mut number = || f64::from(stream.below(2000)) / 1000.0 - 1.0;
    let (mut starts, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
    for _ in 0..rows {
        // From no column to all.
        columns.extend((0..11).filter(|_| number() > 0.2));
        values.extend((values.len()..columns.len()).map(|_| number()));
        starts.push(columns.len());
    }
    let csr = Csr::new(11, starts, columns, values).unwrap();
    let problem = || {
        let targets: Vec<f64> = (0..rows).map(|_| number().signum()).collect();
        let data = Dataset::sparse(csr.clone(), &targets, TargetKind::Sign).unwrap();
        let weights: Vec<f64> = (0..rows).map(|_| 0.5 + number() / 2.0).collect();
        let data = match weighted {
            true => data.weighted(weights).unwrap(),
            false => data,
        };
        Problem::new(data.memorizing(memorization), None, None).unwrap()
    };
    std::iter::repeat_with(problem).take(8).collect()
}

#[test]
fn lanes_that_share_rows_and_order_have_the_bits_of_each_alone() {
    for (weighted, memorization) in [(false, 0.0), (true, 0.0), (false, 0.8), (true, 0.8)] {
        let problems = shared_rows(weighted, memorization);
        for spec in shared::specs(6, 5.0) {
            for bias in [false, true] {
                let spec = Sgd {
                    bias,
                    ..spec.clone()
                };
                let jobs: Vec<Job<'_>> = problems.iter().map(|p| Job::new(p, &spec)).collect();
                let together = start(&jobs, KernelChoice::Auto, SimdChoice::Auto);
                assert_eq!(together.unwrap().lanes(), 8, "lanes are chosen");
                for simd in shared::levels() {
                    for size in [2, 8] {
                        let together = see(&spec, &jobs[..size], KernelChoice::Auto, simd, None);
                        for (lane, (job, found)) in jobs.iter().zip(&together).enumerate() {
                            let alone = see(&spec, &[*job], KernelChoice::Scalar, simd, None);
                            assert!(found == &alone[0], "lane {lane} of {size}, {spec:?}");
                        }
                    }
                }
            }
        }
    }
}
