//! Writing svmlight text.

use std::io::{self, Write};

use crate::dataset::{Dataset, TargetKind};
use crate::number::Shortest;

/// The treatment of memorization columns in text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OneHot {
    /// No: whoever reads the file adds them by row.
    #[default]
    Implicit,
    /// Yes, as pairs like all others, for tools that know nothing of memorization.
    Explicit,
}

/// Writes every row of a dataset: signal columns, tail columns, then the memorization column if
/// asked for, with indices from 1.
///
/// Labels are written `+1` and `-1`, those of classes as they are; numbers in the fewest digits that read back as the same
/// double; stored zeros as they are stored. What no stored number tells, such as columns empty in
/// every row, is lost. `Time: O(nnz)`
///
/// # Errors
/// When writing fails. Give a buffered writer: each number is a write of its own.
pub fn write(mut writer: impl Write, dataset: &Dataset, one_hot: OneHot) -> io::Result<()> {
    let signal_width = dataset.features().signal_width();
    for i in 0..dataset.len() {
        let row = dataset.row(i);
        match dataset.target_kind() {
            TargetKind::Sign => write!(writer, "{:+}", row.target)?,
            TargetKind::Real => write!(writer, "{}", Shortest(row.target))?,
            TargetKind::Class => write!(writer, "{}", row.target as i32)?,
        }
        let mut pair = |column: usize, value| write!(writer, " {}:{}", column + 1, Shortest(value));
        for (column, &value) in row.signal.iter().enumerate() {
            pair(column, value)?;
        }
        for (column, &value) in row.tail.indices.iter().zip(row.tail.values) {
            pair(signal_width + column, value)?;
        }
        if let Some(slot) = row.memorization.filter(|_| one_hot == OneHot::Explicit) {
            pair(slot.column, slot.value)?;
        }
        writer.write_all(b"\n")?;
    }
    writer.flush()
}

#[cfg(test)]
mod tests {
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;

    use super::*;
    use crate::aligned::AlignedBlock;
    use crate::csr::Indices;
    use crate::dataset::Features;
    use crate::svmlight::tests::csr;
    use crate::svmlight::{Options, parse};

    #[test]
    fn every_column_is_written_in_order() {
        let tail = csr(3, &[&[(0, 0.1), (2, 1e300)], &[]]);
        let signal = AlignedBlock::from(&[0.5, 0.0, -0.0, 1.0 / 3.0][..]);
        let features = Features::new(2, 2, signal, Some(tail)).unwrap();
        let data = Dataset::new(features, vec![1.0, -1.0], TargetKind::Sign, Some(2.5)).unwrap();
        let text = |one_hot| {
            let mut text = Vec::new();
            write(&mut text, &data, one_hot).unwrap();
            String::from_utf8(text).unwrap()
        };
        assert_eq!(
            text(OneHot::Implicit),
            "+1 1:0.5 2:0 3:0.1 5:1e300\n-1 1:-0 2:0.3333333333333333\n"
        );
        assert_eq!(
            text(OneHot::Explicit),
            "+1 1:0.5 2:0 3:0.1 5:1e300 6:2.5\n-1 1:-0 2:0.3333333333333333 7:2.5\n"
        );
    }

    /// Any finite double, bits and all.
    fn finite() -> impl Strategy<Value = f64> {
        any::<f64>().prop_filter("finite", |x| x.is_finite())
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_to_the_bit(
            rows in vec((finite(), vec(finite(), 2), btree_map(0..1_000_u32, finite(), 0..6)), 1..20),
            kind in prop::sample::select(vec![TargetKind::Sign, TargetKind::Real, TargetKind::Class]),
            explicit in any::<bool>(),
        ) {
            let target = |x: f64| match kind {
                TargetKind::Real => x,
                TargetKind::Sign => x.signum(),
                TargetKind::Class => f64::from(x as i32),
            };
            let targets: Vec<f64> = rows.iter().map(|row| target(row.0)).collect();
            let signal: Vec<f64> = rows.iter().flat_map(|row| row.1.clone()).collect();
            let tail: Vec<Vec<_>> = rows.iter().map(|row| row.2.clone().into_iter().collect()).collect();
            let tail = csr(1_000, &tail.iter().map(Vec::as_slice).collect::<Vec<_>>());
            let features = Features::new(rows.len(), 2, signal, Some(tail)).unwrap();
            let data = Dataset::new(features, targets, kind, Some(0.75)).unwrap();

            let one_hot = if explicit { OneHot::Explicit } else { OneHot::Implicit };
            let mut text = Vec::new();
            write(&mut text, &data, one_hot).unwrap();
            let options = Options { targets: kind, ..Options::default() };
            let parsed = parse("a.svm", &text[..], &options).unwrap();

            let bits = |numbers: &[f64]| numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(&parsed.targets), bits(data.targets()));
            for i in 0..data.len() {
                let (row, read) = (data.row(i), parsed.features.row(i));
                let slot = row.memorization.filter(|_| explicit);
                let mut indices = vec![0, 1];
                indices.extend(row.tail.indices.iter().map(|column| column + 2));
                indices.extend(slot.map(|slot| slot.column));
                let own = slot.map(|slot| slot.value);
                let values = [row.signal, row.tail.values, own.as_slice()].concat();
                prop_assert_eq!(read.indices, Indices::Usize(&indices));
                prop_assert_eq!(bits(read.values), bits(&values));
            }
        }
    }
}
