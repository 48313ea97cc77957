//! Killed at random moments, and where the disk is full or cannot be written: nothing finished is
//! lost, no file is torn, no bit differs.
//!
//! The long version: `cargo test --test tests -- --ignored --nocapture kills`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};
use rand_xoshiro::SplitMix64;
use sparsegrok_study::{Directory, StudyResults};
use tempfile::TempDir;

use crate::checkpoint::{RESULTS, RUN, STUDY, results, start};
use crate::support::{folder, printed, refused, sparsegrok, text};
use crate::teams::GRID;

/// Counts of what the kills met.
#[derive(Debug, Default)]
struct Tally {
    kills: u32,
    /// Processes that came to their end before.
    ends: u32,
    /// Files that were being written.
    half_written: u32,
    /// Groups found finished by a process that took over.
    found_finished: u64,
    /// Groups found under way.
    found_begun: u64,
    compared: u32,
}

/// Kills a process after a random part of `most`; whether it was still there.
fn kill(line: &str, most: Duration, rng: &mut SplitMix64) -> bool {
    let mut child = start(line);
    sleep(most.mul_f64(f64::from(rng.next_u32()) / f64::from(u32::MAX)));
    child.kill().expect("a child to kill");
    let output = child.wait_with_output().expect("an end");
    let said = String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        None => true,
        Some(0) => false,
        Some(code) => panic!("{line}\nended with {code}: {said}"),
    }
}

/// Flags that must not matter.
fn engine(rng: &mut SplitMix64) -> String {
    let pick =
        |words: &[&'static str], rng: &mut SplitMix64| words[rng.next_u32() as usize % words.len()];
    let kernel = pick(&["auto", "lanes", "scalar"], rng);
    let simd = pick(&["auto", "portable"], rng);
    let threads = pick(&["1", "2", "3"], rng);
    let every = pick(&["40epochs", "400epochs"], rng);
    format!("--kernel {kernel} --simd {simd} --threads {threads} --checkpoint-every {every}")
}

fn half_written(folder: &Path) -> u32 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let parts = entries.filter(|entry| entry.file_name().to_string_lossy().ends_with(".part"));
    parts.count() as u32
}

/// Runs a study in spite of kills, until it is complete.
fn study(
    folder: &TempDir,
    begin: &str,
    whole: &[String],
    rng: &mut SplitMix64,
    tally: &mut Tally,
    most: u32,
) {
    let path = folder.path().join("study");
    let mut finished = 0;
    loop {
        let is_last = tally.kills >= most;
        let line = match path.join("unfinished/runs.log").is_file() {
            true => format!("study --resume {} {}", path.display(), engine(rng)),
            false => format!("{begin} {} --out {}", engine(rng), path.display()),
        };
        if is_last {
            printed(&line);
        } else if kill(&line, Duration::from_millis(400), rng) {
            tally.kills += 1;
            tally.half_written += half_written(&path.join("unfinished"));
        } else {
            tally.ends += 1;
        }
        if path.join("study.toml").is_file() {
            // Known as a study, it is one, whole; and its unfinished work may still be going away.
            StudyResults::read(&path).expect("a study");
        } else {
            assert!(!is_last);
        }
        if !path.exists() {
            continue;
        }
        match Directory::unfinished(&path) {
            Ok(Some(unfinished)) => {
                let (now_finished, begun) = unfinished.counts();
                assert!(
                    now_finished >= finished,
                    "{now_finished} of {finished} groups"
                );
                finished = now_finished;
                tally.found_finished += finished as u64;
                tally.found_begun += begun as u64;
            }
            Ok(None) => break,
            Err(error) => {
                // It was killed while it made the folder.
                let mut entries = fs::read_dir(&path).expect("a directory").flatten();
                let is_part = |name: String| name.starts_with(".sparsegrok-");
                let all_parts =
                    entries.all(|entry| is_part(entry.file_name().display().to_string()));
                assert!(all_parts, "{error}");
            }
        }
    }
    for (name, (found, expected)) in RESULTS.iter().zip(results(&path).iter().zip(whole)) {
        assert!(found == expected, "{name} differs: {tally:?}");
    }
    tally.compared += 1;
    fs::remove_dir_all(&path).expect("removed");
}

/// Runs a single run in spite of kills, until it is complete.
fn run(folder: &TempDir, whole: &[String], rng: &mut SplitMix64, tally: &mut Tally, most: u32) {
    let out = folder.path().join("trace.csv");
    let model = folder.path().join("model");
    let kept = folder.path().join("trace.csv.unfinished");
    loop {
        let is_last = tally.kills >= most;
        let engine = engine(rng);
        let files = format!("--out {} --model {}", out.display(), model.display());
        let line = match kept.join("runs.log").is_file() {
            true => format!("run --resume {} {engine} {files}", kept.display()),
            false => format!("{RUN} {engine} {files}"),
        };
        if is_last {
            printed(&line);
        } else if kill(&line, Duration::from_millis(300), rng) {
            tally.kills += 1;
            tally.half_written += half_written(&kept);
        } else {
            tally.ends += 1;
        }
        if out.is_file() {
            assert!(text(&out) == whole[0], "{tally:?}");
        }
        if model.is_file() && !kept.join("runs.log").is_file() {
            break;
        }
    }
    let weights = text(&model);
    let weights: Vec<_> = weights
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    assert!(weights.join("\n") == whole[1], "{tally:?}");
    tally.compared += 1;
    for file in [&out, &model] {
        fs::remove_file(file).expect("removed");
    }
}

/// Kills studies and runs so many times.
fn survive(kills: u32, seed: u64) -> Tally {
    let folder = folder();
    let path = folder.path().join("whole");
    printed(&format!("{STUDY} --out {}", path.display()));
    let whole_study = results(&path);
    let model = folder.path().join("whole.model");
    let trace = printed(&format!("{RUN} --model {}", model.display()));
    let weights = text(&model);
    let weights: Vec<_> = weights
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    let whole_run = [trace, weights.join("\n")];
    let mut rng = SplitMix64::seed_from_u64(seed);
    let mut tally = Tally::default();
    while tally.kills < kills {
        study(
            &folder,
            STUDY,
            &whole_study,
            &mut rng,
            &mut tally,
            kills * 9 / 10,
        );
        run(&folder, &whole_run, &mut rng, &mut tally, kills);
    }
    tally
}

#[test]
fn a_dozen_kills_cost_nothing() {
    let tally = survive(12, 1);
    assert!(tally.kills >= 12 && tally.compared >= 2, "{tally:?}");
}

#[test]
fn kills_cost_nothing_where_seeds_are_added() {
    let folder = folder();
    let path = folder.path().join("whole");
    let line = format!("{STUDY} --seeds 3..19 --until grok_rate:5%");
    printed(&format!("{line} --out {}", path.display()));
    let whole = results(&path);
    assert!(whole[0].lines().count() > 1 + 2 * 16, "seeds were added");
    let mut rng = SplitMix64::seed_from_u64(3);
    let mut tally = Tally::default();
    while tally.kills < 6 {
        study(&folder, &line, &whole, &mut rng, &mut tally, 6);
    }
}

#[test]
fn kills_cost_nothing_where_cells_are_trained_in_teams() {
    let folder = folder();
    let path = folder.path().join("whole");
    let grid = GRID.replace("epochs=300,170", "epochs=3000,1700");
    printed(&format!("{grid} --kernel scalar --out {}", path.display()));
    let whole = results(&path);
    let mut rng = SplitMix64::seed_from_u64(4);
    let mut tally = Tally::default();
    while tally.kills < 8 {
        study(&folder, &grid, &whole, &mut rng, &mut tally, 8);
    }
}

#[test]
#[ignore = "takes minutes"]
fn two_hundred_kills_cost_nothing() {
    let begun = Instant::now();
    let tally = survive(200, 2);
    eprintln!("{tally:?} in {:?}", begun.elapsed());
    assert!(tally.kills >= 200 && tally.found_finished > 0 && tally.found_begun > 0);
}

/// A file system of its own, for as long as the test; `None` where none can be had.
struct Mount(PathBuf);

impl Mount {
    fn new(folder: &TempDir, options: &str) -> Option<Self> {
        let path = folder.path().join("mount");
        fs::create_dir(&path).expect("a folder");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(&path)
            .output();
        let mount = mounted
            .is_ok_and(|output| output.status.success())
            .then(|| Self(path));
        if mount.is_none() {
            eprintln!("skipped: no file system can be mounted");
        }
        mount
    }

    fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        let mounted = Command::new("mount")
            .args(["-o", &options])
            .arg(&self.0)
            .status();
        assert!(mounted.expect("mount").success());
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_costs_nothing_that_is_finished() {
    let folder = folder();
    let whole = folder.path().join("whole");
    printed(&format!("{STUDY} --out {}", whole.display()));
    let Some(mount) = Mount::new(&folder, "size=32k") else {
        return;
    };
    let path = mount.0.join("study");
    let mut said = BTreeSet::new();
    let mut line = format!(
        "{STUDY} --checkpoint-every 30epochs --out {}",
        path.display()
    );
    // From no room at all to enough.
    for kib in (32..).step_by(12) {
        mount.remount(&format!("size={kib}k"));
        let outcome = sparsegrok(&line);
        if outcome.code == 0 {
            break;
        }
        assert_eq!(outcome.code, 1, "{outcome:?}");
        assert!(
            outcome.stderr.contains("No space left on device"),
            "{outcome:?}"
        );
        if path.join("unfinished/runs.log").is_file() {
            line = format!("study --resume {}", path.display());
        }
        let files = fs::read_dir(&path).into_iter().flatten().flatten();
        let names = files.map(|entry| entry.file_name().to_string_lossy().into_owned());
        said.insert(names.collect::<Vec<_>>());
        assert!(!path.join("study.toml").exists() || StudyResults::read(&path).is_ok());
        assert!(kib < 4096, "{outcome:?}");
    }
    assert_eq!(results(&path), results(&whole));
    assert!(!said.is_empty(), "the disk was never full");
    assert!(!path.join("unfinished").exists());
}

#[test]
fn a_read_only_disk_is_said_to_be_one() {
    let folder = folder();
    let Some(mount) = Mount::new(&folder, "size=4m") else {
        return;
    };
    let path = mount.0.join("study");
    let line = format!(
        "{STUDY} --checkpoint-every 1epochs --threads 1 --out {}",
        path.display()
    );
    let mut child = start(&line);
    while !path.join("unfinished/group-0").is_file() {
        sleep(Duration::from_millis(2));
    }
    child.kill().expect("a child to kill");
    child.wait().expect("an end");
    mount.remount("ro");
    let other = mount.0.join("other");
    for line in [
        format!("study --resume {}", path.display()),
        format!("study --n-train 9 --epochs 5 --out {}", other.display()),
        format!(
            "study --force --n-train 9 --epochs 5 --out {}",
            path.display()
        ),
        format!("run --n-train 9 --epochs 5 --out {}", other.display()),
        format!(
            "run --n-train 9 --epochs 5 --checkpoint {}",
            other.display()
        ),
    ] {
        let outcome = sparsegrok(&line);
        assert_eq!(outcome.code, 1, "{line}: {outcome:?}");
        assert!(
            outcome.stderr.contains("Read-only file system"),
            "{line}: {outcome:?}"
        );
    }
    assert!(refused(&line).contains("holds an unfinished study"));
    mount.remount("rw");
    printed(&format!("study --resume {}", path.display()));
    let whole = folder.path().join("whole");
    printed(&format!("{STUDY} --out {}", whole.display()));
    assert_eq!(results(&path), results(&whole));
}
