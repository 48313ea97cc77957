//! The names of columns, and the figures they mean.

use sparsegrok_kernel::{Figure, FigureKind};

/// Names of columns of time, in their canonical form; the first of these that is there is taken.
pub(crate) const TIMES: [&str; 15] = [
    "epoch",
    "epochs",
    "step",
    "steps",
    "global_step",
    "trainer_global_step",
    "training_step",
    "iteration",
    "iterations",
    "iter",
    "iters",
    "update",
    "updates",
    "time",
    "t",
];

/// Names of columns of runs.
pub(crate) const RUNS: [&str; 6] = ["run", "run_name", "run_id", "seed", "trial", "replicate"];

/// Names of columns by which runs are grouped unasked.
pub(crate) const GROUPS: [&str; 3] = ["cell", "group", "condition"];

/// Words for the training rows.
const TRAIN: [&str; 3] = ["train", "training", "tr"];

/// Words for rows that are not trained on.
const TEST: [&str; 8] = [
    "test",
    "testing",
    "val",
    "valid",
    "validation",
    "eval",
    "evaluation",
    "dev",
];

const ACCURACY: [&str; 4] = ["acc", "accs", "accuracy", "accuracies"];
const LOSS: [&str; 2] = ["loss", "losses"];

/// Words for a loss of one kind, where a log has no other.
const KINDS_OF_LOSS: [&str; 5] = ["entropy", "crossentropy", "xent", "ce", "nll"];

/// Words that change nothing of what a column means.
const FILLERS: [&str; 13] = [
    "epoch", "step", "avg", "average", "mean", "full", "set", "data", "of", "metrics", "run",
    "tag", "cross",
];

/// The words of a name in small letters; `trainAcc` has two.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (was_small && c.is_uppercase()) {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words.last_mut().expect("one").extend(c.to_lowercase());
        }
        was_small = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A name in its canonical form: `Global Step` is `global_step`.
pub(crate) fn canonical(name: &str) -> String {
    words(name).join("_")
}

/// A quantity that can be had of training rows and of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantity {
    Accuracy,
    Loss,
}

impl Quantity {
    /// Tells if a figure is of this quantity.
    pub(crate) fn is_of(self, figure: Figure) -> bool {
        let kind = match self {
            Self::Accuracy => FigureKind::Accuracy,
            Self::Loss => FigureKind::Loss,
        };
        figure.kind() == kind
    }
}

/// The rows that a figure is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rows {
    Train,
    Test,
}

/// The meaning of a name, as far as its words tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Meaning {
    pub(crate) quantity: Option<Quantity>,
    pub(crate) rows: Option<Rows>,
    /// True where the quantity is told by one kind of it.
    pub(crate) is_kind: bool,
    /// The words that mean neither: part of a run's name.
    pub(crate) rest: String,
}

impl Meaning {
    /// The meaning of a name; of two words for one thing, the second is part of the rest.
    pub(crate) fn of(name: &str) -> Self {
        let (mut quantity, mut rows, mut rest) = (None, None, Vec::new());
        let mut is_kind = false;
        for word in words(name) {
            let is = |list: &[&str]| list.contains(&word.as_str());
            if quantity.is_none() && is(&ACCURACY) {
                quantity = Some(Quantity::Accuracy);
            } else if quantity.is_none() && is(&LOSS) {
                quantity = Some(Quantity::Loss);
            } else if quantity.is_none() && is(&KINDS_OF_LOSS) {
                (quantity, is_kind) = (Some(Quantity::Loss), true);
            } else if rows.is_none() && is(&TRAIN) {
                rows = Some(Rows::Train);
            } else if rows.is_none() && is(&TEST) {
                rows = Some(Rows::Test);
            } else if !is(&FILLERS) {
                rest.push(word);
            }
        }
        Self {
            quantity,
            rows,
            is_kind,
            rest: rest.join("_"),
        }
    }

    /// The figure it means, of rows that are known from elsewhere where the name does not say. An accuracy of
    /// no rows in particular is that of the training rows, as Keras names it.
    pub(crate) fn figure(&self, elsewhere: Option<Rows>) -> Option<Figure> {
        let rows = self.rows.or(elsewhere).unwrap_or(Rows::Train);
        Some(match (self.quantity?, rows) {
            (Quantity::Accuracy, Rows::Train) => Figure::TrainAcc,
            (Quantity::Accuracy, Rows::Test) => Figure::TestAcc,
            (Quantity::Loss, Rows::Train) => Figure::TrainLoss,
            (Quantity::Loss, Rows::Test) => Figure::TestLoss,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_names_mean_figures() {
        for (name, figure) in [
            ("train_acc", Figure::TrainAcc),
            ("Training Accuracy", Figure::TrainAcc),
            ("acc", Figure::TrainAcc),
            ("val/acc", Figure::TestAcc),
            ("valid_accuracy", Figure::TestAcc),
            ("testAccuracy", Figure::TestAcc),
            ("metrics.loss.train", Figure::TrainLoss),
            ("eval_loss", Figure::TestLoss),
        ] {
            let meaning = Meaning::of(name);
            assert_eq!(meaning.figure(None), Some(figure), "{name}");
            assert_eq!(meaning.rest, "", "{name}");
        }
        let of_a_run = Meaning::of("seed3_test_acc");
        assert_eq!(of_a_run.figure(None), Some(Figure::TestAcc));
        assert_eq!(of_a_run.rest, "seed3");
        assert_eq!(Meaning::of("lr").figure(None), None);
        assert_eq!(canonical("Global Step"), "global_step");
    }
}
