//! Steps against an independent program, finite differences, and themselves: on any level, in any pieces.

use std::sync::Arc;

use proptest::prelude::*;
use sparsegrok_data::{
    Dataset, Problem, SignalValues, SyntheticSpec, TargetKind, Teacher, generate,
};
use sparsegrok_diagonal::{Diagonal, FIGURES, Job, fits};
use sparsegrok_kernel::{Figure, FigureSet, Level, Sgd, State, Threads, Training, Weights};

const ROWS: usize = 7;
const COLUMNS: usize = 5;

/// Seven rows of five columns, which no weights separate.
fn rows() -> (Vec<f64>, [f64; ROWS]) {
    let number = |k: usize| {
        let (i, j) = (k / COLUMNS, k % COLUMNS);
        (((7 * i + 3 * j * j) % 11) as f64 - 5.0) / 4.0
    };
    let labels = [1.0, -1.0, 1.0, 1.0, -1.0, -1.0, 1.0];
    ((0..ROWS * COLUMNS).map(number).collect(), labels)
}

fn problem() -> Problem {
    let (block, labels) = rows();
    let train = Dataset::dense(&block, COLUMNS, &labels, TargetKind::Sign).unwrap();
    Problem::new(train, None, None).unwrap()
}

fn spec(learning_rate: f64, weight_decay: f64) -> Sgd {
    Sgd {
        learning_rate,
        weight_decay,
        ..Sgd::default()
    }
}

fn job<'a>(problem: &'a Problem, spec: &'a Sgd, init_scale: f64) -> Job<'a> {
    Job {
        spec,
        init_scale,
        problem,
        asked: FIGURES.into_iter().collect(),
        start: None,
    }
}

fn started<'a>(job: Job<'a>) -> Diagonal<'a> {
    Diagonal::start(job, Level::detect()).unwrap()
}

fn close(found: &[f64], expected: &[f64], within: f64) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= within, "{found} {expected}");
    }
}

/// The numbers are those of a NumPy program of ten lines, which takes gradients of u² − v² as they are written.
#[test]
fn forty_steps_are_those_of_another_program() {
    let (problem, spec) = (problem(), spec(0.3, 0.05));
    let mut run = started(job(&problem, &spec, 1.25));
    (0..40).for_each(|_| run.advance());
    let [u, v] = run.layers();
    let expected_u = [
        0.8262038287695966,
        0.27466808583605795,
        0.5597899607359369,
        1.0531743535747222,
        0.5861558346283621,
    ];
    let expected_v = [
        0.5634981059512136,
        1.6136359310813309,
        0.8265082037138392,
        0.4387196179217558,
        0.7928035673408101,
    ];
    close(u, &expected_u, 1e-13);
    close(v, &expected_v, 1e-13);
    let found = run.evaluate(0).unwrap();
    assert_eq!(found.epoch, 40);
    for (figure, expected) in [
        (Figure::TrainLoss, 0.2998127084114783),
        (Figure::TrainAcc, 5.0 / 7.0),
        (Figure::WeightNorm, 2.63621968916076),
        (Figure::SignalNorm, 2.7539500951466294),
        (Figure::Objective, 0.47355406464944966),
        (Figure::MarginMin, -0.2981744663447664),
    ] {
        close(&[found[figure]], &[expected], 1e-13);
    }
    for absent in [
        Figure::TestAcc,
        Figure::MemorizationNorm,
        Figure::HessianTrace,
        Figure::MaxMarginAngle,
    ] {
        assert_eq!(found.get(absent), None, "{absent:?}");
    }
    let w: Vec<f64> = u.iter().zip(v).map(|(u, v)| u * u - v * v).collect();
    let sum: f64 = w.iter().map(|w| w.abs()).sum();
    let squares: f64 = w.iter().map(|w| w * w).sum();
    close(
        &[found[Figure::EffectiveWeights]],
        &[sum * sum / squares],
        1e-12,
    );
    assert!(found[Figure::Gini] > 0.0);
    let model = Weights::of(&run.weights(0)).unwrap();
    close(&model.signal, &w, 1e-14);
}

/// Mean logistic loss and the penalty, at any u and v.
fn objective(u: &[f64], v: &[f64], lambda: f64) -> f64 {
    let (block, labels) = rows();
    let loss = |(row, y): (&[f64], &f64)| {
        let z = row.iter().zip(u.iter().zip(v));
        let z: f64 = z.map(|(x, (u, v))| x * (u * u - v * v)).sum();
        (-y * z).exp().ln_1p()
    };
    let rows = block.chunks_exact(COLUMNS).zip(&labels);
    let squares: f64 = u.iter().chain(v).map(|x| x * x).sum();
    rows.map(loss).sum::<f64>() / ROWS as f64 + 0.5 * lambda * squares
}

#[test]
fn a_step_goes_down_the_gradient() {
    let (eta, lambda) = (0.2, 0.3);
    let (problem, spec) = (problem(), spec(eta, lambda));
    let mut run = started(job(&problem, &spec, 0.8));
    (0..9).for_each(|_| run.advance());
    let before = run.layers().map(<[f64]>::to_vec);
    run.advance();
    for layer in 0..2 {
        for column in 0..COLUMNS {
            let at = |step: f64| {
                let mut layers = before.clone();
                layers[layer][column] += step;
                objective(&layers[0], &layers[1], lambda)
            };
            // Of fourth order: wrong by less than 1e-11 here.
            let h = 1e-3;
            let slope = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h);
            let moved = run.layers()[layer][column] - before[layer][column];
            assert!((moved + eta * slope).abs() < 1e-10, "{moved} {slope}");
        }
    }
}

fn bits(run: &Diagonal<'_>) -> Vec<u64> {
    let layers = run.layers().into_iter().flatten();
    let found = run.evaluate(0).unwrap();
    let figures = FIGURES.map(|figure| found[figure].to_bits());
    layers.map(|x| x.to_bits()).chain(figures).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn bits_are_the_same_on_any_level_and_in_any_pieces(
        n_train in 1_usize..40, d_signal in 1_usize..90, seed in 0_u64..1000, pause in 0_u64..12,
        signs: bool, scale in 0.1..3.0_f64,
    ) {
        let problem = generate(&SyntheticSpec {
            n_train,
            n_test: 9,
            d_signal,
            memorization_scale: 0.0,
            data_seed: seed,
            signal_values: if signs { SignalValues::Signs } else { SignalValues::Gaussian },
            ..SyntheticSpec::default()
        })
        .unwrap();
        let spec = spec(0.01, 0.1);
        let of_run = job(&problem, &spec, scale);
        let mut whole = started(of_run);
        (0..12).for_each(|_| whole.advance());
        let pool = rayon_pool();
        for level in Level::available() {
            let mut first = Diagonal::start(of_run, level).unwrap();
            first.set_threads(&pool);
            (0..pause).for_each(|_| first.advance());
            let state = first.state(0);
            prop_assert!(fits(&problem, &state));
            let mut second = Diagonal::start(Job { start: Some(&state), ..of_run }, level).unwrap();
            (pause..12).for_each(|_| second.advance());
            prop_assert_eq!(bits(&second), bits(&whole));
        }
    }
}

fn rayon_pool() -> Threads {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build();
    Threads::Pool(Arc::new(pool.unwrap()))
}

#[test]
fn states_of_other_runs_do_not_fit() {
    let (problem, spec) = (problem(), spec(0.1, 0.1));
    let mut run = started(job(&problem, &spec, 1.0));
    run.advance();
    let state = run.state(0);
    assert!(fits(&problem, &state));
    let with = |change: fn(&mut State)| {
        let mut state = state.clone();
        change(&mut state);
        state
    };
    let named = |names: [&'static str; 2], columns| {
        let arrays = names.map(|name| (name.into(), vec![0.5; columns]));
        State {
            arrays: arrays.into_iter().collect(),
            ..state.clone()
        }
    };
    for other in [
        with(|state| state.step = 3),
        with(|state| state.words[1] = 1),
        with(|state| state.arrays = state.arrays.clone().with("bias", vec![0.0])),
        named(["u", "w"], COLUMNS),
        named(["u", "v"], COLUMNS + 1),
        State {
            arrays: [
                ("u".into(), vec![f64::NAN; COLUMNS]),
                ("v".into(), vec![0.5; COLUMNS]),
            ]
            .into_iter()
            .collect(),
            ..state.clone()
        },
    ] {
        assert!(!fits(&problem, &other), "{other:?}");
    }
}

#[test]
fn rows_of_another_kind_are_refused_and_divergence_is_told() {
    let (plain, spec) = (problem(), spec(0.1, 0.1));
    let told = |job: Job<'_>| {
        Diagonal::start(job, Level::detect())
            .err()
            .unwrap()
            .to_string()
    };
    let memorizing = Problem {
        train: plain.train.clone().memorizing(1.0),
        ..plain.clone()
    };
    assert_eq!(
        told(job(&memorizing, &spec, 1.0)),
        "`family` is diagonal, expected `linear`, as rows have more than signal columns and labels -1 and 1"
    );
    assert!(told(job(&plain, &spec, 0.0)).contains("`init_scale` is 0"));
    let far = Sgd {
        learning_rate: 1e200,
        weight_decay: 0.0,
        ..Sgd::default()
    };
    let mut run = started(job(&plain, &far, 1e10));
    (0..5).for_each(|_| run.advance());
    let diverged = run.diverged(0).unwrap();
    assert!(diverged.epoch <= 5 && diverged.step == diverged.epoch);
    assert!(run.evaluate(0).is_err());
    assert_eq!(run.lanes(), 1);
}

/// Isotropic rows have a population, and others none: there a model's angle to the teacher is not all that matters.
#[test]
fn the_population_exists_for_isotropic_rows_alone() {
    let spec = spec(0.1, 0.1);
    let (block, labels) = rows();
    let train = || Dataset::dense(&block, COLUMNS, &labels, TargetKind::Sign).unwrap();
    let teacher = || Teacher::along(vec![1.0; COLUMNS]);
    let there = |teacher: Teacher| {
        let problem = Problem::new(train(), None, Some(teacher)).unwrap();
        let mut run = started(Job {
            asked: FigureSet::NONE,
            ..job(&problem, &spec, 1.0)
        });
        run.advance();
        let found = run.evaluate(0).unwrap();
        assert!(found.get(Figure::TeacherCosine).is_some() && found.get(Figure::Gini).is_none());
        found.get(Figure::PopulationAcc).is_some()
    };
    assert!(there(teacher()) && !there(teacher().of_other_rows()));
}
