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
/// In the contrasts K that have no mean, KᵀK = I, the deviance log|H| + (n − 1) log(yᵀPy) is least,
/// θ ≥ 0, with H = I + Σ θ_f KᵀZ_f Z_fᵀK and P = KH⁻¹Kᵀ; its derivatives are tr(Z_fᵀPZ_f) −
/// (n − 1) |Z_fᵀPy|²/yᵀPy, and again by the rule ∂P/∂θ_g = −PZ_g Z_gᵀP. The residual's component
/// is yᵀPy/(n − 1).
///
/// # References
/// S. R. Searle, G. Casella, C. E. McCulloch, *Variance Components* (1992), chapter 6.
pub(crate) fn maximise(
    products: &Matrix,
    rows: &[Range<usize>],
    n: usize,
    mut ratios: Vec<f64>,
) -> Option<Fit> {
    let restricted = Restricted::of(products, rows, n);
    let mut at = restricted.at(&ratios);
    for _ in 0..ITERATIONS {
        let (gradient, curvature, information) = restricted.derivatives(&at);
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
        // A step of 10⁻⁹ of a ratio leaves 10⁻¹⁸ to the next, but for what rounding leaves of a small
        // residual.
        let rounding = restricted.rounding(&at);
        let full = moved(1.0);
        let mut pairs = ratios.iter().zip(&full);
        if pairs.all(|(x, y)| (x - y).abs() <= (1e-9 + 1e2 * rounding) * x.max(1e-12)) {
            return Some(restricted.at(&full).fit(&full, restricted.freedom));
        }
        let slack = 1e-13 * at.deviance.abs() + rounding * restricted.freedom;
        let lengths = (0..50).map(|halvings| 1.0 / (1_u64 << halvings) as f64);
        let next = lengths.map(|length| {
            let ratios = moved(length);
            (restricted.at(&ratios), ratios)
        });
        let mut lower = next.filter(|(next, _)| next.deviance <= at.deviance + slack);
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

/// The observations' contrasts that have no mean.
struct Restricted {
    /// Rows of each factor's contrasts in `products`.
    rows: Vec<Range<usize>>,
    /// Products of the columns of contrasts between a factor's levels, and of y, all without their
    /// means.
    products: Matrix,
    freedom: f64,
}

/// The deviance at given ratios, and what its derivatives are made of.
struct At {
    deviance: f64,
    /// Products in P of the columns of contrasts and of y.
    products: Matrix,
}

impl Restricted {
    /// Takes the mean from the columns, and the direction from each factor's that is then 0, the sum
    /// of its levels: P does not see it, and it would take the digits of large ratios.
    fn of(products: &Matrix, levels: &[Range<usize>], n: usize) -> Self {
        let (ones, y) = (products.len() - 2, products.len() - 1);
        let mut centred = products.clone();
        eliminate(&mut centred, ones..ones + 1);
        let mut basis: Matrix = Vec::new();
        let mut rows = Vec::new();
        for levels in levels {
            let start = basis.len();
            basis.extend((1..levels.len()).map(|k| helmert(levels, k, products.len())));
            rows.push(start..basis.len());
        }
        let mut own = vec![0.0; products.len()];
        own[y] = 1.0;
        basis.push(own);
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let half = basis
            .iter()
            .map(|column| -> Vec<f64> { centred.iter().map(|row| dot(row, column)).collect() });
        let products = half
            .map(|half| basis.iter().map(|column| dot(&half, column)).collect())
            .collect();
        Self {
            rows,
            products,
            freedom: n as f64 - 1.0,
        }
    }

    /// `Time: O(levels³)`
    fn at(&self, ratios: &[f64]) -> At {
        let size = self.products.len() - 1;
        let mut roots = vec![0.0; size];
        for (rows, ratio) in self.rows.iter().zip(ratios) {
            roots[rows.clone()].fill(ratio.sqrt());
        }
        // I + ΛZᵀZΛ, Λ² = θ, bordered by ΛZᵀ[Z y]: eliminating it leaves the products in P.
        let mut bordered = zeros(2 * size + 1);
        for i in 0..size {
            for j in 0..size {
                bordered[i][j] = roots[i] * self.products[i][j] * roots[j];
            }
            bordered[i][i] += 1.0;
        }
        for i in 0..size + 1 {
            for j in 0..size {
                bordered[size + i][j] = self.products[i][j] * roots[j];
                bordered[j][size + i] = bordered[size + i][j];
            }
            bordered[size + i][size..].copy_from_slice(&self.products[i]);
        }
        let log_h = eliminate(&mut bordered, 0..size).log_determinant;
        let rest = &bordered[size..];
        let products: Matrix = rest.iter().map(|row| row[size..].to_vec()).collect();
        let squares = products[size][size];
        At {
            deviance: log_h + self.freedom * libm::log(squares),
            products,
        }
    }

    /// Gradient and second derivatives of the deviance by the ratios, and the mean of the latter.
    fn derivatives(&self, at: &At) -> (Vec<f64>, Matrix, Matrix) {
        let (k, freedom) = (self.rows.len(), self.freedom);
        let (sums, squares) = (&at.products[at.products.len() - 1], at.squares());
        let rows = |f: usize| self.rows[f].clone();
        let trace = |f: usize| rows(f).map(|i| at.products[i][i]).sum::<f64>();
        let effect = |f: usize| rows(f).map(|i| sums[i] * sums[i]).sum::<f64>() / squares;
        let gradient = (0..k).map(|f| trace(f) - freedom * effect(f)).collect();
        let (mut curvature, mut information) = (zeros(k), zeros(k));
        for f in 0..k {
            for g in 0..k {
                let (mut product, mut across) = (0.0, 0.0);
                for i in rows(f) {
                    for j in rows(g) {
                        let element = at.products[i][j];
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

    /// Relative error that rounding leaves in yᵀPy, the difference of greater numbers.
    fn rounding(&self, at: &At) -> f64 {
        let y = self.products.len() - 1;
        4.0 * f64::EPSILON * self.products[y][y] / at.squares()
    }
}

/// Helmert's k-th contrast of levels: the mean of the first k against the next, of length 1.
fn helmert(levels: &Range<usize>, k: usize, size: usize) -> Vec<f64> {
    let mut contrast = vec![0.0; size];
    let length = ((k * (k + 1)) as f64).sqrt();
    contrast[levels.start..levels.start + k].fill(1.0 / length);
    contrast[levels.start + k] = -(k as f64) / length;
    contrast
}

impl At {
    /// yᵀPy.
    fn squares(&self) -> f64 {
        let y = self.products.len() - 1;
        self.products[y][y]
    }

    fn fit(&self, ratios: &[f64], freedom: f64) -> Fit {
        let residual = self.squares() / freedom;
        Fit {
            factors: ratios.iter().map(|ratio| ratio * residual).collect(),
            residual,
        }
    }
}
