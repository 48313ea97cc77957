//! Runs on several classes against single runs on the problem of each class, to the bit.

mod shared;

use self::shared::ways;
use sparsegrok_data::{
    AlignedBlock, ClassWeight, Csr, Dataset, Features, Problem, TargetKind, svmlight::Labels,
};
use sparsegrok_kernel::{
    Figure, Job, KernelChoice, LinearState, Loss, OneVsRest, Sgd, Sharing, SimdChoice, State,
    Training, Weights, predicted_class, start, training_bytes,
};

const EPOCHS: u64 = 6;

/// More than a group of lanes has.
const CLASSES: usize = 10;

const ROWS: usize = 40;

/// Numbers between −1 and 1 that look random.
fn value(i: usize) -> f64 {
    let mixed = (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed ^ (mixed >> 29)) % 2001) as f64 / 1000.0 - 1.0
}

/// Rows of ten classes, of labels 3·k − 4, with a tail of two columns a row or none; test rows have a class more.
fn problem(width: usize, has_tail: bool, is_weighted: bool) -> Problem {
    let part = |from: usize, classes: usize, alpha: f64| {
        let tail = has_tail.then(|| {
            let starts = (0..=ROWS).map(|row| 2 * row).collect();
            let columns = (0..ROWS as u32).flat_map(|row| [row % 3, 3 + row % 4]);
            let values = (0..2 * ROWS).map(|i| value(from + 7 * i));
            Csr::new(9, starts, columns.collect(), values.collect()).unwrap()
        });
        let signal: Vec<f64> = (0..ROWS * width).map(|i| value(from + 3 * i)).collect();
        let features = Features::new(ROWS, width, AlignedBlock::from(&signal[..]), tail).unwrap();
        let label = |row: usize| (3 * (row * 7 % classes)) as f64 - 4.0;
        let labels: Vec<f64> = (0..ROWS).map(label).collect();
        Dataset::new(features, labels, TargetKind::Class, Some(alpha)).unwrap()
    };
    let train = part(0, CLASSES, 0.7);
    let weights = |row: usize| (row % 4) as f64 / 2.0;
    let train = match is_weighted {
        true => train
            .weighted((0..ROWS).map(weights).collect::<Vec<_>>())
            .unwrap(),
        false => train,
    };
    let problem = Problem::new(train, Some(part(9999, CLASSES + 1, 0.0)), None).unwrap();
    match is_weighted {
        true => {
            let weight: ClassWeight = "-4:3,2:0.25,23:0".parse().unwrap();
            problem.weighted_by_class(&weight, Labels::Classes).unwrap()
        }
        false => problem,
    }
}

fn problems() -> [Problem; 4] {
    [
        problem(5, false, false),
        problem(5, false, true),
        problem(2, true, false),
        problem(0, true, true),
    ]
}

fn specs() -> Vec<Sgd> {
    shared::specs(EPOCHS, 7.0)
}

fn started<'a>(
    spec: &'a Sgd,
    problem: &'a Problem,
    (kernel, simd): (KernelChoice, SimdChoice),
    state: Option<&'a State>,
) -> OneVsRest<'a> {
    let job = Job {
        start: state,
        ..Job::new(problem, spec)
    };
    let mut training = OneVsRest::start(&job, kernel, simd).unwrap();
    for _ in state.map_or(0, |state| state.epoch)..spec.epochs {
        training.advance();
    }
    training
}

fn bits(models: &[Weights]) -> Vec<Vec<u64>> {
    models.iter().map(shared::bits).collect()
}

/// The model of each class, trained alone.
fn alone(spec: &Sgd, problem: &Problem) -> Vec<Weights> {
    let problems = problem.classes.as_ref().unwrap().problems();
    let of_class = |problem| {
        let job = Job::new(problem, spec);
        let (kernel, simd) = (KernelChoice::Scalar, SimdChoice::Portable);
        let mut training = start(&[job], kernel, simd).unwrap();
        (0..spec.epochs).for_each(|_| training.advance());
        training.model(0).unwrap()
    };
    problems.iter().map(of_class).collect()
}

#[test]
fn every_model_is_that_of_a_run_alone() {
    for problem in &problems() {
        for spec in &specs() {
            let expected = bits(&alone(spec, problem));
            for way in ways() {
                let training = started(spec, problem, way, None);
                assert_eq!(training.lanes(), 1);
                assert!(
                    bits(&training.models().unwrap()) == expected,
                    "{way:?} {spec:?}"
                );
                let weights = Weights::of_classes(&training.weights(0), CLASSES).unwrap();
                assert!(bits(&weights) == expected, "{way:?} {spec:?}");
            }
        }
    }
}

#[test]
fn figures_are_the_same_under_any_kernel() {
    for problem in &problems() {
        let spec = &specs()[4];
        let evaluate = |way| started(spec, problem, way, None).evaluate(0).unwrap();
        let [first, others @ ..] = &ways()[..] else {
            unreachable!("the portable level is always there");
        };
        let expected = evaluate(*first);
        assert!(others.iter().all(|way| evaluate(*way) == expected));
    }
}

#[test]
fn a_run_goes_on_to_the_same_bits_under_any_kernel() {
    for problem in &problems() {
        for spec in &specs() {
            let whole = bits(&started(spec, problem, ways()[0], None).models().unwrap());
            for at in [1, 4] {
                let half = Sgd {
                    epochs: at,
                    ..spec.clone()
                };
                // Schedules end with the run, so that the state is that of the whole one on its way.
                let job = Job::new(problem, spec);
                let (kernel, simd) = ways()[0];
                let mut begun = OneVsRest::start(&job, kernel, simd).unwrap();
                (0..at).for_each(|_| begun.advance());
                let state = begun.state(0);
                assert!(OneVsRest::fits(spec, problem, &state));
                assert!(!OneVsRest::fits(&half, problem, &state), "no epoch is left");
                for way in ways() {
                    let resumed = started(spec, problem, way, Some(&state));
                    assert_eq!(resumed.state(0).epoch, EPOCHS);
                    assert!(
                        bits(&resumed.models().unwrap()) == whole,
                        "{way:?} {spec:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn states_of_other_runs_do_not_fit() {
    let problem = problem(5, false, false);
    let spec = &specs()[0];
    let job = Job::new(&problem, spec);
    let mut training = OneVsRest::start(&job, KernelChoice::Auto, SimdChoice::Auto).unwrap();
    training.advance();
    let state = training.state(0);
    assert_eq!(LinearState::of(&state), None);
    let changed = |change: fn(&mut State)| {
        let mut state = state.clone();
        change(&mut state);
        OneVsRest::fits(spec, &problem, &state)
    };
    assert!(changed(|_| ()));
    assert!(!changed(|state| state.step += 1));
    assert!(!changed(|state| state.words = [0; 4]));
    assert!(!changed(
        |state| state.arrays = state.arrays.clone().with("more", Vec::new())
    ));
    // A class more or fewer, and one model alone.
    let of_first = &problem.classes.as_ref().unwrap().problems()[0];
    assert!(!OneVsRest::fits(spec, of_first, &state));
    let job = Job::new(of_first, spec);
    let mut one = start(&[job], KernelChoice::Auto, SimdChoice::Auto).unwrap();
    one.advance();
    assert!(!OneVsRest::fits(spec, &problem, &one.state(0)));
}

/// The figures from their definitions, each in a pass of its own.
#[test]
fn figures_are_as_they_are_defined() {
    for (problem, loss) in problems()
        .iter()
        .zip([Loss::Logistic, Loss::Hinge].iter().cycle())
    {
        let spec = &Sgd {
            loss: *loss,
            epochs: EPOCHS,
            weight_decay: 0.03,
            learning_rate: 0.3,
            ..Sgd::default()
        };
        let training = started(spec, problem, ways()[0], None);
        let models = training.models().unwrap();
        let classes = problem.classes.as_ref().unwrap();
        let scores = |rows: &Dataset, i: usize| -> Vec<f64> {
            models
                .iter()
                .map(|model| model.score(rows.row(i)))
                .collect()
        };
        let mean = |rows: &Dataset, of: &dyn Fn(usize) -> f64| {
            (0..rows.len()).map(of).sum::<f64>() / rows.len() as f64
        };
        let accuracy = |rows: &Dataset| {
            mean(rows, &|i| {
                let label = classes.labels()[predicted_class(&scores(rows, i))];
                f64::from(u8::from(f64::from(label) == rows.targets()[i]))
            })
        };
        let sign = |rows: &Dataset, i: usize, k: usize| {
            let is_own = f64::from(classes.labels()[k]) == rows.targets()[i];
            if is_own { 1.0 } else { -1.0 }
        };
        let losses = |rows: &Dataset, i: usize, weight: &dyn Fn(usize) -> f64| -> f64 {
            let z = scores(rows, i);
            (0..CLASSES)
                .map(|k| weight(k) * loss.value(z[k], sign(rows, i, k)))
                .sum()
        };
        let (train, test) = (&problem.train, problem.test.as_ref().unwrap());
        let weight = |i: usize, k: usize| {
            let weights = classes.problems()[k].train.row_weights();
            weights.map_or(1.0, |weights| weights[i])
        };
        let margin = |i: usize| {
            let mut z = scores(train, i);
            let own = z.remove(classes.place(train.targets()[i]).unwrap());
            own - z.into_iter().fold(f64::NEG_INFINITY, f64::max)
        };
        let squares = |part: fn(&Weights) -> &[f64]| -> f64 {
            models.iter().flat_map(part).map(|w| w * w).sum()
        };
        let parts = [
            squares(|w| &w.signal),
            squares(|w| &w.tail),
            squares(|w| &w.memorization),
        ];
        let all: f64 = parts.iter().sum();
        let weighted = mean(train, &|i| losses(train, i, &|k| weight(i, k)));
        let [train_loss, test_loss] =
            [train, test].map(|rows| mean(rows, &|i| losses(rows, i, &|_| 1.0)));
        let found = training.evaluate(0).unwrap();
        assert_eq!(found.epoch, EPOCHS);
        for (figure, expected) in [
            (Figure::TrainAcc, accuracy(train)),
            (Figure::TestAcc, accuracy(test)),
            (Figure::GapAcc, accuracy(train) - accuracy(test)),
            (Figure::TrainLoss, train_loss),
            (Figure::TestLoss, test_loss),
            (Figure::GapLoss, test_loss - train_loss),
            (Figure::WeightNorm, all.sqrt()),
            (Figure::SignalNorm, parts[0].sqrt()),
            (Figure::MemorizationNorm, parts[2].sqrt()),
            (Figure::MemorizationShare, parts[2] / all),
            (
                Figure::MarginMin,
                (0..ROWS).map(margin).fold(f64::INFINITY, f64::min),
            ),
            (Figure::MarginMean, mean(train, &margin)),
            (Figure::Objective, weighted + 0.5 * spec.weight_decay * all),
        ] {
            let error = (found[figure] - expected).abs();
            assert!(
                error <= 1e-12 * expected.abs().max(1.0),
                "{figure:?}: {found:?}, {expected}"
            );
        }
        for absent in [
            Figure::PopulationAcc,
            Figure::TeacherCosine,
            Figure::TeacherDistance,
        ] {
            assert_eq!(found.get(absent), None);
        }
    }
}

#[test]
fn a_run_diverges_with_the_first_of_its_models() {
    let problem = problem(5, false, false);
    let spec = Sgd {
        loss: Loss::Squared,
        learning_rate: 3.0,
        epochs: 60,
        ..Sgd::default()
    };
    let problems = problem.classes.as_ref().unwrap().problems();
    let alone = |problem| {
        let job = Job::new(problem, &spec);
        let (kernel, simd) = (KernelChoice::Scalar, SimdChoice::Auto);
        let mut training = start(&[job], kernel, simd).unwrap();
        (0..spec.epochs).for_each(|_| training.advance());
        training.diverged(0).unwrap()
    };
    let first = problems
        .iter()
        .map(alone)
        .min_by_key(|place| place.step)
        .unwrap();
    for way in ways() {
        let job = Job::new(&problem, &spec);
        let mut training = OneVsRest::start(&job, way.0, way.1).unwrap();
        for _ in 0..first.epoch {
            assert_eq!(training.diverged(0), None);
            training.advance();
        }
        assert_eq!(training.diverged(0), Some(first), "{way:?}");
        assert!(training.evaluate(0).is_err());
    }
}

#[test]
fn one_model_is_not_trained_on_classes() {
    let problem = problem(5, false, false);
    for loss in [Loss::Logistic, Loss::Squared] {
        let spec = Sgd {
            loss,
            ..Sgd::default()
        };
        let refused = spec.fit(&problem.train).unwrap_err().to_string();
        assert!(
            refused.contains("`labels` is all, expected two labels"),
            "{refused}"
        );
    }
}

#[test]
fn ties_are_the_first_class_s() {
    assert_eq!(predicted_class(&[1.0, 3.0, 3.0]), 1);
    assert_eq!(predicted_class(&[-0.0, 0.0]), 0);
}

#[test]
fn memory_is_that_of_every_group() {
    let problem = problem(5, false, false);
    let shape = sparsegrok_kernel::Shape::of(&problem.train);
    let spec = Sgd::default();
    let bytes = |kernel, models| training_bytes(&spec, kernel, models, shape, Sharing::Columns);
    let all = |kernel| OneVsRest::training_bytes(&spec, kernel, CLASSES, shape);
    let (lanes, scalar) = (KernelChoice::Lanes, KernelChoice::Scalar);
    assert_eq!(all(lanes), bytes(lanes, 8) + bytes(lanes, 2));
    assert_eq!(all(scalar), 10 * bytes(scalar, 1));
    assert_eq!(all(KernelChoice::Auto), all(lanes));
}
