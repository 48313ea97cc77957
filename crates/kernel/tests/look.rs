//! Looks at runs in training against whole evaluations of the same epochs: the same answers, however
//! close the threshold.

mod shared;

use std::ops::ControlFlow;

use proptest::prelude::*;
use sparsegrok_data::{Problem, SyntheticSpec, Target, generate};
use sparsegrok_kernel::{
    Evaluation, EvaluationPlan, Figure, GroupObserver, Job, KernelChoice, Loss, PopulationGoal,
    SimdChoice, Standing, TrainGoal, TrainSpec, Weights, evaluate, train_group,
};

/// Compares every look with the evaluation of its epoch.
struct Comparer<'a> {
    problems: &'a [Problem],
    spec: &'a TrainSpec,
    tolerance: Option<f64>,
    latest: Vec<Option<Evaluation>>,
    /// Rows that were wrong at each run's last look.
    wrong: Vec<Vec<u32>>,
    looks: usize,
}

impl GroupObserver for Comparer<'_> {
    fn evaluate(&mut self, run: usize, epoch: u64, weights: &Weights) -> ControlFlow<()> {
        let problem = &self.problems[run];
        self.latest[run] = Some(evaluate(epoch, weights, problem, self.spec, self.tolerance));
        ControlFlow::Continue(())
    }

    fn epoch(&mut self, _epoch: u64, standing: &Standing<'_>) -> ControlFlow<()> {
        for (run, look) in standing.looks() {
            let problem = &self.problems[run];
            let figures = self.latest[run].expect("every epoch is evaluated");
            for accuracy in around(figures[Figure::TrainAcc])
                .into_iter()
                .chain([0.5, 0.9, 0.99])
            {
                let goal = TrainGoal::Accuracy(accuracy);
                let wrong = &mut self.wrong[run];
                let met = look.train_reaches(problem, self.spec, self.tolerance, goal, wrong);
                assert_eq!(
                    met,
                    figures[Figure::TrainAcc] >= accuracy,
                    "{accuracy} {figures:?}"
                );
            }
            for loss in around(figures[Figure::TrainLoss])
                .into_iter()
                .chain([0.1, 0.5])
            {
                let goal = TrainGoal::Loss(loss);
                let met = look.train_reaches(problem, self.spec, None, goal, &mut Vec::new());
                assert_eq!(
                    met,
                    figures[Figure::TrainLoss] <= loss,
                    "{loss} {figures:?}"
                );
            }
            let levels = around(figures.get(Figure::PopulationAcc).unwrap_or(0.5));
            let goals = levels.map(PopulationGoal::new);
            let met = look.population_reaches(problem, self.spec, self.tolerance, goals);
            let expected = figures
                .get(Figure::PopulationAcc)
                .map(|acc| levels.map(|level| acc >= level));
            assert_eq!(met, expected, "{figures:?}");
            self.looks += 1;
        }
        ControlFlow::Continue(())
    }
}

/// A value, and the nearest above and below it.
fn around(x: f64) -> [f64; 3] {
    [x.next_down(), x, x.next_up()]
}

fn compare(problems: &[Problem], spec: &TrainSpec, tolerance: Option<f64>, kernel: KernelChoice) {
    let runs: Vec<Job<'_>> = problems
        .iter()
        .zip(0..)
        .map(|(problem, seed)| Job {
            problem,
            order_seed: seed,
            init_seed: seed,
            start: None,
        })
        .collect();
    let mut comparer = Comparer {
        problems,
        spec,
        tolerance,
        latest: vec![None; runs.len()],
        wrong: vec![Vec::new(); runs.len()],
        looks: 0,
    };
    let plan = EvaluationPlan::every(1, spec.epochs);
    let simd = SimdChoice::Auto;
    train_group(spec, &runs, kernel, simd, &plan, &mut comparer).unwrap();
    assert!(comparer.looks > 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_look_sees_what_an_evaluation_sees(
        n in 1_usize..80,
        d in 0_usize..9,
        alpha in prop::sample::select(vec![0.0, 0.5, 5.0]),
        linear in any::<bool>(),
        spec in 0_usize..6,
        kernel in prop::sample::select(vec![
            KernelChoice::Scalar, KernelChoice::Lanes, KernelChoice::Dense,
        ]),
        data_seed in 0_u64..1000,
    ) {
        let mut train = shared::specs(12, 1.5)[spec].clone();
        if linear {
            train.loss = Loss::Squared;
            train.learning_rate = 0.01;
        }
        let problems: Vec<Problem> = (0..3)
            .map(|k| generate(&SyntheticSpec {
                n_train: n,
                n_test: 3,
                d_signal: d.max(1),
                memorization_scale: alpha,
                target: if linear { Target::Linear } else { Target::Sign },
                data_seed: data_seed + k,
                rng: train.rng,
                ..SyntheticSpec::default()
            }).unwrap())
            .collect();
        let tolerance = linear.then_some(0.1);
        compare(&problems, &train, tolerance, kernel);
    }
}
