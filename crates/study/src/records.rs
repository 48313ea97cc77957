//! `records.csv`: one row a run.

use std::io::{self, Write};

use sparsegrok_config::{Source, value_text};
use sparsegrok_data::Shortest;
use sparsegrok_kernel::Figure;
use sparsegrok_run::{Anomalies, Anomaly, Milestones, RunSeeds, Status};

use crate::group::Record;
use crate::study::Study;

/// The outcome of one run, as its row of `records.csv` tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordRow {
    /// Number of its cell.
    pub cell: usize,
    /// The run's seeds.
    pub seeds: RunSeeds,
    /// The times at which it memorized and generalized, and the status that follows.
    pub milestones: Milestones,
    /// The anomalies of its trace.
    pub anomalies: Anomalies,
    /// The last epoch at which it was evaluated; `None` where it diverged before the first.
    pub horizon: Option<u64>,
    /// The run's figures at that epoch, in the order of [`StudySpec::figures`](sparsegrok_config::StudySpec);
    /// `None` for a run that diverged.
    pub finals: Vec<Option<f64>>,
}

impl RecordRow {
    /// A run's row, with these figures.
    pub fn of(record: &Record, figures: &[Figure]) -> Self {
        let last = record.last();
        let finals = figures.iter().map(|figure| last?.get(*figure));
        Self {
            cell: record.cell,
            seeds: record.seeds,
            milestones: record.milestones,
            anomalies: record.anomalies,
            horizon: record.trace.epochs().last().copied(),
            finals: finals.collect(),
        }
    }
}

/// Tells if a varied key has a column of its own. A seed that varies from cell to cell is the same in
/// all runs of a cell, whose column of that seed has it already.
fn has_column(key: &str) -> bool {
    Source::ALL.iter().all(|source| source.key() != key)
}

/// The columns of a study's records.
fn header(study: &Study) -> Vec<String> {
    let varied = study.axes().map(|(key, _)| key);
    let varied = varied.filter(|key| has_column(key));
    let seeds = study.seed_sources().map(Source::key);
    let seeds = ["seed"].into_iter().chain(seeds);
    let seeds: Vec<_> = match study.is_foreign() {
        true => vec!["run"],
        false => seeds.collect(),
    };
    let outcome = ["status", "horizon", "unconfirmed"];
    let names = ["cell"].into_iter().chain(varied).chain(seeds);
    let names = names.chain(outcome).map(str::to_owned);
    let times = TIMES.iter().flat_map(|time| {
        let parts = ["", "_low", "_high", "_lost"];
        parts.map(|part| format!("{time}{part}"))
    });
    let figures = study.spec().figures.iter();
    names
        .map(|name| csv_field(&name))
        .chain(times)
        .chain(figures.map(|column| format!("final_{}", column.name())))
        .chain(Anomaly::ALL.map(|anomaly| anomaly.name().to_owned()))
        .collect()
}

pub(crate) fn write_header(study: &Study, to: &mut impl Write) -> io::Result<()> {
    writeln!(to, "{}", header(study).join(","))
}

/// The times of a record, in the order of [`Milestones::times`]; each is written as the estimate, the
/// two ends of its bracket, and the epoch since which it is lost again.
const TIMES: [&str; 4] = ["t_mem", "t_gen", "t_60", "t_90"];

/// The times that held at the end of a run, yet not for long enough.
fn unconfirmed(milestones: &Milestones) -> String {
    let names = TIMES.iter().zip(milestones.unconfirmed());
    let names = names.filter_map(|(name, unconfirmed)| unconfirmed.then_some(*name));
    names.collect::<Vec<_>>().join(" ")
}

/// A field of a row, quoted where a name of another program's has what CSV quotes.
fn csv_field(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

/// Writes a row.
pub(crate) fn write(row: &RecordRow, study: &Study, to: &mut impl Write) -> io::Result<()> {
    let number = |x: Option<f64>| x.map_or_else(String::new, |x| Shortest(x).to_string());
    let count = |count: Option<u64>| count.map_or_else(String::new, |count| count.to_string());
    let mut cells = vec![row.cell.to_string()];
    let varied = study.varied(row.cell).filter(|(key, _)| has_column(key));
    cells.extend(varied.map(|(_, value)| csv_field(&value_text(value))));
    match study.run_name(row.cell, row.seeds.seed) {
        Some(name) => cells.push(csv_field(name)),
        None => {
            cells.push(row.seeds.seed.to_string());
            let sources = study.seed_sources();
            cells.extend(sources.map(|source| count(row.seeds.of_source(source))));
        }
    }
    cells.extend([
        row.milestones.status.name().to_owned(),
        count(row.horizon),
        unconfirmed(&row.milestones),
    ]);
    let diverged = row.milestones.status == Status::Diverged;
    for time in row.milestones.times() {
        cells.extend([
            number(time.at),
            count((!diverged).then_some(time.low)),
            count(time.high),
            count(time.lost),
        ]);
    }
    cells.extend(row.finals.iter().copied().map(number));
    cells.extend(Anomaly::ALL.map(|anomaly| number(row.anomalies.size(anomaly))));
    writeln!(to, "{}", cells.join(","))
}
