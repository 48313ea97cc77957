//! Teams: cells of a grid that see the same rows in the same order are trained together, and no byte of the results
//! tells how.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use sparsegrok_config::Settings;
use sparsegrok_study::{Directory, Study, StudyResults};
use tempfile::TempDir;

use crate::checkpoint::{RESULTS, results, start};
#[cfg(unix)]
use crate::support::kill;
use crate::support::{folder, printed, sparsegrok, text};

/// Two classes of twelve cells, one a loss: rates, of which the last diverges under squared loss, scales of the rows' own
/// columns, and lengths of runs. Eleven seeds: two groups of each cell.
pub(crate) const GRID: &str = "study --n-train 24 --n-test 8 --eval-points 12 --init gaussian --traces all --seeds 2..13 \
                               --vary learning_rate=0.02,0.05,3;loss=logistic,squared \
                               --vary memorization_scale=1,2.5 --vary epochs=300,170";

fn run(folder: &TempDir, name: &str, flags: &str) -> PathBuf {
    let path = folder.path().join(name);
    printed(&format!("{GRID} {flags} --out {}", path.display()));
    path
}

/// The results of the grid, each run trained by itself.
fn alone(folder: &TempDir) -> [String; 4] {
    results(&run(folder, "alone", "--kernel scalar --threads 1"))
}

fn assert_same(expected: &[String; 4], path: &Path, context: &str) {
    for ((name, expected), found) in RESULTS.iter().zip(expected).zip(&results(path)) {
        assert!(expected == found, "{name}: {context}");
    }
}

#[test]
fn results_do_not_tell_what_was_trained_together() {
    let folder = folder();
    let alone = alone(&folder);
    assert!(alone[0].contains("diverged"), "a cell diverges");
    for (i, flags) in [
        "--threads 1",
        "--threads 2",
        "--threads 3",
        "--threads 9",
        "--kernel lanes --threads 2",
        "--kernel lanes --simd portable --threads 1",
        "--kernel scalar --threads 3",
    ]
    .into_iter()
    .enumerate()
    {
        assert_same(&alone, &run(&folder, &i.to_string(), flags), flags);
    }
}

#[test]
fn merged_shards_are_the_whole() {
    let folder = folder();
    let alone = alone(&folder);
    let shards: Vec<String> = ["--threads 1", "--kernel lanes --threads 2", "--threads 3"]
        .into_iter()
        .enumerate()
        .map(|(i, flags)| {
            let path = run(&folder, &i.to_string(), &format!("{flags} --shard {i}/3"));
            path.display().to_string()
        })
        .collect();
    let merged = folder.path().join("merged");
    printed(&format!(
        "merge {} --out {}",
        shards.join(" "),
        merged.display()
    ));
    assert_same(&alone, &merged, "merged");
    // The manifest tells of all shards.
    let forms = StudyResults::read(&merged).unwrap().manifest.forms;
    assert_eq!(forms.values().sum::<u64>(), 24 * 11, "{forms:?}");
}

fn study() -> Study {
    // The words of the command, as settings.
    let words: Vec<&str> = GRID.split_whitespace().skip(1).collect();
    let mut settings = Settings::layered(None, None, &[]).unwrap();
    let mut axes = Vec::new();
    for pair in words.chunks(2) {
        match pair[0] {
            "--vary" => axes.push(pair[1]),
            flag => settings.set(&flag[2..].replace('-', "_"), pair[1]).unwrap(),
        }
    }
    settings.set("vary", &axes.join(";")).unwrap();
    settings.set("threads", "1").unwrap();
    Study::new(settings.config().unwrap()).unwrap()
}

/// Groups come team by team, whatever the number of threads, and those of a cell by seed.
#[test]
fn groups_come_in_one_order() {
    let order = |threads: &str| {
        let mut config = study().config().clone();
        config.engine.threads = threads.parse().unwrap();
        let mut order = Vec::new();
        let study = Study::new(config).unwrap();
        let ran = study.run(&AtomicBool::new(false), |group| {
            order.push((group.cell, group.records[0].seeds.seed, group.records.len()));
            ControlFlow::Continue(())
        });
        assert_eq!(ran.unwrap().runs, 24 * 11);
        order
    };
    let found = order("1");
    // Cells go by rate, loss, scale and length: of those of one loss, the first seeds come first.
    let of = |loss: usize, seed: u64, seeds: usize| {
        let rates = (0..3).flat_map(move |rate| (0..4).map(move |rest| 8 * rate + 4 * loss + rest));
        rates.map(move |cell| (cell, seed, seeds))
    };
    let expected = [0, 1].map(|loss| of(loss, 2, 8).chain(of(loss, 10, 3)));
    assert_eq!(found, expected.into_iter().flatten().collect::<Vec<_>>());
    for threads in ["2", "5", "48"] {
        assert_eq!(order(threads), found, "{threads} threads");
    }
}

/// A study that is interrupted has tables of what is finished, wherever in the grid that is; it goes on to the same bytes,
/// in other company.
#[test]
fn an_interrupted_grid_has_what_is_finished_and_goes_on() {
    let folder = folder();
    let alone = alone(&folder);
    for (i, flags) in [
        "--threads 3",
        "--kernel scalar",
        "--kernel lanes --threads 2",
    ]
    .into_iter()
    .enumerate()
    {
        let (study, path) = (study(), folder.path().join(i.to_string()));
        let stop = AtomicBool::new(false);
        let mut directory = Directory::create(&path, false, &study).unwrap();
        // The first team, of twelve cells, is there; then others are under way, or have not begun.
        let ran = directory.run(&stop, |_| stop.store(true, Relaxed)).unwrap();
        let finished = directory.runs();
        assert!((96..24 * 11).contains(&finished), "{finished} runs");
        directory.finish(&ran).unwrap();
        let records = text(path.join("records.csv"));
        let mut whole = alone[0].lines();
        assert!(
            records.lines().all(|row| whole.any(|other| other == row)),
            "in the order of cells"
        );
        assert_eq!(records.lines().count() as u64, 1 + finished);
        let found = StudyResults::read(&path).unwrap();
        assert_eq!(
            (found.records.len() as u64, found.manifest.complete),
            (finished, false)
        );
        assert_eq!(found.summary.part.map(|part| part.runs), Some(finished));
        assert_eq!(
            found.records_of(4).len(),
            0,
            "cells of the other loss come later"
        );

        let resumed = sparsegrok(&format!("study --resume {} {flags}", path.display()));
        assert_eq!(resumed.code, 0, "{resumed:?}");
        assert_same(&alone, &path, flags);
    }
}

/// The groups of a team that is interrupted are kept one by one, and go on in other teams.
#[cfg(unix)]
#[test]
fn teams_that_were_interrupted_go_on_in_other_teams() {
    let folder = folder();
    let grid = GRID.replace("epochs=300,170", "epochs=3000,1700");
    let whole = folder.path().join("whole");
    printed(&format!("{grid} --kernel scalar --out {}", whole.display()));
    let whole = results(&whole);
    for (i, flags) in [
        "--threads 1",
        "--threads 3 --kernel lanes",
        "--kernel scalar",
    ]
    .into_iter()
    .enumerate()
    {
        let path = folder.path().join(i.to_string());
        let line = format!(
            "{grid} --threads 2 --checkpoint-every 5epochs --out {}",
            path.display()
        );
        let mut child = start(&line);
        let kept = || {
            let files = fs::read_dir(path.join("unfinished"))
                .into_iter()
                .flatten()
                .flatten();
            let names = files.map(|file| file.file_name().to_string_lossy().into_owned());
            names
                .filter(|name| name.starts_with("group-") && !name.contains('.'))
                .count()
        };
        while kept() < 3 && child.try_wait().unwrap().is_none() {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        kill(&child, "-INT");
        assert_eq!(
            child.wait().unwrap().code(),
            Some(1),
            "stopped in the middle"
        );
        let (_, begun) = Directory::unfinished(&path).unwrap().unwrap().counts();
        assert!(begun > 0);
        printed(&format!(
            "study --resume {} --checkpoint-every 60s {flags}",
            path.display()
        ));
        for ((name, expected), found) in RESULTS.iter().zip(&whole).zip(&results(&path)) {
            assert!(expected == found, "{name}: {flags}");
        }
    }
}

/// A drafted study has its runs cell by cell, in whatever order they were trained.
#[test]
fn a_draft_has_its_runs_cell_by_cell() {
    let draft = Study::preset("grok-a")
        .set("n_train", 16)
        .set("epochs", 5)
        .seeds(0..10);
    let found = draft
        .vary("weight_decay", [1e-4, 2e-4, 3e-4, 4e-4, 5e-4])
        .run()
        .unwrap();
    let order: Vec<_> = found
        .runs
        .iter()
        .map(|run| (run.cell, run.seeds.seed))
        .collect();
    let expected = (0..5).flat_map(|cell| (0..10).map(move |seed| (cell, seed)));
    assert_eq!(order, expected.collect::<Vec<_>>());
    assert_eq!(found.runs_of(3).len(), 10);
}

#[test]
fn the_form_is_told_before_and_after() {
    let folder = folder();
    let line = "study --n-train 20 --n-test 0 --epochs 4 --seeds 0..9 --threads 1";
    let vary = "--vary weight_decay=log:1e-5:1e-3:17";
    let shared = "lanes: 16 cells of one seed side by side, which share rows and order";
    let own = "lanes: 8 seeds side by side, each with rows and order of its own";
    let single = "scalar: one run at a time, as there is no other to go beside it";
    let asked = "scalar: one run at a time, as `kernel` asks";
    for (name, flags, before, after) in [
        ("own", "", &[own][..], &[(own, 8), (single, 1)][..]),
        ("scalar", "--kernel scalar", &[asked], &[(asked, 9)]),
        (
            "shared",
            vary,
            &[shared, own],
            &[(shared, 16 * 9), (own, 8), (single, 1)],
        ),
        (
            "order",
            "--seed-what init --init gaussian --seeds 0..8",
            &["lanes: 8 seeds side by side, which share rows and order"],
            &[("lanes: 8 seeds side by side, which share rows and order", 8)],
        ),
    ] {
        let said = printed(&format!("{line} {flags} --dry-run"));
        let forms = format!("forms = {before:?}");
        assert!(said.lines().any(|found| found == forms), "{forms}: {said}");
        let path = folder.path().join(name);
        printed(&format!("{line} {flags} --out {}", path.display()));
        let manifest = StudyResults::read(&path).unwrap().manifest;
        let found: Vec<_> = manifest
            .forms
            .iter()
            .map(|(form, runs)| (form.as_str(), *runs))
            .collect();
        assert_eq!(found, after, "{name}");
    }
}
