//! The interval at which work under way is kept.

use std::fmt;

use crate::text::split_unit;

/// The interval at which a group under way, or a single run, is kept: written `60s`, `5min`, `2h`, `500epochs`
/// or `never`.
///
/// By time, writing takes at most a hundredth of it: where it is slow, it becomes rarer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointEvery {
    /// After this many seconds.
    Seconds(u64),
    /// After this many epochs.
    Epochs(u64),
    /// Only when it is interrupted.
    Never,
}

impl Default for CheckpointEvery {
    fn default() -> Self {
        Self::Seconds(60)
    }
}

impl fmt::Display for CheckpointEvery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seconds(seconds) => write!(f, "{seconds}s"),
            Self::Epochs(epochs) => write!(f, "{epochs}epochs"),
            Self::Never => write!(f, "never"),
        }
    }
}

impl CheckpointEvery {
    /// A description of the text that is read, to complete "expected …".
    pub(crate) const FORM: &str =
        "a time such as `60s`, `5min` or `2h`, a number of epochs such as `500epochs`, or `never`";

    /// Reads an interval above 0, or `never`.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (count, unit) = split_unit(text);
        let count: Option<u64> = count.parse().ok().filter(|&count| count > 0);
        let seconds = |each: u64| count?.checked_mul(each).map(Self::Seconds);
        match unit {
            "s" => seconds(1),
            "min" => seconds(60),
            "h" => seconds(3600),
            "epochs" | "epoch" => count.map(Self::Epochs),
            "never" if text == unit => Some(Self::Never),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_is_written() {
        for text in ["60s", "1s", "500epochs", "never"] {
            assert_eq!(text.parse::<CheckpointEvery>().unwrap().to_string(), text);
        }
        let read = CheckpointEvery::read;
        assert_eq!(read("5min"), Some(CheckpointEvery::Seconds(300)));
        assert_eq!(read("2h"), Some(CheckpointEvery::Seconds(7200)));
        assert_eq!(read("1epoch"), Some(CheckpointEvery::Epochs(1)));
        let most = u64::MAX;
        for bad in [
            "",
            "60",
            "s",
            "0s",
            "0epochs",
            "-1s",
            "1.5s",
            "1d",
            &format!("{most}h"),
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
