//! Columns of numbers that come row by row, within a fixed memory.

use std::collections::TryReserveError;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sparsegrok_log::files::nameless_file;
use sparsegrok_statistics::Distribution;

/// The room for a table of numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Room<'p> {
    /// Memory for all of it.
    Memory,
    /// Memory for so many bytes of it; what goes beyond them lies in a nameless file in this folder.
    Bytes(u64, &'p Path),
}

/// A table of numbers, a row a run; NaN where a run has no such number.
///
/// Rows come one by one and columns are needed whole, as their quantiles are exact. A table without room in memory is
/// turned over in a file: blocks of rows go there, each column after column, and blocks of columns are put
/// together from them. Every number is so written once and read once.
#[derive(Debug)]
pub(crate) struct Columns {
    columns: usize,
    /// Rows of a block.
    rows: usize,
    /// The block of rows in progress, by column and then row; NaN where there is no row yet.
    block: Vec<f64>,
    /// Rows in it.
    filled: usize,
    /// Blocks of rows in the file.
    written: usize,
    file: Option<File>,
    /// Folder for the file.
    folder: PathBuf,
}

impl Columns {
    /// An empty table for at most so many rows.
    ///
    /// # Errors
    /// When there is no memory for a block of it.
    pub(crate) fn new(
        columns: usize,
        rows: usize,
        room: Room<'_>,
    ) -> Result<Self, TryReserveError> {
        let rows = rows.max(1);
        let (rows, folder) = match room {
            Room::Memory => (rows, Path::new("")),
            Room::Bytes(most, folder) => {
                let row = (size_of::<f64>() * columns.max(1)) as u64;
                let fitting = usize::try_from((most / row).max(1)).unwrap_or(usize::MAX);
                (rows.min(fitting), folder)
            }
        };
        let mut block = Vec::new();
        grow(&mut block, columns.saturating_mul(rows))?;
        Ok(Self {
            columns,
            rows,
            block,
            filled: 0,
            written: 0,
            file: None,
            folder: folder.to_owned(),
        })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// When the file cannot be written.
    ///
    /// # Panics
    /// When the row has more numbers than there are columns.
    pub(crate) fn push(&mut self, row: &[f64]) -> io::Result<()> {
        if self.filled == self.rows {
            self.write_block()?;
        }
        for (column, &x) in row.iter().enumerate() {
            self.block[column * self.rows + self.filled] = x;
        }
        self.filled += 1;
        Ok(())
    }

    fn write_block(&mut self) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(nameless_file(&self.folder)?),
        };
        file.write_all(bytemuck::cast_slice(&self.block))?;
        self.written += 1;
        self.block.fill(f64::NAN);
        self.filled = 0;
        Ok(())
    }

    /// The distribution of the numbers of each column, one after the other. `Time: O(rows · columns · log rows)`
    ///
    /// Memory: that of a block, but no less than that of two columns.
    ///
    /// # Errors
    /// When the file cannot be written; each distribution has those of reading it.
    pub(crate) fn distributions(
        mut self,
    ) -> io::Result<impl Iterator<Item = io::Result<Option<Distribution>>>> {
        let blocks = match self.file {
            Some(_) => {
                self.write_block()?;
                self.written
            }
            None => 1,
        };
        // The memory of a block of rows now takes as many columns as it has room for.
        let column = blocks * self.rows;
        let together = (self.block.len() / column.max(1)).max(1);
        grow(&mut self.block, column).map_err(|_| io::ErrorKind::OutOfMemory)?;
        let mut sample = Vec::new();
        Ok((0..self.columns).map(move |number| {
            let place = number % together;
            if place == 0 {
                self.read_columns(number, together)?;
            }
            sample.clear();
            let pieces = self.block.chunks(self.rows).skip(place).step_by(together);
            pieces
                .take(blocks)
                .for_each(|piece| sample.extend_from_slice(piece));
            // Rows that are not there are NaN, which is left out.
            Ok(Distribution::of(&mut sample))
        }))
    }

    /// Reads so many columns from one on, as far as there are any: those of the first block of rows, then those of the
    /// next.
    fn read_columns(&mut self, first: usize, together: usize) -> io::Result<()> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let there = together.min(self.columns - first) * self.rows;
        for (number, columns) in self
            .block
            .chunks_mut(together * self.rows)
            .take(self.written)
            .enumerate()
        {
            let place = (number * self.columns + first) * self.rows * size_of::<f64>();
            file.seek(SeekFrom::Start(place as u64))?;
            file.read_exact(bytemuck::cast_slice_mut(&mut columns[..there]))?;
        }
        Ok(())
    }
}

/// Makes room for so many numbers, NaN where there was none.
fn grow(block: &mut Vec<f64>, to: usize) -> Result<(), TryReserveError> {
    let further = to.saturating_sub(block.len());
    block.try_reserve_exact(further)?;
    block.resize(block.len() + further, f64::NAN);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bits of all distributions of a table of some rows; numbers are of every size and sign, and some missing.
    fn described(rows: usize, columns: usize, room: Room<'_>) -> Vec<Option<Vec<u64>>> {
        let mut table = Columns::new(columns, rows, room).unwrap();
        for row in 0..rows {
            let number = |column| match (row * 7 + column * 3) % 11 {
                0 => f64::NAN,
                x => (0.1 + x as f64 * row as f64).sin() * 10.0_f64.powi(column as i32),
            };
            let numbers: Vec<f64> = (0..columns).map(number).collect();
            // A run may end before the last columns.
            let end = if row % 5 == 4 { columns / 2 } else { columns };
            table.push(&numbers[..end]).unwrap();
        }
        let bits = |d: Distribution| {
            let numbers = [d.mean, d.q05, d.q25, d.q50, d.q75, d.q95].map(f64::to_bits);
            [&[d.n as u64], &numbers[..]].concat()
        };
        let all = table.distributions().unwrap();
        all.map(|d| d.unwrap().map(bits)).collect()
    }

    #[test]
    fn distributions_are_the_same_whatever_the_memory() {
        let folder = tempfile::tempdir().unwrap();
        for (rows, columns) in [(0, 3), (1, 1), (8, 0), (29, 7), (64, 13), (101, 2)] {
            let expected = described(rows, columns, Room::Memory);
            assert_eq!(expected.len(), columns);
            // From less than one number to more than the table.
            for bytes in (0..1 << 13).step_by(104) {
                let found = described(rows, columns, Room::Bytes(bytes, folder.path()));
                assert_eq!(found, expected, "{rows} rows of {columns} in {bytes} bytes");
            }
        }
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
    }

    #[test]
    fn memory_is_that_of_a_block_however_many_rows() {
        let folder = tempfile::tempdir().unwrap();
        let table = |rows| Columns::new(10, rows, Room::Bytes(8000, folder.path())).unwrap();
        let held = |table: &Columns| table.block.capacity() * size_of::<f64>();
        assert_eq!(held(&table(50)), 4000);
        let mut large = table(1_000_000);
        for row in 0..2_500 {
            large.push(&[f64::from(row); 10]).unwrap();
        }
        assert_eq!((held(&large), large.written, large.filled), (8000, 24, 100));
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let folder = Path::new("no such folder");
        let mut table = Columns::new(2, 9, Room::Bytes(16, folder)).unwrap();
        table.push(&[1.0, 2.0]).unwrap();
        let error = table.push(&[1.0, 2.0]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(!error.to_string().contains(".tmp"), "{error}");
    }
}
