//! `cargo xtask bench-gate BASE`: is the working tree slower than another version?

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::comparison::{Comparison, Verdict};
use crate::findings::{Compared, Findings, Revision};
use crate::harness::{self, Worker};
use crate::output::Output;

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
    /// Write what was found as JSON too; `-` is standard output, and the table goes to standard error
    #[arg(long, value_name = "FILE")]
    json: Option<Output>,
    /// Write it as Markdown too, for a comment on a pull request; `-` as for --json
    #[arg(long, value_name = "FILE")]
    markdown: Option<Output>,
}

fn positive(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|value: &f64| value.is_finite());
    value
        .filter(|value| *value > 0.0)
        .ok_or_else(|| "expected a number above 0".to_owned())
}

/// Compares, prints a line per path, and returns whether none has become slower.
pub(crate) fn run(arguments: &Arguments) -> Result<bool> {
    let outputs = [arguments.json.as_ref(), arguments.markdown.as_ref()];
    for output in outputs.into_iter().flatten() {
        output.check()?;
    }
    ensure!(
        outputs[0].is_none() || outputs[0] != outputs[1],
        "--json and --markdown name the same place, expected two"
    );
    let root = harness::root();
    let folder = root.join("target/bench-gate");
    let base = commit(&root, &arguments.base)?;
    let here = working_tree(&root)?;
    check_out(&root, &base.commit, &folder.join("base"))?;
    eprintln!("building {} ({})", base.name, &base.commit[..9]);
    let program = harness::build(&folder.join("base"), &folder.join("build"))?;
    eprintln!("building the working tree");
    let programs = [program, harness::build(&root, &root.join("target"))?];
    let threshold = arguments.threshold / 100.0;
    let findings = Findings {
        base,
        here,
        threshold,
        paths: compare(&programs, arguments, threshold)?,
    };

    match outputs.contains(&Some(&Output::Stdout)) {
        true => eprint!("{}", findings.text()),
        false => print!("{}", findings.text()),
    }
    if let Some(output) = &arguments.json {
        output.write(&format!("{:#}\n", findings.json()))?;
    }
    if let Some(output) = &arguments.markdown {
        output.write(&findings.markdown())?;
    }
    Ok(findings.slower() == 0)
}

/// Has two programs, base first, take turns on the paths.
fn compare(
    programs: &[PathBuf; 2],
    arguments: &Arguments,
    threshold: f64,
) -> Result<Vec<Compared>> {
    let [there, here] = [Worker::start(&programs[0])?, Worker::start(&programs[1])?];
    let mut paths = choose(&there.paths, &here.paths, &arguments.paths)?;
    drop([there, here]);

    let rounds = usize::from(arguments.rounds);
    let cores = Cores::of_this_process()?;
    for round in 0..4 * rounds {
        let mut unclear = paths
            .iter_mut()
            .filter_map(|(name, comparison)| Some((name, comparison.as_mut()?)))
            .filter(|(_, comparison)| {
                round < rounds || comparison.verdict(threshold) == Verdict::Unclear
            })
            .peekable();
        if unclear.peek().is_none() {
            break;
        }
        cores.take(round)?;
        let mut workers = [Worker::start(&programs[0])?, Worker::start(&programs[1])?];
        for (name, comparison) in unclear {
            comparison.add(take_turns(&mut workers, name)?);
        }
    }
    Ok(paths)
}

/// The working tree's paths, or those of them that are asked for, to be compared where the base version
/// has them.
fn choose(there: &[String], here: &[String], asked: &[String]) -> Result<Vec<Compared>> {
    for name in asked {
        ensure!(
            here.contains(name),
            "the working tree has no path `{name}`, expected one of {}",
            here.join(", ")
        );
    }
    let chosen = here
        .iter()
        .filter(|name| asked.is_empty() || asked.contains(name));
    let paths = chosen.map(|name| {
        let comparison = there.contains(name).then(Comparison::new);
        (name.clone(), comparison)
    });
    Ok(paths.collect())
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

/// A revision that has the harness.
fn commit(root: &Path, revision: &str) -> Result<Revision> {
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
    Ok(Revision {
        name: revision.to_owned(),
        commit,
        changed: false,
    })
}

/// The commit that is checked out, and what was changed since.
fn working_tree(root: &Path) -> Result<Revision> {
    let changes = git(root, &["status", "--porcelain", "--untracked-files=no"])?;
    Ok(Revision {
        name: "HEAD".to_owned(),
        commit: git(root, &["rev-parse", "HEAD"])?,
        changed: !changes.is_empty(),
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    /// Names of paths, and which of them are compared.
    fn chosen(asked: &[&str]) -> Result<Vec<(String, bool)>> {
        let (there, here) = (names(&["old", "gone"]), names(&["old", "new"]));
        let paths = choose(&there, &here, &names(asked))?;
        let told = paths
            .into_iter()
            .map(|(name, comparison)| (name, comparison.is_some()));
        Ok(told.collect())
    }

    #[test]
    fn paths_that_the_base_lacks_are_new() {
        let [old, new] = [("old".to_owned(), true), ("new".to_owned(), false)];
        assert_eq!(chosen(&[]).unwrap(), [old, new.clone()]);
        assert_eq!(chosen(&["new"]).unwrap(), [new]);
    }

    #[test]
    fn a_path_that_is_asked_for_must_be_there() {
        let said = chosen(&["old", "gone"]).unwrap_err().to_string();
        assert_eq!(
            said,
            "the working tree has no path `gone`, expected one of old, new"
        );
    }
}
