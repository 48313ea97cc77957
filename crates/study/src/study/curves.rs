//! How a cell's figures are distributed over its seeds, epoch by epoch.

use std::collections::TryReserveError;
use std::io::{self, Write};
use std::path::Path;

use sparsegrok_data::Shortest;
use sparsegrok_kernel::Figure;

use sparsegrok_statistics::Distribution;

use crate::study::Study;
use crate::study::group::Record;
use crate::study::results::ResultsError;
use crate::study::table::{Row, Table};

/// Every kept figure of every run of a cell.
///
/// 8 bytes a run, evaluated epoch and figure: what bounds the memory of a study.
pub(super) struct Series {
    epochs: Vec<u64>,
    figures: Vec<Figure>,
    /// By epoch, then figure, then run; NaN where a run has no such figure.
    values: Vec<f64>,
    /// Runs there is room for.
    room: usize,
    runs: usize,
    /// Runs still going at each epoch.
    going: Vec<usize>,
}

impl Series {
    /// Room for `runs` runs, evaluated at `epochs`.
    pub(super) fn new(
        epochs: &[u64],
        figures: &[Figure],
        runs: usize,
    ) -> Result<Self, TryReserveError> {
        let size = epochs
            .len()
            .saturating_mul(figures.len())
            .saturating_mul(runs);
        let mut values = Vec::new();
        values.try_reserve_exact(size)?;
        values.resize(size, f64::NAN);
        Ok(Self {
            epochs: epochs.to_vec(),
            figures: figures.to_vec(),
            values,
            room: runs,
            runs: 0,
            going: vec![0; epochs.len()],
        })
    }

    /// Adds a run, as far as its trace goes.
    ///
    /// # Panics
    /// When there is no room for it.
    pub(super) fn push(&mut self, record: &Record) {
        assert!(
            self.runs < self.room,
            "a cell of {} runs is full",
            self.room
        );
        let per_epoch = self.figures.len() * self.room;
        // A trace holds the plan's epochs in order, from the first on.
        let epochs = self.values.chunks_exact_mut(per_epoch.max(1));
        for ((evaluation, values), going) in record.trace.iter().zip(epochs).zip(&mut self.going) {
            *going += 1;
            for (figure, values) in self.figures.iter().zip(values.chunks_exact_mut(self.room)) {
                values[self.runs] = evaluation[*figure];
            }
        }
        self.runs += 1;
    }

    /// Writes a line an epoch. `Time: O(values · log runs)`
    pub(super) fn write(&self, cell: usize, to: &mut dyn Write) -> io::Result<()> {
        if self.runs == 0 {
            return Ok(());
        }
        let mut series = self.values.chunks_exact(self.room);
        let mut sample = Vec::with_capacity(self.runs);
        for (epoch, going) in self.epochs.iter().zip(&self.going) {
            write!(to, "{cell},{epoch},{going}")?;
            for values in series.by_ref().take(self.figures.len()) {
                sample.clear();
                sample.extend_from_slice(&values[..self.runs]);
                match Distribution::of(&mut sample) {
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
}

/// Names of the columns of a figure.
const WHAT: [&str; 6] = ["mean", "q05", "q25", "q50", "q75", "q95"];

/// The columns of a study's curves.
fn header(study: &Study) -> Vec<String> {
    let mut names = vec!["cell".to_owned(), "epoch".to_owned(), "n".to_owned()];
    for column in &study.spec().figures {
        names.extend(WHAT.map(|what| format!("{}_{what}", column.name())));
    }
    names
}

pub(super) fn write_header(study: &Study, to: &mut dyn Write) -> io::Result<()> {
    writeln!(to, "{}", header(study).join(","))
}

/// The curves of one cell: how its figures are distributed over its seeds, epoch by epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct Curves {
    /// Number of the cell.
    pub cell: usize,
    /// Its evaluated epochs, ascending.
    pub points: Vec<CurvePoint>,
}

/// One evaluated epoch of a cell.
#[derive(Clone, Debug, PartialEq)]
pub struct CurvePoint {
    /// Epochs trained.
    pub epoch: u64,
    /// Runs still going.
    pub n: usize,
    /// Its figures over these runs, in the order of [`StudySpec::figures`](crate::StudySpec).
    pub figures: Vec<Option<Distribution>>,
}

/// Reads a study's curves: cells in its order, the epochs of each ascending.
pub(super) fn read(path: &Path, study: &Study) -> Result<Vec<Curves>, ResultsError> {
    let mut table = Table::open(path, header(study))?;
    let mut curves: Vec<Curves> = Vec::new();
    while let Some(mut row) = table.next()? {
        let cell: usize = row.read("the number of a cell")?;
        let earliest = curves.last().map_or(0, |curves| curves.cell);
        if !(earliest..study.cells().len()).contains(&cell) {
            return Err(row.refuse("the number of a cell of the study, ascending"));
        }
        if curves.last().is_none_or(|curves| curves.cell != cell) {
            curves.push(Curves {
                cell,
                points: Vec::new(),
            });
        }
        let Some(Curves { points, .. }) = curves.last_mut() else {
            unreachable!("the row's cell is the last");
        };
        let epoch: u64 = row.read("an epoch")?;
        if points.last().is_some_and(|last| last.epoch >= epoch) {
            return Err(row.refuse("an epoch after that of the row before"));
        }
        let n = row.read("a number of runs")?;
        let figures = study.spec().figures.iter();
        points.push(CurvePoint {
            epoch,
            n,
            figures: figures
                .map(|_| read_distribution(&mut row, n))
                .collect::<Result<_, _>>()?,
        });
    }
    Ok(curves)
}

/// The columns of a figure, which are all there or all empty.
fn read_distribution(row: &mut Row<'_>, n: usize) -> Result<Option<Distribution>, ResultsError> {
    let Some(mean) = row.maybe("a number")? else {
        for _ in &WHAT[1..] {
            row.expect("")?;
        }
        return Ok(None);
    };
    let mut quantiles = [0.0; WHAT.len() - 1];
    for quantile in &mut quantiles {
        *quantile = row.read("a number")?;
    }
    let [q05, q25, q50, q75, q95] = quantiles;
    Ok(Some(Distribution {
        n,
        mean,
        q05,
        q25,
        q50,
        q75,
        q95,
    }))
}
