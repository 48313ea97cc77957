//! Extreme but valid input, through the command: figures are finite or empty, never NaN unsaid.

use crate::support::{file, folder, printed, sparsegrok, text};

/// Every figure of a trace is a finite number or an empty cell.
fn assert_figures(trace: &str, line: &str) {
    let rows: Vec<&str> = trace.lines().skip(1).collect();
    assert!(!rows.is_empty(), "{line}: {trace}");
    for cell in rows.iter().flat_map(|row| row.split(',')) {
        let finite = |cell: &str| cell.parse().is_ok_and(f64::is_finite);
        assert!(cell.is_empty() || finite(cell), "{line}: {cell} in {trace}");
        assert!(cell != "-0", "{line}: {trace}");
    }
}

#[test]
fn the_smallest_problems_run() {
    for flags in [
        "--n-train 1 --d-signal 1",
        "--n-train 1 --d-signal 1 --n-test 0",
        "--n-train 2 --d-signal 40 --n-test 1",
        "--n-train 3 --memorization-scale 0 --init gaussian",
        "--n-train 3 --init-norm 0 --init gaussian",
        "--n-train 3 --batch-size full --order with-replacement",
    ] {
        let line = format!("run {flags} --epochs 20 --eval-every 5");
        assert_figures(&printed(&line), &line);
    }
}

#[test]
fn files_of_one_class_of_empty_rows_or_of_explicit_zeros_run() {
    let folder = folder();
    for (name, rows) in [
        ("one-class", "1 1:0.5 3:2\n1 2:1\n1 1:-1\n"),
        ("empty-rows", "1\n-1\n1\n"),
        ("some-empty", "1\n-1 2:1\n1 1:3\n"),
        ("zeros", "1 1:0 2:0\n-1 1:0\n"),
        ("one-row", "-1 4:1e-300\n"),
    ] {
        let path = file(&folder, name, rows);
        for flags in [
            "",
            "--memorize",
            "--bias",
            "--memorize --bias --loss hinge",
            "--loss squared",
        ] {
            let line =
                format!("run --train {path} --test {path} {flags} --epochs 9 --eval-every 3");
            assert_figures(&printed(&line), &line);
        }
    }
}

#[test]
fn steps_far_beyond_stability_run() {
    for flags in [
        "--signal-scale 1e6 --lr 1 --wd 1e-3",
        "--lr 1e6 --wd 1e-9",
        "--signal-scale 1e-150 --lr 1e-12 --wd 1e-290",
        "--memorization-scale 1e100 --lr 1e-3 --wd 0",
        "--lr 0.999999 --wd 1",
    ] {
        let line = format!("run {flags} --n-train 40 --epochs 20 --eval-every 5");
        assert_figures(&printed(&line), &line);
    }
}

/// Weights overflow to infinity in some cells; the others come out as if alone.
#[test]
fn a_study_says_what_diverged_and_keeps_the_rest() {
    let folder = folder();
    let study = |name: &str, rates: &str| {
        let path = folder.path().join(name);
        let outcome = sparsegrok(&format!(
            "study --loss squared --target linear --wd 0 --vary lr={rates} --seeds 0..5 --n-train 20 \
             --epochs 100 --eval-every 10 --out {}",
            path.display()
        ));
        assert_eq!(outcome.code, 0, "{outcome:?}");
        ["records.csv", "curves.csv", "summary.json"].map(|name| text(path.join(name)))
    };
    let [records, curves, summary] = study("mixed", "0.01,1e3,1e150");
    let [alone, ..] = study("alone", "0.01");
    let of_first = |records: &str| -> Vec<String> {
        let rows = records.lines().filter(|row| row.starts_with("0,"));
        rows.map(str::to_owned).collect()
    };
    assert_eq!(of_first(&records), of_first(&alone));
    assert_eq!(of_first(&records).len(), 5);
    assert_eq!(records.matches(",diverged,").count(), 10, "{records}");
    for table in [&records, &curves, &summary] {
        let lower = table.to_lowercase();
        assert!(!lower.contains("nan") && !lower.contains("inf,"), "{table}");
    }
}
