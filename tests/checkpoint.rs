//! Unfinished work: resumed to the same bytes, refused where it is not what was written, and in the
//! hands of one process at a time.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use sparsegrok_study::{Directory, StudyResults};
use tempfile::TempDir;

#[cfg(unix)]
use crate::support::kill;
use crate::support::{folder, printed, process, refused, shipped, sparsegrok, text};

/// Two groups in each of two cells: a moment's work, but for writing where many epochs are kept.
pub(crate) const STUDY: &str = "study --n-train 40 --n-test 10 --epochs 3000 --eval-every 200 \
                                --init gaussian --seeds 3..15 --traces all --vary weight_decay=1e-4,2";

/// A run that is kept as often.
pub(crate) const RUN: &str = "run --n-train 40 --n-test 10 --epochs 3000 --eval-every 200";

/// The files of a study that do not depend on how it was run.
pub(crate) const RESULTS: [&str; 4] = ["records.csv", "curves.csv", "traces.csv", "summary.json"];

pub(crate) fn results(path: &Path) -> [String; 4] {
    RESULTS.map(|name| text(path.join(name)))
}

/// Starts `sparsegrok` and lets it run.
pub(crate) fn start(line: &str) -> Child {
    process(line)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts")
}

fn wait_for(what: &str, is_there: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_there() {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "{what} does not come"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[cfg(unix)]
fn interrupt(child: &Child) {
    kill(child, "-INT");
}

/// A study that was interrupted when its first group had been kept twice at least.
#[cfg(unix)]
fn interrupted(folder: &TempDir, name: &str) -> PathBuf {
    let path = folder.path().join(name);
    let line = format!("{STUDY} --threads 1 --checkpoint-every 1epochs");
    let child = start(&format!("{line} --out {}", path.display()));
    wait_for("a second checkpoint", || {
        path.join("unfinished/group-0.previous").is_file()
    });
    interrupt(&child);
    let output = child.wait_with_output().expect("an end");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    let resume = format!("`sparsegrok study --resume {}` goes on", path.display());
    assert!(said.contains(&resume), "{said}");
    assert!(path.join("unfinished/group-0").is_file());
    path
}

/// Resumes a study; what it says on standard error.
fn resume(path: &Path, flags: &str) -> String {
    // To be done soon, it is not kept so often any more.
    let line = format!(
        "study --resume {} --checkpoint-every 60s {flags}",
        path.display()
    );
    let outcome = sparsegrok(&line);
    assert_eq!(
        (outcome.code, outcome.stdout.as_str()),
        (0, ""),
        "{outcome:?}"
    );
    assert!(!path.join("unfinished").exists());
    outcome.stderr
}

fn uninterrupted(folder: &TempDir) -> PathBuf {
    let path = folder.path().join("whole");
    printed(&format!("{STUDY} --out {}", path.display()));
    path
}

fn assert_same(whole: &Path, path: &Path, context: &str) {
    for (name, (expected, found)) in RESULTS
        .iter()
        .zip(results(whole).iter().zip(&results(path)))
    {
        assert!(expected == found, "{name}: {context}");
    }
    let manifest = |path: &Path| StudyResults::read(path).unwrap().manifest;
    let (expected, found) = (manifest(whole), manifest(path));
    assert_eq!(found.kernels, expected.kernels, "{context}");
    assert_eq!(
        (found.runs, found.seed_steps, found.complete),
        (expected.runs, expected.seed_steps, true),
        "{context}"
    );
}

#[cfg(unix)]
#[test]
fn an_interrupted_study_is_resumed_to_the_same_bytes() {
    let folder = folder();
    let whole = uninterrupted(&folder);
    for (i, flags) in [
        "",
        "--threads 3 --simd portable",
        "--checkpoint-every never",
    ]
    .into_iter()
    .enumerate()
    {
        let path = interrupted(&folder, &i.to_string());
        assert!(resume(&path, flags).contains("1 other begun"));
        assert_same(&whole, &path, flags);
        assert!(resume(&path, "").contains("is complete"));
    }
    // Kernels differ in the manifest alone.
    for kernel in ["scalar", "lanes"] {
        let path = interrupted(&folder, kernel);
        resume(&path, &format!("--kernel {kernel}"));
        assert_eq!(results(&path), results(&whole), "{kernel}");
    }
}

#[cfg(unix)]
#[test]
fn damaged_checkpoints_are_refused_and_the_ones_before_used() {
    let folder = folder();
    let whole = uninterrupted(&folder);
    let flip = |path: &Path, at: usize| {
        let mut bytes = fs::read(path).unwrap();
        let at = at.min(bytes.len() - 1);
        bytes[at] ^= 4;
        fs::write(path, bytes).unwrap();
    };
    let cut = |path: &Path| {
        let bytes = fs::read(path).unwrap();
        fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
    };
    type Damage<'d> = Box<dyn Fn(&Path) + 'd>;
    let cases: Vec<(Damage<'_>, &[&str])> = vec![
        (
            Box::new(|path| flip(&path.join("unfinished/group-0"), 1000)),
            &[
                "group-0: damaged: its checksum",
                "the checkpoint before it is used",
            ],
        ),
        (
            Box::new(|path| cut(&path.join("unfinished/group-0"))),
            &[
                "group-0: damaged: it ends in the middle",
                "the checkpoint before it is used",
            ],
        ),
        (
            Box::new(|path| flip(&path.join("unfinished/group-0"), 3)),
            &[
                "group-0: not a checkpoint",
                "the checkpoint before it is used",
            ],
        ),
        (
            Box::new(|path| flip(&path.join("unfinished/group-0"), 21)),
            &["group-0: a checkpoint of format 7, expected 3"],
        ),
        (
            Box::new(|path| {
                cut(&path.join("unfinished/group-0"));
                flip(&path.join("unfinished/group-0.previous"), 1000);
            }),
            &[
                "group-0.previous: damaged",
                "its group is trained from the beginning",
            ],
        ),
        (
            Box::new(|path| fs::remove_file(path.join("unfinished/group-0")).unwrap()),
            &["1 other begun"],
        ),
        // Either copy of what the study was begun with.
        (
            Box::new(|path| flip(&path.join("unfinished/runs.log"), 100)),
            &["runs.log: damaged: its checksum", "1 other begun"],
        ),
    ];
    for (i, (damage, sentences)) in cases.iter().enumerate() {
        let path = interrupted(&folder, &i.to_string());
        damage(&path);
        let said = resume(&path, "");
        for sentence in *sentences {
            assert!(said.contains(sentence), "{sentence}: {said}");
        }
        assert_same(&whole, &path, sentences[0]);
    }

    // Of nothing readable nothing is made, and nothing is lost.
    let path = interrupted(&folder, "garbage");
    let finished = path.join("unfinished/runs.log");
    let good = fs::read(&finished).unwrap();
    fs::write(&finished, &good[..30]).unwrap();
    let said = refused(&format!("study --resume {}", path.display()));
    assert!(said.contains("runs.log: damaged: it ends"), "{said}");
    fs::write(&finished, &good).unwrap();
    resume(&path, "");
    assert_same(&whole, &path, "restored");
}

/// Whatever byte of the files is changed, opening them neither panics nor goes unsaid.
#[cfg(unix)]
#[test]
fn no_changed_byte_goes_unsaid() {
    let folder = folder();
    let path = interrupted(&folder, "study");
    for name in ["group-0", "runs.log"] {
        let file = path.join("unfinished").join(name);
        let good = fs::read(&file).unwrap();
        for at in 0..good.len() {
            let mut bytes = good.clone();
            bytes[at] ^= 1 << (at % 8);
            fs::write(&file, &bytes).unwrap();
            if let Ok(unfinished) = Directory::unfinished(&path) {
                assert_eq!(unfinished.unwrap().notices().len(), 1, "{name}, byte {at}");
            }
        }
        fs::write(&file, &good).unwrap();
    }
    // A process that another test starts holds a copy of our lock for a moment, until it is another program.
    wait_for("the study without a notice", || {
        let unfinished = Directory::unfinished(&path).ok().flatten();
        unfinished.is_some_and(|unfinished| unfinished.notices().is_empty())
    });
}

#[cfg(unix)]
#[test]
fn another_study_is_refused_by_the_key_that_differs() {
    let folder = folder();
    let path = interrupted(&folder, "study");
    for (flags, sentence) in [
        (
            "--epochs 301",
            "`epochs` is 301, expected 3000, with which this was begun",
        ),
        ("--seeds 3..16", "`seeds` is \"3..16\", expected \"3..15\""),
        (
            "--vary batch_size=1,2",
            "`vary` is [\"batch_size=1,2\"], expected",
        ),
        ("--kernel dense", "`kernel` is \"dense\", expected \"auto\""),
        ("--preset grok-a", "is "),
    ] {
        let said = refused(&format!("study --resume {} {flags}", path.display()));
        assert!(said.contains(sentence), "{flags}: {said}");
        assert!(
            said.contains("with which this was begun"),
            "{flags}: {said}"
        );
    }
    // The whole line again, which says the same.
    resume(&path, &STUDY.replacen("study ", "", 1));
}

#[cfg(unix)]
#[test]
fn a_study_whose_data_changed_is_refused() {
    let folder = folder();
    let rows = folder.path().join("rows.svm");
    fs::copy(shipped("data/heart_scale.svm"), &rows).unwrap();
    let path = folder.path().join("study");
    let line = format!(
        "study --train {} --epochs 1000000 --lr 0.01 --checkpoint-every 1epochs --threads 1 --out {}",
        rows.display(),
        path.display()
    );
    let child = start(&line);
    wait_for("a checkpoint", || path.join("unfinished/group-0").is_file());
    interrupt(&child);
    child.wait_with_output().unwrap();
    let mut changed = text(&rows);
    changed = changed.replacen("+1 ", "-1 ", 1);
    fs::write(&rows, changed).unwrap();
    let said = refused(&format!("study --resume {}", path.display()));
    assert!(said.contains("`train` is a file of CRC-32"), "{said}");
}

#[test]
fn what_is_no_unfinished_work_is_not_resumed() {
    let folder = folder();
    let there = folder.path().display();
    let said = refused(&format!("study --resume {there}"));
    assert!(
        said.contains("nothing to resume: expected the directory of a study"),
        "{said}"
    );
    let said = refused(&format!("run --resume {there}"));
    assert!(
        said.contains("nothing to resume: expected a folder of unfinished work"),
        "{said}"
    );
    for every in ["60", "0s", "often"] {
        let said = refused(&format!("{RUN} --checkpoint-every {every}"));
        assert!(said.contains("expected a time such as `60s`"), "{said}");
    }
    assert!(refused("study --resume a --out b").contains("--out"));
    // A study that could not even begin leaves nothing behind.
    let out = folder.path().join("study");
    let said = sparsegrok(&format!(
        "study --train /no/such.svm --out {}",
        out.display()
    ));
    assert_eq!(said.code, 1);
    assert!(said.stderr.starts_with("error: /no/such.svm: "), "{said:?}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn a_directory_has_one_writer() {
    let folder = folder();
    let path = folder.path().join("study");
    let line = format!(
        "study --n-train 100 --epochs 100000000 --out {}",
        path.display()
    );
    let mut first = start(&line);
    wait_for("the first writer", || {
        path.join("unfinished/runs.log").is_file()
    });
    let resume = format!("study --resume {}", path.display());
    for second in [&line, &format!("{line} --force"), &resume] {
        let said = refused(second);
        assert!(
            said.contains("another process is writing there"),
            "{second}: {said}"
        );
    }
    first.kill().unwrap();
    first.wait().unwrap();
    // The system has let go of the lock. Nothing was kept yet, and still nothing is overwritten.
    assert!(refused(&line).contains("holds an unfinished study"));
    let quick = format!("study --n-train 9 --epochs 5 --out {}", path.display());
    printed(&format!("{quick} --force"));
    assert!(refused(&quick).contains("exists already"));

    let out = folder.path().join("trace.csv");
    let line = format!(
        "run --n-train 100 --epochs 100000000 --out {}",
        out.display()
    );
    let mut first = start(&line);
    let kept = folder.path().join("trace.csv.unfinished");
    wait_for("the first writer", || kept.join("runs.log").is_file());
    for second in [&line, &format!("run --resume {}", kept.display())] {
        let said = refused(second);
        assert!(
            said.contains("another process is writing there"),
            "{second}: {said}"
        );
    }
    first.kill().unwrap();
    first.wait().unwrap();
    assert!(refused(&line).contains("holds unfinished work already"));
    let said = refused(&format!("study --resume {}", kept.display()));
    assert!(said.contains("nothing to resume"), "{said}");
}

/// A copy without its lock, which is an empty file, is resumed; folders of others in it stay theirs.
#[cfg(unix)]
#[test]
fn a_study_is_resumed_without_its_lock_and_beside_strange_folders() {
    let folder = folder();
    let expected = folder.path().join("expected");
    printed(&format!("{STUDY} --out {}", expected.display()));
    let path = interrupted(&folder, "copied");
    let unfinished = path.join("unfinished");
    fs::remove_file(unfinished.join("lock")).expect("the lock");
    for name in ["strange", "group-7", "group-0.theirs"] {
        fs::create_dir_all(unfinished.join(name).join("theirs")).expect("a folder");
    }
    printed(&format!("study --resume {}", path.display()));
    assert_eq!(results(&path), results(&expected));
    assert!(unfinished.join("strange/theirs").is_dir());
    let said = sparsegrok(&format!("study --resume {}", path.display()));
    assert!(said.stderr.contains("is complete"), "{said:?}");
}

/// Replacing a study leaves it as it is until the new one is there.
#[cfg(unix)]
#[test]
fn a_replaced_study_stays_until_the_new_one_is_there() {
    let folder = folder();
    let path = folder.path().join("study");
    printed(&format!(
        "study --n-train 9 --epochs 5 --out {}",
        path.display()
    ));
    let old = results(&path);
    let line = format!("{STUDY} --threads 1 --checkpoint-every 1epochs --force");
    let mut child = start(&format!("{line} --out {}", path.display()));
    wait_for("a checkpoint", || path.join("unfinished/group-0").is_file());
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(results(&path), old);
    resume(&path, "");
    let whole = uninterrupted(&folder);
    assert_same(&whole, &path, "replaced");
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_is_resumed_to_the_same_bytes() {
    let folder = folder();
    let name = |name: &str| folder.path().join(name).display().to_string();
    let line = format!("{RUN} --checkpoint-every 1epochs");
    printed(&format!(
        "{RUN} --out {} --model {}",
        name("whole"),
        name("whole.model")
    ));
    for (i, flags) in ["", "--kernel lanes --simd portable"]
        .into_iter()
        .enumerate()
    {
        let out = name(&i.to_string());
        let kept = PathBuf::from(format!("{out}.unfinished"));
        let child = start(&format!("{line} --out {out}"));
        wait_for("a second checkpoint", || {
            kept.join("group-0.previous").is_file()
        });
        interrupt(&child);
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("sparsegrok run --resume"), "{said}");
        assert!(!Path::new(&out).exists());
        let resume = format!("run --resume {}", kept.display());
        let said = refused(&format!("{resume} --lr 0.01"));
        assert!(
            said.contains("`learning_rate` is 0.01, expected 0.05"),
            "{said}"
        );
        printed(&format!(
            "{resume} --checkpoint-every 60s --out {out} --model {out}.model {flags}"
        ));
        assert!(text(&out) == text(name("whole")), "{flags}");
        let weights = |model: String| -> Vec<String> {
            let lines = text(model);
            lines
                .lines()
                .filter(|l| !l.starts_with('#'))
                .map(str::to_owned)
                .collect()
        };
        assert_eq!(
            weights(format!("{out}.model")),
            weights(name("whole.model"))
        );
        assert!(!kept.exists());
    }
}

#[test]
#[cfg(unix)]
fn a_study_that_was_finished_meanwhile_is_not_replaced() {
    let folder = folder();
    let out = folder.path().join("study").display().to_string();
    let pipe = folder.path().join("rows").display().to_string();
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo").success());
    // The first process waits for its rows between its check of the directory and its first write.
    let first = start(&format!("study --train {pipe} --epochs 3 --out {out}"));
    let mut rows = std::fs::File::create(&pipe).expect("a reader");
    printed(&format!("study --n-train 9 --epochs 5 --out {out}"));
    let whole = results(Path::new(&out));
    std::io::Write::write_all(&mut rows, b"+1 1:1\n-1 1:2\n").expect("rows");
    drop(rows);
    let ended = first.wait_with_output().expect("an end");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(2), "{said}");
    assert!(said.contains("exists already"), "{said}");
    assert_eq!(results(Path::new(&out)), whole);
}

#[test]
fn a_study_is_begun_or_gone_on_with_by_one_command() {
    let folder = folder();
    let path = folder.path().join("study");
    let line = |more: &str| {
        let path = path.display();
        format!("{STUDY} {more} --out {path} --resume-or-start")
    };
    // Nothing there yet; interrupted; complete.
    printed(&line("--shard 0/2"));
    let again = sparsegrok(&line("--shard 0/2"));
    assert_eq!(
        (again.code, again.stderr),
        (0, format!("{}: is complete\n", path.display()))
    );
    let other = refused(&line("--shard 1/2"));
    assert!(
        other.contains("`shard` is 1/2, expected 0/2") || other.contains("`shard` is \"1/2\""),
        "{other}"
    );
    let other = refused(&line("--shard 0/2 --epochs 2999"));
    assert!(other.contains("`epochs` is 2999, expected 3000"), "{other}");
}
