//! The max-margin solution of a small problem, where training without decay is headed.

/// The shortest weights that give every row a margin of at least 1: the hard-margin support vector
/// machine without intercept, signal and memorization columns together.
///
/// Gradient descent on logistic loss without decay grows without bound and turns towards it, at a
/// distance that falls as 1/ln T (Soudry, Hoffer, Nacson, Gunasekar and Srebro, 2018,
/// arXiv 1710.10345).
#[derive(Clone, Debug, PartialEq)]
pub struct MaxMargin {
    /// Signal weights v.
    pub signal: Vec<f64>,
    /// Memorization weights m, by row.
    pub memorization: Vec<f64>,
    /// Dual coefficients a ≥ 0, by row; w = Σ a_i y_i x_i. Zero where a row's margin exceeds 1.
    pub dual: Vec<f64>,
}

impl MaxMargin {
    /// Solves the problem of rows εs_i (`rows`, one after another, `labels.len()` of them) with
    /// labels ±1 and memorization scale α: always separable, and the solution unique, as α > 0.
    ///
    /// `None` when it is not found to `tolerance` within 10⁵ passes over the rows, which takes
    /// κd ≫ 10³ or a tolerance below rounding.
    ///
    /// # Formula
    /// min ½‖v‖² + ½‖m‖² under y_i(v·εs_i + αm_i) ≥ 1. Its dual, max Σa_i − ½‖Σ a_i y_i x_i‖² over
    /// a ≥ 0, is climbed one coefficient at a time (Hsieh, Chang, Lin, Keerthi and Sundararajan,
    /// 2008): a_i ← max(0, a_i + (1 − margin_i)/‖x_i‖²), v kept up to date and m_i = αy_i a_i. It
    /// ends when every row's margin is at least 1 − `tolerance`, and at most 1 + `tolerance` where
    /// a_i > 0: the conditions of Karush, Kuhn and Tucker, which here suffice.
    /// `Time: O(n·d)` a pass; passes grow in proportion to κ and ln 1/`tolerance`.
    ///
    /// # Panics
    /// When `rows` is not a whole number of columns for each label, or α is not above zero.
    pub fn solve(rows: &[f64], labels: &[f64], alpha: f64, tolerance: f64) -> Option<Self> {
        const PASSES: usize = 100_000;
        let n = labels.len();
        assert!(alpha > 0.0, "memorization scale {alpha}, expected above 0");
        assert!(
            n > 0 && rows.len().is_multiple_of(n),
            "{} numbers for {n} rows",
            rows.len()
        );
        let width = rows.len() / n;
        let row = |i: usize| &rows[i * width..(i + 1) * width];
        let lengths: Vec<f64> = (0..n)
            .map(|i| dot(row(i), row(i)) + alpha * alpha)
            .collect();
        let mut signal = vec![0.0; width];
        let mut dual = vec![0.0; n];
        let margin = |signal: &[f64], dual: &[f64], i: usize| {
            labels[i] * dot(signal, row(i)) + alpha * alpha * dual[i]
        };
        for _ in 0..PASSES {
            for i in 0..n {
                let old: f64 = dual[i];
                let new = (old + (1.0 - margin(&signal, &dual, i)) / lengths[i]).max(0.0);
                dual[i] = new;
                for (v, x) in signal.iter_mut().zip(row(i)) {
                    *v += (new - old) * labels[i] * x;
                }
            }
            let solved = (0..n).all(|i| {
                let lack = 1.0 - margin(&signal, &dual, i);
                lack <= tolerance && (dual[i] == 0.0 || lack >= -tolerance)
            });
            if solved {
                return Some(Self {
                    signal,
                    memorization: dual
                        .iter()
                        .zip(labels)
                        .map(|(a, y)| alpha * y * a)
                        .collect(),
                    dual,
                });
            }
        }
        None
    }

    /// ‖w‖, the inverse of the largest margin that weights of length 1 can give.
    pub fn norm(&self) -> f64 {
        (dot(&self.signal, &self.signal) + dot(&self.memorization, &self.memorization)).sqrt()
    }

    /// Angle between other weights and these, in radians.
    ///
    /// # Panics
    /// When the weights are not as many.
    pub fn angle(&self, signal: &[f64], memorization: &[f64]) -> f64 {
        assert_eq!(signal.len(), self.signal.len(), "signal weights");
        assert_eq!(
            memorization.len(),
            self.memorization.len(),
            "memorization weights"
        );
        let norm = (dot(signal, signal) + dot(memorization, memorization)).sqrt();
        // Half the angle is the arctangent of ‖a − b‖/‖a + b‖, a and b of length 1: exact also
        // where the angle is small (Kahan, 2006, "How futile are mindless assessments of roundoff").
        let (mut apart, mut together) = (0.0, 0.0);
        let pairs = signal.iter().zip(&self.signal);
        for (a, b) in pairs.chain(memorization.iter().zip(&self.memorization)) {
            let (a, b) = (a / norm, b / self.norm());
            apart += (a - b) * (a - b);
            together += (a + b) * (a + b);
        }
        2.0 * libm::atan2(apart.sqrt(), together.sqrt())
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assert_close;

    #[test]
    fn equal_rows_share_what_each_would_need() {
        // k rows x = 2, y = 1, α = 1: by symmetry a(4k + 1) = 1, v = 2ka, m = a.
        for k in [1, 2, 7] {
            let solution = MaxMargin::solve(&vec![2.0; k], &vec![1.0; k], 1.0, 1e-14).unwrap();
            let a = 1.0 / (4.0 * k as f64 + 1.0);
            assert_close(solution.signal[0], 2.0 * k as f64 * a, 1e-12);
            for m in &solution.memorization {
                assert_close(*m, a, 1e-12);
            }
        }
    }

    #[test]
    fn a_row_far_on_its_side_is_no_support_vector() {
        // x = 1 and x = 10, y = 1, α = 1: the first alone gives v = m = ½, the second's margin 5.
        let solution = MaxMargin::solve(&[1.0, 10.0], &[1.0, 1.0], 1.0, 1e-13).unwrap();
        assert!(solution.dual[1] < solution.dual[0]);
        // Minimise ½(v² + m₁² + m₂²): the second needs no weight once v ≥ 0.1.
        assert_close(solution.signal[0], 0.5, 1e-10);
        assert_close(solution.memorization[0], 0.5, 1e-10);
        assert_eq!(solution.memorization[1], 0.0);
    }

    #[test]
    fn opposite_labels_of_one_row_are_memorized() {
        let solution = MaxMargin::solve(&[3.0, 3.0], &[1.0, -1.0], 0.5, 1e-13).unwrap();
        assert!(solution.signal[0].abs() < 1e-12);
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
        let solution = MaxMargin::solve(&rows, &labels, 0.5, 1e-13).unwrap();
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
        let found = solution.signal.iter().chain(&solution.memorization);
        for (found, expected) in found.zip(expected) {
            assert_close(*found, expected, 1e-7);
        }
    }

    #[test]
    fn angles_are_right_however_small() {
        let solution = MaxMargin {
            signal: vec![1.0],
            memorization: vec![0.0],
            dual: vec![1.0],
        };
        assert_close(
            solution.angle(&[0.0], &[3.0]),
            std::f64::consts::FRAC_PI_2,
            1e-15,
        );
        assert_close(solution.angle(&[5.0], &[5e-9]), 1e-9, 1e-12);
        assert_close(solution.angle(&[-2.0], &[0.0]), std::f64::consts::PI, 1e-15);
    }
}
