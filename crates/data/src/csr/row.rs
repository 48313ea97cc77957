//! One row of a sparse matrix, whatever the width of its indices.

/// The stored entries of one row: columns ascending, one value each.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SparseRow<'a> {
    /// Column indices, strictly ascending.
    pub indices: Indices<'a>,
    /// Values, finite, as many as indices.
    pub values: &'a [f64],
}

/// Indices where they lie, in the width that they have there. They are equal if their numbers are.
///
/// Code that is in no hurry [iterates](Self::iter). A hot loop over many is a function of a slice of
/// any [`SpIndex`](crate::SpIndex), called by one `match`, so that it asks for the width once a row.
#[derive(Clone, Copy, Debug)]
pub enum Indices<'a> {
    /// Of 32 bits.
    U32(&'a [u32]),
    /// As wide as a pointer.
    Usize(&'a [usize]),
}

impl<'a> Indices<'a> {
    /// The indices in order.
    pub fn iter(self) -> impl Iterator<Item = usize> + Clone + use<'a> {
        // One of the two is empty.
        let (narrow, wide) = match self {
            Self::U32(narrow) => (narrow, &[][..]),
            Self::Usize(wide) => (&[][..], wide),
        };
        let narrow = narrow.iter().map(|&index| index as usize);
        narrow.chain(wide.iter().copied())
    }
}

impl Default for Indices<'_> {
    fn default() -> Self {
        Self::U32(&[])
    }
}

impl PartialEq for Indices<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<'a> From<&'a [u32]> for Indices<'a> {
    #[inline(always)]
    fn from(indices: &'a [u32]) -> Self {
        Self::U32(indices)
    }
}

impl<'a> From<&'a [usize]> for Indices<'a> {
    #[inline(always)]
    fn from(indices: &'a [usize]) -> Self {
        Self::Usize(indices)
    }
}
