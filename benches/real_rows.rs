//! Sparse rows: a real file's, and synthetic ones whose columns follow a power law.
//!
//! `cargo bench --bench real_rows`. Throughput is in non-zeros: 1e9 / (elements per second) is ns per
//! non-zero. Files larger than the one shipped are read from the folder that
//! `SPARSEGROK_TEST_DATA` names, where it is set.

mod textbook;
mod toy;

use std::path::Path;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sparsegrok::data::svmlight::{self, Options};
use sparsegrok::data::{
    AlignedBlock, Csr, Dataset, Features, Problem, Purpose, RandomFamily, Stream, TargetKind,
};
use sparsegrok::kernel::{KernelChoice, SimdChoice};

fn real_rows(c: &mut Criterion) {
    let quick = std::env::args().any(|arg| arg == "--test");
    let mut group = c.benchmark_group("real_rows");
    let mut rows = vec![
        (
            "heart_scale",
            read(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/data/heart_scale.svm"
            )),
        ),
        ("power law", power_law(20_000, 100_000, 50)),
    ];
    if let Some(folder) = std::env::var_os("SPARSEGROK_TEST_DATA") {
        let file = Path::new(&folder).join("agaricus.train.svm.gz");
        if file.exists() {
            rows.push(("agaricus", read(file)));
        }
    }
    for (name, problem) in rows {
        let nonzeros = problem.train.features().nnz() as u64;
        let epochs = (2_000_000 / nonzeros).max(1);
        let problems = vec![problem];
        let scalar = |epochs| toy::train(&problems, KernelChoice::Scalar, SimdChoice::Auto, epochs);
        let textbook = |epochs| toy::train_textbook(&problems[0], epochs);
        toy::assert_agreement(&problems[0], &scalar(20)[0], &textbook(20));
        if !quick {
            toy::compare(
                &format!("{name}, scalar against textbook, per non-zero"),
                15,
                (epochs * nonzeros, || drop(textbook(epochs))),
                (epochs * nonzeros, || drop(scalar(epochs))),
            );
        }
        group.throughput(Throughput::Elements(epochs * nonzeros));
        group.bench_function(BenchmarkId::new("textbook", name), |b| {
            b.iter(|| textbook(epochs))
        });
        group.bench_function(BenchmarkId::new("scalar", name), |b| {
            b.iter(|| scalar(epochs))
        });
    }
    group.finish();
}

fn read(file: impl AsRef<Path>) -> Problem {
    let options = Options {
        zero_based: false,
        targets: TargetKind::Sign,
    };
    let parsed = svmlight::read(file.as_ref(), &options).expect("a readable file");
    Problem::from_svmlight(parsed, None, None).expect("a problem")
}

/// Rows of `per_row` non-zeros, column k about as often as 1/k.
fn power_law(rows: usize, columns: usize, per_row: usize) -> Problem {
    let mut stream = Stream::new(RandomFamily::Xoshiro256pp, 1, Purpose::TrainData);
    let (mut starts, mut indices, mut targets) = (vec![0], Vec::new(), Vec::new());
    for _ in 0..rows {
        let mut row: Vec<u32> = Vec::new();
        while row.len() < per_row {
            // The logarithm of 1/k's distribution function is uniform.
            let column = (columns as f64).powf(stream.uniform()) as u32 - 1;
            if let Err(place) = row.binary_search(&column) {
                row.insert(place, column);
            }
        }
        targets.push(if row.contains(&1) != (stream.uniform() < 0.1) {
            1.0
        } else {
            -1.0
        });
        indices.extend(row);
        starts.push(indices.len());
    }
    let values = indices.iter().map(|_| stream.uniform() - 0.5).collect();
    let tail = Csr::new(columns, starts, indices, values).expect("sorted rows");
    let features = Features::new(rows, 0, AlignedBlock::zeroed(0), Some(tail)).expect("features");
    let data = Dataset::new(features, targets, TargetKind::Sign, None).expect("a dataset");
    Problem::new(data, None, None).expect("a problem")
}

criterion_group!(benches, real_rows);
criterion_main!(benches);
