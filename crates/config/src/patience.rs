//! The patience of early stopping.

use std::fmt;

use sparsegrok_kernel::Figure;

/// Early stopping after so many evaluations without a better figure of the test rows. Written `N` for the loss, or
/// `FIGURE:N`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// The figure that is to get better.
    pub figure: PatienceFigure,
    /// Evaluations without a better one.
    pub evaluations: u64,
}

/// A figure by which early stopping can judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatienceFigure {
    /// Test loss, which gets better as it falls.
    TestLoss,
    /// Test accuracy, which gets better as it rises.
    TestAcc,
}

impl PatienceFigure {
    /// The figure itself.
    pub fn figure(self) -> Figure {
        match self {
            Self::TestLoss => Figure::TestLoss,
            Self::TestAcc => Figure::TestAcc,
        }
    }

    /// Tells if a value is better than another.
    pub fn is_better(self, value: f64, than: f64) -> bool {
        match self {
            Self::TestLoss => value < than,
            Self::TestAcc => value > than,
        }
    }
}

/// Patience on the loss is its number alone.
impl fmt::Display for Patience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.figure {
            PatienceFigure::TestLoss => write!(f, "{}", self.evaluations),
            figure => write!(f, "{}:{}", figure.figure().name(), self.evaluations),
        }
    }
}

impl Patience {
    /// A description of the text that is read, to complete "expected …".
    pub(crate) const FORM: &str =
        "a number of evaluations, `N` or `test_loss:N` for the loss, `test_acc:N` for the accuracy";

    /// Reads `N` or `FIGURE:N`.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (figure, evaluations) = text.split_once(':').unwrap_or(("test_loss", text));
        Some(Self {
            figure: match figure.trim() {
                "test_loss" => PatienceFigure::TestLoss,
                "test_acc" => PatienceFigure::TestAcc,
                _ => return None,
            },
            evaluations: evaluations.trim().parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_is_written() {
        for text in ["4", "0", "test_acc:12"] {
            assert_eq!(text.parse::<Patience>().unwrap().to_string(), text);
        }
        assert_eq!(Patience::read("test_loss:7"), Patience::read("7"));
        for bad in [
            "",
            "acc:3",
            "test_acc",
            "test_acc:",
            "test_acc:-1",
            "1.5",
            "train_acc:2",
        ] {
            assert_eq!(Patience::read(bad), None, "{bad}");
        }
    }

    #[test]
    fn losses_get_better_downwards_and_accuracies_upwards() {
        assert!(PatienceFigure::TestLoss.is_better(0.1, 0.2));
        assert!(PatienceFigure::TestAcc.is_better(0.2, 0.1));
        for figure in [PatienceFigure::TestLoss, PatienceFigure::TestAcc] {
            assert!(!figure.is_better(0.5, 0.5));
        }
    }
}
