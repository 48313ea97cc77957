//! `traces.csv`: the evaluations of the runs whose whole traces are kept.

use std::io::{self, Write};
use std::path::Path;

use sparsegrok_data::Shortest;
use sparsegrok_kernel::Figure;

use crate::study::Study;
use crate::study::group::Record;
use crate::study::results::ResultsError;
use crate::study::table::Table;

/// The trace of one run, as `traces.csv` keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptTrace {
    /// Number of its cell.
    pub cell: usize,
    /// The study's seed.
    pub seed: u64,
    /// Its evaluations, in the order of their epochs.
    pub points: Vec<TracePoint>,
}

/// One evaluation of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct TracePoint {
    /// Epochs trained.
    pub epoch: u64,
    /// Its figures, in the order of [`StudySpec::figures`](crate::StudySpec).
    pub figures: Vec<Option<f64>>,
}

/// The columns of a study's traces.
fn header(study: &Study) -> Vec<String> {
    let names = ["cell", "seed", "epoch"].into_iter();
    let figures = study.spec().figures.iter().map(|column| column.name());
    names.chain(figures).map(str::to_owned).collect()
}

pub(super) fn write_header(study: &Study, to: &mut impl Write) -> io::Result<()> {
    writeln!(to, "{}", header(study).join(","))
}

/// Writes a run's trace, a row an evaluation.
pub(super) fn write(record: &Record, figures: &[Figure], to: &mut impl Write) -> io::Result<()> {
    for evaluation in record.trace.iter() {
        write!(
            to,
            "{},{},{}",
            record.cell, record.seeds.seed, evaluation.epoch
        )?;
        for figure in figures {
            match evaluation.get(*figure) {
                Some(x) => write!(to, ",{}", Shortest(x))?,
                None => write!(to, ",")?,
            }
        }
        writeln!(to)?;
    }
    Ok(())
}

/// Reads a study's traces: runs in its order, the epochs of each ascending.
pub(super) fn read(path: &Path, study: &Study) -> Result<Vec<KeptTrace>, ResultsError> {
    let mut table = Table::open(path, header(study))?;
    let mut traces: Vec<KeptTrace> = Vec::new();
    let seeds = study.spec().seeds;
    while let Some(mut row) = table.next()? {
        let cell: usize = row.read("the number of a cell")?;
        let earliest = traces.last().map_or(0, |trace| trace.cell);
        if !(earliest..study.cells().len()).contains(&cell) {
            return Err(row.refuse("the number of a cell of the study, ascending"));
        }
        let seed: u64 = row.read("a seed")?;
        let begun = traces.last().filter(|trace| trace.cell == cell);
        let earliest = begun.map_or(seeds.start, |trace| trace.seed);
        if !(earliest..seeds.end).contains(&seed) {
            return Err(row.refuse("a seed of the study, ascending"));
        }
        if begun.is_none_or(|trace| trace.seed != seed) {
            traces.push(KeptTrace {
                cell,
                seed,
                points: Vec::new(),
            });
        }
        let Some(trace) = traces.last_mut() else {
            unreachable!("the row's trace is the last");
        };
        let epoch: u64 = row.read("an epoch")?;
        if trace.points.last().is_some_and(|last| last.epoch >= epoch) {
            return Err(row.refuse("an epoch after that of the row before"));
        }
        let figures = study.spec().figures.iter().map(|_| row.maybe("a number"));
        trace.points.push(TracePoint {
            epoch,
            figures: figures.collect::<Result<_, _>>()?,
        });
    }
    Ok(traces)
}
