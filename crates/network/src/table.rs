//! The table of an operation, divided into rows to train on and rows to test on.

use sparsegrok_data::{InvalidSetting, Purpose, RandomFamily, Stream};

use crate::spec::{NetworkSpec, check_label_noise};

/// A row of a table: two numbers and a label, all below the modulus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// The first number.
    pub a: u16,
    /// The second number.
    pub b: u16,
    /// The label: the operation's result, or noise.
    pub label: u16,
    /// True if the label was drawn at random, be it the right one by chance.
    pub is_noise: bool,
}

/// The rows of an operation's table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Rows to train on.
    pub train: Vec<Example>,
    /// All other rows, with their right labels.
    pub test: Vec<Example>,
}

impl Table {
    /// Draws the rows to train on, and the share `label_noise` of them, rounded to whole rows, whose labels are replaced
    /// by any label, with equal probability. `Time: O(p²)`
    ///
    /// Native streams draw rows and noise apart: neither changes with the other. More noise has the rows of less, and a
    /// larger fraction those of a smaller one.
    ///
    /// # Errors
    /// When a setting is out of range.
    pub fn draw(
        spec: &NetworkSpec,
        label_noise: f64,
        data_seed: u64,
        noise_seed: u64,
    ) -> Result<Self, InvalidSetting> {
        spec.validate()?;
        check_label_noise(label_noise)?;
        let p = spec.modulus;
        let mut rows: Vec<Example> = (0..spec.rows())
            .map(|row| {
                let (a, b) = (row / p, row % p);
                Example {
                    a: a as u16,
                    b: b as u16,
                    label: spec.operation.result(a, b, p) as u16,
                    is_noise: false,
                }
            })
            .collect();
        let stream = |seed, purpose| Stream::new(RandomFamily::Xoshiro256pp, seed, purpose);
        shuffle(&mut rows, &mut stream(data_seed, Purpose::TrainData));
        let test = rows.split_off(spec.n_train());
        let mut noise = stream(noise_seed, Purpose::LabelNoise);
        let mut order: Vec<usize> = (0..rows.len()).collect();
        shuffle(&mut order, &mut noise);
        let count = (label_noise * rows.len() as f64).round() as usize;
        for &row in &order[..count] {
            rows[row].label = noise.below(p as u32) as u16;
            rows[row].is_noise = true;
        }
        Ok(Self { train: rows, test })
    }

    /// Bytes of so many rows.
    pub fn bytes(rows: usize) -> u64 {
        (rows as u64).saturating_mul(size_of::<Example>() as u64)
    }
}

/// Brings items into a uniformly random order: Fisher and Yates' shuffle.
fn shuffle<T>(items: &mut [T], stream: &mut Stream) {
    for i in (1..items.len()).rev() {
        items.swap(i, stream.below(i as u32 + 1) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Operation;

    fn spec() -> NetworkSpec {
        NetworkSpec {
            modulus: 31,
            data_fraction: 0.4,
            ..NetworkSpec::default()
        }
    }

    #[test]
    fn every_pair_is_a_row_once_with_the_operations_result() {
        for operation in [Operation::Add, Operation::Subtract, Operation::Cubic] {
            let spec = NetworkSpec {
                operation,
                ..spec()
            };
            let table = Table::draw(&spec, 0.0, 1, 1).unwrap();
            assert_eq!(table.train.len(), 384);
            let mut all = [table.train, table.test].concat();
            all.sort_by_key(|row| (row.a, row.b));
            for (at, row) in all.iter().enumerate() {
                let (a, b) = (usize::from(row.a), usize::from(row.b));
                assert_eq!((a, b), (at / 31, at % 31));
                let result = match operation {
                    Operation::Add => a + b,
                    Operation::Subtract => 31 + a - b,
                    _ => a * a * a + a * b,
                };
                assert_eq!(usize::from(row.label), result % 31);
            }
        }
    }

    #[test]
    fn more_noise_has_the_rows_of_less_and_other_rows_keep_their_labels() {
        let clean = Table::draw(&spec(), 0.0, 1, 5).unwrap();
        let less = Table::draw(&spec(), 0.25, 1, 5).unwrap();
        let more = Table::draw(&spec(), 0.5, 1, 5).unwrap();
        let count = |table: &Table| table.train.iter().filter(|row| row.is_noise).count();
        assert_eq!((count(&clean), count(&less), count(&more)), (0, 96, 192));
        assert_eq!(less.test, clean.test);
        let mut wrong = 0;
        for ((clean, less), more) in clean.train.iter().zip(&less.train).zip(&more.train) {
            assert!(!less.is_noise || more == less);
            assert!(more.is_noise || more == clean);
            wrong += usize::from(more.label != clean.label);
        }
        // All but about one in 31.
        assert!((175..192).contains(&wrong), "{wrong}");
    }
}
