//! Files that are anything but what they should be, read under a cap on memory: one sentence, soon,
//! and nothing left behind. What cannot be thought of is for the fuzz targets (`crates/fuzz`).

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::Crc;
use flate2::write::GzEncoder;
use sparsegrok_config::{Config, Settings};
use sparsegrok_log::{Unfinished, Work};
use tempfile::TempDir;

use crate::support::{Outcome, command, file, folder, printed, shipped};

/// Memory that a process may address, in kB: its own and, many times over, these files.
const CAP: u32 = 1_000_000;

/// Time after which a process would be said to hang.
const SOON: Duration = Duration::from_secs(20);

/// Runs `sparsegrok` under the cap.
fn capped(line: &str) -> Outcome {
    let program = command("").get_program().to_owned();
    let begun = Instant::now();
    let output = Command::new("sh")
        .args(["-c", &format!("ulimit -v {CAP}; exec \"$0\" \"$@\"")])
        .arg(program)
        .args(line.split_whitespace())
        .output()
        .expect("a shell");
    assert!(begun.elapsed() < SOON, "{line}");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    Outcome {
        code: output
            .status
            .code()
            .unwrap_or_else(|| panic!("{line}: {said}")),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: said,
    }
}

/// Asserts that a command refuses its input with a sentence that contains `part`.
fn assert_refused(line: &str, part: &str) {
    let Outcome {
        code,
        stdout,
        stderr,
    } = capped(line);
    assert_eq!((code, stdout.as_str()), (2, ""), "{line}: {stderr}");
    assert!(stderr.starts_with("error: "), "{line}: {stderr}");
    assert!(stderr.contains(part), "{line}: {stderr} lacks {part}");
    assert_eq!(stderr.lines().count(), 1, "{line}: {stderr}");
    assert!(stderr.len() < 1000, "{line}: {stderr}");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Bytes without any order.
fn noise(length: u32) -> Vec<u8> {
    let byte = |i: u32| (i.wrapping_mul(2_654_435_761) >> 13) as u8;
    (1..=length).map(byte).collect()
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[test]
fn hostile_rows_are_refused() {
    let folder = folder();
    let long = 10_000_000;
    let cases: [(&str, Vec<u8>, &str); 24] = [
        (
            "2^64",
            "1 18446744073709551616:1\n".into(),
            "column 3: index `18446744073709551616`",
        ),
        (
            "digits",
            [&b"1 "[..], &vec![b'9'; long], b":1\n"].concat(),
            "column 3: index `9999",
        ),
        ("minus", "1 -1:1\n".into(), "column 3: index `-1`"),
        ("point", "1 1.5:1\n".into(), "column 3: index `1.5`"),
        ("nan", "1 1:NaN\n".into(), "column 5: found `NaN`"),
        ("inf", "1 1:-Inf\n".into(), "column 5: found `-Inf`"),
        ("1e400", "1 1:1e400\n".into(), "column 5: found `1e400`"),
        ("target", "1e999 1:1\n".into(), "column 1: found `1e999`"),
        ("hex", "1 1:0x10\n".into(), "column 5: found `0x10`"),
        ("no-value", "1 1:\n".into(), "column 5: found ``"),
        ("no-index", "1 :1\n".into(), "column 3: index ``"),
        ("colons", "1 1:1:1\n".into(), "column 5: found `1:1`"),
        ("twice", "1 7:1 7:1\n".into(), "index 7 after 7"),
        ("falls", "1 7:1 6:1\n".into(), "index 6 after 7"),
        ("nul", "1 1:1\0\n".into(), "column 5: found `1\\0`"),
        ("empty", "".into(), "found no rows"),
        ("newlines", "\n".repeat(long).into(), "found no rows"),
        ("word", vec![b'x'; long], "line 1, column 1: found `xxxx"),
        (
            "same",
            "1 ".to_owned()
                .into_bytes()
                .into_iter()
                .chain(b"1:1 ".repeat(long / 4))
                .collect(),
            "index 1 after 1",
        ),
        ("noise", noise(1000), "line 1, column 1: found `"),
        (
            "utf-16",
            "1 1:1\n"
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect(),
            "line 1, column 1: found `1\\0`",
        ),
        (
            "cut.gz",
            gzip(b"1 1:1\n-1 2:1\n")[..20].into(),
            "expected an intact gzip file",
        ),
        (
            "noise.gz",
            [&[0x1f, 0x8b][..], &noise(1000)].concat(),
            "expected an intact gzip file",
        ),
        (
            "bomb.gz",
            gzip(&vec![b'7'; 4 * long]),
            "line 1, column 1: found `7777",
        ),
    ];
    for (name, content, part) in cases {
        let path = file(&folder, name, content);
        assert_refused(&format!("data info {path}"), part);
        let out = folder.path().join("out.sgs").display().to_string();
        assert_refused(&format!("data import {path} --out {out}"), part);
        assert!(!Path::new(&out).exists());
    }
}

#[test]
fn one_wide_row_takes_no_memory() {
    let folder = folder();
    let rows = file(&folder, "wide.svm", "1 4294967295:1\n-1 1:1\n");
    let told = capped(&format!("data info {rows}"));
    assert_eq!(told.code, 0, "{told:?}");
    assert!(told.stdout.contains("columns = 4294967295\n"), "{told:?}");
    let model = file(
        &folder,
        "wide.model",
        "sparsegrok model 1\nsignal 0\ntail 4294967295\nmemorization 0\nbias 0\nweights 1\n4294967294 -2\n",
    );
    let predicted = capped(&format!("predict {rows} --scores --model {model}"));
    assert_eq!(
        (predicted.code, predicted.stdout.as_str()),
        (0, "-2\n0\n"),
        "{predicted:?}"
    );
}

/// The header's fields, and what they must not be.
#[test]
fn stores_that_announce_the_impossible_are_refused() {
    let folder = folder();
    let store = folder.path().join("a.sgs").display().to_string();
    let heart = shipped("data/heart_scale.svm").display().to_string();
    printed(&format!("data import {heart} --out {store}"));
    let whole = std::fs::read(&store).unwrap();
    let mut cases = Vec::new();
    for field in [12, 16, 24, 32, 40, 48, 56, 80, 88, 120, 128, 240, 248] {
        for value in [1 << 20, u64::from(u32::MAX) - 1, 1 << 60, u64::MAX] {
            let mut bytes = whole.clone();
            bytes[field..field + 8].copy_from_slice(&value.to_le_bytes());
            cases.push((format!("{field}-{value}"), bytes));
        }
    }
    for (name, mut bytes) in cases {
        let sum = crc32(&bytes[..316]);
        bytes[316..320].copy_from_slice(&sum.to_le_bytes());
        let path = file(&folder, &name, bytes);
        // Some doubles are as good as any for α, and `tail_width` may be larger than any column.
        let fine = name.starts_with("48-")
            || name.starts_with("32-1048576")
            || name.starts_with("32-4294967294");
        match fine {
            true => assert!(
                [0, 2].contains(&capped(&format!("data info {path}")).code),
                "{name}"
            ),
            false => assert_refused(&format!("data info {path}"), " at byte "),
        }
    }
    for length in [0, 1, 7, 8, 9, 319, 320, 321] {
        let path = file(&folder, &format!("cut-{length}"), &whole[..length]);
        // A file too short for a signature is read as text, and fails as a row.
        let part = if length < 8 {
            "found "
        } else {
            "header at byte "
        };
        let part = if length >= 320 {
            "end of file at byte "
        } else {
            part
        };
        assert_refused(&format!("data info {path}"), part);
    }
}

#[test]
fn hostile_models_are_refused() {
    let folder = folder();
    let rows = file(&folder, "rows.svm", "1 1:1\n");
    let start = "sparsegrok model 1\nsignal 1\ntail 1\nmemorization 0\nbias 0\n";
    let many = "18446744073709551615";
    for (name, content, part) in [
        (
            "empty",
            String::new(),
            "line 1: found `the end of the file`",
        ),
        ("word", "x".repeat(10_000_000), "line 1: found `xxxx"),
        (
            "columns",
            format!("sparsegrok model 1\nsignal {many}\ntail {many}\nmemorization {many}\n"),
            "line 4: found `memorization 1844",
        ),
        (
            "weights",
            format!("{start}weights {many}\n0 1\n"),
            "line 8: found `the end of the file`",
        ),
        (
            "nan",
            format!("{start}weights 1\n0 NaN\n"),
            "line 7: found `0 NaN`",
        ),
        (
            "1e400",
            format!("{start}weights 1\n0 1e400\n"),
            "line 7: found `0 1e400`",
        ),
        (
            "outside",
            format!("{start}weights 1\n2 1\n"),
            "line 7: found `2 1`",
        ),
        (
            "twice",
            format!("{start}weights 2\n0 1\n0 1\n"),
            "line 8: found `0 1`",
        ),
        (
            "bias",
            start.replace("bias 0", "bias inf"),
            "line 5: found `bias inf`",
        ),
        (
            "more",
            format!("{start}weights 0\n\n"),
            "line 7: found ``, expected the end of the file",
        ),
        (
            "config",
            start.replacen('\n', "\n# epochs = 0\n", 1) + "weights 0\n",
            "`epochs` is 0",
        ),
    ] {
        let model = file(&folder, name, content);
        assert_refused(&format!("predict {rows} --model {model}"), part);
    }
    let model = file(
        &folder,
        "noise",
        [b"sparsegrok model 1\n", &noise(99)[..]].concat(),
    );
    assert_refused(&format!("predict {rows} --model {model}"), "line 2: ");
    let good = file(&folder, "good", format!("{start}weights 1\n1 3\n"));
    assert_eq!(printed(&format!("predict {rows} --model {good}")), "1\n");
}

#[test]
fn hostile_configurations_are_refused() {
    let folder = folder();
    let deep = "[".repeat(1_000_000);
    for (name, content, part) in [
        ("deep", format!("epochs = {deep}"), "line 1, column "),
        ("dotted", format!("{}b = 1", "a.".repeat(1_000_000)), "line 1, column "),
        ("tables", format!("{deep}a"), "line 1, column "),
        ("key", format!("{} = 1", "k".repeat(4_000_000)), "unknown key `kkkk"),
        ("lines", "\"\"\"epo\nchs\"\"\" = 1".to_owned(), "line 1, column 1"),
        ("escaped", "\"epo\\nchs\" = 1".to_owned(), "unknown key `epo\\nchs`"),
        ("value", format!("epochs = [{}]", "1,".repeat(1_000_000)), "`epochs` is [1, 1, 1,"),
        ("text", "epochs = '''\nmany\nlines'''".to_owned(), "`epochs` is "),
        ("number", format!("epochs = {}", "9".repeat(100_000)), "line 1, column 10"),
        ("axes", format!("vary = ['weight_decay={}']", "1,".repeat(1_000_000)), "expected 1 only once"),
        ("grid", "vary = ['lr=log:1e-9:1e-3:9999', 'init_norm=log:1:9:9999', 'weight_decay=log:1e-9:1e-3:9999']".to_owned(), "expected at most 1000000 cells"),
        ("range", "vary = ['lr=log:1e-9:1e-3:1e300']".to_owned(), "COUNT from 2 to 1000000"),
        ("epochs", "epochs = 9223372036854775807".to_owned(), "`epochs` is 9223372036854775807"),
        ("seeds", "seeds = '0..18446744073709551615'".to_owned(), "`seeds` is 0..18446744073709551615"),
    ] {
        let config = file(&folder, name, content);
        assert_refused(&format!("study --dry-run --config {config}"), part);
    }
    let config = file(&folder, "noise", noise(1000));
    assert_refused(
        &format!("run --config {config}"),
        "no text, expected a configuration",
    );
}

/// A run of which nothing was kept yet: its folder, and the file of what it was begun with.
fn begun(folder: &TempDir, work: Work) -> (PathBuf, Vec<u8>) {
    let toml = "n_train = 9\nn_test = 0\nepochs = 3\nthreads = 1\nseeds = '0..2'";
    let settings = Settings::from_toml(toml, "c.toml".as_ref()).unwrap();
    let config: Config = settings.config().unwrap();
    let study = folder.path().join("begun");
    let path = match work {
        Work::Run => study,
        Work::Study => study.join("unfinished"),
    };
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let unfinished =
        Unfinished::begin(&path, work, &config, &[], None, Default::default()).unwrap();
    let finished = std::fs::read(path.join("runs.log")).unwrap();
    drop(unfinished);
    std::fs::create_dir(&path).unwrap();
    std::fs::write(path.join("lock"), "").unwrap();
    (path, finished)
}

/// A checkpoint's frame, whole or of another length than it says.
fn frame(content: &[u8], length: u64) -> Vec<u8> {
    let framed = [&length.to_le_bytes(), content].concat();
    let sum = crc32(&framed).to_le_bytes();
    [b"\xf1frame\r\n", &framed[..], &sum].concat()
}

fn whole_frame(content: &[u8]) -> Vec<u8> {
    frame(content, content.len() as u64)
}

#[test]
fn hostile_checkpoints_are_refused() {
    let folder = folder();
    let (path, finished) = begun(&folder, Work::Study);
    let preamble = &finished[..25];
    let study = folder.path().join("begun").display().to_string();
    let most = [0xff; 8];
    // A finished group of cell 0, and then anything.
    let group = |rest: &[u8]| whole_frame(&[b"g", &[0; 16][..], &[0; 8], &[1], rest].concat());
    let record = [&[0][..], &[0; 32], &[0]].concat();
    for (name, content, part) in [
        ("empty", vec![], "ends in the middle"),
        ("noise", noise(1000), "not a checkpoint"),
        (
            "version",
            [b"sparsegrok checkpoint", &most[..4]].concat(),
            "of format 4294967295",
        ),
        ("no header", preamble.to_vec(), "does not fit"),
        (
            "long",
            [preamble, &frame(b"h", u64::MAX)].concat(),
            "ends in the middle",
        ),
        (
            "toml",
            [preamble, &whole_frame(b"h= =")].concat(),
            "does not fit",
        ),
        (
            "deep",
            [
                preamble,
                &whole_frame(format!("h{}", "[".repeat(100_000)).as_bytes()),
            ]
            .concat(),
            "does not fit",
        ),
        (
            "what",
            [preamble, &whole_frame(b"what")].concat(),
            "does not fit",
        ),
        (
            "records",
            [&finished[..], &group(&[&[0; 8], &most[..4]].concat())].concat(),
            "does not fit",
        ),
        (
            "trace",
            [
                &finished[..],
                &group(&[&[0; 8], &[1, 0, 0, 0][..], &record, &most].concat()),
            ]
            .concat(),
            "does not fit",
        ),
    ] {
        std::fs::write(path.join("runs.log"), content).unwrap();
        let resumed = capped(&format!("study --resume {study}"));
        assert_eq!(resumed.code, 2, "{name}: {resumed:?}");
        let last = resumed.stderr.lines().last().unwrap_or_default();
        assert!(
            last.starts_with("error: ") && last.contains(part),
            "{name}: {resumed:?}"
        );
    }

    // The header is intact, but its configuration is not valid in this version.
    let length = u64::from_le_bytes(finished[33..41].try_into().unwrap()) as usize;
    let text = std::str::from_utf8(&finished[42..41 + length]).unwrap();
    assert!(text.contains("epochs = 3\n"), "{text}");
    let other = text.replace("epochs = 3\n", "epochs = 0\n");
    let content = [preamble, &whole_frame(&[b"h", other.as_bytes()].concat())].concat();
    std::fs::write(path.join("runs.log"), content).unwrap();
    assert_refused(
        &format!("study --resume {study}"),
        "runs.log: `epochs` is 0, expected",
    );
}
