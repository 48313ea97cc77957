//! Learning curves that other programs logged, read as the evaluations of named runs.
//!
//! [`read`] takes files of any of the usual forms: a row an evaluation with columns for time, run, groups and figures;
//! a column a run; a file a run; a row a value; JSON; the CSV export of a tracking service or of TensorBoard. Every file
//! becomes a table (`table`, `json`, `tidy`), a layout that says which column is what (`layout`, by the names in `names`), and
//! sightings of figures, which are joined by time (`join`). What was decided on the way is told as [`Note`]s.
//! [`of_columns`] takes a table that is in memory already. [`Curves::grouped`] puts the runs into their groups.

mod error;
mod group;
mod join;
mod json;
mod layout;
mod names;
mod note;
mod table;
mod tidy;

use std::iter;
use std::path::Path;

use sparsegrok_kernel::{Evaluation, Figure};

use crate::table::Table;

pub use error::{CurvesError, Place};
pub use note::Note;

/// Choices of how files are read; by default all is recognised by name.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The column of time.
    pub time_column: Option<String>,
    /// The column of run names.
    pub run_column: Option<String>,
    /// The columns by which runs are grouped; `None` for those that are named `cell`, `group` or `condition`.
    pub group_columns: Option<Vec<String>>,
    /// Figures with the names of their columns; `*` stands for every column that is nothing else.
    pub map: Vec<(Figure, String)>,
    /// The unit of accuracies.
    pub accuracies: AccuracyUnit,
}

/// The unit of accuracies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccuracyUnit {
    /// Per cent if any accuracy is above 1.
    #[default]
    Found,
    /// Shares, from 0 to 1.
    Share,
    /// Per cent, from 0 to 100.
    PerCent,
}

/// Curves of runs.
#[derive(Clone, Debug, Default)]
pub struct Curves {
    /// The names of the columns by which runs are grouped.
    pub groups: Vec<String>,
    /// The runs, in the order in which they were first seen.
    pub runs: Vec<Curve>,
    /// The figures that any run has, in the order of their table.
    pub figures: Vec<Figure>,
    /// What was decided while the files were read.
    pub notes: Vec<Note>,
}

/// The curves of one run.
#[derive(Clone, Debug)]
pub struct Curve {
    /// Its name.
    pub name: String,
    /// Its values of the columns by which runs are grouped.
    pub group: Vec<String>,
    /// Its evaluations: times ascend, and are in the unit of the files, epochs or steps.
    pub evaluations: Vec<Evaluation>,
}

/// Reads the curves in files. `Time: O(bytes)`
///
/// # Errors
/// As [`CurvesError`] lists.
pub fn read<P: AsRef<Path>>(paths: &[P], options: &Options) -> Result<Curves, CurvesError> {
    let tables = paths.iter().map(|path| Table::read(path.as_ref()));
    of_tables(tables, options)
}

/// Makes the curves of a table in memory: named columns of texts, numbers written out, all of one length; an empty
/// text is a missing value. Errors call the table `name`. `Time: O(values)`
///
/// # Errors
/// As [`CurvesError`] lists.
pub fn of_columns(
    name: &str,
    columns: Vec<(String, Vec<String>)>,
    options: &Options,
) -> Result<Curves, CurvesError> {
    of_tables(iter::once(Table::of_columns(name, columns)), options)
}

fn of_tables(
    tables: impl Iterator<Item = Result<Table, CurvesError>>,
    options: &Options,
) -> Result<Curves, CurvesError> {
    let mut laid = Vec::new();
    for table in tables {
        let table = tidy::spread(table?, options);
        let layout = layout::Layout::of(&table, options)?;
        laid.push((table, layout));
    }
    layout::check_together(&laid, options)?;
    join::join(&laid, options)
}
