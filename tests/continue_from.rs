//! Runs that begin with the weights of a saved model: what they begin with, that they are the same however they are
//! trained, and ungrokking.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use sparsegrok_config::{Config, Settings};
use sparsegrok_kernel::Figure;
use sparsegrok_log::{Outputs, Shard, Unfinished, Work};
use sparsegrok_run::models::family_of;
use sparsegrok_run::{Beginning, Event, Run, load, run, run_watched};
use sparsegrok_study::{Directory, Study};
use tempfile::TempDir;

use crate::support::{file, folder, last_row, printed, refused, text};

/// A few rows that are soon generalized: the settings of the models that are saved.
const FEW: &str = "--preset grok-a --n-train 80 --n-test 40 --weight-decay 0.02 --epochs 60";

/// Saves the model of these settings and some more; its path.
fn saved(folder: &TempDir, name: &str, more: &str) -> String {
    let path = folder.path().join(name).display().to_string();
    let csv = folder.path().join(format!("{name}.csv"));
    printed(&format!(
        "run {FEW} {more} --model {path} --out {}",
        csv.display()
    ));
    path
}

/// The settings of runs on other rows that begin with a model.
fn begun(model: &str, more: &[(&str, &str)]) -> Config {
    let few = [
        ("n_train", "50"),
        ("n_test", "20"),
        ("weight_decay", "0.02"),
        ("epochs", "90"),
        ("eval_points", "30"),
        ("data_seed", "3"),
        ("continue_from", model),
    ];
    let settings = Settings::layered(Some("grok-a"), None, &[&few[..], more].concat());
    settings.unwrap().config().unwrap()
}

/// The bits of a run's evaluations and last weights.
fn bits(run: &Run) -> Vec<u64> {
    let figures = run.trace.iter().flat_map(|evaluation| {
        let figures = Figure::ALL;
        figures.map(|figure| evaluation[figure].to_bits())
    });
    let weights = run.weights.iter().flat_map(|(_, values)| values);
    figures
        .chain(weights.map(|weight| weight.to_bits()))
        .collect()
}

fn tables(study: &Path) -> [String; 3] {
    ["records.csv", "curves.csv", "traces.csv"].map(|name| text(study.join(name)))
}

#[test]
fn a_run_begins_with_the_shared_weights_of_the_model_and_none_of_its_rows() {
    let folder = folder();
    let model = saved(&folder, "a.model", "");
    let last = last_row(&printed(&format!(
        "run {FEW} --columns signal_norm,teacher_cosine,test_loss,memorization_norm"
    )));
    // Steps so small move nothing that is printed.
    let columns = "--columns signal_norm,teacher_cosine,test_loss,memorization_norm";
    for rows in ["80", "30"] {
        let line = format!("run {FEW} {columns} --n-train {rows} --learning-rate 1e-13 --epochs 1");
        // The same stream draws training rows first, so that test rows are others beside fewer of them.
        let first = last_row(&printed(&format!("{line} --continue-from {model}")));
        assert!(
            (first[0] - last[0]).abs() < 1e-9,
            "{first:?} after {last:?}"
        );
        assert!(
            (first[1] - last[1]).abs() < 1e-9,
            "{first:?} after {last:?}"
        );
        assert!(first[3] < 1e-9 && last[3] > 0.1, "{first:?} after {last:?}");
        if rows == "80" {
            assert!(
                (first[2] - last[2]).abs() < 1e-9,
                "{first:?} after {last:?}"
            );
        }
    }
}

#[test]
fn tail_weights_and_the_intercept_are_begun_with() {
    let folder = folder();
    let rows = file(
        &folder,
        "rows.svm",
        "1 1:1 9:2\n-1 2:1 9:1\n1 4:3\n-1 4:-1\n",
    );
    let model = folder.path().join("tail.model").display().to_string();
    let line = format!("--train {rows} --memorize --bias --learning-rate 0.1 --columns objective");
    printed(&format!("run {line} --epochs 40 --model {model}"));
    let again = folder.path().join("again.model").display().to_string();
    printed(&format!(
        "run {line} --learning-rate 1e-300 --epochs 1 --continue-from {model} --model {again}"
    ));
    let scores = |model: &str| printed(&format!("predict {rows} --scores --model {model}"));
    assert_eq!(scores(&again), scores(&model));
    let said = refused(&format!(
        "run --train {rows} --epochs 1 --continue-from {model}"
    ));
    assert!(said.contains("is a model of an intercept of"), "{said}");
}

#[test]
fn the_kernel_the_company_and_interruptions_change_no_bit() {
    let folder = folder();
    let model = saved(&folder, "a.model", "");
    let config = begun(&model, &[]);
    let problem = load(&config).unwrap().problem;
    let whole = run(&config, &problem).unwrap();
    for kernel in ["scalar", "lanes"] {
        let other = run(&begun(&model, &[("kernel", kernel)]), &problem).unwrap();
        assert!(bits(&other) == bits(&whole), "{kernel}");
    }
    let dense = run(&begun(&model, &[("kernel", "dense")]), &problem).unwrap();
    let [dense, sparse] = [&dense, &whole].map(|run| run.last());
    let apart = dense[Figure::WeightNorm] / sparse[Figure::WeightNorm] - 1.0;
    assert!(apart.abs() < 1e-9, "{apart}");

    let path = folder.path().join("kept");
    let family = family_of(&config);
    let begun_with = |config: &Config| Beginning::of(&*family, config, &problem).unwrap().unwrap();
    let beginning = begun_with(&config);
    let files = [beginning.file];
    let kept = Unfinished::begin(&path, Work::Run, &config, &files, None, Outputs::new());
    let mut kept = kept.unwrap();
    for end in [1, 33, 90] {
        let mut watch = |event: Event<'_>| match event {
            Event::Epoch(epoch) if epoch == end => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        };
        let ran = run_watched(
            &*family,
            &config,
            &problem,
            Some(&beginning.state),
            Some(&kept),
            &mut watch,
        )
        .unwrap();
        drop(kept);
        kept = Unfinished::open(&path, Work::Run).unwrap();
        match ran {
            ControlFlow::Break(()) => assert!(end < 90),
            ControlFlow::Continue(run) => assert!(end == 90 && bits(&run) == bits(&whole)),
        }
    }
    assert!(kept.check(&config, &files).is_ok());
    let other = saved(&folder, "b.model", "--epochs 50");
    let changed = [begun_with(&begun(&other, &[])).file];
    let said = kept.check(&config, &changed).unwrap_err().to_string();
    assert!(
        said.contains("`continue_from` is a file of CRC-32"),
        "{said}"
    );
}

#[test]
fn a_study_is_the_same_divided_stopped_and_resumed_and_refuses_a_changed_model() {
    let folder = folder();
    let model = saved(&folder, "a.model", "");
    let more = [("seeds", "0..12"), ("vary", "weight_decay=0.01,0.02")];
    let study = Study::new(begun(&model, &more)).unwrap();
    let path = |name: &str| folder.path().join(name);
    let never = AtomicBool::new(false);
    let trained = |name: &str, study: &Study| {
        let mut directory = Directory::create(&path(name), false, study).unwrap();
        let ran = directory.run(&never, |_| ()).unwrap();
        directory.finish(&ran).unwrap();
    };
    trained("whole", &study);
    for (name, key, value) in [("alone", "kernel", "scalar"), ("one", "threads", "1")] {
        let more = [&more[..], &[(key, value)]].concat();
        trained(name, &Study::new(begun(&model, &more)).unwrap());
        assert!(tables(&path(name)) == tables(&path("whole")), "{name}");
    }
    for index in 0..2 {
        let shard = Shard { index, of: 2 };
        trained(
            &format!("shard{index}"),
            &study.clone().of_shard(Some(shard)),
        );
    }
    let [first, second, merged] =
        ["shard0", "shard1", "merged"].map(|name| path(name).display().to_string());
    printed(&format!("merge {first} {second} --out {merged}"));
    assert!(tables(&path("merged")) == tables(&path("whole")));

    // Its runs are the single ones of their seeds.
    let config = begun(&model, &[]);
    let single = run(&config, &load(&config).unwrap().problem).unwrap();
    let traces = tables(&path("whole"))[2].clone();
    let last = format!("1,0,90,{},", single.last()[Figure::TrainAcc]);
    assert!(traces.contains(&last), "no {last} in {traces}");

    let stop = AtomicBool::new(false);
    let resumed = path("resumed");
    // On one thread nothing else is under way when the first group comes.
    let alone = Study::new(begun(&model, &[&more[..], &[("threads", "1")]].concat())).unwrap();
    let mut directory = Directory::create(&resumed, false, &alone).unwrap();
    let ran = directory.run(&stop, |_| stop.store(true, Relaxed)).unwrap();
    directory.finish(&ran).unwrap();
    assert!(ran.runs < 24, "{} runs", ran.runs);
    let saved_bytes = fs::read(&model).unwrap();
    saved(&folder, "a.model", "--epochs 50 --force");
    let said = refused(&format!("study --resume {}", resumed.display()));
    assert!(
        said.contains("`continue_from` is a file of CRC-32"),
        "{said}"
    );
    fs::write(&model, saved_bytes).unwrap();
    printed(&format!("study --resume {}", resumed.display()));
    assert!(tables(&resumed) == tables(&path("whole")));
}

#[test]
fn a_model_that_generalized_forgets_on_few_rows_and_not_on_many() {
    let folder = folder();
    let model = folder.path().join("grokked.model").display().to_string();
    // β as in the preset, decay sixteen times as fast in epochs.
    let grok = "run --preset grok-a --learning-rate 0.2 --columns population_acc";
    let first = last_row(&printed(&format!(
        "{grok} --weight-decay 4e-4 --epochs 400 --model {model}"
    )));
    assert!(first[0] > 0.95, "{first:?}");
    let last = |rows: &str, decay: &str, more: &str| {
        let line = format!("{grok} --n-train {rows} --weight-decay {decay} --epochs 800 {more}");
        last_row(&printed(&line))[0]
    };
    let begun = format!("--continue-from {model}");
    let few = last("20", "1e-2", &begun);
    let many = last("300", "6.8e-4", &begun);
    assert!(few < 0.9 && many > 0.95, "{few} and {many}");
    // The end does not remember the beginning.
    assert!((few - last("20", "1e-2", "")).abs() < 1e-3);
}
