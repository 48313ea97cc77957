//! Seeds trained in lanes against the same seeds trained alone, to the bit.

mod shared;

use sparsegrok_data::{Problem, SyntheticSpec, generate};
use sparsegrok_kernel::{
    Diverged, EvaluationPlan, Job, KernelChoice, Loss, Sgd, SimdChoice, Training, Weights, start,
};

/// Everything that is seen of a run on its way and at its end, as bits.
#[derive(Debug, PartialEq)]
struct Seen {
    evaluations: Vec<(u64, Vec<u64>)>,
    ended: Result<Vec<u64>, Diverged>,
}

fn bits(w: &Weights) -> Vec<u64> {
    let weights = w.signal.iter().chain(&w.tail).chain(&w.memorization);
    weights.chain([&w.bias]).map(|w| w.to_bits()).collect()
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
    let mut seen: Vec<Seen> = Vec::new();
    while seen.len() < runs.len() {
        let first = seen.len();
        let mut training = start(spec, &runs[first..], kernel, simd, None).unwrap();
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
                            *last = bits(&weights);
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

fn problems(n: usize, d: usize) -> Vec<Problem> {
    (0..8)
        .map(|seed| {
            generate(&SyntheticSpec {
                n_train: n,
                n_test: 0,
                d_signal: d,
                data_seed: seed,
                memorization_scale: 0.7,
                ..SyntheticSpec::default()
            })
            .unwrap()
        })
        .collect()
}

fn runs(problems: &[Problem]) -> Vec<Job<'_>> {
    let numbered = (0..).zip(problems);
    numbered
        .map(|(seed, problem)| Job {
            problem,
            order_seed: 100 + seed,
            init_seed: 7 * seed,
            start: None,
        })
        .collect()
}

#[test]
fn a_seed_has_the_same_bits_in_any_lane_of_any_group_at_any_level() {
    let levels = [SimdChoice::Portable, SimdChoice::Avx2, SimdChoice::Avx512];
    for d in [1, 3, 5, 7, 8, 11, 17] {
        let problems = problems(45, d);
        let mut runs = runs(&problems);
        for spec in shared::specs(6, 5.0) {
            let alone: Vec<Seen> = runs
                .iter()
                .flat_map(|run| see(&spec, &[*run], KernelChoice::Scalar, SimdChoice::Auto, None))
                .collect();
            for simd in levels.into_iter().filter(|simd| simd.level().is_ok()) {
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
        let mut problems = problems(45, d);
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
        let runs = runs(&problems);
        let spec = Sgd {
            loss: Loss::Squared,
            learning_rate: 0.01,
            epochs: 6,
            ..Sgd::default()
        };
        let together = see(&spec, &runs, KernelChoice::Lanes, SimdChoice::Auto, None);
        for (lane, (run, found)) in runs.iter().zip(&together).enumerate() {
            let alone = see(&spec, &[*run], KernelChoice::Scalar, SimdChoice::Auto, None);
            assert_eq!(found.ended, alone[0].ended, "lane {lane}");
            assert_eq!(found.ended.is_err(), lane == 3);
        }
    }
}
