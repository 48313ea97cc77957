//! An axis of a grid as an axis of a picture: the places of its values and their tiles.

use sparsegrok_plot::number::number;
use sparsegrok_plot::{Axis, Scale, Tick};
use toml::Value;

use crate::keys;
use crate::view::{GridAxis, View};

/// Values of a grid's axis along an axis of a picture.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// The picture's axis.
    pub(crate) axis: Axis,
    /// The place of each value, in the axis's numbers.
    pub(crate) centres: Vec<f64>,
    /// The ends of each value's tile.
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

    /// The picture's scale and the places of the values on it.
    pub(crate) fn grid(&self) -> (&Scale, &[f64]) {
        (&self.axis.scale, &self.centres)
    }

    fn of_numbers(title: String, centres: Vec<f64>) -> Self {
        let (first, last) = (centres[0], centres[centres.len() - 1]);
        let differences = centres.windows(2).map(|pair| pair[1] - pair[0]);
        let ratios = centres.windows(2).map(|pair| pair[1] / pair[0]);
        let log = first > 0.0
            && (last / first > 8.0
                || uneven(ratios.map(libm::log)) < uneven(differences) * (1.0 - 1e-9));
        // An outer edge may overflow or vanish where a value does not.
        let between = |a: f64, b: f64, share: f64| match log {
            true => {
                // By logarithms, as the ratio of two values may overflow too.
                let log = (1.0 - share) * libm::log(a) + share * libm::log(b);
                libm::exp(log).clamp(f64::MIN_POSITIVE, f64::MAX)
            }
            false => (a + share * (b - a)).clamp(f64::MIN, f64::MAX),
        };
        let n = centres.len();
        let mut edges = vec![between(centres[0], centres[1], -0.5)];
        edges.extend(
            centres
                .windows(2)
                .map(|pair| between(pair[0], pair[1], 0.5)),
        );
        edges.push(between(centres[n - 2], centres[n - 1], 1.5));
        let scale = match log {
            true => Scale::log(edges.iter().copied(), 0.0),
            false => Scale::linear(edges.iter().copied(), 0.0),
        };
        // The scale's ends may lie nearer.
        (edges[0], edges[n]) = (scale.low(), scale.high());
        let mut axis = Axis::new(title, scale);
        axis.grid = false;
        if n <= 8 {
            let ticks = centres.iter().map(|&x| Tick::labelled(x, number(x)));
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
        let scale = Scale::linear([-0.5, values.len() as f64 - 0.5], 0.0);
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

/// The two longest axes of a grid of two or more, in their order.
///
/// # Panics
/// When there are fewer.
pub(crate) fn longest(view: &View) -> (usize, usize) {
    let mut order: Vec<usize> = (0..view.axes.len()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(view.axes[i].values.len()));
    (order[0].min(order[1]), order[0].max(order[1]))
}

/// The largest step against the smallest.
fn uneven(steps: impl Iterator<Item = f64> + Clone) -> f64 {
    steps.clone().fold(0.0, f64::max) / steps.fold(f64::INFINITY, f64::min)
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
        assert!(log.axis.scale.is_log());
        assert!((log.extents[0].1 / 10f64.powf(-3.5) - 1.0).abs() < 1e-12);
        assert_eq!(log.extents[0].1, log.extents[1].0);
        let linear = axis(&[1.0, 2.0, 3.0]);
        assert_eq!(linear.extents, [(0.5, 1.5), (1.5, 2.5), (2.5, 3.5)]);
        assert!(axis(&[1.0, 2.0, 4.0]).axis.scale.is_log());
        let words = Line::of(&GridAxis {
            key: "loss".to_owned(),
            values: vec!["logistic".into(), "hinge".into()],
        });
        assert_eq!(words.extents, [(-0.5, 0.5), (0.5, 1.5)]);
        assert_eq!(words.axis.ticks[1].label.as_deref(), Some("hinge"));
    }

    /// Outer tiles would end where no number is; a scale ends at 1e300.
    #[test]
    fn tiles_of_an_extreme_axis_are_finite() {
        for values in [[1.0, 1e300], [1e-300, 1e300], [-1e300, 1e300], [0.0, 1e300]] {
            let line = axis(&values);
            for (low, high) in line.extents {
                assert!(
                    low < high && low.is_finite() && high.is_finite(),
                    "{values:?}"
                );
            }
            assert!(line.axis.scale.ticks(9).len() < 100);
        }
    }
}
