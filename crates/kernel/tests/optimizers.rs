//! Momentum and AdamW against textbook loops over every weight, and against themselves: resumed, looked at, by class.

mod shared;

use self::shared::formulas::{Shape, assert_close, assert_identity, learning_rate, specs, stable};
use self::shared::{bits, levels, problems};
use proptest::prelude::*;
use sparsegrok_data::{Dataset, Problem, TargetKind};
use sparsegrok_kernel::{
    BatchSize, DecayOrder, Job, KernelChoice, LinearState, Loss, OneVsRest, Optimizer, Order,
    RunGroup, Schedule, Sgd, Sharing, SideBySide, SimdChoice, State, Training, VisitingOrder,
    Weights, fits, initial_signal, start, train,
};

const EPOCHS: u64 = 30;

/// All weights as one vector, the bias last, each of which takes every step.
fn textbook(problem: &Problem, spec: &Sgd) -> Weights {
    let data = &problem.train;
    let (n, columns) = (data.len(), data.columns());
    let rows: Vec<Vec<f64>> = (0..n).map(|i| dense(data, i, spec.bias)).collect();
    let (signal, tail) = (data.features().signal_width(), data.features().tail_width());
    let teacher = problem.teacher.as_ref();
    let mut w = initial_signal(spec, spec.init_seed, signal, teacher).unwrap();
    w.resize(columns + 1, 0.0);
    let (mut first, mut second) = (vec![0.0; w.len()], vec![0.0; w.len()]);
    let (size, per_epoch) = (spec.batch_size.rows(n), spec.steps_per_epoch(n));
    let mut orders = VisitingOrder::new(spec, spec.order_seed, n);
    let mut t = 0;
    for _ in 0..spec.epochs {
        for batch in orders.next_epoch().chunks(size) {
            let eta = learning_rate(spec, t, per_epoch);
            t += 1;
            let decay = |column| match column == columns {
                true => 1.0,
                false => 1.0 - eta * spec.weight_decay,
            };
            let at = |column| match spec.decay_order {
                DecayOrder::Before => decay(column),
                DecayOrder::After => 1.0,
            };
            let mut gradient = vec![0.0; w.len()];
            for &i in batch {
                let (x, y) = (&rows[i as usize], data.targets()[i as usize]);
                let z: f64 = (0..w.len()).map(|j| at(j) * w[j] * x[j]).sum();
                let weight = data.row_weights().map_or(1.0, |of| of[i as usize]);
                let slope = weight * slope(spec.loss, z, y) / batch.len() as f64;
                for (g, x) in gradient.iter_mut().zip(x) {
                    *g += slope * x;
                }
            }
            for (j, g) in gradient.iter().enumerate() {
                let change = match spec.optimizer {
                    Optimizer::Sgd => *g,
                    Optimizer::Momentum => {
                        first[j] = spec.momentum * first[j] + g;
                        first[j]
                    }
                    Optimizer::AdamW => {
                        let (b1, b2) = (spec.adam_beta1, spec.adam_beta2);
                        first[j] = b1 * first[j] + (1.0 - b1) * g;
                        second[j] = b2 * second[j] + (1.0 - b2) * g * g;
                        let mean = first[j] / (1.0 - b1.powi(t as i32));
                        let square: f64 = second[j] / (1.0 - b2.powi(t as i32));
                        mean / (square.sqrt() + spec.adam_epsilon)
                    }
                };
                w[j] = decay(j) * w[j] - eta * change;
            }
        }
    }
    let bias = w.pop().unwrap();
    let memorization = w.split_off(signal + tail);
    let tail = w.split_off(signal);
    Weights {
        signal: w,
        tail,
        memorization,
        bias,
    }
}

/// A row with all columns, and a last one of 1 for the bias.
fn dense(data: &Dataset, i: usize, bias: bool) -> Vec<f64> {
    let row = data.row(i);
    let mut dense = vec![0.0; data.columns() + 1];
    dense[..row.signal.len()].copy_from_slice(row.signal);
    for (column, value) in row.tail.indices.iter().zip(row.tail.values) {
        dense[row.signal.len() + column] = *value;
    }
    if let Some(slot) = row.memorization {
        dense[slot.column] = slot.value;
    }
    dense[data.columns()] = f64::from(u8::from(bias));
    dense
}

fn slope(loss: Loss, z: f64, y: f64) -> f64 {
    match loss {
        Loss::Logistic => -y / (1.0 + (y * z).exp()),
        Loss::Squared => z - y,
        Loss::Hinge => -y * f64::from(u8::from(y * z < 1.0)),
    }
}

fn shapes() -> impl Strategy<Value = (Shape, Loss)> {
    let loss = prop_oneof![Just(Loss::Logistic), Just(Loss::Squared), Just(Loss::Hinge)];
    (
        any::<u64>(),
        1_usize..40,
        0_usize..7,
        prop_oneof![Just(0_usize), 1_usize..40],
        prop_oneof![Just(None), (0.3..3.0).prop_map(Some)],
        loss,
        any::<(bool, bool, bool)>(),
    )
        .prop_map(
            |(seed, rows, signal, tail, memorization, loss, (real, ones, weighted))| {
                let shape = Shape {
                    seed,
                    rows,
                    signal,
                    tail: if signal == 0 { tail.max(1) } else { tail },
                    memorization,
                    real_targets: real && loss == Loss::Squared,
                    ones,
                    weighted,
                };
                (shape, loss)
            },
        )
}

/// A batch of some rows has one learning rate, as it must.
fn with_momentum(spec: Sgd, momentum: f64, is_critical: bool) -> Sgd {
    let is_full = spec.batch_size == BatchSize::Full;
    let learning_rate = spec.learning_rate * (1.0 - momentum);
    let (schedule, warmup_steps) = match is_full {
        true => (spec.schedule, spec.warmup_steps),
        false => (Schedule::Constant, 0),
    };
    Sgd {
        optimizer: Optimizer::Momentum,
        momentum,
        learning_rate,
        schedule,
        warmup_steps,
        // Weights then fade as fast as velocities do, but for the last digit.
        weight_decay: match is_critical && momentum > 0.0 {
            true => (1.0 - momentum) / learning_rate,
            false => spec.weight_decay,
        },
        ..spec
    }
}

fn trained(problem: &Problem, spec: &Sgd) -> Weights {
    train(problem, spec, KernelChoice::Auto, SimdChoice::Auto).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn momentum_is_the_textbook_s(
        (shape, loss) in shapes(),
        spec in specs(
            prop_oneof![
                3 => Just(BatchSize::Rows(1)),
                2 => (2_u32..30).prop_map(BatchSize::Rows),
                1 => Just(BatchSize::Full),
            ],
            EPOCHS,
        ),
        momentum in prop_oneof![Just(0.0), 0.0..0.95, Just(0.9)],
        is_critical in prop::bool::weighted(0.2),
    ) {
        let problem = shape.problem();
        let spec = stable(spec, loss, shape.largest_row(&problem));
        let spec = with_momentum(spec, momentum, is_critical);
        let found = trained(&problem, &spec);
        assert_close(&found, &textbook(&problem, &spec), 1e-10)?;
        // Every step changes a row's columns together, with momentum too.
        assert_identity(&problem, &spec, &found)?;
    }

    #[test]
    fn adamw_is_the_textbook_s(
        (shape, loss) in shapes(),
        spec in specs(Just(BatchSize::Full), EPOCHS),
        beta1 in prop_oneof![Just(0.0), 0.0..0.95, Just(0.9)],
        beta2 in prop_oneof![0.9..0.9999, Just(0.999)],
        // A gradient that is nearly zero is divided by itself: its rounding errors must not become whole steps.
        epsilon in -3.0..0.0,
    ) {
        let problem = shape.problem();
        let spec = Sgd {
            optimizer: Optimizer::AdamW,
            adam_beta1: beta1,
            adam_beta2: beta2,
            adam_epsilon: 10_f64.powf(epsilon),
            ..stable(spec, loss, shape.largest_row(&problem))
        };
        let found = trained(&problem, &spec);
        assert_close(&found, &textbook(&problem, &spec), 1e-10)?;
    }
}

/// Optimizers in every kind of batch that they have.
fn optimized() -> Vec<Sgd> {
    let momentum = Sgd {
        optimizer: Optimizer::Momentum,
        learning_rate: 0.02,
        weight_decay: 0.01,
        epochs: 12,
        bias: true,
        ..Sgd::default()
    };
    let full = Sgd {
        batch_size: BatchSize::Full,
        schedule: Schedule::Cosine,
        warmup_steps: 4,
        decay_order: DecayOrder::Before,
        ..momentum.clone()
    };
    vec![
        Sgd {
            batch_size: BatchSize::Rows(7),
            ..momentum.clone()
        },
        Sgd {
            order: Order::WithReplacement,
            ..momentum.clone()
        },
        Sgd {
            order: Order::Sequential,
            loss: Loss::Hinge,
            bias: false,
            ..momentum.clone()
        },
        momentum,
        full.clone(),
        Sgd {
            optimizer: Optimizer::AdamW,
            ..full
        },
    ]
}

/// Rows of every kind of column.
fn with_tails() -> Problem {
    let shape = Shape {
        seed: 5,
        rows: 40,
        signal: 3,
        tail: 50,
        memorization: Some(1.2),
        real_targets: false,
        ones: false,
        weighted: true,
    };
    shape.problem()
}

fn started<'a>(
    problem: &'a Problem,
    spec: &'a Sgd,
    simd: SimdChoice,
    state: Option<&'a State>,
) -> SideBySide<'a> {
    let job = Job {
        start: state,
        ..Job::new(problem, spec)
    };
    start(&[job], KernelChoice::Auto, simd).unwrap()
}

#[test]
fn a_run_goes_on_to_the_same_bits_at_any_level() {
    for (spec, problem) in optimized().iter().flat_map(|spec| {
        let problems = [with_tails(), problems(45, 5).remove(0)];
        problems.map(|problem| (spec, problem))
    }) {
        let mut whole = started(&problem, spec, SimdChoice::Portable, None);
        let mut states = Vec::new();
        for _ in 1..spec.epochs {
            whole.advance();
            states.push(whole.state(0));
        }
        whole.advance();
        let last = whole.state(0);
        for simd in levels() {
            for state in &states {
                assert!(fits(spec, &problem, state), "{spec:?}");
                let mut resumed = started(&problem, spec, simd, Some(state));
                (state.epoch..spec.epochs).for_each(|_| resumed.advance());
                assert!(same(&resumed.state(0), &last), "{spec:?}");
                assert_eq!(resumed.evaluate(0), whole.evaluate(0));
            }
        }
    }
}

/// Tells if two states are the same to the bit.
fn same(one: &State, other: &State) -> bool {
    let bits = |state: &State| -> Vec<u64> {
        let numbers = state.arrays.iter().flat_map(|(_, values)| values);
        numbers.map(|x| x.to_bits()).collect()
    };
    one == other && bits(one) == bits(other)
}

#[test]
fn looks_change_nothing_and_see_what_evaluations_see() {
    for spec in optimized() {
        let problem = with_tails();
        let mut alone = started(&problem, &spec, SimdChoice::Auto, None);
        let mut watched = started(&problem, &spec, SimdChoice::Auto, None);
        for _ in 0..spec.epochs {
            alone.advance();
            watched.advance();
            let figures = watched.evaluate(0).unwrap();
            shared::looks::compare_looks(&mut watched, 0, &figures);
            let weights = Weights::of(&watched.weights(0)).unwrap();
            assert_eq!(bits(&weights), bits(&watched.model(0).unwrap()));
        }
        assert!(same(&alone.state(0), &watched.state(0)), "{spec:?}");
    }
}

#[test]
fn states_of_other_runs_do_not_fit() {
    let problem = with_tails();
    let all = optimized();
    let state = |spec: &Sgd| {
        let mut run = started(&problem, spec, SimdChoice::Auto, None);
        (0..3).for_each(|_| run.advance());
        run.state(0)
    };
    let (momentum, adamw) = (&all[3], &all[5]);
    let plain = Sgd {
        optimizer: Optimizer::Sgd,
        ..momentum.clone()
    };
    let kept = state(momentum);
    assert!(fits(momentum, &problem, &kept));
    assert!(!fits(&plain, &problem, &kept));
    assert!(!fits(momentum, &problem, &state(&plain)));
    assert!(!fits(momentum, &problem, &state(adamw)));
    assert!(!fits(&all[4], &problem, &state(adamw)));
    assert!(!fits(adamw, &problem, &state(&all[4])));
    assert_eq!(LinearState::of(&kept), None);
    let changed = |spec: &Sgd, change: &dyn Fn(&mut State)| {
        let mut state = state(spec);
        change(&mut state);
        fits(spec, &problem, &state)
    };
    // Another number in an array's first place, or one more in its last.
    let set = |name: &str, value: f64| {
        let name = name.to_owned();
        move |state: &mut State| {
            let arrays = state.arrays.iter().map(|(of, values)| {
                let mut values = values.to_vec();
                if of == name {
                    values[0] = value;
                }
                (of.to_owned().into(), values)
            });
            state.arrays = arrays.collect();
        }
    };
    for spec in [momentum, adamw] {
        assert!(changed(spec, &|_| ()));
        assert!(!changed(spec, &|state| (state.epoch, state.step) = (0, 0)));
        assert!(!changed(spec, &|state| state.step += 1));
        assert!(!changed(spec, &|state| state.words = [0; 4]));
        assert!(!changed(spec, &|state| {
            state.arrays = state.arrays.clone().with("more", Vec::new());
        }));
        assert!(!changed(spec, &|state| {
            let arrays = state.arrays.iter();
            let longer =
                arrays.map(|(name, values)| (name.to_owned().into(), [values, &[0.0]].concat()));
            state.arrays = longer.collect();
        }));
    }
    assert!(changed(momentum, &set("steps", 3.0)));
    for wrong in [-1.0, 0.5, f64::NAN, f64::INFINITY, 1e9] {
        assert!(!changed(momentum, &set("steps", wrong)), "{wrong}");
    }
    for wrong in [-1.0, f64::NAN] {
        assert!(!changed(adamw, &set("squares", wrong)), "{wrong}");
    }
}

#[test]
fn what_has_no_lazy_form_is_refused_with_the_reason() {
    let problem = with_tails();
    let fault = |spec: &Sgd, kernel| {
        let started = start(&[Job::new(&problem, spec)], kernel, SimdChoice::Auto);
        started.err().map(|fault| (fault.key, fault.to_string()))
    };
    let all = optimized();
    let momentum = &all[3];
    let auto = KernelChoice::Auto;
    assert_eq!(fault(momentum, auto), None);
    assert_eq!(fault(momentum, KernelChoice::Scalar), None);
    for (spec, word) in [
        (
            Sgd {
                schedule: Schedule::Step,
                ..momentum.clone()
            },
            "one learning rate",
        ),
        (
            Sgd {
                warmup_steps: 1,
                ..momentum.clone()
            },
            "warm-up",
        ),
        (
            Sgd {
                optimizer: Optimizer::AdamW,
                ..momentum.clone()
            },
            "divides by another number in each step",
        ),
    ] {
        let (key, said) = fault(&spec, auto).unwrap();
        assert!(key == "optimizer" && said.contains(word), "{said}");
        let full = Sgd {
            batch_size: BatchSize::Full,
            ..spec
        };
        assert_eq!(fault(&full, auto), None);
    }
    for kernel in [KernelChoice::Dense, KernelChoice::Lanes] {
        let (key, said) = fault(momentum, kernel).unwrap();
        assert!(
            key == "kernel" && said.contains("have one kernel"),
            "{said}"
        );
    }
}

#[test]
fn runs_go_one_at_a_time() {
    let problems = problems(45, 5);
    for spec in optimized() {
        let jobs: Vec<Job<'_>> = problems.iter().map(|of| Job::new(of, &spec)).collect();
        let training = start(&jobs, KernelChoice::Auto, SimdChoice::Auto).unwrap();
        assert_eq!(training.lanes(), 1);
        let shape = sparsegrok_kernel::Shape::of(&problems[0].train);
        let group = RunGroup::of(KernelChoice::Auto, &spec, 8, shape, Sharing::Rows);
        assert_eq!((group.kernel, group.runs), (KernelChoice::Scalar, 1));
    }
}

#[test]
fn a_run_that_diverges_says_where() {
    let problem = with_tails();
    for spec in optimized() {
        let spec = Sgd {
            loss: Loss::Squared,
            learning_rate: 1e80,
            weight_decay: 0.0,
            schedule: Schedule::Constant,
            warmup_steps: 0,
            epochs: 50,
            ..spec
        };
        let mut run = started(&problem, &spec, SimdChoice::Auto, None);
        (0..spec.epochs).for_each(|_| run.advance());
        // AdamW's steps are no longer than the learning rate, so that it has far to go.
        match spec.optimizer {
            Optimizer::AdamW => assert_eq!(run.diverged(0), None),
            _ => {
                let place = run.diverged(0).unwrap();
                let per_epoch = spec.steps_per_epoch(40);
                assert_eq!(place.epoch, (place.step - 1) / per_epoch + 1);
                assert!(place.row < 40);
            }
        }
    }
}

#[test]
fn models_of_classes_are_those_of_runs_alone() {
    let block: Vec<f64> = (0..60).map(|i| f64::from(i * 7 % 11) / 5.0 - 1.0).collect();
    let labels: Vec<f64> = (0..20).map(|i| f64::from(i * i % 3)).collect();
    let rows = Dataset::dense(&block, 3, &labels, TargetKind::Class).unwrap();
    let problem = Problem::new(rows.memorizing(0.5), None, None).unwrap();
    for spec in optimized() {
        let mut run = OneVsRest::start(
            &Job::new(&problem, &spec),
            KernelChoice::Auto,
            SimdChoice::Auto,
        )
        .unwrap();
        (0..5).for_each(|_| run.advance());
        let state = run.state(0);
        assert!(OneVsRest::fits(&spec, &problem, &state));
        let job = Job {
            start: Some(&state),
            ..Job::new(&problem, &spec)
        };
        let mut resumed = OneVsRest::start(&job, KernelChoice::Auto, SimdChoice::Auto).unwrap();
        (5..spec.epochs).for_each(|_| resumed.advance());
        let models = resumed.models().unwrap();
        let alone = problem.classes.as_ref().unwrap().problems();
        for (model, problem) in models.iter().zip(alone) {
            assert_eq!(bits(model), bits(&trained(problem, &spec)));
        }
    }
}
