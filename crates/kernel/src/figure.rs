//! Figures: the numbers that describe a model at an epoch.
//!
//! One table names every figure of every family of models. An [`Evaluation`] is an epoch and an array
//! that the table indexes, so that a new figure is a row here and the function that computes it; what
//! stores, prints or draws figures goes by the table.
//!
//! Rows that end in `when asked` are of figures that are computed only where a [`FigureSet`] has them: they cost
//! more than the others, and logs of runs that nobody asked for them stay as they are. Rows that end in `of networks`
//! are of figures that networks alone have.

use std::ops::{Index, IndexMut};

/// The kind of quantity that a figure is: figures of one kind can share an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FigureKind {
    /// A share of rows classified right, from 0 to 1.
    Accuracy,
    /// A mean loss, in the loss's own unit.
    Loss,
    /// A difference of losses or accuracies between test and training.
    Gap,
    /// A norm of weights.
    Norm,
    /// A share of one quantity in another, from 0 to 1.
    Share,
    /// A margin y·z.
    Margin,
    /// A cosine, from −1 to 1.
    Cosine,
    /// A squared distance.
    Distance,
    /// A share of rows classified wrong, or a bound on it.
    Error,
    /// An angle in degrees, from 0 to 180.
    Angle,
    /// A second derivative of the loss with respect to weights, or a sum of them.
    Curvature,
    /// A number of weights.
    Count,
    /// A length of a description, in bits.
    Bits,
}

macro_rules! figures {
    ($(
        $(#[doc = $doc:literal])+
        $figure:ident $name:literal $kind:ident $words:literal $(when $asked:ident)? $(of $networks:ident)?,
    )+) => {
        /// A figure of an evaluation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Figure {
            $($(#[doc = $doc])+ $figure,)+
        }

        impl Figure {
            /// Every figure, in the order of the table.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$figure),+];

            /// The name in headers, logs and configurations.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$figure => $name,)+
                }
            }

            /// The kind of quantity.
            pub const fn kind(self) -> FigureKind {
                match self {
                    $(Self::$figure => FigureKind::$kind,)+
                }
            }

            /// The words in a legend beside others of its kind.
            pub const fn words(self) -> &'static str {
                match self {
                    $(Self::$figure => $words,)+
                }
            }

            /// True where it is computed only if it is asked for.
            pub const fn waits_to_be_asked(self) -> bool {
                match self {
                    $(Self::$figure => {
                        let asked: &[&str] = &[$(stringify!($asked))?];
                        !asked.is_empty()
                    })+
                }
            }

            /// True where networks alone have it.
            pub const fn is_of_networks(self) -> bool {
                match self {
                    $(Self::$figure => {
                        let networks: &[&str] = &[$(stringify!($networks))?];
                        !networks.is_empty()
                    })+
                }
            }
        }
    };
}

figures! {
    /// Share of training rows classified right, each with its own memorization column.
    TrainAcc "train_acc" Accuracy "train",
    /// Share of test rows classified right.
    TestAcc "test_acc" Accuracy "test",
    /// Accuracy on the whole population of isotropic Gaussian rows: 1 − ∠(v, teacher)/π; with a bias b, and h = b/ε‖v‖,
    /// ½ + 2T(h, cot ∠(v, teacher)), T being Owen's; where all labels are +1, Φ(h).
    ///
    /// It exists for synthetic data, classified by sign.
    PopulationAcc "population_acc" Accuracy "population",
    /// Mean training loss, without the penalty.
    TrainLoss "train_loss" Loss "train",
    /// Mean test loss.
    TestLoss "test_loss" Loss "test",
    /// Generalization gap in loss: test − train.
    GapLoss "gap_loss" Gap "test − train loss",
    /// Generalization gap in error: train accuracy − test accuracy.
    GapAcc "gap_acc" Gap "train − test accuracy",
    /// ‖w‖, signal, tail and memorization together, without the bias.
    WeightNorm "weight_norm" Norm "‖w‖, all weights",
    /// ‖v‖.
    SignalNorm "signal_norm" Norm "‖v‖, signal",
    /// ‖m‖.
    MemorizationNorm "memorization_norm" Norm "‖m‖, memorization",
    /// ‖m‖²/‖w‖²; 0 where w = 0.
    MemorizationShare "memorization_share" Share "‖m‖² / ‖w‖²",
    /// Smallest training margin y·z.
    MarginMin "margin_min" Margin "smallest",
    /// Mean training margin.
    MarginMean "margin_mean" Margin "mean",
    /// Cosine of the angle between v and the teacher; it does not exist where v = 0.
    TeacherCosine "teacher_cosine" Cosine "cosine of v and teacher",
    /// ‖v − v*‖²/d.
    TeacherDistance "teacher_distance" Distance "‖v − teacher‖² / d",
    /// Regularised objective J = mean training loss + ½λ‖w‖².
    Objective "objective" Loss "objective",
    /// Effective number of weights, (Σ|w|)²/Σw²: as many as there are where all are of one size, 1 where one
    /// outweighs all others. Without the bias; it does not exist where w = 0.
    EffectiveWeights "effective_weights" Count "(Σ|w|)² / Σw²" when asked,
    /// Gini's coefficient of |w|: 0 where all weights are of one size, near 1 where few are all there is. Without the
    /// bias; it does not exist where w = 0.
    Gini "gini" Share "Gini coefficient of |w|" when asked,
    /// Bits that describe the weights at the coarsest precision 2^−k at which train loss rises by 1 % at most: those of
    /// Elias' code γ of each w·2^k, rounded.
    DescriptionLength "description_length" Bits "description" when asked,
    /// Trace of the Hessian of the train loss, (1/n) Σ ℓ″(z_i)‖x_i‖² over training rows and all their columns, weighted
    /// as in training; it does not exist for the hinge loss, whose Hessian is 0 or none.
    HessianTrace "hessian_trace" Curvature "trace" when asked,
    /// Largest eigenvalue of the same Hessian.
    Sharpness "sharpness" Curvature "largest eigenvalue" when asked,
    /// PAC-Bayes bound on the error of a classifier drawn around the weights, those of memorization left out, on new
    /// rows: it fails with probability 0.05 at most, and says nothing from 1 on. It exists for labels ±1.
    PacBayes "pac_bayes" Error "PAC-Bayes bound" when asked,
    /// Angle between all weights and the max-margin solution of the training rows, in degrees. It exists for labels ±1
    /// that are separable, and not where w = 0.
    MaxMarginAngle "max_margin_angle" Angle "angle to max-margin" when asked,
    /// Share of the training rows with labels of the task that are classified right.
    TrainAccClean "train_acc_clean" Accuracy "train, labels of the task" of networks,
    /// Share of the training rows with labels drawn at random that are classified as these say. It does not exist
    /// without label noise.
    TrainAccNoisy "train_acc_noisy" Accuracy "train, random labels" of networks,
    /// ‖U‖, weights of the first input.
    NormU "norm_u" Norm "‖U‖, first input" of networks,
    /// ‖V‖, weights of the second input.
    NormV "norm_v" Norm "‖V‖, second input" of networks,
    /// ‖W‖, weights of the outputs.
    NormW "norm_w" Norm "‖W‖, outputs" of networks,
    /// Mean over neurons of the inverse participation ratio of their spectra: 1 where each neuron's weights are
    /// waves of one frequency, and near 4/p where they are random.
    Ipr "ipr" Share "mean inverse participation ratio" of networks,
    /// Share of neurons that are periodic: whose inverse participation ratio is above ½.
    PeriodicShare "periodic_share" Share "periodic neurons" of networks,
    /// Share of ‖U‖² + ‖V‖² + ‖W‖² outside the analytic weights of each neuron's frequency and input phases. It exists
    /// for sums and differences.
    AnalyticDistance "analytic_distance" Share "outside the analytic weights" of networks,
}

impl Figure {
    /// The number of figures.
    pub const COUNT: usize = Self::ALL.len();

    /// The figure of a name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|figure| figure.name() == name)
    }
}

/// A set of figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FigureSet(u64);

impl FigureSet {
    /// No figures.
    pub const NONE: Self = Self(0);

    /// Tells if a figure is one of them.
    pub const fn has(self, figure: Figure) -> bool {
        self.0 >> figure as u64 & 1 == 1
    }

    /// Tells if an evaluation that is asked for these computes a figure, where it exists.
    pub const fn computes(self, figure: Figure) -> bool {
        !figure.waits_to_be_asked() || self.has(figure)
    }
}

impl FromIterator<Figure> for FigureSet {
    fn from_iter<I: IntoIterator<Item = Figure>>(figures: I) -> Self {
        const { assert!(Figure::COUNT <= u64::BITS as usize) };
        let bits = figures.into_iter().map(|figure| 1 << figure as u64);
        Self(bits.fold(0, |set, bit: u64| set | bit))
    }
}

/// The figures of a model after some epochs. A figure that does not exist, as without a test set, is
/// NaN.
#[derive(Clone, Copy, Debug)]
pub struct Evaluation {
    /// Epochs trained.
    pub epoch: u64,
    figures: [f64; Figure::COUNT],
}

impl Evaluation {
    /// An evaluation after `epoch` epochs, without any figure yet.
    pub fn new(epoch: u64) -> Self {
        Self {
            epoch,
            figures: [f64::NAN; Figure::COUNT],
        }
    }

    /// The same evaluation with a figure in it.
    pub fn with(mut self, figure: Figure, value: f64) -> Self {
        self[figure] = value;
        self
    }

    /// Sets a figure that may not exist.
    pub fn set(&mut self, figure: Figure, value: Option<f64>) {
        self[figure] = value.unwrap_or(f64::NAN);
    }

    /// Checks that every figure that exists is finite.
    pub fn is_finite(&self) -> bool {
        !self.figures.iter().any(|figure| figure.is_infinite())
    }

    /// A figure, where it exists.
    pub fn get(&self, figure: Figure) -> Option<f64> {
        Some(self[figure]).filter(|value| !value.is_nan())
    }
}

/// A figure; NaN where it does not exist.
impl Index<Figure> for Evaluation {
    type Output = f64;

    fn index(&self, figure: Figure) -> &f64 {
        &self.figures[figure as usize]
    }
}

impl IndexMut<Figure> for Evaluation {
    fn index_mut(&mut self, figure: Figure) -> &mut f64 {
        &mut self.figures[figure as usize]
    }
}

/// Equal in every bit: figures that do not exist in either are equal.
impl PartialEq for Evaluation {
    fn eq(&self, other: &Self) -> bool {
        self.epoch == other.epoch
            && self.figures.map(f64::to_bits) == other.figures.map(f64::to_bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_indexes_itself() {
        for (place, figure) in Figure::ALL.into_iter().enumerate() {
            assert_eq!(figure as usize, place);
            assert_eq!(Figure::of(figure.name()), Some(figure));
            let evaluation = Evaluation::new(3).with(figure, 0.5);
            let there = Figure::ALL.map(|other| evaluation.get(other).is_some());
            assert_eq!(there, Figure::ALL.map(|other| other == figure));
        }
        assert_eq!(Figure::of("epoch"), None);
    }

    #[test]
    fn a_set_has_its_figures_and_computes_the_usual_ones_too() {
        for one in Figure::ALL {
            let set = FigureSet::from_iter([one]);
            for other in Figure::ALL {
                assert_eq!(set.has(other), one == other);
                let is_usual = !other.waits_to_be_asked();
                assert_eq!(set.computes(other), is_usual || one == other);
                assert_eq!(FigureSet::NONE.computes(other), is_usual);
            }
        }
        assert!(!Figure::Objective.waits_to_be_asked() && Figure::Gini.waits_to_be_asked());
    }
}
