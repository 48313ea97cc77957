//! The destination of a command's data: standard output, a file that appears only when complete, or
//! something that is written to as it is, such as a pipe.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::ValueHint;
use sparsegrok_data::shown;
use sparsegrok_log::files::{NewFile, folder_of, resolved};

/// The destination of data; a file that is dropped before [`Output::finish`] is not there.
pub(crate) struct Output {
    /// The path that was asked for, for messages; empty for standard output.
    path: PathBuf,
    to: To,
    /// True if a reader that closes a pipe does not end the command, which has more to write elsewhere.
    outlives_reader: bool,
}

enum To {
    /// Standard output, flushed line by line.
    Stdout(io::StdoutLock<'static>),
    /// A regular file, written beside its final name and renamed.
    File(NewFile),
    /// Something that exists and is no regular file, or is one that somebody has opened for us.
    Special(BufWriter<File>),
    /// Nothing any more: its reader is gone.
    Closed,
}

/// What a path leads to.
enum Place {
    Stdout,
    Stderr,
    /// A regular file, there already or not yet.
    File,
    /// A pipe, a device, or a descriptor that this process was given.
    Special,
}

impl Output {
    /// Standard output.
    pub(crate) fn stdout() -> Self {
        Self {
            path: PathBuf::new(),
            to: To::Stdout(io::stdout().lock()),
            outlives_reader: false,
        }
    }

    /// Opens an output that was [checked](check).
    pub(crate) fn open(asked: &Asked) -> anyhow::Result<Self> {
        let path = asked.path.as_path();
        let named = || cannot_be_written(path);
        let to = match place(path).with_context(named)? {
            Place::Stdout => To::Stdout(io::stdout().lock()),
            Place::Stderr => To::Special(BufWriter::new(stderr().with_context(named)?)),
            // Appending leaves what is there, in a file that is open under this name too.
            Place::Special => {
                let file = OpenOptions::new().append(true).open(path);
                To::Special(BufWriter::new(file.with_context(named)?))
            }
            Place::File => To::File(NewFile::create(path, asked.replace).with_context(named)?),
        };
        Ok(Self {
            path: path.to_owned(),
            to,
            outlives_reader: false,
        })
    }

    /// Goes on, writing nothing, when nobody reads a pipe any more: there are other outputs to finish.
    pub(crate) fn outlive_reader(&mut self) {
        self.outlives_reader = true;
    }

    /// Writes the buffered rest and brings a file to the disk under its final name.
    pub(crate) fn finish(mut self) -> anyhow::Result<()> {
        let path = self.path.clone();
        let named = || cannot_be_written(&path);
        match self.to {
            To::File(file) => file.finish().map_err(|error| match error.kind() {
                // It came while the command was at work.
                ErrorKind::AlreadyExists => anyhow::anyhow!(exists(&path)),
                _ => anyhow::Error::new(error).context(named()),
            }),
            To::Special(_) => self.flush().with_context(named),
            To::Stdout(_) | To::Closed => Ok(self.flush()?),
        }
    }

    /// Writes by `write`; what a destination that is gone would return is `closed`.
    fn with<R: Copy>(
        &mut self,
        closed: R,
        write: impl FnOnce(&mut dyn Write) -> io::Result<R>,
    ) -> io::Result<R> {
        let written = match &mut self.to {
            To::Stdout(stdout) => write(stdout),
            To::File(file) => write(file),
            To::Special(file) => write(file),
            To::Closed => Ok(closed),
        };
        match written {
            Err(error) if self.outlives_reader && error.kind() == ErrorKind::BrokenPipe => {
                self.to = To::Closed;
                Ok(closed)
            }
            other => other,
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.with(bytes.len(), |to| to.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.with((), |to| to.flush())
    }
}

/// An input of a command: the flag that names it, and its path.
pub(crate) type Input<'a> = (&'static str, &'a Path);

/// An output that a command is asked for.
#[derive(Clone)]
pub(crate) struct Asked {
    /// The flag that names it.
    pub(crate) flag: &'static str,
    /// Its path, `-` for standard output.
    pub(crate) path: PathBuf,
    /// True if a file that exists is to be replaced.
    pub(crate) replace: bool,
}

impl Asked {
    /// An output of a flag that may be left out, then standard output.
    pub(crate) fn or_stdout(flag: &'static str, path: Option<&Path>, replace: bool) -> Self {
        let path = path.unwrap_or(Path::new(STANDARD)).to_owned();
        Self {
            flag,
            path,
            replace,
        }
    }

    /// The name of a regular file, behind all links, if it is one or is to become one.
    pub(crate) fn regular_file(&self) -> Option<PathBuf> {
        matches!(place(&self.path), Ok(Place::File)).then(|| resolved(&self.path))
    }

    /// The path that leads to it from any folder and at any time; `None` for what this process was given
    /// open.
    pub(crate) fn lasting_path(&self) -> Option<PathBuf> {
        let is_given = self.path == Path::new(STANDARD) || descriptor(&self.path).is_some();
        let path = std::path::absolute(&self.path);
        path.ok().filter(|_| !is_given)
    }
}

/// `--out` and `--force` of a command that writes one file.
#[derive(clap::Args)]
pub(crate) struct OutFlags {
    /// Write to a file instead of standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    out: Option<PathBuf>,
    /// Replace a file that exists
    #[arg(long, help_heading = "Output")]
    force: bool,
}

impl OutFlags {
    /// True if files may be replaced.
    pub(crate) fn force(&self) -> bool {
        self.force
    }

    /// The output asked for, if it may be written beside these inputs.
    pub(crate) fn checked(&self, inputs: &[Input<'_>]) -> anyhow::Result<Asked> {
        let asked = Asked::or_stdout("--out", self.out.as_deref(), self.force);
        check(std::slice::from_ref(&asked), inputs)?;
        Ok(asked)
    }
}

/// Refuses outputs that are each other or an input, and files that are there already unless they are to be
/// replaced; before anything is read, so that nothing is done in vain.
pub(crate) fn check(outputs: &[Asked], inputs: &[Input<'_>]) -> anyhow::Result<()> {
    for (k, Asked { flag, path, .. }) in outputs.iter().enumerate() {
        let outputs = outputs[..k].iter();
        let outputs = outputs.map(|asked| (asked.flag, asked.path.as_path()));
        // As an input, `-` is standard input.
        let inputs = inputs.iter().copied();
        let inputs = inputs.filter(|(_, path)| *path != Path::new(STANDARD));
        for (other, beside) in outputs.chain(inputs) {
            if let (Some(one), Some(two)) = (Identity::of(path), Identity::of(beside))
                && one == two
            {
                let path = match path.as_path() == Path::new(STANDARD) {
                    true => "standard output".into(),
                    false => path.to_string_lossy(),
                };
                bail!("{path}: is both `{other}` and `{flag}`, expected them to differ");
            }
        }
    }
    for asked in outputs {
        if let Ok(Place::File) = place(&asked.path) {
            refuse_existing(asked)?;
        }
    }
    Ok(())
}

/// The path that means standard output, or input.
pub(crate) const STANDARD: &str = "-";

fn refuse_existing(asked: &Asked) -> anyhow::Result<()> {
    match !asked.replace && fs::metadata(&asked.path).is_ok() {
        true => bail!(exists(&asked.path)),
        false => Ok(()),
    }
}

fn exists(path: &Path) -> String {
    let path = path.display();
    format!("{path}: exists already, and is replaced only by --force")
}

/// Opens a sentence that says why not.
pub(crate) fn cannot_be_written(path: &Path) -> String {
    format!("{}: cannot be written", shown(path))
}

/// By what two paths are the same.
#[derive(PartialEq)]
enum Identity {
    /// Standard output, of an unknown kind.
    Stdout,
    /// The number of a file system, and that of a file in it.
    Node(u64, u64),
    /// The whole name of something that is not there yet.
    Name(PathBuf),
}

impl Identity {
    /// The identity of what a path leads to; `None` for devices such as `/dev/null`, which several outputs
    /// may share.
    fn of(path: &Path) -> Option<Self> {
        if let Ok(Place::Stdout) = place(path) {
            let found = stdout().and_then(|file| file.metadata());
            return match found {
                Ok(found) if found.is_file() => node(&found).or(Some(Self::Stdout)),
                _ => Some(Self::Stdout),
            };
        }
        match fs::metadata(path) {
            Ok(found) if is_device(&found) => None,
            Ok(found) => node(&found).or_else(|| Some(Self::Name(resolved(path)))),
            Err(_) => Some(Self::Name(resolved(path))),
        }
    }
}

/// Finds out what a path leads to, by what is there and not by its name.
fn place(path: &Path) -> io::Result<Place> {
    if path == Path::new(STANDARD) {
        return Ok(Place::Stdout);
    }
    match descriptor(path) {
        Some(1) => return Ok(Place::Stdout),
        Some(2) => return Ok(Place::Stderr),
        Some(_) => return Ok(Place::Special),
        None => {}
    }
    match fs::metadata(path) {
        Ok(found) if found.is_file() => Ok(Place::File),
        // Opening a folder will say what it is.
        Ok(_) => Ok(Place::Special),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Place::File),
        Err(error) => Err(error),
    }
}

/// The number of the open file of this process that a path such as `/dev/stdout` leads to: a link in the
/// file system of the links `/dev/fd/0`, `/dev/fd/1` ….
#[cfg(unix)]
fn descriptor(path: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    const MOST_LINKS: usize = 40;
    let descriptors = fs::metadata("/dev/fd").ok()?.dev();
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let next = fs::read_link(&path).ok()?;
        let number = path.file_name()?.to_str()?.parse();
        if let Ok(number) = number
            && fs::symlink_metadata(&path).ok()?.dev() == descriptors
        {
            return Some(number);
        }
        path = folder_of(&path).join(next);
    }
    None
}

#[cfg(not(unix))]
fn descriptor(_: &Path) -> Option<u32> {
    None
}

/// Standard output under another descriptor, which shares its place in the file.
#[cfg(unix)]
fn stdout() -> io::Result<File> {
    use std::os::fd::AsFd;
    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}

/// Standard error likewise.
#[cfg(unix)]
fn stderr() -> io::Result<File> {
    use std::os::fd::AsFd;
    Ok(File::from(io::stderr().as_fd().try_clone_to_owned()?))
}

#[cfg(not(unix))]
fn stdout() -> io::Result<File> {
    Err(ErrorKind::Unsupported.into())
}

#[cfg(not(unix))]
fn stderr() -> io::Result<File> {
    Err(ErrorKind::Unsupported.into())
}

#[cfg(unix)]
fn node(found: &fs::Metadata) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    Some(Identity::Node(found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn node(_: &fs::Metadata) -> Option<Identity> {
    None
}

#[cfg(unix)]
fn is_device(found: &fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    found.file_type().is_char_device() || found.file_type().is_block_device()
}

#[cfg(not(unix))]
fn is_device(_: &fs::Metadata) -> bool {
    false
}
