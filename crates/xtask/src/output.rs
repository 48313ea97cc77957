//! A place for a text of the gate: standard output, or a file that appears whole or not at all.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// A place that was named on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// Standard output, named `-`.
    Stdout,
    /// A file.
    File(PathBuf),
}

impl From<&OsStr> for Output {
    fn from(name: &OsStr) -> Self {
        match name == "-" {
            true => Self::Stdout,
            false => Self::File(name.into()),
        }
    }
}

impl Output {
    /// Checks that a file's folder is there, so that nobody waits for findings that cannot be written.
    ///
    /// # Errors
    /// When it is not.
    pub(crate) fn check(&self) -> Result<()> {
        if let Self::File(path) = self {
            let folder = folder(path);
            let shown = folder.display();
            ensure!(
                folder.is_dir(),
                "{}: there is no folder `{shown}`",
                path.display()
            );
        }
        Ok(())
    }

    /// Writes all of the text. A file of that name is replaced; what is no plain file, such as
    /// `/dev/stdout`, is written to.
    ///
    /// # Errors
    /// Those of the system; there is no file then, or the one before.
    pub(crate) fn write(&self, text: &str) -> Result<()> {
        match self {
            Self::Stdout => {
                let said = io::stdout().write_all(text.as_bytes());
                said.context("cannot write to standard output")
            }
            Self::File(path) => write_file(path, text)
                .with_context(|| format!("{}: cannot be written", path.display())),
        }
    }
}

fn write_file(path: &Path, text: &str) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok_and(|found| !found.is_file()) {
        return fs::write(path, text);
    }
    // Made by hand, as a temporary file's own permissions let nobody else read it.
    let mut file = tempfile::Builder::new().make_in(folder(path), |path| File::create_new(path))?;
    file.write_all(text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}

/// The folder that a path lies in.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gate.json");
        let output = Output::from(path.as_os_str());
        output.check().unwrap();
        for text in ["a longer text", "short"] {
            output.write(text).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_cannot_be_written_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let said = Output::File(folder.path().to_owned())
            .write("text")
            .unwrap_err();
        assert!(said.to_string().ends_with(": cannot be written"));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        let path = folder.path().join("missing/gate.json");
        let said = Output::File(path.clone()).check().unwrap_err().to_string();
        let missing = path.parent().unwrap().display();
        assert_eq!(
            said,
            format!("{}: there is no folder `{missing}`", path.display())
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_and_its_file_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link] = ["file", "link"].map(|name| folder.path().join(name));
        std::os::unix::fs::symlink(&file, &link).unwrap();
        Output::File(link.clone()).write("text").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "text");
    }

    #[test]
    fn only_a_dash_is_standard_output() {
        let output = |name: &str| Output::from(OsStr::new(name));
        assert_eq!(output("-"), Output::Stdout);
        assert_eq!(output("./-"), Output::File("./-".into()));
        Output::from(OsStr::new("gate.json")).check().unwrap();
    }
}
