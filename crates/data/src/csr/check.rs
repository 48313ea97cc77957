//! The checks that `sprs` lacks, and the faults that it does not name.

use sprs::SpIndex;

use super::CsrError;

/// Refuses more columns than 32 bits can number, whatever the width of a matrix's indices: stores
/// have no more, and a model has a weight for each.
pub(super) fn width(columns: usize) -> Result<(), CsrError> {
    match u32::try_from(columns) {
        Ok(_) => Ok(()),
        Err(_) => Err(CsrError::TooWide { columns }),
    }
}

/// Refuses row starts that do not run from 0 to the number of indices and values, or are more than
/// their type can number, as `sprs` does.
pub(super) fn length<P: SpIndex>(
    indptr: &[P],
    indices: usize,
    values: usize,
) -> Result<(), CsrError> {
    let index = |start: &P| start.index();
    let (Some(0), Some(end)) = (indptr.first().map(index), indptr.last().map(index)) else {
        let found = indptr.first().map(index);
        return Err(CsrError::Start { found });
    };
    if end != indices || end != values {
        return Err(CsrError::Length {
            end,
            indices,
            values,
        });
    }
    if P::try_from_usize(indptr.len()).is_none() {
        let rows = indptr.len() - 1;
        return Err(CsrError::TooLong { rows });
    }
    Ok(())
}

/// Names a negative column for what it is, where it was signed: taken for unsigned, it was out of range.
pub(super) fn signed(error: CsrError, number: fn(usize) -> i64) -> CsrError {
    match error {
        CsrError::Range { row, column, .. } if number(column) < 0 => CsrError::Negative {
            row,
            column: number(column),
        },
        other => other,
    }
}

/// The fault of the first row that has one. There is one.
#[cold]
pub(super) fn first_fault<I: SpIndex, P: SpIndex>(
    columns: usize,
    indptr: &[P],
    indices: &[I],
) -> CsrError {
    let mut rows = indptr.windows(2).enumerate();
    let fault = rows.find_map(
        |(row, ends)| match indices.get(ends[0].index()..ends[1].index()) {
            None => Some(CsrError::Descending { row }),
            Some(indices) => row_fault(row, columns, indices),
        },
    );
    fault.expect("a row that is refused has a fault")
}

/// The first fault of a row, if it has one.
fn row_fault<I: SpIndex>(row: usize, columns: usize, indices: &[I]) -> Option<CsrError> {
    let mut before = None;
    indices.iter().find_map(|column| {
        let column = column.index();
        match before.replace(column) {
            Some(previous) if previous >= column => Some(CsrError::Order {
                row,
                column,
                previous,
            }),
            _ if column >= columns => Some(CsrError::Range {
                row,
                column,
                columns,
            }),
            _ => None,
        }
    })
}
