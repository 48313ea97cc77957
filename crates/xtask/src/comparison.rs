//! Two versions of a path, compared over rounds of alternating repetitions.
//!
//! A shared machine disturbs in two ways: for moments, which pass, and by plateaus, on which a
//! program stays for as long as its process, its pages or its neighbours do. So a round is a fresh
//! process of either version, in which the two take turns, and yields one pair: the best time of
//! either, which met no such moment. The median ratio of these pairs has an interval, as rounds are
//! independent of each other where turns are not. Beside it stand the best times of all rounds:
//! given enough of them, both versions have been on their fastest plateau.

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

/// A median and the interval around it.
pub(crate) struct Median {
    pub(crate) low: f64,
    pub(crate) middle: f64,
    pub(crate) high: f64,
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
    pub(crate) fn median_change(&self) -> Median {
        let Median { low, middle, high } = median(self.ratios.clone());
        Median {
            low: low - 1.0,
            middle: middle - 1.0,
            high: high - 1.0,
        }
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

/// The median of values, with the distribution-free interval between two order statistics.
///
/// # Formula
/// P(x₍ₖ₎ ≤ median ≤ x₍ₙ₊₁₋ₖ₎) ≥ 1 − 2 P(B < k) for B binomial (n, ½); k is the largest with that at
/// least the confidence, or 1 where n is too small for any.
fn median(mut values: Vec<f64>) -> Median {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    let rank = interval_rank(n);
    Median {
        low: values[rank - 1],
        middle: (values[(n - 1) / 2] + values[n / 2]) / 2.0,
        high: values[n - rank],
    }
}

/// k of [`median`]'s formula.
fn interval_rank(n: usize) -> usize {
    // P(B = 0), then P(B = j) from P(B = j − 1).
    let mut mass = 0.5_f64.powi(n as i32);
    let mut below = mass;
    let mut rank = 1;
    while 2.0 * (below + mass * (n - rank + 1) as f64 / rank as f64) <= 1.0 - CONFIDENCE {
        mass *= (n - rank + 1) as f64 / rank as f64;
        below += mass;
        rank += 1;
    }
    rank
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

    /// Conover, *Practical Nonparametric Statistics*, 3rd ed., table A3: P(B ≤ 3) = .0013 and
    /// P(B ≤ 4) = .0059 for n = 20; P(B ≤ 0) = .0039 and P(B ≤ 1) = .0352 for n = 8.
    #[test]
    fn ranks_are_those_of_the_binomial_table() {
        assert_eq!(interval_rank(20), 4);
        assert_eq!(interval_rank(8), 1);
        assert_eq!(interval_rank(1), 1);
    }

    #[test]
    fn the_median_lies_between_its_order_statistics() {
        let found = median((1..=20).rev().map(f64::from).collect());
        assert_eq!([found.low, found.middle, found.high], [4.0, 10.5, 17.0]);
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
