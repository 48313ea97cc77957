//! Studies: their files, byte for byte, and what is refused.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::support::{file, folder, printed, process, refused, shipped, sparsegrok, text};

/// Twelve seeds of four cells, the last of which have a short final batch: a moment's work.
const QUICK: &str = "study --n-train 30 --n-test 20 --epochs 60 --eval-points 6 --seeds 3..15 \
                     --init gaussian --vary weight_decay=1e-4,1e-2 --vary batch_size=1,7";

/// The files that must not depend on how a study was run.
const RESULTS: [&str; 4] = ["records.csv", "curves.csv", "traces.csv", "summary.json"];

/// Runs a study into a new directory.
fn study(folder: &TempDir, name: &str, line: &str) -> PathBuf {
    let path = folder.path().join(name);
    assert_eq!(printed(&format!("{line} --out {}", path.display())), "");
    path
}

fn results(path: &Path) -> [String; 4] {
    RESULTS.map(|name| text(path.join(name)))
}

/// The rows of a CSV file, without its header, as cells.
fn rows(csv: &str) -> Vec<Vec<&str>> {
    csv.lines()
        .skip(1)
        .map(|line| line.split(',').collect())
        .collect()
}

fn header(csv: &str) -> Vec<&str> {
    csv.lines().next().expect("a header").split(',').collect()
}

fn levels() -> Vec<String> {
    let levels = sparsegrok_kernel::Level::available();
    levels.iter().map(ToString::to_string).collect()
}

#[test]
fn results_do_not_depend_on_how_they_were_computed() {
    let folder = folder();
    let plain = results(&study(&folder, "plain", QUICK));
    let mut others = vec![
        "--kernel scalar".to_owned(),
        "--kernel lanes".to_owned(),
        "--threads 1".to_owned(),
        "--threads 2".to_owned(),
        "--threads 5 --kernel scalar".to_owned(),
    ];
    for level in levels() {
        others.push(format!("--simd {level} --kernel lanes"));
        others.push(format!("--simd {level} --kernel scalar"));
    }
    for (i, other) in others.iter().enumerate() {
        let path = study(&folder, &i.to_string(), &format!("{QUICK} {other}"));
        for ((name, plain), found) in RESULTS.iter().zip(&plain).zip(results(&path)) {
            assert_eq!(plain, &found, "{name} under {other}");
        }
    }
}

#[test]
fn a_seed_is_the_same_in_any_company() {
    let folder = folder();
    for flags in [
        "--seeds 0..11",
        "--seeds 0..11 --seed-what order",
        "--seeds 0..11 --rng libstdcxx --loss squared --lr 0.01",
    ] {
        let line = format!("study --n-train 30 --n-test 0 --epochs 40 --eval-every 20 {flags}");
        let few = study(&folder, "few", &line);
        let line = line.replace("0..11", "0..16");
        let more = study(&folder, "more", &format!("{line} --vary bias=false"));
        let (few, more) = (
            text(few.join("records.csv")),
            text(more.join("records.csv")),
        );
        let (few, more) = (rows(&few), rows(&more));
        assert_eq!((few.len(), more.len()), (11, 16));
        for (one, mut other) in few.into_iter().zip(more) {
            assert_eq!(other.remove(1), "false");
            assert_eq!(one, other, "{flags}");
        }
        for name in ["few", "more"] {
            std::fs::remove_dir_all(folder.path().join(name)).unwrap();
        }
    }
}

#[test]
fn a_study_runs_again_from_its_own_configuration() {
    let folder = folder();
    let heart = shipped("data/heart_scale.svm").display().to_string();
    let lines = [
        format!("{QUICK} --traces all --figures objective,teacher_cosine"),
        "study --preset grok-a --epochs 30 --seeds 0..3 --vary init-norm=log:1:100:3".to_owned(),
        format!(
            "study --train {heart} --memorize --epochs 3 --seeds 0..3 --vary loss=logistic,squared \
             --lr 0.001 --traces none"
        ),
    ];
    for (i, line) in lines.iter().enumerate() {
        let first = study(&folder, &format!("first-{i}"), line);
        let config = first.join("study.toml");
        let again = format!("study --config {}", config.display());
        let second = study(&folder, &format!("second-{i}"), &again);
        assert_eq!(results(&first), results(&second), "{line}");
        assert_eq!(text(config), text(second.join("study.toml")), "{line}");
    }
}

#[test]
fn records_traces_and_curves_tell_the_same() {
    let folder = folder();
    let path = study(&folder, "study", &format!("{QUICK} --traces all"));
    let [records, curves, traces, _] = results(&path);
    let figures = "train_acc,test_acc,population_acc,train_loss,test_loss,gap_loss,weight_norm,\
                   signal_norm,memorization_norm,margin_min,margin_mean,teacher_cosine";
    assert_eq!(
        header(&records).join(","),
        format!(
            "cell,weight_decay,batch_size,seed,data_seed,order_seed,init_seed,status,\
             horizon,unconfirmed,t_mem,t_mem_low,t_mem_high,t_mem_lost,t_gen,t_gen_low,t_gen_high,\
             t_gen_lost,t_60,t_60_low,t_60_high,t_60_lost,t_90,t_90_low,t_90_high,t_90_lost,final_{},\
             memorization_lost,ungrokking,overfitting,accuracy_alone,loss_alone,spikes",
            figures.replace(',', ",final_")
        )
    );
    assert_eq!(
        header(&traces).join(","),
        format!("cell,weight_decay,batch_size,seed,epoch,{figures}")
    );
    assert_eq!(
        header(&curves)[..5],
        ["cell", "weight_decay", "batch_size", "epoch", "n"]
    );
    assert_eq!(header(&curves).len(), 5 + 6 * 12);

    let records = rows(&records);
    assert_eq!(records.len(), 4 * 12);
    assert_eq!(
        records[12 + 2][..7],
        ["1", "0.0001", "7", "5", "128", "1239", "5"]
    );
    let traces = rows(&traces);
    let epochs: Vec<_> = traces[..6].iter().map(|row| row[4]).collect();
    assert_eq!(epochs, ["1", "2", "5", "12", "26", "60"]);
    assert_eq!(traces.len(), 4 * 12 * 6);
    for (run, record) in traces.chunks(6).zip(&records) {
        // The cell, its varied keys and the seed.
        assert_eq!(run[5][..4], record[..4]);
        assert_eq!(run[5][4], record[8]);
        assert_eq!(run[5][5..], record[26..38]);
        // Nothing is lost, overfitted or spiking in a run of 60 epochs.
        assert_eq!(record[38..40], ["0", "0"]);
        assert_eq!(record[43], "0");
    }

    // Mean and median of the train loss at the third evaluation of the second cell.
    let name = |name| {
        header(&text(path.join("curves.csv")))
            .iter()
            .position(|n| *n == name)
            .unwrap()
    };
    let (mean, median) = (name("train_loss_mean"), name("train_loss_q50"));
    let mut losses: Vec<f64> = traces
        .iter()
        .filter(|row| row[0] == "1" && row[4] == "5")
        .map(|row| row[8].parse().unwrap())
        .collect();
    let row = &rows(&curves)[6 + 2];
    assert_eq!(row[..5], ["1", "0.0001", "7", "5", "12"]);
    assert_eq!(row[mean].parse(), Ok(losses.iter().sum::<f64>() / 12.0));
    losses.sort_by(f64::total_cmp);
    let middle: f64 = row[median].parse().unwrap();
    assert!((middle - (losses[5] + losses[6]) / 2.0).abs() < 1e-15);
}

/// A study's run is the run of `run` with those seeds.
#[test]
fn a_record_is_a_single_run() {
    let folder = folder();
    let settings = "--n-train 30 --n-test 20 --epochs 60 --eval-points 6 --init gaussian";
    let line = format!("study {settings} --seeds 4..5 --vary learning_rate=0.05,0.1");
    let path = study(&folder, "study", &line);
    let traces = text(path.join("traces.csv"));
    let single = printed(&format!(
        "run {settings} --lr 0.1 --data-seed 127 --order-seed 1238 --init-seed 4 --columns epoch,\
         train_acc,test_acc,population_acc,train_loss,test_loss,gap_loss,weight_norm,signal_norm,\
         memorization_norm,margin_min,margin_mean,teacher_cosine"
    ));
    let expected: Vec<_> = single
        .lines()
        .skip(1)
        .map(|line| format!("1,0.1,4,{line}"))
        .collect();
    let found: Vec<_> = traces
        .lines()
        .filter(|line| line.starts_with("1,0.1,4,"))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_cell_that_diverges_stops_no_other() {
    let folder = folder();
    let path = study(
        &folder,
        "study",
        "study --loss squared --target linear --n-train 20 --n-test 0 --epochs 90 --eval-every 30 \
         --wd 0 --seeds 0..10 --vary learning_rate=0.01,90,0.02 --traces 1",
    );
    let [records, curves, traces, _] = results(&path);
    for row in rows(&records) {
        let diverged = row[0] == "1";
        assert_eq!(row[6] == "diverged", diverged, "{row:?}");
        assert_eq!(
            row[8..].iter().all(|cell| cell.is_empty()),
            diverged,
            "{row:?}"
        );
    }
    let last = rows(&curves).into_iter().filter(|row| row[2] == "90");
    let n: Vec<_> = last.map(|row| row[3]).collect();
    assert_eq!(n, ["10", "0", "10"]);
    assert!(rows(&traces).iter().all(|row| row[2] == "0"));
    let summary = text(path.join("summary.json"));
    assert_eq!(summary.matches("\"diverged\": 10").count(), 1, "{summary}");
    assert_eq!(summary.matches("\"diverged\": 0").count(), 2, "{summary}");
}

#[test]
fn the_manifest_says_what_ran() {
    let folder = folder();
    let line = "study --n-train 9 --n-test 0 --epochs 5 --seeds 0..9 --threads 2";
    // Nine seeds: one group of eight in lanes, one alone.
    for (name, flags, kernels) in [
        ("auto", "", [("scalar", 1), ("lanes", 8), ("dense", 0)]),
        (
            "lanes",
            "--kernel lanes",
            [("scalar", 0), ("lanes", 9), ("dense", 0)],
        ),
        (
            "dense",
            "--kernel dense",
            [("scalar", 0), ("lanes", 0), ("dense", 9)],
        ),
    ] {
        let manifest = text(study(&folder, name, &format!("{line} {flags}")).join("manifest.json"));
        for (kernel, runs) in kernels {
            assert!(
                manifest.contains(&format!("\"{kernel}\": {runs}")),
                "{manifest}"
            );
        }
        for said in [
            "\"threads\": 2",
            "\"runs\": 9",
            "\"complete\": true",
            "\"seed_steps\": 405,",
        ] {
            assert!(manifest.contains(said), "{said}: {manifest}");
        }
    }
    for level in levels() {
        let line = format!("{line} --simd {level}");
        let manifest = text(study(&folder, &level, &line).join("manifest.json"));
        assert!(
            manifest.contains(&format!("\"simd\": \"{level}\"")),
            "{manifest}"
        );
    }
}

#[test]
fn a_directory_is_replaced_only_by_force_and_only_for_a_study() {
    let folder = folder();
    let path = study(&folder, "study", QUICK);
    let line = format!("study --n-train 9 --epochs 5 --out {}", path.display());
    let said = refused(&line);
    assert!(said.contains("exists already"), "{said}");
    assert_eq!(rows(&text(path.join("records.csv"))).len(), 48);
    printed(&format!("{line} --force"));
    assert_eq!(rows(&text(path.join("records.csv"))).len(), 8);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(std::fs::read_dir(&path).unwrap().count(), 7);

    file(&folder, "precious", "");
    let said = refused(&format!("study --force --out {}", folder.path().display()));
    assert!(said.contains("holds no study"), "{said}");
    let outcome = sparsegrok("study --out /no/such/folder/study");
    assert_eq!(outcome.code, 1);
    assert!(
        outcome.stderr.starts_with("error: /no/such/folder/study: "),
        "{outcome:?}"
    );
}

#[test]
fn faults_are_found_before_anything_runs() {
    let heart = shipped("data/heart_scale.svm").display().to_string();
    let folder = folder();
    let out = folder.path().join("study").display().to_string();
    let cases = [
        (
            "--vary weight_decay",
            "vary: `weight_decay`: expected `KEY=A,B,…`",
        ),
        ("--vary weight_decai=1", "did you mean `weight_decay`?"),
        (
            "--vary weight_decay=1,-1",
            "vary: `weight_decay` is -1, expected",
        ),
        (
            "--vary epochs=5,x",
            "vary: `epochs` is \"x\", expected a whole number",
        ),
        (
            "--vary loss=logistic,cubic",
            "vary: `loss` is \"cubic\", expected one of",
        ),
        (
            "--vary weight_decay=log:0:1:3",
            "expected `KEY=log:LOW:HIGH:COUNT`",
        ),
        ("--vary epochs=5 --vary epochs=6", "expected each key once"),
        ("--vary threads=1,2", "that the results depend on"),
        (
            "--seeds seven",
            "`seeds` is \"seven\", expected a number of seeds N, which stands for 0..N, a range",
        ),
        ("--seeds 7..7", "`seeds` is 7..7, expected at least one"),
        (
            "--rng libstdcxx --seeds 0..4294967296",
            "`seeds` is 0..4294967296, expected seeds that stay below 2^32",
        ),
        (
            "--figures train_acc,epoch",
            "expected figures, each one of `train_acc`",
        ),
        (
            "--traces some",
            "`traces` is \"some\", expected a whole number",
        ),
        ("--format jsonl", "--format"),
    ];
    for (flags, sentence) in cases {
        let said = refused(&format!("study {flags} --out {out}"));
        assert!(said.contains(sentence), "{flags}: {said}");
    }
    for flags in [
        "--seed-what data",
        "--vary n_train=5,6",
        "--vary label_noise=0.1",
    ] {
        let said = refused(&format!("study --train {heart} {flags} --out {out}"));
        assert!(said.contains("data"), "{flags}: {said}");
    }
    assert!(refused("study").contains("--out"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_dry_run_prints_what_would_run() {
    let said = printed(
        "study --n-train 40 --batch-size 3 --epochs 10 --eval-every 5 --seeds 0..12 --threads 1 \
         --vary weight_decay=log:1e-4:1e-2:3 --vary init=zero,gaussian --dry-run",
    );
    for line in [
        "cells = 6",
        "runs = 72",
        // 10 epochs of ⌈40/3⌉ updates; evaluated after epochs 1, 5 and 10.
        "seed_steps = 10080",
        "evaluations = 216",
        "threads = 1",
        "weight_decay = [0.0001, 0.001, 0.01]",
        "init = [\"zero\", \"gaussian\"]",
    ] {
        assert!(said.lines().any(|found| found == line), "{line}: {said}");
    }
}

/// An interrupt ends a study at a group's end: the beginning of the results is there, whole.
#[cfg(unix)]
#[test]
fn an_interrupt_saves_what_is_finished() {
    use std::time::Duration;
    let folder = folder();
    let line =
        "study --n-train 100 --n-test 0 --epochs 2000 --eval-every 1000 --threads 1 --traces all";
    let path = folder.path().join("cut");
    let mut child = process(line)
        .args(["--seeds", "0..1000000", "--out"])
        .arg(&path)
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // Long enough for a first group, short of all of them by days.
    std::thread::sleep(Duration::from_secs(3));
    let interrupt = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(interrupt.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let [records, curves, traces, _] = results(&path);
    let runs = rows(&records).len();
    assert!(runs >= 8 && runs.is_multiple_of(8), "{runs} runs");
    assert_eq!(rows(&traces).len(), 3 * runs);
    assert!(rows(&curves).iter().all(|row| row[2] == runs.to_string()));
    assert!(text(path.join("manifest.json")).contains("\"complete\": false"));

    let few = study(&folder, "few", &format!("{line} --seeds 0..8"));
    assert!(records.starts_with(&text(few.join("records.csv"))));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

/// Runs that end when they have generalized: each is the beginning of the whole run, under any kernel
/// and in any company.
#[test]
fn a_run_that_stops_early_is_the_beginning_of_the_whole() {
    let folder = folder();
    let line = "study --preset grok-a --n-test 0 --wd 1e-3 --epochs 500 --eval-every 10 --traces all \
                --crossing first";
    let whole = study(&folder, "whole", &format!("{line} --seeds 0..11"));
    let stop = format!("{line} --stop-when grokked+25");
    let stopped = study(&folder, "stopped", &format!("{stop} --seeds 0..11"));
    let [records, curves, traces, _] = results(&stopped);
    let whole_traces = text(whole.join("traces.csv"));
    let whole_records = text(whole.join("records.csv"));
    let epochs: Vec<u64> = rows(&records)
        .iter()
        .zip(rows(&whole_records))
        .map(|(stopped, whole)| {
            assert_eq!(stopped[..6], whole[..6], "the same seeds and status");
            assert_eq!(stopped[7..15], whole[7..15], "the same times");
            let [end, t_gen]: [u64; 2] = [6, 12].map(|i| stopped[i].parse().unwrap());
            // Five epochs at the threshold, 1 % of 500, confirm it; 25 are asked for beside.
            let ends = t_gen + 4 + 25;
            assert_eq!(end, ends.next_multiple_of(10));
            end
        })
        .collect();
    let mut expected = Vec::new();
    for line in whole_traces.lines().skip(1) {
        let cells: Vec<_> = line.split(',').collect();
        let [seed, epoch]: [u64; 2] = [1, 2].map(|i| cells[i].parse().unwrap());
        if epoch <= epochs[seed as usize] {
            expected.push(line.to_owned());
        }
    }
    assert_eq!(traces.lines().skip(1).collect::<Vec<_>>(), expected);
    for row in rows(&curves) {
        let epoch: u64 = row[1].parse().unwrap();
        let going = epochs.iter().filter(|&&end| epoch <= end).count();
        assert_eq!(row[2], going.to_string());
    }
    let manifest = text(stopped.join("manifest.json"));
    let steps = 512 * epochs.iter().sum::<u64>();
    assert!(
        manifest.contains(&format!("\"seed_steps\": {steps},")),
        "{manifest}"
    );

    for (i, other) in [
        "--kernel scalar",
        "--kernel lanes --threads 1",
        "--simd portable",
    ]
    .iter()
    .enumerate()
    {
        let path = study(
            &folder,
            &i.to_string(),
            &format!("{stop} --seeds 0..11 {other}"),
        );
        assert_eq!(results(&path), results(&stopped), "{other}");
    }
    let few = study(&folder, "few", &format!("{stop} --seeds 3..6"));
    for line in text(few.join("records.csv")).lines().skip(1) {
        assert!(records.contains(line), "{line}");
    }
    let run = "run --preset grok-a --n-test 0 --wd 1e-3 --epochs 500 --eval-every 10 \
               --columns epoch --stop-when grokked+25";
    assert_eq!(crate::support::last_row(&printed(run)), [epochs[0] as f64]);
}

#[test]
fn a_summary_tells_phase_rates_times_and_scaling() {
    use sparsegrok_study::StudyResults;
    let folder = folder();
    let path = study(
        &folder,
        "study",
        "study --preset grok-a --n-test 0 --epochs 1200 --eval-points 120 --seeds 0..8 \
         --delay-ratio 3 --vary weight_decay=2e-4,4e-4,8e-4,0 --vary init_norm=30,100,300",
    );
    let summary = StudyResults::read(&path).unwrap().summary;
    for cell in &summary.cells {
        let decays = cell.varied["weight_decay"].as_float() != Some(0.0);
        assert_eq!((cell.runs, cell.t_mem.n, cell.t_mem.censored), (8, 8, 0));
        assert_eq!(
            cell.phase,
            if decays { "grokked" } else { "memorized only" }
        );
        let rate = cell.grok_rate.unwrap();
        assert_eq!(rate.estimate, if decays { 1.0 } else { 0.0 });
        assert!(rate.high - rate.low > 0.3, "eight runs do not tell more");
        assert_eq!(
            (cell.t_gen.events, cell.t_gen.censored),
            if decays { (8, 0) } else { (0, 8) }
        );
        if !decays {
            assert_eq!((cell.t_gen.median, cell.t_gen.low), (None, None));
            continue;
        }
        let (median, prediction) = (cell.t_gen.median.unwrap(), cell.prediction.unwrap());
        assert!(
            (median / prediction.t_gen.unwrap() - 1.0).abs() < 0.1,
            "{cell:?}"
        );
        assert!(cell.t_gen.low.unwrap() <= median && median <= cell.t_gen.high.unwrap());
        assert!(cell.delay_ratio.median.unwrap() > 3.0);
        let width = cell.transition_width.median.unwrap();
        assert!(
            (width / prediction.transition_width.unwrap() - 1.0).abs() < 0.2,
            "{cell:?}"
        );
    }
    // Without decay there is no T_gen: of twelve cells nine tell.
    let [decay, norm] = &summary.scaling[..] else {
        panic!("{:?}", summary.scaling);
    };
    for (law, key, limit) in [(decay, "weight_decay", -1.0), (norm, "init_norm", 1.0)] {
        assert_eq!(
            (law.key.as_str(), law.cells, law.limit),
            (key, 9, Some(limit))
        );
        assert!((law.slope - law.theory.unwrap()).abs() < 0.05, "{law:?}");
        assert!(law.low <= law.slope && law.slope <= law.high);
    }
    let collapse = summary.collapse.unwrap();
    assert!(
        collapse.spread_scaled < 0.75 * collapse.spread_epochs,
        "{collapse:?}"
    );
}

#[test]
fn detection_settings_are_checked() {
    for (flags, sentence) in [
        (
            "--stop-when grok",
            "`stop_when` is \"grok\", expected `grokked`, or `grokked+K`",
        ),
        (
            "--gen-figure test_loss --gen-threshold 0",
            "`gen_threshold` is 0, expected a finite loss",
        ),
        (
            "--gen-threshold 2",
            "`gen_threshold` is 2, expected an accuracy",
        ),
        ("--gen-figure accuracy", "test_acc"),
        ("--crossing last", "stable"),
    ] {
        let said = refused(&format!("run {flags}"));
        assert!(said.contains(sentence), "{flags}: {said}");
    }
    let falls = sparsegrok(
        "run --n-train 30 --epochs 200 --eval-every 10 --mem-figure train_loss --mem-threshold 0.4 \
         --gen-figure test_loss --gen-threshold 1e-9",
    );
    assert!(
        falls.stderr.contains("memorized only: memorized at epoch"),
        "{falls:?}"
    );
    assert!(
        falls
            .stderr
            .contains("not generalized (test loss ≤ 1e-09 for 2 epochs"),
        "{falls:?}"
    );
}

/// A crossed design of 4 × 4 × 4 runs of label noise, of which 16 are trained.
const CROSSED: &str = "study --n-train 40 --n-test 0 --epochs 60 --eval-points 6 --label-noise 0.2 --lr 0.5 \
                       --seeds 100..116 --components data,order,noise --gen-threshold 0.6";

#[test]
fn a_crossed_run_has_the_bits_of_its_own_seeds() {
    let folder = folder();
    let records = text(study(&folder, "crossed", CROSSED).join("records.csv"));
    let column = |name: &str| {
        header(&records)
            .iter()
            .position(|&key| key == name)
            .unwrap()
    };
    let seeds = ["data_seed", "order_seed", "init_seed", "noise_seed"].map(column);
    let last = column("final_train_loss");
    let rows = rows(&records);
    assert_eq!(rows.len(), 16);
    // The run at row 2 and column 3: levels 2, 3 and 2 + 3 = 1 modulo 4.
    assert_eq!(
        seeds.map(|place| rows[11][place]),
        ["225", "1337", "0", "224"]
    );
    for row in [&rows[0], &rows[7], &rows[11]] {
        let [data, order, init, noise] = seeds.map(|place| row[place]);
        let alone = format!(
            "run --n-train 40 --n-test 0 --epochs 60 --eval-points 6 --label-noise 0.2 --lr 0.5 --data-seed {data} \
             --order-seed {order} --init-seed {init} --noise-seed {noise} --columns train_loss"
        );
        let trace = printed(&alone);
        assert_eq!(trace.lines().last(), Some(row[last]), "{alone}");
    }
}

#[test]
fn the_spread_of_a_crossed_study_is_summed_up_whatever_the_way() {
    let folder = folder();
    let whole = study(&folder, "whole", CROSSED);
    for shard in ["0/2", "1/2"] {
        study(
            &folder,
            &shard.replace('/', "-"),
            &format!("{CROSSED} --shard {shard}"),
        );
    }
    let [one, other, merged] = ["0-2", "1-2", "merged"].map(|name| folder.path().join(name));
    let merge = format!(
        "merge {} {} --out {}",
        one.display(),
        other.display(),
        merged.display()
    );
    assert_eq!(printed(&merge), "");
    assert_eq!(results(&whole), results(&merged));
    let summary: serde_json::Value = serde_json::from_str(&results(&whole)[3]).unwrap();
    let spread = &summary["cells"][0]["spread"];
    for outcome in ["ln_t_gen", "ln_t_mem", "final_accuracy"] {
        let of = &spread[outcome];
        assert_eq!(
            of["runs"].as_u64().unwrap() + of["missing"].as_u64().unwrap(),
            16,
            "{of}"
        );
    }
    let shares = spread["final_accuracy"]["components"].as_object().unwrap();
    let names: Vec<_> = shares.keys().map(String::as_str).collect();
    assert_eq!(names, ["data", "interactions", "noise", "order"]);
    let sum: f64 = shares
        .values()
        .map(|c| c["share"]["estimate"].as_f64().unwrap())
        .sum();
    assert!((sum - 1.0).abs() < 1e-12, "{sum}");
}

#[test]
fn seeds_are_added_until_the_interval_is_narrow_enough() {
    let folder = folder();
    let line =
        "study --preset grok-a --n-test 0 --epochs 2000 --figures population_acc --traces none";
    let path = folder.path().join("auto");
    let said = sparsegrok(&format!(
        "{line} --seeds auto --until t_gen:1.5% --out {}",
        path.display()
    ));
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(
        said.stderr.contains("the median of T_gen is known to ±"),
        "{}",
        said.stderr
    );
    let auto = results(&path);
    let summary: serde_json::Value = serde_json::from_str(&auto[3]).unwrap();
    let cell = &summary["cells"][0];
    let [median, low, high] =
        ["median", "low", "high"].map(|key| cell["t_gen"][key].as_f64().unwrap());
    assert!((high - low) / 2.0 <= 0.015 * median, "{}", cell["t_gen"]);
    // The same as of that many seeds at once, to the byte.
    let runs = cell["runs"].as_u64().unwrap();
    let plain = study(&folder, "plain", &format!("{line} --seeds {runs}"));
    assert_eq!(auto, results(&plain));
    // One that is asked for less has it at once.
    let at_once = study(
        &folder,
        "at-once",
        &format!("{line} --seeds 16 --until t_gen:50%"),
    );
    assert_eq!(text(at_once.join("records.csv")).lines().count(), 17);
}
