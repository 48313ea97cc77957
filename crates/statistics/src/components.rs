//! Variance components of a crossed design: how much of the spread is whose.

use std::error::Error;
use std::fmt;

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};
use serde::{Deserialize, Serialize};
use statrs::distribution::{ChiSquared, Continuous, ContinuousCDF};

use crate::elimination::{Matrix, eigen, eliminate, zeros};
use crate::quantile;
use crate::reml;

/// Draws of the generalized pivotal quantities.
const DRAWS: usize = 4_000;

/// Seed of those draws, fixed: an interval is a function of the observations.
const SEED: u64 = 0x2545_f491_4f6c_dd1d;

/// Share of the total sum of squares below which a residual one is rounding.
const ROUNDING: f64 = 1e-13;

/// Variance components of a design in which factors are crossed, each cell observed at most once.
///
/// An observation is a mean, plus one random effect of each factor's level, plus a residual. The
/// residual holds all interactions and whatever no factor stands for. An interaction of two factors
/// is the same at every level of a third, so that a part of it counts as theirs: of its variance,
/// about one over the number of the other factor's levels.
#[derive(Clone, Debug, PartialEq)]
pub struct VarianceComponents {
    /// Cells observed.
    pub observed: usize,
    /// Cells not observed. The others decide alone; where it depends on its own value whether a cell
    /// is observed, as of a time censored at a horizon, they are not a fair sample, and components
    /// are too small.
    pub missing: usize,
    /// The component of each factor, in their order.
    pub factors: Vec<Component>,
    /// The component of the residual.
    pub residual: Component,
}

/// A variance component.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Component {
    /// The variance, in the square of the observations' unit.
    pub variance: Limits,
    /// Its share in the sum of all components.
    pub share: Limits,
    /// Degrees of freedom that it is estimated from.
    pub freedom: usize,
}

/// An estimate, and an interval that holds the true number.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// The estimate.
    pub estimate: f64,
    /// Lower limit.
    pub low: f64,
    /// Upper limit.
    pub high: f64,
}

/// Reason why there are no variance components.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComponentsError {
    /// There are fewer than two factors.
    TooFewFactors,
    /// There are not as many cells as the levels make.
    Shape {
        /// Cells that the levels make.
        expected: usize,
        /// Cells given.
        found: usize,
    },
    /// An observation is not a finite number.
    NotFinite {
        /// The cell.
        cell: usize,
    },
    /// Too few cells are observed to tell a factor's levels apart, others being equal.
    NoContrast {
        /// The factor, from 0.
        factor: usize,
    },
    /// Too few cells are observed for a residual.
    NoResidual,
    /// All observations are equal.
    NoSpread,
    /// The maximum of the restricted likelihood was not reached.
    NotConverged,
}

impl fmt::Display for ComponentsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFewFactors => {
                f.write_str("variance components need two factors or more that are crossed")
            }
            Self::Shape { expected, found } => {
                write!(f, "the levels make {expected} cells, found {found}")
            }
            Self::NotFinite { cell } => {
                write!(f, "cell {cell} is not a finite number")
            }
            Self::NoContrast { factor } => write!(
                f,
                "too few cells are observed to tell the levels of factor {factor} apart"
            ),
            Self::NoResidual => {
                f.write_str("too few cells are observed to tell the factors from the residual")
            }
            Self::NoSpread => f.write_str("all observations are equal"),
            Self::NotConverged => {
                f.write_str("the maximum of the restricted likelihood was not reached")
            }
        }
    }
}

impl Error for ComponentsError {}

impl VarianceComponents {
    /// Estimates from the cells of a crossed design, the last factor's level changing fastest; `None`
    /// is a cell that was not observed. `Time: O(cells + iterations · levels³)`, levels those of
    /// all factors together, some ten iterations, and 4,000 draws for the intervals
    ///
    /// # Formula
    /// Restricted maximum likelihood (REML) under normal effects, no component below 0. In a
    /// complete design it equals the analysis of variance, (MS_factor − MS_residual)/(cells per
    /// level), where none of these is negative; where one is, that component is 0 and the others
    /// are fitted without it.
    ///
    /// Intervals are quantiles of generalized pivotal quantities, at least 0: the residual's is
    /// SS/W, W drawn from χ² with its degrees of freedom; that of a factor, σ² with Σ
    /// c²/(λ(σ_residual² + λσ²)) = W, λ and c being the eigenvalues of its information matrix, other
    /// factors eliminated, and the sums of observations along the eigenvectors. Those of variances
    /// are exact for the residual, and nearly for factors; those of shares are of all pivots together.
    /// Where the residual is nil, the factors account for all.
    ///
    /// # References
    /// H. D. Patterson, R. Thompson, "Recovery of inter-block information when block sizes are
    /// unequal", *Biometrika* 58 (1971); S. R. Searle, G. Casella, C. E. McCulloch, *Variance
    /// Components* (1992); S. Weerahandi, "Generalized confidence intervals", *JASA* 88 (1993);
    /// J. Seely, Y. El-Bassiouni, "Applying Wald's variance component test", *Annals of Statistics*
    /// 11 (1983), for the pivot of a factor in designs that are not balanced.
    ///
    /// # Errors
    /// [`ComponentsError`].
    ///
    /// # Panics
    /// When `confidence` is not in (0, 1).
    ///
    /// ```
    /// use sparsegrok_statistics::VarianceComponents;
    ///
    /// // Rows differ by 10, columns by 1.
    /// let cells = [0.0, 1.1, 2.0, 10.0, 11.0, 12.1, 20.1, 21.0, 22.0].map(Some);
    /// let found = VarianceComponents::of(&[3, 3], &cells, 0.95)?;
    /// assert!((found.factors[0].variance.estimate - 100.0).abs() < 0.5);
    /// assert!((found.factors[0].share.estimate - 0.99).abs() < 1e-3);
    /// assert_eq!((found.observed, found.missing), (9, 0));
    /// # Ok::<(), sparsegrok_statistics::ComponentsError>(())
    /// ```
    pub fn of(
        levels: &[usize],
        cells: &[Option<f64>],
        confidence: f64,
    ) -> Result<Self, ComponentsError> {
        let expected = levels.iter().product();
        if levels.len() >= 2 && cells.len() != expected {
            let found = cells.len();
            return Err(ComponentsError::Shape { expected, found });
        }
        let observed = cells.iter().enumerate();
        let observed: Vec<_> = observed.filter_map(|(i, x)| Some((i, (*x)?))).collect();
        Self::of_observed(levels, &observed, confidence)
    }

    /// As [`VarianceComponents::of`], of the cells that were observed, each with its number and at most once. A
    /// fraction of a crossed design, such as a Latin square, has few of its cells.
    ///
    /// # Errors
    /// [`ComponentsError`]; a cell that the levels do not make is a fault of the shape.
    ///
    /// # Panics
    /// When `confidence` is not in (0, 1).
    pub fn of_observed(
        levels: &[usize],
        observed: &[(usize, f64)],
        confidence: f64,
    ) -> Result<Self, ComponentsError> {
        assert!(confidence > 0.0 && confidence < 1.0, "{confidence}");
        let design = Design::of(levels, observed)?;
        let residual = design.residual()?;
        let contrasts: Vec<Contrasts> = (0..levels.len())
            .map(|factor| design.contrasts(factor))
            .collect::<Result<_, _>>()?;
        let fit = design.fit(&contrasts, residual)?;
        let draws = Draws::of(&contrasts, residual, confidence);
        let unit = design.scale * design.scale;
        let total = fit.residual + fit.factors.iter().sum::<f64>();
        let component = |k: usize, estimate: f64, freedom| Component {
            variance: draws.variances[k].around(estimate).times(unit),
            share: draws.shares[k].around(estimate / total),
            freedom,
        };
        let factors = fit.factors.iter().zip(&contrasts).enumerate();
        Ok(Self {
            observed: design.observed,
            missing: levels.iter().product::<usize>() - design.observed,
            factors: factors
                .map(|(k, (&estimate, contrasts))| component(k, estimate, contrasts.freedom()))
                .collect(),
            residual: component(levels.len(), fit.residual, residual.freedom),
        })
    }

    /// The sum of all components: the variance of one observation.
    pub fn total(&self) -> f64 {
        let factors = self.factors.iter().map(|factor| factor.variance.estimate);
        factors.sum::<f64>() + self.residual.variance.estimate
    }
}

/// Sums of squares and products of a design's observations, centred and scaled.
struct Design {
    /// Rows of each factor's levels in `products`.
    rows: Vec<std::ops::Range<usize>>,
    /// Products of the columns: one for each level of each factor, one of ones, the observations.
    products: Matrix,
    observed: usize,
    /// What observations were divided by.
    scale: f64,
}

/// A sum of squares and its degrees of freedom.
#[derive(Clone, Copy)]
struct Residual {
    squares: f64,
    freedom: usize,
}

/// Components, in units of the scale.
pub(crate) struct Fit {
    pub(crate) factors: Vec<f64>,
    pub(crate) residual: f64,
}

impl Design {
    fn of(levels: &[usize], cells: &[(usize, f64)]) -> Result<Self, ComponentsError> {
        if levels.len() < 2 {
            return Err(ComponentsError::TooFewFactors);
        }
        let expected: usize = levels.iter().product();
        if let Some(&(cell, _)) = cells.iter().find(|(cell, _)| *cell >= expected) {
            let found = cell + 1;
            return Err(ComponentsError::Shape { expected, found });
        }
        let present = || cells.iter().copied();
        if let Some((cell, _)) = present().find(|(_, value)| !value.is_finite()) {
            return Err(ComponentsError::NotFinite { cell });
        }
        let observed = cells.len();
        let n = observed as f64;
        if observed < 2 {
            return Err(ComponentsError::NoResidual);
        }
        let first = present().map(|(_, value)| value).next().unwrap_or(0.0);
        // About a value of theirs, sums of observations that are far from 0 keep their digits.
        let centre = first + present().map(|(_, value)| value - first).sum::<f64>() / n;
        let squares = present().map(|(_, value)| (value - centre) * (value - centre));
        let scale = (squares.sum::<f64>() / n).sqrt();
        if present().all(|(_, value)| value == first) {
            return Err(ComponentsError::NoSpread);
        }
        let mut rows = Vec::new();
        let mut size = 0;
        for &count in levels {
            rows.push(size..size + count);
            size += count;
        }
        let mut products = zeros(size + 2);
        for (cell, value) in present() {
            let value = (value - centre) / scale;
            let mut rest = cell;
            let mut own: Vec<usize> = rows
                .iter()
                .rev()
                .map(|rows| {
                    let level = rest % rows.len();
                    rest /= rows.len();
                    rows.start + level
                })
                .collect();
            own.push(size);
            for &i in &own {
                for &j in &own {
                    products[i][j] += 1.0;
                }
                products[i][size + 1] += value;
                products[size + 1][i] += value;
            }
            products[size + 1][size + 1] += value * value;
        }
        Ok(Self {
            rows,
            products,
            observed,
            scale,
        })
    }

    /// Row of the ones.
    fn ones(&self) -> usize {
        self.products.len() - 2
    }

    /// The observations' squares that no factor accounts for.
    fn residual(&self) -> Result<Residual, ComponentsError> {
        let mut products = self.products.clone();
        let pivots = eliminate(&mut products, 0..=self.ones());
        let freedom = self.observed - pivots.rank;
        if freedom == 0 {
            return Err(ComponentsError::NoResidual);
        }
        let squares = products[self.ones() + 1][self.ones() + 1];
        let total = self.products[self.ones() + 1][self.ones() + 1];
        let nil = squares <= ROUNDING * total;
        Ok(Residual {
            squares: if nil { 0.0 } else { squares },
            freedom,
        })
    }

    /// What the observations say of one factor when all others are eliminated.
    fn contrasts(&self, factor: usize) -> Result<Contrasts, ComponentsError> {
        let mut products = self.products.clone();
        let own = self.rows[factor].clone();
        let (before, after) = (0..own.start, own.end..self.ones() + 1);
        eliminate(&mut products, after.rev().chain(before));
        let information: Matrix = products[own.clone()]
            .iter()
            .map(|row| row[own.clone()].to_vec())
            .collect();
        let sums: Vec<f64> = own.map(|i| products[i][self.ones() + 1]).collect();
        let scale: f64 = (0..sums.len()).map(|i| information[i][i]).sum();
        let contrasts = Contrasts(
            eigen(information)
                .into_iter()
                .filter(|(value, _)| *value > 1e-10 * scale)
                .map(|(value, vector)| {
                    let sum: f64 = vector.iter().zip(&sums).map(|(v, sum)| v * sum).sum();
                    (value, sum * sum / value)
                })
                .collect(),
        );
        if contrasts.0.is_empty() {
            return Err(ComponentsError::NoContrast { factor });
        }
        Ok(contrasts)
    }

    fn fit(&self, contrasts: &[Contrasts], residual: Residual) -> Result<Fit, ComponentsError> {
        let noise = residual.squares / residual.freedom as f64;
        let start = contrasts
            .iter()
            .map(|contrasts| contrasts.variance(noise, contrasts.freedom() as f64));
        let start: Vec<f64> = start.collect();
        if noise == 0.0 {
            // The limit of small residuals: the effects themselves are observed, and what is left of a factor
            // without any is rounding.
            let total: f64 = start.iter().sum();
            let factors = start.into_iter();
            return Ok(Fit {
                factors: factors
                    .map(|x| if x <= ROUNDING * total { 0.0 } else { x })
                    .collect(),
                residual: 0.0,
            });
        }
        let ratios = start.iter().map(|variance| variance / noise).collect();
        reml::maximise(&self.products, &self.rows, self.observed, ratios)
            .ok_or(ComponentsError::NotConverged)
    }
}

/// Independent contrasts of a factor's levels: of each, its information λ and the square s of its
/// standardised sum, of which the mean is σ_residual² + λσ².
struct Contrasts(Vec<(f64, f64)>);

impl Contrasts {
    fn freedom(&self) -> usize {
        self.0.len()
    }

    /// The factor's variance σ² at which Σ s/(σ_residual² + λσ²) is `chi_squared`; 0 where that is
    /// more than at σ² = 0.
    fn variance(&self, residual: f64, chi_squared: f64) -> f64 {
        if residual == 0.0 {
            return self.0.iter().map(|(l, s)| s / l).sum::<f64>() / chi_squared;
        }
        // The reciprocal of the sum is concave in σ², and of equal λ a line: Newton's method comes
        // from below, and of a balanced design in one step.
        let mut variance = 0.0;
        for _ in 0..200 {
            let (mut sum, mut slope) = (0.0, 0.0);
            for (l, s) in &self.0 {
                let expected = residual + l * variance;
                sum += s / expected;
                slope += l * s / (expected * expected);
            }
            let step = (sum / chi_squared - 1.0) * sum / slope;
            if step.is_nan() || step <= 1e-14 * variance {
                break;
            }
            variance += step;
        }
        variance
    }
}

/// Limits of the pivots' quantiles.
struct Draws {
    /// Of each component, the residual's last.
    variances: Vec<Range>,
    shares: Vec<Range>,
}

#[derive(Clone, Copy)]
struct Range {
    low: f64,
    high: f64,
}

impl Draws {
    fn of(contrasts: &[Contrasts], residual: Residual, confidence: f64) -> Self {
        let mut words = Xoshiro256PlusPlus::seed_from_u64(SEED);
        let noise = chi_squared_sample(residual.freedom, &mut words);
        let noise: Vec<f64> = noise.iter().map(|w| residual.squares / w).collect();
        let mut pivots: Vec<Vec<f64>> = contrasts
            .iter()
            .map(|contrasts| {
                let drawn = chi_squared_sample(contrasts.freedom(), &mut words);
                let pairs = noise.iter().zip(drawn);
                pairs
                    .map(|(noise, w)| contrasts.variance(*noise, w))
                    .collect()
            })
            .collect();
        pivots.push(noise);
        let totals: Vec<f64> = (0..DRAWS)
            .map(|draw| pivots.iter().map(|pivot| pivot[draw]).sum())
            .collect();
        let tail = 0.5 - confidence / 2.0;
        let range = |mut drawn: Vec<f64>| {
            drawn.sort_unstable_by(f64::total_cmp);
            let at = |p| quantile(&drawn, p).unwrap_or(0.0);
            Range {
                low: at(tail),
                high: at(1.0 - tail),
            }
        };
        let share = |pivot: &Vec<f64>| {
            let pairs = pivot.iter().zip(&totals);
            range(pairs.map(|(part, total)| part / total).collect())
        };
        Self {
            shares: pivots.iter().map(share).collect(),
            variances: pivots.into_iter().map(range).collect(),
        }
    }
}

impl Range {
    fn around(self, estimate: f64) -> Limits {
        Limits {
            estimate,
            low: self.low,
            high: self.high,
        }
    }
}

impl Limits {
    fn times(self, factor: f64) -> Self {
        Self {
            estimate: self.estimate * factor,
            low: self.low * factor,
            high: self.high * factor,
        }
    }
}

/// A sample of a χ² law, one number of each of as many equally likely strata, shuffled: its
/// quantiles are those of the law.
fn chi_squared_sample(freedom: usize, words: &mut Xoshiro256PlusPlus) -> Vec<f64> {
    let Ok(law) = ChiSquared::new(freedom as f64) else {
        return vec![1.0; DRAWS];
    };
    let mut last = 0.0;
    let middle = |stratum: usize| {
        let p = (stratum as f64 + 0.5) / DRAWS as f64;
        last = near_quantile(&law, p, last).unwrap_or_else(|| law.inverse_cdf(p));
        last
    };
    let mut sample: Vec<f64> = (0..DRAWS).map(middle).collect();
    for i in (1..DRAWS).rev() {
        // The high half of word · n is uniform to within n/2⁶⁴.
        let j = ((u128::from(words.next_u64()) * (i as u128 + 1)) >> 64) as usize;
        sample.swap(i, j);
    }
    sample
}

/// The p-quantile by Newton's method from a number near it; `None` where that is not near enough.
fn near_quantile(law: &ChiSquared, p: f64, near: f64) -> Option<f64> {
    let mut x = near;
    for _ in 0..8 {
        let step = (law.cdf(x) - p) / law.pdf(x);
        x -= step;
        if x <= 0.0 || !x.is_finite() {
            return None;
        }
        if step.abs() <= 1e-9 * x {
            return Some(x);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strata_stand_at_their_quantiles() {
        for freedom in [1, 2, 15, 4_000] {
            let mut words = Xoshiro256PlusPlus::seed_from_u64(1);
            let mut sample = chi_squared_sample(freedom, &mut words);
            sample.sort_unstable_by(f64::total_cmp);
            let law = ChiSquared::new(freedom as f64).unwrap();
            for (stratum, x) in sample.iter().enumerate() {
                let p = (stratum as f64 + 0.5) / DRAWS as f64;
                assert!((law.cdf(*x) - p).abs() < 1e-9, "{freedom}: {x}");
            }
        }
    }

    /// Uniform numbers about 0, by factor and level, and of each cell.
    fn simulated(levels: &[usize], spreads: &[f64], words: &mut Xoshiro256PlusPlus) -> Vec<f64> {
        let mut uniform = || (words.next_u64() >> 11) as f64 / (1_u64 << 52) as f64 - 1.0;
        let effects: Vec<Vec<f64>> = levels
            .iter()
            .zip(spreads)
            .map(|(&count, spread)| (0..count).map(|_| spread * uniform()).collect())
            .collect();
        let cells: usize = levels.iter().product();
        (0..cells)
            .map(|cell| {
                let mut rest = cell;
                let own = effects.iter().rev().map(|effects| {
                    let level = rest % effects.len();
                    rest /= effects.len();
                    effects[level]
                });
                own.sum::<f64>() + spreads[levels.len()] * uniform()
            })
            .collect()
    }

    /// Mean squares of the factors and of the residual, and the residual's degrees of freedom, by
    /// the means of levels.
    fn analysis_of_variance(levels: &[usize], cells: &[f64]) -> (Vec<f64>, f64, f64) {
        let n = cells.len() as f64;
        let mean = cells.iter().sum::<f64>() / n;
        let mut rest: f64 = cells.iter().map(|y| (y - mean) * (y - mean)).sum();
        let mut freedom = n - 1.0;
        let mut stride = cells.len();
        let mut mean_squares = Vec::new();
        for &count in levels {
            stride /= count;
            let mut sums = vec![0.0; count];
            for (cell, y) in cells.iter().enumerate() {
                sums[cell / stride % count] += y - mean;
            }
            let squares: f64 = sums.iter().map(|sum| sum * sum).sum::<f64>() * count as f64 / n;
            rest -= squares;
            freedom -= count as f64 - 1.0;
            mean_squares.push(squares / (count as f64 - 1.0));
        }
        (mean_squares, rest / freedom, freedom)
    }

    #[test]
    fn complete_designs_have_the_components_of_the_analysis_of_variance() {
        let mut words = Xoshiro256PlusPlus::seed_from_u64(5);
        let mut negative = 0;
        for (levels, spreads) in [
            (&[5, 4][..], &[1.0, 0.3, 0.2][..]),
            (&[6, 5, 4], &[1.0, 0.2, 0.0, 0.5]),
            (&[3, 4, 2, 5], &[0.1, 3.0, 0.0, 0.4, 0.6]),
        ] {
            for _ in 0..8 {
                let cells = simulated(levels, spreads, &mut words);
                let (mean_squares, noise, freedom) = analysis_of_variance(levels, &cells);
                let present: Vec<Option<f64>> = cells.iter().copied().map(Some).collect();
                let found = VarianceComponents::of(levels, &present, 0.95).unwrap();
                assert_eq!(found.residual.freedom as f64, freedom);
                let close = |x: f64, y: f64| assert!((x - y).abs() < 1e-9 * y, "{x}, expected {y}");
                let law = ChiSquared::new(freedom).unwrap();
                let limit = |p| noise * freedom / law.inverse_cdf(p);
                // Quantiles of strata stand for those of the law.
                let near = |x: f64, y: f64| assert!((x - y).abs() < 2e-3 * y, "{x}, expected {y}");
                near(found.residual.variance.low, limit(0.975));
                near(found.residual.variance.high, limit(0.025));
                let per_level = |count: &usize| (cells.len() / count) as f64;
                if mean_squares.iter().all(|square| *square >= noise) {
                    close(found.residual.variance.estimate, noise);
                    for ((factor, square), count) in
                        found.factors.iter().zip(mean_squares).zip(levels)
                    {
                        close(
                            factor.variance.estimate,
                            (square - noise) / per_level(count),
                        );
                    }
                    continue;
                }
                // Without the factors below the residual, these make the residual.
                negative += 1;
                let (mut squares, mut pooled) = (noise * freedom, freedom);
                for (square, count) in mean_squares.iter().zip(levels) {
                    if *square < noise {
                        squares += square * (*count as f64 - 1.0);
                        pooled += *count as f64 - 1.0;
                    }
                }
                close(found.residual.variance.estimate, squares / pooled);
                for (factor, square) in found.factors.iter().zip(mean_squares) {
                    if square < noise {
                        assert_eq!(factor.variance.estimate, 0.0);
                        assert_eq!(factor.variance.low, 0.0);
                    }
                }
            }
        }
        assert!((2..20).contains(&negative), "{negative}");
    }

    #[test]
    fn unit_and_origin_of_observations_do_not_matter() {
        let levels = [5, 4, 3];
        let mut words = Xoshiro256PlusPlus::seed_from_u64(6);
        let cells = simulated(&levels, &[1.0, 0.5, 0.2, 0.3], &mut words);
        let of = |unit: f64, origin: f64| {
            let cells = cells.iter().enumerate();
            let cells: Vec<Option<f64>> = cells
                .map(|(i, y)| (i % 7 != 0).then_some(origin + unit * y))
                .collect();
            VarianceComponents::of(&levels, &cells, 0.95).unwrap()
        };
        let (one, other) = (of(1.0, 0.0), of(1e-3, 1e4));
        assert!((one.total() / (1e6 * other.total()) - 1.0).abs() < 1e-6);
        for (one, other) in one.factors.iter().zip(&other.factors) {
            assert!((one.share.estimate - other.share.estimate).abs() < 1e-6);
            assert!((one.share.high - other.share.high).abs() < 1e-6);
        }
    }

    #[test]
    fn factors_that_account_for_all_leave_no_residual() {
        // The level of the first factor alone decides.
        let cells: Vec<Option<f64>> = (0..24)
            .map(|cell| Some([1.0, 2.0, 4.0][cell / 8]))
            .collect();
        let found = VarianceComponents::of(&[3, 4, 2], &cells, 0.95).unwrap();
        let [first, second, third] = &found.factors[..] else {
            panic!("{found:?}");
        };
        // The variance of 1, 2 and 4.
        assert!((first.variance.estimate - 7.0 / 3.0).abs() < 1e-12);
        assert!((first.share.estimate - 1.0).abs() < 1e-12 && first.share.low > 0.999);
        for nothing in [second, third, &found.residual] {
            assert!(nothing.share.estimate < 1e-12 && nothing.share.high < 1e-9);
        }
    }

    #[test]
    fn small_residuals_leave_the_factors_as_they_are() {
        let levels = [6, 5, 4];
        for exponent in 1..=9 {
            let noise = libm::pow(10.0, -f64::from(exponent));
            let mut words = Xoshiro256PlusPlus::seed_from_u64(7);
            for holes in [false, true] {
                let cells = simulated(&levels, &[1.0, 0.0, 0.3, noise], &mut words);
                let cells = cells.iter().enumerate();
                let cells: Vec<Option<f64>> = cells
                    .map(|(i, y)| (!holes || i % 5 != 0).then_some(*y))
                    .collect();
                let found = VarianceComponents::of(&levels, &cells, 0.95)
                    .unwrap_or_else(|error| panic!("{error}: {noise} {holes}"));
                let [first, second, third] = &found.factors[..] else {
                    panic!("{found:?}");
                };
                let ratio = first.variance.estimate / third.variance.estimate;
                assert!((3.0..60.0).contains(&ratio), "{noise} {holes}: {found:?}");
                let expected = noise * noise / 3.0;
                let residual = found.residual.variance.estimate;
                assert!(residual < 1.5 * expected, "{noise} {holes}: {found:?}");
                // Below some 10⁻⁶ of the spread, the residual is lost in rounding, and counts as none.
                assert!(
                    exponent > 6 || residual > 0.6 * expected,
                    "{noise}: {found:?}"
                );
                assert!(
                    second.variance.estimate < expected,
                    "{noise} {holes}: {found:?}"
                );
            }
        }
    }

    #[test]
    fn designs_with_holes_of_every_kind_have_a_maximum() {
        let mut words = Xoshiro256PlusPlus::seed_from_u64(8);
        let mut fitted = 0;
        for round in 0..600 {
            let levels = [&[2, 3][..], &[4, 4], &[5, 4, 3], &[3, 2, 4, 3]][round % 4];
            // The residual alone, and beside factors of all sizes.
            let mut spreads = [[1.0, 0.5, 0.1, 0.3, 0.0], [0.0; 5]][round / 4 % 2];
            spreads[levels.len()] = 0.4;
            let cells = simulated(levels, &spreads, &mut words);
            let cells: Vec<(usize, f64)> = cells
                .into_iter()
                .enumerate()
                .filter(|_| words.next_u64() % 10 >= (round % 7) as u64)
                .collect();
            let fit = Design::of(levels, &cells).and_then(|design| {
                let residual = design.residual()?;
                let contrasts: Vec<Contrasts> = (0..levels.len())
                    .map(|factor| design.contrasts(factor))
                    .collect::<Result<_, _>>()?;
                design.fit(&contrasts, residual)
            });
            match fit {
                Ok(fit) => {
                    fitted += 1;
                    let total = fit.residual + fit.factors.iter().sum::<f64>();
                    assert!(total.is_finite() && total > 0.0, "{cells:?}");
                    assert!(fit.factors.iter().all(|variance| *variance >= 0.0));
                }
                // The emptiest have too few cells.
                Err(ComponentsError::NoContrast { .. } | ComponentsError::NoResidual) => {}
                Err(error) => panic!("{error}: {levels:?} {cells:?}"),
            }
        }
        assert!(fitted > 450, "{fitted}");
    }

    #[test]
    fn designs_that_tell_nothing_are_refused() {
        let of = |levels: &[usize], cells: &[Option<f64>]| {
            VarianceComponents::of(levels, cells, 0.95).map(|found| found.observed)
        };
        use ComponentsError as Error;
        let full = [1.0, 2.0, 4.0, 9.0].map(Some);
        assert_eq!(of(&[4], &full), Err(Error::TooFewFactors));
        let shape = Error::Shape {
            expected: 6,
            found: 4,
        };
        assert_eq!(of(&[2, 3], &full), Err(shape));
        let beyond = VarianceComponents::of_observed(&[2, 3], &[(0, 1.0), (6, 2.0)], 0.95);
        let shape = Error::Shape {
            expected: 6,
            found: 7,
        };
        assert_eq!(beyond, Err(shape));
        assert_eq!(of(&[2, 2], &[Some(1.0); 4]), Err(Error::NoSpread));
        assert_eq!(of(&[2, 2], &[None; 4]), Err(Error::NoResidual));
        // Three cells are told exactly by two differences and a mean.
        let three = [Some(1.0), Some(2.0), Some(4.0), None];
        assert_eq!(of(&[2, 2], &three), Err(Error::NoResidual));
        let broken = [Some(1.0), Some(f64::NAN), Some(4.0), None];
        assert_eq!(of(&[2, 2], &broken), Err(Error::NotFinite { cell: 1 }));
        // One level has nothing to be compared with.
        assert_eq!(of(&[1, 4], &full), Err(Error::NoResidual));
        let cells: Vec<Option<f64>> = (0..12).map(|x| Some(f64::from(x * x))).collect();
        assert_eq!(of(&[1, 3, 4], &cells), Err(Error::NoContrast { factor: 0 }));
        assert_eq!(of(&[3, 4], &cells), Ok(12));
    }
}
