//! A run in training: its start, its epochs, its figures, its state.

use sparsegrok_data::{InvalidSetting, check};
use sparsegrok_kernel::{
    Arrays, Diverged, Evaluation, Figure, LearningRate, Level, Loss, Sgd, State, Training,
    VisitingOrder,
};
use sparsegrok_lanes::{Simd, Task};

use crate::block::{BLOCK, Block, Model, softmax};
use crate::layers::{Layers, NAMES, Size};
use crate::optimizer::{Rule, Update};
use crate::spec::NetworkSpec;
use crate::spectrum::spectrum_figures;
use crate::table::{Example, Table};

/// The figures of networks. [`Figure::Objective`] is the train loss and ½λ(‖U‖² + ‖V‖² + ‖W‖²).
pub const FIGURES: [Figure; 16] = [
    Figure::TrainAcc,
    Figure::TestAcc,
    Figure::TrainLoss,
    Figure::TestLoss,
    Figure::GapLoss,
    Figure::GapAcc,
    Figure::WeightNorm,
    Figure::Objective,
    Figure::TrainAccClean,
    Figure::TrainAccNoisy,
    Figure::NormU,
    Figure::NormV,
    Figure::NormW,
    Figure::Ipr,
    Figure::PeriodicShare,
    Figure::AnalyticDistance,
];

/// A run to be started.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// The network and its task.
    pub network: &'a NetworkSpec,
    /// The loss, squared or logistic, which is that of the softmax; the optimizer, its schedule, batches, order, decay.
    pub spec: &'a Sgd,
    /// Factor s of the initial weights' deviation, s/(2N)^⅓.
    pub init_scale: f64,
    /// Seed of the initial weights.
    pub init_seed: u64,
    /// Seed of the visiting order, where a batch is not full.
    pub order_seed: u64,
    /// The rows.
    pub table: &'a Table,
    /// The state it goes on from, if it does not begin.
    pub start: Option<&'a State>,
}

impl Job<'_> {
    fn size(&self) -> Size {
        Size {
            classes: self.network.modulus,
            neurons: self.network.width,
        }
    }

    /// True where an epoch is one update, and the order of its rows is of no effect.
    fn is_full(&self) -> bool {
        let rows = self.table.train.len();
        self.spec.batch_size.rows(rows) == rows
    }
}

/// A run of a network in training.
pub struct Network<'a> {
    run: Job<'a>,
    level: Level,
    layers: Layers,
    rule: Rule,
    learning_rate: LearningRate,
    /// The visiting order; none where each batch is full.
    order: Option<VisitingOrder>,
    gradient: Layers,
    output_weights: Vec<f32>,
    block: Block,
    /// The rows of a batch.
    batch: Vec<Example>,
    epoch: u64,
    step: u64,
    diverged: Option<Diverged>,
}

impl<'a> Network<'a> {
    /// Starts a run, or goes on with it. `Time: O(Np + n)`
    ///
    /// # Errors
    /// When a setting is out of range.
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
        check(
            matches!(run.spec.loss, Loss::Squared | Loss::Logistic),
            "loss",
            "hinge",
            "`squared` or `logistic`, as networks have no other loss",
        )?;
        let (size, rows) = (run.size(), run.table.train.len());
        let (layers, rule) = match run.start {
            None => (
                Layers::draw(size, run.init_scale, run.init_seed),
                Rule::new(run.spec.optimizer, size),
            ),
            Some(state) => read(&run, state).expect("a state of this run"),
        };
        let mut order =
            (!run.is_full()).then(|| VisitingOrder::new(run.spec, run.order_seed, rows));
        let (epoch, step) = run.start.map_or((0, 0), |state| (state.epoch, state.step));
        if let Some((order, state)) = order.as_mut().zip(run.start) {
            order.resume(epoch, state.words);
        }
        Ok(Self {
            level,
            rule,
            learning_rate: LearningRate::new(run.spec, rows),
            order,
            gradient: Layers::zeros(size),
            output_weights: layers.output_weights(),
            block: Block::new(size),
            batch: Vec::with_capacity(run.spec.batch_size.rows(rows)),
            epoch,
            step,
            diverged: None,
            layers,
            run,
        })
    }

    fn model(&self) -> Model<'_> {
        Model {
            layers: &self.layers,
            activation: self.run.network.activation,
            loss: self.run.spec.loss,
        }
    }

    /// The gradient of the mean loss of some rows, U, V and W without padding, row after row: a step would take it.
    pub fn gradient(&mut self, rows: &[Example]) -> Arrays {
        self.compute_gradient(rows);
        named(Arrays::new(), &self.gradient, "")
    }

    fn compute_gradient(&mut self, rows: &[Example]) {
        self.gradient.clear();
        self.layers.write_output_weights(&mut self.output_weights);
        let mean_of = match self.run.spec.loss {
            Loss::Squared => rows.len() * self.run.network.modulus,
            _ => rows.len(),
        };
        self.level.run(Gradient {
            model: Model {
                layers: &self.layers,
                activation: self.run.network.activation,
                loss: self.run.spec.loss,
            },
            rows,
            share: (1.0 / mean_of as f64) as f32,
            output_weights: &self.output_weights,
            block: &mut self.block,
            gradient: &mut self.gradient,
        });
    }

    /// Makes an update on some rows.
    fn update(&mut self, rows: &[Example]) {
        self.compute_gradient(rows);
        let learning_rate = self.learning_rate.at(self.step);
        self.step += 1;
        let at = Update {
            spec: self.run.spec,
            step: self.step,
            learning_rate,
        };
        self.rule
            .update(self.level, &mut self.layers, &self.gradient, at);
    }

    /// The last step, for a run that left the finite numbers there.
    fn position(&self) -> Diverged {
        Diverged {
            epoch: self.epoch,
            step: self.step,
            row: 0,
        }
    }
}

/// Sums the gradient of the loss over rows.
struct Gradient<'g> {
    model: Model<'g>,
    rows: &'g [Example],
    share: f32,
    output_weights: &'g [f32],
    block: &'g mut Block,
    gradient: &'g mut Layers,
}

impl Task for Gradient<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for rows in self.rows.chunks(BLOCK) {
            let (model, share) = (self.model, self.share);
            self.block
                .add_gradient(simd, model, rows, share, self.output_weights, self.gradient);
        }
    }
}

/// The results of a network on rows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Score {
    /// Sum of losses over rows.
    loss: f64,
    /// Rows with labels of the task, and those among them classified right.
    clean: [u64; 2],
    /// The same of rows with labels drawn at random.
    noisy: [u64; 2],
}

impl Score {
    /// Rows classified right.
    pub(crate) fn right(&self) -> u64 {
        self.clean[1] + self.noisy[1]
    }

    /// Mean loss and share of rows classified right; `None` without rows.
    fn means(&self) -> Option<(f64, f64)> {
        let rows = self.clean[0] + self.noisy[0];
        let mean = |x: f64| x / rows as f64;
        (rows > 0).then(|| (mean(self.loss), mean(self.right() as f64)))
    }
}

/// Share of rows classified right; `None` without rows.
fn accuracy([rows, right]: [u64; 2]) -> Option<f64> {
    (rows > 0).then(|| right as f64 / rows as f64)
}

/// Scores a network on rows. `Time: O(rows · Np)`
pub(crate) fn score(level: Level, model: Model<'_>, rows: &[Example]) -> Score {
    level.run(Scoring { model, rows })
}

struct Scoring<'s> {
    model: Model<'s>,
    rows: &'s [Example],
}

impl Task for Scoring<'_> {
    type Output = Score;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> Score {
        let size = self.model.layers.size;
        let mut block = Block::new(size);
        let mut score = Score::default();
        for rows in self.rows.chunks(BLOCK) {
            let outputs = block.forward(simd, self.model, rows);
            for (outputs, row) in outputs.chunks_exact_mut(size.classes_padded()).zip(rows) {
                let outputs = &mut outputs[..size.classes];
                let label = usize::from(row.label);
                let counts = if row.is_noise {
                    &mut score.noisy
                } else {
                    &mut score.clean
                };
                counts[0] += 1;
                counts[1] += u64::from(largest(outputs) == label);
                score.loss += loss(self.model.loss, outputs, label);
            }
        }
        score
    }
}

/// The class of the largest output, the first of equals.
#[inline(always)]
fn largest(outputs: &[f32]) -> usize {
    let mut most = 0;
    for (c, z) in outputs.iter().enumerate() {
        if *z > outputs[most] {
            most = c;
        }
    }
    most
}

/// The loss of a row: squared, the mean of (z_c − 1[c = label])² over classes; logistic, ln Σe^z − z_label.
#[inline(always)]
fn loss(loss: Loss, outputs: &mut [f32], label: usize) -> f64 {
    match loss {
        Loss::Squared => {
            outputs[label] -= 1.0;
            let squares = outputs.iter().map(|&z| f64::from(z) * f64::from(z));
            squares.sum::<f64>() / outputs.len() as f64
        }
        _ => {
            let most = outputs
                .iter()
                .fold(f32::NEG_INFINITY, |most, &z| most.max(z));
            let own = f64::from(outputs[label]) - f64::from(most);
            libm::log(f64::from(softmax(outputs))) - own
        }
    }
}

impl Training for Network<'_> {
    fn lanes(&self) -> usize {
        1
    }

    fn advance(&mut self) {
        self.epoch += 1;
        if self.diverged.is_some() {
            return;
        }
        let table = self.run.table;
        let size = self.run.spec.batch_size.rows(table.train.len());
        match self.order.take() {
            None => self.update(&table.train),
            Some(mut order) => {
                let mut batch = std::mem::take(&mut self.batch);
                for rows in order.next_epoch().chunks(size) {
                    batch.clear();
                    batch.extend(rows.iter().map(|&row| table.train[row as usize]));
                    self.update(&batch);
                }
                (self.order, self.batch) = (Some(order), batch);
            }
        }
        if !self.layers.is_finite() {
            self.diverged = Some(self.position());
        }
    }

    fn diverged(&self, _lane: usize) -> Option<Diverged> {
        self.diverged
    }

    fn evaluate(&self, _lane: usize) -> Result<Evaluation, Diverged> {
        let [train, test] = [&self.run.table.train, &self.run.table.test]
            .map(|rows| score(self.level, self.model(), rows));
        let mut found = Evaluation::new(self.epoch);
        let [of_train, of_test] = [train.means(), test.means()];
        let both = of_train.zip(of_test);
        let norms = self.layers.norms();
        let squares: f64 = norms.iter().map(|norm| norm * norm).sum();
        let spectra = spectrum_figures(self.level, &self.layers, self.run.network.operation);
        let penalty = 0.5 * self.run.spec.weight_decay * squares;
        for (figure, value) in [
            (Figure::TrainLoss, of_train.map(|(loss, _)| loss)),
            (Figure::TrainAcc, of_train.map(|(_, accuracy)| accuracy)),
            (Figure::TestLoss, of_test.map(|(loss, _)| loss)),
            (Figure::TestAcc, of_test.map(|(_, accuracy)| accuracy)),
            (Figure::GapLoss, both.map(|(train, test)| test.0 - train.0)),
            (Figure::GapAcc, both.map(|(train, test)| train.1 - test.1)),
            (Figure::WeightNorm, Some(squares.sqrt())),
            (Figure::Objective, of_train.map(|(loss, _)| loss + penalty)),
            (Figure::TrainAccClean, accuracy(train.clean)),
            (Figure::TrainAccNoisy, accuracy(train.noisy)),
            (Figure::NormU, Some(norms[0])),
            (Figure::NormV, Some(norms[1])),
            (Figure::NormW, Some(norms[2])),
            (Figure::Ipr, Some(spectra.ipr)),
            (Figure::PeriodicShare, Some(spectra.periodic_share)),
            (Figure::AnalyticDistance, spectra.analytic_distance),
        ] {
            // A figure that should be there and is not a number was made of numbers that are not finite.
            if value.is_some_and(|value| !value.is_finite()) {
                return Err(self.position());
            }
            found.set(figure, value);
        }
        Ok(found)
    }

    fn state(&self, _lane: usize) -> State {
        let memory = self
            .rule
            .memory()
            .iter()
            .zip(Rule::suffixes(self.run.spec.optimizer));
        let mut arrays = named(Arrays::new(), &self.layers, "");
        for (layers, suffix) in memory {
            arrays = named(arrays, layers, suffix);
        }
        State {
            epoch: self.epoch,
            step: self.step,
            words: self.order.as_ref().map_or([0; 4], VisitingOrder::generator),
            arrays,
        }
    }

    fn weights(&self, _lane: usize) -> Arrays {
        named(Arrays::new(), &self.layers, "")
    }
}

/// Adds three matrices to arrays, under names that end in a suffix.
fn named(arrays: Arrays, layers: &Layers, suffix: &str) -> Arrays {
    let matrices = layers.arrays().into_iter();
    matrices.fold(arrays, |arrays, (name, numbers)| {
        arrays.with(format!("{name}{suffix}"), numbers)
    })
}

/// Reads the weights of a state and what its optimizer remembers; `None` where it is not of this run.
fn read(run: &Job<'_>, state: &State) -> Option<(Layers, Rule)> {
    let (size, optimizer) = (run.size(), run.spec.optimizer);
    let layers = |names: [String; 3]| {
        let [u, v, w] = names.map(|name| state.arrays.get(&name));
        Layers::of_arrays(size, [u?, v?, w?])
    };
    let weights = layers(NAMES.map(str::to_owned))?;
    let mut rule = Rule::new(optimizer, size);
    let names = Rule::suffixes(optimizer);
    for (memory, suffix) in rule.memory_mut().iter_mut().zip(names) {
        *memory = layers(NAMES.map(|name| format!("{name}{suffix}")))?;
    }
    // Other arrays beside these are another family's, or another optimizer's.
    let count = NAMES.len() * (1 + names.len());
    (state.arrays.iter().len() == count).then_some((weights, rule))
}

/// Tells if a state, read from a file, can be that of a run before its last epoch.
pub fn fits(run: &Job<'_>, state: &State) -> bool {
    let rows = run.table.train.len();
    let spec = run.spec;
    let order = (!run.is_full()).then(|| VisitingOrder::new(spec, run.order_seed, rows));
    let has_generator = order.is_some_and(|order| order.generator() != [0; 4]);
    (1..spec.epochs).contains(&state.epoch)
        && state.epoch.checked_mul(spec.steps_per_epoch(rows)) == Some(state.step)
        && has_generator == (state.words != [0; 4])
        && read(run, state).is_some()
}

/// Bytes that training takes: weights, their gradient, the transpose of W, what the optimizer remembers, a block, and
/// the rows of a batch with their order.
pub fn training_bytes(network: &NetworkSpec, spec: &Sgd) -> u64 {
    let size = Size {
        classes: network.modulus,
        neurons: network.width,
    };
    let of_layers = 3 * (size.classes_padded() * size.neurons_padded() * size_of::<f32>()) as u64;
    let copies = 3 + spec.optimizer.memory() as u64;
    let rows = network.n_train();
    let order = (2 * rows * size_of::<u32>()) as u64;
    // Evaluations have a block of their own.
    copies * of_layers + 2 * Block::bytes(size) + Table::bytes(rows) + order
}
