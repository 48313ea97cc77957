//! Data files: refusals, conversions, and round trips.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::support::{file, folder, printed, refused, shipped, sparsegrok, text};

#[test]
fn malformed_rows_are_refused_by_file_line_and_column() {
    let folder = folder();
    let cases = [
        ("1 1:2\n-1 2:x\n", "line 2, column 6: found `x`"),
        ("1 1:nan\n", "line 1, column 5: found `nan`"),
        ("1 1:inf\n", "line 1, column 5: found `inf`"),
        ("1 0:1\n", "line 1, column 3: index 0"),
        ("1 1:1 1:2\n", "line 1, column 7: index 1 after 1"),
        ("1 3:1 2:2\n", "line 1, column 7: index 2 after 3"),
        ("1 1:1\n0 1:1\n-1 1:1\n", "line 3, column 1: third label -1"),
        ("2 1:1\n", "line 1, column 1: label 2"),
        ("1 4294967296:1\n", "line 1, column 3: index `4294967296`"),
        ("", "found no rows"),
        ("# nothing\n\n", "found no rows"),
    ];
    for (content, sentence) in cases {
        let bad = file(&folder, "bad.svm", content);
        let out = folder.path().join("trace.csv");
        let said = refused(&format!(
            "run --train {bad} --epochs 1 --out {}",
            out.display()
        ));
        assert!(
            said.starts_with(&format!("error: {bad}: {sentence}")),
            "{content}: {said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(!out.exists());
    }
    let absent = sparsegrok("run --train /no/such.svm");
    assert_eq!(absent.code, 1);
    assert!(
        absent.stderr.starts_with("error: /no/such.svm: "),
        "{absent:?}"
    );
}

#[test]
fn a_real_target_is_a_third_label_except_under_squared_loss() {
    let folder = folder();
    let rows = file(&folder, "real.svm", "0.5 1:1\n2 1:3\n-7 1:-1\n");
    for loss in ["logistic", "hinge"] {
        let said = refused(&format!("run --train {rows} --loss {loss}"));
        assert!(said.contains("line 1, column 1: label 0.5"), "{said}");
    }
    printed(&format!(
        "run --train {rows} --loss squared --lr 0.01 --epochs 3"
    ));
    assert!(refused(&format!("run --train {rows} --loss squared --target sign")).contains("label"));
}

#[test]
fn zero_one_labels_are_mapped_and_said() {
    let folder = folder();
    let rows = file(&folder, "zero.svm", "0 1:1\n1 2:1\n");
    let outcome = sparsegrok(&format!("run --train {rows} --epochs 2"));
    assert_eq!(outcome.code, 0);
    let said = format!("{rows}: labels 0 and 1 are read as -1 and 1\n");
    assert!(outcome.stderr.starts_with(&said), "{}", outcome.stderr);
    assert_eq!(printed(&format!("data import {rows}")), "-1 1:1\n+1 2:1\n");

    // Predictions speak the file's own labels.
    let model = folder.path().join("model");
    printed(&format!(
        "run --train {rows} --epochs 50 --model {}",
        model.display()
    ));
    assert_eq!(
        printed(&format!("predict --model {} {rows}", model.display())),
        "0\n1\n"
    );
}

#[test]
fn zero_based_indices_are_read_when_asked_for() {
    let folder = folder();
    let rows = file(&folder, "zero.svm", "1 0:1 2:1\n-1 1:1\n");
    assert!(refused(&format!("data import {rows}")).contains("index 0"));
    assert_eq!(
        printed(&format!("data import --zero-based {rows}")),
        "+1 1:1 3:1\n-1 2:1\n"
    );
    printed(&format!("run --train {rows} --zero-based --epochs 1"));
}

#[test]
fn gzip_is_read_like_plain_text() {
    let folder = folder();
    let plain = text(shipped("data/heart_scale.svm"));
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(plain.as_bytes()).unwrap();
    let bytes = encoder.finish().unwrap();
    let gz = file(&folder, "heart.gz", &bytes);
    let run = "run --epochs 3 --columns epoch,train_loss --train";
    assert_eq!(
        printed(&format!("{run} {gz}")),
        printed(&format!(
            "{run} {}",
            shipped("data/heart_scale.svm").display()
        ))
    );
    let cut = file(&folder, "cut.gz", &bytes[..bytes.len() / 2]);
    assert!(refused(&format!("{run} {cut}")).contains("gzip"));
}

#[test]
fn train_and_test_share_the_wider_width() {
    let folder = folder();
    let narrow = file(&folder, "narrow.svm", "1 1:1\n-1 2:1\n");
    let wide = file(&folder, "wide.svm", "1 1:1 9:1\n");
    for (train, test) in [(&narrow, &wide), (&wide, &narrow)] {
        let told = printed(&format!("data info --train {train} --test {test}"));
        assert_eq!(told.matches("columns = 9\n").count(), 2, "{told}");
        printed(&format!("run --train {train} --test {test} --epochs 2"));
    }
}

#[test]
fn info_counts() {
    let told = printed(&format!(
        "data info {}",
        shipped("data/heart_scale.svm").display()
    ));
    let table: toml::Table = told.parse().unwrap();
    let train = table["train"].as_table().unwrap();
    assert_eq!(train["rows"].as_integer(), Some(270));
    assert_eq!(train["columns"].as_integer(), Some(13));
    let pairs = text(shipped("data/heart_scale.svm")).matches(':').count();
    assert_eq!(train["nonzeros"].as_integer(), Some(pairs as i64));
    assert_eq!(train["memorization_columns"].as_integer(), Some(0));
    assert_eq!(train["labels"]["1"].as_integer(), Some(120));
    assert_eq!(train["labels"]["-1"].as_integer(), Some(150));
    assert_eq!(
        train["bytes"].as_integer(),
        Some(pairs as i64 * 12 + 271 * 8 + 270 * 8)
    );

    let synthetic = printed("data info --n-train 10 --n-test 0");
    assert!(
        synthetic.contains("memorization_columns = 10\n"),
        "{synthetic}"
    );
    assert!(synthetic.contains("bytes = 480\n"), "{synthetic}");
    assert!(!synthetic.contains("[test]"), "{synthetic}");
}

#[test]
fn exported_data_is_the_data() {
    let folder = folder();
    let data = "--n-train 40 --n-test 30 --d-signal 3 --data-seed 5";
    let [train, test] = ["train.svm", "test.svm"].map(|name| folder.path().join(name));
    printed(&format!(
        "data generate {data} --out {} --test-out {}",
        train.display(),
        test.display()
    ));
    assert_eq!(printed(&format!("data export {data}")), text(&train));
    assert_eq!(
        printed(&format!("data export {data} --part test")),
        text(&test)
    );
    assert_eq!(
        printed(&format!("data export --train {}", train.display())),
        text(&train)
    );
    assert_eq!(
        printed(&format!("data import {}", train.display())),
        text(&train)
    );

    // Trained from the files, the signal columns are a sparse tail; the figures are the same.
    let run =
        "--epochs 40 --eval-every 20 --columns epoch,train_acc,test_acc,train_loss,weight_norm";
    let figures = |line: String| -> Vec<f64> {
        let csv = printed(&line);
        csv.split(['\n', ','])
            .filter_map(|cell| cell.parse().ok())
            .collect()
    };
    let drawn = figures(format!("run {data} {run}"));
    let read = figures(format!(
        "run --train {} --test {} --memorize {run}",
        train.display(),
        test.display()
    ));
    assert_eq!(drawn.len(), 15);
    for (drawn, read) in drawn.iter().zip(&read) {
        assert!(
            (drawn - read).abs() <= 1e-12 * drawn.abs(),
            "{drawn} {read}"
        );
    }
}

#[test]
fn explicit_one_hot_columns_stand_for_memorization() {
    let folder = folder();
    let data = "--n-train 12 --n-test 0 --d-signal 2 --memorization-scale 2.5";
    let explicit = printed(&format!("data export {data} --one-hot explicit"));
    let implicit = printed(&format!("data export {data} --one-hot implicit"));
    for (i, (with, without)) in explicit.lines().zip(implicit.lines()).enumerate() {
        assert_eq!(with, format!("{without} {}:2.5", 3 + i));
    }
    let run = "run --epochs 30 --columns train_loss,weight_norm,margin_min";
    let explicit = file(&folder, "explicit.svm", explicit);
    let drawn = printed(&format!("{run} {data}"));
    let read = printed(&format!("{run} --train {explicit}"));
    let numbers = |csv: &str| crate::support::last_row(csv);
    for (drawn, read) in numbers(&drawn).iter().zip(numbers(&read)) {
        assert!(
            (drawn - read).abs() <= 1e-12 * drawn.abs(),
            "{drawn} {read}"
        );
    }
}

#[test]
fn test_rows_that_are_not_there_are_not_written() {
    assert!(refused("data export --n-test 0 --part test").contains("`n_test` is 0"));
    let folder = folder();
    let out = folder.path().join("test.svm").display().to_string();
    assert!(
        refused(&format!("data generate --n-test 0 --test-out {out}")).contains("`n_test` is 0")
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_store_stands_for_the_text_it_was_made_from() {
    let folder = folder();
    let heart = shipped("data/heart_scale.svm").display().to_string();
    let store = folder.path().join("heart.sgs").display().to_string();
    assert_eq!(printed(&format!("data import {heart} --out {store}")), "");
    // Known by what it is, not by its name.
    let renamed = folder.path().join("heart.svm").display().to_string();
    std::fs::copy(&store, &renamed).unwrap();
    for rows in [&store, &renamed] {
        for (before, after) in [
            ("data info", ""),
            ("data import", ""),
            ("data export --train", ""),
            ("run --epochs 5 --train", "--memorize"),
            ("run --epochs 5 --lr 0.001 --loss squared --train", ""),
        ] {
            assert_eq!(
                printed(&format!("{before} {rows} {after}")),
                printed(&format!("{before} {heart} {after}"))
            );
        }
        let run = "run --epochs 3 --columns epoch,test_loss";
        assert_eq!(
            printed(&format!("{run} --train {heart} --test {rows}")),
            printed(&format!("{run} --train {rows} --test {heart}"))
        );
    }
    let verified = sparsegrok(&format!("data info --verify {store}"));
    assert_eq!(verified.code, 0);
    let said = format!("{store}: every checksum and number is right\n");
    assert_eq!(verified.stderr, said);
}

#[test]
fn generated_stores_keep_signal_columns_and_memorization() {
    let folder = folder();
    let [train, test, model] = ["train.sgs", "test.sgs", "model"]
        .map(|name| folder.path().join(name).display().to_string());
    let data = "--n-train 40 --n-test 30 --d-signal 3 --memorization-scale 2.5";
    printed(&format!(
        "data generate {data} --out {train} --test-out {test}"
    ));
    let run = "run --epochs 40 --columns epoch,train_loss,test_loss,weight_norm";
    let files = format!("--train {train} --test {test}");
    assert_eq!(
        printed(&format!("{run} {files} --model {model}")),
        printed(&format!("{run} {data}"))
    );
    let text = file(
        &folder,
        "test.svm",
        printed(&format!("data export {data} --part test")),
    );
    let predict = format!("predict --scores --model {model}");
    assert_eq!(
        printed(&format!("{predict} {test}")),
        printed(&format!("{predict} {text}"))
    );
    let said = refused(&format!(
        "data export {data} --one-hot explicit --force --out {test}"
    ));
    assert!(said.contains("`one_hot` is explicit"), "{said}");
}

#[test]
fn stores_speak_the_labels_of_their_text() {
    let folder = folder();
    let rows = file(&folder, "zero.svm", "0 1:1\n1 2:1\n");
    let [store, model] =
        ["zero.sgs", "model"].map(|name| folder.path().join(name).display().to_string());
    sparsegrok(&format!("data import {rows} --out {store}"));
    let run = sparsegrok(&format!("run --train {store} --epochs 50 --model {model}"));
    assert!(!run.stderr.contains("are read as"), "{}", run.stderr);
    assert_eq!(
        printed(&format!("predict --model {model} {store}")),
        "0\n1\n"
    );
    let said = refused(&format!("run --train {store} --loss squared"));
    assert!(said.contains("import the text with --real"), "{said}");
}

#[test]
fn damaged_stores_are_refused() {
    let folder = folder();
    let store = folder.path().join("a.sgs").display().to_string();
    printed(&format!("data generate --n-train 20 --out {store}"));
    let whole = std::fs::read(&store).unwrap();
    let cut = file(&folder, "cut.sgs", &whole[..whole.len() - 8]);
    let said = refused(&format!("run --train {cut}"));
    let (has, expected) = (whole.len() - 8, whole.len());
    assert_eq!(
        said,
        format!(
            "error: {cut}: end of file at byte {has}: the file has {has} bytes, expected {expected}\n"
        )
    );
    let mut bytes = whole.clone();
    bytes[320] ^= 1;
    let flipped = file(&folder, "flipped.sgs", &bytes);
    let said = refused(&format!("data info --verify {flipped}"));
    assert!(
        said.starts_with(&format!("error: {flipped}: signal at byte 320: checksum ")),
        "{said}"
    );
    bytes[100] ^= 1;
    let header = file(&folder, "header.sgs", &bytes);
    let said = refused(&format!("run --train {header}"));
    assert!(said.contains("header at byte 316: checksum "), "{said}");
}
