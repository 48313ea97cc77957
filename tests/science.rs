//! The theory beside what is measured: `explain`, `presets`, `validate`.

use crate::support::{folder, printed, refused};

#[test]
fn the_reference_program_is_told_why_it_does_not_grok() {
    let text = printed("explain --preset reference-toy");
    let sentence = unwrapped(&text);
    assert!(
        sentence.contains("This will not grok: the initial signal weights are zero"),
        "{text}"
    );
    assert!(text.contains("the start hides the signal"), "{text}");
}

#[test]
fn what_is_said_of_grok_a_is_what_a_study_measures() {
    let text = printed("explain --preset grok-a");
    assert!(text.contains("This will grok: "), "{text}");
    let folder = folder();
    let out = folder.path().join("study").display().to_string();
    printed(&format!(
        "study --preset grok-a --seeds 0..64 --eval-points 400 --out {out}"
    ));
    let beside = printed(&format!("explain {out}"));
    assert!(
        beside.contains("64 of 64 runs grokked; the conditions hold"),
        "{beside}"
    );
    for (said, measured) in [
        ("T_mem, train accuracy 0.99 ", "T_mem, median "),
        ("T_gen, population accuracy 0.9 ", "T_gen, median "),
    ] {
        let last = |line: &str| line.split_whitespace().last().map(str::to_owned);
        let said = text.lines().find_map(|line| last(line.strip_prefix(said)?));
        let row = beside
            .lines()
            .find_map(|line| line.trim().strip_prefix(measured));
        let cells: Vec<&str> = row.unwrap().split_whitespace().collect();
        assert_eq!(said.as_deref(), Some(cells[0]), "{beside}");
        let ratio: f64 = cells[2].parse().unwrap();
        assert!((ratio - 1.0).abs() <= 0.05, "{beside}");
    }
    let curve = beside
        .lines()
        .filter(|line| line.contains("population accuracy at epoch"));
    let apart: Vec<f64> = curve
        .map(|line| {
            let cells: Vec<f64> = line
                .split_whitespace()
                .filter_map(|c| c.parse().ok())
                .collect();
            (cells[0] - cells[1]).abs()
        })
        .collect();
    assert_eq!(apart.len(), 6, "{beside}");
    assert!(apart.iter().all(|apart| *apart <= 0.01), "{beside}");
}

/// If nothing is hidden, there is no time to predict, and none to divide by.
#[test]
fn no_ratio_is_made_with_a_time_that_is_not_there() {
    let folder = folder();
    let out = folder.path().join("study").display().to_string();
    printed(&format!(
        "study --preset no-grok-zero-init --n-test 0 --epochs 100 --eval-points 20 --seeds 0..4 \
         --out {out}"
    ));
    let beside = printed(&format!("explain {out}"));
    for time in ["T_mem, median", "T_gen, median"] {
        let row = beside.lines().find(|line| line.contains(time)).unwrap();
        let (_, cells) = row.split_once("median").unwrap();
        let cells: Vec<&str> = cells.split("  ").map(str::trim).collect();
        let cells: Vec<&str> = cells.into_iter().filter(|cell| !cell.is_empty()).collect();
        assert_eq!((cells[0], cells[2]), ("at once", "—"), "{beside}");
    }
    assert!(
        !beside.contains("inf") && !beside.contains("NaN"),
        "{beside}"
    );
}

#[test]
fn what_the_theory_does_not_cover_gets_no_numbers() {
    for (line, because) in [
        ("explain --preset ridge", "memorization_scale is 0"),
        (
            "explain --preset grok-a --target linear --loss squared",
            "targets are real numbers",
        ),
        ("explain --preset grok-a --bias", "an intercept is trained"),
        (
            "explain --preset grok-a --signal-values signs",
            "signal features are signs",
        ),
        (
            "explain --preset grok-a --separation 0.5",
            "rows are moved away",
        ),
        ("explain --preset diagonal", "diagonal networks are trained"),
    ] {
        let text = printed(line);
        assert!(
            text.starts_with("No answer: the theory does not cover this"),
            "{text}"
        );
        assert!(text.contains(because), "{text}");
    }
}

#[test]
fn a_directory_without_a_study_cannot_be_explained() {
    let message = refused("explain no-such-study");
    assert!(
        message.contains("no-such-study: holds no study"),
        "{message}"
    );
    // A study has a configuration of its own.
    for flag in ["--preset grok-a", "--epochs 3"] {
        let message = refused(&format!("explain no-such-study {flag}"));
        assert!(message.contains("no-such-study has its own"), "{message}");
    }
}

#[test]
fn presets_say_what_they_are_and_what_comes_out() {
    let text = printed("presets");
    for name in [
        "reference-toy",
        "reference-early-vs-long",
        "grok-a",
        "grok-b",
        "grok-c",
        "no-grok-zero-init",
        "no-grok-no-decay",
        "ridge",
        "teacher-student",
        "double-descent",
        "edge",
        "diagonal",
        "misgrok",
        "modular",
        "unlearn",
        "modular-small",
    ] {
        let from = text.find(&format!("\n{name}: ")).map_or(0, |at| at + 1);
        let section = text[from..].split("\n\n").next().unwrap();
        assert!(
            section.starts_with(&format!("{name}: sparsegrok ")),
            "{text}"
        );
        for heading in ["--preset ", "    settings  ", "    expected  "] {
            assert!(section.contains(heading), "{section}");
        }
    }
    assert!(
        text.lines().all(|line| line.chars().count() <= 100),
        "{text}"
    );
}

#[test]
fn new_presets_run() {
    for line in [
        "run --preset grok-b --epochs 3",
        "run --preset grok-c --epochs 3",
        "run --preset no-grok-zero-init --epochs 3",
        "run --preset no-grok-no-decay --epochs 3",
        "run --preset ridge --epochs 30",
        "run --preset teacher-student --epochs 3 --n-train 50 --d-signal 20",
        "run --preset diagonal --epochs 3",
        "run --preset misgrok --epochs 3",
        "run --preset modular --epochs 3",
        "run --preset unlearn --epochs 3",
        "run --preset modular-small --epochs 3",
    ] {
        assert!(
            printed(line).starts_with("epoch,train_acc,test_acc,"),
            "{line}"
        );
    }
}

#[test]
#[ignore = "measures for a minute or two on two cores: cargo test -- --ignored"]
fn anchors_are_as_expected() {
    let table = printed("validate --quick");
    assert!(table.lines().count() > 30, "{table}");
    assert!(!table.contains("MISSED"), "{table}");
}

/// A text with its lines joined.
fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
