//! Diagonal networks at the command: they grok, in studies that are divided, stopped, resumed, merged and reported.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use sparsegrok_config::Settings;
use sparsegrok_study::{Directory, Study};

use crate::support::{folder, printed, text};

/// The preset at a size that takes no time.
const SMALL: [(&str, &str); 6] = [
    ("n_train", "64"),
    ("d_signal", "300"),
    ("n_test", "200"),
    ("weight_decay", "0.02"),
    ("epochs", "6000"),
    ("eval_points", "300"),
];

/// The preset's flags at that size.
fn small() -> String {
    let flag = |(key, value): (&str, &str)| format!(" --{} {value}", key.replace('_', "-"));
    let flags: String = SMALL.into_iter().map(flag).collect();
    format!("--preset diagonal{flags}")
}

fn tables(study: &Path) -> [String; 3] {
    ["records.csv", "curves.csv", "traces.csv"].map(|name| text(study.join(name)))
}

#[test]
fn a_study_is_the_same_divided_stopped_resumed_and_merged() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    let flags = format!("{} --seeds 0..12 --vary init_scale=1,3", small());
    let study = |name: &str, more: &str| {
        printed(&format!(
            "study {flags} {more} --out {}",
            path(name).display()
        ));
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
    assert!(tables(&path("whole")) == tables(&path("merged")));

    let more = [
        ("seeds", "0..12"),
        ("vary", "init_scale=1,3"),
        ("threads", "2"),
    ];
    let settings = Settings::layered(Some("diagonal"), None, &[&SMALL[..], &more].concat());
    let study = Study::new(settings.unwrap().config().unwrap()).unwrap();
    let (stop, never) = (AtomicBool::new(false), AtomicBool::new(false));
    let resumed = path("resumed");
    let mut directory = Directory::create(&resumed, false, &study).unwrap();
    let ran = directory.run(&stop, |_| stop.store(true, Relaxed)).unwrap();
    directory.finish(&ran).unwrap();
    assert!(ran.runs < 24, "{} runs", ran.runs);
    let unfinished = Directory::unfinished(&resumed).unwrap().unwrap();
    let mut directory = Directory::resume(&resumed, unfinished, &study).unwrap();
    let ran = directory.run(&never, |_| ()).unwrap();
    directory.finish(&ran).unwrap();
    assert_eq!(ran.runs, 24);
    assert!(tables(&path("whole")) == tables(&resumed));

    let summary: serde_json::Value =
        serde_json::from_str(&text(resumed.join("summary.json"))).unwrap();
    let medians = [0, 1].map(|cell: usize| {
        let cell = &summary["cells"][cell];
        assert!(cell["status"]["grokked"].as_u64() >= Some(11), "{cell}");
        cell["t_gen"]["median"].as_f64().unwrap()
    });
    // ln 3 of them in ηλT, within what 12 seeds of so small a task tell.
    let later = 0.05 * 0.02 * (medians[1] - medians[0]);
    assert!((later - 3.0_f64.ln()).abs() < 0.15, "{later}");
    printed(&format!("report {} --format html", resumed.display()));
    let page = text(resumed.join("report/index.html"));
    assert!(page.contains("init_scale"));
}

#[test]
fn a_run_is_saved_as_the_linear_model_that_it_is() {
    let folder = folder();
    let [model, rows, trace] =
        ["a.model", "rows.svm", "a.csv"].map(|name| folder.path().join(name));
    printed(&format!(
        "run {} --epochs 9 --model {} --out {}",
        small(),
        model.display(),
        trace.display()
    ));
    let saved = text(&model);
    assert!(saved.contains("family = \"diagonal\""), "{saved}");
    let row = |sign: &str| {
        let columns = (1..=300).map(|column| format!(" {column}:1"));
        format!("{sign}{}\n", columns.collect::<String>())
    };
    fs::write(&rows, row("1") + &row("-1")).unwrap();
    let said = printed(&format!(
        "predict --model {} {}",
        model.display(),
        rows.display()
    ));
    let labels: Vec<&str> = said.lines().collect();
    assert_eq!(labels.len(), 2, "{said}");
    assert_eq!(labels[0], labels[1]);
}
