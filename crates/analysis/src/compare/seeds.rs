//! Ways of training compared over many seeds of the same data.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use sparsegrok_config::{Config, ConfigError, Patience, StudySpec};
use sparsegrok_data::InvalidSetting;
use sparsegrok_study::{RecordRow, Study, StudyError};

use crate::compare::arms::{Arm, ArmComparison};
use crate::compare::lengths::{EarlyStopping, check_patience, lengths};

/// Comparisons over seeds, and notes on the files that the data came from.
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
/// training, where [`CompareSpec::patience`](sparsegrok_config::CompareSpec) asks for it.
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
    let patience = config.compare.patience;
    check_patience(&config.compare, config.has_test())?;
    let mut base = config.clone();
    base.study = StudySpec {
        seeds: config.study.seeds,
        seed_what: config.study.seed_what,
        ..StudySpec::default()
    };
    let [early, long] = lengths(&base);
    let others = match against {
        None => early,
        Some(axis) => {
            let mut others = long.clone();
            others.study.vary = vec![axis.to_owned()];
            others
        }
    };
    // Both are checked before either is trained.
    let study = |config| Ok::<_, CompareError>(Study::new(config)?.within_memory(most_memory));
    let long = study(long)?;
    let others = study(others)?.with_data_of(&long);
    let mut zero_one = Vec::new();
    let mut stopped = train(&long, patience, &mut zero_one)?;
    let mut long = stopped.remove(0);
    let others = train(&others, None, &mut zero_one)?.into_iter();
    let mut comparisons: Vec<ArmComparison> = match against {
        None => {
            long.name = "long".to_owned();
            let early = others.map(|early| Arm {
                name: "early".to_owned(),
                ..early
            });
            early
                .map(|early| ArmComparison::of(&early, &long))
                .collect()
        }
        Some(_) => {
            long.name = "as configured".to_owned();
            others
                .map(|other| ArmComparison::of(&long, &other))
                .collect()
        }
    };
    long.name = "long".to_owned();
    comparisons.extend(
        stopped
            .iter()
            .map(|stopped| ArmComparison::of(stopped, &long)),
    );
    Ok(SeedComparisons {
        comparisons,
        zero_one,
    })
}

/// Trains every run of a study: an arm a cell. With patience, one arm more has all runs as early stopping
/// would have left them.
fn train(
    study: &Study,
    patience: Option<Patience>,
    zero_one: &mut Vec<PathBuf>,
) -> Result<Vec<Arm>, StudyError> {
    let figures = &study.spec().figures;
    let arm = |name| Arm {
        name,
        figures: figures.clone(),
        records: Vec::new(),
    };
    let cells = 0..study.cells().len();
    let mut arms: Vec<Arm> = cells.map(|cell| arm(study.cell_name(cell))).collect();
    let mut stopped = patience.map(|patience| (patience, arm(format!("patience {patience}"))));
    let ran = study.run(&AtomicBool::new(false), |group| {
        for mut record in group.records {
            arms[group.cell]
                .records
                .push(RecordRow::of(&record, figures));
            if let Some((patience, stopped)) = &mut stopped {
                if let Some(stop) = EarlyStopping::of(*patience, &record.trace).stop {
                    let spec = &study.cell(group.cell).config.evaluate;
                    record.end_at(stop.at.epoch, spec);
                }
                stopped.records.push(RecordRow::of(&record, figures));
            }
        }
        ControlFlow::Continue(())
    })?;
    for file in ran.zero_one {
        if !zero_one.contains(&file) {
            zero_one.push(file);
        }
    }
    arms.extend(stopped.map(|(_, stopped)| stopped));
    Ok(arms)
}
