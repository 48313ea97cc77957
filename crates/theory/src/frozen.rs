//! Signal weights at rest under an intercept that hardly moves, and the time that it takes to move.

use crate::normal;
use crate::root::root;

/// Signal weights at rest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settled {
    /// q = σ‖v‖, the spread of the scores of new rows.
    pub(crate) spread: f64,
    /// E[s], the mean slope of the training rows.
    pub(crate) slope: f64,
}

/// −ℓ′ as a function of a margin, and the size of its derivative as a function of it.
#[derive(Clone, Copy)]
enum Slope {
    /// 1/(1 + e^m).
    Logistic,
    /// e^−m, which is the logistic one where margins are large.
    Exponential,
}

impl Slope {
    fn at(self, margin: f64) -> f64 {
        match self {
            Self::Logistic => 1.0 / (1.0 + libm::exp(margin)),
            Self::Exponential => libm::exp(-margin),
        }
    }

    fn steepness(self, slope: f64) -> f64 {
        match self {
            Self::Logistic => slope * (1.0 - slope),
            Self::Exponential => slope,
        }
    }
}

impl Settled {
    /// Those of many Gaussian rows, d/N = `ratio` < ½, under logistic loss and an intercept; see
    /// [`Edge::t_gen`](crate::Edge::t_gen).
    pub(crate) fn gaussian(ratio: f64, bias: f64) -> Option<Self> {
        Rows {
            ratio,
            bias,
            slope: Slope::Logistic,
        }
        .settled()
    }

    /// Those of many Gaussian rows when the intercept is large, as they are for the loss e^−z without one.
    pub(crate) fn exponential(ratio: f64) -> Option<Self> {
        Rows {
            ratio,
            bias: 0.0,
            slope: Slope::Exponential,
        }
        .settled()
    }

    /// Those of two rows, at 1 and −`apart`.
    pub(crate) fn two_points(apart: f64, bias: f64) -> Option<Self> {
        let slopes = |v: f64| [bias + v, bias - apart * v].map(|m| Slope::Logistic.at(m));
        let pull = |v: f64| {
            let [toward, back] = slopes(v);
            Some(toward - apart * back)
        };
        // At v the first row's slope is below e^(−b−v), the second's above ½e^−b: 2e^−v < `apart` pulls back.
        let spread = root(0.0, libm::log(4.0 / apart), 1e-12, pull)?;
        let [first, second] = slopes(spread);
        Some(Self {
            spread,
            slope: 0.5 * (first + second),
        })
    }
}

/// Many Gaussian rows.
struct Rows {
    ratio: f64,
    bias: f64,
    slope: Slope,
}

/// Means over a training row's margin.
#[derive(Default)]
struct Means {
    /// E[1/(1 + γ·steepness)]: how much of a change of its score under other rows' weights is left of a row's margin.
    left: f64,
    /// E[s].
    slope: f64,
    /// E[(m − b)s].
    pull: f64,
}

impl Rows {
    /// Spreads between which the one at rest is looked for, as logarithms: to 1 − 2λ of 0.002.
    const SPREADS: [f64; 2] = [-7.0, 3.4];

    fn settled(&self) -> Option<Settled> {
        let means = |log_spread: f64| {
            let spread = libm::exp(log_spread);
            let left = |log_influence: f64| {
                let means = self.means(spread, libm::exp(log_influence));
                Some(means.left - (1.0 - self.ratio))
            };
            // A row's influence makes up for the slope where rows are, at margins of b ± some spreads.
            let reach = 12.0 + REACH * spread;
            let log_influence = root(-reach, reach + self.bias, 1e-9, left)?;
            Some(self.means(spread, libm::exp(log_influence)))
        };
        let [low, high] = Self::SPREADS;
        let log_spread = root(low, high, 1e-8, |log_spread| Some(means(log_spread)?.pull))?;
        Some(Settled {
            spread: libm::exp(log_spread),
            slope: means(log_spread)?.slope,
        })
    }

    /// Means by the trapezoid rule over margins m, g = (m − γs(m) − b)/q being normal: the integrand is analytic and vanishes
    /// at both ends, where the rule converges faster than any power of the step.
    fn means(&self, spread: f64, influence: f64) -> Means {
        let score = |margin: f64| margin - influence * self.slope.at(margin) - self.bias;
        let [low, high] = [-REACH, REACH].map(|g| self.margin_at(g * spread, influence, score));
        // The steepest place is that nearest to 0 for the logistic slope, the lowest for the other.
        let steepest = match self.slope {
            Slope::Logistic => 0.0_f64.clamp(low, high),
            Slope::Exponential => low,
        };
        let steepest = influence * self.slope.steepness(self.slope.at(steepest));
        let step = f64::min(0.3, 0.5 * spread / (1.0 + steepest));
        let count = libm::ceil((high - low) / step);
        let step = (high - low) / count;
        let mut means = Means::default();
        for k in 0..=count as u64 {
            let margin = low + step * k as f64;
            let slope = self.slope.at(margin);
            let g = (margin - influence * slope - self.bias) / spread;
            let weight = normal::density(g) * step / spread;
            let share = weight * (1.0 + influence * self.slope.steepness(slope));
            means.left += weight;
            means.slope += share * slope;
            means.pull += share * (margin - self.bias) * slope;
        }
        means
    }

    /// The margin of a row that has a score of its own, by bisection: the score rises with the margin.
    fn margin_at(&self, wanted: f64, influence: f64, score: impl Fn(f64) -> f64) -> f64 {
        let mut low = self.bias + wanted;
        // Slopes are below e^−m, so that the score is at least as large there.
        let mut high = low.max(0.0) + libm::log1p(influence) + 1.0;
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if score(middle) < wanted {
                low = middle;
            } else {
                high = middle;
            }
        }
        0.5 * (low + high)
    }
}

/// Standard deviations beyond which a normal density is left out.
const REACH: f64 = 9.0;

/// The epoch at which Φ(b/q) reaches `accuracy`, if signal weights are at rest all the time: ∫ db/(ηE[s]) up to b = zq.
pub(crate) fn time_to(
    accuracy: f64,
    learning_rate: f64,
    settled: impl Fn(f64) -> Option<Settled>,
) -> Option<f64> {
    /// Intervals of Simpson's rule, an even number: the integrand grows as e^b.
    const INTERVALS: u32 = 16;
    if !(accuracy > 0.5 && accuracy < 1.0) {
        return None;
    }
    let z = normal::quantile(accuracy);
    // The spread falls as the intercept grows.
    let most = z * settled(0.0)?.spread;
    let bias = root(0.0, most, 1e-4, |bias| {
        Some(bias - z * settled(bias)?.spread)
    })?;
    let step = bias / f64::from(INTERVALS);
    let mut sum = 0.0;
    for k in 0..=INTERVALS {
        let weight = match k {
            0 | INTERVALS => 1.0,
            _ if k % 2 == 1 => 4.0,
            _ => 2.0,
        };
        sum += weight / settled(step * f64::from(k))?.slope;
    }
    Some(sum * step / 3.0 / learning_rate)
}
