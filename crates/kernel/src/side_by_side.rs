//! Runs of the linear family in training side by side.

use sparsegrok_data::TargetKind;

use crate::asked::{Asked, Trained};
use crate::blocks::Threads;
use crate::evaluate::evaluate;
use crate::figure::{Evaluation, Figure};
use crate::init::Job;
use crate::look::{PopulationGoals, TrainGoal, TrainQuestion};
use crate::population::{has_population, population_accuracy};
use crate::state::{Arrays, State};
use crate::trainer::Trainer;
use crate::training::{Diverged, Training};
use crate::weights::Weights;

/// Runs of the linear family in training side by side, as [`start`](crate::start) makes them.
pub struct SideBySide<'a> {
    trainer: Box<dyn Trainer + 'a>,
    /// Epochs trained.
    epoch: u64,
    lanes: Vec<Lane<'a>>,
    population: PopulationGoals,
    threads: Threads,
}

struct Lane<'a> {
    run: Job<'a>,
    /// Training rows that were wrong at the last look.
    wrong: Vec<u32>,
    asked: Asked,
}

impl<'a> SideBySide<'a> {
    pub(crate) fn new(trainer: Box<dyn Trainer + 'a>, runs: &[Job<'a>], epoch: u64) -> Self {
        let lanes = runs.iter().map(|&run| Lane {
            run,
            wrong: Vec::new(),
            asked: Asked::new(run.asked),
        });
        Self {
            trainer,
            epoch,
            lanes: lanes.collect(),
            population: PopulationGoals::default(),
            threads: Threads::One,
        }
    }

    /// The model of a run as it stands. `Time: O(weights)`
    ///
    /// # Errors
    /// When a weight is not finite.
    pub fn model(&self, lane: usize) -> Result<Weights, Diverged> {
        let weights = self.trainer.weights(lane);
        match weights.is_finite() {
            true => Ok(weights),
            false => Err(self.position(lane)),
        }
    }

    /// Epoch, step and row of a run's last update.
    pub(crate) fn position(&self, lane: usize) -> Diverged {
        self.trainer.position(lane)
    }

    fn train_reaches(&mut self, lane: usize, goal: TrainGoal) -> bool {
        let Lane { run, wrong, .. } = &mut self.lanes[lane];
        let data = &run.problem.train;
        let by_sign = data.target_kind() == TargetKind::Sign;
        let question = TrainQuestion {
            data,
            loss: run.spec.loss,
            tolerance: run.accuracy_tolerance.filter(|_| !by_sign),
            goal,
            wrong,
        };
        self.trainer.train_reaches(lane, question)
    }

    fn population_reaches(&mut self, lane: usize, accuracy: f64) -> Option<bool> {
        let run = self.lanes[lane].run;
        if !has_population(run.problem, run.spec, run.accuracy_tolerance) {
            return None;
        }
        let (signal, scale) = self.trainer.scaled_signal(lane);
        let Some(teacher) = run.problem.teacher.as_ref().filter(|_| !run.spec.bias) else {
            let v: Vec<f64> = signal.iter().map(|u| u * scale).collect();
            let bias = self.trainer.bias(lane);
            return Some(population_accuracy(run.problem, &v, bias) >= accuracy);
        };
        let teacher = teacher.direction();
        Some(
            self.population
                .are_reached(accuracy, (&signal, scale), teacher),
        )
    }
}

impl Training for SideBySide<'_> {
    fn lanes(&self) -> usize {
        self.lanes.len()
    }

    fn set_threads(&mut self, threads: &Threads) {
        self.threads = threads.clone();
    }

    fn advance(&mut self) {
        self.epoch += 1;
        self.trainer.epoch(&self.threads);
    }

    fn diverged(&self, lane: usize) -> Option<Diverged> {
        self.trainer.diverged(lane)
    }

    fn evaluate(&self, lane: usize) -> Result<Evaluation, Diverged> {
        let weights = self.model(lane)?;
        let Lane { run, asked, .. } = &self.lanes[lane];
        let mut found = evaluate(
            self.epoch,
            &weights,
            run.problem,
            run.spec,
            run.accuracy_tolerance,
            &self.threads,
        );
        if !found.is_finite() {
            return Err(self.trainer.position(lane));
        }
        let of = Trained {
            models: std::slice::from_ref(&weights),
            rows: &[&run.problem.train],
            spec: run.spec,
        };
        asked.add(&mut found, of, &self.threads);
        Ok(found)
    }

    /// Reads the weights where the kernel has them and stops as soon as the answer is certain.
    /// `Time: O(d)` for the population's accuracy; for training rows O(nnz) where the threshold is
    /// reached, else a fraction of that.
    fn reaches(&mut self, lane: usize, figure: Figure, threshold: f64) -> Option<bool> {
        match figure {
            Figure::TrainAcc => Some(self.train_reaches(lane, TrainGoal::Accuracy(threshold))),
            Figure::TrainLoss => Some(self.train_reaches(lane, TrainGoal::Loss(threshold))),
            Figure::PopulationAcc => self.population_reaches(lane, threshold),
            _ => None,
        }
    }

    fn state(&self, lane: usize) -> State {
        self.trainer.state(lane)
    }

    fn weights(&self, lane: usize) -> Arrays {
        self.trainer.weights(lane).into()
    }
}
