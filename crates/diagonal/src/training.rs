//! A run in training: its start, its epochs, its figures, its state.

use sparsegrok_data::{InvalidSetting, Problem, TargetKind, check, length};
use sparsegrok_kernel::{
    Arrays, Asked, Diverged, Evaluation, Figure, FigureSet, Level, Sgd, State, Threads, Trained,
    Training, Weights, evaluate,
};

use crate::rows::{Factors, FoldedRows, Layers, Scratch, Step};

/// The figures of diagonal networks. Those of weights are of w = u∘u − v∘v, but for [`Figure::WeightNorm`], which is
/// √(‖u‖² + ‖v‖²), and [`Figure::Objective`], which has ½λ(‖u‖² + ‖v‖²).
pub const FIGURES: [Figure; 16] = [
    Figure::TrainAcc,
    Figure::TestAcc,
    Figure::PopulationAcc,
    Figure::TrainLoss,
    Figure::TestLoss,
    Figure::GapLoss,
    Figure::GapAcc,
    Figure::WeightNorm,
    Figure::SignalNorm,
    Figure::MarginMin,
    Figure::MarginMean,
    Figure::TeacherCosine,
    Figure::Objective,
    Figure::EffectiveWeights,
    Figure::Gini,
    Figure::MaxMarginAngle,
];

/// A run to be started.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// Learning rate η and weight decay λ; all else is as for a full batch in file order.
    pub spec: &'a Sgd,
    /// Initial u and v of every column, α > 0.
    pub init_scale: f64,
    /// Rows of signal columns, with labels ±1.
    pub problem: &'a Problem,
    /// Figures that evaluations are asked for beside the usual ones.
    pub asked: FigureSet,
    /// The state it goes on from, if it does not begin.
    pub start: Option<&'a State>,
}

/// A run of a diagonal network in training.
pub struct Diagonal<'a> {
    run: Job<'a>,
    level: Level,
    rows: FoldedRows,
    layers: Layers,
    scratch: Scratch,
    asked: Asked,
    threads: Threads,
    epoch: u64,
    diverged: Option<Diverged>,
}

impl<'a> Diagonal<'a> {
    /// Starts a run, or goes on with it. `Time: O(n·d)`
    ///
    /// # Errors
    /// When a setting is out of range, or rows have more than signal columns, weights, or targets other than ±1.
    ///
    /// # Panics
    /// When a state does not [fit](fits).
    pub fn start(run: Job<'a>, level: Level) -> Result<Self, InvalidSetting> {
        run.spec.validate()?;
        check(
            run.init_scale.is_finite() && run.init_scale > 0.0,
            "init_scale",
            run.init_scale,
            "a finite number above 0",
        )?;
        let data = &run.problem.train;
        let is_plain = data.features().tail_width() == 0
            && data.memorization().is_none()
            && data.row_weights().is_none()
            && data.target_kind() == TargetKind::Sign;
        check(
            is_plain,
            "family",
            "diagonal",
            "`linear`, as rows have more than signal columns and labels -1 and 1",
        )?;
        let rows = FoldedRows::of(data);
        let columns = data.features().signal_width();
        // Padding has u = v = 0 throughout.
        let padded = |mut layer: Vec<f64>| {
            layer.resize(rows.width(), 0.0);
            layer
        };
        let layer = |name| match run.start {
            None => padded(vec![run.init_scale; columns]),
            Some(state) => {
                let numbers = state.arrays.get(name).filter(|it| it.len() == columns);
                padded(numbers.expect("a state of this run").to_vec())
            }
        };
        let own = FIGURES
            .into_iter()
            .filter(|&figure| run.asked.has(figure))
            .collect();
        Ok(Self {
            level,
            layers: Layers {
                u: layer("u"),
                v: layer("v"),
            },
            scratch: Scratch::of_width(rows.width()),
            asked: Asked::new(own),
            threads: Threads::One,
            epoch: run.start.map_or(0, |state| state.epoch),
            diverged: None,
            rows,
            run,
        })
    }

    /// The weights w = u∘u − v∘v as a linear model's. `Time: O(d)`
    pub fn model(&self) -> Weights {
        let [u, v] = self.layers();
        let w = |(u, v): (&f64, &f64)| (u - v) * (u + v);
        Weights {
            signal: u.iter().zip(v).map(w).collect(),
            ..Weights::default()
        }
    }

    /// u and v.
    pub fn layers(&self) -> [&[f64]; 2] {
        let columns = self.run.problem.train.features().signal_width();
        [&self.layers.u[..columns], &self.layers.v[..columns]]
    }

    /// The last step, for a run that left the finite numbers there.
    fn position(&self) -> Diverged {
        Diverged {
            epoch: self.epoch,
            step: self.epoch,
            row: 0,
        }
    }
}

impl Training for Diagonal<'_> {
    fn lanes(&self) -> usize {
        1
    }

    fn set_threads(&mut self, threads: &Threads) {
        // Evaluations divide their rows. A step is one pass, whose slopes are sums over all of them.
        self.threads = threads.clone();
    }

    fn advance(&mut self) {
        self.epoch += 1;
        if self.diverged.is_some() {
            return;
        }
        let Sgd {
            learning_rate: eta,
            weight_decay: lambda,
            ..
        } = *self.run.spec;
        let wrong = self.level.run(Step {
            rows: &self.rows,
            layers: &mut self.layers,
            scratch: &mut self.scratch,
            factors: Factors {
                keep: 1.0 - eta * lambda,
                gain: 2.0 * eta,
            },
        });
        self.diverged = wrong.map(|row| Diverged {
            row,
            ..self.position()
        });
    }

    fn diverged(&self, _lane: usize) -> Option<Diverged> {
        self.diverged
    }

    fn evaluate(&self, _lane: usize) -> Result<Evaluation, Diverged> {
        let model = self.model();
        if !model.is_finite() {
            return Err(self.position());
        }
        let (problem, spec) = (self.run.problem, self.run.spec);
        let mut found = evaluate(self.epoch, &model, problem, spec, None, &self.threads);
        let norm = length(self.layers().into_iter().flatten().copied());
        let penalty = 0.5 * spec.weight_decay * norm * norm;
        found[Figure::Objective] = found[Figure::TrainLoss] + penalty;
        found[Figure::WeightNorm] = norm;
        for figure in Figure::ALL {
            if !FIGURES.contains(&figure) {
                found.set(figure, None);
            }
        }
        if !found.is_finite() {
            return Err(self.position());
        }
        let of = Trained {
            models: &[model],
            rows: &[&problem.train],
            spec,
        };
        self.asked.add(&mut found, of, &self.threads);
        Ok(found)
    }

    fn state(&self, _lane: usize) -> State {
        let [u, v] = self.layers().map(<[f64]>::to_vec);
        State {
            epoch: self.epoch,
            step: self.epoch,
            words: [0; 4],
            arrays: Arrays::new().with("u", u).with("v", v),
        }
    }

    /// Those of the [linear model](Self::model) that it is, so that it is saved and applied as one.
    fn weights(&self, _lane: usize) -> Arrays {
        self.model().into()
    }
}

/// Tells if a state, read from a file, can be that of a run on some data.
pub fn fits(problem: &Problem, state: &State) -> bool {
    let columns = problem.train.features().signal_width();
    let is_layer = |name| {
        let layer = state.arrays.get(name);
        layer.is_some_and(|layer| layer.len() == columns && layer.iter().all(|x| x.is_finite()))
    };
    // Other arrays beside these are another family's.
    state.arrays.iter().len() == 2
        && is_layer("u")
        && is_layer("v")
        && state.step == state.epoch
        && state.words == [0; 4]
}

/// Bytes that training takes: the rows again, times their labels, and five vectors.
pub fn training_bytes(rows: usize, columns: usize) -> u64 {
    FoldedRows::bytes(rows.saturating_add(5), columns)
}
