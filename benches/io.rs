//! Reading data: svmlight text, and stores.
//!
//! `cargo bench --bench io`, for one core `RAYON_NUM_THREADS=1` before it. Throughput is in bytes of
//! the file, of opening in rows. The text is of three kinds: ones at scattered columns, as
//! indicator features are written; decimals of six digits; and doubles in all their digits. Stores
//! are of ten million rows: 480 MB in a temporary folder.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sparsegrok_data::svmlight::{self, Labels, OneHot, Options};
use sparsegrok_data::{Store, SyntheticSpec, TargetKind, generate, store};

/// Bytes of text of each kind.
const TEXT: usize = 32 << 20;

/// Bytes of text where a bench is only tried.
const TRIED: usize = 1 << 20;

/// As many bytes of lines `LABEL COLUMN:VALUE …`, twenty pairs each, and the sum of their values.
fn scattered(bytes: usize, value: impl Fn(u64) -> (f64, String)) -> (String, f64) {
    let mut text = String::with_capacity(bytes + 1024);
    let (mut sum, mut state) = (0.0, 1_u64);
    while text.len() < bytes {
        text.push_str(if state >> 63 == 0 { "+1" } else { "-1" });
        let mut column = 0;
        for _ in 0..20 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            column += 1 + (state >> 58);
            let (value, digits) = value(state >> 40);
            sum += value;
            text.push_str(&format!(" {column}:{digits}"));
        }
        text.push('\n');
    }
    (text, sum)
}

/// Rows of five normal variates in all their digits, and the sum of these.
fn normal(bytes: usize) -> (String, f64) {
    let spec = SyntheticSpec {
        n_train: bytes / 110,
        n_test: 0,
        ..SyntheticSpec::default()
    };
    let rows = generate(&spec).expect("a valid spec").train;
    let mut text = Vec::new();
    svmlight::write(&mut text, &rows, OneHot::Implicit).expect("memory takes any bytes");
    let sum = rows.features().signal_block().iter().sum();
    (String::from_utf8(text).expect("ASCII"), sum)
}

fn parse(c: &mut Criterion) {
    let quick = std::env::args().any(|arg| arg == "--test");
    let bytes = if quick { TRIED } else { TEXT };
    let options = Options {
        targets: TargetKind::Sign,
        ..Options::default()
    };
    let mut group = c.benchmark_group("svmlight");
    group.sample_size(10);
    for (kind, (text, sum)) in [
        ("ones", scattered(bytes, |_| (1.0, "1".to_owned()))),
        (
            "six digits",
            scattered(bytes, |x| {
                let digits = format!("0.{:06}", x % 1_000_000);
                (digits.parse().expect("a decimal"), digits)
            }),
        ),
        ("all digits", normal(bytes)),
    ] {
        let read = || svmlight::parse("text", black_box(text.as_bytes()), &options).expect("rows");
        let features = read().features;
        let total: f64 = (0..features.rows())
            .map(|i| features.row(i).values.iter().sum::<f64>())
            .sum();
        assert!((total - sum).abs() <= 1e-9 * (1.0 + features.nnz() as f64));
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(BenchmarkId::new("parse", kind), |b| b.iter(read));
    }
    group.finish();
}

/// A store of rows of five signal columns, ten million of them unless only tried: opened, and read
/// to its end. Its pages are in memory, as they are after it was written.
fn open_and_scan(c: &mut Criterion) {
    let quick = std::env::args().any(|arg| arg == "--test");
    let n = if quick { 10_000 } else { 10_000_000 };
    let spec = SyntheticSpec {
        n_train: n,
        n_test: 0,
        ..SyntheticSpec::default()
    };
    let rows = generate(&spec).expect("a valid spec").train;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("rows.sgs");
    let file = std::fs::File::create(&path).expect("a new file");
    store::write(file, &rows, Labels::Sign).expect("room for a store");
    let sum = |rows: &[f64]| rows.iter().sum::<f64>();
    let expected = sum(rows.features().signal_block());
    drop(rows);

    let open = || Store::open(black_box(&path)).expect("a store");
    let rows = open().dataset().expect("rows");
    assert_eq!(rows.len(), n);
    assert_eq!(sum(rows.features().signal_block()), expected);
    let mut group = c.benchmark_group("store");
    group.sample_size(10);
    group.throughput(Throughput::Elements(n as u64));
    group.bench_function(BenchmarkId::new("open", n), |b| {
        b.iter(|| open().dataset().expect("rows").row(n / 2).target)
    });
    group.throughput(Throughput::Bytes(
        size_of_val(rows.features().signal_block()) as u64,
    ));
    group.bench_function(BenchmarkId::new("scan", n), |b| {
        b.iter(|| sum(rows.features().signal_block()))
    });
    group.throughput(Throughput::Bytes(
        std::fs::metadata(&path).expect("a file").len(),
    ));
    group.bench_function(BenchmarkId::new("verify", n), |b| {
        b.iter(|| open().verify().expect("as written"))
    });
    group.finish();
}

criterion_group!(benches, parse, open_and_scan);
criterion_main!(benches);
