//! Doubles that start on a cache line.

use bytemuck::{Pod, Zeroable};

/// Doubles in a cache line.
const LINE: usize = 8;

/// One 64-byte cache line.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
struct Line([f64; LINE]);

/// A fixed number of doubles in one allocation that starts on a 64-byte boundary.
///
/// Blocks whose rows are whole multiples of eight doubles then touch no cache line twice.
#[derive(Clone, Debug)]
pub struct AlignedBlock {
    lines: Vec<Line>,
    len: usize,
}

impl AlignedBlock {
    /// `len` zeros. `Time: O(len)`, in pages touched lazily where the system hands out zeroed memory.
    ///
    /// # Panics
    /// When memory does not suffice.
    pub fn zeroed(len: usize) -> Self {
        Self::try_zeroed(len).expect("memory for a block")
    }

    /// As [`zeroed`](Self::zeroed), or `None` when memory does not suffice.
    pub fn try_zeroed(len: usize) -> Option<Self> {
        let lines = bytemuck::try_zeroed_vec(len.div_ceil(LINE)).ok()?;
        Some(Self { lines, len })
    }

    /// The doubles.
    pub fn as_slice(&self) -> &[f64] {
        &bytemuck::cast_slice(&self.lines)[..self.len]
    }

    /// The doubles, to be written.
    pub fn as_mut_slice(&mut self) -> &mut [f64] {
        &mut bytemuck::cast_slice_mut(&mut self.lines)[..self.len]
    }
}

impl AsRef<[f64]> for AlignedBlock {
    fn as_ref(&self) -> &[f64] {
        self.as_slice()
    }
}

impl From<&[f64]> for AlignedBlock {
    fn from(values: &[f64]) -> Self {
        let mut block = Self::zeroed(values.len());
        block.as_mut_slice().copy_from_slice(values);
        block
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_start_on_a_cache_line_and_keep_their_length() {
        for len in [0, 1, 7, 8, 9, 1000] {
            let mut block = AlignedBlock::zeroed(len);
            block.as_mut_slice().fill(1.5);
            assert_eq!(block.as_slice(), vec![1.5; len]);
            assert_eq!(block.as_slice().as_ptr() as usize % 64, 0);
        }
    }

    #[test]
    fn blocks_beyond_memory_are_refused() {
        assert!(AlignedBlock::try_zeroed(usize::MAX).is_none());
        assert!(AlignedBlock::try_zeroed(1 << 58).is_none());
    }
}
