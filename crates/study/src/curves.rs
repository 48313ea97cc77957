//! Distribution of a cell's figures over its seeds, epoch by epoch.

use std::collections::TryReserveError;
use std::io::{self, Write};

use sparsegrok_data::Shortest;
use sparsegrok_kernel::Figure;
use sparsegrok_statistics::Distribution;

use crate::group::Record;
use crate::study::Study;

/// Every kept figure of every run of a cell.
///
/// 8 bytes a run, evaluated epoch and figure: what bounds the memory of a study.
pub(crate) struct Series {
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
    /// Room for the runs of a cell of a study.
    pub(crate) fn of_cell(study: &Study, cell: usize) -> io::Result<Self> {
        let seeds = study.seeds_of_cell(cell);
        let too_many = io::ErrorKind::OutOfMemory;
        let runs = usize::try_from(seeds.end - seeds.start).map_err(|_| too_many)?;
        let (epochs, figures) = (study.evaluated(cell), &study.spec().figures);
        Ok(Self::new(&epochs, figures, runs).map_err(|_| too_many)?)
    }

    /// Room for `runs` runs, evaluated at `epochs`.
    fn new(epochs: &[u64], figures: &[Figure], runs: usize) -> Result<Self, TryReserveError> {
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
    pub(crate) fn push(&mut self, record: &Record) {
        assert!(
            self.runs < self.room,
            "a cell of {} runs is full",
            self.room
        );
        let per_epoch = self.figures.len() * self.room;
        // A trace holds the epochs in order; one of a foreign run may leave some out.
        let epochs = self.values.chunks_exact_mut(per_epoch.max(1));
        let mut places = self.epochs.iter().zip(epochs).zip(&mut self.going);
        for evaluation in record.trace.iter() {
            let Some(((_, values), going)) =
                places.find(|((epoch, _), _)| **epoch == evaluation.epoch)
            else {
                break;
            };
            *going += 1;
            for (figure, values) in self.figures.iter().zip(values.chunks_exact_mut(self.room)) {
                values[self.runs] = evaluation[*figure];
            }
        }
        self.runs += 1;
    }

    /// Each epoch's distributions. `Time: O(values · log runs)`
    pub(crate) fn points(&self) -> impl Iterator<Item = CurvePoint> + '_ {
        let mut series = self.values.chunks_exact(self.room);
        let mut sample = Vec::with_capacity(self.runs);
        let epochs = self.epochs.iter().zip(&self.going);
        epochs.map(move |(&epoch, &n)| {
            let mut distribution = |values: &[f64]| {
                sample.clear();
                sample.extend_from_slice(&values[..self.runs]);
                Distribution::of(&mut sample)
            };
            let figures = series.by_ref().take(self.figures.len());
            CurvePoint {
                epoch,
                n,
                figures: figures.map(&mut distribution).collect(),
            }
        })
    }

    /// Writes a line an epoch, which begins with the columns of the cell. `Time: O(values · log runs)`
    pub(crate) fn write(&self, cell: &str, to: &mut dyn Write) -> io::Result<()> {
        if self.runs == 0 {
            return Ok(());
        }
        for point in self.points() {
            write!(to, "{cell},{},{}", point.epoch, point.n)?;
            for figure in point.figures {
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
