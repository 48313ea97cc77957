//! Figures of a model's weights: accuracies, losses, norms, margins.

use std::ops::Range;

use sparsegrok_data::{
    Dataset, Problem, TargetKind, Teacher, holds_squares, length, root_of_squares, sum_of_squares,
};
use sparsegrok_lanes::{Arithmetic, LANES, Lanes, Level, Simd, Task};

use crate::blocks::{Blocks, Threads};
use crate::figure::{Evaluation, Figure};
use crate::spec::Sgd;
use crate::weights::{Weights, add_memorized, score, signal_score};

#[cfg(test)]
mod tests;

/// Evaluates weights on a problem, in one pass over its non-zeros.
///
/// A row counts as right when the score's sign (0 counts +1) is its target's; with an
/// `accuracy_tolerance`, when (z − y)² is below it. Sums over rows go by blocks of 65,536 rows, which are divided among
/// the threads: in row order within a block, and in the order of blocks. A figure that exists and has no finite value is
/// infinite: NaN is kept for those that do not exist.
pub fn evaluate(
    epoch: u64,
    weights: &Weights,
    problem: &Problem,
    spec: &Sgd,
    accuracy_tolerance: Option<f64>,
    threads: &Threads,
) -> Evaluation {
    let scores = |data: &Dataset| {
        let blocks = Blocks::of(data.len());
        Scores::of(data, weights, spec, accuracy_tolerance, blocks, threads)
    };
    let train = scores(&problem.train);
    let test = problem.test.as_ref().filter(|test| !test.is_empty());
    let norms = Norms::of(std::slice::from_ref(weights));
    let teacher = problem
        .teacher
        .as_ref()
        .map(|teacher| Alignment::of(&weights.signal, teacher.direction()));
    let mut found = figures(epoch, &train, test.map(scores).as_ref(), &norms, spec);
    let mut put = |figure, value| put(&mut found, figure, value);
    if let Some(teacher) = teacher {
        if has_population(problem, spec, accuracy_tolerance) {
            put(Figure::PopulationAcc, teacher.population_accuracy());
        }
        if let Some(cosine) = teacher.cosine() {
            put(Figure::TeacherCosine, cosine);
        }
        put(Figure::TeacherDistance, teacher.distance);
    }
    found
}

/// The figures that follow from means over rows and from norms, whatever scores the rows.
pub(crate) fn figures(
    epoch: u64,
    train: &Scores,
    test: Option<&Scores>,
    norms: &Norms,
    spec: &Sgd,
) -> Evaluation {
    let mut found = Evaluation::new(epoch);
    let mut put = |figure, value| put(&mut found, figure, value);
    put(Figure::TrainAcc, train.accuracy);
    put(Figure::TrainLoss, train.loss);
    put(Figure::MarginMin, train.margin_min);
    put(Figure::MarginMean, train.margin_mean);
    if let Some(test) = test {
        put(Figure::TestAcc, test.accuracy);
        put(Figure::TestLoss, test.loss);
        put(Figure::GapLoss, test.loss - train.loss);
        put(Figure::GapAcc, train.accuracy - test.accuracy);
    }
    put(Figure::WeightNorm, norms.all);
    put(Figure::SignalNorm, norms.signal);
    put(Figure::MemorizationNorm, norms.memorization);
    put(Figure::MemorizationShare, norms.memorization_share);
    put(
        Figure::Objective,
        train.weighted_loss + norms.penalty(spec.weight_decay),
    );
    found
}

/// Sets a figure that exists.
fn put(found: &mut Evaluation, figure: Figure, value: f64) {
    found[figure] = if value.is_nan() { f64::INFINITY } else { value };
}

/// Norms of the weights of one model, or of several taken together, without the bias.
pub(crate) struct Norms {
    signal: f64,
    memorization: f64,
    all: f64,
    /// Σw², which may overflow or vanish where the norms do not.
    squares: f64,
    memorization_share: f64,
}

impl Norms {
    pub(crate) fn of(models: &[Weights]) -> Self {
        let part = |i: usize| models.iter().map(move |weights| weights.parts()[i]);
        let of_part = |part: &[f64]| sum_of_squares(part.iter().copied());
        let squares = [0, 1, 2].map(|i| part(i).map(of_part).fold(0.0, |sum, part| sum + part));
        let norms = [0, 1, 2].map(|i| root_of_squares(squares[i], part(i).flatten().copied()));
        let [signal, tail, memorization] = squares;
        let all_squares = signal + tail + memorization;
        let all = root_of_squares(all_squares, norms);
        let memorization_share = match all {
            0.0 => 0.0,
            _ if holds_squares(all_squares) => memorization / all_squares,
            _ => (norms[2] / all) * (norms[2] / all),
        };
        Self {
            signal: norms[0],
            memorization: norms[2],
            all,
            squares: all_squares,
            memorization_share,
        }
    }

    /// ½λ‖w‖².
    fn penalty(&self, weight_decay: f64) -> f64 {
        match holds_squares(self.squares) {
            true => 0.5 * weight_decay * self.squares,
            false => 0.5 * weight_decay * self.all * self.all,
        }
    }
}

/// Tells if the population's accuracy exists: rows are isotropic Gaussian ones that a teacher labels,
/// classified by sign, and the decision passes through the origin.
pub(crate) fn has_population(
    problem: &Problem,
    spec: &Sgd,
    accuracy_tolerance: Option<f64>,
) -> bool {
    let by_sign = accuracy_tolerance.is_none() || problem.train.target_kind() == TargetKind::Sign;
    let of_isotropic_rows = problem
        .teacher
        .as_ref()
        .is_some_and(Teacher::labels_isotropic_rows);
    by_sign && of_isotropic_rows && !spec.bias && problem.train.features().tail_width() == 0
}

/// Tells if a score is right for its target: in sign, or to a tolerance of its square.
#[inline(always)]
pub(crate) fn is_right(z: f64, y: f64, tolerance: Option<f64>) -> bool {
    match tolerance {
        Some(tolerance) => (z - y) * (z - y) < tolerance,
        None => (z >= 0.0) == (y >= 0.0),
    }
}

/// Sums over the rows of a block, or of several.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sums {
    pub(crate) right: u64,
    pub(crate) loss: f64,
    /// Σ of losses, each times its row's weight: the losses themselves where rows have no weights.
    pub(crate) weighted_loss: f64,
    pub(crate) margins: f64,
    pub(crate) margin_min: f64,
}

impl Sums {
    /// Those of no rows.
    pub(crate) const ZERO: Self = Self {
        right: 0,
        loss: 0.0,
        weighted_loss: 0.0,
        margins: 0.0,
        margin_min: f64::INFINITY,
    };

    /// Marks losses as infinite where a score is not finite, which they may hide: the hinge's max(0, 1 − NaN) is 0.
    pub(crate) fn told_of(self, all_finite: bool) -> Self {
        match all_finite {
            true => self,
            false => Self {
                loss: f64::INFINITY,
                weighted_loss: f64::INFINITY,
                ..self
            },
        }
    }

    /// Those over some rows, taken eight at a time in the arithmetic of `a`: their losses are computed together.
    #[inline(always)]
    fn of<A: Arithmetic>(
        a: A,
        rows: Range<usize>,
        data: &Dataset,
        weights: &Weights,
        spec: &Sgd,
        tolerance: Option<f64>,
    ) -> Self {
        let mut sums = Self::ZERO;
        // Rows of signal columns alone, as most are, need none of a row's other parts.
        let (features, memorized) = (data.features(), data.memorization());
        let dense = features.tail().is_none().then(|| features.signal_block());
        let width = features.signal_width();
        let [mut scores, mut targets, mut losses] = [[0.0; LANES]; 3];
        for first in rows.clone().step_by(LANES) {
            let count = LANES.min(rows.end - first);
            targets[..count].copy_from_slice(&data.targets()[first..][..count]);
            for k in 0..count {
                scores[k] = match dense {
                    Some(block) => {
                        let signal = &block[(first + k) * width..][..width];
                        let z = signal_score(weights, signal);
                        memorized.map_or(z, |alpha| add_memorized(z, weights, first + k, alpha))
                    }
                    None => score(weights, &data.row(first + k)),
                };
            }
            // Of fewer than eight rows the last numbers are those of earlier ones, and not read.
            let values = spec.loss.values(a, a.load(&scores), a.load(&targets));
            a.store(values, &mut losses);
            for k in 0..count {
                let (z, y) = (scores[k], targets[k]);
                sums.right += u64::from(is_right(z, y, tolerance));
                sums.loss += losses[k];
                sums.margins += y * z;
                sums.margin_min = sums.margin_min.min(y * z);
            }
        }
        sums.weighted_loss = match data.row_weights() {
            // In a pass of its own: few rows have weights.
            Some(row_weights) => rows.fold(0.0, |sum, i| {
                let row = data.row(i);
                sum + row_weights[i] * spec.loss.value(score(weights, &row), row.target)
            }),
            None => sums.loss,
        };
        sums.told_of(sums.margins.is_finite())
    }

    /// Those of these rows and of the next ones.
    fn plus(self, next: Self) -> Self {
        Self {
            right: self.right + next.right,
            loss: self.loss + next.loss,
            weighted_loss: self.weighted_loss + next.weighted_loss,
            margins: self.margins + next.margins,
            margin_min: self.margin_min.min(next.margin_min),
        }
    }
}

/// Sums over some rows, to be compiled for the level's instructions.
struct Evaluated<'e> {
    rows: Range<usize>,
    data: &'e Dataset,
    weights: &'e Weights,
    spec: &'e Sgd,
    tolerance: Option<f64>,
}

impl Task for Evaluated<'_> {
    type Output = Sums;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> Sums {
        let Self {
            rows,
            data,
            weights,
            spec,
            tolerance,
        } = self;
        Sums::of(Lanes(simd), rows, data, weights, spec, tolerance)
    }
}

/// Means over the rows of one dataset.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scores {
    pub(crate) accuracy: f64,
    pub(crate) loss: f64,
    /// The mean of losses, each times its row's weight, which training lowers.
    pub(crate) weighted_loss: f64,
    pub(crate) margin_min: f64,
    pub(crate) margin_mean: f64,
}

impl Scores {
    pub(crate) fn of(
        data: &Dataset,
        weights: &Weights,
        spec: &Sgd,
        tolerance: Option<f64>,
        blocks: Blocks,
        threads: &Threads,
    ) -> Self {
        // A tolerance is for real targets: signs are compared as signs.
        let tolerance = tolerance.filter(|_| data.target_kind() == TargetKind::Real);
        Self::by_blocks(blocks, threads, |rows| {
            Level::detect().run(Evaluated {
                rows,
                data,
                weights,
                spec,
                tolerance,
            })
        })
    }

    /// The means that follow from the sums over each block's rows.
    pub(crate) fn by_blocks(
        blocks: Blocks,
        threads: &Threads,
        sums: impl Fn(Range<usize>) -> Sums + Sync,
    ) -> Self {
        let of_blocks = blocks.map(threads, sums);
        let all = of_blocks.into_iter().fold(Sums::ZERO, Sums::plus);
        let n = blocks.rows() as f64;
        Self {
            accuracy: all.right as f64 / n,
            loss: all.loss / n,
            weighted_loss: all.weighted_loss / n,
            margin_min: all.margin_min,
            margin_mean: all.margins / n,
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
        let apart = |offset: f64| pairs().map(move |(v, t)| v - offset * t);
        Self {
            along,
            across: length(apart(along)),
            distance: sum_of_squares(apart(1.0)) / v.len().max(1) as f64,
        }
    }

    fn cosine(&self) -> Option<f64> {
        let norm = length([self.along, self.across]);
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
