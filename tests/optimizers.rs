//! Momentum and AdamW at the command: grids over optimizers, divided, stopped, resumed and merged; runs that are killed.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use sparsegrok_config::Settings;
use sparsegrok_study::{Directory, Study, StudyResults};

use crate::checkpoint::start;
use crate::support::{folder, printed, text};

const GRID: [(&str, &str); 6] = [
    ("n_train", "40"),
    ("n_test", "30"),
    ("batch_size", "full"),
    ("epochs", "400"),
    ("init", "gaussian"),
    ("traces", "all"),
];

const AXES: [(&str, &str); 2] = [
    ("vary", "optimizer=sgd,momentum,adamw; weight_decay=0,0.01"),
    ("seeds", "0..5"),
];

fn flags() -> String {
    let flag = |(key, value): (&str, &str)| format!(" --{} {value}", key.replace('_', "-"));
    let flags: String = GRID.into_iter().map(flag).collect();
    format!("{flags} --vary optimizer=sgd,momentum,adamw --vary weight_decay=0,0.01 --seeds 0..5")
}

fn tables(study: &Path) -> [String; 3] {
    ["records.csv", "curves.csv", "traces.csv"].map(|name| text(study.join(name)))
}

#[test]
fn a_grid_over_optimizers_is_the_same_divided_stopped_resumed_and_merged() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    let study = |name: &str, more: &str| {
        let out = path(name);
        printed(&format!("study {} {more} --out {}", flags(), out.display()));
    };
    study("whole", "--threads 1");
    study("first", "--threads 2 --shard 0/2");
    study("second", "--threads 2 --shard 1/2");
    printed(&format!(
        "merge {} {} --out {}",
        path("first").display(),
        path("second").display(),
        path("merged").display()
    ));
    let whole = tables(&path("whole"));
    assert!(whole == tables(&path("merged")));
    let results = StudyResults::read(&path("whole")).unwrap();
    assert_eq!(results.manifest.runs, 30);

    let settings = Settings::layered(None, None, &[&GRID[..], &AXES].concat());
    let study = Study::new(settings.unwrap().config().unwrap()).unwrap();
    let (stop, never) = (AtomicBool::new(false), AtomicBool::new(false));
    let resumed = path("resumed");
    let mut directory = Directory::create(&resumed, false, &study).unwrap();
    let ran = directory.run(&stop, |_| stop.store(true, Relaxed)).unwrap();
    directory.finish(&ran).unwrap();
    assert!(ran.runs < 30, "{} runs", ran.runs);
    let unfinished = Directory::unfinished(&resumed).unwrap().unwrap();
    let mut directory = Directory::resume(&resumed, unfinished, &study).unwrap();
    let ran = directory.run(&never, |_| ()).unwrap();
    directory.finish(&ran).unwrap();
    assert_eq!(ran.runs, 30);
    assert!(whole == tables(&resumed));
}

#[test]
fn a_run_that_was_killed_goes_on_to_the_same_bytes() {
    let folder = folder();
    for (optimizer, name) in [
        ("momentum", "a"),
        ("momentum --batch-size full --schedule cosine", "b"),
        ("adamw --batch-size full", "c"),
    ] {
        let run = format!(
            "run --n-train 40 --n-test 10 --epochs 3000 --eval-every 200 --optimizer {optimizer}"
        );
        let whole = printed(&run);
        let out = folder.path().join(name);
        let kept = folder.path().join(format!("{name}.unfinished"));
        let mut child = start(&format!(
            "{run} --checkpoint-every 1epochs --out {}",
            out.display()
        ));
        let begun = Instant::now();
        // The second checkpoint: the first is of the beginning at the earliest.
        while !kept.join("group-0.previous").is_file() {
            assert!(begun.elapsed() < Duration::from_secs(60), "no checkpoint");
            std::thread::sleep(Duration::from_millis(2));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!out.is_file(), "it ended before it was killed");
        printed(&format!(
            "run --resume {} --checkpoint-every 60s --out {}",
            kept.display(),
            out.display()
        ));
        assert!(fs::read_to_string(&out).unwrap() == whole, "{optimizer}");
    }
}

#[test]
fn the_form_says_that_runs_go_alone() {
    let said = printed(&format!("study {} --dry-run", flags()));
    assert!(
        said.contains("momentum and AdamW (`optimizer`) have one kernel, for one run"),
        "{said}"
    );
    for flags in [
        "--optimizer momentum",
        "--optimizer adamw --batch-size full",
    ] {
        let said = printed(&format!("explain {flags}"));
        assert!(said.contains("trained with momentum or AdamW"), "{said}");
    }
}
