//! Lines of equal height over a grid: marching squares.

use std::collections::VecDeque;

use crate::scale::Scale;

/// A point in the axes' numbers.
type Point = (f64, f64);

/// Traces where `heights` cross `level`, as lines through points in the axes' numbers.
///
/// An axis is its scale and the grid's numbers on it; `heights[i][j]` is the height at the i-th
/// number of `x` and the j-th of `y`, NaN where it is unknown. Each square of four known neighbours
/// is crossed by straight lines, straight as the scales have it, between the places where linear
/// interpolation along its sides meets the level; pieces that meet are joined. The joining is
/// quadratic in the number of squares crossed.
///
/// # Panics
/// When `heights` has fewer columns or rows than the axes have numbers.
pub fn contour(
    x: (&Scale, &[f64]),
    y: (&Scale, &[f64]),
    heights: &[Vec<f64>],
    level: f64,
) -> Vec<Vec<Point>> {
    let ((sx, xs), (sy, ys)) = (x, y);
    let place = |(i, j): (usize, usize)| (sx.place(xs[i]), sy.place(ys[j]));
    let above = |(i, j): (usize, usize)| heights[i][j] - level;
    let crossing = |from: (usize, usize), to: (usize, usize)| {
        // Both squares of a side interpolate from the same end, so that their lines meet to the bit.
        let (from, to) = (from.min(to), from.max(to));
        let share = above(from) / (above(from) - above(to));
        let ((x0, y0), (x1, y1)) = (place(from), place(to));
        let at = (sx.at(x0 + share * (x1 - x0)), sy.at(y0 + share * (y1 - y0)));
        ((above(from) > 0.0) != (above(to) > 0.0)).then_some(at)
    };
    let mut pieces = Vec::new();
    for i in 1..xs.len() {
        for j in 1..ys.len() {
            // Around the square, each corner once.
            let corners = [(i - 1, j - 1), (i, j - 1), (i, j), (i - 1, j)];
            if corners.iter().any(|&corner| !above(corner).is_finite()) {
                continue;
            }
            let sides = (0..4).map(|side| crossing(corners[side], corners[(side + 1) % 4]));
            let crossings: Vec<_> = sides.flatten().collect();
            // A level crosses a square's sides twice, at a saddle four times.
            pieces.extend(crossings.chunks_exact(2).map(|pair| (pair[0], pair[1])));
        }
    }
    joined(pieces)
}

/// Joins pieces of lines at their common ends.
fn joined(mut pieces: Vec<(Point, Point)>) -> Vec<Vec<Point>> {
    let mut lines = Vec::new();
    while let Some((begin, end)) = pieces.pop() {
        let mut line = VecDeque::from([begin, end]);
        loop {
            let (first, last) = (line[0], line[line.len() - 1]);
            let ends = [first, last];
            let meets = |(a, b): &(Point, Point)| ends.contains(a) || ends.contains(b);
            let Some(found) = pieces.iter().position(meets) else {
                break;
            };
            let (a, b) = pieces.swap_remove(found);
            match () {
                () if a == last => line.push_back(b),
                () if b == last => line.push_back(a),
                () if a == first => line.push_front(b),
                () => line.push_front(a),
            }
        }
        lines.push(line.into());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plane_is_cut_in_a_straight_line() {
        let places = [0.0, 1.0, 2.0, 3.0];
        let scale = Scale::linear(places, 0.0);
        let axis = (&scale, &places[..]);
        let heights: Vec<Vec<f64>> = (0..4)
            .map(|i| (0..4).map(|j| f64::from(i) + f64::from(j)).collect())
            .collect();
        let lines = contour(axis, axis, &heights, 2.5);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].len(), 6);
        for &(x, y) in &lines[0] {
            assert!((x + y - 2.5).abs() < 1e-12, "{x} {y}");
        }
        let mut holes = heights;
        holes[1][1] = f64::NAN;
        let lines = contour(axis, axis, &holes, 2.5);
        let points: Vec<_> = lines.iter().map(Vec::len).collect();
        assert_eq!(points, [2, 2]);
    }
}
