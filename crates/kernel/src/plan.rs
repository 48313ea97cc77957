//! The epochs of a run that are evaluated.

/// The epochs to evaluate: always the first and the last, and some between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvaluationPlan {
    epochs: Vec<u64>,
}

impl EvaluationPlan {
    /// Every `interval`-th epoch of `epochs`, the first and the last.
    pub fn every(interval: u64, epochs: u64) -> Self {
        let multiples = (1..=epochs / interval.max(1)).map(|k| k * interval.max(1));
        Self::sorted([1, epochs].into_iter().chain(multiples), epochs)
    }

    /// About `points` epochs from 1 to `epochs`, evenly spaced in their logarithm; fewer where
    /// neighbours round to the same epoch.
    ///
    /// # Formula
    /// round(E^(i/(points − 1))), i = 0 … points − 1.
    pub fn log_spaced(points: u64, epochs: u64) -> Self {
        let last = points.max(2) - 1;
        let spaced = (0..=last).map(|i| {
            let epoch = libm::pow(epochs as f64, i as f64 / last as f64);
            libm::round(epoch) as u64
        });
        Self::sorted([1, epochs].into_iter().chain(spaced), epochs)
    }

    fn sorted(epochs: impl Iterator<Item = u64>, last: u64) -> Self {
        let mut epochs: Vec<u64> = epochs.filter(|e| (1..=last).contains(e)).collect();
        epochs.sort_unstable();
        epochs.dedup();
        Self { epochs }
    }

    /// True when `epoch` is evaluated. `Time: O(log plan)`
    pub fn contains(&self, epoch: u64) -> bool {
        self.epochs.binary_search(&epoch).is_ok()
    }

    /// The evaluated epochs, ascending.
    pub fn epochs(&self) -> &[u64] {
        &self.epochs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_hold_first_and_last() {
        assert_eq!(EvaluationPlan::every(4, 10).epochs(), [1, 4, 8, 10]);
        assert_eq!(EvaluationPlan::every(20, 10).epochs(), [1, 10]);
        assert_eq!(EvaluationPlan::every(1, 3).epochs(), [1, 2, 3]);
        assert_eq!(
            EvaluationPlan::log_spaced(4, 1000).epochs(),
            [1, 10, 100, 1000]
        );
        assert_eq!(EvaluationPlan::log_spaced(100, 5).epochs(), [1, 2, 3, 4, 5]);
        assert_eq!(EvaluationPlan::log_spaced(1, 1).epochs(), [1]);
        assert!(EvaluationPlan::every(3, 9).contains(6));
        assert!(!EvaluationPlan::every(3, 9).contains(5));
    }
}
