//! `records.csv`: one row a run.

use std::io::{self, Write};
use std::path::Path;

use sparsegrok_config::{Column, value_text};
use sparsegrok_data::Shortest;

use crate::detect::{Milestones, Status};
use crate::study::Study;
use crate::study::group::Record;
use crate::study::results::ResultsError;
use crate::study::seeds::RunSeeds;
use crate::study::table::{Row, Table};
use crate::trace::Cell;

/// What became of one run, as its row of `records.csv` tells.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordRow {
    /// Number of its cell.
    pub cell: usize,
    /// Its seeds.
    pub seeds: RunSeeds,
    /// When it memorized and generalized, and what that makes it.
    pub milestones: Milestones,
    /// The last epoch at which it was evaluated; `None` where it diverged before the first.
    pub horizon: Option<u64>,
    /// Its figures at that epoch, in the order of [`StudySpec::figures`](crate::StudySpec); none
    /// exist of a run that diverged.
    pub finals: Vec<Option<f64>>,
}

impl RecordRow {
    /// A run's row, with these figures.
    pub(crate) fn of(record: &Record, figures: &[Column]) -> Self {
        let last = record.last();
        let finals = figures.iter().map(|column| match Cell::of(*column, last?) {
            Cell::Figure(figure) => figure,
            Cell::Count(_) => None,
        });
        Self {
            cell: record.cell,
            seeds: record.seeds,
            milestones: record.milestones,
            horizon: record.trace.last().map(|evaluation| evaluation.epoch),
            finals: finals.collect(),
        }
    }
}

/// The columns of a study's records.
fn header(study: &Study) -> Vec<String> {
    let varied = study.axes().map(|(key, _)| key);
    let seeds = ["seed", "data_seed", "order_seed", "init_seed"];
    let outcome = ["t_mem", "t_gen", "status", "horizon", "t_60", "t_90"];
    let names = ["cell"].into_iter().chain(varied).chain(seeds);
    let names = names.chain(outcome).map(str::to_owned);
    let figures = study.spec().figures.iter();
    names
        .chain(figures.map(|column| format!("final_{}", column.name())))
        .collect()
}

pub(super) fn write_header(study: &Study, to: &mut impl Write) -> io::Result<()> {
    writeln!(to, "{}", header(study).join(","))
}

/// Writes a row.
pub(super) fn write(row: &RecordRow, study: &Study, to: &mut impl Write) -> io::Result<()> {
    let number = |x: Option<f64>| x.map_or_else(String::new, |x| Shortest(x).to_string());
    let count = |count: Option<u64>| count.map_or_else(String::new, |count| count.to_string());
    let mut cells = vec![row.cell.to_string()];
    cells.extend(study.varied(row.cell).map(|(_, value)| value_text(value)));
    cells.extend([
        row.seeds.seed.to_string(),
        count(row.seeds.data),
        row.seeds.order.to_string(),
        row.seeds.init.to_string(),
        number(row.milestones.t_mem),
        number(row.milestones.t_gen),
        row.milestones.status.name().to_owned(),
        count(row.horizon),
        number(row.milestones.t_60),
        number(row.milestones.t_90),
    ]);
    cells.extend(row.finals.iter().copied().map(number));
    writeln!(to, "{}", cells.join(","))
}

/// Reads a study's records, which must come in its order: cell by cell, then by seed.
pub(super) fn read(path: &Path, study: &Study) -> Result<Vec<RecordRow>, ResultsError> {
    let mut table = Table::open(path, header(study))?;
    let mut records = Vec::new();
    let seeds = study.spec().seeds;
    let runs = (0..study.cells().len())
        .flat_map(|cell| (seeds.start..seeds.end).map(move |seed| (cell, seed)));
    for (cell, seed) in runs {
        let Some(row) = table.next()? else { break };
        records.push(read_row(row, study, cell, seed)?);
    }
    match table.next()? {
        None => Ok(records),
        Some(mut row) => {
            row.text();
            Err(row.refuse("no more runs than the study has"))
        }
    }
}

fn read_row(
    mut row: Row<'_>,
    study: &Study,
    cell: usize,
    seed: u64,
) -> Result<RecordRow, ResultsError> {
    row.expect(cell)?;
    for (_, value) in study.varied(cell) {
        row.expect(value_text(value))?;
    }
    row.expect(seed)?;
    let seeds = RunSeeds {
        seed,
        data: row.maybe("a seed")?,
        order: row.read("a seed")?,
        init: row.read("a seed")?,
    };
    let time = "a number of epochs";
    let (t_mem, t_gen) = (row.maybe(time)?, row.maybe(time)?);
    let status = status(&mut row)?;
    let horizon = row.maybe("an epoch")?;
    let milestones = Milestones {
        t_mem,
        t_gen,
        t_60: row.maybe(time)?,
        t_90: row.maybe(time)?,
        status,
    };
    Ok(RecordRow {
        cell,
        seeds,
        milestones,
        horizon,
        finals: study
            .spec()
            .figures
            .iter()
            .map(|_| row.maybe("a number"))
            .collect::<Result<_, _>>()?,
    })
}

fn status(row: &mut Row<'_>) -> Result<Status, ResultsError> {
    let name = row.text();
    let found = Status::ALL.into_iter().find(|status| status.name() == name);
    found.ok_or_else(|| {
        let names = Status::ALL.map(|status| format!("`{}`", status.name()));
        row.refuse(&format!("one of {}", names.join(", ")))
    })
}
