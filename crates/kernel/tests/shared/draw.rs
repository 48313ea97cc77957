//! Random problems.

use sparsegrok_data::{
    AlignedBlock, Csr, Features, Normal, Purpose, RandomFamily, Stream, TargetKind,
};

/// Draws the parts of a problem, one after another.
pub(crate) struct Draw {
    stream: Stream,
    normal: Normal,
}

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            stream: Stream::new(RandomFamily::Xoshiro256pp, seed, Purpose::TrainData),
            normal: Normal::new(),
        }
    }

    /// Standard normal numbers.
    pub(crate) fn normals(&mut self, count: usize) -> Vec<f64> {
        let Self { stream, normal } = self;
        (0..count).map(|_| normal.sample(stream)).collect()
    }

    /// Gaussian rows; about a third of the tail's entries are present, all of them 1 if asked for.
    pub(crate) fn features(
        &mut self,
        rows: usize,
        signal: usize,
        tail: usize,
        ones: bool,
    ) -> Features {
        let columns = self.normals(rows * signal);
        let (mut indptr, mut indices, mut values) = (vec![0], Vec::new(), Vec::new());
        for _ in 0..rows {
            for column in 0..tail as u32 {
                if self.stream.below(3) == 0 {
                    indices.push(column);
                    let value = self.normal.sample(&mut self.stream);
                    values.push(if ones { 1.0 } else { value });
                }
            }
            indptr.push(indices.len());
        }
        let tail = (tail > 0).then(|| Csr::new(tail, indptr, indices, values).unwrap());
        Features::new(rows, signal, AlignedBlock::from(&columns[..]), tail).unwrap()
    }

    /// Targets that do not depend on any rows.
    pub(crate) fn targets(&mut self, rows: usize, kind: TargetKind) -> Vec<f64> {
        let numbers = self.normals(rows);
        match kind {
            TargetKind::Real => numbers,
            _ => numbers.into_iter().map(f64::signum).collect(),
        }
    }

    /// Row weights from 0 to 1.
    pub(crate) fn row_weights(&mut self, rows: usize) -> Vec<f64> {
        let mut weight = |_| f64::from(self.stream.below(5)) / 4.0;
        (0..rows).map(&mut weight).collect()
    }
}
