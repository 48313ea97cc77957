//! A dataset described in numbers.

use std::fmt;

use sparsegrok_config::NumberFormat;
use sparsegrok_data::{Classes, Dataset, Problem, TargetKind};

/// The size and targets of a dataset. Displays as TOML.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// Rows.
    pub rows: usize,
    /// Columns shared by all rows.
    pub columns: usize,
    /// Memorization columns, one a row or none.
    pub memorization_columns: usize,
    /// Stored numbers in the shared columns.
    pub nonzeros: usize,
    /// Stored numbers as a share of rows × columns; 0 where there are no columns.
    pub density: f64,
    /// The targets in brief.
    pub targets: Targets,
    /// Bytes of features, targets and row weights in memory; memorization columns take none.
    pub bytes: usize,
}

/// Targets in brief.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets {
    /// Number of labels of each sign.
    Labels {
        /// Of label −1.
        negative: usize,
        /// Of label 1.
        positive: usize,
    },
    /// The label of each class, ascending, and the number of its rows.
    Classes(Vec<(i32, usize)>),
    /// The range of real targets.
    Real {
        /// Smallest.
        least: f64,
        /// Largest.
        greatest: f64,
    },
}

impl Description {
    /// Describes a dataset. `Time: O(rows)`
    pub fn of(data: &Dataset) -> Self {
        let features = data.features();
        let rows = data.len();
        let columns = features.signal_width() + features.tail_width();
        let targets = data.targets();
        Self {
            rows,
            columns,
            memorization_columns: data.columns() - columns,
            nonzeros: features.nnz(),
            density: match columns {
                0 => 0.0,
                _ => features.nnz() as f64 / (rows as f64 * columns as f64),
            },
            targets: match data.target_kind() {
                TargetKind::Sign => {
                    let positive = targets.iter().filter(|y| **y > 0.0).count();
                    Targets::Labels {
                        negative: rows - positive,
                        positive,
                    }
                }
                TargetKind::Class => Targets::Classes(data.class_sizes().into_iter().collect()),
                TargetKind::Real => Targets::Real {
                    least: targets.iter().copied().fold(f64::INFINITY, f64::min),
                    greatest: targets.iter().copied().fold(f64::NEG_INFINITY, f64::max),
                },
            },
            bytes: Self::bytes_of(data),
        }
    }

    /// Bytes of a dataset's numbers. `Time: O(1)`
    pub(crate) fn bytes_of(data: &Dataset) -> usize {
        let (features, rows) = (data.features(), data.len());
        let tail_bytes = features.tail().map_or(0, |tail| {
            let stored = size_of::<u32>() + size_of::<f64>();
            tail.nnz() * stored + (rows + 1) * size_of::<usize>()
        });
        let beside = 1 + usize::from(data.row_weights().is_some());
        (features.signal_width() + beside) * rows * size_of::<f64>() + tail_bytes
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |x: f64| NumberFormat::G6.text(x);
        writeln!(f, "rows = {}", self.rows)?;
        writeln!(f, "columns = {}", self.columns)?;
        writeln!(f, "memorization_columns = {}", self.memorization_columns)?;
        writeln!(f, "nonzeros = {}", self.nonzeros)?;
        writeln!(f, "density = {}", number(self.density))?;
        match &self.targets {
            Targets::Labels { negative, positive } => {
                writeln!(f, "labels = {{ \"-1\" = {negative}, \"1\" = {positive} }}")?;
            }
            Targets::Classes(labels) => {
                let rows = |(label, rows): &(i32, usize)| format!("\"{label}\" = {rows}");
                let labels: Vec<_> = labels.iter().map(rows).collect();
                writeln!(f, "labels = {{ {} }}", labels.join(", "))?;
            }
            Targets::Real { least, greatest } => {
                writeln!(f, "targets = [{}, {}]", number(*least), number(*greatest))?;
            }
        }
        writeln!(f, "bytes = {}", self.bytes)
    }
}

/// Bytes of the rows of a problem, and of the targets and weights that each of its classes has of its own.
pub(crate) fn bytes_of_problem(problem: &Problem) -> u64 {
    let rows = bytes_of(&problem.train) + problem.test.as_ref().map_or(0, bytes_of);
    let of_class = |of: &Problem| {
        let test = of.test.as_ref().map_or(0, Dataset::len);
        // Weights are counted though classes may share them, as they do without weights of their own.
        let weights = of.train.row_weights().map_or(0, <[f64]>::len);
        ((of.train.len() + test + weights) * size_of::<f64>()) as u64
    };
    let classes = problem.classes.iter().flat_map(Classes::problems);
    rows + classes.map(of_class).sum::<u64>()
}

/// Bytes of rows. Those of a mapped file are not counted: the system can take their memory back.
pub(crate) fn bytes_of(data: &Dataset) -> u64 {
    match data.is_mapped() {
        true => 0,
        false => Description::bytes_of(data) as u64,
    }
}
