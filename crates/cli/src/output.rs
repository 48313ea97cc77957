//! The destination of a command's data: standard output, or a file that appears only when complete.

use std::fs;
use std::io::{self, BufWriter, StdoutLock, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use sparsegrok_data::shown;
use tempfile::NamedTempFile;

/// Standard output or a file; dropped before [`Output::finish`], a file is not there.
pub(crate) enum Output {
    /// Standard output, flushed line by line.
    Stdout(StdoutLock<'static>),
    /// A regular file, written beside its final name and renamed.
    File {
        /// The file's final name.
        path: PathBuf,
        /// The file under its first name.
        file: BufWriter<NamedTempFile>,
    },
    /// Something that exists and is no regular file (a pipe, a device), written as it is.
    Special(PathBuf, BufWriter<fs::File>),
}

impl Output {
    /// Opens `path`, or standard output if there is none.
    pub(crate) fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        path.map_or_else(|| Ok(Self::Stdout(io::stdout().lock())), Self::file)
    }

    /// Opens `path`.
    pub(crate) fn file(path: &Path) -> anyhow::Result<Self> {
        let named = || cannot_be_written(path);
        if is_special(path) {
            let file = fs::OpenOptions::new().write(true).open(path);
            let file = BufWriter::new(file.with_context(named)?);
            return Ok(Self::Special(path.to_owned(), file));
        }
        // A symbolic link stays: what it points to is replaced.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let file = BufWriter::new(temporary(folder).with_context(named)?);
        Ok(Self::File { path, file })
    }

    /// Writes the buffered rest and gives a file its final name.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        match self {
            Self::Stdout(mut stdout) => stdout.flush()?,
            Self::Special(path, mut file) => {
                file.flush().with_context(|| cannot_be_written(&path))?;
            }
            Self::File { path, file } => {
                let named = || cannot_be_written(&path);
                let file = file.into_inner().map_err(io::IntoInnerError::into_error);
                let file = file.with_context(named)?;
                file.persist(&path)
                    .map_err(|error| error.error)
                    .with_context(named)?;
            }
        }
        Ok(())
    }
}

/// Tells if a path names something to write into, not a file to replace: a device, a pipe, or an open
/// descriptor such as `/dev/stdout`, even if that is a file. A folder counts too, as opening it reports
/// the fault.
fn is_special(path: &Path) -> bool {
    let descriptor = ["/dev", "/proc"]
        .iter()
        .any(|folder| path.starts_with(folder));
    descriptor || fs::metadata(path).is_ok_and(|found| !found.is_file())
}

/// A new file with the permissions any new file gets: by default a temporary one is private. Errors
/// do not speak of its name.
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".sparsegrok-").suffix(".part");
    builder.make_in(folder, |path| fs::File::create_new(path))
}

/// Opens a sentence that says why not.
pub(crate) fn cannot_be_written(path: &Path) -> String {
    format!("{}: cannot be written", shown(path))
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(stdout) => stdout.write(bytes),
            Self::File { file, .. } => file.write(bytes),
            Self::Special(_, file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(stdout) => stdout.flush(),
            Self::File { file, .. } => file.flush(),
            Self::Special(_, file) => file.flush(),
        }
    }
}
