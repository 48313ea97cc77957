//! The end of a run before its last epoch.

use std::fmt;

/// Ends a run some epochs after its generalization was detected: at the first evaluation that many
/// epochs after the one that confirmed T_mem and T_gen, even if the delay does not make it
/// grokking. Written `grokked` or `grokked+K`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StopWhen {
    /// Epochs to go on for.
    pub epochs_after: u64,
}

impl fmt::Display for StopWhen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.epochs_after {
            0 => write!(f, "grokked"),
            epochs => write!(f, "grokked+{epochs}"),
        }
    }
}

impl StopWhen {
    /// A description of the text that is read, to complete "expected …".
    pub(crate) const FORM: &str = "`grokked`, or `grokked+K` for K epochs more";

    /// Reads `grokked` or `grokked+K`.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let epochs_after = match text.strip_prefix("grokked")? {
            "" => 0,
            more => more.strip_prefix('+')?.trim().parse().ok()?,
        };
        Some(Self { epochs_after })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_is_written() {
        for text in ["grokked", "grokked+1", "grokked+250"] {
            assert_eq!(text.parse::<StopWhen>().unwrap().to_string(), text);
        }
        for bad in [
            "",
            "grok",
            "grokked+",
            "grokked+x",
            "grokked-1",
            "grokked 1",
        ] {
            assert_eq!(StopWhen::read(bad), None, "{bad}");
        }
    }
}
