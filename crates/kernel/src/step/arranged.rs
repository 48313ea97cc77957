//! The places within visited rows, for each [arrangement](crate::layout::Arrangement) of lanes.

use sparsegrok_lanes::Rows;

use crate::layout::{LINE, Window, common_part};

/// Visited rows of `D` columns in one arrangement. A step visits V rows: one a lane, or one number that all
/// lanes visit.
pub(crate) trait Arranged<const V: usize> {
    /// The place where the visited rows begin.
    type Start: Copy;

    /// Finds it.
    fn start(rows: &Window<'_>, visit: &[u32; V]) -> Self::Start;

    /// Reads the columns.
    fn columns<A: Rows, const D: usize>(
        a: A,
        rows: &Window<'_>,
        start: &Self::Start,
    ) -> [A::Real; D];

    /// Reads p and, where it is asked for, y; other numbers stand for a target that is not.
    fn part_and_target<A: Rows, const D: usize, const TARGET: bool>(
        a: A,
        rows: &Window<'_>,
        start: &Self::Start,
    ) -> [A::Real; 2];

    /// Writes p.
    fn set_part<A: Rows, const D: usize>(
        a: A,
        part: A::Real,
        rows: &mut Window<'_>,
        start: &Self::Start,
    );
}

/// A block of rows a lane.
pub(crate) enum Apart {}

impl<const W: usize> Arranged<W> for Apart {
    type Start = [usize; W];

    #[inline(always)]
    fn start(rows: &Window<'_>, visit: &[u32; W]) -> [usize; W] {
        rows.starts(visit)
    }

    #[inline(always)]
    fn columns<A: Rows, const D: usize>(
        a: A,
        rows: &Window<'_>,
        starts: &[usize; W],
    ) -> [A::Real; D] {
        a.gather::<D>(rows.memory(), starts, 0)
    }

    #[inline(always)]
    fn part_and_target<A: Rows, const D: usize, const TARGET: bool>(
        a: A,
        rows: &Window<'_>,
        starts: &[usize; W],
    ) -> [A::Real; 2] {
        let memory = rows.memory();
        // p and y in the same cache line as the last signal columns come with the transposition of those.
        if !D.is_multiple_of(LINE) {
            a.gather::<2>(memory, starts, D)
        } else if TARGET {
            [a.column(memory, starts, D), a.column(memory, starts, D + 1)]
        } else {
            // Eight loads are saved.
            [a.column(memory, starts, D), a.splat(0.0)]
        }
    }

    #[inline(always)]
    fn set_part<A: Rows, const D: usize>(
        a: A,
        part: A::Real,
        rows: &mut Window<'_>,
        starts: &[usize; W],
    ) {
        a.scatter(part, rows.memory_mut(), starts, D);
    }
}

/// Rows of the lanes' own, column by column.
pub(crate) enum Interleaved {}

impl Arranged<1> for Interleaved {
    type Start = usize;

    #[inline(always)]
    fn start(rows: &Window<'_>, [visit]: &[u32; 1]) -> usize {
        rows.start(*visit)
    }

    #[inline(always)]
    fn columns<A: Rows, const D: usize>(a: A, rows: &Window<'_>, start: &usize) -> [A::Real; D] {
        let row = &rows.memory()[*start..][..D * A::WIDTH];
        let mut columns = [a.splat(0.0); D];
        for j in 0..D {
            columns[j] = a.load(&row[j * A::WIDTH..]);
        }
        columns
    }

    #[inline(always)]
    fn part_and_target<A: Rows, const D: usize, const TARGET: bool>(
        a: A,
        rows: &Window<'_>,
        start: &usize,
    ) -> [A::Real; 2] {
        let row = &rows.memory()[*start..][..(D + 2) * A::WIDTH];
        let mut target = a.splat(0.0);
        if TARGET {
            target = a.load(&row[(D + 1) * A::WIDTH..]);
        }
        [a.load(&row[D * A::WIDTH..]), target]
    }

    #[inline(always)]
    fn set_part<A: Rows, const D: usize>(
        a: A,
        part: A::Real,
        rows: &mut Window<'_>,
        start: &usize,
    ) {
        a.store(part, &mut rows.memory_mut()[start + D * A::WIDTH..]);
    }
}

/// Rows whose columns and targets all lanes have in common.
pub(crate) enum Common {}

impl Arranged<1> for Common {
    type Start = usize;

    #[inline(always)]
    fn start(rows: &Window<'_>, [visit]: &[u32; 1]) -> usize {
        rows.start(*visit)
    }

    #[inline(always)]
    fn columns<A: Rows, const D: usize>(a: A, rows: &Window<'_>, start: &usize) -> [A::Real; D] {
        let row = &rows.memory()[*start..][..D];
        let mut columns = [a.splat(0.0); D];
        for j in 0..D {
            columns[j] = a.splat(row[j]);
        }
        columns
    }

    #[inline(always)]
    fn part_and_target<A: Rows, const D: usize, const TARGET: bool>(
        a: A,
        rows: &Window<'_>,
        start: &usize,
    ) -> [A::Real; 2] {
        let row = &rows.memory()[*start..][..common_part(D) + A::WIDTH];
        let target = if TARGET { row[D] } else { 0.0 };
        [a.load(&row[common_part(D)..]), a.splat(target)]
    }

    #[inline(always)]
    fn set_part<A: Rows, const D: usize>(
        a: A,
        part: A::Real,
        rows: &mut Window<'_>,
        start: &usize,
    ) {
        a.store(part, &mut rows.memory_mut()[start + common_part(D)..]);
    }
}
