//! Ways of training compared over many seeds of the same data.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use sparsegrok_config::{Config, ConfigError, StudySpec};
use sparsegrok_data::InvalidSetting;

use crate::arms::{Arm, ArmComparison};
use crate::compare::{Patience, check_patience};
use crate::study::{RecordRow, Study, StudyError};

/// Comparisons over seeds, and what a reader of them should be told.
#[derive(Clone, Debug, PartialEq)]
pub struct SeedComparisons {
    /// Each pair of arms.
    pub comparisons: Vec<ArmComparison>,
    /// Data files whose labels were 0 and 1, read as −1 and 1.
    pub zero_one: Vec<PathBuf>,
}

/// The reason why ways of training could not be compared over seeds.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompareError {
    /// A setting is out of range or does not fit another.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A setting does not fit the data.
    #[error(transparent)]
    Setting(#[from] InvalidSetting),
    /// The runs could not be trained.
    #[error(transparent)]
    Study(#[from] StudyError),
}

/// Trains the runs of a comparison with every seed of `config.study` and compares them: stopping
/// early against long training or, where axes of a grid are given (`KEY=A,B,…`), long training
/// against long training with each value of the key; and early stopping with patience against long
/// training, where [`CompareSpec::patience`](crate::CompareSpec) asks for it.
///
/// Nothing is trained that would need more than `most_memory` bytes. A pair of runs has the same data
/// and initial weights. `Time: O(seeds · epochs · nnz)`, divided
/// among the threads.
///
/// # Errors
/// As [`CompareError`] lists.
pub fn compare_seeds(
    config: &Config,
    against: Option<&str>,
    most_memory: u64,
) -> Result<SeedComparisons, CompareError> {
    let spec = &config.compare;
    check_patience(spec, config.has_test())?;
    let mut base = config.clone();
    base.evaluate.stop_when = None;
    base.study = StudySpec {
        seeds: config.study.seeds,
        seed_what: config.study.seed_what,
        ..StudySpec::default()
    };
    let with = |epochs, order_seed| {
        let mut config = base.clone();
        (config.train.epochs, config.train.order_seed) = (epochs, order_seed);
        config
    };
    let long_config = with(spec.long_epochs, spec.long_order_seed);
    let other_config = match against {
        None => with(spec.early_epochs, spec.early_order_seed),
        Some(axis) => {
            let mut config = long_config.clone();
            config.study.vary = vec![axis.to_owned()];
            config
        }
    };
    // Both are checked before either is trained.
    let study = |config| Ok::<_, CompareError>(Study::new(config)?.within_memory(most_memory));
    let (long, others) = (study(long_config)?, study(other_config)?);
    let mut zero_one = Vec::new();
    let long = train(&long, spec.patience, &mut zero_one)?.remove(0);
    let others = train(&others, None, &mut zero_one)?.into_iter();
    let mut comparisons: Vec<ArmComparison> = others
        .map(|other| match against {
            None => ArmComparison::of(&other.arm.named("early"), &long.arm.named("long")),
            Some(_) => ArmComparison::of(&long.arm.named("as configured"), &other.arm),
        })
        .collect();
    if let (Some(patience), Some(records)) = (spec.patience, long.stopped) {
        let stopped = Arm {
            name: format!("patience {patience}"),
            records,
            figures: long.arm.figures.clone(),
        };
        comparisons.push(ArmComparison::of(&stopped, &long.arm.named("long")));
    }
    Ok(SeedComparisons {
        comparisons,
        zero_one,
    })
}

/// A trained arm.
struct Trained {
    arm: Arm,
    /// The arm's runs as early stopping would have left them, if patience was asked for.
    stopped: Option<Vec<RecordRow>>,
}

/// Trains every run of a study: an arm a cell.
fn train(
    study: &Study,
    patience: Option<u64>,
    zero_one: &mut Vec<PathBuf>,
) -> Result<Vec<Trained>, StudyError> {
    let figures = &study.spec().figures;
    let mut arms: Vec<Trained> = (0..study.cells().len())
        .map(|cell| Trained {
            arm: Arm {
                name: study.cell_name(cell),
                figures: figures.clone(),
                records: Vec::new(),
            },
            stopped: patience.map(|_| Vec::new()),
        })
        .collect();
    let ran = study.run(&AtomicBool::new(false), |group| {
        let arm = &mut arms[group.cell];
        for mut record in group.records {
            arm.arm.records.push(RecordRow::of(&record, figures));
            if let (Some(patience), Some(stopped)) = (patience, &mut arm.stopped) {
                if let Some(stop) = Patience::of(patience, &record.trace).stop {
                    let spec = &study.cell(group.cell).config.evaluate;
                    record.end_at(stop.at.epoch, spec);
                }
                stopped.push(RecordRow::of(&record, figures));
            }
        }
        ControlFlow::Continue(())
    })?;
    for file in ran.zero_one {
        if !zero_one.contains(&file) {
            zero_one.push(file);
        }
    }
    Ok(arms)
}
