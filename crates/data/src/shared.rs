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

/// A slice that never changes, shared by all clones, whoever owns its memory: a vector, a mapped
/// file, or [anything else](Self::of_owner) that lends a slice, such as an array of another
/// language's. It dereferences to the slice at no cost, so that an `sprs` matrix can have it for
/// storage.
///
/// ```
/// use sparsegrok_data::{Csr, SharedSlice};
///
/// // Whatever lends a slice as long as it lives: here arrays, in use what holds another language's.
/// let (starts, columns) = (SharedSlice::of_owner([0, 1, 3]), SharedSlice::of_owner([1, 0, 2]));
/// let rows = Csr::of_i32(3, starts, columns, vec![0.5, 1.0, 2.0].into())?;
/// assert_eq!(rows.row(1).values, [1.0, 2.0]);
/// # Ok::<(), sparsegrok_data::CsrError>(())
/// ```
pub struct SharedSlice<T> {
    /// Points into memory that `owner` owns.
    numbers: NonNull<[T]>,
    owner: Arc<dyn Any + Send + Sync>,
}

impl<T> SharedSlice<T> {
    /// Shares the slice that an owner lends, where it lies. The owner is dropped when the last clone
    /// is, on whichever thread that happens. `Time: O(1)`, one allocation.
    ///
    /// The slice is asked for once and must stay as it is: whoever makes an owner of memory that
    /// others can write to answers for it that nobody does.
    pub fn of_owner(owner: impl AsRef<[T]> + Send + Sync + 'static) -> Self {
        // First to where it stays, then asked for its slice, which may lie within it.
        let owner = Arc::new(owner);
        Self {
            numbers: NonNull::from((*owner).as_ref()),
            owner,
        }
    }
}

impl<T: Pod + Send + Sync> SharedSlice<T> {
    /// Shares the numbers in a range of a mapped file's bytes. `None` where the range lies outside the
    /// file, is not aligned for the numbers, or holds no whole number of them.
    pub(crate) fn mapped(map: &Arc<Mapping>, bytes: Range<usize>) -> Option<Self> {
        let numbers: &[T] = bytemuck::try_cast_slice(map.get(bytes)?).ok()?;
        Some(Self {
            numbers: NonNull::from(numbers),
            owner: map.clone(),
        })
    }

    /// The same bits taken for numbers of another type, which must be of the same size.
    pub(crate) fn cast<U: Pod>(self) -> SharedSlice<U> {
        const { assert!(size_of::<T>() == size_of::<U>() && align_of::<T>() == align_of::<U>()) };
        SharedSlice {
            numbers: NonNull::from(bytemuck::cast_slice(&self)),
            owner: self.owner,
        }
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

/// Keeps the vector. `Time: O(1)`
impl<T: Send + Sync + 'static> From<Vec<T>> for SharedSlice<T> {
    fn from(numbers: Vec<T>) -> Self {
        Self::of_owner(numbers)
    }
}

/// Keeps the block. `Time: O(1)`
impl From<AlignedBlock> for SharedSlice<f64> {
    fn from(block: AlignedBlock) -> Self {
        Self::of_owner(block)
    }
}

impl<T> Deref for SharedSlice<T> {
    type Target = [T];

    #[inline(always)]
    fn deref(&self) -> &[T] {
        // SAFETY: `numbers` was made of a slice borrowed of what `owner` owns, when that lay in its `Arc`
        // already. Such a borrow could last for as long as nobody moves, writes to or drops what
        // was borrowed of: nobody does before the last `Arc` goes, or gives its vector away, and
        // `self` has one.
        #[allow(unsafe_code)]
        unsafe {
            self.numbers.as_ref()
        }
    }
}

// SAFETY: it is a shared reference to a slice and an `Arc` of something `Send + Sync`.
#[allow(unsafe_code)]
unsafe impl<T: Sync> Send for SharedSlice<T> {}

// SAFETY: as above; there is no way to write through one.
#[allow(unsafe_code)]
unsafe impl<T: Sync> Sync for SharedSlice<T> {}

impl<T> Clone for SharedSlice<T> {
    fn clone(&self) -> Self {
        Self {
            numbers: self.numbers,
            owner: self.owner.clone(),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for SharedSlice<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.deref().fmt(f)
    }
}

impl<T: PartialEq> PartialEq for SharedSlice<T> {
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
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;

    /// Numbers within the owner itself, which counts the drops.
    struct Foreign([i64; 3], Arc<AtomicUsize>);

    impl AsRef<[i64]> for Foreign {
        fn as_ref(&self) -> &[i64] {
            &self.0[1..]
        }
    }

    impl Drop for Foreign {
        fn drop(&mut self) {
            self.1.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn an_owner_is_kept_until_the_last_clone_is_dropped() {
        let drops = Arc::new(AtomicUsize::new(0));
        let shared = SharedSlice::of_owner(Foreign([7, 8, -1], drops.clone()));
        let at = shared.as_ptr();
        let moved = thread::spawn(move || shared.clone()).join().unwrap();
        assert_eq!((moved.as_ptr(), &*moved), (at, &[8, -1][..]));
        let cast: SharedSlice<u64> = moved.clone().cast();
        drop(moved);
        assert_eq!(drops.load(Ordering::Relaxed), 0);
        assert_eq!((cast.as_ptr(), cast[1]), (at.cast(), u64::MAX));
        assert_eq!(cast.clone().into_vec(), [8, u64::MAX]);
        drop(cast);
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn memory_that_is_never_freed_is_shared_too() {
        static NUMBERS: [f64; 2] = [1.0, 2.0];
        let shared = SharedSlice::of_owner(&NUMBERS[..]);
        assert_eq!(shared.as_ptr(), NUMBERS.as_ptr());
    }

    #[test]
    fn clones_share_and_the_last_gives_its_vector_away() {
        let shared = SharedSlice::from(vec![1.0, 2.0]);
        let at = shared.as_ptr();
        let clone = shared.clone();
        assert_eq!((clone.as_ptr(), &*clone), (at, &[1.0, 2.0][..]));
        let [copied, given] = [clone, shared].map(SharedSlice::into_vec);
        assert_ne!(copied.as_ptr(), at);
        assert_eq!(given.as_ptr(), at);
        let block = SharedSlice::from(AlignedBlock::from(&[3.0][..]));
        assert_eq!(block.into_vec(), [3.0]);
    }
}
