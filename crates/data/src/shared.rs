//! Storage of a dataset's numbers: slices that clones share, in memory or in a mapped file.
//!
//! This is the crate's only `unsafe` code: a file is mapped, and a slice is kept beside its owner.

use std::any::Any;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::ops::{Deref, Range};
use std::ptr::NonNull;
use std::sync::Arc;

use bytemuck::Pod;
use memmap2::{Mmap, MmapMut};

use crate::aligned::AlignedBlock;

/// A slice of numbers that never change, shared by all clones. It dereferences to the slice at no
/// cost, so that an `sprs` matrix can have it for storage, whoever owns the numbers.
pub(crate) struct Shared<T> {
    /// Points into memory that `owner` owns.
    numbers: NonNull<[T]>,
    owner: Arc<dyn Any + Send + Sync>,
}

impl<T: Pod + Send + Sync> Shared<T> {
    /// Shares the numbers in a range of a mapped file's bytes. `None` where the range lies outside the
    /// file, is not aligned for the numbers, or holds no whole number of them.
    pub(crate) fn mapped(map: &Arc<Mapping>, bytes: Range<usize>) -> Option<Self> {
        let numbers: &[T] = bytemuck::try_cast_slice(map.get(bytes)?).ok()?;
        Some(Self {
            numbers: NonNull::from(numbers),
            owner: map.clone(),
        })
    }

    /// Returns true if the numbers lie in a mapped file.
    pub(crate) fn is_mapped(&self) -> bool {
        let mapping = self.owner.downcast_ref::<Mapping>();
        mapping.is_some_and(|mapping| mapping.is_file)
    }

    /// Gives the numbers away in a vector, copied unless they lie in a vector that no clone shares.
    pub(crate) fn into_vec(self) -> Vec<T> {
        let Self { numbers, owner } = self;
        match owner.downcast::<Vec<T>>() {
            Ok(own) => Arc::try_unwrap(own).unwrap_or_else(|shared| shared.to_vec()),
            Err(owner) => Self { numbers, owner }.to_vec(),
        }
    }
}

impl<T: Pod + Send + Sync> From<Vec<T>> for Shared<T> {
    fn from(numbers: Vec<T>) -> Self {
        let owner = Arc::new(numbers);
        Self {
            numbers: NonNull::from(owner.as_slice()),
            owner,
        }
    }
}

impl From<AlignedBlock> for Shared<f64> {
    fn from(block: AlignedBlock) -> Self {
        let owner = Arc::new(block);
        Self {
            numbers: NonNull::from(owner.as_slice()),
            owner,
        }
    }
}

impl<T> Deref for Shared<T> {
    type Target = [T];

    #[inline(always)]
    fn deref(&self) -> &[T] {
        // SAFETY: a shared is made above from a slice borrowed of what `owner` owns: a vector, a
        // block or a map, whose numbers stay where they are and are lent to nobody for writing,
        // behind an `Arc` that lives at least as long as `self`.
        #[allow(unsafe_code)]
        unsafe {
            self.numbers.as_ref()
        }
    }
}

// SAFETY: a shared is a shared slice and an `Arc` of something `Send + Sync`.
#[allow(unsafe_code)]
unsafe impl<T: Sync> Send for Shared<T> {}

// SAFETY: as above; there is no way to write through one.
#[allow(unsafe_code)]
unsafe impl<T: Sync> Sync for Shared<T> {}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self {
            numbers: self.numbers,
            owner: self.owner.clone(),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.deref().fmt(f)
    }
}

impl<T: PartialEq> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

/// Bytes in pages of their own: a mapped file, or what was read of one that cannot be mapped.
#[derive(Debug)]
pub(crate) struct Mapping {
    pages: Mmap,
    is_file: bool,
}

impl Deref for Mapping {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.pages
    }
}

impl Mapping {
    /// Reads `length` bytes, of which `start` were read before, into pages of memory.
    ///
    /// # Errors
    /// When there is not so much memory, or reading fails. Fewer bytes than asked for leave zeros at the end;
    /// their number is returned.
    pub(crate) fn read(
        start: &[u8],
        length: usize,
        mut rest: impl Read,
    ) -> io::Result<(Self, usize)> {
        let mut pages = MmapMut::map_anon(length)?;
        pages[..start.len()].copy_from_slice(start);
        let mut end = start.len();
        while end < length {
            match rest.read(&mut pages[end..]) {
                Ok(0) => break,
                Ok(read) => end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let pages = pages.make_read_only()?;
        let is_file = false;
        Ok((Self { pages, is_file }, end))
    }
}

/// Maps a whole file, to be read.
///
/// The map lasts as the file was when opened if it is replaced by another of its name, as this
/// project writes files. A file written to or cut short in place shows: numbers change under the
/// reader's eyes, though never an access out of bounds, or the system ends the process (SIGBUS).
pub(crate) fn map(file: &File) -> io::Result<Mapping> {
    // SAFETY: nothing here writes to a file in place, and the bytes are only looked at as integers
    // and doubles, of which no bit pattern is invalid. That no other program changes the file
    // while it is mapped is the one thing that nobody can check: it is documented where stores are
    // opened.
    #[allow(unsafe_code)]
    let pages = unsafe { Mmap::map(file) }?;
    Ok(Mapping {
        pages,
        is_file: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_and_the_last_gives_its_vector_away() {
        let shared = Shared::from(vec![1.0, 2.0]);
        let at = shared.as_ptr();
        let clone = shared.clone();
        assert_eq!((clone.as_ptr(), &*clone), (at, &[1.0, 2.0][..]));
        let [copied, given] = [clone, shared].map(Shared::into_vec);
        assert_ne!(copied.as_ptr(), at);
        assert_eq!(given.as_ptr(), at);
        let block = Shared::from(AlignedBlock::from(&[3.0][..]));
        assert_eq!(block.into_vec(), [3.0]);
    }
}
