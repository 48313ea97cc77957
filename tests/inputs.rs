//! Inputs of every kind: pipes and standard input, damaged stores, files as people have them, names that are no
//! text; and settings without effect on what is read.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use sparsegrok_config::Settings;
use sparsegrok_study::Study;

use crate::support::{Outcome, command, file, folder, printed, refused, shipped, sparsegrok, text};

/// Time after which a process is said to hang.
const SOON: Duration = Duration::from_secs(60);

/// Runs `sparsegrok` with something to read on standard input, which is a pipe.
fn fed(line: &str, input: &[u8]) -> Outcome {
    outcome(command(line).write_stdin(input).timeout(SOON))
}

fn outcome(command: &mut assert_cmd::Command) -> Outcome {
    let output = command.output().expect("the command starts");
    Outcome {
        code: output.status.code().expect("the command exits by itself"),
        stdout: String::from_utf8(output.stdout).expect("UTF-8 on stdout"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8 on stderr"),
    }
}

/// As [`fed`], where success is expected: its standard output.
fn fed_printed(line: &str, input: &[u8]) -> String {
    let outcome = fed(line, input);
    assert_eq!(outcome.code, 0, "{line}\n{outcome:?}");
    outcome.stdout
}

/// As [`refused`], with something to read on standard input.
fn fed_refused(line: &str, input: &[u8]) -> String {
    let Outcome {
        code,
        stdout,
        stderr,
    } = fed(line, input);
    assert_eq!((code, stdout.as_str()), (2, ""), "{line}\n{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{line}\n{stderr}");
    stderr
}

fn heart() -> Vec<u8> {
    std::fs::read(shipped("data/heart_scale.svm")).unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn path_in(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

#[test]
fn a_pipe_is_read_like_a_file_by_every_command() {
    let folder = folder();
    let heart = heart();
    let plain = file(&folder, "heart.svm", &heart);
    let store = path_in(&folder, "heart.sgs");
    printed(&format!("data import {plain} --out {store}"));
    let store = std::fs::read(store).unwrap();
    let model = path_in(&folder, "model");
    printed(&format!("run --train {plain} --epochs 3 --model {model}"));
    for line in [
        "data info FILE",
        "data import FILE",
        "data export --train FILE",
        "run --epochs 3 --train FILE",
        "compare --early-epochs 2 --long-epochs 3 --train FILE",
        "compare --seeds 0..3 --early-epochs 2 --long-epochs 3 --train FILE",
        "compare --seeds 0..3 --early-epochs 2 --long-epochs 3 --against lr=0.1,0.2 --train FILE",
        &format!("predict FILE --model {model}"),
    ] {
        let expected = printed(&line.replace("FILE", &plain));
        for name in ["-", "/dev/stdin"] {
            for input in [&heart, &gzip(&heart), &store] {
                assert_eq!(fed_printed(&line.replace("FILE", name), input), expected);
            }
        }
    }
    // A model and a configuration can come through a pipe too.
    let expected = printed(&format!("predict {plain} --model {model}"));
    let text = std::fs::read(&model).unwrap();
    assert_eq!(
        fed_printed(&format!("predict {plain} --model -"), &text),
        expected
    );
    let config = "epochs = 3\nn_train = 9";
    let expected = printed("run --epochs 3 --n-train 9");
    assert_eq!(fed_printed("run --config -", config.as_bytes()), expected);
}

#[test]
fn what_is_kept_can_come_through_a_pipe() {
    let folder = folder();
    let heart = heart();
    let plain = file(&folder, "heart.svm", &heart);
    let [read, piped] = ["read", "piped"].map(|name| path_in(&folder, name));
    let run = "run --epochs 3 --out";
    printed(&format!("{run} {read} --train {plain}"));
    fed_printed(&format!("{run} {piped} --train -"), &heart);
    assert_eq!(text(&piped), text(&read));

    let [read, piped] = ["studied", "piped-study"].map(|name| path_in(&folder, name));
    let study = "study --epochs 3 --seeds 0..3 --vary lr=0.1,0.2 --out";
    printed(&format!("{study} {read} --train {plain}"));
    fed_printed(&format!("{study} {piped} --train -"), &heart);
    for name in ["records.csv", "curves.csv"] {
        let of = |study: &str| text(Path::new(study).join(name));
        assert_eq!(of(&piped), of(&read));
    }
    // Labels and numbers are two ways to read it.
    let twice = path_in(&folder, "twice");
    let line = format!("study --epochs 3 --vary loss=logistic,squared --out {twice} --train -");
    let said = fed(&line, &heart);
    assert_eq!(said.code, 2, "{said:?}");
    assert!(
        said.stderr
            .contains("standard input: can be read once only"),
        "{said:?}"
    );
}

#[cfg(unix)]
#[test]
fn a_named_pipe_is_opened_once() {
    let folder = folder();
    let [pipe, out] = ["pipe", "out.csv"].map(|name| path_in(&folder, name));
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo").success());
    let to = pipe.clone();
    let writer = std::thread::spawn(move || std::fs::write(to, heart()));
    let line = format!("run --epochs 3 --train {pipe} --test {pipe} --out {out}");
    let ran = fed(&line, b"");
    assert_eq!(ran.code, 0, "{ran:?}");
    writer.join().unwrap().unwrap();
    let plain = shipped("data/heart_scale.svm").display().to_string();
    let expected = printed(&format!("run --epochs 3 --train {plain} --test {plain}"));
    assert_eq!(text(&out), expected);
}

#[test]
fn a_file_that_changes_under_a_study_ends_it() {
    let folder = folder();
    let rows = file(&folder, "rows.svm", heart());
    let flags = [
        ("train", rows.as_str()),
        ("epochs", "2"),
        ("lr", "0.01"),
        ("seeds", "0..64"),
        ("threads", "1"),
        ("vary", "loss=logistic,squared,hinge"),
    ]
    .map(|(key, value)| (if key == "lr" { "learning_rate" } else { key }, value));
    let settings = Settings::layered(None, None, &flags).unwrap();
    let study = Study::new(settings.config().unwrap()).unwrap();
    let mut handed_over = 0;
    let ran = study.run(&AtomicBool::new(false), |_| {
        handed_over += 1;
        let changed = text(shipped("data/heart_scale.svm")).replacen("+1 ", "-1 ", 1);
        std::fs::write(&rows, changed).unwrap();
        ControlFlow::Continue(())
    });
    let said = ran.unwrap_err().to_string();
    assert_eq!(
        said,
        format!(
            "cell 1: {rows}: changed while it was used: expected the bytes that were read first"
        )
    );
    assert!(handed_over > 0);
}

#[test]
fn damaged_stores_do_not_train_or_predict() {
    let folder = folder();
    let [store, model, study] = ["a.sgs", "model", "study"].map(|name| path_in(&folder, name));
    printed(&format!("data generate --n-train 20 --out {store}"));
    printed(&format!("run --train {store} --epochs 2 --model {model}"));
    let whole = std::fs::read(&store).unwrap();
    // A number's last bit, and a label.
    let labels = (320_usize + 8 * 5 * 20).next_multiple_of(64);
    for (at, section) in [(327, "signal"), (labels, "targets")] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        let flipped = file(&folder, "flipped.sgs", &bytes);
        for line in [
            "data info",
            "data import",
            "data export --train",
            "run --epochs 2 --train",
            "compare --early-epochs 1 --long-epochs 2 --train",
            "compare --seeds 0..2 --early-epochs 1 --long-epochs 2 --train",
            &format!("study --seeds 0..2 --epochs 2 --out {study} --train"),
            "study --seeds 0..2 --epochs 2 --dry-run --train",
            &format!("predict --model {model}"),
        ] {
            let said = refused(&format!("{line} {flipped}"));
            let place = format!("error: {flipped}: {section} at byte ");
            assert!(said.starts_with(&place), "{line}: {said}");
            assert!(said.contains(": checksum "), "{line}: {said}");
            assert!(!Path::new(&study).exists(), "{line}");
        }
        printed(&format!("run --epochs 2 --no-verify --train {flipped}"));
        printed(&format!("predict --no-verify --model {model} {flipped}"));
    }
    // The checksum of a store that was forged is right; its numbers are checked too.
    let forged = |at: usize, value: f64| {
        let mut bytes = whole.clone();
        bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
        let (start, entry) = if at < labels {
            (320, 64)
        } else {
            (at - at % 64, 104)
        };
        let length = if at < labels { 800 } else { 160 };
        assert!(start + length <= bytes.len());
        let mut crc = flate2::Crc::new();
        crc.update(&bytes[start..start + length]);
        bytes[entry + 32..entry + 36].copy_from_slice(&crc.sum().to_le_bytes());
        let mut crc = flate2::Crc::new();
        crc.update(&bytes[..316]);
        bytes[316..320].copy_from_slice(&crc.sum().to_le_bytes());
        file(&folder, "forged.sgs", &bytes)
    };
    let said = refused(&format!("run --train {}", forged(labels, 7.0)));
    assert!(said.contains("target 0 is 7, expected 1 or -1"), "{said}");
    let said = refused(&format!("run --train {}", forged(328, f64::NAN)));
    assert!(
        said.contains("signal value 1 is NaN, expected a finite number"),
        "{said}"
    );
}

#[test]
fn the_model_knows_how_its_rows_are_numbered() {
    let folder = folder();
    let rows = file(&folder, "zero.svm", "1 0:1 2:1\n-1 1:1\n");
    let ones = file(&folder, "one.svm", "1 1:1 3:1\n-1 2:1\n");
    let [model, store] = ["model", "zero.sgs"].map(|name| path_in(&folder, name));
    printed(&format!(
        "run --train {rows} --zero-based --epochs 50 --model {model}"
    ));
    let expected = printed(&format!("predict --scores --model {model} {rows}"));
    assert_eq!(
        printed(&format!(
            "predict --scores --zero-based=false --model {model} {ones}"
        )),
        expected
    );
    // A store numbers its columns itself: its model takes text that counts from 1 unless told otherwise.
    printed(&format!("data import --zero-based {rows} --out {store}"));
    printed(&format!(
        "run --train {store} --epochs 50 --model {model} --force"
    ));
    assert!(refused(&format!("predict --model {model} {rows}")).contains("index 0"));
    for line in [
        format!("predict --scores --zero-based --model {model} {rows}"),
        format!("predict --scores --model {model} {ones}"),
        format!("predict --scores --model {model} {store}"),
    ] {
        assert_eq!(printed(&line), expected);
    }
}

#[test]
fn settings_without_effect_on_what_is_read_are_refused() {
    let folder = folder();
    let rows = file(&folder, "rows.svm", "1 1:1\n-1 2:1\n");
    let real = file(&folder, "real.svm", "0.5 1:1\n");
    let [store, model, numbers] = ["a.sgs", "model", "numbers"].map(|name| path_in(&folder, name));
    printed(&format!("data import {rows} --out {store}"));
    printed(&format!("run --train {rows} --epochs 2 --model {model}"));
    printed(&format!(
        "run --train {real} --loss squared --epochs 2 --model {numbers}"
    ));
    let beside_store = "to be left out beside a store";
    let beside_text = "to be left out beside text";
    let beside_numbers = "to be left out, as targets are real numbers";
    for (line, key, reason) in [
        (
            format!("run --zero-based --train {store}"),
            "zero_based",
            beside_store,
        ),
        (
            format!("run --labels 1,2 --train {store}"),
            "labels",
            beside_store,
        ),
        (
            format!("data info --zero-based {store}"),
            "zero_based",
            beside_store,
        ),
        (
            format!("data import --zero-based {store}"),
            "zero_based",
            beside_store,
        ),
        (
            format!("data import --labels 1,2 {store}"),
            "labels",
            beside_store,
        ),
        (
            format!("predict --zero-based --model {model} {store}"),
            "zero_based",
            beside_store,
        ),
        (
            format!("run --no-verify --train {rows}"),
            "no_verify",
            beside_text,
        ),
        (
            format!("data import --no-verify {rows}"),
            "no_verify",
            beside_text,
        ),
        (
            format!("predict --no-verify --model {model} {rows}"),
            "no_verify",
            beside_text,
        ),
        (
            format!("data info --verify {rows}"),
            "verify",
            "where there is no store",
        ),
        (
            "data info --verify".to_owned(),
            "verify",
            "where there is no store",
        ),
        (
            format!("run --labels 1,2 --loss squared --train {real}"),
            "labels",
            beside_numbers,
        ),
        (
            format!("predict --labels 1,2 --model {numbers} {real}"),
            "labels",
            beside_numbers,
        ),
        ("run --no-verify".to_owned(), "no_verify", "a `train` file"),
        ("run --labels 1,2".to_owned(), "labels", "a `train` file"),
    ] {
        let said = refused(&line);
        assert!(said.contains(&format!("`{key}` is ")), "{line}: {said}");
        assert!(said.contains(reason), "{line}: {said}");
    }
    // One text among the files is enough.
    printed(&format!(
        "run --epochs 1 --no-verify --train {store} --test {rows}"
    ));
    let zero = file(&folder, "zero.svm", "1 0:1\n-1 1:1\n");
    printed(&format!(
        "run --epochs 1 --zero-based --train {store} --test {zero}"
    ));
}

#[test]
fn two_labels_may_be_any() {
    let folder = folder();
    let [model, store] = ["model", "a.sgs"].map(|name| path_in(&folder, name));
    let rows = |low: &str, high: &str| format!("{low} 1:1\n{high} 2:1\n{low} 1:2\n");
    let signs = file(&folder, "signs.svm", rows("-1", "1"));
    let run = "run --epochs 50 --columns epoch,train_loss,train_acc --train";
    let expected = printed(&format!("{run} {signs}"));
    for (low, high) in [("1", "2"), ("2", "4"), ("2", "1"), ("-3", "0")] {
        let named = file(&folder, "named.svm", rows(low, high));
        let flag = format!("--labels {low},{high}");
        assert_eq!(
            printed(&format!("{run} {named} {flag} --force --model {model}")),
            expected
        );
        let predicted = format!("{low}\n{high}\n{low}\n");
        assert_eq!(
            printed(&format!("predict --model {model} {named}")),
            predicted
        );
        // A store keeps the labels of its text, and another model learns of them.
        printed(&format!("data import {named} {flag} --force --out {store}"));
        assert_eq!(
            printed(&format!("predict --model {model} {store}")),
            predicted
        );
        assert_eq!(
            printed(&format!("{run} {store} --force --model {model}")),
            expected
        );
        assert_eq!(
            printed(&format!("predict --model {model} {named} {flag}")),
            predicted
        );
        assert_eq!(
            printed(&format!("data import {named} {flag}")),
            printed(&format!("data import {signs}"))
        );
    }
    let named = file(&folder, "named.svm", rows("1", "2"));
    let said = refused(&format!("run --train {named}"));
    assert!(
        said.contains("label 2, expected") && said.contains("`labels`"),
        "{said}"
    );
    let said = refused(&format!("run --train {named} --labels 2,4"));
    assert!(said.contains("label 1, expected 2 or 4"), "{said}");
}

#[test]
fn files_as_people_have_them() {
    let folder = folder();
    let plain = "1 1:1 3:0.5\n-1 2:1\n";
    let expected = printed(&format!("data info {}", file(&folder, "plain", plain)));
    let mark = b"\xef\xbb\xbf";
    for (name, bytes) in [
        ("mark.svm", [mark, plain.as_bytes()].concat()),
        ("mark.gz", gzip(&[mark, plain.as_bytes()].concat())),
        (
            "padded.gz",
            [gzip(plain.as_bytes()), vec![0; 5000]].concat(),
        ),
    ] {
        let path = file(&folder, name, bytes);
        assert_eq!(printed(&format!("data info {path}")), expected, "{name}");
    }
    let config = file(&folder, "mark.toml", [mark, &b"n_train = 9"[..]].concat());
    printed(&format!("run --epochs 1 --config {config}"));
    for (start, found, command) in [
        (&b"BZh91AY&SY"[..], "bzip2", "bzip2 -dc"),
        (b"\xfd7zXZ\0\0\x04", "xz", "xz -dc"),
        (b"\x28\xb5\x2f\xfd\x24", "zstd", "zstd -dc"),
        (b"\xff\xfe1\0 \x001\0", "UTF-16", "iconv -f UTF-16 -t UTF-8"),
    ] {
        let path = file(&folder, "foreign", start);
        assert_eq!(
            refused(&format!("data info {path}")),
            format!(
                "error: {path}: {found}, expected text, gzip or a store; `{command} {path}` makes text \
                 of it\n"
            )
        );
    }
    let bare = file(&folder, "bare.svm", "1\n-1\n");
    let told = printed(&format!("data info {bare}"));
    assert!(told.contains("columns = 0\n"), "{told}");
    assert!(told.contains("density = 0\n"), "{told}");
}

/// Runs `sparsegrok` in a shell, behind `before`, with at most 1 GB of memory to address.
fn in_shell(before: &str, line: &str) -> Outcome {
    let program = command("").get_program().to_owned();
    let script = format!("{before} (ulimit -v 1000000; exec \"$0\" {line})");
    let mut shell = assert_cmd::Command::new("sh");
    outcome(shell.args(["-c", &script]).arg(program).timeout(SOON))
}

#[test]
fn endless_inputs_end_in_a_sentence() {
    let folder = folder();
    let model = path_in(&folder, "model");
    printed(&format!("run --n-train 9 --epochs 1 --model {model}"));
    let line = "line 1, column 1: more than 64 MiB without a line break";
    let rows = "more memory than there is: expected fewer rows";
    let predict_zeros = format!("predict --model {model} /dev/zero");
    for (before, command, part) in [
        ("", "data info /dev/zero", line),
        ("", predict_zeros.as_str(), line),
        ("yes 1 |", "data info -", rows),
        ("yes 1 1:1 2:1 |", "data import -", rows),
        ("yes 1 |", "run --train -", rows),
        ("yes 1 |", "run --threads 1 --train -", rows),
        (
            "",
            "run --config /dev/zero",
            "more than 4 MiB, expected a configuration",
        ),
        (
            "yes '#' |",
            "run --config -",
            "more than 4 MiB, expected a configuration",
        ),
        (
            "",
            "predict - --model /dev/zero",
            "expected at most 4 MiB a line",
        ),
    ] {
        let said = in_shell(before, command);
        assert_eq!(
            (said.code, said.stdout.as_str()),
            (2, ""),
            "{command}: {said:?}"
        );
        assert!(said.stderr.contains(part), "{command}: {said:?}");
        assert_eq!(said.stderr.lines().count(), 1, "{command}: {said:?}");
    }
}

#[test]
fn a_bomb_of_one_line_is_bounded() {
    let folder = folder();
    let bomb = file(&folder, "blanks.gz", gzip(&vec![b' '; 200_000_000]));
    let said = in_shell("", &format!("data info {bomb}"));
    assert_eq!(said.code, 2, "{said:?}");
    assert!(
        said.stderr
            .contains("more than 64 MiB without a line break"),
        "{said:?}"
    );
}

#[test]
fn a_configuration_is_bounded() {
    let folder = folder();
    let long = file(&folder, "long.toml", "vary = []\n".repeat(2_000_000));
    let said = in_shell("", &format!("run --config {long}"));
    assert_eq!(said.code, 2, "{said:?}");
    let expected = format!("error: {long}: more than 4 MiB, expected a configuration\n");
    assert_eq!(said.stderr, expected);
}

#[cfg(unix)]
#[test]
fn paths_need_not_be_text() {
    use std::os::unix::ffi::OsStrExt;
    let folder = folder();
    let path = |name: &[u8]| folder.path().join(OsStr::from_bytes(name)).into_os_string();
    let run = |line: &str, paths: &[&OsString]| {
        let mut paths = paths.iter();
        let mut command = command("");
        for word in line.split_whitespace() {
            match word {
                "PATH" => command.arg(paths.next().unwrap()),
                word => command.arg(word),
            };
        }
        outcome(&mut command)
    };
    let rows = path(b"r\xffws.svm");
    std::fs::write(&rows, heart()).unwrap();
    let [out, model, store, study, config] = [
        &b"o\xfft"[..],
        b"m\xffdel",
        b"s\xff.sgs",
        b"study\xff",
        b"c\xff.toml",
    ]
    .map(path);
    std::fs::write(&config, "epochs = 2").unwrap();
    for (line, paths) in [
        ("data info PATH", &[&rows][..]),
        ("data info --train PATH --test PATH", &[&rows, &rows]),
        ("data import PATH --out PATH", &[&rows, &store]),
        ("data export --train PATH", &[&store]),
        ("run --epochs 2 --train PATH --print-config", &[&rows]),
        (
            "run --config PATH --train PATH --out PATH --model PATH",
            &[&config, &rows, &out, &model],
        ),
        ("predict PATH --model PATH", &[&rows, &model]),
        ("explain --train PATH", &[&rows]),
        (
            "compare --early-epochs 1 --long-epochs 2 --train PATH",
            &[&rows],
        ),
        (
            "study --seeds 0..2 --epochs 2 --train PATH --out PATH --report",
            &[&rows, &study],
        ),
        ("study --resume PATH", &[&study]),
        ("tables PATH", &[&study]),
        ("report PATH", &[&study]),
    ] {
        let told = run(line, paths);
        assert_eq!(told.code, 0, "{line}: {told:?}");
    }
    let absent = run("run --train PATH", &[&path(b"n\xff\n\x1b[31m")]);
    assert_eq!(absent.code, 1, "{absent:?}");
    assert_eq!(absent.stderr.lines().count(), 1, "{absent:?}");
    assert!(
        absent.stderr.contains("n\\xff\\n\\u{1b}[31m: "),
        "{absent:?}"
    );
}

#[test]
fn paths_are_shown_on_one_line() {
    let folder = folder();
    let odd = folder.path().join("a\nb\x1b[2J");
    std::fs::create_dir(&odd).unwrap();
    let name = format!("{}/a\\nb\\u{{1b}}[2J", folder.path().display());
    for line in [
        "run --epochs 1 --train PATH",
        "run --epochs 1 --n-train 9 --out PATH/x/y",
        "run --epochs 1 --n-train 9 --model PATH/x/y",
        "run --resume PATH",
        "run --config PATH",
        "study --seeds 0..1 --n-train 9 --epochs 1 --out PATH/x/y",
        "study --resume PATH",
        "tables PATH",
        "report PATH",
        "explain PATH",
        "compare PATH PATH",
        "merge PATH --out PATH/x",
        "data info PATH",
        "data generate --n-train 9 --out PATH/x/y",
        "predict PATH --model PATH",
        "predict /dev/null --model PATH",
    ] {
        let mut command = command("");
        for word in line.split_whitespace() {
            command.arg(word.replace("PATH", &odd.display().to_string()));
        }
        let said = outcome(&mut command);
        assert_ne!(said.code, 0, "{line}: {said:?}");
        assert_eq!(said.stderr.lines().count(), 1, "{line}: {said:?}");
        assert!(said.stderr.contains(&name), "{line}: {said:?}");
    }
}

#[test]
fn a_huge_index_is_told_by_its_columns() {
    let folder = folder();
    let wide = file(&folder, "wide.svm", "1 4294967295:1\n-1 1:1\n");
    let narrow = file(&folder, "narrow.svm", "1 1:1\n-1 2:1\n");
    // Far more than any machine that tests run on has to give.
    if std::fs::read_to_string("/proc/meminfo").is_ok_and(|told| available(&told) > 30 << 20) {
        return;
    }
    let study = path_in(&folder, "study");
    for line in [
        format!("run --train {wide}"),
        format!("run --train {narrow} --test {wide}"),
        format!("compare --train {wide}"),
        format!("study --train {wide} --out {study}"),
    ] {
        let said = refused(&line);
        let start = format!(
            "error: {wide}: this needs about 32.00 GiB of memory for the weights of 4294967295 columns, "
        );
        assert!(said.starts_with(&start), "{said}");
        assert!(!Path::new(&study).exists());
    }
    printed(&format!("data info {wide}"));
}

/// Memory that is available, in kB.
fn available(told: &str) -> u64 {
    let line = told.lines().find(|line| line.starts_with("MemAvailable:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
    number.unwrap_or(0)
}

#[test]
fn standard_input_that_is_empty_or_asked_for_twice_is_said() {
    let said = fed_refused("data info -", b"");
    assert_eq!(
        said,
        "error: standard input: found no rows, expected at least one line `target index:value ...`\n"
    );
    let heart = heart();
    // Both of a problem's files can be the same.
    fed_printed("run --epochs 1 --train - --test -", &heart);
    let absent = sparsegrok("data info ./-");
    assert_eq!(absent.code, 1, "{absent:?}");
}
