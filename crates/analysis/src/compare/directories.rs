//! Finished studies compared.

use std::path::PathBuf;

use sparsegrok_data::shown;
use sparsegrok_study::{ResultsError, StudyResults};

use crate::compare::arms::{Arm, ArmComparison};

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

/// The reason why finished studies could not be compared.
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
    #[error("{}: no runs of cell {cell}, expected a cell from 0 to {}", shown(path), count.saturating_sub(1))]
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
    let directory = shown(&results.path);
    let name = match results.study.cell_name(cell) {
        name if name.is_empty() => directory.to_string(),
        name => format!("{directory}: {name}"),
    };
    Ok(Arm {
        name,
        figures: results.figures().to_vec(),
        records: records.to_vec(),
    })
}
