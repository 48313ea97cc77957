//! The point of a convex hull nearest to the origin, which tells if rows can be separated from it.

/// The point of the convex hull of some rows that is nearest to the origin.
///
/// Rows are separable from the origin, some direction u having u·x_i > 0 for all of them, if and only if the hull does not
/// hold it. The point is then along the best such direction, and its length is the margin, max over ‖u‖ = 1 of
/// min u·x_i.
#[derive(Clone, Debug, PartialEq)]
pub struct NearestPoint {
    /// The point, Σ w_i x_i.
    pub point: Vec<f64>,
    /// Weights w ≥ 0 of the rows, of sum 1.
    pub weights: Vec<f64>,
    is_origin: bool,
}

impl NearestPoint {
    /// Finds the point of rows of `width` columns, one after another, by Wolfe's method ("Finding the nearest point in a
    /// polytope", *Mathematical Programming* 11, 1976).
    ///
    /// It keeps rows that are affinely independent, of which the point is a combination with positive weights, and the
    /// nearest one of the plane through them. The row least along the point joins them; rows whose weights the nearest
    /// point of the larger plane would make negative leave. The length falls at every step, so that no set comes again and
    /// the method ends. It ends with the answer when no row is less along the point than the point itself, to 10⁻¹⁰ of the
    /// rows' size. `Time: O(rows·width + kept²)` a step, of which there are about as many as rows are kept in the end, at
    /// most `width + 1`.
    ///
    /// # Panics
    /// When there is no row, or not a whole number of them.
    pub fn of(rows: &[f64], width: usize) -> Self {
        assert!(
            width > 0 && !rows.is_empty() && rows.len().is_multiple_of(width),
            "{} numbers for rows of {width}",
            rows.len()
        );
        let n = rows.len() / width;
        let row = |i: usize| &rows[i * width..][..width];
        let squares: Vec<f64> = (0..n).map(|i| dot(row(i), row(i))).collect();
        let size = squares.iter().copied().fold(0.0, f64::max);
        let least = (0..n).min_by(|&i, &j| squares[i].total_cmp(&squares[j]));
        let mut kept = Kept::new(size);
        let (mut point, mut next) = (vec![0.0; width], least.unwrap_or(0));
        let mut square = f64::INFINITY;
        loop {
            kept.join(next, &row);
            while !kept.step() {}
            point.fill(0.0);
            for (&i, &weight) in kept.rows.iter().zip(&kept.weights) {
                for (p, x) in point.iter_mut().zip(row(i)) {
                    *p += weight * x;
                }
            }
            let before = std::mem::replace(&mut square, dot(&point, &point));
            let is_origin = square <= TOLERANCE * TOLERANCE * size;
            let along = (0..n).map(|i| dot(&point, row(i)));
            let (last, least) = along
                .enumerate()
                .min_by(|(_, a), (_, b)| a.total_cmp(b))
                .unwrap_or((0, square));
            // A length that does not fall any more is at its rounding.
            let is_nearest = least >= square - TOLERANCE * size.sqrt() * square.sqrt();
            if is_origin || is_nearest || kept.rows.contains(&last) || square >= before {
                let mut weights = vec![0.0; n];
                for (&i, &weight) in kept.rows.iter().zip(&kept.weights) {
                    weights[i] = weight;
                }
                return Self {
                    point,
                    weights,
                    is_origin,
                };
            }
            next = last;
        }
    }

    /// The margin that separates the rows from the origin; `None` where nothing does.
    pub fn margin(&self) -> Option<f64> {
        (!self.is_origin).then(|| dot(&self.point, &self.point).sqrt())
    }
}

/// Relative to the rows' size.
const TOLERANCE: f64 = 1e-10;

/// Affinely independent rows, and their weights.
///
/// Weights of the nearest point of the plane through them solve (11ᵀ + XXᵀ)u = 1, normalised to sum 1: XXᵀw is then the
/// same number for every row. The matrix has an inverse as the rows are affinely independent. `size` makes its two
/// terms of one order.
struct Kept {
    size: f64,
    rows: Vec<usize>,
    weights: Vec<f64>,
    /// Rows of the lower triangular factor L, LLᵀ being the matrix.
    factor: Vec<Vec<f64>>,
}

impl Kept {
    fn new(size: f64) -> Self {
        Self {
            size: if size > 0.0 { size } else { 1.0 },
            rows: Vec::new(),
            weights: Vec::new(),
            factor: Vec::new(),
        }
    }

    /// Takes in a row, of weight 0 unless it is the first.
    fn join<'r>(&mut self, new: usize, row: &impl Fn(usize) -> &'r [f64]) {
        let product = |i: usize| 1.0 + dot(row(i), row(new)) / self.size;
        let products: Vec<f64> = self.rows.iter().map(|&i| product(i)).collect();
        let mut added = self.forward(&products);
        let rest = product(new) - dot(&added, &added);
        added.push(rest.max(f64::MIN_POSITIVE).sqrt());
        self.factor.push(added);
        self.weights
            .push(if self.rows.is_empty() { 1.0 } else { 0.0 });
        self.rows.push(new);
    }

    /// Goes to the nearest point of the plane, and returns true; or towards it until a weight is 0, and lets that row go.
    fn step(&mut self) -> bool {
        let aim = self.aim();
        let stop = |(&weight, &aim): (&f64, &f64)| (aim <= 0.0).then(|| weight / (weight - aim));
        let pairs = self.weights.iter().zip(&aim).map(stop);
        let first = pairs
            .enumerate()
            .filter_map(|(k, share)| Some((k, share?)))
            .min_by(|(_, a), (_, b)| a.total_cmp(b));
        let Some((out, share)) = first.filter(|_| self.rows.len() > 1) else {
            self.weights = aim;
            return true;
        };
        // The row that has just joined with weight 0 is not let go at once unless rounding makes it leave.
        let share = if share.is_finite() { share } else { 0.0 };
        for (weight, aim) in self.weights.iter_mut().zip(&aim) {
            *weight += share * (aim - *weight);
        }
        self.remove(out);
        false
    }

    /// The weights of the nearest point of the plane.
    fn aim(&self) -> Vec<f64> {
        let mut u = self.forward(&vec![1.0; self.rows.len()]);
        for k in (0..u.len()).rev() {
            let above: f64 = (k + 1..u.len()).map(|t| self.factor[t][k] * u[t]).sum();
            u[k] = (u[k] - above) / self.factor[k][k];
        }
        let sum: f64 = u.iter().sum();
        u.iter().map(|weight| weight / sum).collect()
    }

    /// Solves Lx = b.
    fn forward(&self, b: &[f64]) -> Vec<f64> {
        let mut x: Vec<f64> = Vec::with_capacity(b.len() + 1);
        for (line, b) in self.factor.iter().zip(b) {
            let k = x.len();
            x.push((b - dot(&line[..k], &x)) / line[k]);
        }
        x
    }

    /// Lets a row go. The factor without its line has one number beside the diagonal in each line below, which rotations
    /// of neighbouring columns take away.
    fn remove(&mut self, out: usize) {
        self.rows.remove(out);
        self.weights.remove(out);
        self.factor.remove(out);
        for k in out..self.factor.len() {
            let (a, b) = (self.factor[k][k], self.factor[k][k + 1]);
            let r = libm::hypot(a, b);
            let (cos, sin) = (a / r, b / r);
            for line in &mut self.factor[k..] {
                let (x, y) = (line[k], line[k + 1]);
                (line[k], line[k + 1]) = (cos * x + sin * y, cos * y - sin * x);
            }
            self.factor[k].truncate(k + 1);
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assert_close;

    fn margin(rows: &[f64], width: usize) -> Option<f64> {
        NearestPoint::of(rows, width).margin()
    }

    /// Normal numbers from sums of twelve uniform ones: any spread will do here.
    fn draws(count: usize, mut seed: u64) -> Vec<f64> {
        let mut uniform = || {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 11) as f64 / (1_u64 << 53) as f64
        };
        (0..count)
            .map(|_| (0..12).map(|_| uniform()).sum::<f64>() - 6.0)
            .collect()
    }

    #[test]
    fn points_of_hand_computation() {
        assert_eq!(margin(&[2.0, 5.0, 3.0], 1), Some(2.0));
        assert_eq!(margin(&[2.0, -5.0, 3.0], 1), None);
        assert_eq!(margin(&[0.0, 0.0], 2), None);
        // The segment between (1, 0) and (0, 1) is nearest at (½, ½).
        let found = NearestPoint::of(&[1.0, 0.0, 0.0, 1.0, 4.0, 4.0], 2);
        assert_close(found.margin().unwrap(), 0.5_f64.sqrt(), 1e-14);
        assert_eq!(found.weights[2], 0.0);
        // A triangle around the origin, and one beside it, with a row twice.
        assert_eq!(margin(&[1.0, 0.0, -1.0, 1.0, -1.0, -1.0], 2), None);
        let twice = [1.0, 3.0, 1.0, -3.0, 1.0, 3.0];
        assert_close(margin(&twice, 2).unwrap(), 1.0, 1e-13);
    }

    /// The two certificates of strong duality: a combination of the rows as long as the margin that its direction gives.
    #[test]
    fn margins_are_proved_by_both_sides() {
        let mut separable = 0;
        for seed in 0..120 {
            let (n, d) = (2 + seed as usize % 37, 1 + seed as usize % 17);
            let rows = draws(n * d, seed);
            let found = NearestPoint::of(&rows, d);
            assert!(found.weights.iter().all(|w| *w >= 0.0), "{seed}");
            assert_close(found.weights.iter().sum(), 1.0, 1e-12);
            let mut combined = vec![0.0; d];
            for (row, weight) in rows.chunks(d).zip(&found.weights) {
                combined
                    .iter_mut()
                    .zip(row)
                    .for_each(|(c, x)| *c += weight * x);
            }
            let length = dot(&combined, &combined).sqrt();
            match found.margin() {
                None => assert!(length < 1e-8, "{seed}: {length}"),
                Some(margin) => {
                    separable += 1;
                    assert_close(length, margin, 1e-10);
                    let along = rows.chunks(d).map(|row| dot(row, &found.point) / margin);
                    let least = along.fold(f64::INFINITY, f64::min);
                    assert!(least >= margin - 1e-8, "{seed}: {least} of {margin}");
                }
            }
        }
        assert!((20..100).contains(&separable), "{separable} separable");
    }

    /// The circle has a margin where all rows are in one half of it, which sorting their angles tells.
    #[test]
    fn in_the_plane_it_is_the_widest_gap_between_angles() {
        let mut found = [0_u32; 2];
        for seed in 0..400 {
            let rows = draws(2 * 4, 1000 + seed);
            let mut angles: Vec<f64> = rows.chunks(2).map(|x| libm::atan2(x[1], x[0])).collect();
            angles.sort_by(f64::total_cmp);
            let around = angles[0] + std::f64::consts::TAU;
            let next = angles[1..].iter().copied().chain([around]);
            let gap = next
                .zip(&angles)
                .map(|(next, angle)| next - angle)
                .fold(0.0, f64::max);
            let separable = margin(&rows, 2).is_some();
            assert_eq!(separable, gap > std::f64::consts::PI, "{seed}");
            found[usize::from(separable)] += 1;
        }
        // Wendel's half for four rows of two columns.
        assert!(found[1].abs_diff(200) < 40, "{found:?}");
    }
}
