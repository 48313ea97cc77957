//! Stores: the same bits again, the same bytes for ever, and nothing damaged taken for whole.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::aligned::AlignedBlock;
use crate::svmlight::LabelPair;
use crate::svmlight::tests::csr;

/// Version 1, made by a script that knows the documented layout and nothing of this code: two rows of
/// two signal and nine tail columns, labels that were 0 and 1, α = 2.5.
const GOLDEN: &[u8] = include_bytes!("version-1.sgs");

fn golden() -> (Dataset, Labels) {
    let tail = csr(9, &[&[(0, 0.1), (8, -1e300)], &[]]);
    let signal = AlignedBlock::from(&[0.5, -0.0, 1.0 / 3.0, 4.0][..]);
    let features = Features::new(2, 2, signal, Some(tail)).unwrap();
    let data = Dataset::new(features, vec![1.0, -1.0], TargetKind::Sign, Some(2.5));
    (data.unwrap(), Labels::ZeroOne)
}

fn bytes(data: &Dataset, labels: Labels) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut bytes, data, labels).unwrap();
    bytes
}

/// A folder and a file in it.
fn file(bytes: &[u8]) -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sgs");
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

/// The message of opening bytes as a store, and of verifying it where `verify`.
fn refusal(bytes: &[u8], verify: bool) -> String {
    let (_folder, path) = file(bytes);
    let result = Store::open(&path).and_then(|store| match verify {
        true => store.verify(),
        false => store.dataset().map(|_| ()),
    });
    let said = result.unwrap_err().to_string();
    let name = format!("{}: ", path.display());
    said.strip_prefix(&name).expect(&said).to_owned()
}

/// Bits of a row's numbers, and its tail's columns.
type RowBits = (Vec<u64>, Vec<usize>);

/// Every bit of a dataset: rows, then widths and α.
fn bits(data: &Dataset) -> (Vec<RowBits>, [usize; 2], Option<u64>) {
    let row = |i| {
        let row = data.row(i);
        let numbers = [row.signal, row.tail.values, &[row.target]].concat();
        let bits = numbers.into_iter().map(f64::to_bits).collect();
        (bits, row.tail.indices.iter().collect())
    };
    let features = data.features();
    (
        (0..data.len()).map(row).collect(),
        [features.signal_width(), features.tail_width()],
        data.memorization().map(f64::to_bits),
    )
}

/// The header of bytes changed, with a checksum that agrees.
fn with_header(bytes: &[u8], change: impl FnOnce(&mut Header)) -> Vec<u8> {
    let mut header: Header = pod_read_unaligned(&bytes[..HEADER]);
    change(&mut header);
    header.checksum = crc32fast::hash(&bytemuck::bytes_of(&header)[..HEADER_CHECKSUM]);
    [bytemuck::bytes_of(&header), &bytes[HEADER..]].concat()
}

#[test]
fn version_1_never_changes() {
    let (data, labels) = golden();
    assert_eq!(bytes(&data, labels), GOLDEN);
    let (_folder, path) = file(GOLDEN);
    assert!(Input::open(&path).unwrap().is_store());
    let store = Store::open(&path).unwrap();
    store.verify().unwrap();
    assert_eq!((store.rows(), store.labels()), (2, labels));
    let read = store.dataset().unwrap();
    drop(store);
    assert_eq!(bits(&read), bits(&data));
    assert_eq!(read.features().signal_block().as_ptr() as usize % 64, 0);
}

#[test]
fn labels_of_classes_are_kept() {
    let rows = |labels: &[f64], kind| Dataset::dense(&[0.5, 1.5, 2.5], 1, labels, kind).unwrap();
    let classes = rows(&[7.0, -2.0, 3.0], TargetKind::Class);
    let (_folder, path) = file(&bytes(&classes, Labels::Classes));
    let store = Store::open(&path).unwrap();
    store.verify().unwrap();
    assert_eq!(store.labels(), Labels::Classes);
    assert_eq!(bits(&store.dataset().unwrap()), bits(&classes));
    let real = store.dataset_with(TargetKind::Real).unwrap();
    assert_eq!(real.targets(), classes.targets());
    let said = store
        .dataset_with(TargetKind::Sign)
        .unwrap_err()
        .to_string();
    assert!(
        said.contains("`--labels all` takes, expected labels -1 and 1"),
        "{said}"
    );
    // Two labels are classes too, by their names in the text.
    let signs = rows(&[1.0, -1.0, 1.0], TargetKind::Sign);
    let named = Labels::Named(LabelPair::new(5, 4).unwrap());
    for (labels, expected) in [
        (Labels::Sign, [1.0, -1.0, 1.0]),
        (Labels::ZeroOne, [1.0, 0.0, 1.0]),
        (named, [4.0, 5.0, 4.0]),
    ] {
        let (_folder, path) = file(&bytes(&signs, labels));
        let store = Store::open(&path).unwrap();
        let read = store.dataset_with(TargetKind::Class).unwrap();
        assert_eq!(read.target_kind(), TargetKind::Class);
        assert_eq!(read.targets(), expected);
    }
    let reals = rows(&[0.5, 1.5, 2.5], TargetKind::Real);
    let (_folder, path) = file(&bytes(&reals, Labels::Real));
    let store = Store::open(&path).unwrap();
    assert!(store.dataset_with(TargetKind::Class).is_err());
    let forged = with_header(&bytes(&reals, Labels::Real), |header| header.labels = 4);
    let said = refusal(&forged, true);
    assert!(
        said.contains("target 0 is 0.5, expected a whole number"),
        "{said}"
    );
}

#[test]
fn files_cut_short_are_refused_at_every_length() {
    for length in 0..GOLDEN.len() {
        let said = refusal(&GOLDEN[..length], false);
        let expected = match length {
            0..8 => "header at byte 0: found other bytes, expected the signature of a store".into(),
            8..320 => format!("header at byte {length}: the file has {length} bytes, expected 320"),
            _ => format!(
                "end of file at byte {length}: the file has {length} bytes, expected {}",
                GOLDEN.len()
            ),
        };
        assert_eq!(said, expected);
    }
    let long = [GOLDEN, &[0]].concat();
    assert!(refusal(&long, false).starts_with("end of file at byte "));
}

#[test]
fn every_byte_changed_is_noticed_or_harmless() {
    let (data, _) = golden();
    for at in 0..GOLDEN.len() {
        for flip in [1, 0x80, 0xff] {
            let mut damaged = GOLDEN.to_vec();
            damaged[at] ^= flip;
            let (_folder, path) = file(&damaged);
            let Ok(store) = Store::open(&path) else {
                continue;
            };
            assert!(at >= HEADER, "byte {at} of the header changed unseen");
            if store.verify().is_ok() {
                assert_eq!(bits(&store.dataset().unwrap()), bits(&data), "byte {at}");
            }
            // Even without verifying, every row stays within its columns.
            let read = catch_unwind(AssertUnwindSafe(|| {
                let Ok(data) = store.dataset() else { return };
                for i in 0..data.len() {
                    let row = data.row(i);
                    assert!(row.tail.indices.iter().all(|column| column < 9));
                }
            }));
            assert!(read.is_ok(), "byte {at}");
        }
    }
}

#[test]
fn what_is_wrong_is_said() {
    let section = |name: &str, offset: usize, value: &[u8]| {
        let mut damaged = GOLDEN.to_vec();
        let k = NAMES.iter().position(|&known| known == name).unwrap();
        let header: Header = pod_read_unaligned(&damaged[..HEADER]);
        let extent = header.extents().unwrap()[k].clone();
        let extent = extent.start as usize..extent.end as usize;
        damaged[extent.start + offset..][..value.len()].copy_from_slice(value);
        let checksum = crc32fast::hash(&damaged[extent]);
        with_header(&damaged, |header| header.sections[k].checksum = checksum)
    };
    let nan = f64::NAN.to_le_bytes();
    let cases = [
        (
            with_header(GOLDEN, |header| header.version = 2),
            "header at byte 8: version 2, expected 1",
        ),
        (
            with_header(GOLDEN, |header| header.labels = 5),
            "header at byte 12: `labels` is 5, expected 0, 1, 2, 3 or 4",
        ),
        (
            with_header(GOLDEN, |header| header.labels = 3),
            "header at byte 264: `named` is [0, 0], expected two labels where `labels` is 3, else zeros",
        ),
        (
            with_header(GOLDEN, |header| header.named = [1, 2]),
            "header at byte 264: `named` is [1, 2], expected two labels where `labels` is 3, else zeros",
        ),
        (
            with_header(GOLDEN, |header| header.rows = 1 << 61),
            "header at byte 16: `rows` is 2305843009213693952, expected a number between 1 and 2^32 - 2",
        ),
        (
            with_header(GOLDEN, |header| header.signal_width = 1 << 63),
            "header at byte 24: `signal_width` is 9223372036854775808, expected a width that files can hold",
        ),
        (
            with_header(GOLDEN, |header| {
                header.memorization = f64::INFINITY.to_bits()
            }),
            "header at byte 48: `memorization` is inf, expected a finite number, 0 for none",
        ),
        (
            with_header(GOLDEN, |header| header.memorization = (-0.0_f64).to_bits()),
            "header at byte 48: `memorization` is -0, expected a finite number, 0 for none",
        ),
        (
            with_header(GOLDEN, |header| header.has_tail = 2),
            "header at byte 56: `has_tail` is 2, expected 0 or 1",
        ),
        (
            with_header(GOLDEN, |header| header.has_tail = 0),
            "header at byte 32: `tail_width` is 9, expected 0 without a tail",
        ),
        (
            with_header(GOLDEN, |header| {
                (header.has_tail, header.tail_width) = (0, 0);
            }),
            "header at byte 40: `tail_nonzeros` is 2, expected 0 without a tail",
        ),
        (
            with_header(GOLDEN, |header| header.tail_width = 1 << 32),
            "header at byte 32: `tail_width` is 4294967296, expected a number below 2^32",
        ),
        (
            {
                let mut later = GOLDEN.to_vec();
                later[272] = 1;
                with_header(&later, |_| {})
            },
            "header at byte 272: `reserved` is not all zero, expected zeros",
        ),
        (
            with_header(GOLDEN, |header| header.tail_nonzeros = 1 << 40),
            "columns at byte 184: found section `columns` of 8 bytes from byte 512, \
             expected section `columns` of 4398046511104 bytes from byte 512",
        ),
        (
            with_header(GOLDEN, |header| header.sections[1].offset += 8),
            "targets at byte 104: found section `targets` of 16 bytes from byte 392, \
             expected section `targets` of 16 bytes from byte 384",
        ),
        (
            section("signal", 8, &nan),
            "signal at byte 328: signal value 1 is NaN, expected a finite number",
        ),
        (
            section("targets", 8, &0.5_f64.to_le_bytes()),
            "targets at byte 392: target 1 is 0.5, expected 1 or -1",
        ),
        (
            section("row_starts", 8, &[3]),
            "row_starts at byte 448: indptr descends at row 0, expected a monotone sequence",
        ),
        (
            section("columns", 4, &[9]),
            "columns at byte 512: row 0 has column 9, expected one below 9",
        ),
        (
            section("columns", 4, &[0]),
            "columns at byte 512: row 0 has column 0 after 0, expected strictly ascending columns",
        ),
        (
            section("values", 0, &nan),
            "values at byte 576: row 0, column 0 is NaN, expected a finite number",
        ),
    ];
    for (damaged, sentence) in cases {
        assert_eq!(refusal(&damaged, true), sentence);
    }
    let mut damaged = GOLDEN.to_vec();
    damaged[577] ^= 1;
    let said = refusal(&damaged, true);
    assert!(said.starts_with("values at byte 576: checksum "), "{said}");
    assert!(refusal(b"+1 1:0.5\n", false).contains("expected the signature"));
}

#[test]
fn targets_are_what_was_asked_for_or_refused() {
    let (data, _) = golden();
    let store = |labels| {
        let kind = match labels {
            Labels::Real => TargetKind::Real,
            _ => TargetKind::Sign,
        };
        let data = data.clone().with_target_kind(kind);
        let (folder, path) = file(&bytes(&data, labels));
        (folder, Store::open(&path).unwrap())
    };
    let (_folder, signs) = store(Labels::Sign);
    let real = signs.dataset_with(TargetKind::Real).unwrap();
    assert_eq!(real.target_kind(), TargetKind::Real);
    for (labels, kind, sentence) in [
        (
            Labels::ZeroOne,
            TargetKind::Real,
            "targets are labels that were 0 and 1, expected real numbers: import the text with --real",
        ),
        (
            Labels::Real,
            TargetKind::Sign,
            "targets are real numbers, expected labels -1 and 1",
        ),
    ] {
        let (_folder, store) = store(labels);
        let error = store.dataset_with(kind).unwrap_err().to_string();
        assert!(error.ends_with(sentence), "{error}");
    }
}

#[test]
fn labels_of_the_text_are_kept() {
    let (data, _) = golden();
    let labels = Labels::from("2,4".parse::<LabelPair>().unwrap());
    let (_folder, path) = file(&bytes(&data, labels));
    let store = Store::open(&path).unwrap();
    assert_eq!(store.labels(), labels);
    assert_eq!(bits(&store.dataset().unwrap()), bits(&data));
    let error = store.dataset_with(TargetKind::Real).unwrap_err();
    assert!(
        error.to_string().contains("others than -1 and 1"),
        "{error}"
    );
}

#[cfg(unix)]
#[test]
fn a_store_is_read_from_a_pipe() {
    let through = |bytes: &[u8], most_memory| {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let bytes = bytes.to_vec();
        let writer = std::thread::spawn(move || std::io::Write::write_all(&mut writer, &bytes));
        let path = format!("/dev/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&reader));
        let store = Store::of(Input::open(path.as_ref()).unwrap(), most_memory);
        drop(reader);
        let _ = writer.join();
        store
    };
    let (data, labels) = golden();
    let store = through(GOLDEN, 1 << 20).unwrap();
    store.verify().unwrap();
    assert_eq!(store.labels(), labels);
    let read = store.dataset().unwrap();
    assert_eq!(bits(&read), bits(&data));
    assert!(!read.is_mapped());
    let said = |bytes: &[u8], most| through(bytes, most).unwrap_err().to_string();
    let cut = said(&GOLDEN[..GOLDEN.len() - 8], 1 << 20);
    let (has, needs) = (GOLDEN.len() - 8, GOLDEN.len());
    assert!(
        cut.ends_with(&format!("the file has {has} bytes, expected {needs}")),
        "{cut}"
    );
    let long = said(&[GOLDEN, b"x"].concat(), 1 << 20);
    assert!(long.contains("end of file"), "{long}");
    assert!(said(GOLDEN, 100).contains("more memory than there is"));
}

#[test]
fn what_could_not_be_opened_is_not_written() {
    let (data, _) = golden();
    let error = write(Vec::new(), &data, Labels::Real).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    let none = Features::new(0, 2, AlignedBlock::zeroed(0), None).unwrap();
    let none = Dataset::new(none, vec![], TargetKind::Sign, None).unwrap();
    let error = write(Vec::new(), &none, Labels::Sign).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
}

#[test]
fn what_cannot_be_opened_is_said() {
    let missing = Path::new("no/such/file.sgs");
    let error = Store::open(missing).unwrap_err();
    assert!(matches!(error, StoreError::Io { .. }), "{error:?}");
}

/// Any finite double, bits and all.
fn finite() -> impl Strategy<Value = f64> {
    any::<f64>().prop_filter("finite", |x| x.is_finite())
}

proptest! {
    #[test]
    fn what_is_written_reads_back_to_the_bit(
        rows in vec((finite(), vec(finite(), 3), btree_map(0..1_000_u32, finite(), 0..6)), 1..20),
        width in 0..4_usize,
        has_tail in any::<bool>(),
        real in any::<bool>(),
        memorization in proptest::option::of(finite()),
    ) {
        let (kind, labels) = match real {
            true => (TargetKind::Real, Labels::Real),
            false => (TargetKind::Sign, Labels::Sign),
        };
        let targets: Vec<f64> = rows.iter().map(|row| if real { row.0 } else { row.0.signum() }).collect();
        let signal: Vec<f64> = rows.iter().flat_map(|row| row.1[..width].to_vec()).collect();
        let tail: Vec<Vec<_>> = rows.iter().map(|row| row.2.clone().into_iter().collect()).collect();
        let tail = has_tail.then(|| csr(1_000, &tail.iter().map(Vec::as_slice).collect::<Vec<_>>()));
        let features = Features::new(rows.len(), width, signal, tail).unwrap();
        let data = Dataset::new(features, targets, kind, memorization).unwrap();

        let (_folder, path) = file(&bytes(&data, labels));
        let store = Store::open(&path).unwrap();
        prop_assert!(store.verify().is_ok());
        prop_assert_eq!(store.labels(), labels);
        let read = store.dataset().unwrap();
        prop_assert_eq!(bits(&read), bits(&data));
        prop_assert_eq!(read.features().tail().is_some(), has_tail);
        prop_assert_eq!(bytes(&read, labels), bytes(&data, labels));
    }

    #[test]
    fn arbitrary_headers_never_panic(at in 8..HEADER_CHECKSUM, byte in any::<u8>()) {
        let mut damaged = GOLDEN.to_vec();
        damaged[at] = byte;
        let damaged = with_header(&damaged, |_| {});
        let (_folder, path) = file(&damaged);
        if let Ok(store) = Store::open(&path) && store.verify().is_ok() {
            prop_assert_eq!(store.dataset().unwrap().len(), 2);
        }
    }
}
