//! Ways of training compared over many seeds of the same data.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use sparsegrok_data::InvalidSetting;

use crate::arms::{Arm, ArmComparison};
use crate::compare::{Patience, check_patience};
use crate::config::Config;
use crate::error::ConfigError;
use crate::study::{RecordRow, ResultsError, Study, StudyError, StudyResults, StudySpec};

/// Comparisons over seeds, and what a reader of them should be told.
#[derive(Clone, Debug, PartialEq)]
pub struct SeedComparisons {
    /// Each pair of arms.
    pub comparisons: Vec<ArmComparison>,
    /// Data files whose labels were 0 and 1, read as −1 and 1.
    pub zero_one: Vec<PathBuf>,
}

/// Why ways of training could not be compared over seeds.
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
/// A pair of runs has the same data and initial weights. `Time: O(seeds · epochs · nnz)`, divided
/// among the threads.
///
/// # Errors
/// As [`CompareError`] lists.
pub fn compare_seeds(
    config: &Config,
    against: Option<&str>,
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
    let mut zero_one = Vec::new();
    let mut trained = |config| train(config, spec.patience, &mut zero_one);
    let long = trained(long_config.clone())?.remove(0);
    let (others, base_first) = match against {
        None => {
            let early = with(spec.early_epochs, spec.early_order_seed);
            (trained(early)?, false)
        }
        Some(axis) => {
            let mut config = long_config;
            config.study.vary = vec![axis.to_owned()];
            (trained(config)?, true)
        }
    };
    let mut comparisons: Vec<ArmComparison> = others
        .iter()
        .map(|other| match base_first {
            true => ArmComparison::of(&long.named("as configured"), &other.arm),
            false => ArmComparison::of(&other.named("early"), &long.named("long")),
        })
        .collect();
    if let (Some(patience), Some(stopped)) = (spec.patience, &long.stopped) {
        let stopped = Arm {
            name: format!("patience {patience}"),
            records: stopped.clone(),
            ..long.arm.clone()
        };
        comparisons.push(ArmComparison::of(&stopped, &long.named("long")));
    }
    Ok(SeedComparisons {
        comparisons,
        zero_one,
    })
}

/// A trained arm.
struct Trained {
    arm: Arm,
    /// Its runs as early stopping would have left them, where patience was asked for.
    stopped: Option<Vec<RecordRow>>,
}

impl Trained {
    fn named(&self, name: &str) -> Arm {
        Arm {
            name: name.to_owned(),
            ..self.arm.clone()
        }
    }
}

/// Trains every seed of a configuration's grid: an arm a cell.
fn train(
    config: Config,
    patience: Option<u64>,
    zero_one: &mut Vec<PathBuf>,
) -> Result<Vec<Trained>, CompareError> {
    let study = Study::new(config)?;
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
                    record.trace.retain(|point| point.epoch <= stop.at.epoch);
                }
                let spec = &study.cells()[group.cell].config.evaluate;
                record.find_milestones(spec);
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

/// Compares finished studies: two directories cell by cell, or the two `cells` named, the first
/// of the first directory, the second of the last; with one directory, two cells of it.
///
/// # Errors
/// When a directory cannot be read, or has no such cell; without `cells`, when the directories
/// differ in their number of cells, or there is one alone.
pub fn compare_directories(
    directories: &[PathBuf],
    cells: Option<[usize; 2]>,
) -> Result<Vec<ArmComparison>, CompareDirectoriesError> {
    let results: Vec<StudyResults> = directories
        .iter()
        .map(|path| StudyResults::read(path))
        .collect::<Result<_, _>>()?;
    let (Some(first), Some(last)) = (results.first(), results.last()) else {
        return Err(CompareDirectoriesError::None);
    };
    let pairs: Vec<[usize; 2]> = match cells {
        Some(cells) => vec![cells],
        None if results.len() == 1 => return Err(CompareDirectoriesError::One),
        None => {
            let counts = [first, last].map(|results| results.cells().count());
            if counts[0] != counts[1] {
                return Err(CompareDirectoriesError::Cells { counts });
            }
            (0..counts[0]).map(|cell| [cell, cell]).collect()
        }
    };
    let compared = pairs.into_iter().map(|[one, other]| {
        Ok(ArmComparison::of(
            &arm_of(first, one)?,
            &arm_of(last, other)?,
        ))
    });
    compared.collect()
}

/// Why finished studies could not be compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompareDirectoriesError {
    /// A directory could not be read.
    #[error(transparent)]
    Results(#[from] ResultsError),
    /// No directory was named.
    #[error("expected two directories of studies, or one and two of its cells")]
    None,
    /// One directory, but no cells.
    #[error("expected a second directory, or two cells of the one")]
    One,
    /// The directories do not match cell by cell.
    #[error("{} cells against {}: expected as many, or a cell of each to be named", counts[0], counts[1])]
    Cells {
        /// Cells of each directory.
        counts: [usize; 2],
    },
    /// There are no runs of such a cell.
    #[error("{}: no runs of cell {cell}, expected a cell from 0 to {}", path.display(), count.saturating_sub(1))]
    NoCell {
        /// The directory.
        path: PathBuf,
        /// The cell.
        cell: usize,
        /// Cells there are runs of.
        count: usize,
    },
}

fn arm_of(results: &StudyResults, cell: usize) -> Result<Arm, CompareDirectoriesError> {
    let records = results.records_of(cell);
    if records.is_empty() {
        return Err(CompareDirectoriesError::NoCell {
            path: results.path.clone(),
            cell,
            count: results.cells().count(),
        });
    }
    let directory = |path: &Path| path.display().to_string();
    let name = match results.study.cell_name(cell) {
        name if name.is_empty() => directory(&results.path),
        name => format!("{}: {name}", directory(&results.path)),
    };
    Ok(Arm {
        name,
        figures: results.figures().to_vec(),
        records: records.to_vec(),
    })
}
