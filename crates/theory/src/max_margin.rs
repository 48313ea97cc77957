//! The max-margin solution of a training set, where training without decay is headed.

use crate::rows::{Rows, dot};

/// The shortest weights that give every row a margin of at least 1: the hard-margin support vector
/// machine without intercept, shared and memorization columns together.
///
/// Gradient descent on logistic loss without decay grows without bound and turns towards it, at a
/// distance that falls as 1/ln T (Soudry, Hoffer, Nacson, Gunasekar and Srebro, 2018,
/// arXiv 1710.10345).
#[derive(Clone, Debug, PartialEq)]
pub struct MaxMargin {
    /// Weights of the shared columns.
    pub shared: Vec<f64>,
    /// Memorization weights m, by row; none where rows have no columns of their own.
    pub memorization: Vec<f64>,
    /// Dual coefficients a ≥ 0, by row; w = Σ a_i y_i x_i. Zero where a row's margin exceeds 1.
    pub dual: Vec<f64>,
}

/// The effort that is made to find a solution.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Largest distance of a margin from what the solution asks of it.
    pub tolerance: f64,
    /// Passes over the rows.
    pub most_passes: usize,
}

impl Default for Effort {
    /// To 10⁻¹⁰ within 10⁵ passes: the weights are then within 2·10⁻⁵ of their length, and so is the angle to others, in
    /// radians.
    fn default() -> Self {
        Self {
            tolerance: 1e-10,
            most_passes: 100_000,
        }
    }
}

/// Rows whose largest margin, by weights of length 1, is below this share of the longest row count as not separable.
const LEAST_MARGIN: f64 = 1e-6;

impl MaxMargin {
    /// Solves the problem of these rows with labels ±1, or 0 for rows that are left out, and memorization scale α, 0 for
    /// none: with a column for each row they are always separable. The solution is unique.
    ///
    /// `None` when the rows are not separable, or no solution is found with this effort.
    ///
    /// # Formula
    /// min ½‖v‖² + ½‖m‖² under y_i(v·x_i + αm_i) ≥ 1. Its dual, max Σa_i − ½‖Σ a_i y_i x_i‖² over
    /// a ≥ 0, is climbed one coefficient at a time (Hsieh, Chang, Lin, Keerthi and Sundararajan,
    /// 2008): a_i ← max(0, a_i + (1 − margin_i)/‖x_i‖²), v kept up to date and m_i = αy_i a_i. It
    /// ends when every row's margin is at least 1 − tolerance, and at most 1 + tolerance where
    /// a_i > 0: the conditions of Karush, Kuhn and Tucker, which here suffice. It is given up when it is proved that
    /// there is no margin to speak of: no weights of length 1 give all rows more than ‖Σ a_i y_i x_i‖/Σa_i, whatever a is,
    /// as this is their mean's bound (Gordan, 1873).
    /// `Time: O(nnz)` a pass; passes grow in proportion to κ and ln 1/tolerance, and without memorization as the margin
    /// is small.
    ///
    /// # Panics
    /// When there are not as many labels as rows, or α is not finite.
    pub fn solve(rows: &impl Rows, labels: &[f64], alpha: f64, effort: Effort) -> Option<Self> {
        let n = labels.len();
        assert!(alpha.is_finite(), "memorization scale {alpha}");
        assert_eq!(rows.rows(), n, "rows, of so many labels");
        let squares: Vec<f64> = (0..n).map(|i| rows.square(i) + alpha * alpha).collect();
        let kept: Vec<usize> = (0..n).filter(|&i| labels[i] != 0.0).collect();
        let longest = kept
            .iter()
            .fold(0.0, |most, &i| f64::max(most, squares[i]))
            .sqrt();
        // A row of zeros alone has no margin.
        if kept.iter().any(|&i| squares[i] == 0.0) || longest == 0.0 || !longest.is_finite() {
            return None;
        }
        let mut shared = vec![0.0; rows.columns()];
        let mut dual = vec![0.0; n];
        let margin = |shared: &[f64], dual: &[f64], i: usize| {
            labels[i] * rows.dot(i, shared) + alpha * alpha * dual[i]
        };
        for _ in 0..effort.most_passes {
            for &i in &kept {
                let old: f64 = dual[i];
                let new = (old + (1.0 - margin(&shared, &dual, i)) / squares[i]).max(0.0);
                dual[i] = new;
                if new != old {
                    rows.add(i, (new - old) * labels[i], &mut shared);
                }
            }
            let solved = kept.iter().all(|&i| {
                let lack = 1.0 - margin(&shared, &dual, i);
                lack <= effort.tolerance && (dual[i] == 0.0 || lack >= -effort.tolerance)
            });
            if solved {
                let of_row = |(a, y): (&f64, &f64)| alpha * y * a;
                let memorization = match alpha {
                    0.0 => Vec::new(),
                    _ => dual.iter().zip(labels).map(of_row).collect(),
                };
                return Some(Self {
                    shared,
                    memorization,
                    dual,
                });
            }
            let length = (dot(&shared, &shared) + alpha * alpha * dot(&dual, &dual)).sqrt();
            if length <= LEAST_MARGIN * longest * dual.iter().sum::<f64>() {
                return None;
            }
        }
        None
    }

    /// ‖w‖, the inverse of the largest margin that weights of length 1 can give.
    pub fn norm(&self) -> f64 {
        (dot(&self.shared, &self.shared) + dot(&self.memorization, &self.memorization)).sqrt()
    }

    /// Angle between other weights and these, in radians; it is not a number where the others are all 0.
    ///
    /// # Panics
    /// When the weights are not as many.
    pub fn angle(&self, shared: &[f64], memorization: &[f64]) -> f64 {
        assert_eq!(shared.len(), self.shared.len(), "weights of shared columns");
        assert_eq!(
            memorization.len(),
            self.memorization.len(),
            "memorization weights"
        );
        // In units of the greatest weight, whose square might overflow.
        let sizes = shared.iter().chain(memorization).map(|w| w.abs());
        let greatest = sizes.clone().fold(0.0, f64::max);
        let squares = sizes.map(|w| (w / greatest) * (w / greatest));
        let norm = squares.sum::<f64>().sqrt();
        let own = self.norm();
        // Half the angle is the arctangent of ‖a − b‖/‖a + b‖, a and b of length 1: exact also
        // where the angle is small (Kahan, 2006, "How futile are mindless assessments of roundoff").
        let (mut apart, mut together) = (0.0, 0.0);
        let pairs = shared.iter().zip(&self.shared);
        for (a, b) in pairs.chain(memorization.iter().zip(&self.memorization)) {
            let (a, b) = (a / greatest / norm, b / own);
            apart += (a - b) * (a - b);
            together += (a + b) * (a + b);
        }
        2.0 * libm::atan2(apart.sqrt(), together.sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assert_close;
    use crate::rows::DenseRows;

    fn solve(rows: &[f64], labels: &[f64], alpha: f64, tolerance: f64) -> Option<MaxMargin> {
        let rows = DenseRows::new(rows, rows.len() / labels.len());
        let effort = Effort {
            tolerance,
            ..Effort::default()
        };
        MaxMargin::solve(&rows, labels, alpha, effort)
    }

    #[test]
    fn equal_rows_share_what_each_would_need() {
        // k rows x = 2, y = 1, α = 1: by symmetry a(4k + 1) = 1, v = 2ka, m = a.
        for k in [1, 2, 7] {
            let solution = solve(&vec![2.0; k], &vec![1.0; k], 1.0, 1e-14).unwrap();
            let a = 1.0 / (4.0 * k as f64 + 1.0);
            assert_close(solution.shared[0], 2.0 * k as f64 * a, 1e-12);
            for m in &solution.memorization {
                assert_close(*m, a, 1e-12);
            }
        }
    }

    #[test]
    fn a_row_far_on_its_side_is_no_support_vector() {
        // x = 1 and x = 10, y = 1, α = 1: the first alone gives v = m = ½, the second's margin 5.
        let solution = solve(&[1.0, 10.0], &[1.0, 1.0], 1.0, 1e-13).unwrap();
        assert!(solution.dual[1] < solution.dual[0]);
        // Minimise ½(v² + m₁² + m₂²): the second needs no weight once v ≥ 0.1.
        assert_close(solution.shared[0], 0.5, 1e-10);
        assert_close(solution.memorization[0], 0.5, 1e-10);
        assert_eq!(solution.memorization[1], 0.0);
    }

    #[test]
    fn opposite_labels_of_one_row_are_memorized() {
        let solution = solve(&[3.0, 3.0], &[1.0, -1.0], 0.5, 1e-13).unwrap();
        assert!(solution.shared[0].abs() < 1e-12);
        assert_close(solution.memorization[0], 2.0, 1e-12);
        assert_close(solution.memorization[1], -2.0, 1e-12);
        assert_close(solution.norm(), 8.0_f64.sqrt(), 1e-12);
    }

    /// Eight rows of two columns, solved as a quadratic program by Clarabel:
    ///
    /// ```text
    /// import numpy as np, cvxpy as cp
    /// i = np.arange(8); X = np.c_[np.sin(3*i+1), np.cos(5*i)]; y = np.where(i % 3, 1., -1.)
    /// w = cp.Variable(10); A = y[:, None] * np.c_[X, .5*np.eye(8)]
    /// cp.Problem(cp.Minimize(cp.sum_squares(w)), [A @ w >= 1]).solve(cp.CLARABEL, tol_gap_abs=1e-13, tol_gap_rel=1e-13, tol_feas=1e-13)
    /// print(repr(w.value))
    /// ```
    #[test]
    fn agrees_with_a_quadratic_program_solver() {
        let index = |i: usize| i as f64;
        let rows: Vec<f64> = (0..8)
            .flat_map(|i| [(3.0 * index(i) + 1.0).sin(), (5.0 * index(i)).cos()])
            .collect();
        let labels: Vec<f64> = (0..8)
            .map(|i| if i % 3 == 0 { -1.0 } else { 1.0 })
            .collect();
        let solution = solve(&rows, &labels, 0.5, 1e-13).unwrap();
        let expected = [
            -0.153_174_24,
            -0.085_237_6,
            -1.571_741_44,
            1.816_512_08,
            2.058_225_95,
            -2.296_167_99,
            2.198_285_41,
            2.080_776_76,
            -1.927_789_3,
            1.843_231_3,
        ];
        let found = solution.shared.iter().chain(&solution.memorization);
        for (found, expected) in found.zip(expected) {
            assert_close(*found, expected, 1e-7);
        }
    }

    /// Two points of the plane and the perpendicular bisector between them; a third behind one of them changes nothing.
    #[test]
    fn rows_without_columns_of_their_own_have_a_solution_where_they_are_separable() {
        let rows = [2.0, 1.0, 0.0, -3.0, 9.0, 5.0];
        let solution = solve(&rows, &[1.0, -1.0, 1.0], 0.0, 1e-12).unwrap();
        // y x of the first two are (2, 1) and (0, 3): the shortest w with margins of 1 has w·(2, 1) = w·(0, 3) = 1.
        assert_close(solution.shared[0], 1.0 / 3.0, 1e-10);
        assert_close(solution.shared[1], 1.0 / 3.0, 1e-10);
        assert_eq!((solution.dual[2], solution.memorization.len()), (0.0, 0));
    }

    #[test]
    fn rows_without_a_label_ask_for_nothing() {
        let rows = [1.0, 2.0, -4.0, 0.5, 3.0, -1.0];
        let with = solve(&rows, &[1.0, 0.0, 1.0], 0.5, 1e-13).unwrap();
        let without = solve(&[1.0, 2.0, 3.0, -1.0], &[1.0, 1.0], 0.5, 1e-13).unwrap();
        assert_eq!(with.shared, without.shared);
        assert_eq!(with.memorization[1], 0.0);
        assert_eq!(solve(&rows, &[0.0; 3], 0.5, 1e-13), None);
    }

    #[test]
    fn rows_that_no_plane_separates_have_none() {
        let opposite = [1.0, 0.0, -1.0, 0.0, 0.5, 0.5];
        let parallel = [1.0, 2.0, 3.0, 6.0, 1e-3, 1e-3];
        let of_zeros = [0.0, 0.0, 1.0, 2.0, 1.0, 1.0];
        for (rows, labels, is_separable) in [
            (opposite, [1.0, 1.0, 1.0], false),
            (opposite, [1.0, -1.0, 1.0], true),
            (parallel, [1.0, 1.0, 1.0], true),
            (parallel, [1.0, -1.0, 1.0], false),
            (of_zeros, [1.0, 1.0, 1.0], false),
        ] {
            let solution = solve(&rows, &labels, 0.0, 1e-10);
            assert_eq!(solution.is_some(), is_separable, "{rows:?} {labels:?}");
        }
        // Given up by the proof, long before the passes end.
        let crossed = DenseRows::new(&[1.0, 1.0, 2.0], 1);
        let effort = Effort {
            most_passes: usize::MAX,
            ..Effort::default()
        };
        assert_eq!(
            MaxMargin::solve(&crossed, &[1.0, -1.0, 1.0], 0.0, effort),
            None
        );
    }

    #[test]
    fn angles_are_right_however_small() {
        let solution = MaxMargin {
            shared: vec![1.0],
            memorization: vec![0.0],
            dual: vec![1.0],
        };
        assert_close(
            solution.angle(&[0.0], &[3.0]),
            std::f64::consts::FRAC_PI_2,
            1e-15,
        );
        assert_close(solution.angle(&[5.0], &[5e-9]), 1e-9, 1e-12);
        assert_close(solution.angle(&[5e300], &[5e291]), 1e-9, 1e-12);
        assert!(solution.angle(&[0.0], &[0.0]).is_nan());
        assert_close(solution.angle(&[-2.0], &[0.0]), std::f64::consts::PI, 1e-15);
    }
}
