//! The masses that make interval-censored observations the most likely.
//!
//! The observations see masses p₁ … p_m, each a run of them: observation i has the likelihood
//! p_a + … + p_b. In the cumulated masses F this is F_b − F_{a−1}, so that the second derivatives
//! of the log-likelihood make a weighted graph's Laplacian, whose Cholesky factor stays within
//! the envelope of the matrix. An interior-point method finds which masses are above zero; Newton's
//! method on those, adding and dropping some, then meets the optimality conditions to rounding.

/// Excess of the gradient over its value at the maximum, as a share of it, that counts as none.
pub(crate) const TOLERANCE: f64 = 1e-10;

/// Bound on the iterations of the interior-point method; it takes some thirty.
const INTERIOR_ITERATIONS: usize = 200;

/// Product of a mass and its multiplier, per observation, at which the interior-point method ends.
const COMPLEMENTARY: f64 = 1e-10;

/// Observations that see the same run of masses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Span {
    /// Number of masses before the run.
    pub(crate) before: usize,
    /// Number of masses up to its end, more than `before`.
    pub(crate) until: usize,
    /// How many observations see it.
    pub(crate) count: f64,
}

/// The masses that maximise Σ count log(mass of the span), their sum being 1; `None` where the
/// bound on iterations is reached. Each mass must begin some span and end some span.
///
/// # Formula
/// d_j = Σ count/(mass of the span) over the spans that see mass j: at the maximum d_j = n where
/// p_j > 0, and d_j ≤ n elsewhere, here to 10⁻¹⁰ n.
///
/// # References
/// B. W. Turnbull, "The empirical distribution function with arbitrarily grouped, censored and
/// truncated data", *JRSS B* 38 (1976), for the conditions; Y. Wang, "Dimension-reduced
/// nonparametric maximum likelihood computation for interval-censored data", *CSDA* 52 (2008), for
/// Newton's method on the support; S. J. Wright, *Primal-Dual Interior-Point Methods* (1997).
pub(crate) fn maximise(spans: &[Span], masses: usize) -> Option<Vec<f64>> {
    let likelihood = Likelihood {
        spans,
        n: spans.iter().map(|span| span.count).sum(),
    };
    let (interior, multipliers) = likelihood.interior_point(masses);
    let support = (0..masses).filter(|&j| interior[j] > 0.01 * multipliers[j] / likelihood.n);
    likelihood.polish(&interior, support.collect())
}

struct Likelihood<'a> {
    spans: &'a [Span],
    n: f64,
}

impl Likelihood<'_> {
    /// Masses of the spans.
    fn seen(&self, masses: &[f64]) -> Vec<f64> {
        let seen = |span: &Span| masses[span.before..span.until].iter().sum();
        self.spans.iter().map(seen).collect()
    }

    /// Derivative of the log-likelihood by each mass.
    fn gradient(&self, masses: usize, seen: &[f64]) -> Vec<f64> {
        let mut gradient = vec![0.0; masses];
        for (span, seen) in self.spans.iter().zip(seen) {
            for d in &mut gradient[span.before..span.until] {
                *d += span.count / seen;
            }
        }
        gradient
    }

    /// Masses near the maximum, all above zero, and the multipliers that hold them there.
    fn interior_point(&self, m: usize) -> (Vec<f64>, Vec<f64>) {
        let everywhere: Vec<usize> = (0..m).collect();
        let mut masses = vec![1.0 / m as f64; m];
        let mut multipliers = vec![self.n; m];
        let mut centring = 0.5;
        for _ in 0..INTERIOR_ITERATIONS {
            let products = masses.iter().zip(&multipliers).map(|(p, z)| p * z);
            let mean = products.sum::<f64>() / m as f64;
            if mean <= COMPLEMENTARY * self.n {
                break;
            }
            let target = centring * mean;
            let seen = self.seen(&masses);
            let mut right = self.gradient(m, &seen);
            for (d, p) in right.iter_mut().zip(&masses) {
                *d += target / p;
            }
            let stiffness: Vec<f64> = (0..m).map(|j| multipliers[j] / masses[j]).collect();
            let step = self.newton(&everywhere, &seen, &right, &stiffness);
            let multiplier_step: Vec<f64> = (0..m)
                .map(|j| target / masses[j] - multipliers[j] - stiffness[j] * step[j])
                .collect();
            let length = 1.0_f64.min(0.995 * room(&masses, &step));
            let multiplier_length = 1.0_f64.min(0.995 * room(&multipliers, &multiplier_step));
            for j in 0..m {
                masses[j] += length * step[j];
                multipliers[j] += multiplier_length * multiplier_step[j];
            }
            centring = if length.min(multiplier_length) > 0.9 {
                0.1
            } else {
                0.5
            };
        }
        (masses, multipliers)
    }

    /// Newton's method on a support, which gives up masses that come to nothing and takes in those
    /// that the gradient asks for, until the conditions of the maximum hold.
    fn polish(&self, start: &[f64], mut support: Vec<usize>) -> Option<Vec<f64>> {
        let m = start.len();
        let mut masses = vec![0.0; m];
        let kept: f64 = support.iter().map(|&j| start[j]).sum();
        for &j in &support {
            masses[j] = start[j] / kept;
        }
        for _ in 0..4 * m + 100 {
            let seen = self.seen(&masses);
            let gradient = self.gradient(m, &seen);
            let excess = |j: usize| gradient[j] / self.n - 1.0;
            if support.iter().all(|&j| excess(j).abs() <= TOLERANCE) {
                let outside = (0..m).filter(|&j| masses[j] == 0.0);
                let worst = outside.max_by(|&i, &j| gradient[i].total_cmp(&gradient[j]));
                match worst.filter(|&j| excess(j) > TOLERANCE) {
                    Some(j) => {
                        support.push(j);
                        support.sort_unstable();
                    }
                    None => return Some(masses),
                }
            }
            let right: Vec<f64> = support.iter().map(|&j| gradient[j]).collect();
            let step = self.newton(&support, &seen, &right, &vec![0.0; support.len()]);
            let here: Vec<f64> = support.iter().map(|&j| masses[j]).collect();
            let room = room(&here, &step);
            let length = self.ascent(&masses, &support, &step, room.min(1.0))?;
            for (&j, step) in support.iter().zip(&step) {
                masses[j] += length * step;
            }
            if length == room {
                // The mass that had the least room is at zero, but for rounding.
                let exhausted = |i: &usize| step[*i] < 0.0 && -here[*i] / step[*i] <= room;
                let gone: Vec<usize> = (0..step.len()).filter(exhausted).collect();
                for &i in gone.iter().rev() {
                    masses[support.remove(i)] = 0.0;
                }
            }
        }
        None
    }

    /// The longest of `length`, `length`/2, … at which a step does not lower the log-likelihood.
    fn ascent(&self, masses: &[f64], support: &[usize], step: &[f64], length: f64) -> Option<f64> {
        /// Share of the log-likelihood that its rounding may take.
        const ROUNDING: f64 = 1e-14;
        let log_likelihood = |masses: &[f64]| -> f64 {
            let seen = self.seen(masses);
            let terms = self.spans.iter().zip(seen);
            terms.map(|(span, seen)| span.count * libm::log(seen)).sum()
        };
        let before = log_likelihood(masses);
        let mut lengths = (0..60).map(|halvings| length / (1_u64 << halvings) as f64);
        lengths.find(|length| {
            let mut moved = masses.to_vec();
            for (&j, step) in support.iter().zip(step) {
                moved[j] = (moved[j] + length * step).max(0.0);
            }
            let after = log_likelihood(&moved);
            after.is_finite() && after >= before - ROUNDING * (before.abs() + self.n)
        })
    }

    /// Newton's step of the masses of a support, which leaves their sum as it is.
    ///
    /// # Formula
    /// dp of Dᵀ(AᵀWA + diag(stiffness))D dF = Dᵀ right with dp = D dF: A what spans see, W =
    /// count/seen², D the difference of neighbours, F free except at its ends.
    fn newton(
        &self,
        support: &[usize],
        seen: &[f64],
        right: &[f64],
        stiffness: &[f64],
    ) -> Vec<f64> {
        // F_k for k = 1 … size − 1 is unknown k − 1.
        let size = support.len();
        let rank = |masses: usize| support.partition_point(|&j| j < masses);
        let spans = self.spans.iter().zip(seen);
        let mut edges: Vec<(usize, usize, f64)> = spans
            .map(|(span, seen)| {
                let weight = span.count / (seen * seen);
                (rank(span.before), rank(span.until), weight)
            })
            .collect();
        edges.extend((0..size).map(|k| (k, k + 1, stiffness[k])));
        let mut laplacian = Envelope::of(size - 1, &edges);
        let mut cumulated: Vec<f64> = (1..size).map(|k| right[k - 1] - right[k]).collect();
        laplacian.factorise();
        laplacian.solve(&mut cumulated);
        let at = |k: usize| match k {
            0 => 0.0,
            k if k == size => 0.0,
            k => cumulated[k - 1],
        };
        (0..size).map(|k| at(k + 1) - at(k)).collect()
    }
}

/// The longest step that keeps numbers above zero; infinite where none falls.
fn room(numbers: &[f64], step: &[f64]) -> f64 {
    let falling = numbers.iter().zip(step).filter(|(_, step)| **step < 0.0);
    falling.fold(f64::INFINITY, |room, (x, step)| room.min(-x / step))
}

/// The lower triangle of a symmetric positive definite matrix, each row from its first element that
/// is not zero.
struct Envelope {
    first: Vec<usize>,
    rows: Vec<Vec<f64>>,
}

impl Envelope {
    /// Laplacian of a graph of nodes 0 … n + 1, edges (a, b, weight) with a < b, without the rows
    /// and columns of the first node and the last.
    fn of(n: usize, edges: &[(usize, usize, f64)]) -> Self {
        let mut first: Vec<usize> = (0..n).collect();
        for &(a, b, _) in edges.iter().filter(|(a, b, _)| *a > 0 && *b <= n) {
            first[b - 1] = first[b - 1].min(a - 1);
        }
        let mut rows: Vec<Vec<f64>> = (0..n).map(|i| vec![0.0; i + 1 - first[i]]).collect();
        for &(a, b, weight) in edges {
            for node in [a, b] {
                if node > 0 && node <= n {
                    *rows[node - 1].last_mut().unwrap() += weight;
                }
            }
            if a > 0 && b <= n {
                rows[b - 1][a - 1 - first[b - 1]] -= weight;
            }
        }
        Self { first, rows }
    }

    /// Becomes its Cholesky factor. `Time: O(Σ (length of the row)²)`
    fn factorise(&mut self) {
        for i in 0..self.rows.len() {
            let (above, row) = self.rows.split_at_mut(i);
            let row = &mut row[0];
            let start = self.first[i];
            let mut squares = 0.0;
            for j in start..i {
                let from = start.max(self.first[j]);
                let known = &row[from - start..j - start];
                let other = &above[j][from - self.first[j]..];
                let dot: f64 = known.iter().zip(other).map(|(x, y)| x * y).sum();
                let element = (row[j - start] - dot) / above[j][j - self.first[j]];
                row[j - start] = element;
                squares += element * element;
            }
            let diagonal = row.last_mut().unwrap();
            // Rounding may leave nothing of a node that is tied to its neighbour by a great weight.
            *diagonal = (*diagonal - squares).max(f64::EPSILON * *diagonal).sqrt();
        }
    }

    /// Replaces a right side by the solution, by the Cholesky factor.
    fn solve(&self, right: &mut [f64]) {
        for (i, row) in self.rows.iter().enumerate() {
            let (elements, diagonal) = row.split_at(row.len() - 1);
            let known = &right[self.first[i]..i];
            let dot: f64 = elements.iter().zip(known).map(|(x, y)| x * y).sum();
            right[i] = (right[i] - dot) / diagonal[0];
        }
        for (i, row) in self.rows.iter().enumerate().rev() {
            let (elements, diagonal) = row.split_at(row.len() - 1);
            right[i] /= diagonal[0];
            let solved = right[i];
            for (x, element) in right[self.first[i]..i].iter_mut().zip(elements) {
                *x -= element * solved;
            }
        }
    }
}
