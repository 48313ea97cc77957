//! Two axes of a grid as a plane: where its cells lie, and lines of equal height between them.

use toml::Value;

use crate::figure::Axis;
use crate::keys;
use crate::scale::{Scale, Tick};
use crate::view::GridAxis;

/// Values of a grid's axis along an axis of a picture.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// The picture's axis.
    pub(crate) axis: Axis,
    /// Where each value is, in the axis's numbers.
    pub(crate) centres: Vec<f64>,
    /// Where its tile begins and ends.
    pub(crate) extents: Vec<(f64, f64)>,
}

impl Line {
    /// Numbers go where they belong, by logarithm where they are spread by more than eight times or
    /// lie more evenly so; words, evenly.
    pub(crate) fn of(axis: &GridAxis) -> Self {
        let numbers: Option<Vec<f64>> = axis.values.iter().map(keys::number).collect();
        let ascending = numbers.filter(|xs| xs.len() > 1 && xs.is_sorted());
        let title = keys::title(&axis.key);
        match ascending {
            Some(numbers) => Self::of_numbers(title, numbers),
            None => Self::of_words(title, &axis.values),
        }
    }

    fn of_numbers(title: String, centres: Vec<f64>) -> Self {
        let (first, last) = (centres[0], centres[centres.len() - 1]);
        let differences = centres.windows(2).map(|pair| pair[1] - pair[0]);
        let ratios = centres.windows(2).map(|pair| pair[1] / pair[0]);
        let log = first > 0.0
            && (last / first > 8.0
                || uneven(ratios.map(libm::log)) < uneven(differences) * (1.0 - 1e-9));
        let between = |a: f64, b: f64, share: f64| match log {
            true => a * libm::pow(b / a, share),
            false => a + share * (b - a),
        };
        let n = centres.len();
        let mut edges = vec![between(centres[0], centres[1], -0.5)];
        edges.extend(
            centres
                .windows(2)
                .map(|pair| between(pair[0], pair[1], 0.5)),
        );
        edges.push(between(centres[n - 2], centres[n - 1], 1.5));
        let scale = Scale {
            log,
            low: edges[0],
            high: edges[n],
        };
        let mut axis = Axis::new(title, scale);
        axis.grid = false;
        if n <= 8 {
            let ticks = centres
                .iter()
                .map(|&x| Tick::labelled(x, crate::text::number(x)));
            axis.ticks = ticks.collect();
        }
        Self {
            axis,
            extents: edges.windows(2).map(|pair| (pair[0], pair[1])).collect(),
            centres,
        }
    }

    fn of_words(title: String, values: &[Value]) -> Self {
        let centres: Vec<f64> = (0..values.len()).map(|i| i as f64).collect();
        let scale = Scale {
            log: false,
            low: -0.5,
            high: values.len() as f64 - 0.5,
        };
        let ticks = centres.iter().zip(values);
        let ticks = ticks.map(|(&x, value)| Tick::labelled(x, keys::value(value)));
        Self {
            axis: Axis {
                ticks: ticks.collect(),
                grid: false,
                ..Axis::new(title, scale)
            },
            extents: centres.iter().map(|x| (x - 0.5, x + 0.5)).collect(),
            centres,
        }
    }
}

/// The largest step against the smallest.
fn uneven(steps: impl Iterator<Item = f64> + Clone) -> f64 {
    steps.clone().fold(0.0, f64::max) / steps.fold(f64::INFINITY, f64::min)
}

/// Where `heights` (by column, then row; NaN where unknown) cross `level`, as lines through points in
/// the axes' numbers.
///
/// Marching squares: each square of four neighbours is crossed by straight lines between the places
/// where linear interpolation along its sides meets the level.
pub(crate) fn contour(
    x: &Line,
    y: &Line,
    heights: &[Vec<f64>],
    level: f64,
) -> Vec<Vec<(f64, f64)>> {
    let (sx, sy) = (x.axis.scale, y.axis.scale);
    let place = |(i, j): (usize, usize)| (sx.place(x.centres[i]), sy.place(y.centres[j]));
    let above = |(i, j): (usize, usize)| heights[i][j] - level;
    let crossing = |from: (usize, usize), to: (usize, usize)| {
        // From the same end for both squares of a side: their lines meet to the bit.
        let (from, to) = (from.min(to), from.max(to));
        let share = above(from) / (above(from) - above(to));
        let ((x0, y0), (x1, y1)) = (place(from), place(to));
        let at = (sx.at(x0 + share * (x1 - x0)), sy.at(y0 + share * (y1 - y0)));
        ((above(from) > 0.0) != (above(to) > 0.0)).then_some(at)
    };
    let mut pieces = Vec::new();
    for i in 1..x.centres.len() {
        for j in 1..y.centres.len() {
            // Around the square, each corner once.
            let corners = [(i - 1, j - 1), (i, j - 1), (i, j), (i - 1, j)];
            if corners.iter().any(|&corner| !above(corner).is_finite()) {
                continue;
            }
            let sides = (0..4).map(|side| crossing(corners[side], corners[(side + 1) % 4]));
            let crossings: Vec<_> = sides.flatten().collect();
            // Two crossings, or at a saddle four.
            pieces.extend(crossings.chunks_exact(2).map(|pair| (pair[0], pair[1])));
        }
    }
    joined(pieces)
}

/// Joins pieces of lines at their common ends.
fn joined(mut pieces: Vec<((f64, f64), (f64, f64))>) -> Vec<Vec<(f64, f64)>> {
    let mut lines = Vec::new();
    while let Some((begin, end)) = pieces.pop() {
        let mut line = std::collections::VecDeque::from([begin, end]);
        loop {
            let (first, last) = (line[0], line[line.len() - 1]);
            let ends = [first, last];
            let meets = |(a, b): &((f64, f64), (f64, f64))| ends.contains(a) || ends.contains(b);
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

    fn axis(values: &[f64]) -> Line {
        Line::of(&GridAxis {
            key: "weight_decay".to_owned(),
            values: values.iter().map(|&x| Value::Float(x)).collect(),
        })
    }

    #[test]
    fn tiles_meet_halfway() {
        let log = axis(&[1e-4, 1e-3, 1e-2]);
        assert!(log.axis.scale.log);
        assert!((log.extents[0].1 / 10f64.powf(-3.5) - 1.0).abs() < 1e-12);
        assert_eq!(log.extents[0].1, log.extents[1].0);
        let linear = axis(&[1.0, 2.0, 3.0]);
        assert_eq!(linear.extents, [(0.5, 1.5), (1.5, 2.5), (2.5, 3.5)]);
        assert!(axis(&[1.0, 2.0, 4.0]).axis.scale.log);
        let words = Line::of(&GridAxis {
            key: "loss".to_owned(),
            values: vec!["logistic".into(), "hinge".into()],
        });
        assert_eq!(words.extents, [(-0.5, 0.5), (0.5, 1.5)]);
        assert_eq!(words.axis.ticks[1].label.as_deref(), Some("hinge"));
    }

    #[test]
    fn a_plane_is_cut_in_a_straight_line() {
        let line = axis(&[0.0, 1.0, 2.0, 3.0]);
        let heights: Vec<Vec<f64>> = (0..4)
            .map(|i| (0..4).map(|j| f64::from(i) + f64::from(j)).collect())
            .collect();
        let lines = contour(&line, &line, &heights, 2.5);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].len(), 6);
        for &(x, y) in &lines[0] {
            assert!((x + y - 2.5).abs() < 1e-12, "{x} {y}");
        }
        let mut holes = heights;
        holes[1][1] = f64::NAN;
        let lines = contour(&line, &line, &holes, 2.5);
        let points: Vec<_> = lines.iter().map(Vec::len).collect();
        assert_eq!(points, [2, 2]);
    }
}
