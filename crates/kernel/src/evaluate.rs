//! Figures of a model's weights: accuracies, losses, norms, margins.

use sparsegrok_data::{Dataset, Problem, TargetKind};
use sparsegrok_lanes::Level;

use crate::figure::{Evaluation, Figure};
use crate::spec::Sgd;
use crate::weights::{Weights, score};

/// Evaluates weights on a problem, in one pass over its non-zeros.
///
/// A row counts as right when the score's sign (0 counts +1) is its target's; with an
/// `accuracy_tolerance`, when (z − y)² is below it. All sums run in row order.
pub fn evaluate(
    epoch: u64,
    weights: &Weights,
    problem: &Problem,
    spec: &Sgd,
    accuracy_tolerance: Option<f64>,
) -> Evaluation {
    let scores = |data: &Dataset| {
        Level::detect().vectorize(
            #[inline(always)]
            || Scores::of(data, weights, spec, accuracy_tolerance),
        )
    };
    let train = scores(&problem.train);
    let test = problem.test.as_ref().filter(|test| !test.is_empty());
    let [signal, tail, memorization] = weights.squared_norms();
    let squared_norm = signal + tail + memorization;
    let teacher = problem
        .teacher
        .as_ref()
        .map(|teacher| Alignment::of(&weights.signal, teacher.direction()));
    let mut found = Evaluation::new(epoch);
    found[Figure::TrainAcc] = train.accuracy;
    found[Figure::TrainLoss] = train.loss;
    found[Figure::MarginMin] = train.margin_min;
    found[Figure::MarginMean] = train.margin_mean;
    if let Some(test) = test.map(scores) {
        found[Figure::TestAcc] = test.accuracy;
        found[Figure::TestLoss] = test.loss;
        found[Figure::GapLoss] = test.loss - train.loss;
        found[Figure::GapAcc] = train.accuracy - test.accuracy;
    }
    found[Figure::WeightNorm] = squared_norm.sqrt();
    found[Figure::SignalNorm] = signal.sqrt();
    found[Figure::MemorizationNorm] = memorization.sqrt();
    found[Figure::MemorizationShare] = if squared_norm > 0.0 {
        memorization / squared_norm
    } else {
        0.0
    };
    if let Some(teacher) = teacher {
        if has_population(problem, spec, accuracy_tolerance) {
            found[Figure::PopulationAcc] = teacher.population_accuracy();
        }
        found.set(Figure::TeacherCosine, teacher.cosine());
        found[Figure::TeacherDistance] = teacher.distance;
    }
    found[Figure::Objective] = train.loss + 0.5 * spec.weight_decay * squared_norm;
    found
}

/// Tells if the population's accuracy exists: rows are isotropic Gaussian ones that a teacher labels,
/// classified by sign, and the decision passes through the origin.
pub(crate) fn has_population(
    problem: &Problem,
    spec: &Sgd,
    accuracy_tolerance: Option<f64>,
) -> bool {
    let by_sign = accuracy_tolerance.is_none() || problem.train.target_kind() == TargetKind::Sign;
    by_sign && problem.teacher.is_some() && !spec.bias && problem.train.features().tail_width() == 0
}

/// Tells if a score is right for its target: in sign, or to a tolerance of its square.
#[inline(always)]
pub(crate) fn is_right(z: f64, y: f64, tolerance: Option<f64>) -> bool {
    match tolerance {
        Some(tolerance) => (z - y) * (z - y) < tolerance,
        None => (z >= 0.0) == (y >= 0.0),
    }
}

/// Means over the rows of one dataset.
struct Scores {
    accuracy: f64,
    loss: f64,
    margin_min: f64,
    margin_mean: f64,
}

impl Scores {
    #[inline(always)]
    fn of(data: &Dataset, weights: &Weights, spec: &Sgd, tolerance: Option<f64>) -> Self {
        // A tolerance is for real targets: signs are compared as signs.
        let tolerance = tolerance.filter(|_| data.target_kind() == TargetKind::Real);
        let mut right = 0_u64;
        let (mut loss, mut margins, mut margin_min) = (0.0, 0.0, f64::INFINITY);
        for i in 0..data.len() {
            let row = data.row(i);
            let (z, y) = (score(weights, &row), row.target);
            right += u64::from(is_right(z, y, tolerance));
            loss += spec.loss.value(z, y);
            margins += y * z;
            margin_min = margin_min.min(y * z);
        }
        let n = data.len() as f64;
        Self {
            accuracy: right as f64 / n,
            loss: loss / n,
            margin_min,
            margin_mean: margins / n,
        }
    }
}

/// Position of the signal weights relative to the teacher's direction.
pub(crate) struct Alignment {
    /// v·t.
    along: f64,
    /// ‖v − (v·t) t‖.
    across: f64,
    /// ‖v − t‖²/d.
    distance: f64,
}

impl Alignment {
    pub(crate) fn of(v: &[f64], teacher: &[f64]) -> Self {
        let pairs = || v.iter().zip(teacher);
        let along: f64 = pairs().map(|(v, t)| v * t).sum();
        // From the difference itself: ‖v‖² − along² would lose all digits where v points at the teacher.
        let squares = |offset: f64| -> f64 {
            pairs()
                .map(|(v, t)| (v - offset * t) * (v - offset * t))
                .sum()
        };
        Self {
            along,
            across: squares(along).sqrt(),
            distance: squares(1.0) / v.len().max(1) as f64,
        }
    }

    fn cosine(&self) -> Option<f64> {
        let norm = (self.along * self.along + self.across * self.across).sqrt();
        (norm > 0.0).then(|| self.along / norm)
    }

    /// 1 − ∠(v, t)/π; v = 0 calls every row positive and is right half the time.
    pub(crate) fn population_accuracy(&self) -> f64 {
        if self.along == 0.0 && self.across == 0.0 {
            return 0.5;
        }
        1.0 - libm::atan2(self.across, self.along) / std::f64::consts::PI
    }
}
