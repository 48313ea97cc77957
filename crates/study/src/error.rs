//! The reason why a study did not end.

use sparsegrok_log::CheckpointError;
use sparsegrok_run::LoadError;
use sparsegrok_run::memory::MemoryError;

use crate::study::Study;

/// The reason why a study did not end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StudyError {
    /// The data of a cell could not be had, or do not fit its training.
    #[error("{}{error}", in_cell(*cell, *cells))]
    Cell {
        /// Number of the cell.
        cell: usize,
        /// Cells of the study.
        cells: usize,
        /// The fault.
        error: LoadError,
    },
    /// A cell needs more memory than the study may take.
    #[error("{}{error}", in_cell(*cell, *cells))]
    Memory {
        /// Number of the cell.
        cell: usize,
        /// Cells of the study.
        cells: usize,
        /// The memory it needs.
        error: MemoryError,
    },
    /// Groups finished or under way could not be kept, or gone on with.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

impl StudyError {
    /// Tells if the machine failed, rather than what was asked for or the content of a file.
    pub fn is_failure(&self) -> bool {
        match self {
            Self::Cell { error, .. } => error.is_failure(),
            Self::Checkpoint(error) => error.is_failure(),
            Self::Memory { .. } => false,
        }
    }
}

fn in_cell(cell: usize, cells: usize) -> String {
    match cells {
        1 => String::new(),
        _ => format!("cell {cell}: "),
    }
}

impl Study {
    /// The error that a cell's data could not be had, or do not fit its training.
    pub(crate) fn fault(&self, cell: usize, error: LoadError) -> StudyError {
        StudyError::Cell {
            cell,
            cells: self.cells().len(),
            error,
        }
    }
}
