//! What was decided while curves were read.

use std::fmt;

use crate::error::names;

/// A decision that a reader of the results should know of. Displays as a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// Columns whose names are not a figure's own.
    ReadAs {
        /// The columns.
        columns: Vec<String>,
        /// The figure's name.
        figure: &'static str,
    },
    /// Columns that might tell the time as well as the one taken.
    OtherTimes {
        /// The column taken.
        taken: String,
        /// The others.
        others: Vec<String>,
    },
    /// Columns of which no use is made.
    Unused {
        /// The columns.
        columns: Vec<String>,
    },
    /// Lists of values without one of times.
    Counted,
    /// Accuracies in per cent.
    PerCent,
    /// Runs whose rows are not in the order of time.
    Unsorted {
        /// Their number.
        runs: usize,
    },
    /// Runs with several values of a figure at one time.
    Repeated {
        /// Their number.
        runs: usize,
    },
    /// Runs that went back to an earlier time and went on from there.
    Restarted {
        /// Their number.
        runs: usize,
    },
    /// Values that are not finite.
    NotFinite {
        /// Their number.
        values: usize,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |columns: &[String]| names(columns.iter().map(String::as_str));
        let runs = |runs: &usize| match runs {
            1 => "1 run".to_owned(),
            _ => format!("{runs} runs"),
        };
        match self {
            Self::ReadAs { columns, figure } => {
                write!(f, "read as `{figure}`: {}", list(columns))
            }
            Self::OtherTimes { taken, others } => write!(
                f,
                "time is told by `{taken}`, though there is also {}: `--time-column NAME` takes another",
                list(others)
            ),
            Self::Unused { columns } => write!(f, "not used: {}", list(columns)),
            Self::Counted => {
                f.write_str("no list of times: values are taken as those of epochs 1, 2, 3, …")
            }
            Self::PerCent => f.write_str("accuracies are in per cent, and are divided by 100"),
            Self::Unsorted { runs: n } => {
                write!(f, "{}: rows not in the order of time were sorted", runs(n))
            }
            Self::Repeated { runs: n } => write!(
                f,
                "{}: times that are repeated count once, with the last value",
                runs(n)
            ),
            Self::Restarted { runs: n } => write!(
                f,
                "{}: restarted at an earlier time, from which on the later rows count",
                runs(n)
            ),
            Self::NotFinite { values } => {
                write!(f, "values that are not finite count as missing: {values}")
            }
        }
    }
}
