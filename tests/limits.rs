//! Limits of the system: every command works, or fails in one sentence, where it gives no more threads
//! or less memory than the machine has.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::{command, file, folder, printed, sparsegrok};

/// Runs `sparsegrok` after words of a shell that limit it; `None` where the shell cannot.
fn limited(limits: &str, line: &str) -> Option<Output> {
    let program = command("").get_program().to_owned();
    let script = format!("{limits} || exit 77; exec \"$0\" {line}");
    let shell = Command::new("bash")
        .args(["-c", &script])
        .arg(program)
        .output();
    shell.ok().filter(|output| output.status.code() != Some(77))
}

/// A user without other processes, whose threads can be counted: root's are not.
const NOBODY: [&str; 5] = ["--reuid", "64123", "--regid", "64123", "--clear-groups"];

/// Runs `sparsegrok` as a user who may have so many threads; `None` where that cannot be tried here.
fn with_threads(most: usize, line: &str) -> Option<Output> {
    let program = command("").get_program().to_owned();
    let script = format!("ulimit -u {most} && exec \"$0\" {line}");
    let output = Command::new("setpriv")
        .args(NOBODY)
        .args(["bash", "-c", &script])
        .arg(program)
        .output()
        .ok()?;
    // 126 and 127: the program cannot be reached by that user.
    let tried = !matches!(output.status.code(), Some(126 | 127))
        && !String::from_utf8_lossy(&output.stderr).starts_with("setpriv");
    tried.then_some(output)
}

/// With no thread beside the first, with few and with enough, all commands come to the same end.
#[test]
fn every_command_works_with_one_thread() {
    let folder = folder();
    let path = folder.path();
    fs::set_permissions(path, fs::Permissions::from_mode(0o777)).expect("permissions");
    let at = |name: &str| path.join(name).display().to_string();
    let rows: String = (0..400)
        .map(|i| format!("{} {}:1\n", 2 * (i % 2) - 1, i % 7 + 1))
        .collect();
    let rows = file(&folder, "rows.svm", rows);
    let study = "study --n-train 64 --epochs 40 --seeds 0..17";
    printed(&format!("{study} --out {}", at("expected")));
    let lines = [
        format!(
            "run --train {rows} --test {rows} --epochs 5 --model {} --plot {}",
            at("m"),
            at("p.png")
        ),
        format!("run --n-train 64 --epochs 5 --checkpoint {}", at("c")),
        format!("{study} --threads 5 --out {} --report", at("s")),
        format!("{study} --out {}", at("t")),
        format!("{study} --dry-run"),
        format!("compare --train {rows} --early-epochs 3 --long-epochs 5"),
        "compare --n-train 64 --early-epochs 3 --long-epochs 5 --seeds 0..3".to_owned(),
        format!("predict {rows} --model {}", at("m")),
        format!("data import {rows} --out {}", at("rows.sgs")),
        format!("data info --verify {}", at("rows.sgs")),
        format!("report {} --format svg,png", at("s")),
        format!("tables {}", at("s")),
        format!("explain {}", at("s")),
        "presets".to_owned(),
    ];
    for line in &lines {
        let Some(output) = with_threads(1, line) else {
            eprintln!("skipped: threads cannot be limited here");
            return;
        };
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{line}: {said}");
        assert!(!said.contains("panicked"), "{line}: {said}");
    }
    for name in ["s", "t"] {
        for table in ["records.csv", "curves.csv", "traces.csv", "summary.json"] {
            let read = |study: &str| fs::read(path.join(study).join(table)).expect("a table");
            assert_eq!(read(name), read("expected"), "{name}/{table}");
        }
    }
    // Some threads, and a sentence that they are not all.
    let line = format!("{study} --threads 64 --out {}", at("u"));
    let some = with_threads(12, &line).expect("as before");
    let said = String::from_utf8_lossy(&some.stderr);
    assert_eq!(some.status.code(), Some(0), "{said}");
    assert!(said.contains("the system allows no 64 threads"), "{said}");
}

/// A number of threads out of all bounds is cut, not obeyed.
#[test]
fn the_number_of_threads_is_bounded() {
    let line = "study --n-train 32 --epochs 5 --seeds 0..2 --dry-run";
    let mut command = command(line);
    let output = command
        .env("RAYON_NUM_THREADS", "1000000")
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("threads = 512"),
        "{said}"
    );
}

/// What a nested control group leaves counts, not what the machine has.
#[test]
fn work_beyond_the_own_control_group_is_refused() {
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let own = groups
        .lines()
        .find_map(|line| line.split_once(":memory:"))
        .map(|(_, own)| own);
    let mount = Path::new("/sys/fs/cgroup/memory");
    let group = own.map(|own| {
        mount
            .join(own.trim_start_matches('/'))
            .join(format!("test-{}", std::process::id()))
    });
    let Some(group) = group.filter(|group| fs::create_dir(group).is_ok()) else {
        eprintln!("skipped: no control group of memory can be made here");
        return;
    };
    let limit = fs::write(group.join("memory.limit_in_bytes"), "268435456");
    let enter = format!("echo $$ > {}/cgroup.procs", group.display());
    let output = limit
        .ok()
        .and_then(|()| limited(&enter, "run --n-train 10000000"));
    let removed = fs::remove_dir(&group);
    let Some(output) = output else {
        eprintln!("skipped: no control group of memory can be entered here");
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("0.2") && said.contains("GiB are available"),
        "{said}"
    );
    removed.expect("an empty group");
    assert_eq!(sparsegrok("run --n-train 1000 --epochs 1").code, 0);
}
