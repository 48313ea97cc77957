//! The largest eigenvalue of a symmetric matrix that is known by its products with vectors.

use sparsegrok_data::{Normal, Purpose, RandomFamily, Stream, length, sum_of_squares};

use crate::dense::dot;

/// Products from one look at the eigenvalue to the next.
const BETWEEN_LOOKS: usize = 5;

/// Products after which the search ends, whatever it has found.
const MOST_PRODUCTS: usize = 60 * BETWEEN_LOOKS;

/// The residual ‖Ax − θx‖, x of length 1, in units of θ, at which θ counts as an eigenvalue.
const RESIDUAL: f64 = 1e-6;

/// The largest eigenvalue of a matrix of this dimension with no negative ones; `multiply` writes the product of the
/// matrix and a vector into another.
///
/// # Formula
/// The power method's vectors v, Av, A²v, … span a space in which the best approximation θ = max xᵀAx/xᵀx is found by
/// three terms of recurrence (C. Lanczos, 1950): with the same products it is never worse than the power method's own,
/// and far better where other eigenvalues are close, as those of rows that are alike. The first vector is Gaussian, drawn
/// once for all. The search ends when ‖Ax − θx‖ ≤ 10⁻⁶ θ, or after
/// 300 products.
///
/// # Accuracy
/// θ is never above the largest eigenvalue but by rounding. At the end by the residual it is within 10⁻⁶ of an eigenvalue,
/// relatively, and by much less of a single one. After k products without that end it is below the largest by about
/// (ln N/k)² of it, N the dimension, or less (J. Kuczyński and H. Woźniakowski, 1992, for a first vector drawn at
/// random).
/// `Time:` that of at most 300 products and, for each, of five passes over a vector.
pub(super) fn largest_eigenvalue(
    dimension: usize,
    mut multiply: impl FnMut(&[f64], &mut [f64]),
) -> f64 {
    if dimension == 0 {
        return 0.0;
    }
    let mut last = vec![0.0; dimension];
    let mut vector = first_vector(dimension);
    let mut product = vec![0.0; dimension];
    let mut matrix = Tridiagonal::default();
    let mut off = 0.0;
    loop {
        multiply(&vector, &mut product);
        for (p, w) in product.iter_mut().zip(&last) {
            *p -= off * w;
        }
        let on = dot(&product, &vector);
        for (p, v) in product.iter_mut().zip(&vector) {
            *p -= on * v;
        }
        matrix.diagonal.push(on);
        off = length(product.iter().copied());
        if !on.is_finite() || !off.is_finite() {
            return f64::NAN;
        }
        let products = matrix.diagonal.len();
        if off == 0.0 || products.is_multiple_of(BETWEEN_LOOKS) {
            let largest = matrix.largest_eigenvalue();
            let residual = off * matrix.last_of_vector(largest);
            if residual <= RESIDUAL * largest || products >= MOST_PRODUCTS {
                return largest;
            }
        }
        matrix.beside.push(off);
        std::mem::swap(&mut last, &mut vector);
        for (v, p) in vector.iter_mut().zip(&product) {
            *v = p / off;
        }
    }
}

/// A vector of length 1 whose direction looks random: one of equal sizes can be at right angles to an eigenvector of few
/// numbers.
fn first_vector(dimension: usize) -> Vec<f64> {
    let mut stream = Stream::new(RandomFamily::Xoshiro256pp, 0, Purpose::Init);
    let mut normal = Normal::new();
    let mut vector: Vec<f64> = (0..dimension).map(|_| normal.sample(&mut stream)).collect();
    let size = length(vector.iter().copied());
    vector.iter_mut().for_each(|number| *number /= size);
    vector
}

/// A symmetric matrix with numbers on its diagonal and beside it alone.
#[derive(Debug, Default)]
struct Tridiagonal {
    diagonal: Vec<f64>,
    /// Between one number of the diagonal and the next.
    beside: Vec<f64>,
}

impl Tridiagonal {
    /// The number beside the diagonal before a place; 0 at its ends.
    fn before(&self, place: usize) -> f64 {
        let before = place.checked_sub(1).and_then(|k| self.beside.get(k));
        before.copied().unwrap_or(0.0)
    }

    /// The largest eigenvalue, to the last bits: halving the interval of Gershgorin's circles by Sturm's count.
    fn largest_eigenvalue(&self) -> f64 {
        let ends = (0..self.diagonal.len())
            .map(|k| self.diagonal[k] + self.before(k).abs() + self.before(k + 1).abs());
        let mut high = ends.fold(f64::NEG_INFINITY, f64::max);
        let mut low = self
            .diagonal
            .iter()
            .copied()
            .fold(f64::NEG_INFINITY, f64::max);
        loop {
            let middle = 0.5 * (low + high);
            if !(low < middle && middle < high) {
                return high;
            }
            match self.has_eigenvalue_above(middle) {
                true => low = middle,
                false => high = middle,
            }
        }
    }

    /// The signs of the pivots of T − x are those of its eigenvalues.
    fn has_eigenvalue_above(&self, x: f64) -> bool {
        let mut pivot = f64::INFINITY;
        (0..self.diagonal.len()).any(|k| {
            let beside = self.before(k);
            pivot = self.diagonal[k] - x - beside * beside / pivot;
            if pivot == 0.0 {
                pivot = -f64::MIN_POSITIVE;
            }
            pivot > 0.0
        })
    }

    /// The size of the last number of an eigenvalue's vector of length 1.
    fn last_of_vector(&self, eigenvalue: f64) -> f64 {
        // From the last number to the first: this way they grow, and rounding does not.
        let (mut number, mut next) = (1.0, 0.0);
        let mut numbers = vec![number];
        for k in (1..self.diagonal.len()).rev() {
            let rest = (eigenvalue - self.diagonal[k]) * number - self.before(k + 1) * next;
            (number, next) = (rest / self.before(k), number);
            numbers.push(number);
        }
        1.0 / sum_of_squares(numbers).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is above the largest eigenvalue by rounding alone: a unit for each product.
    const ROUNDING: f64 = MOST_PRODUCTS as f64 * f64::EPSILON;

    /// The product of a dense matrix, row by row, and a vector.
    fn product(matrix: &[Vec<f64>], from: &[f64], to: &mut [f64]) {
        for (to, row) in to.iter_mut().zip(matrix) {
            *to = dot(row, from);
        }
    }

    fn largest(matrix: &[Vec<f64>]) -> f64 {
        largest_eigenvalue(matrix.len(), |from, to| product(matrix, from, to))
    }

    fn diagonal(numbers: &[f64]) -> Vec<Vec<f64>> {
        let row = |i: usize| (0..numbers.len()).map(move |k| if k == i { numbers[i] } else { 0.0 });
        (0..numbers.len()).map(|i| row(i).collect()).collect()
    }

    #[test]
    fn eigenvalues_that_are_known_are_found() {
        let spread: Vec<f64> = (0..90).map(|i| f64::from(i * i % 89)).collect();
        let close: Vec<f64> = (0..90).map(|i| 1.0 - 1e-9 * f64::from(i)).collect();
        let one_above: Vec<f64> = (0..90).map(|i| if i == 41 { 1.001 } else { 1.0 }).collect();
        for (numbers, expected) in [
            (&[][..], 0.0),
            (&[7.5], 7.5),
            (&[0.0, 0.0, 0.0], 0.0),
            (&[1e-300, 3e-300], 3e-300),
            (&spread, 88.0),
            (&close, 1.0),
            (&one_above, 1.001),
        ] {
            let found = largest(&diagonal(numbers));
            assert!((found - expected).abs() <= 1e-8 * expected, "{found}");
            assert!(found <= expected * (1.0 + ROUNDING), "{found}");
        }
        assert!(largest(&diagonal(&[1.0, f64::INFINITY])).is_nan());
        assert!(largest(&diagonal(&[1e200, 1e308])).is_finite());
    }

    /// A chain, whose eigenvalues are 2 − 2cos(πk/(N + 1)): they lie densest at the end that is asked for.
    #[test]
    fn eigenvalues_that_crowd_are_found_to_what_is_said() {
        let chain = |n: usize| {
            largest_eigenvalue(n, |from, to| {
                for k in 0..n {
                    let before = k.checked_sub(1).map_or(0.0, |k| from[k]);
                    let after = from.get(k + 1).copied().unwrap_or(0.0);
                    to[k] = 2.0 * from[k] - before - after;
                }
            })
        };
        for n in [1, 2, 5, 50, 300, 5000] {
            let angle = std::f64::consts::PI * n as f64 / (n as f64 + 1.0);
            let expected = 2.0 - 2.0 * libm::cos(angle);
            let found = chain(n);
            let share = (f64::ln(n as f64) / MOST_PRODUCTS as f64).powi(2).max(1e-9);
            assert!(found <= expected * (1.0 + ROUNDING), "{n}: {found}");
            assert!(found >= expected * (1.0 - share), "{n}: {found} {expected}");
        }
    }

    /// A matrix BᵀB that looks random, against the power method carried on for long.
    #[test]
    fn it_agrees_with_the_power_method() {
        let n = 40;
        let b = |i: usize, k: usize| ((i * 37 + k * 101 + i * k) % 19) as f64 / 7.0 - 1.2;
        let row = |i: usize| (0..n).map(move |k| (0..9).map(|r| b(r, i) * b(r, k)).sum());
        let matrix: Vec<Vec<f64>> = (0..n).map(|i| row(i).collect()).collect();
        let (mut vector, mut image) = (vec![1.0; n], vec![0.0; n]);
        let mut expected = 0.0;
        for _ in 0..20_000 {
            product(&matrix, &vector, &mut image);
            expected = length(image.iter().copied());
            vector
                .iter_mut()
                .zip(&image)
                .for_each(|(v, x)| *v = x / expected);
        }
        let found = largest(&matrix);
        assert!(
            (found - expected).abs() < 1e-11 * expected,
            "{found} {expected}"
        );
    }
}
