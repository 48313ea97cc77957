//! Problems and settings of any kind, and the formulas that trained weights are held against.

use proptest::prelude::*;
use sparsegrok_data::{Dataset, Problem, RandomFamily, TargetKind, Teacher};
use sparsegrok_kernel::{
    BatchSize, DecayOrder, Init, Loss, Order, Schedule, Sgd, Weights, initial_signal,
};

use super::draw::Draw;
use super::values;

/// The shape of a random problem.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) seed: u64,
    pub(crate) rows: usize,
    pub(crate) signal: usize,
    pub(crate) tail: usize,
    pub(crate) memorization: Option<f64>,
    pub(crate) real_targets: bool,
    /// True when all non-zeros of the tail are 1.
    pub(crate) ones: bool,
    /// True when rows have weights, from 0 to 1.
    pub(crate) weighted: bool,
}

impl Shape {
    /// Gaussian rows, and targets that do not depend on them.
    pub(crate) fn problem(&self) -> Problem {
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
    pub(crate) fn largest_row(&self, problem: &Problem) -> f64 {
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

/// Settings of any kind but for the loss: learning rate and decay are shares, for [`stable`] to scale to the data.
pub(crate) fn specs(
    batch_sizes: impl Strategy<Value = BatchSize>,
    epochs: u64,
) -> impl Strategy<Value = Sgd> {
    let schedule = prop_oneof![
        3 => Just(Schedule::Constant),
        1 => Just(Schedule::InverseScaling),
        1 => Just(Schedule::Step),
        1 => Just(Schedule::Cosine),
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
        batch_sizes,
        order,
        decay,
        init,
        any::<(bool, bool, bool, u32)>(),
        0.02..0.9,
        prop_oneof![Just(0), 1_u64..200],
    )
        .prop_map(
            move |(schedule, batch_size, order, share, init, flags, strength, warmup)| {
                let (bias, before, libstdcxx, seed) = flags;
                Sgd {
                    schedule,
                    batch_size,
                    order,
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
                    epochs,
                    ..Sgd::default()
                }
            },
        )
}

/// Scales the learning rate to the stable range of the data, and decay to its share.
pub(crate) fn stable(mut spec: Sgd, loss: Loss, largest_row: f64) -> Sgd {
    spec.loss = loss;
    let limit = if loss == Loss::Logistic { 6.0 } else { 1.0 };
    spec.learning_rate *= limit / (largest_row + f64::from(u8::from(spec.bias)));
    spec.weight_decay /= spec.learning_rate.max(1.0);
    spec
}

fn largest(w: &Weights) -> f64 {
    values(w).fold(1.0, |largest, w| largest.max(w.abs()))
}

/// Compares weights, within a part of the largest of them, or of 1.
pub(crate) fn assert_close(
    found: &Weights,
    expected: &Weights,
    tolerance: f64,
) -> Result<(), TestCaseError> {
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
pub(crate) fn learning_rate(spec: &Sgd, step: u64, steps_per_epoch: u64) -> f64 {
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

/// Checks the identity, and for the logistic loss that no row is memorized with the wrong sign; nothing where
/// rows do not memorize.
pub(crate) fn assert_identity(
    problem: &Problem,
    spec: &Sgd,
    trained: &Weights,
) -> Result<(), TestCaseError> {
    if problem.train.memorization().is_none() {
        return Ok(());
    }
    assert_close(trained, &identity(problem, spec, trained), 1e-11)?;
    if spec.loss == Loss::Logistic {
        let mut pairs = trained.memorization.iter().zip(problem.train.targets());
        prop_assert!(pairs.all(|(m, y)| m * y >= 0.0));
    }
    Ok(())
}
