//! What became of the rule and of the noise in networks that learn from noisy labels: a map over two axes of a grid.

use sparsegrok_kernel::Figure;
use sparsegrok_plot::{Key, Mark, Paint, Panel, Picture, Sign};

use crate::plane::{Line, longest};
use crate::view::{CellView, View};

/// Values of the other axes that have a panel each.
const MOST_PANELS: usize = 6;

/// Accuracy from which on labels count as learned.
const LEARNED: f64 = 0.9;
/// Accuracy up to which random labels count as not learned.
const UNLEARNED: f64 = 0.1;

/// What a network knows in the end.
///
/// The names are those of D. Doshi et al., arXiv 2310.13061, section 3, where full inversion is that train accuracy on
/// random labels has fallen to chance while the rule holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// The training rows, noise and all, and not the rule.
    Memorization,
    /// Both the rule and the noise.
    Coexistence,
    /// The rule and a part of the noise.
    PartialInversion,
    /// The rule alone.
    FullInversion,
    /// Neither the rule nor the training rows.
    Forgetting,
}

impl Outcome {
    const ALL: [Self; 5] = [
        Self::Memorization,
        Self::Coexistence,
        Self::PartialInversion,
        Self::FullInversion,
        Self::Forgetting,
    ];

    /// The outcome of accuracies in the end: on the rows tested, on those trained, and on random labels among them where
    /// there are any.
    fn of(test: f64, train: f64, noisy: Option<f64>) -> Self {
        if test < LEARNED {
            return match train < LEARNED {
                true => Self::Forgetting,
                false => Self::Memorization,
            };
        }
        match noisy {
            None => Self::Coexistence,
            Some(noisy) if noisy >= LEARNED => Self::Coexistence,
            Some(noisy) if noisy <= UNLEARNED => Self::FullInversion,
            Some(_) => Self::PartialInversion,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Memorization => "memorization: training rows alone",
            Self::Coexistence => "coexistence: the rule and all noise",
            Self::PartialInversion => "partial inversion: the rule and some noise",
            Self::FullInversion => "full inversion: the rule alone",
            Self::Forgetting => "forgetting: neither",
        }
    }

    fn paint(self) -> Paint {
        match self {
            Self::Memorization => Paint::Orange,
            Self::Coexistence => Paint::Sky,
            Self::PartialInversion => Paint::Purple,
            Self::FullInversion => Paint::Green,
            Self::Forgetting => Paint::Grey,
        }
    }
}

/// The picture; `None` where the grid has fewer than two axes, or no run kept its accuracy on random labels.
pub(crate) fn picture(view: &View) -> Option<Picture> {
    let has_noise = |cell: &CellView| cell.curve(Figure::TrainAccNoisy).is_some();
    if view.axes.len() < 2 || !view.cells.iter().any(has_noise) {
        return None;
    }
    let (a, b) = longest(view);
    let (x, y) = (Line::of(&view.axes[a]), Line::of(&view.axes[b]));
    let groups = view.groups(&[a, b]);
    let every = groups.len().div_ceil(MOST_PANELS).max(1);
    let groups: Vec<_> = groups.into_iter().step_by(every).collect();
    let shown: usize = groups.iter().map(|(_, cells)| cells.len()).sum();
    let mut there = Vec::new();
    let panels = groups.into_iter().map(|(name, cells)| {
        let tiles = cells.into_iter().filter_map(|cell| {
            let outcome = outcome(cell)?;
            there.push(outcome);
            Some(Mark::Tile {
                x: x.extents[cell.place[a]],
                y: y.extents[cell.place[b]],
                paint: outcome.paint(),
                cell: Some(cell.number),
            })
        });
        let tiles = tiles.collect();
        Panel::new(name, x.axis.clone(), y.axis.clone(), tiles)
    });
    let panels: Vec<_> = panels.collect();
    let present = Outcome::ALL
        .into_iter()
        .filter(|outcome| there.contains(outcome));
    let legend = present.map(|outcome| Key::new(outcome.name(), Sign::Tile(outcome.paint())));
    Some(Picture {
        title: "What became of the rule and of the noise".to_owned(),
        note: format!(
            "Median accuracies over {} at the last evaluation; learned: {LEARNED} or more, unlearned: random labels at \
             {UNLEARNED} or less.{}",
            view.words.runs,
            view.left_out(shown)
        ),
        legend: legend.collect(),
        panels,
        columns: 2,
        height: 250.0,
        ..Picture::empty("outcomes")
    })
}

/// The outcome of a cell; `None` where no run of it was evaluated.
fn outcome(cell: &CellView) -> Option<Outcome> {
    let last = |figure| {
        let (_, last) = cell.curve(figure)?.points.last()?;
        Some(last.q50).filter(|value| value.is_finite())
    };
    let (test, train) = (last(Figure::TestAcc)?, last(Figure::TrainAcc)?);
    Some(Outcome::of(test, train, last(Figure::TrainAccNoisy)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_told_by_the_rule_first() {
        for (test, train, noisy, outcome) in [
            (0.2, 1.0, Some(1.0), Outcome::Memorization),
            (1.0, 1.0, Some(1.0), Outcome::Coexistence),
            (1.0, 1.0, None, Outcome::Coexistence),
            (1.0, 0.8, Some(0.4), Outcome::PartialInversion),
            (1.0, 0.65, Some(0.01), Outcome::FullInversion),
            (0.1, 0.3, Some(0.02), Outcome::Forgetting),
        ] {
            assert_eq!(Outcome::of(test, train, noisy), outcome);
        }
    }
}
