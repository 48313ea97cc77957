//! Families of models beside the linear one, at the command: in studies that are divided, stopped, resumed, merged and
//! reported.

use std::fs;
use std::path::Path;

use crate::parts::{Keys, Parts, flags};
use crate::support::{folder, printed, sparsegrok, text};

/// Diagonal networks at a size that takes no time.
const DIAGONAL: Keys<'_> = &[
    ("n_train", "64"),
    ("d_signal", "300"),
    ("n_test", "200"),
    ("weight_decay", "0.02"),
    ("epochs", "6000"),
    ("eval_points", "300"),
];

/// Networks of modular addition at a size that takes no time.
const NETWORK: Keys<'_> = &[
    ("modulus", "23"),
    ("width", "100"),
    ("data_fraction", "0.7"),
    ("label_noise", "0.2"),
    ("epochs", "200"),
    ("eval_every", "20"),
];

fn cells(study: &Path) -> Vec<serde_json::Value> {
    let text = text(study.join("summary.json"));
    let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
    summary["cells"].as_array().unwrap().clone()
}

#[test]
fn diagonal_networks_are_the_same_divided_stopped_resumed_and_merged() {
    let folder = folder();
    let study = Parts {
        preset: Some("diagonal"),
        keys: DIAGONAL,
        axes: &["init_scale=1,3"],
        seeds: 12,
        runs: 24,
    };
    let study = study.are_the_whole(folder.path());
    let medians = cells(&study).into_iter().map(|cell| {
        assert!(cell["status"]["grokked"].as_u64() >= Some(11), "{cell}");
        cell["t_gen"]["median"].as_f64().unwrap()
    });
    let medians: Vec<f64> = medians.collect();
    // ln 3 of them in ηλT, within what 12 seeds of so small a task tell.
    let later = 0.05 * 0.02 * (medians[1] - medians[0]);
    assert!((later - 3.0_f64.ln()).abs() < 0.15, "{later}");
    printed(&format!("report {} --format html", study.display()));
    let page = text(study.join("report/index.html"));
    assert!(page.contains("init_scale"));
}

#[test]
fn networks_are_the_same_divided_stopped_resumed_and_merged() {
    let folder = folder();
    let study = Parts {
        preset: Some("unlearn"),
        keys: NETWORK,
        axes: &["weight_decay=0,15"],
        seeds: 12,
        runs: 24,
    };
    let study = study.are_the_whole(folder.path());
    let records = text(study.join("records.csv"));
    let header: Vec<&str> = records.lines().next().unwrap().split(',').collect();
    let column = |name: &str| header.iter().position(|of| *of == name).unwrap();
    let ends = records.lines().skip(1).map(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        let number = |name: &str| fields[column(name)].parse::<f64>().unwrap();
        (
            fields[column("weight_decay")] == "15",
            number("final_train_acc_noisy"),
            number("final_train_acc_clean"),
        )
    });
    for (decays, noisy, clean) in ends {
        match decays {
            true => assert!(noisy < 0.95, "{noisy}"),
            false => assert_eq!((noisy, clean), (1.0, 1.0)),
        }
    }
    printed(&format!("report {} --format html", study.display()));
    let page = text(study.join("report/index.html"));
    for words in ["random labels", "periodic neurons"] {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn a_network_is_run_stopped_and_resumed_in_batches_too() {
    let folder = folder();
    let [whole, kept] = ["whole.csv", "kept.csv"].map(|name| folder.path().join(name));
    let flags = format!(
        "{} --batch-size 50 --optimizer momentum --learning-rate 1 --loss logistic --activation relu --epochs 60",
        flags(Some("modular-small"), &[("modulus", "11"), ("width", "30")])
    );
    printed(&format!("run {flags} --out {}", whole.display()));
    let trace = text(&whole);
    assert!(trace.lines().count() > 10, "{trace}");
    printed(&format!(
        "run {flags} --simd portable --out {}",
        kept.display()
    ));
    assert_eq!(text(&kept), trace);
    let model = folder.path().join("a.model");
    let outcome = sparsegrok(&format!("run {flags} --model {}", model.display()));
    assert_eq!(outcome.code, 2, "{outcome:?}");
    assert!(!model.exists());
}

#[test]
fn a_run_is_saved_as_the_linear_model_that_it_is() {
    let folder = folder();
    let [model, rows, trace] =
        ["a.model", "rows.svm", "a.csv"].map(|name| folder.path().join(name));
    printed(&format!(
        "run {} --epochs 9 --model {} --out {}",
        flags(Some("diagonal"), DIAGONAL),
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
