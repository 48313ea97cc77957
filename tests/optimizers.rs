//! Momentum and AdamW at the command: grids over optimizers, divided, stopped, resumed and merged; runs that are killed.

use std::fs;
use std::time::{Duration, Instant};

use sparsegrok_study::StudyResults;

use crate::checkpoint::start;
use crate::parts::Parts;
use crate::support::{folder, printed};

/// A grid over optimizers.
const GRID: Parts<'_> = Parts {
    preset: None,
    keys: &[
        ("n_train", "40"),
        ("n_test", "30"),
        ("batch_size", "full"),
        ("epochs", "400"),
        ("init", "gaussian"),
        ("traces", "all"),
    ],
    axes: &["optimizer=sgd,momentum,adamw", "weight_decay=0,0.01"],
    seeds: 5,
    runs: 30,
};

#[test]
fn a_grid_over_optimizers_is_the_same_divided_stopped_resumed_and_merged() {
    let folder = folder();
    let study = GRID.are_the_whole(folder.path());
    assert_eq!(StudyResults::read(&study).unwrap().manifest.runs, 30);
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
    let said = printed(&format!("study {} --dry-run", GRID.flags()));
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
