//! Comparisons over seeds and of finished studies.

use std::path::Path;

use crate::support::{folder, printed, refused, sparsegrok};

/// Twelve pairs that grok with decay within 400 epochs, evaluated every 10.
const GROKS: &str = "compare --preset grok-a --n-test 64 --weight-decay 1e-3 --early-epochs 30 \
                     --long-epochs 400 --eval-every 10 --delay-ratio 5 --seeds 0..12";

/// A table's row, by its name, split where columns are.
fn row<'a>(table: &'a str, name: &str) -> Vec<&'a str> {
    let found = table.lines().find(|line| line.starts_with(name));
    let line = found.unwrap_or_else(|| panic!("{name} in {table}"));
    let cells = line.split("  ").map(str::trim);
    cells.filter(|cell| !cell.is_empty()).collect()
}

/// The estimate and the limits of `x [low, high]`.
fn interval(cell: &str) -> [f64; 3] {
    let numbers: Vec<f64> = cell
        .split(['[', ',', ']'])
        .filter_map(|part| part.trim().parse().ok())
        .collect();
    numbers.try_into().expect(cell)
}

#[test]
fn early_against_long_over_seeds() {
    let table = printed(&format!("{GROKS} --patience 3"));
    let (first, second) = table.split_once("\n\n").unwrap();
    assert_eq!(row(first, " "), ["early", "long", "difference"]);
    assert_eq!(row(first, "runs"), ["runs", "12", "12"]);
    let accuracy = row(first, "population_acc");
    let [early, long]: [f64; 2] = [1, 2].map(|i| accuracy[i].parse().unwrap());
    let [gain, low, high] = interval(accuracy[3]);
    assert!(early < 0.7 && long > 0.9, "{first}");
    assert!((gain - (long - early)).abs() < 1e-5, "{first}");
    assert!(
        0.2 < low && low < gain && gain < high && high < 0.6,
        "{first}"
    );
    assert_eq!(interval(row(first, "grokked")[1])[0], 0.0);
    assert_eq!(row(second, " "), ["patience 3", "long", "difference"]);
}

/// A pair over one seed is the two-line form with that seed added.
#[test]
fn a_pair_is_that_of_the_two_lines() {
    let settings = "--n-train 30 --n-test 20 --early-epochs 20 --long-epochs 60 --eval-every 10";
    let table = printed(&format!("compare {settings} --seeds 5..6"));
    let lines = printed(&format!(
        "compare {settings} --data-seed 128 --init-seed 5 --early-order-seed 6 --long-order-seed 7"
    ));
    for (arm, line) in lines.lines().enumerate() {
        for (figure, name) in [
            ("train_acc", "Train Acc: "),
            ("test_acc", "Test Acc: "),
            ("weight_norm", "||w||2: "),
        ] {
            let (_, rest) = line.split_once(name).unwrap();
            let said: f64 = rest.split(',').next().unwrap().parse().unwrap();
            let found: f64 = row(&table, figure)[1 + arm].parse().unwrap();
            // Four decimals there, six digits here.
            assert!((found - said).abs() <= 5.6e-5, "{figure}: {found}, {said}");
        }
    }
}

#[test]
fn any_key_is_compared_with_other_values() {
    let table = printed(&format!("{GROKS} --against wd=0,2e-3"));
    let (none, double) = table.split_once("\n\n").unwrap();
    assert_eq!(
        row(none, " "),
        ["as configured", "weight_decay=0", "difference"]
    );
    assert_eq!(row(double, " ")[1], "weight_decay=0.002");
    let [grokked, without] = [1, 2].map(|i| interval(row(none, "grokked")[i])[0]);
    assert_eq!((grokked, without), (1.0, 0.0), "{none}");
    let t_gen = row(none, "t_gen");
    assert!(
        t_gen[2].starts_with("∞ [∞, ∞], 12 of 12 censored"),
        "{none}"
    );
    let p = t_gen[3].strip_prefix("log-rank p = ").unwrap();
    assert!(p.parse::<f64>().unwrap() < 1e-4, "{none}");
    for other in ["--threads 1", "--kernel scalar", "--simd portable"] {
        assert_eq!(
            printed(&format!("{GROKS} --against wd=0,2e-3 {other}")),
            table
        );
    }
    assert!(refused(&format!("{GROKS} --against wd")).contains("expected `KEY=A,B,…`"));
    assert!(refused(&format!("{GROKS} --against wdd=1")).contains("unknown key `wdd`"));
    assert!(refused("compare --against wd=0").contains("--seeds"));
    assert!(refused("compare --seeds 3..3").contains("`seeds` is 3..3"));
    assert!(refused(&format!("{GROKS} --patience 2 --n-test 0")).contains("`patience` is 2"));
}

#[test]
fn finished_studies_are_compared() {
    let folder = folder();
    let study = |name: &str, flags: &str| {
        let path = folder.path().join(name).display().to_string();
        printed(&format!(
            "study --preset grok-a --n-test 0 --epochs 400 --eval-every 10 {flags} --out {path}"
        ));
        path
    };
    let on = study("on", "--seeds 0..10 --vary weight_decay=1e-3,2e-3");
    let off = study("off", "--seeds 2..12 --weight-decay 0");
    let within = printed(&format!("compare {on} --cells 0,1"));
    let names = row(&within, " ");
    assert!(names[0].ends_with("on: weight_decay=0.001"), "{within}");
    assert!(names[1].ends_with("on: weight_decay=0.002"), "{within}");
    assert!(within.contains("over 10 pairs"), "{within}");

    let between = printed(&format!("compare {on} {off} --cells 1,0"));
    assert!(between.contains("over 8 pairs"), "{between}");
    let itself = printed(&format!("compare {on} {on}"));
    assert_eq!(itself.matches("log-rank p = 1\n").count(), 2, "{itself}");
    assert_eq!(interval(row(&itself, "population_acc")[3]), [0.0; 3]);

    let said = refused(&format!("compare {on} {off}"));
    assert!(said.contains("2 cells against 1"), "{said}");
    assert!(refused(&format!("compare {on}")).contains("two cells of the one"));
    assert!(refused(&format!("compare {on} --cells 1")).contains("two cells"));
    let said = refused(&format!("compare {on} --cells 0,2"));
    assert!(
        said.contains("no runs of cell 2, expected a cell from 0 to 1"),
        "{said}"
    );
    let said = refused(&format!("compare {on} {off} --lr 1"));
    assert!(
        said.contains("`learning_rate` is 1, expected to be left out"),
        "{said}"
    );
    let nowhere = folder.path().display().to_string();
    assert!(refused(&format!("compare {on} {nowhere}")).contains("holds no study"));
    std::fs::remove_file(Path::new(&off).join("records.csv")).unwrap();
    assert_eq!(sparsegrok(&format!("compare {off} {off}")).code, 1);
}
