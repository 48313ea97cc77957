//! Elimination in small symmetric positive semi-definite matrices, and their eigenvectors.

/// A symmetric matrix by rows, both triangles stored.
pub(crate) type Matrix = Vec<Vec<f64>>;

/// A matrix of zeros with n rows.
pub(crate) fn zeros(n: usize) -> Matrix {
    vec![vec![0.0; n]; n]
}

/// Share of a diagonal element below which what is left of it is rounding: its row depends linearly
/// on those before it.
const DEPENDENT: f64 = 1e-10;

/// The pivots that [`eliminate`] found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pivots {
    /// How many of them are not zero.
    pub(crate) rank: usize,
    /// Sum of the logarithms of those.
    pub(crate) log_determinant: f64,
}

/// Leaves, in the rows that are not eliminated, the Schur complement of those that are. A row that
/// depends on ones before it is skipped, which is what a generalized inverse does.
/// `Time: O(pivots · n²)`
///
/// # Formula
/// A₂₂ − A₂₁A₁₁⁻A₁₂, A₁₁ the block of the rows to eliminate.
pub(crate) fn eliminate(matrix: &mut Matrix, rows: impl Iterator<Item = usize> + Clone) -> Pivots {
    let scales: Vec<f64> = (0..matrix.len()).map(|i| matrix[i][i]).collect();
    let mut pivots = Pivots {
        rank: 0,
        log_determinant: 0.0,
    };
    for k in rows {
        let row = std::mem::take(&mut matrix[k]);
        let pivot = row[k];
        if pivot > DEPENDENT * scales[k] {
            pivots.rank += 1;
            pivots.log_determinant += libm::log(pivot);
            for other in matrix.iter_mut().filter(|other| !other.is_empty()) {
                let factor = other[k] / pivot;
                if factor != 0.0 {
                    for (x, y) in other.iter_mut().zip(&row) {
                        *x -= factor * y;
                    }
                }
            }
        }
        // An eliminated row is zero, as is its column.
        matrix[k] = vec![0.0; row.len()];
        for other in matrix.iter_mut() {
            other[k] = 0.0;
        }
    }
    pivots
}

/// Eigenvalues of a symmetric matrix, each with its eigenvector, in no order.
/// `Time: O(n³)` a sweep, some ten sweeps
///
/// # References
/// C. G. J. Jacobi, "Über ein leichtes Verfahren, die in der Theorie der Säcularstörungen
/// vorkommenden Gleichungen numerisch aufzulösen", *Crelle's Journal* 30 (1846).
pub(crate) fn eigen(mut matrix: Matrix) -> Vec<(f64, Vec<f64>)> {
    /// Sweeps after which any matrix is diagonal: they converge quadratically.
    const SWEEPS: usize = 60;
    let n = matrix.len();
    let mut vectors = zeros(n);
    for (i, vector) in vectors.iter_mut().enumerate() {
        vector[i] = 1.0;
    }
    let scale: f64 = (0..n).map(|i| matrix[i][i].abs()).sum();
    for _ in 0..SWEEPS {
        let mut rotated = false;
        for i in 0..n {
            for j in i + 1..n {
                if matrix[i][j].abs() > f64::EPSILON * 1e-3 * scale {
                    rotate(&mut matrix, &mut vectors, (i, j));
                    rotated = true;
                }
            }
        }
        if !rotated {
            break;
        }
    }
    let values = (0..n).map(|i| matrix[i][i]);
    values.zip(vectors).collect()
}

/// Turns rows and columns i and j so that their common element vanishes.
fn rotate(matrix: &mut Matrix, vectors: &mut Matrix, (i, j): (usize, usize)) {
    let ratio = (matrix[j][j] - matrix[i][i]) / (2.0 * matrix[i][j]);
    let tangent = 1.0_f64.copysign(ratio) / (ratio.abs() + (1.0 + ratio * ratio).sqrt());
    let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
    let sine = tangent * cosine;
    let turn = |a: &mut f64, b: &mut f64| {
        (*a, *b) = (cosine * *a - sine * *b, sine * *a + cosine * *b);
    };
    for row in matrix.iter_mut() {
        let (head, tail) = row.split_at_mut(j);
        turn(&mut head[i], &mut tail[0]);
    }
    for rows in [matrix, vectors] {
        let (head, tail) = rows.split_at_mut(j);
        for (a, b) in head[i].iter_mut().zip(&mut tail[0]) {
            turn(a, b);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symmetric() -> Matrix {
        // Row 2 is the sum of rows 0 and 1.
        vec![
            vec![4.0, 1.0, 5.0, 2.0],
            vec![1.0, 3.0, 4.0, 1.0],
            vec![5.0, 4.0, 9.0, 3.0],
            vec![2.0, 1.0, 3.0, 7.0],
        ]
    }

    #[test]
    fn dependent_rows_are_skipped() {
        let mut matrix = symmetric();
        let pivots = eliminate(&mut matrix, 0..3);
        assert_eq!(pivots.rank, 2);
        assert!((pivots.log_determinant - 11.0_f64.ln()).abs() < 1e-12);
        // 7 − (2, 1) [4 1; 1 3]⁻¹ (2, 1)ᵀ
        assert!((matrix[3][3] - (7.0 - 12.0 / 11.0)).abs() < 1e-12);
    }

    #[test]
    fn eigenvectors_rebuild_the_matrix() {
        let matrix = symmetric();
        let pairs = eigen(matrix.clone());
        for i in 0..4 {
            for j in 0..4 {
                let rebuilt: f64 = pairs.iter().map(|(value, v)| value * v[i] * v[j]).sum();
                assert!((rebuilt - matrix[i][j]).abs() < 1e-13);
            }
        }
    }
}
