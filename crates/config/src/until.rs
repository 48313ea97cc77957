//! The precision until which a study adds seeds.

use std::fmt;

use crate::text::split_unit;

/// A figure of a study's cells that is to be known to a precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// The median T_gen, to a share of itself.
    Generalizing,
    /// The median T_mem, to a share of itself.
    Memorizing,
    /// The share of runs that grok.
    GrokRate,
}

impl Known {
    const ALL: [Self; 3] = [Self::Generalizing, Self::Memorizing, Self::GrokRate];

    /// The name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Generalizing => "t_gen",
            Self::Memorizing => "t_mem",
            Self::GrokRate => "grok_rate",
        }
    }
}

/// Adds seeds until the 95 % interval of a figure is as narrow as asked, in every cell. Written `t_gen:5%`: half the
/// interval's width is then at most 5 % of the median; of `grok_rate:5%`, at most 5 points of a hundred.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Until {
    /// The figure.
    pub known: Known,
    /// Half the width of its interval, in per cent.
    pub percent: f64,
}

impl Until {
    /// A description of the text that is read, to complete "expected …".
    pub(crate) const FORM: &str =
        "`t_gen:P%`, `t_mem:P%` or `grok_rate:P%`, P above 0 and at most 50, such as `t_gen:5%`";

    /// The precision of `seeds = auto`, if none is asked for.
    pub(crate) const DEFAULT: Self = Self {
        known: Known::Generalizing,
        percent: 5.0,
    };

    /// Reads `t_gen:5%`.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (name, precision) = text.split_once(':')?;
        let known = Known::ALL.into_iter().find(|it| it.name() == name.trim())?;
        let (percent, "%") = split_unit(precision.trim()) else {
            return None;
        };
        let percent: f64 = percent.parse().ok()?;
        (percent > 0.0 && percent <= 50.0).then_some(Self { known, percent })
    }
}

impl fmt::Display for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}%", self.known.name(), self.percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_is_written() {
        for text in ["t_gen:5%", "t_mem:0.5%", "grok_rate:50%"] {
            assert_eq!(text.parse::<Until>().unwrap().to_string(), text);
        }
        assert_eq!(Until::read("t_gen: 5 %"), Some(Until::DEFAULT));
        for bad in [
            "",
            "t_gen",
            "t_gen:",
            "t_gen:5",
            "5%",
            "t_gen:0%",
            "t_gen:-1%",
            "t_gen:51%",
            "t_gen:x%",
            "loss:5%",
            "t_gen:nan%",
        ] {
            assert_eq!(Until::read(bad), None, "{bad}");
        }
    }
}
