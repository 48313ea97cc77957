//! Restricted maximum likelihood of variance components, from sums of products alone.

use std::ops::Range;

use crate::components::Fit;
use crate::elimination::{Matrix, eliminate, zeros};

/// Bound on Newton's iterations; it takes some five to ten.
const ITERATIONS: usize = 200;

/// The components that maximise the restricted likelihood, of the products of the columns Z (one
/// for each level, `rows` those of each factor), 1 and y; `ratios` are a first guess of the
/// factors' components over the residual's. `None` where the bound on iterations is reached.
///
/// # Formula
/// With H = I + Σ θ_f Z_f Z_fᵀ and P = H⁻¹ − H⁻¹1(1ᵀH⁻¹1)⁻¹1ᵀH⁻¹, the deviance log|H| +
/// log(1ᵀH⁻¹1) + (n − 1) log(yᵀPy) is least, θ ≥ 0; its derivatives are tr(Z_fᵀPZ_f) − (n − 1)
/// |Z_fᵀPy|²/yᵀPy, and again by the rule ∂P/∂θ_g = −PZ_g Z_gᵀP. The residual's component is
/// yᵀPy/(n − 1).
///
/// # References
/// S. R. Searle, G. Casella, C. E. McCulloch, *Variance Components* (1992), chapter 6.
pub(crate) fn maximise(
    products: &Matrix,
    rows: &[Range<usize>],
    n: usize,
    mut ratios: Vec<f64>,
) -> Option<Fit> {
    let restricted = Restricted {
        products,
        rows,
        freedom: n as f64 - 1.0,
    };
    let mut at = restricted.at(&ratios);
    for _ in 0..ITERATIONS {
        let (gradient, curvature, information) = at.derivatives(rows, restricted.freedom);
        let free: Vec<usize> = (0..ratios.len())
            .filter(|&f| ratios[f] > 0.0 || gradient[f] < 0.0)
            .collect();
        let step = descent(&gradient, &curvature, &free)
            .or_else(|| descent(&gradient, &information, &free))?;
        let moved = |length: f64| -> Vec<f64> {
            let moved = ratios.iter().zip(&step);
            moved
                .map(|(x, step)| (x + length * step).max(0.0))
                .collect()
        };
        // A step of 10⁻⁹ of a ratio leaves 10⁻¹⁸ to the next.
        let full = moved(1.0);
        let mut pairs = ratios.iter().zip(&full);
        if pairs.all(|(x, y)| (x - y).abs() <= 1e-9 * x.max(1e-12)) {
            return Some(restricted.at(&full).fit(&full, restricted.freedom));
        }
        let rounding = 1e-13 * (at.deviance.abs() + restricted.freedom);
        let lengths = (0..50).map(|halvings| 1.0 / (1_u64 << halvings) as f64);
        let next = lengths.map(|length| {
            let ratios = moved(length);
            (restricted.at(&ratios), ratios)
        });
        let mut lower = next.filter(|(next, _)| next.deviance <= at.deviance + rounding);
        (at, ratios) = lower.next()?;
    }
    None
}

/// Newton's step −A⁻¹g of some coordinates, the others' being 0; `None` where A is not positive
/// definite in them.
fn descent(gradient: &[f64], matrix: &Matrix, free: &[usize]) -> Option<Vec<f64>> {
    let mut step = vec![0.0; gradient.len()];
    let size = free.len();
    // A, bordered by the identity and by g: eliminating A leaves −A⁻¹g where they meet.
    let mut bordered = zeros(2 * size + 1);
    for (i, &f) in free.iter().enumerate() {
        for (j, &g) in free.iter().enumerate() {
            bordered[i][j] = matrix[f][g];
        }
        bordered[i][size + i] = 1.0;
        bordered[size + i][i] = 1.0;
        bordered[i][2 * size] = gradient[f];
        bordered[2 * size][i] = gradient[f];
    }
    if eliminate(&mut bordered, 0..size).rank < size {
        return None;
    }
    for (i, &f) in free.iter().enumerate() {
        step[f] = bordered[size + i][2 * size];
    }
    Some(step)
}

struct Restricted<'a> {
    products: &'a Matrix,
    rows: &'a [Range<usize>],
    freedom: f64,
}

/// The deviance at given ratios, and what its derivatives are made of.
struct At {
    deviance: f64,
    /// Products in P of the columns Z and y; the row of ones is 0.
    products: Matrix,
}

impl Restricted<'_> {
    /// `Time: O(levels³)`
    fn at(&self, ratios: &[f64]) -> At {
        let size = self.products.len() - 2;
        // I + ΛZᵀZΛ, Λ² = θ, bordered by ΛZᵀ[Z 1 y]: eliminating it leaves the products in H⁻¹.
        let mut roots = vec![0.0; size];
        for (rows, ratio) in self.rows.iter().zip(ratios) {
            roots[rows.clone()].fill(ratio.sqrt());
        }
        let mut bordered = zeros(2 * size + 2);
        for i in 0..size {
            for j in 0..size {
                bordered[i][j] = roots[i] * self.products[i][j] * roots[j];
            }
            bordered[i][i] += 1.0;
        }
        for i in 0..size + 2 {
            for j in 0..size {
                bordered[size + i][j] = self.products[i][j] * roots[j];
                bordered[j][size + i] = bordered[size + i][j];
            }
            bordered[size + i][size..].copy_from_slice(&self.products[i]);
        }
        let log_h = eliminate(&mut bordered, 0..size).log_determinant;
        let mut products: Matrix = bordered[size..]
            .iter()
            .map(|row| row[size..].to_vec())
            .collect();
        let log_ones = eliminate(&mut products, size..size + 1).log_determinant;
        let squares = products[size + 1][size + 1];
        At {
            deviance: log_h + log_ones + self.freedom * libm::log(squares),
            products,
        }
    }
}

impl At {
    /// Gradient and second derivatives of the deviance by the ratios, and the mean of the latter.
    fn derivatives(&self, rows: &[Range<usize>], freedom: f64) -> (Vec<f64>, Matrix, Matrix) {
        let k = rows.len();
        let y = self.products.len() - 1;
        let squares = self.products[y][y];
        let sums = &self.products[y];
        let trace = |f: usize| rows[f].clone().map(|i| self.products[i][i]).sum::<f64>();
        let effect = |f: usize| rows[f].clone().map(|i| sums[i] * sums[i]).sum::<f64>() / squares;
        let gradient = (0..k).map(|f| trace(f) - freedom * effect(f)).collect();
        let (mut curvature, mut information) = (zeros(k), zeros(k));
        for f in 0..k {
            for g in 0..k {
                let (mut product, mut across) = (0.0, 0.0);
                for i in rows[f].clone() {
                    for j in rows[g].clone() {
                        let element = self.products[i][j];
                        product += element * element;
                        across += sums[i] * element * sums[j];
                    }
                }
                information[f][g] = product - trace(f) * trace(g) / freedom;
                curvature[f][g] =
                    freedom * (2.0 * across / squares - effect(f) * effect(g)) - product;
            }
        }
        (gradient, curvature, information)
    }

    fn fit(&self, ratios: &[f64], freedom: f64) -> Fit {
        let y = self.products.len() - 1;
        let residual = self.products[y][y] / freedom;
        Fit {
            factors: ratios.iter().map(|ratio| ratio * residual).collect(),
            residual,
        }
    }
}
