//! The tables of a study: records, curves, traces and summary, functions of its groups.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use sparsegrok_statistics::IntervalTime;

use crate::brackets::log_rank_of;
use crate::cell::{CellSoFar, CellSummary};
use crate::columns::Room;
use crate::curves::{self, Series};
use crate::group::Group;
use crate::manifest::Made;
use crate::overview::{Part, Summary};
use crate::records::{self, RecordRow};
use crate::study::Study;
use crate::traces;

/// A row a run.
pub(crate) const RECORDS: &str = "records.csv";
/// A row an evaluated epoch of a cell.
pub(crate) const CURVES: &str = "curves.csv";
/// A row an evaluated epoch of a run.
pub(crate) const TRACES: &str = "traces.csv";
/// File name of the summary of the cells.
pub(crate) const SUMMARY: &str = "summary.json";

/// Bytes of the figures of a cell that are held in memory; what goes beyond them waits in a file for its quantiles.
pub(crate) const FIGURES_HELD: u64 = 32 << 20;

/// The tables of a study while they are written, group by group in the order of their numbers.
pub(crate) struct Tables<'s> {
    study: &'s Study,
    records: BufWriter<File>,
    curves: BufWriter<File>,
    traces: BufWriter<File>,
    /// The cell in progress.
    cell: Option<(CellSoFar<'s>, Series)>,
    /// Folder for figures that find no room in memory.
    folder: PathBuf,
    done: Vec<CellSummary>,
    /// The brackets of T_gen in each cell of runs that another program trained, which are compared in the end.
    t_gen: Vec<Vec<IntervalTime>>,
    made: Made,
}

impl<'s> Tables<'s> {
    /// Begins the tables in a folder.
    pub(crate) fn create(study: &'s Study, folder: &Path) -> io::Result<Self> {
        let open = |name| File::create(folder.join(name)).map(BufWriter::new);
        let mut tables = Self {
            study,
            records: open(RECORDS)?,
            curves: open(CURVES)?,
            traces: open(TRACES)?,
            cell: None,
            folder: folder.to_owned(),
            done: Vec::new(),
            t_gen: Vec::new(),
            made: Made::default(),
        };
        records::write_header(study, &mut tables.records)?;
        curves::write_header(study, &mut tables.curves)?;
        traces::write_header(study, &mut tables.traces)?;
        Ok(tables)
    }

    /// Adds a group, a later one than those before.
    pub(crate) fn add(&mut self, group: &Group) -> io::Result<()> {
        let number = self.cell.as_ref().map(|(cell, _)| cell.number);
        if number != Some(group.cell) {
            self.finish_cell()?;
            let room = Room::Bytes(FIGURES_HELD, &self.folder);
            let series = Series::of_cell(self.study, group.cell, room)?;
            self.cell = Some((CellSoFar::new(self.study, group.cell), series));
        }
        self.made.count(group);
        let spec = self.study.spec();
        for record in &group.records {
            let row = RecordRow::of(record, &spec.figures);
            records::write(&row, self.study, &mut self.records)?;
            if self.study.keeps_trace(record) {
                traces::write(record, self.study, &mut self.traces)?;
            }
            if let Some((cell, series)) = &mut self.cell {
                cell.push(&row);
                series.push(record)?;
            }
        }
        Ok(())
    }

    /// Writes the rest and forces all of it to the disk.
    pub(crate) fn finish(mut self, folder: &Path) -> io::Result<(Made, Summary)> {
        self.finish_cell()?;
        for file in [&mut self.records, &mut self.curves, &mut self.traces] {
            file.flush()?;
            file.get_ref().sync_all()?;
        }
        let part = Part::of(self.study, self.made.runs);
        let summary = Summary::of(
            self.study,
            part,
            self.done,
            log_rank_of(self.study, &self.t_gen),
        );
        write_json(&folder.join(SUMMARY), &summary)?;
        Ok((self.made, summary))
    }

    /// Writes what there is of the cell in progress, and frees it.
    fn finish_cell(&mut self) -> io::Result<()> {
        if let Some((cell, series)) = self.cell.take() {
            let columns = self.study.cell_text(cell.number);
            let (finals, points) = series.described()?;
            curves::write(points, &columns, &mut self.curves)?;
            self.t_gen.extend(cell.t_gen_brackets());
            self.done.push(cell.summary(finals));
        }
        Ok(())
    }
}

/// Writes a value as JSON, all the way to the disk.
pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    serde_json::to_writer_pretty(&mut file, value)?;
    file.write_all(b"\n")?;
    file.flush()?;
    file.get_ref().sync_all()
}

/// Writes a file, all the way to the disk.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
