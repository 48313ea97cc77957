//! `cargo xtask instructions`: does each hot path take the instructions it is expected to?
//!
//! Counts do not move with the machine's load. They are taken by callgrind, on a simulated CPU
//! without AVX-512 that is the same wherever the real one has AVX2, and only while the harness's
//! `counted` runs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::harness::{self, Worker};

/// File that keeps the expectations: instructions per unit of work, by path.
const EXPECTATIONS: &str = "crates/kernel/benches/instructions.toml";

/// Largest difference allowed between a count and its expectation, as a fraction. Counts repeat to the
/// digit with one toolchain and C library; the allocator and copies of another C library stay well within.
const TOLERANCE: f64 = 0.01;

/// Flags of the command.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Take what is counted as what is expected from now on
    #[arg(long)]
    accept: bool,
}

/// Instructions per unit of work, by path.
type Counts = BTreeMap<String, f64>;

/// Counts, prints a line per path, and returns whether all are as expected, or could not be
/// counted here.
pub(crate) fn run(arguments: &Arguments) -> Result<bool> {
    if let Some(lack) = lack() {
        println!("skipped counting instructions: {lack}");
        return Ok(true);
    }
    let root = harness::root();
    let program = harness::build(&root, &root.join("target"))?;
    let paths = Worker::start(&program)?.paths.clone();
    let counts = paths
        .into_iter()
        .map(|path| count(&program, &path).map(|count| (path, count)))
        .collect::<Result<Counts>>()?;
    let file = root.join(EXPECTATIONS);
    if arguments.accept {
        accept(&file, &counts)?;
        return Ok(true);
    }
    let text = fs::read_to_string(&file)
        .with_context(|| format!("cannot read {EXPECTATIONS}, which --accept writes"))?;
    let expected: Counts =
        toml::from_str(&text).with_context(|| format!("{EXPECTATIONS} is malformed"))?;
    Ok(compare(&expected, &counts))
}

/// The requirement for counting that this machine lacks, if any.
fn lack() -> Option<&'static str> {
    #[cfg(target_arch = "x86_64")]
    let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    #[cfg(not(target_arch = "x86_64"))]
    let avx2 = false;
    if !avx2 {
        return Some("expectations are for AVX2, which this CPU lacks");
    }
    let valgrind = Command::new("valgrind").arg("--version").output();
    (!valgrind.is_ok_and(|output| output.status.success())).then_some("valgrind is not installed")
}

/// Instructions per unit of a path's work.
fn count(program: &Path, path: &str) -> Result<f64> {
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let profile = folder.path().join("callgrind.out");
    let output = Command::new("valgrind")
        .args([
            "--quiet",
            "--tool=callgrind",
            "--toggle-collect=gate::counted",
        ])
        .arg(format!("--callgrind-out-file={}", profile.display()))
        .arg(program)
        .args(["--count", path])
        .output()
        .context("cannot run valgrind")?;
    ensure!(
        output.status.success(),
        "`{path}` failed under valgrind: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    let units = String::from_utf8_lossy(&output.stdout);
    let units: f64 = units
        .trim()
        .parse()
        .with_context(|| format!("`{path}` printed `{}`, expected a number", units.trim()))?;
    let profile = fs::read_to_string(&profile).context("cannot read what callgrind wrote")?;
    let mut totals = profile
        .lines()
        .filter_map(|line| line.strip_prefix("totals: "));
    let total: f64 = totals
        .next()
        .and_then(|total| total.parse().ok())
        .context("callgrind wrote no total")?;
    ensure!(
        total > units,
        "callgrind counted {total} instructions in {units} units of `{path}`: does the harness \
         still have a function `counted`?"
    );
    // As many digits as expectations have.
    Ok((100.0 * total / units).round() / 100.0)
}

fn accept(file: &Path, counts: &Counts) -> Result<()> {
    let mut text = String::from(
        "# Instructions per seed-step or row of the hot paths, at the AVX2 level.\n\
         # Written by `cargo xtask instructions --accept`.\n",
    );
    for (path, count) in counts {
        println!("{path:<12} {count:9.2}");
        text += &format!("{path} = {count:.2}\n");
    }
    fs::write(file, text).with_context(|| format!("cannot write {EXPECTATIONS}"))
}

/// Prints a line per path; whether all are as expected.
fn compare(expected: &Counts, counts: &Counts) -> bool {
    let mut as_expected = true;
    println!("path         expected   counted   change");
    for (path, count) in counts {
        let Some(expected) = expected.get(path) else {
            println!("{path:<12}        -  {count:9.2}            new: accept it");
            as_expected = false;
            continue;
        };
        let change = count / expected - 1.0;
        let within = change.abs() <= TOLERANCE;
        as_expected &= within;
        println!(
            "{path:<12} {expected:8.2}  {count:8.2}  {:+6.2} %  {}",
            100.0 * change,
            match (within, change > 0.0) {
                (true, _) => "ok",
                (false, true) => "more",
                (false, false) => "fewer",
            }
        );
    }
    for path in expected.keys().filter(|path| !counts.contains_key(*path)) {
        println!("{path:<12} is expected, but the harness has no such path");
        as_expected = false;
    }
    if !as_expected {
        println!(
            "more than {} % from {EXPECTATIONS}; if that is meant: cargo xtask instructions --accept",
            100.0 * TOLERANCE
        );
    }
    as_expected
}
