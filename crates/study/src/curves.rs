//! Distribution of a cell's figures over its seeds, epoch by epoch.

use std::io::{self, Write};

use sparsegrok_data::Shortest;
use sparsegrok_kernel::{Evaluation, Figure};
use sparsegrok_statistics::Distribution;

use crate::columns::{Columns, Room};
use crate::group::Record;
use crate::study::Study;

/// Every kept figure of every run of a cell: 8 bytes a run, evaluated epoch and figure, and as many for its end.
pub(crate) struct Series {
    epochs: Vec<u64>,
    figures: Vec<Figure>,
    /// The figures at the end of a run, then those of each epoch.
    values: Columns,
    /// Runs still going at each epoch.
    going: Vec<usize>,
    /// The row of a run.
    row: Vec<f64>,
}

impl Series {
    /// The series of a cell of a study, without runs yet.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub(crate) fn of_cell(study: &Study, cell: usize, room: Room<'_>) -> io::Result<Self> {
        let seeds = study.seeds_of_cell(cell);
        let too_many = io::ErrorKind::OutOfMemory;
        let runs = usize::try_from(seeds.end - seeds.start).map_err(|_| too_many)?;
        let (epochs, figures) = (study.evaluated(cell), study.spec().figures.clone());
        let columns = (epochs.len() + 1) * figures.len();
        Ok(Self {
            values: Columns::new(columns, runs, room).map_err(|_| too_many)?,
            going: vec![0; epochs.len()],
            row: vec![f64::NAN; columns],
            epochs,
            figures,
        })
    }

    /// Adds a run, as far as its trace goes.
    ///
    /// # Errors
    /// When its figures find no room.
    pub(crate) fn push(&mut self, record: &Record) -> io::Result<()> {
        self.row.fill(f64::NAN);
        let mut rows = self.row.chunks_exact_mut(self.figures.len().max(1));
        let fill = |row: &mut [f64], evaluation: Evaluation| {
            let places = row.iter_mut().zip(&self.figures);
            places.for_each(|(x, figure)| *x = evaluation[*figure]);
        };
        if let (Some(row), Some(last)) = (rows.next(), record.last()) {
            fill(row, last);
        }
        // A trace holds the epochs in order; one of a foreign run may leave some out.
        let mut places = self.epochs.iter().zip(rows).zip(&mut self.going);
        for evaluation in record.trace.iter() {
            let Some(((_, row), going)) =
                places.find(|((epoch, _), _)| **epoch == evaluation.epoch)
            else {
                break;
            };
            *going += 1;
            fill(row, evaluation);
        }
        self.values.push(&self.row)
    }

    /// The distributions of the figures at the end of the runs that did not diverge, and each epoch's.
    /// `Time: O(values · log runs)`
    ///
    /// # Errors
    /// When values that found no room in memory cannot be written, or read again.
    pub(crate) fn described(
        self,
    ) -> io::Result<(Distributions, impl Iterator<Item = io::Result<CurvePoint>>)> {
        let count = self.figures.len();
        let mut all = self.values.distributions()?;
        let mut next = move || {
            all.by_ref()
                .take(count)
                .collect::<io::Result<Distributions>>()
        };
        let finals = next()?;
        let epochs = self.epochs.into_iter().zip(self.going);
        let points = epochs.map(move |(epoch, n)| {
            let figures = next()?;
            Ok(CurvePoint { epoch, n, figures })
        });
        Ok((finals, points))
    }
}

/// The distribution of each kept figure; `None` where no run has it.
pub(crate) type Distributions = Vec<Option<Distribution>>;

/// Writes a line for each evaluated epoch of a cell, which begins with the columns of the cell.
pub(crate) fn write(
    points: impl Iterator<Item = io::Result<CurvePoint>>,
    cell: &str,
    to: &mut dyn Write,
) -> io::Result<()> {
    for point in points {
        let CurvePoint { epoch, n, figures } = point?;
        write!(to, "{cell},{epoch},{n}")?;
        for figure in figures {
            match figure {
                None => to.write_all(b",,,,,,")?,
                Some(d) => {
                    for x in [d.mean, d.q05, d.q25, d.q50, d.q75, d.q95] {
                        write!(to, ",{}", Shortest(x))?;
                    }
                }
            }
        }
        writeln!(to)?;
    }
    Ok(())
}

/// Names of the columns of a figure.
const WHAT: [&str; 6] = ["mean", "q05", "q25", "q50", "q75", "q95"];

/// The columns of a study's curves.
fn header(study: &Study) -> Vec<String> {
    let mut names = study.cell_columns();
    names.extend(["epoch", "n"].map(str::to_owned));
    for column in &study.spec().figures {
        names.extend(WHAT.map(|what| format!("{}_{what}", column.name())));
    }
    names
}

pub(crate) fn write_header(study: &Study, to: &mut dyn Write) -> io::Result<()> {
    writeln!(to, "{}", header(study).join(","))
}

/// The curves of one cell: the distributions of its figures over its seeds, epoch by epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct Curves {
    /// Number of the cell.
    pub cell: usize,
    /// The evaluated epochs, ascending.
    pub points: Vec<CurvePoint>,
}

/// One evaluated epoch of a cell.
#[derive(Clone, Debug, PartialEq)]
pub struct CurvePoint {
    /// Epochs trained.
    pub epoch: u64,
    /// Runs still going.
    pub n: usize,
    /// The distributions of figures over these runs, in the order of
    /// [`StudySpec::figures`](sparsegrok_config::StudySpec).
    pub figures: Vec<Option<Distribution>>,
}
