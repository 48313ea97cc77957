//! A study's directory: configuration, records, curves, traces, summary and manifest.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Serialize;
use tempfile::TempDir;

use crate::study::Study;
use crate::study::curves::{self, Series};
use crate::study::driver::Ran;
use crate::study::group::Group;
use crate::study::manifest::{Kernels, Manifest};
use crate::study::overview::{CellSummary, Summary, Tally};
use crate::study::records::{self, RecordRow};
use crate::study::traces;

/// The file a study's directory is known by.
pub(super) const CONFIGURATION: &str = "study.toml";
/// A row a run.
pub(super) const RECORDS: &str = "records.csv";
/// A row an evaluated epoch of a cell.
pub(super) const CURVES: &str = "curves.csv";
/// A row an evaluated epoch of a run.
pub(super) const TRACES: &str = "traces.csv";
/// What became of each cell.
pub(super) const SUMMARY: &str = "summary.json";
/// How it was run.
pub(super) const MANIFEST: &str = "manifest.json";

/// Why a study's directory could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// The directory is there already.
    #[error("{}: exists already, and is replaced only by force", path.display())]
    Exists {
        /// The directory.
        path: PathBuf,
    },
    /// What is to be replaced is not a study's directory.
    #[error("{}: not replaced, as it holds no study: expected a directory with `{CONFIGURATION}`, or an empty one", path.display())]
    NoStudy {
        /// What is there.
        path: PathBuf,
    },
    /// A file could not be written.
    #[error("{}: {error}", path.display())]
    Io {
        /// The directory.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
}

/// A study's directory while it is written: beside its final name, which it gets when it is
/// complete. Dropped before [`Directory::finish`], it is gone.
///
/// The page `docs/formats.md` describes its files.
pub struct Directory<'s> {
    study: &'s Study,
    path: PathBuf,
    replace: bool,
    part: TempDir,
    records: BufWriter<File>,
    curves: BufWriter<File>,
    traces: BufWriter<File>,
    cell: Option<CellSoFar>,
    done: Vec<CellSummary>,
    kernels: Kernels,
    runs: u64,
    seed_steps: u64,
    started: Instant,
}

/// What is gathered of a cell until its last run.
struct CellSoFar {
    number: usize,
    series: Series,
    tally: Tally,
    runs: u64,
}

impl<'s> Directory<'s> {
    /// Begins the directory `path`; what is there is replaced, in the end, only where `replace`.
    ///
    /// # Errors
    /// When something is there that is not to be replaced, or files cannot be written beside it.
    pub fn create(path: &Path, replace: bool, study: &'s Study) -> Result<Self, DirectoryError> {
        if fs::symlink_metadata(path).is_ok() {
            if !replace {
                return Err(DirectoryError::Exists {
                    path: path.to_owned(),
                });
            }
            if !is_replaceable(path) {
                return Err(DirectoryError::NoStudy {
                    path: path.to_owned(),
                });
            }
        }
        // A symbolic link stays: what it points to is replaced.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let begin = || -> io::Result<Self> {
            let part = beside(&target)?;
            let open = |name| File::create(part.path().join(name)).map(BufWriter::new);
            let (records, curves, traces) = (open(RECORDS)?, open(CURVES)?, open(TRACES)?);
            let mut directory = Self {
                study,
                path: target.clone(),
                replace,
                part,
                records,
                curves,
                traces,
                cell: None,
                done: Vec::new(),
                kernels: Kernels::default(),
                runs: 0,
                seed_steps: 0,
                started: Instant::now(),
            };
            directory.write_headers()?;
            Ok(directory)
        };
        begin().map_err(|error| DirectoryError::Io {
            path: path.to_owned(),
            error,
        })
    }

    /// Adds a group, the next in a study's order.
    ///
    /// # Errors
    /// When its lines cannot be written, or a cell's figures find no room in memory.
    pub fn add(&mut self, group: &Group) -> Result<(), DirectoryError> {
        self.try_add(group).map_err(|error| self.fault(error))
    }

    /// Completes the files with what was added and gives the directory its name.
    ///
    /// # Errors
    /// When a file cannot be written, or the directory cannot get its name.
    pub fn finish(mut self, ran: &Ran) -> Result<(), DirectoryError> {
        let completed = self.complete(ran);
        completed.map_err(|error| self.fault(error))?;
        let Self {
            path,
            part,
            replace,
            ..
        } = self;
        put_in_place(part, &path, replace).map_err(|error| DirectoryError::Io { path, error })
    }

    fn fault(&self, error: io::Error) -> DirectoryError {
        DirectoryError::Io {
            path: self.path.clone(),
            error,
        }
    }

    fn write_headers(&mut self) -> io::Result<()> {
        records::write_header(self.study, &mut self.records)?;
        curves::write_header(self.study, &mut self.curves)?;
        traces::write_header(self.study, &mut self.traces)
    }

    fn try_add(&mut self, group: &Group) -> io::Result<()> {
        if self
            .cell
            .as_ref()
            .is_none_or(|cell| cell.number != group.cell)
        {
            self.finish_cell()?;
            self.cell = Some(CellSoFar::new(self.study, group.cell)?);
        }
        self.kernels.count(group);
        self.seed_steps += group.seed_steps;
        self.runs += group.records.len() as u64;
        let spec = self.study.spec();
        for record in &group.records {
            let row = RecordRow::of(record, &spec.figures);
            records::write(&row, self.study, &mut self.records)?;
            if let Some(cell) = &mut self.cell {
                if spec.traces.keep(cell.runs) {
                    traces::write(record, &spec.figures, &mut self.traces)?;
                }
                cell.series.push(record);
                cell.tally.push(&row);
                cell.runs += 1;
            }
        }
        let seeds = spec.seeds.len();
        if self.cell.as_ref().is_some_and(|cell| cell.runs == seeds) {
            self.finish_cell()?;
        }
        Ok(())
    }

    /// Writes what there is of the cell in progress, and frees it.
    fn finish_cell(&mut self) -> io::Result<()> {
        if let Some(cell) = self.cell.take() {
            cell.series.write(cell.number, &mut self.curves)?;
            let summary = cell
                .tally
                .finish(cell.number, &self.study.cells()[cell.number]);
            self.done.push(summary);
        }
        Ok(())
    }

    fn complete(&mut self, ran: &Ran) -> io::Result<()> {
        self.finish_cell()?;
        self.records.flush()?;
        self.curves.flush()?;
        self.traces.flush()?;
        let toml = self.study.config().to_toml().map_err(io::Error::other)?;
        fs::write(self.part.path().join(CONFIGURATION), toml)?;
        let summary = Summary::of(self.study, std::mem::take(&mut self.done));
        write_json(&self.part.path().join(SUMMARY), &summary)?;
        let manifest = Manifest::new(
            self.study,
            self.kernels,
            ran.threads,
            self.runs,
            self.seed_steps,
            self.started.elapsed(),
        );
        write_json(&self.part.path().join(MANIFEST), &manifest)
    }
}

impl CellSoFar {
    fn new(study: &Study, number: usize) -> io::Result<Self> {
        let config = &study.cells()[number].config;
        let plan = config.evaluate.plan(config.train.epochs);
        let spec = study.spec();
        let too_many = io::ErrorKind::OutOfMemory;
        let runs = usize::try_from(spec.seeds.len()).map_err(|_| too_many)?;
        Ok(Self {
            number,
            series: Series::new(plan.epochs(), &spec.figures, runs).map_err(|_| too_many)?,
            tally: Tally::new(&spec.figures),
            runs: 0,
        })
    }
}

fn write_json(path: &Path, value: &impl Serialize) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    serde_json::to_writer_pretty(&mut file, value)?;
    writeln!(file)?;
    file.flush()
}

/// Whether `--force` may take it away: an earlier study, or nothing at all.
fn is_replaceable(path: &Path) -> bool {
    let is_empty = || fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
    path.join(CONFIGURATION).is_file() || is_empty()
}

/// A new directory in the same folder as `path`, with the permissions any new one gets.
fn beside(path: &Path) -> io::Result<TempDir> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    // That the folder is missing is said of it, not of a temporary name in it.
    fs::metadata(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".sparsegrok-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o777));
    }
    builder.tempdir_in(folder)
}

/// Gives a finished directory its name; what had it goes only when the new one is in its place.
fn put_in_place(part: TempDir, path: &Path, replace: bool) -> io::Result<()> {
    if fs::symlink_metadata(path).is_err() {
        fs::rename(part.path(), path)?;
        let _ = part.keep();
        return Ok(());
    }
    if !replace {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let old = beside(path)?;
    let old_name = old.path().join("replaced");
    fs::rename(path, &old_name)?;
    if let Err(error) = fs::rename(part.path(), path) {
        fs::rename(&old_name, path)?;
        return Err(error);
    }
    let _ = part.keep();
    old.close()
}
