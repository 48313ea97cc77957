//! Reading: text, gzip, faults, and what comes of them.

use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const SIGNS: Options = Options {
    zero_based: false,
    targets: TargetKind::Sign,
    labels: None,
    most_memory: u64::MAX,
};
const REALS: Options = Options {
    targets: TargetKind::Real,
    ..SIGNS
};

fn signs(text: &[u8]) -> Result<Parsed, SvmlightError> {
    parse("a.svm", text, &SIGNS)
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn csr(columns: usize, rows: &[&[(u32, f64)]]) -> Csr {
    let pairs = || rows.iter().copied().flatten();
    let ends = rows.iter().scan(0, |end, row| {
        *end += row.len();
        Some(*end)
    });
    Csr::new(
        columns,
        [0].into_iter().chain(ends).collect(),
        pairs().map(|pair| pair.0).collect(),
        pairs().map(|pair| pair.1).collect(),
    )
    .unwrap()
}

#[test]
fn a_file_is_read_as_documented() {
    let text =
        b"# head\n\n+1 1:0.5 3:-2 # tail\r\n \t\n-1\tqid:4  2:1e-3\t\r\n1.0#no columns\n-1 4:0";
    let expected = Parsed {
        features: csr(4, &[&[(0, 0.5), (2, -2.0)], &[(1, 1e-3)], &[], &[(3, 0.0)]]),
        targets: vec![1.0, -1.0, 1.0, -1.0],
        labels: Labels::Sign,
    };
    assert_eq!(signs(text).unwrap(), expected);
    assert_eq!(signs(&gzip(text)).unwrap(), expected);
    // Two gzip members, as `cat a.gz b.gz` leaves them.
    let (head, rest) = text.split_at(30);
    assert_eq!(signs(&[gzip(head), gzip(rest)].concat()).unwrap(), expected);
    // However small the pieces in which the bytes arrive.
    let pieces = BufReader::with_capacity(1, &text[..]);
    assert_eq!(parse("a.svm", pieces, &SIGNS).unwrap(), expected);
    let pieces = BufReader::with_capacity(1, io::Cursor::new(gzip(text)));
    assert_eq!(parse("a.svm", pieces, &SIGNS).unwrap(), expected);
}

#[test]
fn labels_are_minus_one_and_one_or_zero_and_one() {
    let read = |text: &str| {
        let parsed = signs(text.as_bytes()).unwrap();
        (parsed.targets, parsed.labels)
    };
    assert_eq!(read("1\n-1\n+1"), (vec![1.0, -1.0, 1.0], Labels::Sign));
    assert_eq!(read("1\n0\n1"), (vec![1.0, -1.0, 1.0], Labels::ZeroOne));
    assert_eq!(read("0\n-0"), (vec![-1.0, -1.0], Labels::ZeroOne));
    assert_eq!(read("1"), (vec![1.0], Labels::Sign));
    assert_eq!(read("-1"), (vec![-1.0], Labels::Sign));
    let real = parse("a.svm", &b"0\n-2.5\n1e300\n"[..], &REALS).unwrap();
    assert_eq!(real.targets, [0.0, -2.5, 1e300]);
    assert_eq!(real.labels, Labels::Real);
}

#[test]
fn indices_may_count_from_zero() {
    let options = Options {
        zero_based: true,
        ..SIGNS
    };
    let read = |text: &[u8]| parse("a.svm", text, &options);
    let parsed = read(b"1 0:5 2:6").unwrap();
    assert_eq!(parsed.features, csr(3, &[&[(0, 5.0), (2, 6.0)]]));
    assert_eq!(
        read(b"1 4294967294:1").unwrap().features.columns(),
        u32::MAX as usize
    );
    assert_eq!(
        read(b"1 4294967295:1").unwrap_err().to_string(),
        "a.svm: line 1, column 3: index `4294967295`, expected at most 4294967294"
    );
}

#[test]
fn the_largest_index_costs_no_more_than_another() {
    let parsed = signs(b"1 4294967295:1").unwrap();
    assert_eq!(parsed.features.columns(), u32::MAX as usize);
    assert_eq!(parsed.features.nnz(), 1);
}

#[test]
fn faults_name_file_line_and_column() {
    let long = format!("1 {}:1", "9".repeat(50));
    let cases: [(&[u8], &str); 22] = [
        (
            b"1 1:1\nx 1:1",
            "line 2, column 1: found `x`, expected a number",
        ),
        (
            b"  nan 1:1",
            "line 1, column 3: found `nan`, expected a finite number",
        ),
        (
            b"1,2 1:1",
            "line 1, column 1: found `1,2`, expected a number",
        ),
        (
            b"1 1:1\n\n# 3\n 3 1:1",
            "line 4, column 2: label 3, expected -1 or 1, or 0 or 1, or the two that `labels` names; `--labels all` trains a model for each label",
        ),
        (
            b"-1\n1\n0",
            "line 3, column 1: third label 0, expected -1 or 1 as in the lines before; `--labels all` trains a model for each label",
        ),
        (
            b"0\n-1",
            "line 2, column 1: third label -1, expected 0 or 1 as in the lines before; `--labels all` trains a model for each label",
        ),
        (
            b"1 1:1 2",
            "line 1, column 7: found `2`, expected index:value",
        ),
        (
            b"1 1:1 qid:2",
            "line 1, column 7: index `qid`, expected a whole number",
        ),
        (
            b"1 qid:2 qid:2",
            "line 1, column 9: index `qid`, expected a whole number",
        ),
        (
            b"1 :1",
            "line 1, column 3: index ``, expected a whole number",
        ),
        (
            b"1 -1:1",
            "line 1, column 3: index `-1`, expected a whole number",
        ),
        (
            b"1 1.5:1",
            "line 1, column 3: index `1.5`, expected a whole number",
        ),
        (b"1 1:", "line 1, column 5: found ``, expected a number"),
        (b"1 1: 2", "line 1, column 5: found ``, expected a number"),
        (
            b"1 1:2:3",
            "line 1, column 5: found `2:3`, expected a number",
        ),
        (
            b"1 1:\xff\x07",
            "line 1, column 5: found `\u{fffd}\\u{7}`, expected a number",
        ),
        (
            b"1 1:-Inf",
            "line 1, column 5: found `-Inf`, expected a finite number",
        ),
        (
            b"1 1:1e999",
            "line 1, column 5: found `1e999`, expected a finite number",
        ),
        (
            b"1 0:1",
            "line 1, column 3: index 0, expected at least 1 unless indices are zero-based",
        ),
        (
            b"1 3:1 3:1",
            "line 1, column 7: index 3 after 3, expected ascending indices",
        ),
        (
            b"1 3:1 2:1",
            "line 1, column 7: index 2 after 3, expected ascending indices",
        ),
        (
            long.as_bytes(),
            "line 1, column 3: index `9999999999999999999999999999999999999999…`, \
             expected at most 4294967295",
        ),
    ];
    for (text, expected) in cases {
        let error = signs(text).unwrap_err();
        assert_eq!(error.to_string(), format!("a.svm: {expected}"));
        assert_eq!(
            signs(&gzip(text)).unwrap_err().to_string(),
            error.to_string()
        );
    }
}

#[test]
fn files_without_rows_are_refused() {
    for text in ["", "\n\n", "# 1 1:1\n", " \r\n"] {
        assert_eq!(
            signs(text.as_bytes()).unwrap_err().to_string(),
            "a.svm: found no rows, expected at least one line `target index:value ...`"
        );
    }
}

#[test]
fn damaged_gzip_is_not_a_failure_to_read() {
    let whole = gzip(b"1 1:1 2:2 3:3\n-1 1:1 2:2 3:3\n");
    let is_gzip = |bytes: &[u8]| {
        let error = signs(bytes).unwrap_err();
        assert!(
            error.to_string().ends_with("expected an intact gzip file"),
            "{error}"
        );
        matches!(error, SvmlightError::Gzip { .. })
    };
    for length in 1..whole.len() {
        assert!(is_gzip(&whole[..length]), "cut after {length} bytes");
    }
    let mut checksum = whole.clone();
    let at = whole.len() - 8;
    checksum[at] ^= 1;
    assert!(is_gzip(&checksum));
    assert!(is_gzip(&[&whole[..], b"trailing"].concat()));
}

#[test]
fn zeros_after_gzip_are_padding() {
    let (one, other) = (gzip(b"1 1:1\n"), gzip(b"-1 2:1\n"));
    let expected = signs(b"1 1:1\n-1 2:1\n").unwrap();
    for zeros in [1, 511, BUFFER_AND_MORE] {
        let padded = [&one[..], &other, &vec![0; zeros]].concat();
        assert_eq!(signs(&padded).unwrap(), expected);
    }
    let between = [&one[..], &[0; 9], &other].concat();
    assert_eq!(signs(&between).unwrap(), expected);
    let garbage = [&one[..], &[0; 9], b"x"].concat();
    assert!(matches!(signs(&garbage), Err(SvmlightError::Gzip { .. })));
}

/// More bytes than are read at a time.
const BUFFER_AND_MORE: usize = 100_000;

#[test]
fn a_byte_order_mark_is_skipped() {
    let expected = signs(b"1 1:1\n-1 2:1\n").unwrap();
    let marked = b"\xef\xbb\xbf1 1:1\n-1 2:1\n";
    assert_eq!(signs(marked).unwrap(), expected);
    assert_eq!(signs(&gzip(marked)).unwrap(), expected);
    assert!(matches!(
        signs(b"\xef\xbb\xbf"),
        Err(SvmlightError::Empty { .. })
    ));
}

#[test]
fn formats_that_are_not_read_are_named() {
    for (start, found, command) in [
        (&b"BZh91AY"[..], "bzip2", "bzip2 -dc a.svm"),
        (b"\xfd7zXZ\0\0\x04", "xz", "xz -dc a.svm"),
        (b"\x28\xb5\x2f\xfd\x04", "zstd", "zstd -dc a.svm"),
        (b"PK\x03\x04", "a zip archive", "unzip -p a.svm"),
        (b"\x1f\x9d\x90", "compress", "gzip -dc a.svm"),
        (
            b"\xff\xfe1\0 \0",
            "UTF-16",
            "iconv -f UTF-16 -t UTF-8 a.svm",
        ),
    ] {
        let expected =
            format!("a.svm: {found}, expected text, gzip or a store; `{command}` makes text of it");
        assert_eq!(signs(start).unwrap_err().to_string(), expected);
        assert_eq!(signs(&gzip(start)).unwrap_err().to_string(), expected);
    }
}

#[test]
fn lines_are_bounded() {
    let sentence = "more than 64 MiB without a line break, expected one row a line";
    for byte in [b' ', 0, b'1'] {
        let endless = BufReader::new(io::repeat(byte));
        let said = parse("a.svm", endless, &SIGNS).unwrap_err().to_string();
        assert_eq!(said, format!("a.svm: line 1, column 1: {sentence}"));
    }
    let blanks = io::repeat(b' ').take(LONGEST_LINE as u64 - 6);
    let longest = (&b"-1 1:2\n"[..]).chain(blanks).chain(&b"+1 1:1"[..]);
    assert_eq!(signs_of(longest).unwrap().targets, [-1.0, 1.0]);
    let blanks = io::repeat(b' ').take(LONGEST_LINE as u64 - 5);
    let longer = (&b"-1 1:2\n"[..]).chain(blanks).chain(&b"+1 1:1\n1"[..]);
    let said = signs_of(longer).unwrap_err().to_string();
    assert_eq!(said, format!("a.svm: line 2, column 1: {sentence}"));
}

fn signs_of(reader: impl Read) -> Result<Parsed, SvmlightError> {
    parse("a.svm", BufReader::new(reader), &SIGNS)
}

#[test]
fn rows_are_counted_against_memory() {
    /// Rows without end.
    struct Rows;
    impl Read for Rows {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let whole = buffer.len() / 2 * 2;
            buffer[..whole]
                .chunks_mut(2)
                .for_each(|row| row.copy_from_slice(b"1\n"));
            Ok(whole)
        }
    }
    let options = Options {
        most_memory: 1 << 26,
        ..SIGNS
    };
    let said = parse("a.svm", BufReader::new(Rows), &options).unwrap_err();
    let said = said.to_string();
    assert!(said.starts_with("a.svm: the first "), "{said}");
    assert!(
        said.ends_with("GiB, more memory than there is: expected fewer rows"),
        "{said}"
    );
}

#[test]
fn every_whole_number_may_be_the_label_of_a_class() {
    let options = Options {
        targets: TargetKind::Class,
        ..SIGNS
    };
    let text = b"3 1:1\n-0 2:1\n+2147483647\n3.0 1:2\n-2e1 1:1\n";
    let expected = parse("a.svm", &text[..], &options).unwrap();
    assert_eq!(expected.targets, [3.0, 0.0, 2_147_483_647.0, 3.0, -20.0]);
    assert_eq!(expected.targets[1].to_bits(), 0);
    assert_eq!(expected.labels, Labels::Classes);
    let chunked = super::read::parse_text("a.svm", &text[..], &options, 8, 4);
    assert_eq!(chunked.unwrap(), expected);
    let range = "expected a whole number from -2147483648 to 2147483647";
    for wrong in ["2.5", "2147483648"] {
        let text = format!("1 1:1\n {wrong} 1:1\n");
        let error = parse("a.svm", text.as_bytes(), &options).unwrap_err();
        let said = format!("a.svm: line 2, column 2: label {wrong}, {range}");
        assert_eq!(error.to_string(), said);
    }
    assert_eq!("all".parse(), Ok(LabelsAsked::All));
    let pair = LabelsAsked::Two("1,2".parse().unwrap());
    assert_eq!(
        (pair.to_string().as_str(), "1,2".parse()),
        ("1,2", Ok(pair))
    );
    assert!("every".parse::<LabelsAsked>().is_err());
}

#[test]
fn labels_may_be_named() {
    let options = |labels: &str| Options {
        labels: Some(labels.parse().unwrap()),
        ..SIGNS
    };
    let read = |text: &[u8], labels| parse("a.svm", text, &options(labels));
    for (text, labels, targets) in [
        (&b"1\n2\n1.0"[..], "1,2", [-1.0, 1.0, -1.0]),
        (b"1\n2\n1.0", "2,1", [1.0, -1.0, 1.0]),
        (b"2\n4\n2", "2,4", [-1.0, 1.0, -1.0]),
        (b"0\n1\n0", "0,1", [-1.0, 1.0, -1.0]),
    ] {
        let parsed = read(text, labels).unwrap();
        assert_eq!(parsed.targets, targets);
        let pair: LabelPair = labels.parse().unwrap();
        assert_eq!(parsed.labels, Labels::from(pair));
    }
    assert_eq!(
        read(b"2\n3", "1,2").unwrap_err().to_string(),
        "a.svm: line 2, column 1: label 3, expected 1 or 2; `--labels all` trains a model for each label"
    );
    assert_eq!(
        read(b"-1\n", "0,1").unwrap_err().to_string(),
        "a.svm: line 1, column 1: label -1, expected 0 or 1; `--labels all` trains a model for each label"
    );
    for wrong in ["1", "1,1", "1,2,3", "a,b", "0.5,1", ""] {
        assert!(wrong.parse::<LabelPair>().is_err(), "{wrong}");
    }
    // In chunks that are read side by side too.
    let chunked = super::read::parse_text("a.svm", &b"4\n2\n4\n2\n"[..], &options("2,4"), 4, 2);
    assert_eq!(chunked.unwrap().targets, [1.0, -1.0, 1.0, -1.0]);
}

/// Fails once its bytes are read.
struct Failing<'a>(&'a [u8]);

impl Read for Failing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::Error::other("the disk is gone")),
            length => Ok(length),
        }
    }
}

#[test]
fn failures_to_read_are_said() {
    let whole = gzip(b"1 1:1\n");
    for start in [&b"1 1:1\n"[..], b"", &whole[..10]] {
        let error = parse("a.svm", BufReader::new(Failing(start)), &SIGNS).unwrap_err();
        assert!(matches!(error, SvmlightError::Io { .. }), "{error:?}");
        assert_eq!(
            error.to_string(),
            "a.svm: the rows cannot be read: the disk is gone"
        );
    }
    let missing = read(Path::new("no/such/file.svm"), &SIGNS).unwrap_err();
    assert!(matches!(missing, SvmlightError::Io { .. }));
    assert!(
        missing.to_string().starts_with("no/such/file.svm: "),
        "{missing}"
    );
}

#[test]
fn problems_share_the_wider_files_width() {
    for (train, test) in [("1 2:1\n0", "1 7:1"), ("1 7:1\n0", "0 2:1")] {
        let [train, test] = [train, test].map(|text| signs(text.as_bytes()).unwrap());
        let problem = Problem::from_svmlight(train, Some(test), Some(2.0)).unwrap();
        assert_eq!(problem.train.columns(), 7 + 2);
        assert_eq!(problem.train.row(1).memorization.unwrap().column, 7 + 1);
        assert_eq!(problem.test.unwrap().columns(), 7);
    }
    let read = |text: &[u8]| parse("a.svm", text, &REALS).unwrap();
    let alone = Problem::from_svmlight(read(b"0.5 1:1"), None, None).unwrap();
    assert_eq!(alone.train.target_kind(), TargetKind::Real);
    assert!(alone.test.is_none() && alone.train.memorization().is_none());
    let mixed = Problem::from_svmlight(read(b"1 1:1"), Some(signs(b"1 1:1").unwrap()), None);
    assert!(mixed.is_err());
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in vec(any::<u8>(), 0..200), options in options()) {
        let _ = parse("a.svm", &bytes[..], &options);
        let _ = parse("a.svm", &[&[0x1f, 0x8b, 8, 0][..], &bytes].concat()[..], &options);
        let _ = parse("a.svm", &gzip(&bytes)[..], &options);
    }

    /// Bytes of which files are made, so that a good part of them is read far.
    #[test]
    fn nearly_files_are_refused_or_read_whole(
        text in "([+-]?[01]( qid:[0-9])?( [0-9]{1,2}:[+-]?[0-9.e]{1,4}){0,3}[ \t]*(#.{0,3})?\r?\n){0,5}",
        options in options(),
    ) {
        if let Ok(parsed) = parse("a.svm", text.as_bytes(), &options) {
            let rows = text.lines().filter(|line| !line.trim().is_empty()).count();
            prop_assert_eq!(parsed.features.rows(), rows);
            prop_assert_eq!(parsed.targets.len(), rows);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn rows_and_faults_are_the_same_however_text_is_cut(
        text in "(([+-]?1|1|0|-1|2)( [0-9]{1,2}:[0-9.x]{1,3}){0,2}(#.{0,3})?\r?\n{1,2}){0,9}1?",
        options in options(),
        batch in 1..50_usize,
        chunk in 1..50_usize,
    ) {
        let parse = |batch, chunk| {
            let parsed = read::parse_text("a.svm", text.as_bytes(), &options, batch, chunk);
            parsed.map_err(|error| error.to_string())
        };
        prop_assert_eq!(parse(batch, chunk), parse(1 << 20, 1 << 20));
    }
}

fn options() -> impl Strategy<Value = Options> {
    (any::<bool>(), any::<bool>()).prop_map(|(zero_based, real)| Options {
        zero_based,
        targets: if real {
            TargetKind::Real
        } else {
            TargetKind::Sign
        },
        ..SIGNS
    })
}
