//! Figures that are computed when they are asked for, against their definitions on dense rows, and to the bit.

mod shared;

use std::f64::consts::FRAC_1_SQRT_2;

use self::shared::formulas::Shape;
use self::shared::threads::threads;
use self::shared::ways;
use sparsegrok_data::{Dataset, Problem, SyntheticSpec, TargetKind, generate};
use sparsegrok_kernel::{
    Evaluation, Figure, FigureSet, Init, Job, KernelChoice, Loss, OneVsRest, Sgd, SimdChoice,
    Training, Weights, start,
};
use sparsegrok_theory::{DenseRows, Effort, MaxMargin};

const EPOCHS: u64 = 7;

/// The figures that are computed only when they are asked for.
fn asked() -> impl Iterator<Item = Figure> {
    let all = Figure::ALL.into_iter();
    all.filter(|figure| figure.waits_to_be_asked())
}

/// Problems of every make: with and without signal, tail, memorization, weights of rows.
fn problems(real_targets: bool) -> Vec<Problem> {
    let shapes = [
        (3, 4, Some(0.8), true),
        (5, 0, Some(2.0), false),
        (0, 6, Some(-0.5), false),
        (4, 3, None, true),
        (30, 0, None, false),
    ];
    let of = |(signal, tail, memorization, weighted)| {
        let shape = Shape {
            seed: 5,
            rows: 14,
            signal,
            tail,
            memorization,
            real_targets,
            ones: false,
            weighted,
        };
        shape.problem()
    };
    shapes.map(of).into()
}

fn spec(loss: Loss, bias: bool) -> Sgd {
    Sgd {
        loss,
        bias,
        learning_rate: 0.05,
        weight_decay: 1e-3,
        init: Init::Gaussian,
        init_norm: 2.0,
        epochs: EPOCHS,
        ..Sgd::default()
    }
}

fn specs() -> Vec<Sgd> {
    let losses = [Loss::Logistic, Loss::Squared, Loss::Hinge];
    let both = losses.map(|loss| [false, true].map(|bias| spec(loss, bias)));
    both.concat()
}

fn trained(
    problem: &Problem,
    spec: &Sgd,
    (kernel, simd): (KernelChoice, SimdChoice),
    asked: FigureSet,
) -> (Weights, Evaluation) {
    let job = Job {
        asked,
        ..Job::new(problem, spec)
    };
    let mut training = start(&[job], kernel, simd).unwrap();
    (0..spec.epochs).for_each(|_| training.advance());
    (training.model(0).unwrap(), training.evaluate(0).unwrap())
}

const USUAL_WAY: (KernelChoice, SimdChoice) = (KernelChoice::Auto, SimdChoice::Auto);

/// A model and its rows with all columns explicit, the bias's last.
struct Dense<'d> {
    data: &'d Dataset,
    loss: Loss,
    rows: Vec<Vec<f64>>,
    weights: Vec<f64>,
    /// Columns that other rows have too: all but memorization's.
    shared: Vec<usize>,
}

impl<'d> Dense<'d> {
    fn of(data: &'d Dataset, spec: &Sgd, model: &Weights) -> Self {
        let width = data.features().signal_width();
        let first = width + data.features().tail_width();
        let bias = spec.bias.then_some(data.columns());
        let row = |i: usize| {
            let mut dense = vec![0.0; data.columns()];
            let row = data.row(i);
            dense[..width].copy_from_slice(row.signal);
            for (column, x) in row.tail.indices.iter().zip(row.tail.values) {
                dense[width + column] = *x;
            }
            if let Some(slot) = row.memorization {
                dense[slot.column] = slot.value;
            }
            dense.extend(bias.map(|_| 1.0));
            dense
        };
        let weights = [&model.signal[..], &model.tail, &model.memorization].concat();
        Self {
            data,
            loss: spec.loss,
            rows: (0..data.len()).map(row).collect(),
            weights: weights
                .into_iter()
                .chain(bias.map(|_| model.bias))
                .collect(),
            shared: (0..first).chain(bias).collect(),
        }
    }

    fn weight(&self, row: usize) -> f64 {
        self.data.row_weights().map_or(1.0, |weights| weights[row])
    }

    /// The loss that training lowers, without the penalty.
    fn train_loss(&self, weights: &[f64]) -> f64 {
        let of_row = |(i, x): (usize, &Vec<f64>)| {
            let z: f64 = x.iter().zip(weights).map(|(x, w)| x * w).sum();
            self.weight(i) * self.loss.value(z, self.data.targets()[i])
        };
        let losses = self.rows.iter().enumerate().map(of_row);
        losses.sum::<f64>() / self.rows.len() as f64
    }

    /// The Hessian by differences of the loss.
    fn hessian(&self) -> Vec<Vec<f64>> {
        const STEP: f64 = 1e-3;
        let at = |i: usize, a: f64, k: usize, b: f64| {
            let mut weights = self.weights.clone();
            weights[i] += a * STEP;
            weights[k] += b * STEP;
            self.train_loss(&weights)
        };
        let second = |i: usize, k: usize| {
            let corners = at(i, 0.5, k, 0.5) - at(i, 0.5, k, -0.5) - at(i, -0.5, k, 0.5)
                + at(i, -0.5, k, -0.5);
            corners / (STEP * STEP)
        };
        let columns = self.weights.len();
        (0..columns)
            .map(|i| (0..columns).map(|k| second(i, k)).collect())
            .collect()
    }

    /// The largest eigenvalue of the Hessian by the power method.
    fn largest_eigenvalue(hessian: &[Vec<f64>]) -> f64 {
        let mut vector: Vec<f64> = (0..hessian.len()).map(|i| 1.0 + (i % 3) as f64).collect();
        let mut length = 0.0;
        for _ in 0..3000 {
            let image = hessian.iter().map(|row| {
                let products = row.iter().zip(&vector).map(|(h, x)| h * x);
                products.sum::<f64>()
            });
            let image: Vec<f64> = image.collect();
            length = image.iter().map(|x| x * x).sum::<f64>().sqrt();
            vector = image.into_iter().map(|x| x / length).collect();
        }
        length
    }

    /// Bits of the description, each number written out, by every precision in turn.
    fn description_length(&self) -> Option<f64> {
        let coded = |q: i64| {
            let place = if q > 0 { 2 * q } else { 1 - 2 * q };
            2 * format!("{place:b}").len() - 1
        };
        let most = 1.01 * self.train_loss(&self.weights);
        // From the first of which half a step is above the greatest weight.
        let greatest = self
            .weights
            .iter()
            .fold(0.0, |most, w| f64::max(most, w.abs()));
        let first = -2 - greatest.log2().floor() as i32;
        let keeps = (first..60).find(|k| {
            let step = 2.0_f64.powi(-k);
            let rounded = self
                .weights
                .iter()
                .map(|w| (w / step).round_ties_even() * step);
            self.train_loss(&rounded.collect::<Vec<_>>()) <= most
        });
        let k = keeps?;
        let steps = self.weights.iter().map(|w| w * 2.0_f64.powi(k));
        let bits: usize = steps.map(|q| coded(q.round_ties_even() as i64)).sum();
        Some((bits + coded(k.into())) as f64)
    }

    /// The PAC-Bayes bound by its formula, the least over σ = 2⁻⁴ … 2¹¹ with a share of δ each.
    fn pac_bayes(&self) -> f64 {
        let n = self.rows.len() as f64;
        let part = |of: &[f64]| -> Vec<f64> { self.shared.iter().map(|&c| of[c]).collect() };
        let weights = part(&self.weights);
        let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
        let bounds = (-4..12).map(|k| {
            let sigma = 2.0_f64.powi(k);
            let risks = self.rows.iter().zip(self.data.targets()).map(|(x, y)| {
                let x = part(x);
                let distance = y * dot(&x, &weights) / dot(&x, &x).sqrt();
                0.5 * libm::erfc(distance / sigma * FRAC_1_SQRT_2)
            });
            let divergence = dot(&weights, &weights) / (2.0 * sigma * sigma);
            let delta: f64 = 0.05 / 16.0;
            let excess = (divergence + (2.0 * n / delta).ln()) / (2.0 * (n - 1.0));
            risks.sum::<f64>() / n + excess.sqrt()
        });
        bounds.fold(f64::INFINITY, f64::min)
    }

    /// The angle to the max-margin solution of rows that all columns of are explicit.
    fn angle(&self) -> Option<f64> {
        let seen: Vec<usize> = (0..self.rows.len())
            .filter(|&i| self.weight(i) > 0.0)
            .collect();
        let rows: Vec<f64> = seen.iter().flat_map(|&i| self.rows[i].clone()).collect();
        let labels: Vec<f64> = seen.iter().map(|&i| self.data.targets()[i]).collect();
        let rows = DenseRows::new(&rows, self.weights.len());
        let solution = MaxMargin::solve(&rows, &labels, 0.0, Effort::default())?.shared;
        let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
        let own = &self.weights;
        let cosine = dot(own, &solution) / (dot(own, own) * dot(&solution, &solution)).sqrt();
        Some(cosine.acos().to_degrees())
    }
}

/// Compares a figure with a value, to a relative tolerance.
#[track_caller]
fn assert_near(found: Option<f64>, expected: Option<f64>, tolerance: f64, context: &str) {
    let is_near = match (found, expected) {
        (Some(found), Some(expected)) => (found - expected).abs() <= tolerance * expected.abs(),
        (None, None) => true,
        _ => false,
    };
    assert!(is_near, "{context}: found {found:?}, expected {expected:?}");
}

#[test]
fn figures_are_what_their_definitions_say_on_dense_rows() {
    let (mut angles, mut absent) = (0, 0);
    for real_targets in [false, true] {
        for problem in &problems(real_targets) {
            for spec in &specs() {
                if real_targets && spec.loss != Loss::Squared {
                    continue;
                }
                let (model, found) = trained(problem, spec, USUAL_WAY, asked().collect());
                let dense = Dense::of(&problem.train, spec, &model);
                let hessian = (spec.loss != Loss::Hinge).then(|| dense.hessian());
                let trace = |h: &Vec<Vec<f64>>| (0..h.len()).map(|i| h[i][i]).sum::<f64>();
                let angle = dense.angle().filter(|_| !real_targets);
                (angles, absent) = match angle {
                    Some(_) => (angles + 1, absent),
                    None => (angles, absent + 1),
                };
                for (figure, expected, tolerance) in [
                    (Figure::HessianTrace, hessian.as_ref().map(trace), 1e-6),
                    (
                        Figure::Sharpness,
                        hessian.as_deref().map(Dense::largest_eigenvalue),
                        1e-6,
                    ),
                    (Figure::DescriptionLength, dense.description_length(), 0.0),
                    (
                        Figure::PacBayes,
                        (!real_targets).then(|| dense.pac_bayes()),
                        1e-12,
                    ),
                    (Figure::MaxMarginAngle, angle, 1e-3),
                ] {
                    let context = format!("{figure:?} {spec:?} {:?}", problem.train);
                    assert_near(found.get(figure), expected, tolerance, &context);
                }
            }
        }
    }
    // Rows with a column each are always separable, fourteen of seven columns mostly are not.
    assert!(angles >= 20 && absent >= 10, "{angles} {absent}");
}

#[test]
fn figures_have_the_same_bits_under_any_kernel_and_disturb_none() {
    for problem in &problems(false) {
        for spec in &specs() {
            let (_, expected) = trained(problem, spec, USUAL_WAY, asked().collect());
            for way in ways() {
                let (_, found) = trained(problem, spec, way, asked().collect());
                assert!(found == expected, "{way:?} {spec:?}");
            }
            let (_, without) = trained(problem, spec, USUAL_WAY, FigureSet::NONE);
            for figure in Figure::ALL {
                let usual = without[figure].to_bits();
                match figure.waits_to_be_asked() {
                    true => assert_eq!(without.get(figure), None),
                    false => assert_eq!(expected[figure].to_bits(), usual, "{figure:?}"),
                }
                // Each alone is what it is among the others.
                let (_, alone) = trained(problem, spec, USUAL_WAY, [figure].into_iter().collect());
                assert_eq!(alone[figure].to_bits(), expected[figure].to_bits());
            }
        }
    }
}

/// More rows than an evaluation's block has.
#[test]
fn figures_have_the_same_bits_on_any_threads() {
    let data = SyntheticSpec {
        n_train: 70_000,
        n_test: 0,
        d_signal: 2,
        // The max-margin solution takes passes as many as there is signal beside a row's own column.
        signal_scale: 0.01,
        ..SyntheticSpec::default()
    };
    let problem = generate(&data).unwrap();
    let spec = Sgd {
        learning_rate: 0.1,
        ..Sgd::default()
    };
    let job = Job {
        asked: asked().collect(),
        ..Job::new(&problem, &spec)
    };
    let mut training = start(&[job], KernelChoice::Auto, SimdChoice::Auto).unwrap();
    training.advance();
    let expected = training.evaluate(0).unwrap();
    assert!(asked().all(|figure| expected.get(figure).is_some()));
    for threads in &threads() {
        training.set_threads(threads);
        assert!(training.evaluate(0).unwrap() == expected, "{threads:?}");
    }
}

#[test]
fn the_solution_itself_is_at_no_angle_and_zero_weights_at_none() {
    // One column, one row: any weight that is right points where the solution does.
    let data = Dataset::dense(&[2.0], 1, &[-1.0], TargetKind::Sign).unwrap();
    let problem = Problem::new(data, None, None).unwrap();
    let spec = Sgd {
        epochs: 3,
        ..Sgd::default()
    };
    let after = |epochs| {
        let job = Job {
            asked: asked().collect(),
            ..Job::new(&problem, &spec)
        };
        let mut training = start(&[job], KernelChoice::Auto, SimdChoice::Auto).unwrap();
        (0..epochs).for_each(|_| training.advance());
        training.evaluate(0).unwrap()
    };
    let begun = after(0);
    for absent in [
        Figure::MaxMarginAngle,
        Figure::EffectiveWeights,
        Figure::Gini,
    ] {
        assert_eq!(begun.get(absent), None);
    }
    // ℓ″(0)·2² = 1, and one weight that is rounded to 0, at a precision of 0.
    assert_eq!(begun[Figure::HessianTrace], 1.0);
    assert_eq!(begun[Figure::Sharpness], 1.0);
    assert_eq!(begun[Figure::DescriptionLength], 2.0);
    let trained = after(3);
    assert_eq!(trained[Figure::MaxMarginAngle], 0.0);
    assert_eq!(trained[Figure::EffectiveWeights], 1.0);
    // A single row bounds nothing.
    assert_eq!(trained.get(Figure::PacBayes), None);
}

#[test]
fn figures_of_classes_are_those_of_all_their_models() {
    let block: Vec<f64> = (0..60).map(|i| f64::from(i * i % 17) / 5.0 - 1.5).collect();
    let labels: Vec<f64> = (0..20).map(|i| f64::from(i % 3)).collect();
    let data = Dataset::dense(&block, 3, &labels, TargetKind::Class).unwrap();
    let problem = Problem::new(data.memorizing(0.6), None, None).unwrap();
    let spec = spec(Loss::Logistic, true);
    let job = Job {
        asked: asked().collect(),
        ..Job::new(&problem, &spec)
    };
    let mut training = OneVsRest::start(&job, KernelChoice::Auto, SimdChoice::Auto).unwrap();
    (0..EPOCHS).for_each(|_| training.advance());
    let found = training.evaluate(0).unwrap();
    let classes = problem.classes.as_ref().unwrap().problems();
    let alone: Vec<Evaluation> = classes
        .iter()
        .map(|problem| trained(problem, &spec, USUAL_WAY, asked().collect()).1)
        .collect();
    let of = |figure| alone.iter().map(move |evaluation| evaluation[figure]);
    let traces = of(Figure::HessianTrace).sum::<f64>();
    assert_near(
        found.get(Figure::HessianTrace),
        Some(traces),
        1e-14,
        "trace",
    );
    let largest = of(Figure::Sharpness).fold(0.0, f64::max);
    assert_eq!(found[Figure::Sharpness], largest);
    for absent in [Figure::PacBayes, Figure::MaxMarginAngle] {
        assert_eq!(found.get(absent), None);
        assert!(of(absent).all(f64::is_finite));
    }
    assert!(found[Figure::EffectiveWeights] > of(Figure::EffectiveWeights).fold(0.0, f64::max));
    assert!(found[Figure::DescriptionLength] > 69.0);
    assert!((0.0..1.0).contains(&found[Figure::Gini]));
}
