//! The span of training time that a threshold must hold for.

use std::fmt;

use crate::text::split_unit;

/// The span of training time that a threshold must hold for before it counts as reached: written
/// `1%` of a run's epochs, or `30epochs`.
///
/// The span is one of time, not a number of evaluations, so that the times found do not depend on how
/// often a run is evaluated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Persistence {
    /// This many per cent of the run's epochs, two epochs at least.
    Percent(f64),
    /// This many epochs.
    Epochs(u64),
}

impl Persistence {
    /// A description of the text that is read, to complete "expected …".
    pub(crate) const FORM: &str =
        "a share of the epochs such as `1%`, or a number of them such as `30epochs`";

    /// Least epochs of a share: one epoch alone confirms nothing.
    const LEAST: u64 = 2;

    /// The span in a run of `epochs`: consecutive epochs, the first at the threshold among them.
    ///
    /// ```
    /// use sparsegrok_config::Persistence;
    ///
    /// assert_eq!(Persistence::Percent(1.0).span(3000), 30);
    /// assert_eq!(Persistence::Percent(1.0).span(20), 2);
    /// ```
    pub fn span(self, epochs: u64) -> u64 {
        match self {
            Self::Percent(percent) => {
                let share = libm::ceil(epochs as f64 * percent / 100.0);
                (share as u64).max(Self::LEAST)
            }
            Self::Epochs(epochs) => epochs,
        }
    }

    /// Reads `1%` or `30epochs`.
    pub(crate) fn read(text: &str) -> Option<Self> {
        match split_unit(text) {
            (percent, "%") => percent.parse().map(Self::Percent).ok(),
            (count, "epochs" | "epoch") => count.parse().map(Self::Epochs).ok(),
            _ => None,
        }
    }

    /// Returns whether it is in range: above 0, and not more than all epochs.
    pub(crate) fn is_valid(self) -> bool {
        match self {
            Self::Percent(percent) => percent > 0.0 && percent <= 100.0,
            Self::Epochs(epochs) => epochs > 0,
        }
    }
}

impl fmt::Display for Persistence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Percent(percent) => write!(f, "{percent}%"),
            Self::Epochs(epochs) => write!(f, "{epochs}epochs"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_is_written() {
        for text in ["1%", "0.5%", "100%", "30epochs", "1epochs"] {
            assert_eq!(text.parse::<Persistence>().unwrap().to_string(), text);
        }
        assert_eq!("30 epochs".parse(), Ok(Persistence::Epochs(30)));
        assert_eq!("1 %".parse(), Ok(Persistence::Percent(1.0)));
        for bad in ["", "%", "3", "1.5", "-1%", "three", "3s", "1%%", "nan%"] {
            assert_eq!(Persistence::read(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_share_is_rounded_up_and_two_epochs_at_least() {
        assert_eq!(Persistence::Percent(1.0).span(101), 2);
        assert_eq!(Persistence::Percent(1.0).span(201), 3);
        assert_eq!(Persistence::Percent(100.0).span(7), 7);
        assert_eq!(Persistence::Epochs(1).span(7), 1);
        assert!(!Persistence::Epochs(0).is_valid());
        assert!(!Persistence::Percent(100.5).is_valid());
    }
}
