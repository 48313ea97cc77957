//! Files of more labels than two, and weights of rows and classes: trained, saved, predicted, kept.

#[cfg(unix)]
use std::path::Path;

use sparsegrok_config::Config;
use sparsegrok_data::svmlight::LabelsAsked;
use sparsegrok_kernel::model::{self, Model};
use sparsegrok_run::load_within;
use tempfile::TempDir;

use crate::support::{file, folder, last_row, printed, refused, sparsegrok, text};

const ROWS: usize = 60;
const COLUMNS: usize = 4;

/// The labels of a file, of which the last is that of test rows alone.
const LABELS: [i32; 4] = [-3, 2, 10, 11];

/// The weights of the training rows.
fn row_weight(row: usize) -> f64 {
    [1.0, 0.25, 0.0, 2.5][row % 4]
}

/// Rows of three classes, of some columns each; with `from` above 0, other rows, one in nine of a fourth.
fn rows(from: usize) -> Vec<(i32, [f64; COLUMNS])> {
    let value = |i: usize| {
        let mixed = (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        ((mixed >> 20) % 201) as f64 / 100.0 - 1.0
    };
    let row = |i: usize| {
        let class = match from > 0 && i % 9 == 4 {
            true => 3,
            false => i * i % 7 % 3,
        };
        let mut x = std::array::from_fn(|j| {
            if (i + j).is_multiple_of(3) {
                0.0
            } else {
                value(from + 4 * i + j)
            }
        });
        x[class] += 1.5;
        (LABELS[class], x)
    };
    (0..ROWS).map(row).collect()
}

fn svmlight(rows: &[(i32, [f64; COLUMNS])]) -> String {
    let line = |(label, x): &(i32, [f64; COLUMNS])| {
        let pairs = x.iter().enumerate().filter(|(_, x)| **x != 0.0);
        let pairs: String = pairs.map(|(j, x)| format!(" {}:{x}", j + 1)).collect();
        format!("{label}{pairs}\n")
    };
    rows.iter().map(line).collect()
}

/// Files of training rows, test rows and row weights.
fn files(folder: &TempDir) -> [String; 3] {
    let weights: String = (0..ROWS)
        .map(|row| format!("{}\n", row_weight(row)))
        .collect();
    [
        file(folder, "train.svm", svmlight(&rows(0))),
        file(folder, "test.svm", svmlight(&rows(1000))),
        file(folder, "w.txt", weights),
    ]
}

fn path_in(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

fn read(path: &str) -> Model {
    model::read(text(path).as_bytes()).expect("a model")
}

/// The weights, bias last, of a model that tells targets of 1 from targets of −1: sequential SGD on the logistic
/// loss as its formula has it, with the weight of each row.
fn trained(rows: &[([f64; COLUMNS], f64, f64)]) -> [f64; COLUMNS + 1] {
    const RATE: f64 = 0.1;
    const DECAY: f64 = 0.01;
    let mut w = [0.0; COLUMNS + 1];
    for _ in 0..7 {
        for (x, y, weight) in rows {
            let z: f64 = w[COLUMNS] + (0..COLUMNS).map(|j| w[j] * x[j]).sum::<f64>();
            let slope = -y / (1.0 + (y * z).exp());
            for j in 0..COLUMNS {
                w[j] -= RATE * (DECAY * w[j] + weight * slope * x[j]);
            }
            w[COLUMNS] -= RATE * weight * slope;
        }
    }
    w
}

/// The flags that make [`trained`].
const PLAIN: &str = "--order sequential --bias --lr 0.1 --wd 0.01 --epochs 7";

/// Holds the weights of a scorer in a model file against expected ones, bias last.
fn agree(found: &model::Scorer, expected: &[f64; COLUMNS + 1]) {
    let weight = |column: usize| {
        let listed = found.weights.iter().find(|(at, _)| *at == column);
        listed.map_or(0.0, |(_, weight)| *weight)
    };
    let found = (0..COLUMNS).map(weight).chain([found.bias]);
    for (found, expected) in found.zip(expected) {
        assert!(
            (found - expected).abs() < 1e-12,
            "{found}, expected {expected}"
        );
    }
}

/// The place of the greatest score.
fn best(models: &[[f64; COLUMNS + 1]], x: &[f64; COLUMNS]) -> usize {
    let score =
        |w: &[f64; COLUMNS + 1]| w[COLUMNS] + (0..COLUMNS).map(|j| w[j] * x[j]).sum::<f64>();
    let scores: Vec<f64> = models.iter().map(score).collect();
    (0..scores.len()).fold(0, |best, k| if scores[k] > scores[best] { k } else { best })
}

#[test]
fn models_and_predictions_are_those_of_a_plain_loop() {
    let folder = folder();
    let [train, test, weights] = files(&folder);
    let model = path_in(&folder, "model");
    let counts = LABELS.map(|label| rows(0).iter().filter(|(own, _)| *own == label).count() as f64);
    assert_eq!(counts[3], 0.0);
    let balanced = |k: usize| ROWS as f64 / (3.0 * counts[k]);
    let none = |_: usize| 1.0;
    let given = |k: usize| [0.5, 1.0, 4.0][k];
    for (flags, of_row, of_class) in [
        (String::new(), false, &none as &dyn Fn(usize) -> f64),
        (format!("--sample-weights {weights}"), true, &none),
        ("--class-weight=balanced".to_owned(), false, &balanced),
        ("--class-weight -3:0.5,10:4".to_owned(), false, &given),
        (
            format!("--sample-weights {weights} --class-weight -3:0.5,10:4"),
            true,
            &given,
        ),
    ] {
        let csv = printed(&format!(
            "run --train {train} --test {test} --labels all {PLAIN} {flags} --model {model} --force \
             --columns train_acc,test_acc"
        ));
        let of_class = |k: usize| {
            let row = |(i, (label, x)): (usize, (i32, [f64; COLUMNS]))| {
                let y = if label == LABELS[k] { 1.0 } else { -1.0 };
                let own = if of_row { row_weight(i) } else { 1.0 };
                (x, y, own * if y > 0.0 { of_class(k) } else { 1.0 })
            };
            let rows: Vec<_> = rows(0).into_iter().enumerate().map(row).collect();
            trained(&rows)
        };
        let expected = [0, 1, 2].map(of_class);
        let found = read(&model);
        assert_eq!(found.classes, LABELS[..3]);
        found
            .scorers
            .iter()
            .zip(&expected)
            .for_each(|(found, expected)| agree(found, expected));

        let predicted = rows(1000)
            .into_iter()
            .map(|(_, x)| LABELS[best(&expected, &x)]);
        let predicted: Vec<i32> = predicted.collect();
        let lines: String = predicted.iter().map(|label| format!("{label}\n")).collect();
        let outcome = sparsegrok(&format!("predict --model {model} {test}"));
        assert_eq!(outcome.stdout, lines, "{flags}");
        let right = |from: usize| {
            let rows = rows(from).into_iter();
            rows.filter(|(label, x)| LABELS[best(&expected, x)] == *label)
                .count()
        };
        let percent = 100.0 * right(1000) as f64 / ROWS as f64;
        assert!(
            outcome
                .stderr
                .starts_with(&format!("Accuracy = {}", percent as u32)),
            "{outcome:?}"
        );
        assert!(
            outcome
                .stderr
                .contains(&format!("({}/{ROWS})", right(1000))),
            "{outcome:?}"
        );
        assert_eq!(
            last_row(&csv),
            [right(0), right(1000)].map(|right| right as f64 / ROWS as f64)
        );
    }
}

#[test]
fn two_labels_are_weighted_by_their_names() {
    let folder = folder();
    let [.., weights] = files(&folder);
    let two = rows(0)
        .into_iter()
        .map(|(label, x)| (if label == 2 { 7 } else { 4 }, x));
    let two: Vec<_> = two.collect();
    let train = file(&folder, "two.svm", svmlight(&two));
    let model = path_in(&folder, "model");
    printed(&format!(
        "run --train {train} --labels 4,7 {PLAIN} --sample-weights {weights} --class-weight 4:0.25,7:3 --model {model}"
    ));
    let row = |(i, (label, x)): (usize, &(i32, [f64; COLUMNS]))| match label {
        7 => (*x, 1.0, 3.0 * row_weight(i)),
        _ => (*x, -1.0, 0.25 * row_weight(i)),
    };
    let rows: Vec<_> = two.iter().enumerate().map(row).collect();
    let found = read(&model);
    assert!(found.classes.is_empty());
    agree(&found.scorers[0], &trained(&rows));
    // Weights of 1 are no weights.
    let ones = file(&folder, "ones.txt", "1\n".repeat(ROWS));
    let run = format!("run --train {train} --labels 4,7 {PLAIN}");
    let plain = printed(&run);
    for flags in [
        format!("--sample-weights {ones}"),
        "--class-weight 4:1".to_owned(),
    ] {
        assert_eq!(printed(&format!("{run} {flags}")), plain);
    }
}

#[test]
fn scores_are_one_for_each_class() {
    let folder = folder();
    let [train, test, _] = files(&folder);
    let model = path_in(&folder, "model");
    printed(&format!(
        "run --train {train} --labels all {PLAIN} --model {model}"
    ));
    let labels = printed(&format!("predict --model {model} {test}"));
    let scores = printed(&format!("predict --model {model} {test} --scores"));
    assert_eq!(scores.lines().count(), ROWS);
    for (scores, label) in scores.lines().zip(labels.lines()) {
        let scores: Vec<f64> = scores.split(' ').map(|z| z.parse().unwrap()).collect();
        assert_eq!(scores.len(), 3);
        let first = scores
            .iter()
            .position(|z| scores.iter().all(|other| other <= z));
        assert_eq!(LABELS[first.unwrap()].to_string(), label);
    }
    // The labels are the model's, also on a file of labels −1 and 1, or in a store.
    let signs = file(
        &folder,
        "signs.svm",
        svmlight(&rows(1000)).replace("-3 ", "-1 "),
    );
    let store = path_in(&folder, "test.sgs");
    printed(&format!("data import --labels all {test} --out {store}"));
    for rows in [signs, store] {
        assert_eq!(printed(&format!("predict --model {model} {rows}")), labels);
    }
}

#[test]
fn two_classes_are_two_models() {
    let folder = folder();
    let rows = "0 1:1\n1 2:1\n0 1:2\n";
    let train = file(&folder, "zero.svm", rows);
    let [model, store] = ["model", "zero.sgs"].map(|name| path_in(&folder, name));
    printed(&format!("data import {train} --out {store}"));
    let run = "run --labels all --epochs 30";
    let outcome = sparsegrok(&format!("{run} --train {train} --model {model}"));
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(!outcome.stderr.contains("are read as"), "{outcome:?}");
    assert!(text(&model).contains("\nclasses 0 1\n"));
    assert_eq!(
        printed(&format!("predict --model {model} {train}")),
        "0\n1\n0\n"
    );
    assert_eq!(printed(&format!("{run} --train {store}")), outcome.stdout);
}

#[test]
fn info_import_and_export_know_classes() {
    let folder = folder();
    let [train, test, weights] = files(&folder);
    let store = path_in(&folder, "train.sgs");
    printed(&format!("data import --labels all {train} --out {store}"));
    let counts = [-3, 2, 10].map(|label| rows(0).iter().filter(|(own, _)| *own == label).count());
    let [first, second, third] = counts;
    let said = format!("labels = {{ \"-3\" = {first}, \"2\" = {second}, \"10\" = {third} }}\n");
    for rows in [&train, &store] {
        let told = printed(&format!("data info --labels all {rows}"));
        assert!(told.contains(&said), "{told}");
        assert_eq!(
            printed(&format!("data import --labels all {rows}")),
            text(&train)
        );
        let export = format!("data export --labels all --train {rows} --test {test}");
        assert_eq!(printed(&export), text(&train));
        assert_eq!(printed(&format!("{export} --part test")), text(&test));
        let run = format!("run --labels all --epochs 5 --train {rows} --sample-weights {weights}");
        let from_text = run.replace(rows.as_str(), &train);
        assert_eq!(printed(&run), printed(&from_text));
    }
    let said = refused(&format!("run --train {store}"));
    let expected =
        "targets are labels of classes, which `--labels all` takes, expected labels -1 and 1";
    assert_eq!(said, format!("error: {store}: {expected}\n"));
    // Whole numbers are also numbers.
    let real = path_in(&folder, "real.sgs");
    printed(&format!("data import --real {train} --out {real}"));
    let run = "run --loss squared --lr 0.01 --epochs 3 --train";
    assert_eq!(
        printed(&format!("{run} {store}")),
        printed(&format!("{run} {real}"))
    );
}

/// Runs of a study are the runs of the command, in lanes or not.
#[test]
fn studies_train_classes() {
    let folder = folder();
    let [train, test, weights] = files(&folder);
    let flags = format!(
        "--train {train} --test {test} --labels all --sample-weights {weights} --epochs 40 --bias"
    );
    for kernel in ["auto", "lanes", "scalar"] {
        let study = path_in(&folder, kernel);
        printed(&format!(
            "study {flags} --kernel {kernel} --seeds 3 --vary class_weight=balanced,2:3 --figures train_loss,test_acc \
             --out {study}"
        ));
        let records = text(format!("{study}/records.csv"));
        let header: Vec<&str> = records.lines().next().unwrap().split(',').collect();
        let column = |name: &str| header.iter().position(|column| *column == name).unwrap();
        assert_eq!(records.lines().count(), 7);
        for record in records.lines().skip(1) {
            let cells: Vec<&str> = record.split(',').collect();
            let [weight, order, loss, accuracy] = [
                "class_weight",
                "order_seed",
                "final_train_loss",
                "final_test_acc",
            ]
            .map(|name| cells[column(name)]);
            let csv = printed(&format!(
                "run {flags} --class-weight {weight} --order-seed {order} --columns train_loss,test_acc"
            ));
            let last = csv.lines().last().unwrap();
            assert_eq!(last, format!("{loss},{accuracy}"), "{kernel}");
        }
    }
    let study = path_in(&folder, "auto");
    let told = printed(&format!("explain {study}"));
    assert!(told.contains("class_weight = \"balanced\""), "{told}");
    printed(&format!(
        "tables {study} --gen-threshold 0.6 --out {}",
        path_in(&folder, "again")
    ));
    let compared = printed(
        &format!("compare {flags} --early-epochs 3 --long-epochs 9").replace("--epochs 40", ""),
    );
    assert!(compared.starts_with("Early Stop"), "{compared}");
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_is_resumed_to_the_same_bytes() {
    use crate::checkpoint::start;
    use crate::support::kill;

    let folder = folder();
    let [train, test, weights] = files(&folder);
    let run = format!(
        "run --train {train} --test {test} --labels all --sample-weights {weights} --class-weight balanced \
         --memorize --epochs 3000 --eval-every 100"
    );
    let [whole, out, model, whole_model] =
        ["whole.csv", "out.csv", "model", "whole.model"].map(|name| path_in(&folder, name));
    printed(&format!("{run} --out {whole} --model {whole_model}"));
    let kept = format!("{out}.unfinished");
    let child = start(&format!(
        "{run} --out {out} --model {model} --checkpoint-every 1epochs"
    ));
    while !Path::new(&kept).join("group-0.previous").is_file() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    kill(&child, "-INT");
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    // Other weights would be another run.
    let before = text(&weights);
    file(&folder, "w.txt", "1\n".repeat(ROWS));
    let said = refused(&format!("run --resume {kept}"));
    assert!(
        said.contains("`sample_weights` is a file of CRC-32"),
        "{said}"
    );
    file(&folder, "w.txt", before);
    printed(&format!("run --resume {kept} --checkpoint-every never"));
    assert_eq!(text(&out), text(&whole));
    let weights_of = |path: &str| {
        let text = text(path);
        text[text.find("\nsignal ").unwrap()..].to_owned()
    };
    assert_eq!(weights_of(&model), weights_of(&whole_model));
}

#[test]
fn weights_and_labels_that_do_not_fit_are_refused() {
    let folder = folder();
    let [train, test, weights] = files(&folder);
    let real = file(&folder, "real.svm", "0.5 1:1\n2 1:2\n");
    let one = file(&folder, "one.svm", "3 1:1\n3 1:2\n");
    let few = file(&folder, "few.txt", "1\n1\n");
    let bad = file(&folder, "bad.txt", "1\n-1\n");
    let [model, signs, numbers] = ["model", "signs", "numbers"].map(|name| path_in(&folder, name));
    let two = file(&folder, "two.svm", "1 1:1\n-1 2:1\n");
    printed(&format!(
        "run --train {train} --labels all --epochs 1 --model {model}"
    ));
    printed(&format!("run --train {two} --epochs 1 --model {signs}"));
    printed(&format!(
        "run --train {real} --loss squared --lr 0.01 --epochs 1 --model {numbers}"
    ));
    let all = "run --labels all --epochs 1";
    let or_all = "; `--labels all` trains a model for each label";
    for (line, said) in [
        (
            format!("run --train {train}"),
            format!(
                "{train}: line 1, column 1: label -3, expected -1 or 1, or 0 or 1, or the two that `labels` names{or_all}"
            ),
        ),
        (
            format!("run --train {train} --labels 2,10"),
            format!("{train}: line 1, column 1: label -3, expected 2 or 10{or_all}"),
        ),
        (
            format!("{all} --train {real}"),
            format!(
                "{real}: line 1, column 1: label 0.5, expected a whole number from -2147483648 to 2147483647"
            ),
        ),
        (
            format!("{all} --train {one}"),
            format!("{one}: the labels of the training rows are [3], expected two or more"),
        ),
        (
            format!("{all} --train {train} --class-weight 11:2"),
            format!(
                "{train}: no training row has label 11, expected labels of theirs in `class_weight`"
            ),
        ),
        (
            format!("{all} --train {train} --sample-weights {few}"),
            format!(
                "{few}: line 3: found the end of the file, expected 60 lines, a weight for each training row"
            ),
        ),
        (
            format!("run --train {two} --sample-weights {weights}"),
            format!(
                "{weights}: line 3: found another weight, expected 2 lines, a weight for each training row"
            ),
        ),
        (
            format!("run --train {two} --sample-weights {bad}"),
            format!("{bad}: line 2: found `-1`, expected a finite number of at least 0"),
        ),
        (
            format!(
                "{all} --train {train} --test {test} --out {weights} --sample-weights {weights}"
            ),
            format!("{weights}: is both `--sample-weights` and `--out`, expected them to differ"),
        ),
        (
            format!("predict --labels 2,10 --model {model} {test}"),
            "`labels` is 2,10, expected to be left out, as labels are those of the model's classes"
                .to_owned(),
        ),
        (
            format!("predict --labels all --model {signs} {two}"),
            "`labels` is all, expected two labels, as the model knows no others".to_owned(),
        ),
        (
            format!("predict --labels all --model {numbers} {real}"),
            "`labels` is all, expected to be left out, as targets are real numbers".to_owned(),
        ),
    ] {
        let found = refused(&line);
        assert_eq!(found, format!("error: {said}\n"), "{line}");
    }
    let absent = sparsegrok(&format!("run --train {two} --sample-weights /no/such"));
    let said =
        "error: /no/such: the weights cannot be read: No such file or directory (os error 2)\n";
    assert_eq!((absent.code, absent.stderr.as_str()), (1, said));
}

#[test]
fn targets_of_very_many_classes_are_refused_before_they_are_made() {
    let folder = folder();
    let rows: String = (0..100).map(|label| format!("{label}\n")).collect();
    let mut config = Config::default();
    config.files.train = Some(file(&folder, "many.svm", rows).into());
    config.files.labels = Some(LabelsAsked::All);
    assert!(load_within(&config, 100_000).is_ok());
    let said = load_within(&config, 50_000).unwrap_err().to_string();
    let expected = "many.svm: 100 labels make 0.00 GiB of targets, one for each row and class, and 0.00 GiB are \
                    available; are they real numbers (`--target linear`)?";
    assert!(said.ends_with(expected), "{said}");
}
