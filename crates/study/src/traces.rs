//! `traces.csv`: the evaluations of the runs whose whole traces are kept.

use std::io::{self, Write};

use sparsegrok_data::Shortest;

use crate::group::Record;
use crate::study::Study;

/// The columns of a study's traces.
fn header(study: &Study) -> Vec<String> {
    let mut names = study.cell_columns();
    let figures = study.spec().figures.iter().map(|column| column.name());
    names.extend(
        ["seed", "epoch"]
            .into_iter()
            .chain(figures)
            .map(str::to_owned),
    );
    names
}

pub(crate) fn write_header(study: &Study, to: &mut impl Write) -> io::Result<()> {
    writeln!(to, "{}", header(study).join(","))
}

/// Writes a run's trace, a row an evaluation.
pub(crate) fn write(record: &Record, study: &Study, to: &mut impl Write) -> io::Result<()> {
    let cell = study.cell_text(record.cell);
    for evaluation in record.trace.iter() {
        write!(to, "{cell},{},{}", record.seeds.seed, evaluation.epoch)?;
        for figure in &study.spec().figures {
            match evaluation.get(*figure) {
                Some(x) => write!(to, ",{}", Shortest(x))?,
                None => write!(to, ",")?,
            }
        }
        writeln!(to)?;
    }
    Ok(())
}
