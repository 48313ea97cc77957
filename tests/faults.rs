//! Commands that are killed, interrupted, or met by an error at each call by which they change files: what
//! is finished is whole, what is not is absent or as before, and going on leads to the same bytes.
//!
//! The calls are recorded and disturbed by `shim/record.c`, loaded before the C library.
//! The long version, on a disk that forgets: `TMPDIR=/dev/shm FAULTS=100 cargo test --test tests -- --ignored --nocapture faults`.

#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::OnceLock;
use std::time::Instant;

use rand::{Rng, SeedableRng};
use rand_xoshiro::SplitMix64;
use sparsegrok_study::StudyResults;
use tempfile::TempDir;

use crate::support::{command, folder, shipped, text};

/// The shim, compiled once.
fn shim() -> &'static Path {
    static SHIM: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = SHIM.get_or_init(|| {
        let folder = folder();
        let path = folder.path().join("record.so");
        let compiled = std::process::Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .args([&path, &shipped("shim/record.c")])
            .arg("-ldl")
            .status();
        assert!(compiled.expect("a C compiler").success());
        (folder, path)
    });
    path
}

/// One call that changed a file: its name, and the paths it was about.
#[derive(Debug)]
struct Call {
    name: String,
    path: String,
    to: String,
}

/// Runs a command, disturbed as `fault` says, and returns the calls by which it changed files in `root`.
fn recorded(line: &str, root: &Path, fault: &str) -> (Output, Vec<Call>) {
    let record = folder();
    let record = record.path().join("record");
    let output = command(line)
        .env("LD_PRELOAD", shim())
        .env("SHIM_ROOT", root)
        .env("SHIM_RECORD", &record)
        .env("SHIM_FAULT", fault)
        .output()
        .expect("the command starts");
    let lines = fs::read_to_string(&record).unwrap_or_default();
    let calls = lines.lines().map(|line| {
        let mut parts = line.split('\t').map(str::to_owned);
        let mut part = || parts.next().expect("three parts");
        Call {
            name: part(),
            path: part(),
            to: part(),
        }
    });
    let calls = calls.collect();
    (output, calls)
}

/// Whatever could make a file again is removed only when the file, under its name, is on the disk.
#[test]
fn outputs_are_on_the_disk_before_what_could_make_them_again_goes() {
    let folder = folder();
    let root = folder.path().canonicalize().unwrap();
    let at = root.display();
    let run = "--n-train 9 --epochs 5";
    for (line, outputs, checkpoint) in [
        (
            format!("run {run} --out {at}/t.csv --model {at}/m --plot {at}/p.svg"),
            &["t.csv", "m", "p.svg"][..],
            "t.csv.unfinished/runs.log",
        ),
        (
            format!("run {run} --force --out {at}/t.csv --model {at}/m"),
            &["t.csv", "m"],
            "t.csv.unfinished/runs.log",
        ),
        (
            format!("study {run} --out {at}/study"),
            &["study/records.csv", "study/study.toml", "study/runs.log"],
            "study/unfinished/runs.log",
        ),
        (
            format!("data generate --n-train 9 --out {at}/a.sgs --test-out {at}/b.svm"),
            &["a.sgs", "b.svm"],
            "",
        ),
        (
            format!("tables {at}/study --out {at}/again"),
            &["again"],
            "",
        ),
        (format!("merge {at}/study --out {at}/whole"), &["whole"], ""),
        (
            format!("report {at}/study --out {at}/page"),
            &["page/index.html"],
            "",
        ),
    ] {
        let (output, calls) = recorded(&line, &root, "");
        assert!(output.status.success(), "{line}: {output:?}");
        let first = |from: usize, what: &dyn Fn(&Call) -> bool| {
            calls[from..].iter().position(what).map(|at| from + at)
        };
        let path_of = |name: &str| root.join(name).display().to_string();
        let removed = match checkpoint {
            "" => calls.len(),
            name => {
                let gone = |call: &Call| call.name == "unlink" && call.path == path_of(name);
                first(0, &gone).unwrap_or_else(|| panic!("{line}: {calls:#?}"))
            }
        };
        for output in outputs {
            let path = path_of(output);
            let named = |call: &Call| ["rename", "link"].contains(&&*call.name) && call.to == path;
            let last = calls.iter().rposition(named);
            let renamed = last.unwrap_or_else(|| panic!("{line}: {path} in {calls:#?}"));
            let before = &calls[renamed].path;
            let is_synced = |call: &Call| call.name == "sync" && call.path.starts_with(before);
            let synced = first(0, &is_synced);
            let parent = Path::new(&path).parent().unwrap().display().to_string();
            let named = first(renamed, &|call| call.name == "sync" && call.path == parent);
            assert!(
                synced.is_some_and(|synced| synced < renamed)
                    && named.is_some_and(|named| named < removed),
                "{line}: {path} in {calls:#?}"
            );
            // Nothing is written after it was forced to the disk.
            let written = |call: &Call| call.name == "write" && call.path == *before;
            let last_write = calls[..renamed].iter().rposition(written);
            let last_sync = calls[..renamed].iter().rposition(is_synced);
            assert!(last_write < last_sync, "{line}: {path} in {calls:#?}");
        }
    }
}

/// A command to be disturbed: `@` stands for the folder of its outputs, `%` for that of its inputs.
struct Case {
    line: String,
    /// Commands that make what is there before.
    before: Vec<String>,
    /// The folder of unfinished work, and the command that resumes it.
    resumed: Option<(&'static str, &'static str)>,
}

/// The inputs of all cases.
fn inputs() -> TempDir {
    let inputs = folder();
    let at = inputs.path().display();
    let small = "study --n-train 12 --epochs 30 --eval-every 5 --seeds 0..9 --threads 1";
    for line in [
        format!("data generate --n-train 12 --n-test 5 --out {at}/rows.svm"),
        format!("{small} --out {at}/study"),
        format!("{small} --shard 0/2 --out {at}/half-0"),
        format!("{small} --shard 1/2 --out {at}/half-1"),
    ] {
        crate::support::printed(&line);
    }
    inputs
}

impl Case {
    fn random(rng: &mut SplitMix64) -> Self {
        let mut pick = |n: u32| rng.next_u32() % n;
        let every = ["1epochs", "7epochs", "60s", "never"][pick(4) as usize];
        let data = format!(
            "--n-train {} --n-test {} --d-signal {} --data-seed {}",
            5 + pick(30),
            1 + pick(9),
            1 + pick(4),
            pick(1000)
        );
        let training = format!(
            "{data} --epochs {} --eval-every {} --checkpoint-every {every}",
            3 + pick(40),
            1 + pick(9)
        );
        // In half of the cases there is something to be replaced.
        let (force, is_old) = match pick(2) {
            0 => ("", false),
            _ => (" --force", true),
        };
        let old_study = "study --n-train 6 --epochs 4 --out @/study".to_owned();
        let (line, old, resumed) = match pick(7) {
            0 | 1 => {
                let mut line = format!("run {training}{force} --out @/t.csv");
                let mut old = vec!["run --n-train 6 --epochs 4 --out @/t.csv".to_owned()];
                if pick(2) == 0 {
                    line += " --model @/m";
                    old = vec!["run --n-train 6 --epochs 4 --out @/t.csv --model @/m".to_owned()];
                }
                if pick(3) == 0 {
                    line += " --plot @/p.svg";
                }
                let resumed = ("t.csv.unfinished", "run --resume @/t.csv.unfinished");
                (line, old, Some(resumed))
            }
            2 | 3 => {
                let vary = ["", " --vary weight_decay=1e-4,1e-2"][pick(2) as usize];
                let report = ["", "", "", " --report"][pick(4) as usize];
                let seeds = 1 + pick(10);
                let line = format!(
                    "study {training} --threads 1 --seeds 0..{seeds}{vary}{report}{force} --out @/study"
                );
                let resumed = ("study/unfinished", "study --resume @/study");
                (line, vec![old_study], Some(resumed))
            }
            4 => {
                let end = ["svm", "sgs"][pick(2) as usize];
                let line = match pick(3) {
                    0 => {
                        format!("data generate {data}{force} --out @/a.{end} --test-out @/b.{end}")
                    }
                    1 => format!("data export {data}{force} --out @/a.{end}"),
                    _ => format!("data import %/rows.svm{force} --out @/a.{end}"),
                };
                let old = format!("data generate --n-train 3 --n-test 0 --out @/a.{end}");
                (line, vec![old], None)
            }
            5 => {
                let line = format!("tables %/study --gen-threshold 0.8{force} --out @/study");
                (line, vec![old_study], None)
            }
            _ => {
                let line = format!("merge %/half-1 %/half-0{force} --out @/study");
                (line, vec![old_study], None)
            }
        };
        let before = if is_old { old } else { Vec::new() };
        Self {
            line,
            before,
            resumed,
        }
    }
}

/// Bytes of all files below a folder, by their names in it.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("a name below");
                let bytes = fs::read(&path).expect("a file");
                found.insert(name.display().to_string(), bytes);
            }
        }
    }
    found
}

/// Tells if two runs of a study differ in a file: in these are times.
fn has_times(name: &str) -> bool {
    ["manifest.json", "runs.log", "index.html"]
        .iter()
        .any(|end| name.ends_with(end))
}

fn is_part(name: &str) -> bool {
    name.contains(".part") || name.contains(".sparsegrok-")
}

/// Counts of what was met.
#[derive(Debug, Default)]
struct Tally {
    configurations: u32,
    calls: usize,
    kills: u32,
    interrupts: u32,
    errors: u32,
    /// Disturbed commands that came to their end all the same.
    ended: u32,
    resumed: u32,
    again: u32,
}

/// Disturbs a case at every `stride`-th call.
fn disturb(case: &Case, inputs: &TempDir, stride: usize, tally: &mut Tally) {
    let place = |line: &str, out: &Path| {
        let line = line.replace('%', &inputs.path().display().to_string());
        line.replace('@', &out.display().to_string())
    };
    let before = folder();
    for line in &case.before {
        crate::support::printed(&place(line, before.path()));
    }
    let old = files(before.path());
    let prepared = || {
        let folder = folder();
        for (name, bytes) in &old {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, bytes).expect("a file");
        }
        folder
    };
    let done = |line: &str, out: &Path, context: &str| {
        let output = command(&place(line, out)).output().expect("a command");
        assert!(output.status.success(), "{context}: {line}: {output:?}");
    };
    let whole = prepared();
    let (output, calls) = recorded(&place(&case.line, whole.path()), whole.path(), "");
    assert!(output.status.success(), "{}: {output:?}", case.line);
    let whole = files(whole.path());
    tally.configurations += 1;
    tally.calls += calls.len();
    for k in (1..=calls.len()).step_by(stride) {
        for kind in ["kill", "int", "io"] {
            let folder = prepared();
            let out = folder.path();
            let context = format!("{} at {k} ({:?}) of {}", kind, calls[k - 1], case.line);
            let (output, _) = recorded(&place(&case.line, out), out, &format!("{k}:{kind}"));
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(!said.contains("panicked"), "{context}: {said}");
            match (kind, output.status.code(), output.status.signal()) {
                ("kill", None, Some(9)) => tally.kills += 1,
                ("int", Some(1), _) | ("int", None, Some(2)) => tally.interrupts += 1,
                ("io", Some(1), _) => tally.errors += 1,
                ("int" | "io", Some(0), _) => tally.ended += 1,
                _ => panic!("{context}: {output:?}"),
            }
            let found = files(out);
            if kind == "int" {
                let part = found.keys().find(|name| is_part(name));
                assert!(part.is_none(), "{context}: {part:?}\n{said}");
            }
            let unfinished = case
                .resumed
                .filter(|(kept, _)| out.join(kept).join("runs.log").exists());
            if out.join("study/study.toml").exists() {
                let read = StudyResults::read(&out.join("study"));
                read.unwrap_or_else(|error| panic!("{context}: {error}"));
            }
            for (name, bytes) in found.iter().filter(|(name, _)| !is_part(name)) {
                // A study without its configuration is none, and one under way has what is finished.
                let is_open = name.starts_with("study/")
                    && (unfinished.is_some() || !out.join("study/study.toml").exists());
                if is_open || has_times(name) || name.contains("unfinished/") {
                    continue;
                }
                assert!(
                    whole.get(name) == Some(bytes) || old.get(name) == Some(bytes),
                    "{context}: {name} is neither whole nor as before"
                );
            }
            for name in old.keys().filter(|name| !name.starts_with("study/")) {
                assert!(found.contains_key(name), "{context}: {name} is gone");
            }
            if let Some((_, resume)) = unfinished {
                done(resume, out, &context);
                tally.resumed += 1;
            } else {
                let forced = match case.line.contains(" --force") || found.is_empty() {
                    true => case.line.clone(),
                    false => format!("{} --force", case.line),
                };
                done(&forced, out, &context);
                tally.again += 1;
            }
            let mut end = files(out);
            // Nobody could remove what a killed process had under a temporary name.
            end.retain(|name, _| !is_part(name));
            let names: Vec<_> = end.keys().collect();
            assert_eq!(names, whole.keys().collect::<Vec<_>>(), "{context}");
            for (name, bytes) in end.iter().filter(|(name, _)| !has_times(name)) {
                assert!(whole[name] == *bytes, "{context}: {name} differs");
            }
        }
    }
}

/// Disturbs random cases.
fn survive(configurations: u32, stride: usize, seed: u64) -> Tally {
    let inputs = inputs();
    let mut rng = SplitMix64::seed_from_u64(seed);
    let mut tally = Tally::default();
    for _ in 0..configurations {
        let case = Case::random(&mut rng);
        disturb(&case, &inputs, stride, &mut tally);
        eprintln!("{}: {tally:?}", case.line);
    }
    tally
}

#[test]
fn a_few_commands_are_disturbed_at_some_calls() {
    let tally = survive(5, 29, 1);
    assert!(
        tally.kills > 0 && tally.interrupts > 0 && tally.errors > 0 && tally.resumed > 0,
        "{tally:?}"
    );
}

#[test]
#[ignore = "takes minutes"]
fn many_commands_are_disturbed_at_every_call() {
    let configurations = std::env::var("FAULTS").map_or(100, |n| n.parse().expect("a number"));
    let begun = Instant::now();
    let tally = survive(configurations, 1, 2);
    eprintln!("{tally:?} in {:?}", begun.elapsed());
}

/// Of every kind of call that is disturbed, one is seen at least.
#[test]
fn the_shim_sees_what_a_run_writes() {
    let folder = folder();
    let out = folder.path().join("t.csv");
    let line = format!("run --n-train 5 --epochs 2 --out {}", out.display());
    let (output, calls) = recorded(&line, folder.path(), "");
    assert!(output.status.success() && !text(&out).is_empty());
    for name in [
        "open", "write", "sync", "rename", "link", "unlink", "rmdir", "mkdir",
    ] {
        assert!(
            calls.iter().any(|call| call.name == name),
            "{name}: {calls:?}"
        );
    }
}
