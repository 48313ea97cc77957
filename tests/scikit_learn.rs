//! Agreement with scikit-learn 1.9.1 on real data, to 1e-9.
//!
//! scikit-learn's `SGDClassifier(loss='log_loss', penalty='l2', fit_intercept=False,
//! learning_rate='constant', shuffle=False, tol=None)` makes the same updates as sequential SGD
//! with decay after the gradient; memorization columns were given to it as `hstack([X, I])`. Weights are its
//! `class_weight` and `sample_weight`.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::support::{file, folder, last_row, printed, shipped, text};

/// Relative agreement asked for.
const TOLERANCE: f64 = 1e-9;

/// The folder of larger data files.
const FOLDER: &str = "SPARSEGROK_TEST_DATA";

const FIGURES: &str = "train_loss,train_acc,weight_norm,test_loss,test_acc";

/// Trains on a file and holds the last figures, in the order of [`FIGURES`], against scikit-learn's.
fn agrees(train: &Path, test: Option<&Path>, flags: &str, expected: &[f64]) {
    let test = test.map_or_else(String::new, |path| format!("--test {}", path.display()));
    let csv = printed(&format!(
        "run --train {} {test} --order sequential --decay-order after --batch-size 1 {flags} \
         --columns {}",
        train.display(),
        FIGURES
            .split(',')
            .take(expected.len())
            .collect::<Vec<_>>()
            .join(",")
    ));
    let found = last_row(&csv);
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        let error = (found - expected).abs() / expected;
        assert!(error <= TOLERANCE, "{flags}: {found}, expected {expected}");
    }
}

fn heart_scale(flags: &str, expected: &[f64]) {
    agrees(&shipped("data/heart_scale.svm"), None, flags, expected);
}

#[test]
fn heart_scale_without_memorization() {
    heart_scale(
        "--lr 0.05 --wd 1e-3 --epochs 1",
        &[0.3757043210344982, 0.8296296296296296, 1.6664853228293222],
    );
    heart_scale(
        "--lr 0.05 --wd 1e-3 --epochs 100",
        &[0.3552782844169386, 0.8333333333333334, 2.6705758074191546],
    );
}

#[test]
fn heart_scale_with_memorization() {
    heart_scale(
        "--memorize --lr 0.05 --wd 1e-3 --epochs 1",
        &[0.3697664584496788, 0.8407407407407408, 1.6945786159603533],
    );
    heart_scale(
        "--memorize --lr 0.05 --wd 1e-3 --epochs 100",
        &[0.17146455383595935, 0.9518518518518518, 11.38358101790365],
    );
}

/// Writes heart_scale with the kind of chest pain, feature 3, as the label: four classes, of 20 to 129 rows.
fn kinds_of_pain(folder: &TempDir) -> PathBuf {
    let heart = text(shipped("data/heart_scale.svm"));
    let rows = heart.lines().map(|line| {
        let is_pain = |pair: &&str| pair.starts_with("3:");
        let pairs = || line.split_whitespace().skip(1);
        let pain: f64 = pairs().find(is_pain).expect("feature 3")[2..]
            .parse()
            .unwrap();
        let others: Vec<_> = pairs().filter(|pair| !is_pain(pair)).collect();
        format!("{} {}\n", (1.5 * pain + 2.5).round(), others.join(" "))
    });
    PathBuf::from(file(folder, "pain.svm", rows.collect::<String>()))
}

/// Weights of the 270 rows: 0.5, 0.75, 1, 1.25, 1.5, and so on.
fn row_weights(folder: &TempDir) -> String {
    let weight = |row: usize| format!("{}\n", 0.5 + (row % 5) as f64 / 4.0);
    file(folder, "w.txt", (0..270).map(weight).collect::<String>())
}

/// scikit-learn's mean losses of the classes were added up.
#[test]
fn four_classes_and_weights_of_rows_and_classes() {
    let folder = folder();
    let rows = kinds_of_pain(&folder);
    let weights = row_weights(&folder);
    let run = "--labels all --lr 0.05 --wd 1e-3 --epochs 20";
    for (flags, expected) in [
        (
            String::new(),
            [1.766064287884429, 0.5666666666666667, 5.08690867222439],
        ),
        (
            "--class-weight balanced".to_owned(),
            [1.892453012146988, 0.5074074074074074, 4.946231559932411],
        ),
        (
            "--class-weight 1:2,3:0.5".to_owned(),
            [1.814414223888211, 0.5592592592592592, 5.133293842644291],
        ),
        (
            format!("--sample-weights {weights}"),
            [1.7797676391320483, 0.562962962962963, 5.01251418407678],
        ),
        (
            format!("--sample-weights {weights} --class-weight 1:2,3:0.5 --bias"),
            [1.716640653301605, 0.5481481481481482, 4.122490623054446],
        ),
    ] {
        agrees(&rows, None, &format!("{run} {flags}"), &expected);
    }
}

#[test]
fn two_labels_and_weights_of_rows_and_classes() {
    let folder = folder();
    let weights = row_weights(&folder);
    let run = "--lr 0.05 --wd 1e-3 --epochs 20";
    heart_scale(
        &format!("{run} --class-weight balanced --sample-weights {weights}"),
        &[0.3617655500878568, 0.837037037037037, 2.534097899522712],
    );
    heart_scale(
        &format!("{run} --class-weight -1:3"),
        &[0.40380484279939555, 0.8481481481481481, 3.055718161284977],
    );
}

/// The agaricus files, where the folder of larger data files is known.
fn agaricus() -> Option<(PathBuf, PathBuf)> {
    let folder = PathBuf::from(std::env::var_os(FOLDER)?);
    let [train, test] =
        ["train", "test"].map(|part| folder.join(format!("agaricus.{part}.svm.gz")));
    (train.exists() && test.exists()).then_some((train, test))
}

#[test]
fn agaricus_with_and_without_memorization() {
    let Some((train, test)) = agaricus() else {
        eprintln!("skipped: {FOLDER} names no folder with agaricus.{{train,test}}.svm.gz");
        return;
    };
    let agrees = |flags, expected: [f64; 5]| agrees(&train, Some(&test), flags, &expected);
    agrees(
        "--lr 0.1 --wd 1e-4 --epochs 1",
        [
            0.10148251938721538,
            0.9666820205742361,
            7.230026881491901,
            0.11240789483036516,
            0.9615145872129113,
        ],
    );
    agrees(
        "--lr 0.05 --wd 1e-4 --epochs 10",
        [
            0.03626276880278592,
            0.9872562567173345,
            10.627753056484455,
            0.03878449144679486,
            0.9826194909993793,
        ],
    );
    agrees(
        "--memorize --lr 0.05 --wd 1e-4 --epochs 10",
        [
            0.035560361140272854,
            0.9874097957930293,
            10.646091562804047,
            0.03856986329498944,
            0.9826194909993793,
        ],
    );
}
