//! Two versions of a path, compared over rounds of alternating repetitions.
//!
//! A shared machine disturbs in two ways: for moments, which pass, and by plateaus, on which a
//! program stays for as long as its process, its pages or its neighbours do. So a round is a fresh
//! process of either version, in which the two take turns, and yields one pair: the best time of
//! either, which met no such moment. The median ratio of these pairs has an interval, as rounds are
//! independent of each other where turns are not. Beside it stand the best times of all rounds:
//! given enough of them, both versions have been on their fastest plateau.

use sparsegrok_statistics::{Median, median_interval};

/// Confidence of the median's interval. High, as an undecided comparison is looked at repeatedly.
const CONFIDENCE: f64 = 0.99;

/// The times of a path in the base version and in the one compared with it.
pub(crate) struct Comparison {
    /// Best ns per unit: base, compared.
    pub(crate) best: [f64; 2],
    /// Per round, compared/base.
    ratios: Vec<f64>,
}

/// What a comparison says about a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Not slower by more than the threshold, by best times and median.
    Within,
    /// Best times differ by more than the threshold, and the median's interval is above 0.
    Slower,
    /// Best times and median disagree: more rounds would tell.
    Unclear,
}

impl Comparison {
    pub(crate) fn new() -> Self {
        Self {
            best: [f64::INFINITY; 2],
            ratios: Vec::new(),
        }
    }

    /// Adds a round's pair of best times, base first.
    pub(crate) fn add(&mut self, round: [f64; 2]) {
        for (best, time) in self.best.iter_mut().zip(round) {
            *best = best.min(time);
        }
        self.ratios.push(round[1] / round[0]);
    }

    /// Rounds so far.
    pub(crate) fn rounds(&self) -> usize {
        self.ratios.len()
    }

    /// The change between the best times, as a fraction.
    pub(crate) fn best_change(&self) -> f64 {
        self.best[1] / self.best[0] - 1.0
    }

    /// The median change over rounds, as a fraction, with its 99 % interval.
    ///
    /// # Panics
    /// Before the eighth round: fewer tell no such interval.
    pub(crate) fn median_change(&self) -> Median {
        let changes: Vec<f64> = self.ratios.iter().map(|ratio| ratio - 1.0).collect();
        median_interval(&changes, CONFIDENCE).expect("eight rounds or more")
    }

    /// Whether the path has become slower by more than `threshold`, a fraction.
    pub(crate) fn verdict(&self, threshold: f64) -> Verdict {
        let (best, median) = (self.best_change(), self.median_change());
        match (best > threshold, median.low > threshold) {
            (true, _) if median.low > 0.0 => Verdict::Slower,
            (false, false) => Verdict::Within,
            _ => Verdict::Unclear,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comparison(rounds: &[[f64; 2]]) -> Comparison {
        let mut comparison = Comparison::new();
        for pair in rounds {
            comparison.add(*pair);
        }
        comparison
    }

    /// Ranks 4 and 17 of 20: Conover, *Practical Nonparametric Statistics*, 3rd ed., table A3, has
    /// P(B ≤ 3) = .0013 and P(B ≤ 4) = .0059.
    #[test]
    fn the_median_lies_between_its_order_statistics() {
        let rounds: Vec<[f64; 2]> = (1..=20).rev().map(|x| [1.0, f64::from(x)]).collect();
        let found = comparison(&rounds).median_change();
        assert_eq!([found.low, found.estimate, found.high], [3.0, 9.5, 16.0]);
    }

    #[test]
    fn the_same_slowness_in_best_and_median_is_slower() {
        let slow = comparison(&[[10.0, 11.0]; 20]);
        assert_eq!(slow.verdict(0.05), Verdict::Slower);
        assert_eq!(slow.verdict(0.12), Verdict::Within);
        let fast = comparison(&[[11.0, 10.0]; 20]);
        assert_eq!(fast.verdict(0.05), Verdict::Within);
    }

    #[test]
    fn one_lucky_round_is_not_slower() {
        let mut rounds = [[10.0, 10.0]; 20];
        rounds[7] = [9.0, 10.0];
        assert_eq!(comparison(&rounds).verdict(0.05), Verdict::Unclear);
    }

    #[test]
    fn a_slow_plateau_that_ended_once_is_not_slower() {
        let mut rounds = [[10.0, 11.0]; 20];
        rounds[7] = [10.0, 10.0];
        assert_eq!(comparison(&rounds).verdict(0.05), Verdict::Unclear);
    }
}
