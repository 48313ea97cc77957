//! Extreme but valid input, through the command: figures are finite or empty, never NaN unsaid.

use crate::support::{file, folder, printed, refused, sparsegrok, text};

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

/// Norms of weights whose squares overflow or vanish.
#[test]
fn norms_are_right_where_their_squares_are_no_doubles() {
    let folder = folder();
    for (x, rate, norm) in [
        ("1e160", "1e-160", 0.5),
        ("1e-160", "1e-20", 5e-181),
        ("1e10", "1e170", 5e179),
    ] {
        let path = file(&folder, "row.svm", format!("+1 1:{x}\n"));
        let trace = printed(&format!(
            "run --train {path} --epochs 1 --wd 0 --lr {rate} --columns weight_norm,memorization_share"
        ));
        let found: Vec<f64> = trace
            .lines()
            .nth(1)
            .expect("a row")
            .split(',')
            .map(|x| x.parse().expect("a number"))
            .collect();
        assert!((found[0] / norm - 1.0).abs() < 1e-12, "{x}: {found:?}");
        assert_eq!(found[1], 0.0);
    }
}

/// A run whose figures leave the finite numbers, its weights being finite, has no other status.
#[test]
fn what_is_not_finite_is_diverged() {
    let folder = folder();
    let path = folder.path().join("study");
    printed(&format!(
        "study --preset grok-a --loss hinge --learning-rate 1e200 --weight-decay 0 --n-train 64 --epochs 20 \
         --seeds 0..3 --out {}",
        path.display()
    ));
    let records = text(path.join("records.csv"));
    assert_eq!(records.matches(",diverged,").count(), 3, "{records}");
    for name in ["records.csv", "curves.csv", "traces.csv", "summary.json"] {
        let table = text(path.join(name)).to_lowercase();
        assert!(
            !table.contains("nan") && !table.contains("inf"),
            "{name}: {table}"
        );
    }
}

/// The header of every table names each column once, whatever varies.
#[test]
fn columns_have_names_of_their_own() {
    let folder = folder();
    for (place, flags) in [
        "--seed-what order --vary data_seed=1,2;init_seed=3,4",
        "--seed-what data --vary order_seed=1,2;init_seed=3,4",
        "--seed-what init --vary data_seed=1,2;weight_decay=0,1",
    ]
    .into_iter()
    .enumerate()
    {
        let path = folder.path().join(place.to_string());
        printed(&format!(
            "study --init gaussian --n-train 16 --epochs 4 --seeds 0..2 {flags} --out {}",
            path.display()
        ));
        for name in ["records.csv", "curves.csv", "traces.csv"] {
            let table = text(path.join(name));
            let mut columns: Vec<_> = table.lines().next().expect("a header").split(',').collect();
            let all = columns.len();
            columns.sort_unstable();
            columns.dedup();
            assert_eq!(columns.len(), all, "{flags}: {name}");
        }
    }
    for key in ["data_seed", "order_seed", "init_seed"] {
        let line = format!("study --init gaussian --vary {key}=1,2 --dry-run");
        let said = refused(&line);
        assert!(said.contains(&format!("leaves `{key}` alone")), "{said}");
    }
}
