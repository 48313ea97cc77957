//! Running the command, and reading what it says.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

/// The output and exit code of one invocation.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs `sparsegrok` with the words of `line`, split at spaces.
pub(crate) fn sparsegrok(line: &str) -> Outcome {
    let output = command(line).output().expect("the command starts");
    Outcome {
        code: output.status.code().expect("the command exits by itself"),
        stdout: String::from_utf8(output.stdout).expect("UTF-8 on stdout"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8 on stderr"),
    }
}

/// `sparsegrok` with the words of `line`, not yet started.
pub(crate) fn command(line: &str) -> Command {
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("sparsegrok");
    command.args(line.split_whitespace());
    command
}

/// The same as a process of its own, to be started with other files than a test usually gives it.
pub(crate) fn process(line: &str) -> std::process::Command {
    let mut process = std::process::Command::new(command(line).get_program());
    process.args(line.split_whitespace());
    process
}

/// Sends a signal, such as `-INT`, to a process.
#[cfg(unix)]
pub(crate) fn kill(child: &std::process::Child, signal: &str) {
    let sent = std::process::Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status();
    assert!(sent.expect("kill").success());
}

/// As [`sparsegrok`], where success is expected: its standard output.
pub(crate) fn printed(line: &str) -> String {
    let outcome = sparsegrok(line);
    assert_eq!(outcome.code, 0, "{line}\n{outcome:?}");
    outcome.stdout
}

/// As [`sparsegrok`], where exit code 2 and nothing on standard output is expected: the sentence
/// on standard error.
pub(crate) fn refused(line: &str) -> String {
    let outcome = sparsegrok(line);
    assert_eq!(outcome.code, 2, "{line}\n{outcome:?}");
    assert_eq!(outcome.stdout, "", "{line}");
    outcome.stderr
}

/// A folder that goes away with the test.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Writes a file into a folder and returns its path as text.
pub(crate) fn file(folder: &TempDir, name: &str, content: impl AsRef<[u8]>) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, content).expect("a written file");
    path.display().to_string()
}

/// A path inside this project's `tests` folder.
pub(crate) fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name)
}

/// The text of a file.
pub(crate) fn text(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The last row of a CSV trace, as numbers.
pub(crate) fn last_row(csv: &str) -> Vec<f64> {
    let line = csv.lines().last().expect("a row");
    line.split(',')
        .map(|cell| cell.parse().expect("a number"))
        .collect()
}
