//! Tests of whether several groups of censored times come from one law.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ChiSquared, ContinuousCDF};

use crate::elimination::{Matrix, eliminate, zeros};
use crate::turnbull::Around;
use crate::{IntervalError, IntervalTime, Lifetime, Turnbull};

/// Outcome of a test of several groups.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupTest {
    /// χ².
    pub statistic: f64,
    /// Its degrees of freedom: the number of groups that can be compared, less one.
    pub freedom: usize,
    /// Probability of one as large, were the laws the same.
    pub p: f64,
}

impl GroupTest {
    /// `None` without degrees of freedom.
    fn of(statistic: f64, freedom: usize) -> Option<Self> {
        let law = ChiSquared::new(freedom as f64).ok()?;
        Some(Self {
            statistic,
            freedom,
            p: law.sf(statistic.max(0.0)),
        })
    }
}

/// The log-rank test of any number of groups of right-censored times; `None` where no event tells
/// two groups apart. Of two groups it is [`log_rank`](crate::log_rank()). Groups that are never at
/// risk together with others take no part. `Time: O(n log n + events · groups²)`
///
/// # Formula
/// uᵀV⁻u, u_g = Σ (d_g − d r_g/r), V_gh = Σ d (r_g/r)(δ_gh − r_h/r)(r − d)/(r − 1) over the times of
/// events, d of them among r lives at risk, d_g and r_g those of group g; as many degrees of
/// freedom as V has rank.
///
/// # References
/// N. Mantel, "Evaluation of survival data and two new rank order statistics arising in its
/// consideration", *Cancer Chemotherapy Reports* 50 (1966); R. Peto, J. Peto, "Asymptotically
/// efficient rank invariant test procedures", *JRSS A* 135 (1972).
///
/// ```
/// use sparsegrok_statistics::{Lifetime, log_rank_groups};
///
/// let at = |times: [f64; 4]| times.map(|time| Lifetime { time, observed: true });
/// let groups = [at([1.0, 2.0, 3.0, 4.0]), at([2.0, 3.0, 4.0, 5.0]), at([7.0, 8.0, 9.0, 9.0])];
/// let test = log_rank_groups(&groups.each_ref().map(|group| &group[..])).unwrap();
/// assert_eq!(test.freedom, 2);
/// assert!(test.p < 0.02);
/// ```
pub fn log_rank_groups(groups: &[&[Lifetime]]) -> Option<GroupTest> {
    let k = groups.len();
    let mut all: Vec<(Lifetime, usize)> = Vec::new();
    for (g, group) in groups.iter().enumerate() {
        all.extend(group.iter().map(|&life| (life, g)));
    }
    all.sort_unstable_by(|a, b| a.0.time.total_cmp(&b.0.time));
    let mut at_risk: Vec<f64> = groups.iter().map(|group| group.len() as f64).collect();
    let mut r = all.len() as f64;
    // V, bordered by u.
    let mut bordered = zeros(k + 1);
    for tied in all.chunk_by(|a, b| a.0.time == b.0.time) {
        let mut events = vec![0.0; k];
        for (_, g) in tied.iter().filter(|(life, _)| life.observed) {
            events[*g] += 1.0;
        }
        let d: f64 = events.iter().sum();
        if d > 0.0 && r > 1.0 {
            let factor = d * (r - d) / (r - 1.0);
            for g in 0..k {
                let share = at_risk[g] / r;
                bordered[g][k] += events[g] - d * share;
                for h in 0..k {
                    let own = if g == h { 1.0 } else { 0.0 };
                    bordered[g][h] += factor * share * (own - at_risk[h] / r);
                }
            }
        }
        for (_, g) in tied {
            at_risk[*g] -= 1.0;
            r -= 1.0;
        }
    }
    let (statistic, freedom) = quadratic_form(bordered);
    GroupTest::of(statistic, freedom)
}

/// uᵀV⁻u and the rank of V, of V bordered by a last column u.
fn quadratic_form(mut bordered: Matrix) -> (f64, usize) {
    let k = bordered.len() - 1;
    for g in 0..k {
        bordered[k][g] = bordered[g][k];
    }
    let pivots = eliminate(&mut bordered, 0..k);
    (-bordered[k][k], pivots.rank)
}

/// Scores of interval-censored observations, by which their groups are compared. With exact and
/// right-censored times both test as the log-rank test does, ties apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogRankScores {
    /// Sun's: of a logistic model in discrete time, in which ties count as the log-rank test
    /// counts them.
    Sun,
    /// Finkelstein's: of proportional hazards in grouped continuous time.
    Finkelstein,
}

/// The log-rank test of groups of interval-censored times; `None` where no observation has another
/// score than the rest, or fewer than two groups have any. As a permutation test it supposes that
/// the groups were looked at alike, and that they are not small: some ten observations each.
/// `Time:` that of one [`Turnbull::of`]
///
/// # Formula
/// (n − 1) Σ n_g (c̄_g − c̄)²/Σ(c − c̄)², of the scores c = (S₋h₋ − S₊h₊)/(S₋ − S₊), where S₋ and S₊
/// are the survival before and after the observation's interval, by Turnbull's estimate from all
/// groups together; h = log S for Finkelstein's scores, h = −Σ p_j/S_{j−1}, the negative cumulated
/// hazard, for Sun's.
///
/// # Errors
/// As [`Turnbull::of`]; the index counts through the groups.
///
/// # References
/// J. Sun, "A non-parametric test for interval-censored failure time data with application to AIDS
/// studies", *Statistics in Medicine* 15 (1996); D. M. Finkelstein, "A proportional hazards model
/// for interval-censored failure time data", *Biometrics* 42 (1986); M. P. Fay, P. A. Shaw, "Exact
/// and asymptotic weighted logrank tests for interval censored data: the interval R package", *JSS*
/// 36 (2010), for the scores and their permutation.
///
/// ```
/// use sparsegrok_statistics::{IntervalTime, LogRankScores, interval_log_rank};
///
/// let seen = |until: f64| IntervalTime { after: until - 10.0, until };
/// let early = [10.0, 10.0, 20.0, 20.0, 30.0, 20.0].map(seen);
/// let late = [30.0, 40.0, 50.0, 50.0, 60.0, 60.0].map(seen);
/// let test = interval_log_rank(&[&early, &late], LogRankScores::Sun)?.unwrap();
/// assert!(test.p < 0.02);
/// # Ok::<(), sparsegrok_statistics::IntervalError>(())
/// ```
pub fn interval_log_rank(
    groups: &[&[IntervalTime]],
    scores: LogRankScores,
) -> Result<Option<GroupTest>, IntervalError> {
    let all: Vec<IntervalTime> = groups.concat();
    let around = Turnbull::of(&all)?.around(&all);
    let scores: Vec<f64> = around.iter().map(|around| scores.of(around)).collect();
    let n = scores.len() as f64;
    let mean = scores.iter().sum::<f64>() / n;
    let squares: f64 = scores.iter().map(|c| (c - mean) * (c - mean)).sum();
    // Scores are numbers of the size of one; equal ones differ by rounding.
    if squares <= n * 1e-20 {
        return Ok(None);
    }
    let (mut rest, mut between, mut compared) = (&scores[..], 0.0, 0_usize);
    for group in groups.iter().filter(|group| !group.is_empty()) {
        let (own, others) = rest.split_at(group.len());
        let excess: f64 = own.iter().map(|c| c - mean).sum();
        between += excess * excess / group.len() as f64;
        compared += 1;
        rest = others;
    }
    let statistic = (n - 1.0) * between / squares;
    Ok(GroupTest::of(statistic, compared - 1))
}

impl LogRankScores {
    fn of(self, around: &Around) -> f64 {
        let term = |(survival, hazard): (f64, f64)| {
            if survival == 0.0 {
                return 0.0;
            }
            survival
                * match self {
                    Self::Sun => -hazard,
                    Self::Finkelstein => libm::log(survival),
                }
        };
        let lost = around.before.0 - around.after.0;
        (term(around.before) - term(around.after)) / lost
    }
}
