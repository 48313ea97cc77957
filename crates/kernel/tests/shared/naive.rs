//! Training as the formula has it: rows with all their columns, and every weight in every step.

use sparsegrok_data::{Dataset, Mt19937, Problem, Purpose, RandomFamily, Stream};
use sparsegrok_kernel::{BatchSize, DecayOrder, Loss, Order, Sgd, Weights, initial_signal};

use super::formulas::learning_rate;

/// The weights that a run comes to; `None` where its visiting order is one that only the kernel knows.
pub(crate) fn naive(problem: &Problem, spec: &Sgd) -> Option<Weights> {
    let data = &problem.train;
    let n = data.len();
    let mut next_order = orders(spec, n)?;
    let (signal, tail) = (data.features().signal_width(), data.features().tail_width());
    let rows: Vec<Vec<f64>> = (0..n).map(|i| dense(data, i)).collect();
    let teacher = problem.teacher.as_ref();
    let mut w = initial_signal(spec, spec.init_seed, signal, teacher).unwrap();
    w.resize(signal + tail, 0.0);
    let (mut own, mut bias) = (vec![0.0; n], 0.0);
    let alpha = data.memorization().unwrap_or(0.0);
    let (size, steps) = (spec.batch_size.rows(n), spec.steps_per_epoch(n));
    let mut step = 0;
    for _ in 0..spec.epochs {
        for batch in next_order().chunks(size) {
            let eta = learning_rate(spec, step, steps);
            step += 1;
            let decay = 1.0 - eta * spec.weight_decay;
            let at = match spec.decay_order {
                DecayOrder::Before => decay,
                DecayOrder::After => 1.0,
            };
            // Of signal and tail, of each row's own column, and of the bias.
            let mut gradient = (vec![0.0; w.len()], vec![0.0; n], 0.0);
            for &i in batch {
                let i = i as usize;
                let score: f64 = w.iter().zip(&rows[i]).map(|(w, x)| w * x).sum();
                let z = at * (score + alpha * own[i]) + bias;
                let weight = data.row_weights().map_or(1.0, |weights| weights[i]);
                let slope = weight * slope(spec.loss, z, data.targets()[i]) / batch.len() as f64;
                for (sum, x) in gradient.0.iter_mut().zip(&rows[i]) {
                    *sum += slope * x;
                }
                gradient.1[i] += slope * alpha;
                gradient.2 += slope;
            }
            let pairs = w.iter_mut().zip(&gradient.0);
            for (w, g) in pairs.chain(own.iter_mut().zip(&gradient.1)) {
                *w = decay * *w - eta * g;
            }
            if spec.bias {
                bias -= eta * gradient.2;
            }
        }
    }
    let tail = w.split_off(signal);
    Some(Weights {
        signal: w,
        tail,
        memorization: data.memorization().map_or_else(Vec::new, |_| own),
        bias,
    })
}

/// The signal and tail columns of a row.
fn dense(data: &Dataset, i: usize) -> Vec<f64> {
    let row = data.row(i);
    let mut columns = row.signal.to_vec();
    columns.resize(row.signal.len() + data.features().tail_width(), 0.0);
    for (column, value) in row.tail.indices.iter().zip(row.tail.values) {
        columns[row.signal.len() + column] = *value;
    }
    columns
}

/// ∂ℓ/∂z.
fn slope(loss: Loss, z: f64, y: f64) -> f64 {
    match loss {
        Loss::Logistic => -y / (1.0 + (y * z).exp()),
        Loss::Squared => z - y,
        Loss::Hinge if y * z < 1.0 => -y,
        Loss::Hinge => 0.0,
    }
}

/// The visiting order of each epoch, one after another.
fn orders(spec: &Sgd, n: usize) -> Option<Box<dyn FnMut() -> Vec<u32>>> {
    let in_order: Vec<u32> = (0..n as u32).collect();
    Some(match (spec.order, spec.rng) {
        (Order::Sequential, _) => Box::new(move || in_order.clone()),
        // A sum over all rows is that of any order.
        (Order::Shuffle, _) if spec.batch_size == BatchSize::Full => {
            Box::new(move || in_order.clone())
        }
        (Order::WithReplacement, rng) => {
            let mut stream = Stream::new(rng, spec.order_seed, Purpose::Order);
            Box::new(move || (0..n).map(|_| stream.below(n as u32)).collect())
        }
        (Order::Shuffle, RandomFamily::Libstdcxx) => {
            let (mut rng, mut order) = (Mt19937::new(spec.order_seed as u32), in_order);
            Box::new(move || {
                rng.shuffle(&mut order);
                order.clone()
            })
        }
        (Order::Shuffle, RandomFamily::Xoshiro256pp) => return None,
    })
}
