//! Outputs: what they may be, what they replace, and what is left of them when something ends early.

#![cfg(unix)]

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{command, file, folder, kill, printed, process, refused, sparsegrok, text};

const RUN: &str = "run --n-train 9 --epochs 5 --eval-every 1";

fn wait_for(what: &str, mut is_there: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_there() {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "{what} does not come"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().flatten();
    let mut names: Vec<_> = entries
        .map(|entry| entry.file_name().display().to_string())
        .collect();
    names.sort();
    names
}

#[test]
fn open_files_are_added_to_and_never_replaced() {
    let folder = folder();
    let trace = printed(RUN);
    let log = folder.path().join("log");
    for out in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "-"] {
        fs::write(&log, "before\n").unwrap();
        let mut process = process(&format!("{RUN} --out {out}"));
        let appended = OpenOptions::new().append(true).open(&log).unwrap();
        assert!(process.stdout(appended).status().unwrap().success());
        assert_eq!(text(&log), format!("before\n{trace}"), "{out}");
    }
    // Also where the file is not open for appending: the place in it is shared.
    let mut both = File::create(&log).unwrap();
    both.write_all(b"before\n").unwrap();
    let mut process = process(&format!("{RUN} --out /dev/stdout"));
    assert!(
        process
            .stdout(both.try_clone().unwrap())
            .status()
            .unwrap()
            .success()
    );
    both.write_all(b"after\n").unwrap();
    assert_eq!(text(&log), format!("before\n{trace}after\n"));
    assert_eq!(names(folder.path()), ["log"]);
}

#[test]
fn pipes_and_devices_are_written_to() {
    let folder = folder();
    let fifo = folder.path().join("fifo");
    assert!(
        Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    let mut writer = process(&format!("{RUN} --out {}", fifo.display()))
        .spawn()
        .unwrap();
    let mut trace = String::new();
    File::open(&fifo)
        .unwrap()
        .read_to_string(&mut trace)
        .unwrap();
    assert!(writer.wait().unwrap().success());
    assert_eq!(trace, printed(RUN));
    assert!(fs::metadata(&fifo).unwrap().file_type().is_fifo());
    printed(&format!("{RUN} --out /dev/null --model /dev/null"));
    let full = sparsegrok(&format!("{RUN} --model /dev/full"));
    assert_eq!(full.code, 1, "{full:?}");
}

/// A file is one wherever it lies.
#[cfg(target_os = "linux")]
#[test]
fn a_file_below_dev_is_a_file() {
    let Ok(folder) = tempfile::tempdir_in("/dev/shm") else {
        eprintln!("skipped: no /dev/shm");
        return;
    };
    let out = folder.path().join("trace.csv");
    printed(&format!("{RUN} --out {}", out.display()));
    fs::write(&out, "a longer file than what comes\n".repeat(100)).unwrap();
    printed(&format!("{RUN} --force --out {}", out.display()));
    assert_eq!(text(&out), printed(RUN));
}

#[test]
fn outputs_that_are_inputs_or_each_other_are_refused() {
    let folder = folder();
    let at = folder.path().display();
    let rows = file(&folder, "rows.svm", "1 1:1\n-1 2:1\n");
    symlink("rows.svm", folder.path().join("link")).unwrap();
    symlink("nothing", folder.path().join("one")).unwrap();
    fs::hard_link(&rows, folder.path().join("hard")).unwrap();
    let config = file(&folder, "c.toml", "epochs = 3\n");
    for (line, sentence) in [
        (
            format!("{RUN} --out {at}/a --model {at}/a"),
            "a: is both `--out` and `--model`, expected them to differ",
        ),
        (
            format!("{RUN} --out {at}/one --model {at}/nothing"),
            "is both `--out` and `--model`",
        ),
        (
            format!("{RUN} --out {at}/p.svg --plot {at}/./p.svg"),
            "is both `--out` and `--plot`",
        ),
        (
            format!("{RUN} --model -"),
            "standard output: is both `--out` and `--model`",
        ),
        (
            format!("{RUN} --out {at}/a --checkpoint {at}/a"),
            "is both `--out` and `--checkpoint`",
        ),
        (
            format!("run --force --train {rows} --out {at}/link"),
            "is both `--train` and `--out`",
        ),
        (
            format!("run --force --train {rows} --out {at}/hard"),
            "is both `--train` and `--out`",
        ),
        (
            format!("run --force --train {rows} --test {rows} --model {rows}"),
            "is both `--train` and `--model`",
        ),
        (
            format!("run --force --config {config} --out {config}"),
            "is both `--config` and `--out`",
        ),
        (
            format!("data import --force {rows} --out {rows}"),
            "is both `FILE` and `--out`",
        ),
        (
            format!("data generate --out {at}/a --test-out {at}/a"),
            "is both `--out` and `--test-out`",
        ),
        (
            format!("compare --force --train {rows} --out {rows}"),
            "is both `--train` and `--out`",
        ),
    ] {
        let said = refused(&line);
        assert!(said.contains(sentence), "{line}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    // Where standard output goes counts too.
    let mut process = process(&format!("{RUN} --force --model {at}/c.toml"));
    let appended = OpenOptions::new().append(true).open(&config).unwrap();
    let output = process
        .stdout(appended)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(text(&config), "epochs = 3\n");
    assert_eq!(
        names(folder.path()),
        ["c.toml", "hard", "link", "one", "rows.svm"]
    );
}

#[test]
fn files_are_replaced_by_force_alone() {
    let folder = folder();
    let at = folder.path().display();
    let rows = file(&folder, "rows.svm", "1 1:1\n-1 2:1\n");
    printed(&format!("{RUN} --model {at}/model"));
    for (line, out) in [
        (RUN.to_owned(), "--out"),
        (RUN.to_owned(), "--model"),
        (format!("{RUN} --out {at}/other"), "--model"),
        ("data generate --n-train 3".to_owned(), "--out"),
        ("data generate --n-train 3".to_owned(), "--test-out"),
        (format!("data import {rows}"), "--out"),
        ("data export --n-train 3".to_owned(), "--out"),
        (
            "compare --early-epochs 2 --long-epochs 3 --n-train 9".to_owned(),
            "--out",
        ),
        (format!("predict --model {at}/model {rows}"), "--out"),
    ] {
        let old = file(&folder, "old", "old\n");
        fs::set_permissions(&old, fs::Permissions::from_mode(0o600)).unwrap();
        let said = refused(&format!("{line} {out} {old}"));
        let sentence = format!("error: {old}: exists already, and is replaced only by --force\n");
        assert_eq!(said, sentence, "{line}");
        assert_eq!(text(&old), "old\n");
        assert_eq!(names(folder.path()), ["model", "old", "rows.svm"], "{line}");
        let forced = sparsegrok(&format!("{line} --force {out} {old}"));
        assert_eq!(forced.code, 0, "{line}: {forced:?}");
        assert_ne!(text(&old), "old\n", "{line}");
        assert_eq!(
            fs::metadata(&old).unwrap().permissions().mode() & 0o777,
            0o600
        );
        fs::remove_file(&old).unwrap();
        let _ = fs::remove_file(folder.path().join("other"));
    }
}

#[test]
fn a_reader_that_leaves_costs_no_other_output() {
    let folder = folder();
    let at = folder.path().display();
    let leave = |line: &str| {
        let mut child = process(line)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{line}: {output:?}");
    };
    leave(&format!("{RUN} --model {at}/m --plot {at}/p.svg"));
    leave(&format!("{RUN} --checkpoint {at}/kept"));
    leave(&format!(
        "data generate --n-train 5000 --n-test 7 --test-out {at}/test"
    ));
    // Of a single output nothing is left to do.
    leave("data generate --n-train 5000 --n-test 0");
    assert_eq!(names(folder.path()), ["m", "p.svg", "test"]);
    printed(&format!("{RUN} --model {at}/m2"));
    assert_eq!(
        text(folder.path().join("m")),
        text(folder.path().join("m2"))
    );
    assert_eq!(text(folder.path().join("test")).lines().count(), 7);
}

#[test]
fn the_command_that_is_printed_makes_what_was_asked_for() {
    let folder = folder();
    let inside = folder.path().join("a folder");
    fs::create_dir(&inside).unwrap();
    let flags = "--n-train 40 --epochs 4000 --eval-every 200 --checkpoint-every 1epochs";
    let mut process = process(&format!("run {flags} --out t.csv --model m --plot p.svg"));
    let child = process
        .current_dir(&inside)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let kept = inside.join("t.csv.unfinished");
    wait_for("a checkpoint", || kept.join("group-0").exists());
    kill(&child, "-TERM");
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(names(&inside), ["t.csv.unfinished"]);
    let printed_line = said.split('`').nth(1).expect("a command").to_owned();
    let shell = printed_line.replacen("sparsegrok", "\"$SPARSEGROK\"", 1);
    // From another folder, as a shell takes it.
    let resumed = Command::new("sh")
        .args(["-c", &shell])
        .env("SPARSEGROK", command("").get_program())
        .current_dir("/")
        .output()
        .unwrap();
    assert!(resumed.status.success(), "{printed_line}: {resumed:?}");
    assert!(resumed.stdout.is_empty());
    assert_eq!(names(&inside), ["m", "p.svg", "t.csv"]);
    assert_eq!(text(inside.join("t.csv")), printed(&format!("run {flags}")));
}

#[test]
fn a_study_that_was_to_be_reported_is_resumed_with_its_report() {
    let folder = folder();
    let path = folder.path().join("study");
    let line = format!(
        "study --n-train 40 --epochs 4000 --checkpoint-every 1epochs --threads 1 --report --out {}",
        path.display()
    );
    let child = process(&line).stderr(Stdio::piped()).spawn().unwrap();
    wait_for("a checkpoint", || path.join("unfinished/group-0").exists());
    kill(&child, "-HUP");
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(1));
    printed(&format!("study --resume {}", path.display()));
    assert!(path.join("report/index.html").exists());
}

#[test]
fn one_signal_ends_what_keeps_nothing_and_leaves_nothing() {
    let folder = folder();
    let at = folder.path().display();
    let fifo = folder.path().join("fifo");
    assert!(
        Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    let fifo = fifo.display();
    let long = "--n-train 100 --epochs 100000000 --eval-every 1000000";
    for (line, there) in [
        // Training that nobody keeps, with outputs begun.
        (format!("run {long} --model {at}/m"), ".part"),
        ("validate".to_owned(), ""),
        (
            format!("compare {long} --long-epochs 100000000 --out {at}/c")
                .replace("--epochs 100000000 ", ""),
            ".part",
        ),
        // Reading data, of which nothing comes.
        (format!("run --train {fifo} --out {at}/t"), ""),
        (format!("data import {fifo} --out {at}/t"), ""),
        (format!("study --train {fifo} --out {at}/study"), ""),
    ] {
        for (signal, number) in [("-INT", 2), ("-TERM", 15), ("-HUP", 1)] {
            let mut child = process(&line)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            match there {
                "" => std::thread::sleep(Duration::from_millis(300)),
                there => wait_for("a file", || {
                    names(folder.path())
                        .iter()
                        .any(|name| name.ends_with(there))
                }),
            }
            kill(&child, signal);
            let mut ended = None;
            wait_for("the end", || {
                ended = child.try_wait().unwrap();
                ended.is_some()
            });
            assert_eq!(ended.unwrap().signal(), Some(number), "{line}");
            assert_eq!(names(folder.path()), ["fifo"], "{line} {signal}");
        }
    }
}

/// The second signal does not wait either.
#[test]
fn the_second_signal_ends_what_is_kept_at_once() {
    let folder = folder();
    let out = folder.path().join("t.csv");
    // An epoch takes so long that the first signal is not heard before the second.
    let line = format!(
        "run --n-train 3000000 --n-test 0 --d-signal 2 --epochs 1000 --batch-size full --out {}",
        out.display()
    );
    let child = process(&line).stderr(Stdio::piped()).spawn().unwrap();
    wait_for("the checkpoint", || {
        folder.path().join("t.csv.unfinished").exists()
    });
    std::thread::sleep(Duration::from_millis(500));
    kill(&child, "-INT");
    std::thread::sleep(Duration::from_millis(5));
    kill(&child, "-INT");
    let output = child.wait_with_output().unwrap();
    let is_at_once = output.status.signal() == Some(2);
    assert!(is_at_once || output.status.code() == Some(1), "{output:?}");
    let parts = names(folder.path())
        .into_iter()
        .filter(|name| name.ends_with(".part"));
    assert_eq!(parts.count(), 0);
}

/// What starts a command may have it ignore a signal, as `nohup` does.
#[test]
fn ignored_signals_stay_ignored() {
    let folder = folder();
    let out = folder.path().join("t.csv");
    let line = format!(
        "run --n-train 100 --epochs 100000000 --out {}",
        out.display()
    );
    let child = Command::new("nohup")
        .arg(command("").get_program())
        .args(line.split_whitespace())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let mut child = child.unwrap();
    wait_for("the checkpoint", || {
        folder.path().join("t.csv.unfinished").exists()
    });
    kill(&child, "-HUP");
    std::thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none());
    kill(&child, "-TERM");
    child.wait().unwrap();
}

#[test]
fn a_limit_of_file_size_is_an_error_with_a_sentence() {
    let folder = folder();
    for out in ["a.svm", "a.sgs"] {
        let out = folder.path().join(out);
        let line = format!("data generate --n-train 20000 --out {}", out.display());
        let output = Command::new("sh")
            .args(["-c", "ulimit -f 8; exec \"$0\" \"$@\""])
            .arg(command("").get_program())
            .args(line.split_whitespace())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("File too large"), "{said}");
        assert!(!said.contains(".part"), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert_eq!(names(folder.path()).len(), 0);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn help_that_cannot_be_written_is_an_error() {
    for line in [
        "--help",
        "--version",
        "run --help",
        "presets",
        "completions bash",
    ] {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = process(line)
            .stdout(full)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{line}: {output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("No space left on device"), "{line}: {said}");
    }
    assert_eq!(sparsegrok("--help").code, 0);
    assert_eq!(sparsegrok("--hlep").code, 2);
}

#[test]
fn a_long_name_fails_by_its_own_length_alone() {
    let folder = folder();
    let out = folder.path().join("n".repeat(254));
    printed(&format!("{RUN} --out {}", out.display()));
    assert_eq!(text(&out), printed(RUN));
    let out = folder.path().join("n".repeat(256));
    let said = sparsegrok(&format!("{RUN} --out {}", out.display()));
    assert_eq!(said.code, 1);
    assert!(said.stderr.contains("File name too long"), "{said:?}");
    assert_eq!(names(folder.path()).len(), 1);
}

#[test]
fn a_run_that_diverges_leaves_its_trace() {
    let folder = folder();
    let at = folder.path().display();
    let line = "run --loss squared --target linear --learning-rate 30 --epochs 2000 --eval-every 1";
    let stdout = sparsegrok(line);
    let outcome = sparsegrok(&format!("{line} --out {at}/t.csv --model {at}/m"));
    assert_eq!((stdout.code, outcome.code), (1, 1), "{outcome:?}");
    assert!(!stdout.stdout.is_empty());
    assert_eq!(text(folder.path().join("t.csv")), stdout.stdout);
    assert_eq!(names(folder.path()), ["t.csv"]);
}

#[test]
fn a_study_does_not_replace_what_it_is_made_of() {
    let folder = folder();
    let at = folder.path().display();
    let study = "study --n-train 9 --epochs 5 --seeds 0..9";
    printed(&format!("{study} --shard 0/2 --out {at}/a"));
    printed(&format!("{study} --shard 1/2 --out {at}/b"));
    symlink("a", folder.path().join("link")).unwrap();
    for line in [
        format!("merge {at}/a {at}/b --force --out {at}/link"),
        format!("tables {at}/a --force --out {at}/a"),
    ] {
        let said = refused(&line);
        assert!(said.contains("expected another directory"), "{said}");
    }
    // The directory behind a link is replaced, and the link stays.
    printed(&format!("merge {at}/a {at}/b --out {at}/c"));
    symlink("c", folder.path().join("d")).unwrap();
    printed(&format!("merge {at}/b {at}/a --force --out {at}/d"));
    assert!(
        fs::symlink_metadata(folder.path().join("d"))
            .unwrap()
            .is_symlink()
    );
    assert_eq!(names(folder.path()), ["a", "b", "c", "d", "link"]);
}

/// Messages do not speak of names that nobody gave.
#[test]
fn temporary_names_are_not_spoken_of() {
    let folder = folder();
    let at = folder.path().display();
    printed(&format!(
        "study --n-train 9 --epochs 50 --eval-every 1 --seeds 0..20 --traces all --out {at}/study"
    ));
    for line in [
        format!("tables {at}/study --out {at}/again"),
        format!("merge {at}/study --out {at}/again"),
        format!("tables {at}/study"),
        format!("run --n-train 9 --epochs 5000 --eval-every 1 --out {at}/t.csv"),
    ] {
        let output = Command::new("sh")
            .args(["-c", "ulimit -f 8; exec \"$0\" \"$@\""])
            .arg(command("").get_program())
            .args(line.split_whitespace())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{line}: {said}");
        assert!(said.contains("File too large"), "{line}: {said}");
        assert!(
            !said.contains("sparsegrok-") && !said.contains(".part"),
            "{line}: {said}"
        );
        assert_eq!(names(folder.path()), ["study"], "{line}");
    }
}
