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
    let gained = accuracy[3].strip_suffix(", n = 12").expect(first);
    let [gain, low, high] = interval(gained);
    assert!(early < 0.7 && long > 0.9, "{first}");
    // All three are rounded to the digits that the interval bears.
    let digits = |text: &str| text.split_once('.').unwrap().1.len();
    assert_eq!(digits(accuracy[1]), digits(accuracy[2]));
    let unit = 10_f64.powi(-i32::try_from(digits(accuracy[1])).unwrap());
    assert!((0.01..=0.1).contains(&(unit / (high - low))), "{first}");
    assert!((gain - (long - early)).abs() < 1.6 * unit, "{first}");
    assert!(
        0.2 < low && low < gain && gain < high && high < 0.6,
        "{first}"
    );
    // Wilson's limits: z²/(n + z²), z = 1.96.
    let grokked = [
        "grokked",
        "0 of 12, 0 % [0, 24]",
        "12 of 12, 100 % [76, 100]",
    ];
    assert_eq!(row(first, "grokked"), grokked);
    assert!(row(first, "t_gen")[2].ends_with("], n = 12"), "{first}");
    // All of the early arm is censored before the first T_gen: no test tells the two apart.
    assert_eq!(row(first, "t_gen").len(), 3, "{first}");
    assert!(
        first.ends_with("mean differences over 12 pairs of one seed Student's t."),
        "{first}"
    );
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
            let text = row(&table, figure)[1 + arm];
            let found: f64 = text.parse().unwrap();
            // Four decimals there, three digits here.
            let decimals = text.split_once('.').map_or(0, |(_, rest)| rest.len());
            let rounding = 0.5 * 10_f64.powi(-i32::try_from(decimals).unwrap());
            let apart = (found - said).abs();
            assert!(apart <= rounding + 5e-5, "{figure}: {found}, {said}");
        }
    }
}

/// The range of a few runs would hold the true value far less often than 95 times in 100.
#[test]
fn few_runs_have_no_interval() {
    let of = |seeds: &str| {
        let (line, _) = GROKS.split_once(" --seeds").unwrap();
        printed(&format!("{line} --seeds {seeds}"))
    };
    let two = of("0..2");
    for name in ["train_loss", "population_acc", "weight_norm"] {
        let difference = row(&two, name)[3];
        assert!(difference.ends_with(", no interval from 2 pairs"), "{two}");
    }
    for arm in [1, 2] {
        assert!(
            row(&two, "t_mem")[arm].ends_with(", no interval from 2 runs"),
            "{two}"
        );
        assert!(
            row(&two, "t_gen")[arm].ends_with(", no interval from 2 runs"),
            "{two}"
        );
    }
    // Shares have Wilson's; nothing else has brackets.
    let others = two.lines().filter(|line| !line.starts_with("grokked"));
    assert!(others.clone().all(|line| !line.contains('[')), "{two}");

    // Student's from three pairs on, medians' from six runs on.
    let three = of("0..3");
    let [gain, low, high] = interval(
        row(&three, "population_acc")[3]
            .strip_suffix(", n = 3")
            .unwrap(),
    );
    assert!(low < gain && gain < high, "{three}");
    assert!(
        three.ends_with("3 pairs of one seed Student's t.\n"),
        "{three}"
    );
    let (five, six) = (of("0..5"), of("0..6"));
    assert!(
        row(&five, "t_gen")[2].ends_with(", no interval from 5 runs"),
        "{five}"
    );
    assert!(row(&six, "t_gen")[2].ends_with("], n = 6"), "{six}");
    assert!(of("0..20").ends_with("20 pairs of one seed BCa bootstrap.\n"));
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
    let [grokked, without] = [1, 2].map(|i| row(none, "grokked")[i]);
    assert!(grokked.starts_with("12 of 12, 100 %"), "{none}");
    assert!(without.starts_with("0 of 12, 0 %"), "{none}");
    let t_gen = row(none, "t_gen");
    assert!(
        t_gen[2].starts_with("∞ [∞, ∞], 12 of 12 censored"),
        "{none}"
    );
    assert_eq!(t_gen[3], "log-rank p < 1e-6", "{none}");
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
    assert_eq!(itself.matches("log-rank p = 1.00\n").count(), 2, "{itself}");
    assert_eq!(row(&itself, "population_acc")[3], "0 [0, 0], n = 10");

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
    std::fs::remove_file(Path::new(&off).join("manifest.json")).unwrap();
    assert_eq!(sparsegrok(&format!("compare {off} {off}")).code, 1);
}
