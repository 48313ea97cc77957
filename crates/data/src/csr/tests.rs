//! Sparse matrices in every layout: rows, faults, and nothing copied.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::{Csr, CsrError, Indices, check};
use crate::dataset::{Dataset, TargetKind};
use crate::shared::SharedSlice;
use crate::store;
use crate::svmlight::{self, Labels, OneHot};

/// Columns, indptr, indices, values.
type Arrays = (usize, Vec<usize>, Vec<u32>, Vec<f64>);

/// The definition, read off naively.
fn is_csr(columns: usize, indptr: &[usize], indices: &[u32], values: &[f64]) -> bool {
    let rows = |i: usize| indices.get(indptr[i]..indptr[i + 1]);
    indptr.first() == Some(&0)
        && indptr.last() == Some(&indices.len())
        && indices.len() == values.len()
        && (0..indptr.len() - 1).all(|i| {
            rows(i).is_some_and(|row| {
                (1..row.len()).all(|k| row[k - 1] < row[k])
                    && row.iter().all(|&column| (column as usize) < columns)
            })
        })
        && values
            .iter()
            .all(|value| !value.is_nan() && !value.is_infinite())
}

/// Rows with at most one number out of place, which may break them or not.
fn nearly_rows() -> impl Strategy<Value = Arrays> {
    let bad = prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(-0.0)];
    (rows(), 0..6, any::<Index>(), 0..60_u32, bad).prop_map(|(mut arrays, what, at, to, bad)| {
        let (columns, indptr, indices, values) = &mut arrays;
        match what {
            0 => *columns = to as usize,
            1 => *at.get_mut(indptr) = to as usize % 8,
            2 => drop(indptr.remove(at.index(indptr.len()))),
            3 => drop(values.pop()),
            4 if !indices.is_empty() => *at.get_mut(indices) = to,
            5 if !values.is_empty() => *at.get_mut(values) = bad,
            _ => {}
        }
        arrays
    })
}

/// Rows, each a sorted set of columns, as arrays.
pub(crate) fn rows() -> impl Strategy<Value = Arrays> {
    let row = proptest::collection::btree_map(0..50_u32, -1e3..1e3, 0..8);
    (50..60_usize, vec(row, 0..8)).prop_map(|(columns, rows)| {
        let (mut indptr, mut indices, mut values) = (vec![0], vec![], vec![]);
        for row in rows {
            indices.extend(row.keys());
            values.extend(row.values());
            indptr.push(indices.len());
        }
        (columns, indptr, indices, values)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn arrays_are_refused_or_valid((columns, indptr, indices, values) in nearly_rows()) {
        let valid = is_csr(columns, &indptr, &indices, &values);
        let built = Csr::new(columns, indptr, indices, values);
        prop_assert_eq!(built.is_ok(), valid, "{:?}", built);
    }

    #[test]
    fn layouts_are_refused_alike(arrays in nearly_rows()) {
        // As text: NaN, which an error may hold, is not equal to itself.
        let [own, narrow, wide] = layouts(&arrays).map(|built| built.map_err(|e| e.to_string()));
        prop_assert_eq!(&narrow, &own);
        prop_assert_eq!(&wide, &own);
    }
}

proptest! {
    #[test]
    fn rows_come_out_as_they_went_in(arrays in rows()) {
        let (columns, indptr, indices, values) = &arrays;
        for csr in layouts(&arrays).map(Result::unwrap) {
            prop_assert_eq!((csr.rows(), csr.columns()), (indptr.len() - 1, *columns));
            prop_assert_eq!(csr.nnz(), values.len());
            for i in 0..csr.rows() {
                let range = indptr[i]..indptr[i + 1];
                prop_assert_eq!(csr.row(i).indices, indices[range.clone()].into());
                prop_assert_eq!(csr.row(i).values, &values[range]);
            }
            let wider = csr.clone().widened(columns + 9).unwrap();
            prop_assert_eq!(wider.columns(), columns + 9);
            prop_assert!((0..csr.rows()).all(|i| wider.row(i) == csr.row(i)));
            prop_assert_ne!(wider, csr);
        }
    }

    #[test]
    fn layouts_are_written_alike(arrays in rows()) {
        let [own, narrow, wide] = layouts(&arrays).map(|csr| {
            let csr = csr.unwrap();
            let targets = vec![0.5; csr.rows()];
            let data = Dataset::sparse(csr, &targets, TargetKind::Real).unwrap();
            let (mut text, mut stored) = (Vec::new(), Vec::new());
            svmlight::write(&mut text, &data, OneHot::Implicit).unwrap();
            let written = store::write(&mut stored, &data, Labels::Real);
            assert_eq!(written.is_ok(), !data.is_empty());
            (text, stored)
        });
        prop_assert_eq!(&narrow, &own);
        prop_assert_eq!(&wide, &own);
    }
}

/// The arrays as a matrix of each layout: of this project's integers, of 32 bits and of 64.
fn layouts((columns, indptr, indices, values): &Arrays) -> [Result<Csr, CsrError>; 3] {
    let starts32: Vec<i32> = indptr.iter().map(|&start| start as i32).collect();
    let starts64: Vec<i64> = indptr.iter().map(|&start| start as i64).collect();
    let columns32: Vec<i32> = indices.iter().map(|&column| column as i32).collect();
    let columns64: Vec<i64> = indices.iter().map(|&column| column.into()).collect();
    let foreign = || SharedSlice::of_owner(Foreign(values.clone()));
    [
        Csr::new(*columns, indptr.clone(), indices.clone(), values.clone()),
        Csr::of_i32(*columns, starts32.into(), columns32.into(), foreign()),
        Csr::of_i64(*columns, starts64.into(), columns64.into(), foreign()),
    ]
}

/// Numbers of which nothing here knows the owner.
struct Foreign<T>(Vec<T>);

impl<T> AsRef<[T]> for Foreign<T> {
    fn as_ref(&self) -> &[T] {
        &self.0
    }
}

#[test]
fn foreign_memory_is_read_where_it_lies() {
    let indptr = SharedSlice::of_owner(Foreign(vec![0, 1, 3]));
    let indices = SharedSlice::of_owner(Foreign(vec![2, 0, 1]));
    let values = SharedSlice::of_owner(Foreign(vec![1.0, 2.0, 3.0]));
    let places = [indptr.as_ptr().cast(), indices.as_ptr().cast()];
    let csr = Csr::of_i32(3, indptr, indices, values.clone()).unwrap();
    let (Indices::U32(starts), Indices::U32(columns)) = (csr.row_starts(), csr.indices()) else {
        panic!("32 bits each");
    };
    assert_eq!([starts.as_ptr(), columns.as_ptr()], places);
    assert_eq!(csr.values().as_ptr(), values.as_ptr());
    // To be wider, and to be shared, nothing moves either.
    let wider = csr.clone().widened(9).unwrap();
    assert_eq!(wider.row(1).values.as_ptr(), csr.row(1).values.as_ptr());

    let indptr = SharedSlice::of_owner(Foreign(vec![0_i64, 1, 3]));
    let indices = SharedSlice::of_owner(Foreign(vec![2_i64, 0, 1]));
    let places = [indptr.as_ptr().cast(), indices.as_ptr().cast()];
    let csr = Csr::of_i64(3, indptr, indices, values).unwrap();
    let (Indices::Usize(starts), Indices::Usize(columns)) = (csr.row_starts(), csr.indices())
    else {
        panic!("64 bits each");
    };
    assert_eq!([starts.as_ptr(), columns.as_ptr()], places);
}

#[test]
fn negative_numbers_are_named() {
    let message = |columns, indptr: &[i32], indices: &[i32]| {
        let values = || vec![1.0; indices.len()].into();
        let wide = |numbers: &[i32]| numbers.iter().map(|&number| number.into()).collect();
        let [starts, numbers]: [Vec<i64>; 2] = [wide(indptr), wide(indices)];
        let narrow = Csr::of_i32(
            columns,
            indptr.to_vec().into(),
            indices.to_vec().into(),
            values(),
        );
        let wide = Csr::of_i64(columns, starts.into(), numbers.into(), values());
        [
            narrow.unwrap_err().to_string(),
            wide.unwrap_err().to_string(),
        ]
    };
    // The widest matrix has columns that `i32` cannot number, which a negative one must not be taken for.
    for columns in [3, u32::MAX as usize] {
        for said in message(columns, &[0, 1, 3], &[2, 0, -2]) {
            assert_eq!(said, "row 1 has column -2, expected none below 0");
        }
        for said in message(columns, &[0, 1, -1, 3], &[2, 0, 1]) {
            assert_eq!(
                said,
                "indptr descends at row 1, expected a monotone sequence"
            );
        }
    }
    let [starts, columns] = [vec![0, 1], vec![i32::MAX]].map(SharedSlice::from);
    let widest = Csr::of_i32(u32::MAX as usize, starts, columns, vec![1.0].into()).unwrap();
    assert_eq!(widest.columns(), u32::MAX as usize);
    for said in message(1 << 32, &[0], &[]) {
        assert_eq!(said, "4294967296 columns, expected at most 2^32 - 1");
    }
}

#[test]
fn more_rows_than_positions_can_number_are_named() {
    // In small: 16-bit positions, as a test has no room for more rows than 32-bit ones can number.
    let starts = vec![0_u16; 1 << 16];
    let error = check::length(&starts, 0, 0).unwrap_err();
    assert_eq!(error, CsrError::TooLong { rows: 65_535 });
    assert_eq!(check::length(&starts[1..], 0, 0), Ok(()));
}

#[test]
fn faults_are_named() {
    fn message(columns: usize, indptr: &[usize], indices: &[u32], values: &[f64]) -> String {
        let built = Csr::new(columns, indptr.into(), indices.into(), values.into());
        built.unwrap_err().to_string()
    }
    assert_eq!(
        message(2, &[], &[], &[]),
        "indptr must start with 0, found None"
    );
    assert_eq!(
        message(2, &[1], &[], &[]),
        "indptr must start with 0, found Some(1)"
    );
    assert_eq!(
        message(2, &[0, 2], &[0], &[1.0]),
        "indptr ends at 2, but there are 1 indices and 1 values"
    );
    assert_eq!(
        message(2, &[0, 2, 1], &[0], &[1.0]),
        "indptr descends at row 0, expected a monotone sequence"
    );
    assert_eq!(
        message(2, &[0, 1, 0, 1], &[0], &[1.0]),
        "indptr descends at row 1, expected a monotone sequence"
    );
    assert_eq!(
        message(9, &[0, 0, 2], &[4, 4], &[1.0, 1.0]),
        "row 1 has column 4 after 4, expected strictly ascending columns"
    );
    assert_eq!(
        message(2, &[0, 1], &[2], &[1.0]),
        "row 0 has column 2, expected one below 2"
    );
    assert_eq!(
        message(2, &[0, 1], &[1], &[f64::NAN]),
        "row 0, column 1 is NaN, expected a finite number"
    );
    assert_eq!(
        message(1 << 32, &[0], &[], &[]),
        "4294967296 columns, expected at most 2^32 - 1"
    );
}
