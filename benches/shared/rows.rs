//! Sparse rows: real files', and synthetic ones whose columns follow a power law.

use std::path::Path;

use sparsegrok::data::svmlight::{self, Options};
use sparsegrok::data::{
    AlignedBlock, Csr, Dataset, Features, Problem, Purpose, RandomFamily, Stream, TargetKind,
};

/// The real file this project ships: 270 rows of up to 13 non-zeros.
pub(crate) fn heart_scale() -> Problem {
    read(Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/heart_scale.svm"
    )))
}

/// 6,513 rows of 22 ones, where `SPARSEGROK_TEST_DATA` names a folder that has them.
pub(crate) fn agaricus() -> Option<Problem> {
    let folder = std::env::var_os("SPARSEGROK_TEST_DATA")?;
    let file = Path::new(&folder).join("agaricus.train.svm.gz");
    file.exists().then(|| read(&file))
}

fn read(file: &Path) -> Problem {
    let options = Options {
        targets: TargetKind::Sign,
        ..Options::default()
    };
    let parsed = svmlight::read(file, &options).expect("a readable file");
    Problem::from_svmlight(parsed, None, None).expect("a problem")
}

/// Rows of `per_row` non-zeros, column k about as often as 1/k.
pub(crate) fn power_law(rows: usize, columns: usize, per_row: usize) -> Problem {
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

/// `rows` rows of `per_row` non-zeros, one somewhere in each of as many equal parts of the columns.
pub(crate) fn spread(rows: usize, columns: u32, per_row: u32) -> Problem {
    let mut stream = Stream::new(RandomFamily::Xoshiro256pp, 2, Purpose::TrainData);
    let part = columns / per_row;
    let starts = (0..=rows).map(|row| row * per_row as usize).collect();
    let mut indices = Vec::new();
    for _ in 0..rows {
        indices.extend((0..per_row).map(|k| k * part + stream.below(part)));
    }
    let values = indices.iter().map(|_| stream.uniform() - 0.5).collect();
    let tail = Csr::new(columns as usize, starts, indices, values).expect("sorted rows");
    let targets = (0..rows).map(|_| if stream.below(2) == 0 { -1.0 } else { 1.0 });
    let targets: Vec<f64> = targets.collect();
    let data = Dataset::sparse(tail, &targets, TargetKind::Sign).expect("a dataset");
    Problem::new(data, None, None).expect("a problem")
}

/// `rows` rows of `per_row` ones in `columns` columns, and a memorization column each.
pub(crate) fn with_tail(rows: usize, columns: usize, per_row: usize) -> Problem {
    let spacing = columns / per_row;
    let starts = (0..=rows).map(|row| row * per_row).collect();
    let indices = (0..rows * per_row)
        .map(|k| (k % per_row * spacing + k / per_row * 7 % spacing) as u32)
        .collect();
    let tail = Csr::new(columns, starts, indices, vec![1.0; rows * per_row]).expect("sorted rows");
    let features = Features::new(rows, 0, AlignedBlock::zeroed(0), Some(tail));
    let targets = (0..rows).map(|row| if row % 3 == 0 { 1.0 } else { -1.0 });
    let targets: Vec<f64> = targets.collect();
    let data =
        features.and_then(|features| Dataset::new(features, targets, TargetKind::Sign, Some(1.0)));
    Problem::new(data.expect("rows that fit"), None, None).expect("a problem")
}
