//! Times and statuses: the same however often a run is evaluated, and no more than the evidence bears.

use std::collections::BTreeMap;

use sparsegrok_config::Settings;
use sparsegrok_run::Status;
use sparsegrok_study::{Record, Study};
use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

use crate::support::{file, folder, printed, sparsegrok, text};

/// The runs of a study of a preset.
fn runs(preset: &str, flags: &[(&str, &str)]) -> Vec<Record> {
    let settings = Settings::layered(Some(preset), None, flags).unwrap();
    let study = Study::new(settings.config().unwrap()).unwrap();
    let mut records = Vec::new();
    let hand_over = |group: sparsegrok_study::Group| {
        records.extend(group.records);
        ControlFlow::Continue(())
    };
    study.run(&AtomicBool::new(false), hand_over).unwrap();
    records
}

/// Each run's times, brackets and status, and which times are lost again. When they are lost is looked
/// for in evaluations alone.
fn found(records: &[Record]) -> Vec<String> {
    let runs = records.iter().map(|run| {
        let times = run.milestones.times();
        let times = times.map(|t| (t.at, t.low, t.high, t.lost.is_some()));
        format!("{:?} {times:?}", run.milestones.status)
    });
    runs.collect()
}

const CADENCES: [(&str, &str); 5] = [
    ("eval_every", "1"),
    ("eval_every", "7"),
    ("eval_every", "50"),
    ("eval_every", "200"),
    ("eval_points", "40"),
];

/// Three settings that grok, small enough to be trained fifteen times here.
const GROKKING: [&[(&str, &str)]; 3] = [
    &[
        ("n_train", "128"),
        ("weight_decay", "8e-4"),
        ("epochs", "1500"),
    ],
    &[
        ("n_train", "256"),
        ("d_signal", "8"),
        ("init", "gaussian"),
        ("weight_decay", "4e-4"),
        ("epochs", "1400"),
    ],
    &[
        ("n_train", "200"),
        ("batch_size", "4"),
        ("learning_rate", "0.2"),
        ("weight_decay", "1e-3"),
        ("schedule", "cosine"),
        ("epochs", "1600"),
    ],
];

#[test]
fn times_and_statuses_do_not_depend_on_the_cadence() {
    for setting in GROKKING {
        let at = |cadence: (&str, &str)| {
            let flags = [setting, &[("n_test", "0"), ("seeds", "0..64"), cadence]].concat();
            // The preset has a cadence of its own, which flags replace.
            let records = runs("grok-a", &flags);
            assert_eq!(records.len(), 64);
            records
        };
        let every = at(CADENCES[0]);
        let grokked = every
            .iter()
            .filter(|run| run.milestones.status == Status::Grokked);
        assert!(grokked.count() > 32, "{setting:?} groks");
        for run in &every {
            let found = &run.milestones;
            assert_ne!(found.status, Status::Undecided);
            for time in [found.t_mem, found.t_gen] {
                assert_eq!(time.uncertainty(), 0, "{time:?}");
                assert!(
                    time.at.is_none_or(|at| Some(at as u64) == time.high),
                    "{time:?}"
                );
            }
        }
        for cadence in &CADENCES[1..] {
            assert_eq!(
                found(&at(*cadence)),
                found(&every),
                "{setting:?} {cadence:?}"
            );
        }
    }
}

/// Without looks between them, brackets are as wide as evaluations are apart, and hold the time that
/// looking every epoch finds.
#[test]
fn brackets_of_a_trace_hold_the_time_of_every_epoch() {
    use sparsegrok_run::Milestones;
    let flags = [("n_test", "0"), ("seeds", "0..16"), ("eval_every", "1")];
    let settings = Settings::layered(Some("grok-a"), None, &flags).unwrap();
    let config = settings.config().unwrap();
    for run in runs("grok-a", &flags) {
        let exact = run.milestones;
        for apart in [10, 50, 200] {
            let due = |epoch: u64| epoch == 1 || epoch.is_multiple_of(apart);
            let thinned = run.trace.iter().filter(|e| due(e.epoch)).collect();
            let found = Milestones::of(&thinned, &config.evaluate, config.train.epochs);
            for (found, exact) in found.times().iter().zip(exact.times()) {
                let Some(at) = exact.high else { continue };
                assert!(found.low < at, "{found:?} {exact:?}");
                assert!(
                    found.high.is_none_or(|high| at <= high),
                    "{found:?} {exact:?}"
                );
            }
            let allowed = [exact.status, Status::Undecided];
            assert!(allowed.contains(&found.status), "{found:?} {exact:?}");
        }
    }
}

/// Rows of a CSV file, by the names of their columns.
fn rows(csv: &str) -> Vec<BTreeMap<String, String>> {
    let mut lines = csv.lines();
    let names: Vec<_> = lines.next().unwrap().split(',').collect();
    lines
        .map(|line| {
            let cells = names.iter().zip(line.split(','));
            cells
                .map(|(name, cell)| ((*name).to_owned(), cell.to_owned()))
                .collect()
        })
        .collect()
}

/// The slowest cell of the README's grid: most of its runs cross in the last 200 epochs.
#[test]
fn a_crossing_near_the_end_is_counted_or_said_to_be_unconfirmed() {
    let folder = folder();
    let path = folder.path().join("slow");
    let line = format!(
        "study --preset grok-a --seeds 0..32 --weight-decay 5e-5 --out {}",
        path.display()
    );
    let outcome = sparsegrok(&line);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let summary: serde_json::Value =
        serde_json::from_str(&text(path.join("summary.json"))).unwrap();
    let cell = &summary["cells"][0];
    let rate = cell["grok_rate"]["estimate"].as_f64().unwrap();
    let median = cell["t_gen"]["median"].as_f64().unwrap();
    assert!(rate >= 0.69, "{cell}");
    // The theory's time.
    assert!((median / 2848.0 - 1.0).abs() < 0.01, "{cell}");
    let records = rows(&text(path.join("records.csv")));
    let unconfirmed: Vec<_> = records
        .iter()
        .filter(|row| row["unconfirmed"] == "t_gen")
        .collect();
    assert_eq!(cell["t_gen"]["unconfirmed"], unconfirmed.len());
    assert!(!unconfirmed.is_empty());
    for row in unconfirmed {
        let [low, high]: [u64; 2] =
            ["t_gen_low", "t_gen_high"].map(|name| row[name].parse().unwrap());
        assert_eq!((row["t_gen"].as_str(), low + 1), ("", high));
        // 1 % of 3,000 epochs were not left.
        assert!(high > 3000 - 30 + 1, "{row:?}");
    }
    assert!(
        outcome
            .stderr
            .contains("reached the threshold of T_gen too late to be confirmed"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_short_run_on_a_file_says_when_it_memorized() {
    let folder = folder();
    let train = file(&folder, "t.svm", "1 1:1\n-1 1:-1\n1 1:-1\n");
    let line = format!("run --train {train} --memorize --epochs 20 --columns epoch");
    let said = sparsegrok(&line).stderr;
    assert!(said.starts_with("undecided: memorized at epoch "), "{said}");
    assert!(
        said.contains("no figure tells if it generalized: that takes test rows"),
        "{said}"
    );
}

/// Nothing can tell if these generalize.
#[test]
fn there_is_no_verdict_without_evidence() {
    let line = "run --preset grok-a --loss squared --target linear --accuracy-tolerance 1 --lr 0.03 --n-test 0 --epochs 100 --columns epoch";
    let said = sparsegrok(line).stderr;
    assert!(said.starts_with("undecided: memorized at epoch "), "{said}");
    let folder = folder();
    let path = folder.path().join("study");
    let line = format!(
        "study --preset grok-a --loss squared --target linear --accuracy-tolerance 1 --lr 0.03 --n-test 0 --epochs 100 --seeds 0..8 --out {}",
        path.display()
    );
    let said = sparsegrok(&line).stderr;
    assert!(
        said.contains("8 runs undecided: no figure tells if they generalized"),
        "{said}"
    );
    for row in rows(&text(path.join("records.csv"))) {
        assert_eq!(row["status"], "undecided");
    }
}

#[test]
fn absent_figures_are_not_zero() {
    let folder = folder();
    let train = file(&folder, "t.svm", "1 1:1\n-1 1:-1\n");
    let line = format!("compare --train {train} --early-epochs 2 --long-epochs 4");
    assert_eq!(printed(&line).matches("Test Acc: none").count(), 2);
    let line =
        format!("run --train {train} --epochs 2 --columns test_acc,epoch --number-format g6");
    assert_eq!(printed(&line), "test_acc,epoch\n,1\n,2\n");
    // The reference programs count an accuracy on no rows as 0.
    let line = "run --preset reference-toy --n-test 0 --epochs 1 --columns test_acc,epoch";
    assert_eq!(printed(line), "test_acc,epoch\n0,1\n");
}

/// Strong decay takes away what was memorized.
#[test]
fn memorization_that_is_lost_again_is_said() {
    let line = "run --preset reference-toy --number-format shortest --weight-decay 0.1 \
                --persistence 3epochs --columns epoch";
    let said = sparsegrok(line).stderr;
    assert!(said.contains("lost again at epoch"), "{said}");
    let folder = folder();
    let path = folder.path().join("study");
    let line = format!(
        "study --memorization-scale 5 --weight-decay 0.3 --epochs 1000 --persistence 2epochs --seeds 0..8 --out {}",
        path.display()
    );
    let said = sparsegrok(&line).stderr;
    assert!(said.contains("lost again what T_mem stands for"), "{said}");
}

/// T_gen comes before ten times T_mem: the ratio is said, and not that it came at once.
#[test]
fn teacher_and_student_generalize_early() {
    let line = "run --preset teacher-student --n-train 1000 --d-signal 100 --columns epoch";
    let said = sparsegrok(line).stderr;
    assert!(
        said.starts_with("generalized early: memorized at epoch "),
        "{said}"
    );
    assert!(
        said.contains(" times as late\n  accuracy at epoch"),
        "{said}"
    );
}

/// The settings of grok-a typed without the preset, under the default cadence.
#[test]
fn the_default_cadence_finds_grokking() {
    let line = "run --signal-scale 0.1 --memorization-scale 5 --learning-rate 0.05 --weight-decay 1e-4 \
                --epochs 3000 --init orthogonal --init-norm 100 --columns epoch --data-seed 0 --order-seed 0";
    let outcome = sparsegrok(line);
    assert!(
        outcome.stderr.starts_with("grokked: memorized at epoch 1"),
        "{outcome:?}"
    );
    let epochs: Vec<u64> = outcome
        .stdout
        .lines()
        .skip(1)
        .map(|e| e.parse().unwrap())
        .collect();
    assert_eq!(epochs[..5], [1, 2, 3, 4, 5]);
    assert!(epochs.len() < 100);
}

#[test]
fn a_horizon_before_the_predicted_time_is_warned_of() {
    let folder = folder();
    let path = folder.path().join("short");
    let line = format!(
        "study --preset grok-a --n-test 0 --epochs 800 --seeds 0..2 --out {}",
        path.display()
    );
    let beyond = "the theory puts T_gen at epoch 1470, and 800 are trained";
    let few = "2 runs of each cell: a median has an interval from 6 on";
    for said in [
        sparsegrok(&line).stderr,
        sparsegrok(&format!("report {}", path.display())).stderr,
        printed(&format!("explain {}", path.display())),
        text(path.join("report/index.html")),
    ] {
        // The page has subscripts, and lines of the terminal end where words do.
        let said = said.replace("<sub>", "_").replace("</sub>", "");
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(beyond) && said.contains(few), "{said}");
    }
    let explained = printed("explain --preset grok-a --epochs 800");
    assert!(explained.contains("beyond the 800 trained"), "{explained}");
}
