//! The scalar kernel against the dense reference and against an exact identity, over thousands of
//! configurations.

mod shared;

use self::shared::{bits, draw::Draw, values, ways};
use proptest::prelude::*;
use sparsegrok_data::{Dataset, Problem, RandomFamily, TargetKind, Teacher};
use sparsegrok_kernel::{
    BatchSize, DecayOrder, Init, KernelChoice, Loss, Order, Schedule, Sgd, SimdChoice, Weights,
    initial_signal, train,
};

const EPOCHS: u64 = 50;

/// The shape of a random problem.
#[derive(Clone, Debug)]
struct Shape {
    seed: u64,
    rows: usize,
    signal: usize,
    tail: usize,
    memorization: Option<f64>,
    real_targets: bool,
    /// True when all non-zeros of the tail are 1.
    ones: bool,
    /// True when rows have weights, from 0 to 1.
    weighted: bool,
}

impl Shape {
    fn problem(&self) -> Problem {
        let mut draw = Draw::new(self.seed);
        let direction = draw.normals(self.signal);
        let teacher = (self.signal > 0).then(|| Teacher::along(direction));
        let features = draw.features(self.rows, self.signal, self.tail, self.ones);
        let kind = if self.real_targets {
            TargetKind::Real
        } else {
            TargetKind::Sign
        };
        let targets = draw.targets(self.rows, kind);
        let data = Dataset::new(features, targets, kind, self.memorization).unwrap();
        let data = match self.weighted {
            true => data.weighted(draw.row_weights(self.rows)).unwrap(),
            false => data,
        };
        Problem::new(data, None, teacher).unwrap()
    }

    /// The largest squared norm of a row.
    fn largest_row(&self, problem: &Problem) -> f64 {
        let own = self.memorization.unwrap_or(0.0).powi(2);
        (0..self.rows)
            .map(|i| {
                let row = problem.train.row(i);
                let values = row.signal.iter().chain(row.tail.values);
                values.map(|x| x * x).sum::<f64>() + own
            })
            .fold(1e-3, f64::max)
    }
}

fn shapes() -> impl Strategy<Value = (Shape, Loss)> {
    let loss = prop_oneof![Just(Loss::Logistic), Just(Loss::Squared), Just(Loss::Hinge)];
    (
        any::<u64>(),
        // Some epochs are longer than a block of steps.
        prop_oneof![9 => 1_usize..24, 1 => 120_usize..300],
        // None; both sides of the width up to which steps chain, and of whole blocks of eight.
        prop_oneof![Just(0_usize), 1_usize..=8, 9_usize..=20],
        prop_oneof![Just(0_usize), 1_usize..30],
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
                    // Rows have columns of one kind at least.
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

fn specs() -> impl Strategy<Value = Sgd> {
    let schedule = prop_oneof![
        3 => Just(Schedule::Constant),
        1 => Just(Schedule::InverseScaling),
        1 => Just(Schedule::Step),
        1 => Just(Schedule::Cosine),
    ];
    let batch = prop_oneof![
        4 => Just(BatchSize::Rows(1)),
        2 => (2_u32..30).prop_map(BatchSize::Rows),
        1 => Just(BatchSize::Full),
    ];
    let order = prop_oneof![
        Just(Order::Shuffle),
        Just(Order::Sequential),
        Just(Order::WithReplacement)
    ];
    let decay = prop_oneof![
        Just(0.0),
        (-6.0_f64..-1.0).prop_map(|e| 10_f64.powf(e)),
        Just(0.9)
    ];
    let init = prop_oneof![Just(Init::Zero), Just(Init::Gaussian)];
    (
        schedule,
        batch,
        order,
        decay,
        init,
        any::<(bool, bool, bool, u32)>(),
        0.02..0.9,
        prop_oneof![Just(0), 1_u64..200],
    )
        .prop_map(
            |(schedule, batch_size, order, share, init, flags, strength, warmup)| {
                let (bias, before, libstdcxx, seed) = flags;
                Sgd {
                    schedule,
                    batch_size,
                    order,
                    // Shares of stability and of total decay, scaled to the data below.
                    weight_decay: share,
                    learning_rate: strength,
                    init,
                    init_norm: 2.0,
                    bias,
                    decay_order: if before {
                        DecayOrder::Before
                    } else {
                        DecayOrder::After
                    },
                    rng: if libstdcxx {
                        RandomFamily::Libstdcxx
                    } else {
                        RandomFamily::Xoshiro256pp
                    },
                    order_seed: u64::from(seed),
                    warmup_steps: warmup,
                    schedule_every: 7,
                    epochs: EPOCHS,
                    ..Sgd::default()
                }
            },
        )
}

/// Scales the learning rate to the stable range of the data, and decay to its share.
fn stable(mut spec: Sgd, loss: Loss, largest_row: f64) -> Sgd {
    spec.loss = loss;
    let limit = if loss == Loss::Logistic { 6.0 } else { 1.0 };
    spec.learning_rate *= limit / (largest_row + f64::from(u8::from(spec.bias)));
    spec.weight_decay /= spec.learning_rate.max(1.0);
    spec
}

fn run(problem: &Problem, spec: &Sgd, kernel: KernelChoice, simd: SimdChoice) -> Weights {
    train(problem, spec, kernel, simd).unwrap()
}

fn largest(w: &Weights) -> f64 {
    values(w).fold(1.0, |largest, w| largest.max(w.abs()))
}

fn assert_close(found: &Weights, expected: &Weights, tolerance: f64) -> Result<(), TestCaseError> {
    let tolerance = tolerance * largest(expected);
    prop_assert_eq!(values(found).count(), values(expected).count());
    for (i, (found, expected)) in values(found).zip(values(expected)).enumerate() {
        prop_assert!(
            (found - expected).abs() <= tolerance,
            "weight {}: {:e}, expected {:e}",
            i,
            found,
            expected
        );
    }
    Ok(())
}

/// η_t by the formulas of the documentation, with the standard library's functions.
fn learning_rate(spec: &Sgd, step: u64, steps_per_epoch: u64) -> f64 {
    let (t, eta) = (step as f64, spec.learning_rate);
    let eta = match spec.schedule {
        Schedule::Constant => eta,
        Schedule::InverseScaling => eta * (t + 1.0).powf(-spec.schedule_power),
        Schedule::Step => {
            let drops = step / steps_per_epoch / spec.schedule_every;
            eta * spec.schedule_factor.powf(drops as f64)
        }
        Schedule::Cosine => {
            let total = (steps_per_epoch * spec.epochs) as f64;
            0.5 * eta * (1.0 + (std::f64::consts::PI * t / total).cos())
        }
    };
    match spec.warmup_steps {
        0 => eta,
        warmup => eta * ((t + 1.0) / warmup as f64).min(1.0),
    }
}

/// v_T = D v₀ + Σ (m_i/α) x_i and tail alike: every update moves row i's columns together.
fn identity(problem: &Problem, spec: &Sgd, trained: &Weights) -> Weights {
    let data = &problem.train;
    let alpha = data.memorization().unwrap();
    let steps_per_epoch = data.len().div_ceil(spec.batch_size.rows(data.len())) as u64;
    let decayed: f64 = (0..steps_per_epoch * spec.epochs)
        .map(|t| 1.0 - learning_rate(spec, t, steps_per_epoch) * spec.weight_decay)
        .product();
    let width = data.features().signal_width();
    let initial = initial_signal(spec, spec.init_seed, width, problem.teacher.as_ref()).unwrap();
    let mut expected = Weights {
        signal: initial.iter().map(|v| decayed * v).collect(),
        tail: vec![0.0; trained.tail.len()],
        ..trained.clone()
    };
    for (i, m) in trained.memorization.iter().enumerate() {
        let row = data.row(i);
        for (v, x) in expected.signal.iter_mut().zip(row.signal) {
            *v += m / alpha * x;
        }
        for (column, x) in row.tail.indices.iter().zip(row.tail.values) {
            expected.tail[column] += m / alpha * x;
        }
    }
    expected
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn scalar_agrees_with_dense_and_with_the_identity(
        (shape, loss) in shapes(),
        spec in specs(),
    ) {
        let problem = shape.problem();
        let spec = stable(spec, loss, shape.largest_row(&problem));
        let scalar = run(&problem, &spec, KernelChoice::Scalar, SimdChoice::Auto);
        let dense = run(&problem, &spec, KernelChoice::Dense, SimdChoice::Auto);
        assert_close(&scalar, &dense, 1e-10)?;
        if shape.memorization.is_some() {
            assert_close(&scalar, &identity(&problem, &spec, &scalar), 1e-11)?;
            if loss == Loss::Logistic {
                let pairs = scalar.memorization.iter().zip(problem.train.targets());
                prop_assert!(pairs.clone().all(|(m, y)| m * y >= 0.0));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn every_level_and_kernel_gives_the_same_bits((shape, loss) in shapes(), spec in specs()) {
        let problem = shape.problem();
        let spec = Sgd {
            epochs: 5,
            ..stable(spec, loss, shape.largest_row(&problem))
        };
        let trained = |kernel, simd| -> Vec<u64> {
            bits(&run(&problem, &spec, kernel, simd))
        };
        let expected = trained(KernelChoice::Scalar, SimdChoice::Auto);
        for (kernel, simd) in ways() {
            prop_assert_eq!(&trained(kernel, simd), &expected);
        }
    }
}
