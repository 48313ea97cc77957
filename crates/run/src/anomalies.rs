//! Anomalies of a run's trace that its times do not tell: what was lost again, overfitting, accuracy and loss that
//! disagree, and spikes of the train loss.
//!
//! Every anomaly is a function of the evaluations alone. Fewer evaluations of the same run never show more losses of
//! what was reached, and, as long as the first is among them, no more of any other anomaly.

use sparsegrok_config::EvaluateSpec;
use sparsegrok_kernel::Figure;

use crate::goal::Goal;
use crate::trace::Trace;

/// Share of a loss at the first evaluation below which it counts as this much: less is near enough to none that its
/// fluctuations mean nothing.
const FLOOR: f64 = 0.01;

/// Factor by which the train loss rises, and falls again, in a spike.
const SPIKE: f64 = 10.0;

/// An anomaly of a run's trace. Each has a size, 0 where it did not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anomaly {
    /// Memorized, then lost: the epochs for which the memorizing figure, once at its threshold, was far from it.
    MemorizationLost,
    /// Generalized, then lost: likewise of the generalizing figure. To the end of the run, it is the ungrokking of
    /// V. Varma et al., "Explaining grokking through circuit efficiency" (arXiv:2309.02390).
    Ungrokking,
    /// Test loss that rises while train loss does not: the rise as a share of the loss before, the generalization
    /// loss of L. Prechelt, "Early stopping — but when?" (1998).
    Overfitting,
    /// Test accuracy that falls while test loss does not rise: the fall.
    AccuracyAlone,
    /// Test loss that rises while test accuracy does not fall: the rise as a share of the loss before.
    LossAlone,
    /// Spikes of the train loss, as in slingshots: their number. V. Thilak et al., "The Slingshot Mechanism"
    /// (arXiv:2206.04817).
    Spikes,
}

impl Anomaly {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::MemorizationLost,
        Self::Ungrokking,
        Self::Overfitting,
        Self::AccuracyAlone,
        Self::LossAlone,
        Self::Spikes,
    ];

    /// The name in summaries and records.
    pub fn name(self) -> &'static str {
        match self {
            Self::MemorizationLost => "memorization_lost",
            Self::Ungrokking => "ungrokking",
            Self::Overfitting => "overfitting",
            Self::AccuracyAlone => "accuracy_alone",
            Self::LossAlone => "loss_alone",
            Self::Spikes => "spikes",
        }
    }

    /// The size from which on it is said to have happened.
    pub fn least(self) -> f64 {
        match self {
            Self::MemorizationLost | Self::Ungrokking | Self::Spikes => 1.0,
            Self::Overfitting | Self::LossAlone => 0.5,
            Self::AccuracyAlone => 0.1,
        }
    }
}

/// The sizes of a run's anomalies.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Anomalies([Option<f64>; Anomaly::ALL.len()]);

impl Anomalies {
    /// The anomalies of a run of which nothing tells.
    pub const NONE: Self = Self([None; Anomaly::ALL.len()]);

    /// Finds the anomalies of a run. `Time: O(trace · log trace)`, for curves that mostly fall or mostly rise
    ///
    /// # Formula
    /// A figure is *far* from its threshold where an accuracy is 0.1 or more below it, or a loss is ten times it or
    /// more. What was reached is lost from an evaluation far from the threshold to the next at the threshold, or to
    /// the end of the run.
    ///
    /// With L = max(loss, 1 % of the first evaluated loss), the size of overfitting is max L_test(t₂)/L_test(t₁) − 1
    /// over the evaluations t₁ < t₂ between which train loss does not rise; that of loss alone likewise where the
    /// accuracy on test rows does not fall; that of accuracy alone is the largest fall of that accuracy where test loss
    /// does not rise.
    ///
    /// A spike is a rise of L_train to ten times its least since the last spike, and a fall to a tenth of its most
    /// since.
    pub fn of(trace: &Trace, spec: &EvaluateSpec) -> Self {
        let column = |figure| trace.figure(figure).iter().copied();
        let [train, test] =
            [Figure::TrainLoss, Figure::TestLoss].map(|figure| column(figure).collect::<Vec<_>>());
        let levels = levels(&test);
        let accuracy: Vec<f64> = column(Figure::TestAcc).map(|x| -x).collect();
        let share = |before: f64, after: f64| after / before - 1.0;
        Self(Anomaly::ALL.map(|anomaly| match anomaly {
            Anomaly::MemorizationLost => epochs_lost(trace, &Goal::memorized(spec)),
            Anomaly::Ungrokking => epochs_lost(trace, &Goal::generalized(spec)),
            Anomaly::Overfitting => rise_against(&train, &levels, share),
            Anomaly::AccuracyAlone => {
                rise_against(&test, &accuracy, |before, after| after - before)
            }
            Anomaly::LossAlone => rise_against(&accuracy, &levels, share),
            Anomaly::Spikes => spikes(&self::levels(&train)),
        }))
    }

    /// The size of an anomaly; `None` where the run has no figure that tells.
    pub fn size(&self, anomaly: Anomaly) -> Option<f64> {
        self.0[anomaly as usize]
    }

    /// Tells if an anomaly happened.
    pub fn has(&self, anomaly: Anomaly) -> bool {
        self.size(anomaly)
            .is_some_and(|size| size >= anomaly.least())
    }
}

/// Epochs for which a goal that was reached was then far.
fn epochs_lost(trace: &Trace, goal: &Goal) -> Option<f64> {
    let (mut is_seen, mut was_reached) = (false, false);
    let (mut epochs, mut lost) = (0, None);
    for evaluation in trace.iter() {
        let Some(value) = goal.value(&evaluation) else {
            continue;
        };
        is_seen = true;
        if goal.is_met(value) {
            was_reached = true;
            epochs += lost.take().map_or(0, |since| evaluation.epoch - since);
        } else if was_reached && goal.is_far(value) {
            lost.get_or_insert(evaluation.epoch);
        }
    }
    let last = trace.epochs().last().copied().unwrap_or(0);
    epochs += lost.map_or(0, |since| last + 1 - since);
    is_seen.then_some(epochs as f64)
}

/// Losses, none less than a share of the first; none where the first is not positive.
fn levels(losses: &[f64]) -> Vec<f64> {
    let first = losses.iter().find(|loss| loss.is_finite());
    let floor = first.filter(|&&first| first > 0.0);
    let level = |loss: &f64| match floor {
        Some(first) if loss.is_finite() => loss.max(FLOOR * first),
        _ => f64::NAN,
    };
    losses.iter().map(level).collect()
}

/// The most that `y` rises, in some measure, between two evaluations over which `x` does not, 0 if it never does;
/// `None` where no evaluation has both.
fn rise_against(x: &[f64], y: &[f64], measure: impl Fn(f64, f64) -> f64) -> Option<f64> {
    // Of the evaluations so far, those that no other has a larger x and a smaller y than: both descend.
    let mut front: Vec<(f64, f64)> = Vec::new();
    let mut most = None;
    let both = x.iter().zip(y).filter(|(x, y)| !x.is_nan() && !y.is_nan());
    for (&x, &y) in both {
        let end = front.partition_point(|&(before, _)| before >= x);
        let least = end.checked_sub(1).map(|last| front[last].1);
        let rise = least.map_or(0.0, |least| measure(least, y));
        most = Some(rise.max(most.unwrap_or(0.0)));
        if least.is_none_or(|least| y < least) {
            let above = front[end..].iter().take_while(|&&(_, other)| other >= y);
            let above = above.count();
            front.splice(end..end + above, [(x, y)]);
        }
    }
    most
}

/// The number of times that a curve rises by the factor [`SPIKE`] and falls by it again.
fn spikes(levels: &[f64]) -> Option<f64> {
    let (mut is_up, mut extreme, mut found) = (false, f64::INFINITY, None);
    for &level in levels.iter().filter(|level| !level.is_nan()) {
        let count = found.get_or_insert(0.0);
        match is_up {
            false if level >= SPIKE * extreme => (is_up, extreme) = (true, level),
            false => extreme = extreme.min(level),
            true if SPIKE * level <= extreme => {
                (is_up, extreme) = (false, level);
                *count += 1.0;
            }
            true => extreme = extreme.max(level),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sparsegrok_config::{GenFigure, MemFigure};
    use sparsegrok_kernel::Evaluation;

    /// A trace evaluated every 10 epochs, of these figures.
    fn trace(columns: &[(Figure, &[f64])]) -> Trace {
        let points = (0..columns[0].1.len()).map(|place| {
            let begun = Evaluation::new(10 * (place as u64 + 1));
            let columns = columns.iter();
            columns.fold(begun, |e, (figure, column)| e.with(*figure, column[place]))
        });
        points.collect()
    }

    fn size(anomaly: Anomaly, columns: &[(Figure, &[f64])]) -> Option<f64> {
        let anomalies = Anomalies::of(&trace(columns), &EvaluateSpec::default());
        anomalies.size(anomaly)
    }

    fn happened(anomaly: Anomaly, columns: &[(Figure, &[f64])]) -> bool {
        Anomalies::of(&trace(columns), &EvaluateSpec::default()).has(anomaly)
    }

    #[test]
    fn what_is_lost_again_counts_until_it_is_back_or_to_the_end() {
        let lost = |train: &[f64]| size(Anomaly::MemorizationLost, &[(Figure::TrainAcc, train)]);
        assert_eq!(lost(&[0.5, 0.99, 1.0]), Some(0.0));
        // Lost at 30, back at 50.
        assert_eq!(lost(&[0.5, 1.0, 0.8, 0.95, 1.0]), Some(20.0));
        // Lost again at 60, to the end after 70.
        assert_eq!(
            lost(&[0.5, 1.0, 0.8, 0.95, 1.0, 0.2, 0.98]),
            Some(20.0 + 11.0)
        );
        // A little below the threshold, and never reached, are no losses.
        assert_eq!(lost(&[0.5, 0.99, 0.90, 0.98, 0.91, 0.99]), Some(0.0));
        assert_eq!(lost(&[0.5, 0.98, 0.2]), Some(0.0));
        let test = [0.1, 0.95, 0.9, 0.81, 0.9];
        assert_eq!(
            size(Anomaly::Ungrokking, &[(Figure::TestAcc, &test)]),
            Some(0.0)
        );
        let test = [0.1, 0.95, 0.9, 0.3, 0.3];
        assert_eq!(
            size(Anomaly::Ungrokking, &[(Figure::TestAcc, &test)]),
            Some(11.0)
        );
        assert_eq!(
            size(Anomaly::Ungrokking, &[(Figure::TrainAcc, &test)]),
            None
        );
    }

    #[test]
    fn a_loss_is_lost_at_ten_times_its_threshold() {
        let spec = EvaluateSpec {
            mem_figure: MemFigure::TrainLoss,
            mem_threshold: 0.01,
            gen_figure: GenFigure::TestLoss,
            gen_threshold: 0.1,
            ..EvaluateSpec::default()
        };
        let losses = trace(&[
            (Figure::TrainLoss, &[1.0, 0.01, 0.09, 0.01, 0.01]),
            (Figure::TestLoss, &[1.0, 0.1, 0.1, 2.0, 2.0]),
        ]);
        let anomalies = Anomalies::of(&losses, &spec);
        assert_eq!(anomalies.size(Anomaly::MemorizationLost), Some(0.0));
        assert_eq!(anomalies.size(Anomaly::Ungrokking), Some(11.0));
    }

    #[test]
    fn overfitting_is_a_rise_of_test_loss_alone() {
        let falls = [1.0, 0.5, 0.2, 0.1];
        let over = |train: &[f64], test: &[f64]| {
            let columns = [(Figure::TrainLoss, train), (Figure::TestLoss, test)];
            let rise = size(Anomaly::Overfitting, &columns).unwrap();
            (
                happened(Anomaly::Overfitting, &columns),
                (rise * 1e9).round() / 1e9,
            )
        };
        assert_eq!(over(&falls, &[1.0, 0.5, 0.6, 1.0]), (true, 1.0));
        // What is overcome later was there all the same, and a rise of less than half is in the figure alone.
        assert_eq!(over(&falls, &[1.0, 0.5, 2.0, 0.1]), (true, 3.0));
        assert_eq!(over(&falls, &[1.0, 0.5, 0.7, 0.1]), (false, 0.4));
        // Both rise, as in a spike; neither does.
        assert_eq!(
            over(&[1.0, 0.1, 2.0, 2.5], &[1.0, 0.5, 3.0, 3.0]),
            (false, 0.0)
        );
        assert_eq!(over(&falls, &falls), (false, 0.0));
        // Next to nothing rises to next to nothing.
        assert_eq!(over(&falls, &[1.0, 1e-6, 5e-3, 5e-3]), (false, 0.0));
        let columns: [(Figure, &[f64]); 1] = [(Figure::TrainLoss, &falls)];
        assert_eq!(size(Anomaly::Overfitting, &columns), None);
    }

    #[test]
    fn accuracy_and_loss_may_disagree_either_way() {
        let told = |accuracy: &[f64], loss: &[f64]| {
            let columns = [(Figure::TestAcc, accuracy), (Figure::TestLoss, loss)];
            [Anomaly::AccuracyAlone, Anomaly::LossAlone].map(|anomaly| happened(anomaly, &columns))
        };
        assert_eq!(
            told(&[0.5, 0.9, 0.7, 0.9], &[1.0, 0.5, 0.4, 0.3]),
            [true, false]
        );
        assert_eq!(
            told(&[0.5, 0.9, 0.9, 0.95], &[1.0, 0.5, 0.8, 0.9]),
            [false, true]
        );
        // Worse in both, better in both, and too little to tell.
        assert_eq!(told(&[0.5, 0.9, 0.7], &[1.0, 0.5, 0.9]), [false, false]);
        assert_eq!(told(&[0.5, 0.7, 0.9], &[1.0, 0.9, 0.5]), [false, false]);
        assert_eq!(told(&[0.5, 0.9, 0.85], &[1.0, 0.5, 0.4]), [false, false]);
        assert_eq!(told(&[0.5, 0.9, 0.9], &[1.0, 0.5, 0.7]), [false, false]);
    }

    #[test]
    fn a_spike_rises_and_falls_by_ten() {
        let spikes = |loss: &[f64]| size(Anomaly::Spikes, &[(Figure::TrainLoss, loss)]).unwrap();
        assert_eq!(spikes(&[1.0, 1e-3, 1e-5, 1e-6]), 0.0);
        assert_eq!(spikes(&[1.0, 1e-3, 2.0, 1.5, 1e-2, 1e-3, 0.4, 0.02]), 2.0);
        // It has not come back; it is no more than nine times; it is next to nothing.
        assert_eq!(spikes(&[1.0, 1e-3, 2.0, 1.5]), 0.0);
        assert_eq!(spikes(&[1.0, 0.02, 0.18, 0.02]), 0.0);
        assert_eq!(spikes(&[1.0, 1e-6, 0.05, 1e-6]), 0.0);
        // A rise in steps is one, and so is one with a lesser peak on its way down.
        assert_eq!(spikes(&[1.0, 0.01, 0.05, 0.3, 1.0, 0.4, 0.9, 0.01]), 1.0);
    }

    /// Curves of losses and accuracies as a run may have them, some missing.
    fn curves() -> impl Strategy<Value = Vec<[f64; 4]>> {
        let accuracy = prop_oneof![4 => 0.0..=1.0, 1 => Just(f64::NAN)];
        let loss = prop_oneof![4 => (-9.0..3.0_f64).prop_map(f64::exp), 1 => Just(f64::NAN)];
        let point = (accuracy.clone(), accuracy, loss.clone(), loss);
        let point = point.prop_map(|(a, b, c, d)| [a, b, c, d]);
        prop::collection::vec(point, 1..40)
    }

    fn anomalies(curves: &[[f64; 4]], keep: impl Fn(usize) -> bool) -> Anomalies {
        let figures = [
            Figure::TrainAcc,
            Figure::TestAcc,
            Figure::TrainLoss,
            Figure::TestLoss,
        ];
        let kept = curves.iter().enumerate().filter(|(place, _)| keep(*place));
        let kept = kept.map(|(place, point)| {
            let begun = Evaluation::new(place as u64 + 1);
            let figures = figures.iter().zip(point);
            figures.fold(begun, |e, (figure, x)| e.with(*figure, *x))
        });
        Anomalies::of(&kept.collect(), &EvaluateSpec::default())
    }

    proptest! {
        #[test]
        fn fewer_evaluations_show_no_anomaly_that_more_do_not(
            mut curves in curves(), kept in prop::collection::vec(any::<bool>(), 40),
        ) {
            // The first evaluation is kept, which the floor of a loss is told by.
            curves[0] = [0.1, 0.1, 2.0, 2.0];
            let whole = anomalies(&curves, |_| true);
            let thinned = anomalies(&curves, |place| place == 0 || kept[place]);
            for anomaly in Anomaly::ALL {
                prop_assert!(!thinned.has(anomaly) || whole.has(anomaly), "{anomaly:?}");
                let lasts = matches!(anomaly, Anomaly::MemorizationLost | Anomaly::Ungrokking);
                prop_assert!(lasts || thinned.size(anomaly) <= whole.size(anomaly), "{anomaly:?}");
            }
        }

        #[test]
        fn the_largest_rise_is_that_of_all_pairs(curves in curves()) {
            let [x, y]: [Vec<f64>; 2] = [2, 3].map(|of| curves.iter().map(|p| p[of]).collect());
            let mut most = None;
            for later in 0..x.len() {
                for earlier in 0..=later {
                    if x[later] <= x[earlier] && !(y[later] - y[earlier]).is_nan() {
                        most = Some((y[later] - y[earlier]).max(most.unwrap_or(0.0)));
                    }
                }
            }
            prop_assert_eq!(rise_against(&x, &y, |before, after| after - before), most);
        }

        #[test]
        fn the_unit_of_a_loss_and_of_time_mean_nothing(curves in curves(), unit in 1e-3..1e3) {
            let scaled: Vec<_> = curves.iter().map(|p| [p[0], p[1], unit * p[2], unit * p[3]]).collect();
            let (one, other) = (anomalies(&curves, |_| true), anomalies(&scaled, |_| true));
            for anomaly in Anomaly::ALL {
                let sizes = [one, other].map(|anomalies| anomalies.size(anomaly));
                let close = match sizes {
                    [Some(a), Some(b)] => (a - b).abs() <= 1e-9 * (1.0 + a),
                    _ => sizes[0] == sizes[1],
                };
                prop_assert!(close || anomaly == Anomaly::Spikes, "{anomaly:?}: {sizes:?}");
            }
        }
    }
}
