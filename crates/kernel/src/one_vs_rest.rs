//! A run on several classes: of each class a model of its own, which tells its rows from the rest.

use std::ops::Range;

use sparsegrok_data::{Classes, Dataset, InvalidSetting, Problem};
use sparsegrok_lanes::Level;

use crate::asked::{Asked, Trained};
use crate::blocks::{Blocks, Threads};
use crate::engine::{KernelChoice, SimdChoice, fits, start_from, training_bytes};
use crate::evaluate::{Norms, Scores, Sums, figures};
use crate::figure::Evaluation;
use crate::init::Job;
use crate::run_group::RunGroup;
use crate::shape::Shape;
use crate::sharing::Sharing;
use crate::side_by_side::SideBySide;
use crate::spec::Sgd;
use crate::state::{Arrays, State};
use crate::training::{Diverged, Training};
use crate::weights::{Weights, score};

/// One run on a problem of [classes](Problem::classes): a model a class, all of the same visiting order and
/// initial weights, trained side by side as far as the kernel does that.
///
/// Each model is, to the bit, that of a run on its class's problem alone. A row is of the class whose model gives
/// the greatest score, the first of them on a tie. The losses and the objective are sums over the models, norms are
/// those of all weights together, and a row's margin is the score of its own class less the greatest other. A run
/// diverges with the first of its models. No figure is looked at between evaluations.
///
/// Its [`State`] and weights have the arrays of all models, in each the values of one model after another.
pub struct OneVsRest<'a> {
    spec: &'a Sgd,
    problem: &'a Problem,
    classes: &'a Classes,
    /// The models, in the order of their classes.
    groups: Vec<SideBySide<'a>>,
    /// Epochs trained.
    epoch: u64,
    threads: Threads,
    asked: Asked,
}

impl<'a> OneVsRest<'a> {
    /// Starts a run on the classes of its problem. `Time: O(classes · nnz)`
    ///
    /// ```
    /// use sparsegrok_data::{Dataset, Problem, TargetKind};
    /// use sparsegrok_kernel::{Job, KernelChoice, OneVsRest, Sgd, SimdChoice, Training};
    ///
    /// let block = [1.0, 0.0, 0.0, 1.0, -1.0, -1.0];
    /// let rows = Dataset::dense(&block, 2, &[3.0, 5.0, 8.0], TargetKind::Class)?;
    /// let problem = Problem::new(rows, None, None)?;
    /// let sgd = Sgd { learning_rate: 0.5, epochs: 50, ..Sgd::default() };
    /// let job = Job::new(&problem, &sgd);
    /// let mut training = OneVsRest::start(&job, KernelChoice::Auto, SimdChoice::Auto)?;
    /// (0..sgd.epochs).for_each(|_| training.advance());
    /// let scores: Vec<f64> = training.models()?.iter().map(|model| model.score(&[0.0, 2.0])).collect();
    /// assert!(scores[1] > scores[0] && scores[1] > scores[2]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`start`](crate::start).
    ///
    /// # Panics
    /// When the problem has no classes, or a state does not [fit](Self::fits) it.
    pub fn start(
        run: &Job<'a>,
        kernel: KernelChoice,
        simd: SimdChoice,
    ) -> Result<Self, InvalidSetting> {
        let classes = run.problem.classes.as_ref().expect("a problem of classes");
        let problems = classes.problems();
        let state = |class| {
            let state = of_class(run.start?, class, problems.len());
            Some(state.expect("a state of so many models"))
        };
        let states: Vec<Option<State>> = (0..problems.len()).map(state).collect();
        let states: Vec<Option<&State>> = states.iter().map(Option::as_ref).collect();
        let job = |problem| Job {
            problem,
            start: None,
            ..*run
        };
        let jobs: Vec<Job<'a>> = problems.iter().map(job).collect();
        let (mut groups, mut first) = (Vec::new(), 0);
        while first < jobs.len() {
            let (jobs, states) = (&jobs[first..], &states[first..]);
            let group = start_from(jobs, states, kernel, simd)?;
            first += group.lanes();
            groups.push(group);
        }
        Ok(Self {
            spec: run.spec,
            problem: run.problem,
            classes,
            groups,
            epoch: run.start.map_or(0, |state| state.epoch),
            threads: Threads::One,
            asked: Asked::new(run.asked),
        })
    }

    /// Tells if a state can be that of a run of `spec` on the classes of `problem` before its last epoch.
    pub fn fits(spec: &Sgd, problem: &Problem, state: &State) -> bool {
        let Some(classes) = &problem.classes else {
            return false;
        };
        let problems = classes.problems();
        problems.iter().enumerate().all(|(class, problem)| {
            let state = of_class(state, class, problems.len());
            state.is_some_and(|state| fits(spec, problem, &state))
        })
    }

    /// Bytes that training so many classes holds at its fullest, the datasets aside; the largest `u64` where they
    /// are more.
    pub fn training_bytes(spec: &Sgd, kernel: KernelChoice, classes: usize, shape: Shape) -> u64 {
        let together = RunGroup::of(kernel, spec, classes, shape, Sharing::Columns).runs;
        let bytes = |models| match models {
            0 => 0,
            _ => training_bytes(spec, kernel, models, shape, Sharing::Columns),
        };
        let whole = bytes(together).saturating_mul((classes / together) as u64);
        whole.saturating_add(bytes(classes % together))
    }

    /// The models as they stand, in the order of the classes. `Time: O(weights)`
    ///
    /// # Errors
    /// When a weight is not finite.
    pub fn models(&self) -> Result<Vec<Weights>, Diverged> {
        self.each(SideBySide::model).collect()
    }

    /// Something of every model, in the order of the classes.
    fn each<T>(&self, of: impl Fn(&SideBySide<'a>, usize) -> T) -> impl Iterator<Item = T> {
        let lanes = self
            .groups
            .iter()
            .flat_map(|group| (0..group.lanes()).map(move |lane| (group, lane)));
        lanes.map(move |(group, lane)| of(group, lane))
    }
}

impl Training for OneVsRest<'_> {
    fn lanes(&self) -> usize {
        1
    }

    fn set_threads(&mut self, threads: &Threads) {
        self.threads = threads.clone();
        let groups = self.groups.iter_mut();
        groups.for_each(|group| group.set_threads(threads));
    }

    fn advance(&mut self) {
        self.epoch += 1;
        self.groups.iter_mut().for_each(SideBySide::advance);
    }

    fn diverged(&self, _lane: usize) -> Option<Diverged> {
        let places = self.each(SideBySide::diverged).flatten();
        places.min_by_key(|place| place.step)
    }

    fn evaluate(&self, _lane: usize) -> Result<Evaluation, Diverged> {
        let models = self.models()?;
        let scores = |data: &Dataset, problems: &[&Dataset]| {
            Scores::by_blocks(Blocks::of(data.len()), &self.threads, |rows| {
                Level::detect().vectorize(
                    #[inline(always)]
                    || sums(rows, data, problems, &models, self.classes, self.spec),
                )
            })
        };
        let problems = self.classes.problems();
        let train: Vec<&Dataset> = problems.iter().map(|problem| &problem.train).collect();
        let test: Vec<&Dataset> = problems
            .iter()
            .filter_map(|problem| problem.test.as_ref())
            .collect();
        let test_rows = self.problem.test.as_ref().filter(|rows| !rows.is_empty());
        let mut found = figures(
            self.epoch,
            &scores(&self.problem.train, &train),
            test_rows.map(|rows| scores(rows, &test)).as_ref(),
            &Norms::of(&models),
            self.spec,
        );
        if !found.is_finite() {
            return Err(self.groups[0].position(0));
        }
        let of = Trained {
            models: &models,
            rows: &train,
            spec: self.spec,
        };
        self.asked.add(&mut found, of, &self.threads);
        Ok(found)
    }

    fn state(&self, _lane: usize) -> State {
        let states: Vec<State> = self.each(SideBySide::state).collect();
        // All models visit the rows in one order, and have come equally far.
        let State {
            epoch, step, words, ..
        } = states[0];
        let arrays: Vec<Arrays> = states.into_iter().map(|state| state.arrays).collect();
        State {
            epoch,
            step,
            words,
            arrays: Arrays::joined(&arrays),
        }
    }

    fn weights(&self, _lane: usize) -> Arrays {
        let weights: Vec<Arrays> = self.each(SideBySide::weights).collect();
        Arrays::joined(&weights)
    }
}

/// The place of the class that a row's scores predict: that of the greatest, the first of them on a tie.
///
/// # Panics
/// When there are no scores.
pub fn predicted_class(scores: &[f64]) -> usize {
    assert!(!scores.is_empty(), "no scores, expected one for each class");
    let mut best = 0;
    for (class, score) in scores.iter().enumerate() {
        if *score > scores[best] {
            best = class;
        }
    }
    best
}

/// The state of the model of a class among so many.
fn of_class(state: &State, class: usize, classes: usize) -> Option<State> {
    Some(State {
        arrays: state.arrays.part(class, classes)?,
        ..*state
    })
}

/// Sums over rows of `data`, of which `problems` has the signs for each class, and in training its weights.
#[inline(always)]
fn sums(
    rows: Range<usize>,
    data: &Dataset,
    problems: &[&Dataset],
    models: &[Weights],
    classes: &Classes,
    spec: &Sgd,
) -> Sums {
    let mut sums = Sums::ZERO;
    let mut of_classes = vec![0.0; models.len()];
    let mut is_finite = true;
    for i in rows {
        let row = data.row(i);
        let mut losses = 0.0;
        for ((z, model), problem) in of_classes.iter_mut().zip(models).zip(problems) {
            *z = score(model, &row);
            is_finite &= z.is_finite();
            let of_model = spec.loss.value(*z, problem.targets()[i]);
            losses += of_model;
            let weight = problem.row_weights().map_or(1.0, |weights| weights[i]);
            sums.weighted_loss += weight * of_model;
        }
        sums.loss += losses;
        // A row of a class that no model knows is never right, and has no margin.
        let Some(own) = classes.place(row.target) else {
            continue;
        };
        sums.right += u64::from(predicted_class(&of_classes) == own);
        let others = of_classes
            .iter()
            .enumerate()
            .filter(|&(class, _)| class != own);
        let other = others.fold(f64::NEG_INFINITY, |most, (_, z)| f64::max(most, *z));
        let margin = of_classes[own] - other;
        sums.margins += margin;
        sums.margin_min = sums.margin_min.min(margin);
    }
    sums.told_of(is_finite)
}
