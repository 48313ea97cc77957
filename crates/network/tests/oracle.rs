//! Networks against a dense textbook one on one-hot rows, in `f64`, and against finite differences; and the bits of runs.

use proptest::prelude::*;
use sparsegrok_kernel::{
    Arrays, BatchSize, Figure, Level, Loss, Optimizer, Order, Schedule, Sgd, State, Training,
};
use sparsegrok_network::{Activation, Example, Job, Network, NetworkSpec, Operation, Table, fits};

/// A dense network on one-hot rows, as a textbook has it: every product over all p classes.
struct Dense {
    network: NetworkSpec,
    loss: Loss,
    /// U, V (p × N) and W (N × p).
    weights: [Vec<f64>; 3],
}

impl Dense {
    fn of(job: &Job<'_>, arrays: &Arrays) -> Self {
        Self {
            network: job.network.clone(),
            loss: job.spec.loss,
            weights: ["u", "v", "w"].map(|name| arrays.get(name).unwrap().to_vec()),
        }
    }

    fn outputs(&self, row: &Example) -> (Vec<f64>, Vec<f64>) {
        let (p, n) = (self.network.modulus, self.network.width);
        let [u, v, w] = &self.weights;
        let one_hot =
            |class: u16| (0..p).map(move |a| f64::from(u8::from(a == usize::from(class))));
        let sums = (0..n).map(|k| {
            let of_a = one_hot(row.a).enumerate().map(|(a, x)| x * u[a * n + k]);
            let of_b = one_hot(row.b).enumerate().map(|(b, x)| x * v[b * n + k]);
            of_a.sum::<f64>() + of_b.sum::<f64>()
        });
        let sums: Vec<f64> = sums.collect();
        let output = |c: usize| (0..n).map(|k| self.phi(sums[k]) * w[k * p + c]).sum();
        let outputs = (0..p).map(output).collect();
        (sums, outputs)
    }

    fn phi(&self, x: f64) -> f64 {
        match self.network.activation {
            Activation::Quadratic => x * x,
            Activation::Relu => x.max(0.0),
        }
    }

    fn slope(&self, x: f64) -> f64 {
        match self.network.activation {
            Activation::Quadratic => 2.0 * x,
            Activation::Relu => f64::from(u8::from(x > 0.0)),
        }
    }

    fn loss(&self, rows: &[Example]) -> f64 {
        let of_row = |row: &Example| {
            let (_, z) = self.outputs(row);
            match self.loss {
                Loss::Squared => {
                    let error = |(c, z): (usize, &f64)| {
                        let target = f64::from(u8::from(c == usize::from(row.label)));
                        (z - target).powi(2)
                    };
                    z.iter().enumerate().map(error).sum::<f64>() / z.len() as f64
                }
                _ => {
                    let sum: f64 = z.iter().map(|z| z.exp()).sum();
                    sum.ln() - z[usize::from(row.label)]
                }
            }
        };
        rows.iter().map(of_row).sum::<f64>() / rows.len() as f64
    }

    fn gradient(&self, rows: &[Example]) -> [Vec<f64>; 3] {
        let (p, n) = (self.network.modulus, self.network.width);
        let [_, _, w] = &self.weights;
        let mut gradient = [(); 3].map(|()| vec![0.0; p * n]);
        for row in rows {
            let (sums, z) = self.outputs(row);
            let total: f64 = z.iter().map(|z| z.exp()).sum();
            for c in 0..p {
                let target = f64::from(u8::from(c == usize::from(row.label)));
                let d = match self.loss {
                    Loss::Squared => 2.0 * (z[c] - target) / (p * rows.len()) as f64,
                    _ => (z[c].exp() / total - target) / rows.len() as f64,
                };
                for k in 0..n {
                    gradient[2][k * p + c] += d * self.phi(sums[k]);
                    let back = d * w[k * p + c] * self.slope(sums[k]);
                    gradient[0][usize::from(row.a) * n + k] += back;
                    gradient[1][usize::from(row.b) * n + k] += back;
                }
            }
        }
        gradient
    }
}

/// The greatest difference, as a share of the greatest number.
fn apart(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let most = expected.iter().fold(1e-30_f64, |most, x| most.max(x.abs()));
    let differences = found.iter().zip(expected).map(|(x, y)| (x - y).abs());
    differences.fold(0.0, f64::max) / most
}

fn network(modulus: usize, width: usize) -> NetworkSpec {
    NetworkSpec {
        modulus,
        width,
        ..NetworkSpec::default()
    }
}

fn sgd() -> Sgd {
    Sgd {
        loss: Loss::Squared,
        batch_size: BatchSize::Full,
        epochs: 20,
        weight_decay: 0.5,
        ..Sgd::default()
    }
}

fn job<'a>(network: &'a NetworkSpec, spec: &'a Sgd, table: &'a Table) -> Job<'a> {
    Job {
        network,
        spec,
        init_scale: 0.9,
        init_seed: 3,
        order_seed: 4,
        table,
        start: None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn gradients_are_those_of_a_dense_network(
        modulus in 2_usize..9,
        width in 1_usize..40,
        data_fraction in 0.3..1.0,
        noise in 0.0..1.0,
        squared: bool,
        quadratic: bool,
        operation in prop_oneof![Just(Operation::Add), Just(Operation::Quadratic)],
    ) {
        let network = NetworkSpec {
            modulus,
            width,
            data_fraction,
            operation,
            activation: if quadratic { Activation::Quadratic } else { Activation::Relu },
        };
        let spec = Sgd {
            loss: if squared { Loss::Squared } else { Loss::Logistic },
            ..sgd()
        };
        let table = Table::draw(&network, noise, 5, 6).unwrap();
        let job = job(&network, &spec, &table);
        for level in Level::available() {
            let mut training = Network::start(job, level).unwrap();
            let found = training.gradient(&table.train);
            let dense = Dense::of(&job, &training.weights(0));
            let expected = dense.gradient(&table.train);
            for (name, expected) in ["u", "v", "w"].into_iter().zip(&expected) {
                let apart = apart(found.get(name).unwrap(), expected);
                prop_assert!(apart < 1e-5, "{name}: {apart}");
            }
            let loss = training.evaluate(0).unwrap()[Figure::TrainLoss];
            prop_assert!((loss / dense.loss(&table.train) - 1.0).abs() < 1e-5);
        }
    }
}

#[test]
fn the_dense_gradient_is_that_of_finite_differences() {
    for (loss, activation) in [
        (Loss::Squared, Activation::Quadratic),
        (Loss::Logistic, Activation::Quadratic),
        (Loss::Logistic, Activation::Relu),
    ] {
        let network = NetworkSpec {
            activation,
            ..network(5, 7)
        };
        let spec = Sgd { loss, ..sgd() };
        let table = Table::draw(&network, 0.3, 5, 6).unwrap();
        let job = job(&network, &spec, &table);
        let training = Network::start(job, Level::Portable).unwrap();
        let mut dense = Dense::of(&job, &training.weights(0));
        let gradient = dense.gradient(&table.train);
        for matrix in 0..3 {
            for at in 0..35 {
                let center = dense.weights[matrix][at];
                let h = 1e-6;
                let mut loss_at = |x| {
                    dense.weights[matrix][at] = x;
                    dense.loss(&table.train)
                };
                let slope = (loss_at(center + h) - loss_at(center - h)) / (2.0 * h);
                dense.weights[matrix][at] = center;
                assert!((slope - gradient[matrix][at]).abs() < 1e-7, "{matrix} {at}");
            }
        }
    }
}

/// A run of the dense network in `f64`, with any optimizer and in batches of rows as they stand.
fn trained_densely(job: &Job<'_>, begin: &Arrays, epochs: u64) -> [Vec<f64>; 3] {
    let mut dense = Dense::of(job, begin);
    let spec = job.spec;
    let zeros = [(); 3].map(|()| vec![0.0; dense.weights[0].len()]);
    let (mut first, mut second) = (zeros.clone(), zeros);
    let steps_per_epoch = spec.steps_per_epoch(job.table.train.len());
    let mut step = 0_i32;
    for _ in 0..epochs {
        for rows in job
            .table
            .train
            .chunks(spec.batch_size.rows(job.table.train.len()))
        {
            let gradient = dense.gradient(rows);
            let eta = match spec.schedule {
                Schedule::Cosine => {
                    let total = (steps_per_epoch * spec.epochs) as f64;
                    let phase = std::f64::consts::PI * f64::from(step) / total;
                    0.5 * spec.learning_rate * (1.0 + phase.cos())
                }
                _ => spec.learning_rate,
            };
            step += 1;
            for matrix in 0..3 {
                for (at, g) in gradient[matrix].iter().enumerate() {
                    let (m, s) = (&mut first[matrix][at], &mut second[matrix][at]);
                    let change = match spec.optimizer {
                        Optimizer::Sgd => *g,
                        Optimizer::Momentum => {
                            *m = spec.momentum * *m + g;
                            *m
                        }
                        Optimizer::AdamW => {
                            let (b1, b2) = (spec.adam_beta1, spec.adam_beta2);
                            *m = b1 * *m + (1.0 - b1) * g;
                            *s = b2 * *s + (1.0 - b2) * g * g;
                            let mean = *m / (1.0 - b1.powi(step));
                            mean / ((*s / (1.0 - b2.powi(step))).sqrt() + spec.adam_epsilon)
                        }
                    };
                    let w = &mut dense.weights[matrix][at];
                    *w = (1.0 - eta * spec.weight_decay) * *w - eta * change;
                }
            }
        }
    }
    dense.weights
}

#[test]
fn optimizers_are_those_of_a_dense_network() {
    let network = network(7, 20);
    let table = Table::draw(&network, 0.2, 5, 6).unwrap();
    for optimizer in [Optimizer::Sgd, Optimizer::Momentum, Optimizer::AdamW] {
        for (batch_size, schedule) in [
            (BatchSize::Full, Schedule::Constant),
            (BatchSize::Rows(10), Schedule::Cosine),
        ] {
            let spec = Sgd {
                optimizer,
                batch_size,
                schedule,
                order: Order::Sequential,
                // Larger than what single precision makes of equal gradients.
                adam_epsilon: 1e-4,
                learning_rate: 0.01,
                ..sgd()
            };
            let job = job(&network, &spec, &table);
            let mut training = Network::start(job, Level::detect()).unwrap();
            let begin = training.weights(0);
            for _ in 0..spec.epochs {
                training.advance();
            }
            let found = training.weights(0);
            let expected = trained_densely(&job, &begin, spec.epochs);
            for (name, expected) in ["u", "v", "w"].into_iter().zip(&expected) {
                let moved = apart(begin.get(name).unwrap(), expected);
                let apart = apart(found.get(name).unwrap(), expected);
                assert!(
                    apart < 2e-5 && moved > 0.05,
                    "{optimizer:?} {name}: {apart}, {moved}"
                );
            }
        }
    }
}

fn bits(arrays: &Arrays) -> Vec<u64> {
    let numbers = arrays.iter().flat_map(|(_, numbers)| numbers);
    numbers.map(|x| x.to_bits()).collect()
}

#[test]
fn runs_have_the_same_bits_at_every_level_fresh_or_resumed_and_however_often_looked_at() {
    let network = network(11, 40);
    let table = Table::draw(&network, 0.3, 5, 6).unwrap();
    for optimizer in [Optimizer::Sgd, Optimizer::Momentum, Optimizer::AdamW] {
        for batch_size in [BatchSize::Full, BatchSize::Rows(17)] {
            for (loss, order) in [
                (Loss::Squared, Order::Shuffle),
                (Loss::Logistic, Order::WithReplacement),
            ] {
                let spec = Sgd {
                    optimizer,
                    batch_size,
                    loss,
                    order,
                    learning_rate: 0.01,
                    ..sgd()
                };
                let job = job(&network, &spec, &table);
                let mut whole = Network::start(job, Level::Portable).unwrap();
                for _ in 0..spec.epochs {
                    whole.advance();
                }
                let expected = whole.evaluate(0).unwrap();
                for level in Level::available() {
                    let mut first = Network::start(job, level).unwrap();
                    for _ in 0..8 {
                        first.advance();
                        first.evaluate(0).unwrap();
                    }
                    let state = first.state(0);
                    assert!(fits(&job, &state));
                    let going_on = Job {
                        start: Some(&state),
                        ..job
                    };
                    let mut second = Network::start(going_on, level).unwrap();
                    for _ in 8..spec.epochs {
                        second.advance();
                    }
                    assert_eq!(second.evaluate(0).unwrap(), expected);
                    assert_eq!(bits(&second.weights(0)), bits(&whole.weights(0)));
                    assert_eq!(second.state(0), whole.state(0));
                }
            }
        }
    }
}

#[test]
fn states_of_other_runs_do_not_fit() {
    let network = network(7, 20);
    let table = Table::draw(&network, 0.0, 5, 6).unwrap();
    let spec = Sgd {
        optimizer: Optimizer::AdamW,
        ..sgd()
    };
    let job = job(&network, &spec, &table);
    let mut training = Network::start(job, Level::Portable).unwrap();
    training.advance();
    let state = training.state(0);
    assert!(fits(&job, &state));
    let changed = |change: fn(&mut State)| {
        let mut other = state.clone();
        change(&mut other);
        fits(&job, &other)
    };
    assert!(!changed(|state| state.step = 2));
    assert!(!changed(|state| state.words = [1; 4]));
    assert!(!changed(|state| (state.epoch, state.step) = (20, 20)));
    assert!(!changed(
        |state| state.arrays = state.arrays.clone().with("x", vec![0.0])
    ));
    let narrower = NetworkSpec {
        width: 19,
        ..network.clone()
    };
    assert!(!fits(
        &Job {
            network: &narrower,
            ..job
        },
        &state
    ));
    let plain = Sgd {
        optimizer: Optimizer::Sgd,
        ..sgd()
    };
    assert!(!fits(
        &Job {
            spec: &plain,
            ..job
        },
        &state
    ));
}

#[test]
fn too_large_a_learning_rate_is_told() {
    let network = network(7, 20);
    let table = Table::draw(&network, 0.0, 5, 6).unwrap();
    let spec = Sgd {
        learning_rate: 1e4,
        weight_decay: 0.0,
        ..sgd()
    };
    let mut training = Network::start(job(&network, &spec, &table), Level::detect()).unwrap();
    for _ in 0..spec.epochs {
        training.advance();
    }
    let diverged = training.diverged(0).unwrap();
    assert!((1..10).contains(&diverged.epoch), "{diverged:?}");
    assert_eq!(diverged.step, diverged.epoch);
}

/// The matrices below a title of the golden file, which `golden/adamw.py` writes.
fn golden(title: &str) -> Arrays {
    let text = include_str!("golden/adamw.txt");
    let lines = text
        .lines()
        .skip_while(|line| *line != title)
        .skip(1)
        .take(3);
    let matrix = |(name, line): (&'static str, &str)| {
        let numbers = line.strip_prefix(name).unwrap().split_ascii_whitespace();
        (
            name.into(),
            numbers.map(|number| number.parse().unwrap()).collect(),
        )
    };
    ["u", "v", "w"].into_iter().zip(lines).map(matrix).collect()
}

#[test]
fn three_steps_of_adamw_are_those_of_numpy() {
    let network = network(7, 10);
    let rows = (0..7).flat_map(|a| (0..7).map(move |b| (a, b)));
    let rows = rows.filter(|(a, b)| (3 * a + 5 * b) % 4 < 2);
    let train = rows.map(|(a, b)| Example {
        a,
        b,
        label: (a + b) % 7,
        is_noise: false,
    });
    let table = Table {
        train: train.collect(),
        test: Vec::new(),
    };
    let spec = Sgd {
        optimizer: Optimizer::AdamW,
        adam_beta2: 0.98,
        learning_rate: 0.01,
        ..sgd()
    };
    let mut arrays = golden("before");
    for name in [
        "u_mean", "v_mean", "w_mean", "u_square", "v_square", "w_square",
    ] {
        arrays = arrays.with(name, vec![0.0; 70]);
    }
    let start = State {
        epoch: 0,
        step: 0,
        words: [0; 4],
        arrays,
    };
    let job = Job {
        start: Some(&start),
        ..job(&network, &spec, &table)
    };
    let mut training = Network::start(job, Level::detect()).unwrap();
    for _ in 0..3 {
        training.advance();
    }
    let (found, expected) = (training.weights(0), golden("after"));
    for name in ["u", "v", "w"] {
        let apart = apart(found.get(name).unwrap(), expected.get(name).unwrap());
        assert!(apart < 1e-5, "{name}: {apart}");
    }
}
