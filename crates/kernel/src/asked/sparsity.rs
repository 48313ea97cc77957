//! Sparsity of weights: their effective number, and Gini's coefficient.

use crate::weights::Weights;

/// The sizes |w| of all weights of some models but biases, in units of the greatest; none where all are 0.
///
/// Both figures are free of the unit, and in this one no square of theirs overflows.
pub(super) fn sizes(models: &[Weights]) -> Vec<f64> {
    let weights = || {
        let parts = models.iter().flat_map(Weights::parts);
        parts.flatten().map(|w| w.abs())
    };
    match weights().fold(0.0, f64::max) {
        0.0 => Vec::new(),
        greatest => weights().map(|size| size / greatest).collect(),
    }
}

/// The effective number of weights; `None` of none. `Time: O(weights)`
///
/// # Formula
/// (Σ|w|)²/Σw² of all weights together: the number of weights of one size that have these two sums, and so the same
/// lengths in the norms L1 and L2 (N. Hurley and S. Rickard, "Comparing measures of sparsity", 2009, list its inverse
/// root among their measures). It lies between 1 and the number of weights.
pub(super) fn effective_number(sizes: &[f64]) -> Option<f64> {
    let (sum, squares) = sizes
        .iter()
        .fold((0.0, 0.0), |(sum, squares), x| (sum + x, squares + x * x));
    (sum > 0.0).then(|| sum * sum / squares)
}

/// Gini's coefficient of sizes; `None` of none. `Time: O(weights · log weights)`
///
/// # Formula
/// Σ_i (2i − N − 1) x_i / (N Σx), x_1 ≤ … ≤ x_N: the mean difference of two sizes over twice their mean (C. Gini, 1912;
/// as a measure of sparsity, Hurley and Rickard, 2009). It lies between 0, where all sizes are one, and 1 − 1/N, where
/// one weight is all there is.
pub(super) fn gini(mut sizes: Vec<f64>) -> Option<f64> {
    // Sizes that compare equal are the same bits, so that any order of them gives the same sum.
    sizes.sort_unstable_by(f64::total_cmp);
    let n = sizes.len() as f64;
    let (mut sum, mut spread) = (0.0, 0.0);
    for (place, x) in sizes.iter().enumerate() {
        sum += x;
        spread += (2.0 * (place as f64 + 1.0) - n - 1.0) * x;
    }
    (sum > 0.0).then(|| spread / (n * sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(weights: &[f64]) -> Weights {
        // Parts do not matter, and the bias does not count.
        let (signal, rest) = weights.split_at(weights.len() / 3);
        let (tail, memorization) = rest.split_at(rest.len() / 2);
        Weights {
            signal: signal.to_vec(),
            tail: tail.to_vec(),
            memorization: memorization.to_vec(),
            bias: 77.0,
        }
    }

    fn both(weights: &[f64]) -> Option<(f64, f64)> {
        let sizes = sizes(&[model(weights)]);
        Some((effective_number(&sizes)?, gini(sizes)?))
    }

    #[test]
    fn they_are_known_where_sizes_are_equal_or_one_is_all() {
        for scale in [1.0, -3e-320, 1e-200, 7e307] {
            let (number, gini) = both(&[scale; 12]).unwrap();
            assert!((number - 12.0).abs() < 1e-13 && gini.abs() < 1e-15);
            let mut one = [0.0; 12];
            one[7] = scale;
            let (number, gini) = both(&one).unwrap();
            assert!((number - 1.0).abs() < 1e-15);
            assert!((gini - 11.0 / 12.0).abs() < 1e-15);
        }
        assert_eq!(both(&[0.0, -0.0, 0.0]), None);
        assert_eq!(both(&[]), None);
    }

    /// The mean of |x_i − x_j| over all pairs, over twice the mean; and two sums.
    #[test]
    fn they_are_what_their_definitions_say() {
        let weights: Vec<f64> = (0..61).map(|i| f64::from(i * i % 23 - 9).powi(3)).collect();
        let (number, gini) = both(&weights).unwrap();
        let sizes: Vec<f64> = weights.iter().map(|w| w.abs()).collect();
        let n = sizes.len() as f64;
        let sum: f64 = sizes.iter().sum();
        let squares: f64 = sizes.iter().map(|x| x * x).sum();
        let pairs = sizes
            .iter()
            .flat_map(|x| sizes.iter().map(move |y| (x - y).abs()));
        let expected = pairs.sum::<f64>() / (2.0 * n * sum);
        assert!((gini - expected).abs() < 1e-13, "{gini} {expected}");
        assert!((number - sum * sum / squares).abs() < 1e-11 * number);
    }

    #[test]
    fn models_of_classes_count_together() {
        let weights = [1.0, -2.0, 3.0, 0.0, 5.0, 0.5];
        let whole = sizes(&[model(&weights)]);
        let parts = sizes(&[model(&weights[..3]), model(&weights[3..])]);
        let close = |a: Option<f64>, b: Option<f64>| (a.unwrap() - b.unwrap()).abs() < 1e-14;
        assert!(close(effective_number(&whole), effective_number(&parts)));
        assert_eq!(gini(whole), gini(parts));
    }
}
