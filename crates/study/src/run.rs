//! One run: training a problem's model, evaluated on the way.

use std::ops::ControlFlow;

use sparsegrok_data::Problem;
use sparsegrok_kernel::{Evaluation, Observer, TrainError, TrainSpec, Weights, evaluate, train};

use crate::config::Config;
use crate::stop::StopWatch;
use crate::trace::Trace;

/// What a run leaves behind.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its evaluations: at least one.
    pub trace: Trace,
    /// Its last weights.
    pub weights: Weights,
}

impl Run {
    /// The last evaluation.
    ///
    /// # Panics
    /// When the trace was emptied: a run always evaluates its last epoch.
    pub fn last(&self) -> &Evaluation {
        self.trace.last().expect("a run evaluates its last epoch")
    }
}

/// Looks on while a run trains.
pub trait Watch {
    /// Called after every epoch, counted from 1; must be cheap.
    fn epoch(&mut self, _epoch: u64) {}

    /// Called with every evaluation; may end the run.
    fn evaluation(&mut self, _evaluation: &Evaluation) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Nobody looks on.
impl Watch for () {}

/// Trains a configuration's model on a problem. `Time: O(epochs · nnz)`
///
/// # Errors
/// As [`sparsegrok_kernel::train`], and where `config` is not valid.
pub fn run(config: &Config, problem: &Problem, watch: &mut dyn Watch) -> Result<Run, TrainError> {
    config.validate()?;
    run_as(&config.train, config, problem, watch)
}

/// As [`run`], under other training settings than the configuration's.
pub(crate) fn run_as(
    spec: &TrainSpec,
    config: &Config,
    problem: &Problem,
    watch: &mut dyn Watch,
) -> Result<Run, TrainError> {
    let mut tracer = Tracer {
        spec,
        problem,
        accuracy_tolerance: config.evaluate.accuracy_tolerance,
        end: StopWatch::new(&config.evaluate),
        watch,
        trace: Trace::new(),
    };
    let plan = config.evaluate.plan(spec.epochs);
    let engine = &config.engine;
    let weights = train(
        problem,
        spec,
        engine.kernel,
        engine.simd,
        &plan,
        &mut tracer,
    )?;
    Ok(Run {
        trace: tracer.trace,
        weights,
    })
}

/// Turns the weights the kernel shows into a trace.
struct Tracer<'a> {
    spec: &'a TrainSpec,
    problem: &'a Problem,
    accuracy_tolerance: Option<f64>,
    end: StopWatch<'a>,
    watch: &'a mut dyn Watch,
    trace: Trace,
}

impl Observer for Tracer<'_> {
    fn epoch(&mut self, epoch: u64) {
        self.watch.epoch(epoch);
    }

    fn evaluate(&mut self, epoch: u64, weights: &Weights) -> ControlFlow<()> {
        let tolerance = self.accuracy_tolerance;
        let evaluation = evaluate(epoch, weights, self.problem, self.spec, tolerance);
        self.trace.push(evaluation);
        self.watch.evaluation(&evaluation)?;
        match self.end.is_over(&evaluation) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }
}
