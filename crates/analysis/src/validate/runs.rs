//! The runs of one anchor's study, and what is measured of them.

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

use sparsegrok_config::{Config, Settings};
use sparsegrok_kernel::{Figure, LinearState, Weights};
use sparsegrok_run::models::family_of;
use sparsegrok_run::{Event, RunError, Trace, load, run_watched};
use sparsegrok_study::summary::{Spread, SpreadOf};
use sparsegrok_study::{Record, RecordRow, Study};

use crate::validate::check::ValidateError;

/// The runs of one configuration over seeds 0, 1, ….
pub(super) struct Runs {
    pub(super) config: Config,
    pub(super) traces: Vec<Trace>,
}

/// A mean over the runs that have the quantity.
pub(super) struct Mean {
    pub(super) value: Option<f64>,
    /// Seeds and, where there are any, how many are not in the mean.
    pub(super) note: String,
}

impl Runs {
    /// Trains a preset, with other settings over it.
    pub(super) fn of(
        preset: &str,
        flags: &[(&str, &str)],
        seeds: u64,
        stop: &AtomicBool,
    ) -> Result<Self, ValidateError> {
        let (study, records) = trained(preset, flags, seeds, stop)?;
        Ok(Self {
            config: study.config().clone(),
            traces: records.into_iter().map(|record| record.trace).collect(),
        })
    }

    /// The mean over runs of what `measure` finds in each.
    pub(super) fn mean(&self, measure: impl Fn(&Trace) -> Option<f64>) -> Mean {
        let found: Vec<f64> = self.traces.iter().filter_map(measure).collect();
        let (seeds, without) = (self.traces.len(), self.traces.len() - found.len());
        Mean {
            value: (!found.is_empty()).then(|| found.iter().sum::<f64>() / found.len() as f64),
            note: match without {
                0 => format!("{seeds} seeds"),
                _ => format!("{seeds} seeds, {without} censored"),
            },
        }
    }

    /// The curve of a figure's mean over runs. All were evaluated at the same epochs.
    pub(super) fn mean_curve(&self, figure: Figure) -> Vec<(f64, f64)> {
        let runs = self.traces.len() as f64;
        let epochs = self.traces[0].epochs().iter().enumerate();
        epochs
            .map(|(i, &epoch)| {
                let values = self.traces.iter().map(|trace| trace.figure(figure)[i]);
                (epoch as f64, values.sum::<f64>() / runs)
            })
            .collect()
    }
}

/// The spread of ln T_gen over the runs of a crossed design.
pub(super) fn spread_of_t_gen(
    preset: &str,
    flags: &[(&str, &str)],
    runs: u64,
    stop: &AtomicBool,
) -> Result<Spread, ValidateError> {
    let (study, records) = trained(preset, flags, runs, stop)?;
    let rows = records.iter().map(|record| RecordRow::of(record, &[]));
    let rows: Vec<_> = rows.collect();
    let of = SpreadOf::Generalizing;
    Ok(Spread::over(study.spec(), &rows, &[], of).expect("a crossed design"))
}

/// Trains so many seeds of a preset, with other settings over it.
pub(super) fn trained(
    preset: &str,
    flags: &[(&str, &str)],
    seeds: u64,
    stop: &AtomicBool,
) -> Result<(Study, Vec<Record>), ValidateError> {
    let mut settings = Settings::layered(Some(preset), None, flags)?;
    settings.set("seeds", &format!("0..{seeds}"))?;
    let study = Study::new(settings.config()?)?;
    let mut records = Vec::new();
    study.run(stop, |group| {
        records.extend(group.records);
        ControlFlow::Continue(())
    })?;
    match records.len() as u64 == seeds {
        true => Ok((study, records)),
        false => Err(ValidateError::Stopped),
    }
}

/// Trains the run of a seed of a configuration, from the shared weights of a model where there is one, as
/// `continue_from` has it: its last population accuracy, and its weights.
pub(super) fn continued(
    config: &Config,
    seed: u64,
    begun: Option<Weights>,
) -> Result<(f64, Weights), ValidateError> {
    let mut config = config.clone();
    config.synthetic.data_seed += seed;
    config.train.order_seed += seed;
    config.train.init_seed += seed;
    let problem = load(&config).map_err(RunError::from)?.problem;
    let begun = begun.map(|model| {
        let shared = Weights {
            memorization: Vec::new(),
            ..model
        };
        LinearState::beginning(&shared, &problem.train, config.train.loss, 0).into()
    });
    let mut watch = |_: Event<'_>| ControlFlow::<Infallible>::Continue(());
    let family = family_of(&config);
    let ControlFlow::Continue(run) = run_watched(
        &*family,
        &config,
        &problem,
        begun.as_ref(),
        None,
        &mut watch,
    )?;
    let weights = Weights::of(&run.weights).expect("weights of a linear model");
    Ok((run.last()[Figure::PopulationAcc], weights))
}

/// The curve of a figure.
pub(super) fn curve(trace: &Trace, figure: Figure) -> Vec<(f64, f64)> {
    let epochs = trace.epochs().iter().map(|&epoch| epoch as f64);
    epochs.zip(trace.figure(figure).iter().copied()).collect()
}

/// The epoch at which a rising curve first reaches a level, by linear interpolation.
pub(super) fn reaches(curve: &[(f64, f64)], level: f64) -> Option<f64> {
    let first = curve.iter().position(|&(_, value)| value >= level)?;
    let (epoch, value) = curve[first];
    let Some(&(before, below)) = first.checked_sub(1).map(|previous| &curve[previous]) else {
        return Some(epoch);
    };
    Some(before + (epoch - before) * (level - below) / (value - below))
}

/// The value of a curve at an epoch within it, by linear interpolation.
pub(super) fn value_at(curve: &[(f64, f64)], epoch: f64) -> Option<f64> {
    let next = curve.iter().position(|&(at, _)| at >= epoch)?;
    let (after, value) = curve[next];
    let Some(&(before, earlier)) = next.checked_sub(1).map(|previous| &curve[previous]) else {
        return (after == epoch).then_some(value);
    };
    Some(earlier + (epoch - before) * (value - earlier) / (after - before))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CURVE: [(f64, f64); 4] = [(1.0, 0.5), (3.0, 0.5), (5.0, 0.7), (9.0, 0.9)];

    #[test]
    fn levels_are_reached_between_evaluations() {
        assert!((reaches(&CURVE, 0.6).unwrap() - 4.0).abs() < 1e-12);
        assert_eq!(reaches(&CURVE, 0.5), Some(1.0));
        assert_eq!(reaches(&CURVE, 0.91), None);
    }

    #[test]
    fn values_are_found_between_evaluations() {
        assert!((value_at(&CURVE, 7.0).unwrap() - 0.8).abs() < 1e-12);
        assert_eq!(value_at(&CURVE, 1.0), Some(0.5));
        assert_eq!(value_at(&CURVE, 0.5), None);
        assert_eq!(value_at(&CURVE, 9.5), None);
    }
}
