//! Memory: estimates agree with the memory that work takes, and work that needs more than there is is
//! refused.

use std::process::Stdio;
use std::time::Duration;

use crate::support::{file, folder, printed, process, refused};

const MIB: f64 = 1024.0 * 1024.0;

/// The memory that `--dry-run` says a study takes, in MiB.
fn said(study: &str) -> f64 {
    let said = printed(&format!("{study} --dry-run"));
    let line = said.lines().find_map(|l| l.strip_prefix("memory_mib = "));
    line.expect("memory").parse().expect("a number")
}

/// The most memory a command had, in MiB: what the system says of it until it ends.
fn peak(line: &str) -> Option<f64> {
    let mut child = process(line)
        .stderr(Stdio::null())
        .spawn()
        .expect("the command starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = None;
    loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let found = text.lines().find_map(|l| l.strip_prefix("VmHWM:"));
        if let Some(found) = found {
            let kib = found.trim().trim_end_matches(" kB");
            peak = Some(kib.parse::<f64>().expect("a number") / 1024.0);
        }
        if let Some(ended) = child.try_wait().expect("the command ends") {
            assert!(ended.success(), "{line}");
            return peak;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_study_takes_the_memory_that_was_said() {
    let folder = folder();
    for (number, study) in [
        // Little but the program.
        "study --n-train 64 --epochs 40 --seeds 0..9",
        // Figures of many evaluations.
        "study --n-train 32 --n-test 8 --epochs 4000 --eval-every 1 --seeds 0..300",
        // Data and training, in lanes; shared data, one seed at a time.
        "study --n-train 200000 --n-test 1000 --epochs 2 --eval-every 2 --seeds 0..8",
        "study --n-train 400000 --d-signal 20 --epochs 1 --seeds 0..3 --seed-what order --kernel scalar",
        // Batches that go into sums of their own.
        "study --n-train 400000 --d-signal 20 --batch-size full --epochs 2 --eval-every 2 --seeds 0..1",
        // Records of many runs.
        "study --n-train 16 --n-test 8 --epochs 10 --seeds 0..40000",
        // Summaries of many cells.
        "study --n-train 8 --n-test 0 --epochs 2 --init gaussian --seeds 0..1 \
         --vary init_norm=log:1:100:80;learning_rate=log:1e-4:1e-3:80",
        // One group of many evaluations, some written as traces.
        "study --n-train 8 --n-test 0 --epochs 60000 --eval-every 1 --seeds 0..8 --traces all",
        // Checkpoints in lanes.
        "study --n-train 200000 --n-test 0 --epochs 2 --eval-every 2 --seeds 0..8 --kernel lanes \
         --checkpoint-every 1epochs",
        // A whole group beside a short one, which trains for so long that they overlap.
        "study --n-train 200000 --n-test 0 --epochs 150 --eval-every 150 --seeds 0..9",
        // Teams of sixteen cells, of which some wait with their traces to be handed over.
        "study --n-train 8 --n-test 0 --epochs 800 --eval-every 1 --seeds 0..8 \
         --vary weight_decay=log:1e-5:1e-3:80",
    ]
    .into_iter()
    .enumerate()
    {
        for threads in [1, 2] {
            let study = format!("{study} --threads {threads}");
            let out = folder.path().join(format!("{number}-{threads}"));
            let Some(peak) = peak(&format!("{study} --out {}", out.display())) else {
                eprintln!("skipped: this system does not tell what memory a process had");
                return;
            };
            let said = said(&study);
            let most = f64::max(0.1 * said, 32.0);
            assert!((peak - said).abs() <= most, "{study}: said {said} MiB, took {peak}");
        }
    }
}

#[test]
fn more_memory_than_there_is_is_refused() {
    let folder = folder();
    let wide = file(&folder, "wide.svm", "1 4294967294:1\n-1 1:1\n");
    for line in [
        "run --n-train 4000000000".to_owned(),
        "run --n-train 4000000000 --d-signal 100000".to_owned(),
        "run --epochs 4000000000 --eval-every 1".to_owned(),
        format!("run --train {wide}"),
        format!("compare --train {wide}"),
        format!("compare --train {wide} --seeds 0..3"),
        "compare --n-train 4000000000".to_owned(),
        "study --dry-run --n-train 4000000000".to_owned(),
        format!("study --dry-run --train {wide} --seeds 0..9"),
        format!(
            "study --seeds 0..1000000000000 --out {}",
            folder.path().join("s").display()
        ),
    ] {
        let said = refused(&line);
        for part in ["needs about", "GiB", "available", "--force"] {
            assert!(said.contains(part), "{line}: {said}");
        }
        assert_eq!(said.lines().count(), 1, "{line}: {said}");
    }
    // Nothing is left of what was refused.
    assert!(!folder.path().join("s").exists());
}

#[test]
fn rows_beyond_memory_are_not_generated() {
    for command in ["generate", "export", "info"] {
        let said = refused(&format!(
            "data {command} --n-train 4000000000 --d-signal 1000"
        ));
        assert!(said.contains("these rows need about"), "{command}: {said}");
        assert_eq!(said.lines().count(), 1, "{command}: {said}");
    }
}

#[test]
fn what_is_forced_is_tried() {
    // Less than was said suffices here: pages that are never touched cost nothing.
    let said = said("study --n-train 64 --epochs 40 --seeds 0..9 --force");
    assert!(said < 64.0 * MIB, "{said}");
}
