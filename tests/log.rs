//! The log is the study: shards, merging, and tables made again without training.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::support::{folder, printed, refused, sparsegrok, text};

/// Nineteen seeds of four cells: twelve groups, the last of each cell of three.
const STUDY: &str = "study --preset grok-a --n-train 48 --n-test 16 --epochs 60 --eval-points 12 \
                     --vary weight_decay=5e-4,1e-3 --vary init_norm=10,20 --seeds 2..21 --traces 10";

const TABLES: [&str; 4] = ["records.csv", "curves.csv", "traces.csv", "summary.json"];

fn run(folder: &TempDir, name: &str, line: &str) -> PathBuf {
    let path = folder.path().join(name);
    let outcome = sparsegrok(&format!("{line} --out {}", path.display()));
    assert_eq!(outcome.code, 0, "{line}\n{outcome:?}");
    path
}

fn tables(path: &Path) -> [String; 4] {
    TABLES.map(|name| text(path.join(name)))
}

fn merge(out: &Path, shards: &[PathBuf], flags: &str) -> String {
    let paths: Vec<_> = shards
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    format!("merge {} --out {} {flags}", paths.join(" "), out.display())
}

#[test]
fn merged_shards_are_the_whole_study_byte_for_byte() {
    let folder = folder();
    let whole = run(&folder, "whole", STUDY);
    for (of, engines) in [
        (1, ["", ""]),
        (3, ["--threads 1", "--kernel scalar --simd portable"]),
        (5, ["--threads 2", "--simd portable"]),
    ] {
        let shard = |index: u64| {
            let engine = engines[index as usize % 2];
            run(
                &folder,
                &format!("{index}-of-{of}"),
                &format!("{STUDY} {engine} --shard {index}/{of}"),
            )
        };
        let mut shards: Vec<PathBuf> = (0..of).map(shard).collect();
        // Any order, and some merged before.
        shards.reverse();
        if of == 5 {
            let part = folder.path().join("part");
            printed(&merge(&part, &shards[1..4], "--partial"));
            shards.splice(1..4, [part]);
        }
        let out = folder.path().join(format!("merged-{of}"));
        printed(&merge(&out, &shards, ""));
        assert_eq!(tables(&out), tables(&whole), "{of}");
        // It is a study as any other.
        let report = sparsegrok(&format!("report {} --format svg", out.display()));
        assert_eq!(report.code, 0, "{report:?}");
    }
}

#[test]
fn a_shard_says_that_it_is_one() {
    let folder = folder();
    let shard = run(&folder, "shard", &format!("{STUDY} --shard 1/3"));
    let summary: serde_json::Value =
        serde_json::from_str(&text(shard.join("summary.json"))).unwrap();
    assert_eq!(summary["part"]["shard"], "1/3");
    // The middle group of each cell.
    assert_eq!(
        (&summary["part"]["runs"], &summary["part"]["of"]),
        (&32.into(), &76.into())
    );
    let records = text(shard.join("records.csv"));
    assert_eq!(records.lines().count(), 1 + 32);
    printed(&format!("report {} --format html", shard.display()));
    let page = text(shard.join("report/index.html"));
    assert!(
        page.contains("Shard 1/3: 32 of 76 runs are here."),
        "{page}"
    );
}

#[test]
fn what_does_not_make_a_whole_is_told() {
    let folder = folder();
    let [zero, one, two] =
        [0, 1, 2].map(|i| run(&folder, &i.to_string(), &format!("{STUDY} --shard {i}/3")));
    let other = run(&folder, "other", &format!("{STUDY} --lr 0.01 --shard 2/3"));
    let out = folder.path().join("out");
    let said = |shards: &[&PathBuf]| {
        let shards: Vec<PathBuf> = shards.iter().map(|path| (*path).clone()).collect();
        let said = refused(&merge(&out, &shards, ""));
        assert!(!out.exists());
        said
    };
    let left_out = said(&[&two, &zero]);
    assert!(
        left_out.contains(
            "44 of 76 runs are there, shard 1/3 missing: expected all of them, or `--partial`"
        ),
        "{left_out}"
    );
    let twice = said(&[&zero, &one, &two, &one]);
    assert!(
        twice.contains(
            "both hold the runs of cell 0 from seed 10 on (shard 1/3): expected each shard once"
        ),
        "{twice}"
    );
    let mixed = said(&[&zero, &one, &other]);
    assert!(
        mixed.contains("other: `learning_rate` is 0.01, expected 0.05, as in "),
        "{mixed}"
    );
    let none = folder.path().join("none");
    assert!(said(&[&zero, &none]).contains("none: holds no study"));

    let partial = merge(&out, &[zero, two], "--partial");
    printed(&partial);
    let summary: serde_json::Value = serde_json::from_str(&text(out.join("summary.json"))).unwrap();
    assert_eq!(
        (&summary["part"]["runs"], &summary["part"]["of"]),
        (&44.into(), &76.into())
    );
    assert!(refused(&partial).contains("exists already, and is replaced only by force"));
    printed(&format!("{partial} --force"));
    printed(&format!("explain {}", out.display()));

    for bad in ["3/3", "1", "-1/3", "x/3", "0/0"] {
        let said = refused(&format!("{STUDY} --out never --shard={bad}"));
        assert!(
            said.contains("expected a shard such as `0/8`"),
            "{bad}: {said}"
        );
    }
}

/// A shard that is interrupted is resumed as the shard it was.
#[test]
fn an_interrupted_shard_goes_on_as_the_shard_it_was() {
    use std::time::Duration;
    let folder = folder();
    let long =
        "study --preset grok-a --n-test 0 --epochs 3000 --seeds 0..32 --shard 1/2 --threads 1";
    let whole = run(&folder, "whole", long);
    let path = folder.path().join("stopped");
    let line = format!("{long} --out {}", path.display());
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("sparsegrok"))
        .args(line.split_whitespace())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(300));
    child.kill().unwrap();
    child.wait().unwrap();
    if path.join("unfinished/runs.log").is_file() {
        printed(&format!("study --resume {}", path.display()));
    }
    assert_eq!(tables(&path), tables(&whole));
}

/// Thresholds that are asked anew are answered from the log, as if they had been asked at once where
/// they are looked for in evaluations alone, and within the brackets of these elsewhere.
#[test]
fn other_thresholds_make_other_tables_without_training() {
    let folder = folder();
    let study = "study --preset grok-a --n-train 128 --n-test 64 --wd 8e-4 --epochs 1200 --eval-points 60 \
                 --gen-figure test_acc --seeds 0..9";
    let before = run(&folder, "before", study);
    let at = |flags: &str, name: &str| {
        let out = folder.path().join(name);
        printed(&format!(
            "tables {} {flags} --out {}",
            before.display(),
            out.display()
        ));
        out
    };
    for (name, flags) in [
        ("a", "--gen-threshold 0.8"),
        ("b", "--delay-ratio 3"),
        ("c", "--gen-threshold 0.7 --delay-ratio 2"),
    ] {
        let anew = at(flags, name);
        let trained = run(
            &folder,
            &format!("{name}-trained"),
            &format!("{study} {flags}"),
        );
        assert_eq!(tables(&anew), tables(&trained), "{flags}");
        // What was made so is a study, too.
        printed(&format!("tables {}", anew.display()));
        assert_eq!(tables(&anew), tables(&trained), "{flags}");
    }
    // The population's times were looked for every epoch; told anew they are as far apart as evaluations.
    let population = at("--gen-figure population_acc", "population");
    let trained = run(
        &folder,
        "population-trained",
        &format!("{study} --gen-figure population_acc"),
    );
    let rows = |path: &Path| {
        let csv = text(path.join("records.csv"));
        let header: Vec<String> = csv
            .lines()
            .next()
            .unwrap()
            .split(',')
            .map(str::to_owned)
            .collect();
        let place = |name: &str| header.iter().position(|column| column == name).unwrap();
        let [low, high] = ["t_gen_low", "t_gen_high"].map(place);
        let lines = csv.lines().skip(1);
        let row = |line: &str| -> [u64; 2] {
            let cells: Vec<_> = line.split(',').collect();
            // Censored runs have no upper end.
            [low, high].map(|place| cells[place].parse().unwrap_or(u64::MAX))
        };
        lines.map(row).collect::<Vec<_>>()
    };
    for ([low, high], [exact_low, exact_high]) in rows(&population).into_iter().zip(rows(&trained))
    {
        assert!(exact_high == u64::MAX || exact_high - exact_low == 1);
        assert!(
            low <= exact_low && exact_high <= high,
            "{low} {exact_low} {exact_high} {high}"
        );
    }

    let said = refused(&format!("tables {} --gen-threshold 0.8", before.display()));
    assert!(said.contains("expected `--out DIR`"), "{said}");
    let out = folder.path().join("never");
    let said = refused(&format!(
        "tables {} --preset grok-b --out {}",
        before.display(),
        out.display()
    ));
    assert!(said.contains("was settled when"), "{said}");
    assert!(!out.exists());
}
