//! `cargo xtask bench-gate BASE`: is the working tree slower than another version?

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::comparison::{Comparison, Verdict};
use crate::harness::{self, Worker};

/// Turns that each version takes in a round.
const TURNS: usize = 32;

/// Flags of the command.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The version to compare with: any revision that git knows
    base: String,
    /// A path that takes this many per cent longer has become slower
    #[arg(long, default_value_t = 5.0, value_parser = positive)]
    threshold: f64,
    /// Rounds of fresh processes; as many again while a path is unclear, up to four times
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(8..))]
    rounds: u16,
    /// Only this path; may be given several times
    #[arg(long = "path", value_name = "PATH")]
    paths: Vec<String>,
}

fn positive(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|value: &f64| value.is_finite());
    value
        .filter(|value| *value > 0.0)
        .ok_or_else(|| "expected a number above 0".to_owned())
}

/// Compares, prints a line per path, and returns whether none has become slower.
pub(crate) fn run(arguments: &Arguments) -> Result<bool> {
    let root = harness::root();
    let folder = root.join("target/bench-gate");
    let base = commit(&root, &arguments.base)?;
    check_out(&root, &base, &folder.join("base"))?;
    eprintln!("building {} ({})", arguments.base, &base[..9]);
    let base = harness::build(&folder.join("base"), &folder.join("build"))?;
    eprintln!("building the working tree");
    let programs = [base, harness::build(&root, &root.join("target"))?];

    let [there, here] = [Worker::start(&programs[0])?, Worker::start(&programs[1])?];
    for name in &arguments.paths {
        let known = [&there, &here].map(|worker| worker.paths.contains(name));
        ensure!(known == [true; 2], "not both versions have a path `{name}`");
    }
    let mut paths = Vec::new();
    for name in &here.paths {
        if !there.paths.contains(name) {
            eprintln!("{name} is new and has nothing to be compared with");
        } else if arguments.paths.is_empty() || arguments.paths.contains(name) {
            paths.push((name.clone(), Comparison::new()));
        }
    }
    drop([there, here]);

    let threshold = arguments.threshold / 100.0;
    let rounds = usize::from(arguments.rounds);
    let cores = Cores::of_this_process()?;
    for round in 0..4 * rounds {
        let unclear = paths.iter_mut().filter(|(_, comparison)| {
            round < rounds || comparison.verdict(threshold) == Verdict::Unclear
        });
        let mut unclear = unclear.peekable();
        if unclear.peek().is_none() {
            break;
        }
        cores.take(round)?;
        let mut workers = [Worker::start(&programs[0])?, Worker::start(&programs[1])?];
        for (name, comparison) in unclear {
            comparison.add(take_turns(&mut workers, name)?);
        }
    }
    print(&paths, threshold);
    Ok(paths
        .iter()
        .all(|(_, comparison)| comparison.verdict(threshold) != Verdict::Slower))
}

/// The two versions' best times of a round; who goes first alternates.
fn take_turns(workers: &mut [Worker; 2], path: &str) -> Result<[f64; 2]> {
    let mut best = [f64::INFINITY; 2];
    for turn in 0..TURNS {
        for side in [turn % 2, 1 - turn % 2] {
            best[side] = best[side].min(workers[side].time(path)?);
        }
    }
    Ok(best)
}

fn print(paths: &[(String, Comparison)], threshold: f64) {
    println!("path          base ns   here ns   best     median   interval           rounds");
    for (name, comparison) in paths {
        let [base, here] = comparison.best;
        let median = comparison.median_change();
        println!(
            "{name:<12} {base:8.2}  {here:8.2}  {:+5.1} %  {:+5.1} %  {:+5.1} to {:+5.1} %  {:6}  {}",
            100.0 * comparison.best_change(),
            100.0 * median.estimate,
            100.0 * median.low,
            100.0 * median.high,
            comparison.rounds(),
            match comparison.verdict(threshold) {
                Verdict::Within => "ok",
                Verdict::Slower => "slower",
                Verdict::Unclear => "unclear: best and median disagree",
            }
        );
    }
}

/// The full name of a revision that has the harness.
fn commit(root: &Path, revision: &str) -> Result<String> {
    let name = format!("{revision}^{{commit}}");
    let commit = git(root, &["rev-parse", "--verify", "--quiet", &name])
        .map_err(|_| anyhow::anyhow!("git knows no revision `{revision}`"))?;
    if git(
        root,
        &["cat-file", "-e", &format!("{commit}:{}", harness::SOURCE)],
    )
    .is_err()
    {
        bail!(
            "`{revision}` has no {}, whose paths the gate times: only versions that have it can be \
             compared with",
            harness::SOURCE
        );
    }
    Ok(commit)
}

/// Lays a commit out in a folder, which keeps what has not changed since the last time.
fn check_out(root: &Path, commit: &str, folder: &Path) -> Result<()> {
    if folder.join(".git").exists() {
        git(
            folder,
            &["checkout", "--quiet", "--force", "--detach", commit],
        )?;
    } else {
        git(root, &["worktree", "prune"])?;
        let folder = folder
            .to_str()
            .context("the target folder's name is not text")?;
        git(
            root,
            &["worktree", "add", "--quiet", "--detach", folder, commit],
        )?;
    }
    Ok(())
}

fn git(folder: &Path, arguments: &[&str]) -> Result<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .output()
        .context("cannot run git")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("git {} failed: {}", arguments[0], said.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The cores this process may run on. Both versions of a round share one, as cores differ in what
/// else they do.
#[cfg(target_os = "linux")]
struct Cores(Vec<usize>);

#[cfg(target_os = "linux")]
impl Cores {
    fn of_this_process() -> Result<Self> {
        let allowed = rustix::thread::sched_getaffinity(None).context("cannot ask for cores")?;
        let cores = 0..rustix::thread::CpuSet::MAX_CPU;
        Ok(Self(cores.filter(|core| allowed.is_set(*core)).collect()))
    }

    /// Moves this process, and those that it starts, to one core, another each round.
    fn take(&self, round: usize) -> Result<()> {
        let mut one = rustix::thread::CpuSet::new();
        one.set(self.0[round % self.0.len()]);
        rustix::thread::sched_setaffinity(None, &one).context("cannot choose a core")
    }
}

/// Elsewhere the system chooses.
#[cfg(not(target_os = "linux"))]
struct Cores;

#[cfg(not(target_os = "linux"))]
impl Cores {
    fn of_this_process() -> Result<Self> {
        Ok(Self)
    }

    fn take(&self, _round: usize) -> Result<()> {
        Ok(())
    }
}
