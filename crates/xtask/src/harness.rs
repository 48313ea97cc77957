//! The program that holds the hot paths (`crates/kernel/benches/gate.rs`): building it, and running
//! it as a worker.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

/// File in which a version keeps the harness.
pub(crate) const SOURCE: &str = "crates/kernel/benches/gate.rs";

/// This workspace's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Builds the harness of the version in `tree` in the bench profile, and returns its program.
///
/// # Errors
/// When cargo cannot be run or the build fails.
pub(crate) fn build(tree: &Path, target: &Path) -> Result<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo
        .args(["bench", "--locked", "--no-run", "--bench", "gate"])
        .arg("--message-format=json-render-diagnostics")
        .arg("--target-dir")
        .arg(target)
        .current_dir(tree)
        // Each version is built by the toolchain it names.
        .env_remove("RUSTUP_TOOLCHAIN")
        .stderr(Stdio::inherit());
    let output = cargo.output().context("cannot run cargo")?;
    ensure!(
        output.status.success(),
        "the harness of {} does not build",
        tree.display()
    );
    let messages = output.stdout.split(|byte| *byte == b'\n');
    let program = messages
        .filter_map(|line| serde_json::from_slice::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == "gate")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from));
    program.with_context(|| format!("cargo built no program from {SOURCE}"))
}

/// A running harness that does a path's work when asked.
pub(crate) struct Worker {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// The paths it knows.
    pub(crate) paths: Vec<String>,
}

impl Worker {
    /// Starts the program.
    ///
    /// # Errors
    /// When it does not start or does not answer.
    pub(crate) fn start(program: &Path) -> Result<Self> {
        let mut process = Command::new(program)
            .arg("--worker")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run {}", program.display()))?;
        let (Some(questions), Some(answers)) = (process.stdin.take(), process.stdout.take()) else {
            bail!("{} has no standard input and output", program.display());
        };
        let mut worker = Self {
            process,
            questions,
            answers: BufReader::new(answers),
            paths: Vec::new(),
        };
        worker.paths = worker.answer()?.split(' ').map(str::to_owned).collect();
        Ok(worker)
    }

    /// Has a path's work done; its ns per unit.
    ///
    /// # Errors
    /// When the worker has ended or answers something else.
    pub(crate) fn time(&mut self, path: &str) -> Result<f64> {
        writeln!(self.questions, "{path}").context("a worker ended too soon")?;
        let answer = self.answer()?;
        let time: f64 = answer
            .parse()
            .with_context(|| format!("a worker answered `{answer}`, expected ns"))?;
        ensure!(time > 0.0, "a worker answered {time}, expected ns above 0");
        Ok(time)
    }

    fn answer(&mut self) -> Result<String> {
        let mut line = String::new();
        self.answers
            .read_line(&mut line)
            .context("cannot read a worker's answer")?;
        ensure!(!line.is_empty(), "a worker ended without an answer");
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
