//! Runs trained side by side, whatever they have in common, against each of them alone, to the bit.

mod shared;

use self::shared::{bits, draw::Draw, levels, looks::compare_looks};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use sparsegrok_data::{Dataset, Problem, RandomFamily, TargetKind, Teacher};
use sparsegrok_kernel::{
    BatchSize, DecayOrder, Diverged, Evaluation, Init, Job, KernelChoice, Loss, Order, Schedule,
    Sgd, SideBySide, SimdChoice, State, Training, start,
};

/// Most epochs of a run.
const EPOCHS: u64 = 8;

/// The parts of a run that are those of its group, where they are not its own.
#[derive(Clone, Copy, Debug)]
struct InCommon {
    order: bool,
    rows: bool,
    targets: bool,
}

/// One run: what it has in common with others, its settings, and its memorization scale.
#[derive(Clone, Debug)]
struct Run {
    in_common: InCommon,
    spec: Sgd,
    alpha: f64,
}

/// The size of every run's rows.
#[derive(Clone, Copy, Debug)]
struct Shape {
    rows: usize,
    signal: usize,
    tail: usize,
    /// True when all non-zeros of the tail are 1.
    ones: bool,
    /// True when rows have weights, each run's its own.
    weighted: bool,
    kind: TargetKind,
}

/// Runs whose steps can be taken together.
#[derive(Clone, Debug)]
struct Group {
    seed: u64,
    shape: Shape,
    runs: Vec<Run>,
}

impl Group {
    /// The problem of each run.
    fn problems(&self) -> Vec<Problem> {
        let Shape {
            rows,
            signal,
            tail,
            ones,
            weighted,
            kind,
        } = self.shape;
        let drawn = |seed| {
            let mut draw = Draw::new(seed);
            let features = draw.features(rows, signal, tail, ones);
            (features, draw.targets(rows, kind), draw)
        };
        let (common_features, common_targets, _) = drawn(self.seed);
        let of_run = |(run, seed): (&Run, u64)| {
            let (mut features, mut targets, mut draw) = drawn(seed);
            if run.in_common.rows {
                features = common_features.clone();
            }
            if run.in_common.targets {
                targets.clone_from(&common_targets);
            }
            let data = Dataset::new(features, targets, kind, None).unwrap();
            let data = data.memorizing(run.alpha);
            let data = match weighted {
                true => data.weighted(draw.row_weights(rows)).unwrap(),
                false => data,
            };
            let teacher = (signal > 0).then(|| Teacher::along(draw.normals(signal)));
            Problem::new(data, None, teacher).unwrap()
        };
        let seeds = self.seed + 1..;
        self.runs.iter().zip(seeds).map(of_run).collect()
    }

    fn jobs<'a>(&'a self, problems: &'a [Problem]) -> Vec<Job<'a>> {
        let of_run = |((run, problem), number): ((&'a Run, _), u64)| Job {
            order_seed: match run.in_common.order {
                true => self.seed,
                false => self.seed + number,
            },
            ..Job::new(problem, &run.spec)
        };
        let runs = self.runs.iter().zip(problems);
        runs.zip(1..).map(of_run).collect()
    }
}

/// Everything that is seen of a run after an epoch.
#[derive(Debug, PartialEq)]
struct Look {
    weights: Vec<u64>,
    state: Kept,
    evaluation: Result<Evaluation, Diverged>,
}

/// A state, equal to another only in every bit.
#[derive(Debug)]
struct Kept(State);

impl PartialEq for Kept {
    fn eq(&self, other: &Self) -> bool {
        let bits = |Self(state): &Self| -> Vec<u64> {
            let arrays = state.arrays.iter().flat_map(|(_, values)| values);
            arrays.map(|value| value.to_bits()).collect()
        };
        self.0 == other.0 && bits(self) == bits(other)
    }
}

/// A run after each of its epochs, to the last or to where it diverged.
type Seen = Vec<Result<Look, Diverged>>;

/// Trains runs, each as long as it lasts, and all of a company until the longest of them ends.
fn watch(jobs: &[Job<'_>], kernel: KernelChoice, simd: SimdChoice) -> Vec<Seen> {
    let mut seen: Vec<Seen> = jobs.iter().map(|_| Vec::new()).collect();
    let mut first = 0;
    while first < jobs.len() {
        let mut training = start(&jobs[first..], kernel, simd).unwrap();
        let company = first..first + training.lanes();
        let begun = jobs[first].start.map_or(0, |state| state.epoch);
        let epochs = jobs[company.clone()].iter().map(|job| job.spec.epochs);
        for epoch in begun + 1..=epochs.max().unwrap() {
            training.advance();
            for (lane, run) in company.clone().enumerate() {
                let is_over = epoch > jobs[run].spec.epochs;
                if !is_over && seen[run].last().is_none_or(Result::is_ok) {
                    seen[run].push(look(&mut training, lane));
                }
            }
        }
        first = company.end;
    }
    seen
}

fn look(training: &mut SideBySide<'_>, lane: usize) -> Result<Look, Diverged> {
    if let Some(diverged) = training.diverged(lane) {
        return Err(diverged);
    }
    let weights = bits(&training.model(lane)?);
    let evaluation = training.evaluate(lane);
    if let Ok(figures) = &evaluation {
        compare_looks(training, lane, figures);
    }
    Ok(Look {
        weights,
        state: Kept(training.state(lane)),
        evaluation,
    })
}

/// Each run by the scalar kernel.
fn alone(jobs: &[Job<'_>]) -> Vec<Seen> {
    let of_run = |job: &Job<'_>| watch(&[*job], KernelChoice::Scalar, SimdChoice::Auto);
    jobs.iter().flat_map(of_run).collect()
}

/// The kernels that train runs side by side, at each level.
fn ways() -> Vec<(KernelChoice, SimdChoice)> {
    let kernels = [KernelChoice::Auto, KernelChoice::Lanes];
    let of_level = |simd| kernels.map(|kernel| (kernel, simd));
    levels().flat_map(of_level).collect()
}

/// Settings that are a run's own.
fn own_settings() -> impl Strategy<Value = Sgd> {
    let powers_of_ten = |exponents: std::ops::Range<f64>| exponents.prop_map(|e| 10_f64.powf(e));
    let learning_rate = prop_oneof![
        9 => powers_of_ten(-3.0..0.0),
        // Squared loss diverges, some sooner and some later.
        1 => powers_of_ten(0.5..30.0),
    ];
    // ηλ: weights decay little, or so much in every step that the scale is folded again and again.
    let decay = prop_oneof![
        2 => Just(0.0),
        4 => powers_of_ten(-6.0..-1.0),
        1 => 0.1..0.97,
    ];
    let schedule = select(vec![
        Schedule::Constant,
        Schedule::InverseScaling,
        Schedule::Step,
        Schedule::Cosine,
    ]);
    let init = select(vec![
        Init::Zero,
        Init::Gaussian,
        Init::Orthogonal,
        Init::Teacher,
        Init::AntiTeacher,
    ]);
    (
        learning_rate,
        decay,
        select(vec![DecayOrder::Before, DecayOrder::After]),
        schedule,
        (0.0..1.5, 0.1..1.0, 1_u64..4),
        prop_oneof![Just(0), 1_u64..200],
        (init, 0.0..10.0, any::<u64>()),
        1..=EPOCHS,
    )
        .prop_map(
            |(learning_rate, decay, decay_order, schedule, course, warmup_steps, init, epochs)| {
                let (schedule_power, schedule_factor, schedule_every) = course;
                let (init, init_norm, init_seed) = init;
                Sgd {
                    learning_rate,
                    weight_decay: decay / learning_rate,
                    decay_order,
                    schedule,
                    schedule_power,
                    schedule_factor,
                    schedule_every,
                    warmup_steps,
                    init,
                    init_norm,
                    init_seed,
                    epochs,
                    ..Sgd::default()
                }
            },
        )
}

/// Settings that are common to all runs of a group.
fn common_settings() -> impl Strategy<Value = Sgd> {
    let batch_size = prop_oneof![
        4 => Just(BatchSize::Rows(1)),
        1 => (2_u32..20).prop_map(BatchSize::Rows),
        1 => Just(BatchSize::Full),
    ];
    (
        select(vec![Loss::Logistic, Loss::Squared, Loss::Hinge]),
        batch_size,
        select(vec![
            Order::Shuffle,
            Order::Sequential,
            Order::WithReplacement,
        ]),
        select(vec![RandomFamily::Xoshiro256pp, RandomFamily::Libstdcxx]),
        prop::bool::weighted(0.2),
    )
        .prop_map(|(loss, batch_size, order, rng, bias)| Sgd {
            loss,
            batch_size,
            order,
            rng,
            bias,
            ..Sgd::default()
        })
}

/// Sizes of rows, whose targets can be real numbers if the loss takes them.
fn shapes() -> impl Strategy<Value = Shape> {
    (
        1_usize..=60,
        // Every width that steps are compiled for, and widths that rows are padded from.
        select(vec![0_usize, 1, 3, 5, 8, 11, 17]),
        prop_oneof![3 => Just(0_usize), 1 => 1_usize..30],
        any::<bool>(),
        prop::bool::weighted(0.2),
        select(vec![TargetKind::Sign, TargetKind::Real]),
    )
        .prop_map(|(rows, signal, tail, ones, weighted, kind)| Shape {
            rows,
            signal,
            // Rows have columns of one kind at least.
            tail: if signal == 0 { tail.max(7) } else { tail },
            ones,
            weighted,
            kind,
        })
}

/// What each run has in common with others, if that is not the same for all.
fn mixtures() -> impl Strategy<Value = InCommon> {
    let part = || prop::bool::weighted(0.8);
    (part(), part(), part()).prop_map(|(order, rows, targets)| InCommon {
        order,
        rows,
        targets,
    })
}

fn groups() -> impl Strategy<Value = Group> {
    let in_common = |order, rows, targets| {
        Just(Some(InCommon {
            order,
            rows,
            targets,
        }))
    };
    let of_all = prop_oneof![
        3 => in_common(true, true, true),
        1 => in_common(true, true, false),
        1 => in_common(true, false, false),
        1 => in_common(false, true, true),
        1 => in_common(false, false, false),
        3 => Just(None),
    ];
    let alpha = prop_oneof![1 => Just(0.0), 3 => 0.3..3.0];
    let run = (mixtures(), own_settings(), alpha);
    (
        // Not so large that seeds of runs, which count on from it, are none of `std::mt19937`.
        any::<u32>().prop_map(|seed| u64::from(seed / 2)),
        shapes(),
        common_settings(),
        of_all,
        any::<bool>(),
        vec(run, 1..=20),
    )
        .prop_map(|(seed, mut shape, common, of_all, memorize, runs)| {
            if common.loss != Loss::Squared {
                shape.kind = TargetKind::Sign;
            }
            let run = |(in_common, own, alpha): (InCommon, Sgd, f64)| Run {
                in_common: of_all.unwrap_or(in_common),
                spec: Sgd {
                    loss: common.loss,
                    batch_size: common.batch_size,
                    order: common.order,
                    rng: common.rng,
                    bias: common.bias,
                    // Directions that follow the teacher's need one, and one that is not its own.
                    init: match own.init {
                        Init::Orthogonal | Init::Teacher | Init::AntiTeacher
                            if shape.signal < 2 =>
                        {
                            Init::Gaussian
                        }
                        init => init,
                    },
                    ..own
                },
                alpha: if memorize { alpha } else { 0.0 },
            };
            Group {
                seed,
                shape,
                runs: runs.into_iter().map(run).collect(),
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(800))]

    #[test]
    fn a_run_in_company_has_the_bits_of_it_alone(group in groups()) {
        let problems = group.problems();
        let jobs = group.jobs(&problems);
        let expected = alone(&jobs);
        for (kernel, simd) in ways() {
            let found = watch(&jobs, kernel, simd);
            for (run, (found, expected)) in found.iter().zip(&expected).enumerate() {
                prop_assert!(found == expected, "run {run}, {kernel:?}, {simd:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Runs are kept after some epochs, and those that are not over go on in another company.
    #[test]
    fn a_run_goes_on_in_other_company_to_the_same_bits(
        group in groups(),
        after in 1..EPOCHS,
        first in select(ways()),
        second in select(ways()),
        reverse in any::<bool>(),
        part in 1_usize..=20,
    ) {
        let problems = group.problems();
        let jobs = group.jobs(&problems);
        let expected = alone(&jobs);
        let begun = watch(&jobs, first.0, first.1);
        let mut rest: Vec<(usize, Job<'_>)> = Vec::new();
        for (run, (job, seen)) in jobs.iter().zip(&begun).enumerate() {
            let last = seen.get(after as usize - 1);
            if let (Some(Ok(look)), true) = (last, after < job.spec.epochs) {
                let start = Some(&look.state.0);
                rest.push((run, Job { start, ..*job }));
            }
        }
        if reverse {
            rest.reverse();
        }
        for part in rest.chunks(part) {
            let jobs: Vec<Job<'_>> = part.iter().map(|(_, job)| *job).collect();
            let found = watch(&jobs, second.0, second.1);
            for (found, (run, _)) in found.iter().zip(part) {
                let expected = &expected[*run][after as usize..];
                prop_assert!(found == expected, "run {run}, {first:?}, {second:?}");
            }
        }
    }
}
