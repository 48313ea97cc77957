//! The interval at which work under way is kept.

use std::fmt;
use std::str::FromStr;

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
}

/// Text that says nothing of how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {}", CheckpointEvery::FORM)]
pub struct ParseCheckpointEveryError;

impl FromStr for CheckpointEvery {
    type Err = ParseCheckpointEveryError;

    fn from_str(text: &str) -> Result<Self, ParseCheckpointEveryError> {
        if text == "never" {
            return Ok(Self::Never);
        }
        let unit = text
            .find(|c: char| !c.is_ascii_digit())
            .ok_or(ParseCheckpointEveryError)?;
        let (count, unit) = text.split_at(unit);
        let count: u64 = count.parse().map_err(|_| ParseCheckpointEveryError)?;
        let times = |unit: u64| count.checked_mul(unit).ok_or(ParseCheckpointEveryError);
        match unit.trim_start() {
            _ if count == 0 => Err(ParseCheckpointEveryError),
            "s" => Ok(Self::Seconds(count)),
            "min" => Ok(Self::Seconds(times(60)?)),
            "h" => Ok(Self::Seconds(times(3600)?)),
            "epochs" | "epoch" => Ok(Self::Epochs(count)),
            _ => Err(ParseCheckpointEveryError),
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
        let read = |text: &str| text.parse::<CheckpointEvery>();
        assert_eq!(read("5min"), Ok(CheckpointEvery::Seconds(300)));
        assert_eq!(read("2h"), Ok(CheckpointEvery::Seconds(7200)));
        assert_eq!(read("1epoch"), Ok(CheckpointEvery::Epochs(1)));
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
            assert_eq!(read(bad), Err(ParseCheckpointEveryError), "{bad}");
        }
    }
}
