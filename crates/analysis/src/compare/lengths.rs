//! Two training lengths on the same data, and where early stopping would have ended the longer.

use std::convert::Infallible;
use std::ops::ControlFlow;

use sparsegrok_config::{CompareSpec, Config, Patience};
use sparsegrok_data::{InvalidSetting, check};
use sparsegrok_kernel::{Evaluation, TrainError};
use sparsegrok_run::models::{AnyData, family_of};
use sparsegrok_run::{Beginning, Event, Run, RunError, Trace, run_watched};

/// A run that stops early beside a long one.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The last evaluation of the run that stops early.
    pub early: Evaluation,
    /// The last evaluation of the long run.
    pub long: Evaluation,
    /// Early stopping of the long run, where patience was asked for.
    pub stopping: Option<EarlyStopping>,
}

/// One of the two runs that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// The one that stops early.
    Early,
    /// The long one.
    Long,
}

/// Early stopping of a run whose figure of test rows has not improved for some evaluations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EarlyStopping {
    /// The figure, and the evaluations without a better one that end the run.
    pub patience: Patience,
    /// The stop, and the best evaluation until then; `None` when it never does.
    pub stop: Option<Stop>,
}

/// The evaluation at which early stopping ends a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stop {
    /// The evaluation at which patience ran out.
    pub at: Evaluation,
    /// The evaluation with the best figure until then, the first of several.
    pub best: Evaluation,
}

impl EarlyStopping {
    /// Early stopping applied to a trace. `Time: O(trace)`
    pub fn of(patience: Patience, trace: &Trace) -> Self {
        let judge = patience.figure;
        let figure = judge.figure();
        let mut best: Option<Evaluation> = None;
        let mut waited = 0;
        for at in trace.iter() {
            match best {
                Some(best) if !judge.is_better(at[figure], best[figure]) => {
                    waited += 1;
                    if waited >= patience.evaluations {
                        let stop = Some(Stop { at, best });
                        return Self { patience, stop };
                    }
                }
                _ => (best, waited) = (Some(at), 0),
            }
        }
        Self {
            patience,
            stop: None,
        }
    }
}

/// Trains the two runs of a comparison, one after the other; `early` and `long` look on.
/// `Time: O((early + long epochs) · nnz)`
///
/// # Errors
/// As [`run`](sparsegrok_run::run()); also for patience without a test set.
pub fn compare(
    config: &Config,
    data: &AnyData,
    mut epoch: impl FnMut(Length, u64),
) -> Result<Comparison, RunError> {
    config.validate().map_err(TrainError::from)?;
    let spec = &config.compare;
    check_patience(spec, config.has_test()).map_err(TrainError::from)?;
    let family = family_of(config);
    let begun = Beginning::of(&*family, config, data)?.map(|begun| begun.state);
    let mut trained = |length, config: &Config| -> Result<Run, RunError> {
        let mut watch = |event: Event<'_>| {
            if let Event::Epoch(number) = event {
                epoch(length, number);
            }
            ControlFlow::<Infallible>::Continue(())
        };
        let begun = begun.as_ref();
        let watched = run_watched(&*family, config, data, begun, None, &mut watch);
        let ControlFlow::Continue(run) = watched?;
        Ok(run)
    };
    let [early, long] = lengths(config);
    let early = trained(Length::Early, &early)?;
    let long = trained(Length::Long, &long)?;
    let patience = spec.patience;
    Ok(Comparison {
        early: early.last(),
        long: long.last(),
        stopping: patience.map(|patience| EarlyStopping::of(patience, &long.trace)),
    })
}

/// The configurations of the run that stops early and of the long one, each with an order of its own.
pub(crate) fn lengths(config: &Config) -> [Config; 2] {
    let spec = &config.compare;
    [
        (spec.early_epochs, spec.early_order_seed),
        (spec.long_epochs, spec.long_order_seed),
    ]
    .map(|(epochs, order_seed)| {
        let mut config = config.clone();
        (config.train.epochs, config.train.order_seed) = (epochs, order_seed);
        // A comparison of lengths needs both at their ends, whatever they reach before.
        config.evaluate.stop_when = None;
        config
    })
}

/// Early stopping looks at test rows: patience needs some.
pub(crate) fn check_patience(spec: &CompareSpec, has_test: bool) -> Result<(), InvalidSetting> {
    let asked = spec.patience.map(|patience| patience.to_string());
    check(
        has_test || asked.is_none(),
        "patience",
        asked.unwrap_or_default(),
        "to be left out where there is no test set",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use sparsegrok_kernel::Figure;

    /// Evaluations of the given test losses, at epochs 1, 2, 3, …; accuracies are as many below 1.
    fn trace(losses: &[f64]) -> Trace {
        let points = losses.iter().zip(1..).map(|(&loss, epoch)| {
            let begun = Evaluation::new(epoch).with(Figure::TestLoss, loss);
            begun.with(Figure::TestAcc, 1.0 - loss)
        });
        points.collect()
    }

    fn stop(evaluations: u64, losses: &[f64]) -> Option<(u64, u64)> {
        let stop = |figure: &str| {
            let patience = format!("{figure}:{evaluations}").parse().unwrap();
            let stop = EarlyStopping::of(patience, &trace(losses)).stop?;
            Some((stop.at.epoch, stop.best.epoch))
        };
        // Both get better together here.
        assert_eq!(stop("test_acc"), stop("test_loss"));
        stop("test_loss")
    }

    /// Accuracy goes on to rise while the loss does too: overconfident errors, and fewer of them.
    #[test]
    fn loss_and_accuracy_may_stop_a_run_at_different_times() {
        let points = [(0.5, 0.6), (0.6, 0.7), (0.7, 0.8), (0.8, 0.8), (0.9, 0.8)];
        let trace: Trace = points
            .into_iter()
            .zip(1..)
            .map(|((loss, accuracy), epoch)| {
                let begun = Evaluation::new(epoch).with(Figure::TestLoss, loss);
                begun.with(Figure::TestAcc, accuracy)
            })
            .collect();
        for (patience, at, best) in [("2", 3, 1), ("test_acc:2", 5, 3)] {
            let stop = EarlyStopping::of(patience.parse().unwrap(), &trace)
                .stop
                .unwrap();
            assert_eq!((stop.at.epoch, stop.best.epoch), (at, best), "{patience}");
        }
    }

    #[test]
    fn patience_counts_evaluations_since_the_best() {
        let losses = [0.5, 0.4, 0.45, 0.3, 0.3, 0.35, 0.2];
        assert_eq!(stop(1, &losses), Some((3, 2)));
        assert_eq!(stop(2, &losses), Some((6, 4)));
        assert_eq!(stop(3, &losses), None);
    }
}
